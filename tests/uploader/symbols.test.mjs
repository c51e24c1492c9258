// A build machine brings its symbols to a server that follows docs/protocol.md: what it lacks, once, and nothing else.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import zlib from 'node:zlib';
import { dumpFile, isWindows, scene, start } from './harness.mjs';
import { answer } from './server.mjs';

const data = fileURLToPath(new URL('../data/symbols/', import.meta.url));
const sym = 'MODULE windows x86_64 5A9832E5287241C1838ED98914E9B7FF1 Other.pdb\nPUBLIC 1000 0 main\n';

// A build's output: two images, their PDBs under names that say nothing, Breakpad text, and what is none of these.
function build(dir) {
  const out = path.join(dir, 'out');
  fs.mkdirSync(path.join(out, 'deep/er'), { recursive: true });
  fs.copyFileSync(path.join(data, 'plain-x64.dll'), path.join(out, 'plain-x64.dll'));
  fs.copyFileSync(path.join(data, 'plain-x64.pdb'), path.join(out, 'deep/plain-x64.bin'));
  fs.copyFileSync(path.join(data, 'plain-x86.dll'), path.join(out, 'deep/er/plain x86.dll'));
  fs.writeFileSync(path.join(out, 'deep/er/symbols.txt'), sym);
  fs.writeFileSync(path.join(out, 'readme.pdb'), 'no PDB at all');
  fs.writeFileSync(path.join(out, 'empty.sym'), '');
  fs.copyFileSync(path.join(out, 'plain-x64.dll'), path.join(out, 'deep/plain-x64.dll')); // the same once more
  return out;
}

const bytesOf = request => new Promise((resolve, reject) => {
  const parts = [];
  request.on('data', part => parts.push(part)).on('end', () => resolve(Buffer.concat(parts))).on('error', reject);
});

// The server's part of the protocol. options.put(address, bytes, response, socket): answers by itself when it returns true.
async function symbolServer(t, options = {}) {
  const state = { kept: new Map(), questions: [], puts: [], keys: new Set() };
  const server = http.createServer(async (request, response) => {
    const raw = await bytesOf(request).catch(() => null);
    if (!raw) return;
    const bytes = request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(raw) : raw;
    state.keys.add(request.headers['salvor-key']);
    if (options.any?.(request, response)) return;
    const where = request.url.split('/').map(decodeURIComponent);
    if (request.method === 'POST' && where[1] === 'api' && where[3] === 'symbols' && where[4] === 'missing') {
      const asked = JSON.parse(bytes);
      state.questions.push({ project: where[2], asked });
      const missing = asked.filter(({ name, id, file }) => !state.kept.has(`${name}/${id}/${file ?? name}`.toLowerCase()));
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(missing));
    } else if (request.method === 'PUT' && where[1] === 'symbols' && where.length === 5) {
      const address = where.slice(2).join('/');
      state.puts.push({ address, bytes, headers: request.headers });
      if (options.put?.(address, bytes, response, request.socket)) return;
      const isNew = !state.kept.has(address.toLowerCase());
      state.kept.set(address.toLowerCase(), bytes);
      response.writeHead(isNew ? 201 : 200).end('taken\n');
    } else {
      response.writeHead(404).end('no such route\n');
    }
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${server.address().port}`;
  t.after(() => { server.closeAllConnections(); server.close(); });
  return state;
}

const summary = stdout => stdout.split(/\r?\n/).find(line => line.startsWith('salvor-upload symbols '));

test('symbols: every kind is found by its contents and arrives whole; a second run sends nothing', async t => {
  const { dir } = await scene(t, '');
  const server = await symbolServer(t);
  const args = ['--url', `${server.url}/submit`, '--key', 'k-1', '--project', 'my app', '--symbols', build(dir)];
  const first = await start(args);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(first.stderr, '');
  assert.equal(summary(first.stdout), 'salvor-upload symbols found=4 present=0 uploaded=4 refused=0 unreadable=0 waiting=0');
  assert.equal(server.questions[0].project, 'my app');
  assert.deepEqual([...server.keys], ['k-1']);
  const addresses = server.puts.map(put => put.address);
  assert.match(addresses[0], /^Other\.pdb\/5A9832E5287241C1838ED98914E9B7FF1\/Other\.sym$/);
  assert.match(addresses[1], /^plain x86\.dll\/[0-9A-F]{8}[0-9a-f]+\/plain x86\.dll$/);
  assert.match(addresses[2], /^plain-x64\.bin\/[0-9A-F]{33}\/plain-x64\.bin$/);
  assert.match(addresses[3], /^plain-x64\.dll\/[0-9A-F]{8}[0-9a-f]+\/plain-x64\.dll$/);
  assert.equal(server.puts[0].bytes.toString(), sym);
  assert.ok(server.puts[2].bytes.equals(fs.readFileSync(path.join(data, 'plain-x64.pdb'))));
  for (const { headers } of server.puts) {
    assert.equal(headers['content-encoding'], 'gzip');
    assert.ok(Number(headers['content-length']) > 0);
  }
  const second = await start(args);
  assert.equal(second.code, 0, second.stderr);
  assert.equal(summary(second.stdout), 'salvor-upload symbols found=4 present=4 uploaded=0 refused=0 unreadable=0 waiting=0');
  assert.equal(server.puts.length, 4);
});

test('symbols: run that was broken off goes on where it stopped', async t => {
  const { dir } = await scene(t, '');
  let isWell = false;
  const server = await symbolServer(t, {
    put: (address, bytes, response, socket) => { if (isWell || server.kept.size < 2) return false; socket.destroy(); return true; },
  });
  const args = ['--url', server.url, '--symbols', build(dir)];
  const first = await start(args);
  assert.equal(first.code, 3, first.stderr);
  assert.match(first.stderr, /was not taken: no answer: .* Try again later: what has arrived is not sent again\./);
  assert.equal(summary(first.stdout), 'salvor-upload symbols found=4 present=0 uploaded=2 refused=0 unreadable=0 waiting=2');
  isWell = true;
  const second = await start(args);
  assert.equal(second.code, 0, second.stderr);
  assert.equal(summary(second.stdout), 'salvor-upload symbols found=4 present=2 uploaded=2 refused=0 unreadable=0 waiting=0');
});

test('symbols: file that the server refuses is told, and the others arrive', async t => {
  const { dir } = await scene(t, '');
  const server = await symbolServer(t, {
    put: (address, bytes, response) => { if (!address.endsWith('.bin')) return false; response.writeHead(422).end('the PDB has no debug information.\n'); return true; },
  });
  const result = await start(['--url', server.url, '--symbols', build(dir)]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /plain-x64\.bin" was not taken: the server answered 422: the PDB has no debug information\.\r?\n$/);
  assert.equal(summary(result.stdout), 'salvor-upload symbols found=4 present=0 uploaded=3 refused=1 unreadable=0 waiting=0');
});

test('symbols: damaged file is told and left out, the others arrive', async t => {
  const { dir } = await scene(t, '');
  const server = await symbolServer(t);
  const out = build(dir);
  fs.truncateSync(path.join(out, 'deep/plain-x64.bin'), 3000);
  const result = await start(['--url', server.url, '--symbols', out]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /plain-x64\.bin" is left out: it .+\.\r?\n$/);
  assert.equal(summary(result.stdout), 'salvor-upload symbols found=3 present=0 uploaded=3 refused=0 unreadable=1 waiting=0');
});

test('symbols: key that is refused stops before anything is sent', async t => {
  const { dir } = await scene(t, '');
  const server = await symbolServer(t, { any: (request, response) => { response.writeHead(403).end('unknown key\n'); return true; } });
  const result = await start(['--url', server.url, '--key', 'wrong', '--symbols', build(dir)]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /^salvor-upload: what the server lacks is not known: the server answered 403: unknown key\. Check --url, --key and --project\.\r?\n$/);
  assert.equal(server.puts.length, 0);
});

test('symbols: server without room stops the run and is asked again later', async t => {
  const { dir } = await scene(t, '');
  const server = await symbolServer(t, { put: (address, bytes, response) => { response.writeHead(503, { 'Retry-After': 60 }).end('disk full\n'); return true; } });
  const result = await start(['--url', server.url, '--symbols', build(dir)]);
  assert.equal(result.code, 3);
  assert.equal(server.puts.length, 1);
  assert.equal(summary(result.stdout), 'salvor-upload symbols found=4 present=0 uploaded=0 refused=0 unreadable=0 waiting=4');
});

for (const [what, reply] of [['a page of HTML', '<html>login</html>'], ['nothing', ''], ['files that were not asked for', '[{"name":"x","id":"1"}]']])
  test(`symbols: answer that is ${what} is not believed`, async t => {
    const { dir } = await scene(t, '');
    const server = await symbolServer(t, { any: (request, response) => { response.end(reply); return true; } });
    const result = await start(['--url', server.url, '--symbols', build(dir)]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /no list of symbol files/);
    assert.equal(server.puts.length, 0);
  });

test('symbols: answer without end is cut off', async t => {
  const { dir } = await scene(t, '');
  let sent = 0;
  const server = await symbolServer(t, {
    any: (request, response) => {
      const pour = () => { while (sent < 1 << 30 && !response.destroyed) { sent += 1 << 20; if (!response.write(' '.repeat(1 << 20))) return; } };
      response.on('drain', pour);
      pour();
      return true;
    },
  });
  const result = await start(['--url', server.url, '--symbols', build(dir)]);
  assert.equal(result.code, 1, result.stderr);
  assert.ok(sent < 64 << 20, `${sent} bytes were taken`);
});

test('symbols: folder that holds none, or is missing, is an error', async t => {
  const { dir } = await scene(t, '');
  const server = await symbolServer(t);
  const none = await start(['--url', server.url, '--symbols', path.dirname(dumpFile(dir))]);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /no PE, PDB or \.sym file was found/);
  const missing = await start(['--url', server.url, '--symbols', path.join(dir, 'none')]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /none" is left out: it cannot be read: not found/);
  assert.equal(server.questions.length, 0);
});

test('symbols: links inside are not followed, a link that is named is', { skip: isWindows && 'links take rights on Windows' }, async t => {
  const { dir } = await scene(t, '');
  const server = await symbolServer(t);
  const out = build(dir);
  fs.symlinkSync(out, path.join(out, 'deep/loop'));
  fs.symlinkSync(out, path.join(dir, 'link'));
  const result = await start(['--url', server.url, '--symbols', path.join(dir, 'link')]);
  assert.equal(result.code, 0, result.stderr);
  assert.match(summary(result.stdout), /found=4 /);
});

for (const [what, args, pattern] of [
  ['nothing named', ['--symbols'], /no folder is named/],
  ['a queue', ['--symbols', '--queue', 'q', 'x'], /--symbols takes folders and files only/],
  ['a format that takes none', ['--symbols', '--format', 'bugsplat', 'x'], /BugSplat takes symbols through its own store only/],
  ['Sentry and half a project', ['--symbols', '--format', 'sentry', '--project', 'mine', 'x'], /--project ORGANIZATION\/PROJECT/],
])
  test(`symbols with ${what} is wrong usage`, async t => {
    const { server } = await scene(t, answer(200));
    const result = await start(['--url', server.url, ...args]);
    assert.equal(result.code, 2, result.stderr);
    assert.match(result.stderr, pattern);
  });
