// breakpad.mjs - what Breakpad's minidump_stackwalk (npm package minidump, locked in tests/reader) sees in a dump.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const program = path.join(path.dirname(fileURLToPath(import.meta.url)), '../reader/node_modules/minidump/bin', `${process.platform}-${process.arch}`,
  'minidump_stackwalk');

// {reason, address, thread, frames: ['module+offset', ...]}: frame 0 is the instruction, callers are return addresses. rows: the same frames
// as {module, function, line, offset}, the innermost of inlined functions first; function and line are '' where symbols do not tell them.
export function breakpadWalk(report, symbols = []) {
  const done = spawnSync(program, ['-m', report, ...symbols], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.error) throw done.error;
  const crash = /^Crash\|([^|]*)\|([^|]*)\|(\d+)$/m.exec(done.stdout);
  if (!crash) throw new Error(`minidump_stackwalk found no crash in ${report}: ${done.stderr.slice(-400)}`);
  const rows = done.stdout.split('\n').map((line) => line.split('|')).filter((row) => row.length === 7 && row[0] === crash[3]);
  return {
    reason: crash[1], address: BigInt(crash[2]), thread: Number(crash[3]), frames: rows.map((row) => `${row[2]}+${row[6]}`),
    rows: rows.map(([, , module, fn, , line, offset]) => ({ module, function: fn, line, offset })),
  };
}

// Our frames in the same words.
export function inTheirWords(frames) {
  return frames.map((frame, index) => {
    const offset = BigInt(frame.module ? frame.module_offset : frame.offset) + (index ? 1n : 0n);
    return `${frame.module ?? ''}+0x${offset.toString(16)}`;
  });
}

// Takes from a list what another holds as well, each as often as it is there.
export function without(list, other) {
  const left = [...other];
  return list.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
