// The matrix's dumps, opened by Breakpad's own programs: reason, address and crashing thread must be what the test saw under Wine.
// SALVOR_DUMPS is the folder that wine/test_matrix.c left; its expected.txt has `file code address thread reason`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const dumps = process.env.SALVOR_DUMPS;
const programs = path.join(path.dirname(fileURLToPath(import.meta.url)), 'node_modules', 'minidump', 'bin', `${process.platform}-${process.arch}`);

// What stands in for WER writes LocalDumps by Wine's MiniDumpWriteDump alone; its memory list has bytes twice, and minidump_dump ends with 1
// for that; such a dump may also be the richer one of a death that was passed on. Ours must be read whole.
function read(program, file, ...words) {
  const done = spawnSync(path.join(programs, program), [...words, file], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (!/_(localdumps|passed_on)\.dmp$/.test(file)) assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

const number = (text, key) => Number(new RegExp(`${key} += (0x[0-9a-f]+|\\d+)`).exec(text)?.[1]);

// The exception stream as it stands, and each thread's id in the list's order.
function dumped(file) {
  const text = read('minidump_dump', file);
  const exception = text.slice(text.indexOf('MDException'));
  return {
    code: number(exception, 'exception_record.exception_code'),
    address: number(exception, 'exception_record.exception_address'),
    thread: number(exception, 'thread_id'),
    threads: [...text.slice(0, text.indexOf('MDException')).matchAll(/^ {2}thread_id += (0x[0-9a-f]+)/gm)].map((match) => Number(match[1])),
  };
}

// `Crash|REASON[ / flags]|address|index of the crashing thread`
function walked(file) {
  const [, reason, , index] = /^Crash\|(.*)$/m.exec(read('minidump_stackwalk', file, '-m'))[0].split('|');
  return { reason: reason.split(' / ')[0], index: Number(index) };
}

const lines = readFileSync(path.join(dumps, 'expected.txt'), 'utf8').split(/\r?\n/).filter(Boolean);

test('the matrix left dumps of most of its rows', () => assert.ok(lines.length > 20, `${lines.length} dumps`));

for (const line of lines) {
  const [, name, code, address, thread, reason] = /^(\S+) (\S+) (\S+) (\S+) (.*)$/.exec(line);
  test(name, () => {
    const seen = dumped(path.join(dumps, name));
    const walk = walked(path.join(dumps, name));
    assert.equal(seen.code, Number(code));
    assert.equal(seen.address, Number(address));
    assert.equal(seen.thread, Number(thread));
    assert.equal(walk.reason, reason);
    assert.equal(seen.threads[walk.index], Number(thread));
  });
}
