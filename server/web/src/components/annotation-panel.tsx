// What the program said about itself: annotations, its log before the crash, and the form fields that came with the upload.
import { number } from '../format';
import type { ReportDetail } from '../types';
import { Fields } from './fields';
import { Notice } from './states';

const sorted = (values: Record<string, string>): { name: string; value: string }[] =>
  Object.entries(values).sort(([a], [b]) => a.localeCompare(b)).map(([name, value]) => ({ name, value: String(value) }));

export function AnnotationPanel({ report }: { report: ReportDetail }) {
  const annotations = sorted(report.annotations);
  const fields = sorted(report.fields);
  const record = sorted(report.record ?? {});
  const log = report.processed?.salvor?.log ?? [];
  if (annotations.length + fields.length + record.length + log.length === 0) {
    return (
      <Notice icon="file" title="No annotations">
        The program set none. <code>salvor_set_annotation("key", "value")</code> adds one, and <code>salvor_log("line")</code> keeps the last lines before a crash.
      </Notice>
    );
  }
  return (
    <>
      {annotations.length > 0 && <Fields label="Annotations" fields={annotations} />}
      {annotations.length === 0 && <p class="notice-line">The program set no annotations.</p>}
      {log.length > 0 && (
        <section>
          <div class="section-head"><h2>Log before the crash <span class="count">{number(log.length)}</span></h2></div>
          <ol class="log mono" aria-label="Log before the crash">{log.map((line, index) => <li key={index}><bdi>{line}</bdi></li>)}</ol>
        </section>
      )}
      {record.length > 0 && (
        <section>
          <div class="section-head"><h2>Record of the client <span class="count">{number(record.length)}</span></h2></div>
          <Fields label="Record of the client" fields={record} />
        </section>
      )}
      {fields.length > 0 && (
        <section>
          <div class="section-head"><h2>Sent with the upload <span class="count">{number(fields.length)}</span></h2></div>
          <Fields label="Sent with the upload" fields={fields} />
        </section>
      )}
    </>
  );
}
