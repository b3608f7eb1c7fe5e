"""./dev bench river: what the main job costs and how fresh it is, beside a first peer, in one run.

Throughput is measured with kcat (C) as the producer, in CPU-seconds of the server alone, from the first record until
everything is committed to Delta. Freshness is measured from the moment a record was due at a client to a SQL answer that
shows it, one client producing at a steady rate and another asking without pause, so it holds the client's own lateness
and the time of the asking too. The exit code says whether what was set out to be reached was.
"""

import argparse
import multiprocessing
import os
import pathlib
import random
import statistics
import sys
import time

import confluent_kafka
import deltalake
import pyarrow
import trino

import classic
import dashboard
import scale
from records import SILVER, committed_up_to, kcat, produce_steadily, record, table_line, write_records
from server import Foz, cpu_seconds, rss_mb
from targets import Targets, disk_sync

# What is to be reached: per CPU-second, milliseconds over the disk's own sync at the 99th percentile, MB, seconds.
BRONZE_PER_CPU_S, SILVER_PER_CPU_S, BAD_COST = 1_000_000, 600_000, 0.30
FRESH_OVER_SYNC_MS, FRESH_RATE = 15, 20_000
IDLE_MB, START_S = 150, 1.0
SUSTAINED_P99_MS = 1000  # a rate is sustained while the 99th percentile is below this

DASHBOARD = "SELECT place, quality, count(*), avg(reading) FROM silver.river_1 GROUP BY place, quality"


def throughput(options, name: str, pipeline: str | None, bad_share: float) -> dict:
    folder = options.data / name
    foz = Foz(options.foz, folder, pipeline)
    try:
        source = folder / "records.jsonl"
        write_records(source, options.records, bad_share)
        cpu, began = cpu_seconds(foz.pid), time.monotonic()
        kcat(foz.kafka, "river", source)
        produced = time.monotonic()
        produce_cpu = cpu_seconds(foz.pid) - cpu
        target = "bronze" if pipeline is None else "silver"
        good = options.records
        if pipeline:
            good = sum(1 for line in open(source, "rb") if b'"broken"' not in line)
        committed_up_to(foz.lake / "bronze" / "river", options.records)
        ended = committed_up_to(foz.lake / target / "river", good)
        result = {
            "records_per_s": options.records / (ended - began),
            "acknowledged_per_s": options.records / (produced - began),
            "per_cpu_s": options.records / (cpu_seconds(foz.pid) - cpu),
            "produce_cpu_s": produce_cpu,
            "rss_mb": rss_mb(foz.pid),
            "bronze": table_line(foz.lake / "bronze" / "river"),
        }
        if pipeline:
            result["silver"] = table_line(foz.lake / "silver" / "river")
        return result
    finally:
        foz.stop()


def ask_without_pause(http: str, sql: str, ends_at: float) -> None:
    """Runs in a process of its own: a dashboard beside the stream."""
    host, port = http.removeprefix("http://").split(":")
    cursor = trino.dbapi.connect(host=host, port=int(port), user="dashboard", catalog="lake", schema="silver").cursor()
    while time.monotonic() < ends_at:
        cursor.execute(sql).fetchall()


def freshness(options, rate: int, seconds: float, flows: int = 1, dashboard: str | None = None) -> dict:
    os.sync()  # what other parts wrote is not written back meanwhile
    pipelines = SILVER + "".join(SILVER.replace("TABLE river", f"TABLE river_{n}") for n in range(1, flows))
    foz = Foz(options.foz, options.data / f"fresh-{rate}", pipelines)
    try:
        total = int(rate * seconds)
        warm = confluent_kafka.Producer({"bootstrap.servers": foz.kafka, "log_level": 0})
        warm.produce("river", record(-1, random.Random(1), False))
        warm.flush()
        cursor = foz.connect().cursor()
        began_at = time.monotonic() + 1.0
        child = multiprocessing.Process(target=produce_steadily, args=(foz.kafka, rate, seconds, began_at))
        child.start()
        if dashboard:
            multiprocessing.Process(target=ask_without_pause, args=(foz.http, dashboard, began_at + seconds), daemon=True).start()
        seen, samples, queries = 0, [], []
        cpu = cpu_seconds(foz.pid)
        while seen < total and time.monotonic() < began_at + seconds + 60:
            asked = time.monotonic()
            cursor.execute(f"SELECT max(seq) FROM silver.river WHERE seq >= {seen}")
            newest = cursor.fetchall()[0][0]
            now = time.monotonic()
            queries.append(now - asked)
            if newest is not None and newest >= seen:
                samples += [now - began_at - i / rate for i in range(seen, newest + 1)]
                seen = newest + 1
        took = time.monotonic() - began_at
        child.join()
        samples = sorted(samples[len(samples) // 10:])  # the first tenth warms up
        at = lambda q: 1000 * samples[min(len(samples) - 1, int(q * len(samples)))]
        used = cpu_seconds(foz.pid) - cpu
        committed_up_to(foz.lake / "silver" / "river", seen + 1)
        return {"p50": at(0.5), "p99": at(0.99), "p999": at(0.999), "missing": total - seen, "rss_mb": rss_mb(foz.pid),
                "query_ms": 1000 * statistics.median(queries), "cpu": used / took, "rate": seen / took,
                "bronze": table_line(foz.lake / "bronze" / "river"), "silver": table_line(foz.lake / "silver" / "river")}
    finally:
        foz.stop()


def show_freshness(r: dict, rate: int, sync: dict) -> None:
    print(f"freshness at {rate:>7,}/s: p50 {r['p50']:.1f} ms  p99 {r['p99']:.1f} ms  p999 {r['p999']:.1f} ms "
          f"(disk sync p99 {sync['p99']:.1f} ms, asking takes {r['query_ms']:.1f} ms); {r['rate']:,.0f}/s reached, "
          f"{r['cpu']:.2f} CPUs, {r['rss_mb']:.0f} MB; bronze {r['bronze']}; silver {r['silver']}"
          + (f"; {r['missing']} not seen in time" if r["missing"] else ""), flush=True)


def check_freshness(r: dict, sync: dict, targets: Targets) -> None:
    limit = sync["p99"] + FRESH_OVER_SYNC_MS
    targets.check(f"p99 within the disk's sync p99 + {FRESH_OVER_SYNC_MS} ms", r["p99"] <= limit and not r["missing"],
                  f"{r['p99']:.1f} ms of {limit:.1f} ms")


def highest_sustained(options, sync: dict) -> None:
    """Half as much again until it is too much: what one producer, the asking and foz together can do here."""
    best, rate = 0, 50_000
    while True:
        r = freshness(options, rate, options.seconds)
        show_freshness(r, rate, sync)
        if r["missing"] or r["p99"] > SUSTAINED_P99_MS or r["rate"] < 0.95 * rate:
            break
        best, rate = rate, rate * 3 // 2
    print(f"highest sustained rate: {best:,}/s (producer, asking and foz share this machine's {os.cpu_count()} CPUs)", flush=True)


PEER_SCHEMA = pyarrow.schema([
    ("key", pyarrow.binary()), ("value", pyarrow.binary()), ("topic", pyarrow.string()), ("partition", pyarrow.int32()),
    ("offset", pyarrow.int64()), ("timestamp", pyarrow.timestamp("us", "UTC")), ("timestampType", pyarrow.int32())])


def peer(options) -> dict:
    """The same stream with a Python consumer and delta-rs: bronze only, which is the cheaper half."""
    folder = options.data / "peer"
    foz = Foz(options.foz, folder, None)
    try:
        source = folder / "records.jsonl"
        write_records(source, options.records, 0)
        kcat(foz.kafka, "river", source)
        consumer = confluent_kafka.Consumer({"bootstrap.servers": foz.kafka, "group.id": "peer", "fetch.message.max.bytes": 8 << 20})
        consumer.assign([confluent_kafka.TopicPartition("river", 0, 0)])
        cpu, began = time.process_time(), time.monotonic()
        rows = 0
        while rows < options.records:
            messages = consumer.consume(100_000, timeout=2)
            columns = [[m.key() for m in messages], [m.value() for m in messages], [m.topic() for m in messages],
                       [m.partition() for m in messages], [m.offset() for m in messages],
                       [m.timestamp()[1] * 1000 for m in messages], [0] * len(messages)]
            deltalake.write_deltalake(str(folder / "peer-table"), pyarrow.table(columns, schema=PEER_SCHEMA), mode="append")
            rows += len(messages)
        return {"per_cpu_s": rows / (time.process_time() - cpu), "records_per_s": rows / (time.monotonic() - began),
                "table": table_line(folder / "peer-table")}
    finally:
        foz.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench river", description=__doc__)
    parser.add_argument("--foz", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("build/bench"), help="work folder (default %(default)s)")
    parser.add_argument("--records", type=int, default=2_000_000, help="of a throughput run (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=20, help="of a freshness run (default %(default)s)")
    parser.add_argument("--rates", default="1000,20000", help="of the freshness runs (default %(default)s)")
    parser.add_argument("--only", choices=["throughput", "freshness", "peer", "dashboard", "classic", *scale.SCENARIOS], help="one part")
    classic.add_options(parser)
    parser.add_argument("--trino", help="HOST:PORT of a Trino to measure the dashboard queries beside")
    parser.add_argument("--trino-table", default="delta.shop.orders", help="the same table there (default %(default)s)")
    scale.add_options(parser)
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    targets = Targets()
    if options.only in scale.SCENARIOS:
        scale.SCENARIOS[options.only](options, targets)
        return 1 if targets.missed else 0

    sync = disk_sync(options.data)
    print(f"disk: write 64 KiB and sync  p50 {sync['p50']:.2f} ms  p99 {sync['p99']:.2f} ms  max {sync['max']:.2f} ms", flush=True)
    idle = Foz(options.foz, options.data / "idle", SILVER)
    time.sleep(1)
    targets.check(f"ready within {START_S:.0f} s", idle.start_s < START_S, f"{idle.start_s:.3f} s")
    targets.check(f"idle under {IDLE_MB} MB", rss_mb(idle.pid) < IDLE_MB, f"{rss_mb(idle.pid):.0f} MB")
    idle.stop()

    results = {}
    if options.only in (None, "throughput"):
        for name, pipeline, bad in (("bronze", None, 0), ("silver", SILVER, 0), ("silver-5%-bad", SILVER, 0.05)):
            r = results[name] = throughput(options, name, pipeline, bad)
            print(f"{name:14} {r['per_cpu_s']:>10,.0f} records per CPU-second, {r['records_per_s']:>10,.0f}/s to committed, "
                  f"{r['acknowledged_per_s']:>10,.0f}/s acknowledged, {r['rss_mb']:.0f} MB; bronze {r['bronze']}"
                  + (f"; silver {r['silver']}" if "silver" in r else ""), flush=True)
        bronze, clean, bad = (results[name]["per_cpu_s"] for name in ("bronze", "silver", "silver-5%-bad"))
        targets.check(f"{BRONZE_PER_CPU_S:,} to bronze", bronze >= BRONZE_PER_CPU_S, f"{bronze:,.0f}")
        targets.check(f"{SILVER_PER_CPU_S:,} to silver", clean >= SILVER_PER_CPU_S, f"{clean:,.0f}")
        cost = clean / bad - 1
        targets.check(f"5 % bad rows cost at most {BAD_COST:.0%} more", cost <= BAD_COST, f"{cost:.0%}")
    if options.only in (None, "freshness"):
        for rate in map(int, options.rates.split(",")):
            r = freshness(options, rate, options.seconds)
            show_freshness(r, rate, sync)
            if rate == FRESH_RATE:
                check_freshness(r, sync, targets)
        r = freshness(options, FRESH_RATE, options.seconds, flows=10, dashboard=DASHBOARD)
        print("with 10 flows and a dashboard query without pause:")
        show_freshness(r, FRESH_RATE, sync)
        check_freshness(r, sync, targets)
        highest_sustained(options, sync)
    if options.only in (None, "peer"):
        r = peer(options)
        print(f"peer: Python + delta-rs to bronze {r['per_cpu_s']:>10,.0f} records per CPU-second, {r['records_per_s']:,.0f}/s; {r['table']}")
        if "bronze" in results:
            print(f"foz to bronze is {results['bronze']['per_cpu_s'] / r['per_cpu_s']:.1f} x the peer per CPU-second")
    if options.spark and options.only in (None, "classic"):
        for step, per_cpu_s in classic.run(options).items():
            if step in results:
                print(f"foz to {step} is {results[step]['per_cpu_s'] / per_cpu_s:.1f} x Kafka and Spark per CPU-second", flush=True)
    if options.only in (None, "dashboard"):
        dashboard.run(options, targets)
    return 1 if targets.missed else 0


if __name__ == "__main__":
    sys.exit(main())
