// Symbols come in by PUT and by command, are read before they count, and wake the reports that wait for them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import zlib from 'node:zlib';
import {
  HERE, dumpPart, exchange, idOf, postForm, processed, request, run, signIn, startServer, tempFolder, text, until,
} from './harness.mjs';
import { cabinet, moduleDump, zipArchive } from './symbol_files.mjs';

const DATA = path.join(HERE, '../data/symbols');
const PDB = readFileSync(path.join(DATA, 'plain-x64.pdb'));
const DLL = readFileSync(path.join(DATA, 'plain-x64.dll'));
const DAMAGED = process.env.SALVOR_TEST_FULL === '1' ? 2000 : 24;
const PDB_ID = '506DD4D554C735364C4C44205044422E1';
const DLL_ID = '8C708EF76000';
const PDB_ADDRESS = `/symbols/plain-x64.pdb/${PDB_ID}/plain-x64.pdb`;
const DLL_ADDRESS = `/symbols/plain-x64.dll/${DLL_ID}/plain-x64.dll`;

const send = (server, method, target, headers, body = Buffer.alloc(0)) =>
  exchange(server, request([`${method} ${target} HTTP/1.1`, 'Host: x', ...Object.entries(headers).map(([k, v]) => `${k}: ${v}`),
    `Content-Length: ${body.length}`], body));
const put = (server, address, body, headers = {}) => send(server, 'PUT', address, { 'Salvor-Key': server.key, ...headers }, body);
const missing = async (server, list, headers = {}) => {
  const body = Buffer.from(typeof list === 'string' ? list : JSON.stringify(list));
  return send(server, 'POST', '/api/default/symbols/missing', { 'Salvor-Key': server.key, 'Content-Type': 'application/json', ...headers }, body);
};

// Whole numbers below a limit, the same in each run.
function numbers(seed) {
  let state = BigInt(seed);
  return (limit) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number(state >> 33n) % limit;
  };
}

const peakMegabytes = (server) => Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))[1]) / 1024);

// Everything that symbols have left in the data folder.
function kept(server) {
  const files = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) walk(full);
      else files.push(path.relative(server.data, full));
    }
  };
  for (const folder of ['symbols', 'symbols-cache']) walk(path.join(server.data, folder));
  return files.sort();
}

const topFrame = (report) => report.processed.crashing_thread.frames[0];
const named = (client, id) =>
  until('a named frame', async () => {
    const { json } = await client.get(`/reports/${id}`);
    return json.state === 'processed' && topFrame(json).function ? json : null;
  });

async function waitingReport(server, client) {
  const id = idOf(await postForm(server, [dumpPart(moduleDump())]));
  const report = await processed(client, id);
  assert.equal(topFrame(report).function, null);
  assert.deepEqual(report.processed.salvor.modules[0].symbols.wanted, [
    { name: 'plain-x64.pdb', id: PDB_ID, found: false },
    { name: 'plain-x64.dll', id: DLL_ID, found: false },
  ]);
  return id;
}

test('put_when_the_file_is_right_then_waiting_reports_are_processed_again', async (t) => {
  const server = await startServer(t);
  const client = await signIn(server);
  const id = await waitingReport(server, client);
  const answer = await put(server, PDB_ADDRESS, PDB);
  assert.equal(answer.status, 201, text(answer));
  const report = await named(client, id);
  assert.equal(topFrame(report).function, 'plain_sum');
  assert.equal(topFrame(report).line, 23);
  assert.deepEqual(topFrame(report).inlines.map((one) => one.function), ['header_clamp', 'thrice_and_more']);
  assert.equal(report.processed.modules[0].loaded_symbols, true);
  assert.deepEqual(kept(server), [
    `symbols-cache/pdb-plain-x64.pdb-${PDB_ID.toLowerCase()}.table`,
    `symbols/plain-x64.pdb/${PDB_ID.toLowerCase()}/plain-x64.pdb`,
  ]);
  assert.equal((await put(server, PDB_ADDRESS, PDB)).status, 200);
});

test('put_when_body_is_compressed_then_taken', async (t) => {
  const server = await startServer(t);
  assert.equal((await put(server, PDB_ADDRESS, zlib.gzipSync(PDB), { 'Content-Encoding': 'gzip' })).status, 201);
  assert.equal((await put(server, DLL_ADDRESS, zlib.deflateSync(DLL), { 'Content-Encoding': 'deflate' })).status, 201);
  assert.equal((await put(server, DLL_ADDRESS, zlib.gzipSync(DLL).subarray(0, 500), { 'Content-Encoding': 'gzip' })).status, 400);
  assert.equal((await put(server, DLL_ADDRESS, DLL, { 'Content-Encoding': 'br' })).status, 415);
});

test('put_when_the_file_is_not_what_its_address_says_then_422_and_nothing_is_kept', async (t) => {
  const server = await startServer(t);
  const refused = async (address, body, sentence) => {
    const answer = await put(server, address, body);
    assert.equal(answer.status, 422, text(answer));
    assert.match(text(answer), sentence);
  };
  const SYM = Buffer.from(`MODULE windows x86_64 ${PDB_ID} other.pdb\nFUNC 1000 10 0 f\n`);
  await refused(`/symbols/plain-x64.pdb/${PDB_ID.replace(/^5/, '6')}/plain-x64.pdb`, PDB, /belongs to another build/);
  await refused(PDB_ADDRESS, PDB.subarray(0, 5000), /plain-x64.pdb /);
  await refused(PDB_ADDRESS, Buffer.from('<html>not found</html>'), /is no PDB, image or Breakpad symbol file/);
  await refused(PDB_ADDRESS, Buffer.alloc(0), /is no PDB, image or Breakpad symbol file/);
  await refused(`/symbols/plain-x64.pdb/${PDB_ID}/plain-x64.sym`, PDB, /is not the kind of file/);
  await refused(`/symbols/plain-x64.pdb/${PDB_ID}/plain-x64.sym`, SYM, /names "other.pdb"/);
  assert.deepEqual(kept(server), []);
});

// Cut and changed files in great number: each answer is a clean one, and the server lives on and stays small.
test('put_when_files_are_damaged_anyhow_then_each_is_answered', async (t) => {
  const server = await startServer(t);
  const SYM = Buffer.from(`MODULE windows x86_64 ${PDB_ID} plain-x64.pdb\nFILE 0 a.c\nFUNC 1000 40 0 f(int)\n1000 40 7 0\nSTACK CFI INIT 1000 40 .cfa: $rsp 8 +\n`);
  const files = [[PDB_ADDRESS, PDB], [DLL_ADDRESS, DLL], [`/symbols/plain-x64.pdb/${PDB_ID}/plain-x64.sym`, SYM]];
  const random = numbers(1);
  const damaged = (body, i) => {
    const copy = Buffer.from(body);
    for (let j = 0; j <= i % 8; j++) copy[random(copy.length)] = random(256);
    return i % 3 ? copy : copy.subarray(0, random(copy.length));
  };
  const counts = {};
  let next = 0;
  const putSome = async () => {
    while (next < DAMAGED) {
      const i = next++;
      const [address, body] = files[i % files.length];
      const answer = await put(server, address, damaged(body, i));
      assert.ok([200, 201, 422].includes(answer.status), `${answer.status} ${text(answer)}`);
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
    }
  };
  await Promise.all([putSome(), putSome()]);
  t.diagnostic(`${DAMAGED} damaged files: ${JSON.stringify(counts)}, peak memory ${peakMegabytes(server)} MB`);
  assert.ok(peakMegabytes(server) < 512, `${peakMegabytes(server)} MB`); // sanitizers keep up to 256 MB of what was freed
  for (const [address, body] of files) assert.ok([200, 201].includes((await put(server, address, body)).status));
});

test('put_when_key_address_or_size_are_wrong_then_refused_before_anything_is_read', async (t) => {
  const server = await startServer(t, { args: ['--max-symbols', '20k'] });
  assert.equal((await send(server, 'PUT', DLL_ADDRESS, {}, DLL)).status, 401);
  assert.equal((await put(server, DLL_ADDRESS, DLL, { 'Salvor-Key': 'wrong' })).status, 403);
  for (const address of ['/symbols/a.pdb', `/symbols/a.pdb/${PDB_ID}/b.pdb`, '/symbols/a.pdb/xyz/a.pdb', `/symbols/../${PDB_ID}/..`,
    `/symbols/%2e%2e%2f%2e%2e/${PDB_ID}/%2e%2e%2f%2e%2e`, `/symbols/con/${PDB_ID}/con`, `/symbols/.new/${PDB_ID}/.new`, `/symbols/a%00b/${PDB_ID}/a%00b`])
    assert.equal((await put(server, address, DLL)).status, 400, address);
  assert.equal((await put(server, PDB_ADDRESS, Buffer.alloc(30000))).status, 413);
  assert.equal((await put(server, PDB_ADDRESS, zlib.gzipSync(Buffer.alloc(50 << 20)), { 'Content-Encoding': 'gzip' })).status, 413);
  assert.deepEqual(kept(server), []);
});

test('put_when_the_store_is_full_then_507_that_says_so_and_what_is_there_may_be_replaced', async (t) => {
  const server = await startServer(t, { args: ['--max-symbol-store', String(PDB.length + 1000)] });
  assert.equal((await put(server, PDB_ADDRESS, PDB)).status, 201);
  const answer = await put(server, DLL_ADDRESS, DLL);
  assert.equal(answer.status, 507);
  assert.match(text(answer), /^plain-x64\.dll does not fit: the server's symbols hold 0\.1 MB of the 0\.1 MB that --max-symbol-store allows; /);
  assert.equal((await put(server, PDB_ADDRESS, PDB)).status, 200);
  assert.deepEqual(kept(server).filter((file) => file.startsWith('symbols/')), [`symbols${PDB_ADDRESS.replace('/symbols', '').toLowerCase()}`]);
});

const tables = (report) => report.processed.salvor.tables.map(({ kind, cached }) => `${kind} ${cached}`).sort();

test('serve_when_given_a_folder_of_symbols_then_a_file_is_compiled_for_the_first_report_only', async (t) => {
  const server = await startServer(t, { args: ['--symbols', DATA] });
  const client = await signIn(server);
  const first = await processed(client, idOf(await postForm(server, [dumpPart(moduleDump())])));
  assert.equal(topFrame(first).function, 'plain_sum');
  assert.deepEqual(tables(first), ['pdb false']);
  await until('its table', () => kept(server).some((file) => file.endsWith('.table')));
  const second = await processed(client, idOf(await postForm(server, [dumpPart(moduleDump({ seed: 2 }))])));
  assert.equal(topFrame(second).function, 'plain_sum');
  assert.deepEqual(tables(second), ['pdb true']);
});

test('serve_when_the_cache_is_larger_than_allowed_then_it_is_trimmed_and_reports_have_their_names', async (t) => {
  const server = await startServer(t, { args: ['--symbols', DATA, '--symbols-cache-size', '1000'] });
  const client = await signIn(server);
  for (let seed = 1; seed <= 2; seed++) {
    const report = await processed(client, idOf(await postForm(server, [dumpPart(moduleDump({ seed }))])));
    assert.equal(topFrame(report).function, 'plain_sum');
    await until('compiled, and gone', () => server.stderr.match(/symbols-compiled/g)?.length === seed && kept(server).length === 0);
  }
});

test('missing_when_asked_then_those_that_are_not_there_in_their_order', async (t) => {
  const server = await startServer(t);
  const list = [
    { name: 'b.pdb', id: PDB_ID }, { name: 'plain-x64.PDB', id: PDB_ID.toLowerCase() }, { name: 'plain-x64.pdb', id: PDB_ID, file: 'plain-x64.sym' },
    { name: 'plain-x64.dll', id: DLL_ID },
  ];
  assert.deepEqual(JSON.parse(text(await missing(server, list))), list);
  await put(server, PDB_ADDRESS, PDB);
  const answer = await missing(server, list);
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(text(answer)), [list[0], list[2], list[3]]);
  assert.deepEqual(JSON.parse(text(await missing(server, []))), []);
  for (const bad of ['{}', '[1]', '[{"name":"../x","id":"0123456789"}]', '[{"name":"a"}]', 'x', '', '[{"name":"a.pdb","id":"0123456789","file":"b"}]'])
    assert.equal((await missing(server, bad)).status, 400, bad);
  assert.equal((await missing(server, `[${' '.repeat(1 << 20)}]`)).status, 413);
  assert.equal((await missing(server, list, { 'Salvor-Key': 'wrong' })).status, 403);
});

test('get_when_asked_with_a_token_then_the_file_in_any_spelling', async (t) => {
  const server = await startServer(t);
  await put(server, PDB_ADDRESS, PDB);
  const token = run(['symbols', 'token', '--data', server.data]).stdout.match(/^symbols token (\S+)$/m)[1];
  const bearer = { Authorization: `Bearer ${token}` };
  const answer = await send(server, 'GET', PDB_ADDRESS, bearer);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, PDB);
  const spelled = `/symbols/${token}/PLAIN-x64.pdb/${PDB_ID.toLowerCase()}/plain-X64.PDB`;
  assert.deepEqual((await send(server, 'GET', spelled, {})).body, PDB);
  assert.equal((await send(server, 'GET', DLL_ADDRESS, bearer)).status, 404);
  assert.equal((await send(server, 'GET', PDB_ADDRESS, {})).status, 401);
  assert.equal((await send(server, 'GET', PDB_ADDRESS, { 'Salvor-Key': server.key })).status, 401);
  assert.equal((await send(server, 'GET', PDB_ADDRESS, { Authorization: `Bearer ${server.key}` })).status, 403);
  assert.equal((await send(server, 'DELETE', PDB_ADDRESS, bearer)).status, 405);
});

test('add_when_a_folder_is_named_beside_a_running_server_then_its_reports_are_processed_again', async (t) => {
  const server = await startServer(t);
  const client = await signIn(server);
  const id = await waitingReport(server, client);
  const folder = tempFolder(t);
  mkdirSync(path.join(folder, 'Release'));
  writeFileSync(path.join(folder, 'Release', 'plain-x64.pdb'), PDB);
  writeFileSync(path.join(folder, 'Release', 'plain-x64.dll'), DLL);
  writeFileSync(path.join(folder, 'notes.txt'), 'no symbols');
  writeFileSync(path.join(folder, 'cut.pdb'), PDB.subarray(0, 3000));
  const added = run(['symbols', 'add', '--data', server.data, folder]);
  assert.equal(added.status, 1, 'one file is refused');
  assert.match(added.stdout, /^2 added, 1 refused, 1 passed over/m);
  assert.match(added.stderr, /cut\.pdb /);
  assert.equal(topFrame(await named(client, id)).function, 'plain_sum');
});

test('add_when_archives_are_named_then_what_is_in_them_and_nothing_outside', async (t) => {
  const server = await startServer(t);
  const folder = tempFolder(t);
  const zip = path.join(folder, 'symbols.zip'), cab = path.join(folder, 'plain-x64.dl_');
  writeFileSync(zip, zipArchive([
    { name: '../../../escaped/plain-x64.pdb', bytes: PDB },
    { name: 'C:\\windows\\con', bytes: DLL },
    { name: 'empty/', bytes: Buffer.alloc(0) },
    { name: 'damaged.pdb', bytes: PDB, wrongSum: true },
    { name: 'readme.txt', bytes: Buffer.from('hello') },
  ]));
  writeFileSync(cab, cabinet('anything.bin', DLL));
  const added = run(['symbols', 'add', '--data', server.data, zip, cab]);
  assert.match(added.stdout, /^2 added, 2 refused, 1 passed over/m, added.stdout + added.stderr);
  assert.match(added.stderr, /damaged\.pdb is damaged/);
  assert.deepEqual(kept(server).filter((file) => file.startsWith('symbols/')), [
    `symbols/plain-x64.dll/${DLL_ID.toLowerCase()}/plain-x64.dll`,
    `symbols/plain-x64.pdb/${PDB_ID.toLowerCase()}/plain-x64.pdb`,
  ]);
});

test('add_when_archives_are_bombs_or_damaged_then_refused_and_nothing_is_left', async (t) => {
  const server = await startServer(t);
  const folder = tempFolder(t);
  const file = (name, bytes) => {
    writeFileSync(path.join(folder, name), bytes);
    return path.join(folder, name);
  };
  const cab = cabinet('x', DLL), zip = zipArchive([{ name: 'plain-x64.dll', bytes: DLL }]);
  const files = [file('two.dl_', cabinet('x', DLL, { files: 2 })), file('lies.dl_', cabinet('x', DLL, { announced: 0x7fffffff })),
    file('wrong-name.xx_', cab)];
  for (let i = 1; i < 20; i += 3) files.push(file(`cut${i}.dl_`, cab.subarray(0, Math.floor((cab.length * i) / 20))), file(`cut${i}.zip`, zip.subarray(0, Math.floor((zip.length * i) / 20))));
  const bomb = Buffer.concat([DLL, Buffer.alloc(8 << 20)]);
  files.push(file('bomb.zip', zipArchive([{ name: 'plain-x64.dll', bytes: bomb }])), file('bomb.dl_', cabinet('x', bomb)), file('big.dll', bomb));
  for (const one of files) {
    const added = run(['symbols', 'add', '--data', server.data, '--max-symbols', '1m', one]);
    assert.equal(added.status, 1, `${one}: ${added.stdout}${added.stderr}`);
    assert.doesNotMatch(added.stderr, /Sanitizer|runtime error/);
  }
  assert.deepEqual(kept(server), []);
});

// A symbol server: files by path in lower case; asked counts each path.
async function upstream(t, files) {
  const asked = {};
  const server = http.createServer((question, answer) => {
    asked[question.url] = (asked[question.url] ?? 0) + 1;
    const found = files[question.url];
    if (typeof found === 'string') answer.writeHead(302, { Location: found }).end();
    else answer.writeHead(found ? 200 : 404).end(found ?? 'not here');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { asked, port: server.address().port, url: `http://127.0.0.1:${server.address().port}/sym/` };
}
const UP_PDB = `/sym/plain-x64.pdb/${PDB_ID.toLowerCase()}/plain-x64.pdb`;
const UP_DLL = `/sym/plain-x64.dll/${DLL_ID.toLowerCase()}/plain-x64.dll`;
const UP_CAB = UP_DLL.replace(/l$/, '_');

test('fetch_when_an_upstream_server_has_what_a_report_lacks_then_it_is_processed_again', async (t) => {
  const away = await upstream(t, { [UP_PDB]: PDB, [UP_CAB]: cabinet('x', DLL) });
  const server = await startServer(t, { args: ['--symbol-server', away.url] });
  const client = await signIn(server);
  const id = idOf(await postForm(server, [dumpPart(moduleDump())]));
  assert.equal(topFrame(await named(client, id)).function, 'plain_sum');
  await until('the packed image', () => kept(server).some((file) => file.endsWith('/plain-x64.dll')));
});

test('fetch_when_nobody_has_it_or_it_is_wrong_then_asked_once_only', async (t) => {
  const away = await upstream(t, { [UP_PDB]: Buffer.from('<html>Sign in</html>') });
  const server = await startServer(t, { args: ['--symbol-server', away.url] });
  const client = await signIn(server);
  await processed(client, idOf(await postForm(server, [dumpPart(moduleDump())])));
  await until('all questions', () => away.asked[UP_PDB] && away.asked[UP_CAB]);
  await processed(client, idOf(await postForm(server, [dumpPart(moduleDump({ seed: 2 }))])));
  await until('an idle look', () => /symbols-not-fetched[^]*symbols-not-fetched/.test(server.stderr) && server.stderr.includes('in-vain'));
  await processed(client, idOf(await postForm(server, [dumpPart(moduleDump({ seed: 3 }))])));
  assert.deepEqual(away.asked, { [UP_PDB]: 1, [UP_DLL]: 1, [UP_CAB]: 1 });
  await until('nothing on the disk', () => kept(server).length === 0);
});

test('fetch_when_a_redirect_leads_to_a_host_that_is_not_named_then_it_is_not_followed', async (t) => {
  const trap = await upstream(t, { [UP_PDB]: PDB });
  const target = `http://localhost:${trap.port}${UP_PDB}`;
  const away = await upstream(t, { [UP_PDB]: target, [UP_DLL]: 'ftp://127.0.0.1/x', [UP_CAB]: 'file:///etc/passwd' });
  const server = await startServer(t, { args: ['--symbol-server', away.url] });
  const client = await signIn(server);
  await processed(client, idOf(await postForm(server, [dumpPart(moduleDump())])));
  await until('both answers', () => (server.stderr.match(/where no symbols are fetched from/g) ?? []).length >= 2);
  assert.deepEqual(trap.asked, {});
  const trusting = await startServer(t, { args: ['--symbol-server', away.url, '--symbol-host', 'localhost'] });
  const other = await signIn(trusting);
  await named(other, idOf(await postForm(trusting, [dumpPart(moduleDump())])));
  assert.deepEqual(trap.asked, { [UP_PDB]: 1 });
});

test('fetch_when_the_answer_is_too_large_or_the_address_is_plain_http_then_refused', async (t) => {
  const away = await upstream(t, { [UP_PDB]: Buffer.alloc(300000), [UP_DLL]: Buffer.alloc(300000) });
  const server = await startServer(t, { args: ['--symbol-server', away.url, '--max-symbols', '100k'] });
  const client = await signIn(server);
  await processed(client, idOf(await postForm(server, [dumpPart(moduleDump())])));
  await until('both answers', () => (server.stderr.match(/status=TOO_LARGE/g) ?? []).length >= 2);
  await until('nothing on the disk', () => kept(server).length === 0);
  const plain = run(['serve', '--data', tempFolder(t), '--listen', '127.0.0.1:0', '--symbol-server', 'http://example.com/']);
  assert.equal(plain.status, 1);
  assert.match(plain.stderr, /symbols are fetched over https/);
});
