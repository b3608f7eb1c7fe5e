// The frame around every view: where one is, how foz is, search, help, light and dark.
import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Editor } from "./editor";
import { connected, head, tick, troubles } from "./live";
import { Tables, Topics } from "./lists";
import { onKey, opened, Palette } from "./palette";
import { River } from "./river";
import { route } from "./route";
import { TableView } from "./table";
import { TopicView } from "./topic";

type Theme = "light" | "dark" | "";
const theme = signal<Theme>((localStorage.getItem("foz.theme") as Theme | null) ?? "");
const isDark = (): boolean =>
  theme.value ? theme.value === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

function toggleTheme(): void {
  theme.value = isDark() ? "light" : "dark";
  localStorage.setItem("foz.theme", theme.value);
}
effect(() => {
  if (theme.value) document.documentElement.dataset["theme"] = theme.value;
});

function State() {
  tick.value;
  if (connected.value === null)
    return (
      <span class="state" role="status">
        connecting
      </span>
    );
  if (!connected.value)
    return (
      <span class="state bad" role="status">
        foz does not answer
      </span>
    );
  const wrong = troubles().length;
  return wrong ? (
    <span role="status">
      <a class="state bad" href="#/">
        {wrong} need{wrong === 1 ? "s" : ""} attention
      </a>
    </span>
  ) : (
    <span class={`state ${head!.ready ? "good" : "warn"}`} role="status">
      {head!.ready ? "running" : "replaying the log"}
    </span>
  );
}

const VIEWS = [
  ["River", "#/", ""],
  ["Tables", "#/tables", "table"],
  ["Topics", "#/topics", "topic"],
  ["SQL", "#/sql", "sql"],
] as const;

function View() {
  const { parts } = route.value;
  const [view, name = "", third, fourth] = parts;
  const offset = fourth === undefined || !/^\d+$/.test(fourth) ? null : Number(fourth);
  switch (view) {
    case undefined:
      return <River />;
    case "tables":
      return <Tables />;
    case "topics":
      return <Topics />;
    case "table":
      return <TableView key={name} name={name} {...(third ? { tab: third } : {})} />;
    case "topic":
      return (
        <TopicView key={name} name={name} partition={/^\d+$/.test(third ?? "") ? Number(third) : 0} offset={offset} />
      );
    case "sql":
      return <Editor />;
    default:
      return (
        <main>
          <h1>Nothing here</h1>
          <p>
            There is no view named like this. <a href="#/">The river</a> is home.
          </p>
        </main>
      );
  }
}

export function App() {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event, toggleTheme);
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);
  tick.value;
  const [view, name] = route.value.parts;
  const title = name ?? (view ? view[0]!.toUpperCase() + view.slice(1) : "");
  useEffect(() => {
    document.title = [title, head?.project, "foz"].filter(Boolean).join(" · ");
  });
  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={event => {
          event.preventDefault();
          document.querySelector<HTMLElement>("#content a, #content button, #content textarea")?.focus();
        }}
      >
        Skip to content
      </a>
      <header>
        <a class="brand" href="#/">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M2 9c6 0 6 5 14 5s8-5 14-5M2 16c6 0 6 5 14 5s8-5 14-5M2 23c6 0 6 5 14 5s8-5 14-5" />
          </svg>
          <b>foz</b> <span class="project">{head?.project}</span>
        </a>
        <nav aria-label="Views">
          {VIEWS.map(([label, to, singular]) => (
            <a
              key={to}
              href={to}
              aria-current={
                (view ?? "") === label.toLowerCase() || view === singular || (!view && to === "#/") ? "page" : undefined
              }
            >
              {label}
            </a>
          ))}
        </nav>
        <div class="tools">
          <State />
          <button
            class="quiet"
            onClick={() => {
              opened.value = "search";
            }}
            aria-label="Search"
            title="Search (/)"
          >
            <kbd>/</kbd>
          </button>
          <button
            class="quiet"
            onClick={toggleTheme}
            aria-label={isDark() ? "Light" : "Dark"}
            title="Light or dark (d)"
          >
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <circle cx="10" cy="10" r="7" />
              <path class="half" d="M10 3a7 7 0 0 1 0 14z" />
            </svg>
          </button>
          <button
            class="quiet"
            onClick={() => {
              opened.value = "help";
            }}
            aria-label="Keyboard help"
            title="Keyboard (?)"
          >
            <kbd>?</kbd>
          </button>
        </div>
      </header>
      {connected.value === false ? (
        <div class="offline" role="alert">
          foz does not answer; trying again each second. What is shown is from before.
        </div>
      ) : null}
      <div id="content">
        <View />
      </div>
      <footer class="soft">
        {head ? (
          <>
            foz {head.version} · <span class="mono">{head.lake}</span> · <a href="/metrics">metrics</a>
          </>
        ) : null}
      </footer>
      <Palette />
    </>
  );
}
