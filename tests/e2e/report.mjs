// Reading one report's answer: the crashing stack as module+offset, the program's version, and whether it says what it must.
import { SAMPLE_NAME, SAMPLE_VERSIONS } from './crashes.mjs';

/** "0x0000000000001450" as "0x1450". */
const shortHex = (text) => `0x${BigInt(text).toString(16)}`;

export function crashingFrames({ processed }) {
  const index = processed?.crash_info?.crashing_thread ?? processed?.crashing_thread?.threads_index ?? 0;
  return processed?.threads?.[index]?.frames ?? processed?.crashing_thread?.frames ?? [];
}

export function frameText(frame) {
  if (frame.function) return frame.file ? `${frame.function} (${frame.file.split(/[\\/]/).at(-1)}:${frame.line})` : frame.function;
  const offset = shortHex(frame.module_offset ?? frame.offset ?? '0x0');
  return frame.module ? `${frame.module}+${offset}` : offset;
}

/** The whole reason, such as "EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_FATAL_APP_EXIT"; its last part says most. */
export const reasonOf = (report) => report.processed?.crash_info?.type || report.reason;
export const shortReasonOf = (report) => reasonOf(report).split(' / ').at(-1);
export const versionOf = (report) => report.version || report.processed?.salvor?.program?.version;
/** From the dump; of a report without one, from its record. */
export const pidOf = (report) => report.processed?.pid ?? (report.record?.pid ? Number(report.record.pid) : null);

/** Throws with what is wrong when the report is not the one of this crash. */
export function mustTell(report, crash, pid) {
  const [top] = crashingFrames(report);
  const facts = [
    ['state', report.state, 'processed'],
    ['program', report.app, SAMPLE_NAME],
    ['version', versionOf(report), SAMPLE_VERSIONS.find((version) => version === versionOf(report)) ?? SAMPLE_VERSIONS[0]],
    ['reason', shortReasonOf(report), crash.reason],
    ['layer', report.layer, crash.layer],
    ['process id', pidOf(report), pid],
    ['crashing module', top?.module, crash.noDump ? undefined : SAMPLE_NAME],
    // The sample's own image is on the server: its frames are unwound exactly, not guessed.
    ["its caller's trust", crashingFrames(report)[1]?.trust, crash.noDump ? undefined : 'cfi'],
  ];
  const wrong = facts.filter(([, is, must]) => is !== must).map(([name, is, must]) => `${name} is ${is}, not ${must}`);
  if (wrong.length > 0) throw new Error(`report ${report.id} of ${crash.title}: ${wrong.join('; ')}`);
}

export function describeReport(report, crash, elapsedMs, address) {
  const crashing = crashingFrames(report);
  const frames = crashing.map((frame, index) => `             ${String(index).padStart(2)}  ${frameText(frame)}${frame.trust ? `  (${frame.trust})` : ''}`);
  return [
    `* ${crash.title}`,
    `    report   ${report.id}  ${address}`,
    `    program  ${report.app} ${versionOf(report)}`,
    `    reason   ${reasonOf(report)}${crash.noDump ? '' : ` at ${shortHex(report.processed.crash_info?.address ?? '0x0')}`}, seen by: ${report.layer}`,
    `    visible  ${elapsedMs} ms after the fault`,
    crashing.length ? '    stack' : '    stack    none: nobody wrote a dump',
    ...frames,
  ].join('\n');
}
