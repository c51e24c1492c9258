// The time range that the address carries.
import { currentLocation, useLocation } from './router';

export interface Range {
  value: string;
  label: string;
  words: string;
  days: number;
}

export const RANGES: Range[] = [
  { value: '24h', label: '24 h', words: 'last 24 hours', days: 1 },
  { value: '7d', label: '7 d', words: 'last 7 days', days: 7 },
  { value: '30d', label: '30 d', words: 'last 30 days', days: 30 },
  { value: '90d', label: '90 d', words: 'last 90 days', days: 90 },
];

export const DEFAULT_RANGE = '7d';

function rangeOf(query: URLSearchParams): Range {
  const wanted = query.get('range') ?? DEFAULT_RANGE;
  return RANGES.find((range) => range.value === wanted) ?? RANGES[1]!;
}

export const useRange = (): Range => rangeOf(useLocation().query);
export const currentRange = (): Range => rangeOf(currentLocation().query);
