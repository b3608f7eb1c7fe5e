// The SQL editor: a text area over its own text in colours, completion, history, and results.
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { ago, count } from "./format";
import { tables, tick } from "./live";
import { Result } from "./results";
import { go, replace, route, toSql } from "./route";
import { complete, Highlighted, type Mark, markAt, type Proposal, readCatalogue } from "./sql_text";
import { Statement } from "./statement";

const PAGE_ROWS = 5000;
const HISTORY = 50;

const text = signal("");
const statement = signal<Statement | null>(null);
const mark = signal<Mark | null>(null);
const proposed = signal<{ from: number; proposals: Proposal[]; chosen: number; x: number; y: number } | null>(null);
// A statement that came from a button of this page runs at once; one from a link waits for its reader.
let runAtOnce = "";

export function openSql(sql: string): void {
  runAtOnce = sql;
  go(toSql(sql));
}

// --- history

interface Past {
  sql: string;
  at: number;
}
const KEY = "foz.statements";

function readPast(): Past[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(list)
      ? list.filter((each): each is Past => typeof each?.sql === "string" && typeof each?.at === "number")
      : [];
  } catch {
    return [];
  }
}
const past = signal<Past[]>(readPast());

function remember(sql: string): void {
  past.value = [{ sql, at: Date.now() }, ...past.value.filter(each => each.sql !== sql)].slice(0, HISTORY);
  try {
    localStorage.setItem(KEY, JSON.stringify(past.value));
  } catch {
    /* a full or forbidden storage costs the history, not the statement */
  }
}

// --- running

export function run(): void {
  // A statement ends without a semicolon; positions in it are those of the text.
  const sql = text.value.replace(/;\s*$/, "");
  if (!sql.trim()) return;
  statement.value?.cancel();
  mark.value = null;
  proposed.value = null;
  const began = new Statement(sql, PAGE_ROWS);
  statement.value = began;
  remember(text.value);
  replace(toSql(text.value));
  began.error.subscribe(error => {
    if (error?.line && statement.value === began) mark.value = markAt(sql, error.line, error.column ?? 1);
  });
}

const running = (): boolean => statement.value?.state.value === "running";

// --- the text area

const LINE_H = 21,
  PAD = 12;

function Area() {
  const area = useRef<HTMLTextAreaElement>(null);
  const paint = useRef<HTMLPreElement>(null);
  const ruler = useRef<HTMLSpanElement>(null);
  const caretAfter = useRef<number | null>(null);

  const scroll = () => {
    if (paint.current && area.current) {
      paint.current.style.transform = `translate(${-area.current.scrollLeft}px, ${-area.current.scrollTop}px)`;
    }
  };
  useLayoutEffect(() => {
    if (caretAfter.current !== null) {
      area.current!.setSelectionRange(caretAfter.current, caretAfter.current);
      caretAfter.current = null;
    }
    scroll();
  });

  const propose = (explicit: boolean) => {
    const { value, selectionStart: caret, selectionEnd } = area.current!;
    if (caret !== selectionEnd) return void (proposed.value = null);
    const { from, proposals } = complete(value, caret);
    if (!proposals.length || (!explicit && caret - from < 1 && value[caret - 1] !== "."))
      return void (proposed.value = null);
    const line = value.slice(0, from).split("\n");
    const width = ruler.current!.getBoundingClientRect().width / 10;
    const x = PAD + line.at(-1)!.length * width - area.current!.scrollLeft;
    proposed.value = {
      from,
      proposals,
      chosen: 0,
      x: Math.max(0, Math.min(x, area.current!.clientWidth - 260)),
      y: PAD + line.length * LINE_H - area.current!.scrollTop,
    };
  };
  const accept = (proposal: Proposal) => {
    const { value, selectionStart: caret } = area.current!;
    const rest = proposal.text.startsWith('"') && value[caret] === '"' ? caret + 1 : caret;
    text.value = value.slice(0, proposed.value!.from) + proposal.text + value.slice(rest);
    caretAfter.current = proposed.value!.from + proposal.text.length;
    proposed.value = null;
    area.current!.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const now = proposed.value;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    } else if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      propose(true);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (now) proposed.value = null;
      else if (running()) statement.value!.cancel();
      else area.current!.blur();
    } else if (now && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      proposed.value = { ...now, chosen: (now.chosen + step + now.proposals.length) % now.proposals.length };
    } else if (now && (event.key === "Tab" || event.key === "Enter")) {
      event.preventDefault();
      accept(now.proposals[now.chosen]!);
    }
  };
  const box = proposed.value;
  return (
    <div class="editor card">
      <div class="paint" aria-hidden="true">
        <pre ref={paint}>
          <Highlighted text={text.value + "\n"} mark={mark.value} />
        </pre>
      </div>
      <textarea
        ref={area}
        value={text.value}
        aria-label="SQL statement"
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        wrap="off"
        rows={Math.min(24, Math.max(6, text.value.split("\n").length + 1))}
        placeholder="SELECT … FROM …"
        aria-autocomplete="list"
        aria-controls="proposals"
        aria-activedescendant={box ? `proposal-${box.chosen}` : undefined}
        aria-invalid={mark.value !== null}
        onScroll={scroll}
        onKeyDown={onKeyDown}
        onClick={() => {
          proposed.value = null;
        }}
        onBlur={() => {
          proposed.value = null;
        }}
        onInput={event => {
          text.value = event.currentTarget.value;
          mark.value = null;
          propose(false);
        }}
      />
      <span ref={ruler} class="ruler" aria-hidden="true">
        mmmmmmmmmm
      </span>
      {box ? (
        <ul id="proposals" role="listbox" aria-label="Completions" style={{ left: `${box.x}px`, top: `${box.y}px` }}>
          {box.proposals.map((each, i) => (
            <li
              key={each.kind + each.text}
              id={`proposal-${i}`}
              role="option"
              aria-selected={i === box.chosen}
              onMouseDown={event => {
                event.preventDefault();
                accept(each);
              }}
            >
              <span>{each.text}</span>
              <span class="soft">{each.note || each.kind}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Examples() {
  const names = [...tables.keys()].filter(name => /^[a-z_]\w*\.[a-z_]\w*$/.test(name)).slice(0, 4);
  const list = [
    ...names.map(name => `SELECT * FROM ${name} LIMIT 100`),
    "SHOW TABLES FROM silver",
    "SELECT table_schema, table_name, count(*) AS columns\nFROM lake.information_schema.columns GROUP BY 1, 2 ORDER BY 1, 2",
  ];
  return (
    <div class="empty">
      <h2>Ask anything of all tables, as they are this instant</h2>
      <ul class="plain">
        {list.map(sql => (
          <li key={sql}>
            <button
              class="linkish mono"
              onClick={() => {
                text.value = sql;
                run();
              }}
            >
              {sql}
            </button>
          </li>
        ))}
      </ul>
      <p class="soft">
        The same answers come to any Trino client: <code>foz sql -e 'SELECT …'</code>, JDBC, Python, Superset, dbt.
      </p>
    </div>
  );
}

export function Editor() {
  const asked = route.value.query.get("q");
  const read = tables.size;
  tick.value;
  useEffect(() => {
    if (asked !== null && asked !== text.value) {
      text.value = asked;
      mark.value = null;
      statement.value?.cancel();
      statement.value = null;
    }
    if (asked !== null && runAtOnce === asked) {
      runAtOnce = "";
      run();
    }
  }, [asked]);
  useEffect(() => {
    void readCatalogue(read);
  }, [read]);
  useEffect(() => document.querySelector<HTMLTextAreaElement>(".editor textarea")?.focus(), []);
  return (
    <main class="sql-view">
      <div class="heading">
        <h1>SQL</h1>
        <span class="soft">Trino's dialect over all tables, tail included</span>
      </div>
      <Area />
      <div class="bar">
        {running() ? (
          <button class="danger" onClick={() => statement.value?.cancel()}>
            Cancel <kbd>Esc</kbd>
          </button>
        ) : (
          <button class="primary" onClick={run} disabled={!text.value.trim()}>
            Run <kbd>Ctrl Enter</kbd>
          </button>
        )}
        <span class="soft hint">
          <kbd>Ctrl Space</kbd> completes. The address holds the statement.
        </span>
      </div>
      {statement.value ? <Result statement={statement.value} more={PAGE_ROWS} /> : <Examples />}
      {past.value.length ? (
        <details class="past">
          <summary>
            {count(past.value.length)} earlier statement{past.value.length === 1 ? "" : "s"}
          </summary>
          <ul>
            {past.value.map(each => (
              <li key={each.sql}>
                <button
                  class="linkish mono"
                  onClick={() => {
                    text.value = each.sql;
                    mark.value = null;
                  }}
                >
                  {each.sql}
                </button>
                <span class="soft">{ago(each.at, Date.now())}</span>
              </li>
            ))}
          </ul>
          <button
            class="quiet"
            onClick={() => {
              past.value = [];
              localStorage.removeItem(KEY);
            }}
          >
            Forget them
          </button>
        </details>
      ) : null}
    </main>
  );
}
