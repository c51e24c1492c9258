// Loaded and unloaded modules with their versions and ids.
import { useMemo, useState } from 'preact/hooks';
import { bytes, compareVersions, number, shortHex } from '../format';
import type { Order } from '../list-state';
import { baseName, moduleBytes, modulesOf } from '../processed';
import type { Module, Processed } from '../types';
import { CopyButton } from './copy-button';
import { Icon } from './icon';
import { LongName } from './long-name';
import { Notice } from './states';
import { Table, type Column } from './table';

const text = (value: string | null | undefined, name = 'cut'): preact.ComponentChildren =>
  value ? <bdi class={name} data-tip-cut={value}>{value}</bdi> : <span class="muted">–</span>;

const nameOf = (module: Module): string => baseName(module.filename ?? '') || 'unnamed module';

/** Debug file and debug id: what a symbol server is asked for. */
function DebugId({ module }: { module: Module }) {
  if (!module.debug_id) return <span class="muted">–</span>;
  const wanted = module.debug_file ? `${baseName(module.debug_file)}/${module.debug_id}` : module.debug_id;
  return (
    <span class="id-cell">
      {module.debug_file && <bdi class="cut" data-tip-cut={module.debug_file}>{baseName(module.debug_file)}</bdi>}
      <span class="mono cut muted" data-tip-cut={module.debug_id}>{module.debug_id}</span>
      <CopyButton text={wanted} label={`Copy ${wanted}`} />
    </span>
  );
}

const COLUMNS: Column<Module>[] = [
  { id: 'name', label: 'Module', sort: 'name', cell: (module) => <span data-tip={module.path && module.path !== nameOf(module) ? module.path : undefined}><LongName text={nameOf(module)} /></span> },
  { id: 'version', label: 'Version', sort: 'version', cell: (module) => text(module.version) },
  { id: 'base', label: 'Address', sort: 'base', cell: (module) => <span class="mono" data-tip={`${module.base_addr ?? '?'} – ${module.end_addr ?? '?'}`}>{shortHex(module.base_addr ?? '')}</span> },
  { id: 'size', label: 'Size', sort: 'size', numeric: true, cell: (module) => sizeOf(module) },
  { id: 'code', label: 'Code id', cell: (module) => text(module.code_id, 'mono cut') },
  { id: 'debug', label: 'Debug file and id', cell: (module) => <DebugId module={module} /> },
];

function sizeOf(module: Module): string {
  const size = moduleBytes(module);
  return size === null ? '–' : bytes(size);
}

const COMPARE: Record<string, (a: Module, b: Module) => number> = {
  name: (a, b) => nameOf(a).localeCompare(nameOf(b), 'en', { sensitivity: 'base' }),
  version: (a, b) => compareVersions(a.version ?? '', b.version ?? ''),
  base: (a, b) => compareVersions(a.base_addr ?? '', b.base_addr ?? ''),
  size: (a, b) => (moduleBytes(a) ?? 0) - (moduleBytes(b) ?? 0),
};

export function ModulePanel({ processed }: { processed: Processed }) {
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<{ key: string; order: Order } | null>(null);
  const modules = useMemo(() => modulesOf(processed), [processed]);
  const unloaded = processed.unloaded_modules ?? [];
  const wanted = filter.trim().toLowerCase();
  const shown = useMemo(() => {
    const hits = modules.filter((module) => [module.filename, module.version, module.code_id, module.debug_id].some((value) => value?.toLowerCase().includes(wanted)));
    const compare = sort && COMPARE[sort.key];
    if (!compare) return hits;
    return [...hits].sort((a, b) => (sort.order === 'asc' ? compare(a, b) : compare(b, a)));
  }, [processed, wanted, sort]);
  const onSort = (key: string): void => setSort((old) => ({ key, order: old?.key === key && old.order === 'asc' ? 'desc' : 'asc' }));

  if (modules.length === 0) return <Notice icon="file" title="No modules">The dump holds no list of modules.</Notice>;
  return (
    <>
      <div class="section-head">
        <h2>Loaded <span class="count">{number(modules.length)}</span></h2>
        <label class="filter">
          <Icon name="search" />
          <input type="text" placeholder="Filter by name, version, id" aria-label="Filter modules" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
      </div>
      {shown.length === 0
        ? <p class="notice-line">No module matches “{filter.trim()}”.</p>
        : <ModuleTable label="Loaded modules" modules={shown} sort={sort} onSort={onSort} />}
      {unloaded.length > 0 && (
        <section>
          <div class="section-head"><h2>Unloaded before the crash <span class="count">{number(unloaded.length)}</span></h2></div>
          <ModuleTable label="Unloaded modules" modules={unloaded} />
        </section>
      )}
    </>
  );
}

interface TableProps {
  label: string;
  modules: Module[];
  sort?: { key: string; order: Order } | null;
  onSort?: (key: string) => void;
}

function ModuleTable({ label, modules, sort, onSort }: TableProps) {
  return (
    <Table
      id="modules" label={label} columns={COLUMNS} rows={modules} rowKey={(module) => `${module.base_addr} ${module.filename}`}
      sort={sort?.key} order={sort?.order ?? 'asc'} onSort={onSort}
      narrow={(module) => ({
        first: <LongName text={nameOf(module)} />,
        side: <span class="line-side">{module.version ?? ''}</span>,
        second: (
          <>
            <span class="mono line-grow">{module.debug_id ?? module.code_id ?? 'no id'}</span>
            <span class="mono">{shortHex(module.base_addr ?? '')}</span>
            <span>{sizeOf(module)}</span>
          </>
        ),
      })}
    />
  );
}
