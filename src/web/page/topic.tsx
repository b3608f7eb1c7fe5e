// One topic: its partitions and settings, and a browser of its records, newest first.
import { useEffect, useState } from "preact/hooks";
import { count, plural, short, time } from "./format";
import { now, tick, topics } from "./live";
import { BytesView, Code, Empty, Facts, Loading, Preview, Problem, Settings, Tag, unpack } from "./parts";
import { go, toTable, toTopic } from "./route";
import { ask, type LogRecord, type Records, type TopicDetail, topicPath } from "./server";
import { kafkaAddress } from "./river";
import { openSql } from "./editor";
import { sqlName } from "./sql_text";

const PAGE = 50;
const WHOLE = 1 << 20; // bytes of a record that is opened

const recordsSql = (
  table: string,
): string => `SELECT "partition", "offset", "timestamp", from_utf8("key") AS "key", from_utf8("value") AS "value"
FROM ${sqlName(table)}
ORDER BY "timestamp" DESC LIMIT 100`;

function useTopic(name: string) {
  const [detail, setDetail] = useState<TopicDetail | null>(null);
  const [problem, setProblem] = useState("");
  const records = topics.get(name)?.now.records;
  useEffect(() => {
    ask<TopicDetail>(topicPath(name))
      .then(answer => {
        setDetail(answer);
        setProblem("");
      })
      .catch((why: Error) => {
        setDetail(null);
        setProblem(why.message);
      });
  }, [name, records]);
  return { detail: detail?.name === name ? detail : null, problem };
}

function Opened({ topic, partition, record }: { topic: string; partition: number; record: LogRecord }) {
  const [whole, setWhole] = useState<LogRecord>(record);
  useEffect(() => {
    const cut = [record.key, record.value].some(raw => raw && unpack(raw).length < raw.size);
    if (!cut) return;
    void ask<Records>(`${topicPath(topic)}/records?partition=${partition}&from=${record.offset}&limit=1&bytes=${WHOLE}`)
      .then(answer => {
        if (answer.records[0]) setWhole(answer.records[0]);
      })
      .catch(() => {});
  }, [topic, partition, record]);
  return (
    <div class="opened">
      <Facts
        facts={[
          ["offset", count(whole.offset)],
          ["timestamp", time(whole.timestamp_ms)],
          [
            "link",
            <a href={toTopic(topic, partition, whole.offset)}>
              {topic} / {partition} / {whole.offset}
            </a>,
          ],
        ]}
      />
      <h3>Value</h3>
      {whole.value ? (
        <BytesView data={unpack(whole.value)} size={whole.value.size} />
      ) : (
        <p class="soft">null: a tombstone</p>
      )}
      <h3>Key</h3>
      {whole.key ? <BytesView data={unpack(whole.key)} size={whole.key.size} /> : <p class="soft">null</p>}
      {whole.headers.length ? (
        <>
          <h3>Headers</h3>
          <div class="scroll">
            <table>
              <tbody>
                {whole.headers.map((header, i) => (
                  <tr key={i}>
                    <td class="mono">{header.key}</td>
                    <td class="wrap">
                      <Preview raw={header.value} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      ) : null}
    </div>
  );
}

// What the address asks for: the newest records, those up to an offset, or from a time on.
function Browser({
  topic,
  detail,
  partition,
  offset,
}: {
  topic: string;
  detail: TopicDetail;
  partition: number;
  offset: number | null;
}) {
  const [records, setRecords] = useState<Records | null>(null);
  const [problem, setProblem] = useState("");
  const [open, setOpen] = useState<number | null>(offset);
  const [again, setAgain] = useState(0);
  const [follow, setFollow] = useState(true);
  const bounds = detail.partitions[partition];
  const end = bounds?.end ?? 0,
    start = bounds?.log_start ?? 0;
  const following = offset === null && follow && open === null;
  useEffect(() => setOpen(offset), [topic, partition, offset]);
  useEffect(() => {
    const abort = new AbortController();
    // A page ends with the offset that was asked for, so that it comes first; foz says why one is not there.
    const first = offset === null || offset < start || offset >= end ? offset : Math.max(start, offset - PAGE + 1);
    const from = first === null ? "" : `&from=${first}`;
    const limit = first === null || offset === null ? PAGE : offset - first + 1;
    ask<Records>(`${topicPath(topic)}/records?partition=${partition}${from}&limit=${limit}`, abort.signal)
      .then(answer => {
        setRecords(answer);
        setProblem("");
      })
      .catch((why: Error) => {
        if (!abort.signal.aborted) {
          setRecords(null);
          setProblem(why.message);
        }
      });
    return () => abort.abort();
  }, [topic, partition, offset, again, following ? end : 0]);

  const toTime = async (text: string) => {
    const at = new Date(text).getTime();
    if (Number.isNaN(at)) return;
    try {
      const { from, end: last } = await ask<Records>(
        `${topicPath(topic)}/records?partition=${partition}&time=${at}&limit=0`,
      );
      if (from >= last) setProblem(`no record of this partition is as new as ${time(at)}`);
      else go(toTopic(topic, partition, from));
    } catch (why) {
      setProblem((why as Error).message);
    }
  };
  const list = records ? [...records.records].reverse() : [];
  const newest = list[0]?.offset,
    oldest = list.at(-1)?.offset;
  return (
    <section aria-label="Records">
      <div class="bar controls">
        <label>
          Partition{" "}
          <select value={partition} onChange={event => go(toTopic(topic, Number(event.currentTarget.value)))}>
            {detail.partitions.map(each => (
              <option key={each.partition} value={each.partition}>
                {each.partition}
              </option>
            ))}
          </select>
        </label>
        <label>
          Offset{" "}
          <input
            type="number"
            min={start}
            max={Math.max(start, end - 1)}
            placeholder={`${start} … ${Math.max(start, end - 1)}`}
            value={offset ?? ""}
            onChange={event => {
              if (event.currentTarget.value) go(toTopic(topic, partition, Number(event.currentTarget.value)));
            }}
          />
        </label>
        <label>
          From time <input type="datetime-local" step="1" onChange={event => void toTime(event.currentTarget.value)} />
        </label>
        <span class="spring" />
        <label>
          <input
            type="checkbox"
            checked={following}
            disabled={offset !== null}
            onChange={event => {
              setFollow(event.currentTarget.checked);
              setOpen(null);
            }}
          />{" "}
          follow
        </label>
      </div>
      {problem ? <Problem>{problem}</Problem> : null}
      {!records && !problem ? <Loading what="records" /> : null}
      {records && !list.length && !problem ? (
        end > start ? (
          <p class="soft pad">No records here.</p>
        ) : (
          <Empty title="This partition is empty">
            <Code text={`echo '{"hello": "foz"}' | kcat -P -b ${kafkaAddress()} -t ${topic} -p ${partition}`} />
          </Empty>
        )
      ) : null}
      {list.length ? (
        <div class="scroll card">
          <table class="records-table">
            <thead>
              <tr>
                <th class="n">Offset</th>
                <th>Timestamp</th>
                <th>Key</th>
                <th>Value</th>
              </tr>
            </thead>
            <tbody>
              {list.flatMap(record => [
                <tr key={record.offset} class={open === record.offset ? "open" : ""}>
                  <td class="n">
                    <button
                      class="linkish"
                      aria-expanded={open === record.offset}
                      onClick={() => setOpen(open === record.offset ? null : record.offset)}
                    >
                      {record.offset}
                    </button>
                  </td>
                  <td>{time(record.timestamp_ms)}</td>
                  <td class="preview">
                    <Preview raw={record.key} />
                  </td>
                  <td class="preview wide">
                    <Preview raw={record.value} />
                    {record.headers.length ? (
                      <>
                        {" "}
                        <Tag tone="soft">{plural(record.headers.length, "header")}</Tag>
                      </>
                    ) : null}
                  </td>
                </tr>,
                open === record.offset ? (
                  <tr key={`${record.offset} open`}>
                    <td colSpan={4}>
                      <Opened topic={topic} partition={partition} record={record} />
                    </td>
                  </tr>
                ) : null,
              ])}
            </tbody>
          </table>
        </div>
      ) : null}
      {list.length ? (
        <div class="bar">
          <button
            disabled={offset === null}
            onClick={() => {
              setFollow(true);
              go(toTopic(topic, partition));
            }}
          >
            Newest
          </button>
          <button
            disabled={newest === undefined || newest >= end - 1}
            onClick={() => go(toTopic(topic, partition, Math.min(end - 1, newest! + PAGE)))}
          >
            Newer
          </button>
          <button
            disabled={oldest === undefined || oldest <= start}
            onClick={() => go(toTopic(topic, partition, oldest! - 1))}
          >
            Older
          </button>
          <button onClick={() => setAgain(again + 1)}>Read again</button>
          <span class="soft">
            {oldest} to {newest} of {start} to {end - 1}
          </span>
        </div>
      ) : null}
    </section>
  );
}

export function TopicView({ name, partition, offset }: { name: string; partition: number; offset: number | null }) {
  tick.value;
  const { detail, problem } = useTopic(name);
  const seen = topics.get(name);
  if (problem)
    return (
      <main>
        <h1>{name}</h1>
        <Problem>
          {name}: {problem}
        </Problem>
      </main>
    );
  if (!detail)
    return (
      <main>
        <h1>{name}</h1>
        <Loading what={name} />
      </main>
    );
  const records = detail.partitions.reduce((sum, each) => sum + each.end - each.log_start, 0);
  return (
    <main>
      <div class="heading">
        <h1>{name}</h1>
        <Tag tone="soft">topic</Tag>
      </div>
      <Facts
        facts={[
          ["records/s", short(seen?.meter.rate(now()) ?? 0)],
          ["records in the log", count(records)],
          ["partitions", count(detail.partitions.length)],
          ["bronze table", detail.table ? <a href={toTable(detail.table)}>{detail.table}</a> : "kept in the log only"],
          ["id", <span class="mono">{detail.id}</span>],
        ]}
      />
      {detail.table ? (
        <div class="bar">
          <button class="primary" onClick={() => openSql(recordsSql(detail.table))}>
            Query this topic
          </button>
        </div>
      ) : null}
      <h2>Records</h2>
      {detail.partitions[partition] ? (
        <Browser key={`${name} ${partition}`} topic={name} detail={detail} partition={partition} offset={offset} />
      ) : (
        <Problem>The topic has no partition {partition}.</Problem>
      )}
      <div class="columns">
        <section>
          <h2>Partitions</h2>
          <div class="scroll card">
            <table>
              <thead>
                <tr>
                  <th class="n">Partition</th>
                  <th class="n">from</th>
                  <th class="n">to</th>
                  <th class="n">records</th>
                </tr>
              </thead>
              <tbody>
                {detail.partitions.slice(0, 500).map(each => (
                  <tr key={each.partition}>
                    <td class="n">
                      <a href={toTopic(name, each.partition)}>{each.partition}</a>
                    </td>
                    <td class="n">{count(each.log_start)}</td>
                    <td class="n">{count(each.end)}</td>
                    <td class="n">{count(each.end - each.log_start)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
        <section>
          <h2>Configuration</h2>
          <Settings values={detail.config} />
        </section>
      </div>
    </main>
  );
}
