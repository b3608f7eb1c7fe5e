"""Many tables, many partitions, a store that is away: what they cost on one small machine.

CPU-seconds and counts are of the server alone; they say more than wall times on a machine that is shared.
"""

import concurrent.futures
import os
import pathlib
import subprocess
import threading
import time

import confluent_kafka
import confluent_kafka.admin
import deltalake

from server import Foz, cpu_seconds, rss_mb

LIMITS = "limits: {free_disk: 64MB}\n"


def body(seq: int) -> bytes:
    return b'{"seq":%d,"sensor":%d,"place":"hall-%02d","note":"%s"}' % (seq, seq % 5000, seq % 37, b"n" * 130)


def make_topics(foz: Foz, names: list[str], partitions: int) -> float:
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": foz.kafka})
    began = time.monotonic()
    for first in range(0, len(names), 100):
        topics = [confluent_kafka.admin.NewTopic(name, partitions) for name in names[first:first + 100]]
        for made in admin.create_topics(topics, request_timeout=120).values():
            made.result()
    return time.monotonic() - began


class Load:
    """Produces to where `where(seq)` says, `rate` records a second, until stopped."""

    def __init__(self, foz: Foz, rate: int, where):
        self.sent, self.acknowledged, self.refused = 0, 0, 0
        self.stopping = False
        self.thread = threading.Thread(target=self.run, args=(foz.kafka, rate, where), daemon=True)
        self.thread.start()

    def delivered(self, error, _):
        if error is None:
            self.acknowledged += 1
        else:
            self.refused += 1

    def run(self, kafka: str, rate: int, where) -> None:
        producer = confluent_kafka.Producer({"bootstrap.servers": kafka, "linger.ms": 5, "acks": "all", "log_level": 0,
                                             "enable.idempotence": True, "message.timeout.ms": 900000,
                                             "queue.buffering.max.messages": 1000000, "queue.buffering.max.kbytes": 1000000})
        began = time.monotonic()
        while not self.stopping:
            due = int((time.monotonic() - began) * rate)
            while self.sent < due and not self.stopping:
                topic, partition = where(self.sent)
                try:
                    producer.produce(topic, body(self.sent), partition=partition, on_delivery=self.delivered)
                except BufferError:
                    producer.poll(0.05)
                    continue
                self.sent += 1
            producer.poll(0.005)
        producer.flush(600)

    def stop(self, limit_s: float = 600) -> int:
        self.stopping = True
        self.thread.join(limit_s)
        return self.acknowledged


def quantile(before: dict, after: dict, name: str, q: float) -> float:
    """Upper bound, in ms, of the bucket that holds the quantile of what was observed between two scrapes."""
    total = after.get(f"{name}_bucket +Inf", 0) - before.get(f"{name}_bucket +Inf", 0)
    bounds = sorted(float(key.split(" ")[1]) for key in after if key.startswith(f"{name}_bucket ") and not key.endswith("+Inf"))
    for bound in bounds:
        key = f"{name}_bucket {bound:g}"
        if after[key] - before.get(key, 0) >= q * total:
            return 1000 * bound
    return float("inf")


class Watch:
    """What the server spends and does between its making and `line`."""

    def __init__(self, foz: Foz):
        self.foz = foz
        self.metrics, self.cpu, self.began = foz.metrics(), cpu_seconds(foz.pid), time.monotonic()

    def line(self, records: int | None = None) -> str:
        took, cpu = time.monotonic() - self.began, cpu_seconds(self.foz.pid) - self.cpu
        now = self.foz.metrics()
        grew = lambda name: now.get(name, 0) - self.metrics.get(name, 0)
        text = f"{cpu / took:.3f} CPUs, {rss_mb(self.foz.pid):.0f} MB, {grew('foz_ticks_total') / took:.0f} ticks/s, " \
               f"{grew('foz_commits_total'):.0f} commits, tails {now.get('foz_tail_bytes', 0) / 1e6:.1f} MB"
        if records:
            text += f", {1e6 * cpu / records:.0f} CPU-µs a record, visible p50 {quantile(self.metrics, now, 'foz_freshness_seconds', 0.5):.1f} ms " \
                    f"p99 {quantile(self.metrics, now, 'foz_freshness_seconds', 0.99):.1f} ms"
        return text


def say(what: str, text: str) -> None:
    print(f"{what:28} {text}", flush=True)


def rows_of(folder) -> tuple[int, int, int]:
    """Rows, files and versions of all tables in a folder, as another reader sees them."""
    def one(path) -> tuple[int, int, int]:
        table = deltalake.DeltaTable(str(path))
        counts = table.get_add_actions(flatten=True).column("num_records").to_pylist()
        return sum(counts), len(counts), table.version() + 1
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(pool.map(one, sorted(p for p in folder.iterdir() if (p / "_delta_log").exists())))
    return tuple(map(sum, zip(*found))) if found else (0, 0, 0)


def restarts(foz: Foz, targets, load) -> int:
    """Stops, starts, takes records, kills, starts; returns what was acknowledged meanwhile."""
    began, cpu = time.monotonic(), cpu_seconds(foz.pid)
    foz.process.terminate()
    last = cpu
    while foz.process.poll() is None:
        try:
            last = cpu_seconds(foz.pid)
        except (FileNotFoundError, IndexError):
            pass
        time.sleep(0.01)
    say("stop", f"{time.monotonic() - began:.2f} s, {last - cpu:.2f} CPU-s: everything committed")
    foz.start()
    targets.check("ready in 1 s after a clean stop", foz.start_s < 1, f"{foz.start_s:.2f} s, {foz.start_cpu_s:.2f} CPU-s, {rss_mb(foz.pid):.0f} MB")
    running = load()
    time.sleep(20)
    records = running.stop()
    foz.kill()
    foz.start()
    targets.check("ready in 10 s after SIGKILL", foz.start_s < 10, f"{foz.start_s:.2f} s, {foz.start_cpu_s:.2f} CPU-s, {rss_mb(foz.pid):.0f} MB")
    return records


def settle(foz: Foz, targets, records: int, schema: str = "bronze") -> None:
    foz.stop()
    rows, files, versions = rows_of(foz.lake / schema)
    targets.check("every acknowledged record once", rows == records, f"{rows:,} of {records:,} rows in {files:,} files, {versions:,} versions")


def tables(options, targets) -> None:
    count, rate = options.tables, options.rate
    foz = Foz(options.foz, options.data / "tables", None, "commits: {interval: 10s, slow_interval: 60s}\n" + LIMITS)
    names = [f"river-{i:04}" for i in range(count)]
    watch = Watch(foz)
    took = make_topics(foz, names, 1)
    while sum(table["name"].startswith("bronze.") for table in foz.overview()["tables"]) < count:
        time.sleep(0.2)
    say(f"{count:,} topics and tables", f"made in {took:.1f} s; {cpu_seconds(foz.pid) - watch.cpu:.1f} CPU-s, {rss_mb(foz.pid):.0f} MB")
    watch = Watch(foz)
    time.sleep(15)
    say("idle", watch.line())
    load = lambda: Load(foz, rate, lambda seq: (names[seq % count], 0))
    watch = Watch(foz)
    running = load()
    for _ in range(3):
        time.sleep(options.seconds)
        say(f"{rate:,} records/s", watch.line(running.acknowledged))
    records = running.stop()
    scrape = time.monotonic()
    cpu = cpu_seconds(foz.pid)
    foz.metrics()
    say("one scrape", f"{time.monotonic() - scrape:.2f} s, {cpu_seconds(foz.pid) - cpu:.2f} CPU-s")
    cpu = cpu_seconds(foz.pid)
    for _ in range(10):
        foz.value(f"SELECT count(*) FROM bronze.{names[7].replace('-', '_')}")
    say("ten queries of one table", f"{cpu_seconds(foz.pid) - cpu:.2f} CPU-s")
    watch = Watch(foz)
    time.sleep(15)
    say("idle with tails", watch.line())
    records += restarts(foz, targets, load)
    settle(foz, targets, records)


SILVER = """
CREATE OR REFRESH STREAMING TABLE wide AS
SELECT e.seq, e.place FROM (SELECT from_json(CAST(value AS STRING), 'seq BIGINT, place STRING') AS e FROM STREAM bronze.wide);
"""


def partitions(options, targets) -> None:
    count, rate = options.partitions, options.rate
    foz = Foz(options.foz, options.data / "partitions", SILVER, "commits: {interval: 5s, slow_interval: 20s}\n" + LIMITS)
    took = make_topics(foz, ["wide"], count)
    while not any(table["name"] == "bronze.wide" for table in foz.overview()["tables"]):
        time.sleep(0.2)
    say(f"a topic of {count:,} partitions", f"made in {took:.1f} s; {rss_mb(foz.pid):.0f} MB")
    watch = Watch(foz)
    time.sleep(10)
    say("idle", watch.line())
    load = lambda: Load(foz, rate, lambda seq: ("wide", seq % count))
    watch = Watch(foz)
    running = load()
    for _ in range(3):
        time.sleep(options.seconds)
        say(f"{rate:,} records/s", watch.line(running.acknowledged))
    records = running.stop()
    records += restarts(foz, targets, load)
    foz.stop()
    for schema in ("bronze", "silver"):
        rows, files, versions = rows_of(foz.lake / schema)
        targets.check(f"every acknowledged record once in {schema}", rows == records,
                      f"{rows:,} of {records:,} rows in {files:,} files, {versions:,} versions")
    log = list((foz.lake / "bronze" / "wide" / "_delta_log").glob("*"))
    say("bronze's Delta log", f"{len(log)} files, {sum(f.stat().st_size for f in log) / 1e6:.1f} MB")


# The lake is a file system of its own that is full while $DISK/../away is there.
AWAY = """
while sleep 0.2; do
  if [ -e "$DISK/../away" ]; then [ -e "$DISK/ballast" ] || dd if=/dev/zero of="$DISK/ballast" bs=1M 2>/dev/null; else rm -f "$DISK/ballast"; fi
done & echo $! > "$DISK/../keeper"
"""


def outage(options, targets) -> None:
    folder = options.data / "outage"
    seconds, rate = options.outage_seconds, options.outage_rate
    memory = options.memory
    size = int(rate * (seconds + 120) * 250 * 2 / 1e6) + 500
    wrapper = ["unshare", "--mount", "--propagation=private", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c",
               f'DISK="{(folder / "lake").absolute()}"; mkdir -p "$DISK"; mount -t tmpfs -o size={size}m foz "$DISK" && {{ {AWAY} }} && exec "$@"', "sh"]
    foz = Foz(options.foz, folder, SILVER.replace("wide", "river"), f"commits: {{interval: 5s, slow_interval: 10s}}\nlimits: {{free_disk: 64MB, memory: {memory}}}\n",
              wrapper)
    make_topics(foz, ["river"], 8)
    running = Load(foz, rate, lambda seq: ("river", seq % 8))
    states = set()
    peak = 0.0
    def look(what: str, watch: Watch, seconds: float, until=lambda overview: False) -> float:
        nonlocal peak
        began = shown = time.monotonic()
        while time.monotonic() - began < seconds:
            time.sleep(0.5)
            overview = foz.overview()
            flows = {flow["name"]: (flow["state"], flow["lag_records"]) for flow in overview["flows"]}
            states.update((what, state) for state, _ in flows.values())
            peak = max(peak, rss_mb(foz.pid))
            if until(flows):
                break
            if time.monotonic() - shown > max(10, seconds / 6):
                shown = time.monotonic()
                say(what, f"{watch.line()}; {running.acknowledged:,} acknowledged, {running.refused} refused; {flows}")
        return time.monotonic() - began
    try:
        watch = Watch(foz)
        look("before", watch, 15)
        say("before", watch.line(running.acknowledged))
        (folder / "away").touch()
        watch = Watch(foz)
        acknowledged = running.acknowledged
        look("lake full", watch, seconds)
        say("lake full", watch.line(running.acknowledged - acknowledged))
        (folder / "away").unlink()
        watch = Watch(foz)
        took = look("lake back", watch, 600, lambda flows: all(lag < rate for _, lag in flows.values()))
        say("caught up", f"{took:.1f} s after the lake was back, under the same load: {watch.line()}")
        records = running.stop()
        foz.value("SELECT 1")
        look("quiet", watch, 120, lambda flows: all(lag == 0 for _, lag in flows.values()))
        for table in ("bronze.river", "silver.river"):
            rows = foz.value(f"SELECT count(*) FROM {table}")
            targets.check(f"every acknowledged record once in {table}", rows == records, f"{rows:,} of {records:,}")
        targets.check("nothing refused", running.refused == 0, f"{running.refused}")
        say("memory", f"peak {peak:.0f} MB with a limit of {memory}; states seen: {sorted(states)}")
    finally:
        running.stopping = True
        keeper = folder / "keeper"
        foz.stop()
        if keeper.exists():
            subprocess.run(["kill", keeper.read_text().strip()])


HUNGRY = "SELECT count(*), max(h) FROM (SELECT a.value, max(b.value || a.value) AS h FROM bronze.river a JOIN bronze.river b " \
         "ON a.offset % 1000 = b.offset % 1000 GROUP BY a.value)"


def group_of_own(limit: str) -> tuple[list[str], pathlib.Path | None]:
    """A command that runs what follows it in a cgroup with a memory limit, where this machine lets us make one."""
    for root, file in (("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")):
        group = pathlib.Path(root) / "foz-bench"
        if not (group.parent / "cgroup.procs").exists():
            continue
        try:
            group.mkdir(exist_ok=True)
            (group / file).write_text(limit)
            return ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"], group
        except OSError:
            continue
    return [], None


def memory(options, targets) -> None:
    limit = options.memory.removesuffix("B")
    wrapper, group = group_of_own(limit)
    say("limit", f"{limit} by " + (f"the cgroup {group}" if group else "foz.yaml alone: no cgroup can be made here"))
    foz = Foz(options.foz, options.data / "memory", SILVER.replace("wide", "river"),
              f"commits: {{interval: 5s, slow_interval: 10s}}\nlimits: {{free_disk: 64MB, memory: {options.memory}}}\n", wrapper)
    make_topics(foz, ["river"], 8)
    running = Load(foz, options.outage_rate, lambda seq: ("river", seq % 8))
    outcomes: list[str] = []
    asking = threading.Event()

    def ask() -> None:
        while not asking.is_set():
            try:
                outcomes.append(f"{foz.value(HUNGRY):,} rows")
            except Exception as error:  # any outcome but an end of the process will do
                outcomes.append(str(error)[:160])
                time.sleep(0.5)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    peak = 0.0
    watch = Watch(foz)
    began = shown = time.monotonic()
    while time.monotonic() - began < 6 * options.seconds and foz.process.poll() is None:
        if time.monotonic() - began > options.seconds and not askers[0].is_alive():
            for asker in askers:
                asker.start()
        peak = max(peak, rss_mb(foz.pid))
        if time.monotonic() - shown > options.seconds:
            shown = time.monotonic()
            say("load and hungry queries", f"{watch.line(running.acknowledged)}; {len(outcomes)} answers")
        time.sleep(0.1)
    asking.set()
    for asker in askers:
        asker.join()
    records = running.stop(120)
    alive = foz.process.poll() is None
    targets.check("alive under load and hungry queries", alive, f"peak {peak:.0f} MB of {options.memory}, {len(outcomes)} answers: "
                  f"{sorted(set(outcome[:90] for outcome in outcomes))}")
    if alive:
        time.sleep(15)
        say("quiet for 15 s", f"{rss_mb(foz.pid):.0f} MB, tails {foz.metrics().get('foz_tail_bytes', 0) / 1e6:.1f} MB")
        settle(foz, targets, records)
    if group:
        group.rmdir()


SCENARIOS = {"tables1000": tables, "partitions1000": partitions, "outage": outage, "memory": memory}


def add_options(parser) -> None:
    parser.add_argument("--tables", type=int, default=1000, help="of tables1000 (default %(default)s)")
    parser.add_argument("--partitions", type=int, default=1000, help="of partitions1000 (default %(default)s)")
    parser.add_argument("--rate", type=int, default=1500, help="records a second of tables1000 and partitions1000 (default %(default)s)")
    parser.add_argument("--outage-seconds", type=float, default=600, help="how long the lake takes nothing (default %(default)s)")
    parser.add_argument("--outage-rate", type=int, default=20_000, help="records a second of outage (default %(default)s)")
    parser.add_argument("--memory", default="1GB", help="limit of outage and memory (default %(default)s)")
