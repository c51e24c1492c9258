// Bad input: a 4xx with one sentence, and nothing left in the data folder.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import zlib from 'node:zlib';
import * as h from './harness.mjs';

const SENTENCE = /^[A-Z][^\n]*\.\n$/;
const raw = (server, more = {}) => ({ 'Content-Type': 'application/x-dmp', 'Salvor-Key': server.key, ...more });

/** Each: [name, status, send]. */
const cases = [
  ['file_that_is_no_minidump', 400, (s) => h.postForm(s, [h.dumpPart('this is a text file, not a minidump at all')])],
  ['file_with_the_magic_and_no_header', 400, (s) => h.postForm(s, [h.dumpPart('MDMP')])],
  ['file_with_the_magic_and_a_foreign_version', 400, (s) => h.postForm(s, [h.dumpPart(Buffer.concat([Buffer.from('MDMP'), Buffer.alloc(60)]))])],
  ['empty_dump_part', 400, (s) => h.postForm(s, [h.dumpPart('')])],
  ['empty_body', 400, (s) => h.post(s, '/post', h.formHeaders(s), Buffer.alloc(0))],
  ['empty_raw_body', 400, (s) => h.post(s, '/post', raw(s), Buffer.alloc(0))],
  ['empty_gzip_body', 400, (s) => h.post(s, '/post', raw(s, { 'Content-Encoding': 'gzip' }), Buffer.alloc(0))],
  ['body_without_a_dump', 400, (s) => h.postForm(s, [h.field('prod', 'x'), h.field('ver', '1')])],
  ['body_with_a_file_that_is_no_dump', 400, (s) => h.postForm(s, [h.field('prod', 'x'), h.file('log', 'a.txt', 'hello')])],
  ['record_without_an_id_and_no_dump', 400, (s) => h.postForm(s, [h.field('salvor_record', 'format=1\napp=a.exe\n')])],
  ['form_without_a_closing_boundary', 400, (s) => h.post(s, '/post', h.formHeaders(s), h.multipart(h.BOUNDARY, [h.dumpPart(h.tinyDump())], { close: '' }))],
  ['form_with_another_boundary', 400, (s) => h.post(s, '/post', h.formHeaders(s), h.multipart('another-boundary-0123456789', [h.dumpPart(h.tinyDump())]))],
  ['form_without_a_part', 400, (s) => h.post(s, '/post', h.formHeaders(s), Buffer.from(`--${h.BOUNDARY}--\r\n`))],
  ['part_without_a_name', 400, (s) => h.postForm(s, [h.part('Content-Disposition: form-data', 'x'), h.dumpPart(h.tinyDump())])],
  ['part_with_a_name_of_300_bytes', 400, (s) => h.postForm(s, [h.field('n'.repeat(300), 'x'), h.dumpPart(h.tinyDump())])],
  ['no_boundary', 400, (s) => h.post(s, '/post', h.formHeaders(s, { 'Content-Type': 'multipart/form-data' }), h.multipart(h.BOUNDARY, [h.dumpPart(h.tinyDump())]))],
  ['empty_boundary', 400, (s) => h.post(s, '/post', h.formHeaders(s, { 'Content-Type': 'multipart/form-data; boundary=' }), Buffer.from('x'))],
  [
    'boundary_of_71_characters',
    400,
    (s) => h.post(s, '/post', h.formHeaders(s, { 'Content-Type': `multipart/form-data; boundary=${'b'.repeat(71)}` }), h.multipart('b'.repeat(71), [h.dumpPart(h.tinyDump())])),
  ],
  ['hundred_thousand_parts', 400, (s) => h.postForm(s, Array.from({ length: 100000 }, () => h.field('a', 'b')))],
  ['hundred_files', 400, (s) => h.postForm(s, Array.from({ length: 100 }, (_, i) => h.file(`f${i}`, 'f', 'x')))],
  ['part_header_line_of_a_megabyte', 400, (s) => h.postForm(s, [h.part(`X-Long: ${'x'.repeat(1 << 20)}`, 'v')])],
  ['part_with_a_thousand_headers', 400, (s) => h.postForm(s, [h.part(Array.from({ length: 1000 }, (_, i) => `X-${i}: y`).join('\r\n'), 'v')])],
  ['text_fields_of_three_megabytes', 413, (s) => h.postForm(s, [h.field('note', 'x'.repeat(3 << 20)), h.dumpPart(h.tinyDump())])],
  ['request_header_line_of_a_megabyte', 431, (s) => h.post(s, '/post', { ...raw(s), 'X-Long': 'x'.repeat(1 << 20) }, h.tinyDump())],
  ['no_key', 401, (s) => h.post(s, '/post', { 'Content-Type': 'application/x-dmp' }, h.tinyDump())],
  ['unknown_key', 403, (s) => h.post(s, '/post', { 'Content-Type': 'application/x-dmp', 'Salvor-Key': 'f'.repeat(32) }, h.tinyDump())],
  ['unknown_key_of_a_megabyte_in_the_query', 414, (s) => h.post(s, `/post?key=${'k'.repeat(1 << 20)}`, { 'Content-Type': 'application/x-dmp' }, h.tinyDump())],
  ['key_of_another_project_than_the_path', 403, (s) => h.post(s, '/api/other/minidump/', raw(s), h.tinyDump())],
  ['no_content_type', 400, (s) => h.post(s, '/post', { 'Salvor-Key': s.key }, h.tinyDump())],
  ['other_content_type', 415, (s) => h.post(s, '/post', raw(s, { 'Content-Type': 'application/json' }), Buffer.from('{}'))],
  ['other_content_encoding', 415, (s) => h.post(s, '/post', raw(s, { 'Content-Encoding': 'br' }), h.tinyDump())],
  ['truncated_gzip', 400, (s) => h.post(s, '/post', raw(s, { 'Content-Encoding': 'gzip' }), h.gzip(h.tinyDump({ extra: 5000 })).subarray(0, -12))],
  ['gzip_that_is_none', 400, (s) => h.post(s, '/post', raw(s, { 'Content-Encoding': 'gzip' }), h.tinyDump())],
  ['damaged_gzip', 400, (s) => h.post(s, '/post', raw(s, { 'Content-Encoding': 'gzip' }), Buffer.concat([h.gzip(h.tinyDump()).subarray(0, 12), Buffer.alloc(40, 0xff)]))],
  ['truncated_gzip_in_the_dump_part', 400, (s) => h.postForm(s, [h.dumpPart(h.gzip(h.tinyDump({ extra: 5000 })).subarray(0, -12))])],
  ['gzip_bomb', 413, (s) => h.post(s, '/post', raw(s, { 'Content-Encoding': 'gzip' }), zlib.gzipSync(Buffer.alloc(40 << 20)))],
  ['gzip_bomb_in_the_dump_part', 413, (s) => h.postForm(s, [h.dumpPart(zlib.gzipSync(Buffer.alloc(40 << 20)))])],
  ['upload_larger_than_allowed', 413, (s) => h.post(s, '/post', raw(s), h.tinyDump({ extra: 13 << 20 }))],
  [
    'chunked_upload_larger_than_allowed',
    413,
    (s) =>
      h.exchange(s, h.request(['POST /post HTTP/1.1', 'Host: x', `Salvor-Key: ${s.key}`, 'Content-Type: application/x-dmp', 'Transfer-Encoding: chunked'], h.chunked(h.tinyDump({ extra: 13 << 20 }), 65536))),
  ],
  ['get_instead_of_post', 405, (s) => h.exchange(s, h.request(['GET /submit HTTP/1.1', 'Host: x', `Salvor-Key: ${s.key}`]))],
  ['post_to_an_unknown_address', 405, (s) => h.post(s, '/nowhere', raw(s), h.tinyDump())],
];

/** Byte counts at which a real dump is cut: its header, its directory, and places in and behind its streams. */
function cuts(dump) {
  const places = [1, 3, 4, 16, 31, 32, 40, 100, 200, 1000];
  for (let sixteenth = 1; sixteenth < 16; sixteenth++) places.push(Math.floor((dump.length * sixteenth) / 16));
  return [...places, dump.length - 1000, dump.length - 1];
}

test('refusals', async (t) => {
  const server = await h.startServer(t, { args: ['--max-upload', '12m', '--max-unpacked', '16m'] });
  const client = await h.signIn(server);

  for (const [name, status, send] of cases) {
    await t.test(`${name}_when_sent_then_${status}_and_nothing_is_left`, async () => {
      const response = await send(server);
      assert.equal(response.status, status, h.text(response));
      if (![414, 431].includes(status)) assert.match(h.text(response), SENTENCE); // those two are the HTTP library's own words
      assert.deepEqual(h.leftovers(server), []);
      assert.equal(await h.reportCount(client), 0);
    });
  }

  for (const name of ['access-violation.dmp', 'fast-fail.dmp']) {
    await t.test(`${name}_when_truncated_anywhere_then_400_and_nothing_is_left`, async () => {
      const dump = h.realDump(name);
      for (const size of cuts(dump)) {
        const response = await h.post(server, '/post', raw(server), dump.subarray(0, size));
        assert.equal(response.status, 400, `cut at ${size} of ${dump.length}: ${h.text(response)}`);
        assert.match(h.text(response), SENTENCE);
      }
      assert.deepEqual(h.leftovers(server), []);
    });
  }

  await t.test('check_when_key_is_known_then_ready_else_refused_and_nothing_is_left', async () => {
    const check = (target, headers) => h.post(server, target, { 'Content-Type': 'application/x-salvor-check', ...headers }, Buffer.alloc(0));
    for (const target of ['/submit', '/post', '/api/default/minidump/']) {
      const ready = await check(target, { 'Salvor-Key': server.key });
      assert.equal(ready.status, 200);
      assert.equal(h.text(ready), 'ready project=default\n');
    }
    assert.equal((await check('/submit', {})).status, 401);
    assert.equal((await check('/submit', { 'Salvor-Key': 'f'.repeat(32) })).status, 403);
    assert.equal((await check('/api/other/minidump/', { 'Salvor-Key': server.key })).status, 403);
    assert.deepEqual(h.leftovers(server), []);
    assert.equal(await h.reportCount(client), 0);
  });

  await t.test('refused_upload_when_the_connection_goes_on_then_the_next_one_is_taken', async () => {
    const dump = h.tinyDump({ seed: 'after a refusal' });
    const head = (length) => ['POST /post HTTP/1.1', 'Host: x', `Salvor-Key: ${server.key}`, 'Content-Type: application/x-dmp', `Content-Length: ${length}`];
    const bad = Buffer.alloc(100000, 'x');
    const socket = net.connect(server.port, '127.0.0.1');
    socket.write(Buffer.concat([h.request(head(bad.length), bad), h.request([...head(dump.length), 'Connection: close'], dump)]));
    const answers = [];
    for await (const bytes of socket) answers.push(bytes);
    const statuses = Buffer.concat(answers).toString('latin1').match(/^HTTP\/1\.1 \d+/gm);
    assert.deepEqual(statuses, ['HTTP/1.1 400', 'HTTP/1.1 200']);
  });
});
