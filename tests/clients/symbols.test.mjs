// sentry-cli and Breakpad's symupload bring symbols to our server and are told what became of them, in their own words.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { SERVER, startServer, run, tempFolder } from '../server/harness.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MODULES = path.join(HERE, 'node_modules');
const DATA = path.join(HERE, '../data/symbols');
const SYMBOLS = ['plain-x64.dll', 'plain-x64.pdb', 'plain-x86.dll', 'plain-x86.pdb'];

assert.ok(existsSync(MODULES), `the packages of ${HERE} are not installed: 'npm ci' there, or './dev test'`);

const start = (program, words, env = {}) =>
  new Promise((resolve) => {
    execFile(program, words, { encoding: 'utf8', env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ status: error ? error.code : 0, stdout, stderr, said: stdout + stderr }));
  });

// What the depot holds, as paths below it; chunks and files under way too.
function kept(server) {
  const walk = (folder) =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const full = path.join(folder, entry.name);
      return entry.isDirectory() ? walk(full) : [path.relative(path.join(server.data, 'symbols'), full)];
    });
  return walk(path.join(server.data, 'symbols')).sort();
}

const keyOf = (server, scope) =>
  run(['key', 'add', 'default', '--scope', scope, '--data', server.data]).stdout.match(/key ([0-9a-f]{32})/)[1];

// -- sentry-cli --

const SENTRY = path.join(MODULES, '@sentry', `cli-linux-${process.arch}`, 'bin', 'sentry-cli');
const sentry = (server, key, ...words) =>
  start(SENTRY, ['debug-files', 'upload', '--org', 'any', '--project', 'default', ...words],
    { SENTRY_URL: server.url, SENTRY_AUTH_TOKEN: key, SENTRY_LOAD_DOTENV: '0', SENTRY_DISABLE_UPDATE_CHECK: '1' });

test('sentry_cli_when_it_brings_a_folder_then_all_is_taken_once', async (t) => {
  const server = await startServer(t);
  const key = keyOf(server, 'symbols');
  const first = await sentry(server, key, '--wait', DATA);
  assert.equal(first.status, 0, first.said);
  assert.match(first.stdout, /File processing complete/);
  for (const name of SYMBOLS) assert.match(first.stdout, new RegExp(`OK .*${name.replace('.', '\\.')}`), first.said);
  assert.deepEqual(kept(server).map((file) => path.basename(file)), SYMBOLS);
  const second = await sentry(server, key, '--wait', DATA);
  assert.equal(second.status, 0, second.said);
  assert.match(second.stdout, /Nothing to upload, all files are on the server/);
});

test('sentry_cli_when_it_does_not_wait_then_all_is_taken_too', async (t) => {
  const server = await startServer(t);
  const done = await sentry(server, server.key, DATA);
  assert.equal(done.status, 0, done.said);
  assert.deepEqual(kept(server).map((file) => path.basename(file)), SYMBOLS);
});

test('sentry_cli_when_a_file_has_several_chunks_then_it_comes_whole', async (t) => {
  const server = await startServer(t);
  const folder = tempFolder(t);
  const lines = [`MODULE windows x86_64 506DD4D554C735364C4C44205044422E1 large.pdb`];
  for (let i = 1; i < 600000; i++) lines.push(`FUNC ${(i * 64).toString(16)} 40 0 function_number_${i}`);
  const text = `${lines.join('\n')}\n`;
  assert.ok(text.length > 20 << 20, 'three chunks');
  writeFileSync(path.join(folder, 'large.sym'), text);
  const done = await sentry(server, server.key, '--wait', folder);
  assert.equal(done.status, 0, done.said);
  assert.deepEqual(kept(server), ['large.pdb/506dd4d554c735364c4c44205044422e1/large.sym']);
  assert.equal(readFileSync(path.join(server.data, 'symbols', kept(server)[0]), 'utf8'), text);
});

test('sentry_cli_when_a_file_is_nothing_for_us_then_it_says_so_and_the_others_are_taken', async (t) => {
  const server = await startServer(t);
  const folder = tempFolder(t);
  cpSync(path.join(DATA, 'plain-x64.pdb'), path.join(folder, 'plain-x64.pdb'));
  cpSync(SERVER, path.join(folder, 'program'));
  const done = await sentry(server, server.key, '--wait', '--log-level=error', folder);
  assert.equal(done.status, 1, done.said);
  assert.match(done.stdout, /OK .*plain-x64\.pdb/);
  assert.match(done.stdout, /ERROR.* program\n.*is no PDB, image or Breakpad symbol file/);
  assert.deepEqual(kept(server).map((file) => path.basename(file)), ['plain-x64.pdb']);
});

test('sentry_cli_when_its_token_lets_in_no_symbols_then_it_says_why', async (t) => {
  const server = await startServer(t);
  for (const [key, sentence] of [[keyOf(server, 'reports'), /symbols need one of scope symbols or both/], ['0'.repeat(32), /not known here/]]) {
    const done = await sentry(server, key, DATA);
    assert.equal(done.status, 1, done.said);
    assert.match(done.said, sentence);
  }
  const elsewhere = await start(SENTRY, ['debug-files', 'upload', '-o', 'any', '-p', 'other', DATA],
    { SENTRY_URL: server.url, SENTRY_AUTH_TOKEN: server.key, SENTRY_LOAD_DOTENV: '0' });
  assert.match(elsewhere.said, /belongs to another project/);
  assert.deepEqual(kept(server), []);
});

// -- Breakpad's symupload --

const BREAKPAD = path.join(MODULES, 'minidump', 'deps', 'breakpad', 'src');
const SOURCES = ['tools/linux/symupload/sym_upload.cc', 'common/path_helper.cc',
  ...['http_upload', 'libcurl_wrapper', 'symbol_collector_client', 'symbol_upload'].map((name) => `common/linux/${name}.cc`)];

let built;
function symupload() {
  if (built) return built;
  const folder = path.join(MODULES, '.salvor');
  mkdirSync(folder, { recursive: true });
  const program = path.join(folder, `symupload-${process.pid}`);
  const done = spawnSync('c++', ['-std=c++17', '-O1', `-I${BREAKPAD}`, `-I${BREAKPAD}/third_party/curl`, '-o', program,
    ...SOURCES.map((source) => path.join(BREAKPAD, source)), '-ldl'], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr ?? String(done.error));
  chmodSync(program, 0o755);
  return (built = program);
}
test.after(() => built && spawnSync('rm', ['-f', built]));

const SYM_ID = '506DD4D554C735364C4C44205044422E1';
function symFile(t, { name = 'app.pdb', body = 'FUNC 1000 10 0 f\n' } = {}) {
  const file = path.join(tempFolder(t), 'app.sym');
  writeFileSync(file, `MODULE windows x86_64 ${SYM_ID} ${name}\n${body}`);
  return file;
}

test('symupload_v1_when_it_sends_a_form_then_taken', async (t) => {
  const server = await startServer(t);
  const done = await start(symupload(), [symFile(t), `${server.url}/symbols?key=${keyOf(server, 'symbols')}`]);
  assert.equal(done.status, 0, done.said);
  assert.match(done.stdout, /Successfully sent the symbol file/);
  assert.deepEqual(kept(server), [`app.pdb/${SYM_ID.toLowerCase()}/app.sym`]);
  const refused = await start(symupload(), [symFile(t), `${server.url}/symbols?key=wrong`]);
  assert.match(refused.stdout, /Response code: 403/);
});

test('symupload_v2_when_it_sends_a_file_then_taken_once_and_by_force_again', async (t) => {
  const server = await startServer(t);
  const key = keyOf(server, 'symbols');
  const send = (file, ...words) => start(symupload(), ['-p', 'sym-upload-v2', '-k', key, ...words, file, server.url]);
  const first = await send(symFile(t));
  assert.match(first.stdout, /Successfully sent the symbol file/, first.said);
  assert.deepEqual(kept(server), [`app.pdb/${SYM_ID.toLowerCase()}/app.sym`]);
  assert.match((await send(symFile(t))).stdout, /already exists, upload aborted/);
  assert.match((await send(symFile(t), '-f')).stdout, /matched existing file checksum, no change necessary/);
  assert.match((await send(symFile(t, { body: 'FUNC 1000 20 0 g\n' }), '-f')).stdout, /Successfully sent the symbol file/);
  assert.match(readFileSync(path.join(server.data, 'symbols', kept(server)[0]), 'utf8'), / g\n$/);
});

test('symupload_v2_when_it_sends_native_files_then_each_under_its_own_id', async (t) => {
  const server = await startServer(t);
  const send = (type, name) =>
    start(symupload(), ['-p', 'sym-upload-v2', '-k', server.key, '-t', type, '-c', name, '-i', SYM_ID, '-f', path.join(DATA, name), server.url]);
  for (const [type, name] of [['pdb', 'plain-x64.pdb'], ['pe', 'plain-x64.dll']]) {
    const done = await send(type, name);
    assert.match(done.stdout, /Successfully sent the symbol file/, done.said);
  }
  assert.deepEqual(kept(server), ['plain-x64.dll/8c708ef76000/plain-x64.dll', `plain-x64.pdb/${SYM_ID.toLowerCase()}/plain-x64.pdb`]);
  assert.match((await send('elf', 'plain-x64.dll')).stdout, /Only files of type BREAKPAD, PDB and PE/);
  assert.match((await send('pdb', 'plain-x64.dll')).stdout, /is not the kind of file/);
});

test('symupload_v2_when_the_key_is_wrong_or_the_file_is_nothing_for_us_then_it_fails_and_nothing_is_kept', async (t) => {
  const server = await startServer(t);
  const wrong = await start(symupload(), ['-p', 'sym-upload-v2', '-k', 'wrong', symFile(t), server.url]);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stdout, /Failed to check for existing symbol/);
  const unfit = await start(symupload(), ['-p', 'sym-upload-v2', '-k', server.key, symFile(t, { name: 'con' }), server.url]);
  assert.equal(unfit.status, 1, unfit.said);
  assert.match(unfit.stdout, /The symbol file has a name or an id that no symbol store can hold/);
  assert.deepEqual(kept(server), []);
});
