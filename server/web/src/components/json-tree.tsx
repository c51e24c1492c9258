// JSON to look through: every object and list folds, and nothing is built before it is opened.
import { useState } from 'preact/hooks';
import { plural } from '../format';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

const STEP = 200;

export function JsonTree({ value, name = '', open = true }: { value: unknown; name?: string; open?: boolean }) {
  return <div class="json mono"><Node value={value as Json} name={name} start={open} depth={0} /></div>;
}

function Node({ value, name, start, depth }: { value: Json; name: string; start: boolean; depth: number }) {
  const label = name === '' ? null : <span class="json-name">{name}: </span>;
  if (value === null || typeof value !== 'object') return <div class="json-line">{label}<Leaf value={value} /></div>;
  return <Branch value={value} label={label} start={start} depth={depth} />;
}

function Leaf({ value }: { value: string | number | boolean | null }) {
  if (typeof value === 'string') return <bdi class="json-text">{JSON.stringify(value)}</bdi>;
  return <span class="json-other">{String(value)}</span>;
}

interface BranchProps {
  value: Json[] | { [key: string]: Json };
  label: preact.ComponentChildren;
  start: boolean;
  depth: number;
}

function Branch({ value, label, start, depth }: BranchProps) {
  const [open, setOpen] = useState(start);
  const [limit, setLimit] = useState(STEP);
  const list = Array.isArray(value);
  const entries: [string, Json][] = list ? value.map((item, index) => [String(index), item]) : Object.entries(value);
  const size = list ? plural(entries.length, 'item') : plural(entries.length, 'member');
  if (entries.length === 0) return <div class="json-line">{label}<span class="json-other">{list ? '[]' : '{}'}</span></div>;
  return (
    <details class="json-branch" open={open} onToggle={(event) => event.target === event.currentTarget && setOpen(event.currentTarget.open)}>
      <summary>{label}<span class="muted">{list ? '[' : '{'} {size} {list ? ']' : '}'}</span></summary>
      {open && entries.slice(0, limit).map(([key, item]) => <Node key={key} name={key} value={item} start={depth < 0} depth={depth + 1} />)}
      {open && entries.length > limit && (
        <button type="button" class="link-button" onClick={() => setLimit(limit + STEP)}>{entries.length - limit} more</button>
      )}
    </details>
  );
}
