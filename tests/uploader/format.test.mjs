// Each kind of server gets what its own code reads, and a repeat that may count twice is told.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { container, dump, dumpFile, historyOf, idOf, queue, queueArgs, recordOf, scene, standing, start } from './harness.mjs';
import { antenna, breakpad, form, php, relay } from './readers.mjs';
import { answer } from './server.mjs';

const ok = answer(200, 'CrashID=bp-1\n');
const content = dump(30000, 3);
const record = `${recordOf(1)}annotation.ptype=renderer\nannotation.plat=Win64\nannotation.uuid=mine\nannotation.key=mine\n` +
  'annotation.BuildID=20260101000000\nannotation.prod=other\nannotation.attachment_1=x\n';

// The one request for a report with annotations and an attachment.
async function sent(t, format, address = '', args = []) {
  const { dir, server } = await scene(t, ok);
  queue(dir, 0);
  fs.writeFileSync(path.join(dir, 'queue/pending/app.exe-1700000000-1.dmp'), container(record, content, [['my log.txt', 'words']]));
  const result = await start(['--queue', path.join(dir, 'queue'), '--url', server.url + address, '--format', format, ...args]);
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(server.errors, []);
  const [request] = server.requests;
  if (format !== 'salvor') {
    assert.equal(request.headers['salvor-key'], undefined);
    assert.equal(request.headers['idempotency-key'], undefined);
    assert.ok(!request.parts.some(part => part.name === 'salvor_record'));
    assert.ok(!historyOf(dir).includes('k%26'));
  }
  return request;
}

test('salvor: key in a header, whole record, process type and platform from the record', async t => {
  const request = await sent(t, 'salvor', '', ['--key', 'k-1']);
  assert.equal(request.path, '/submit');
  assert.equal(request.headers['salvor-key'], 'k-1');
  assert.equal(request.headers['idempotency-key'], idOf(1));
  const { fields } = form(request);
  assert.equal(fields.ptype, 'renderer');
  assert.equal(fields.plat, 'Win64');
  assert.equal(fields.prod, 'app.exe');
});

test('sentry: an event with release, tags and id, and nothing in its extra data', async t => {
  const { event, attachments, project, key } = relay(await sent(t, 'sentry', '/api/42/minidump/', ['--key', 'k&1']));
  assert.equal(project, '42');
  assert.equal(key, 'k&1');
  assert.equal(event.extra, undefined);
  assert.equal(event.release, 'app.exe@1.2');
  assert.equal(event.environment, 'test');
  assert.equal(event.event_id, idOf(1).replaceAll('-', ''));
  assert.equal(event.tags.gpu, 'none');
  assert.equal(event.tags['long key'], undefined);
  assert.ok(attachments.upload_file_minidump.content.equals(content));
  assert.equal(attachments.attachment_1.filename, 'my_log.txt');
});

test('sentry: key that stands in the address is kept', async t => {
  const request = await sent(t, 'sentry', '/api/42/minidump/?sentry_key=own', ['--key', 'other']);
  assert.equal(request.path, '/api/42/minidump/?sentry_key=own');
});

test('socorro: one dump, annotations, and no say in the crash id', async t => {
  const { crash, dumps } = antenna(await sent(t, 'socorro'));
  assert.deepEqual(Object.keys(dumps), ['upload_file_minidump']);
  assert.ok(dumps.upload_file_minidump.equals(content));
  assert.equal(crash.ProductName, 'app.exe');
  assert.equal(crash.Version, '1.2');
  assert.equal(crash.ReleaseChannel, 'beta');
  assert.equal(crash.BuildID, '20260101000000');
  assert.equal(crash.gpu, 'none');
  for (const name of ['uuid', 'prod', 'sentry[release]', 'dump_checksums']) assert.equal(crash[name], undefined);
});

test('breakpad: plain body, product, version, and annotations as fields', async t => {
  const request = await sent(t, 'breakpad', '', ['--key', 'k&1']);
  assert.equal(request.path, '/post?key=k%261');
  const { product, version, fields, files } = breakpad(request);
  assert.equal(product, 'app.exe');
  assert.equal(version, '1.2');
  assert.equal(fields.ptype, 'renderer');
  assert.equal(fields.gpu, 'none');
  assert.equal(fields.uuid, undefined);
  assert.ok(files.upload_file_minidump.content.equals(content));
});

test('bugsplat: product and version under both names', async t => {
  const request = await sent(t, 'bugsplat');
  assert.equal(request.path, '/post/bp/crash/crashpad.php');
  const { fields, files } = php(request);
  form(request); // no name twice
  assert.deepEqual([fields.product, fields.version, fields.prod, fields.ver], ['app.exe', '1.2', 'app.exe', '1.2']);
  assert.equal(fields.gpu, 'none');
  assert.equal(fields.key, undefined);
  assert.ok(files.upload_file_minidump.content.equals(content));
});

test('bugsplat: dump is among the files that PHP looks at, however many attachments there are', async t => {
  const { dir, server } = await scene(t, ok);
  const attachments = Array.from({ length: 30 }, (_, i) => [`${i}.log`, `words ${i}`]);
  queue(dir, 0);
  fs.writeFileSync(path.join(dir, 'queue/pending/app.exe-1700000000-1.dmp'), container(record, content, attachments));
  const result = await start(queueArgs(dir, server, '--format', 'bugsplat'));
  assert.equal(result.code, 0, result.stderr);
  const { files } = php(server.requests[0]);
  assert.ok(files.upload_file_minidump.content.equals(content));
  assert.equal(Object.keys(files).length, 20);
});

test('sentry: names that Relay gives a meaning of its own do not come from annotations or attachments', async t => {
  const { dir, server } = await scene(t, ok);
  const odd = `${recordOf(1)}annotation.a.b=dots\nannotation.x%5Dy=bracket\nannotation.sentry=1\n`;
  queue(dir, 0);
  fs.writeFileSync(path.join(dir, 'queue/pending/app.exe-1700000000-1.dmp'),
    container(odd, content, [['__sentry-event', 'x'], ['view-hierarchy.json', '{}']]));
  const result = await start(['--queue', path.join(dir, 'queue'), '--url', `${server.url}/api/1/minidump/`, '--format', 'sentry']);
  assert.equal(result.code, 0, result.stderr);
  const { event, attachments } = relay(server.requests[0]);
  assert.deepEqual(Object.keys(event).sort(), ['environment', 'event_id', 'release', 'tags']);
  assert.equal(event.tags['a.b'], 'dots');
  assert.equal(event.tags['x]y'], undefined);
  assert.deepEqual([attachments.attachment_1.kind, attachments.attachment_2.kind], ['attachment', 'attachment']);
});

test('backtrace: token and format in the address, attachment under its name', async t => {
  const { fields, files, query } = form(await sent(t, 'backtrace', '', ['--key', 'k&1']));
  assert.deepEqual(query, { format: 'minidump', token: 'k&1' });
  assert.equal(fields.application, 'app.exe');
  assert.equal(fields.gpu, 'none');
  assert.equal(files['attachment_my_log.txt'].content.toString(), 'words');
  assert.equal(fields.attachment_1, undefined);
});

for (const [what, args, pattern] of [
  ['format that is unknown', ['--format', 'other'], /--format is none of salvor\|sentry/],
  ['sentry address without a project', ['--format', 'sentry'], /https:\/\/HOST\/api\/PROJECT\/minidump\//],
  ['key for a server that knows none', ['--format', 'socorro', '--key', 'k'], /know no key/],
]) test(`${what} is wrong usage`, async t => {
  const { dir, server } = await scene(t, ok);
  const result = await start(['--url', server.url, ...args, dumpFile(dir)]);
  assert.equal(result.code, 2, result.stderr);
  assert.match(result.stderr, pattern);
  assert.equal(server.connections, 0);
});

const closes = (request, socket) => { socket.destroy(); };

for (const [format, isTold] of [['salvor', false], ['sentry', false], ['bugsplat', true], ['backtrace', true], ['socorro', true],
  ['breakpad', true]])
  test(`${format}: answer that never came is ${isTold ? '' : 'not '}told as maybe delivered`, async t => {
    const { dir, server } = await scene(t, closes);
    const [name] = queue(dir);
    const result = await start(['--queue', path.join(dir, 'queue'), '--url', `${server.url}/api/1/minidump/`, '--format', format]);
    assert.equal(result.code, 3, result.stderr);
    assert.deepEqual(standing(dir), { pending: [name] });
    assert.equal(/ maybe-delivered format=/.test(historyOf(dir)), isTold, historyOf(dir));
    assert.equal(/maybe-delivered/.test(result.stderr), isTold);
    assert.match(historyOf(dir), / waits state=pending reason="no answer/);
  });

test('breakpad: answer that broke off is told as maybe delivered', async t => {
  const { dir, server } = await scene(t, (request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nCrashID=bp-', () => socket.end());
  });
  const result = await start(['--url', server.url, '--format', 'breakpad', dumpFile(dir)]);
  assert.equal(result.code, 3);
  assert.match(result.stderr, /^maybe-delivered file=".*" id=.* format=breakpad reason="the answer broke off/m);
});

test('breakpad: request that was cut off is not told as maybe delivered', async t => {
  const { dir, server } = await scene(t, ok, {
    onHead: (head, socket) => { socket.once('data', () => socket.resetAndDestroy()); return true; },
  });
  queue(dir, 1, dump(32 << 20, 5));
  const result = await start(queueArgs(dir, server, '--format', 'breakpad'));
  assert.equal(result.code, 3);
  assert.doesNotMatch(historyOf(dir), /maybe-delivered/);
});

test('breakpad: connection that ends after a report is never used again behind our back', async t => {
  const { dir, server } = await scene(t, [ok, closes, ok]);
  queue(dir, 2);
  const result = await start(queueArgs(dir, server, '--format', 'breakpad'));
  assert.equal(result.code, 3, result.stderr);
  assert.equal(server.requests.length, 2);
  assert.match(historyOf(dir, 2), / maybe-delivered /);
});

test('breakpad: refusal is an answer and nothing is uncertain', async t => {
  const { dir, server } = await scene(t, answer(500, 'no'));
  queue(dir);
  await start(queueArgs(dir, server, '--format', 'breakpad'));
  assert.doesNotMatch(historyOf(dir), /maybe-delivered/);
});
