// A moment, relative to now; UTC and local time on hover. All of them tick together.
import { useEffect } from 'preact/hooks';
import { exact, relative } from '../format';
import { createStore, useStore } from '../store';

const now = createStore(Date.now());
let users = 0;
let timer = 0;

function start(): void {
  users += 1;
  if (users > 1) return;
  now.set(Date.now());
  timer = window.setInterval(() => now.set(Date.now()), 15_000);
}

function stop(): void {
  users -= 1;
  if (users === 0) window.clearInterval(timer);
}

export function Time({ at }: { at: number | null | undefined }) {
  const time = useStore(now);
  useEffect(() => {
    start();
    return stop;
  }, []);
  if (!at) return <span class="muted">–</span>;
  return (
    <time dateTime={new Date(at).toISOString()} data-tip={exact(at)}>
      {relative(at, Math.max(time, Date.now()))}
    </time>
  );
}
