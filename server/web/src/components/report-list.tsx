// A searchable, sortable list of reports: of a project, or of one group.
import { api } from '../api';
import type { Exported } from '../export';
import { PAGE_SIZE, useListState } from '../list-state';
import { useQuery } from '../query';
import { useRange } from '../range';
import type { Report } from '../types';
import { ExportMenu } from './export-menu';
import { NothingFound } from './list-empty';
import { ListHead } from './list-head';
import { Pager } from './pager';
import { ReportTable } from './report-table';
import { ErrorNotice } from './states';

const time = (at: number | null): string | null => (at ? new Date(at).toISOString() : null);

const exported = (reports: Report[]): Exported => ({
  columns: ['id', 'client_id', 'group', 'signature', 'reason', 'app', 'version', 'os', 'layer', 'state', 'dump_bytes', 'crash_time', 'received'],
  rows: reports.map((report) => [
    report.id, report.client_id, report.group_id, report.title, report.reason, report.app, report.version, report.os, report.layer,
    report.state, report.dump_bytes, time(report.crash_time), time(report.received),
  ]),
});

export function ReportList({ project, group }: { project: string; group?: string }) {
  const range = useRange();
  const list = useListState('received');
  const { q, sort, order, cursor } = list;
  const asked = { group, range: range.value, q, sort, order, limit: PAGE_SIZE, cursor };
  const query = useQuery(`reports ${project} ${JSON.stringify(asked)}`, (signal) => api.reports(project, asked, signal), { keep: true });
  const { data, error } = query;
  return (
    <>
      <ListHead title="Reports" total={data?.total ?? null} range={range} q={q} level={group ? 2 : 1}>
        <ExportMenu name={`salvor-${project}-reports`} content={() => exported(data?.items ?? [])} />
      </ListHead>
      {error && !data && <ErrorNotice error={error} what="The reports" retry={query.reload} />}
      {data && data.items.length === 0 && <NothingFound what="report" q={q} range={range} />}
      {(data ? data.items.length > 0 : !error) && (
        <ReportTable
          label="Reports" reports={data?.items ?? null} inGroup={group !== undefined}
          sort={sort} order={order} onSort={list.sortBy} stale={query.stale} skeleton={group ? 5 : 14}
        />
      )}
      {data && <Pager list={list} shown={data.items.length} total={data.total} nextCursor={data.next_cursor} />}
    </>
  );
}
