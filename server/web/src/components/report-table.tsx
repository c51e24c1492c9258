// Reports as rows: what, of which program, when, caught by which layer.
import { layerOf, shortReason } from '../crash';
import { bytes, osLabel } from '../format';
import type { Order } from '../list-state';
import { paths } from '../paths';
import type { Report } from '../types';
import { LayerMark, StateMark } from './badge';
import { Reason, Signature } from './group-table';
import { Table, type Column } from './table';
import { Time } from './time';

const program = (report: Report): string => [report.app, report.version].filter(Boolean).join(' ');

/** A report that is not processed has no signature yet: its state stands there. */
function Title({ report }: { report: Report }) {
  if (report.state === 'processed') return <Signature title={report.title} tags={report.tags} />;
  return <span class="signature"><StateMark state={report.state} />{report.title && <Signature title={report.title} tags={report.tags} />}</span>;
}

const SIGNATURE: Column<Report> = { id: 'signature', label: 'Signature', cell: (report) => <Title report={report} /> };

const COLUMNS: Column<Report>[] = [
  { id: 'reason', label: 'Reason', cell: (report) => <Reason reason={report.reason} /> },
  { id: 'program', label: 'Program', cell: (report) => <bdi class="cut" data-tip-cut={program(report)}>{program(report)}</bdi> },
  { id: 'os', label: 'OS', cell: (report) => <span class="cut" data-tip-cut={report.os}>{osLabel(report.os)}</span> },
  { id: 'layer', label: 'Caught by', cell: (report) => <LayerMark layer={report.layer} /> },
  { id: 'size', label: 'Dump', numeric: true, cell: (report) => (report.dump_bytes > 0 ? bytes(report.dump_bytes) : <span class="muted">none</span>) },
  { id: 'crashed', label: 'Crashed', sort: 'crash_time', cell: (report) => <Time at={report.crash_time} /> },
  { id: 'received', label: 'Received', sort: 'received', cell: (report) => <Time at={report.received} /> },
];

/** Inside a group every report has the same signature: there the report's id leads. */
const IN_GROUP: Column<Report>[] = [
  { id: 'id', label: 'Report', cell: (report) => <span class="mono cut" data-tip-cut={report.id}>{report.id.slice(0, 8)}</span> },
  ...COLUMNS,
];

interface Props {
  label: string;
  reports: Report[] | null;
  inGroup?: boolean;
  sort?: string;
  order?: Order;
  onSort?: (key: string) => void;
  stale?: boolean;
  skeleton?: number;
}

export function ReportTable({ label, reports, inGroup, sort, order, onSort, stale, skeleton }: Props) {
  return (
    <Table
      id={inGroup ? 'group-reports' : 'reports'} label={label} columns={inGroup ? IN_GROUP : [SIGNATURE, ...COLUMNS]} rows={reports} rowKey={(report) => report.id}
      href={(report) => paths.report(report.id)}
      sort={sort} order={order} onSort={onSort} stale={stale} skeleton={skeleton}
      narrow={(report) => ({
        first: inGroup ? <span class="mono">{report.id.slice(0, 8)}</span> : <Title report={report} />,
        side: <Time at={report.received} />,
        second: (
          <>
            <span class="line-grow"><bdi>{program(report)}</bdi>{report.reason && ` · ${shortReason(report.reason)}`}</span>
            <span>{layerOf(report.layer).label}</span>
            <span>{report.dump_bytes > 0 ? bytes(report.dump_bytes) : 'no dump'}</span>
          </>
        ),
      })}
    />
  );
}
