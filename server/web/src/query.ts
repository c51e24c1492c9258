// Loads data for a page, remembers it by key so that going back shows it at once, and refreshes it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './api';
import { createStore } from './store';

export interface Query<T> {
  data: T | null;
  error: ApiError | null;
  /** data belongs to an earlier key and is about to be replaced */
  stale: boolean;
  reload: () => void;
}

/** True while requests fail for want of a connection. */
export const offline = createStore(false);

/** Whoever comes back to the page sees what is newer than this. */
const FRESH_MS = 10_000;
const CACHE_SIZE = 60;
const cache = new Map<string, unknown>();

function remember(key: string, value: unknown): void {
  cache.delete(key);
  cache.set(key, value);
  if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value as string);
}

export function forgetAll(): void {
  cache.clear();
}

interface Options<T> {
  /** Milliseconds until the next load, or null for none; asked after each answer. */
  poll?: (data: T | null) => number | null;
  /** Keep showing the last key's data until the new one's is there. */
  keep?: boolean;
}

interface Held<T> {
  key: string | null;
  data: T | null;
  error: ApiError | null;
}

const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError('server', 0, 'unreadable', 'The server sent an answer that cannot be read.');

export function useQuery<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>, options: Options<T> = {}): Query<T> {
  const [held, setHeld] = useState<Held<T>>({ key: null, data: null, error: null });
  const [round, setRound] = useState(0);
  const current = useRef({ load, options });
  current.current = { load, options };

  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    let timer = 0;
    let loadedAt = Date.now();
    const again = (data: T | null, failed: boolean): void => {
      const wait = failed ? 5000 : (current.current.options.poll?.(data) ?? null);
      if (wait !== null) timer = window.setTimeout(run, wait);
    };
    const run = async (): Promise<void> => {
      if (document.hidden && cache.has(key)) return again(cache.get(key) as T, false);
      try {
        const data = await current.current.load(abort.signal);
        loadedAt = Date.now();
        remember(key, data);
        offline.set(false);
        setHeld({ key, data, error: null });
        again(data, false);
      } catch (failure) {
        if (abort.signal.aborted) return;
        const error = asApiError(failure);
        offline.set(error.kind === 'offline');
        setHeld({ key, data: (cache.get(key) as T | undefined) ?? null, error });
        if (error.kind === 'offline' || error.kind === 'server') again(null, true);
      }
    };
    const onReturn = (): void => {
      if (document.hidden || Date.now() - loadedAt < FRESH_MS) return;
      window.clearTimeout(timer);
      void run();
    };
    document.addEventListener('visibilitychange', onReturn);
    void run();
    return () => {
      document.removeEventListener('visibilitychange', onReturn);
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [key, round]);

  const reload = (): void => setRound((value) => value + 1);
  if (held.key === key) return { data: held.data, error: held.error, stale: false, reload };
  const cached = key === null ? undefined : (cache.get(key) as T | undefined);
  if (cached !== undefined) return { data: cached, error: null, stale: false, reload };
  return { data: options.keep ? held.data : null, error: null, stale: options.keep === true && held.data !== null, reload };
}
