// The home view: what flows from topics through pipelines into tables, how fast and how fresh, and what happened.
import { useEffect, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { Spark } from "./charts";
import { ago, bytes, clock, count, plural, seconds, short } from "./format";
import {
  flows,
  happenings,
  head,
  history,
  HISTORY,
  now,
  quantile,
  tables,
  tick,
  topics,
  totals,
  troubles,
} from "./live";
import { Code, Empty, Outcome, Tag } from "./parts";
import { type Edge, layOut, type Node, quarantineOf } from "./river_layout";
import { toTable, toTopic } from "./route";
import type { Happening } from "./server";

const NODE_H = 78,
  ROW_GAP = 14,
  LEAST_W = 190,
  MOST_W = 280,
  LEAST_GAP = 36,
  GAP = 72,
  MOST_GAP = 150;
const LAG_SECONDS = 2; // what a flow may be behind before the river says so
const MOST_LANES = 40;

function Figure({ label, value, past, tone = "" }: { label: string; value: string; past?: number[]; tone?: string }) {
  return (
    <div class="figure">
      <div class="soft">{label}</div>
      <div class={`value ${tone}`}>{value}</div>
      {past ? <Spark values={past} points={HISTORY} /> : null}
    </div>
  );
}

function Figures() {
  tick.value;
  const sums = totals();
  return (
    <section class="figures" aria-label="Key figures">
      <Figure label="records in, per second" value={short(sums.rate)} past={history.rate} />
      <Figure label="durable to visible, p99" value={seconds(sums.p99)} past={history.fresh} />
      <Figure label="records not yet read" value={short(sums.lag)} past={history.lag} />
      <Figure label="in hot tails" value={bytes(sums.tail)} past={history.tail} />
      <Figure label="in Delta files" value={bytes(sums.bytes)} />
      <Figure label="quarantined since start" value={short(sums.quarantined)} tone={sums.quarantined ? "warn" : ""} />
    </section>
  );
}

function Troubles() {
  tick.value;
  const list = troubles();
  if (!list.length) return null;
  return (
    <section class="troubles" role="alert" aria-label="What needs attention">
      <h2>
        {plural(list.length, "thing")} need{list.length === 1 ? "s" : ""} attention
      </h2>
      <ul>
        {list.slice(0, 20).map(each => (
          <li key={each.about}>
            {each.link ? <a href={toTable(each.about)}>{each.about}</a> : <b>{each.about}</b>} <span>{each.what}</span>
          </li>
        ))}
      </ul>
      {list.length > 20 ? <p>… and {count(list.length - 20)} more</p> : null}
    </section>
  );
}

// --- one node

function TopicNode({ node }: { node: Node }) {
  const seen = topics.get(node.name);
  if (!seen) return null;
  return (
    <>
      <span class="kind">topic</span>
      <span class="name">{node.name}</span>
      <span class="line">
        <b>{short(seen.meter.rate(now()))}</b>/s
      </span>
      <span class="line soft">
        {plural(seen.now.records - seen.now.log_start, "record")} · {plural(seen.now.partitions, "partition")}
      </span>
    </>
  );
}

function TableNode({ node }: { node: Node }) {
  const seen = tables.get(node.name),
    flow = flows.get(node.name)?.now;
  const late = flow && flow.lag_records > LAG_SECONDS * (flows.get(node.name)!.meter.rate(now()) || 0.5);
  const recent = seen?.recent(now()) ?? [];
  const [p50, p99] = [quantile(recent, 0.5), quantile(recent, 0.99)];
  const bad = seen?.now.blocked || flow?.error;
  const quarantined = flow?.counts.quarantined ?? 0;
  return (
    <>
      <span class="kind">
        {seen?.now.role ?? "table"}
        {bad ? (
          <Tag tone="bad" title={bad}>
            {seen?.now.blocked ? "blocked" : flow?.state}
          </Tag>
        ) : flow && flow.state !== "running" ? (
          <Tag tone="warn">{flow.state}</Tag>
        ) : null}
        {late ? (
          <Tag tone="warn" title="durable records that its flow has not read">
            lag {short(flow.lag_records)}
          </Tag>
        ) : null}
        {quarantined ? (
          <Tag tone="warn" title="rows in quarantine since the start">
            {short(quarantined)} quarantined
          </Tag>
        ) : null}
      </span>
      <span class="name">{node.name}</span>
      <span class="line">
        <b>{short(seen?.meter.rate(now()) ?? 0)}</b>/s{" "}
        <span class="soft" title="from durable to visible in SQL, over the last minute">
          {p99 ? `fresh in ${seconds(p50)} · p99 ${seconds(p99)}` : "quiet"}
        </span>
      </span>
      <span class="line">
        {flow && seen?.now.role !== "bronze" ? (
          <Outcome counts={flow.counts} />
        ) : (
          <span class="soft">
            version {count(seen?.now.version ?? 0)} · tail {plural(seen?.now.tail_rows ?? 0, "row")}
          </span>
        )}
      </span>
    </>
  );
}

function nodeClass(node: Node): string {
  const bad = node.kind === "table" && (tables.get(node.name)?.now.blocked || flows.get(node.name)?.now.error);
  const meter = (node.kind === "topic" ? topics : tables).get(node.name)?.meter;
  return `node ${node.kind} ${bad ? "bad" : (meter?.rate(now()) ?? 0) > 0 ? "live" : ""}`;
}

const NodeCard = ({ node }: { node: Node }) => (
  <a class={nodeClass(node)} href={node.kind === "topic" ? toTopic(node.name) : toTable(node.name)}>
    {node.kind === "topic" ? <TopicNode node={node} /> : <TableNode node={node} />}
  </a>
);

// --- the graph

const edgeClass = (edge: Edge): string =>
  edge.state === "failed" || edge.state === "blocked" ? "bad" : edge.rate > 0 ? "live" : "";

function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(entries => setWidth(entries[0]!.contentRect.width));
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  return [ref, width] as const;
}

const filter = signal("");

function Graph() {
  tick.value;
  const [ref, width] = useWidth();
  const layout = layOut(filter.value, MOST_LANES);
  const wide = width >= layout.columns * LEAST_W + (layout.columns - 1) * LEAST_GAP && width >= 560;
  const gaps = layout.columns - 1;
  const w = Math.min(MOST_W, Math.max(LEAST_W, (width - gaps * GAP) / layout.columns));
  const gap = gaps ? Math.min(MOST_GAP, (width - layout.columns * w) / gaps) : 0;
  const x = (node: Node) => node.column * (w + gap),
    y = (node: Node) => node.row * (NODE_H + ROW_GAP);
  const path = ({ from, to }: Edge) => {
    const x1 = x(from) + w,
      y1 = y(from) + NODE_H / 2,
      x2 = x(to),
      y2 = y(to) + NODE_H / 2,
      mid = (x1 + x2) / 2;
    return `M${x1} ${y1}C${mid} ${y1} ${mid} ${y2} ${x2} ${y2}`;
  };
  return (
    <section aria-label="Flow from topics to tables">
      <div class="heading">
        <h2>River</h2>
        {layout.all > 8 || filter.value ? (
          <input
            type="search"
            placeholder="Filter by name"
            aria-label="Filter the river by name"
            value={filter.value}
            onInput={event => {
              filter.value = event.currentTarget.value;
            }}
          />
        ) : null}
        <span class="soft">
          {layout.shown < layout.all
            ? `${count(layout.shown)} of ${plural(layout.all, "lane")}: what needs attention first, then what carried most`
            : null}
        </span>
      </div>
      <div ref={ref}>
        {!width ? null : wide ? (
          <div class="graph" style={{ height: `${Math.max(1, layout.rows) * (NODE_H + ROW_GAP) - ROW_GAP}px` }}>
            <svg aria-hidden="true" width={width} height={layout.rows * (NODE_H + ROW_GAP)}>
              {layout.edges.map(edge => (
                <g key={edge.to.key} class={edgeClass(edge)}>
                  <path
                    class="bed"
                    d={path(edge)}
                    style={{ strokeWidth: `${2 + Math.log10(1 + edge.rate) * 1.8}px` }}
                  />
                  {edge.rate > 0 ? (
                    <path class="water" d={path(edge)} style={{ strokeWidth: `${1 + Math.log10(1 + edge.rate)}px` }} />
                  ) : null}
                </g>
              ))}
            </svg>
            {layout.nodes.map(node => (
              <div
                key={node.key}
                class="spot"
                style={{ transform: `translate(${x(node)}px, ${y(node)}px)`, width: `${w}px`, height: `${NODE_H}px` }}
              >
                <NodeCard node={node} />
              </div>
            ))}
          </div>
        ) : (
          <div class="lanes">
            {layout.nodes.map(node => (
              <div key={node.key} class="lane" style={{ marginLeft: `${node.column * 14}px` }}>
                <NodeCard node={node} />
              </div>
            ))}
          </div>
        )}
      </div>
      {filter.value && !layout.nodes.length ? <p class="soft pad">Nothing is named like that.</p> : null}
    </section>
  );
}

// --- what happened

function tone(kind: string): string {
  if (kind === "blocked" || kind === "failed" || kind === "log failed") return "bad";
  if (kind === "quarantined" || kind === "discarded" || kind === "topic deleted") return "warn";
  return kind === "committed" ? "soft" : "good";
}

function what({ kind, count: n, text }: Happening): string {
  if (kind === "committed") return n === 1 ? text : `${text}, ${count(n)} commits`;
  if (kind === "quarantined") return plural(n, "row");
  return n > 1 ? `${text} (${count(n)} times)` : text;
}

const target = (event: Happening): string | null =>
  event.kind.startsWith("topic")
    ? topics.has(event.about)
      ? toTopic(event.about)
      : null
    : event.kind === "quarantined" && tables.has(quarantineOf(event.about))
      ? toTable(event.about, "quarantine")
      : tables.has(event.about) || flows.has(event.about)
        ? toTable(event.about)
        : null;

const commitsToo = signal(true);

function Happenings() {
  const list = happenings.value.filter(event => commitsToo.value || event.kind !== "committed");
  return (
    <section class="happenings" aria-label="What happened">
      <div class="heading">
        <h2>What happened</h2>
        <label class="soft">
          <input
            type="checkbox"
            checked={commitsToo.value}
            onChange={event => {
              commitsToo.value = event.currentTarget.checked;
            }}
          />{" "}
          commits
        </label>
      </div>
      <ol>
        {list.slice(0, 60).map(event => (
          <li key={`${event.kind} ${event.about} ${event.first_ms}`}>
            <time title={ago(event.at_ms, now())}>{clock(event.at_ms)}</time>
            <span class={`mark ${tone(event.kind)}`}>{event.kind}</span>
            <span>
              {target(event) ? <a href={target(event)!}>{event.about}</a> : <b>{event.about}</b>}{" "}
              <span class="soft">{what(event)}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

export const kafkaAddress = (): string => {
  const port = head?.kafka.match(/:(\d+)$/)?.[1];
  return port && port !== "0" ? `${location.hostname}:${port}` : "HOST:PORT";
};

const FirstRecord = () => (
  <Empty title="No topics yet: send the first record">
    <p>Any Kafka client will do. A topic is made on first use, and is a table at once.</p>
    <Code text={`echo '{"id": 1, "total": 9.5}' | kcat -P -b ${kafkaAddress()} -t orders`} />
    {kafkaAddress().startsWith("HOST") ? (
      <p class="soft">HOST:PORT stands in the line that foz printed when it started.</p>
    ) : null}
  </Empty>
);

export const FirstPipeline = ({ topic }: { topic: string }) => (
  <Empty title="No pipelines yet: write the first one">
    <p>
      A file in the project's <code>pipelines</code> folder, say <code>pipelines/{topic}.sql</code>; check it with{" "}
      <code>foz check</code>, then start foz again.
    </p>
    <Code
      text={`CREATE OR REFRESH STREAMING TABLE ${topic} (
  CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION QUARANTINE
)
AS SELECT o.id, o.total, timestamp AS received_at
FROM (SELECT from_json(CAST(value AS STRING), 'id BIGINT, total DOUBLE') AS o, timestamp
      FROM STREAM bronze.${topic});`}
    />
  </Empty>
);

export function River() {
  tick.value;
  const first = [...topics.values()].find(seen => seen.now.table);
  const piped = [...tables.values()].some(seen => seen.now.role === "silver");
  return (
    <main class="river">
      <h1 class="hidden">River</h1>
      <Troubles />
      <Figures />
      {topics.size || tables.size ? <Graph /> : head ? <FirstRecord /> : null}
      {first && !piped && ![...flows.keys()].some(name => name.startsWith("silver.")) ? (
        <FirstPipeline topic={first.now.table.replace("bronze.", "")} />
      ) : null}
      <Happenings />
    </main>
  );
}
