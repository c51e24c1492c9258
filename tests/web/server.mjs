// The real salvor-server with a data folder of its own, and uploads to it.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import readline from 'node:readline';

const DATA = path.join(path.dirname(fileURLToPath(import.meta.url)), '../data');

export const dumpBytes = (name) => readFile(path.join(DATA, name));

/** Resolves once the server says that it listens; its first lines carry the key and the password. */
export async function startServer() {
  const program = process.env.SALVOR_BIN;
  if (!program) throw new Error('SALVOR_BIN is not set: give the path of a built salvor-server');
  const data = await mkdtemp(path.join(os.tmpdir(), 'salvor-web-'));
  const child = spawn(program, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--print-credentials'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  let log = '';
  child.stderr.on('data', (chunk) => { log += chunk; });
  const facts = {};
  for await (const line of readline.createInterface({ input: child.stdout })) {
    facts.key ??= /^project default key (\S+)/.exec(line)?.[1];
    facts.password ??= /^administrator admin password (\S+)/.exec(line)?.[1];
    facts.origin ??= /^salvor-server listening (\S+)/.exec(line)?.[1];
    if (facts.origin) break;
  }
  if (!facts.origin || !facts.key || !facts.password) throw new Error(`${program} did not start: ${log}`);
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  return { ...facts, stop };
}

const BOUNDARY = 'salvor-web-tests';

/** One part, byte for byte: FormData would turn a record's LF into CRLF. */
function part(name, value, filename) {
  const file = filename ? `; filename="${filename}"\r\nContent-Type: application/octet-stream` : '';
  return Buffer.concat([Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`), Buffer.from(value), Buffer.from('\r\n')]);
}

/** Posts a dump, or with null a report that has none, as the uploader does; returns the report's id. */
export async function upload(server, dump, { record = {}, fields = {}, attachments = [] } = {}) {
  const lines = Object.entries(record).map(([key, value]) => `${key}=${value}\n`);
  const texts = { ...fields, ...(lines.length ? { salvor_record: `format=1\n${lines.join('')}` } : {}) };
  const parts = Object.entries(texts).map(([name, value]) => part(name, value));
  for (const [index, attachment] of attachments.entries()) parts.push(part(`attachment_${index + 1}`, attachment.bytes, attachment.name));
  if (dump) parts.push(part('upload_file_minidump', await dumpBytes(dump), dump));
  const body = Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);
  const headers = { 'Salvor-Key': server.key, 'Content-Type': `multipart/form-data; boundary=${BOUNDARY}` };
  const answer = await fetch(`${server.origin}/submit`, { method: 'POST', headers, body });
  const text = (await answer.text()).trim();
  if (answer.status !== 200) throw new Error(`the server refused ${dump} with ${answer.status}: ${text}`);
  return text.replace(/^CrashID=bp-/, '');
}
