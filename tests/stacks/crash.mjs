// crash.mjs - builds the program that knows its chain, lets it die under Wine with our monitor watching, and walks the dump.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from '../e2e/child.mjs';
import { windowsPath } from '../e2e/wine.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const runner = path.join(here, '../wine/run-wine');
export const windowsBin = process.env.SALVOR_WINDOWS_BIN;
const stackwalk = path.join(process.env.SALVOR_NATIVE_BIN, 'salvor-stackwalk');
// Wine's own system libraries: to the walk they are what Windows' are on Windows.
export const systemImages = ['/usr/lib/x86_64-linux-gnu/wine/x86_64-windows', '/usr/lib/wine/x86_64-windows'].find((folder) => fs.existsSync(folder));

const READY_MS = 120_000;
const DEATH_MS = 120_000;

export function run(program, args, options = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 29, ...options });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${done.status ?? done.signal}: ${done.stderr}`);
  return done.stdout;
}

// clang and lld leave a PDB beside the program, gcc DWARF inside it.
export function build(folder, compiler, level) {
  const image = path.join(folder, 'chain.exe');
  const common = ['-g', level, '-fno-exceptions', '-fno-rtti', `-I${path.join(here, '../../veh')}`, path.join(here, 'programs/chain.cpp'), '-o', image,
    path.join(windowsBin, '../lib/libsalvor.a'), '-ladvapi32'];
  fs.mkdirSync(folder, { recursive: true });
  if (compiler === 'gcc') {
    run('x86_64-w64-mingw32-g++', [...common, '-static']);
    return { image };
  }
  const libraries = path.dirname(run('x86_64-w64-mingw32-gcc', ['-print-libgcc-file-name']).trim());
  const pdb = path.join(folder, 'chain.pdb');
  run('clang++', ['--target=x86_64-w64-mingw32', '-gcodeview', '-fuse-ld=lld', `-Wl,--pdb=${pdb}`, '-nostdlib++', `-L${libraries}`, ...common]);
  return { image, pdb };
}

export class Monitor {
  static #count = 0;

  constructor(folder) {
    this.folder = folder;
    this.pipe = `\\\\.\\pipe\\salvor-stacks-${process.pid}-${Monitor.#count++}`;
  }

  async start() {
    const data = windowsPath(path.join(this.folder, 'data'));
    this.child = new Child('salvor-collector', runner, [path.join(windowsBin, 'salvor-collector.exe'), 'run', '--data', data, '--pipe', this.pipe]);
    await this.child.line(/^salvor-collector ready/, READY_MS);
  }

  async stop() {
    await this.child.stop();
  }

  // The queue's reports by name; the schedule moves them from folder to folder.
  #reports() {
    const queue = path.join(this.folder, 'data/queue');
    const folders = ['new', 'pending', 'uploading'].map((name) => path.join(queue, name)).filter((folder) => fs.existsSync(folder));
    return new Map(folders.flatMap((folder) => fs.readdirSync(folder).map((name) => [name, path.join(folder, name)])));
  }

  // Copies the one report that was not there before to a place where it stays.
  #take(before, to) {
    for (let tries = 0; tries < 10; tries++) {
      const found = [...this.#reports()].find(([name]) => !before.has(name));
      if (!found) return false;
      try {
        fs.copyFileSync(found[1], to);
        return true;
      } catch (error) {
        if (error.code !== 'ENOENT') throw error; // moved in between: look again
      }
    }
    return false;
  }

  // Runs a program to its death. Returns the report's file, and what the program has said.
  async #die(name, command) {
    const before = this.#reports();
    const report = path.join(this.folder, `${name}.dmp`);
    const program = new Child(name, runner, command);
    await program.end(DEATH_MS);
    if (!this.#take(before, report)) throw new Error(`no report came of ${name}; the program said: ${program.lines.join(' | ')}`);
    return { report, lines: program.lines };
  }

  // The report of the program that knows its chain, and the chain.
  async crash(image, kind) {
    const { report, lines } = await this.#die(kind, [image, kind, this.pipe]);
    return { report, chain: chainOf(lines) };
  }

  async overflow() {
    const { report } = await this.#die('overflow', [path.join(windowsBin, 'salvor-sample.exe'), 'stack-overflow', '--pipe', this.pipe]);
    return report;
  }
}

function chainOf(lines) {
  const links = lines.map((line) => /^chain (call|inline|out|foreign|fault) (.+) (\d+) ([0-9A-Fa-fx]+)$/.exec(line)).filter(Boolean)
    .map(([, kind, name, line, address]) => ({ kind, name, line: Number(line), address: BigInt(`0x${address.replace(/^0x/, '')}`) }));
  if (!lines.some((line) => line.startsWith('chain end '))) throw new Error(`the program did not print its chain: ${lines.join(' | ')}`);
  return links;
}

// The crashing thread, and the modules, as salvor-stackwalk sees them with these symbol folders.
export function walk(report, folders) {
  const json = JSON.parse(run(stackwalk, [report, '--json', ...folders.flatMap((folder) => ['--symbols', folder])]));
  const frames = json.crashing_thread.frames.map((frame) => ({ ...frame, ip: BigInt( frame.offset) }));
  return { frames, json };
}
