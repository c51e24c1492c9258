// A long name, shortened in the middle by the space there is. The whole name is in the document: found by search, read aloud,
// shown on hover and given on copy.
import { splitLong } from '../format';

interface Props {
  text: string;
  mono?: boolean;
  /** Names up to this many characters are not split; when they do not fit they end early. */
  longest?: number;
}

export function LongName({ text, mono = true, longest = 36 }: Props) {
  const { head, tail } = splitLong(text, longest);
  const name = mono ? 'long-name mono' : 'long-name';
  if (!tail) {
    return (
      <span class={name} data-tip-cut={text}>
        <bdi class="long-name-whole">{text}</bdi>
      </span>
    );
  }
  return (
    <span class={name} data-tip-cut={text} style={{ '--tail': `${tail.length}ch` }}>
      <span class="long-name-head">{head}</span>
      <span class="long-name-tail">{tail}</span>
    </span>
  );
}
