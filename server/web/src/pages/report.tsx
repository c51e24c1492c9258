// One report: its sentence, then tabs with everything that is known.
import { useEffect } from 'preact/hooks';
import { api, files } from '../api';
import { StateMark } from '../components/badge';
import { CopyButton, useCopied } from '../components/copy-button';
import { Icon } from '../components/icon';
import { LongName } from '../components/long-name';
import { Menu } from '../components/menu';
import { ReportTabs } from '../components/report-tabs';
import { Sentence } from '../components/sentence';
import { Bone, SkeletonLines } from '../components/skeleton';
import { ErrorNotice } from '../components/states';
import { Time } from '../components/time';
import { crashSentence, layerOf } from '../crash';
import { bytes } from '../format';
import { paths } from '../paths';
import { useQuery } from '../query';
import { stackMarkdown, stackText } from '../stack-text';
import type { ReportDetail } from '../types';

const WAITING_POLL_MS = 1500;

interface Props {
  id: string;
  onLoaded: (report: ReportDetail) => void;
}

export function ReportPage({ id, onLoaded }: Props) {
  const query = useQuery(`report ${id}`, (signal) => api.report(id, signal), {
    poll: (report) => (report?.state === 'waiting' ? WAITING_POLL_MS : null),
  });
  const report = query.data;
  useEffect(() => {
    if (report) onLoaded(report);
  }, [report]);
  if (query.error && !report) return <ErrorNotice error={query.error} what="This report" retry={query.reload} />;
  if (!report) return <ReportSkeleton />;
  return (
    <div class="page">
      <Head report={report} />
      <ReportTabs report={report} />
    </div>
  );
}

function Head({ report }: { report: ReportDetail }) {
  return (
    <header class="detail-head report-head">
      <h1 class="sentence"><Sentence pieces={crashSentence(report)} /></h1>
      <div class="report-actions">
        {report.processed && report.dump_bytes > 0 && <CopyMenu report={report} />}
        {report.dump_bytes > 0 && (
          <a class="button" href={files.dump(report.id)} download><Icon name="download" />Dump <span class="muted">{bytes(report.dump_bytes)}</span></a>
        )}
      </div>
      <ul class="facts">
        <li>{layerOf(report.layer).words}</li>
        {Boolean(report.crash_time) && <li>Crashed <Time at={report.crash_time} /></li>}
        <li>Received <Time at={report.received} /></li>
        {report.state !== 'processed' && <li><StateMark state={report.state} /></li>}
        {report.group_id && <li class="fact-group"><Icon name="groups" label="Group" /><a href={paths.group(report.project, report.group_id)}><LongName text={report.title || 'Its group'} /></a></li>}
        <li class="fact-id"><span class="mono">{report.id}</span><CopyButton text={report.id} label="Copy the report's id" /></li>
      </ul>
    </header>
  );
}

function CopyMenu({ report }: { report: ReportDetail }) {
  const [copied, copy] = useCopied();
  const address = window.location.origin + window.location.pathname;
  return (
    <Menu
      label="Copy the stack" side="right"
      button={<><Icon name={copied ? 'check' : 'copy'} />Copy stack<span class="visually-hidden" aria-live="polite">{copied ? 'Copied' : ''}</span></>}
      items={[
        { key: 'text', label: 'As text', onPick: () => copy(stackText(report, false)) },
        { key: 'all', label: 'As text, all threads', onPick: () => copy(stackText(report, true)) },
        { key: 'markdown', label: 'As Markdown, with a link here', onPick: () => copy(stackMarkdown(report, address)) },
      ]}
    />
  );
}

function ReportSkeleton() {
  return (
    <div class="page" role="status" aria-label="Loading the report">
      <header class="detail-head"><h1 class="sentence"><Bone class="bone-title w-80" /></h1><div class="facts"><Bone class="w-60" /></div></header>
      <div class="tabs"><Bone class="w-45" /></div>
      <SkeletonLines lines={10} label="Loading the stack" />
    </div>
  );
}
