// SQL as text: its tokens, their colours, and what may follow the caret.
import { signal } from "@preact/signals";
import { quoted } from "./format";
import { splitName } from "./server";
import { query } from "./statement";

const KEYWORDS = (
  "SELECT FROM WHERE GROUP BY ORDER HAVING LIMIT OFFSET WITH AS ON USING JOIN LEFT RIGHT FULL INNER OUTER CROSS " +
  "UNION INTERSECT EXCEPT ALL DISTINCT AND OR NOT IN EXISTS BETWEEN LIKE ESCAPE IS NULL TRUE FALSE CASE WHEN THEN ELSE END CAST " +
  "TRY_CAST INTERVAL DATE TIMESTAMP TIME ZONE AT ASC DESC NULLS FIRST LAST OVER PARTITION ROWS RANGE UNBOUNDED PRECEDING " +
  "FOLLOWING CURRENT ROW FILTER WITHIN VALUES UNNEST ORDINALITY LATERAL TABLESAMPLE SHOW TABLES SCHEMAS CATALOGS COLUMNS " +
  "FUNCTIONS DESCRIBE EXPLAIN ANALYZE USE FOR VERSION OF EXTRACT ROLLUP CUBE GROUPING SETS FETCH NEXT ONLY RECURSIVE SET SESSION " +
  "VARCHAR VARBINARY BIGINT INTEGER SMALLINT TINYINT DOUBLE REAL DECIMAL BOOLEAN ARRAY MAP STREAM STREAMING TABLE CREATE REFRESH " +
  "REPLACE CONSTRAINT EXPECT VIOLATION QUARANTINE DROP STRING INT"
).split(" ");
const IS_KEYWORD = new Set(KEYWORDS);

export const sqlName = (table: string): string => splitName(table).map(quoted).join(".");

type Kind = "keyword" | "text" | "name" | "number" | "comment" | "word" | "other";
interface Token {
  kind: Kind;
  text: string;
  at: number;
}

// Every character is in one token; what is not closed goes on to the end.
const PATTERN =
  /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*(?:'|$))|("(?:[^"]|"")*(?:"|$))|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([\p{L}_][\p{L}\p{N}_]*)|(\s+|[\s\S])/gu;

function tokens(sql: string): Token[] {
  return [...sql.matchAll(PATTERN)]
    .map(
      ([text, comment, string, name, number, word]) =>
        ({
          text,
          at: 0,
          kind: comment
            ? "comment"
            : string
              ? "text"
              : name
                ? "name"
                : number
                  ? "number"
                  : word
                    ? IS_KEYWORD.has(word.toUpperCase())
                      ? "keyword"
                      : "word"
                    : "other",
        }) satisfies Token,
    )
    .map(
      (at => token => {
        token.at = at;
        at += token.text.length;
        return token;
      })(0),
    );
}

export interface Mark {
  from: number;
  to: number;
}

// The text in colours; `mark` is where the error is.
export function Highlighted({ text, mark = null }: { text: string; mark?: Mark | null }) {
  return (
    <>
      {tokens(text).map(token => {
        const wrong =
          mark && token.at < mark.to && token.at + token.text.length > mark.from && token.text.trim() !== "";
        return (token.kind === "other" && !wrong) || (token.kind === "word" && !wrong) ? (
          token.text
        ) : (
          <span key={token.at} class={`${token.kind}${wrong ? " wrong" : ""}`}>
            {token.text}
          </span>
        );
      })}
    </>
  );
}

export const Sql = ({ text }: { text: string }) => (
  <pre class="sql" tabIndex={0}>
    <Highlighted text={text} />
  </pre>
);

// Line and column (from 1, in characters as Trino counts) to the token that begins there.
export function markAt(text: string, line: number, column: number): Mark {
  const lines = text.split("\n");
  let at =
    lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) +
    [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
  at = Math.min(at, Math.max(0, text.length - 1));
  const all = tokens(text);
  const token = all.find(each => each.at <= at && at < each.at + each.text.length);
  if (token && token.kind !== "other") return { from: token.at, to: token.at + token.text.length };
  return { from: at, to: at + 1 };
}

// --- completion

export interface Known {
  schema: string;
  table: string;
  columns: { name: string; type: string }[];
}
export const known = signal<Known[]>([]);
const functions = signal<string[]>([]);
let readFor = -1;

// Reads the catalogue again when the number of tables is another.
export async function readCatalogue(tables: number): Promise<void> {
  if (readFor === tables) return;
  readFor = tables;
  try {
    const rows = await query(
      `SELECT table_schema, table_name, column_name, data_type FROM lake.information_schema.columns
      WHERE table_schema <> 'information_schema' ORDER BY table_schema, table_name, ordinal_position LIMIT 30000`,
      30000,
    );
    const all: Known[] = [];
    for (const [schema, table, name, type] of rows as string[][]) {
      const last = all.at(-1);
      if (last?.schema !== schema || last?.table !== table) all.push({ schema: schema!, table: table!, columns: [] });
      all.at(-1)!.columns.push({ name: name!, type: type! });
    }
    known.value = all;
    if (!functions.value.length) {
      functions.value = [...new Set((await query("SHOW FUNCTIONS", 10000)).map(row => String(row[0])))]
        .filter(name => /^[a-z]\w*$/.test(name))
        .sort();
    }
  } catch {
    readFor = -1; // foz is not ready yet: at the next occasion
  }
}

export interface Proposal {
  text: string;
  kind: string;
  note: string;
}

const asName = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) && !IS_KEYWORD.has(name.toUpperCase()) ? name : `"${name.replaceAll('"', '""')}"`;
const bare = (token: Token): string =>
  token.kind === "name" ? token.text.slice(1).replace(/"$/, "").replaceAll('""', '"') : token.text.toLowerCase();
const isName = (token: Token | undefined): boolean =>
  token !== undefined && (token.kind === "word" || token.kind === "name" || token.kind === "keyword");

// The tables that the statement names, with their aliases.
function mentioned(all: Token[]): Map<string, Known> {
  const found = new Map<string, Known>();
  const list = all.filter(token => token.text.trim() !== "" && token.kind !== "comment");
  for (let i = 0; i < list.length; i++) {
    if (!/^(from|join|,)$/i.test(list[i]!.text) || !isName(list[i + 1])) continue;
    const parts = [bare(list[++i]!)];
    while (list[i + 1]?.text === "." && isName(list[i + 2])) {
      parts.push(bare(list[i + 2]!));
      i += 2;
    }
    const [table, schema] = [parts.at(-1), parts.at(-2)];
    const match = known.value.find(
      each => each.table.toLowerCase() === table && (!schema || each.schema.toLowerCase() === schema),
    );
    if (!match) continue;
    found.set(match.table.toLowerCase(), match);
    const alias = /^as$/i.test(list[i + 1]?.text ?? "") ? list[i + 2] : list[i + 1];
    if (alias && (alias.kind === "word" || alias.kind === "name")) found.set(bare(alias).toLowerCase(), match);
  }
  return found;
}

// What may stand at the caret, best first; `from` is where the word begins that it takes the place of.
export function complete(text: string, caret: number): { from: number; proposals: Proposal[] } {
  const all = tokens(text);
  const inside = all.find(token => token.at < caret && caret <= token.at + token.text.length);
  const none = { from: caret, proposals: [] };
  if (inside && (inside.kind === "text" || inside.kind === "comment" || inside.kind === "number")) return none;
  const word = isName(inside) ? inside! : null;
  const from = word ? word.at : caret;
  const prefix = word ? text.slice(from, caret).replace(/^"/, "").toLowerCase() : "";
  const before = all.filter(
    token => token.at + token.text.length <= from && token.text.trim() !== "" && token.kind !== "comment",
  );
  const last = before.at(-1);
  const tables = mentioned(all);
  const proposals: Proposal[] = [];
  const columns = (table: Known) => {
    for (const column of table.columns)
      proposals.push({ text: asName(column.name), kind: "column", note: column.type });
  };
  if (last?.text === ".") {
    const owner = before.at(-2);
    if (!isName(owner)) return none;
    const name = bare(owner!).toLowerCase();
    for (const each of known.value) {
      if (each.schema.toLowerCase() === name)
        proposals.push({ text: asName(each.table), kind: "table", note: each.schema });
    }
    if (tables.has(name)) columns(tables.get(name)!);
    if (name === "lake")
      for (const schema of new Set(known.value.map(each => each.schema)))
        proposals.push({ text: asName(schema), kind: "schema", note: "" });
  } else {
    const wantsTable = /^(from|join|describe|table)$/i.test(last?.text ?? "");
    if (!wantsTable) for (const table of new Set(tables.values())) columns(table);
    for (const each of known.value) {
      if (wantsTable || prefix)
        proposals.push({
          text: `${asName(each.schema)}.${asName(each.table)}`,
          kind: "table",
          note: `${each.columns.length} columns`,
        });
    }
    for (const schema of new Set(known.value.map(each => each.schema)))
      proposals.push({ text: asName(schema), kind: "schema", note: "" });
    if (!wantsTable) {
      for (const name of KEYWORDS) proposals.push({ text: name, kind: "keyword", note: "" });
      for (const name of functions.value) proposals.push({ text: name, kind: "function", note: "" });
    }
  }
  const plain = (proposal: Proposal) => proposal.text.replaceAll('"', "").toLowerCase();
  const score = (proposal: Proposal): number => {
    const name = plain(proposal);
    if (name.startsWith(prefix)) return 0;
    return name.split(/[._]/).some(part => part.startsWith(prefix)) || name.includes("." + prefix) ? 1 : 2;
  };
  const seen = new Set<string>();
  return {
    from,
    proposals: proposals
      .filter(
        each =>
          score(each) < 2 &&
          plain(each) !== prefix &&
          !seen.has(each.text + each.kind) &&
          seen.add(each.text + each.kind),
      )
      .map((each, i) => ({ each, i, score: score(each) }))
      .sort((a, b) => a.score - b.score || a.i - b.i)
      .slice(0, 12)
      .map(({ each }) => each),
  };
}
