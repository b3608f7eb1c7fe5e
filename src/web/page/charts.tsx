// Charts drawn by hand: a small line for figures, and the quick chart of a result.
import { signal } from "@preact/signals";
import { count, short } from "./format";
import type { ResultColumn, Value } from "./statement";

export function Spark({ values, points }: { values: number[]; points: number }) {
  if (values.length < 2) return <svg class="spark" aria-hidden="true" />;
  const top = Math.max(...values) || 1;
  const at = (value: number, i: number) =>
    `${(((points - values.length + i) / (points - 1)) * 100).toFixed(1)},${(25 - (value / top) * 22).toFixed(1)}`;
  const line = values.map(at);
  const left = (((points - values.length) / (points - 1)) * 100).toFixed(1);
  return (
    <svg class="spark" viewBox="0 0 100 26" preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`${left},26 ${line.join(" ")} 100,26`} />
      <polyline points={line.join(" ")} />
    </svg>
  );
}

// --- the quick chart

export const isNumber = (type: string): boolean => /^(tinyint|smallint|integer|bigint|real|double|decimal)/.test(type);
const isTime = (type: string): boolean => /^(date|timestamp)/.test(type);
const MOST = 2000; // points of a line
const MOST_BARS = 40;
const MOST_LINES = 4;

interface Plan {
  x: number;
  ys: number[];
  kind: "line" | "bar";
}

// A time or a number along the bottom makes a line, words make bars; null: there is nothing to draw.
function plan(columns: ResultColumn[]): Plan | null {
  const numbers = columns.map((_, i) => i).filter(i => isNumber(columns[i]!.type));
  const x = columns.findIndex(column => isTime(column.type));
  const word = columns.findIndex(column => /^(varchar|char|boolean)/.test(column.type));
  if (x >= 0 && numbers.length) return { x, ys: numbers.slice(0, MOST_LINES), kind: "line" };
  if (word >= 0 && numbers.length) return { x: word, ys: numbers.slice(0, MOST_LINES), kind: "bar" };
  if (numbers.length > 1) return { x: numbers[0]!, ys: numbers.slice(1, 1 + MOST_LINES), kind: "line" };
  return null;
}

const W = 900,
  H = 320,
  LEFT = 64,
  BOTTOM = 34,
  TOP = 12,
  RIGHT = 12;

function steps(low: number, high: number): number[] {
  const rough = (high - low) / 5 || 1,
    power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= rough) ?? rough;
  const list: number[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) list.push(at);
  return list;
}

const hovered = signal<string>("");

export function Chart({ columns, rows }: { columns: ResultColumn[]; rows: Value[][] }) {
  const chosen = plan(columns);
  if (!chosen)
    return <p class="soft pad">A chart needs a column of numbers, and one of times, words or numbers to put below.</p>;
  const { x, ys, kind } = chosen;
  const type = columns[x]!.type;
  const place = (value: Value): number =>
    isTime(type) ? Date.parse(String(value).replace(" UTC", "Z").replace(" ", "T")) : Number(value);
  let used = rows.filter(row => row[x] !== null);
  if (kind === "line")
    used = used.filter(row => Number.isFinite(place(row[x]!))).sort((a, b) => place(a[x]!) - place(b[x]!));
  const cut = used.length > (kind === "bar" ? MOST_BARS : MOST);
  used = used.slice(0, kind === "bar" ? MOST_BARS : MOST);
  if (!used.length) return <p class="soft pad">No rows to draw.</p>;
  const values = ys.flatMap(y => used.map(row => Number(row[y]))).filter(Number.isFinite);
  const high = Math.max(0, ...values),
    low = Math.min(0, ...values),
    span = high - low || 1;
  const py = (value: number) => TOP + ((high - value) / span) * (H - TOP - BOTTOM);
  const from = kind === "line" ? place(used[0]![x]!) : 0,
    to = kind === "line" ? place(used.at(-1)![x]!) : 1;
  const px = (value: number) => LEFT + (to > from ? (value - from) / (to - from) : 0.5) * (W - LEFT - RIGHT);
  const slot = (W - LEFT - RIGHT) / used.length;
  const label = (row: Value[]) =>
    `${String(row[x])}: ` + ys.map(y => `${columns[y]!.name} ${String(row[y])}`).join(", ");
  const ticks =
    kind === "bar"
      ? used.map((row, i) => [LEFT + slot * (i + 0.5), String(row[x])] as const)
      : [0, 0.25, 0.5, 0.75, 1]
          .map(part => used[Math.round(part * (used.length - 1))]!)
          .map(row => [px(place(row[x]!)), String(row[x]).replace(/\.\d+/, "").replace(" UTC", "")] as const);
  const wide = kind === "bar" ? Math.max(2, Math.floor(slot / 7)) : 19;
  const summary = `${kind === "bar" ? "Bars" : "Lines"} of ${ys.map(y => columns[y]!.name).join(", ")} by ${columns[x]!.name}`;
  return (
    <figure class="chart">
      <figcaption>
        {ys.map((y, i) => (
          <span key={y} class={`key c${i}`}>
            {columns[y]!.name}
          </span>
        ))}
        <span class="soft">
          by {columns[x]!.name}
          {cut ? `, the first ${count(used.length)} of ${count(rows.length)} rows` : ""}
        </span>
        <span class="reading" role="status">
          {hovered.value}
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${W} ${H}`}
        role="img"
        aria-label={summary}
        onMouseLeave={() => {
          hovered.value = "";
        }}
      >
        {steps(low, high).map(value => (
          <g key={value}>
            <line class="grid" x1={LEFT} x2={W - RIGHT} y1={py(value)} y2={py(value)} />
            <text x={LEFT - 8} y={py(value) + 4} text-anchor="end">
              {Math.abs(value) < 10 ? +value.toPrecision(6) : short(value)}
            </text>
          </g>
        ))}
        {ticks
          .filter((_, i) => kind === "line" || i % Math.ceil(ticks.length / 20) === 0)
          .map(([at, text], i) => (
            <text
              key={i}
              x={at}
              y={H - 12}
              text-anchor={kind === "line" && i === 0 ? "start" : kind === "line" && i === 4 ? "end" : "middle"}
            >
              {text.length > wide + 1 ? text.slice(0, wide) + "…" : text}
            </text>
          ))}
        {kind === "line"
          ? ys.map((y, i) => (
              <polyline
                key={y}
                class={`line c${i}`}
                points={used
                  .filter(row => row[y] !== null)
                  .map(row => `${px(place(row[x]!)).toFixed(1)},${py(Number(row[y])).toFixed(1)}`)
                  .join(" ")}
              />
            ))
          : used.map((row, r) =>
              ys.map((y, i) => {
                const width = (slot * 0.78) / ys.length,
                  value = Number(row[y]);
                return (
                  <rect
                    key={`${r} ${y}`}
                    class={`c${i}`}
                    x={LEFT + slot * (r + 0.11) + width * i}
                    width={Math.max(1, width - 1)}
                    y={py(Math.max(0, value))}
                    height={Math.abs(py(value) - py(0)) || 0}
                    rx={Math.min(3, width / 4)}
                  />
                );
              }),
            )}
        {used.length <= 400 &&
          used.map((row, r) => {
            const center = kind === "bar" ? LEFT + slot * (r + 0.5) : px(place(row[x]!));
            return (
              <rect
                key={r}
                class="touch"
                x={center - slot / 2}
                width={slot}
                y={TOP}
                height={H - TOP - BOTTOM}
                onMouseEnter={() => {
                  hovered.value = label(row);
                }}
              >
                <title>{label(row)}</title>
              </rect>
            );
          })}
      </svg>
    </figure>
  );
}
