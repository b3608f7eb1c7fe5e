"""./dev delta-spark: Spark's Delta Lake reads the tables that our tests write, as they are and when their checkpoint is all that
is left of the log, and after our vacuum. The rows must be those that delta-rs reads.

    delta_spark.py --spark PYTHON --spark-jars DIR [--tables DIR]

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

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Runs in the other Python: answers each table, a line each, with its rows as JSON or with why not.
READER = r'''
import glob, json, sys
from pyspark.sql import SparkSession
jars, folder = sys.argv[1:]
answers, sys.stdout = sys.stdout, sys.stderr
builder = SparkSession.builder.appName("delta-spark").master("local[2]")
for key, value in {
    "spark.jars": ",".join(sorted(glob.glob(f"{jars}/*.jar"))), "spark.driver.extraClassPath": f"{jars}/*",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog", "spark.driver.memory": "1500m",
    "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC", "spark.local.dir": f"{folder}/tmp", "spark.sql.warehouse.dir": f"{folder}/warehouse",
    "spark.sql.shuffle.partitions": "2", "spark.databricks.delta.snapshotPartitions": "2", "spark.log.level": "ERROR",
}.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
print("ready", file=answers, flush=True)
for line in sys.stdin:
    try:
        table = spark.read.format("delta").load(line.strip())
        rows = table.selectExpr("to_json(struct(*), map('ignoreNullFields', 'false')) AS row").collect()
        answer = {"count": table.count(), "rows": sorted(row.row for row in rows)}
    except Exception as error:
        answer = {"error": str(error).splitlines()[0]}
    print(json.dumps(answer), file=answers, flush=True)
'''


class Spark:
    def __init__(self, options, folder: pathlib.Path):
        script = folder / "reader.py"
        script.write_text(READER)
        self.log = open(folder / "spark.log", "wb")
        self.process = subprocess.Popen([options.spark, script, options.spark_jars, folder], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        if self.process.stdout.readline().strip() != "ready":
            sys.exit(f"Spark did not start; see {folder}/spark.log")

    def read(self, table: pathlib.Path) -> dict:
        self.process.stdin.write(f"{table}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def count_of(table: pathlib.Path) -> int:
    import deltalake
    import pyarrow
    read = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(table))).execute("SELECT count(*) AS n FROM t")
    return pyarrow.table(read.read_all()).column("n")[0].as_py()


def newest(table: pathlib.Path, pattern: str) -> int:
    versions = [int(re.match(r"\d{20}", path.name)[0]) for path in (table / "_delta_log").glob(pattern)]
    return max(versions, default=-1)


def foz(*arguments) -> None:
    subprocess.run([os.environ["FOZ_BIN"], "table", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev delta-spark", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spark", required=True, metavar="PYTHON")
    parser.add_argument("--spark-jars", required=True, metavar="DIR")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="delta-spark-"))
    tables = folder / "tables"
    tables.mkdir()
    subprocess.run([os.environ["FOZ_DELTA_TEST"], "--gtest_filter=Conformance.Writes*Tables*"], check=True, stdout=subprocess.DEVNULL,
                   cwd=ROOT, env={**os.environ, "FOZ_WRITE_TABLES": str(tables)})
    spark = Spark(options, folder)
    failures = 0

    def compare(what: str, table: pathlib.Path, wanted: dict) -> dict:
        nonlocal failures
        found = spark.read(table)
        same = "error" not in found and found["count"] == wanted["count"] and wanted.get("rows", found["rows"]) == found["rows"]
        failures += not same
        said = found.get("error") or f"{found['count']} rows" + ("" if same else f", not {wanted['count']}")
        print(f"{'same  ' if same else 'DIFFERS'}  {table.name}, {what}: {said}", flush=True)
        return found

    for log in sorted(tables.glob("**/_delta_log")):
        table = log.parent
        whole = compare("as it was written", table, {"count": count_of(table)})
        if "error" in whole:
            continue
        # Our checkpoint of the newest version, and of the log before it nothing.
        foz("checkpoint", table)
        version = newest(table, "*.checkpoint*")
        for path in log.glob("*"):
            found = re.match(r"\d{20}", path.name)
            old = found and int(found[0]) < version
            if old or (path.suffix == ".crc"):
                path.unlink()
        compare(f"checkpoint {version} alone", table, whole)
        foz("optimize", table)
        foz("vacuum", table, "--retention", "0s", "--force")
        compare("after optimize and vacuum", table, whole)
    print(f"{failures} of the readings differ" if failures else "Spark reads all of them as delta-rs does")
    if failures == 0:
        shutil.rmtree(folder)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
