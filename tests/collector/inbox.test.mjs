// inbox.test.mjs - what users leave in folders that all of them can write to: how much of it is taken, and what becomes of the rest.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { dumpBytes, reports, scratch, startCollector, until } from './support.mjs';

const other = 12345; // a user of our own making

/** Puts a file there as that user would: under another name first, so that nobody sees it half owned. */
const drop = (folder, name, owner = other, bytes = dumpBytes()) => {
  const file = path.join(folder, name);
  fs.writeFileSync(`${file}.part`, bytes);
  fs.chownSync(`${file}.part`, owner, owner);
  fs.renameSync(`${file}.part`, file);
  return file;
};

const skip = process.getuid() !== 0 && 'needs root, to give files to another user';
const queued = (collector) => reports(collector, 'pending').length;

test('quota when a user has brought enough then the rest is removed and told, and others go on', { skip }, async (t) => {
  const collector = await startCollector(t, scratch(t), '--user-reports', '3', '--scan-interval', '100ms');
  const files = [1, 2, 3, 4, 5].map((pid) => drop(collector.dumps, `app${pid}.exe.${pid}.dmp`));
  await until('two are refused', () => collector.log.match(/report-refused event=400/g)?.length === 2);
  await until('all are gone', () => files.every((file) => !fs.existsSync(file)));
  assert.match(collector.log, /report-refused event=400 .*owner=12345 status=REFUSED reason="its user has brought as many reports/);
  await until('three are queued', () => queued(collector) === 3);
  drop(collector.dumps, 'theirs.exe.9.dmp', other + 1);
  drop(collector.dumps, 'system.exe.10.dmp', 0);
  await until('the others are taken', () => queued(collector) === 5);
});

test('quota when a file is larger than what is left then refused, and a smaller one taken', { skip }, async (t) => {
  const collector = await startCollector(t, scratch(t), '--user-bytes', '64k', '--scan-interval', '100ms');
  drop(collector.dumps, 'big.exe.1.dmp', other, dumpBytes(70000));
  await until('it is refused', () => /report-refused .*as many bytes/.test(collector.log));
  drop(collector.dumps, 'small.exe.2.dmp', other, dumpBytes(60000));
  await until('the small one is taken', () => queued(collector) === 1);
});

test('inbox when a file is no report then removed and told', async (t) => {
  const collector = await startCollector(t, scratch(t), '--scan-interval', '100ms');
  const inbox = path.join(collector.data, 'inbox');
  const file = path.join(inbox, 'garbage.dmp');
  fs.writeFileSync(file, dumpBytes());
  await until('it is gone', () => !fs.existsSync(file));
  assert.match(collector.log, /report-refused event=400 file="[^"]*garbage.dmp" owner=\d+ status=FORMAT reason="it is no whole report"/);
});

test('inbox when a link or a second name leads elsewhere then only the name is removed', async (t) => {
  const data = scratch(t);
  const collector = await startCollector(t, data, '--scan-interval', '100ms');
  const inbox = path.join(data, 'inbox');
  const precious = path.join(data, 'precious');
  fs.writeFileSync(precious, dumpBytes());
  fs.symlinkSync(precious, path.join(inbox, 'link.dmp'));
  fs.linkSync(precious, path.join(inbox, 'second.dmp'));
  await until('both are gone', () => fs.readdirSync(inbox).length === 0);
  assert.deepEqual(fs.readFileSync(precious), dumpBytes());
  assert.equal(queued(collector), 0);
});

test('inbox when a draft was left then removed after a day, and a fresh one stays', async (t) => {
  const data = scratch(t);
  const inbox = path.join(data, 'inbox');
  fs.mkdirSync(inbox);
  for (const [name, hours] of [['old.tmp', -30], ['future.tmp', 30], ['fresh.tmp', 0]]) {
    fs.writeFileSync(path.join(inbox, name), 'x');
    const time = Date.now() / 1000 + hours * 3600;
    fs.utimesSync(path.join(inbox, name), time, time);
  }
  await startCollector(t, data, '--scan-interval', '100ms');
  await until('the old ones are gone', () => fs.readdirSync(inbox).length === 1);
  assert.deepEqual(fs.readdirSync(inbox), ['fresh.tmp']);
});

test('own crashes when they go on then three a day are reported, also over restarts', async (t) => {
  const data = scratch(t);
  let collector = await startCollector(t, data, '--scan-interval', '100ms');
  for (const pid of [1, 2]) fs.writeFileSync(path.join(collector.dumps, `salvor-collector.exe.${pid}.dmp`), dumpBytes());
  await until('both are reported', () => queued(collector) === 2);
  await collector.stop();
  collector = await startCollector(t, data, '--scan-interval', '100ms');
  for (const pid of [3, 4, 5]) fs.writeFileSync(path.join(collector.dumps, `salvor-upload.exe.${pid}.dmp`), dumpBytes());
  await until('all are gone', () => fs.readdirSync(collector.dumps).length === 0);
  await until('three are queued', () => queued(collector) === 3);
  assert.equal(collector.log.match(/own-crash event=401 .*enough today/g).length, 2, collector.log);
  fs.writeFileSync(path.join(collector.dumps, 'app.exe.6.dmp'), dumpBytes());
  await until("a program's own crash is taken", () => queued(collector) === 4);
});
