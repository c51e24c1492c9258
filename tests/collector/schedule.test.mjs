// schedule.test.mjs - when the collector starts its uploader, and that it never starts two.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { dumpBytes, fakeUploader, putReport, reports, runCommand, scratch, startCollector, startServer, until } from './support.mjs';

const drop = (collector, name) => fs.writeFileSync(path.join(collector.dumps, name), dumpBytes());
const lines = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n') : []);
/** A fake that takes everything that waits. */
const takeAll = `for (const name of fs.readdirSync(queue + '/pending')) fs.unlinkSync(queue + '/pending/' + name);`;

test('schedule when a dump comes then the server has it at once and the report is done', async (t) => {
  const server = await startServer(t);
  const collector = await startCollector(t, scratch(t), '--url', server.url, '--key', 'k3y');
  drop(collector, 'app.exe.1234.dmp');
  await until(() => collector.log, () => server.posts.length === 1);
  await until('it is done', () => reports(collector, 'done').length === 1);
  assert.equal(reports(collector, 'pending').length, 0);
  assert.equal(server.posts[0].headers['salvor-key'], 'k3y');
});

test('schedule when the collector starts with reports waiting then they are sent', async (t) => {
  const data = scratch(t);
  const first = await startCollector(t, data);
  drop(first, 'app.exe.1.dmp');
  drop(first, 'app.exe.2.dmp');
  await until('two wait', () => reports(first, 'pending').length === 2);
  await first.stop();
  fs.renameSync(path.join(first.queue, 'pending', reports(first, 'pending')[0]), path.join(first.queue, 'uploading', 'app.exe-5-1.dmp'));
  const server = await startServer(t);
  const second = await startCollector(t, data, '--url', server.url);
  await until('both are done', () => reports(second, 'done').length === 2);
  assert.equal(server.posts.length, 2);
});

test('schedule when there is no address then reports wait', async (t) => {
  const collector = await startCollector(t, scratch(t));
  drop(collector, 'app.exe.1.dmp');
  await until('it waits', () => reports(collector, 'pending').length === 1);
  assert.match(collector.log, /upload-off/);
});

test('schedule when the server fails then tries again later by itself', async (t) => {
  const server = await startServer(t, (count) => (count === 1 ? 503 : 200));
  const collector = await startCollector(t, scratch(t), '--url', server.url);
  drop(collector, 'app.exe.1.dmp');
  await until('it is done', () => reports(collector, 'done').length === 1, 20000);
  assert.equal(server.posts.length, 2);
  const wait = server.posts[1].at - server.posts[0].at;
  assert.ok(wait >= 2400 && wait < 9000, `${wait} ms`);
  assert.match(collector.log, /upload-later failures=1 /);
});

test('schedule when a new report comes during a wait then tries at once', async (t) => {
  let open = false;
  const server = await startServer(t, () => (open ? 200 : 503));
  const collector = await startCollector(t, scratch(t), '--url', server.url);
  drop(collector, 'app.exe.1.dmp');
  await until('the first failure', () => collector.log.includes('upload-later failures=1'));
  open = true;
  const begin = Date.now();
  drop(collector, 'app.exe.2.dmp');
  await until('both are done', () => reports(collector, 'done').length === 2);
  assert.ok(Date.now() - begin < 2400, `${Date.now() - begin} ms`);
});

test('schedule when many reports come then there is never more than one uploader', async (t) => {
  const data = scratch(t);
  const log = path.join(data, 'runs');
  const upload = fakeUploader(
    data,
    `fs.appendFileSync(folder + '/runs', 'begin\\n');
     setTimeout(() => { ${takeAll} fs.appendFileSync(folder + '/runs', 'end\\n'); }, 100);`,
  );
  const collector = await startCollector(t, data, '--url', 'http://x', '--upload-program', upload);
  for (let pid = 1; pid <= 30; pid++) {
    drop(collector, `app.exe.${pid}.dmp`);
    await new Promise((resolve) => setTimeout(resolve, 20)); // so that they come while one is under way
  }
  await until('all are gone', () => fs.readdirSync(collector.dumps).length + reports(collector, 'pending').length + reports(collector, 'new').length === 0);
  await until('the last has ended', () => lines(log).at(-1) === 'end');
  assert.ok(lines(log).length >= 4, lines(log).join(' '));
  lines(log).forEach((line, i) => assert.equal(line, i % 2 ? 'end' : 'begin', lines(log).join(' ')));
});

test('schedule when it starts the uploader then the key is not on its command line', async (t) => {
  const data = scratch(t);
  const upload = fakeUploader(data, `${takeAll} fs.writeFileSync(folder + '/seen', JSON.stringify([process.argv.slice(2), process.env.SALVOR_KEY]));`);
  const collector = await startCollector(t, data, '--url', 'http://x/submit', '--key', 's3cret', '--upload-program', upload);
  drop(collector, 'app.exe.1.dmp');
  await until('it ran', () => lines(path.join(data, 'seen')).length);
  const [words, key] = JSON.parse(fs.readFileSync(path.join(data, 'seen'), 'utf8'));
  assert.deepEqual(words, ['--queue', path.join(data, 'queue'), '--url', 'http://x/submit']);
  assert.equal(key, 's3cret');
});

test('schedule when the uploader says done and nothing moved then it is not started in a loop', async (t) => {
  const data = scratch(t);
  const upload = fakeUploader(data, `fs.appendFileSync(folder + '/runs', 'run\\n');`);
  const collector = await startCollector(t, data, '--url', 'http://x', '--upload-program', upload);
  drop(collector, 'app.exe.1.dmp');
  await until('it is put off', () => collector.log.includes('upload-later'));
  assert.equal(lines(path.join(data, 'runs')).length, 1);
});

test('schedule when the server asked for a longer wait then it is kept', async (t) => {
  const data = scratch(t);
  const upload = fakeUploader(data, `console.log('salvor-upload queue accepted=0 waiting=1 retry_after_s=77'); process.exitCode = 3;`);
  const collector = await startCollector(t, data, '--url', 'http://x', '--upload-program', upload);
  drop(collector, 'app.exe.1.dmp');
  await until('it is put off', () => /upload-later failures=1 wait_ms=77000\b/.test(collector.log));
});

test('schedule when the uploader prints without end then it is not held up', async (t) => {
  const data = scratch(t);
  const upload = fakeUploader(data, `process.stdout.write('x'.repeat(300000), () => { ${takeAll} });`);
  const collector = await startCollector(t, data, '--url', 'http://x', '--upload-program', upload);
  drop(collector, 'app.exe.1.dmp');
  await until('it is gone', () => reports(collector, 'pending').length + reports(collector, 'new').length + fs.readdirSync(collector.dumps).length === 0);
});

test('schedule when the uploader is missing then the collector says so and goes on', async (t) => {
  const collector = await startCollector(t, scratch(t), '--url', 'http://x', '--upload-program', '/nonexistent/salvor-upload');
  drop(collector, 'app.exe.1.dmp');
  await until('it is said', () => collector.log.includes('upload-not-started'));
  drop(collector, 'app.exe.2.dmp');
  await until('both wait', () => reports(collector, 'pending').length === 2);
});

test('schedule when the uploader dies with the last report under way then that is sent after the wait', async (t) => {
  const data = scratch(t);
  const upload = fakeUploader(
    data,
    `if (!fs.existsSync(folder + '/died')) {
       fs.writeFileSync(folder + '/died', '');
       for (const name of fs.readdirSync(queue + '/pending')) fs.renameSync(queue + '/pending/' + name, queue + '/uploading/' + name);
       process.kill(process.pid, 'SIGKILL');
     } else ${takeAll}`,
  );
  const collector = await startCollector(t, data, '--url', 'http://x', '--upload-program', upload);
  drop(collector, 'app.exe.1.dmp');
  await until('it is put off', () => collector.log.includes('upload-later failures=1'));
  assert.match(collector.log, /upload-later failures=1 .*reason="the uploader ended with code 137 and said nothing"/);
  await until(() => collector.log, () => reports(collector, 'pending').length + reports(collector, 'uploading').length === 0, 20000);
});

test('schedule when a killed collector left its uploader then it is waited for and nothing that it sends is counted', async (t) => {
  const data = scratch(t);
  let release;
  const released = new Promise((resolve) => (release = resolve));
  const server = await startServer(t, () => released.then(() => 200));
  const [, second] = [putReport(data, { crash_time: 1700000001 }), putReport(data, { crash_time: 1700000002, pid: 77 })];
  const first = await startCollector(t, data, '--url', server.url, '--rate-program', '2');
  await until('one is on its way and one is claimed', () => server.posts.length === 1 && reports(first, 'uploading').length === 2);
  await first.stop('SIGKILL');
  putReport(data, { id: second, crash_time: 1700000002, pid: 77 }); // another layer saw the same death
  const next = await startCollector(t, data, '--url', server.url, '--rate-program', '1', '--count-interval', '1h');
  await until('it waits', () => next.log.includes('queue-busy'));
  assert.equal(reports(next, 'new').length, 1);
  release();
  await until(() => next.log, () => reports(next, 'new').length + reports(next, 'pending').length + reports(next, 'uploading').length === 0);
  assert.ok(!next.log.includes('crashes-counted'), next.log);
  assert.equal(server.posts.length, 3);
});

test('schedule when the uploader dies and no report waits then counts are sent after the wait', async (t) => {
  const data = scratch(t);
  const upload = fakeUploader(data, `${takeAll} if (!fs.existsSync(folder + '/died')) { fs.writeFileSync(folder + '/died', ''); process.kill(process.pid, 'SIGKILL'); }`);
  const collector = await startCollector(t, data, '--url', 'http://x', '--upload-program', upload, '--rate-program', '1', '--count-interval', '100ms');
  putReport(data);
  await until('it is put off', () => collector.log.includes('upload-later failures=1'));
  putReport(data);
  await until('it is counted', () => collector.log.includes('crashes-counted'));
  await until(() => collector.log, () => reports(collector, 'pending').length + reports(collector, 'new').length === 0, 20000);
});

test('schedule when told to stop while the uploader hangs then ends at once and nothing is lost', async (t) => {
  const data = scratch(t);
  const upload = fakeUploader(data, `fs.writeFileSync(folder + '/runs', String(process.pid)); setInterval(() => {}, 1000);`);
  const collector = await startCollector(t, data, '--url', 'http://x', '--upload-program', upload);
  drop(collector, 'app.exe.1.dmp');
  await until('it runs', () => lines(path.join(data, 'runs'))[0]);
  const { code, ms } = await collector.stop();
  assert.equal(code, 0, collector.log);
  assert.ok(ms < 2000, `${ms} ms`);
  assert.throws(() => process.kill(Number(lines(path.join(data, 'runs'))[0]), 0), /ESRCH/);
  assert.equal(reports(collector, 'pending').length, 1);
});

test('schedule when another program puts a report into the queue then it is sent at once', async (t) => {
  const data = scratch(t);
  const server = await startServer(t);
  const collector = await startCollector(t, data, '--url', server.url, '--scan-interval', '1h');
  const file = path.join(data, 'by-hand.dmp');
  fs.writeFileSync(file, dumpBytes());
  assert.equal(runCommand('ingest', '--data', data, file).status, 0);
  await until('it is done', () => reports(collector, 'done').length === 1);
});
