// First run, the sub-commands, and the pages that are built in.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import * as h from './harness.mjs';

const KEY = /^project default key ([0-9a-f]{32})$/m;

test('first_run_when_credentials_are_printed_then_they_work_and_are_told_once', async (t) => {
  const server = await h.startServer(t);
  assert.match(server.stdout, KEY);
  assert.match(server.stdout, /^administrator admin password [a-z0-9-]{20,}$/m);
  await h.signIn(server);
  h.idOf(await h.postForm(server, [h.dumpPart(h.tinyDump())]));
  await server.stop();
  const again = await h.startServer(t, { data: server.data });
  assert.doesNotMatch(again.stdout, /password|key/);
});

test('first_run_when_there_is_no_terminal_then_a_private_file_is_named', async (t) => {
  const data = path.join(h.tempFolder(t), 'deep', 'data');
  const child = spawn(h.SERVER, ['serve', '--data', data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for await (const bytes of child.stdout) {
    output += bytes;
    if (output.includes('listening')) break;
  }
  assert.doesNotMatch(output, /password [a-z0-9]{4}-/);
  const file = output.match(/^salvor-server first run: .* (\/\S+)$/m)[1];
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.match(readFileSync(file, 'utf8'), /^project default key [0-9a-f]{32}\nadministrator admin password \S+\n$/);
  child.kill('SIGTERM');
  assert.equal((await once(child, 'exit'))[0], 0);
  for (const name of ['', 'salvor.db', 'tmp', 'blobs']) assert.equal(statSync(path.join(data, name)).mode & 0o077, 0, `${name} is private`);
});

test('server_when_its_data_folder_is_relative_and_its_limits_are_smallest_then_reports_are_processed', async (t) => {
  const folder = h.tempFolder(t);
  const args = ['--max-connections', '1', '--threads', '8', '--workers', '1'];
  const server = await h.startServer(t, { data: 'below/here', cwd: folder, args });
  const response = await h.postForm(server, [h.dumpPart(h.realDump('divide.dmp'))]);
  const client = await h.signIn(server);
  assert.equal((await h.processed(client, h.idOf(response))).state, 'processed');
});

test('project_when_key_is_asked_then_shown_also_beside_a_running_server', async (t) => {
  const server = await h.startServer(t);
  const { status, stdout } = h.run(['project', 'key', 'default', '--data', server.data]);
  assert.equal(status, 0);
  assert.equal(stdout, `project default key ${server.key}\n`);
});

test('project_when_added_then_its_key_lets_reports_in', async (t) => {
  const server = await h.startServer(t);
  const made = h.run(['project', 'add', 'game-2', '--data', server.data]);
  const key = made.stdout.match(/^project game-2 key ([0-9a-f]{32})$/m)[1];
  h.idOf(await h.postForm(server, [h.dumpPart(h.tinyDump())], { 'Salvor-Key': key }, '/api/game-2/minidump'));
  assert.equal(h.run(['project', 'list', '--data', server.data]).stdout, 'default\ngame-2\n');
  const client = await h.signIn(server);
  assert.equal(await h.reportCount(client), 0);
  assert.equal((await client.get('/projects/game-2/reports')).json.total, 1);
});

test('key_when_it_has_a_scope_then_it_lets_in_that_alone_until_it_is_removed', async (t) => {
  const server = await h.startServer(t);
  const at = ['--data', server.data];
  const keyOf = (scope) => {
    const made = h.run(['key', 'add', 'default', ...(scope ? ['--scope', scope] : []), ...at]);
    return made.stdout.match(new RegExp(`^project default key ([0-9a-f]{32}) scope ${scope ?? 'both'}$`, 'm'))[1];
  };
  const keys = { reports: keyOf('reports'), symbols: keyOf('symbols'), both: keyOf() };
  const report = (key) => h.postForm(server, [h.dumpPart(h.tinyDump())], { 'Salvor-Key': key });
  const question = (key) =>
    fetch(`${server.url}/api/default/symbols/missing`, { method: 'POST', headers: { 'Salvor-Key': key }, body: '[]' });

  h.idOf(await report(keys.reports));
  h.idOf(await report(keys.both));
  const refused = await report(keys.symbols);
  assert.equal(refused.status, 403);
  assert.match(h.text(refused), /for symbols; reports need one of scope reports or both/);
  assert.equal((await question(keys.symbols)).status, 200);
  assert.equal((await question(keys.both)).status, 200);
  const unasked = await question(keys.reports);
  assert.equal(unasked.status, 403);
  assert.match(await unasked.text(), /for reports; symbols need one of scope symbols or both/);

  const listed = h.run(['key', 'list', 'default', ...at]).stdout.trim().split('\n').map((line) => line.split(' '));
  assert.deepEqual(new Set(listed.map((words) => `${words[3]} ${words[5]}`)),
    new Set([`${server.key} both`, ...Object.entries(keys).map(([scope, key]) => `${key} ${scope}`)]));
  assert.notEqual(h.run(['project', 'key', 'default', ...at]).stdout, `project default key ${keys.symbols}\n`);
  assert.equal(h.run(['key', 'remove', keys.both, ...at]).status, 0);
  assert.equal((await report(keys.both)).status, 403);
  assert.equal(h.run(['key', 'remove', keys.both, ...at]).status, 1);
});

test('commands_when_used_wrongly_then_a_sentence_and_the_right_exit_code', async (t) => {
  const data = h.tempFolder(t);
  const at = ['--data', data];
  const cases = [
    [[], 2],
    [['nonsense'], 2],
    [['serve', 'x'], 2],
    [['serve', '--nonsense'], 2],
    [['serve', '--listen', '127.0.0.1', ...at], 1],
    [['serve', '--listen', '127.0.0.1:99999', ...at], 1],
    [['serve', '--listen', '203.0.113.7:80', ...at], 1],
    [['serve', '--data', '/proc/no/such'], 1],
    [['project'], 2],
    [['project', 'key', ...at], 2],
    [['project', 'key', 'none', ...at], 1],
    [['project', 'add', 'Big Name', ...at], 1],
    [['project', 'add', 'default', ...at], 1],
    [['key'], 2],
    [['key', 'add'], 2],
    [['key', 'turn', 'default', ...at], 2],
    [['key', 'add', 'none', ...at], 1],
    [['key', 'list', 'none', ...at], 1],
    [['key', 'remove', 'none', ...at], 1],
    [['key', 'add', 'default', '--scope', 'dumps', ...at], 1],
    [['user', 'add', 'x y', ...at], 1, 'good password\n'],
    [['user', 'add', 'bob', '--role', 'king', ...at], 1, 'good password\n'],
    [['user', 'add', 'bob', ...at], 1, 'short\n'],
    [['user', 'add', 'bob', ...at], 1, ''],
    [['user', 'add', 'bob', '--project', 'none', ...at], 1, 'good password\n'],
    [['user', 'remove', 'bob', ...at], 1],
    [['user', 'password', 'bob', ...at], 1, 'good password\n'],
  ];
  for (const [args, code, input] of cases) {
    const { status, stderr } = h.run(args, input);
    assert.equal(status, code, `${args.join(' ')}: ${stderr}`);
    assert.ok(stderr.length > 10, args.join(' '));
  }
  assert.equal(h.run(['user', 'list', ...at]).stdout, 'admin admin\n', 'nothing came of them');
  const help = h.run(['serve', '--help']);
  assert.equal(help.status, 0);
  for (const option of ['--data', '--listen', '--print-credentials', '--max-upload']) assert.ok(help.stdout.includes(option), option);
});

test('second_listener_when_the_port_is_taken_then_a_sentence_and_exit_1', async (t) => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { status, stderr } = h.run(['serve', '--data', h.tempFolder(t), '--listen', `127.0.0.1:${taken.address().port}`]);
  assert.equal(status, 1);
  assert.match(stderr, /cannot listen on/);
});

test('pages', async (t) => {
  const server = await h.startServer(t);
  const get = (target, headers = {}) => fetch(server.url + target, { headers });
  const index = await (await get('/')).text();

  await t.test('index_when_asked_for_any_page_address_then_given_with_a_strict_policy', async () => {
    for (const address of ['/', '/index.html', '/default/groups', '/default/reports/123?x=1', '/anything']) {
      const response = await get(address);
      assert.equal(response.status, 200, address);
      assert.equal(await response.text(), index);
      assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.match(response.headers.get('content-security-policy'), /default-src 'self';.*frame-ancestors 'none'/);
      assert.doesNotMatch(response.headers.get('content-security-policy'), /unsafe|\*/);
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
      assert.equal(response.headers.get('cache-control'), 'no-cache');
    }
  });

  await t.test('assets_when_asked_then_typed_kept_for_ever_and_not_sent_twice', async () => {
    const assets = [...index.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, address]) => address);
    assert.ok(assets.length >= 2, index);
    for (const address of assets) {
      const response = await get(address);
      assert.equal(response.status, 200, address);
      assert.match(response.headers.get('content-type'), /javascript|css|svg/);
      assert.match(response.headers.get('cache-control'), /immutable/);
      const again = await get(address, { 'If-None-Match': response.headers.get('etag') });
      assert.equal(again.status, 304);
      assert.equal((await again.arrayBuffer()).byteLength, 0);
      await response.arrayBuffer();
    }
  });

  await t.test('files_when_there_are_none_then_404_and_nothing_outside_is_given', async () => {
    for (const address of ['/missing.js', '/assets/missing.css', '/..%2f..%2fetc%2fpasswd.x', '/%2e%2e/salvor.db', '/salvor.db', '/api/v2/x']) {
      assert.equal((await get(address)).status, 404, address);
    }
  });

  await t.test('head_when_asked_then_the_head_of_the_get', async () => {
    const response = await fetch(server.url, { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(Number(response.headers.get('content-length')), Buffer.byteLength(index));
  });
});
