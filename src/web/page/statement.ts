// A client of the Trino protocol: one statement, page by page, as far as somebody wants it.
// https://trino.io/docs/current/develop/client-protocol.html
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export interface ResultColumn {
  name: string;
  type: string;
}
export interface SqlError {
  message: string;
  name: string;
  line?: number;
  column?: number;
}
export type State = "running" | "paused" | "finished" | "failed" | "cancelled";

interface Page {
  id: string;
  nextUri?: string;
  columns?: ResultColumn[];
  data?: Value[][];
  updateType?: string;
  stats?: { state: string; elapsedTimeMillis: number };
  error?: { message: string; errorName: string; errorLocation?: { lineNumber: number; columnNumber: number } };
}

// What USE and SET TIME ZONE said, for the statements that follow.
const session: Record<string, string> = { "X-Trino-Catalog": "lake", "X-Trino-Source": "foz page" };

// JavaScript's numbers hold 53 bits; longer ones stay as they were written.
function parse(text: string): Page {
  if (!/\d{16}/.test(text)) return JSON.parse(text) as Page;
  const exact = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) && context?.source
      ? context.source
      : value;
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown) as Page;
}

export class Statement {
  readonly state = signal<State>("running");
  readonly columns = signal<ResultColumn[] | null>(null);
  readonly rows = signal<Value[][]>([]);
  readonly error = signal<SqlError | null>(null);
  readonly elapsedMs = signal(0);
  readonly update = signal("");
  private next: string | null = null;
  private wanted = 0;
  private readonly began = performance.now();
  private readonly abort = new AbortController();

  // Begins at once; it pauses when it has `wanted` rows, and foz with it.
  constructor(
    readonly sql: string,
    wanted: number,
  ) {
    this.wanted = wanted;
    void this.go(() => this.send("v1/statement", "POST"));
  }

  more(rows: number): void {
    if (this.state.value !== "paused") return;
    this.wanted = this.rows.value.length + rows;
    this.state.value = "running";
    void this.go(null);
  }

  cancel(): void {
    if (this.state.value !== "running" && this.state.value !== "paused") return;
    this.state.value = "cancelled";
    if (this.next) this.end();
  }

  // Before the first answer nobody knows what to end.
  private end(): void {
    this.abort.abort();
    if (this.next) void fetch(this.next, { method: "DELETE", keepalive: true }).catch(() => {});
  }

  // All of it, or the error as an exception.
  async all(): Promise<Value[][]> {
    await new Promise<void>(resolve => {
      const stop = this.state.subscribe(state => {
        if (state !== "running")
          setTimeout(() => {
            stop();
            resolve();
          });
      });
    });
    if (this.error.value) throw new Error(this.error.value.message);
    return this.rows.value;
  }

  private async send(uri: string, method: "GET" | "POST"): Promise<Page> {
    const answer = await fetch(uri, {
      method,
      signal: this.abort.signal,
      ...(method === "POST" ? { body: this.sql } : {}),
      headers: { "X-Trino-User": "page", "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME", ...session },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text.slice(0, 500) || `foz answered ${answer.status}`);
    for (const [set, header] of [
      ["X-Trino-Set-Schema", "X-Trino-Schema"],
      ["X-Trino-Set-Catalog", "X-Trino-Catalog"],
    ]) {
      const value = answer.headers.get(set!);
      if (value !== null) session[header!] = decodeURIComponent(value);
    }
    const property = answer.headers.get("X-Trino-Set-Session");
    if (property?.startsWith("time_zone_id=")) {
      session["X-Trino-Time-Zone"] = decodeURIComponent(property.slice("time_zone_id=".length));
    }
    return parse(text);
  }

  private take(page: Page): void {
    // Only the path: a proxy may have given foz another name.
    this.next = page.nextUri ? new URL(page.nextUri, location.href).pathname : null;
    if (page.columns?.length && !this.columns.value) this.columns.value = page.columns;
    if (page.data?.length) this.rows.value = this.rows.value.concat(page.data);
    if (page.updateType) this.update.value = page.updateType;
    this.elapsedMs.value = performance.now() - this.began;
    if (!page.error) return;
    const { message, errorName, errorLocation: at } = page.error;
    this.error.value = { message, name: errorName, ...(at ? { line: at.lineNumber, column: at.columnNumber } : {}) };
  }

  private async go(first: (() => Promise<Page>) | null): Promise<void> {
    try {
      if (first) {
        this.take(await first());
        if (this.state.value === "cancelled") this.end();
      }
      while (this.next && !this.error.value && this.state.value === "running") {
        if (this.rows.value.length >= this.wanted) {
          this.state.value = "paused";
          return;
        }
        this.take(await this.send(this.next, "GET"));
      }
      if (this.state.value === "running") this.state.value = this.error.value ? "failed" : "finished";
    } catch (problem) {
      if (this.state.value === "cancelled") return;
      this.error.value = { message: problem instanceof Error ? problem.message : String(problem), name: "CONNECTION" };
      this.state.value = "failed";
    }
  }
}

export const query = (sql: string, rows = 1000): Promise<Value[][]> => new Statement(sql, rows).all();

// Runs while the view is shown, anew with another `again`.
export function useStatement(sql: string, again = 0): Statement | null {
  const [statement, setStatement] = useState<Statement | null>(null);
  useEffect(() => {
    const made = new Statement(sql, 1000);
    setStatement(made);
    return () => made.cancel();
  }, [sql, again]);
  return statement;
}
