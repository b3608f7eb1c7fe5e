// What the keyboard opens over any view: search in everything, and help.
import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { tables, topics } from "./live";
import { openSql } from "./editor";
import { go, link, toTable, toTopic } from "./route";
import { known, readCatalogue } from "./sql_text";

export const opened = signal<"search" | "help" | null>(null);

function Dialog({ label, children }: { label: string; children: ComponentChildren }) {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    // before the next key
    const dialog = ref.current!;
    dialog.showModal();
    return () => dialog.close(); // the focus goes back to where it was
  }, []);
  return (
    <dialog
      ref={ref}
      aria-label={label}
      onClose={() => {
        opened.value = null;
      }}
      onClick={event => {
        if (event.target === ref.current) ref.current!.close();
      }}
    >
      {children}
    </dialog>
  );
}

interface Hit {
  kind: string;
  name: string;
  note: string;
  open: () => void;
}
const words = signal("");
const chosen = signal(0);

function hits(): Hit[] {
  const all: Hit[] = [
    ...[
      ["River", "/"],
      ["Tables", "/tables"],
      ["Topics", "/topics"],
      ["SQL", "/sql"],
    ].map(([name, to]) => ({ kind: "view", name: name!, note: "", open: () => go("#" + to) })),
    ...[...tables.values()].map(({ now }) => ({
      kind: "table",
      name: now.name,
      note: now.role,
      open: () => go(toTable(now.name)),
    })),
    ...[...topics.values()].map(({ now }) => ({
      kind: "topic",
      name: now.name,
      note: "",
      open: () => go(toTopic(now.name)),
    })),
  ];
  const needle = words.value.trim().toLowerCase();
  if (!needle) return all.slice(0, 12);
  for (const each of known.value) {
    const table = `${each.schema}.${each.table}`;
    for (const column of each.columns) {
      all.push({
        kind: "column",
        name: column.name,
        note: `${table}, ${column.type}`,
        open: () => go(toTable(table, "schema")),
      });
    }
  }
  if (/^(select|with|show|describe|explain|values|table)\s/i.test(words.value)) {
    const sql = words.value;
    return [{ kind: "run", name: sql, note: "as SQL", open: () => openSql(sql) }];
  }
  return all
    .map(hit => ({ hit, at: hit.name.toLowerCase().indexOf(needle) }))
    .filter(each => each.at >= 0)
    .sort((a, b) => a.at - b.at || a.hit.name.length - b.hit.name.length)
    .slice(0, 12)
    .map(each => each.hit);
}

function Search() {
  const list = hits();
  const at = Math.min(chosen.value, list.length - 1);
  useEffect(() => {
    words.value = "";
    chosen.value = 0;
    void readCatalogue(tables.size);
  }, []);
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    opened.value = null;
    hit.open();
  };
  return (
    <Dialog label="Search">
      <input
        type="text"
        autofocus
        placeholder="Tables, topics, columns, or a SELECT"
        role="combobox"
        list={undefined}
        aria-expanded="true"
        aria-controls="hits"
        aria-activedescendant={list.length ? `hit-${at}` : undefined}
        aria-label="Search everything"
        value={words.value}
        onInput={event => {
          words.value = event.currentTarget.value;
          chosen.value = 0;
        }}
        onKeyDown={event => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            chosen.value = (at + (event.key === "ArrowDown" ? 1 : -1) + list.length) % Math.max(1, list.length);
          } else if (event.key === "Enter") open(list[at]);
        }}
      />
      <ul id="hits" role="listbox" aria-label="Found">
        {list.map((hit, i) => (
          <li
            key={`${hit.kind} ${hit.name} ${hit.note}`}
            id={`hit-${i}`}
            role="option"
            aria-selected={i === at}
            onClick={() => open(hit)}
          >
            <span class="soft">{hit.kind}</span>
            <span class="name">{hit.name}</span>
            <span class="soft">{hit.note}</span>
          </li>
        ))}
      </ul>
      {words.value && !list.length ? <p class="soft pad">Nothing is named like that.</p> : null}
    </Dialog>
  );
}

const KEYS: [string, string][] = [
  ["/", "search tables, topics and columns"],
  ["g r", "river"],
  ["g t", "tables"],
  ["g o", "topics"],
  ["g s", "SQL"],
  ["d", "light or dark"],
  ["?", "this help"],
  ["Ctrl Enter", "run the statement"],
  ["Ctrl Space", "complete"],
  ["Esc", "cancel the statement, close"],
];

const Help = () => (
  <Dialog label="Keyboard">
    <h2>Keyboard</h2>
    <dl class="keys">
      {KEYS.map(([key, what]) => (
        <div key={key}>
          <dt>
            {key.split(" ").map(each => (
              <kbd key={each}>{each}</kbd>
            ))}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
    <form method="dialog">
      <button class="primary" autofocus>
        Close
      </button>
    </form>
  </Dialog>
);

export const Palette = () => (opened.value === "search" ? <Search /> : opened.value === "help" ? <Help /> : null);

// --- keys that work everywhere but where one writes

let pending = "";
export function onKey(event: KeyboardEvent, toggleTheme: () => void): void {
  const where = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || where.closest("input, textarea, select, dialog[open]")) return;
  const after = pending;
  pending = "";
  const views: Record<string, string> = { r: link([]), t: link(["tables"]), o: link(["topics"]), s: link(["sql"]) };
  if (after === "g" && views[event.key]) go(views[event.key]!);
  else if (event.key === "g") pending = "g";
  else if (event.key === "/") opened.value = "search";
  else if (event.key === "?") opened.value = "help";
  else if (event.key === "d") toggleTheme();
  else return;
  event.preventDefault();
}
