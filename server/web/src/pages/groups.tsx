// All groups of a project.
import { api } from '../api';
import { ExportMenu } from '../components/export-menu';
import { GroupTable } from '../components/group-table';
import { NothingFound } from '../components/list-empty';
import { ListHead } from '../components/list-head';
import { Pager } from '../components/pager';
import { ErrorNotice } from '../components/states';
import type { Exported } from '../export';
import { PAGE_SIZE, useListState } from '../list-state';
import { useQuery } from '../query';
import { useRange } from '../range';
import type { Group } from '../types';

const exported = (groups: Group[]): Exported => ({
  columns: ['id', 'tags', 'signature', 'reason', 'state', 'reports', 'first_version', 'last_version', 'first_seen', 'last_seen'],
  rows: groups.map((group) => [
    group.id, group.tags.join(' '), group.title, group.reason, group.state, group.count, group.first_version, group.last_version,
    new Date(group.first_seen).toISOString(), new Date(group.last_seen).toISOString(),
  ]),
});

export function Groups({ project }: { project: string }) {
  const range = useRange();
  const list = useListState('last_seen');
  const { q, sort, order, cursor } = list;
  const key = `groups ${project} ${range.value} ${JSON.stringify([q, sort, order, cursor])}`;
  const query = useQuery(key, (signal) => api.groups(project, { range: range.value, q, sort, order, limit: PAGE_SIZE, cursor }, signal), { keep: true });
  const { data, error } = query;
  return (
    <div class="page">
      <ListHead title="Groups" total={data?.total ?? null} range={range} q={q}>
        <ExportMenu name={`salvor-${project}-groups`} content={() => exported(data?.items ?? [])} />
      </ListHead>
      {error && !data && <ErrorNotice error={error} what="The groups" retry={query.reload} />}
      {data && data.items.length === 0 && <NothingFound what="group" q={q} range={range} />}
      {(data ? data.items.length > 0 : !error) && (
        <GroupTable label="Groups" project={project} groups={data?.items ?? null} sort={sort} order={order} onSort={list.sortBy} stale={query.stale} skeleton={14} />
      )}
      {data && <Pager list={list} shown={data.items.length} total={data.total} nextCursor={data.next_cursor} />}
    </div>
  );
}
