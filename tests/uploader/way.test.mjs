// The way to the server: a dry run, proxies, a limit on the rate.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import crypto from 'node:crypto';
import { dump, dumpFile, queue, queueArgs, scene, standing, start } from './harness.mjs';
import { answer } from './server.mjs';

const ok = answer(200, 'CrashID=bp-1\n');

// The bytes of the first request, with its boundary, which is another one each time, made plain.
async function rawOf(t, args) {
  const chunks = [];
  const { dir, server } = await scene(t, ok, { onConnection: socket => socket.on('data', data => chunks.push(data)) });
  const file = dumpFile(dir), all = ['--url', server.url, '--no-gzip', ...args, file], written = path.join(dir, 'request');
  const dry = await start([...all, '--dry-run', written]);
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stdout, /^written file=/);
  assert.equal(server.connections, 0);
  const sent = await start(all);
  assert.equal(sent.code, 0, sent.stderr);
  const plain = bytes => bytes.toString('latin1').replaceAll(/salvor-[0-9a-f]{32}/g, 'BOUNDARY');
  return { dry: plain(fs.readFileSync(written)), sent: plain(Buffer.concat(chunks)) };
}

for (const [what, args] of [['with a key', ['--key', 'k-1']], ['for backtrace', ['--format', 'backtrace', '--key', 'k&1']],
  ['for breakpad', ['--format', 'breakpad']]])
  test(`dry run ${what} is byte for byte what is sent`, async t => {
    const { dry, sent } = await rawOf(t, args);
    assert.equal(dry, sent);
  });

test('dry run overwrites nothing', async t => {
  const { dir, server } = await scene(t, ok);
  const file = dumpFile(dir), before = fs.readFileSync(file);
  const result = await start(['--url', server.url, '--dry-run', file, file]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /cannot be written/);
  assert.ok(fs.readFileSync(file).equals(before));
});

for (const args of [['--queue', '.'], ['a.dmp', 'b.dmp']])
  test(`dry run of ${args[0]} is wrong usage`, async t => {
    const { dir, server } = await scene(t, ok);
    const result = await start(['--url', server.url, '--dry-run', path.join(dir, 'x'), ...args]);
    assert.equal(result.code, 2);
    assert.match(result.stderr, /--dry-run takes one file/);
  });

// A proxy that notes what it is asked for and passes it to the server.
async function proxy(t, server) {
  const asked = [];
  const far = http.createServer((request, response) => {
    asked.push(request.url);
    const on = http.request({ port: server.port, host: '127.0.0.1', method: request.method, path: new URL(request.url).pathname,
      headers: request.headers }, reply => { response.writeHead(reply.statusCode, reply.headers); reply.pipe(response); });
    request.pipe(on);
  });
  far.on('connect', (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
  });
  await new Promise(resolve => far.listen(0, '127.0.0.1', resolve));
  t.after(() => { far.closeAllConnections(); far.close(); });
  return { url: `http://127.0.0.1:${far.address().port}`, asked };
}

const away = 'http://crash.invalid/submit';
const quiet = { http_proxy: '', https_proxy: '', no_proxy: '', NO_PROXY: '', ALL_PROXY: '', all_proxy: '' };

for (const [what, args, env] of [['option', url => ['--proxy', url], () => quiet],
  ['environment', () => [], url => ({ ...quiet, http_proxy: url })]])
  test(`proxy of the ${what} is asked`, async t => {
    const { dir, server } = await scene(t, ok);
    const { url, asked } = await proxy(t, server);
    const result = await start(['--url', away, '--allow-http', ...args(url), dumpFile(dir)], { env: env(url) });
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(asked, [away]);
    assert.equal(server.requests.length, 1);
  });

test('proxy none overrules the environment', async t => {
  const { dir, server } = await scene(t, ok);
  const { url, asked } = await proxy(t, server);
  const result = await start(['--url', away, '--allow-http', '--proxy', 'none', '--connect-timeout', '5s', dumpFile(dir)],
    { env: { ...quiet, http_proxy: url } });
  assert.equal(result.code, 3);
  assert.deepEqual(asked, []);
});

test('proxy that refuses the tunnel: the report waits', async t => {
  const { dir, server } = await scene(t, ok);
  const { url, asked } = await proxy(t, server);
  const [name] = queue(dir);
  const result = await start(['--queue', path.join(dir, 'queue'), '--url', 'https://crash.invalid/submit', '--proxy', url], { env: quiet });
  assert.equal(result.code, 3, result.stderr);
  assert.deepEqual(asked, ['CONNECT crash.invalid:443']);
  assert.deepEqual(standing(dir), { pending: [name] });
});

test('server on this machine is reached without the proxy', async t => {
  const { dir, server } = await scene(t, ok);
  const { url, asked } = await proxy(t, server);
  queue(dir);
  const result = await start(queueArgs(dir, server, '--proxy', url), { env: quiet });
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(asked, []);
});

test('rate is limited', async t => {
  const { dir, server } = await scene(t, ok);
  const content = Buffer.concat([dump(64), crypto.randomBytes(200000)]);
  const result = await start(['--url', server.url, '--no-gzip', '--limit-rate', '100k', dumpFile(dir, 'a.dmp', content)]);
  assert.equal(result.code, 0, result.stderr);
  assert.ok(result.ms > 1000, `200 KB at 100 KB/s took ${result.ms} ms`);
});

test('rate under the stall limit is wrong usage', async t => {
  const { dir, server } = await scene(t, ok);
  const result = await start(['--url', server.url, '--limit-rate', '100', dumpFile(dir)]);
  assert.equal(result.code, 2);
});
