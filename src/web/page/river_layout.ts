// The river as a forest: a topic is a spring, a flow leads from its source to its table, and every table has one flow
// at most. A node's column is how many flows are behind it; its row is that of its first child.
import { flows, now, tables, topics } from "./live";

export interface Node {
  key: string;
  kind: "topic" | "table";
  name: string;
  column: number;
  row: number;
  children: Node[];
}
export interface Edge {
  from: Node;
  to: Node;
  flow: string;
  rate: number;
  state: string;
}
export interface Layout {
  nodes: Node[];
  edges: Edge[];
  columns: number;
  rows: number;
  shown: number;
  all: number;
}

const lakeName = (topic: string): string => topic.replaceAll(/[.-]/g, "_").toLowerCase();
export const quarantineOf = (table: string): string => `${table}__quarantine`;

function forest(): Node[] {
  const nodes = new Map<string, Node>();
  const node = (kind: Node["kind"], name: string): Node => {
    const key = `${kind} ${name}`;
    const made = nodes.get(key) ?? { key, kind, name, column: 0, row: 0, children: [] };
    nodes.set(key, made);
    return made;
  };
  const topicOf = new Map<string, string>();
  const roots = new Map<string, Node>();
  const bySource = new Set<string>();
  for (const name of topics.keys()) {
    topicOf.set(`bronze.${lakeName(name)}`, name);
    roots.set(`topic ${name}`, node("topic", name));
  }
  for (const [name, { now: table }] of tables) {
    if (table.role !== "quarantine") roots.set(`table ${name}`, node("table", name));
  }
  const adopt = (parent: Node, child: Node) => {
    if (parent === child || child.kind === "topic") return;
    parent.children.push(child);
    roots.delete(child.key);
  };
  for (const [name, { now: topic }] of topics) {
    const bronze = topic.table && nodes.get(`table ${topic.table}`);
    if (bronze) {
      adopt(node("topic", name), bronze);
      bySource.add(bronze.name);
    }
  }
  for (const { now: flow } of [...flows.values()].sort((a, b) => a.now.name.localeCompare(b.now.name))) {
    if (bySource.has(flow.name)) continue;
    const topic = topicOf.get(flow.source.toLowerCase());
    const parent = nodes.get(`table ${flow.source}`) ?? (topic === undefined ? undefined : nodes.get(`topic ${topic}`));
    if (parent) adopt(parent, node("table", flow.name));
    else if (!nodes.has(`table ${flow.name}`)) roots.set(`table ${flow.name}`, node("table", flow.name));
  }
  return [...roots.values()];
}

function inTrouble(node: Node): boolean {
  const flow = flows.get(node.name)?.now,
    table = tables.get(node.name)?.now;
  return (node.kind === "table" && Boolean(flow?.error || table?.blocked)) || node.children.some(inTrouble);
}

const matches = (node: Node, filter: string): boolean =>
  node.name.toLowerCase().includes(filter) || node.children.some(child => matches(child, filter));

// At most `most` springs: those in trouble first, then those that have carried most.
export function layOut(filter: string, most: number): Layout {
  let roots = forest().filter(root => !filter || matches(root, filter.toLowerCase()));
  const all = roots.length;
  roots.sort((a, b) => Number(a.kind === "table") - Number(b.kind === "table") || a.name.localeCompare(b.name));
  if (all > most) {
    const weight = (root: Node) => (inTrouble(root) ? Infinity : (topics.get(root.name)?.now.records ?? 0));
    roots = roots.sort((a, b) => weight(b) - weight(a) || 0).slice(0, most);
  }
  const nodes: Node[] = [],
    edges: Edge[] = [];
  let rows = 0,
    columns = 1;
  const place = (node: Node, column: number): void => {
    node.column = column;
    node.row = rows;
    columns = Math.max(columns, column + 1);
    nodes.push(node);
    for (const child of node.children) {
      place(child, column + 1);
      const flow = flows.get(child.name);
      edges.push({
        from: node,
        to: child,
        flow: child.name,
        rate: flow?.meter.rate(now()) ?? 0,
        state: tables.get(child.name)?.now.blocked ? "blocked" : (flow?.now.state ?? "running"),
      });
    }
    if (!node.children.length) rows++;
  };
  for (const root of roots) place(root, 0);
  return { nodes, edges, columns, rows, shown: roots.length, all };
}
