// A list's title with its exact count, the search it is narrowed by, and what can be done with it.
import type { ComponentChildren } from 'preact';
import { number } from '../format';
import type { Range } from '../range';
import { withQuery } from '../router';
import { Icon } from './icon';

interface Props {
  title: string;
  total: number | null;
  range: Range;
  q: string;
  level?: 1 | 2;
  children?: ComponentChildren;
}

export function ListHead({ title, total, range, q, level = 1, children }: Props) {
  const Heading = `h${level}` as const;
  return (
    <div class="list-head">
      <Heading>{title} <span class="count">{total === null ? '' : number(total)}</span></Heading>
      <span class="list-range">{range.words}</span>
      {q && (
        <a class="chip" href={withQuery({ q: null, cursor: null, before: null })} aria-label={`Remove the search ${q}`}>
          <bdi class="chip-text">{q}</bdi><Icon name="cross" />
        </a>
      )}
      <div class="list-actions">{children}</div>
    </div>
  );
}
