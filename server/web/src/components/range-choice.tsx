// The time range of overview and lists.
import { DEFAULT_RANGE, RANGES, useRange } from '../range';
import { navigate, withQuery } from '../router';

function choose(value: string): void {
  navigate(withQuery({ range: value === DEFAULT_RANGE ? null : value, cursor: null, before: null }), { replace: true });
}

export function RangeChoice({ shown }: { shown: boolean }) {
  const current = useRange();
  return (
    <div class="range" data-shown={shown}>
      <div class="segments" role="radiogroup" aria-label="Time range">
        {RANGES.map((range) => (
          <label key={range.value} class="segment">
            <input type="radio" name="range" value={range.value} checked={range.value === current.value} onChange={() => choose(range.value)} aria-label={range.words} />
            <span>{range.label}</span>
          </label>
        ))}
      </div>
      <select class="range-select" aria-label="Time range" value={current.value} onChange={(event) => choose(event.currentTarget.value)}>
        {RANGES.map((range) => <option key={range.value} value={range.value}>{range.label}</option>)}
      </select>
    </div>
  );
}
