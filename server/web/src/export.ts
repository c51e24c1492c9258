// The rows that a list shows, as a CSV or JSON file.

export type Cell = string | number | null;

export interface Exported {
  columns: string[];
  rows: Cell[][];
}

/** Quotes as RFC 4180 says. A leading = + - @ would make a spreadsheet run the text, so such text gets an apostrophe in front. */
function csvCell(value: Cell): string {
  if (value === null) return '';
  let text = String(value);
  if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

export const toCsv = ({ columns, rows }: Exported): string =>
  [columns, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n').concat('\r\n');

export const toJson = ({ columns, rows }: Exported): string =>
  `${JSON.stringify(rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null]))), null, 2)}\n`;

export function save(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
