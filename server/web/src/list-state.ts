// What a list's address says: search, order and the place in it.
import { navigate, trail, useLocation, withQuery } from './router';

export type Order = 'asc' | 'desc';

export const PAGE_SIZE = 50;

export interface ListState {
  q: string;
  sort: string;
  order: Order;
  cursor: string | null;
  /** Rows before this page. */
  before: number;
  sortBy: (key: string) => void;
  next: (cursor: string) => void;
  previous: () => void;
}

/** Text sorts upwards first, numbers and times downwards. */
const firstOrder = (key: string): Order => (key === 'signature' ? 'asc' : 'desc');

export function useListState(defaultSort: string): ListState {
  const { query } = useLocation();
  const sort = query.get('sort') ?? defaultSort;
  const order: Order = (query.get('order') ?? firstOrder(sort)) === 'asc' ? 'asc' : 'desc';
  const cursor = query.get('cursor');
  const before = Math.max(0, Number.parseInt(query.get('before') ?? '0', 10) || 0);

  const sortBy = (key: string): void => {
    const flipped = key === sort ? (order === 'asc' ? 'desc' : 'asc') : firstOrder(key);
    navigate(withQuery({ sort: key, order: flipped, cursor: null, before: null }), { replace: true });
  };
  const next = (to: string): void => {
    navigate(withQuery({ cursor: to, before: String(before + PAGE_SIZE) }), { trail: [...trail(), cursor] });
  };
  const previous = (): void => {
    const behind = trail();
    const to = before > PAGE_SIZE ? (behind[behind.length - 1] ?? null) : null;
    const left = to === null ? 0 : before - PAGE_SIZE;
    navigate(withQuery({ cursor: to, before: left ? String(left) : null }), { trail: behind.slice(0, -1) });
  };
  return { q: query.get('q') ?? '', sort, order, cursor, before, sortBy, next, previous };
}
