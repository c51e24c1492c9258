// crowd.test.mjs - everybody at once on one queue: layers that bring reports, the watcher, the schedule with its uploader, another uploader by
// hand, and somebody who keeps asking for the status. Each crash is on the server once, or in a count once, and the status can always be read.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import zlib from 'node:zlib';
import { collectorProgram, dumpBytes, putReport, reports, scratch, startCollector, startServer, until } from './support.mjs';

const EACH = process.env.SALVOR_TEST_FULL === '1' ? 1000 : 60; // crashes of each kind
const uploadProgram = path.join(path.dirname(collectorProgram), 'salvor-upload');
const pause = (most) => new Promise((resolve) => setTimeout(resolve, randomInt(most)));

async function run(program, ...words) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SALVOR_KEY: '' } });
  let stdout = '', stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const [code, signal] = await once(child, 'close');
  return { code: code ?? signal, stdout, stderr };
}

/** What each post says: its id, and how many crashes it stands for. */
const said = ({ body }) => {
  const text = zlib.gunzipSync(body).toString('latin1');
  return { id: /\nid=([0-9a-f-]{36})\n/.exec(text)[1], crashes: Number(/\ncount=(\d+)\n/.exec(text)?.[1] ?? 1) };
};

test(`queue when all work on it at once then ${3 * EACH} crashes are sent or counted once, and status is always readable`, { timeout: 600000 }, async (t) => {
  const data = scratch(t);
  let answered = 0;
  const server = await startServer(t, () => (++answered % 11 === 0 ? 503 : 200)); // so that some go back into the queue
  const collector = await startCollector(t, data, '--url', server.url, '--scan-interval', '100ms', '--rate-signature', '3', '--rate-program', '0', '--rate-all', '0', '--loop-crashes', '0', '--count-interval', '200ms');
  const refused = new Set(); // ids whose post was answered 503
  let crashes = 0, looks = 0, byHand = 0, busy = true;

  const layer = async () => { // whole reports by one rename, as the monitor commits them; some share a signature
    for (let i = 0; i < EACH; i++, crashes++) {
      putReport(data, { app: 'layer.exe', crash_address: `layer.exe+0x${(i % 7).toString(16)}` });
      await pause(12);
    }
  };
  const watched = async () => {
    for (let i = 0; i < EACH; i++, crashes++) {
      const made = path.join(data, `made-dump-${i}`);
      fs.writeFileSync(made, dumpBytes(3000 + i));
      fs.renameSync(made, path.join(collector.dumps, `watched${i}.exe.${20000 + i}.dmp`));
      await pause(12);
    }
  };
  const ingested = async (from, to) => { // with a spool, a draft and a sweep of their own
    for (let i = from; i < to; i++, crashes++) {
      const file = path.join(data, `ingest${i}.exe.${30000 + i}.dmp`);
      fs.writeFileSync(file, dumpBytes(4000));
      const { code, stderr } = await run(collectorProgram, 'ingest', '--data', data, file);
      assert.equal(code, 0, stderr);
    }
  };
  const uploader = async () => {
    while (busy) {
      const { code, stdout, stderr } = await run(uploadProgram, '--queue', collector.queue, '--url', server.url);
      assert.ok(code === 0 || code === 3, `${code} ${stdout} ${stderr}`);
      byHand += Number(/accepted=(\d+)/.exec(stdout)[1]);
      await pause(30);
    }
  };
  const asker = async () => {
    while (busy) {
      const { code, stdout, stderr } = await run(collectorProgram, 'status', '--json', '--data', data);
      assert.equal(code, 0, stderr);
      const { states, limits, endpoint } = JSON.parse(stdout);
      assert.ok(Object.values(states).every((count) => count >= 0 && count <= 6 * EACH), stdout);
      assert.ok(limits.reports >= 0 && ['ready', 'backoff', 'asked'].includes(endpoint.state), stdout);
      const text = await run(collectorProgram, 'status', '--data', data);
      assert.equal(text.code, 0, text.stderr);
      looks += 2;
      await pause(20);
    }
  };

  const hands = [uploader(), asker()];
  await Promise.all([layer(), watched(), ingested(0, EACH / 2), ingested(EACH / 2, EACH)]);
  const waits = () => ['new', 'pending', 'uploading', 'failed'].flatMap((state) => reports(collector, state)).length + fs.readdirSync(collector.dumps).length;
  await until(() => `${waits()} wait: ${collector.log.slice(-1500)}`, () => waits() === 0, 120000);
  busy = false;
  await Promise.all(hands);

  const accepted = new Map(), tried = new Map();
  server.posts.forEach((post, at) => {
    const { id, crashes: stood } = said(post);
    tried.set(id, (tried.get(id) ?? 0) + 1);
    if ((at + 1) % 11 === 0) refused.add(id);
    else accepted.set(id, [...(accepted.get(id) ?? []), stood]);
  });
  const twice = [...accepted.values()].filter((posts) => posts.length > 1).length;
  const total = [...accepted.values()].reduce((sum, [stood]) => sum + stood, 0);
  t.diagnostic(`crashes ${crashes}; reports ${[...accepted.values()].filter(([stood]) => stood === 1).length}; lost ${Math.max(0, crashes - total)}; counted twice ${Math.max(0, total - crashes) + twice}; answered 503 ${refused.size}; sent by hand ${byHand}; status read ${looks} times`);
  assert.equal(twice, 0, 'no report is taken twice');
  assert.equal(total, crashes);
  assert.ok(looks > 5 && refused.size > 0);
  assert.deepEqual(fs.readdirSync(path.join(collector.queue, 'tmp')), []);
});
