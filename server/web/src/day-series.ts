// Turns the counts of a range into the columns of a chart: no day missing, few enough versions to tell apart.
import { compareVersions, daysUntil } from './format';
import type { Count, DayCount } from './types';

export interface DayPart {
  name: string;
  tone: string;
  count: number;
}

export interface DaySeries {
  days: { day: string; total: number; parts: DayPart[] }[];
  versions: Count[];
  toneOf: (version: string) => string;
}

const TONES = 6;
export const OTHERS = 'other versions';

/** Newest version first; what is beyond the tones is counted together. */
function pickTones(versions: Count[]): Map<string, string> {
  const kept = versions.length <= TONES ? versions : [...versions].sort((a, b) => b.count - a.count).slice(0, TONES - 1);
  const order = kept.map((version) => version.name).sort((a, b) => compareVersions(b, a));
  return new Map(order.map((name, index) => [name, `tone-${index}`]));
}

export function daySeries(counts: DayCount[], now: number, length: number): DaySeries {
  const totals = new Map<string, number>();
  for (const { versions } of counts) {
    for (const [name, count] of Object.entries(versions)) totals.set(name, (totals.get(name) ?? 0) + count);
  }
  const versions = [...totals].map(([name, count]) => ({ name, count }));
  const tones = pickTones(versions);
  const toneOf = (name: string): string => tones.get(name) ?? 'tone-other';
  const byDay = new Map(counts.map((entry) => [entry.day, entry.versions]));
  // The server's first day may lie before ours when the range began in the middle of a day.
  const names = [...new Set([...byDay.keys(), ...daysUntil(now, length)])].sort();
  const days = names.map((day) => {
    const own = Object.entries(byDay.get(day) ?? {});
    const parts = [...tones].flatMap(([name, tone]) => {
      const count = byDay.get(day)?.[name] ?? 0;
      return count > 0 ? [{ name: name || 'no version', tone, count }] : [];
    });
    const rest = own.filter(([name]) => !tones.has(name)).reduce((sum, [, count]) => sum + count, 0);
    if (rest > 0) parts.push({ name: OTHERS, tone: 'tone-other', count: rest });
    return { day, total: own.reduce((sum, [, count]) => sum + count, 0), parts };
  });
  return { days, versions, toneOf };
}
