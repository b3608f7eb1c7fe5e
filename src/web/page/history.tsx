// A table in Delta: its files by size and its versions.
import { useEffect, useState } from "preact/hooks";
import { openSql } from "./editor";
import { ago, bytes, count, plural, time } from "./format";
import { now } from "./live";
import { ask, type TableDetail, tablePath, type Version } from "./server";
import { sqlName } from "./sql_text";

export function History({ name, detail }: { name: string; detail: TableDetail }) {
  const [older, setOlder] = useState<Version[]>([]);
  useEffect(() => setOlder([]), [name]);
  const newest = detail.versions ?? [];
  const lowest = newest.at(-1)?.version ?? 0;
  const versions = [...newest, ...older.filter(each => each.version < lowest)];
  const last = versions.at(-1)?.version ?? 0;
  const [ended, setEnded] = useState(false);
  const more = async () => {
    const { versions: next = [] } = await ask<TableDetail>(tablePath(name, last));
    setOlder(
      [...older, ...newest, ...next]
        .filter((each, i, all) => all.findIndex(other => other.version === each.version) === i)
        .sort((a, b) => b.version - a.version),
    );
    setEnded(next.length === 0);
  };
  const sizes = detail.files?.sizes ?? [];
  const most = Math.max(1, ...sizes.map(each => each.files));
  return (
    <section aria-label="History">
      {detail.files ? (
        <>
          <h2>
            Files: {count(detail.files.count)}, {bytes(detail.files.bytes)}
          </h2>
          {sizes.length ? (
            <ul class="sizes">
              {sizes.map(each => (
                <li key={each.below}>
                  <span class="soft">
                    {each.below === 1024 ? "" : `${binary(each.below / 4)} –`} {each.below === 1024 ? "below " : ""}
                    {binary(each.below)}
                  </span>
                  <span class="meter">
                    <i style={{ width: `${(100 * each.files) / most}%` }} />
                  </span>
                  <span>
                    {plural(each.files, "file")}, {bytes(each.bytes)}
                  </span>
                </li>
              ))}
            </ul>
          ) : null}
        </>
      ) : null}
      <h2>Versions</h2>
      <div class="scroll card">
        <table>
          <thead>
            <tr>
              <th class="n">Version</th>
              <th>Time</th>
              <th>Operation</th>
              <th class="n">rows added</th>
              <th class="n">files added</th>
              <th class="n">removed</th>
              <th class="n">bytes added</th>
              <th>Written by</th>
            </tr>
          </thead>
          <tbody>
            {versions.map(each => (
              <tr key={each.version}>
                <td class="n name">{count(each.version)}</td>
                <td title={ago(each.timestamp_ms, now())}>{time(each.timestamp_ms)}</td>
                <td>{each.operation || <span class="soft">not said</span>}</td>
                <td class="n">
                  {each.rows_added === null ? <span class="soft">not said</span> : count(each.rows_added)}
                </td>
                <td class="n">{count(each.files_added)}</td>
                <td class="n">{count(each.files_removed)}</td>
                <td class="n">{bytes(each.bytes_added)}</td>
                <td>{each.engine}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {last > 0 ? (
        <div class="bar">
          {ended ? (
            <span class="soft">Delta's log has been cleaned up before version {count(last)}.</span>
          ) : (
            <button onClick={() => void more()}>Older versions</button>
          )}
          <button onClick={() => openSql(`SELECT count(*) FROM ${sqlName(name)} FOR VERSION AS OF ${last}`)}>
            Query version {count(last)}
          </button>
        </div>
      ) : null}
    </section>
  );
}

const binary = (n: number): string =>
  n >= 2 ** 40
    ? `${n / 2 ** 40} TiB`
    : n >= 2 ** 30
      ? `${n / 2 ** 30} GiB`
      : n >= 2 ** 20
        ? `${n / 2 ** 20} MiB`
        : `${n / 1024} KiB`;
