// A project at a glance: how many crashes, of which versions, what is new, whether reports flow.
import { api } from '../api';
import { Bars } from '../components/bars';
import { DayChart } from '../components/day-chart';
import { GroupTable } from '../components/group-table';
import { HealthStrip } from '../components/health-strip';
import { Bone } from '../components/skeleton';
import { ErrorNotice } from '../components/states';
import { daySeries } from '../day-series';
import { number } from '../format';
import { paths } from '../paths';
import { useQuery } from '../query';
import { useRange, type Range } from '../range';
import type { Overview as Data } from '../types';
import { FirstStart } from './first-start';

/** Nothing has ever come in: the page then waits for the first report. */
const isEmpty = (data: Data): boolean => data.total === 0 && data.health.ingest_last === null;

const WAITING_POLL_MS = 2000;
const POLL_MS = 30_000;

export function Overview({ project }: { project: string }) {
  const range = useRange();
  const query = useQuery(`overview ${project} ${range.value}`, (signal) => api.overview(project, range.value, signal), {
    keep: true,
    poll: (data) => (data && isEmpty(data) ? WAITING_POLL_MS : POLL_MS),
  });
  if (query.error && !query.data) return <ErrorNotice error={query.error} what="The overview" retry={query.reload} />;
  if (!query.data) return <OverviewSkeleton />;
  if (isEmpty(query.data)) return <FirstStart project={project} />;
  return <Filled project={project} range={range} data={query.data} stale={query.stale} />;
}

interface FilledProps {
  project: string;
  range: Range;
  data: Data;
  stale: boolean;
}

function Filled({ project, range, data, stale }: FilledProps) {
  const series = daySeries(data.days, Date.now(), range.value === '24h' ? 2 : range.days);
  return (
    <div class={`page fade-in${stale ? ' is-stale' : ''}`}>
      <h1 class="visually-hidden">Overview of {project}</h1>
      <dl class="figures">
        <Figure name={data.total === 1 ? 'crash' : 'crashes'} value={number(data.total)} />
        <Figure name={data.groups === 1 ? 'group' : 'groups'} value={number(data.groups)} />
        <Figure name={series.versions.length === 1 ? 'version' : 'versions'} value={number(series.versions.length)} />
        <div class="figures-range">{range.words}, by UTC day</div>
      </dl>
      <div class="overview-chart">
        <section>
          <h2 class="section-title">Crashes per day</h2>
          {data.total === 0
            ? <div class="chart-empty">No crash in the {range.words}.</div>
            : <DayChart series={series} />}
        </section>
        <Bars title="By version" counts={series.versions} toneOf={series.toneOf} />
      </div>
      <section>
        <div class="section-head">
          <h2>Newest groups</h2>
          <a class="more-link" href={paths.groups(project)}>All groups</a>
        </div>
        {data.newest.length === 0
          ? <p class="notice-line">No group is new in the {range.words}.</p>
          : <GroupTable label="Newest groups" project={project} groups={data.newest} />}
      </section>
      <HealthStrip health={data.health} />
    </div>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div class="figure">
      <dd>{value}</dd>
      <dt>{name}</dt>
    </div>
  );
}

function OverviewSkeleton() {
  return (
    <div class="page" role="status" aria-label="Loading the overview">
      <dl class="figures">
        {['a', 'b', 'c'].map((key) => <div class="figure" key={key}><dd><Bone class="bone-figure" /></dd></div>)}
      </dl>
      <div class="overview-chart">
        <section><h2 class="section-title">Crashes per day</h2><div class="chart-skeleton bone" /></section>
        <section class="bars"><h3>By version</h3><Bone class="w-80" /><Bone class="w-60" /><Bone class="w-45" /></section>
      </div>
      <div class="section-head"><h2>Newest groups</h2></div>
      <GroupTable label="Newest groups" project="" groups={null} skeleton={5} />
    </div>
  );
}
