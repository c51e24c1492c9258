// Every client of the field, replayed as it looks on the wire.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import zlib from 'node:zlib';
import * as h from './harness.mjs';

let server, client;
const dumpOf = async (id) => {
  const { json } = await client.get(`/reports/${id}`);
  const response = await fetch(`${server.url}/api/v1/reports/${id}/dump`, { headers: { Cookie: client.cookie } });
  assert.equal(response.status, 200);
  return { json, bytes: Buffer.from(await response.arrayBuffer()), headers: response.headers };
};

test('clients', async (t) => {
  server = await h.startServer(t);
  client = await h.signIn(server);

  await t.test('crashpad_when_http10_chunked_gzip_without_host_then_accepted', async () => {
    const dump = h.tinyDump({ seed: 'crashpad' });
    const boundary = '---MultipartBoundary-6SqFGDjxWmFSFX7YbqaGcGKXGPUrWqmL---';
    const body = h.multipart(boundary, [
      h.field('guid', '01234567-89ab-cdef-0123-456789abcdef'),
      h.field('product', 'Chrome_Linux'),
      h.field('version', '119.0.1'),
      h.field('odd%22name', 'kept'),
      h.dumpPart(dump, 'e4c4f3c2-minidump.dmp'),
    ]);
    const head = [
      `POST /post?product=Chrome_Linux&version=119.0.1&guid=01234567-89ab-cdef-0123-456789abcdef&key=${server.key} HTTP/1.0`,
      'User-Agent: Crashpad/0.8.0',
      `Content-Type: multipart/form-data; boundary=${boundary}`,
      'Content-Encoding: gzip',
      'Transfer-Encoding: chunked',
      'Connection: close',
    ];
    const response = await h.exchange(server, h.request(head, h.chunked(h.gzip(body), 100)));
    assert.match(response.statusLine, /^HTTP\/1\.[01] 200 /);
    assert.equal(Number(response.headers['Content-Length']), response.body.length);
    const { json, bytes } = await dumpOf(h.idOf(response));
    assert.deepEqual(bytes, dump);
    assert.equal(json.app, 'Chrome_Linux');
    assert.equal(json.version, '119.0.1');
    assert.equal(json.fields['odd"name'], 'kept');
  });

  await t.test('crashpad_when_query_alone_names_the_product_then_it_is_known', async () => {
    const dump = h.tinyDump({ seed: 'crashpad-query' });
    const response = await h.postForm(server, [h.dumpPart(dump)], {}, '/post?product=OnlyInQuery&version=7.7&guid=x');
    const { json } = await dumpOf(h.idOf(response));
    assert.equal(json.app, 'OnlyInQuery');
    assert.equal(json.version, '7.7');
    assert.equal(json.fields.guid, 'x');
    assert.equal(json.fields.key, undefined);
  });

  await t.test('breakpad_windows_when_no_line_break_before_closing_boundary_then_dump_is_exact', async () => {
    const dump = Buffer.concat([h.tinyDump({ seed: 'breakpad-win' }), Buffer.from('\n')]);
    const boundary = '---------------------------0A1B2C3D4E5F6071';
    const body = h.multipart(
      boundary,
      [
        h.field('prod', 'BreakpadApp'),
        h.field('ver', '1.0.0'),
        h.file('upload_file_minidump', 'C:\\Users\\x\\AppData\\Local\\Temp\\7f3e.dmp', dump),
      ],
      { lineBreakAtEnd: false },
    );
    const response = await h.post(
      server,
      `/submit?key=${server.key}`,
      { 'Content-Type': `multipart/form-data; boundary=${boundary}`, 'User-Agent': 'Breakpad/1.0 (Windows)' },
      body,
    );
    assert.match(response.statusLine, /^HTTP\/1\.1 200 /);
    assert.match(h.text(response), /^CrashID=bp-[0-9a-f-]{36}\n$/);
    const { json, bytes, headers } = await dumpOf(h.idOf(response));
    assert.deepEqual(bytes, dump);
    assert.equal(json.app, 'BreakpadApp');
    assert.equal(headers.get('content-disposition'), 'attachment; filename="7f3e.dmp"');
    assert.ok(!JSON.stringify(json).includes('AppData'), 'no path is kept');
  });

  await t.test('breakpad_windows_when_the_dump_ends_in_a_line_break_then_it_is_whole', async () => {
    const whole = h.tinyDump({ seed: 'crlf' });
    whole.write('\r\n', whole.length - 2, 'latin1');
    const boundary = '---------------------------0A1B2C3D4E5F6072';
    const body = h.multipart(boundary, [h.dumpPart(whole)], { lineBreakAtEnd: false });
    const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}`, 'Salvor-Key': server.key };
    const { bytes } = await dumpOf(h.idOf(await h.post(server, '/post', headers, body)));
    assert.deepEqual(bytes, whole);
  });

  await t.test('breakpad_linux_when_plain_then_accepted', async () => {
    const dump = h.tinyDump({ seed: 'breakpad-linux' });
    const boundary = '------------------------3b0d6f1f5d0c8e7a';
    const body = h.multipart(boundary, [
      h.field('prod', 'LinuxApp'),
      h.field('ver', '2.0'),
      h.field('ptype', 'renderer'),
      h.dumpPart(dump, 'dump'),
    ]);
    const headers = { Accept: '*/*', 'Content-Type': `multipart/form-data; boundary=${boundary}` };
    const response = await h.post(server, `/crash?key=${server.key}`, headers, body);
    assert.match(h.text(response), /^[0-9a-f-]{36}$/);
    assert.equal((await dumpOf(h.idOf(response))).json.fields.ptype, 'renderer');
  });

  await t.test('electron_linux_when_the_dump_part_holds_another_multipart_then_both_are_read', async () => {
    const dump = h.tinyDump({ seed: 'electron' });
    const inner = '----------------------------b7b1e8a1f2d3c4e5';
    const outer = '--------------------------479965014116393450842514';
    const nested = h.multipart(inner, [h.field('_productName', 'OldElectron'), h.field('_version', '1.4.2'), h.dumpPart(dump, 'dump')]);
    const body = h.multipart(outer, [h.field('_companyName', 'Umbrella'), h.dumpPart(nested, 'old.dmp')]);
    const headers = { 'Content-Type': `multipart/form-data; boundary=${outer}`, 'Salvor-Key': server.key };
    const { json, bytes } = await dumpOf(h.idOf(await h.post(server, '/post', headers, body)));
    assert.deepEqual(bytes, dump);
    assert.equal(json.app, 'OldElectron');
    assert.equal(json.version, '1.4.2');
    assert.equal(json.fields._companyName, 'Umbrella');
  });

  await t.test('sentry_native_when_headers_lack_spaces_and_parts_lack_types_then_accepted', async () => {
    const dump = h.tinyDump({ seed: 'sentry' });
    const boundary = '---MultipartBoundary-sentry-native-1234567890---';
    const body = h.multipart(boundary, [
      h.file('__sentry-event', '__sentry-event', Buffer.from([0x81, 0xa1, 0x61, 0x01]), ''),
      h.file('__sentry-breadcrumb1', '__sentry-breadcrumb1', Buffer.from([0x80]), ''),
      h.file('upload_file_minidump', 'd2e4.dmp', dump, ''),
    ]);
    const head = [
      'POST /api/1/minidump/ HTTP/1.1',
      'Host:127.0.0.1',
      `X-Sentry-Auth:Sentry sentry_key=${server.key}, sentry_version=7, sentry_client=sentry.native/0.7.0`,
      `Content-Type:multipart/form-data; boundary=${boundary}`,
      `Content-Length:${body.length}`,
    ];
    const { json, bytes } = await dumpOf(h.idOf(await h.exchange(server, h.request(head, body))));
    assert.deepEqual(bytes, dump);
    assert.deepEqual(
      json.attachments.map(({ name, bytes: size, index }) => [name, size, index]),
      [
        ['__sentry-event', 4, 0],
        ['__sentry-breadcrumb1', 1, 1],
      ],
    );
  });

  // -- envelopes: sentry-native's own backend, sentry-cli --

  const envelope = (header, items) =>
    Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), ...items.map(([head, payload]) => Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), Buffer.from(payload), Buffer.from('\n')]))]);
  const eventId = (n) => `9a8b7c6d5e4f40318293a4b5c6d7e8${String(n).padStart(2, '0')}`;
  const auth = () => ({ 'X-Sentry-Auth': `Sentry sentry_key=${server.key}, sentry_version=7` });
  const sendEnvelope = (body, headers = {}) =>
    h.post(server, '/api/1/envelope/', { 'Content-Type': 'application/x-sentry-envelope', ...auth(), ...headers }, body);
  const reported = async (response, id) => {
    assert.equal(response.status, 200, h.text(response));
    assert.equal(response.headers['Content-Type'], 'application/json');
    assert.deepEqual(JSON.parse(response.body), { id });
    return (await client.get(`/reports/${id}`)).json;
  };

  await t.test('sentry_native_when_it_sends_an_envelope_then_the_minidump_is_the_report', async () => {
    const dump = h.tinyDump({ seed: 'envelope', extra: 100000 });
    const event = JSON.stringify({ event_id: eventId(1), release: 'game@1.2.3', level: 'fatal' });
    const body = envelope({ dsn: 'http://x@127.0.0.1/1', event_id: eventId(1) }, [
      [{ type: 'event', length: event.length, content_type: 'application/json' }, event],
      [{ type: 'attachment', length: dump.length, attachment_type: 'event.minidump', filename: 'C:\\crash\\a.dmp' }, dump],
      [{ type: 'attachment', length: 7, filename: 'game.log' }, 'a\nb\n{}\n'],
      [{ type: 'session', length: 2 }, '{}'],
    ]);
    const json = await reported(await sendEnvelope(body), eventId(1));
    assert.equal(json.version, '1.2.3');
    assert.equal(json.dump_bytes, dump.length);
    assert.deepEqual(json.attachments.map(({ name, bytes }) => [name, bytes]), [['game.log', 7]]);
    await reported(await sendEnvelope(h.gzip(body), { 'Content-Encoding': 'gzip' }), eventId(1));
    assert.equal((await client.get(`/reports/${json.id}`)).json.id, json.id, 'the same again is the same report');
  });

  await t.test('sentry_native_when_items_lack_their_length_then_they_end_with_their_line', async () => {
    const dump = h.tinyDump({ seed: 'no line end in here', type: 11 });
    assert.ok(!dump.includes(10));
    const body = Buffer.concat([Buffer.from(`{"event_id":"${eventId(2)}"}\n{"type":"event"}\n{"release":"g@7"}\n\n{"type":"attachment","attachment_type":"event.minidump"}\n`), dump]);
    const json = await reported(await sendEnvelope(body), eventId(2));
    assert.equal(json.version, '7');
    assert.equal(json.dump_bytes, dump.length);
  });

  await t.test('sentry_cli_when_an_envelope_brings_no_crash_then_it_is_taken_and_nothing_kept', async () => {
    const before = h.leftovers(server).length;
    const head = [`POST /api/default/envelope/?sentry_key=${server.key} HTTP/1.1`, 'Host: x'];
    for (const body of ['{}\n{"type":"session","length":2}\n{}\n', '{}\n', '{}', `{"event_id":"${eventId(3)}"}\n{"type":"event","length":2}\n{}`]) {
      const response = await h.exchange(server, h.request([...head, `Content-Length: ${body.length}`], body));
      assert.equal(response.status, 200, body);
      assert.equal(h.text(response), '{}');
    }
    assert.equal(h.leftovers(server).length, before);
  });

  const header = `{"event_id":"${eventId(4)}"}\n`;
  for (const [what, body, status] of [
    ['no_json', 'MDMP', 400],
    ['an_array', '[]\n', 400],
    ['empty', '', 400],
    ['an_item_header_that_is_text', `${header}"x"\n`, 400],
    ['a_length_that_is_negative', `${header}{"type":"attachment","length":-1}\n`, 400],
    ['a_length_that_is_text', `${header}{"type":"attachment","length":"7"}\n`, 400],
    ['a_length_that_is_too_long', `${header}{"type":"attachment","length":9007199254740993}\nabc`, 400],
    ['a_length_that_is_too_short', `${header}{"type":"attachment","length":1}\nabc\n`, 400],
    ['a_header_that_is_cut_off', `${header}{"type":"attachme`, 400],
    ['a_header_without_end', `{"a":"${'a'.repeat(70000)}`, 413],
    ['a_minidump_that_is_none', `${header}{"type":"attachment","attachment_type":"event.minidump","length":4}\nabcd\n`, 400],
    ['many_items', `${header}${'{"type":"x","length":0}\n\n'.repeat(3000)}`, 400],
  ])
    await t.test(`envelope_when_it_holds_${what}_then_${status}_and_nothing_is_left`, async () => {
      const before = h.leftovers(server).length;
      const response = await sendEnvelope(Buffer.from(body));
      assert.equal(response.status, status, h.text(response));
      assert.match(h.text(response), /^[A-Z].*\.\n?$/);
      assert.equal(h.leftovers(server).length, before);
    });

  await t.test('envelope_when_the_key_is_unknown_then_refused', async () => {
    const response = await h.post(server, '/api/1/envelope/?sentry_key=wrong', {}, Buffer.from('{}\n'));
    assert.equal(response.status, 403);
  });

  await t.test('sentry_when_key_is_in_the_query_and_project_by_name_then_accepted', async () => {
    const response = await h.post(
      server,
      `/api/default/minidump/?sentry_key=${server.key}`,
      { 'Content-Type': `multipart/form-data; boundary=${h.BOUNDARY}` },
      h.multipart(h.BOUNDARY, [
        h.field('sentry[release]', 'my-program@2.3.1+77'),
        h.field('sentry[environment]', 'beta'),
        h.dumpPart(h.tinyDump({ seed: 'sentry-query' })),
      ]),
    );
    const { json } = await dumpOf(h.idOf(response));
    assert.equal(json.app, 'my-program');
    assert.equal(json.version, '2.3.1+77');
    assert.equal(json.fields['sentry[environment]'], 'beta');
    assert.equal(json.fields.sentry_key, undefined);
  });

  await t.test('antenna_when_annotations_come_as_one_json_part_then_it_is_a_field', async () => {
    const body = h.multipart(h.BOUNDARY, [
      h.file('extra', 'extra.json', '{"ProductName":"Firefox","Version":"120.0"}', 'application/json'),
      h.dumpPart(h.tinyDump({ seed: 'antenna' })),
    ]);
    const zipped = h.gzip(body);
    const response = await h.post(server, '/submit', h.formHeaders(server, { 'Content-Encoding': 'gzip' }), zipped);
    const { json } = await dumpOf(h.idOf(response));
    assert.equal(json.fields.extra, '{"ProductName":"Firefox","Version":"120.0"}');
    assert.equal(json.app, 'Firefox');
    assert.equal(json.version, '120.0');
    assert.equal(json.attachments.length, 0);
  });

  for (const type of ['application/x-dmp', 'application/octet-stream']) {
    await t.test(`raw_when_${type}_then_the_body_is_the_dump`, async () => {
      const dump = h.tinyDump({ seed: type });
      const response = await h.post(server, '/post', { 'Content-Type': type, 'Salvor-Key': server.key }, dump);
      assert.deepEqual((await dumpOf(h.idOf(response))).bytes, dump);
    });
  }

  const encodings = [
    ['gzip', zlib.gzipSync],
    ['deflate', zlib.deflateSync],
    ['deflate', zlib.deflateRawSync],
    ['x-gzip', (bytes) => Buffer.concat([zlib.gzipSync(bytes.subarray(0, 20)), zlib.gzipSync(bytes.subarray(20))])],
  ];
  for (const [index, [encoding, pack]] of encodings.entries()) {
    await t.test(`raw_when_content_encoding_is_${encoding}_${index}_then_it_is_undone`, async () => {
      const dump = h.tinyDump({ seed: `encoding ${index}`, extra: 100000 });
      const headers = { 'Content-Type': 'application/x-dmp', 'Content-Encoding': encoding, 'Salvor-Key': server.key };
      assert.deepEqual((await dumpOf(h.idOf(await h.post(server, '/post', headers, pack(dump))))).bytes, dump);
    });
  }

  await t.test('raw_when_the_body_is_a_gzipped_dump_without_an_encoding_header_then_it_is_unpacked', async () => {
    const dump = h.tinyDump({ seed: 'gzip without header' });
    const headers = { 'Content-Type': 'application/octet-stream', 'Salvor-Key': server.key };
    assert.deepEqual((await dumpOf(h.idOf(await h.post(server, '/post', headers, h.gzip(dump))))).bytes, dump);
  });

  await t.test('form_when_the_dump_part_is_gzipped_then_it_is_unpacked', async () => {
    const dump = h.tinyDump({ seed: 'gzip part' });
    assert.deepEqual((await dumpOf(h.idOf(await h.postForm(server, [h.dumpPart(h.gzip(dump))])))).bytes, dump);
  });

  await t.test('form_when_an_attachment_is_a_gzip_file_then_it_stays_one', async () => {
    const zipped = h.gzip('log lines');
    const response = await h.postForm(server, [h.file('attachment_1', 'log.gz', zipped), h.dumpPart(h.tinyDump({ seed: 'log.gz' }))]);
    const id = h.idOf(response);
    const back = await fetch(`${server.url}/api/v1/reports/${id}/attachments/0`, { headers: { Cookie: client.cookie } });
    assert.deepEqual(Buffer.from(await back.arrayBuffer()), zipped);
  });

  await t.test('form_when_the_dump_has_another_part_name_then_it_is_found_by_its_magic', async () => {
    const dump = h.tinyDump({ seed: 'other name' });
    const response = await h.postForm(server, [h.file('log', 'a.txt', 'hello'), h.file('dump_file', 'x.dmp', dump)]);
    const { json, bytes } = await dumpOf(h.idOf(response));
    assert.deepEqual(bytes, dump);
    assert.deepEqual(json.attachments.map(({ name }) => name), ['a.txt']);
  });

  await t.test('form_when_lines_end_in_lf_and_headers_are_folded_then_accepted', async () => {
    const dump = h.tinyDump({ seed: 'lf' });
    const head = `--${h.BOUNDARY}\nContent-Disposition: form-data;\n name="upload_file_minidump";\n filename="a.dmp"\n\n`;
    const body = Buffer.concat([Buffer.from(head), dump, Buffer.from(`\r\n--${h.BOUNDARY}--\n`)]);
    assert.deepEqual((await dumpOf(h.idOf(await h.post(server, '/post', h.formHeaders(server), body)))).bytes, dump);
  });

  await t.test('any_client_when_expect_100_continue_then_accepted', async () => {
    const dump = h.tinyDump({ seed: 'expect' });
    const head = [
      'POST /post HTTP/1.1',
      'Host: x',
      'Expect: 100-continue',
      `Salvor-Key: ${server.key}`,
      'Content-Type: application/x-dmp',
      `Content-Length: ${dump.length}`,
    ];
    const response = await h.exchange(server, h.request(head, dump));
    assert.equal(response.status, 200);
  });

  await t.test('envelope_when_its_dsn_is_all_that_carries_a_key_then_that_counts', async () => {
    const envelope = (dsn, seed) => {
      const dump = h.tinyDump({ seed });
      const head = JSON.stringify({ ...(dsn === undefined ? {} : { dsn }), sent_at: '2024-01-01T00:00:00Z' });
      return Buffer.concat([Buffer.from(`${head}\n{"type":"attachment","attachment_type":"event.minidump","filename":"x.dmp","length":${dump.length}}\n`), dump, Buffer.from('\n')]);
    };
    const send = (body, target = '/api/1/envelope/', headers = {}) => h.post(server, target, { 'Content-Type': 'application/x-sentry-envelope', ...headers }, body);
    for (const dsn of [`https://${server.key}@o1.example.com/1`, `http://${server.key}:secret@127.0.0.1:${server.port}/sub/1`]) {
      const answer = await send(envelope(dsn, dsn));
      assert.equal(answer.status, 200, h.text(answer));
      assert.equal((await client.get(`/reports/${JSON.parse(h.text(answer)).id}`)).status, 200);
    }
    const before = await h.reportCount(client);
    const blobs = h.leftovers(server).length;
    for (const [dsn, status] of [[undefined, 401], ['', 401], [1, 401], ['https://host/1', 401], [`https://host/x@${server.key}`, 401], ['https://@host/1', 401],
      [`https://${'x'.repeat(200)}@host/1`, 401], ['https://wrong@host/1', 403]]) {
      const answer = await send(envelope(dsn, 'refused'));
      assert.equal(answer.status, status, `${dsn}: ${h.text(answer)}`);
    }
    assert.equal((await send(envelope(`https://${server.key}@host/1`, 'elsewhere'), '/api/2/envelope/')).status, 403);
    assert.equal((await send(envelope(`https://${server.key}@host/1`, 'first'), '/api/1/envelope/', { 'Salvor-Key': 'wrong' })).status, 403, 'the request comes first');
    assert.equal((await send(Buffer.from('\n'), '/api/1/envelope/')).status, 400);
    assert.equal((await send(Buffer.from('{}'), '/api/1/envelope/')).status, 401);
    assert.equal((await send(Buffer.alloc(0), '/api/1/envelope/', { 'Content-Type': 'application/x-salvor-check' })).status, 401);
    assert.equal(await h.reportCount(client), before);
    assert.equal(h.leftovers(server).length, blobs);
  });

  await t.test('salvor_when_a_record_comes_along_then_its_facts_and_annotations_are_kept', async () => {
    const dump = h.tinyDump({ seed: 'salvor' });
    const record = [
      'format=1',
      'id=6f1f0a52-7c1e-5d6e-9d0a-0123456789ab',
      'app=app.exe',
      'version=2.4.1',
      'layer=monitor',
      'crash_time=1700001234',
      'annotation.channel=beta',
      'annotation.odd%20key=line one\\nline two',
      'attachment=0 5 a.txt',
      'attachment=5 5 b.txt',
    ].join('\n');
    const response = await h.postForm(
      server,
      [
        h.field('prod', 'other name'),
        h.field('sentry[event_id]', '6f1f0a527c1e5d6e9d0a0123456789ab'),
        h.field('salvor_record', `${record}\n`),
        h.file('attachment_1', 'a.txt', 'first'),
        h.dumpPart(dump),
      ],
      { 'Idempotency-Key': '6f1f0a52-7c1e-5d6e-9d0a-0123456789ab' },
      '/submit',
    );
    const { json } = await dumpOf(h.idOf(response));
    assert.equal(json.client_id, '6f1f0a52-7c1e-5d6e-9d0a-0123456789ab');
    assert.equal(json.app, 'app.exe');
    assert.equal(json.version, '2.4.1');
    assert.equal(json.layer, 'monitor');
    assert.equal(json.crash_time, 1700001234000);
    assert.deepEqual(json.annotations, { channel: 'beta', 'odd key': 'line one\nline two' });
    assert.deepEqual(json.record.attachment, ['0 5 a.txt', '5 5 b.txt']);
    assert.equal(json.fields.salvor_record, undefined);
  });

  await t.test('salvor_when_the_record_is_inside_the_dump_then_its_annotations_are_shown_behind_those_of_the_upload', async () => {
    const stream = 'format=1\nannotation.where=dump\nannotation.only=dump\n';
    const dump = h.tinyDump({ type: 0x53560001, stream });
    const record = h.field('salvor_record', 'format=1\nid=33333333-4444-5555-8666-777777777777\nannotation.where=upload\n');
    const id = h.idOf(await h.postForm(server, [record, h.dumpPart(dump)]));
    const report = await h.processed(client, id);
    assert.deepEqual(report.annotations, { only: 'dump', where: 'upload' });
  });

  await t.test('salvor_when_there_was_no_dump_then_the_record_alone_is_a_report', async () => {
    const record = 'format=1\nid=11111111-2222-5333-8444-555555555555\napp=gone.exe\nlayer=exit-watcher\nexit_code=0xc0000409\n';
    const id = h.idOf(await h.postForm(server, [h.field('salvor_record', record)]));
    const report = await h.processed(client, id);
    assert.equal(report.state, 'processed');
    assert.equal(report.dump_bytes, 0);
    assert.deepEqual(report.tags, ['no dump']);
    assert.match(report.title, /gone\.exe/);
    const dump = await client.get(`/reports/${id}/dump`);
    assert.equal(dump.status, 404);
    assert.deepEqual(report.processed.salvor.log, []);
  });

  await t.test('salvor_when_there_was_no_dump_then_annotations_and_breadcrumbs_of_the_record_are_shown', async () => {
    const head = 'format=1\napp=gone.exe\nlayer=exit-watcher\nexit_code=0xc0000409\nannotation.scene=harbour\nannotation.<b>=<i>\n';
    const log = ['started', 'a\\nb', '<script>', 'last \xff'];
    const record = Buffer.from(`${head}id=11111111-2222-5333-8444-666666666666\n${log.map((line) => `log=${line}\n`).join('')}`, 'latin1');
    const id = h.idOf(await h.postForm(server, [h.field('salvor_record', record)]));
    const report = await h.processed(client, id);
    assert.deepEqual(report.annotations, { scene: 'harbour', '<b>': '<i>' });
    assert.equal(report.record.log, undefined, 'they are not shown twice');
    assert.equal(report.record.exit_code, '0xc0000409');
    assert.deepEqual(report.processed.salvor.log, ['started', 'a\nb', '<script>', 'last \ufffd']);
  });

  await t.test('salvor_when_there_was_no_dump_and_one_breadcrumb_then_it_is_the_log', async () => {
    const record = 'format=1\nid=11111111-2222-5333-8444-777777777777\napp=gone.exe\nlayer=exit-watcher\nlog=only\n';
    const id = h.idOf(await h.postForm(server, [h.field('salvor_record', record)]));
    assert.deepEqual((await h.processed(client, id)).processed.salvor.log, ['only']);
  });

  await t.test('any_client_when_names_are_hostile_then_stored_by_hash_and_downloaded_under_a_safe_name', async () => {
    const names = ['../../etc/passwd', 'con', '..', '\u202egpj.exe', '<b>x</b>.html', 'a'.repeat(600), 'C:\\x\\nul'];
    const parts = names.map((name, index) => h.file(`attachment_${index}`, name, `content ${index}`));
    const id = h.idOf(await h.postForm(server, [...parts, h.dumpPart(h.tinyDump({ seed: 'names' }), '..\\..\\evil.dmp')]));
    for (const [index] of names.entries()) {
      const response = await fetch(`${server.url}/api/v1/reports/${id}/attachments/${index}`, { headers: { Cookie: client.cookie } });
      const disposition = response.headers.get('content-disposition');
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
      assert.match(disposition, /^attachment; filename="[A-Za-z0-9_.-]{1,120}"$/);
      assert.doesNotMatch(disposition, /"(\.\.?|con|nul)"|\//i);
      assert.equal(await response.text(), `content ${index}`);
    }
    for (const file of h.leftovers(server)) assert.match(file, /^blobs\/[0-9a-f]{2}\/[0-9a-f]{64}$/);
  });

  await t.test('any_client_when_text_is_not_utf8_then_it_is_cleaned', async () => {
    const id = h.idOf(
      await h.postForm(server, [h.field('note', Buffer.from([0x61, 0xff, 0xfe, 0x00, 0x62])), h.dumpPart(h.tinyDump({ seed: 'utf8' }))]),
    );
    const { json } = await client.get(`/reports/${id}`);
    assert.match(json.fields.note, /^a\ufffd+b$/);
  });

  await t.test('real_dump_when_posted_then_processed_and_grouped', async () => {
    const dump = h.realDump('access-violation.dmp');
    const id = h.idOf(await h.postForm(server, [h.dumpPart(dump)]));
    const report = await h.processed(client, id);
    assert.equal(report.state, 'processed', report.error);
    assert.match(report.reason, /ACCESS_VIOLATION_WRITE/);
    assert.equal(report.app, 'crash.exe');
    assert.equal(report.version, '3.1.4.159');
    assert.ok(report.title.includes('crash.exe'));
    const group = await client.get(`/projects/default/groups/${report.group_id}`);
    assert.equal(group.json.count, 1);
    assert.equal(group.json.best_report, id);
    assert.deepEqual(group.json.versions, [{ name: '3.1.4.159', count: 1 }]);
    assert.deepEqual(readFileSync(h.blobPath(server, h.sha256(dump))), dump);
  });
});
