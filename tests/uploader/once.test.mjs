// A network that ends a connection at any byte, between the uploader and a real server: each report arrives, and is counted once. Either it
// waits with its reason until the network is well, or the first try was the one that counted.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import * as server from '../server/harness.mjs';
import { container, historyOf, idOf, queue, recordOf, scene, standing, start } from './harness.mjs';

const isFull = process.env.SALVOR_TEST_FULL === '1';

// A proxy in front of a port. fault: { up: n } or { down: n } ends the connection once so many bytes went that way, by reset or by a plain
// close; null leaves it alone. seen: the bytes of the last connection.
async function cutter(t, port) {
  const state = { fault: null, seen: null };
  const proxy = net.createServer(near => {
    const far = net.connect(port, '127.0.0.1'), seen = { up: 0, down: 0, head: 0 };
    const { fault } = state;
    state.seen = seen;
    const end = () => {
      if (fault.how === 'reset') near.resetAndDestroy();
      else near.end();
      far.destroy();
      near.resume();
    };
    const pass = (from, to, way) => from.on('data', bytes => {
      const room = fault?.[way] === undefined ? Infinity : fault[way] - seen[way];
      if (way === 'up' && !seen.head && bytes.includes('\r\n\r\n')) seen.head = bytes.indexOf('\r\n\r\n') + 4;
      seen[way] += bytes.length;
      if (bytes.length < room) {
        to.write(bytes);
      } else {
        from.pause();
        if (room > 0) to.write(bytes.subarray(0, room), end);
        else end();
      }
    });
    for (const socket of [near, far]) socket.on('error', () => {});
    near.on('close', () => far.destroy());
    far.on('close', () => near.end());
    if (fault?.up === 0) {
      end();
      return;
    }
    pass(near, far, 'up');
    pass(far, near, 'down');
  });
  await new Promise(resolve => proxy.listen(0, '127.0.0.1', resolve));
  state.port = proxy.address().port;
  t.after(() => proxy.close());
  return state;
}

// Where connections end, given how many bytes go each way when all is well.
function pointsOf({ up, down, head }) {
  const steps = (from, to, step) => Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
  const ups = isFull ? steps(0, up - 64, 41) : [0, 1, 20, head - 2, head - 1, head, head + 1, (head + up) >> 1, up - 64];
  const downs = isFull ? steps(0, down + 1, 1) : [0, 1, 9, 15, 17, down >> 1, down - 12, down - 2, down - 1, down];
  return ['reset', 'close'].flatMap(how => [...ups.map(at => ({ up: at, how })), ...downs.map(at => ({ down: at, how }))]);
}

test('connection that ends at any byte: every report arrives and is counted once', async t => {
  const { dir } = await scene(t, '');
  const far = await server.startServer(t), client = await server.signIn(far), way = await cutter(t, far.port);
  const args = ['--queue', path.join(dir, 'queue'), '--url', `http://127.0.0.1:${way.port}`, '--key', far.key, '--stall-timeout', '5s'];
  const put = number => fs.writeFileSync(path.join(dir, `queue/pending/app.exe-1700000000-${number}.dmp`),
    container(recordOf(number), server.tinyDump({ seed: String(number), extra: 3000 })));
  queue(dir, 0);
  put(1);
  assert.equal((await start(args)).code, 0);
  const points = pointsOf(way.seen);
  let waited = 0, number = 1;
  for (const fault of points) {
    put(++number);
    way.fault = fault;
    const first = await start(args);
    const name = `app.exe-1700000000-${number}.dmp`;
    if (first.code !== 0) {
      waited++;
      assert.equal(first.code, 3, `${JSON.stringify(fault)}: ${first.stderr}`);
      assert.deepEqual(standing(dir).pending, [name], JSON.stringify(fault));
      assert.match(historyOf(dir, number), / waits state=pending reason=".+"\n$/);
    }
    way.fault = null;
    assert.equal((await start(args)).code, 0, JSON.stringify(fault));
    assert.equal(standing(dir).pending, undefined);
  }
  let lost = 0;
  for (let i = 1; i <= number; i++)
    if ((await client.get(`/reports/${idOf(i).replaceAll('-', '')}`)).status !== 200) lost++;
  const twice = await server.reportCount(client) - (number - lost);
  t.diagnostic(`fault points tried: ${points.length}; reports that waited: ${waited}; lost: ${lost}; counted twice: ${twice}`);
  assert.deepEqual({ lost, twice }, { lost: 0, twice: 0 });
  assert.ok(waited > points.length / 2 && waited < points.length, `${waited} of ${points.length} waited`);
});
