// The one table: sortable columns under a sticky header, rows that are links, grey rows while loading. On a narrow window it is a
// list with two lines to a row.
import type { ComponentChildren } from 'preact';
import type { Order } from '../list-state';
import { useNarrow } from '../narrow';
import { Icon } from './icon';
import { Bone } from './skeleton';

export interface Column<T> {
  id: string;
  label: string;
  /** Key to sort by; columns without one cannot be sorted. */
  sort?: string;
  numeric?: boolean;
  cell: (row: T) => ComponentChildren;
}

export interface NarrowRow {
  first: ComponentChildren;
  side?: ComponentChildren;
  second: ComponentChildren;
}

interface Props<T> {
  id: string;
  label: string;
  columns: Column<T>[];
  /** null while loading */
  rows: T[] | null;
  rowKey: (row: T) => string;
  href?: (row: T) => string;
  narrow: (row: T) => NarrowRow;
  sort?: string;
  order?: Order;
  onSort?: (key: string) => void;
  stale?: boolean;
  skeleton?: number;
}

/** A click anywhere in the row opens it, unless text is being selected or something in it was meant. */
function openRow(event: MouseEvent): void {
  const target = event.target as Element;
  if (target.closest('a, button, input, select, summary') || window.getSelection()?.toString()) return;
  const link = (event.currentTarget as Element).querySelector<HTMLAnchorElement>('a[data-row]');
  if (!link) return;
  if (event.ctrlKey || event.metaKey) window.open(link.href, '_blank', 'noopener');
  else link.click();
}

export function Table<T>(props: Props<T>) {
  return useNarrow() ? <Rows {...props} /> : <Grid {...props} />;
}

function Grid<T>({ id, label, columns, rows, rowKey, href, sort, order, onSort, stale, skeleton = 8 }: Props<T>) {
  return (
    <table class={`table table-${id}${stale ? ' is-stale' : ''}`} aria-label={label} aria-busy={rows === null || stale}>
      <thead>
        <tr>
          {columns.map((column) => (
            <Header key={column.id} column={column} active={column.sort !== undefined && column.sort === sort} order={order ?? 'desc'} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody>
        {rows === null && Array.from({ length: skeleton }, (_, index) => (
          <tr key={index} class="row-skeleton" aria-hidden={true}>
            {columns.map((column, place) => (
              <td key={column.id} class={`c-${column.id}`}><Bone class={place === 0 ? ['w-80', 'w-60', 'w-70', 'w-45'][index % 4]! : 'w-60'} /></td>
            ))}
          </tr>
        ))}
        {rows?.map((row) => (
          <tr key={rowKey(row)} class={href ? 'row-link' : undefined} data-row-box onClick={href && openRow}>
            {columns.map((column, place) => (
              <td key={column.id} class={`c-${column.id}${column.numeric ? ' numeric' : ''}`}>
                {place === 0 && href ? <a href={href(row)} data-row data-id={rowKey(row)}>{column.cell(row)}</a> : column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface HeaderProps<T> {
  column: Column<T>;
  active: boolean;
  order: Order;
  onSort?: (key: string) => void;
}

function Header<T>({ column, active, order, onSort }: HeaderProps<T>) {
  const name = `c-${column.id}${column.numeric ? ' numeric' : ''}`;
  const { sort } = column;
  if (!sort || !onSort) return <th scope="col" class={name}>{column.label}</th>;
  return (
    <th scope="col" class={name} aria-sort={active ? (order === 'asc' ? 'ascending' : 'descending') : 'none'}>
      <button type="button" class={`sort${active ? ' is-active' : ''}`} onClick={() => onSort(sort)}>
        {column.label}
        <Icon name={active && order === 'asc' ? 'up' : 'down'} />
      </button>
    </th>
  );
}

function Rows<T>({ id, label, columns, rows, rowKey, href, narrow, sort, order, onSort, stale, skeleton = 8 }: Props<T>) {
  return (
    <>
      {onSort && <SortChoice columns={columns} sort={sort} order={order} onSort={onSort} />}
      <ul class={`rows rows-${id}${stale ? ' is-stale' : ''}`} aria-label={label} aria-busy={rows === null || stale}>
        {rows === null && Array.from({ length: skeleton }, (_, index) => (
          <li class="two-lines" key={index} aria-hidden={true}><Bone class="w-80" /><Bone class="w-45" /></li>
        ))}
        {rows?.map((row) => {
          const { first, side, second } = narrow(row);
          return (
            <li class="two-lines" key={rowKey(row)} data-row-box onClick={href && openRow}>
              <div class="line-one">
                {href ? <a class="line-name" href={href(row)} data-row data-id={rowKey(row)}>{first}</a> : <span class="line-name">{first}</span>}
                {side}
              </div>
              <div class="line-two">{second}</div>
            </li>
          );
        })}
      </ul>
    </>
  );
}

interface SortChoiceProps<T> {
  columns: Column<T>[];
  sort?: string;
  order?: Order;
  onSort: (key: string) => void;
}

function SortChoice<T>({ columns, sort, order, onSort }: SortChoiceProps<T>) {
  return (
    <div class="sort-choice">
      <label>
        <span>Sort by</span>
        <select value={sort} onChange={(event) => onSort(event.currentTarget.value)}>
          {columns.filter((column) => column.sort).map((column) => <option key={column.id} value={column.sort}>{column.label}</option>)}
        </select>
      </label>
      <button type="button" class="icon-button" aria-label={order === 'asc' ? 'Ascending; reverse' : 'Descending; reverse'} onClick={() => sort && onSort(sort)}>
        <Icon name={order === 'asc' ? 'up' : 'down'} />
      </button>
    </div>
  );
}
