// The keyboard: single keys that pages and lists listen to. Never while someone types, never with a modifier.
import { useEffect, useRef } from 'preact/hooks';

export interface KeyHelp {
  keys: string[];
  does: string;
}

export const KEY_HELP: KeyHelp[] = [
  { keys: ['j', 'k'], does: 'Next and previous row' },
  { keys: ['Enter'], does: 'Open the row' },
  { keys: ['u'], does: 'Go back' },
  { keys: ['/'], does: 'Search' },
  { keys: ['←', '→'], does: 'Previous and next tab, when a tab has the focus' },
  { keys: ['Esc'], does: 'Close what is open' },
  { keys: ['?'], does: 'This list' },
];

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

type Handler = (event: KeyboardEvent) => void;
const layers: Record<string, Handler>[] = [];

/** Key handlers for as long as the component is there; the youngest component wins. */
export function useKeys(handlers: Record<string, Handler>): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    const layer = new Proxy({} as Record<string, Handler>, { get: (_, key: string) => latest.current[key] });
    layers.push(layer);
    return () => {
      layers.splice(layers.indexOf(layer), 1);
    };
  }, []);
}

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector('dialog[open]')) return;
    for (let index = layers.length - 1; index >= 0; index -= 1) {
      const handler = layers[index]?.[event.key];
      if (handler) {
        event.preventDefault();
        handler(event);
        return;
      }
    }
  });
}

/** Moves the focus among the rows of the page. */
export function moveRow(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  if (rows.length === 0) return;
  const here = rows.findIndex((row) => row === document.activeElement || row.closest('[data-row-box]')?.contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + step));
  rows[next]?.focus();
  rows[next]?.closest('[data-row-box]')?.scrollIntoView({ block: 'nearest' });
}
