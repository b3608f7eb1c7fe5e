// All tables and all topics, for when there are many.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { bytes, count, seconds, short } from "./format";
import { flows, head, now, quantile, tables, tick, topics } from "./live";
import { Empty, Outcome, Tag } from "./parts";
import { toTable, toTopic } from "./route";

const MOST = 200;
const filter = signal("");

interface Column<T> {
  name: string;
  number?: boolean;
  order: (item: T) => number | string;
  cell: (item: T) => ComponentChildren;
}
const sorting = signal<{ list: string; column: string; down: boolean }>({ list: "", column: "", down: false });

function List<T extends { now: { name: string } }>({
  title,
  items,
  columns,
  children,
}: {
  title: string;
  items: T[];
  columns: Column<T>[];
  children: ComponentChildren;
}) {
  const needle = filter.value.toLowerCase();
  const { column, down } = sorting.value.list === title ? sorting.value : { column: columns[0]!.name, down: false };
  const order = columns.find(each => each.name === column)?.order ?? columns[0]!.order;
  const compare = (a: T, b: T): number => {
    const [x, y] = [order(a), order(b)];
    return typeof x === "number" ? x - (y as number) : x.localeCompare(y as string);
  };
  const found = items
    .filter(item => item.now.name.toLowerCase().includes(needle))
    .sort((a, b) => (down ? compare(b, a) : compare(a, b)));
  return (
    <main>
      <div class="heading">
        <h1>{title}</h1>
        <input
          type="search"
          placeholder="Filter by name"
          aria-label={`Filter ${title} by name`}
          value={filter.value}
          onInput={event => {
            filter.value = event.currentTarget.value;
          }}
        />
        <span class="soft">
          {found.length > MOST ? `the first ${MOST} of ${count(found.length)}` : count(found.length)}
        </span>
      </div>
      {items.length === 0 ? (
        children
      ) : (
        <div class="scroll card">
          <table>
            <thead>
              <tr>
                {columns.map(each => (
                  <th
                    key={each.name}
                    class={each.number ? "n" : ""}
                    aria-sort={each.name !== column ? "none" : down ? "descending" : "ascending"}
                  >
                    <button
                      onClick={() => {
                        sorting.value = {
                          list: title,
                          column: each.name,
                          down: each.name === column ? !down : !!each.number,
                        };
                      }}
                    >
                      {each.name}
                      {each.name === column ? (down ? " ↓" : " ↑") : ""}
                    </button>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {found.slice(0, MOST).map(item => (
                <tr key={item.now.name}>
                  {columns.map(each => (
                    <td key={each.name} class={each.number ? "n" : ""}>
                      {each.cell(item)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </main>
  );
}

export function Tables() {
  tick.value;
  type Item = { now: { name: string }; seen: NonNullable<ReturnType<typeof tables.get>>; p99: number; rate: number };
  const items: Item[] = [...tables.values()].map(seen => ({
    now: seen.now,
    seen,
    p99: quantile(seen.recent(now()), 0.99),
    rate: seen.meter.rate(now()),
  }));
  return (
    <List
      title="Tables"
      items={items}
      columns={[
        {
          name: "Table",
          order: item => item.now.name,
          cell: ({ seen: { now: table } }) => (
            <>
              <a class="name" href={toTable(table.name)}>
                {table.name}
              </a>{" "}
              {table.blocked ? (
                <Tag tone="bad" title={table.blocked}>
                  blocked
                </Tag>
              ) : flows.get(table.name)?.now.error ? (
                <Tag tone="bad" title={flows.get(table.name)!.now.error}>
                  {flows.get(table.name)!.now.state}
                </Tag>
              ) : null}
            </>
          ),
        },
        { name: "Kind", order: item => item.seen.now.role, cell: item => item.seen.now.role },
        { name: "rows/s", number: true, order: item => item.rate, cell: item => short(item.rate) },
        { name: "fresh p99", number: true, order: item => item.p99, cell: item => seconds(item.p99) },
        {
          name: "lag",
          number: true,
          order: item => flows.get(item.now.name)?.now.lag_records ?? 0,
          cell: item => count(flows.get(item.now.name)?.now.lag_records ?? 0),
        },
        {
          name: "Outcome",
          order: item => flows.get(item.now.name)?.now.counts.quarantined ?? 0,
          cell: item => (flows.has(item.now.name) ? <Outcome counts={flows.get(item.now.name)!.now.counts} /> : null),
        },
        {
          name: "tail rows",
          number: true,
          order: item => item.seen.now.tail_rows,
          cell: item => count(item.seen.now.tail_rows),
        },
        {
          name: "version",
          number: true,
          order: item => item.seen.now.version,
          cell: item => count(item.seen.now.version),
        },
        { name: "files", number: true, order: item => item.seen.now.files, cell: item => count(item.seen.now.files) },
        {
          name: "in Delta",
          number: true,
          order: item => item.seen.now.bytes,
          cell: item => bytes(item.seen.now.bytes),
        },
      ]}
    >
      {head ? (
        <Empty title="No tables yet">
          <p>A topic is a table as soon as somebody produces to it.</p>
        </Empty>
      ) : null}
    </List>
  );
}

export function Topics() {
  tick.value;
  const items = [...topics.values()];
  return (
    <List
      title="Topics"
      items={items}
      columns={[
        {
          name: "Topic",
          order: item => item.now.name,
          cell: item => (
            <a class="name" href={toTopic(item.now.name)}>
              {item.now.name}
            </a>
          ),
        },
        {
          name: "partitions",
          number: true,
          order: item => item.now.partitions,
          cell: item => count(item.now.partitions),
        },
        {
          name: "records/s",
          number: true,
          order: item => item.meter.rate(now()),
          cell: item => short(item.meter.rate(now())),
        },
        {
          name: "in the log",
          number: true,
          order: item => item.now.records - item.now.log_start,
          cell: item => count(item.now.records - item.now.log_start),
        },
        { name: "ever", number: true, order: item => item.now.records, cell: item => count(item.now.records) },
        {
          name: "Bronze table",
          order: item => item.now.table,
          cell: item =>
            item.now.table ? (
              <a href={toTable(item.now.table)}>{item.now.table}</a>
            ) : (
              <span class="soft">kept in the log only</span>
            ),
        },
      ]}
    >
      {head ? (
        <Empty title="No topics yet">
          <p>
            Point any Kafka client at foz; a topic is made on first use. The <a href="#/">river</a> shows how.
          </p>
        </Empty>
      ) : null}
    </List>
  );
}
