// Addresses are the state: path, query and back button. Plain links work; clicks on them are taken over here.
import { createStore, useStore } from './store';

export interface Location {
  path: string;
  query: URLSearchParams;
}

interface HistoryState {
  /** How many pages of this site lie behind this one. */
  depth: number;
  scroll: number;
  /** Cursors of the list pages before this one, for "previous". */
  trail?: (string | null)[];
}

const read = (): Location => ({
  path: window.location.pathname,
  query: new URLSearchParams(window.location.search),
});

const store = createStore<Location>(read());

export const useLocation = (): Location => useStore(store);
export const currentLocation = (): Location => store.get();

function state(): HistoryState {
  const value = window.history.state as HistoryState | null;
  return value ?? { depth: 0, scroll: 0 };
}

export const trail = (): (string | null)[] => state().trail ?? [];
export const canGoBack = (): boolean => state().depth > 0;

function rememberScroll(): void {
  window.history.replaceState({ ...state(), scroll: window.scrollY }, '');
}

export function navigate(href: string, options: { replace?: boolean; trail?: (string | null)[]; keepScroll?: boolean } = {}): void {
  const { depth } = state();
  if (options.replace) {
    window.history.replaceState({ ...state(), trail: options.trail }, '', href);
  } else {
    rememberScroll();
    window.history.pushState({ depth: depth + 1, scroll: 0, trail: options.trail }, '', href);
  }
  store.set(read());
  if (!options.replace && !options.keepScroll) window.scrollTo(0, 0);
}

/** The present address with some query values changed; null or '' removes one. */
export function withQuery(changes: Record<string, string | null>): string {
  const { path, query } = store.get();
  const next = new URLSearchParams(query);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(key);
    else next.set(key, value);
  }
  const text = next.toString();
  return text ? `${path}?${text}` : path;
}

/** Values of ":name" parts when path fits pattern, else null. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/');
  const have = path.replace(/\/+$/, '').split('/');
  if (want.length !== have.length) return null;
  const values: Record<string, string> = {};
  for (const [index, part] of want.entries()) {
    const actual = have[index] ?? '';
    if (part.startsWith(':')) {
      try {
        values[part.slice(1)] = decodeURIComponent(actual);
      } catch {
        return null;
      }
    } else if (part !== actual) return null;
  }
  return values;
}

/** Content may arrive after the address: try again for a moment until the page is long enough. */
function restoreScroll(target: number): void {
  let attempts = 30;
  const step = (): void => {
    window.scrollTo(0, target);
    if (Math.abs(window.scrollY - target) > 2 && --attempts > 0) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

function ownLink(event: MouseEvent): HTMLAnchorElement | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = (event.target as Element | null)?.closest?.('a');
  if (!link || link.target || link.hasAttribute('download')) return null;
  if (link.origin !== window.location.origin || link.pathname.startsWith('/api/')) return null;
  if (link.hash && link.pathname === window.location.pathname) return null;
  return link;
}

export function startRouter(): void {
  window.history.scrollRestoration = 'manual';
  window.addEventListener('popstate', () => {
    store.set(read());
    restoreScroll(state().scroll);
  });
  document.addEventListener('click', (event) => {
    const link = ownLink(event);
    if (!link) return;
    event.preventDefault();
    navigate(link.pathname + link.search, { keepScroll: link.dataset.keepScroll !== undefined });
  });
}
