// Count-only reports: crashes that a collector counted instead of sending. They add to the group of a report of their kind, once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as h from './harness.mjs';

const LIKE = '0b4f4ba2-93a5-5d2a-8f44-6f3f1a2b0001';
const countId = (number) => `0b4f4ba2-93a5-4d2a-8f44-6f3f1a2c${String(number).padStart(4, '0')}`;
const record = (facts) => h.field('salvor_record', Object.entries({ format: 1, ...facts }).map(([key, value]) => `${key}=${value}\n`).join(''));
const count = (server, number, facts) =>
  h.postForm(server, [record({ id: countId(number), app: 'app.exe', version: '1.2', dropped: 'rate', ...facts })]);
const whole = (server, id, dump = 'access-violation.dmp') =>
  h.postForm(server, [record({ id, app: 'app.exe', version: '1.2' }), h.dumpPart(h.realDump(dump))]);
const groups = async (client) => (await client.get('/projects/default/groups?range=all')).json.items;
/** Waits until the groups' counts are so. */
const counted = (client, expected) =>
  h.until(`counts ${JSON.stringify(expected)}`, async () => {
    const now = (await groups(client)).map(({ count: all, counted: without }) => [all, without]).sort((a, b) => a[0] - b[0]);
    return JSON.stringify(now) === JSON.stringify(expected);
  });

test('count_when_its_report_is_there_then_in_its_group_once_however_often_it_is_sent', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  await h.processed(client, h.idOf(await whole(server, LIKE)));
  const first = await count(server, 1, { count: 37, like: LIKE });
  assert.equal(first.status, 200, first.text);
  const again = await Promise.all(Array.from({ length: 5 }, () => count(server, 1, { count: 37, like: LIKE })));
  again.forEach((response) => assert.equal(h.idOf(response), h.idOf(first)));
  await counted(client, [[38, 37]]);
  const [group] = await groups(client);
  const detail = (await client.get(`/projects/default/groups/${group.id}`)).json;
  assert.equal(detail.counted, 37);
  assert.equal(detail.count, 38);
  assert.deepEqual(detail.versions, [{ name: '1.2', count: 38 }]);
  assert.equal(detail.trend.reduce((sum, value) => sum + value, 0), 38);
  assert.ok(detail.best_report, 'the report with a dump stays the best');
  assert.notEqual(detail.best_report, h.idOf(first));
  const list = (await client.get(`/projects/default/reports?group=${group.id}&range=all`)).json;
  assert.equal(list.total, 1);
  assert.equal(list.items.length, 1);
  assert.equal((await client.get('/projects/default/overview?range=all')).json.total, 38);
});

test('count_when_its_report_comes_later_then_it_moves_into_its_group', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  await count(server, 1, { count: 5, like: LIKE, exception_code: '0xc0000005' });
  await count(server, 2, { count: 2, exception_code: '0xc0000005' });
  await counted(client, [[7, 7]]);
  const [alone] = await groups(client);
  assert.equal(alone.title, 'counted | app.exe | 0xc0000005');
  await h.processed(client, h.idOf(await whole(server, LIKE)));
  await counted(client, [[2, 2], [6, 5]]);
});

test('count_when_its_number_is_nonsense_then_bounded_or_an_ordinary_report', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  assert.equal((await count(server, 1, { count: '18446744073709551615' })).status, 200);
  await counted(client, [[1000000000, 1000000000]]);
  assert.equal((await count(server, 2, { count: '-3' })).status, 200);
  await counted(client, [[1, 0], [1000000000, 1000000000]]);
});

test('count_when_a_dump_comes_under_its_id_then_nothing_changes', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  await count(server, 1, { count: 4 });
  await counted(client, [[4, 4]]);
  await whole(server, countId(1));
  await whole(server, LIKE);
  await h.until('the other is processed', async () => (await groups(client)).length === 2);
  await counted(client, [[1, 0], [4, 4]]);
});

test('count_when_the_server_is_killed_after_200_then_counted_once', async (t) => {
  let server = await h.startServer(t);
  await whole(server, LIKE);
  assert.equal((await count(server, 1, { count: 9, like: LIKE })).status, 200);
  await server.stop('SIGKILL');
  const { key, password } = server;
  server = Object.assign(await h.startServer(t, { data: server.data }), { key, password });
  assert.equal((await count(server, 1, { count: 9, like: LIKE })).status, 200);
  await counted(await h.signIn(server), [[10, 9]]);
});
