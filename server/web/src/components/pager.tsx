// "51–100 of 1,234,567", back and forth by cursor.
import type { ListState } from '../list-state';
import { number } from '../format';
import { Icon } from './icon';

interface Props {
  list: ListState;
  shown: number;
  total: number;
  nextCursor: string | null;
}

export function Pager({ list, shown, total, nextCursor }: Props) {
  if (list.before === 0 && nextCursor === null) return null;
  return (
    <nav class="pager" aria-label="Pages">
      <span>{number(list.before + Math.min(1, shown))}–{number(list.before + shown)} of {number(total)}</span>
      <button type="button" class="button" disabled={list.before === 0} onClick={list.previous}><Icon name="left" />Previous</button>
      <button type="button" class="button" disabled={nextCursor === null} onClick={() => nextCursor && list.next(nextCursor)}>Next<Icon name="right" /></button>
    </nav>
  );
}
