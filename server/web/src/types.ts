// Shapes of the server's answers under /api/v1. Times are Unix milliseconds.

export interface Project {
  name: string;
}

export interface SessionInfo {
  user: { name: string; role: string };
  projects: Project[];
}

export interface Count {
  name: string;
  count: number;
}

export interface Group {
  id: string;
  title: string;
  tags: string[];
  state: string;
  /** Crashes: reports, and those that were only counted. */
  count: number;
  /** Of these, crashes without a dump that clients counted instead of sending. */
  counted: number;
  first_seen: number;
  last_seen: number;
  first_version: string;
  last_version: string;
  trend: number[];
  reason: string;
}

export interface GroupDetail extends Group {
  versions: Count[];
  os: Count[];
  layers: Count[];
  best_report: string | null;
}

export type ReportState = 'waiting' | 'processed' | 'failed';

export interface Report {
  id: string;
  client_id: string;
  group_id: string | null;
  title: string;
  tags: string[];
  received: number;
  crash_time: number | null;
  app: string;
  version: string;
  os: string;
  reason: string;
  layer: string;
  state: ReportState;
  dump_bytes: number;
}

export interface Attachment {
  name: string;
  bytes: number;
  index: number;
}

export interface ReportDetail extends Report {
  project: string;
  attachments: Attachment[];
  annotations: Record<string, string>;
  fields: Record<string, string>;
  record: Record<string, string>;
  processed: Processed | null;
  error: string | null;
}

export interface DayCount {
  day: string;
  versions: Record<string, number>;
}

export interface Health {
  queue: number;
  dead: number;
  ingest_last: number | null;
}

export interface Overview {
  total: number;
  groups: number;
  days: DayCount[];
  newest: Group[];
  health: Health;
}

export interface Page<T> {
  items: T[];
  total: number;
  next_cursor: string | null;
}

// The processed dump: rust-minidump's JSON layout and a "salvor" block. Any member may be missing or null, as a dump may lack anything.

export type Maybe<T> = T | null | undefined;

export interface Frame {
  frame: number;
  module?: Maybe<string>;
  module_offset?: Maybe<string>;
  offset?: Maybe<string>;
  trust?: Maybe<string>;
  function?: Maybe<string>;
  function_offset?: Maybe<string>;
  file?: Maybe<string>;
  line?: Maybe<number>;
  registers?: Maybe<Record<string, string>>;
  unloaded_modules?: Maybe<{ module?: Maybe<string>; offsets?: Maybe<string[]> }[]>;
  /** What was inlined into the function and runs here, innermost first. */
  inlines?: Maybe<{ function?: Maybe<string>; file?: Maybe<string>; line?: Maybe<number> }[]>;
}

export interface Thread {
  thread_id?: Maybe<number>;
  thread_name?: Maybe<string>;
  last_error_value?: Maybe<string>;
  frame_count?: Maybe<number>;
  frames?: Maybe<Frame[]>;
}

export interface Module {
  filename?: Maybe<string>;
  base_addr?: Maybe<string>;
  end_addr?: Maybe<string>;
  code_id?: Maybe<string>;
  debug_file?: Maybe<string>;
  debug_id?: Maybe<string>;
  version?: Maybe<string>;
  path?: Maybe<string>;
}

export interface Processed {
  status?: Maybe<string>;
  pid?: Maybe<number>;
  crash_info?: Maybe<{
    type?: Maybe<string>;
    address?: Maybe<string>;
    crashing_thread?: Maybe<number>;
    assertion?: Maybe<string>;
  }>;
  system_info?: Maybe<Record<string, string | number | null>>;
  crashing_thread?: Maybe<Thread & { threads_index?: Maybe<number>; registers?: Maybe<Record<string, string>> }>;
  main_module?: Maybe<number>;
  modules?: Maybe<Module[]>;
  unloaded_modules?: Maybe<Module[]>;
  threads?: Maybe<Thread[]>;
  salvor?: Maybe<SalvorBlock>;
}

export interface ThreadMore {
  registers?: Maybe<Record<string, string>>;
  why_no_registers?: Maybe<string>;
  /** Why the walk of the stack ended: "bottom", or a limit. */
  end?: Maybe<string>;
  start_address?: Maybe<string>;
}

export interface ModuleMore {
  path?: Maybe<string>;
  code_id?: Maybe<string>;
  product_version?: Maybe<string>;
}

export interface SalvorBlock {
  layer?: Maybe<string>;
  source?: Maybe<string>;
  reason?: Maybe<string>;
  exception?: Maybe<{ code?: Maybe<string>; name?: Maybe<string>; address?: Maybe<string>; parameters?: Maybe<string[]>; address_known?: Maybe<boolean> }>;
  fast_fail?: Maybe<{ code?: Maybe<number>; name?: Maybe<string> }>;
  program?: Maybe<{ name?: Maybe<string>; path?: Maybe<string>; version?: Maybe<string>; product_version?: Maybe<string> }>;
  annotations?: Maybe<Record<string, string>>;
  log?: Maybe<string[]>;
  record?: Maybe<Record<string, string>>;
  /** Side by side with the report's threads and modules. */
  threads?: Maybe<ThreadMore[]>;
  modules?: Maybe<ModuleMore[]>;
  dump?: Maybe<{ size_bytes?: Maybe<number>; time?: Maybe<number>; process_start?: Maybe<number> }>;
  comment?: Maybe<string>;
  signature?: Maybe<{ title?: Maybe<string>; hash?: Maybe<string>; tags?: Maybe<string[]> }>;
  soft_errors?: Maybe<string[]>;
}
