// A report that is too large goes once more without attachments and a full dump's memory; one that may have arrived is repeated or held, as one likes; and a
// transfer shows how far it is.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { container, countsOf, dump, dumpFile, historyOf, idOf, isWindows, queue, queueArgs, recordOf, scene, standing, start } from './harness.mjs';
import { answer } from './server.mjs';

const ok = answer(200, 'CrashID=bp-1\n');
const tooLarge = answer(413, 'at most 1 MB');
const [report] = ['app.exe-1700000000-1.dmp'];

function withAttachment(dir) {
  queue(dir, 0);
  fs.writeFileSync(path.join(dir, 'queue/pending', report), container(recordOf(1), dump(30000), [['log.txt', 'words']]));
}

test('report that is too large goes again without attachments, under the same id', async t => {
  const { dir, server } = await scene(t, [tooLarge, ok]);
  withAttachment(dir);
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 0, result.stderr);
  const [first, second] = server.requests;
  assert.ok(first.parts.some(part => part.name === 'attachment_1'));
  assert.ok(!second.parts.some(part => part.name.startsWith('attachment_')));
  assert.ok(second.parts.at(-1).content.equals(first.parts.at(-1).content));
  assert.deepEqual(server.requests.map(request => request.headers['idempotency-key']), [idOf(1), idOf(1)]);
  assert.deepEqual(standing(dir), { done: [report] });
  assert.match(historyOf(dir), / sending .*\n\d+ smaller to=".*" without=attachments because="the server answered 413: at most 1 MB"\n\d+ sending /);
});

test('report that is too large in both flavours is kept and shown', async t => {
  const { dir, server } = await scene(t, tooLarge);
  withAttachment(dir);
  assert.equal((await start(queueArgs(dir, server))).code, 1);
  assert.equal(server.requests.length, 2);
  assert.deepEqual(standing(dir), { failed: [report] });
  assert.ok(fs.statSync(path.join(dir, 'queue/failed', report)).size > 30000);
});

test('report that is too large and has nothing to leave out is not sent again', async t => {
  const { dir, server } = await scene(t, tooLarge);
  queue(dir);
  assert.equal((await start(queueArgs(dir, server))).code, 1);
  assert.equal(server.requests.length, 1);
});

test('smaller flavour that meets a busy server waits as a whole', async t => {
  const { dir, server } = await scene(t, [tooLarge, answer(503, '', { 'Retry-After': 7 }), ok]);
  withAttachment(dir);
  const first = await start(queueArgs(dir, server));
  assert.equal(first.code, 3);
  assert.equal(countsOf(first.stdout).retry_after_s, 7);
  assert.equal((await start(queueArgs(dir, server))).code, 0);
  assert.ok(server.requests[2].parts.some(part => part.name === 'attachment_1'));
});

test('file that is too large goes again without its attachment, and says so', async t => {
  const { dir, server } = await scene(t, [tooLarge, ok]);
  const attachment = dumpFile(dir, 'log.txt', Buffer.from('words'));
  const result = await start(['--url', server.url, '--attachment', attachment, dumpFile(dir)]);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stderr, /^smaller file=".*" without=attachments because="the server answered 413: at most 1 MB"/m);
});

// A full dump of one thread: its stack of a page and a heap of 200 KB in one run at the end.
function fullDump() {
  const page = 4096, heap = 200 * 1024, threads = 56, list = 108, memory = 160;
  const bytes = Buffer.alloc(memory + page + heap);
  bytes.write('MDMP', 0);
  bytes.writeUInt32LE(0xa793, 4);
  bytes.writeUInt32LE(2, 8); // streams, and where they are listed
  bytes.writeUInt32LE(32, 12);
  bytes.writeUInt32LE(2, 24); // MiniDumpWithFullMemory
  [3, 52, threads, 9, 48, list].forEach((word, i) => bytes.writeUInt32LE(word, 32 + 4 * i));
  bytes.writeUInt32LE(1, threads);
  bytes.writeUInt32LE(7, threads + 4);
  bytes.writeBigUInt64LE(0x10000n, threads + 4 + 24);
  [2, memory, 0x10000, page, 0x800000, heap].forEach((word, i) => bytes.writeBigUInt64LE(BigInt(word), list + 8 * i));
  crypto.randomFillSync(bytes, memory);
  return bytes;
}

test('full dump that is too large goes again with its stacks alone', async t => {
  const { dir, server } = await scene(t, [tooLarge, ok]);
  const content = fullDump();
  queue(dir, 0);
  fs.writeFileSync(path.join(dir, 'queue/pending', report), container(recordOf(1), content, [['log.txt', 'words']]));
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 0, result.stderr);
  const [whole, cut] = server.requests.map(request => request.parts.at(-1).content);
  assert.ok(whole.equals(content));
  assert.ok(cut.length < 5000, String(cut.length));
  assert.equal(cut.subarray(0, 4).toString(), 'MDMP');
  assert.ok(cut.includes(content.subarray(160, 160 + 4096)), 'the stack is there');
  assert.deepEqual(server.requests.map(request => request.headers['idempotency-key']), [idOf(1), idOf(1)]);
  assert.match(historyOf(dir), / smaller to=".*" without=attachments,memory because=/);
});

const closes = (request, socket) => { socket.destroy(); };

for (const [policy, code, state] of [['repeat', 3, 'pending'], ['hold', 1, 'failed']])
  test(`report that may have arrived: ${policy} leaves it in ${state}`, async t => {
    const { dir, server } = await scene(t, [closes, ok]);
    queue(dir);
    const args = queueArgs(dir, server, '--format', 'breakpad', '--uncertain', policy);
    const result = await start(args);
    assert.equal(result.code, code, result.stderr);
    assert.deepEqual(standing(dir), { [state]: [report] });
    assert.match(historyOf(dir), policy === 'hold' ? / maybe-delivered .*\n\d+ held state=failed reason="no answer/ : / maybe-delivered .*\n\d+ waits /);
    await start(args);
    assert.equal(server.requests.length, policy === 'hold' ? 1 : 2);
    assert.ok(fs.existsSync(path.join(dir, 'queue', policy === 'hold' ? 'failed' : 'done', report)));
  });

test('hold does not keep what the server counts once, nor what certainly did not arrive', async t => {
  const { dir, server } = await scene(t, [closes, answer(500)]);
  queue(dir);
  assert.equal((await start(queueArgs(dir, server, '--uncertain', 'hold'))).code, 3);
  assert.equal((await start(queueArgs(dir, server, '--uncertain', 'hold', '--format', 'breakpad'))).code, 3);
  assert.deepEqual(standing(dir), { pending: [report] });
});

test('file that may have arrived and is held: says to look there first', async t => {
  const { dir, server } = await scene(t, closes);
  const result = await start(['--url', server.url, '--format', 'breakpad', '--uncertain', 'hold', dumpFile(dir)]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /It may have arrived all the same/);
});

const noise = bytes => Buffer.concat([dump(64), crypto.randomBytes(bytes)]);

test('long transfer without a terminal tells a line now and then', async t => {
  const { dir, server } = await scene(t, ok);
  const result = await start(['--url', server.url, '--limit-rate', '100k', dumpFile(dir, 'a.dmp', noise(800000))]);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stderr, /^sending file="a\.dmp" percent=\d+ done_bytes=\d+ total_bytes=8\d{5} bytes_per_s=\d+ left_s=\d+\r?\n$/);
});

test('quiet tells nothing', async t => {
  const { dir, server } = await scene(t, ok);
  const result = await start(['--quiet', '--url', server.url, '--limit-rate', '100k', dumpFile(dir, 'a.dmp', noise(600000))]);
  assert.equal(result.code, 0);
  assert.equal(result.stderr, '');
});

test('terminal shows bar, rate and time left, and keeps its line clean', { skip: isWindows && 'a terminal of Linux is made' }, async t => {
  const { dir, server } = await scene(t, ok);
  const file = dumpFile(dir, 'a.dmp', noise(300000));
  const shown = path.join(dir, 'shown');
  const child = spawn('script', ['-qec', `'${process.env.SALVOR_UPLOAD}' --url ${server.url} --limit-rate 100k '${file}'`, shown],
    { stdio: 'ignore', env: { ...process.env, SALVOR_KEY: '' } });
  assert.equal(await new Promise(resolve => child.on('close', resolve)), 0);
  const text = fs.readFileSync(shown, 'utf8');
  assert.match(text, /\ra\.dmp sending \[#+\.+\]  ?\d+ % of 0\.3 MB, 0\.\d MB\/s, 0:0\d left/);
  assert.match(text, /\r +\raccepted file=/);
});
