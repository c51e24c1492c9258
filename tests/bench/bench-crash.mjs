// bench-crash BUILD WORK: how long a crash holds its process and takes to its report, against a program that dumps itself from within, in one
// run. "plain" calls MiniDumpWriteDump as any program would; "known" spares it, as Salvor's dumper does, what under Wine alone is most of the
// time (symbols, the host's modules), and is the better guide to Windows. See bench_crash.c.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, say } from './row.mjs';

const LIMIT_MS = 600000;
const program = join(resolve(process.argv[2]), '../mingw-x64/bin/bench-crash.exe');
if (!existsSync(program)) throw new Error(`${program} is not there: './dev build mingw-x64' makes it`);

const runner = join(dirname(fileURLToPath(import.meta.url)), '../wine/run-wine');
const lines = execFileSync(runner, [program], { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS }).toString().trim().split(/\r?\n/);
const measured = new Map();
for (const line of lines) {
  const [key, value] = line.split(' ');
  measured.set(key, [...(measured.get(key) ?? []), Number(value)]);
}

function values(key) {
  if (!measured.has(key)) throw new Error(`bench-crash.exe printed no '${key}'`);
  return measured.get(key);
}
const ms = (key) => values(key).map((us) => us / 1000);

const limits = { cold: '0.5', warm: '1.1' };
for (const [what, text] of [['held', 'fault to process gone'], ['spool', 'fault to dump in the spool']])
  for (const warmth of ['cold', 'warm'])
    for (const how of ['plain', 'known'])
      say(`crash: ${text}, ${warmth} (goal ${limits[warmth]}) vs ${how} self-dump`, 'ms', ms(`${what}_${warmth}_salvor`), median(ms(`${what}_${warmth}_${how}`)));
for (const how of ['plain', 'known'])
  say(`crash: fault to process gone, right after its start vs ${how} self-dump, cold`, 'ms', ms('held_early_salvor'), median(ms(`held_cold_${how}`)));
say('crash: monitor dead, fault to process gone (limit 2 s)', 'ms', ms('held_dead_monitor'), 2000);
for (const how of ['plain', 'known'])
  say(`crash: 16 at once, time per report (goal 1) vs ${how} self-dump in a loop`, 'ms', ms('each_salvor'), median(ms(`each_${how}`)));
say('crash: 16 at once, longest held (limit 3x a single one)', 'ms', ms('held_crowd'), 3 * median(ms('held_warm_salvor')));
for (const how of ['plain', 'known'])
  say(`crash: 16 at once, longest held vs 16 ${how} self-dumps at once`, 'ms', ms('held_crowd'), median(ms(`held_crowd_${how}`)));
say('monitor: private bytes of the dumper that waits while clients are registered (limit 4 MB)', 'B', values('spare_bytes'), 4194304);
say('monitor: private bytes per idle client (limit 128 KB)', 'B', values('idle_client_bytes'), 131072);
