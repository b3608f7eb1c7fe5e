// The rows that a table could not take, with reason, origin and bytes.
import { useEffect, useState } from "preact/hooks";
import { openSql } from "./editor";
import { count, fromBase64, short, sqlText } from "./format";
import { BytesView, Empty, Facts, Problem, Tag } from "./parts";
import { Chips } from "./results";
import { quarantineOf } from "./river_layout";
import { toTopic } from "./route";
import { sqlName } from "./sql_text";
import { query, useStatement, type Value } from "./statement";

const PAGE = 50;

function QuarantinedRow({ row }: { row: Value[] }) {
  const [open, setOpen] = useState(false);
  const [reason, expectation, topic, partition, offset, timestamp, key, value, input] = row;
  const data =
    typeof value === "string" ? fromBase64(value) : typeof input === "string" ? new TextEncoder().encode(input) : null;
  const text = data && new TextDecoder().decode(data.slice(0, 200));
  return (
    <li>
      <button class="row" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="reason">
          {expectation ? <Tag tone="warn">{String(expectation)}</Tag> : <Tag tone="bad">row error</Tag>}{" "}
          {String(reason)}
        </span>
        <span class="soft mono preview">{text}</span>
      </button>
      {open ? (
        <div class="opened">
          <Facts
            facts={[
              topic !== null && offset !== null
                ? [
                    "origin",
                    <a href={toTopic(String(topic), Number(partition), Number(offset))}>
                      {String(topic)} / {String(partition)} / {String(offset)}
                    </a>,
                  ]
                : ["origin", "not known"],
              timestamp !== null ? ["record time", String(timestamp)] : null,
              key !== null
                ? ["key", <span class="mono">{new TextDecoder().decode(fromBase64(String(key)))}</span>]
                : null,
            ]}
          />
          {data ? <BytesView data={data} /> : <p class="soft">The record has no value.</p>}
        </div>
      ) : null}
    </li>
  );
}

export function Quarantine({ name }: { name: string }) {
  const from = sqlName(quarantineOf(name));
  const [reasons, setReasons] = useState<Value[][] | null>(null);
  const [chosen, choose] = useState<string | null>(null);
  const [page, setPage] = useState(0);
  const [again, setAgain] = useState(0);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    setProblem("");
    query(`SELECT coalesce(expectation, '') AS expectation, count(*) FROM ${from} GROUP BY 1 ORDER BY 2 DESC`)
      .then(setReasons)
      .catch((why: Error) => setProblem(why.message));
  }, [from, again]);
  const where =
    chosen === null ? "" : chosen === "" ? " WHERE expectation IS NULL" : ` WHERE expectation = ${sqlText(chosen)}`;
  const list =
    `SELECT reason, expectation, topic, "partition", "offset", "timestamp", "key", "value", "input" FROM ${from}${where}` +
    ` ORDER BY "timestamp" DESC NULLS LAST, "offset" DESC NULLS LAST`;
  const statement = useStatement(`${list} OFFSET ${page * PAGE} LIMIT ${PAGE}`, again);
  const total = (reasons ?? [])
    .filter(row => chosen === null || row[0] === chosen)
    .reduce((sum, row) => sum + Number(row[1]), 0);
  const rows = statement?.rows.value ?? [];
  return (
    <section aria-label="Quarantine">
      <div class="bar">
        <button class="primary" onClick={() => openSql(`SELECT * FROM ${from}${where} LIMIT 100`)}>
          Query the quarantine
        </button>
        <button onClick={() => setAgain(again + 1)}>Read again</button>
      </div>
      {problem ? <Problem>{problem}</Problem> : null}
      {reasons && reasons.length ? (
        <Chips
          label="Why"
          chosen={chosen}
          choose={key => {
            choose(key);
            setPage(0);
          }}
          chips={reasons.map(row => ({
            key: String(row[0]),
            name: String(row[0]) || "row errors",
            note: short(Number(row[1])),
          }))}
        />
      ) : null}
      {statement?.error.value ? <Problem>{statement.error.value.message}</Problem> : null}
      {reasons && !total && !problem ? (
        <Empty title="Nothing is in quarantine">
          <p>
            Rows that an expectation sends here, and rows that cannot be read, are kept with their bytes, origin and
            reason.
          </p>
        </Empty>
      ) : null}
      <ul class="records">
        {rows.map((row, i) => (
          <QuarantinedRow key={`${page} ${again} ${i}`} row={row} />
        ))}
      </ul>
      {total > PAGE ? (
        <div class="bar">
          <button disabled={page === 0} onClick={() => setPage(page - 1)}>
            Newer
          </button>
          <button disabled={(page + 1) * PAGE >= total} onClick={() => setPage(page + 1)}>
            Older
          </button>
          <span class="soft">
            {count(page * PAGE + 1)} to {count(Math.min(total, (page + 1) * PAGE))} of {count(total)}
          </span>
        </div>
      ) : null}
    </section>
  );
}
