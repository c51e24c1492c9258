// command.test.mjs - the collector's commands: exit codes, output, bad input.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { dumpBytes, record, runCommand, scratch, startCollector, startServer, until } from './support.mjs';

const emptyStates = { new: 0, pending: 0, uploading: 0, done: 0, discarded: 0, failed: 0 };

test('ingest when files are dumps then queued, ids printed, originals kept', (t) => {
  const data = scratch(t);
  const files = ['app.exe.77.dmp', 'by hand.dmp'].map((name) => path.join(data, name));
  files.forEach((file) => fs.writeFileSync(file, dumpBytes()));
  const { status, stdout, stderr } = runCommand('ingest', '--data', data, ...files);
  assert.equal(status, 0, stderr);
  const printed = stdout.trimEnd().split('\n');
  assert.equal(printed.length, 2);
  const collector = { queue: path.join(data, 'queue') };
  const ids = fs.readdirSync(path.join(collector.queue, 'new')).map((name) => record(collector, 'new', name));
  for (const [i, line] of printed.entries()) {
    assert.match(line, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12} /);
    assert.ok(line.endsWith(` ${files[i]}`), line);
    assert.ok(ids.some((facts) => line.startsWith(facts.id) && facts.layer === 'ingest'), line);
    assert.ok(fs.existsSync(files[i]));
  }
});

test('ingest when one file is bad then the good ones are taken and the exit code is 1', (t) => {
  const data = scratch(t);
  const [good, bad] = [path.join(data, 'good.dmp'), path.join(data, 'bad.dmp')];
  fs.writeFileSync(good, dumpBytes());
  fs.writeFileSync(bad, 'no dump at all, though it is long enough for one');
  const { status, stdout, stderr } = runCommand('ingest', '--data', data, bad, path.join(data, 'missing.dmp'), good);
  assert.equal(status, 1);
  assert.match(stderr, /bad\.dmp: it is no minidump/);
  assert.match(stderr, /missing\.dmp: .*not found/);
  assert.equal(stdout.trimEnd().split('\n').length, 1);
  assert.equal(fs.readdirSync(path.join(data, 'queue', 'new')).length, 1);
  assert.equal(fs.readdirSync(path.join(data, 'queue', 'tmp')).length, 0);
});

test('status when reports wait then counts and the oldest', (t) => {
  const data = scratch(t);
  const file = path.join(data, 'app.exe.77.dmp');
  fs.writeFileSync(file, dumpBytes());
  fs.utimesSync(file, 1700000000, 1700000000);
  assert.equal(runCommand('ingest', '--data', data, file).status, 0);
  const json = runCommand('status', '--json', '--data', data);
  assert.equal(json.status, 0, json.stderr);
  const status = JSON.parse(json.stdout);
  assert.deepEqual(status.states, { ...emptyStates, new: 1 });
  assert.equal(status.oldest_waiting.file, 'app.exe-1700000000-77.dmp');
  assert.equal(status.oldest_waiting.state, 'new');
  assert.match(status.oldest_waiting.since, /^\d{4}-\d\d-\d\dT/);
  const text = runCommand('status', '--data', data).stdout;
  assert.match(text, /^ {2}new +1 +6 KB$/m);
  assert.match(text, /waiting longest: new\/app\.exe-1700000000-77\.dmp/);
});

test('status when there is no queue then exit 1 and none is made', (t) => {
  const data = scratch(t);
  const { status, stderr } = runCommand('status', '--data', data);
  assert.equal(status, 1);
  assert.match(stderr, /not found/);
  assert.deepEqual(fs.readdirSync(data), []);
});

test('run when told to stop then ends with 0, by either signal', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const collector = await startCollector(t, scratch(t));
    const { code, ms } = await collector.stop(signal);
    assert.equal(code, 0, collector.log);
    assert.ok(ms < 2000, `${ms} ms`);
  }
});

test('run when a file holds settings then used, and the command line wins', async (t) => {
  const data = scratch(t);
  const [config, fromFile, fromLine] = ['config', 'from-file', 'from-line'].map((name) => path.join(data, name));
  fs.writeFileSync(config, `# settings\ndumps = ${fromFile}\nscan-interval = 2s\n`);
  const first = await startCollector(t, data, '--config', config);
  assert.ok(first.ready.endsWith(`dumps=${fromFile}`), first.ready);
  await first.stop();
  const second = await startCollector(t, data, '--config', config, '--dumps', fromLine);
  assert.ok(second.ready.endsWith(`dumps=${fromLine}`), second.ready);
});

test('run when the log is a file then it goes there', async (t) => {
  const data = scratch(t);
  const log = path.join(data, 'collector.log');
  const collector = await startCollector(t, data, '--log', log);
  await collector.stop();
  assert.equal(collector.log, '');
  assert.match(fs.readFileSync(log, 'utf8'), /info collector-stopping /);
});

test('run when the log is full then old ones are kept, the uploader writes there too, and no line is missing', async (t) => {
  const data = scratch(t);
  const log = path.join(data, 'collector.log');
  const server = await startServer(t, () => 503);
  const collector = await startCollector(t, data, '--log', log, '--log-size', '64k', '--url', server.url, '--scan-interval', '100ms');
  let number = 0;
  const files = () => ['.4', '.3', '.2', '.1', ''].map((end) => log + end).filter((file) => fs.existsSync(file));
  await until('it is full', () => {
    for (let i = 0; i < 20; i++) fs.writeFileSync(path.join(collector.dumps, `garbage-${number++}.dmp`), 'no minidump, but long enough to be one');
    return fs.existsSync(`${log}.1`);
  }, 60000);
  fs.writeFileSync(path.join(collector.dumps, 'app.exe.1.dmp'), dumpBytes());
  await until('the uploader has said why it waits', () => files().some((file) => / waits report=.*answered 503/.test(fs.readFileSync(file, 'utf8'))));
  await until('all are named', () => files().map((file) => fs.readFileSync(file, 'utf8')).join('').match(/dump-ignored/g).length >= number, 60000);
  await collector.stop();
  assert.equal(collector.log, '');
  const text = files().map((file) => fs.readFileSync(file, 'utf8')).join('');
  for (const file of files()) assert.ok(fs.statSync(file).size < (64 << 10) + 2048, file);
  for (const line of text.trimEnd().split('\n')) assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z (info|warn|error) [a-z-]+/);
  for (let i = 0; i < number; i++) assert.equal(text.split(`garbage-${i}.dmp"`).length, 2, `garbage-${i} is named once`);
});

test('run when the data folder cannot be used then exit 1 and a sentence', (t) => {
  const data = scratch(t);
  fs.writeFileSync(path.join(data, 'file'), '');
  const { status, stderr, stdout } = runCommand('run', '--data', path.join(data, 'file'));
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /collector-not-started/);
});

test('commands when used wrongly then exit 2 and a sentence', () => {
  const wrong = [[], ['fly'], ['run', '--nonsense'], ['run', 'word'], ['run', '--scan-interval', 'soon'], ['run', '--data'], ['ingest'],
    ['status', 'word'], ['reg'], ['reg', '--app', 'a/b.exe'], ['reg', '--app', 'app.exe', 'word'], ['dumper', '1']];
  for (const words of wrong) {
    const { status, stdout, stderr } = runCommand(...words);
    assert.equal(status, 2, `${words.join(' ')}: ${stderr}`);
    assert.equal(stdout, '', words.join(' '));
    assert.ok(stderr.length > 10, words.join(' '));
  }
});

test('commands when asked for help then exit 0 and every option named', () => {
  for (const words of [['help'], ['--help'], ['run', '--help'], ['ingest', '-h'], ['status', '--help'], ['reg', '--help']]) {
    const { status, stdout, stderr } = runCommand(...words);
    assert.equal(status, 0, words.join(' '));
    assert.match(stdout, /^usage: salvor-collector /, words.join(' '));
    assert.equal(stderr, '');
  }
  assert.match(runCommand('run', '--help').stdout, /--scan-interval/);
  assert.match(runCommand('--version').stdout, /^salvor-collector \d+\.\d+\.\d+\n$/);
});

test('reg when written to a file then the same bytes as on standard output', (t) => {
  const output = path.join(scratch(t), 'out.reg');
  const words = ['reg', '--app', 'app.exe', '--url', 'https://crash.example', '--key', 'k'];
  assert.equal(runCommand(...words, '--output', output).status, 0);
  const { stdout } = runCommand(...words);
  assert.equal(fs.readFileSync(output).toString('utf8'), stdout);
  assert.ok(fs.readFileSync(output).subarray(2).toString('utf16le').includes('"url"="https://crash.example"\r\n'));
});
