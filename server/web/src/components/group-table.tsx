// Groups as rows: signature, reason, trend, versions, when.
import { shortReason } from '../crash';
import { bareTitle, compact, number, versionSpan } from '../format';
import type { Order } from '../list-state';
import { paths } from '../paths';
import type { Group } from '../types';
import { Tags } from './badge';
import { LongName } from './long-name';
import { Sparkline } from './sparkline';
import { Table, type Column } from './table';
import { Time } from './time';

export function Signature({ title, tags }: { title: string; tags: string[] }) {
  return (
    <span class="signature">
      <Tags tags={tags} />
      {title ? <LongName text={bareTitle(title, tags)} /> : <span class="muted">No signature yet</span>}
    </span>
  );
}

/** What tells reasons apart stands at the end of their names: they are shortened in the middle as well. */
export function Reason({ reason, longest = 24 }: { reason: string; longest?: number }) {
  return <span class="reason" data-tip={reason || undefined}><LongName text={shortReason(reason)} mono={false} longest={longest} /></span>;
}

const COLUMNS: Column<Group>[] = [
  { id: 'signature', label: 'Signature', sort: 'signature', cell: (group) => <Signature title={group.title} tags={group.tags} /> },
  { id: 'reason', label: 'Reason', cell: (group) => <Reason reason={group.reason} /> },
  { id: 'trend', label: 'Trend', cell: (group) => <Sparkline values={group.trend} /> },
  { id: 'count', label: 'Reports', sort: 'count', numeric: true, cell: (group) => number(group.count) },
  { id: 'versions', label: 'Versions', cell: (group) => <Versions group={group} /> },
  { id: 'first', label: 'First seen', sort: 'first_seen', cell: (group) => <Time at={group.first_seen} /> },
  { id: 'last', label: 'Last seen', sort: 'last_seen', cell: (group) => <Time at={group.last_seen} /> },
];

function Versions({ group }: { group: Group }) {
  const span = versionSpan(group.first_version, group.last_version);
  return span ? <bdi class="cut" data-tip-cut={span}>{span}</bdi> : <span class="muted">–</span>;
}

interface Props {
  label: string;
  project: string;
  groups: Group[] | null;
  sort?: string;
  order?: Order;
  onSort?: (key: string) => void;
  stale?: boolean;
  skeleton?: number;
}

export function GroupTable({ label, project, groups, sort, order, onSort, stale, skeleton }: Props) {
  return (
    <Table
      id="groups" label={label} columns={COLUMNS} rows={groups} rowKey={(group) => group.id}
      href={(group) => paths.group(project, group.id)}
      sort={sort} order={order} onSort={onSort} stale={stale} skeleton={skeleton}
      narrow={(group) => ({
        first: <Signature title={group.title} tags={group.tags} />,
        side: <span class="line-count" data-tip={number(group.count)}>{compact(group.count)}</span>,
        second: (
          <>
            <span class="line-grow"><Reason reason={group.reason} longest={16} /></span>
            <Sparkline values={group.trend} />
            <span class="line-cut"><Versions group={group} /></span>
            <Time at={group.last_seen} />
          </>
        ),
      })}
    />
  );
}
