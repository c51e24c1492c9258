// The frames of one stack.
import { doubt, frameAddress, frameSource, linesOf, type StackLine } from '../processed';
import type { Frame } from '../types';
import { LongName } from './long-name';

export function StackFrames({ frames, crashed, label }: { frames: Frame[]; crashed?: boolean; label: string }) {
  if (frames.length === 0) return <p class="frames-none">No frames: the stack's memory is not in the dump.</p>;
  return (
    <ol class="frames" aria-label={label}>
      {frames.flatMap(linesOf).map((line, index) => <FrameLine key={index} frame={line} crashed={crashed === true && index === 0} />)}
    </ol>
  );
}

const INLINED = { label: 'inlined', hint: 'Inlined into the function below:\nit has no frame of its own.' };

function FrameLine({ frame, crashed }: { frame: StackLine; crashed: boolean }) {
  const doubtful = frame.inlined ? null : doubt(frame.trust);
  const trust = frame.inlined ? INLINED : doubtful;
  const source = frameSource(frame);
  const address = frameAddress(frame);
  return (
    <li class={`frame-line${crashed ? ' is-crash' : ''}${doubtful ? ' is-doubtful' : ''}`}>
      <span class="frame-index">{frame.inlined ? '' : frame.frame}</span>
      <span class="frame-name">
        {frame.function ? <LongName text={frame.function} /> : <Address frame={frame} />}
      </span>
      <span class="frame-source" data-tip={frame.file ?? undefined}>{source}</span>
      <span class="frame-address" data-tip={frame.offset ?? undefined}>{frame.function && !frame.inlined && address}</span>
      <span class="frame-trust">{trust && <span class="trust" data-tip={trust.hint}>{trust.label}</span>}</span>
    </li>
  );
}

function Address({ frame }: { frame: Frame }) {
  const address = frameAddress(frame);
  if (!frame.module) return <span class="mono muted" data-tip={frame.unloaded_modules?.length ? frame.offset ?? undefined : 'Outside every module'}>{address}</span>;
  const plus = address.lastIndexOf('+');
  return (
    <span class="frame-bare mono" data-tip={frame.offset ?? undefined}>
      <bdi class="frame-module">{address.slice(0, plus)}</bdi>
      <span class="frame-offset">{address.slice(plus)}</span>
    </span>
  );
}
