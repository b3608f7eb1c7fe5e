// One table: its figures, rows, schema and quality.
import { useEffect, useRef, useState } from "preact/hooks";
import { openSql } from "./editor";
import { ago, bytes, count, duration, plural, seconds, short } from "./format";
import { History } from "./history";
import { flows, happenings, now, quantile, tables, tick } from "./live";
import { Empty, Facts, Loading, Outcome, OutcomeKey, Problem, Settings, Tabs, Tag } from "./parts";
import { Quarantine } from "./quarantine";
import { Grid } from "./results";
import { FirstPipeline } from "./river";
import { quarantineOf } from "./river_layout";
import { toTable, toTopic } from "./route";
import { ask, splitName, type TableDetail, tablePath } from "./server";
import { Sql, sqlName } from "./sql_text";
import { useStatement } from "./statement";

const READ_AGAIN_MS = 2000;

// The table's detail, read again when a look says that it has changed, at most every two seconds.
function useDetail(name: string) {
  const [detail, setDetail] = useState<TableDetail | null>(null);
  const [problem, setProblem] = useState("");
  const read = useRef({ at: 0, mark: "" });
  const seen = tables.get(name)?.now;
  const mark = `${seen?.version} ${seen?.tail_rows} ${seen?.blocked}`;
  useEffect(() => {
    if (read.current.mark === mark || now() - read.current.at < READ_AGAIN_MS) return;
    read.current = { at: now(), mark };
    ask<TableDetail>(tablePath(name)).then(
      answer => {
        setDetail(answer);
        setProblem("");
      },
      (why: Error) => setProblem(why.message),
    );
  });
  return { detail, problem };
}

function Rows({ name }: { name: string }) {
  const [again, setAgain] = useState(0);
  const sql = `SELECT * FROM ${sqlName(name)} LIMIT 100`;
  const statement = useStatement(sql, again);
  return (
    <section aria-label="Rows">
      <div class="bar">
        <button class="primary" onClick={() => openSql(sql)}>
          Query this table
        </button>
        <button onClick={() => setAgain(again + 1)}>Read again</button>
        <span class="soft">100 rows in no order, the newest state of tail and files</span>
      </div>
      {statement?.error.value ? (
        <Problem>{statement.error.value.message}</Problem>
      ) : statement?.columns.value ? (
        statement.rows.value.length || statement.state.value === "running" ? (
          <Grid columns={statement.columns.value} rows={statement.rows.value} />
        ) : (
          <Empty title="No rows yet">
            <p>They come with the next record that its flow lets through.</p>
          </Empty>
        )
      ) : (
        <Loading what="rows" />
      )}
    </section>
  );
}

function SchemaTab({ detail }: { detail: TableDetail }) {
  return (
    <section aria-label="Schema">
      {detail.columns ? (
        <div class="scroll card">
          <table>
            <thead>
              <tr>
                <th>Column</th>
                <th>Type</th>
                <th>Null</th>
                <th>Comment</th>
              </tr>
            </thead>
            <tbody>
              {detail.columns.map(column => (
                <tr key={column.name}>
                  <td class="name">
                    {column.name}
                    {detail.partition_columns?.includes(column.name) ? (
                      <>
                        {" "}
                        <Tag tone="soft">partition</Tag>
                      </>
                    ) : null}
                  </td>
                  <td class="mono wrap">{column.type}</td>
                  <td>{column.nullable ? "allowed" : "never"}</td>
                  <td class="wrap">{column.comment}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      {detail.properties && Object.keys(detail.properties).length ? (
        <>
          <h2>Properties</h2>
          <Settings values={detail.properties} />
        </>
      ) : null}
    </section>
  );
}

const ACTIONS = { keep: "kept, and counted", drop: "dropped", fail: "stops the flow", quarantine: "into quarantine" };

function Quality({ name, detail }: { name: string; detail: TableDetail }) {
  const flow = flows.get(name)?.now;
  const pipeline = detail.pipeline;
  if (!flow)
    return (
      <Empty title="No flow writes this table">
        <p>It belongs to another writer; foz reads it.</p>
      </Empty>
    );
  const { counts } = flow;
  return (
    <section aria-label="Quality">
      <h2>Since the start: {plural(counts.input, "row")} read</h2>
      <div class="broad">
        <Outcome counts={counts} />
      </div>
      <OutcomeKey counts={counts} />
      {pipeline ? (
        <>
          <h2>Expectations</h2>
          {pipeline.expectations.length ? (
            <div class="scroll card">
              <table>
                <thead>
                  <tr>
                    <th>Expectation</th>
                    <th>Condition</th>
                    <th>Rows that violate it</th>
                    <th class="n">violated</th>
                  </tr>
                </thead>
                <tbody>
                  {pipeline.expectations.map(each => {
                    const violated = flow.violations[each.name] ?? 0;
                    return (
                      <tr key={each.name}>
                        <td class="name">{each.name}</td>
                        <td class="mono wrap">{each.condition}</td>
                        <td>{ACTIONS[each.action]}</td>
                        <td class={`n ${violated ? "warn" : ""}`}>{count(violated)}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          ) : (
            <p class="soft">
              None. <code>CONSTRAINT name EXPECT (condition) ON VIOLATION QUARANTINE</code> in {pipeline.file} keeps bad
              rows apart.
            </p>
          )}
          {pipeline.dedupe_keys.length ? (
            <p>
              Of rows with equal <code>{pipeline.dedupe_keys.join(", ")}</code> within{" "}
              {duration(pipeline.dedupe_horizon_ms)} the first is kept.
            </p>
          ) : null}
          <h2>
            Made by{" "}
            <span class="mono">
              {pipeline.file}:{pipeline.line}
            </span>
          </h2>
          <Sql text={pipeline.sql} />
        </>
      ) : (
        <p class="soft">Bronze holds what was sent, byte for byte: nothing is judged here.</p>
      )}
      {detail.role === "bronze" && ![...flows.values()].some(each => each.now.source === name) ? (
        <FirstPipeline topic={splitName(name)[1]} />
      ) : null}
    </section>
  );
}

export function TableView({ name, tab = "rows" }: { name: string; tab?: string }) {
  tick.value;
  const { detail, problem } = useDetail(name);
  const seen = tables.get(name),
    flow = flows.get(name)?.now;
  const recent = seen?.recent(now()) ?? [];
  const quarantine = tables.has(quarantineOf(name));
  const events = happenings.value
    .filter(event => event.about === name && !["committed", "quarantined"].includes(event.kind))
    .slice(0, 3);
  const tabs = [
    { name: "rows", link: toTable(name) },
    { name: "schema", link: toTable(name, "schema") },
    { name: "quality", link: toTable(name, "quality") },
    ...(quarantine
      ? [
          {
            name: "quarantine",
            link: toTable(name, "quarantine"),
            note: flow?.counts.quarantined ? short(flow.counts.quarantined) : undefined,
          },
        ]
      : []),
    { name: "history", link: toTable(name, "history") },
  ];
  return (
    <main>
      <div class="heading">
        <h1>{name}</h1>
        {detail ? <Tag tone="soft">{detail.role}</Tag> : null}
        {flow && flow.state !== "running" ? <Tag tone={flow.error ? "bad" : "warn"}>{flow.state}</Tag> : null}
      </div>
      {detail?.comment ? <p class="comment">{detail.comment}</p> : null}
      {problem ? (
        <Problem>
          {name}: {problem}
        </Problem>
      ) : null}
      {seen?.now.blocked ? <Problem>It cannot be written: {seen.now.blocked}</Problem> : null}
      {flow?.error && flow.error !== seen?.now.blocked ? (
        <Problem>
          {flow.state}: {flow.error}
        </Problem>
      ) : null}
      {detail ? (
        <>
          <Facts
            facts={[
              flow
                ? [
                    "reads",
                    tables.has(flow.source) ? (
                      <a href={toTable(flow.source)}>{flow.source}</a>
                    ) : flow.source.startsWith("topic ") ? (
                      <a href={toTopic(flow.source.slice("topic ".length))}>{flow.source}</a>
                    ) : (
                      flow.source
                    ),
                  ]
                : null,
              ["rows/s", short(seen?.meter.rate(now()) ?? 0)],
              ["fresh in (p50, p99)", `${seconds(quantile(recent, 0.5))}, ${seconds(quantile(recent, 0.99))}`],
              flow ? ["lag", plural(flow.lag_records, "record")] : null,
              ["rows in Delta", detail.rows == null ? "not known" : count(detail.rows)],
              [
                "in the hot tail",
                `${plural(seen?.now.tail_rows ?? detail.tail.rows, "row")}, ${bytes(seen?.now.tail_bytes ?? detail.tail.bytes)}`,
              ],
              ["files", detail.files ? `${count(detail.files.count)}, ${bytes(detail.files.bytes)}` : "–"],
              [
                "version",
                detail.version === undefined
                  ? "–"
                  : `${count(detail.version)}, ${ago(detail.timestamp_ms ?? 0, now())}`,
              ],
              ["location", <span class="mono wrap">{detail.location}</span>],
            ]}
          />
          {events.length ? (
            <p class="soft">
              {events
                .map(event => `${event.kind} ${ago(event.at_ms, now())}${event.text ? `: ${event.text}` : ""}`)
                .join(" · ")}
            </p>
          ) : null}
          <Tabs tabs={tabs} now={tab} />
          {tab === "schema" ? (
            <SchemaTab detail={detail} />
          ) : tab === "quality" ? (
            <Quality name={name} detail={detail} />
          ) : tab === "quarantine" ? (
            <Quarantine key={name} name={name} />
          ) : tab === "history" ? (
            <History name={name} detail={detail} />
          ) : (
            <Rows key={name} name={name} />
          )}
        </>
      ) : problem ? null : (
        <Loading what={name} />
      )}
    </main>
  );
}
