// What the uploader's tests share: the program, folders, dumps, and queues written byte by byte from the format's description, not by the
// code under test.
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { serve } from './server.mjs';

const program = process.env.SALVOR_UPLOAD;
const runner = process.env.SALVOR_RUNNER; // runs Windows programs
if (!program) throw new Error('SALVOR_UPLOAD must name the program under test');
export const isWindows = Boolean(runner) || process.platform === 'win32';
export const isSanitized = process.env.SALVOR_SANITIZED === '1';

// Starts the program; the promise gives { code, signal, stdout, stderr, ms }, and has .child.
export function start(args, { env = {} } = {}) {
  const [file, all] = runner ? [runner, [program, ...args]] : [program, args];
  const started = Date.now();
  const child = spawn(file, all, { env: { ...process.env, SALVOR_KEY: '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '', stderr = '';
  child.stdout.on('data', data => { stdout += data; });
  child.stderr.on('data', data => { stderr += data; });
  const promise = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, ms: Date.now() - started }));
  });
  promise.child = child;
  return promise;
}

// The program's own process: under the runner it is the last one in a row of children.
function programOf(pid) {
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  const named = children.find(child => fs.readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(path.basename(program)));
  return named === undefined ? pid : programOf(named);
}

// Kills a program that start() started, without a chance to say a word.
export const kill = running => process.kill(runner ? programOf(running.child.pid) : running.child.pid, 'SIGKILL');

// A server, a folder and what to clean up, for one test.
export async function scene(t, handlers, options) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'salvor-upload-'));
  const server = await serve(handlers, options);
  t.after(async () => {
    await server.close();
    fs.rmSync(dir, { recursive: true, force: true });
  });
  return { dir, server };
}

// Something that begins as a minidump; the rest compresses about as well as memory does.
export function dump(bytes = 20000, seed = 1) {
  const content = Buffer.alloc(bytes);
  const noise = crypto.createHash('sha256').update(String(seed)).digest();
  for (let at = 32; at < bytes; at += 256) noise.copy(content, at, 0, Math.min(32, bytes - at));
  content.write('MDMP', 0);
  content.writeUInt32LE(0xa793, 4);
  content.writeUInt32LE(1700000000, 20);
  content.writeUInt32LE(seed, 24);
  return content;
}

export function dumpFile(dir, name = 'app.exe-1700000000-42.dmp', content = dump()) {
  const file = path.join(dir, name);
  fs.writeFileSync(file, content);
  return file;
}

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

// A report file (lib/proto/container.h): dump, attachments, record, footer.
export function container(record, content = dump(), attachments = []) {
  const parts = [content];
  let offset = content.length, lines = `${record}dump_bytes=${content.length}\n`;
  for (const [name, bytes] of attachments) {
    lines += `attachment=${offset} ${bytes.length} ${name}\n`;
    parts.push(Buffer.from(bytes));
    offset += bytes.length;
  }
  const text = Buffer.from(lines), footer = Buffer.alloc(40);
  footer.write('SALVRPT1', 0);
  footer.writeUInt32LE(40, 8);
  footer.writeUInt32LE(1, 12);
  footer.writeBigUInt64LE(BigInt(offset), 16);
  footer.writeUInt32LE(text.length, 24);
  footer.writeUInt32LE(crc32(text), 28);
  return Buffer.concat([...parts, text, footer]);
}

export const idOf = number => `0b4f4ba2-93a5-5d2a-8f44-${String(number).padStart(12, '0')}`;
export const recordOf = number =>
  `format=1\nid=${idOf(number)}\napp=app.exe\nversion=1.2\nenvironment=test\nchannel=beta\npid=${number}\ncrash_time=1700000000\n` +
  'layer=monitor\nannotation.gpu=none\nannotation.long%20key=kept whole\n';

const states = ['new', 'pending', 'uploading', 'done', 'discarded', 'failed'];

// A queue with this many pending reports; their names.
export function queue(dir, count = 1, content = undefined) {
  for (const name of [...states, 'tmp', 'history']) fs.mkdirSync(path.join(dir, 'queue', name), { recursive: true });
  const names = [];
  for (let number = 1; number <= count; number++) {
    const name = `app.exe-1700000000-${number}.dmp`;
    fs.writeFileSync(path.join(dir, 'queue', 'pending', name), container(recordOf(number), content ?? dump(20000, number)));
    names.push(name);
  }
  return names;
}

// What stands in each state's folder that holds anything; tmp and history too.
export function standing(dir) {
  const found = {};
  for (const name of [...states, 'tmp']) {
    const files = fs.readdirSync(path.join(dir, 'queue', name));
    if (files.length) found[name] = files.sort();
  }
  return found;
}

export function historyOf(dir, number = 1) {
  const file = path.join(dir, 'queue', 'history', `${idOf(number)}.log`);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
}

export const queueArgs = (dir, server, ...more) => ['--queue', path.join(dir, 'queue'), '--url', server.url, ...more];

// The counts of the line that --queue prints.
export function countsOf(stdout) {
  const line = stdout.split(/\r?\n/).find(text => text.startsWith('salvor-upload queue '));
  return Object.fromEntries(line.split(' ').slice(2).map(pair => pair.split('=')).map(([name, value]) => [name, Number(value)]));
}
