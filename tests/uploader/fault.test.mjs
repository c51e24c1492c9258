// A server and a network that misbehave: the report arrives, once by its id, or waits with its reason, and every wait has an end.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { countsOf, dump, dumpFile, historyOf, idOf, isSanitized, isWindows, kill, queue, queueArgs, scene, standing, start } from './harness.mjs';
import { answer } from './server.mjs';

const ok = answer(200, 'x');
const reports = ['app.exe-1700000000-1.dmp'];
const bounded = 30000; // ms on a busy machine; a speed of zero takes libcurl's average some 6 s to show
const quick = ['--stall-timeout', '1s', '--connect-timeout', '2s'];

const tally = { tried: 0, arrived: 0 };

// Runs a queue of one against faults, sees that the report waits, and that the next try, when all is well, brings it in.
async function waitsThenArrives(t, faults, options, pattern, content) {
  let isWell = false;
  tally.tried++;
  const wrapped = { ...options, onHead: (head, socket) => !isWell && options?.onHead?.(head, socket),
    onConnection: socket => { if (!isWell) options?.onConnection?.(socket); } };
  const { dir, server } = await scene(t, (request, socket) => {
    if (isWell) return ok;
    return typeof faults === 'function' ? faults(request, socket) : faults;
  }, wrapped);
  queue(dir, 1, content);
  const first = await start(queueArgs(dir, server, ...quick));
  assert.equal(first.code, 3, first.stderr);
  assert.deepEqual(standing(dir), { pending: reports });
  assert.match(historyOf(dir), / waits state=pending reason=".+"\n$/);
  assert.match(historyOf(dir), pattern);
  assert.ok(first.ms < bounded, `took ${first.ms} ms`);
  isWell = true;
  const second = await start(queueArgs(dir, server, ...quick));
  assert.equal(second.code, 0, second.stderr);
  assert.deepEqual(standing(dir), { done: reports });
  assert.equal(server.requests.at(-1).headers['idempotency-key'], idOf(1));
  tally.arrived++;
  return { dir, server };
}

test('nobody listens: waits', async t => {
  const { dir, server } = await scene(t, ok);
  const port = await new Promise(resolve => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
  const names = queue(dir, 3);
  const result = await start(['--queue', path.join(dir, 'queue'), '--url', `http://127.0.0.1:${port}`, ...quick]);
  assert.equal(result.code, 3);
  assert.equal(countsOf(result.stdout).waiting, 3);
  assert.deepEqual(standing(dir), { pending: names });
  assert.match(historyOf(dir, 1), /reason="no answer: .+"\n$/);
  assert.equal(historyOf(dir, 2), ''); // the rest was not even tried
  assert.equal(server.connections, 0);
});

test('name that does not resolve: waits', async t => {
  const { dir } = await scene(t, ok);
  queue(dir);
  const result = await start(['--queue', path.join(dir, 'queue'), '--url', 'https://crash.invalid/submit', '--connect-timeout', '5s']);
  assert.equal(result.code, 3);
  assert.deepEqual(standing(dir), { pending: reports });
});

test('connection closed at once', t =>
  waitsThenArrives(t, ok, { onConnection: socket => socket.destroy() }, /no answer/));

test('connection reset behind the request\'s head', t =>
  waitsThenArrives(t, ok, { onHead: (head, socket) => { socket.resetAndDestroy(); return true; } }, /no answer/));

test('connection reset in the middle of the body', t =>
  waitsThenArrives(t, ok, {
    onHead: (head, socket) => {
      socket.once('data', () => socket.resetAndDestroy());
      return true;
    },
  }, /no answer/, noise(8 << 20)));

test('connection closed after the body without an answer', t =>
  waitsThenArrives(t, (request, socket) => { socket.destroy(); }, {}, /no answer/));

test('answer reset in the middle of its head', t =>
  waitsThenArrives(t, (request, socket) => { socket.write('HTTP/1.1 200 OK\r\nContent-Le', () => socket.resetAndDestroy()); }, {}, /waits/));

test('answer closed in the middle of its head', t =>
  waitsThenArrives(t, (request, socket) => { socket.end('HTTP/1.1 200 OK\r\nContent-Le'); }, {}, /closed among the headers/));

test('answer closed behind its first line', t =>
  waitsThenArrives(t, (request, socket) => { socket.end('HTTP/1.1 200 OK\r\n'); }, {}, /closed among the headers/));

test('answer broken off in the middle of its body', t =>
  waitsThenArrives(t, (request, socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nCrashID=bp-', () => socket.end());
  }, {}, /the answer broke off/));

test('answer with a broken chunk', t =>
  waitsThenArrives(t, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nCrashID=bp-1\r\n', {}, /the answer broke off/));

for (const length of ['-1', 'ten', '99999999999999999999999'])
  test(`answer of the length ${length}`, t =>
    waitsThenArrives(t, `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\nbp-1`, {}, / waits /));

test('answer in chunks and without end', t =>
  waitsThenArrives(t, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbp-1\r\n', {}, /the answer broke off/));

test('answer that is longer than it says does not answer for the next report', async t => {
  const { dir, server } = await scene(t, [`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbp-1${answer(200, 'bp-forged')}`, ok]);
  queue(dir, 2);
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 0, result.stderr);
  assert.equal(server.requests.length, 2);
  assert.match(historyOf(dir, 1) + historyOf(dir, 2), /reply="bp-1"[^]*reply="x"|reply="x"[^]*reply="bp-1"/);
});

test('server that stops reading', t =>
  waitsThenArrives(t, ok, { onHead: (head, socket) => { socket.pause(); return true; } }, /no answer/, noise(16 << 20)));

test('server that never answers', t => waitsThenArrives(t, () => undefined, {}, /no answer/));

test('server that stops in its answer', t =>
  waitsThenArrives(t, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbp', {}, /the answer broke off/));

test('server that is not one of HTTP', t => waitsThenArrives(t, 'SSH-2.0-OpenSSH_9.2p1\r\n', {}, /no answer/));

test('answer of noise', t => waitsThenArrives(t, () => noise(4096), {}, /no answer/));

test('answer with headers without end', t =>
  waitsThenArrives(t, (request, socket) => {
    const line = `X-A: ${'a'.repeat(1000)}\r\n`;
    const pour = () => { while (!socket.destroyed && socket.write(line)); };
    socket.write('HTTP/1.1 200 OK\r\n');
    socket.on('drain', pour);
    pour();
  }, {}, /waits/));

test('interim answers without end', t =>
  waitsThenArrives(t, (request, socket) => {
    const pour = () => { while (!socket.destroyed && socket.write('HTTP/1.1 100 Continue\r\n\r\n')); };
    socket.on('drain', pour);
    pour();
  }, {}, /waits/));

test('early 200 before the body was read is not believed', t =>
  waitsThenArrives(t, ok, {
    onHead: (head, socket) => {
      socket.pause();
      socket.write(ok);
      return true;
    },
  }, /waits/, noise(16 << 20)));

test('early 413 before the body was read is believed', async t => {
  const { dir, server } = await scene(t, ok, {
    onHead: (head, socket) => {
      socket.write(answer(413, 'too large', { Connection: 'close' }));
      socket.resume();
      return true;
    },
  });
  queue(dir, 1, noise(16 << 20));
  const result = await start(queueArgs(dir, server, ...quick));
  assert.equal(result.code, 1, result.stderr);
  assert.deepEqual(standing(dir), { failed: reports });
});

test('answer of 1 GB is accepted by its beginning and not read', async t => {
  let sent = 0;
  const { dir, server } = await scene(t, (request, socket) => {
    const block = Buffer.alloc(1 << 20, 'a');
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${1 << 30}\r\n\r\nbp-1\n`);
    const pour = () => {
      while (!socket.destroyed && sent < 1 << 30) {
        sent += block.length;
        if (!socket.write(block)) return;
      }
    };
    socket.on('drain', pour);
    pour();
  });
  queue(dir);
  const result = await start(queueArgs(dir, server, ...quick));
  assert.equal(result.code, 0, result.stderr);
  assert.match(historyOf(dir), /reply="bp-1"/);
  assert.ok(sent < 64 << 20, `${sent} bytes were taken`);
});

test('answer that is binary is accepted without an id', async t => {
  const { dir, server } = await scene(t, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x00\x1b\xff\n');
  queue(dir);
  assert.equal((await start(queueArgs(dir, server))).code, 0);
  assert.match(historyOf(dir), / accepted state=done reply=""\n$/);
});

test('redirect on the same host is followed with the whole report', async t => {
  for (const status of [301, 302, 307, 308]) {
    const { dir, server } = await scene(t, [answer(status, '', { Location: '/else/where?x=1' }), ok]);
    queue(dir);
    const result = await start(queueArgs(dir, server, '--key', 'k'));
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(server.requests.map(request => `${request.method} ${request.path}`), ['POST /submit', 'POST /else/where?x=1']);
    assert.ok(server.requests[0].plain.equals(server.requests[1].plain));
    assert.equal(server.requests[1].headers['salvor-key'], 'k');
  }
});

test('redirect elsewhere is refused and nothing goes there', async t => {
  const { server: other } = await scene(t, ok);
  const targets = [`http://localhost:${other.port}/`, `http://127.0.0.1:${other.port}/`, 'https://example.invalid/', 'ftp://127.0.0.1/',
    'file:///etc/passwd'];
  for (const target of targets) {
    const { dir, server } = await scene(t, answer(307, '', { Location: target }));
    queue(dir);
    const result = await start(queueArgs(dir, server));
    assert.equal(result.code, 3, `${target}: ${result.stderr}`);
    assert.deepEqual(standing(dir), { pending: reports });
    assert.match(historyOf(dir), /the server answered 307: its redirect is not followed: it leads /);
    const single = await start(['--url', server.url, dumpFile(dir)]);
    assert.equal(single.code, 1, target);
  }
  assert.equal(other.connections, 0);
});

test('redirect that asks for a GET, or leads nowhere, is refused', async t => {
  for (const headers of [{ Location: '/else' }, {}]) {
    const { dir, server } = await scene(t, answer(303, '', headers));
    queue(dir);
    assert.equal((await start(queueArgs(dir, server))).code, 3);
    assert.equal(server.requests.length, 1);
    assert.deepEqual(standing(dir), { pending: reports });
  }
});

test('redirects in a circle end', async t => {
  const { dir, server } = await scene(t, answer(307, '', { Location: '/submit' }));
  queue(dir);
  assert.equal((await start(queueArgs(dir, server))).code, 3);
  assert.equal(server.requests.length, 6);
  assert.match(historyOf(dir), /one of too many/);
});

test('answer lost after the server counted the report: the second try bears the same id', async t => {
  const counted = new Map();
  const count = request => counted.set(request.headers['idempotency-key'], (counted.get(request.headers['idempotency-key']) ?? 0) + 1);
  const { dir, server } = await scene(t, [
    (request, socket) => { count(request); socket.destroy(); },
    request => { count(request); return ok; },
  ]);
  queue(dir);
  assert.equal((await start(queueArgs(dir, server))).code, 3);
  assert.equal((await start(queueArgs(dir, server))).code, 0);
  assert.deepEqual([...counted], [[idOf(1), 2]]);
  assert.ok(server.requests[0].field('sentry[event_id]') === server.requests[1].field('sentry[event_id]'));
});

test('connection that the server closes between reports is opened again', async t => {
  const { dir, server } = await scene(t, (request, socket) => { socket.end(ok); });
  queue(dir, 5);
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 0, result.stderr);
  assert.equal(countsOf(result.stdout).accepted, 5);
  // A report that goes out just as its connection is closed goes out again, under the same id.
  assert.deepEqual([...new Set(server.requests.map(request => request.headers['idempotency-key']))].sort(), [1, 2, 3, 4, 5].map(idOf));
});

test('two uploaders on one queue send each report once', async t => {
  const { dir, server } = await scene(t, ok);
  const names = queue(dir, 40);
  const results = await Promise.all([start(queueArgs(dir, server)), start(queueArgs(dir, server))]);
  for (const result of results) assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(server.requests.map(request => request.headers['idempotency-key']).sort(), names.map((name, i) => idOf(i + 1)).sort());
  assert.deepEqual(standing(dir), { done: names.sort() });
  assert.equal(results.reduce((sum, result) => sum + countsOf(result.stdout).accepted, 0), 40);
});

test('uploader killed while it sends: the next one sends the report and leaves nothing behind', async t => {
  let onFirst;
  const first = new Promise(resolve => { onFirst = resolve; });
  const { dir, server } = await scene(t, (request, socket) => {
    if (server.requests.length > 1) return ok;
    onFirst(socket);
    return undefined;
  });
  queue(dir);
  const running = start(queueArgs(dir, server));
  await first;
  assert.deepEqual(standing(dir).uploading, reports);
  kill(running);
  const killed = await running;
  assert.ok(killed.signal === 'SIGKILL' || killed.code >= 128, `${killed.signal} ${killed.code}`); // a runner ends with 128 and the signal
  const result = await start(queueArgs(dir, server));
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(standing(dir), { done: reports });
  assert.deepEqual(server.requests.map(request => request.headers['idempotency-key']), [idOf(1), idOf(1)]);
  assert.match(historyOf(dir), / interrupted state=pending\n/);
});

test('memory does not grow with the dump', { skip: (isWindows || isSanitized) && 'resident memory is read from /proc, and sanitizers keep their own' }, async t => {
  const peak = {};
  const { dir, server } = await scene(t, request => {
    const status = fs.readFileSync(`/proc/${running.child.pid}/status`, 'utf8');
    peak[request.plain.length] = Number(/VmHWM:\s+(\d+) kB/.exec(status)[1]);
    return ok;
  });
  let running;
  for (const bytes of [100000, 128 << 20]) {
    running = start(['--url', server.url, dumpFile(dir, `${bytes}.dmp`, dump(bytes))]);
    const result = await running;
    assert.equal(result.code, 0, result.stderr);
  }
  const [small, large] = Object.entries(peak).sort((a, b) => a[0] - b[0]).map(entry => entry[1]);
  t.diagnostic(`peak resident memory: ${small} kB for 100 kB, ${large} kB for 128 MB`);
  assert.ok(large < small + 2048, `${small} kB and ${large} kB`);
  assert.ok(large < 16 * 1024, `${large} kB`);
});

test('queue on a read-only disk: says so, sends nothing', { skip: (process.platform !== 'linux' || process.getuid() !== 0 || isWindows) && 'mounting takes root on Linux' }, async t => {
  const { dir, server } = await scene(t, ok);
  const names = queue(dir);
  const { spawnSync } = await import('node:child_process');
  const folder = path.join(dir, 'queue');
  const mounted = spawnSync('unshare', ['-m', 'sh', '-c',
    'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && "$0" --queue "$1" --url "$2"', process.env.SALVOR_UPLOAD, folder, server.url],
  { encoding: 'utf8' });
  if (mounted.status === 1 && /unshare|mount/.test(mounted.stderr)) {
    t.skip('this machine does not let us mount');
    return;
  }
  assert.equal(mounted.status, 3, mounted.stderr);
  assert.match(mounted.stderr, /read-only/);
  assert.deepEqual(standing(dir), { pending: names });
  assert.equal(server.connections, 0);
});

test('no report was lost', t => {
  t.diagnostic(`fault points tried: ${tally.tried}; reports lost: ${tally.tried - tally.arrived}`);
  assert.ok(tally.tried > 15);
  assert.equal(tally.arrived, tally.tried);
});

// Bytes that do not compress, behind a minidump's header.
function noise(bytes) {
  const content = Buffer.alloc(bytes);
  let x = 0x9e3779b9;
  for (let at = 0; at + 4 <= bytes; at += 4) {
    x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
    content.writeInt32LE(x | 0, at);
  }
  dump(32).copy(content);
  return content;
}
