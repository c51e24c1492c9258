// Images of mingw's gcc have no PDB: their DWARF is read by llvm-symbolizer, kept at arm's length.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { dumpPart, exchange, idOf, postForm, request, signIn, startServer, until } from '../server/harness.mjs';
import { moduleDump } from '../server/symbol_files.mjs';

const STACKWALK = process.env.SALVOR_STACKWALK;
const SOURCE = `volatile int sink;
static inline int twice(int x) { return sink + x * 2; }
static inline int thrice(int x) { return twice(x) + x * sink; }
__attribute__((noinline)) int work(int n) { int s = 0; for (int i = 0; i < n; i++) s += thrice(i); return s; }
int main(int c, char **v) { (void)v; return work(c) + 1; }
`;

function run(program, args, options = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26, ...options });
  if (done.error) throw done.error;
  assert.equal(done.status, 0, `${program} ${args.join(' ')}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

// The program, where work and its return address in main stand, and its place in a symbol folder.
function build(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'salvor-dwarf-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  const source = path.join(folder, 'work.c'), image = path.join(folder, 'work.exe');
  fs.writeFileSync(source, SOURCE);
  run('x86_64-w64-mingw32-gcc', ['-O2', '-g', source, '-o', image]);
  const code = run('x86_64-w64-mingw32-objdump', ['-d', '--no-show-raw-insn', image]);
  const base = 0x140000000n;
  const start = BigInt(`0x${code.match(/^([0-9a-f]+) <work>:$/m)[1]}`) - base;
  const call = code.slice(code.indexOf('<main>:')).match(/call +[0-9a-f]+ <work>\n +([0-9a-f]+):/);
  const bytes = fs.readFileSync(image), header = bytes.readUInt32LE(0x3c);
  const module = {
    name: 'work.exe', base, codeview: Buffer.alloc(0), timestamp: bytes.readUInt32LE(header + 8), size: bytes.readUInt32LE(header + 24 + 56),
    ip: start, behind: BigInt(`0x${call[1]}`) - base,
  };
  const id = module.timestamp.toString(16).toUpperCase().padStart(8, '0') + module.size.toString(16);
  const symbols = path.join(folder, 'symbols');
  fs.mkdirSync(path.join(symbols, 'work.exe', id), { recursive: true });
  fs.copyFileSync(image, path.join(symbols, 'work.exe', id, 'work.exe'));
  return { folder, image, symbols, module, end: Number(start) + 0x60 };
}

function walk(built, ip, args = []) {
  const dump = path.join(built.folder, 'a.dmp');
  fs.writeFileSync(dump, moduleDump({ ...built.module, ip: BigInt(ip) }));
  return JSON.parse(run(STACKWALK, ['--json', '--symbols', built.symbols, ...args, dump]));
}

// [function, file, line] of a frame and what was inlined into it, innermost first.
const places = (frame) => [...(frame.inlines ?? []), frame].map((one) => [one.function, one.file, one.line]);

test('frames_when_the_image_has_dwarf_are_what_llvm_says', (t) => {
  const built = build(t);
  let inlined = 0;
  for (let ip = Number(built.module.ip); ip < built.end; ip += 9) {
    const report = walk(built, ip);
    const [frame, caller] = report.crashing_thread.frames;
    const expected = run('llvm-symbolizer', ['--relative-address', '--inlines', `--obj=${built.image}`, `0x${ip.toString(16)}`]).trim().split('\n');
    const pairs = expected.flatMap((line, index) => (index % 2 ? [] : [[line, expected[index + 1].replace(/:(\d+):\d+$/, ''), Number(expected[index + 1].match(/:(\d+):\d+$/)[1])]]));
    if (pairs[0][0] === '??') continue;
    const known = pairs.map(([name, file, line]) => [name, file === '??' ? null : file, line || null]);
    assert.deepEqual(places(frame), known, `at ${ip.toString(16)}`);
    inlined += pairs.length > 1;
    if (ip === Number(built.module.ip)) {
      assert.equal(caller.function, 'main');
      assert.equal(caller.line, 5);
      assert.equal(report.salvor.modules[0].symbols.source, 'dwarf');
      assert.equal(report.modules[0].loaded_symbols, true);
      assert.deepEqual(report.salvor.modules[0].symbols.wanted, []);
      assert.equal(BigInt(frame.function_offset), 0n);
    }
  }
  assert.ok(inlined > 0, 'no address lay in inlined code');
});

test('frames_when_the_symbolizer_is_missing_or_ends_at_once_have_no_names_and_the_rest_stays', (t) => {
  const built = build(t);
  for (const tool of ['', '/nonexistent/llvm-symbolizer', '/bin/false', '/bin/cat']) {
    const report = walk(built, Number(built.module.ip), ['--symbolizer', tool]);
    assert.equal(report.crashing_thread.frames[0].function, null, tool);
    assert.equal(report.crashing_thread.frames[1].trust, 'cfi', tool);
  }
});

// A tool that tries what it must not; each attempt leaves a word only when it succeeds.
test('symbolizer_when_it_turns_on_us_has_neither_environment_nor_files_nor_others', async (t) => {
  const built = build(t);
  const listener = net.createServer().listen(0, '127.0.0.1'); // the system takes connections without us
  await once(listener, 'listening');
  t.after(() => listener.close());
  const tool = path.join(built.folder, 'llvm-symbolizer'), told = path.join(built.folder, 'told');
  fs.writeFileSync(told, '');
  fs.writeFileSync(tool, `#!/bin/bash
say=
[ -n "$HOME$SECRET" ] && say+=environment-
[ -n "$(ls -A . 2>/dev/null)" ] && say+=folder-
{ echo x >${told}; } 2>/dev/null && say+=file-
{ echo x >here; } 2>/dev/null && say+=here-
kill -0 $PPID 2>/dev/null && say+=signal-
{ exec 3<>/dev/tcp/127.0.0.1/${listener.address().port}; } 2>/dev/null && say+=network-
read -r question; read -r marker
printf 'tried-%s\n  Filename: x.c\n  Line: 7\n\n%s\n' "$say" "$marker"
`, { mode: 0o755 });
  const report = JSON.parse(spawnSync(STACKWALK, ['--json', '--symbols', built.symbols, '--symbolizer', tool, (() => {
    const dump = path.join(built.folder, 'b.dmp');
    fs.writeFileSync(dump, moduleDump(built.module));
    return dump;
  })()], { encoding: 'utf8', env: { ...process.env, SECRET: 'x' }, maxBuffer: 1 << 26 }).stdout);
  assert.equal(report.crashing_thread.frames[0].function, 'tried-');
  assert.equal(report.crashing_thread.frames[0].line, 7);
});

// The worker starts the keeper before it gives up starting anything.
test('server_when_an_image_with_dwarf_arrives_names_the_frames_of_waiting_reports', async (t) => {
  const built = build(t), server = await startServer(t);
  const client = await signIn(server);
  const id = idOf(await postForm(server, [dumpPart(moduleDump(built.module))]));
  const named = (wanted) => until('the report', async () => {
    const { json } = await client.get(`/reports/${id}`);
    const frame = json.processed?.crashing_thread?.frames[0];
    return json.state === 'processed' && Boolean(frame.function) === wanted ? frame : null;
  });
  await named(false);
  const [address] = fs.readdirSync(path.join(built.symbols, 'work.exe'));
  const body = fs.readFileSync(built.image);
  const put = await exchange(server, request([`PUT /symbols/work.exe/${address}/work.exe HTTP/1.1`, 'Host: x', `Salvor-Key: ${server.key}`,
    `Content-Length: ${body.length}`], body));
  assert.equal(put.status, 201, put.body.toString());
  assert.equal((await named(true)).function, 'work');
});
