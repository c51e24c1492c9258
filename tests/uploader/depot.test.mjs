// A build's symbols on their way to our own server: what it lacks arrives whole and comes out again, and what it cannot read is told.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as server from '../server/harness.mjs';
import { start } from './harness.mjs';

const data = fileURLToPath(new URL('../data/symbols/', import.meta.url));
const summary = stdout => stdout.split(/\r?\n/).find(line => line.startsWith('salvor-upload symbols found'));

test('symbols: our server takes them all, gives them to debuggers, and lacks nothing afterwards', async t => {
  const far = await server.startServer(t), folder = server.tempFolder(t);
  for (const name of ['plain-x64.dll', 'plain-x64.pdb', 'plain-x86.dll', 'plain-x86.pdb'])
    fs.copyFileSync(path.join(data, name), path.join(folder, name));
  const args = ['--url', far.url, '--key', far.key, '--symbols', folder];
  const first = await start(args);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(summary(first.stdout), 'salvor-upload symbols found=4 present=0 uploaded=4 refused=0 unreadable=0 waiting=0');
  const { stdout } = spawnSync(server.SERVER, ['symbols', 'token', '--data', far.data], { encoding: 'utf8' });
  const token = /^symbols token (\S+)$/m.exec(stdout)[1];
  const uploads = [...first.stdout.matchAll(/^uploaded file="(.+)" address="(.+)" size_bytes=(\d+)\r?$/mg)];
  assert.equal(uploads.length, 4);
  for (const [, file, address, size] of uploads) {
    const response = await fetch(`${far.url}/symbols/${address}`, { headers: { Authorization: `Bearer ${token}`, Connection: 'close' } });
    assert.equal(response.status, 200, address);
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(bytes.length, Number(size));
    assert.ok(bytes.equals(fs.readFileSync(path.join(folder, path.win32.basename(file)))), address);
  }
  const second = await start(args);
  assert.equal(second.code, 0, second.stderr);
  assert.equal(summary(second.stdout), 'salvor-upload symbols found=4 present=4 uploaded=0 refused=0 unreadable=0 waiting=0');
});

test('symbols: file that our server cannot read is told, the others arrive', async t => {
  const far = await server.startServer(t), folder = server.tempFolder(t);
  fs.copyFileSync(path.join(data, 'plain-x64.dll'), path.join(folder, 'plain-x64.dll'));
  fs.writeFileSync(path.join(folder, 'app.sym'), `MODULE windows x86_64 5A9832E5287241C1838ED98914E9B7FF1 app.pdb\n${'what is this\n'.repeat(100)}`);
  const result = await start(['--url', far.url, '--key', far.key, '--symbols', folder]);
  assert.equal(result.code, 1, result.stderr);
  assert.match(result.stderr, /app\.sym" was not taken: the server answered 422: /);
  assert.equal(summary(result.stdout), 'salvor-upload symbols found=2 present=0 uploaded=1 refused=1 unreadable=0 waiting=0');
});

test('symbols: key and project that our server does not know are told', async t => {
  const far = await server.startServer(t);
  for (const args of [['--key', 'wrong'], ['--key', far.key, '--project', 'other'], []]) {
    const result = await start(['--url', far.url, ...args, '--symbols', data]);
    assert.equal(result.code, 1, result.stderr);
    assert.match(result.stderr, /the server answered 40[13]: .* Check --url, --key and --project\.\r?\n$/);
  }
});

// Our server reads what symupload and sentry-cli send; so it must read what we send in their place.
test('symbols: our server takes them in the shapes of Sentry and Breakpad, too', async t => {
  const far = await server.startServer(t), folder = server.tempFolder(t);
  for (const name of ['plain-x64.dll', 'plain-x64.pdb']) fs.copyFileSync(path.join(data, name), path.join(folder, name));
  const lines = Array.from({ length: 280000 }, (_, i) => `PUBLIC ${(i * 16).toString(16)} 0 name_of_function_${i}\n`);
  fs.writeFileSync(path.join(folder, 'app.sym'), `MODULE windows x86_64 5A9832E5287241C1838ED98914E9B7FF1 app.pdb\n${lines.join('')}`); // two chunks
  const sentry = ['--format', 'sentry', '--url', far.url, '--key', far.key, '--project', 'any/default', '--symbols', folder];
  const first = await start(sentry);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(summary(first.stdout), 'salvor-upload symbols found=3 present=0 uploaded=3 refused=0 unreadable=0 waiting=0');
  const second = await start(sentry);
  assert.equal(summary(second.stdout), 'salvor-upload symbols found=3 present=3 uploaded=0 refused=0 unreadable=0 waiting=0');
  const form = await start(['--format', 'breakpad', '--url', far.url, '--key', far.key, '--symbols', folder]);
  assert.equal(form.code, 0, form.stderr);
  assert.equal(summary(form.stdout), 'salvor-upload symbols found=1 present=0 uploaded=1 refused=0 unreadable=0 waiting=0');
  const asked = await start(['--url', far.url, '--key', far.key, '--symbols', folder]);
  assert.equal(summary(asked.stdout), 'salvor-upload symbols found=3 present=3 uploaded=0 refused=0 unreadable=0 waiting=0');
});
