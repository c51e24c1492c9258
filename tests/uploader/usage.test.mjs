// Bad input: one clear sentence and the right exit code, before anything is sent.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { container, dump, dumpFile, queue, recordOf, scene, standing, start } from './harness.mjs';
import { answer } from './server.mjs';

const ok = answer(200, 'x');

// Runs with a server that must not be asked.
async function refused(t, code, pattern, argsOf) {
  const { dir, server } = await scene(t, ok);
  const result = await start(argsOf(dir, server));
  assert.equal(result.code, code, result.stderr);
  assert.match(result.stderr, pattern);
  assert.equal(server.connections, 0);
}

test('file that is no minidump', t =>
  refused(t, 1, /"[^"]*x\.dmp" is no minidump: it does not begin with MDMP/,
    (dir, server) => ['--url', server.url, dumpFile(dir, 'x.dmp', Buffer.from('PNG and some more bytes, so that it is long enough'))]));

test('file that is empty', t =>
  refused(t, 1, /x\.dmp" is empty/, (dir, server) => ['--url', server.url, dumpFile(dir, 'x.dmp', Buffer.alloc(0))]));

test('file that ends within its header', t =>
  refused(t, 1, /shorter than a minidump's header/, (dir, server) => ['--url', server.url, dumpFile(dir, 'x.dmp', Buffer.from('MDMP'))]));

test('file that is missing', t =>
  refused(t, 1, /none\.dmp" cannot be read: not found/, (dir, server) => ['--url', server.url, path.join(dir, 'none.dmp')]));

test('file that is a folder', t => refused(t, 1, /cannot be read/, (dir, server) => ['--url', server.url, dir]));

test('report file whose record is damaged', t =>
  refused(t, 1, /cannot be read: damaged: the checksum does not match/, (dir, server) => {
    const bytes = container(recordOf(1));
    bytes[bytes.indexOf('app=app.exe')] ^= 1;
    return ['--url', server.url, dumpFile(dir, 'x.dmp', bytes)];
  }));

test('attachment that is missing', t =>
  refused(t, 1, /The attachment ".*none\.txt" cannot be read: not found/,
    (dir, server) => ['--url', server.url, '--attachment', path.join(dir, 'none.txt'), dumpFile(dir)]));

test('annotation without =', t =>
  refused(t, 1, /The annotation "level" is not of the form key=value/,
    (dir, server) => ['--url', server.url, '--annotation', 'level', dumpFile(dir)]));

test('one bad file among good ones: the good ones are sent', async t => {
  const { dir, server } = await scene(t, ok);
  const result = await start(['--url', server.url, dumpFile(dir, 'a.dmp'), path.join(dir, 'none.dmp'), dumpFile(dir, 'b.dmp', dump(9000, 2))]);
  assert.equal(result.code, 1);
  assert.equal(server.requests.length, 2);
});

test('no address', t => refused(t, 2, /--url is missing/, dir => [dumpFile(dir)]));

test('no file and no queue', t => refused(t, 2, /no file is named/, (dir, server) => ['--url', server.url]));

test('queue and files together', t =>
  refused(t, 2, /--queue takes no files/, (dir, server) => ['--url', server.url, '--queue', dir, dumpFile(dir)]));

test('unknown option', t => refused(t, 2, /--frobnicate/, (dir, server) => ['--url', server.url, '--frobnicate', dumpFile(dir)]));

test('plain http to another machine', t =>
  refused(t, 2, /plain http goes to this machine only/, dir => ['--url', 'http://192.0.2.1/submit', dumpFile(dir)]));

test('address that is none', t => refused(t, 2, /it is not an address/, dir => ['--url', 'crash.example.org', dumpFile(dir)]));

test('key that would add a header', t =>
  refused(t, 2, /the key holds characters that no key has/, (dir, server) => ['--url', server.url, '--key', 'a b', dumpFile(dir)]));

test('help and version need no server', async () => {
  const help = await start(['--help']), version = await start(['--version']);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^usage: salvor-upload --url URL[^]*--annotation K=V/);
  assert.equal(version.code, 0);
  assert.match(version.stdout, /^salvor-upload \d+\.\d+\.\d+\r?\n$/);
});

test('damaged report in a queue goes to failed, the others are sent', async t => {
  const { dir, server } = await scene(t, ok);
  const names = queue(dir, 3);
  const bad = path.join(dir, 'queue/pending', names[1]);
  fs.truncateSync(bad, 10000);
  fs.mkdirSync(path.join(dir, 'queue/pending/folder-1700000000-9.dmp'));
  fs.writeFileSync(path.join(dir, 'queue/pending/notes.txt'), 'x');
  const result = await start(['--queue', path.join(dir, 'queue'), '--url', server.url]);
  assert.equal(result.code, 1, result.stderr);
  assert.equal(server.requests.length, 2);
  const left = standing(dir);
  assert.deepEqual(left.failed, [names[1]]);
  assert.deepEqual(left.done, [names[0], names[2]]);
  assert.deepEqual(left.pending, ['folder-1700000000-9.dmp', 'notes.txt']);
  assert.match(fs.readFileSync(path.join(dir, 'queue/history', `${names[1].slice(0, -4)}.log`), 'utf8'), / damaged state=failed /);
});

test('output is free of control sequences when it is no terminal', async t => {
  const { dir, server } = await scene(t, ok);
  const result = await start(['--url', server.url, dumpFile(dir)]);
  assert.ok(!/[\x1b\x08]/.test(result.stdout + result.stderr));
});

// --check: one line on standard output, whatever comes of it.
async function checked(t, reply, code, pattern, ...more) {
  const { dir, server } = await scene(t, reply);
  const result = await start(['--check', '--url', server.url, ...more], { env: { SALVOR_KEY: 'k', TMPDIR: dir } });
  assert.equal(result.code, code, result.stdout + result.stderr);
  assert.match(result.stdout, pattern);
  assert.equal(result.stdout.trimEnd().split('\n').length, 1);
  assert.equal(result.stderr, '');
  return server;
}

test('check: the server is ready', async t => {
  const server = await checked(t, answer(200, 'ready project=default\n'), 0, /^salvor-upload check ready project=default\r?\n$/);
  const [request] = server.requests;
  assert.equal(request.headers['content-type'], 'application/x-salvor-check');
  assert.equal(request.headers['salvor-key'], 'k');
  assert.equal(request.headers['content-length'], '0');
});

test('check: something else says 200', t => checked(t, answer(200, '<html>welcome</html>'), 1, /no Salvor server/));

test('check: the key is refused', t => checked(t, answer(403, 'The key is not known.'), 1, /answered 403: The key is not known/));

test('check: the server is not ready', t => checked(t, answer(503, 'Later.'), 3, /answered 503: Later/));

test('check: a server that cannot be asked', async t => {
  const server = await checked(t, ok, 4, /cannot be asked/, '--format', 'backtrace');
  assert.equal(server.connections, 0);
});

test('check: an address that is none', async () => {
  const result = await start(['--check', '--url', 'ftp://127.0.0.1/']);
  assert.equal(result.code, 2);
  assert.match(result.stdout, /neither https nor http/);
});
