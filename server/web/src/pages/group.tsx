// One group: what it is, its best stack, how its reports are distributed, and the reports.
import { api } from '../api';
import { Tags } from '../components/badge';
import { Bars } from '../components/bars';
import { CopyButton } from '../components/copy-button';
import { ReportList } from '../components/report-list';
import { Sentence } from '../components/sentence';
import { Bone, SkeletonLines } from '../components/skeleton';
import { Sparkline } from '../components/sparkline';
import { StackFrames } from '../components/stack-frames';
import { ErrorNotice } from '../components/states';
import { Time } from '../components/time';
import { crashSentence, layerOf, shortReason } from '../crash';
import { bareTitle, osLabel, plural } from '../format';
import { paths } from '../paths';
import { crashingIndex, crashingThread, framesOf, threadLabel } from '../processed';
import { useQuery } from '../query';
import type { GroupDetail } from '../types';

export function GroupPage({ project, id }: { project: string; id: string }) {
  const query = useQuery(`group ${project} ${id}`, (signal) => api.group(project, id, signal));
  if (query.error && !query.data) return <ErrorNotice error={query.error} what="This group" retry={query.reload} />;
  return (
    <div class="page">
      {query.data ? <Head group={query.data} /> : <HeadSkeleton />}
      <div class="group-body">
        {query.data ? <BestStack id={query.data.best_report} /> : <section><h2 class="section-title">Best stack</h2><SkeletonLines lines={8} label="Loading the stack" /></section>}
        <aside aria-label="Distribution">
          {query.data && (
            <>
              <section class="trend"><h3>Trend</h3><Sparkline values={query.data.trend} stretch /></section>
              <Bars title="Versions" counts={query.data.versions} />
              <Bars title="Systems" counts={query.data.os} nameOf={osLabel} />
              <Bars title="Caught by" counts={query.data.layers} nameOf={(name) => layerOf(name).label} hintOf={(name) => layerOf(name).words} />
            </>
          )}
        </aside>
      </div>
      <section class="group-reports" aria-label="Reports of this group"><ReportList project={project} group={id} /></section>
    </div>
  );
}

function Head({ group }: { group: GroupDetail }) {
  return (
    <header class="detail-head">
      <div class="detail-title">
        <Tags tags={group.tags} />
        <h1 class="mono signature-title"><bdi>{bareTitle(group.title, group.tags) || 'No signature yet'}</bdi></h1>
        <CopyButton text={group.title} label="Copy the signature" />
      </div>
      <ul class="facts">
        <li><span class="reason-mark">{shortReason(group.reason)}</span></li>
        <li><strong>{plural(group.count - group.counted, 'report')}</strong> in all</li>
        {group.counted > 0 && <li title="Their programs crashed more often than the collector's limits let reports through"><strong>{plural(group.counted, 'further crash', 'further crashes')}</strong> counted without dumps</li>}
        <li>First seen <Time at={group.first_seen} />{group.first_version && <> in <bdi>{group.first_version}</bdi></>}</li>
        <li>Last seen <Time at={group.last_seen} />{group.last_version && <> in <bdi>{group.last_version}</bdi></>}</li>
      </ul>
    </header>
  );
}

function HeadSkeleton() {
  return (
    <div class="detail-head" role="status" aria-label="Loading the group">
      <div class="detail-title"><Bone class="bone-title w-60" /></div>
      <div class="facts"><Bone class="w-45" /></div>
    </div>
  );
}

/** The best stack is a report's: the one the server found to say most. */
function BestStack({ id }: { id: string | null }) {
  const query = useQuery(id === null ? null : `report ${id}`, (signal) => api.report(id!, signal));
  const report = query.data;
  const processed = report?.processed;
  return (
    <section>
      <div class="section-head">
        <h2>Best stack</h2>
        {id !== null && <a class="more-link" href={paths.report(id)}>Open this report</a>}
      </div>
      {id === null && <p class="notice-line">No report of this group has a stack.</p>}
      {query.error && !report && <ErrorNotice error={query.error} what="The stack" retry={query.reload} />}
      {id !== null && !report && !query.error && <SkeletonLines lines={8} label="Loading the stack" />}
      {report && <p class="sentence-small"><Sentence pieces={crashSentence(report)} /></p>}
      {processed && <StackFrames frames={framesOf(crashingThread(processed))} crashed label={`Stack of thread ${threadLabel(crashingThread(processed) ?? {}, crashingIndex(processed))}`} />}
      {report && !processed && <p class="notice-line">{report.error ?? 'Its dump is waiting to be processed.'}</p>}
    </section>
  );
}
