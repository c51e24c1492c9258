// What the server tests share: a real salvor-server on a free port, raw sockets, and bodies made byte by byte.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

export const HERE = path.dirname(fileURLToPath(import.meta.url));
export const SERVER = process.env.SALVOR_SERVER;
assert.ok(SERVER && existsSync(SERVER), 'SALVOR_SERVER names the server program');

export const CRLF = '\r\n';
const START_LIMIT_MS = 30000;
export const WAIT_LIMIT_MS = 30000;

/** A fresh folder that goes when the test ends. */
export function tempFolder(t) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'salvor-server-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts `salvor-server serve` and waits for its line. prefix: words to put before the program. */
export async function startServer(t, { data = tempFolder(t), args = [], prefix = [], listen = '127.0.0.1:0', cwd } = {}) {
  const words = [...prefix, SERVER, 'serve', '--data', data, '--listen', listen, '--print-credentials', ...args];
  const child = spawn(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], cwd });
  const server = { data, child, stdout: '', stderr: '', exited: once(child, 'exit') };
  t.after(async () => {
    child.kill('SIGKILL');
    await server.exited;
  });
  child.stderr.on('data', (bytes) => (server.stderr += bytes));
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no "listening" line: ${server.stdout}${server.stderr}`)), START_LIMIT_MS);
    child.stdout.on('data', (bytes) => {
      server.stdout += bytes;
      if (/^salvor-server listening .*\n/m.test(server.stdout)) resolve(clearTimeout(timer));
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${server.stdout}${server.stderr}`)));
  });
  server.url = server.stdout.match(/^salvor-server listening (\S+)$/m)[1];
  server.port = Number(new URL(server.url).port);
  server.key = server.stdout.match(/^project default key (\S+)$/m)?.[1];
  server.password = server.stdout.match(/^administrator admin password (\S+)$/m)?.[1];
  server.stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    return (await server.exited)[0];
  };
  return server;
}

/** Runs a sub-command; input goes to its standard input. */
export function run(args, input = '') {
  return spawnSync(SERVER, args, { input, encoding: 'utf8', timeout: WAIT_LIMIT_MS });
}

// -- waiting --

/** Asks again until probe gives something; a test that waits for ever is cut off by WAIT_LIMIT_MS. */
export async function until(what, probe) {
  const deadline = Date.now() + WAIT_LIMIT_MS;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`did not come: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

// -- the data folder --

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(full) : [full];
  });
}

/** What uploads have left on the disk, as paths below the data folder. */
export function leftovers(server) {
  return [...filesBelow(path.join(server.data, 'tmp')), ...filesBelow(path.join(server.data, 'blobs'))].map((file) =>
    path.relative(server.data, file),
  );
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
export const blobPath = (server, hash) => path.join(server.data, 'blobs', hash.slice(0, 2), hash);
export const fileSize = (file) => statSync(file).size;

// -- minidumps --

export const realDump = (name) => readFileSync(path.join(HERE, '../data', name));

/** A minidump with one stream (a comment, unless told otherwise) and so many bytes after it; seed makes its content its own. */
export function tinyDump({ seed = 'a', extra = 0, time = 1700000000, type = 10, stream = `comment ${seed}\0` } = {}) {
  const comment = Buffer.from(stream);
  const head = Buffer.alloc(32 + 12);
  head.write('MDMP', 0, 'latin1');
  head.writeUInt32LE(0xa793, 4);
  head.writeUInt32LE(1, 8);
  head.writeUInt32LE(32, 12);
  head.writeUInt32LE(time, 20);
  head.writeUInt32LE(type, 32); // 10: CommentStreamA
  head.writeUInt32LE(comment.length, 36);
  head.writeUInt32LE(44, 40);
  return Buffer.concat([head, comment, Buffer.alloc(extra, seed)]);
}

// -- bodies --

const asBuffer = (value) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)));

/** One part; headers is the whole header block without its last blank line. */
export const part = (headers, value) => ({ headers, value: asBuffer(value) });
export const field = (name, value) => part(`Content-Disposition: form-data; name="${name}"`, value);
export const file = (name, fileName, value, type = 'application/octet-stream') =>
  part(
    `Content-Disposition: form-data; name="${name}"; filename="${fileName}"${type ? `${CRLF}Content-Type: ${type}` : ''}`,
    value,
  );
export const dumpPart = (value, fileName = 'crash.dmp') => file('upload_file_minidump', fileName, value);

/** A correct multipart body; lineBreakAtEnd: false leaves out the CRLF before the closing boundary, as Breakpad on Windows does. */
export function multipart(boundary, parts, { lineBreakAtEnd = true, close = `--${boundary}--${CRLF}` } = {}) {
  const pieces = parts.flatMap(({ headers, value }, index) => [
    Buffer.from(`--${boundary}${CRLF}${headers}${CRLF}${CRLF}`),
    value,
    Buffer.from(lineBreakAtEnd || index + 1 < parts.length ? CRLF : ''),
  ]);
  return Buffer.concat([...pieces, Buffer.from(close)]);
}

/** Transfer-Encoding: chunked, in chunks of size bytes. */
export function chunked(body, size = 4096) {
  const pieces = [];
  for (let at = 0; at < body.length; at += size) {
    const piece = body.subarray(at, at + size);
    pieces.push(Buffer.from(`${piece.length.toString(16)}${CRLF}`), piece, Buffer.from(CRLF));
  }
  return Buffer.concat([...pieces, Buffer.from(`0${CRLF}${CRLF}`)]);
}

export const gzip = (bytes) => zlib.gzipSync(bytes);

// -- raw requests --

function parseResponse(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  assert.ok(end >= 0, `no response head in ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`);
  const [statusLine, ...lines] = bytes.subarray(0, end).toString('latin1').split(CRLF);
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
  return { status: Number(statusLine.split(' ')[1]), statusLine, headers, body: bytes.subarray(end + 4) };
}

const INTERIM = /^HTTP\/1\.1 100 [^\r]*\r\n\r\n/;

const isWhole = (bytes) => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = bytes.subarray(0, end).toString('latin1').match(/^Content-Length: (\d+)$/m);
  return length !== null && bytes.length - end - 4 >= Number(length[1]);
};

/**
 * Sends bytes (or an array of pieces, each in a write of its own) and reads one answer. It is whole by its Content-Length, which must be
 * written exactly so: Crashpad looks for it by exact case.
 */
export function exchange(server, pieces) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1');
    let received = Buffer.alloc(0);
    const finish = (make) => {
      socket.destroy();
      try {
        resolve(make());
      } catch (error) {
        reject(error);
      }
    };
    socket.setTimeout(WAIT_LIMIT_MS, () => reject(new Error('no answer')));
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      const interim = received.toString('latin1').match(INTERIM);
      if (interim) received = received.subarray(interim[0].length);
      if (isWhole(received)) finish(() => parseResponse(received));
    });
    socket.on('close', () => finish(() => parseResponse(received)));
    socket.on('error', (error) => (received.length ? finish(() => parseResponse(received)) : reject(error)));
    for (const piece of Array.isArray(pieces) ? pieces : [pieces]) socket.write(piece);
  });
}

/** A request's bytes: head lines are given as they go over the wire. */
export function request(head, body = Buffer.alloc(0)) {
  return Buffer.concat([Buffer.from(head.join(CRLF) + CRLF + CRLF), asBuffer(body)]);
}

/** An ordinary POST with Content-Length. */
export function post(server, target, headers, body) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`POST ${target} HTTP/1.1`, `Host: 127.0.0.1:${server.port}`, ...lines, `Content-Length: ${body.length}`];
  return exchange(server, request(head, body));
}

export const BOUNDARY = 'salvor-test-boundary-7d93b1';
export const formHeaders = (server, more = {}) => ({
  'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
  'Salvor-Key': server.key,
  ...more,
});

/** Posts a form with these parts and gives back the answer. */
export const postForm = (server, parts, headers = {}, target = '/post') =>
  post(server, target, formHeaders(server, headers), multipart(BOUNDARY, parts));

export const text = (response) => response.body.toString('utf8');

/** The id of an accepted report, whichever route answered. */
export function idOf(response) {
  assert.equal(response.status, 200, text(response));
  const id = text(response).trim().replace(/^CrashID=bp-/, '');
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  return id;
}

// -- the JSON interface --

/** Signs in and gives back a client: get(path) answers {status, headers, json}. */
export async function signIn(server, user = 'admin', password = server.password) {
  const base = `${server.url}/api/v1`;
  const call = async (method, target, { body, headers = {} } = {}) => {
    // A connection each: a kept one may be closed by the server (whose time limits tests shorten) just as it is used again.
    const response = await fetch(base + target, { method, body, headers: { Connection: 'close', Cookie: client.cookie ?? '', ...headers } });
    const content = await response.text();
    return { status: response.status, headers: response.headers, json: content ? JSON.parse(content) : null };
  };
  const client = { call, get: (target) => call('GET', target) };
  const response = await fetch(`${base}/session`, {
    method: 'POST',
    headers: { 'X-Salvor-Request': '1', 'Content-Type': 'application/json' },
    body: JSON.stringify({ user, password }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  client.cookie = response.headers.get('set-cookie').split(';')[0];
  client.session = await response.json();
  return client;
}

/** Waits until a report is no longer waiting. */
export const processed = (client, id) =>
  until(`report ${id} processed`, async () => {
    const { json } = await client.get(`/reports/${id}`);
    return json.state !== 'waiting' ? json : null;
  });

/** How many reports there are. */
export const reportCount = async (client) => (await client.get('/projects/default/reports')).json.total;
