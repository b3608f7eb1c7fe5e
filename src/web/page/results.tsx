// A result as a grid that draws only the rows in sight, as text to take away, or as a chart.
import { useEffect, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { Chart, isNumber } from "./charts";
import { asText, count, fromBase64, plural, seconds } from "./format";
import { BytesView, Copy, Loading, Problem } from "./parts";
import type { ResultColumn, Statement, Value } from "./statement";

const ROW_H = 30;
const MOST_ROWS = 500_000; // that a tab keeps, and that a browser can make a box high enough for

export function Chips({
  label,
  chips,
  chosen,
  choose,
}: {
  label: string;
  chips: { key: string; name: string; note: string }[];
  chosen: string | null;
  choose: (key: string | null) => void;
}) {
  return (
    <div class="chips" role="group" aria-label={label}>
      {chips.map(chip => (
        <button
          key={chip.key}
          aria-pressed={chip.key === chosen}
          onClick={() => choose(chip.key === chosen ? null : chip.key)}
        >
          {chip.name} <span class="note">{chip.note}</span>
        </button>
      ))}
    </div>
  );
}

const isBytes = (type: string): boolean => type === "varbinary";

function cellText(value: Value, type: string): string {
  if (value === null) return "NULL";
  if (isBytes(type) && typeof value === "string") {
    const data = fromBase64(value);
    return asText(data) ?? "0x" + [...data.slice(0, 64)].map(b => b.toString(16).padStart(2, "0")).join("");
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const NEEDS_MARKS = /[\t\n\r"',]/;
const csvCell = (value: Value): string => {
  const text = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  return NEEDS_MARKS.test(text) || (text === "" && value !== null) ? `"${text.replaceAll('"', '""')}"` : text;
};
const toCsv = (columns: ResultColumn[], rows: Value[][]): string =>
  [columns.map(column => csvCell(column.name)), ...rows.map(row => row.map(csvCell))]
    .map(row => row.join(","))
    .join("\r\n") + "\r\n";
// Columns of one name keep their values.
const toJson = (columns: ResultColumn[], rows: Value[][]): string => {
  const names = columns.map((column, i) =>
    columns.findIndex(each => each.name === column.name) === i ? column.name : `${column.name}_${i + 1}`,
  );
  return JSON.stringify(
    rows.map(row => Object.fromEntries(row.map((value, i) => [names[i]!, value]))),
    null,
    1,
  );
};

function widths(columns: ResultColumn[], rows: Value[][]): number[] {
  return columns.map((column, i) => {
    const longest = rows
      .slice(0, 100)
      .reduce((most, row) => Math.max(most, cellText(row[i]!, column.type).slice(0, 60).length), 0);
    return Math.min(46, Math.max(6, longest, column.name.length + 1, column.type.slice(0, 24).length * 0.85));
  });
}

export function Grid({ columns, rows }: { columns: ResultColumn[]; rows: Value[][] }) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [cell, setCell] = useState<{ row: number; column: number } | null>(null);
  useEffect(() => {
    if (box.current) setHeight(box.current.clientHeight || 600);
  }, [rows.length]);
  useEffect(() => setCell(null), [columns]);
  const first = Math.max(0, Math.floor(top / ROW_H) - 10),
    last = Math.min(rows.length, Math.ceil((top + height) / ROW_H) + 10);
  const ch = widths(columns, rows);
  const shown = cell && rows[cell.row] ? { value: rows[cell.row]![cell.column]!, column: columns[cell.column]! } : null;
  return (
    <div class="result">
      <div
        class="grid card"
        ref={box}
        onScroll={event => setTop(event.currentTarget.scrollTop)}
        tabIndex={0}
        role="region"
        aria-label="Result rows"
      >
        <table style={{ width: `${ch.reduce((sum, n) => sum + n + 3, 7)}ch` }} aria-rowcount={rows.length}>
          <colgroup>
            <col style={{ width: "7ch" }} />
            {ch.map((n, i) => (
              <col key={i} style={{ width: `${n + 3}ch` }} />
            ))}
            <col />
          </colgroup>
          <thead>
            <tr>
              <th class="n">#</th>
              {columns.map((column, i) => (
                <th key={i} class={isNumber(column.type) ? "n" : ""} title={`${column.name} ${column.type}`}>
                  {column.name}
                  <span class="type">{column.type}</span>
                </th>
              ))}
              <th aria-hidden="true" />
            </tr>
          </thead>
          <tbody>
            <tr style={{ height: `${first * ROW_H}px` }} aria-hidden="true" />
            {rows.slice(first, last).map((row, i) => (
              <tr key={first + i} aria-rowindex={first + i + 1}>
                <td class="n soft">{first + i + 1}</td>
                {row.map((value, c) => (
                  <td
                    key={c}
                    class={`${value === null ? "null" : ""} ${isNumber(columns[c]!.type) ? "n" : ""} ${cell?.row === first + i && cell.column === c ? "chosen" : ""}`}
                    onClick={() => setCell({ row: first + i, column: c })}
                  >
                    {cellText(value, columns[c]!.type).slice(0, 300)}
                  </td>
                ))}
                <td aria-hidden="true" />
              </tr>
            ))}
            <tr style={{ height: `${(rows.length - last) * ROW_H}px` }} aria-hidden="true" />
          </tbody>
        </table>
      </div>
      {shown ? (
        <div class="cell card">
          <div class="bar">
            <b>{shown.column.name}</b>
            <span class="soft">
              {shown.column.type}, row {count(cell!.row + 1)}
            </span>
            <button class="quiet" onClick={() => setCell(null)}>
              Close
            </button>
          </div>
          {shown.value === null ? (
            <p class="soft">NULL</p>
          ) : (
            <BytesView
              data={
                isBytes(shown.column.type)
                  ? fromBase64(String(shown.value))
                  : new TextEncoder().encode(cellText(shown.value, shown.column.type))
              }
            />
          )}
        </div>
      ) : null}
    </div>
  );
}

function download(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const asChart = signal(false);

export function Result({ statement, more }: { statement: Statement; more: number }) {
  const state = statement.state.value,
    columns = statement.columns.value,
    rows = statement.rows.value,
    error = statement.error.value;
  const status =
    state === "running"
      ? `Running: ${plural(rows.length, "row")} so far`
      : state === "paused"
        ? `The first ${plural(rows.length, "row")} in ${seconds(statement.elapsedMs.value / 1000)}; there are more`
        : state === "cancelled"
          ? `Cancelled after ${plural(rows.length, "row")}`
          : state === "failed"
            ? "Failed"
            : `${plural(rows.length, "row")} in ${seconds(statement.elapsedMs.value / 1000)}`;
  return (
    <section aria-label="Result">
      <div class="bar">
        <span class={`status ${state}`} role="status">
          {status}
        </span>
        {state === "paused" && rows.length >= MOST_ROWS ? (
          <span class="soft">This page keeps no more: narrow the statement, or ask with foz sql.</span>
        ) : null}
        {state === "paused" && rows.length < MOST_ROWS ? (
          <button onClick={() => statement.more(more)}>{count(more)} more</button>
        ) : null}
        <span class="spring" />
        {columns && rows.length ? (
          <>
            <div class="switch" role="group" aria-label="Show as">
              <button
                aria-pressed={!asChart.value}
                onClick={() => {
                  asChart.value = false;
                }}
              >
                Rows
              </button>
              <button
                aria-pressed={asChart.value}
                onClick={() => {
                  asChart.value = true;
                }}
              >
                Chart
              </button>
            </div>
            <Copy label="Copy CSV" text={() => toCsv(columns, rows)} />
            <Copy label="Copy JSON" text={() => toJson(columns, rows)} />
            <button class="quiet" onClick={() => download("result.csv", "text/csv", toCsv(columns, rows))}>
              Download CSV
            </button>
          </>
        ) : null}
      </div>
      {error ? (
        <Problem>
          <b>{error.name}</b>
          {error.line ? ` at line ${error.line}, column ${error.column}` : ""}:{" "}
          {error.message.replace(/^line \d+:\d+: /, "")}
        </Problem>
      ) : null}
      {statement.update.value && state === "finished" && !rows.length ? (
        <p class="pad">{statement.update.value}: done.</p>
      ) : null}
      {!columns && state === "running" ? <Loading what="the first page" /> : null}
      {columns && (rows.length || !error) ? (
        asChart.value && rows.length ? (
          <Chart columns={columns} rows={rows} />
        ) : (
          <Grid columns={columns} rows={rows} />
        )
      ) : null}
    </section>
  );
}
