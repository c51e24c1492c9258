// The request as a server sees it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { container, dump, dumpFile, idOf, queue, queueArgs, recordOf, scene, standing, start } from './harness.mjs';
import { answer } from './server.mjs';

const ok = answer(200, 'CrashID=bp-1\n');

test('queued report arrives with every part in its place', async t => {
  const { dir, server } = await scene(t, ok);
  const content = dump(50000, 7);
  queue(dir, 0);
  fs.writeFileSync(path.join(dir, 'queue/pending/app.exe-1700000000-1.dmp'),
    container(recordOf(1), content, [['log.txt', 'words\r\n--x'], ['näme.json', '{}']]));
  const result = await start(queueArgs(dir, server, '--key', 'k-1'));
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(server.errors, []);
  const [request] = server.requests;
  assert.equal(request.method, 'POST');
  assert.equal(request.path, '/submit');
  assert.equal(request.version, 'HTTP/1.1');
  const names = request.parts.map(part => part.name);
  const guid = names.includes('guid') ? ['guid'] : []; // a machine without an id has none
  assert.deepEqual(names, ['prod', 'ver', ...guid, 'ptype', 'plat', 'ProductName', 'Version', 'ReleaseChannel', 'sentry[release]',
    'sentry[environment]', 'sentry[event_id]', 'sentry[tags][gpu]', 'salvor_record', 'attachment_1', 'attachment_2',
    'upload_file_minidump']);
  assert.equal(request.field('prod'), 'app.exe');
  assert.equal(request.field('sentry[release]'), 'app.exe@1.2');
  assert.equal(request.field('sentry[event_id]'), idOf(1).replaceAll('-', ''));
  assert.match(request.field('salvor_record'), /^format=1\nid=0b4f4ba2-[^]*annotation\.long%20key=kept whole\n/);
  const files = request.parts.filter(part => part.filename);
  assert.deepEqual(files.map(part => part.filename), ['log.txt', 'n__me.json', 'app.exe-1700000000-1.dmp']);
  for (const file of files) assert.deepEqual(file.headers, ['Content-Type: application/octet-stream']);
  for (const part of request.parts.filter(other => !other.filename)) assert.deepEqual(part.headers, []);
  assert.equal(files[0].content.toString(), 'words\r\n--x');
  assert.ok(files[2].content.equals(content));
});

test('headers are those that every server takes', async t => {
  const { dir, server } = await scene(t, ok);
  queue(dir);
  await start(queueArgs(dir, server, '--key', 'k-1'));
  const { headers, body } = server.requests[0];
  assert.deepEqual(Object.keys(headers).sort(), ['accept', 'content-encoding', 'content-length', 'content-type', 'host',
    'idempotency-key', 'salvor-key', 'user-agent']);
  assert.equal(headers['content-encoding'], 'gzip');
  assert.equal(Number(headers['content-length']), body.length);
  assert.equal(headers['salvor-key'], 'k-1');
  assert.equal(headers['idempotency-key'], idOf(1));
  assert.match(headers['user-agent'], /^salvor-upload\/\d/);
});

test('body is gzipped well, with nothing of the machine in its header', async t => {
  const { dir, server } = await scene(t, ok);
  queue(dir);
  await start(queueArgs(dir, server));
  const { body, plain } = server.requests[0];
  assert.ok(body.length < plain.length / 3, `${body.length} of ${plain.length}`);
  assert.deepEqual([...body.subarray(0, 8)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
  assert.equal(body[8], 0); // neither the fastest nor the slowest level
});

test('body above 50 MB is compressed at the fast level', async t => {
  const { dir, server } = await scene(t, ok);
  queue(dir, 1, dump(51 * 1024 * 1024));
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 0, result.stderr);
  assert.equal(server.requests[0].body[8], 4); // RFC 1952: the fastest algorithm
  assert.equal(server.requests[0].parts.at(-1).content.length, 51 * 1024 * 1024);
});

test('--no-gzip sends the same plain', async t => {
  const { dir, server } = await scene(t, ok);
  queue(dir);
  const result = await start(queueArgs(dir, server, '--no-gzip'));
  assert.equal(result.code, 0, result.stderr);
  assert.equal(server.requests[0].headers['content-encoding'], undefined);
  assert.ok(server.requests[0].parts.at(-1).content.equals(dump(20000, 1)));
});

test('key in the environment is used, and one on the command line comes before it', async t => {
  const { dir, server } = await scene(t, ok);
  const file = dumpFile(dir);
  await start(['--url', server.url, file], { env: { SALVOR_KEY: 'from-env' } });
  await start(['--url', server.url, '--key', 'from-line', file], { env: { SALVOR_KEY: 'from-env' } });
  await start(['--url', server.url, file]);
  assert.deepEqual(server.requests.map(request => request.headers['salvor-key']), ['from-env', 'from-line', undefined]);
});

test('address keeps its path and query', async t => {
  const { dir, server } = await scene(t, ok);
  await start(['--url', `${server.url}/api/7/minidump/?sentry_key=k`, dumpFile(dir)]);
  assert.equal(server.requests[0].path, '/api/7/minidump/?sentry_key=k');
});

test('minidump given by hand goes with annotations and attachments', async t => {
  const { dir, server } = await scene(t, ok);
  const file = dumpFile(dir), log = path.join(dir, 'log.txt');
  fs.writeFileSync(log, 'words');
  const result = await start(['--url', server.url, '--app', 'tool', '--app-version', '3', '--environment', 'ci', '--channel', 'dev',
    '--annotation', 'build=77', '--annotation', 'a=b=c', '--attachment', log, file]);
  assert.equal(result.code, 0, result.stderr);
  const [request] = server.requests;
  assert.equal(request.field('prod'), 'tool');
  assert.equal(request.field('ver'), '3');
  assert.equal(request.field('ReleaseChannel'), 'dev');
  assert.equal(request.field('sentry[tags][build]'), '77');
  assert.equal(request.field('attachment_1'), 'words');
  assert.ok(request.parts.at(-1).content.equals(fs.readFileSync(file)));
  const record = request.field('salvor_record');
  for (const line of ['format=1', 'app=tool', 'version=3', 'environment=ci', 'channel=dev', 'crash_time=1700000000', 'layer=ingest',
    'annotation.build=77', 'annotation.a=b=c']) assert.ok(record.split('\n').includes(line), line);
  assert.match(result.stdout, /^accepted file=".*\.dmp" id=[0-9a-f-]{36} reply="bp-1"\r?\n$/);
});

test('same minidump has the same id each time, another one another', async t => {
  const { dir, server } = await scene(t, ok);
  const file = dumpFile(dir), other = dumpFile(dir, 'other.dmp', dump(20000, 2));
  await start(['--url', server.url, file, file, other]);
  const ids = server.requests.map(request => request.headers['idempotency-key']);
  assert.equal(ids[0], ids[1]);
  assert.notEqual(ids[0], ids[2]);
  for (const request of server.requests)
    assert.equal(request.field('sentry[event_id]'), request.headers['idempotency-key'].replaceAll('-', ''));
});

test('report file given by hand goes with its record, and keeps its place', async t => {
  const { dir, server } = await scene(t, ok);
  const names = queue(dir);
  const file = path.join(dir, 'queue/pending', names[0]);
  const result = await start(['--url', server.url, '--annotation', 'again=1', file]);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(server.requests[0].headers['idempotency-key'], idOf(1));
  assert.match(server.requests[0].field('salvor_record'), /annotation\.gpu=none\n[^]*annotation\.again=1\n$/);
  assert.ok(server.requests[0].parts.at(-1).content.equals(dump(20000, 1)));
  assert.deepEqual(standing(dir), { pending: names });
});

test('several reports use one connection', async t => {
  const { dir, server } = await scene(t, ok);
  queue(dir, 10);
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 0, result.stderr);
  assert.equal(server.requests.length, 10);
  assert.equal(server.connections, 1);
});

test('proxy of the environment is not asked about this machine', async t => {
  const { dir, server } = await scene(t, ok);
  const proxy = 'http://127.0.0.1:9';
  const result = await start(['--url', server.url, dumpFile(dir)], { env: { http_proxy: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy } });
  assert.equal(result.code, 0, result.stderr);
});
