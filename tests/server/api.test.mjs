// The JSON interface: who may ask, how lists sort, page, search and count, and what comes with a report.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as h from './harness.mjs';

const DAY_MS = 86400000;
const projects = '/projects/default';

/** Posts so many reports of one signature: tiny dumps have no threads, so their signature is that of an empty dump. */
async function fill(server, count, make) {
  const ids = [];
  for (let i = 0; i < count; i++) {
    const { dump = h.tinyDump({ seed: `fill ${Math.random()}` }), fields = [] } = make(i);
    ids.push(h.idOf(await h.postForm(server, [...fields.map(([name, value]) => h.field(name, value)), h.dumpPart(dump)], { 'Idempotency-Key': `fill ${i} ${Math.random()}` })));
  }
  return ids;
}

/** Walks all pages of a list and gives back its items. */
async function walk(client, target) {
  const items = [];
  let cursor = null;
  do {
    const { status, json } = await client.get(`${target}${target.includes('?') ? '&' : '?'}limit=7${cursor ? `&cursor=${cursor}` : ''}`);
    assert.equal(status, 200, JSON.stringify(json));
    assert.ok(json.items.length <= 7);
    items.push(...json.items);
    cursor = json.next_cursor;
  } while (cursor);
  return items;
}

const isSorted = (values, order) =>
  values.every((value, i) => i === 0 || (order === 'desc' ? values[i - 1] >= value : values[i - 1] <= value));

test('api_who_may_ask', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  const base = `${server.url}/api/v1`;
  const id = h.idOf(await h.postForm(server, [h.file('a', 'a.txt', 'x'), h.dumpPart(h.tinyDump())]));

  await t.test('every_address_but_health_when_signed_out_then_401', async () => {
    const addresses = [
      '/session', `${projects}/overview`, `${projects}/groups`, `${projects}/groups/x`, `${projects}/reports`,
      `/reports/${id}`, `/reports/${id}/dump`, `/reports/${id}/raw`, `/reports/${id}/attachments/0`,
    ];
    for (const address of addresses) {
      for (const headers of [{}, { Cookie: 'salvor_session=' + '0'.repeat(64) }, { Cookie: 'salvor_session=x' }]) {
        const response = await fetch(base + address, { headers });
        assert.equal(response.status, 401, address);
        const { error } = await response.json();
        assert.equal(error.code, 'signed_out');
        assert.match(error.message, /^[A-Z].*\.$/);
      }
    }
    const health = await (await fetch(`${base}/health`)).json();
    assert.deepEqual(Object.keys(health).sort(), ['ok', 'queue', 'version']);
    assert.equal(health.ok, true);
  });

  await t.test('session_when_signed_in_then_it_says_who', async () => {
    assert.deepEqual(client.session, { user: { name: 'admin', role: 'admin' }, projects: [{ name: 'default' }] });
    assert.deepEqual((await client.get('/session')).json, client.session);
  });

  await t.test('cookie_when_set_then_scripts_and_other_sites_cannot_use_it', async () => {
    const response = await fetch(`${base}/session`, {
      method: 'POST',
      headers: { 'X-Salvor-Request': '1' },
      body: JSON.stringify({ user: 'admin', password: server.password }),
    });
    const cookie = response.headers.get('set-cookie');
    assert.match(cookie, /^salvor_session=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  });

  await t.test('change_when_the_header_is_missing_then_403', async () => {
    const login = { method: 'POST', body: JSON.stringify({ user: 'admin', password: server.password }) };
    for (const request of [login, { ...login, headers: { 'X-Salvor-Request': '0' } }, { method: 'DELETE', headers: { Cookie: client.cookie } }]) {
      const response = await fetch(`${base}/session`, request);
      assert.equal(response.status, 403);
      assert.equal((await response.json()).error.code, 'header_missing');
    }
    assert.equal((await client.get('/session')).status, 200, 'still signed in');
  });

  await t.test('login_when_the_body_is_no_login_then_400', async () => {
    for (const body of ['', '{}', '[]', 'null', '{"user":1,"password":2}', '{"user":"admin"', JSON.stringify({ user: 'x'.repeat(65), password: 'y' })]) {
      assert.equal((await client.call('POST', '/session', { body, headers: { 'X-Salvor-Request': '1' } })).status, 400, body);
    }
    const large = await client.call('POST', '/session', { body: `"${'x'.repeat(100000)}"`, headers: { 'X-Salvor-Request': '1' } });
    assert.equal(large.status, 413);
  });

  await t.test('sign_out_when_done_then_the_session_is_gone', async () => {
    const other = await h.signIn(server);
    assert.equal((await other.call('DELETE', '/session', { headers: { 'X-Salvor-Request': '1' } })).status, 204);
    assert.equal((await other.get('/session')).status, 401);
    assert.equal((await client.get('/session')).status, 200, 'other sessions stay');
  });

  await t.test('member_when_not_of_the_project_then_it_looks_as_if_there_were_none', async () => {
    assert.equal(h.run(['project', 'add', 'mine', '--data', server.data]).status, 0);
    assert.equal(h.run(['user', 'add', 'mia', '--project', 'mine', '--data', server.data], 'mias password\n').status, 0);
    const mia = await h.signIn(server, 'mia', 'mias password');
    assert.deepEqual(mia.session, { user: { name: 'mia', role: 'member' }, projects: [{ name: 'mine' }] });
    assert.equal((await mia.get('/projects/mine/overview')).status, 200);
    const addresses = [`${projects}/overview`, `${projects}/groups`, `${projects}/reports`, `/reports/${id}`, `/reports/${id}/dump`, `/reports/${id}/attachments/0`];
    for (const address of addresses) assert.equal((await mia.get(address)).status, 404, address);
    assert.equal(h.run(['user', 'password', 'mia', '--data', server.data], 'another one\n').status, 0);
    assert.equal((await mia.get('/session')).status, 401, 'a new password ends sessions');
    assert.equal(h.run(['user', 'remove', 'mia', '--data', server.data]).status, 0);
  });

  await t.test('unknown_address_when_asked_then_404_and_a_wrong_method_405', async () => {
    assert.equal((await client.get('/nothing')).status, 404);
    assert.equal((await client.get(`${projects}/overview/more`)).status, 404);
    assert.equal((await client.get('/projects/none/overview')).status, 404);
    assert.equal((await client.call('PUT', '/session', { headers: { 'X-Salvor-Request': '1' } })).status, 405);
    for (const address of ['/reports/x', `/reports/${'0'.repeat(32)}`, `/reports/${id}/attachments/1`, `/reports/${id}/attachments/x`, `/reports/${id}/attachments/-1`, `/reports/${id}/attachments/99999999999999999999`]) {
      const { status, json } = await client.get(address);
      assert.equal(status, 404, address);
      assert.equal(json.error.code, 'not_found');
    }
  });

  await t.test('login_when_it_fails_too_often_then_429_until_later_for_that_name', async () => {
    const attempt = (user, password) => client.call('POST', '/session', { body: JSON.stringify({ user, password }), headers: { 'X-Salvor-Request': '1' } });
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await attempt('admin', `wrong ${i}`)).status);
    assert.deepEqual(statuses.slice(0, 10), Array(10).fill(401));
    assert.deepEqual(statuses.slice(10), [429, 429]);
    const refused = await attempt('admin', server.password);
    assert.equal(refused.status, 429, 'also with the right password');
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
  });
});

test('api_lists', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  const dumps = ['access-violation.dmp', 'divide.dmp', 'fast-fail.dmp'].map(h.realDump);
  const ids = await fill(server, 40, (i) => ({
    dump: i % 4 === 3 ? h.tinyDump({ seed: `list ${i}` }) : dumps[i % 4],
    fields: [['prod', i % 2 ? 'Odd 100%' : 'Even_app'], ['ver', `2.${i % 3}`], ['CrashTime', String(1790000000 + ((i * 7919) % 40) * 60)]],
  }));
  await h.until('all processed', async () => (await client.get('/health')).json.queue === 0);
  const all = await walk(client, `${projects}/reports`);

  await t.test('reports_when_paged_then_each_comes_once_in_order', async () => {
    for (const sort of ['received', 'crash_time']) {
      for (const order of ['asc', 'desc']) {
        const items = await walk(client, `${projects}/reports?sort=${sort}&order=${order}`);
        assert.equal(new Set(items.map(({ id }) => id)).size, ids.length);
        assert.ok(isSorted(items.map((item) => item[sort]), order), `${sort} ${order}`);
      }
    }
    assert.deepEqual(all.map(({ id }) => id), [...ids].reverse(), 'the newest first by default');
  });

  await t.test('reports_when_new_ones_come_between_pages_then_none_comes_twice', async () => {
    const first = (await client.get(`${projects}/reports?limit=10`)).json;
    const [added] = await fill(server, 1, () => ({}));
    const second = (await client.get(`${projects}/reports?limit=10&cursor=${first.next_cursor}`)).json;
    const seen = [...first.items, ...second.items].map(({ id }) => id);
    assert.deepEqual(seen, [...ids].reverse().slice(0, 20));
    assert.ok(!seen.includes(added));
    ids.push(added);
    await h.processed(client, added);
  });

  await t.test('reports_when_searched_then_title_app_version_and_reason_count_whatever_the_case', async () => {
    const total = async (q) => (await client.get(`${projects}/reports?q=${encodeURIComponent(q)}`)).json.total;
    assert.equal(await total('ODD 100%'), 20);
    assert.equal(await total('even_APP'), 20);
    assert.equal(await total('evenXapp'), 0, '_ is no wildcard');
    assert.equal(await total('100_'), 0);
    assert.equal(await total('%'), 20, '% is no wildcard: only "Odd 100%" has one');
    assert.equal(await total('divide_by'), 10);
    const [first] = (await client.get(`${projects}/reports?limit=1`)).json.items;
    assert.ok((await total(first.id.slice(24))) >= 1, 'a piece of an id');
    assert.equal(await total("' OR 1=1 --"), 0);
    assert.equal(await total('\\'), 0);
  });

  await t.test('reports_when_searched_by_either_id_then_found_in_any_range', async () => {
    const clientId = '12345678-1234-5234-8234-123456789abc';
    const id = h.idOf(await h.postForm(server, [h.dumpPart(h.tinyDump({ seed: 'by id' }))], { 'Idempotency-Key': clientId }));
    ids.push(id);
    for (const q of [id, `bp-${id}`, id.toUpperCase(), id.replaceAll('-', ''), clientId, clientId.replaceAll('-', '')]) {
      const { json } = await client.get(`${projects}/reports?range=24h&q=${q}`);
      assert.deepEqual(json.items.map((item) => item.id), [id], q);
      assert.equal(json.total, 1);
    }
    for (const name of [clientId.toUpperCase(), `bp-${id}`]) assert.equal((await client.get(`/reports/${name}`)).json.id, id);
    await h.processed(client, id);
  });

  await t.test('groups_when_listed_then_counts_add_up_to_the_reports', async () => {
    const { json } = await client.get(`${projects}/groups`);
    assert.equal(json.items.reduce((sum, { count }) => sum + count, 0), ids.length);
    assert.equal(json.total, json.items.length);
    for (const group of json.items) {
      assert.equal(group.trend.reduce((sum, count) => sum + count, 0), group.count);
      const { json: reports } = await client.get(`${projects}/reports?group=${group.id}&limit=200`);
      assert.equal(reports.total, group.count);
      assert.equal(reports.items.length, group.count);
      for (const report of reports.items) assert.equal(report.group_id, group.id);
    }
  });

  await t.test('groups_when_sorted_and_paged_then_each_comes_once_in_order', async () => {
    const fields = { last_seen: 'last_seen', first_seen: 'first_seen', count: 'count', signature: 'title' };
    for (const [sort, fieldName] of Object.entries(fields)) {
      for (const order of ['asc', 'desc']) {
        const items = [];
        let cursor = '';
        do {
          const { json } = await client.get(`${projects}/groups?sort=${sort}&order=${order}&limit=1${cursor && `&cursor=${cursor}`}`);
          items.push(...json.items);
          cursor = json.next_cursor;
        } while (cursor);
        assert.equal(new Set(items.map(({ id }) => id)).size, 4);
        assert.ok(isSorted(items.map((item) => item[fieldName]), order), `${sort} ${order}`);
      }
    }
  });

  await t.test('group_when_asked_then_its_facets_add_up', async () => {
    const { json } = await client.get(`${projects}/groups?q=DIVIDE`);
    const { json: group } = await client.get(`${projects}/groups/${json.items[0].id}`);
    for (const facet of ['versions', 'os', 'layers']) assert.equal(group[facet].reduce((sum, { count }) => sum + count, 0), 10, facet);
    assert.deepEqual(new Set(group.versions.map(({ name }) => name)), new Set(['2.0', '2.1', '2.2']));
    const best = await client.get(`/reports/${group.best_report}`);
    assert.equal(best.json.group_id, group.id);
    assert.equal((await client.get(`${projects}/groups/nothing`)).status, 404);
  });

  await t.test('overview_when_asked_then_totals_days_and_health_agree', async () => {
    for (const [range, days] of [['24h', 2], ['7d', 7], ['30d', 30], ['90d', 90]]) {
      const { json } = await client.get(`${projects}/overview?range=${range}`);
      assert.equal(json.total, ids.length);
      assert.equal(json.groups, 4);
      assert.equal(json.days.length, days === 2 && json.days.length === 1 ? 1 : days);
      const counted = json.days.flatMap(({ versions }) => Object.values(versions)).reduce((sum, count) => sum + count, 0);
      assert.equal(counted, ids.length);
      assert.equal(json.days.at(-1).day, new Date().toISOString().slice(0, 10));
      assert.equal(new Set(json.days.map(({ day }) => day)).size, json.days.length);
      assert.deepEqual(json.newest.map(({ first_seen }) => first_seen), json.newest.map(({ first_seen }) => first_seen).sort((a, b) => b - a));
      assert.equal(json.health.queue, 0);
      assert.ok(Date.now() - json.health.ingest_last < DAY_MS);
    }
  });

  await t.test('lists_when_asked_wrongly_then_400_with_a_sentence', async () => {
    const cursor = (await client.get(`${projects}/reports?limit=1`)).json.next_cursor;
    const wrong = [
      'range=1y', 'sort=title', 'order=up', 'limit=0', 'limit=201', 'limit=x', 'limit=-1', 'cursor=x', 'cursor=!!!', `cursor=x${cursor}`,
      `cursor=${cursor}&order=asc`, `cursor=${cursor}&sort=crash_time`, `q=${'x'.repeat(201)}`, 'q=%ff',
    ];
    for (const query of wrong) {
      const { status, json } = await client.get(`${projects}/reports?${query}`);
      assert.equal(status, 400, query);
      assert.match(json.error.message, /\.$/);
    }
    assert.equal((await client.get(`${projects}/groups?cursor=${cursor}`)).status, 400, 'a cursor of another list');
  });

  await t.test('report_when_asked_then_it_holds_everything', async () => {
    const { json: item } = await client.get(`${projects}/reports?q=divide&limit=1`);
    const { json: report } = await client.get(`/reports/${item.items[0].id}`);
    for (const [key, value] of Object.entries(item.items[0])) assert.deepEqual(report[key], value, key);
    assert.equal(report.project, 'default');
    assert.equal(report.error, null);
    assert.equal(report.processed.crash_info.type, report.reason);
    const raw = await client.get(`/reports/${report.id}/raw`);
    assert.deepEqual(raw.json, report.processed);
  });
});

test('api_when_a_dump_cannot_be_processed_then_the_report_says_so', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  const dump = h.tinyDump({ seed: 'broken inside' });
  dump.writeUInt32LE(4, 32); // a module list ...
  dump.writeUInt32LE(0x7fffffff, 44); // ... with an absurd count
  const report = await h.processed(client, h.idOf(await h.postForm(server, [h.dumpPart(dump)])));
  assert.ok(['processed', 'failed'].includes(report.state));
  if (report.state === 'failed') assert.match(report.error, /\.$/);
  const { json } = await client.get(`${projects}/overview?range=7d`);
  assert.equal(json.total, 1);
  assert.equal(json.health.queue, 0);
});
