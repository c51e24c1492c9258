// Crashes per day as columns, stacked by version with the newest at the bottom. Hover or arrow keys read one day.
import { useEffect, useRef, useState } from 'preact/hooks';
import { compact, dayLabel, dayLong, number, plural } from '../format';
import type { DaySeries } from '../day-series';

const HEIGHT = 208;
const TOP = 10;
const BOTTOM = 22;
const LEFT = 40;
const WIDEST_COLUMN = 56;

/** The lowest top at or above most that two to five round steps reach. */
function scaleFor(most: number): { top: number; step: number } {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, most))) - 1);
  const scales = [1, 2, 5, 10, 20, 50].map((factor) => ({ top: factor * power * Math.max(1, Math.ceil(most / (factor * power))), step: factor * power }));
  const fitting = scales.filter(({ top, step }) => top / step <= 5);
  return fitting.sort((a, b) => a.top - b.top)[0]!;
}

function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}

export function DayChart({ series }: { series: DaySeries }) {
  const [box, width] = useWidth();
  const [active, setActive] = useState<number | null>(null);
  const { days } = series;
  const { top, step } = scaleFor(Math.max(0, ...days.map((day) => day.total)));
  const slot = Math.max(0, width - LEFT) / Math.max(1, days.length);
  const column = Math.max(1, Math.min(WIDEST_COLUMN, slot - Math.min(4, slot * 0.25)));
  const y = (value: number): number => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const centre = (index: number): number => LEFT + (index + 0.5) * slot;

  const point = (event: PointerEvent): void => {
    const at = event.clientX - (box.current?.getBoundingClientRect().left ?? 0) - LEFT;
    const index = Math.floor(at / slot);
    setActive(index >= 0 && index < days.length ? index : null);
  };
  const onKey = (event: KeyboardEvent): void => {
    const last = days.length - 1;
    const steps: Record<string, number> = { ArrowRight: Math.min(last, (active ?? -1) + 1), ArrowLeft: Math.max(0, (active ?? last + 1) - 1), Home: 0, End: last };
    const next = steps[event.key];
    if (event.key === 'Escape') return setActive(null);
    if (next === undefined) return;
    event.preventDefault();
    setActive(next);
  };

  const ticks = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  const every = Math.max(1, Math.ceil((days.length * 56) / Math.max(1, width - LEFT)));
  return (
    <div
      class="day-chart" ref={box} tabIndex={0} role="group"
      aria-label={`Crashes per day, ${days.length} days. Arrow keys read one day after another.`}
      onPointerMove={point} onPointerLeave={() => setActive(null)} onKeyDown={onKey} onBlur={() => setActive(null)}
    >
      {width > 0 && (
        <svg width={width} height={HEIGHT} aria-hidden={true}>
          {ticks.map((value) => (
            <g key={value}>
              <line class={value === 0 ? 'axis' : 'grid'} x1={LEFT} x2={width} y1={Math.round(y(value)) + 0.5} y2={Math.round(y(value)) + 0.5} />
              <text class="axis-text" x={LEFT - 8} y={y(value) + 4} text-anchor="end">{compact(value)}</text>
            </g>
          ))}
          {active !== null && <rect class="day-active" x={LEFT + active * slot} y={TOP} width={slot} height={HEIGHT - TOP - BOTTOM} />}
          {days.map((day, index) => {
            let below = 0;
            return day.parts.map((part) => {
              const bottom = y(below);
              below += part.count;
              const height = Math.max(0.5, bottom - y(below) - (bottom - y(below) > 3 ? 1 : 0));
              return <rect key={`${day.day} ${part.name}`} class={part.tone} x={centre(index) - column / 2} y={y(below)} width={column} height={height} />;
            });
          })}
          {days.map((day, index) => (days.length - 1 - index) % every === 0 && (
            <text key={day.day} class="axis-text" x={Math.min(centre(index), width - 18)} y={HEIGHT - 5} text-anchor="middle">{dayLabel(day.day)}</text>
          ))}
        </svg>
      )}
      {active !== null && days[active] && <DayNote day={days[active]} left={LEFT + active * slot} right={LEFT + (active + 1) * slot} width={width} />}
      <table class="visually-hidden">
        <caption>Crashes per day</caption>
        <tbody>{days.map((day) => <tr key={day.day}><th scope="row">{dayLong(day.day)}</th><td>{day.total}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

const NOTE_WIDTH = 208;

interface NoteProps {
  day: DaySeries['days'][number];
  left: number;
  right: number;
  width: number;
}

/** Beside its column, so that the column stays in sight. */
function DayNote({ day, left, right, width }: NoteProps) {
  const place = right + 4 + NOTE_WIDTH <= width ? right + 4 : Math.max(0, left - 4 - NOTE_WIDTH);
  return (
    <div class="day-note" style={{ left: `${place}px` }} aria-live="polite">
      <strong>{dayLong(day.day)}</strong>
      <span class="day-note-total">{plural(day.total, 'crash', 'crashes')}</span>
      <ul>
        {day.parts.map((part) => (
          <li key={part.name}><span class={`swatch ${part.tone}`} /><span class="day-note-name">{part.name}</span><span>{number(part.count)}</span></li>
        ))}
      </ul>
    </div>
  );
}
