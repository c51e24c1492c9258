// The collector under load, killed with kill -9 over and over: at random, and at each step that it or its uploader takes on the disk and on
// the network. Whatever crashed is on the real server in the end, as a report or in a count, once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { test } from 'node:test';
import { newId, putReport } from '../collector/support.mjs';
import * as h from '../server/harness.mjs';

const IS_FULL = process.env.SALVOR_TEST_FULL === '1';
const KILLS = IS_FULL ? 1000 : 45; // a third each: the collector's steps, the uploader's, and at random. 45 have each step once
const OPTIONS = ['--scan-interval', '100ms', '--count-interval', '100ms', '--rate-signature', '2', '--rate-program', '0', '--rate-all', '0', '--loop-crashes', '0', '--queue-reports', '12'];
const DISK = ['create', 'write', 'sync', 'rename', 'sync-folder', 'open-append', 'lock', 'remove', 'lock-shared', 'open-update', 'truncate'];
const STEPS = { collector: [...DISK, 'replace-by-rename'], upload: ['post', 'answered', ...DISK] };
const SAMPLED = { collector: ['create', 'write', 'sync', 'rename', 'lock-shared'], upload: ['post', 'answered', 'lock', 'rename'] }; // in any life
const SAMPLED_MS = 5000; // how long a sampled run waits for a step
const STALLED_MS = 60000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const stepsTaken = (data) => (fs.existsSync(path.join(data, 'steps')) ? fs.readFileSync(path.join(data, 'steps'), 'utf8').trim().split('\n') : []);
const waiting = (data) =>
  ['new', 'pending', 'uploading', 'failed'].flatMap((state) => fs.readdirSync(path.join(data, 'queue', state)).map((name) => `${state}/${name}`)).concat(fs.readdirSync(path.join(data, 'dumps')));

/** Starts the collector; ready is when it says so, or when it is dead before. */
function start(data, server, program, env = {}) {
  const log = fs.openSync(path.join(data, 'log'), 'a');
  const child = spawn(program, ['run', '--data', data, '--url', server.url, '--key', server.key, '--upload-program', process.env.SALVOR_KILLED_UPLOAD, ...OPTIONS], {
    stdio: ['ignore', 'pipe', log],
    env: { ...process.env, ...env },
  });
  fs.closeSync(log);
  const exited = once(child, 'exit');
  const collector = { child, exited, isDead: false, ready: Promise.race([once(readline.createInterface({ input: child.stdout }), 'line'), exited]) };
  exited.then(() => (collector.isDead = true));
  return collector;
}

let number = 0;
/** One crash: as a report of another layer, or as a file that LocalDumps wrote. Five share a signature, so some are counted. */
function crash(data) {
  number++;
  const dump = h.tinyDump({ seed: `crash ${number}` });
  if (number % 4 === 0) {
    const made = path.join(data, `made.dmp-${number}`);
    fs.writeFileSync(made, dump);
    fs.renameSync(made, path.join(data, 'dumps', `local${number % 40}.exe.${100000 + number}.dmp`));
  } else {
    putReport(data, { id: newId(), app: 'app.exe', version: '1.2', exception_code: '0xc0000005', crash_address: `app.exe+0x${Math.floor(number / 7)}` }, { dump });
  }
}

/** Which step of a program the turn is for, as steps.c reads it: each name in its turn, then each once more, further on. */
function stepFor(program, turn) {
  const names = STEPS[program];
  const most = program === 'collector' ? 6 : 2; // a run of the uploader has few reports to send
  return `${names[turn % names.length]} ${1 + (Math.floor(turn / names.length) % most)}`;
}

/** Until the collector is dead or, where its uploader is to die, that is; a step that does not come becomes a random kill. */
async function deathOf(collector, kind, data, before) {
  const patience = IS_FULL ? { upload: 1500, collector: 500 } : { upload: SAMPLED_MS, collector: SAMPLED_MS };
  const end = Date.now() + (patience[kind] ?? Math.random() * 150);
  while (Date.now() < end && !collector.isDead && !(kind === 'upload' && stepsTaken(data).length > before)) await pause(5);
  if (kind === 'upload') await pause(Math.random() * 50); // into whatever the collector makes of it
}

/** One life and one death of the collector, under load. */
async function round(data, server, index) {
  const kind = ['collector', 'upload', 'random'][index % 3];
  const env = { SALVOR_STEP_LOG: path.join(data, 'steps') };
  if (kind !== 'random') env[`SALVOR_KILL_${kind.toUpperCase()}`] = stepFor(kind, Math.floor(index / 3));
  const before = stepsTaken(data).length;
  const collector = start(data, server, process.env.SALVOR_KILLED_COLLECTOR, env);
  for (let i = 0; i < 3; i++) crash(data);
  await collector.ready;
  for (let i = 0; i < 4 && !collector.isDead; i++) {
    crash(data);
    await pause(Math.random() * 40); // the load's own pace
  }
  await deathOf(collector, kind, data, before);
  collector.child.kill('SIGKILL');
  await collector.exited;
}

/** Waits until nothing waits any more, as long as something still moves. */
async function drained(data) {
  let last = '';
  for (let moved = Date.now(); ; await pause(50)) {
    const names = waiting(data);
    if (!names.length) return;
    if (names.join() !== last) moved = Date.now();
    last = names.join();
    assert.ok(Date.now() - moved < STALLED_MS, `nothing moves any more: ${last}\n${fs.readFileSync(path.join(data, 'log'), 'utf8').slice(-4000)}`);
  }
}

/** The kills at each step, printed. In a full run every one must have come; in a sampled one those that come in any life. */
function stepsTell(data) {
  const steps = {};
  for (const line of stepsTaken(data)) steps[line] = (steps[line] ?? 0) + 1;
  console.log(`killed ${KILLS} times; of these and of uploaders at a named step: ${stepsTaken(data).length}`);
  for (const [name, value] of Object.entries(steps).sort()) console.log(`  ${name}: ${value}`);
  const must = Object.entries(IS_FULL ? STEPS : SAMPLED).flatMap(([program, names]) => names.map((name) => `killed-${program} ${name}`));
  assert.deepEqual(must.filter((name) => !steps[name]), [], 'steps at which nobody died');
}

/** The lines of each history, by its key: a report's id, or the name of one that has none. */
function histories(data) {
  const folder = path.join(data, 'queue', 'history');
  return new Map(fs.readdirSync(folder).map((name) => [name.replace(/\.log$/, ''), fs.readFileSync(path.join(folder, name), 'utf8').trim().split('\n')]));
}

/** Which crashes are there twice as their histories tell it, with their way through the states: in two counts, or in one and as a report. A
 * `counted` that names no count removes what a count has already. */
function twiceTell(data, reports) {
  const sent = new Map();
  for (const report of reports) sent.set(report.client_id, (sent.get(report.client_id) ?? 0) + 1);
  let told = 0;
  for (const [key, lines] of histories(data)) {
    const times = new Set(lines.flatMap((line) => line.match(/^\d+ counted in=(\S+)/)?.[1] ?? [])).size + (sent.get(key) ?? 0);
    if (times < 2) continue;
    told++;
    console.log(`${key} is there ${times} times, ${sent.get(key) ?? 0} of them as a report:`);
    for (const line of lines) console.log(`    ${line}`);
  }
  console.log(`histories that tell of one crash twice: ${told}`);
}

/** All that the server lists of a kind, page by page. */
async function every(client, what) {
  const all = [];
  for (let cursor = ''; ; ) {
    const page = (await client.get(`/projects/default/${what}?range=all&limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)).json;
    all.push(...page.items);
    if (!page.next_cursor) return all;
    cursor = page.next_cursor;
  }
}

test(`collector_when_killed_${KILLS}_times_under_load_then_every_crash_is_on_the_server_once`, async (t) => {
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'salvor-kill-'));
  t.after(() => (isSound ? fs.rmSync(data, { recursive: true, force: true }) : console.log(`the queue is kept for a look: ${data}`)));
  let isSound = false;
  const server = await h.startServer(t);
  for (const name of ['dumps', 'queue/new', 'queue/pending', 'queue/uploading', 'queue/failed']) fs.mkdirSync(path.join(data, name), { recursive: true });
  for (let index = 0; index < KILLS; index++) await round(data, server, index);

  const last = start(data, server, process.env.SALVOR_KILLED_COLLECTOR);
  t.after(() => last.child.kill('SIGKILL'));
  await drained(data);

  const client = await h.signIn(server);
  await h.until('all is processed', async () => (await client.get('/projects/default/overview?range=all')).json.health.queue === 0);
  const reports = await every(client, 'reports');
  const groups = await every(client, 'groups');
  const counted = groups.reduce((sum, group) => sum + group.counted, 0);
  const doubles = reports.length - new Set(reports.map((report) => report.client_id)).size;
  const off = number - reports.length - counted;
  console.log(`crashes ${number}: reports ${reports.length}, counted ${counted}, lost ${Math.max(off, 0)}, counted twice ${Math.max(-off, 0)}`);
  stepsTell(data);
  if (off || doubles) twiceTell(data, reports);
  assert.equal(doubles, 0, 'no report is there twice');
  assert.equal(off, 0, 'every crash, once');
  assert.ok(counted > 0 && reports.length > 0, 'both ways were gone');
  isSound = true;
});
