// bench-client BUILD WORK: what the client library costs the program that links it: bytes added to a stripped program, and the time that
// salvor_install keeps its caller. "theirs" is the limit that the project has set itself: 64 KB, 1 ms.
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { say } from './row.mjs';

const RUNS = 15;
const here = dirname(fileURLToPath(import.meta.url));
const [build, work] = [process.argv[2], process.argv[3]].map((path) => resolve(path));
const library = join(build, '../mingw-x64/lib');
if (!existsSync(join(library, 'libsalvor.a'))) throw new Error(`libsalvor.a is not in ${library}: './dev build mingw-x64' makes it`);

function compile(name, extra) {
  const program = join(work, `${name}.exe`);
  execFileSync('x86_64-w64-mingw32-gcc', ['-O2', '-s', join(here, 'install_cost.c'), '-o', program, ...extra], { stdio: 'inherit' });
  return program;
}

const without = compile('without', []);
const withClient = compile('with', ['-DWITH', `-I${join(here, '../../veh')}`, `-L${library}`, '-lsalvor']);
say('client: bytes added to a program (limit 64 KB)', 'B', [statSync(withClient).size - statSync(without).size], 65536);

const runner = join(here, '../wine/run-wine');
const install = () => Number(execFileSync(runner, [withClient], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim());
install(); // Wine starts its server
say('client: salvor_install, caller held (limit 1 ms)', 'us', Array.from({ length: RUNS }, install), 1000);
