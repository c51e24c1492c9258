// pe.test.mjs - identities, exports and unwind tables of images against llvm-readobj.
import assert from 'node:assert/strict';
import test from 'node:test';
import { askOurs, askProperties, askRows, buildFreestanding, buildWithLibrary, run, scratch } from './support.mjs';

const cpus = { 'x86_64-pc-windows-msvc': 'x86_64', 'i686-pc-windows-msvc': 'x86', 'aarch64-pc-windows-msvc': 'arm64' };
const exported = ['plain_sum', 'plain_choose', 'plain_recurse', 'shapes'];
const exportFlags = ['/dll', ...exported.map((name) => `/export:${name}`), '/export:plain_sink,DATA', '/export:elsewhere=ntdll.RtlMoveMemory'];

function number(text, name) {
  return Number(new RegExp(`^\\s*${name}: (0x[0-9A-F]+|\\d+)`, 'm').exec(text)[1]);
}

for (const [target, cpu] of Object.entries(cpus))
  test(`pe when built for ${target} then ids and exports are what llvm-readobj prints`, (t) => {
    const { image, pdb } = buildFreestanding(scratch(t), target, '-O2', exportFlags);
    const headers = run('llvm-readobj', ['--file-headers', '--coff-debug-directory', image]);
    const guid = /PDBGUID: \(([0-9A-F ]+)\)/.exec(headers)[1].split(' ');
    const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    const timestamp = parseInt(/TimeDateStamp: .*\(0x([0-9A-F]+)\)/.exec(headers)[1], 16);
    const expected = {
      source: 'pe', os: 'windows', cpu,
      code_id: timestamp.toString(16).toUpperCase().padStart(8, '0') + number(headers, 'SizeOfImage').toString(16),
      debug_file: 'program.pdb',
      debug_id: order.map((at) => guid[at]).join('') + number(headers, 'PDBAge').toString(16),
    };
    assert.deepEqual(askProperties(image), expected);
    assert.equal(askProperties(pdb).debug_id, expected.debug_id);
    assert.equal(askProperties(pdb).cpu, cpu);

    const exports = run('llvm-readobj', ['--coff-exports', image]);
    const rows = [...exports.matchAll(/Name: (\S+)\s+RVA: 0x([0-9A-F]+)/g)].filter(([, name]) => exported.includes(name));
    assert.equal(rows.length, exported.length, exports);
    const answers = askOurs(image, rows.map(([, , rva]) => parseInt(rva, 16)));
    assert.deepEqual(answers.map((answer) => answer.split('\n')[0]), rows.map(([, name]) => name));
  });

test('pe when an x64 image has a run-time library then its unwind entries are what llvm-readobj prints', (t) => {
  const { image } = buildWithLibrary(scratch(t), '-O2');
  const base = number(run('llvm-readobj', ['--file-headers', image]), 'ImageBase');
  const unwind = run('llvm-readobj', ['--unwind', image]);
  const address = (name) => [...unwind.matchAll(new RegExp(`^ *${name}:.*\\(0x([0-9A-F]+)\\)`, 'gm'))].map((match) => parseInt(match[1], 16) - base);
  const [starts, ends, infos] = [address('StartAddress'), address('EndAddress'), address('UnwindInfoAddress')];
  assert.ok(starts.length > 30, `only ${starts.length} entries`);
  const hex = (value) => value.toString(16).toUpperCase();
  assert.deepEqual(askRows('--entry', image, starts), starts.map((start, i) => `${hex(start)} ${hex(ends[i])} ${hex(infos[i])} code`));
});

test('pe when an arm64 image has packed and full unwind information then every entry has its function length', (t) => {
  const { image } = buildFreestanding(scratch(t), 'aarch64-pc-windows-msvc', '-O0');
  const unwind = run('llvm-readobj', ['--unwind', image]);
  const rows = [...unwind.matchAll(/^\s*Function: 0x([0-9A-F]+)$[^]*?FunctionLength: (\d+)/gm)];
  const base = number(run('llvm-readobj', ['--file-headers', image]), 'ImageBase');
  assert.ok(rows.length > 10, unwind);
  const starts = rows.map(([, start]) => parseInt(start, 16) - base);
  const answers = askRows('--entry', image, starts).map((row) => row.split(' ').slice(0, 2).map((text) => parseInt(text, 16)));
  assert.deepEqual(answers, starts.map((start, i) => [start, start + Number(rows[i][2])]));
});
