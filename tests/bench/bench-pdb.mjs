// bench-pdb BUILD WORK: a large PDB of clang and lld. Reading all of it and answering for one address in each tenth function, against
// llvm-symbolizer, which reads only what it is asked for and must answer the same; then what the table costs to make and to ask.
// "theirs" of the latter are the limits that the project has set itself: twice the file in memory, 300 ns a look-up.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bigPdb } from './big-pdb.mjs';
import { median, say } from './row.mjs';

const ROUNDS = 5;
const EVERY = 10;
const MAX_NS = 300;
const [build, work] = [process.argv[2], process.argv[3]].map((path) => resolve(path));
const { folder, image, pdb } = bigPdb(join(build, '../bench-files'));
const megabytes = statSync(pdb).size / 1048576;
if (megabytes < 50) throw new Error(`the PDB has only ${megabytes.toFixed(1)} MB`);

function run(program, args, input = '') {
  const start = process.hrtime.bigint();
  const done = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 30 });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (done.status !== 0) throw new Error(`${program} ended with ${done.status ?? done.signal ?? done.error}: ${done.stderr}`);
  return { text: done.stdout, ms };
}

// Starts of code by .pdata, and where it ends.
function functions() {
  const text = run('llvm-readobj', ['--sections', '--unwind', image]).text;
  const base = BigInt(/ImageBase: (0x[0-9A-F]+)/.exec(run('llvm-readobj', ['--file-headers', image]).text)[1]);
  const addresses = (name) => [...text.matchAll(new RegExp(`${name}: .*\\((0x[0-9A-F]+)\\)`, 'g'))].map((match) => Number(BigInt(match[1]) - base));
  return { starts: addresses('StartAddress'), end: Math.max(...addresses('EndAddress')) };
}

// "function" of each frame of each answer.
const names = (text) => text.trim().split('\n\n').map((answer) => answer.split('\n').filter((_, i) => i % 2 === 0).join(' < '));

const { starts, end } = functions();
const asked = starts.filter((_, i) => i % EVERY === 0).map((rva, i) => rva + 9 + (i % 16) * 8);
const theirs = run('llvm-symbolizer', [`--obj=${image}`, '--relative-address', '--functions=short', '--no-demangle'],
  asked.map((rva) => `0x${rva.toString(16)}\n`).join(''));
const ours = Array.from({ length: ROUNDS }, () => run(join(build, 'bin/symbols_lookup'), [pdb], asked.map((rva) => `${rva.toString(16)}\n`).join('')));
const [mine, other] = [names(ours[0].text), names(theirs.text)];
const different = asked.filter((_, i) => mine[i] !== other[i]).length;
if (mine.length !== asked.length || different) throw new Error(`${different} of ${asked.length} answers differ from llvm-symbolizer's`);
const inlined = mine.filter((answer) => answer.includes(' < ')).length;

const costs = Array.from({ length: ROUNDS }, () => {
  const cache = join(work, 'cache');
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache);
  return JSON.parse(run(join(build, 'bin/pdb_cost'), [pdb, folder, cache, String(end - 0x1000)]).text);
});
const name = `PDB of ${megabytes.toFixed(0)} MB`;
say(`${name}: read all and answer for ${asked.length} addresses, against llvm-symbolizer`, 'ms', ours.map(({ ms }) => ms), theirs.ms);
say(`${name}: peak memory of compiling it into the cache (limit twice the file)`, 'MB', costs.map(({ mb }) => mb), 2 * megabytes);
say(`${name}: look up one of 1,000,000 random addresses with inlines (limit ${MAX_NS} ns)`, 'ns', costs.map(({ ns }) => ns), MAX_NS);
const ms = median(costs.map((cost) => cost.ms));
console.error(`bench-pdb: compiled in ${ms.toFixed(0)} ms, ${(megabytes / ms * 1000).toFixed(0)} MB/s; ${costs[0].functions} functions, ${costs[0].inlines} inlines, ` +
  `${costs[0].frames} frames a look-up, table of ${(costs[0].table / 1048576).toFixed(0)} MB; ${inlined} of the ${asked.length} answers have inlines`);
