// Numbers, times, addresses and long names as people read them.

const grouped = new Intl.NumberFormat('en-US');
const compacted = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

export const number = (value: number): string => grouped.format(value);
/** 1,234,567 as "1.23M", for axes and other narrow places; the exact number belongs in the hover. */
export const compact = (value: number): string => (value < 10_000 ? grouped.format(value) : compacted.format(value));
export const plural = (value: number, one: string, many = `${one}s`): string => `${number(value)} ${value === 1 ? one : many}`;

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let rest = value / 1024;
  let unit = 0;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

export function percent(part: number, whole: number): string {
  if (whole <= 0) return '0 %';
  const share = (part / whole) * 100;
  if (share > 0 && share < 1) return '< 1 %';
  if (share > 99 && share < 100) return '> 99 %';
  return `${Math.round(share)} %`;
}

/** "0x0000000000001450" as "0x1450"; text that is no hexadecimal number stays as it is. */
export function shortHex(value: string): string {
  const digits = /^0x0*([0-9a-f]*)$/i.exec(value)?.[1];
  return digits === undefined ? value : `0x${digits.toLowerCase() || '0'}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function age(elapsed: number): string {
  if (elapsed < MINUTE) return `${Math.floor(elapsed / SECOND)} s`;
  if (elapsed < HOUR) return `${Math.floor(elapsed / MINUTE)} min`;
  if (elapsed < DAY) return `${Math.floor(elapsed / HOUR)} h`;
  if (elapsed < 60 * DAY) return `${Math.floor(elapsed / DAY)} d`;
  if (elapsed < 730 * DAY) return `${Math.floor(elapsed / (30.44 * DAY))} mo`;
  return `${Math.floor(elapsed / (365.25 * DAY))} y`;
}

/** "3 min ago". A server clock slightly ahead of ours still reads as now. */
export function relative(time: number, now: number): string {
  const elapsed = now - time;
  if (elapsed < 5 * SECOND && elapsed > -5 * MINUTE) return 'just now';
  return elapsed < 0 ? `in ${age(-elapsed)}` : `${age(elapsed)} ago`;
}

const two = (value: number): string => String(value).padStart(2, '0');

export function utc(time: number): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return 'no valid time';
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function local(time: number): string {
  const at = new Date(time);
  const offset = -at.getTimezoneOffset();
  const zone = `UTC${offset < 0 ? '−' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} local (${zone})`;
}

/** Both readings of one moment, for the hover. */
export const exact = (time: number): string => `${utc(time)}\n${local(time)}`;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** "2026-11-23" as "23 Nov". */
export function dayLabel(day: string): string {
  const [, month, date] = day.split('-').map(Number);
  return `${date ?? 0} ${MONTHS[(month ?? 1) - 1] ?? ''}`;
}

export function dayLong(day: string): string {
  const weekday = WEEKDAYS[new Date(`${day}T00:00:00Z`).getUTCDay()] ?? '';
  return `${weekday} ${dayLabel(day)} ${day.slice(0, 4)}`;
}

/** The UTC days of a range, oldest first, ending today. */
export function daysUntil(now: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => new Date(now - (count - 1 - index) * DAY).toISOString().slice(0, 10));
}

/** Orders versions by their numbers, so that 2.10 comes after 2.9; text decides where numbers do not. */
export function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true, sensitivity: 'base' });
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
export const isRightToLeft = (text: string): boolean => RIGHT_TO_LEFT.test(text);

/** Where a name may be shortened: the head gives way, the tail stays. The tail starts at the last "::" or path separator when that is near. */
export function splitLong(text: string, longest: number): { head: string; tail: string } {
  if (text.length <= longest || isRightToLeft(text)) return { head: text, tail: '' };
  let size = Math.min(18, Math.ceil(longest / 2.5));
  const near = text.slice(-28);
  const strong = Math.max(...['::', '\\', '/', '!'].map((mark) => near.lastIndexOf(mark)));
  const boundary = strong >= 0 ? strong : near.lastIndexOf('_');
  if (boundary >= 0 && near.length - boundary >= 5) size = near.length - boundary;
  let cut = text.length - size;
  const code = text.charCodeAt(cut);
  if (code >= 0xdc00 && code <= 0xdfff) cut -= 1; // not between the halves of one character
  return { head: text.slice(0, cut), tail: text.slice(cut) };
}

/** A signature without the front tags, which are shown as badges beside it. */
export function bareTitle(title: string, tags: string[]): string {
  let rest = title;
  for (const tag of tags) {
    const front = `${tag.replace(/\s*\|\s*$/, '')} | `;
    if (rest.startsWith(front)) rest = rest.slice(front.length);
  }
  return rest;
}

/** "Windows NT 10.0.19045" is Windows 10.0.19045 to people. */
export const osLabel = (os: string): string => os.replace(/^Windows NT\b/, 'Windows');

/** First and last version in one cell. */
export function versionSpan(first: string, last: string): string {
  if (!first && !last) return '';
  if (!first || !last || first === last) return last || first;
  return `${first} – ${last}`;
}
