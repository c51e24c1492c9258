// One hover box for the whole page. data-tip always shows; data-tip-cut only where the text did not fit.
import { useEffect, useRef, useState } from 'preact/hooks';

interface Tip {
  text: string;
  anchor: DOMRect;
}

const SHOW_AFTER_MS = 250;
const MARGIN = 8;

function isCut(element: Element): boolean {
  return [element, ...element.querySelectorAll('*')].some((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0);
}

function tipFor(target: EventTarget | null): { element: Element; text: string } | null {
  const element = (target as Element | null)?.closest?.('[data-tip], [data-tip-cut]');
  if (!element) return null;
  const text = element.getAttribute('data-tip') ?? (isCut(element) ? element.getAttribute('data-tip-cut') : null);
  return text ? { element, text } : null;
}

export function Tooltip() {
  const [tip, setTip] = useState<Tip | null>(null);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let timer = 0;
    let shown: Element | null = null;
    const hide = (): void => {
      window.clearTimeout(timer);
      shown = null;
      setTip(null);
    };
    const enter = (event: Event): void => {
      const found = tipFor(event.target);
      if (!found) return hide();
      if (found.element === shown) return;
      window.clearTimeout(timer);
      shown = found.element;
      timer = window.setTimeout(() => setTip({ text: found.text, anchor: found.element.getBoundingClientRect() }), SHOW_AFTER_MS);
    };
    const events: [string, (event: Event) => void][] = [
      ['mouseover', enter], ['focusin', enter], ['focusout', hide], ['mousedown', hide], ['keydown', hide], ['scroll', hide],
    ];
    for (const [name, handler] of events) document.addEventListener(name, handler, { capture: true, passive: true });
    return () => {
      window.clearTimeout(timer);
      for (const [name, handler] of events) document.removeEventListener(name, handler, { capture: true });
    };
  }, []);

  useEffect(() => {
    const element = box.current;
    if (!tip || !element) return;
    const { width, height } = element.getBoundingClientRect();
    const left = Math.min(Math.max(MARGIN, tip.anchor.left), window.innerWidth - width - MARGIN);
    const below = tip.anchor.bottom + 6;
    const top = below + height + MARGIN > window.innerHeight ? tip.anchor.top - height - 6 : below;
    element.style.transform = `translate(${Math.max(MARGIN, left)}px, ${Math.max(MARGIN, top)}px)`;
  }, [tip]);

  return (
    <div ref={box} class="tooltip" role="tooltip" hidden={!tip}>
      {tip?.text}
    </div>
  );
}
