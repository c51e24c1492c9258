// bench-ingest BUILD_DIR WORK_DIR: uploads of one dump, as our uploader sends them, to salvor-server, against the same requests to a sink that does
// the least that a durable server must: it writes the body to a file, fsyncs, renames, fsyncs the folder, and answers. The server also parses,
// decompresses, deduplicates and commits to its database; processing runs meanwhile in its worker. Rounds take turns.
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, Agent, request } from 'node:http';
import { mkdirSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { Child } from '../e2e/child.mjs';

const ROUNDS = 9;
const PER_ROUND = 30;
const DUMP_BYTES = 256 * 1024;
const [build, work] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

// A dump of one stream that nobody knows: parsing is not what is measured here. Half of it compresses.
function makeDump() {
  const header = 32 + 12;
  const dump = Buffer.concat([Buffer.alloc(DUMP_BYTES / 2), randomBytes(DUMP_BYTES / 2)]);
  dump.write('MDMP', 0, 'latin1');
  dump.writeUInt32LE(0x0000a793, 4);
  dump.writeUInt32LE(1, 8);
  dump.writeUInt32LE(32, 12);
  dump.writeUInt32LE(0x4d7a0001, 32);
  dump.writeUInt32LE(DUMP_BYTES - header, 36);
  dump.writeUInt32LE(header, 40);
  return dump;
}

const dump = makeDump();
const fields = (id) => ({ prod: 'bench', ver: '1.0', ptype: 'app', 'sentry[event_id]': id });

// Every dump differs, or the server would rightly store one file for all.
function body(id) {
  dump.write(id, DUMP_BYTES / 2, 'latin1');
  const head = Object.entries(fields(id)).map(([name, value]) => `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  const file = '--B\r\nContent-Disposition: form-data; name="upload_file_minidump"; filename="bench.dmp"\r\nContent-Type: application/octet-stream\r\n\r\n';
  return gzipSync(Buffer.concat([Buffer.from(head.join('') + file), dump, Buffer.from('\r\n--B--\r\n')]), { level: 1 });
}

function post(base, key) {
  const id = randomUUID().replaceAll('-', '');
  const bytes = body(id);
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const out = request(`${base}/submit`, {
      method: 'POST',
      agent,
      headers: {
        'Content-Type': 'multipart/form-data; boundary=B',
        'Content-Encoding': 'gzip',
        'Content-Length': bytes.length,
        'Idempotency-Key': id,
        'Salvor-Key': key,
      },
    });
    out.on('response', (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - started);
        else reject(new Error(`${base} answered ${response.statusCode}`));
      });
    });
    out.on('error', reject);
    out.end(bytes);
  });
}

async function keep(folder, name, bytes) {
  const file = await open(path.join(folder, `${name}.tmp`), 'wx');
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(path.join(folder, `${name}.tmp`), path.join(folder, name));
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}

function startSink(folder) {
  let number = 0;
  mkdirSync(folder, { recursive: true });
  const server = createServer((incoming, outgoing) => {
    const parts = [];
    incoming.on('data', (part) => parts.push(part));
    incoming.on('end', async () => {
      await keep(folder, String((number += 1)), Buffer.concat(parts));
      outgoing.end('CrashID=sink\n');
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ base: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() })));
}

async function startOurs(folder) {
  const child = new Child('salvor-server', path.join(build, 'bin/salvor-server'), ['serve', '--data', folder, '--listen', '127.0.0.1:0', '--print-credentials']);
  const [, base] = await child.line(/listening (http:\S+)/, 30_000);
  const [, key] = await child.line(/^project default key (\S+)/, 30_000);
  return { base, key, stop: () => child.stop() };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const quarter = (values, q) => [...values].sort((a, b) => a - b)[Math.floor((values.length * q) / 4)];

async function round(target) {
  let sum = 0;
  for (let i = 0; i < PER_ROUND; i += 1) sum += await post(target.base, target.key ?? 'none');
  return sum / PER_ROUND;
}

const ours = await startOurs(path.join(work, 'server'));
const sink = await startSink(path.join(work, 'sink'));
try {
  const mine = [];
  const theirs = [];
  await round(sink);
  await round(ours);
  for (let i = 0; i < ROUNDS; i += 1) {
    theirs.push(await round(sink));
    mine.push(await round(ours));
  }
  const result = {
    name: 'one 256 KiB dump accepted durably over HTTP, against a sink that only writes it',
    unit: 'ms',
    ours: Number(median(mine).toFixed(3)),
    theirs: Number(median(theirs).toFixed(3)),
    ratio: Number((median(mine) / median(theirs)).toFixed(3)),
    n: ROUNDS * PER_ROUND,
    spread: Number(((quarter(mine, 3) - quarter(mine, 1)) / median(mine)).toFixed(3)),
  };
  console.log(JSON.stringify(result));
} finally {
  agent.destroy();
  sink.stop();
  await ours.stop();
}
