// policy.test.mjs - what is sent, what waits and what becomes a number, seen from outside.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import zlib from 'node:zlib';
import { dumpBytes, fakeUploader, newId, putReport, record, reports, runCommand, scratch, startCollector, startServer, until } from './support.mjs';

const whole = (collector, state) => reports(collector, state).filter((name) => !name.startsWith('count-'));
const counts = (collector, state) => reports(collector, state).filter((name) => name.startsWith('count-')).map((name) => record(collector, state, name));
const status = (data, ...options) => JSON.parse(runCommand('status', '--json', '--data', data, ...options).stdout);
const settled = (collector, what, check) => until(() => `${what}: ${collector.log}`, check);
const field = (post, name) => zlib.gunzipSync(post.body).toString('latin1').split(`name="${name}"\r\n\r\n`)[1]?.split('\r\n--')[0];

test('rate when a signature is over its limit then the rest is one count with its like', async (t) => {
  const data = scratch(t);
  const at = { exception_code: '0xc0000005', crash_address: 'app.exe+0x10' };
  const collector = await startCollector(t, data, '--rate-signature', '2', '--count-interval', '1h');
  for (let i = 0; i < 5; i++) {
    putReport(data, at);
    await settled(collector, 'it is taken', () => whole(collector, 'new').length === 0);
  }
  putReport(data, { ...at, crash_address: 'app.exe+0x20' });
  await settled(collector, 'the other signature', () => whole(collector, 'pending').length === 3);
  const [count, ...none] = counts(collector, 'new');
  assert.deepEqual(none, []);
  assert.equal(count.count, '3');
  assert.equal(count.dropped, 'rate');
  const sent = whole(collector, 'pending').map((name) => record(collector, 'pending', name)).filter((facts) => facts.crash_address === at.crash_address);
  assert.equal(sent.length, 2);
  assert.ok(sent.some((facts) => facts.id === count.like), 'like names one that was sent');
});

test('rate when the collector is started again then the day goes on', async (t) => {
  const data = scratch(t);
  const first = await startCollector(t, data, '--rate-program', '2');
  putReport(data);
  putReport(data);
  await settled(first, 'two are sent', () => whole(first, 'pending').length === 2);
  await first.stop();
  const second = await startCollector(t, data, '--rate-program', '2');
  putReport(data);
  await settled(second, 'the third is counted', () => counts(second, 'new').length === 1);
  putReport(data, { app: 'other.exe' });
  await settled(second, 'another program', () => whole(second, 'pending').length === 3);
});

test('sample when a part is sent then every crash is sent or counted, and the first of a kind is sent', async (t) => {
  const data = scratch(t);
  const collector = await startCollector(t, data, '--sample', '20', '--loop-crashes', '0', '--rate-program', '0', '--rate-signature', '0');
  for (let i = 0; i < 60; i++) putReport(data, { crash_address: 'app.exe+0x10' });
  await settled(collector, 'all are taken', () => whole(collector, 'new').length === 0);
  const sent = whole(collector, 'pending').length;
  assert.ok(sent >= 1 && sent < 40, `${sent} of 60`);
  await settled(collector, 'the rest is counted', () => Number(counts(collector, 'new')[0]?.count) === 60 - sent);
});

test('loop when a program keeps crashing then it is said once and the crashes are counted', async (t) => {
  const data = scratch(t);
  const collector = await startCollector(t, data, '--loop-crashes', '3', '--loop-window', '1h', '--rate-signature', '0');
  for (let i = 0; i < 8; i++) putReport(data, { crash_address: 'app.exe+0x10' });
  putReport(data, { app: 'calm.exe' });
  await settled(collector, 'all are taken', () => whole(collector, 'new').length === 0 && counts(collector, 'new').length === 1);
  assert.equal(whole(collector, 'pending').length, 4);
  assert.equal(counts(collector, 'new')[0].dropped, 'loop');
  assert.equal(counts(collector, 'new')[0].count, '5');
  assert.equal(collector.log.match(/crash-loop app="app.exe"/g).length, 1, collector.log);
  await until('status says so', () => status(data).looping === 'app.exe');
});

test('counts when their time has come then posted with the record, and crashes after that make another', async (t) => {
  const data = scratch(t);
  const server = await startServer(t);
  const collector = await startCollector(t, data, '--url', server.url, '--rate-program', '1', '--count-interval', '300ms');
  for (let i = 0; i < 4; i++) putReport(data);
  await settled(collector, 'one report and one count are done', () => counts(collector, 'done').length === 1);
  const sent = server.posts.map((post) => field(post, 'salvor_record'));
  assert.equal(sent.length, 2);
  assert.equal(sent.filter((text) => /\ncount=3\ndropped=rate\n/.test(text)).length, 1, sent.join());
  assert.equal(counts(collector, 'done')[0].count, '3');
  assert.equal(counts(collector, 'done')[0].counted, undefined, 'ids stay here');
  putReport(data);
  await settled(collector, 'a second count', () => counts(collector, 'done').length === 2);
});

test('consent when it is no then the report stays, and a later yes sends it', async (t) => {
  const data = scratch(t);
  const server = await startServer(t);
  const of = newId();
  const collector = await startCollector(t, data, '--url', server.url);
  putReport(data, { consent: 'no', consent_of: of });
  putReport(data, { app: 'free.exe', consent: 'unset' });
  await settled(collector, 'the other is sent', () => whole(collector, 'done').length === 1);
  await settled(collector, 'it is held', () => /report-held .*its user said no/.test(collector.log));
  assert.equal(whole(collector, 'new').length, 1);
  await until('status counts it', () => status(data).held === 1);
  assert.equal(status(data).programs.find(({ program }) => program === 'app.exe').reason, 'its user said no');
  fs.writeFileSync(path.join(data, 'queue', 'consent', of), 'yes');
  await settled(collector, 'it is sent', () => whole(collector, 'done').length === 2);
  assert.equal(collector.log.match(/report-held/g).length, 1);
});

test('consent when the policy is ask or never then only a yes under ask is sent', async (t) => {
  for (const [policy, expected] of [['ask', 1], ['never', 0]]) {
    const data = scratch(t);
    const collector = await startCollector(t, data, '--consent', policy);
    putReport(data, { consent: 'yes' });
    putReport(data, { consent: 'unset' });
    await settled(collector, 'they are judged', () => (collector.log.match(/report-held/g) ?? []).length === 2 - expected);
    await settled(collector, 'what may go goes', () => whole(collector, 'pending').length === expected);
    assert.equal(whole(collector, 'new').length, 2 - expected);
  }
});

test('privacy when annotations and attachments are dropped then they are nowhere in the report', async (t) => {
  const data = scratch(t);
  const facts = { 'annotation.token': 's3cret-word', 'annotation.level': '7' };
  const dump = Buffer.concat([dumpBytes(70000), Buffer.from('\nannotation.token=s3cret-word\nannotation.level=7\n'), Buffer.alloc(3000, 'y')]);
  const collector = await startCollector(t, data, '--drop-attachments', '--drop-annotation', 'token');
  putReport(data, facts, { dump, attachment: 'attached s3cret-word' });
  const name = await settled(collector, 'it goes on', () => whole(collector, 'pending')[0]);
  const bytes = fs.readFileSync(path.join(collector.queue, 'pending', name));
  assert.equal(bytes.indexOf('s3cret-word'), -1);
  const got = record(collector, 'pending', name);
  assert.equal(got['annotation.level'], '7');
  assert.equal(got['annotation.token'], undefined);
  assert.equal(got.attachment, undefined);
  assert.equal(got.dump_bytes, String(dump.length));
  assert.equal(bytes.subarray(0, 70000).compare(dump.subarray(0, 70000)), 0);
  assert.equal(bytes.subarray(70000, dump.length).toString(), '\nannotation.token=xxxxxxxxxxx\nannotation.level=7\n' + 'y'.repeat(3000));
});

test('privacy when the user has not said yes then what names him is nowhere in the report', async (t) => {
  const words = { user: 'Ann-the-user', email: 'ann@example.com', comments: 'it-broke-again' };
  for (const [consent, isKept] of [['unset', false], ['yes', true]]) {
    const data = scratch(t);
    const facts = Object.fromEntries(Object.entries(words).map(([name, word]) => [`annotation.${name}`, word]));
    const stream = Object.entries(facts).map(([key, word]) => `${key}=${word}\n`).join('');
    const collector = await startCollector(t, data);
    putReport(data, { ...facts, 'annotation.level': '7', consent }, { dump: Buffer.concat([dumpBytes(70000), Buffer.from(`\n${stream}`)]) });
    const name = await settled(collector, 'it goes on', () => whole(collector, 'pending')[0]);
    const bytes = fs.readFileSync(path.join(collector.queue, 'pending', name));
    for (const word of Object.values(words)) assert.equal(bytes.indexOf(word) >= 0, isKept, `${consent}: ${word}`);
    assert.equal(record(collector, 'pending', name)['annotation.level'], '7');
  }
});

test('privacy when a comment comes then the options decide what of it is sent', async (t) => {
  const data = scratch(t);
  const collector = await startCollector(t, data, '--drop-annotation', 'email');
  putReport(data, { kind: 'comment', comment_of: newId(), comment: 'it broke', comment_name: 'Ann', comment_email: 'ann@example.com' }, { dump: Buffer.alloc(0) });
  const name = await settled(collector, 'it goes on', () => whole(collector, 'pending')[0]);
  const got = record(collector, 'pending', name);
  assert.deepEqual([got.comment, got.comment_name, got.comment_email], ['it broke', 'Ann', undefined]);
});

test('endpoint when the key is wrong then paused, told, kept over a restart, and tried at once when it changes', async (t) => {
  const data = scratch(t);
  const server = await startServer(t, (count, request) => (request.headers['salvor-key'] === 'right' ? 200 : 403));
  const options = ['--url', server.url, '--rate-program', '0'];
  const first = await startCollector(t, data, ...options, '--key', 'wrong');
  putReport(data);
  await settled(first, 'it is paused', () => /delivery-paused event=300 reason="the server answered 403/.test(first.log));
  putReport(data);
  await settled(first, 'both wait', () => whole(first, 'pending').length === 2);
  await until('status says so', () => status(data).endpoint.state === 'paused');
  assert.match(status(data).endpoint.reason, /403/);
  assert.ok(Date.parse(status(data).endpoint.next_try) - Date.now() > 5 * 3600 * 1000);
  assert.match(runCommand('status', '--data', data).stdout, /paused since .*a changed url or key ends it/);
  await first.stop();
  const second = await startCollector(t, data, ...options, '--key', 'wrong');
  await settled(second, 'it is still paused', () => second.log.includes('delivery-paused'));
  putReport(data);
  await settled(second, 'three wait', () => whole(second, 'pending').length === 3);
  await second.stop();
  assert.equal(server.posts.length, 1, 'one try in all that time');
  const third = await startCollector(t, data, ...options, '--key', 'right');
  await settled(third, 'all are sent', () => whole(third, 'done').length === 3);
  assert.match(third.log, /endpoint-changed/);
});

test('endpoint when the server asked for a wait then a new report does not end it', async (t) => {
  const data = scratch(t);
  const upload = fakeUploader(data, `fs.appendFileSync(folder + '/runs', 'x\\n'); console.log('salvor-upload queue waiting=1 retry_after_s=600'); process.exitCode = 3;`);
  const collector = await startCollector(t, data, '--url', 'http://x', '--upload-program', upload);
  putReport(data);
  await settled(collector, 'it waits', () => /upload-later failures=1 wait_ms=600000/.test(collector.log));
  putReport(data);
  await settled(collector, 'the second is queued', () => whole(collector, 'pending').length === 2);
  await until('status says so', () => status(data).endpoint.state === 'asked');
  assert.equal(fs.readFileSync(path.join(data, 'runs'), 'utf8'), 'x\n');
});

test('endpoint when its state says a time that a clock has left far ahead then waits no longer than it ever would', async (t) => {
  const data = scratch(t);
  const server = await startServer(t, () => 403);
  const options = ['--url', server.url];
  const first = await startCollector(t, data, ...options);
  putReport(data);
  await settled(first, 'it is paused', () => first.log.includes('delivery-paused'));
  await first.stop();
  const file = path.join(data, 'queue', 'schedule');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/next_try=\d+/, `next_try=${Date.now() + 3650 * 86400000}`));
  const second = await startCollector(t, data, ...options);
  await settled(second, 'it says how long', () => second.log.includes('delivery-paused'));
  const wait = Number(/delivery-paused .*wait_ms=(\d+)/.exec(second.log)[1]);
  assert.ok(wait > 0 && wait <= 6 * 3600 * 1000, `${wait} ms`);
});

test('quota when the queue is full then old reports become a count and status shows the limits', async (t) => {
  const data = scratch(t);
  const collector = await startCollector(t, data, '--queue-reports', '5', '--rate-program', '0', '--loop-crashes', '0');
  for (let i = 0; i < 12; i++) putReport(data, { crash_time: 1700000000 + i });
  await settled(collector, 'seven are counted', () => Number(counts(collector, 'new')[0]?.count) === 7);
  await settled(collector, 'five are sent', () => whole(collector, 'pending').length === 5);
  assert.match(whole(collector, 'pending').at(-1), /-1700000011-/, 'the newest stays');
  const now = status(data, '--queue-reports', '5');
  assert.equal(now.limits.reports, 5);
  assert.equal(now.limits.reports_most, 5);
  assert.equal(now.counted_waiting, 7);
  assert.deepEqual(now.programs.map(({ program, waiting, counted }) => [program, waiting, counted]), [['app.exe', 5, 7]]);
});

test('queue when a second collector is started on it then refused', async (t) => {
  const data = scratch(t);
  await startCollector(t, data);
  const second = runCommand('run', '--data', data);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /collector-not-started event=102 what="schedule".*BUSY/);
});

test('late layer when its crash was sent and the rate is reached then sent under the same id, not counted', async (t) => {
  const data = scratch(t);
  const server = await startServer(t);
  const collector = await startCollector(t, data, '--url', server.url, '--rate-program', '1', '--count-interval', '1h');
  const id = putReport(data);
  await settled(collector, 'it is done', () => whole(collector, 'done').length === 1);
  putReport(data, { id });
  await settled(collector, 'it is sent again', () => server.posts.length === 2 && whole(collector, 'new').length === 0);
  assert.deepEqual(counts(collector, 'new'), []);
});

test('late layer when its crash is in a count already then not counted again', async (t) => {
  const data = scratch(t);
  const collector = await startCollector(t, data, '--rate-program', '1');
  putReport(data);
  const id = putReport(data);
  await settled(collector, 'one is counted', () => counts(collector, 'new').length === 1);
  putReport(data, { id, layer: 'localdumps' });
  await settled(collector, 'it is gone', () => whole(collector, 'new').length === 0 && whole(collector, 'pending').length === 1);
  assert.equal(counts(collector, 'new')[0].count, '1');
});

test('report when it is damaged then put away and the others go on', async (t) => {
  const data = scratch(t);
  const collector = await startCollector(t, data);
  fs.writeFileSync(path.join(data, 'torn'), 'MDMP and no footer at all, though long enough to hold one');
  fs.renameSync(path.join(data, 'torn'), path.join(collector.queue, 'new', 'torn.exe-1700000000-1.dmp'));
  putReport(data);
  await settled(collector, 'the good one goes on', () => whole(collector, 'pending').length === 1);
  await settled(collector, 'the bad one is put away', () => reports(collector, 'failed').length === 1);
});

test('status when much is amiss then JSON and text tell all of it: states, reasons, next try, counts, limits', async (t) => {
  const data = scratch(t);
  const server = await startServer(t, () => 403);
  const limits = ['--queue-reports', '50', '--queue-size', '1m'];
  const options = ['--url', server.url, '--key', 'wrong', '--rate-program', '3', '--rate-signature', '0', '--loop-crashes', '4', ...limits];
  const collector = await startCollector(t, data, ...options);
  for (let i = 0; i < 6; i++) putReport(data, { app: 'busy.exe' });
  putReport(data, { app: 'shy.exe', consent: 'no' });
  await settled(collector, 'it is paused', () => collector.log.includes('delivery-paused'));
  await settled(collector, 'all are judged', () => whole(collector, 'pending').length === 3 && counts(collector, 'new')[0]?.count === '3' && whole(collector, 'new').length === 1);
  await until('status has all', () => status(data).held === 1 && status(data).looping === 'busy.exe' && status(data).endpoint.state === 'paused');
  const now = status(data, ...limits);
  assert.deepEqual(Object.keys(now), ['queue', 'states', 'bytes', 'oldest_waiting', 'programs', 'held', 'looping', 'counted_waiting', 'endpoint', 'limits']);
  assert.deepEqual(now.states, { new: 1, pending: 3, uploading: 0, done: 0, discarded: 0, failed: 0 });
  assert.equal(now.bytes.pending, reports(collector, 'pending').reduce((sum, name) => sum + fs.statSync(path.join(collector.queue, 'pending', name)).size, 0));
  assert.equal(now.counted_waiting, 3);
  assert.deepEqual(now.programs.map(({ program, waiting, sent, refused, counted }) => [program, waiting, sent, refused, counted]).sort(), [['busy.exe', 3, 0, 0, 3], ['shy.exe', 1, 0, 0, 0]]);
  assert.equal(now.programs.find(({ program }) => program === 'shy.exe').reason, 'its user said no');
  assert.match(now.endpoint.reason, /the server answered 403/);
  assert.equal(now.endpoint.failures, 1);
  assert.ok(Date.parse(now.endpoint.next_try) > Date.now() + 5 * 3600000 && Date.parse(now.endpoint.paused_since) <= Date.now());
  assert.deepEqual(now.limits, { reports: 4, reports_most: 50, bytes: Object.values(now.bytes).reduce((sum, size) => sum + size), bytes_most: 1 << 20 });
  const text = runCommand('status', '--data', data, ...limits).stdout;
  for (const line of [/^  pending +3 +\d+ KB$/m, /^waiting longest: (new|pending)\/\S+ since \d{4}-/m, /^busy\.exe: waiting 3, sent 0, refused 0, counted 3(: .*)?$/m,
    /^shy\.exe: waiting 1, sent 0, refused 0, counted 0: its user said no$/m, /^server: paused after 1 failures: the server answered 403/m,
    /^paused since \d{4}-.*a changed url or key ends it at once$/m, /^next try \d{4}-/m, /^waiting for somebody's word: 1$/m, /^in a crash loop: busy\.exe$/m,
    /^crashes in counts that wait: 3$/m, /^reports used: 4 of 50$/m, /^bytes used: \d+ of 1048576$/m]) assert.match(text, line);
});

test('policy when a word is unknown then usage', (t) => {
  for (const [option, word] of [['--consent', 'maybe'], ['--dump-kind', 'huge'], ['--sample', '0']]) {
    const { status: code, stderr } = runCommand('run', '--data', scratch(t), option, word);
    assert.equal(code, 2, stderr);
    assert.match(stderr, new RegExp(option.slice(2)));
  }
});
