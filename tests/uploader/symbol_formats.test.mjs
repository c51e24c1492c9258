// A build's symbols on their way to servers of others: each request is taken apart as that server's source does it.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { scene, start } from './harness.mjs';
import { partsOf } from './server.mjs';

const data = fileURLToPath(new URL('../data/symbols/', import.meta.url));
const symId = '5A9832E5287241C1838ED98914E9B7FF1';
const sym = `MODULE windows x86_64 ${symId} Other.pdb\nPUBLIC 1000 0 main\n`;
const pdb = fs.readFileSync(path.join(data, 'plain-x64.pdb')), dll = fs.readFileSync(path.join(data, 'plain-x64.dll'));

function build(dir) {
  const out = path.join(dir, 'out');
  fs.mkdirSync(out);
  fs.copyFileSync(path.join(data, 'plain-x64.dll'), path.join(out, 'plain-x64.dll'));
  fs.copyFileSync(path.join(data, 'plain-x64.pdb'), path.join(out, 'plain-x64.pdb'));
  fs.writeFileSync(path.join(out, 'anything.sym'), sym);
  return out;
}

// Keeps what comes; handle(request) gives [status, body, headers].
async function listen(t, handle) {
  const state = { requests: [] };
  const server = http.createServer((message, response) => {
    const parts = [];
    message.on('data', part => parts.push(part)).on('end', () => {
      const request = { method: message.method, url: new URL(message.url, 'http://x'), headers: message.headers, body: Buffer.concat(parts) };
      state.requests.push(request);
      const [status, body = '', headers = {}] = handle(request);
      response.writeHead(status, headers).end(body);
    }).on('error', () => {});
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${server.address().port}`;
  t.after(() => { server.closeAllConnections(); server.close(); });
  return state;
}

const summary = stdout => stdout.split(/\r?\n/).find(line => line.startsWith('salvor-upload symbols found'));
const send = (server, format, dir, ...more) => start(['--format', format, '--url', server.url, '--symbols', ...more, dir]);

// -- Breakpad: simple-breakpad-server and the like read a form; so do we (server/depot/form_service.c) --

test('breakpad: each .sym is a form that its MODULE line fills; images and PDBs are left out and told', async t => {
  const { dir } = await scene(t, '');
  const server = await listen(t, () => [200, 'ok']);
  const result = await send(server, 'breakpad', build(dir), '--key', 'k-1');
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stdout, /left_out=2: servers of the format breakpad take \.sym files only/);
  assert.equal(summary(result.stdout), 'salvor-upload symbols found=1 present=0 uploaded=1 refused=0 unreadable=0 waiting=0');
  const [request] = server.requests;
  assert.deepEqual([request.method, request.url.pathname, request.url.search], ['POST', '/symbols', '?key=k-1']);
  assert.equal(request.headers['content-encoding'], undefined, 'old servers inflate nothing');
  const parts = partsOf(request.headers['content-type'], request.body);
  const fields = Object.fromEntries(parts.filter(part => part.filename === undefined).map(part => [part.name, part.content.toString()]));
  assert.deepEqual(fields, { code_file: 'Other.pdb', cpu: 'x86_64', debug_file: 'Other.pdb', debug_identifier: symId, os: 'windows' });
  const file = parts.find(part => part.filename !== undefined);
  assert.deepEqual([file.name, file.filename, file.content.toString()], ['symbol_file', 'Other.sym', sym]);
});

test('breakpad: build without .sym files is told what is wanted', async t => {
  const { dir } = await scene(t, '');
  const server = await listen(t, () => [200]);
  const out = build(dir);
  fs.rmSync(path.join(out, 'anything.sym'));
  const result = await send(server, 'breakpad', out);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /no \.sym file was found/);
  assert.equal(server.requests.length, 0);
});

// -- Backtrace: the file is the body, its name and the token stand in the address --

test('backtrace: each file is a body with its name in the address', async t => {
  const { dir } = await scene(t, '');
  const server = await listen(t, () => [200, '{"response":"ok"}']);
  const result = await send(server, 'backtrace', build(dir), '--key', 'token-1');
  assert.equal(result.code, 0, result.stderr);
  assert.equal(summary(result.stdout), 'salvor-upload symbols found=3 present=0 uploaded=3 refused=0 unreadable=0 waiting=0');
  const got = Object.fromEntries(server.requests.map(({ method, url, headers, body }) => {
    assert.deepEqual([method, url.pathname, url.searchParams.get('format'), url.searchParams.get('token')], ['POST', '/post', 'symbols', 'token-1']);
    assert.equal(headers['content-encoding'], 'gzip');
    return [url.searchParams.get('upload_file'), zlib.gunzipSync(body)];
  }));
  assert.deepEqual(got, { 'Other.sym': Buffer.from(sym), 'plain-x64.dll': dll, 'plain-x64.pdb': pdb });
  const plain = await send(server, 'backtrace', build(fs.mkdtempSync(path.join(dir, 'x'))), '--no-gzip');
  assert.equal(plain.code, 0, plain.stderr);
  assert.equal(server.requests.at(-1).headers['content-encoding'], undefined);
});

// -- Socorro: Tecken's upload_archive opens the first file of the form by Python's zipfile, which goes by the central directory --

function zipEntries(bytes) {
  const end = bytes.lastIndexOf('PK\x05\x06', bytes.length, 'latin1');
  assert.equal(end, bytes.length - 22);
  const entries = {};
  let at = bytes.readUInt32LE(end + 16);
  for (let i = 0; i < bytes.readUInt16LE(end + 10); i++) {
    assert.equal(bytes.toString('latin1', at, at + 4), 'PK\x01\x02');
    const [crc, packed, plain] = [16, 20, 24].map(offset => bytes.readUInt32LE(at + offset));
    const nameBytes = bytes.readUInt16LE(at + 28), local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameBytes);
    assert.equal(bytes.toString('latin1', local, local + 4), 'PK\x03\x04');
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    assert.equal(bytes.readUInt16LE(at + 10), 8);
    const content = zlib.inflateRawSync(bytes.subarray(from, from + packed));
    assert.equal(content.length, plain);
    assert.deepEqual([8, 12, 16].map(offset => bytes.readUInt32LE(from + packed + offset - 4)), [crc, packed, plain], 'the descriptor says the same');
    entries[name] = content;
    at += 46 + nameBytes;
  }
  return entries;
}

// check_symbols_archive_file_listing.
function tecken(request) {
  assert.equal(request.headers['auth-token'], 'token-2');
  const [file] = partsOf(request.headers['content-type'], request.body).filter(part => part.filename !== undefined);
  assert.match(file.name, /\.zip$/);
  const entries = zipEntries(file.content);
  for (const name of Object.keys(entries)) {
    const split = name.split('/');
    assert.equal(split.length, 3);
    assert.match(split[1], /^[a-f0-9]+$/i);
  }
  return entries;
}

test('socorro: each file is an archive that holds its address', async t => {
  const { dir } = await scene(t, '');
  const server = await listen(t, () => [201, '{}', { 'Content-Type': 'application/json' }]);
  const result = await send(server, 'socorro', build(dir), '--key', 'token-2');
  assert.equal(result.code, 0, result.stderr);
  assert.equal(summary(result.stdout), 'salvor-upload symbols found=3 present=0 uploaded=3 refused=0 unreadable=0 waiting=0');
  const got = Object.assign({}, ...server.requests.map(request => {
    assert.deepEqual([request.method, request.url.pathname, request.headers['content-encoding']], ['POST', '/upload/', undefined]);
    return tecken(request);
  }));
  assert.deepEqual(got, {
    [`Other.pdb/${symId}/Other.sym`]: Buffer.from(sym),
    'plain-x64.dll/8C708EF76000/plain-x64.dll': dll,
    'plain-x64.pdb/506DD4D554C735364C4C44205044422E1/plain-x64.pdb': pdb,
  });
});

for (const [format, more] of [['breakpad', []], ['backtrace', []], ['socorro', []], ['sentry', ['--project', 'o/p']]]) {
  test(`${format}: refusals and a server that is away are told`, async t => {
    const { dir } = await scene(t, '');
    const out = build(dir);
    for (const [status, code, sentence] of [[403, 1, /the server answered 403: no such key\. Check --url, --key and --project\./], [503, 3, /the server answered 503: .*Try again later/]]) {
      const server = await listen(t, () => [status, 'no such key\n']);
      const result = await send(server, format, out, ...more);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, sentence);
      assert.equal(server.requests.length, 1, 'the next one would fare no better');
    }
    const refused = await listen(t, ({ url }) => url.pathname.endsWith('/chunk-upload/') ? [200, '{"chunkSize":8388608}'] : [400, 'damaged\n']);
    const result = await send(refused, format, out, ...more);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /was not taken: the server answered 400: damaged\./);
  });
}

// -- Sentry: chunk uploads. The server says what it lacks of a file, puts it together later, and knows it the next time --

const sha1 = bytes => crypto.createHash('sha1').update(bytes).digest('hex');
const json = value => [200, JSON.stringify(value), { 'Content-Type': 'application/json' }];

// options.chunkSize; options.polls: how often a file is said to be under way; options.answer(sum, file): another answer.
function sentry(options = {}) {
  const state = { chunks: new Map(), files: new Map(), polls: options.polls ?? 0, asked: [] };
  state.handle = request => {
    if (request.headers.authorization !== 'Bearer token-3') return [401, '{"detail":"no token"}', { 'Content-Type': 'application/json' }];
    const { method, url: { pathname } } = request;
    if (pathname === '/api/0/organizations/my%20org/chunk-upload/' && method === 'GET')
      return json({ url: 'https://elsewhere.example.com/upload', chunkSize: options.chunkSize ?? 65536, chunksPerRequest: 64, maxFileSize: 2147483648,
        maxRequestSize: 33554432, concurrency: 8, hashAlgorithm: 'sha1', compression: ['gzip'], accept: ['debug_files', { later: [null, -1.5] }] });
    if (pathname === '/api/0/organizations/my%20org/chunk-upload/' && method === 'POST') {
      for (const part of partsOf(request.headers['content-type'], request.body)) {
        assert.equal(part.name, 'file_gzip');
        const chunk = zlib.gunzipSync(part.content);
        assert.ok(chunk.length <= (options.chunkSize ?? 65536));
        assert.equal(sha1(chunk), part.filename, 'Checksum mismatch');
        state.chunks.set(part.filename, chunk);
      }
      return [200];
    }
    assert.deepEqual([method, pathname, request.headers['content-type']], ['POST', '/api/0/projects/my%20org/app/files/difs/assemble/', 'application/json']);
    const answer = {};
    for (const [sum, { name, debug_id, chunks }] of Object.entries(JSON.parse(request.body))) {
      state.asked.push({ sum, name, debug_id });
      const missing = chunks.filter(chunk => !state.chunks.has(chunk));
      if (state.files.has(name)) answer[sum] = { state: 'ok', missingChunks: [], detail: null, dif: { id: '1', objectName: name } };
      else if (options.answer?.(name)) answer[sum] = options.answer(name);
      else if (missing.length) answer[sum] = { state: 'not_found', missingChunks: missing };
      else if (state.polls-- > 0) answer[sum] = { state: state.polls % 2 ? 'created' : 'assembling', missingChunks: [] };
      else {
        const bytes = Buffer.concat(chunks.map(chunk => state.chunks.get(chunk)));
        assert.equal(sha1(bytes), sum);
        state.files.set(name, bytes);
        answer[sum] = { state: 'ok', missingChunks: [], detail: null, dif: { objectName: name } };
      }
    }
    return json(answer);
  };
  return state;
}
const sentryArgs = ['--key', 'token-3', '--project', 'my org/app'];

test('sentry: files come in chunks, are waited for, and are known the next time', async t => {
  const { dir } = await scene(t, '');
  const far = sentry({ polls: 1 }), server = await listen(t, far.handle), out = build(dir);
  const large = Buffer.concat([Buffer.from(sym), Buffer.from('# '), crypto.randomBytes(100000), Buffer.from('\n')]);
  fs.writeFileSync(path.join(out, 'anything.sym'), large);
  const first = await send(server, 'sentry', out, ...sentryArgs);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(summary(first.stdout), 'salvor-upload symbols found=3 present=0 uploaded=3 refused=0 unreadable=0 waiting=0');
  assert.deepEqual(Object.fromEntries(far.files), { 'Other.sym': large, 'plain-x64.dll': dll, 'plain-x64.pdb': pdb });
  const ids = Object.fromEntries(far.asked.map(({ name, debug_id }) => [name, debug_id]));
  assert.deepEqual(ids, { 'Other.sym': '5a9832e5-2872-41c1-838e-d98914e9b7ff-1', 'plain-x64.dll': undefined, 'plain-x64.pdb': '506dd4d5-54c7-3536-4c4c-44205044422e-1' });
  const before = server.requests.length;
  const second = await send(server, 'sentry', out, ...sentryArgs);
  assert.equal(second.code, 0, second.stderr);
  assert.equal(summary(second.stdout), 'salvor-upload symbols found=3 present=3 uploaded=0 refused=0 unreadable=0 waiting=0');
  assert.equal(server.requests.length, before + 4, 'one question for each file');
});

test('sentry: file that is refused is told in the server’s words, the others arrive', async t => {
  const { dir } = await scene(t, '');
  const far = sentry({ answer: name => name.endsWith('.dll') && { state: 'error', missingChunks: [], detail: 'Unsupported \u00e9 "format"' } });
  const server = await listen(t, far.handle);
  const result = await send(server, 'sentry', build(dir), ...sentryArgs);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /plain-x64\.dll" was not taken: the server says: Unsupported é "format"\.\r?\n$/);
  assert.equal(summary(result.stdout), 'salvor-upload symbols found=3 present=0 uploaded=2 refused=1 unreadable=0 waiting=0');
});

for (const [what, handle] of [
  ['no Sentry', () => [200, '<html>']],
  ['one with chunks of no size', () => json({ chunkSize: 0 })],
  ['one with a list for options', () => json([1])],
])
  test(`sentry: server that is ${what} is not believed`, async t => {
    const { dir } = await scene(t, '');
    const server = await listen(t, handle);
    const result = await send(server, 'sentry', build(dir), ...sentryArgs);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /none that Sentry gives to symbols/);
    assert.equal(server.requests.length, 1);
  });

for (const [what, answer] of [
  ['speaks of another file', '{"0000000000000000000000000000000000000000":{"state":"ok","missingChunks":[]}}'],
  ['breaks off', '{"'], ['has no state', null], ['is a page', '<html>'],
])
  test(`sentry: answer that ${what} is not believed`, async t => {
    const { dir } = await scene(t, '');
    const server = await listen(t, request => {
      if (request.method === 'GET') return json({ chunkSize: 65536 });
      const [sum] = Object.keys(JSON.parse(request.body));
      return [200, answer ?? JSON.stringify({ [sum]: { missingChunks: [] } })];
    });
    const result = await send(server, 'sentry', build(dir), ...sentryArgs);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /none that Sentry gives to symbols/);
  });

test('sentry: server that forgets what came makes the file wait', async t => {
  const { dir } = await scene(t, '');
  const far = sentry();
  const server = await listen(t, request => {
    far.chunks.clear();
    return far.handle(request);
  });
  const result = await send(server, 'sentry', build(dir), ...sentryArgs);
  assert.equal(result.code, 3);
  assert.match(result.stderr, /the server lost what had been sent\. Try again later/);
});
