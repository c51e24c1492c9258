// disk.test.mjs - a disk that is full, to the page, or read-only, below the queue of the real collector and the real uploader: nothing is
// half written, everybody says what is amiss, and once there is room all of it arrives and is counted once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import zlib from 'node:zlib';
import { mountDisk, PAGE, skip } from './disk.mjs';
import { collectorProgram, newId, putReport, record, reportBytes, reports, runCommand, scratch, startCollector, startServer, until } from './support.mjs';

const uploadProgram = path.join(path.dirname(collectorProgram), 'salvor-upload');
const states = ['new', 'pending', 'uploading', 'done', 'discarded', 'failed'];
const tally = { points: 0, failed: 0, lost: 0, twice: 0 };
const random = (size) => Buffer.concat([Buffer.from('MDMP'), Buffer.from(Array.from({ length: size - 4 }, (_, i) => (i * 2654435761) >>> 13))]);

/** Posts by the id that they bear. */
function byId(server) {
  const ids = new Map();
  for (const { headers } of server.posts) ids.set(headers['idempotency-key'], (ids.get(headers['idempotency-key']) ?? 0) + 1);
  return ids;
}

/** No draft in tmp/, and every report is whole: its record can be read and says where the file ends. */
function assertWhole(queue) {
  assert.deepEqual(fs.readdirSync(path.join(queue, 'tmp')), []);
  for (const state of states)
    for (const name of reports({ queue }, state)) {
      const facts = record({ queue }, state, name);
      assert.match(facts.id ?? '', /^[0-9a-f-]{36}$/, `${state}/${name}`);
    }
}

/** The uploader by hand. */
async function upload(data, server, ...more) {
  const child = spawn(uploadProgram, ['--queue', path.join(data, 'queue'), '--url', server.url, ...more], { env: { ...process.env, SALVOR_KEY: '' }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '', stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

test('ingest when the disk is full at any page then says so, leaves nothing half written, and works when there is room', { skip }, (t) => {
  const disk = mountDisk(t);
  const elsewhere = scratch(t);
  const file = path.join(elsewhere, 'app.exe.1.dmp');
  fs.writeFileSync(file, random(3 * PAGE));
  for (let pages = 0; pages < 12; pages++) {
    const data = path.join(disk.folder, `data-${pages}`);
    fs.mkdirSync(path.join(data, 'queue'), { recursive: true });
    disk.fill(pages);
    const full = runCommand('ingest', '--data', data, file);
    disk.drain();
    tally.points++;
    assertWhole(path.join(data, 'queue'));
    if (full.status !== 0) {
      tally.failed++;
      assert.equal(full.status, 1, full.stderr);
      assert.match(full.stderr, /app\.exe\.1\.dmp: it cannot be copied into the queue \(no space left\)\. It stays where it is/i);
      assert.equal(full.stdout, '');
      assert.equal(reports({ queue: path.join(data, 'queue') }, 'new').length, 0);
      assert.equal(runCommand('ingest', '--data', data, file).status, 0);
    }
    assert.equal(reports({ queue: path.join(data, 'queue') }, 'new').length, 1);
    assertWhole(path.join(data, 'queue'));
    fs.rmSync(data, { recursive: true });
  }
});

test('collector when the disk is full at any page as dumps come then each arrives once there is room', { skip }, async (t) => {
  const disk = mountDisk(t);
  const dumps = path.join(scratch(t), 'dumps');
  const server = await startServer(t);
  const data = path.join(disk.folder, 'data');
  const log = path.join(disk.folder, 'collector.log');
  const collector = await startCollector(t, data, '--dumps', dumps, '--url', server.url, '--scan-interval', '100ms', '--log', log, '--rate-signature', '0', '--rate-program', '0', '--loop-crashes', '0');
  t.after(() => collector.stop('SIGKILL'));
  const complaints = () => fs.readFileSync(log, 'utf8').match(/dump-not-taken [^\n]*no space left/gi)?.length ?? 0;
  for (let pages = 0; pages < 24; pages++) {
    const file = path.join(dumps, `app${pages}.exe.${1000 + pages}.dmp`);
    const before = complaints();
    disk.fill(pages);
    fs.writeFileSync(file, random(5 * PAGE + 100));
    for (let i = 0; i < 50 && fs.existsSync(file) && complaints() === before; i++) await new Promise((resolve) => setTimeout(resolve, 10)); // the log may have no room either
    tally.points++;
    tally.failed += fs.existsSync(file);
    disk.drain();
    await until(() => fs.readFileSync(log, 'utf8').slice(-2000), () => reports(collector, 'done').length === pages + 1, 60000);
  }
  const counts = [...byId(server).values()];
  tally.lost += 24 - counts.length;
  assert.equal(counts.length, 24);
  assertWhole(collector.queue);
  assert.deepEqual(reports(collector, 'failed'), []);
  assert.ok(complaints() > 0 && fs.readdirSync(dumps).length === 0);
});

test('uploader when the disk is full at any page then the report is sent or waits with its reason, and arrives once there is room', { skip }, async (t) => {
  const disk = mountDisk(t);
  const server = await startServer(t);
  let waited = 0;
  for (let pages = 0; pages < 10; pages++) {
    const data = path.join(disk.folder, `data-${pages}`);
    assert.equal(runCommand('ingest', '--data', data).status, 2); // makes nothing
    const id = newId();
    for (const name of ['tmp', 'history', ...states]) fs.mkdirSync(path.join(data, 'queue', name), { recursive: true });
    fs.writeFileSync(path.join(data, 'queue', 'pending', 'app.exe-1700000000-1.dmp'), reportBytes({ id, app: 'app.exe', pid: 1, crash_time: 1700000000 }, { dump: random(4 * PAGE) }));
    disk.fill(pages);
    const full = await upload(data, server);
    const now = runCommand('status', '--json', '--data', data);
    disk.drain();
    tally.points++;
    assert.equal(now.status, 0, now.stderr);
    if (full.code !== 0) {
      waited++;
      tally.failed++;
      assert.equal(full.code, 3, full.stderr);
      assert.match(full.stdout, /waiting misconfigured=0 reason="[^"]*no space left/i);
      assert.deepEqual(reports({ queue: path.join(data, 'queue') }, 'pending'), ['app.exe-1700000000-1.dmp']);
      assert.equal(JSON.parse(now.stdout).states.pending, 1);
      assert.equal((await upload(data, server)).code, 0);
    }
    assert.match(fs.readFileSync(path.join(data, 'queue', 'history', `${id}.log`), 'utf8'), / sending /, 'nothing goes out that its history does not tell of');
    assert.equal(reports({ queue: path.join(data, 'queue') }, 'done').length, 1);
    assertWhole(path.join(data, 'queue'));
    assert.equal(byId(server).get(id), 1, `with ${pages} pages left`);
  }
  assert.ok(waited > 0 && waited < 10, `${waited} of 10`);
});

test('counts when the disk is full as they are made then every crash is in one, once', { skip }, async (t) => {
  const disk = mountDisk(t);
  const server = await startServer(t);
  const data = path.join(disk.folder, 'data');
  const collector = await startCollector(t, data, '--url', server.url, '--rate-program', '1', '--count-interval', '100ms', '--loop-crashes', '0');
  t.after(() => collector.stop('SIGKILL'));
  let crashes = 0;
  for (let pages = 0; pages < 12; pages++) {
    for (let i = 0; i < 3; i++, crashes++) putReport(data, { crash_address: 'app.exe+0x10' });
    disk.fill(pages);
    await new Promise((resolve) => setTimeout(resolve, 50 * (pages % 4))); // somewhere in its work
    tally.points++;
    disk.drain();
    await until(() => collector.log.slice(-2000), () => ['new', 'pending', 'uploading'].every((state) => reports(collector, state).length === 0), 60000);
  }
  const sent = server.posts.map(({ body }) => zlib.gunzipSync(body).toString('latin1'));
  const seen = new Set();
  let total = 0;
  for (const text of sent) {
    const id = /\nid=([0-9a-f-]{36})\n/.exec(text)[1];
    if (!seen.has(id)) total += Number(/\ncount=(\d+)\n/.exec(text)?.[1] ?? 1);
    seen.add(id);
  }
  tally.lost += Math.max(0, crashes - total);
  tally.twice += Math.max(0, total - crashes);
  assert.equal(total, crashes);
  assertWhole(collector.queue);
});

test('collector when the disk has no room for a file name then goes on once it has', { skip }, async (t) => {
  const disk = mountDisk(t, { inodes: 64 });
  const dumps = path.join(scratch(t), 'dumps');
  const server = await startServer(t);
  const data = path.join(disk.folder, 'data');
  const collector = await startCollector(t, data, '--dumps', dumps, '--url', server.url, '--scan-interval', '100ms');
  t.after(() => collector.stop('SIGKILL'));
  const names = [];
  try {
    for (let i = 0; ; i++) {
      fs.writeFileSync(path.join(disk.folder, `name-${i}`), '');
      names.push(path.join(disk.folder, `name-${i}`));
    }
  } catch (error) {
    assert.equal(error.code, 'ENOSPC');
  }
  fs.writeFileSync(path.join(dumps, 'app.exe.1.dmp'), random(2000));
  await until(() => collector.log, () => /dump-not-taken [^\n]*no space left/i.test(collector.log));
  for (const name of names) fs.rmSync(name);
  await until(() => collector.log, () => reports(collector, 'done').length === 1, 30000);
  tally.points++;
  assert.deepEqual([...byId(server).values()], [1]);
});

test('commands when the queue is on a read-only disk then status reads it, the others say why not, and nothing changes', { skip }, async (t) => {
  const disk = mountDisk(t);
  const server = await startServer(t);
  const data = path.join(disk.folder, 'data');
  const file = path.join(scratch(t), 'app.exe.1.dmp');
  fs.writeFileSync(file, random(2000));
  assert.equal(runCommand('ingest', '--data', data, file).status, 0);
  disk.setReadOnly(true);
  const status = runCommand('status', '--json', '--data', data);
  const run = runCommand('run', '--data', data);
  const ingest = runCommand('ingest', '--data', data, file);
  const sent = await upload(data, server);
  disk.setReadOnly(false);
  tally.points += 4;
  assert.equal(status.status, 0, status.stderr);
  assert.equal(JSON.parse(status.stdout).states.new, 1);
  assert.equal(run.status, 1);
  assert.match(run.stderr, /collector-not-started .*read-only/);
  assert.equal(ingest.status, 1);
  assert.match(ingest.stderr, /read-only/);
  assert.notEqual(sent.code, 2, sent.stderr);
  assert.equal(server.posts.length, 0);
  const collector = await startCollector(t, data, '--url', server.url);
  t.after(() => collector.stop('SIGKILL'));
  await until(() => collector.log, () => reports(collector, 'done').length === 1);
  assert.equal(server.posts.length, 1);
});

test('nothing was lost', { skip }, (t) => {
  t.diagnostic(`points at which the disk was full: ${tally.points}, where something failed: ${tally.failed}; reports lost: ${tally.lost}; counted twice: ${tally.twice}`);
  assert.deepEqual({ lost: tally.lost, twice: tally.twice }, { lost: 0, twice: 0 });
  assert.ok(tally.failed > 5);
});
