// All threads of a report: the crashing one open, the others folded to their topmost frame. Frames are only built when opened, so
// hundreds of threads cost little.
import { useMemo, useState } from 'preact/hooks';
import { number, plural } from '../format';
import { crashingIndex, cutShort, frameName, framesOf, linesOf, threadLabel } from '../processed';
import type { Processed, Thread } from '../types';
import { Icon } from './icon';
import { LongName } from './long-name';
import { StackFrames } from './stack-frames';

function matches(thread: Thread, index: number, wanted: string): boolean {
  const words = [threadLabel(thread, index), thread.thread_name ?? '', ...framesOf(thread).flatMap(linesOf).flatMap((line) => [line.module ?? '', line.function ?? ''])];
  return words.some((word) => word.toLowerCase().includes(wanted));
}

export function ThreadList({ processed }: { processed: Processed }) {
  const [filter, setFilter] = useState('');
  const [everything, setEverything] = useState(false);
  const threads = processed.threads ?? [];
  const crashing = crashingIndex(processed);
  const others = useMemo(() => threads.map((thread, index) => ({ thread, index })).filter(({ index }) => index !== crashing), [processed]);
  const wanted = filter.trim().toLowerCase();
  const shown = wanted ? others.filter(({ thread, index }) => matches(thread, index, wanted)) : others;
  const crashed = threads[crashing];
  return (
    <>
      {crashed
        ? <CrashedThread thread={crashed} index={crashing} cut={cutShort(processed, crashing)} />
        : <p class="notice-line">The dump names no crashing thread.</p>}
      {others.length > 0 && (
        <section aria-label="Other threads">
          <div class="section-head">
            <h2>Other threads <span class="count">{number(others.length)}</span></h2>
            <label class="filter">
              <Icon name="search" />
              <input type="text" placeholder="Filter by name, module, function" aria-label="Filter threads" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
            </label>
            <button type="button" class="button" aria-pressed={everything} onClick={() => setEverything(!everything)}>{everything ? 'Fold all' : 'Open all'}</button>
          </div>
          {shown.length === 0 && <p class="notice-line">No thread matches “{filter.trim()}”.</p>}
          <div class="threads">
            {shown.map(({ thread, index }) => <FoldedThread key={`${index} ${everything}`} thread={thread} index={index} start={everything} cut={cutShort(processed, index)} />)}
          </div>
        </section>
      )}
    </>
  );
}

interface ThreadProps {
  thread: Thread;
  index: number;
  cut: string | null;
}

function CrashedThread({ thread, index, cut }: ThreadProps) {
  const label = threadLabel(thread, index);
  return (
    <section class="thread-crashed" aria-label={`Crashing thread ${label}`}>
      <div class="thread-head">
        <span class="crash-badge">Crashed</span>
        <h2>Thread <span class="mono">{label}</span></h2>
        {thread.thread_name && <bdi class="thread-name">{thread.thread_name}</bdi>}
        <span class="thread-facts">
          {plural(framesOf(thread).length, 'frame')}
          {thread.last_error_value && <span data-tip="GetLastError() of this thread"> · last error {thread.last_error_value}</span>}
        </span>
      </div>
      <StackFrames frames={framesOf(thread)} crashed label={`Stack of thread ${label}`} />
      {cut && <p class="frames-cut">{cut}.</p>}
    </section>
  );
}

function FoldedThread({ thread, index, cut, start }: ThreadProps & { start: boolean }) {
  const [open, setOpen] = useState(start);
  const frames = framesOf(thread);
  const label = threadLabel(thread, index);
  return (
    <details class="thread" open={open} onToggle={(event) => setOpen(event.currentTarget.open)} data-row-box>
      <summary data-row>
        <Icon name="right" />
        <span class="thread-id mono">{label}</span>
        <bdi class="thread-name">{thread.thread_name ?? ''}</bdi>
        <span class="thread-top">{frames[0] ? <LongName text={frameName(linesOf(frames[0])[0] ?? frames[0])} /> : <span class="muted">no frames</span>}</span>
        <span class="thread-facts">{plural(thread.frame_count ?? frames.length, 'frame')}</span>
      </summary>
      {open && <StackFrames frames={frames} label={`Stack of thread ${label}`} />}
      {open && cut && <p class="frames-cut">{cut}.</p>}
    </details>
  );
}
