"""Spark with Delta Lake in a process of its own, under a Python that has pyspark: a statement goes in, its rows come back."""

import json
import pathlib
import subprocess
import sys

# Runs in the other Python.
SERVER = r'''
import glob, json, os, sys
from pyspark.sql import SparkSession
jars, folder = sys.argv[1:]
# VACUUM prints what it did, from Java.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
builder = SparkSession.builder.appName("delta-spark").master("local[2]")
for key, value in {
    "spark.jars": ",".join(sorted(glob.glob(f"{jars}/*.jar"))), "spark.driver.extraClassPath": f"{jars}/*",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog", "spark.driver.memory": "1500m",
    "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC", "spark.local.dir": f"{folder}/tmp", "spark.sql.warehouse.dir": f"{folder}/warehouse",
    "spark.driver.extraJavaOptions": f"-Dderby.system.home={folder}/derby",
    "spark.sql.shuffle.partitions": "2", "spark.databricks.delta.snapshotPartitions": "2", "spark.log.level": "ERROR",
}.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
print("ready", file=answers, flush=True)
for line in sys.stdin:
    try:
        answer = {"rows": [list(row) for row in spark.sql(json.loads(line)).collect()]}
    except Exception as error:
        answer = {"error": " ".join(str(error).splitlines()[:2])}
    print(json.dumps(answer, default=str), file=answers, flush=True)
'''


class SparkError(Exception):
    pass


class Spark:
    def __init__(self, python: str, jars: str, folder: pathlib.Path):
        script = folder / "session.py"
        script.write_text(SERVER)
        self.log = open(folder / "spark.log", "wb")
        self.process = subprocess.Popen([python, script, jars, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        if self.process.stdout.readline().strip() != "ready":
            sys.exit(f"Spark did not start; see {folder}/spark.log")

    def sql(self, statement: str) -> list:
        self.process.stdin.write(json.dumps(statement) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise SparkError(answer["error"])
        return answer["rows"]
