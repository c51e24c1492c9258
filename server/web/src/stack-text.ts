// A stack as text or Markdown, for tickets and chats.
import { crashSentence, layerOf, plain } from './crash';
import { crashingIndex, doubt, frameAddress, framesOf, frameSource, linesOf, threadLabel, type StackLine } from './processed';
import type { ReportDetail, Thread } from './types';

function frameLine(frame: StackLine): string {
  const source = frameSource(frame);
  if (frame.inlined) return `    ${frame.function ?? ''}${source ? `  ${source}` : ''}  (inlined)`;
  const name = frame.function ? `${frame.function}  [${frameAddress(frame)}]` : frameAddress(frame);
  const trust = doubt(frame.trust);
  return `${String(frame.frame).padStart(2)}  ${name}${source ? `  ${source}` : ''}${trust ? `  (${trust.label})` : ''}`;
}

export function threadText(thread: Thread, index: number, crashed: boolean): string {
  const name = thread.thread_name ? ` "${thread.thread_name}"` : '';
  const lines = framesOf(thread).flatMap(linesOf).map(frameLine);
  return [`Thread ${threadLabel(thread, index)}${name}${crashed ? ' (crashed)' : ''}`, ...(lines.length ? lines : ['    no frames'])].join('\n');
}

function threads(report: ReportDetail, all: boolean): string {
  const { processed } = report;
  if (!processed) return '';
  const crashing = crashingIndex(processed);
  return (processed.threads ?? [])
    .map((thread, index) => ({ thread, index }))
    .filter(({ index }) => all || index === crashing)
    .sort((a, b) => Number(b.index === crashing) - Number(a.index === crashing))
    .map(({ thread, index }) => threadText(thread, index, index === crashing))
    .join('\n\n');
}

export function stackText(report: ReportDetail, all: boolean): string {
  return [plain(crashSentence(report)), `Caught by: ${layerOf(report.layer).label}`, `Report: ${report.id}`, '', threads(report, all), ''].join('\n');
}

export function stackMarkdown(report: ReportDetail, address: string): string {
  return [
    `**${plain(crashSentence(report))}**`,
    '',
    '```',
    threads(report, false),
    '```',
    `[Report ${report.id}](${address}), caught by: ${layerOf(report.layer).label}`,
    '',
  ].join('\n');
}
