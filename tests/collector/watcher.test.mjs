// watcher.test.mjs - which files of a dump folder the collector takes, and which it leaves alone.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { dumpBytes, record, reports, scratch, startCollector, until } from './support.mjs';

const drop = (collector, name, bytes = dumpBytes()) => {
  const file = path.join(collector.dumps, name);
  fs.writeFileSync(file, bytes);
  return file;
};

test('watcher when a dump is dropped then queued with its name and removed', async (t) => {
  const collector = await startCollector(t, scratch(t));
  const file = drop(collector, 'app.exe.1234.dmp');
  await until('one report', () => reports(collector, 'pending').length === 1);
  await until('the original is gone', () => !fs.existsSync(file));
  const name = reports(collector, 'pending')[0];
  const facts = record(collector, 'pending', name);
  assert.match(name, /^app\.exe-\d+-1234\.dmp$/);
  assert.equal(facts.app, 'app.exe');
  assert.equal(facts.pid, '1234');
  assert.equal(facts.layer, 'localdumps');
  assert.equal(facts.weak_identity, '1');
  assert.equal(facts.dump_bytes, '5000');
});

test('watcher when it was not running then takes what is there at its start', async (t) => {
  const data = scratch(t);
  fs.mkdirSync(path.join(data, 'dumps'));
  fs.writeFileSync(path.join(data, 'dumps', 'app.exe.1.dmp'), dumpBytes());
  const collector = await startCollector(t, data, '--scan-interval', '1h');
  await until('one report', () => reports(collector, 'pending').length === 1);
});

test('watcher when a file is no dump then left alone and named once', async (t) => {
  const collector = await startCollector(t, scratch(t), '--scan-interval', '100ms');
  const garbage = drop(collector, 'garbage.dmp', 'this is certainly not a minidump of any kind');
  const empty = drop(collector, 'empty.dmp', '');
  const other = drop(collector, 'notes.txt');
  await until('both are named', () => collector.log.includes('garbage.dmp') && collector.log.includes('empty.dmp'));
  drop(collector, 'app.exe.1.dmp');
  await until('one report', () => reports(collector, 'pending').length === 1);
  for (const file of [garbage, empty, other]) assert.ok(fs.existsSync(file), `${file} has gone`);
  assert.equal(collector.log.match(/garbage\.dmp/g).length, 1, collector.log);
  assert.equal(collector.log.match(/notes\.txt/g), null);
});

test('watcher when garbage becomes a dump then taken', async (t) => {
  const collector = await startCollector(t, scratch(t));
  const file = drop(collector, 'app.exe.7.dmp', 'not yet a minidump, but longer than a header is');
  await until('it is named', () => collector.log.includes('dump-ignored'));
  fs.writeFileSync(file, dumpBytes(6000));
  await until('one report', () => reports(collector, 'pending').length === 1);
});

test('watcher when a file is being written then taken whole', async (t) => {
  const collector = await startCollector(t, scratch(t), '--scan-interval', '100ms');
  const handle = fs.openSync(path.join(collector.dumps, 'app.exe.8.dmp'), 'w');
  const bytes = dumpBytes(1000);
  for (let i = 0; i < 20; i++) {
    fs.writeSync(handle, bytes);
    await new Promise((resolve) => setTimeout(resolve, 40)); // a slow writer is what this is about
  }
  fs.closeSync(handle);
  const name = await until('one report', () => reports(collector, 'pending')[0]);
  assert.equal(record(collector, 'pending', name).dump_bytes, '20000');
});

test('watcher when a name is a link, a pipe or a folder then never followed', async (t) => {
  const data = scratch(t);
  const secret = path.join(data, 'secret');
  const collector = await startCollector(t, data, '--scan-interval', '100ms');
  fs.writeFileSync(secret, dumpBytes());
  fs.symlinkSync(secret, path.join(collector.dumps, 'soft.exe.1.dmp'));
  fs.linkSync(secret, path.join(collector.dumps, 'hard.exe.2.dmp'));
  assert.equal(spawnSync('mkfifo', [path.join(collector.dumps, 'pipe.exe.3.dmp')]).status, 0);
  fs.mkdirSync(path.join(collector.dumps, 'folder.exe.4.dmp'));
  await until('links and pipe are named', () => ['soft.exe', 'hard.exe', 'pipe.exe'].every((name) => collector.log.includes(name)));
  drop(collector, 'app.exe.5.dmp');
  await until('one report', () => reports(collector, 'pending').length === 1);
  assert.match(reports(collector, 'pending')[0], /^app\.exe-/);
  await until('the dump is gone, and it alone', () => fs.readdirSync(collector.dumps).length === 4);
  assert.ok(fs.existsSync(secret));
});

test('watcher when there are two folders then both are watched', async (t) => {
  const data = scratch(t);
  const [first, second] = [path.join(data, 'first'), path.join(data, 'second')];
  const collector = await startCollector(t, data, '--dumps', first, '--dumps', second);
  assert.ok(collector.ready.endsWith(`dumps=${first};${second}`), collector.ready);
  fs.writeFileSync(path.join(first, 'a.exe.1.dmp'), dumpBytes());
  fs.writeFileSync(path.join(second, 'b.exe.2.dmp'), dumpBytes());
  await until('two reports', () => reports(collector, 'pending').length === 2);
});

test('watcher when its folder goes and comes back then goes on', async (t) => {
  const collector = await startCollector(t, scratch(t), '--scan-interval', '100ms');
  fs.rmdirSync(collector.dumps);
  await until('it is missed', () => collector.log.includes('folder-unwatched'));
  fs.mkdirSync(collector.dumps);
  drop(collector, 'app.exe.9.dmp');
  await until('one report', () => reports(collector, 'pending').length === 1);
});

test('watcher when a hundred dumps come at once then a hundred reports', async (t) => {
  const collector = await startCollector(t, scratch(t), '--loop-crashes', '0');
  for (let pid = 1; pid <= 100; pid++) drop(collector, `app.exe.${pid}.dmp`);
  await until('all reports', () => reports(collector, 'pending').length === 100, 30000);
  const ids = reports(collector, 'pending').map((name) => record(collector, 'pending', name).id);
  assert.equal(new Set(ids).size, 100);
  await until('the folder is empty', () => fs.readdirSync(collector.dumps).length === 0);
});

test('watcher when nothing happens then nothing runs', async (t) => {
  const collector = await startCollector(t, scratch(t), '--scan-interval', '1h');
  const switches = () =>
    fs.readdirSync(`/proc/${collector.child.pid}/task`).reduce((sum, task) => {
      const status = fs.readFileSync(`/proc/${collector.child.pid}/task/${task}/status`, 'utf8');
      return sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)[1]);
    }, 0);
  drop(collector, 'app.exe.1.dmp');
  await until('one report', () => reports(collector, 'pending').length === 1);
  await new Promise((resolve) => setTimeout(resolve, 500)); // what the report set going comes to rest
  const before = switches();
  await new Promise((resolve) => setTimeout(resolve, 1000)); // idleness is what is measured
  assert.ok(switches() - before <= 2, `${switches() - before} wake-ups in an idle second`);
});
