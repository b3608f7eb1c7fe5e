"""./dev bench delta: what Delta's work costs here, beside delta-rs and, where there is one, delta-spark, in one run.

Each workload is a process of its own, told what it needs and answering with a line of JSON, so that CPU time and memory are
its own. Every engine is given its rows in memory and an open table. foz syncs each file and each commit; delta-rs syncs nothing.
The exit code says whether what was set out to be reached was.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import time

from targets import Targets, disk_sync

sys.path.append(str(pathlib.Path(__file__).parents[1] / "test/clients"))
from delta_session import Spark

# What is to be reached.
COMMIT_P50_MS, COMMIT_OVER_SYNC_MS, COMMIT_TIMES = 3, 5, 3
RACE_WRITERS, RACE_APPENDS, RACE_TIMES = 4, 200, 2
OPEN_MS, OPEN_MB, REFRESH_MS, CHECKPOINT_MB = 1500, 600, 1, 512
UPSERT_P50_MS, UPSERT_GROWTH, UPSERT_TIMES, INDEX_KEYS, SCAN_TIMES = 150, 1.5, 10, 2_000_000, 1.2
STORE_MS, STORE_REQUESTS = 30, 2

# Of the table whose rows change; what keyed_bench has.
ROWS, ROWS_A_FILE, KEYS = 10_000_000, 125_000, 10_000


def at(values: list, share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def median(values: list) -> float:
    return at(values, 0.5)


def commits_text(r: dict) -> str:
    ms = r["ms"]
    text = f"p50 {median(ms):.2f} ms, p99 {at(ms, 0.99):.2f}, p999 {at(ms, 0.999):.2f}; {1000 * len(ms) / sum(ms):,.0f} commits/s"
    return f"{text}, {1000 * r['cpu_s'] / len(ms):.2f} CPU-ms each"


class Bench:
    names = {"peer": "delta-rs", "spark": "delta-spark"}

    def __init__(self, options):
        self.options = options
        self.foz = [str(options.program)]
        self.peer = [sys.executable, str(pathlib.Path(__file__).with_name("delta_peers.py"))]
        self.targets = Targets()
        self.spark = None
        if options.spark:
            self.spark = Spark(options.spark, options.spark_jars, self.folder("spark"))

    def spark_ms(self, statement: str) -> float:
        start = time.perf_counter()
        self.spark.sql(statement)
        return (time.perf_counter() - start) * 1000

    def folder(self, name: str) -> pathlib.Path:
        folder = self.options.data / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def start(self, engine: list, workload: str, folder: pathlib.Path, *numbers: int) -> subprocess.Popen:
        # The peer names the table, foz the store that has it as "t".
        place = folder if engine is self.foz else folder / "t"
        return subprocess.Popen([*engine, workload, str(place), *map(str, numbers)], stdout=subprocess.PIPE, text=True)

    def finish(self, process: subprocess.Popen) -> dict:
        out, _ = process.communicate()
        if process.returncode != 0:
            sys.exit(f"{' '.join(process.args)} ended with {process.returncode}")
        return json.loads(out)

    def run(self, engine: list, workload: str, folder: pathlib.Path, *numbers: int) -> dict:
        return self.finish(self.start(engine, workload, folder, *numbers))

    def say(self, what: str, foz: str, peer: str = "", spark: str = "") -> None:
        print(f"{what}\n    foz       {foz}" + (f"\n    delta-rs  {peer}" if peer else "") + (f"\n    Spark     {spark}" if spark else ""),
              flush=True)

    def check(self, what: str, reached: bool, figure: str) -> None:
        self.targets.check(what, reached, figure)

    # --- A: appends

    def appends(self) -> None:
        commits = self.options.commits
        for rows in (1, 100, 1000, 10_000, 100_000):
            count = commits if rows == 1000 else max(10, min(commits, 2_000_000 // rows) // (1 if self.options.full else 4))
            fewer = count if self.options.full else min(count, 20 if rows == 100_000 else 150)
            for every in (10, 100) if rows == 1000 else (100,):
                results = {}
                for name, engine, times in (("foz", self.foz, count), ("peer", self.peer, fewer)):
                    folder = self.folder(f"append-{name}")
                    self.run(engine, "create", folder)
                    sync = disk_sync(folder)
                    results[name] = self.run(engine, "append", folder, times, rows, every, 0)
                    results[name]["sync"] = sync
                foz, peer = results["foz"], results["peer"]
                spark = self.appends_of_spark(rows) if self.spark and every == 100 else ""
                self.say(f"A  {len(foz['ms'])} appends of {rows:,} rows, a checkpoint every {every}", commits_text(foz),
                         commits_text(peer) + ("" if self.options.full else f" ({fewer} of them)"), spark)
                if (rows, every) != (1000, 100):
                    continue
                ms, part = foz["ms"], len(foz["ms"]) // 10
                sync = foz["sync"]
                self.check(f"commit p50 < {COMMIT_P50_MS} ms", median(ms) < COMMIT_P50_MS,
                           f"{median(ms):.2f} ms (a sync of the disk: {sync['p50']:.2f})")
                limit = sync["p99"] + COMMIT_OVER_SYNC_MS
                self.check(f"commit p99 < the disk's sync + {COMMIT_OVER_SYNC_MS} ms", at(ms, 0.99) < limit,
                           f"{at(ms, 0.99):.2f} of {limit:.2f} ms")
                first, last = median(ms[:part]), median(ms[-part:])
                self.check("the last commits take what the first did", last < 1.25 * first + 0.2,
                           f"p50 {first:.2f} ms, then {last:.2f}")
                times = sum(peer["ms"]) / len(peer["ms"]) / (sum(ms) / len(ms))
                self.check(f"at least {COMMIT_TIMES} times delta-rs", times >= COMMIT_TIMES, f"{times:.1f} times")

    def appends_of_spark(self, rows: int) -> str:
        """Its rows are the numbers that it makes itself."""
        table = f"delta.`{self.folder('append-spark') / 't'}`"
        self.spark.sql(f"CREATE TABLE {table} (id BIGINT, amount DOUBLE, note STRING) USING delta")
        ms = [self.spark_ms(f"INSERT INTO {table} SELECT id, id / 100D, concat('note ', id) FROM range({rows})") for _ in range(25)][5:]
        return f"p50 {median(ms):.0f} ms, most {max(ms):.0f} of {len(ms)}, of 3 columns"

    # --- B: writers that race

    def race(self) -> None:
        took, text = {}, {}
        for name, engine in (("foz", self.foz), ("peer", self.peer)):
            folder = self.folder(f"race-{name}")
            self.run(engine, "create", folder)
            writers = [self.start(engine, "append", folder, RACE_APPENDS, 100, 1000, i * 1_000_000) for i in range(RACE_WRITERS)]
            results = [self.finish(writer) for writer in writers]
            took[name] = RACE_WRITERS * RACE_APPENDS / max(r["s"] for r in results)
            ms = [each for r in results for each in r["ms"]]
            cpu = sum(r["cpu_s"] for r in results)
            text[name] = f"{took[name]:,.0f} commits/s together, p50 {median(ms):.2f} ms, p99 {at(ms, 0.99):.2f}, {cpu:.1f} CPU-s"
            if name == "foz":
                self.check_race(folder / "t")
        self.say(f"B  {RACE_WRITERS} processes with {RACE_APPENDS} appends each on one table", text["foz"], text["peer"])
        times = took["foz"] / took["peer"]
        self.check(f"at least {RACE_TIMES} times delta-rs", times >= RACE_TIMES, f"{times:.1f} times")

    def check_race(self, table: pathlib.Path) -> None:
        import deltalake
        commits = RACE_WRITERS * RACE_APPENDS
        read = deltalake.DeltaTable(str(table))
        ids = sorted(read.to_pyarrow_table(columns=["id"]).column("id").to_pylist())
        wanted = sorted(w * 1_000_000 + i for w in range(RACE_WRITERS) for i in range(RACE_APPENDS * 100))
        log = sorted(int(path.stem) for path in (table / "_delta_log").glob("*.json") if path.stem.isdigit())
        self.check("no row lost or doubled, as delta-rs reads it", ids == wanted, f"{len(ids):,} rows")
        self.check("versions without a gap", log == list(range(commits + 1)) and read.version() == commits, f"0 to {read.version()}")

    # --- D, E, F: a table of many files

    def many(self) -> None:
        files = self.options.files
        folder = self.folder("many")
        self.run(self.foz, "many", folder, files)
        foz = [self.run(self.foz, "open", folder) for _ in range(self.options.runs)]
        peer = self.run(self.peer, "open", folder)
        text = lambda r: f"{r['ms']:,.0f} ms, {r['cpu_s']:.2f} CPU-s, {r['peak_mb']:,.0f} MB"
        best = sorted(foz, key=lambda r: r["ms"])[len(foz) // 2]
        self.say(f"D  cold open of {files:,} files from a checkpoint", text(best), text(peer))
        assert best["files"] == peer["files"] == files, (best, peer)
        scale = files / 1_000_000
        self.check(f"open < {OPEN_MS * scale:,.0f} ms", best["ms"] < OPEN_MS * scale, f"{best['ms']:,.0f} ms")
        self.check(f"open < {OPEN_MB * scale:,.0f} MB", best["peak_mb"] < OPEN_MB * scale, f"{best['peak_mb']:,.0f} MB")

        foz, peer = self.run(self.foz, "plan", folder, 5), self.run(self.peer, "plan", folder, 5)
        self.say(f"E  files of one partition among {files:,}", f"{median(foz['partition_ms']):,.0f} ms for {foz['partition_files']:.0f}; "
                 f"by statistics {median(foz['statistics_ms']):,.0f} ms for {foz['statistics_files']:.0f}",
                 f"{median(peer['partition_ms']):,.0f} ms for {peer['partition_files']}")
        assert foz["partition_files"] == peer["partition_files"] == foz["statistics_files"] == 100

        foz, peer = self.run(self.foz, "checkpoint", folder), self.run(self.peer, "checkpoint", folder)
        self.say(f"F  checkpoint of {files:,} files", f"{text(foz)} ({foz['peak_mb_before']:,.0f} MB before)", text(peer))
        self.check(f"checkpoint < {CHECKPOINT_MB * scale:,.0f} MB", foz["peak_mb"] < CHECKPOINT_MB * scale, f"{foz['peak_mb']:,.0f} MB")

        foz, peer = self.run(self.foz, "refresh", folder, 50), self.run(self.peer, "refresh", folder, 5)
        text = lambda r: f"p50 {median(r['ms']):.2f} ms, most {max(r['ms']):.2f}"
        self.say(f"D  refresh after one commit, {files:,} files", text(foz), text(peer))
        self.check(f"refresh < {REFRESH_MS} ms", median(foz["ms"]) < REFRESH_MS, f"{median(foz['ms']):.2f} ms")

    # --- C, H: rows that change, and what reading costs then

    def upserts(self) -> None:
        """foz as a pipeline upserts: a keyed table with its index, committing each batch while upkeep goes on beside. The others: MERGE."""
        ran = subprocess.run([self.options.program.with_name("keyed_bench"), "--benchmark_format=json"], check=True, capture_output=True, text=True)
        index, changes, scan = json.loads(ran.stdout)["benchmarks"]
        peers = {}
        for name in ("peer", "spark") if self.spark else ("peer",):
            folder = self.folder(f"merge-{name}")
            self.run(self.peer, "keyed", folder, ROWS, ROWS // ROWS_A_FILE)
            peers[name] = (self.merges_of_spark(folder / "t") if name == "spark"
                           else self.run(self.peer, "upsert", folder, self.options.peer_batches, ROWS, KEYS)["ms"])
        text = lambda name, how: f"{how}: p50 {median(peers[name]):,.0f} ms of {len(peers[name])}" if name in peers else ""
        self.say(f"C  {changes['iterations']} batches of {KEYS:,} keys (80 % updates) into {ROWS:,} rows, committed each",
                 f"p50 {changes['p50_ms']:.1f} ms, p99 {changes['p99_ms']:.1f}; seen by queries after p50 {changes['p50_publish_ms']:.1f} ms",
                 text("peer", "MERGE of whole files"), text("spark", "MERGE with deletion vectors"))
        self.check(f"upsert p50 < {UPSERT_P50_MS} ms", changes["p50_ms"] < UPSERT_P50_MS, f"{changes['p50_ms']:.1f} ms")
        first, last = changes["p50_ms_first"], changes["p50_ms_last"]
        self.check(f"the last batches take < {UPSERT_GROWTH} times the first", last < UPSERT_GROWTH * first, f"{first:.1f} ms, then {last:.1f}")
        for name, ms in peers.items():
            times = median(ms) / changes["p50_ms"]
            self.check(f"at least {UPSERT_TIMES} times {self.names[name]}", times >= UPSERT_TIMES, f"{times:.0f} times")
        keys = index["keys_per_cpu_second"]
        self.check(f"keys read again, per CPU-second > {INDEX_KEYS:,}", keys > INDEX_KEYS,
                   f"{keys:,.0f}, {index['index_bytes_per_key']:.0f} bytes a key in memory")
        self.check(f"H  scan at most {SCAN_TIMES} times the compacted", scan["ratio"] <= SCAN_TIMES, f"{scan['ratio']:.3f} times")

    def merges_of_spark(self, path: pathlib.Path) -> list:
        table, ms = f"delta.`{path}`", []
        self.spark.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')")
        known = KEYS * 80 // 100
        for batch in range(self.options.peer_batches + 1):
            ms.append(self.spark_ms(
                f"MERGE INTO {table} t USING (SELECT IF(id < {known}, id * {ROWS // known - 1} + {batch}, {ROWS + batch * KEYS} + id) id,"
                f" concat('changed ', id) text, {batch + 1}L sequence FROM range({KEYS})) s ON t.id = s.id"
                " WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"))
        return ms[1:]  # the first one compiles

    def compactions(self) -> None:
        count = 2000 if self.options.full else 200
        merged, gone = {}, {}
        engines = {"foz": self.foz, "peer": self.peer} | ({"spark": None} if self.spark else {})
        for name, engine in engines.items():
            folder = self.folder(f"compact-{name}")
            self.run(self.foz, "create", folder)
            self.run(self.foz, "append", folder, count, 20_000, 100, 0)
            if engine:
                merged[name], gone[name] = self.run(engine, "optimize", folder, 128), self.run(engine, "vacuum", folder)
                continue
            self.spark.sql("SET spark.databricks.delta.optimize.maxFileSize = " + str(128 << 20))
            self.spark.sql("SET spark.databricks.delta.retentionDurationCheck.enabled = false")
            table = f"delta.`{folder / 't'}`"
            merged[name], gone[name] = self.spark_ms(f"OPTIMIZE {table}"), self.spark_ms(f"VACUUM {table} RETAIN 0 HOURS")
        text = lambda r: (f"{r['ms']:,.0f} ms, {r['files_removed']:.0f} files into {r['files_added']:.0f}, "
                          f"{r['cpu_s']:.1f} CPU-s, {r['peak_mb']:,.0f} MB")
        spark = lambda ms: f"{ms['spark']:,.0f} ms" if self.spark else ""
        self.say(f"G  optimize of {count} files of 20,000 rows to 128 MB", text(merged["foz"]), text(merged["peer"]), spark(merged))
        text = lambda r: f"{r['ms']:,.0f} ms, {r['files']:.0f} files removed"
        self.say("G  vacuum of what that left", text(gone["foz"]), text(gone["peer"]), spark(gone))

    # --- J: a store that takes its time

    def store(self) -> None:
        r = self.run(self.foz, "requests", self.folder("store"), 50, 1000, STORE_MS)
        self.say(f"J  commits on a store of {STORE_MS} ms a request", f"p50 {median(r['ms']):.1f} ms, {r['requests']:.2f} requests each")
        self.check(f"at most {STORE_REQUESTS} requests a commit", r["requests"] <= STORE_REQUESTS, f"{r['requests']:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench delta", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("build/bench-delta"), help="folder for the tables")
    parser.add_argument("--full", action="store_true", help="more appends of the others, more files to compact: half an hour instead of some minutes")
    parser.add_argument("--only", metavar="NAMES", help="of appends,race,many,upserts,compactions,store")
    parser.add_argument("--files", type=int, default=1_000_000, help="files of the large table")
    parser.add_argument("--spark", metavar="PYTHON", help="measure appends, MERGE, optimize and vacuum of delta-spark too: a Python with pyspark,")
    parser.add_argument("--spark-jars", metavar="DIR", help="and Delta Lake's jars for it")
    options = parser.parse_args()
    options.commits = 2000
    options.peer_batches, options.runs = (5, 5) if options.full else (2, 3)
    bench = Bench(options)
    parts = options.only.split(",") if options.only else ["appends", "race", "store", "many", "upserts", "compactions"]
    for part in parts:
        getattr(bench, part)()
    shutil.rmtree(options.data, ignore_errors=True)
    sys.exit(1 if bench.targets.missed else 0)


if __name__ == "__main__":
    main()
