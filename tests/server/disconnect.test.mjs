// Connections that end, or stand still, anywhere: nothing is left and nobody else is held up.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import * as h from './harness.mjs';

/** Sends bytes, waits until they are in the server's hands, and hangs up with a reset or in order. */
function sendAndLeave(server, bytes, reset) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('close', resolve);
    socket.write(bytes, () => (reset ? socket.resetAndDestroy() : socket.destroy()));
  });
}

const nothingLeft = (server) => h.until('an empty data folder', () => h.leftovers(server).length === 0);

/** An upload in the shape that has most places to break in: chunked, gzip, several parts. */
function upload(server, dump) {
  const body = h.multipart(h.BOUNDARY, [h.field('prod', 'x'), h.file('attachment_1', 'a.txt', 'a'.repeat(3000)), h.dumpPart(dump)]);
  const head = [
    'POST /post HTTP/1.1',
    'Host: x',
    `Salvor-Key: ${server.key}`,
    `Content-Type: multipart/form-data; boundary=${h.BOUNDARY}`,
    'Transfer-Encoding: chunked',
  ];
  return { plain: h.request(head, h.chunked(body, 1000)), zipped: h.request([...head, 'Content-Encoding: gzip'], h.chunked(h.gzip(body), 50)) };
}

test('disconnect', async (t) => {
  const server = await h.startServer(t, { args: ['--idle-timeout', '1s', '--upload-timeout', '3s'] });
  const client = await h.signIn(server);
  const requests = upload(server, h.tinyDump({ seed: 'never', extra: 2000 }));

  for (const [shape, bytes] of Object.entries(requests)) {
    await t.test(`${shape}_upload_when_cut_at_many_offsets_then_nothing_is_left`, async () => {
      const step = Math.max(1, Math.floor(bytes.length / 150));
      for (let at = 1; at < bytes.length; at += step) await sendAndLeave(server, bytes.subarray(0, at), at % 2 === 0);
      await nothingLeft(server);
      assert.equal(await h.reportCount(client), 0);
    });
  }

  await t.test('upload_when_the_client_stands_still_then_the_connection_is_closed_and_nothing_is_left', async () => {
    const offsets = [10, 200, 600, requests.plain.length - 3];
    const closed = offsets.map(
      (at) =>
        new Promise((resolve, reject) => {
          const socket = net.connect(server.port, '127.0.0.1');
          socket.on('error', reject);
          socket.on('close', resolve);
          socket.resume();
          socket.write(requests.plain.subarray(0, at));
        }),
    );
    await Promise.all(closed);
    await nothingLeft(server);
    assert.equal(await h.reportCount(client), 0);
  });

  await t.test('upload_when_it_drips_for_ever_then_it_is_cut_off', async () => {
    const socket = net.connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    const head = ['POST /post HTTP/1.1', 'Host: x', `Salvor-Key: ${server.key}`, 'Content-Type: application/x-dmp', 'Content-Length: 1000000'];
    socket.write(h.request(head, h.tinyDump()));
    const drip = setInterval(() => socket.write('x'), 100);
    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(drip);
    await nothingLeft(server);
  });

  await t.test('upload_when_the_bytes_come_one_by_one_then_it_is_taken', async () => {
    const dump = h.tinyDump({ seed: 'slowly' });
    const bytes = upload(server, dump).plain;
    const pieces = Array.from(bytes, (byte) => Buffer.from([byte]));
    h.idOf(await h.exchange(server, pieces));
  });

  await t.test('uploads_when_bytes_are_flipped_anywhere_then_the_server_lives_on_and_keeps_no_scraps', async () => {
    let random = 20261123;
    const next = (limit) => (random = (random * 1103515245 + 12345) & 0x7fffffff) % limit;
    for (let round = 0; round < 400; round++) {
      const bytes = Buffer.from(round % 2 ? requests.plain : requests.zipped);
      for (let flips = 1 + next(8); flips > 0; flips--) bytes[next(bytes.length)] = next(256);
      await sendAndLeave(server, bytes, round % 3 === 0);
    }
    const dump = h.tinyDump({ seed: 'alive' });
    h.idOf(await h.post(server, '/post', { 'Content-Type': 'application/x-dmp', 'Salvor-Key': server.key }, dump));
    await h.until('no file of an upload', () => h.leftovers(server).every((file) => file.startsWith('blobs')));
    const { json } = await client.get('/projects/default/reports?limit=200');
    for (const { id } of json.items) assert.equal((await client.get(`/reports/${id}`)).status, 200);
    assert.equal(server.child.exitCode, null);
  });

  await t.test('other_clients_when_two_hundred_stand_still_then_are_served', async () => {
    const head = h.request(['POST /post HTTP/1.1', 'Host: x', `Salvor-Key: ${server.key}`, 'Content-Type: application/x-dmp', 'Content-Length: 9']);
    const idle = Array.from({ length: 200 }, () => {
      const socket = net.connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(head);
      return socket;
    });
    const response = await h.post(server, '/post', { 'Content-Type': 'application/x-dmp', 'Salvor-Key': server.key }, h.tinyDump({ seed: 'between' }));
    h.idOf(response);
    for (const socket of idle) socket.destroy();
  });
});
