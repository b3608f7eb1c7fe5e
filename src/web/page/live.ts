// What runs, asked for once a second and kept: only what changed comes back.
import { signal } from "@preact/signals";
import { ask, type Flow, type Happening, type Overview, type Table, type Topic } from "./server";

const WINDOW_MS = 5000; // of a rate
const FRESHNESS_MS = 60000; // of a quantile
export const HISTORY = 60; // points of a small chart, one a second

// A number that grows, as steps in time: it keeps its value until the next one.
class Meter {
  private steps: { at: number; value: number }[] = [];
  push(at: number, value: number): void {
    const last = this.steps.at(-1);
    if (last && value < last.value) this.steps = []; // counts begin again
    if (last?.value !== value) this.steps.push({ at, value });
    while (this.steps.length > 2 && this.steps[1]!.at < at - WINDOW_MS) this.steps.shift();
  }
  private value(at: number): number | undefined {
    return this.steps.findLast(step => step.at <= at)?.value;
  }
  // Growth a second over the last seconds.
  rate(now: number): number {
    const first = this.steps[0],
      last = this.steps.at(-1);
    if (!first || !last) return 0;
    const from = Math.max(first.at, now - WINDOW_MS);
    return from < now ? ((last.value - (this.value(from) ?? first.value)) * 1000) / (now - from) : 0;
  }
}

class Seen<T> {
  meter = new Meter();
  constructor(public now: T) {}
}
export class SeenTable extends Seen<Table> {
  private fresh: { at: number; rows: number[] }[] = [];
  see(table: Table, at: number): void {
    const visible = table.freshness_rows.at(-1) ?? 0;
    if (visible < (this.fresh.at(-1)?.rows.at(-1) ?? 0)) this.fresh = [];
    this.now = table;
    this.fresh.push({ at, rows: table.freshness_rows });
    while (this.fresh.length > 2 && this.fresh[1]!.at < at - FRESHNESS_MS) this.fresh.shift();
  }
  // Rows by how fast they became visible, of the last minute.
  recent(now: number): number[] {
    const old = this.fresh.findLast(each => each.at <= now - FRESHNESS_MS) ?? this.fresh[0];
    const rows = this.fresh.at(-1)?.rows ?? [];
    return rows.map((n, i) => n - (old && old !== this.fresh.at(-1) ? (old.rows[i] ?? 0) : 0));
  }
}

export const topics = new Map<string, Seen<Topic>>();
export const flows = new Map<string, Seen<Flow>>();
export const tables = new Map<string, SeenTable>();
export const happenings = signal<Happening[]>([]); // newest first
export const history = { rate: [] as number[], fresh: [] as number[], lag: [] as number[], tail: [] as number[] };
// Grows with each answer; who shows anything of the maps reads it.
export const tick = signal(0);
export const connected = signal<boolean | null>(null);
export let head: Overview | null = null;
let bounds: number[] = [];

// An upper bound of the quantile over rows by bucket; 0 without any.
export function quantile(rows: number[], q: number): number {
  const wanted = q * (rows.at(-1) ?? 0);
  if (wanted <= 0) return 0;
  return (
    bounds[
      Math.min(
        rows.findIndex(n => n >= wanted),
        bounds.length - 1,
      )
    ] ?? 0
  );
}

export const now = (): number => head?.now_ms ?? 0;

function put<T>(map: Map<string, Seen<T>>, name: string, value: T, grows: number, at: number): void {
  const seen = map.get(name) ?? new Seen(value);
  seen.now = value;
  seen.meter.push(at, grows);
  map.set(name, seen);
}

function take(answer: Overview): void {
  if (head && head.started_ms !== answer.started_ms) {
    // foz was started anew
    for (const map of [topics, flows, tables]) map.clear();
    happenings.value = [];
  }
  if (answer.whole) {
    for (const [map, list] of [
      [topics, answer.topics],
      [flows, answer.flows],
      [tables, answer.tables],
    ] as const) {
      const names = new Set(list.map(each => each.name));
      for (const name of map.keys()) if (!names.has(name)) map.delete(name);
    }
  }
  head = answer;
  bounds = answer.freshness_bounds_s;
  const at = answer.now_ms;
  for (const topic of answer.topics) put(topics, topic.name, topic, topic.records, at);
  for (const flow of answer.flows) put(flows, flow.name, flow, flow.counts.input, at);
  for (const table of answer.tables) {
    const seen = tables.get(table.name) ?? new SeenTable(table);
    seen.see(table, at);
    seen.meter.push(at, table.counts.written);
    tables.set(table.name, seen);
  }
  remember();
}

export function totals() {
  let rate = 0,
    lag = 0,
    tail = 0,
    quarantined = 0,
    bytes = 0;
  let recent: number[] = [];
  for (const topic of topics.values()) rate += topic.meter.rate(now());
  for (const flow of flows.values()) {
    lag += flow.now.lag_records;
    quarantined += flow.now.counts.quarantined;
  }
  for (const table of tables.values()) {
    tail += table.now.tail_bytes;
    bytes += table.now.bytes;
    recent = table.recent(now()).map((n, i) => n + (recent[i] ?? 0));
  }
  return { rate, lag, tail, quarantined, bytes, p50: quantile(recent, 0.5), p99: quantile(recent, 0.99) };
}

function remember(): void {
  const sums = totals();
  for (const [list, value] of [
    [history.rate, sums.rate],
    [history.fresh, sums.p99],
    [history.lag, sums.lag],
    [history.tail, sums.tail],
  ] as const) {
    list.push(value);
    if (list.length > HISTORY) list.shift();
  }
}

async function takeEvents(last: number): Promise<void> {
  const known = happenings.value[0]?.id ?? 0;
  if (last === known) return;
  const answer = await ask<{ started_ms: number; events: Happening[] }>(`api/events?after=${known}`);
  if (answer.started_ms !== head?.started_ms) return;
  const key = (each: Happening) => `${each.kind} ${each.first_ms} ${each.about}`;
  const fresh = new Set(answer.events.map(key));
  happenings.value = [...answer.events.reverse(), ...happenings.value.filter(each => !fresh.has(key(each)))].slice(
    0,
    400,
  );
}

async function refresh(): Promise<void> {
  try {
    take(await ask<Overview>(head ? `api/overview?since=${head.now_ms}` : "api/overview"));
    await takeEvents(head!.last_event);
    connected.value = true;
  } catch {
    connected.value = false;
  }
  tick.value++;
}

export async function follow(): Promise<never> {
  for (;;) {
    await refresh();
    await new Promise(resolve => setTimeout(resolve, document.hidden ? 5000 : 1000));
  }
}

// --- what is wrong, in one place

export interface Trouble {
  about: string;
  what: string;
  link: "table" | "flow" | "";
}

export function troubles(): Trouble[] {
  const list: Trouble[] = [];
  if (head?.failure) list.push({ about: "The log takes no records", what: head.failure, link: "" });
  for (const { now: table } of tables.values()) {
    if (table.blocked) list.push({ about: table.name, what: `blocked: ${table.blocked}`, link: "table" });
  }
  for (const { now: flow } of flows.values()) {
    if (flow.error && !tables.get(flow.name)?.now.blocked) {
      list.push({ about: flow.name, what: `${flow.state}: ${flow.error}`, link: "flow" });
    }
  }
  return list;
}
