// Files that came with the report.
import { files } from '../api';
import { bytes } from '../format';
import type { ReportDetail } from '../types';
import { Icon } from './icon';
import { LongName } from './long-name';
import { Notice } from './states';

export function AttachmentPanel({ report }: { report: ReportDetail }) {
  if (report.attachments.length === 0) {
    return (
      <Notice icon="file" title="No attachments">
        The program named none. <code>salvor_add_attachment("path")</code> sends a file along with each crash.
      </Notice>
    );
  }
  return (
    <ul class="attachments" aria-label="Attachments">
      {report.attachments.map((attachment) => (
        <li key={attachment.index}>
          <Icon name="file" />
          <span class="attachment-name"><LongName text={attachment.name} /></span>
          <span class="muted numeric">{bytes(attachment.bytes)}</span>
          <a class="button" href={files.attachment(report.id, attachment.index)} download data-row aria-label={`Download ${attachment.name}`}><Icon name="download" />Download</a>
        </li>
      ))}
    </ul>
  );
}
