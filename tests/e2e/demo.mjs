// The whole chain on this machine: a server, a collector under Wine, programs that really crash, and their reports.
//
//   node demo.mjs [--once] --server PROGRAM --windows DIR --work DIR [--listen ADDRESS:PORT]
//
// Stays up until Ctrl-C; with --once it also looks at the pages in a browser, cleans up and ends with 0, or 1 and what failed.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Child } from './child.mjs';
import { Client } from './client.mjs';
import { SAMPLE_NAME, crashes } from './crashes.mjs';
import { checkReports, signIn, withPage } from './pages.mjs';
import { describeReport, mustTell, pidOf } from './report.mjs';
import { Wine, windowsPath } from './wine.mjs';

const PROJECT = 'default';
const READY_MS = 60_000; // a program's first start, on a busy machine
const VISIBLE_MS = 120_000;
const registry = fileURLToPath(new URL('../../reg/sample-enable.reg', import.meta.url));

const say = (text) => console.log(`demo: ${text}`);

function options() {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      server: { type: 'string' },
      windows: { type: 'string' },
      work: { type: 'string' },
      listen: { type: 'string', default: '127.0.0.1:0' },
    },
  });
  for (const name of ['server', 'windows', 'work']) {
    if (!values[name]) throw new Error(`--${name} is missing: see the head of this file`);
  }
  return values;
}

async function startServer({ server, work, listen }, running) {
  const child = new Child('salvor-server', server, ['serve', '--data', path.join(work, 'server'), '--listen', listen, '--print-credentials'], {
    log: path.join(work, 'server.log'),
  });
  running.push(() => child.stop());
  const [, base] = await child.line(/^salvor-server listening (http:\S+)/, READY_MS);
  const [, key] = await child.line(/^project default key (\S+)/, READY_MS);
  const [, user, password] = await child.line(/^administrator (\S+) password (\S+)/, READY_MS);
  return { base, key, user, password };
}

/** What a build machine does: the server then names the sample's frames. */
async function uploadSymbols({ server, windows, work }, { base, key }) {
  const folder = path.join(work, 'symbols');
  mkdirSync(folder, { recursive: true });
  copyFileSync(path.join(windows, SAMPLE_NAME), path.join(folder, SAMPLE_NAME));
  const upload = new Child('salvor-upload', path.join(path.dirname(server), 'salvor-upload'), ['--url', base, '--project', PROJECT, '--symbols', folder, '--quiet'], {
    log: path.join(work, 'symbols.log'),
    env: { SALVOR_KEY: key },
  });
  const { code, error } = await upload.end(READY_MS);
  if (error || code !== 0) throw new Error(`salvor-upload --symbols failed (${error?.message ?? `exit code ${code}`}): ${upload.lines.join(' ')}`);
}

async function startCollector({ windows, work }, server, wine, running) {
  const child = wine.start('salvor-collector', [path.join(windows, 'salvor-collector.exe'), 'run', '--url', server.base, '--key', server.key], {
    log: path.join(work, 'collector.log'),
  });
  running.push(() => child.stop());
  await child.line(/^salvor-collector ready /, READY_MS);
}

/** What an administrator does: a .reg file made by the collector itself, imported. The server's address and key stay the command line's. */
async function registerModule(module, { windows, work }, wine) {
  const file = path.join(work, 'module.reg');
  await wine.run('salvor-collector reg', [
    path.join(windows, 'salvor-collector.exe'), 'reg', '--app', SAMPLE_NAME, '--module', windowsPath(module), '--output', windowsPath(file),
  ], READY_MS);
  await wine.importRegistry(file);
}

async function crashOnce(crash, { work }, index, wine, client) {
  const child = wine.start(crash.command.map((part) => path.basename(part)).join(' '), crash.command, { log: path.join(work, `crash-${index}.log`) });
  const [, pid, fault] = await child.line(/^crashing kind=\S+ pid=(\d+) time_ms=(\d+)/, READY_MS);
  await child.end(READY_MS);
  const { report, seen } = await client.reportWhen(PROJECT, (candidate) => pidOf(candidate) === Number(pid) || candidate.state === 'failed', VISIBLE_MS);
  mustTell(report, crash, Number(pid));
  return { report, elapsedMs: seen - Number(fault) };
}

async function checkOnce({ work }, server, client, reports) {
  const { total } = await client.reports(PROJECT);
  if (total !== reports.length) throw new Error(`the server holds ${total} reports of ${reports.length} crashes`);
  say('looking at the pages in headless Chromium');
  await withPage(async (page) => {
    await signIn(page, server.base, server);
    await checkReports(page, server.base, PROJECT, reports, work);
  });
  say('the pages show reason, module and offset, and version of each');
}

function interrupted() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve(signal));
  });
}

async function demonstrate(settings, running) {
  say('starting the server on loopback');
  const server = await startServer(settings, running);
  const client = new Client(server.base);
  await client.signIn(server.user, server.password);

  say("uploading the sample program's symbols");
  await uploadSymbols(settings, server);

  say('preparing a private Wine prefix and importing reg/sample-enable.reg');
  const wine = new Wine(path.join(settings.work, 'wineprefix'));
  running.push(() => wine.stop());
  await wine.create();
  await wine.importRegistry(registry);

  say('starting the collector');
  await startCollector(settings, server, wine, running);
  say('note: Wine has no Windows Error Reporting; for the fast fail the test program werhost.exe stands in for WerFault.exe');

  const seen = [];
  for (const [index, crash] of crashes(settings.windows).entries()) {
    say(`crashing: ${crash.title}`);
    if (crash.module) await registerModule(crash.module, settings, wine);
    const { report, elapsedMs } = await crashOnce(crash, settings, index, wine, client);
    console.log(describeReport(report, crash, elapsedMs, `${server.base}/reports/${report.id}`));
    seen.push(report);
  }
  console.log(`\naddress  ${server.base}\nlogin    ${server.user}  password ${server.password}\n`);
  return { server, client, seen };
}

async function main() {
  const settings = options();
  const running = [];
  let left = false;
  const stop = interrupted().then(() => {
    left = true;
  });
  rmSync(settings.work, { recursive: true, force: true });
  mkdirSync(settings.work, { recursive: true });
  try {
    const work = demonstrate(settings, running).then(async ({ server, client, seen }) => {
      if (settings.once) return checkOnce(settings, server, client, seen);
      say('staying up; Ctrl-C ends it');
      return stop;
    });
    await Promise.race([work, stop]);
  } finally {
    for (const end of running.reverse()) await end();
  }
  if (settings.once && left) throw new Error('interrupted');
  say(settings.once ? 'all seen; everything is stopped' : 'stopped');
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(`demo: failed: ${error.message}`);
    process.exit(1);
  },
);
