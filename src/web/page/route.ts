// Where one is: "#/table/silver.flights/rows", "#/sql?q=SELECT+1". Every view is a link.
import { signal } from "@preact/signals";

export interface Route {
  parts: string[];
  query: URLSearchParams;
}

function parse(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const parts = path
    .split("/")
    .filter(part => part !== "")
    .map(part => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
  return { parts, query: new URLSearchParams(query) };
}

export const route = signal<Route>(parse());
addEventListener("hashchange", () => {
  route.value = parse();
});

export function link(parts: (string | number)[], query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return "#/" + parts.map(part => encodeURIComponent(part)).join("/") + (search ? "?" + search : "");
}

export function go(to: string): void {
  location.hash = to;
}

// Changes the address without a step in the history.
export function replace(to: string): void {
  history.replaceState(null, "", to);
  route.value = parse();
}

export const toTable = (name: string, tab?: string): string => link(tab ? ["table", name, tab] : ["table", name]);
export const toTopic = (name: string, partition?: number, offset?: number): string =>
  link(["topic", name, ...(partition === undefined ? [] : [partition]), ...(offset === undefined ? [] : [offset])]);
export const toSql = (statement: string): string => link(["sql"], { q: statement });
