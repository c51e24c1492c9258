// Symbols as clients of others bring them, byte by byte: Breakpad's symupload in both protocols, sentry-cli's chunks; and what none of them
// would send. Answers are looked into as their sources do it. The clients themselves run in tests/clients.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import test from 'node:test';
import zlib from 'node:zlib';
import * as h from './harness.mjs';

const DATA = path.join(h.HERE, '../data/symbols');
const PDB = readFileSync(path.join(DATA, 'plain-x64.pdb'));
const DLL = readFileSync(path.join(DATA, 'plain-x64.dll'));
const ID = '506DD4D554C735364C4C44205044422E1';
const SYM = Buffer.from(`MODULE windows x86_64 ${ID} app.pdb\nFUNC 1000 10 0 f\n`);
const SYM_PLACE = `app.pdb/${ID.toLowerCase()}/app.sym`;

// Everything below <data>/symbols: files, files under way, chunks.
function kept(server) {
  const top = path.join(server.data, 'symbols');
  const walk = (folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const full = path.join(folder, entry.name);
      return entry.isDirectory() ? walk(full) : [path.relative(top, full)];
    });
  return existsSync(top) ? walk(top).sort() : [];
}

const send = (server, method, target, headers = {}, body = Buffer.alloc(0)) =>
  h.exchange(server, h.request([`${method} ${target} HTTP/1.1`, ...(headers.Host === undefined ? [`Host: 127.0.0.1:${server.port}`] : []),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), `Content-Length: ${body.length}`], body));
const newKey = (server, project) => h.run(['project', 'add', project, '--data', server.data]).stdout.match(/key ([0-9a-f]{32})/)[1];

// -- symupload, first protocol --

const V1_FIELDS = { code_file: 'app.exe', cpu: 'x86_64', debug_file: 'app.pdb', debug_identifier: ID, os: 'windows', version: '1.2.3.4' };
const v1 = (server, { fields = V1_FIELDS, file = SYM, part = 'symbol_file', fileName = 'C:\\Users\\a b\\AppData\\Local\\Temp\\sym1A.tmp', key = server.key, target, ...how } = {}) => {
  const parts = [...Object.entries(fields).map(([name, value]) => h.field(name, value)), ...(part ? [h.file(part, fileName, file)] : [])];
  return send(server, 'POST', target ?? `/symbols?key=${key}`, { 'Content-Type': `multipart/form-data; boundary=${h.BOUNDARY}` }, h.multipart(h.BOUNDARY, parts, how));
};

test('v1_when_sent_as_windows_and_linux_do_then_exactly_200_and_stored_by_its_module_line', async (t) => {
  const server = await h.startServer(t);
  assert.equal((await v1(server, { lineBreakAtEnd: false })).status, 200);
  assert.deepEqual(kept(server), [SYM_PLACE]);
  assert.equal((await v1(server, { fileName: 'app.sym' })).status, 200);
  assert.equal((await v1(server, { fields: {}, target: `/symbols/?key=${server.key}` })).status, 200);
  assert.deepEqual(kept(server), [SYM_PLACE]);
  assert.deepEqual(readFileSync(path.join(server.data, 'symbols', SYM_PLACE)), SYM);
});

test('v1_when_the_form_says_what_is_not_so_then_refused_and_nothing_is_kept', async (t) => {
  const server = await h.startServer(t, { args: ['--max-symbols', '20k'] });
  const refused = async (how, status, sentence) => {
    const answer = await v1(server, how);
    assert.equal(answer.status, status, h.text(answer));
    assert.match(h.text(answer), sentence);
  };
  await refused({ key: 'wrong' }, 403, /not known/);
  await refused({ target: '/symbols' }, 401, /no project key/);
  await refused({ part: null }, 400, /part named symbol_file/);
  await refused({ part: 'file' }, 400, /part named symbol_file/);
  await refused({ fields: { ...V1_FIELDS, debug_file: 'other.pdb' } }, 422, /belongs to another module/);
  await refused({ fields: { ...V1_FIELDS, debug_identifier: ID.replace(/^5/, '6') } }, 422, /belongs to another build/);
  await refused({ fields: {}, file: PDB.subarray(0, 15000) }, 422, /symbol file/);
  await refused({ fields: {}, file: DLL }, 422, /does not tell its own name/);
  await refused({ file: Buffer.from('<html>') }, 422, /is no PDB, image or Breakpad symbol file/);
  await refused({ file: Buffer.alloc(30000) }, 413, /larger than this server takes/);
  for (const name of ['..', 'con', '.new', 'a:b'])
    await refused({ fields: {}, file: Buffer.from(`MODULE windows x86_64 ${ID} ${name}\nFUNC 1000 10 0 f\n`) }, 422, /symbol file/);
  await refused({ close: '' }, 400, /./);
  const notForm = await send(server, 'POST', `/symbols?key=${server.key}`, { 'Content-Type': 'application/octet-stream' }, SYM);
  assert.equal(notForm.status, 415);
  assert.deepEqual(kept(server), []);
});

test('v1_when_the_module_line_names_a_path_then_its_last_part_counts', async (t) => {
  const server = await h.startServer(t);
  for (const name of ['../../x.pdb', '/etc/x.pdb', 'C:\\build\\x.pdb']) {
    const answer = await v1(server, { fields: {}, file: Buffer.from(`MODULE windows x86_64 ${ID} ${name}\nFUNC 1000 10 0 f\n`) });
    assert.equal(answer.status, 200, name);
  }
  assert.deepEqual(kept(server), [`x.pdb/${ID.toLowerCase()}/x.sym`]);
  assert.ok(!existsSync(path.join(server.data, 'x.pdb')));
});

// -- symupload, second protocol --

// The expressions of Breakpad's SymbolCollectorClient.
const STATUS = /"status": "([^"]+)"/;
const UPLOAD_URL = /"uploadUrl": "([^"]+)"/;
const UPLOAD_KEY = /"uploadKey": "([^"]+)"/;
const RESULT = /"result": "([^"]+)"/;
const pick = (answer, expression) => {
  assert.equal(answer.status, 200, h.text(answer));
  const found = h.text(answer).match(expression);
  assert.ok(found, h.text(answer));
  return found[1];
};
const LINUX_BODY = (file, id, type) => `{ symbol_id: {debug_file: "${file}", debug_id: "${id}" }, symbol_upload_type: "${type}" }`;
const WINDOWS_BODY = (file, id, type) =>
  `{ symbol_id: {debug_file: "${file}", debug_id: "${id}" }, metadata: {product_name: "My App"},symbol_upload_type: "${type}", use_async_processing: true }`;
const JSON_BODY = (file, id, type) => JSON.stringify({ symbolId: { debugFile: file, debugId: id }, symbolUploadType: type });

const statusOf = async (server, file = 'app.pdb', id = ID, key = server.key) => pick(await send(server, 'GET', `/v1/symbols/${file}/${id}:checkStatus?key=${key}`), STATUS);
async function create(server, { key = server.key, headers = {} } = {}) {
  const answer = await send(server, 'POST', `/v1/uploads:create?key=${key}`, headers);
  const url = pick(answer, UPLOAD_URL), uploadKey = pick(answer, UPLOAD_KEY);
  return { url, target: new URL(url).pathname, uploadKey };
}
const complete = (server, upload, body = LINUX_BODY('app.pdb', ID, 'BREAKPAD'), key = server.key) =>
  send(server, 'POST', `/v1/uploads/${upload.uploadKey}:complete?key=${key}`, { 'Content-Type': 'application/son' }, Buffer.from(body));

test('v2_when_sent_as_each_client_does_then_found_and_the_same_again_is_duplicate', async (t) => {
  const server = await h.startServer(t);
  assert.equal(await statusOf(server), 'MISSING');
  // Linux: chunked, without a length; no key in the address that was given.
  const linux = await create(server);
  assert.equal(linux.url, `${server.url}${linux.target}`);
  assert.doesNotMatch(linux.url, new RegExp(server.key));
  const put = await h.exchange(server, h.request([`PUT ${linux.target} HTTP/1.1`, `Host: 127.0.0.1:${server.port}`, 'Accept: */*', 'Transfer-Encoding: chunked'], h.chunked(SYM, 20)));
  assert.equal(put.status, 200);
  assert.deepEqual(kept(server).filter((file) => !file.startsWith('.new')), [], 'not to be seen before it is complete');
  assert.equal(await statusOf(server), 'MISSING');
  assert.equal(pick(await complete(server, linux), RESULT), 'OK');
  assert.equal(await statusOf(server), 'FOUND');
  assert.equal(await statusOf(server, 'APP.PDB', ID.toLowerCase()), 'FOUND');
  assert.deepEqual(kept(server), [SYM_PLACE]);
  // Windows: two bytes more than the file, or deflated with those bytes behind.
  for (const [body, headers] of [[Buffer.concat([SYM, Buffer.from('\r\n')]), {}], [Buffer.concat([zlib.deflateSync(SYM), Buffer.from('\r\n')]), { 'Content-Encoding': 'deflate' }]]) {
    const upload = await create(server);
    assert.equal((await send(server, 'PUT', upload.target, headers, body)).status, 200);
    assert.match(pick(await complete(server, upload, WINDOWS_BODY('app.pdb', ID, 'BREAKPAD')), RESULT), /^(OK|DUPLICATE_DATA)$/);
  }
  const again = await create(server);
  assert.equal((await send(server, 'PUT', again.target, {}, SYM)).status, 200);
  assert.equal(pick(await complete(server, again, JSON_BODY('app.pdb', ID, 'BREAKPAD')), RESULT), 'DUPLICATE_DATA');
  assert.deepEqual(kept(server), [SYM_PLACE]);
});

test('v2_when_the_server_stands_behind_tls_then_the_address_says_so', async (t) => {
  const server = await h.startServer(t);
  const upload = await create(server, { headers: { Host: 'symbols.example.com', 'X-Forwarded-Proto': 'https' } });
  assert.equal(upload.url, `https://symbols.example.com/v1/uploads/${upload.uploadKey}`);
  const odd = await create(server, { headers: { 'X-Forwarded-Proto': 'javascript' } });
  assert.equal(odd.url, `${server.url}/v1/uploads/${odd.uploadKey}`);
  for (const host of ['a"b', 'a b', 'x/y', 'a'.repeat(400)])
    assert.equal((await send(server, 'POST', `/v1/uploads:create?key=${server.key}`, { Host: host })).status, 400, host);
});

test('v2_when_steps_are_wrong_or_out_of_order_then_refused_and_nothing_is_kept', async (t) => {
  const server = await h.startServer(t, { args: ['--max-symbols', '20k'] });
  const other = newKey(server, 'other');
  const is = async (status, answer, sentence = /./) => {
    const got = await answer;
    assert.equal(got.status, status, h.text(got));
    assert.match(h.text(got), sentence);
  };
  const upload = await create(server);
  await is(404, complete(server, upload), /its file has not come/);
  await is(404, send(server, 'PUT', `/v1/uploads/${'0'.repeat(32)}`, {}, SYM), /not known/);
  await is(404, send(server, 'PUT', '/v1/uploads/', {}, SYM));
  await is(404, send(server, 'PUT', `/v1/uploads/${upload.uploadKey}/..`, {}, SYM));
  await is(413, send(server, 'PUT', upload.target, {}, Buffer.alloc(30000)));
  await is(413, send(server, 'PUT', upload.target, { 'Content-Encoding': 'gzip' }, zlib.gzipSync(Buffer.alloc(50 << 20))));
  await is(400, send(server, 'PUT', upload.target, { 'Content-Encoding': 'gzip' }, zlib.gzipSync(SYM).subarray(0, 30)));
  await is(405, send(server, 'GET', upload.target));
  await is(401, send(server, 'POST', '/v1/uploads:create'));
  await is(403, send(server, 'POST', '/v1/uploads:create?key=wrong'));
  await is(401, send(server, 'GET', `/v1/symbols/app.pdb/${ID}:checkStatus`));
  await is(404, send(server, 'GET', `/v1/symbols/app.pdb/${ID}?key=${server.key}`));
  await is(404, send(server, 'GET', `/v1/symbols/a/b/${ID}:checkStatus?key=${server.key}`));
  for (const name of ['%2e%2e%2fapp.pdb', '..', 'con', 'a%00b'])
    assert.ok([200, 404].includes((await send(server, 'GET', `/v1/symbols/${name}/${ID}:checkStatus?key=${server.key}`)).status), name);
  await is(200, send(server, 'PUT', upload.target, {}, SYM));
  await is(404, complete(server, upload, undefined, other), /not known/);
  for (const body of ['', '{', '{}', '[]', 'x', '{ symbol_id: "x" }', '{ symbol_id: {debug_file: "app.pdb" } }', LINUX_BODY('a\\b', ID, 'BREAKPAD'),
    LINUX_BODY('x'.repeat(300), ID, 'BREAKPAD'), `${'{a:'.repeat(200)}1${'}'.repeat(200)}`])
    await is(400, complete(server, upload, body), /debug_file and debug_id/);
  await is(413, complete(server, upload, ' '.repeat(10000)));
  await is(422, complete(server, upload, LINUX_BODY('app.pdb', ID, 'ELF')), /BREAKPAD, PDB and PE/);
  await is(422, complete(server, upload, LINUX_BODY('other.pdb', ID, 'BREAKPAD')), /another module/);
  await is(404, complete(server, upload), /not known/, 'a file that is refused is gone');
  const second = await create(server);
  await is(200, send(server, 'PUT', second.target, {}, DLL.subarray(0, 100)));
  await is(200, send(server, 'PUT', second.target, {}, DLL)); // takes the place of the one before
  await is(422, complete(server, second, LINUX_BODY('../app.dll', ID, 'PE')), /no symbol store can hold/);
  await h.until('nothing on the disk', () => kept(server).length === 0);
});

test('v2_when_uploads_are_abandoned_then_others_still_go_and_a_project_has_its_limit', async (t) => {
  const server = await h.startServer(t);
  const other = newKey(server, 'other');
  // A client that hangs up in the middle leaves nothing behind.
  const cut = await create(server);
  await new Promise((resolve) => {
    const socket = net.connect(server.port, '127.0.0.1', () => {
      socket.write(`PUT ${cut.target} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(5000)}`, () => socket.destroy());
    });
    socket.on('close', resolve);
  });
  await h.until('nothing of it', () => kept(server).length === 0);
  let made = 1;
  for (; made < 64; made++) await create(server);
  const refused = await send(server, 'POST', `/v1/uploads:create?key=${server.key}`);
  assert.equal(refused.status, 503);
  assert.ok(refused.headers['Retry-After']);
  const upload = await create(server, { key: other });
  assert.equal((await send(server, 'PUT', upload.target, {}, SYM)).status, 200);
  assert.equal(pick(await complete(server, upload, undefined, other), RESULT), 'OK');
});

test('v2_when_the_server_was_restarted_then_the_client_is_told_to_begin_again', async (t) => {
  const first = await h.startServer(t);
  const upload = await create(first);
  assert.equal((await send(first, 'PUT', upload.target, {}, SYM)).status, 200);
  await first.stop('SIGKILL');
  const server = await h.startServer(t, { data: first.data });
  server.key = first.key;
  assert.deepEqual(kept(server), []);
  const answer = await complete(server, upload);
  assert.equal(answer.status, 404);
  assert.match(h.text(answer), /begin again/);
});

// -- sentry-cli --

const sha1 = (bytes) => createHash('sha1').update(bytes).digest('hex');
const SENTRY_ID = '506dd4d5-54c7-3536-4c4c-44205044422e-1';
const bearer = (server, key = server.key) => ({ Authorization: `Bearer ${key}`, 'User-Agent': 'sentry-cli/3.8.0' });
const CHUNKS = '/api/0/organizations/any/chunk-upload/';
const ASSEMBLE = '/api/0/projects/any/default/files/difs/assemble/';
const json = (answer) => {
  assert.equal(answer.headers['Content-Type'], 'application/json', 'sentry-cli compares it so');
  return JSON.parse(h.text(answer));
};
const pieces = (bytes, size) => Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
const uploadChunks = (server, chunks, { key = server.key, packed = true, name = packed ? 'file_gzip' : 'file', sum = sha1 } = {}) =>
  send(server, 'POST', CHUNKS, { ...bearer(server, key), 'Content-Type': `multipart/form-data; boundary=${h.BOUNDARY}` },
    h.multipart(h.BOUNDARY, chunks.map((chunk) => h.file(name, sum(chunk), packed ? zlib.gzipSync(chunk) : chunk))));
const assembleRaw = (server, body, { key = server.key, target = ASSEMBLE } = {}) =>
  send(server, 'POST', target, { ...bearer(server, key), 'Content-Type': 'application/json' }, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
const entry = (bytes, name, size = 16384, debug_id = SENTRY_ID) => ({ [sha1(bytes)]: { name, debug_id, chunks: pieces(bytes, size).map(sha1) } });
const assemble = async (server, files, how) => {
  const answer = await assembleRaw(server, files, how);
  assert.equal(answer.status, 200, h.text(answer));
  return json(answer);
};
const theOne = (answer) => Object.values(answer)[0];

test('sentry_options_when_asked_then_what_the_client_reads', async (t) => {
  const server = await h.startServer(t);
  const options = json(await send(server, 'GET', CHUNKS, bearer(server)));
  assert.equal(options.url, '/organizations/any/chunk-upload/');
  assert.equal(options.hashAlgorithm, 'sha1');
  assert.equal(Math.log2(options.chunkSize) % 1, 0, 'the client wants a power of two');
  assert.deepEqual(options.compression, ['gzip']);
  assert.ok(options.accept.includes('debug_files') && options.accept.includes('pdbs'));
  for (const name of ['chunksPerRequest', 'maxRequestSize', 'concurrency', 'maxFileSize', 'maxWait']) assert.ok(options[name] > 0, name);
  const refused = await send(server, 'GET', CHUNKS, bearer(server, 'wrong'));
  assert.equal(refused.status, 403);
  assert.match(json(refused).detail, /not known/);
  assert.equal((await send(server, 'GET', CHUNKS)).status, 401);
  assert.equal((await send(server, 'DELETE', CHUNKS, bearer(server))).status, 405);
  assert.equal((await send(server, 'GET', '/api/0/organizations//chunk-upload/', bearer(server))).status, 404);
});

test('sentry_chunks_when_all_have_come_then_the_file_is_there_and_no_chunk_is_left', async (t) => {
  const server = await h.startServer(t);
  const client = await h.signIn(server);
  assert.equal((await client.get('/projects/default/reports')).status, 200);
  const files = { ...entry(PDB, 'plain-x64.pdb'), ...entry(DLL, 'build/x64/plain-x64.dll') };
  const asked = await assemble(server, files);
  for (const [sum, { chunks }] of Object.entries(files)) {
    assert.equal(asked[sum].state, 'not_found');
    assert.deepEqual(new Set(asked[sum].missingChunks), new Set(chunks));
  }
  const all = [...pieces(PDB, 16384), ...pieces(DLL, 16384)];
  assert.equal((await uploadChunks(server, all.slice(1))).status, 200);
  assert.equal((await uploadChunks(server, all.slice(1, 3), { packed: false })).status, 200, 'twice, and as they are');
  const half = await assemble(server, files);
  assert.deepEqual(half[sha1(PDB)].missingChunks, [sha1(all[0])]);
  assert.equal(half[sha1(DLL)].state, 'ok');
  assert.ok(!kept(server).some((file) => file.endsWith('.pdb')), 'nothing of a file that is not whole');
  assert.equal((await uploadChunks(server, all.slice(0, 1))).status, 200);
  for (let i = 0; i < 2; i++) {
    const done = await assemble(server, files);
    assert.deepEqual(done[sha1(PDB)], { state: 'ok', detail: null, missingChunks: [], dif: { debugId: SENTRY_ID, objectName: 'plain-x64.pdb', cpuName: 'any', sha1: sha1(PDB) } });
    assert.equal(done[sha1(DLL)].dif.objectName, 'plain-x64.dll');
  }
  assert.deepEqual(kept(server), ['plain-x64.dll/8c708ef76000/plain-x64.dll', `plain-x64.pdb/${ID.toLowerCase()}/plain-x64.pdb`]);
});

test('sentry_assemble_when_another_file_took_the_place_then_it_is_asked_for_anew', async (t) => {
  const server = await h.startServer(t);
  const other = Buffer.concat([SYM, Buffer.from('PUBLIC 2000 0 g\n')]);
  const put = (bytes) => send(server, 'PUT', `/symbols/${SYM_PLACE}`, { 'Salvor-Key': server.key }, bytes);
  await uploadChunks(server, [SYM]);
  assert.equal(theOne(await assemble(server, entry(SYM, 'anything.sym', SYM.length))).state, 'ok');
  assert.equal((await put(SYM)).status, 200);
  assert.equal(theOne(await assemble(server, entry(SYM, 'anything.sym', SYM.length))).state, 'ok');
  assert.equal((await put(other)).status, 200);
  assert.equal(theOne(await assemble(server, entry(SYM, 'anything.sym', SYM.length))).state, 'not_found');
});

test('sentry_chunks_when_they_lie_then_refused_and_none_is_kept', async (t) => {
  const server = await h.startServer(t);
  const is = async (status, answer, sentence) => {
    const got = await answer;
    assert.equal(got.status, status, h.text(got));
    assert.match(json(got).detail, sentence);
  };
  await is(400, uploadChunks(server, [SYM], { sum: () => 'f'.repeat(40) }), /do not have the SHA-1/);
  for (const name of ['x', '../../../etc/passwd', '0'.repeat(39), `${'0'.repeat(40)}/..`, 'g'.repeat(40)])
    await is(400, uploadChunks(server, [SYM], { sum: () => name }), /file name is not the SHA-1/);
  await is(400, uploadChunks(server, [SYM], { name: 'upload' }), /neither file nor file_gzip/);
  await is(400, uploadChunks(server, [SYM], { packed: false, name: 'file_gzip' }), /damaged/);
  await is(413, uploadChunks(server, [Buffer.alloc((8 << 20) + 1)]), /larger/);
  await is(413, uploadChunks(server, [Buffer.alloc(200 << 20)]), /larger/);
  await is(400, uploadChunks(server, Array.from({ length: 65 }, (_, i) => Buffer.from([i]))), /./);
  assert.equal(kept(server).filter((file) => file.startsWith('.chunks')).length, 64, 'those before it were sound');
  await is(403, uploadChunks(server, [SYM], { key: 'wrong' }), /not known/);
  await is(400, send(server, 'POST', CHUNKS, bearer(server), SYM), /multipart/);
  assert.equal(kept(server).filter((file) => !file.startsWith('.chunks')).length, 0);
});

test('sentry_assemble_when_the_question_lies_then_an_error_for_that_file_and_nothing_is_kept', async (t) => {
  const server = await h.startServer(t, { args: ['--max-symbols', '200k'] });
  const failed = async (files, sentence) => {
    const answer = theOne(await assemble(server, files));
    assert.equal(answer.state, 'error', JSON.stringify(answer));
    assert.match(answer.detail, sentence);
    assert.deepEqual(answer.missingChunks, []);
  };
  const chunks = pieces(PDB, 16384);
  const load = () => uploadChunks(server, [...chunks, DLL, SYM, Buffer.alloc(1 << 20), Buffer.from('<html>')]);
  const sums = chunks.map(sha1);
  await load();
  await failed({ [sha1(PDB)]: { name: 'plain-x64.pdb', chunks: [...sums].reverse() } }, /does not have the SHA-1/);
  assert.ok(!kept(server).some((file) => file.endsWith(sums[0])), 'chunks of no file are sent again');
  await load();
  await failed({ ['f'.repeat(40)]: { name: 'plain-x64.pdb', chunks: sums } }, /does not have the SHA-1/);
  await load();
  await failed({ [sha1(PDB)]: { name: 'plain-x64.exe', chunks: sums } }, /does not end in \.pdb/);
  await load();
  await failed({ [sha1(PDB)]: { name: 'plain-x64.pdb', debug_id: SENTRY_ID.replace('5', '6'), chunks: sums } }, /belongs to another build/);
  for (const name of ['..', 'con', '', '.', '.chunks']) {
    await load();
    await failed({ [sha1(DLL)]: { name, chunks: [sha1(DLL)] } }, /no symbol store can hold|does not tell its own name/);
  }
  await load();
  await failed({ [sha1('<html>')]: { name: 'x.pdb', chunks: [sha1('<html>')] } }, /is no PDB, image or Breakpad symbol file/);
  await load();
  await failed({ [sha1(DLL)]: { name: 'big.dll', chunks: Array(1000).fill(sha1(Buffer.alloc(1 << 20))) } }, /larger than this server takes/);
  for (const value of [{}, [], 'x', 1, null, { name: 'x', chunks: 'x' }, { name: 'x', chunks: [1] }, { name: 'x', chunks: ['x'] }, { name: 1, chunks: [] },
    { name: 'x', chunks: [], debug_id: 'x' }, { name: 'x', chunks: [], debug_id: 1 }, { name: 'x', chunks: Array(70000).fill('0'.repeat(40)) }])
    await failed({ [sha1(DLL)]: value }, /what cannot be/);
  await failed({ '../x': { name: 'x', chunks: [] } }, /what cannot be/);
  await failed({ [sha1('')]: { name: 'x.pdb', chunks: [] } }, /is no PDB, image or Breakpad symbol file/);
  for (const body of ['', '[]', '{', 'null', '{"x":{"name":"a\\u0000b"}}', `{"a":1,"a":2}`, '['.repeat(100000)]) assert.equal((await assembleRaw(server, body)).status, 400, body.slice(0, 20));
  assert.equal((await assembleRaw(server, ' '.repeat((16 << 20) + 1))).status, 413);
  const refused = await assembleRaw(server, {}, { target: ASSEMBLE.replace('default', 'other') });
  assert.equal(refused.status, 403);
  assert.match(json(refused).detail, /another project/);
  assert.equal(kept(server).filter((file) => !file.startsWith('.chunks')).length, 0);
});

test('sentry_chunks_when_another_project_has_them_then_they_are_not_seen', async (t) => {
  const server = await h.startServer(t);
  const key = newKey(server, 'other');
  await uploadChunks(server, [SYM]);
  const asked = await assemble(server, entry(SYM, 'app.sym', SYM.length), { key, target: ASSEMBLE.replace('default', 'other') });
  assert.equal(theOne(asked).state, 'not_found');
});

test('sentry_chunks_when_the_server_dies_then_the_upload_goes_on_where_it_was', async (t) => {
  const first = await h.startServer(t);
  const chunks = pieces(PDB, 16384);
  await uploadChunks(first, chunks.slice(0, 2));
  await first.stop('SIGKILL');
  const server = await h.startServer(t, { data: first.data });
  server.key = first.key;
  const asked = theOne(await assemble(server, entry(PDB, 'plain-x64.pdb')));
  assert.deepEqual(asked.missingChunks, chunks.slice(2).map(sha1));
  await uploadChunks(server, chunks.slice(2));
  assert.equal(theOne(await assemble(server, entry(PDB, 'plain-x64.pdb'))).state, 'ok');
  assert.deepEqual(kept(server), [`plain-x64.pdb/${ID.toLowerCase()}/plain-x64.pdb`]);
});

test('sentry_chunks_when_they_are_more_than_may_wait_then_503', async (t) => {
  const server = await h.startServer(t, { args: ['--max-pending', '100k'] });
  const noise = (seed) => createHash('shake256', { outputLength: 40000 }).update(String(seed)).digest();
  assert.equal((await uploadChunks(server, [noise(1), noise(2)])).status, 200);
  const refused = await uploadChunks(server, [noise(3)]);
  assert.equal(refused.status, 503);
  assert.ok(refused.headers['Retry-After']);
  assert.match(json(refused).detail, /no space/);
});
