// stacks.test.mjs - real crashes under Wine, dumped by our monitor: the walk must show the chain that the program has noted itself.
//
// Each program is walked three times. With symbols: addresses, functions, lines and inlined functions. With the images alone: the same
// addresses, all found exactly. With nothing: at least 90 % of the true frames, and at most half a wrong one for each.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test, { after, before } from 'node:test';
import { breakpadWalk, inTheirWords, without } from './breakpad.mjs';
import { Monitor, build, systemImages, walk, windowsBin } from './crash.mjs';
import { withIds, writeSym } from './sym.mjs';

const KINDS = ['callbacks', 'recursion', 'inlined', 'names', 'thread', 'wild'];
const compiler = process.env.SALVOR_STACKS_COMPILER;
const levels = process.env.SALVOR_TEST_FULL ? ['-O0', '-O1', '-O2', '-Os'] : ['-O0', '-O2'];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'salvor-stacks-'));
const monitor = new Monitor(folder);

before(() => monitor.start());
after(async () => {
  await monitor.stop();
  fs.rmSync(folder, { recursive: true });
});

const show = (frames) => frames.map((frame) => `  ${frame.offset} ${frame.trust} ${frame.module} ${frame.function ?? ''} ${frame.line ?? ''}`).join('\n');

// Names as the chain has them: without return type, parameters and template arguments, and with one spelling of unnamed namespaces.
function plain(name) {
  const bare = name.replace(/\(anonymous namespace\)|`anonymous namespace'/g, '<T>').replace(/\(.*\)( const)?$/, '');
  return bare.replace(/<[^<>]*(<[^<>]*>[^<>]*)*>/g, '<T>').split(' ').at(-1);
}

// Links of the chain, innermost first, as frames: {address, functions: [[name, line], ...]} with inlined functions before their real one.
// Where the system's code called back only its address is known, and how many frames of its own lie below is not.
function truthOf(chain) {
  const frames = [];
  let inlined = [];
  for (const link of chain) {
    if (link.kind === 'inline') inlined.unshift([plain(link.name), link.line]);
    else {
      if (inlined.length) frames.at(-1).functions = [...inlined, ...frames.at(-1).functions];
      inlined = [];
      frames.push({ kind: link.kind, address: link.address, functions: link.kind === 'foreign' ? [] : [[plain(link.name), link.line]] });
    }
  }
  return frames.reverse();
}

const functionsOf = (frame) => [...(frame.inlines ?? []), frame].map((one) => [plain(one.function ?? '?'), one.line]);

// Goes through both from the innermost frame on; between a callback and the one who called the system any of the system's frames may lie.
function compare(frames, truth, withNames, moduleOfProgram) {
  let at = 0;
  for (const [index, want] of truth.entries()) {
    if (index && truth[index - 1].kind === 'foreign') {
      while (at < frames.length && frames[at].module !== moduleOfProgram) at++;
    } else if (want.kind === 'out' && index === 0) {
      at = 1; // the wild address itself is frame 0
    }
    const got = frames[at++];
    assert.ok(got, `the walk ends before ${JSON.stringify(want.functions)}:\n${show(frames)}`);
    if (want.address) assert.equal(got.ip + 1n, want.address, `${JSON.stringify(want.functions)} goes on elsewhere:\n${show(frames)}`);
    if (withNames && want.functions.length) assert.deepEqual(functionsOf(got), want.functions, show(frames));
  }
  return at;
}

function commonFrames(left, right) {
  const rows = Array.from({ length: left.length + 1 }, () => new Array(right.length + 1).fill(0));
  left.forEach((a, i) => right.forEach((b, j) => {
    rows[i + 1][j + 1] = a === b ? rows[i][j] + 1 : Math.max(rows[i][j + 1], rows[i + 1][j]);
  }));
  return rows[left.length][right.length];
}

// Differences to Breakpad over all dumps, and how both fare by the scan alone.
const differences = { 'ours right': 0, 'theirs right': 0, wording: 0 };
const scans = { ours: { found: 0, wrong: 0 }, theirs: { found: 0, wrong: 0 } };

function compareWithBreakpad(report, chain, exact, scanned, json) {
  const theirs = breakpadWalk(report);
  const ours = inTheirWords(exact);
  const base = BigInt(json.modules.find((module) => module.filename === 'chain.exe').base_addr);
  const truth = chain.filter((link) => link.address && link.kind !== 'foreign').map((link) => `chain.exe+0x${(link.address - base).toString(16)}`);

  // What the chain has and only they show; ours has been held to the chain already, so their other frames are none of it.
  differences['theirs right'] += without(theirs.frames, ours).filter((frame) => without(truth, ours).includes(frame)).length;
  differences['ours right'] += without(theirs.frames, ours).length + without(ours, theirs.frames).length;
  if (theirs.reason !== json.crash_info.type) differences.wording++;
  assert.equal(theirs.address, BigInt(json.crash_info.address));
  assert.equal(theirs.thread, json.crash_info.crashing_thread);
  for (const [who, frames] of [['ours', inTheirWords(scanned)], ['theirs', theirs.frames]]) {
    const found = commonFrames(frames, ours);
    scans[who].found += found;
    scans[who].wrong += frames.length - found;
  }
}

// -- the same .sym files for both --

const symDifferences = { 'ours right': 0, 'theirs right': 0, wording: 0, same: 0 };

// "module function:line" of each function of the program, inlined ones too; elsewhere, as its run-time library and the system, "module+offset".
// gcc's program has no PDB to make names of, so only its frames are compared.
const hasNames = (frame) => compiler === 'clang' && frame.line && frame.module === 'chain.exe';
const rowsOf = (frames) => frames.flatMap((frame, index) =>
  hasNames(frame) ? [...(frame.inlines ?? []), frame].map((one) => `${frame.module} ${plain(one.function)}:${one.line}`) : inTheirWords(frames).slice(index, index + 1));
const rawNames = (frames) => frames.flatMap((frame) => (hasNames(frame) ? [...(frame.inlines ?? []), frame].map((one) => one.function) : []));

// truth: the walk with PDB and images, which has been held to the chain.
function compareSym(report, symbols, truth) {
  const dump = withIds(report, `${report}.ids`);
  const { frames } = walk(dump, [symbols]);
  const theirs = breakpadWalk(dump, [symbols]);
  const ours = rowsOf(frames), right = rowsOf(truth);
  const other = theirs.rows.map((row) => (row.line ? `${row.module} ${plain(row.function)}:${row.line}` : `${row.module}+${row.offset}`));
  assert.deepEqual(ours, right, `with .sym files the walk differs from that with PDB and images:\n${show(frames)}`);
  symDifferences['theirs right'] += without(other, ours).filter((row) => without(right, ours).includes(row)).length;
  symDifferences['ours right'] += without(other, ours).length + without(ours, other).length;
  symDifferences.same += ours.length - without(ours, other).length;
  symDifferences.wording += without(rawNames(frames), theirs.rows.map((row) => row.function)).length - without(ours, other).filter((row) => row.includes(' ')).length;
}

function symFolder(image, pdb) {
  const to = `${path.dirname(image)}-sym`;
  writeSym(to, 'chain.exe', image, pdb);
  for (const name of ['ntdll.dll', 'kernel32.dll', 'kernelbase.dll', 'msvcrt.dll', 'ucrtbase.dll']) writeSym(to, name, path.join(systemImages, name));
  return to;
}

const isSystem = (module) => module === 'ntdll.dll' || module === 'kernel32.dll';

for (const level of levels) {
  let program, symbols;
  const programOf = () => (program ??= build(path.join(folder, `${compiler}${level}`), compiler, level));

  for (const kind of KINDS) {
    test(`walk_when_${kind}_crashes_at_${compiler}${level}_shows_its_chain`, async (t) => {
      const { image, pdb } = programOf();
      const { report, chain } = await monitor.crash(image, kind);
      const truth = truthOf(chain);
      const images = path.join(folder, 'images');

      fs.mkdirSync(images, { recursive: true });
      fs.copyFileSync(image, path.join(images, 'chain.exe'));

      const { frames: exact, json } = walk(report, [images, systemImages]);
      compare(exact, truth, false, 'chain.exe');
      const first = kind === 'wild' ? 2 : 1;
      assert.ok(exact.slice(first).every((frame) => frame.trust === 'cfi'), `not all is exact:\n${show(exact)}`);
      assert.ok(isSystem(exact.at(-1).module) && /^RtlUserThreadStart$/.test(exact.at(-1).function ?? ''), `the walk does not reach the start:\n${show(exact)}`);

      const named = walk(report, [path.dirname(image), systemImages]).frames;
      assert.deepEqual(named.map((frame) => frame.ip), exact.map((frame) => frame.ip));
      compare(named, truth, true, 'chain.exe');

      const scanned = walk(report, []).frames;
      const found = commonFrames(scanned.map((frame) => frame.ip), exact.map((frame) => frame.ip));
      const wrong = scanned.length - found;
      t.diagnostic(`${kind} ${compiler}${level}: ${exact.length} frames; by scan ${found} found, ${wrong} wrong`);
      assert.ok(found >= 0.9 * exact.length, `the scan found ${found} of ${exact.length}:\n${show(scanned)}\ntrue:\n${show(exact)}`);
      assert.ok(wrong <= 0.5 * exact.length, `${wrong} frames of the scan are wrong for ${exact.length} true ones:\n${show(scanned)}`);
      compareWithBreakpad(report, chain, exact, scanned, json);
      compareSym(report, (symbols ??= symFolder(image, pdb)), named);
    });
  }
}

test('walk_when_the_stack_has_overflowed_shows_the_recursion', async (t) => {
  const report = await monitor.overflow();
  const { frames } = walk(report, [windowsBin, systemImages]);
  const calls = frames.findIndex((frame) => frame.module === 'salvor-sample.exe') + 1;

  t.diagnostic(`overflow: ${frames.length} frames`);
  assert.equal(frames.length, 1024, 'the walk stops at its own limit');
  assert.ok(frames.slice(1).every((frame) => frame.trust === 'cfi'), show(frames.slice(0, 20)));
  assert.ok(frames.slice(calls + 1).every((frame) => frame.ip === frames[calls].ip), show(frames.slice(0, 20)));
});

test('walk_when_breakpad_differs_is_right', (t) => {
  t.diagnostic(`differences to minidump_stackwalk: ${JSON.stringify(differences)}; by scan ${JSON.stringify(scans)}`);
  assert.ok(differences['ours right'] > 0, 'nothing was compared');
  assert.equal(differences['theirs right'], 0);
});

test('walk_when_breakpad_has_the_same_sym_files_is_right', (t) => {
  t.diagnostic(`with the same .sym files: ${JSON.stringify(symDifferences)}`);
  assert.ok(symDifferences.same > 0, 'nothing was compared');
  assert.equal(symDifferences['theirs right'], 0);
});
