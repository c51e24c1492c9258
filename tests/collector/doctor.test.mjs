// doctor.test.mjs - doctor on Linux, with the real uploader and the real server: a good deployment, and one thing amiss after the other.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { collectorProgram, dumpBytes, runCommand, scratch, startCollector } from './support.mjs';

process.env.SALVOR_SERVER ??= path.join(path.dirname(collectorProgram), 'salvor-server');
const { startServer } = await import('../server/harness.mjs');

const day = 24 * 3600;

/** Runs doctor without blocking this process; { code, stdout, stderr }. */
async function doctor(...words) {
  const child = spawn(collectorProgram, ['doctor', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const result = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (result.stdout += text));
  child.stderr.on('data', (text) => (result.stderr += text));
  [result.code] = await once(child, 'close');
  return result;
}

/** What doctor says of a deployment, as JSON, with its exit code. */
async function findings(...words) {
  const { code, stdout, stderr } = await doctor('--json', ...words);
  assert.equal(stderr, '');
  return { code, ...JSON.parse(stdout) };
}

/** The one finding that is worse than a note; every finding must say what to do when it is. */
function onlyBad({ code, findings: all }) {
  const bad = all.filter((finding) => ['warning', 'error'].includes(finding.severity));
  assert.equal(bad.length, 1, JSON.stringify(bad));
  assert.equal(code, 1);
  assert.ok(bad[0].remedy?.length > 10, JSON.stringify(bad[0]));
  return bad[0];
}

/** A collector that has run, and a server: all as it should be. */
async function deployment(t) {
  const server = await startServer(t);
  const data = scratch(t);
  const collector = await startCollector(t, data);
  await collector.stop();
  return { server, data, queue: collector.queue, words: ['--data', data, '--url', server.url, '--key', server.key] };
}

test('doctor when all is well then exit 0 and no finding to act on', async (t) => {
  const { words } = await deployment(t);
  const { code, findings: all, crashes } = await findings(...words);
  assert.equal(code, 0);
  assert.deepEqual(crashes, []);
  assert.deepEqual(all.filter(({ severity }) => severity !== 'ok'), []);
  assert.ok(all.some(({ check, what }) => check === 'server' && what.includes('ready project=default')));
  const text = await doctor(...words);
  assert.equal(text.code, 0);
  assert.match(text.stdout, /^ok {7}server +the server takes reports with this key/m);
  assert.match(text.stdout, /\n0 errors, 0 warnings, 0 notes, \d+ ok\n$/);
});

test('doctor when run then nothing on the disk is changed', async (t) => {
  const data = path.join(scratch(t), 'never-made');
  assert.equal((await doctor('--data', data)).code, 1);
  assert.equal(fs.existsSync(data), false);
});

test('server when key is wrong, address is not its, or it is away then an error that says which', async (t) => {
  const { server, data } = await deployment(t);
  const said = async (...words) => {
    const finding = onlyBad(await findings('--data', data, ...words));
    assert.deepEqual([finding.severity, finding.check], ['error', 'server']);
    return finding.what;
  };
  assert.match(await said('--url', server.url, '--key', 'f'.repeat(32)), /does not take reports: .*403: The project key is not known/);
  assert.match(await said('--url', server.url), /401: The request carries no project key/);
  assert.match(await said('--url', `${server.url}/nowhere`, '--key', server.key), /does not take reports/);
  assert.match(await said('--url', 'http://crash.example', '--key', server.key), /settings cannot be used: .*plain http/);
  await server.stop();
  assert.match(await said('--url', server.url, '--key', server.key), /was not reached: .*onnect/);
});

test('server when what answers is no Salvor server then an error', async (t) => {
  const { data } = await deployment(t);
  const { startServer: startOther } = await import('./support.mjs');
  const other = await startOther(t);
  const finding = onlyBad(await findings('--data', data, '--url', other.url, '--key', 'k'));
  assert.match(finding.what, /no Salvor server/);
});

test('server when none is set then a warning', async (t) => {
  const { data } = await deployment(t);
  assert.deepEqual([onlyBad(await findings('--data', data))].map(({ severity, what }) => [severity, what]), [['warning', 'no server is set']]);
});

test('programs when the uploader is missing then said, once for the file and once for the server', async (t) => {
  const { words } = await deployment(t);
  const { code, findings: all } = await findings(...words, '--upload-program', '/nowhere/salvor-upload');
  assert.equal(code, 1);
  assert.deepEqual(all.filter(({ severity }) => severity === 'error').map(({ check }) => check), ['programs', 'server']);
});

test('folders when one is missing then an error names it', async (t) => {
  const { words, data } = await deployment(t);
  fs.rmSync(path.join(data, 'inbox'), { recursive: true });
  const finding = onlyBad(await findings(...words));
  assert.deepEqual([finding.severity, finding.check], ['error', 'folders']);
  assert.ok(finding.what.includes(path.join(data, 'inbox')), finding.what);
});

test('queue when reports wait then a note, and a warning after a day', async (t) => {
  const { words, data, queue } = await deployment(t);
  const file = path.join(data, 'app.exe.77.dmp');
  fs.writeFileSync(file, dumpBytes());
  assert.equal(runCommand('ingest', '--data', data, file).status, 0);
  const fresh = await findings(...words);
  assert.equal(fresh.code, 0);
  assert.ok(fresh.findings.some(({ severity, what }) => severity === 'note' && /^1 reports wait/.test(what)));
  const [name] = fs.readdirSync(path.join(queue, 'new'));
  const old = Date.now() / 1000 - day - 60;
  fs.utimesSync(path.join(queue, 'new', name), old, old);
  const stale = onlyBad(await findings(...words));
  assert.deepEqual([stale.severity, stale.check], ['warning', 'queue']);
  fs.renameSync(path.join(queue, 'new', name), path.join(queue, 'failed', name));
  assert.match(onlyBad(await findings(...words)).what, /1 reports have failed/);
});

test('findings when names hold control characters then none reaches the terminal', async (t) => {
  const data = path.join(scratch(t), 'a\x1b[31mb');
  const { stdout } = await doctor('--data', data);
  assert.match(stdout, /a\?\[31mb/);
  assert.ok(!stdout.includes('\x1b'));
});

test('doctor when used wrongly then exit 2', async () => {
  for (const words of [['word'], ['--nonsense'], ['--scan-interval', 'soon'], ['--crash']]) {
    const { code, stdout, stderr } = await doctor(...words);
    assert.equal(code, 2, words.join(' '));
    assert.equal(stdout, '');
    assert.ok(stderr.length > 10);
  }
});
