// What was answered with 200 is there after the server was killed; what was not leaves nothing; trouble with disk or database is a 503.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import * as h from './harness.mjs';

const raw = (server, dump) => h.post(server, '/post', { 'Content-Type': 'application/x-dmp', 'Salvor-Key': server.key }, dump);
const restart = async (t, before) => {
  const server = await h.startServer(t, { data: before.data });
  server.key = before.key;
  server.password = before.password;
  return server;
};

test('report_when_the_server_is_killed_right_after_200_then_it_is_there_and_processed', async (t) => {
  let server = await h.startServer(t);
  const ids = [];
  for (let round = 0; round < 5; round++) {
    ids.push(h.idOf(await h.postForm(server, [h.dumpPart(h.realDump('access-violation.dmp'))], { 'Idempotency-Key': `round ${round}` })));
    await server.stop('SIGKILL');
    server = await restart(t, server);
  }
  const client = await h.signIn(server);
  for (const id of ids) {
    const report = await h.processed(client, id);
    assert.equal(report.state, 'processed', report.error);
  }
  const groups = (await client.get('/projects/default/groups')).json;
  assert.deepEqual(groups.items.map(({ count }) => count), [ids.length], 'each counted once');
});

test('uploads_when_the_server_is_killed_among_many_then_every_200_is_kept_and_the_rest_is_swept', async (t) => {
  let server = await h.startServer(t);
  const accepted = new Set();
  let sent = 0;
  const flood = async () => {
    for (;;) {
      const response = await raw(server, h.tinyDump({ seed: `flood ${sent++}`, extra: 20000 })).catch(() => null);
      if (!response) return;
      accepted.add(h.idOf(response));
    }
  };
  const floods = Array.from({ length: 8 }, flood);
  await h.until('a hundred reports', () => accepted.size >= 100);
  await server.stop('SIGKILL');
  await Promise.all(floods);
  server = await restart(t, server);
  const client = await h.signIn(server);
  for (const id of accepted) assert.equal((await client.get(`/reports/${id}`)).status, 200, id);
  assert.deepEqual(readdirSync(path.join(server.data, 'tmp')), []);
  const blobs = h.leftovers(server).length;
  assert.equal(blobs, await h.reportCount(client), 'no blob without a report');
});

test('tmp_when_a_dead_server_left_files_then_they_are_swept_at_the_start', async (t) => {
  let server = await h.startServer(t);
  const kept = h.tinyDump({ seed: 'kept' });
  h.idOf(await raw(server, kept));
  await server.stop();
  const orphan = h.sha256('orphan');
  mkdirSync(path.dirname(h.blobPath(server, orphan)), { recursive: true });
  writeFileSync(h.blobPath(server, orphan), 'orphan');
  for (const name of [orphan, h.sha256(kept), 'f'.repeat(32)]) writeFileSync(path.join(server.data, 'tmp', name), '');
  server = await restart(t, server);
  assert.deepEqual(h.leftovers(server), [path.relative(server.data, h.blobPath(server, h.sha256(kept)))]);
});

test('server_when_terminated_then_uploads_under_way_end_well_and_it_exits_with_0', async (t) => {
  const server = await h.startServer(t);
  const dump = h.tinyDump({ seed: 'slow', extra: 100 });
  const head = ['POST /post HTTP/1.1', 'Host: x', `Salvor-Key: ${server.key}`, 'Content-Type: application/x-dmp', `Content-Length: ${dump.length}`];
  const socket = net.connect(server.port, '127.0.0.1');
  socket.write(h.request(head, dump.subarray(0, 50)));
  await h.until('the upload under way', () => h.leftovers(server).length === 1);
  const exited = server.stop('SIGTERM');
  await h.until('stopping', () => server.stderr.includes('server-stopping'));
  socket.write(dump.subarray(50));
  const [bytes] = await once(socket, 'data');
  assert.match(bytes.toString('latin1'), /^HTTP\/1\.1 200 /);
  socket.destroy();
  assert.equal(await exited, 0);
});

test('second_server_when_the_data_folder_is_in_use_then_refused_with_a_sentence', async (t) => {
  const server = await h.startServer(t);
  const second = h.run(['serve', '--data', server.data, '--listen', '127.0.0.1:0']);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /is in use/);
});

test('upload_when_the_database_is_locked_then_503_and_nothing_is_left', async (t) => {
  const server = await h.startServer(t);
  const holder = spawn(process.env.SALVOR_HOLD_LOCK, [path.join(server.data, 'salvor.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => holder.kill());
  await once(holder.stdout, 'data');
  const response = await raw(server, h.tinyDump({ seed: 'locked' }));
  assert.equal(response.status, 503);
  assert.ok(response.headers['Retry-After']);
  assert.deepEqual(h.leftovers(server), []);
  holder.stdin.end();
  await once(holder, 'exit');
  h.idOf(await raw(server, h.tinyDump({ seed: 'locked' })));
});

test('uploads_when_together_they_pass_the_limit_then_503_and_nothing_is_left', async (t) => {
  const server = await h.startServer(t, { args: ['--max-pending', '64k'] });
  const response = await raw(server, h.tinyDump({ seed: 'big', extra: 100000 }));
  assert.equal(response.status, 503, h.text(response));
  assert.deepEqual(h.leftovers(server), []);
  h.idOf(await raw(server, h.tinyDump({ seed: 'small' })));
});

const TMPFS = ['unshare', '-rm', 'sh', '-c'];
const mayMount = spawnSync(TMPFS[0], [...TMPFS.slice(1), 'mount -t tmpfs none /mnt'], { stdio: 'ignore' }).status === 0;

test('upload_when_the_disk_is_full_then_503_never_200', { skip: mayMount ? false : 'no mount of its own on this machine' }, async (t) => {
  const data = h.tempFolder(t);
  const prefix = [...TMPFS, `mount -t tmpfs -o size=3m none '${data}' && exec "$@"`, 'sh'];
  const server = await h.startServer(t, { data, prefix, args: ['--min-free', '0'] });
  const client = await h.signIn(server);
  const statuses = new Set();
  let accepted = 0;
  for (let i = 0; i < 60; i++) {
    const response = await raw(server, h.tinyDump({ seed: `full ${i}`, extra: 100000 }));
    statuses.add(response.status);
    if (response.status === 200) accepted++;
  }
  assert.deepEqual([...statuses].sort(), [200, 503]);
  assert.equal((await raw(server, h.tinyDump({ seed: 'full', extra: 4 << 20 }))).status, 503, 'full while writing the file');
  assert.equal(await h.reportCount(client), accepted);
});

test('upload_when_little_space_is_left_then_put_off_before_the_body', async (t) => {
  const server = await h.startServer(t, { args: ['--min-free', '1000000g'] });
  const response = await raw(server, h.tinyDump());
  assert.equal(response.status, 503);
  assert.deepEqual(h.leftovers(server), []);
});
