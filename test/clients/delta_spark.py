"""./dev delta-spark: Spark's Delta Lake and foz read and write each other's tables.

read   Spark reads the tables that our tests write: as they are, their older versions, when a checkpoint is all that is left of
       the log, and after our vacuum. The rows must be those that delta-rs reads, and the changes those that foz reads.
turns  Spark, delta-rs and foz write into one table in turns (delta_turns.py).
keyed  Spark writes into the table of a stream that foz applies by key (delta_keyed.py).

PYTHON has pyspark; DIR holds Delta Lake's jars for it. Spark takes about 2 GB.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from delta_keyed import share_keyed
from delta_session import Spark, SparkError
from delta_turns import TABLES, take_turns

ROOT = pathlib.Path(__file__).resolve().parents[2]


def count_of(table: pathlib.Path, version: int | None = None) -> int:
    import deltalake
    import pyarrow
    read = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(table), version=version)).execute("SELECT count(*) AS n FROM t")
    return pyarrow.table(read.read_all()).column("n")[0].as_py()


def newest(table: pathlib.Path, pattern: str) -> int:
    versions = [int(re.match(r"\d{20}", path.name)[0]) for path in (table / "_delta_log").glob(pattern)]
    return max(versions, default=-1)


def foz(*arguments) -> str:
    return subprocess.run([os.environ["FOZ_BIN"], "table", *map(str, arguments)], check=True, capture_output=True, text=True).stdout


class Reading:
    """What Spark reads of tables, beside what it must read."""

    def __init__(self, spark: Spark):
        self.spark, self.failures = spark, 0

    def compare(self, what: str, table: pathlib.Path, read: str, wanted: dict) -> dict:
        """`wanted` has a count, and the rows too if they are known; returns what was found in the same form."""
        try:
            rows = sorted(row[0] for row in self.spark.sql(f"SELECT to_json(struct(*), map('ignoreNullFields', 'false')) FROM {read}"))
            found = {"count": len(rows), "rows": rows}
            same = found["count"] == wanted["count"] and wanted.get("rows", rows) == rows
            said = f"{len(rows)} rows" + ("" if same else f", not {wanted['count']}")
        except SparkError as error:
            found, same, said = None, False, str(error)
        self.failures += not same
        print(f"{'same  ' if same else 'DIFFERS'}  {table.name}, {what}: {said}", flush=True)
        return found

    def changes(self, table: pathlib.Path) -> None:
        ours = [json.loads(line) for line in foz("read", table, "--changes", f"1..{newest(table, '*.json')}").splitlines()]
        key = lambda row: (row["_commit_version"], row["_change_type"], row["id"])
        theirs = [json.loads(row[0]) for row in self.spark.sql(f"SELECT to_json(struct(*)) FROM table_changes_by_path('{table}', 1)")]
        same = sorted(map(key, ours)) == sorted(map(key, theirs))
        self.failures += not same
        print(f"{'same  ' if same else 'DIFFERS'}  {table.name}, changes: {len(theirs)}" + ("" if same else f", not {len(ours)}"), flush=True)

    def table(self, table: pathlib.Path) -> None:
        name, log = f"delta.`{table}`", table / "_delta_log"
        whole = self.compare("as it was written", table, name, {"count": count_of(table)})
        if whole is None:
            return
        last = newest(table, "*.json")
        for version in sorted({0, 1, last // 2, last - 1} & set(range(last))):
            self.compare(f"version {version}", table, f"{name} VERSION AS OF {version}", {"count": count_of(table, version)})
        if "enableChangeDataFeed" in (log / f"{0:020}.json").read_text():
            self.changes(table)
        # Our checkpoint of the newest version, and of the log before it nothing.
        foz("checkpoint", table)
        version = newest(table, "*.checkpoint*")
        for path in log.glob("*"):
            found = re.match(r"\d{20}", path.name)
            old = found and int(found[0]) < version
            if old or path.suffix == ".crc":
                path.unlink()
        self.compare(f"checkpoint {version} alone", table, name, whole)
        foz("optimize", table)
        foz("vacuum", table, "--retention", "0s", "--force")
        self.compare("after optimize and vacuum", table, name, whole)


def read_ours(spark: Spark, folder: pathlib.Path) -> int:
    tables = folder / "tables"
    tables.mkdir()
    subprocess.run([os.environ["FOZ_DELTA_TEST"], "--gtest_filter=Conformance.Writes*Tables*"], check=True, stdout=subprocess.DEVNULL,
                   cwd=ROOT, env={**os.environ, "FOZ_WRITE_TABLES": str(tables)})
    reading = Reading(spark)
    for log in sorted(tables.glob("**/_delta_log")):
        reading.table(log.parent)
    return reading.failures


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev delta-spark", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["read", "turns", "keyed"], help="all, if none is named")
    parser.add_argument("--spark", required=True, metavar="PYTHON")
    parser.add_argument("--spark-jars", required=True, metavar="DIR")
    parser.add_argument("--table", action="append", choices=TABLES, help="turns: only in this one (may be repeated)")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="delta-spark-"))
    spark = Spark(options.spark, options.spark_jars, folder)
    failures = 0
    if options.what in ("read", None):
        failures += read_ours(spark, folder)
    if options.what in ("turns", None):
        (folder / "turns").mkdir()
        failures += take_turns(spark, folder / "turns", options.table)
    if options.what in ("keyed", None):
        failures += share_keyed(spark, folder)
    print(f"{failures} differ; they are in {folder}" if failures else "all of it is as it must be")
    if failures == 0:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
