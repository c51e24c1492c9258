// A list without rows says why, and what would bring some.
import { RANGES, type Range } from '../range';
import { withQuery } from '../router';
import { Notice } from './states';

interface Props {
  what: string;
  q: string;
  range: Range;
}

export function NothingFound({ what, q, range }: Props) {
  const widest = RANGES[RANGES.length - 1]!;
  const wider = range.value === widest.value ? null : <a class="button" href={withQuery({ range: widest.value, cursor: null, before: null })}>Look at the {widest.words}</a>;
  if (q) {
    return (
      <Notice icon="search" title={`No ${what} matches`} action={<><a class="button" href={withQuery({ q: null, cursor: null, before: null })}>Clear the search</a>{wider}</>}>
        Nothing in the {range.words} matches “<bdi>{q}</bdi>”.
      </Notice>
    );
  }
  return (
    <Notice icon="check" title={`No ${what} in the ${range.words}`} action={wider}>
      Nothing has crashed, or nothing has reached this server.
    </Notice>
  );
}
