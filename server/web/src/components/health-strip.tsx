// One line on whether reports flow: what came in last, what waits, what could not be processed.
import { number } from '../format';
import type { Health } from '../types';
import { Icon } from './icon';
import { Time } from './time';

const LONG_QUEUE = 1000;

export function HealthStrip({ health }: { health: Health }) {
  const behind = health.queue >= LONG_QUEUE;
  return (
    <section class="health" aria-label="Health">
      <span class="health-item">
        <Icon name="check" />
        {health.ingest_last === null ? 'No report yet' : <>Last report <Time at={health.ingest_last} /></>}
      </span>
      <span class={`health-item${behind ? ' is-warning' : ''}`}>
        <Icon name={behind ? 'alert' : 'clock'} />
        {health.queue === 0 ? 'Nothing waits to be processed' : `${number(health.queue)} waiting to be processed`}
      </span>
      <span class={`health-item${health.dead > 0 ? ' is-bad' : ''}`}>
        <Icon name={health.dead > 0 ? 'alert' : 'check'} />
        {health.dead === 0 ? 'All dumps could be read' : `${number(health.dead)} could not be processed`}
      </span>
    </section>
  );
}
