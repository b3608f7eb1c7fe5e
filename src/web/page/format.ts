// Numbers, times and bytes as people read them.

export const count = (n: number): string => Math.round(n).toLocaleString("en");

export const short = (n: number): string =>
  n >= 1e9
    ? `${(n / 1e9).toFixed(1)} G`
    : n >= 1e6
      ? `${(n / 1e6).toFixed(1)} M`
      : n >= 1e4
        ? `${(n / 1e3).toFixed(1)} k`
        : n > 0 && n < 9.95 && !Number.isInteger(n)
          ? n.toFixed(1)
          : count(n);

export const bytes = (n: number): string =>
  n >= 1e12
    ? `${(n / 1e12).toFixed(2)} TB`
    : n >= 1e9
      ? `${(n / 1e9).toFixed(2)} GB`
      : n >= 1e6
        ? `${(n / 1e6).toFixed(1)} MB`
        : n >= 1e3
          ? `${(n / 1e3).toFixed(1)} kB`
          : `${n} B`;

export const seconds = (s: number): string =>
  s <= 0
    ? "–"
    : s < 0.01
      ? `${(s * 1000).toFixed(1)} ms`
      : s < 1
        ? `${(s * 1000).toFixed(0)} ms`
        : s < 100
          ? `${s.toFixed(1)} s`
          : `${count(s)} s`;

export const plural = (n: number, word: string): string => `${count(n)} ${word}${n === 1 ? "" : "s"}`;

const two = (n: number): string => String(n).padStart(2, "0");

export function clock(ms: number): string {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

// Local time, to the millisecond; what no calendar holds stays a number.
export function time(ms: number): string {
  const at = new Date(ms);
  if (Number.isNaN(at.getTime())) return String(ms);
  return (
    `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(ms)}.` +
    String(at.getMilliseconds()).padStart(3, "0")
  );
}

export function ago(ms: number, now: number): string {
  const s = Math.max(0, (now - ms) / 1000);
  if (s < 60) return `${Math.floor(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return plural(Math.floor(s / 86400), "day") + " ago";
}

export function duration(ms: number): string {
  for (const [unit, word] of [
    [86400000, "day"],
    [3600000, "hour"],
    [60000, "minute"],
    [1000, "second"],
  ] as const) {
    if (ms >= unit && ms % unit === 0) return plural(ms / unit, word);
  }
  return `${count(ms)} ms`;
}

export function fromHex(hex: string): Uint8Array {
  const out = new Uint8Array(hex.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return out;
}

export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), c => c.charCodeAt(0));

// The bytes as text; null when they are not UTF-8.
export function asText(data: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return null;
  }
}

export function hexDump(data: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += 16) {
    const row = [...data.slice(at, at + 16)];
    const hex = row.map(b => b.toString(16).padStart(2, "0"));
    const left = hex.slice(0, 8).join(" "),
      right = hex.slice(8).join(" ");
    const ascii = row.map(b => (b >= 32 && b < 127 ? String.fromCharCode(b) : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${left.padEnd(23)}  ${right.padEnd(23)}  ${ascii}`);
  }
  return lines.join("\n");
}

// JSON with line breaks, every number and string as it was written; null when it is not JSON. (Parsing and printing
// would change numbers that JavaScript cannot hold.)
export function prettyJson(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
  } catch {
    return null;
  }
  let out = "",
    depth = 0;
  const line = () => "\n" + "  ".repeat(depth);
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g)) {
    const open = token === "{" || token === "[",
      close = token === "}" || token === "]";
    if (close) {
      depth--;
      out += /[[{]$/.test(out) ? token : line() + token;
    } else {
      if (/[[{,]$/.test(out)) out += line();
      out += token === ":" ? ": " : token;
      if (open) depth++;
    }
  }
  return out;
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const sqlText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
