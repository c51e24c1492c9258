// support.mjs - a collector of the tests' own: started in a fresh folder, told to stop, its queue looked at; and a server that counts.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import zlib from 'node:zlib';
import { randomBytes } from 'node:crypto';

const bin = process.env.SALVOR_BIN ?? path.resolve('build/linux-release/bin');
export const collectorProgram = path.join(bin, 'salvor-collector');

const started = [];

/** A new folder that goes when the test ends, after whatever works in it. */
export function scratch(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'salvor-collector-'));
  t.after(async () => {
    for (const { child, data, exited } of started.filter((collector) => collector.data.startsWith(folder))) {
      child.kill('SIGTERM'); // so that its uploader goes with it
      const late = setTimeout(() => child.kill('SIGKILL'), 10000);
      await exited;
      clearTimeout(late);
      started.splice(started.findIndex((collector) => collector.data === data), 1);
    }
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 100, retryDelay: 50 }); // an uploader may be about to end
  });
  return folder;
}

/** Bytes that begin like a minidump. */
export function dumpBytes(size = 5000) {
  const bytes = Buffer.alloc(size, 'x');
  bytes.write('MDMP');
  return bytes;
}

export function runCommand(...words) {
  return spawnSync(collectorProgram, words, { encoding: 'utf8', timeout: 20000 });
}

/** Starts `run` in data and waits for its ready line. One of options may be { env }: more of an environment. */
export async function startCollector(t, data, ...options) {
  const { env } = options.find((option) => typeof option === 'object') ?? {};
  const words = options.filter((option) => typeof option === 'string');
  const child = spawn(collectorProgram, ['run', '--data', data, ...words], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const collector = { child, data, dumps: path.join(data, 'dumps'), queue: path.join(data, 'queue'), log: '', ready: '' };
  const exited = once(child, 'exit');
  child.stderr.setEncoding('utf8').on('data', (text) => (collector.log += text));
  started.push({ child, data, exited });
  for await (const line of readline.createInterface({ input: child.stdout })) {
    collector.ready = line;
    break;
  }
  assert.match(collector.ready, /^salvor-collector ready /, collector.log);
  /** Asks it to end; the exit code, and how long it took. */
  collector.stop = async (signal = 'SIGTERM') => {
    const begin = Date.now();
    child.kill(signal);
    const [code, by] = await exited;
    return { code: code ?? by, ms: Date.now() - begin };
  };
  return collector;
}

/** Waits until check() gives something true; fails with what when it does not within ms. */
export async function until(what, check, ms = 10000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await check();
    if (got) return got;
    assert.ok(Date.now() < end, `not within ${ms} ms: ${typeof what === 'function' ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** File names in a state's folder. */
export function reports(collector, state) {
  const folder = path.join(collector.queue, state);
  return fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
}

/** A report's record as an object. */
export function record(collector, state, name) {
  const bytes = fs.readFileSync(path.join(collector.queue, state, name));
  const footer = bytes.subarray(bytes.length - 40);
  const offset = Number(footer.readBigUInt64LE(16));
  const lines = bytes.subarray(offset, offset + footer.readUInt32LE(24)).toString().trimEnd().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** A minidump with its attachment and record as a report file of the queue. facts: record lines, an array gives several. */
export function reportBytes(facts, { dump = dumpBytes(200), attachment } = {}) {
  const extra = attachment ? Buffer.from(attachment) : Buffer.alloc(0);
  const lines = Object.entries({ format: '1', ...facts, dump_bytes: dump.length });
  if (attachment) lines.push(['attachment', `${dump.length} ${extra.length} notes.txt`]);
  const text = Buffer.from(lines.map(([key, value]) => `${key}=${value}\n`).join(''));
  const footer = Buffer.alloc(40);
  footer.write('SALVRPT1', 0, 'latin1');
  footer.writeUInt32LE(40, 8);
  footer.writeUInt32LE(1, 12);
  footer.writeBigUInt64LE(BigInt(dump.length + extra.length), 16);
  footer.writeUInt32LE(text.length, 24);
  footer.writeUInt32LE(zlib.crc32 ? zlib.crc32(text) : crc32(text), 28);
  return Buffer.concat([dump, extra, text, footer]);
}

function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** A random id as reports have them. */
export function newId() {
  const hex = randomBytes(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

let lastPid = 1000;
/** Puts a whole report into the queue's new/ as another layer does, by one rename. Returns its id. */
export function putReport(data, facts = {}, parts = {}) {
  const queue = path.join(data, 'queue');
  const all = { id: newId(), app: 'app.exe', pid: ++lastPid, crash_time: Math.floor(Date.now() / 1000), layer: 'monitor', ...facts };
  fs.mkdirSync(path.join(queue, 'new'), { recursive: true });
  const made = path.join(data, `made-${all.pid}`);
  fs.writeFileSync(made, reportBytes(all, parts));
  if (parts.modified) fs.utimesSync(made, parts.modified / 1000, parts.modified / 1000);
  fs.renameSync(made, path.join(queue, 'new', `${all.app}-${all.crash_time}-${all.pid}.dmp`));
  return all.id;
}

/** A server that keeps what it gets; answer(count, request, body) gives the status or promises it, 200 unless told otherwise. headers go
 * with any other. */
export async function startServer(t, answer = () => 200, headers = {}) {
  const server = { posts: [] };
  const listener = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    server.posts.push({ headers: request.headers, url: request.url, body, at: Date.now() });
    const status = await answer(server.posts.length, request, body);
    response.writeHead(status, { 'content-type': 'text/plain', ...(status === 200 ? {} : headers) }).end('CrashID=bp-1\n');
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.after(() => {
    listener.closeAllConnections();
    listener.close();
  });
  server.url = `http://127.0.0.1:${listener.address().port}`;
  return server;
}

/** An uploader of the test's own: a script of node that gets the queue's folder as `queue`. Returns its path. */
export function fakeUploader(folder, script) {
  const file = path.join(folder, 'fake-upload');
  fs.writeFileSync(
    file,
    `#!${process.execPath}
const fs = require('fs'), path = require('path');
const queue = process.argv[process.argv.indexOf('--queue') + 1];
const folder = ${JSON.stringify(folder)};
${script}
`,
    { mode: 0o755 },
  );
  return file;
}
