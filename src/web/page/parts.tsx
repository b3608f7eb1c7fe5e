// Small parts that every view is made of.
import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { asText, bytes, count, fromHex, hexDump, prettyJson } from "./format";
import type { Counts, RawBytes } from "./server";

type Tone = "good" | "warn" | "bad" | "soft";
type Children = { children?: ComponentChildren };

export const Tag = ({ tone, children, title }: Children & { tone: Tone; title?: string }) => (
  <span class={`tag ${tone}`} title={title}>
    {children}
  </span>
);

export const Empty = ({ title, children }: Children & { title: string }) => (
  <div class="empty">
    <h2>{title}</h2>
    {children}
  </div>
);

export const Problem = ({ children }: Children) => (
  <div class="problem" role="alert">
    {children}
  </div>
);

export const Loading = ({ what }: { what: string }) => (
  <p class="soft pad" role="status">
    Reading {what} …
  </p>
);

export function Facts({ facts }: { facts: (readonly [string, ComponentChildren] | null)[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(fact => fact !== null)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export function Tabs({
  tabs,
  now,
}: {
  tabs: { name: string; link: string; note?: string | undefined }[];
  now: string;
}) {
  return (
    <nav class="tabs" aria-label="Parts of this view">
      {tabs.map(({ name, link, note }) => (
        <a key={name} href={link} aria-current={name === now ? "page" : undefined}>
          {name}
          {note ? <span class="note">{note}</span> : null}
        </a>
      ))}
    </nav>
  );
}

export function Copy({ text, label = "Copy" }: { text: () => string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text());
    setDone(true);
    setTimeout(() => setDone(false), 1200);
  };
  return (
    <button class="quiet" onClick={() => void copy()}>
      {done ? "Copied" : label}
    </button>
  );
}

export const Settings = ({ values }: { values: Record<string, string> }) => (
  <div class="scroll card">
    <table>
      <tbody>
        {Object.entries(values).map(([key, value]) => (
          <tr key={key}>
            <td class="mono">{key}</td>
            <td class="mono wrap">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

export const Code = ({ text }: { text: string }) => (
  <div class="code">
    <pre tabIndex={0}>{text}</pre>
    <Copy text={() => text} />
  </div>
);

const outcomes = (counts: Counts) =>
  [
    ["written", counts.written, "good"],
    ["filtered by WHERE", counts.filtered, "accent"],
    ["duplicates", counts.duplicates, "soft"],
    ["dropped", counts.dropped, "warn"],
    ["in quarantine", counts.quarantined, "bad"],
  ] as const;

// Where a flow's input went. The parts of the bar add up to all of it.
export function Outcome({ counts }: { counts: Counts }) {
  if (!counts.input) return null;
  const parts = outcomes(counts).filter(part => part[1] > 0);
  const title = `of ${count(counts.input)} read: ` + parts.map(([name, n]) => `${count(n)} ${name}`).join(", ");
  return (
    <span class="outcome" role="img" aria-label={title} title={title}>
      {parts.map(([name, n, tone]) => (
        <i key={name} class={tone} style={{ flexGrow: n, flexBasis: "2px" }} />
      ))}
    </span>
  );
}

export const OutcomeKey = ({ counts }: { counts: Counts }) => (
  <dl class="facts">
    {outcomes(counts).map(([name, n, tone]) => (
      <div key={name}>
        <dt>
          <i class={`dot ${tone}`} />
          {name}
        </dt>
        <dd>{count(n)}</dd>
      </div>
    ))}
  </dl>
);

export const unpack = (raw: RawBytes): Uint8Array =>
  raw.hex !== undefined ? fromHex(raw.hex) : new TextEncoder().encode(raw.text ?? "");

// Bytes as JSON, text or hex. `size` is that of all of them, when not all are here.
export function BytesView({ data, size = data.length }: { data: Uint8Array; size?: number }) {
  const text = asText(data);
  const json = text === null ? null : prettyJson(text);
  const [chosen, choose] = useState<"JSON" | "Text" | "Hex" | null>(null);
  const fallback = json !== null ? "JSON" : text !== null ? "Text" : "Hex";
  const mode =
    (chosen === "JSON" && json === null) || (chosen === "Text" && text === null) ? fallback : (chosen ?? fallback);
  const shown = mode === "JSON" ? json! : mode === "Text" ? text! : hexDump(data);
  return (
    <div class="bytes">
      <div class="bar">
        <div class="switch" role="group" aria-label="Show as">
          {(["JSON", "Text", "Hex"] as const).map(each => (
            <button
              key={each}
              aria-pressed={each === mode}
              onClick={() => choose(each)}
              disabled={(each === "JSON" && json === null) || (each === "Text" && text === null)}
            >
              {each}
            </button>
          ))}
        </div>
        <span class="soft">
          {bytes(size)}
          {size > data.length ? `, the first ${bytes(data.length)} shown` : ""}
        </span>
        <Copy text={() => shown} />
      </div>
      <pre tabIndex={0}>{shown === "" ? <span class="soft">empty</span> : shown}</pre>
    </div>
  );
}

// One line of what bytes hold, for a list.
export function Preview({ raw }: { raw: RawBytes | null }) {
  if (raw === null) return <span class="soft">null</span>;
  if (raw.size === 0) return <span class="soft">empty</span>;
  if (raw.hex !== undefined) return <span class="soft mono">0x{raw.hex.slice(0, 120)}</span>;
  return <span class="mono">{raw.text!.slice(0, 300)}</span>;
}
