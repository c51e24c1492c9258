// pdb.test.mjs - functions, inlines and lines of PDBs, at every byte of every function, against llvm-symbolizer.
import assert from 'node:assert/strict';
import test from 'node:test';
import { askLlvm, askOurs, askRows, buildFreestanding, buildWithLibrary, frameRows, procedures, publics, scratch } from './support.mjs';

const targets = ['x86_64-pc-windows-msvc', 'i686-pc-windows-msvc', 'aarch64-pc-windows-msvc'];
const levels = ['-O0', '-O1', '-O2'];

function everyByte(functions) {
  return functions.flatMap(({ rva, size }) => Array.from({ length: size }, (_, i) => rva + i));
}

// "function\nfile:line\n..." as frames, innermost first.
function framesOf(answer) {
  const lines = answer.split('\n');
  return Array.from({ length: lines.length / 2 }, (_, k) => {
    const [, file, line] = /^(.*):(\d+)$/.exec(lines[2 * k + 1]);
    return { name: lines[2 * k], file, line };
  });
}

function sameChain(a, b) {
  return a.length === b.length && a.every((frame, k) => frame.name === b[k].name && frame.file === b[k].file);
}

// The line that an answer gives for the frame whose callers are outer.length frames, when these are the same; else undefined.
function lineOf(answer, name, outer) {
  const inner = answer ? answer.slice(0, answer.length - outer.length) : [];
  return inner.length && inner.at(-1).name === name && sameChain(answer.slice(inner.length), outer) ? inner.at(-1).line : undefined;
}

// Whether both agreed on this line of an inlined frame where our row for it started.
function agreedEarlier(ours, theirs, i, frame, outer) {
  for (let at = i; at >= 0 && lineOf(ours[at], frame.name, outer) === frame.line; at--)
    if (lineOf(theirs[at], frame.name, outer) === frame.line) return true;
  return false;
}

// What llvm-symbolizer 14 is known to say otherwise; anything else is ours to explain.
//   two rows: of two lines that start at one address it gives the first at that address and the second behind it; we give the second.
//   later row: in inlined functions, between the starts of rows, it gives the next row's line; at the start of ours it agrees.
function explain(ours, theirs, i) {
  const [mine, other] = [ours[i], theirs[i]];
  if (!mine || !other || !sameChain(mine, other)) return 'unexplained';
  let kind = 'same';
  for (let k = 0; k < mine.length; k++) {
    if (mine[k].line === other[k].line) continue;
    const outer = mine.slice(k + 1);
    if (outer.length > 0 && agreedEarlier(ours, theirs, i, mine[k], outer)) kind = 'later row';
    else if (outer.length === 0 && lineOf(theirs[i + 1], mine[k].name, outer) === mine[k].line) kind = 'two rows';
    else return 'unexplained';
  }
  return kind;
}

function compare(t, built) {
  const functions = procedures(built.pdb);
  assert.ok(functions.length >= 7, `only ${functions.length} procedures`);
  const rvas = everyByte(functions);
  const texts = { ours: askOurs(built.pdb, rvas), theirs: askLlvm(built.image, rvas) };
  assert.equal(texts.ours.length, rvas.length);
  const [ours, theirs] = [texts.ours, texts.theirs].map((all) => all.map((one) => one && framesOf(one)));
  const counts = {};
  const unexplained = [];
  rvas.forEach((rva, i) => {
    const kind = explain(ours, theirs, i);
    counts[kind] = (counts[kind] ?? 0) + 1;
    if (kind === 'unexplained') unexplained.push(`${rva.toString(16)}\nours:\n${texts.ours[i]}\ntheirs:\n${texts.theirs[i]}`);
  });
  const inlined = ours.filter((frames) => frames.length > 1).length;
  t.diagnostic(`${functions.length} functions, ${rvas.length} addresses, ${inlined} with inlines: ${JSON.stringify(counts)}`);
  assert.equal(unexplained.length, 0, unexplained.slice(0, 3).join('\n\n'));
  return inlined;
}

for (const target of targets)
  for (const level of levels)
    test(`pdb when built for ${target} ${level} then every byte answers as llvm-symbolizer's`, (t) => {
      const inlined = compare(t, buildFreestanding(scratch(t), target, level));
      assert.ok(level === '-O0' || inlined > 50, `only ${inlined} addresses in inlined functions`);
    });

for (const level of levels)
  test(`pdb when built with mingw's library ${level} then every byte answers as llvm-symbolizer's`, (t) => {
    compare(t, buildWithLibrary(scratch(t), level));
  });

test('pdb when code has only public names then each answers at its address', (t) => {
  const { pdb } = buildWithLibrary(scratch(t), '-O2');
  const named = new Map();
  for (const { name, rva, flags } of publics(pdb)) if (flags.includes('function')) named.set(rva, [...(named.get(rva) ?? []), name]);
  for (const { name, rva } of procedures(pdb)) named.set(rva, [name]);
  const rvas = [...named.keys()].sort((a, b) => a - b);
  const answers = askOurs(pdb, rvas);
  assert.ok(rvas.length > 30, `only ${rvas.length} names`);
  rvas.forEach((rva, i) => assert.ok(named.get(rva).includes(answers[i].split('\n')[0]), `${rva.toString(16)}: ${answers[i]}, not ${named.get(rva)}`));
});

for (const level of levels)
  test(`pdb when built for x86 ${level} then frame data is what llvm-pdbutil prints`, (t) => {
    const { pdb } = buildFreestanding(scratch(t), 'i686-pc-windows-msvc', level);
    const rows = frameRows(pdb);
    assert.ok(rows.length > 10, `only ${rows.length} rows`);
    const starts = rows.map((row) => parseInt(row.slice(0, 8), 16));
    assert.deepEqual(askRows('--win', pdb, starts).map((row) => row.trim()), rows.map((row) => row.trim()));
  });
