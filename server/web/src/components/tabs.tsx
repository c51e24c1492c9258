// Tabs whose choice stands in the address. Arrow keys move among them.
import { useEffect, useRef } from 'preact/hooks';
import { navigate, useLocation, withQuery } from '../router';
import { number } from '../format';

export interface Tab {
  id: string;
  label: string;
  count?: number;
}

export function useTab(tabs: Tab[]): string {
  const wanted = useLocation().query.get('tab');
  return tabs.find((tab) => tab.id === wanted)?.id ?? tabs[0]!.id;
}

function show(id: string, first: string): void {
  navigate(withQuery({ tab: id === first ? null : id }), { replace: true });
}

export function TabList({ tabs, current, label }: { tabs: Tab[]; current: string; label: string }) {
  const first = tabs[0]!.id;
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = list.current;
    const tab = box?.querySelector<HTMLElement>('[aria-selected=true]');
    if (box && tab) box.scrollLeft = tab.offsetLeft - (box.clientWidth - tab.offsetWidth) / 2;
  }, [current]);
  const onKey = (event: KeyboardEvent): void => {
    const here = tabs.findIndex((tab) => tab.id === current);
    const steps: Record<string, number> = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = tabs[(step + tabs.length) % tabs.length]!;
    show(next.id, first);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div class="tabs" ref={list} role="tablist" aria-label={label} onKeyDown={onKey}>
      {tabs.map((tab) => (
        <button
          key={tab.id} type="button" role="tab" id={`tab-${tab.id}`} class="tab"
          aria-selected={tab.id === current} aria-controls="tab-panel" tabIndex={tab.id === current ? 0 : -1}
          onClick={() => show(tab.id, first)}
        >
          {tab.label}
          {tab.count !== undefined && <span class="tab-count">{number(tab.count)}</span>}
        </button>
      ))}
    </div>
  );
}
