// The machine and the process, and what the processing had to say.
import { layerOf, osName, programName } from '../crash';
import { bytes, shortHex, utc } from '../format';
import type { Maybe, Processed, ReportDetail, SalvorBlock } from '../types';
import { Fields, type Field } from './fields';

type Value = string | number | null | undefined;

function field(name: string, value: Value, mono = false): Field[] {
  return value === null || value === undefined || value === '' ? [] : [{ name, value: String(value), mono }];
}

function fastFail(salvor: Maybe<SalvorBlock>): Value {
  const { name, code } = salvor?.fast_fail ?? {};
  return code === undefined || code === null ? null : [name, `(${code})`].filter(Boolean).join(' ');
}

const seconds = (value: Maybe<number | string>): Value => (value ? utc(Number(value) * 1000) : null);

export function SystemPanel({ report, processed }: { report: ReportDetail; processed: Processed }) {
  const { system_info: system, crash_info: crash, salvor } = processed;
  const record = { ...report.record, ...salvor?.record };
  const softErrors = salvor?.soft_errors ?? [];
  return (
    <>
      <div class="system">
        <section>
          <h2 class="section-title">Crash</h2>
          <Fields
            label="Crash"
            fields={[
              ...field('Reason', crash?.type, true),
              ...field('In words', salvor?.reason),
              ...field('Exception code', salvor?.exception?.code, true),
              ...field('Address', crash?.address, true),
              ...field('Reason given', record.reason),
              ...field('Exit code', record.exit_code, true),
              ...field('Fast fail', fastFail(salvor), true),
              ...field('Assertion', crash?.assertion),
              ...field('Caught by', layerOf(report.layer).words),
              ...field('Seen by', salvor?.source ?? record.source),
              ...field('Time of the crash', report.crash_time ? utc(report.crash_time) : null),
              ...field('Received', utc(report.received)),
            ]}
          />
        </section>
        <section>
          <h2 class="section-title">Program and machine</h2>
          <Fields
            label="Program and machine"
            fields={[
              ...field('Program', programName(report)),
              ...field('Path', salvor?.program?.path),
              ...field('Environment', record.environment),
              ...field('Channel', record.channel),
              ...field('Process id', processed.pid),
              ...field('Started', seconds(record.process_start ?? salvor?.dump?.process_start)),
              ...field('System', osName(system, report.os)),
              ...field('CPU', system?.cpu_arch),
              ...field('CPU model', system?.cpu_info),
              ...field('CPUs', system?.cpu_count),
              ...field('Microcode', typeof system?.cpu_microcode_version === 'number' ? shortHex(`0x${system.cpu_microcode_version.toString(16)}`) : system?.cpu_microcode_version, true),
              ...field('Dump', report.dump_bytes > 0 ? bytes(report.dump_bytes) : 'none'),
              ...field('Comment', salvor?.comment),
              ...field("Client's id", report.client_id, true),
            ]}
          />
        </section>
      </div>
      {softErrors.length > 0 && (
        <section>
          <div class="section-head"><h2>Remarks on processing <span class="count">{softErrors.length}</span></h2></div>
          <ul class="remarks">{softErrors.map((line, index) => <li key={index}><bdi>{typeof line === 'string' ? line : JSON.stringify(line)}</bdi></li>)}</ul>
        </section>
      )}
    </>
  );
}
