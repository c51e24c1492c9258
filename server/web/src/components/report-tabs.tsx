// The tabs of a report and what each holds.
import type { ReportDetail } from '../types';
import { AttachmentPanel } from './attachment-panel';
import { AnnotationPanel } from './annotation-panel';
import { ModulePanel } from './module-panel';
import { RawPanel } from './raw-panel';
import { RegisterPanel } from './register-panel';
import { Notice } from './states';
import { SystemPanel } from './system-panel';
import { TabList, useTab, type Tab } from './tabs';
import { ThreadList } from './thread-list';

function tabsFor(report: ReportDetail): Tab[] {
  const { processed } = report;
  return [
    { id: 'stack', label: 'Stack' },
    { id: 'registers', label: 'Registers' },
    { id: 'modules', label: 'Modules', count: processed?.modules?.length },
    { id: 'annotations', label: 'Annotations', count: Object.keys(report.annotations).length },
    { id: 'attachments', label: 'Attachments', count: report.attachments.length },
    { id: 'system', label: 'System' },
    { id: 'raw', label: 'Raw JSON' },
  ];
}

export function ReportTabs({ report }: { report: ReportDetail }) {
  const tabs = tabsFor(report);
  const current = useTab(tabs);
  return (
    <>
      <TabList tabs={tabs} current={current} label="Parts of the report" />
      <div class="tab-panel" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${current}`}>
        <Panel id={current} report={report} />
      </div>
    </>
  );
}

function Panel({ id, report }: { id: string; report: ReportDetail }) {
  if (id === 'annotations') return <AnnotationPanel report={report} />;
  if (id === 'attachments') return <AttachmentPanel report={report} />;
  if (id === 'raw') return <RawPanel report={report} />;
  const { processed } = report;
  if (!processed || report.dump_bytes === 0) return <Unprocessed report={report} />;
  if (id === 'registers') return <RegisterPanel processed={processed} />;
  if (id === 'modules') return <ModulePanel processed={processed} />;
  if (id === 'system') return <SystemPanel report={report} processed={processed} />;
  return <ThreadList processed={processed} />;
}

function Unprocessed({ report }: { report: ReportDetail }) {
  if (report.state === 'failed' && report.dump_bytes > 0) {
    return (
      <Notice icon="alert" title="This dump could not be processed">
        {report.error ?? 'The server kept no reason.'} The file is kept as it came; download it to look for yourself.
      </Notice>
    );
  }
  if (report.dump_bytes === 0) {
    return (
      <Notice icon="file" title="There is no dump, so there is no stack">
        Nothing could write one before the program was gone. What is known of it stands under Annotations. “salvor-collector doctor” on that machine tells
        which layer was missing.
      </Notice>
    );
  }
  return (
    <Notice icon="clock" title="Received, waiting to be processed">
      The report is safe. Its stack appears here as soon as the dump has been read.
    </Notice>
  );
}
