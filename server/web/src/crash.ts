// A crash in plain words: what happened, where, and which layer caught it.
import { osLabel, shortHex } from './format';
import { baseName, crashingIndex, crashingThread, frameAddress, framesOf, frameSource, linesOf, threadLabel } from './processed';
import type { Frame, Processed, ReportDetail } from './types';

/** A sentence in pieces, so that names can be set in monospace. */
export interface Piece {
  text: string;
  style?: 'code' | 'name';
  hint?: string;
}

/** What reads better with a verb; for the rest the server has a sentence. */
const SIMPLE: [RegExp, string][] = [
  [/INT_DIVIDE_BY_ZERO/, 'Divided an integer by zero'],
  [/INT_OVERFLOW/, 'Overflowed an integer'],
  [/STACK_OVERFLOW/, 'Ran out of stack'],
  [/ILLEGAL_INSTRUCTION/, 'Ran an illegal instruction'],
  [/PRIV(ILEGED)?_INSTRUCTION/, 'Ran a privileged instruction'],
  [/HEAP_CORRUPTION/, 'Corrupted the heap'],
  [/DATATYPE_MISALIGNMENT/, 'Accessed misaligned data'],
  [/ARRAY_BOUNDS_EXCEEDED/, 'Indexed past the end of an array'],
  [/INVALID_PARAMETER/, 'Passed an invalid parameter to the C runtime'],
  [/FATAL_APP_EXIT/, 'Called abort()'],
  [/APPLICATION_HANG/, 'Stopped responding'],
  [/Simulated Exception|SIMULATED/, 'Asked for a dump'],
  [/Out of Memory/, 'Ran out of memory'],
  [/Unhandled C\+\+ Exception|E06D7363|20474343/i, 'Threw a C++ exception that nobody caught'],
  [/E0434352|CLR_EXCEPTION/i, 'Threw a .NET exception that nobody caught'],
  [/BREAKPOINT/, 'Ran into a breakpoint'],
  [/INVALID_HANDLE/, 'Used an invalid handle'],
];

const ACCESS: Record<string, string> = { READ: 'Read from', WRITE: 'Wrote to', EXEC: 'Jumped to' };

function addressPiece(address: string): Piece {
  return { text: shortHex(address), style: 'code', hint: address };
}

export interface Cause {
  reason: string;
  address: string | null;
  /** false where the processor does not tell the address */
  addressKnown: boolean;
  /** the server's own sentence */
  sentence: string;
}

export function causeOf(processed: Processed, fallback: string): Cause {
  return {
    reason: processed.crash_info?.type || fallback,
    address: processed.crash_info?.address ?? null,
    addressKnown: processed.salvor?.exception?.address_known !== false,
    sentence: processed.salvor?.reason ?? '',
  };
}

/** "Wrote to 0x0" */
export function whatHappened({ reason, address, addressKnown, sentence }: Cause): Piece[] {
  const access = /ACCESS_VIOLATION(?:_(READ|WRITE|EXEC))?/.exec(reason);
  if (access && (!addressKnown || address === null)) return [{ text: 'Accessed an address that is not canonical' }];
  if (access) return [{ text: `${ACCESS[access[1] ?? ''] ?? 'Accessed'} ` }, addressPiece(address ?? '0x0')];
  if (/IN_PAGE_ERROR/.test(reason) && address) return [{ text: 'Could not bring in the page at ' }, addressPiece(address)];
  const fastFail = /FAST_FAIL_(\w+)/.exec(reason) ?? /STACK_BUFFER_OVERRUN \/ (\w+)/.exec(reason);
  if (fastFail) return [{ text: 'Fast fail ' }, { text: fastFail[1] ?? reason, style: 'code', hint: reason }];
  const simple = SIMPLE.find(([pattern]) => pattern.test(reason));
  if (simple) return [{ text: simple[1] }];
  if (sentence) return [{ text: `Crashed: ${sentence}` }];
  return reason ? [{ text: 'Crashed with ' }, { text: reason, style: 'code' }] : [{ text: 'Crashed' }];
}

function where(frame: Frame): Piece[] {
  const pieces: Piece[] = [{ text: ' in ' }, { text: frame.function || frameAddress(frame), style: 'code', hint: frameAddress(frame) }];
  const source = frameSource(frame);
  if (source) pieces.push({ text: ` (${source})` });
  return pieces;
}

export function osName(info: Record<string, string | number | null> | null | undefined, fallback: string): string {
  const text = [info?.os ?? '', info?.os_ver ?? ''].filter(Boolean).join(' ');
  return osLabel(text || fallback);
}

export function programName(report: ReportDetail): string {
  const program = report.processed?.salvor?.program;
  const name = baseName(report.app || program?.name || '').replace(/\.exe$/i, '');
  const version = report.version || program?.version;
  return [name, version].filter(Boolean).join(' ');
}

function withoutDump(report: ReportDetail): Piece[] {
  if (!report.reason) return [{ text: 'Ended without leaving a dump' }];
  return [{ text: 'Ended with ' }, { text: report.reason, style: 'code', hint: report.record?.exit_code }, { text: ', leaving no dump' }];
}

/** The first line of a report. */
export function crashSentence(report: ReportDetail): Piece[] {
  const { processed } = report;
  if (report.dump_bytes === 0) return [...withoutDump(report), ...tail(report, null)];
  if (!processed) {
    return [{ text: report.state === 'failed' ? 'This dump could not be processed' : 'Waiting to be processed' }, ...tail(report, null)];
  }
  const pieces = whatHappened(causeOf(processed, report.reason));
  const thread = crashingThread(processed);
  const top = framesOf(thread)[0];
  if (top) pieces.push(...where(linesOf(top)[0] ?? top));
  if (thread) {
    pieces.push({ text: ', thread ' });
    if (thread.thread_name) pieces.push({ text: thread.thread_name, style: 'name', hint: threadLabel(thread, crashingIndex(processed)) });
    else pieces.push({ text: threadLabel(thread, crashingIndex(processed)), style: 'code' });
  }
  return [...pieces, ...tail(report, processed.system_info)];
}

function tail(report: ReportDetail, info: Record<string, string | number | null> | null | undefined): Piece[] {
  return [programName(report), osName(info, report.os)].filter(Boolean).map((text) => ({ text: `, ${text}` }));
}

export const plain = (pieces: Piece[]): string => pieces.map((piece) => piece.text).join('');

export interface Layer {
  label: string;
  words: string;
}

const LAYERS: Record<string, Layer> = {
  monitor: { label: 'Monitor', words: 'Caught inside the program, dumped from outside by the monitor' },
  'wer-module': { label: 'WER module', words: "Caught by Salvor's module inside Windows Error Reporting" },
  localdumps: { label: 'LocalDumps', words: 'Dumped by Windows Error Reporting, found in its LocalDumps folder' },
  'in-process': { label: 'In process', words: 'Dumped by the dying program itself, as the last resort' },
  'exit-watcher': { label: 'Exit watcher', words: 'Seen only by its exit code; nothing could write a dump' },
  ingest: { label: 'By hand', words: 'Handed in by hand' },
};

export function layerOf(value: string | null | undefined): Layer {
  if (!value) return { label: 'Not said', words: 'Sent by a client that does not say which layer caught it' };
  return LAYERS[value] ?? { label: value, words: `Caught by ${value}` };
}

/** A reason as short as it stays clear: of "EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_X" the second, else without the common first word. */
export function shortReason(reason: string): string {
  const fastFail = /FAST_FAIL_\w+/.exec(reason);
  return fastFail ? fastFail[0] : reason.replace(/^(EXCEPTION|STATUS)_/, '');
}
