// What foz answers under /api; the shapes stand at the top of the headers of src/web.

export interface Counts {
  input: number;
  written: number;
  filtered: number;
  dropped: number;
  duplicates: number;
  quarantined: number;
}
export interface Topic {
  name: string;
  id: string;
  partitions: number;
  records: number;
  log_start: number;
  table: string;
}
export interface Flow {
  name: string;
  source: string;
  state: string;
  error: string;
  lag_records: number;
  tick_ms: number;
  counts: Counts;
  violations: Record<string, number>;
}
export type Role = "bronze" | "silver" | "quarantine" | "foreign" | "";
export interface Table {
  name: string;
  role: Role;
  version: number;
  files: number;
  bytes: number;
  tail_rows: number;
  tail_bytes: number;
  commits: number;
  discards: number;
  counts: Counts;
  freshness_rows: number[];
  last_commit_s: number;
  blocked: string;
}
export interface Overview {
  project: string;
  version: string;
  lake: string;
  kafka: string;
  started_ms: number;
  now_ms: number;
  whole: boolean;
  ready: boolean;
  failure: string;
  last_event: number;
  freshness_bounds_s: number[];
  topics: Topic[];
  flows: Flow[];
  tables: Table[];
  log: { bytes: number; memory_bytes: number; queued_bytes: number };
}
export interface Happening {
  id: number;
  kind: string;
  about: string;
  first_ms: number;
  at_ms: number;
  count: number;
  text: string;
}
export interface Column {
  name: string;
  type: string;
  nullable: boolean;
  comment: string;
}
export interface Version {
  version: number;
  timestamp_ms: number;
  operation: string;
  engine: string;
  rows_added: number | null;
  files_added: number;
  files_removed: number;
  bytes_added: number;
}
export interface Pipeline {
  file: string;
  line: number;
  sql: string;
  comment: string;
  dedupe_keys: string[];
  dedupe_horizon_ms: number;
  expectations: { name: string; condition: string; action: "keep" | "drop" | "fail" | "quarantine" }[];
}
export interface TableDetail {
  name: string;
  role: Role;
  blocked: string;
  location: string;
  tail: { rows: number; bytes: number };
  pipeline: Pipeline | null;
  // Missing while the table cannot be read.
  comment?: string;
  partition_columns?: string[];
  properties?: Record<string, string>;
  version?: number;
  timestamp_ms?: number;
  rows?: number | null;
  columns?: Column[];
  versions?: Version[];
  files?: { count: number; bytes: number; sizes: { below: number; files: number; bytes: number }[] };
}
export interface TopicDetail {
  name: string;
  id: string;
  table: string;
  partitions: { partition: number; log_start: number; end: number }[];
  config: Record<string, string>;
}
export interface RawBytes {
  size: number;
  text?: string;
  hex?: string;
}
export interface LogRecord {
  offset: number;
  timestamp_ms: number;
  key: RawBytes | null;
  value: RawBytes | null;
  headers: { key: string; value: RawBytes | null }[];
}
export interface Records {
  partition: number;
  log_start: number;
  end: number;
  from: number;
  next: number;
  records: LogRecord[];
}

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export async function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(path, signal ? { signal } : {});
  if (answer.ok) return (await answer.json()) as T;
  const why = (await answer.json().catch(() => ({}))) as { error?: string };
  throw new Refused(answer.status, why.error ?? `foz answered ${answer.status}`);
}

export const tablePath = (name: string, before?: number): string => {
  const [schema, table] = splitName(name);
  return (
    `api/tables/${encodeURIComponent(schema)}/${encodeURIComponent(table)}` +
    (before === undefined ? "" : `?before=${before}`)
  );
};
export const topicPath = (name: string): string => `api/topics/${encodeURIComponent(name)}`;

// A schema has no dot in its name; a table of another writer may.
export const splitName = (name: string): [string, string] => {
  const dot = name.indexOf(".");
  return [name.slice(0, dot), name.slice(dot + 1)];
};
