"""The same stream through Apache Kafka, Spark Structured Streaming and Delta Lake's own Spark writer, beside foz."""

import json
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import time

import deltalake

from records import SELECT, committed_rows, kcat, produce_steadily, table_line, write_records
from server import cpu_seconds, rss_mb

WARM_RECORDS = 100_000
RATE = 20_000


def add_options(parser) -> None:
    parser.add_argument("--broker", metavar="HOST:PORT", help="an Apache Kafka on this machine to measure beside")
    parser.add_argument("--spark", metavar="PYTHON", help="a Python with pyspark; its JVM is the one of JAVA_HOME")
    parser.add_argument("--spark-jars", metavar="DIR", help="Delta Lake and the Kafka source for that Spark")


def listener(port: int) -> int:
    """The process that listens on the port."""
    inodes = {fields[9] for table in ("/proc/net/tcp", "/proc/net/tcp6") for fields in map(str.split, open(table).readlines()[1:])
              if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(fd)[8:-1] in inodes for fd in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:  # it has ended, or is somebody else's
            pass
    sys.exit(f"nothing listens on port {port}")


class Spark:
    """A running spark_river.py, told what to do line by line."""

    def __init__(self, options, folder: pathlib.Path):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        began = time.monotonic()
        self.lake = folder.absolute() / "lake"
        self.process = subprocess.Popen(
            [options.spark, pathlib.Path(__file__).with_name("spark_river.py"), options.broker, options.spark_jars, folder.absolute(),
             SELECT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(folder / "spark.log", "wb"), text=True)
        self.jvm = json.loads(self.answer())["pid"]
        self.start_s = time.monotonic() - began

    def answer(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"Spark has ended; see {self.lake.parent}/spark.log")
        return line

    def do(self, *words) -> None:
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        self.answer()

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(120)


def throughput(options, spark: Spark, broker: int) -> dict:
    folder = options.data / "classic"
    source = folder / "records.jsonl"
    for topic, count in (("warm", WARM_RECORDS), ("river", options.records)):
        write_records(source, count, 0)
        cpu, began = cpu_seconds(broker), time.monotonic()
        kcat(options.broker, topic, source)
        produce_cpu, produced_s = cpu_seconds(broker) - cpu, time.monotonic() - began
        took = {}
        for step in ("bronze", "silver"):
            jvm, kafka, began = cpu_seconds(spark.jvm), cpu_seconds(broker), time.monotonic()
            spark.do(step, topic)
            took[step] = (cpu_seconds(spark.jvm) - jvm + cpu_seconds(broker) - kafka, time.monotonic() - began)
            if (rows := committed_rows(spark.lake / step / topic)) != count:
                sys.exit(f"Spark's {step} holds {rows} rows, not {count}")
    bronze_cpu, silver_cpu = produce_cpu + took["bronze"][0], produce_cpu + took["bronze"][0] + took["silver"][0]
    bronze_s = produced_s + took["bronze"][1]
    print(f"classic bronze {options.records / bronze_cpu:>10,.0f} records per CPU-second of Kafka and Spark, "
          f"{options.records / bronze_s:>10,.0f}/s to committed; {table_line(spark.lake / 'bronze' / 'river')}", flush=True)
    print(f"classic silver {options.records / silver_cpu:>10,.0f} records per CPU-second of Kafka and Spark, "
          f"{options.records / (bronze_s + took['silver'][1]):>10,.0f}/s to committed; {table_line(spark.lake / 'silver' / 'river')}", flush=True)
    return {"bronze": options.records / bronze_cpu, "silver": options.records / silver_cpu}


def newest(table: deltalake.DeltaTable) -> int:
    table.update_incremental()
    values = table.get_add_actions(flatten=True).column("max.seq").to_pylist()
    return max((value for value in values if value is not None), default=-1)


def freshness(options, spark: Spark, broker: int) -> None:
    """From when a record was due to the Delta commit that holds it: a reader comes after that."""
    warm = options.data / "classic" / "warm.jsonl"
    write_records(warm, 1000, 0)
    kcat(options.broker, "steady", warm)
    spark.do("stream", "steady")
    silver = spark.lake / "silver" / "steady"
    while committed_rows(silver) < 1000:
        time.sleep(0.2)
    table = deltalake.DeltaTable(str(silver))
    # Its numbers begin where those of the warm-up end.
    first, began_at = 1000, time.monotonic() + 1.0 - 1000 / RATE
    cpu = cpu_seconds(spark.jvm) + cpu_seconds(broker)
    total = first + int(RATE * options.seconds)
    child = multiprocessing.Process(target=produce_steadily, args=(options.broker, RATE, total / RATE, began_at, first, "steady"))
    child.start()
    seen, samples = first, []
    while seen < total and time.monotonic() < began_at + options.seconds + 300:
        up_to = newest(table)
        now = time.monotonic()
        samples += [now - began_at - i / RATE for i in range(seen, up_to + 1)]
        seen = max(seen, up_to + 1)
        time.sleep(0.01)
    child.join()
    used = (cpu_seconds(spark.jvm) + cpu_seconds(broker) - cpu) / (time.monotonic() - began_at)
    samples = sorted(samples[len(samples) // 10:])
    p50, p99 = samples[len(samples) // 2], samples[int(len(samples) * 0.99)]
    print(f"classic freshness at {RATE:,}/s, to the commit of silver: p50 {p50:.1f} s  p99 {p99:.1f} s, {used:.2f} CPUs, "
          f"{rss_mb(spark.jvm) + rss_mb(broker):,.0f} MB (Kafka {rss_mb(broker):,.0f}, Spark {rss_mb(spark.jvm):,.0f}); "
          f"silver {table_line(silver)}" + (f"; {total - seen} not seen in time" if seen < total else ""), flush=True)


def run(options) -> dict:
    """Records per CPU-second to bronze and to silver."""
    if not options.broker or not options.spark_jars:
        sys.exit("--spark asks for --broker and --spark-jars too")
    broker = listener(int(options.broker.rsplit(":", 1)[1]))
    spark = Spark(options, options.data / "classic")
    print(f"classic Spark is ready after {spark.start_s:.1f} s", flush=True)
    try:
        reached = throughput(options, spark, broker)
        freshness(options, spark, broker)
        return reached
    finally:
        spark.stop()
