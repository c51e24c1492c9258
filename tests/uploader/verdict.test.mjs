// What each answer makes of a report: exit code, state, history.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { container, countsOf, dumpFile, historyOf, idOf, isWindows, queue, queueArgs, recordOf, scene, standing, start } from './harness.mjs';
import { answer } from './server.mjs';

const reports = ['app.exe-1700000000-1.dmp'];

// Statuses by what they mean: exit code of a file, of a queue, and the report's state afterwards.
const classes = [
  { statuses: [200, 201, 202, 203, 204, 226], file: 0, queue: 0, state: 'done' },
  { statuses: [400, 413, 415, 422], file: 1, queue: 1, state: 'failed' },
  { statuses: [401, 403, 404, 407, 405, 410, 304], file: 1, queue: 3, state: 'pending' },
  { statuses: [408, 425, 429, 500, 502, 503, 504], file: 3, queue: 3, state: 'pending' },
];

for (const row of classes) {
  for (const status of isWindows ? row.statuses.slice(0, 2) : row.statuses) { // each start of Wine costs
    test(`status ${status}: a file ends with ${row.file}, a queued report goes to ${row.state}`, async t => {
      const body = [204, 304].includes(status) ? '' : 'some words\n';
      const { dir, server } = await scene(t, answer(status, body, body ? {} : { 'Content-Length': 0 }));
      const single = await start(['--url', server.url, dumpFile(dir)]);
      assert.equal(single.code, row.file, single.stderr);
      if (row.file) assert.match(single.stderr, new RegExp(`was not taken: the server answered ${status}`));
      queue(dir);
      const queued = await start(queueArgs(dir, server));
      assert.equal(queued.code, row.queue, queued.stderr);
      assert.deepEqual(standing(dir), { [row.state]: reports });
      assert.match(historyOf(dir), new RegExp(`^\\d{13} sending .*\n\\d{13} \\w+ state=${row.state} .*\n$`));
    });
  }
}

test('accepted report leaves its record and the id that the server gave', async t => {
  const { dir, server } = await scene(t, answer(200, 'CrashID=bp-77\r\n'));
  queue(dir);
  const result = await start(queueArgs(dir, server));
  assert.deepEqual(countsOf(result.stdout), { accepted: 1, discarded: 0, refused: 0, waiting: 0, retry_after_s: 0 });
  assert.match(historyOf(dir), / accepted state=done reply="bp-77"\n$/);
  const left = fs.readFileSync(path.join(dir, 'queue/done', reports[0]));
  assert.ok(left.length < 1000);
  assert.match(left.toString('latin1'), /^format=1\nid=0b4f4ba2/);
});

test('discarded report is never sent again', async t => {
  const { dir, server } = await scene(t, answer(200, 'Discarded=rule_has_hangid'));
  queue(dir);
  assert.equal((await start(queueArgs(dir, server))).code, 0);
  assert.equal((await start(queueArgs(dir, server))).code, 0);
  assert.deepEqual(standing(dir), { discarded: reports });
  assert.equal(server.requests.length, 1);
  assert.match(historyOf(dir), / discarded state=discarded reason="the server discarded it: Discarded=rule_has_hangid"\n$/);
});

test('refused report keeps its dump for whoever looks into it', async t => {
  const { dir, server } = await scene(t, answer(413, 'too big'));
  queue(dir);
  assert.equal((await start(queueArgs(dir, server))).code, 1);
  assert.ok(fs.statSync(path.join(dir, 'queue/failed', reports[0])).size > 20000);
});

test('one refused report does not keep the others', async t => {
  const { dir, server } = await scene(t, [answer(400, 'no'), answer(200, 'a'), answer(500, 'hm'), answer(200, 'b')]);
  queue(dir, 4);
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 3);
  assert.deepEqual(countsOf(result.stdout), { accepted: 2, discarded: 0, refused: 1, waiting: 1, retry_after_s: 0 });
});

test('key that is refused stops the queue and loses nothing', async t => {
  const { dir, server } = await scene(t, answer(403, 'unknown key'));
  const names = queue(dir, 5);
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 3);
  assert.equal(server.requests.length, 1);
  assert.equal(countsOf(result.stdout).waiting, 5);
  assert.deepEqual(standing(dir), { pending: names.sort() });
});

test('Retry-After in seconds stops the queue and is passed on', async t => {
  const { dir, server } = await scene(t, answer(429, '', { 'Retry-After': 120 }));
  queue(dir, 3);
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 3);
  assert.equal(server.requests.length, 1);
  assert.equal(countsOf(result.stdout).retry_after_s, 120);
  assert.match(historyOf(dir), / waits state=pending retry_after_s=120 reason="the server answered 429"\n$/);
});

test('Retry-After as a date is passed on as seconds', async t => {
  const { dir, server } = await scene(t, () => answer(503, '', { 'Retry-After': new Date(Date.now() + 600000).toUTCString() }));
  queue(dir);
  const { retry_after_s: seconds } = countsOf((await start(queueArgs(dir, server))).stdout);
  assert.ok(seconds > 560 && seconds <= 600, String(seconds));
});

for (const [what, ms] of [['two days ahead', 2 * 86400000], ['ten years behind', -3650 * 86400000]])
  test(`Retry-After as a date of a server whose clock is ${what} of ours is held against that clock`, async t => {
    const there = Date.now() + ms;
    const { dir, server } = await scene(t, answer(503, '', { Date: new Date(there).toUTCString(), 'Retry-After': new Date(there + 600000).toUTCString() }));
    queue(dir);
    assert.equal(countsOf((await start(queueArgs(dir, server))).stdout).retry_after_s, 600);
  });

for (const [asked, kept] of [['99999999999', 86400], ['-5', 0], ['soon', 0], ['Thu, 01 Jan 1970 00:00:00 GMT', 0]]) {
  test(`Retry-After: ${asked} counts as ${kept} s`, async t => {
    const { dir, server } = await scene(t, answer(503, '', { 'Retry-After': asked }));
    queue(dir);
    assert.equal(countsOf((await start(queueArgs(dir, server))).stdout).retry_after_s, kept);
  });
}

test('report that waited is sent later under the same id', async t => {
  const { dir, server } = await scene(t, [answer(500), answer(200, 'x')]);
  queue(dir);
  assert.equal((await start(queueArgs(dir, server))).code, 3);
  assert.equal((await start(queueArgs(dir, server))).code, 0);
  assert.deepEqual(server.requests.map(request => request.headers['idempotency-key']), [idOf(1), idOf(1)]);
  assert.deepEqual(standing(dir), { done: reports });
});

test('history tells a report\'s whole way in order', async t => {
  const { dir, server } = await scene(t, [answer(500, 'database is locked\n'), answer(200, 'bp-9')]);
  queue(dir);
  await start(queueArgs(dir, server, '--key', 'secret-key'));
  await start(queueArgs(dir, server, '--key', 'secret-key'));
  const history = historyOf(dir), lines = history.trimEnd().split('\n');
  assert.deepEqual(lines.map(line => line.split(' ')[1]), ['sending', 'waits', 'sending', 'accepted']);
  assert.match(lines[0], new RegExp(`to="http://127\\.0\\.0\\.1:${server.port}/submit" plain_bytes=\\d+ body_bytes=\\d+$`));
  assert.match(lines[1], /reason="the server answered 500: database is locked"$/);
  const times = lines.map(line => Number(line.split(' ')[0]));
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
  assert.ok(!history.includes('secret-key'));
});

test('answer that would forge history lines is kept in one line', async t => {
  const { dir, server } = await scene(t, answer(500, 'x" state=done\r\n1 accepted state=done\n'));
  queue(dir);
  await start(queueArgs(dir, server));
  assert.match(historyOf(dir), /^\d+ sending .*\n\d+ waits state=pending reason="the server answered 500: x' state=done"\n$/);
});

test('empty queue ends with 0 and asks nobody', async t => {
  const { dir, server } = await scene(t, answer(200));
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 0, result.stderr);
  assert.equal(server.connections, 0);
});

test('a count goes to a Salvor server and stays here for any other', async t => {
  for (const [format, posts] of [['salvor', 1], ['breakpad', 0]]) {
    const { dir, server } = await scene(t, answer(200, 'CrashID=bp-1\n'));
    queue(dir, 0);
    const name = 'count-0123456789abcdef-1700000000-0.dmp';
    fs.writeFileSync(path.join(dir, 'queue', 'pending', name), container(recordOf(1) + 'count=7\ndropped=rate\n', Buffer.alloc(0)));
    const { code, stdout } = await start(queueArgs(dir, server, '--format', format));
    assert.equal(code, 0, stdout);
    assert.equal(server.requests.length, posts);
    assert.deepEqual(standing(dir), posts ? { done: [name] } : { discarded: [name] });
  }
});
