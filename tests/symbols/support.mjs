// support.mjs - builds the programs with clang and lld, and asks llvm's tools and our reader about them.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const programs = path.join(path.dirname(fileURLToPath(import.meta.url)), 'programs');
const lookupProgram = path.join(process.env.SALVOR_BIN, 'symbols_lookup');
const maxBuffer = 1 << 29;

export function run(program, args, options = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer, ...options });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${done.status ?? done.signal}: ${done.stderr}`);
  return done.stdout;
}

export function scratch(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'salvor-symbols-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

// Without any run-time library: only what the compiler makes of our sources is in the image.
export function buildFreestanding(folder, target, level, linkFlags = []) {
  const flags = [`--target=${target}`, '-gcodeview', '-g', level, '-ffreestanding', '-fno-exceptions', '-fno-rtti',
    '-funwind-tables', '-fno-stack-protector', '-mno-stack-arg-probe', '-fno-sized-deallocation', '-fno-threadsafe-statics', '-Wno-unused-command-line-argument'];
  const objects = [];
  for (const [compiler, source] of [['clang', 'plain.c'], ['clang++', 'shapes.cpp']]) {
    const object = path.join(folder, `${source}.o`);
    run(compiler, [...flags, '-c', path.join(programs, source), '-o', object]);
    objects.push(object);
  }
  const image = path.join(folder, 'program.exe');
  const pdb = path.join(folder, 'program.pdb');
  run('lld-link', ['/nodefaultlib', '/entry:start', '/subsystem:console', '/debug', `/pdb:${pdb}`, `/out:${image}`, ...linkFlags, ...objects]);
  return { image, pdb };
}

// With mingw's run-time library, of which only public names are known, as an ordinary program has it.
export function buildWithLibrary(folder, level) {
  const libraries = path.dirname(run('x86_64-w64-mingw32-gcc', ['-print-libgcc-file-name']).trim());
  const image = path.join(folder, 'program.exe');
  const pdb = path.join(folder, 'program.pdb');
  const main = path.join(folder, 'main.c');
  fs.writeFileSync(main, 'int start(void);\nint main(void)\n{\n    return start();\n}\n');
  const object = path.join(folder, 'shapes.o');
  run('clang++', ['--target=x86_64-w64-mingw32', '-gcodeview', '-g', level, '-ffreestanding', '-fno-exceptions', '-fno-rtti', '-c',
    path.join(programs, 'shapes.cpp'), '-o', object]);
  run('clang', ['--target=x86_64-w64-mingw32', '-gcodeview', '-g', level, '-fuse-ld=lld', `-Wl,--pdb=${pdb}`, `-L${libraries}`, main,
    path.join(programs, 'plain.c'), object, '-o', image]);
  return { image, pdb };
}

export function sectionAddresses(pdb) {
  const rows = run('llvm-pdbutil', ['dump', '--section-headers', pdb]);
  return [...rows.matchAll(/^\s*([0-9A-F]+) virtual address$/gim)].map((match) => parseInt(match[1], 16));
}

function records(pdb, option, pattern) {
  const sections = sectionAddresses(pdb);
  return [...run('llvm-pdbutil', ['dump', option, pdb]).matchAll(pattern)].map(({ groups }) => ({
    ...groups,
    rva: sections[Number(groups.section) - 1] + Number(groups.offset),
  }));
}

// Procedures as {name, rva, size}.
export function procedures(pdb) {
  return records(pdb, '--symbols',
    /S_[GL]PROC32(?:_ID)? \[size = \d+\] `(?<name>.*)`\s+parent = \d+, end = \d+, addr = (?<section>\d+):(?<offset>\d+), code size = (?<size>\d+)/g)
    .map((one) => ({ ...one, size: Number(one.size) }));
}

// Public names as {name, rva, flags}.
export function publics(pdb) {
  return records(pdb, '--publics', /S_PUB32 \[size = \d+\] `(?<name>.*)`\s+flags = (?<flags>[^,]*), addr = (?<section>\d+):(?<offset>\d+)/g);
}

// FrameData rows in the order of the file, in the layout of symbols_lookup --win.
export function frameRows(pdb) {
  const text = run('llvm-pdbutil', ['dump', '--fpo', pdb]);
  const row = /^([0-9A-F]{8}) \|\s+(\d+) \|\s+(\d+) \|\s+(\d+) \|\s+(\d+) \|\s+(\d+) \|\s+(\d+) \|\s+\w+ \|\s+\w+ \|\s+\w+ \| (.*)$/gm;
  return [...text.matchAll(row)].map((match) => match.slice(1).join(' '));
}

function hexLines(rvas) {
  return rvas.map((rva) => `${rva.toString(16)}\n`).join('');
}

// Answers as texts "function\nfile:line\n..." without columns.
function answersOf(text) {
  const parts = text.split('\n\n');
  parts.pop();
  return parts.map((part) => part.trim());
}

export function askOurs(file, rvas) {
  return answersOf(run(lookupProgram, [file], { input: hexLines(rvas) }));
}

// mode: --win or --entry; one line for each address.
export function askRows(mode, file, rvas) {
  return run(lookupProgram, [mode, file], { input: hexLines(rvas) }).trimEnd().split('\n');
}

export function askProperties(file) {
  const lines = run(lookupProgram, ['--properties', file], { input: '' }).trimEnd().split('\n');
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]));
}

// llvm-symbolizer dies on some addresses: it is started again behind them, and they have no answer.
export function askLlvm(image, rvas) {
  const answers = [];
  while (answers.length < rvas.length) {
    const rest = rvas.slice(answers.length).map((rva) => `0x${rva.toString(16)}\n`).join('');
    const done = spawnSync('llvm-symbolizer', [`--obj=${image}`, '--relative-address', '--functions=short', '--no-demangle'],
      { input: rest, encoding: 'utf8', maxBuffer });
    const got = answersOf(done.stdout).map((answer) => answer.replace(/^(.*:\d+):\d+$/gm, '$1'));
    answers.push(...got);
    if (answers.length < rvas.length) answers.push(null);
  }
  return answers;
}
