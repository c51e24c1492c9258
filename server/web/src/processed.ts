// Finding one's way in a processed dump, where any part may be missing.
import { shortHex } from './format';
import type { Frame, Module, Processed, Thread } from './types';

/** Index of the crashing thread in threads, or -1. */
export function crashingIndex(processed: Processed): number {
  const threads = processed.threads ?? [];
  const index = processed.crashing_thread?.threads_index ?? processed.crash_info?.crashing_thread ?? -1;
  return index >= 0 && index < threads.length ? index : -1;
}

export function crashingThread(processed: Processed): Thread | null {
  return processed.threads?.[crashingIndex(processed)] ?? processed.crashing_thread ?? null;
}

export const framesOf = (thread: Thread | null): Frame[] => thread?.frames ?? [];

export interface StackLine extends Frame {
  /** inlined into the next line that is not: without a frame of its own */
  inlined: boolean;
}

/** The lines of a frame as a person reads them: what was inlined first, then the function that has the frame. */
export function linesOf(frame: Frame): StackLine[] {
  const inlines = (frame.inlines ?? []).map((inline) => ({ ...frame, ...inline, inlined: true }));
  return [...inlines, { ...frame, inlined: false }];
}

/** Registers of the crash: beside the crashing thread, or in its first frame. */
export function crashRegisters(processed: Processed): Record<string, string> | null {
  const { crashing_thread: crashed } = processed;
  return crashed?.registers ?? framesOf(crashed ?? null)[0]?.registers ?? framesOf(crashingThread(processed))[0]?.registers ?? null;
}

export interface RegisterSet {
  index: number;
  thread: Thread;
  registers: Record<string, string>;
}

/** Every thread that has registers, the crashing one first. */
export function registerSets(processed: Processed): RegisterSet[] {
  const crashing = crashingIndex(processed);
  const sets: RegisterSet[] = [];
  for (const [index, thread] of (processed.threads ?? []).entries()) {
    const first = index === crashing ? crashRegisters(processed) : framesOf(thread)[0]?.registers;
    const registers = processed.salvor?.threads?.[index]?.registers ?? first;
    if (registers && Object.keys(registers).length > 0) sets.push({ index, thread, registers });
  }
  return sets.sort((a, b) => Number(b.index === crashing) - Number(a.index === crashing));
}

/** "sample.exe+0x1450", or the bare address outside every module. */
export function frameAddress(frame: Frame): string {
  if (frame.module) return `${frame.module}+${shortHex(frame.module_offset ?? '0x0')}`;
  const gone = frame.unloaded_modules?.[0];
  if (gone?.module) return `${gone.module}+${shortHex(gone.offsets?.[0] ?? '0x0')} (unloaded)`;
  return shortHex(frame.offset ?? '0x0');
}

export const frameName = (frame: Frame): string => frame.function || frameAddress(frame);

export const baseName = (path: string): string => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);

/** "renderer.cpp:214" */
export function frameSource(frame: Frame): string {
  if (!frame.file) return '';
  return frame.line ? `${baseName(frame.file)}:${frame.line}` : baseName(frame.file);
}

/** How a frame was found, when that is worth a doubt; null for frames that are exact. */
export function doubt(trust: string | null | undefined): { label: string; hint: string } | null {
  switch (trust) {
    case 'scan':
      return { label: 'scan', hint: 'Found by scanning the stack for addresses of code.\nIt may be left over from an earlier call.' };
    case 'cfi_scan':
      return { label: 'scan', hint: 'Found by scanning, then confirmed by unwind data.' };
    case 'frame_pointer':
      return { label: 'frame pointer', hint: 'Followed by the frame pointer. Usually right;\ncode built without frame pointers is passed over.' };
    case 'none':
      return { label: 'unknown', hint: 'Nothing tells how this frame was found.' };
    default:
      return null;
  }
}

export function threadLabel(thread: Thread, index: number): string {
  return thread.thread_id === null || thread.thread_id === undefined ? `#${index}` : `0x${thread.thread_id.toString(16)}`;
}

/** Why the frames of a thread end before the stack does, or null. */
export function cutShort(processed: Processed, index: number): string | null {
  const { end, why_no_registers: why } = processed.salvor?.threads?.[index] ?? {};
  if (why) return `No registers: ${why}`;
  if (end === 'frame limit') return 'Cut here: no more frames of one thread are walked';
  if (end === 'limit for one dump') return 'Cut here: the limit of work for one dump is reached';
  return null;
}

/** The modules, with what the layout has no place for. */
export function modulesOf(processed: Processed): Module[] {
  const more = processed.salvor?.modules ?? [];
  return (processed.modules ?? []).map((module, index) => {
    const { path, code_id: code } = more[index] ?? {};
    return { ...module, path: path ?? module.filename, code_id: code ?? module.code_id };
  });
}

const toBig = (value: string | null | undefined): bigint | null => {
  if (!value || !/^(0x)?[0-9a-f]+$/i.test(value)) return null;
  return BigInt(value.startsWith('0x') ? value : `0x${value}`);
};

export interface AddressMap {
  find(address: string): string | null;
}

/** Tells into which module an address points, as "module+0xoffset". */
export function addressMap(modules: Module[]): AddressMap {
  const ranges = modules.flatMap((module) => {
    const base = toBig(module.base_addr);
    const end = toBig(module.end_addr);
    return base !== null && end !== null && end > base ? [{ base, end, name: module.filename ?? 'unnamed module' }] : [];
  });
  return {
    find(address) {
      const value = toBig(address);
      if (value === null) return null;
      const hit = ranges.find(({ base, end }) => value >= base && value < end);
      return hit ? `${baseName(hit.name)}+0x${(value - hit.base).toString(16)}` : null;
    },
  };
}

/** Size of a module in memory. */
export function moduleBytes(module: Module): number | null {
  const base = toBig(module.base_addr);
  const end = toBig(module.end_addr);
  return base === null || end === null || end < base ? null : Number(end - base);
}
