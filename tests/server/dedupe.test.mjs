// The same report twice is one report; a richer delivery takes the place of the poorer one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { existsSync } from 'node:fs';
import * as h from './harness.mjs';

test('dedupe', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  const send = (dump, headers = {}, fields = []) => h.postForm(server, [...fields, h.dumpPart(dump)], headers);
  const grew = async (work) => {
    const before = await h.reportCount(client);
    await work();
    return (await h.reportCount(client)) - before;
  };

  await t.test('same_content_when_sent_twice_then_one_row_and_the_same_id', async () => {
    const dump = h.tinyDump({ seed: 'content' });
    const ids = [];
    assert.equal(await grew(async () => ids.push(h.idOf(await send(dump)), h.idOf(await send(dump)))), 1);
    assert.equal(ids[0], ids[1]);
  });

  await t.test('same_report_when_sent_twenty_times_at_once_then_one_row_and_the_same_id', async () => {
    const dump = h.tinyDump({ seed: 'at once', extra: 50000 });
    let ids;
    const rows = await grew(async () => {
      ids = (await Promise.all(Array.from({ length: 20 }, () => send(dump, { 'Idempotency-Key': 'twenty-at-once' })))).map(h.idOf);
    });
    assert.equal(rows, 1);
    assert.equal(new Set(ids).size, 1);
  });

  await t.test('same_event_id_when_written_differently_then_the_same_report', async () => {
    const dump = h.tinyDump({ seed: 'event id' });
    const first = h.idOf(await send(dump, { 'Idempotency-Key': '0F0E0D0C-0B0A-4908-8706-050403020100' }));
    const second = h.idOf(await send(dump, {}, [h.field('sentry[event_id]', '0f0e0d0c0b0a49088706050403020100')]));
    assert.equal(first, second);
    const { json } = await client.get('/reports/0f0e0d0c0b0a49088706050403020100');
    assert.equal(json.id, first, 'found by the client id');
  });

  await t.test('event_id_in_sentrys_json_document_when_sent_twice_then_the_same_report', async () => {
    const document = h.field('sentry', '{"event_id":"aaaabbbbccccddddeeeeffff00001111","release":"p@3.3"}');
    const first = h.idOf(await send(h.tinyDump({ seed: 'doc 1' }), {}, [document]));
    assert.equal(h.idOf(await send(h.tinyDump({ seed: 'doc 2' }), {}, [document])), first);
  });

  await t.test('install_guid_when_the_same_then_different_reports', async () => {
    const guid = h.field('guid', '99999999-9999-4999-8999-999999999999');
    const first = h.idOf(await send(h.tinyDump({ seed: 'guid 1' }), {}, [guid]));
    assert.notEqual(h.idOf(await send(h.tinyDump({ seed: 'guid 2' }), {}, [guid])), first);
  });

  await t.test('nil_event_id_when_sent_by_two_then_different_reports', async () => {
    const nil = h.field('sentry[event_id]', '0'.repeat(32));
    const first = h.idOf(await send(h.tinyDump({ seed: 'nil 1' }), {}, [nil]));
    assert.notEqual(h.idOf(await send(h.tinyDump({ seed: 'nil 2' }), {}, [nil])), first);
  });

  await t.test('poorer_dump_when_it_comes_later_then_the_richer_one_stays', async () => {
    const key = { 'Idempotency-Key': 'poorer-later' };
    const rich = h.tinyDump({ seed: 'r', extra: 9000 });
    const poor = h.tinyDump({ seed: 'p' });
    const id = h.idOf(await send(rich, key));
    assert.equal(h.idOf(await send(poor, key)), id);
    assert.equal((await client.get(`/reports/${id}`)).json.dump_bytes, rich.length);
    assert.ok(!existsSync(h.blobPath(server, h.sha256(poor))), 'the poorer dump is not kept');
  });

  await t.test('richer_dump_when_it_comes_later_then_it_replaces_in_place_and_is_processed_again', async () => {
    const key = { 'Idempotency-Key': 'richer-later' };
    const poor = h.tinyDump({ seed: 'q' });
    const rich = h.realDump('divide.dmp');
    const id = h.idOf(await send(poor, key, [h.field('ver', '1')]));
    const before = await h.processed(client, id);
    const countOf = async (group) => (await client.get(`/projects/default/groups/${group}`)).json.count ?? 0;
    const others = (await countOf(before.group_id)) - 1;
    const rows = await grew(async () => assert.equal(h.idOf(await send(rich, key, [h.field('ver', '2')])), id));
    assert.equal(rows, 0);
    const after = await h.until('processed again', async () => {
      const { json } = await client.get(`/reports/${id}`);
      return json.state === 'processed' && /DIVIDE/.test(json.reason) ? json : null;
    });
    assert.equal(after.dump_bytes, rich.length);
    assert.equal(after.version, '2');
    assert.equal(after.received, before.received);
    assert.ok(!existsSync(h.blobPath(server, h.sha256(poor))), 'the poorer dump is gone');
    const groups = (await client.get('/projects/default/groups?q=crash.exe')).json;
    assert.deepEqual(groups.items.map(({ count }) => count), [1], 'counted once, in its new group');
    assert.equal(await countOf(before.group_id), others, 'and no longer in its old one');
  });

  await t.test('no_dump_report_when_the_dump_comes_later_then_it_is_taken', async () => {
    const id = '22222222-2222-5222-8222-222222222222';
    const record = h.field('salvor_record', `format=1\nid=${id}\napp=late.exe\nlayer=exit-watcher\n`);
    const first = h.idOf(await h.postForm(server, [record]));
    const withDump = h.field('salvor_record', `format=1\nid=${id}\napp=late.exe\nlayer=localdumps\n`);
    const second = h.idOf(await h.postForm(server, [withDump, h.dumpPart(h.tinyDump({ seed: 'late' }))]));
    assert.equal(first, second);
    const { json } = await client.get(`/reports/${id}`);
    assert.equal(json.layer, 'localdumps');
    assert.ok(json.dump_bytes > 0);
  });

  await t.test('same_dump_when_in_two_reports_then_one_file_and_both_can_be_read', async () => {
    const dump = h.tinyDump({ seed: 'shared' });
    const first = h.idOf(await send(dump, { 'Idempotency-Key': 'shared-1' }));
    const second = h.idOf(await send(dump, { 'Idempotency-Key': 'shared-2' }));
    assert.notEqual(first, second);
    await send(h.tinyDump({ seed: 'shared', extra: 100 }), { 'Idempotency-Key': 'shared-1' });
    const response = await fetch(`${server.url}/api/v1/reports/${second}/dump`, { headers: { Cookie: client.cookie } });
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), dump, 'replacing one leaves the file of the other');
  });

  await t.test('same_id_when_in_two_projects_then_two_reports', async () => {
    const made = h.run(['project', 'add', 'second', '--data', server.data]);
    const key = made.stdout.match(/^project second key (\S+)$/m)[1];
    const dump = h.tinyDump({ seed: 'two projects' });
    const headers = { 'Idempotency-Key': 'two-projects' };
    const first = h.idOf(await send(dump, headers));
    const second = h.idOf(await send(dump, { ...headers, 'Salvor-Key': key }));
    assert.notEqual(first, second);
  });
});
