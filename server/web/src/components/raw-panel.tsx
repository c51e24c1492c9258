// The report as the interface for programs gives it.
import { files } from '../api';
import type { ReportDetail } from '../types';
import { CopyButton } from './copy-button';
import { Icon } from './icon';
import { JsonTree } from './json-tree';

export function RawPanel({ report }: { report: ReportDetail }) {
  const text = (): string => JSON.stringify(report, null, 2);
  return (
    <>
      <div class="section-head">
        <h2>Report as JSON</h2>
        <CopyButton text={text} label="Copy the whole JSON">Copy</CopyButton>
        {report.processed && <a class="button" href={files.raw(report.id)} download={`${report.id}.json`}><Icon name="download" />Processed dump</a>}
      </div>
      <JsonTree value={report} />
    </>
  );
}
