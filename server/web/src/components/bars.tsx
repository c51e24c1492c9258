// How something is distributed: one line per value with its bar, count and share.
import { useState } from 'preact/hooks';
import { number, percent } from '../format';
import type { Count } from '../types';

interface Props {
  title: string;
  counts: Count[];
  nameOf?: (name: string) => string;
  hintOf?: (name: string) => string;
  /** Class that colours a value, as in a chart beside it. */
  toneOf?: (name: string) => string;
}

const FIRST = 6;

export function Bars({ title, counts, nameOf = (name) => name, hintOf, toneOf }: Props) {
  const [all, setAll] = useState(false);
  const total = counts.reduce((sum, item) => sum + item.count, 0);
  const most = Math.max(1, ...counts.map((item) => item.count));
  const sorted = [...counts].sort((a, b) => b.count - a.count);
  const shown = all ? sorted : sorted.slice(0, FIRST);
  return (
    <section class="bars">
      <h3>{title}</h3>
      {counts.length === 0 && <p class="muted">Nothing known</p>}
      <ul>
        {shown.map((item) => (
          <li key={item.name}>
            <span class="bar-name" data-tip-cut={nameOf(item.name)} data-tip={hintOf?.(item.name)}>{nameOf(item.name) || 'not said'}</span>
            <span class="bar-track"><span class={`bar-fill ${toneOf?.(item.name) ?? ''}`} style={{ width: `${(item.count / most) * 100}%` }} /></span>
            <span class="bar-count">{number(item.count)}</span>
            <span class="bar-share">{percent(item.count, total)}</span>
          </li>
        ))}
      </ul>
      {sorted.length > FIRST && (
        <button type="button" class="link-button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `${number(sorted.length - FIRST)} more`}
        </button>
      )}
    </section>
  );
}
