// clock.test.mjs - the clock is set while collector and uploader run, days ahead and years back: nothing is lost or counted twice, nothing goes
// too early, nothing waits for years. Waits that pass are passed by moving both clocks.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { DAY, HOUR, makeClock, skip, YEAR } from './clock.mjs';
import { collectorProgram, dumpBytes, putReport, record, reports, runCommand, scratch, startCollector, startServer, until } from './support.mjs';

const whole = (collector, state) => reports(collector, state).filter((name) => !name.startsWith('count-'));
const counts = (collector, state) => reports(collector, state).filter((name) => name.startsWith('count-')).map((name) => record(collector, state, name));
const status = (data) => JSON.parse(runCommand('status', '--json', '--data', data).stdout);
const settled = (collector, what, check) => until(() => `${what}: ${collector.log}`, check, 30000);
const timeOf = (collector, state, name) => fs.statSync(path.join(collector.queue, state, name)).mtimeMs;

/** A collector whose clock can be set; put(): a crash of now, as that clock has it. */
async function start(t, ...options) {
  const data = scratch(t);
  const clock = makeClock(data);
  const begin = (...more) => startCollector(t, data, { env: clock.env }, ...options, ...more);
  const put = (facts = {}) => {
    const id = putReport(data, { crash_time: Math.floor(clock.now() / 1000), ...facts }, { modified: clock.now() });
    return id;
  };
  clock.jump(HOUR);
  const collector = await begin();
  const first = await settled(collector, 'its first line', () => /^\d{4}-\d\d-\d\dT[\d:.]+Z/m.exec(collector.log)?.[0]);
  assert.ok(Math.abs(Date.parse(first) - clock.now()) < HOUR / 2, `it has our clock: ${first}`);
  return { data, clock, begin, put, collector };
}

for (const [what, ms] of [['ten days ahead', 10 * DAY], ['five years back', -5 * YEAR]]) {
  test(`backoff when the clock jumps ${what} then tried after the wait that it was, once`, { skip }, async (t) => {
    let well = false;
    const server = await startServer(t, () => (well ? 200 : 503));
    const { clock, put, collector } = await start(t, '--url', server.url);
    put();
    await settled(collector, 'it waits', () => collector.log.includes('upload-later failures=1'));
    well = true;
    clock.jump(ms);
    await settled(collector, 'it is sent', () => whole(collector, 'done').length === 1);
    assert.equal(server.posts.length, 2);
    const wait = server.posts[1].at - server.posts[0].at;
    assert.ok(wait >= 2400, `${wait} ms`);
  });

  test(`Retry-After when the clock jumps ${what} then kept as long as it was asked for, also over a restart`, { skip }, async (t) => {
    let well = false;
    const server = await startServer(t, () => (well ? 200 : 503), { 'retry-after': '600' });
    const { data, clock, put, begin, collector } = await start(t, '--url', server.url);
    put();
    await settled(collector, 'it waits', () => /upload-later failures=1 wait_ms=600000/.test(collector.log));
    clock.jump(ms);
    put();
    await settled(collector, 'both wait', () => whole(collector, 'pending').length === 2);
    await until(() => `by the clock that was set: ${JSON.stringify(status(data).endpoint)}`, () => Math.abs(Date.parse(status(data).endpoint.next_try) - clock.now() - 600000) < 60000);
    assert.equal(server.posts.length, 1);
    await collector.stop();
    const second = await begin();
    put();
    await settled(second, 'three wait', () => whole(second, 'pending').length === 3);
    assert.equal(server.posts.length, 1);
    clock.pass(601000);
    well = true;
    put(); // wakes it: its sleep itself is the system's
    await settled(second, 'all are sent', () => whole(second, 'done').length === 4);
  });

  test(`retention when the clock jumps ${what} then records stay their time, and no longer`, { skip }, async (t) => {
    const server = await startServer(t, (n) => (n === 1 ? 400 : 200));
    const { clock, put, collector } = await start(t, '--url', server.url, '--keep', '3d', '--keep-failed', '3d', '--rate-program', '0', '--rate-signature', '0', '--loop-crashes', '0');
    const tidied = async (reports_done) => {
      clock.pass(HOUR + 1000);
      put();
      await settled(collector, 'another is done', () => whole(collector, 'done').length === reports_done);
    };
    put();
    await settled(collector, 'one is refused', () => whole(collector, 'failed').length === 1);
    put();
    await settled(collector, 'one is done', () => whole(collector, 'done').length === 1);
    const [first] = whole(collector, 'done');
    clock.jump(ms);
    await tidied(2);
    assert.match(collector.log, /clock-jumped by_ms=-?\d+/);
    assert.equal(whole(collector, 'failed').length, 1, 'the refused one is still there');
    assert.ok(whole(collector, 'done').includes(first), 'and so is the first that was sent');
    assert.ok(timeOf(collector, 'done', first) <= clock.now() + DAY, 'and not of the future');
    clock.pass(DAY);
    await tidied(3);
    assert.ok(whole(collector, 'done').includes(first));
    clock.pass(2 * DAY);
    put();
    await settled(collector, 'what is three days old is gone', () => !whole(collector, 'done').includes(first) && whole(collector, 'failed').length === 0);
    await settled(collector, 'and counted', () => counts(collector, 'done').concat(counts(collector, 'new'), counts(collector, 'pending')).some(({ count }) => count === '1'));
  });

  test(`rates when the clock jumps ${what} then the day goes on, and ends a day later, also after a restart`, { skip }, async (t) => {
    const { clock, put, begin, collector } = await start(t, '--rate-program', '2', '--rate-signature', '0', '--loop-crashes', '0');
    put();
    put();
    await settled(collector, 'two may be sent', () => whole(collector, 'pending').length === 2);
    clock.jump(ms);
    put();
    await settled(collector, 'the third is counted', () => counts(collector, 'new')[0]?.count === '1');
    await collector.stop();
    const second = await begin();
    put();
    await settled(second, 'the fourth too', () => counts(second, 'new')[0]?.count === '2');
    clock.pass(DAY + HOUR);
    put();
    await settled(second, 'a day later one may be sent again', () => whole(second, 'pending').length === 3);
    await second.stop();
    const third = await begin();
    put();
    await settled(third, 'and another', () => whole(third, 'pending').length === 4);
    assert.equal(counts(third, 'new')[0].count, '2');
  });

  test(`crash loop when the clock jumps ${what} then it is one as long as it was, and ends`, { skip }, async (t) => {
    const { data, clock, put, collector } = await start(t, '--loop-crashes', '2', '--loop-window', '1h', '--rate-signature', '0', '--rate-program', '0');
    const at = { crash_address: 'app.exe+0x10' };
    for (let i = 0; i < 3; i++) put(at);
    await settled(collector, 'it loops', () => collector.log.includes('crash-loop app="app.exe"'));
    clock.jump(ms);
    put(at);
    await settled(collector, 'it still does', () => Number(counts(collector, 'new')[0]?.count) >= 1 && whole(collector, 'new').length === 0);
    await until('status says so', () => status(data).looping === 'app.exe');
    const sent = whole(collector, 'pending').length;
    clock.pass(2 * HOUR);
    put(at);
    await settled(collector, 'it has ended', () => whole(collector, 'pending').length === sent + 1);
    await until('status says so', () => status(data).looping === null);
    assert.equal(sent + 1 + Number(counts(collector, 'new')[0].count), 5);
  });
}

test('quota when the newest reports are of a clock that was years ahead then every crash is there or counted', { skip }, async (t) => {
  const { clock, put, collector } = await start(t, '--queue-reports', '4', '--rate-program', '0', '--rate-signature', '0', '--loop-crashes', '0');
  clock.jump(10 * YEAR);
  for (let i = 0; i < 5; i++) put();
  await settled(collector, 'they are taken', () => whole(collector, 'new').length === 0 && whole(collector, 'pending').length === 4);
  clock.jump(-10 * YEAR);
  for (let i = 0; i < 5; i++) put();
  await settled(collector, 'these too', () => whole(collector, 'new').length === 0 && whole(collector, 'pending').length === 4 && counts(collector, 'new')[0]?.count === '6');
});

test('counts when the clock jumps both ways then posted, with every crash once', { skip }, async (t) => {
  const server = await startServer(t);
  const { clock, put, collector } = await start(t, '--url', server.url, '--rate-program', '1', '--count-interval', '200ms');
  let crashes = 0;
  for (const ms of [0, 40 * DAY, -3 * YEAR, 2 * DAY, -40 * DAY]) {
    clock.jump(ms);
    for (let i = 0; i < 4; i++, crashes++) put();
    await settled(collector, 'nothing waits', () => ['new', 'pending', 'uploading'].every((state) => reports(collector, state).length === 0));
  }
  const sent = new Map(server.posts.map(({ body }) => {
    const text = zlib.gunzipSync(body).toString('latin1');
    return [/\nid=([0-9a-f-]{36})\n/.exec(text)[1], Number(/\ncount=(\d+)\n/.exec(text)?.[1] ?? 1)];
  }));
  assert.equal(sent.size, server.posts.length, 'nothing is sent twice');
  assert.equal([...sent.values()].reduce((sum, count) => sum + count, 0), crashes);
});

test('draft in the inbox when the clock jumps days ahead while it is written then left to its writer', { skip }, async (t) => {
  const { data, clock, collector } = await start(t, '--scan-interval', '100ms');
  const draft = path.join(data, 'inbox', '0123456789abcdef01234567.tmp');
  const left = path.join(data, 'inbox', 'dead.tmp');
  for (const file of [draft, left]) fs.writeFileSync(file, dumpBytes());
  const writer = spawn('flock', ['--exclusive', draft, 'sh', '-c', 'echo locked; cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(writer.stdout, 'data');
  clock.jump(3 * DAY);
  await settled(collector, "a dead writer's goes", () => !fs.existsSync(left));
  assert.ok(fs.existsSync(draft));
  writer.stdin.end();
  await once(writer, 'exit');
  await settled(collector, 'and this one when its writer is gone', () => !fs.existsSync(draft));
});

test("certificate when the clock is years ahead then the report waits for that reason, and is sent when it is set right", { skip }, async (t) => {
  const certs = fileURLToPath(new URL('../uploader/certs/', import.meta.url));
  const data = scratch(t);
  const clock = makeClock(data);
  const posts = [];
  const listener = https.createServer({ key: fs.readFileSync(`${certs}key.pem`), cert: fs.readFileSync(`${certs}good.pem`) }, (request, response) => {
    posts.push(request.headers['idempotency-key']);
    request.resume().on('end', () => response.end('CrashID=bp-1\n'));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => { listener.closeAllConnections(); listener.close(); });
  const upload = async () => {
    const child = spawn(path.join(path.dirname(collectorProgram), 'salvor-upload'), ['--queue', path.join(data, 'queue'), '--url', `https://127.0.0.1:${listener.address().port}`, '--ca-file', `${certs}authority.pem`], { env: { ...process.env, ...clock.env }, stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.on('data', (text) => (stdout += text));
    const [code] = await once(child, 'close');
    return { code, stdout };
  };
  const id = putReport(data);
  for (const state of ['new', 'pending']) fs.mkdirSync(path.join(data, 'queue', state), { recursive: true });
  for (const name of fs.readdirSync(path.join(data, 'queue', 'new'))) fs.renameSync(path.join(data, 'queue', 'new', name), path.join(data, 'queue', 'pending', name));
  clock.jump(200 * YEAR);
  const first = await upload();
  assert.equal(first.code, 3, first.stdout);
  assert.match(first.stdout, /reason="no answer: .*expired/);
  clock.jump(-200 * YEAR);
  assert.equal((await upload()).code, 0);
  assert.deepEqual(posts, [id]);
});
