// Short labels: front tags of a signature, states of a report, the layer that caught it.
import type { IconName } from './icon';
import { Icon } from './icon';
import { layerOf } from '../crash';
import type { ReportState } from '../types';

/** Tags up to this long never give way. */
const SHORT_TAG = 8;

export function Tags({ tags }: { tags: string[] }) {
  if (tags.length === 0) return null;
  return (
    <span class="tags">
      {tags.map((tag) => <span class="tag" key={tag} data-tip-cut={tag} style={{ flexShrink: tag.length <= SHORT_TAG ? 0 : tag.length }}>{tag.replace(/\s*\|\s*$/, '')}</span>)}
    </span>
  );
}

const STATES: Record<ReportState, { icon: IconName; label: string; hint: string }> = {
  waiting: { icon: 'clock', label: 'Waiting', hint: 'Received and safe; its dump is to be processed' },
  processed: { icon: 'check', label: 'Processed', hint: 'Its dump has been read and grouped' },
  failed: { icon: 'alert', label: 'Failed', hint: 'Its dump could not be processed; the file is kept' },
};

export function StateMark({ state }: { state: ReportState }) {
  const shown = STATES[state] ?? { icon: 'alert', label: state, hint: state };
  return (
    <span class={`state state-${state}`} data-tip={shown.hint}>
      <Icon name={shown.icon} />
      {shown.label}
    </span>
  );
}

export function LayerMark({ layer }: { layer: string }) {
  const { label, words } = layerOf(layer);
  return <span class={layer ? '' : 'muted'} data-tip={words}>{label}</span>;
}
