"""The main job, on real input: start foz on this project, replay a year of flights through a Kafka client, and watch it in SQL.

Run it with ./dev demo. It stays up for exploring until Ctrl-C; --once ends after a short replay with a checked summary.
"""

import argparse
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections import deque

import confluent_kafka
import trino

import events

HERE = pathlib.Path(__file__).resolve().parent
QUERIES = {
    "Busiest right now": """
        SELECT origin, count(*) AS departures, round(avg(delay_minutes), 1) AS mean_delay_min,
               round(100.0 * count_if(is_late) / count(*), 1) AS late_percent
        FROM silver.departures GROUP BY origin ORDER BY departures DESC""",
    "Latest events": """
        SELECT occurred_at, event, carrier, flight, origin, dest, delay_minutes
        FROM silver.flight_events ORDER BY bronze_partition, bronze_offset DESC LIMIT 4""",
    "Refused, with the reason": """
        SELECT reason, count(*) AS events FROM silver.flight_events__quarantine
        GROUP BY reason ORDER BY events DESC LIMIT 4""",
}


class Foz:
    """The server under demonstration."""

    def __init__(self, binary: str, data: pathlib.Path, kafka: str, http: str):
        addresses = data / "addresses.json"
        addresses.unlink(missing_ok=True)
        self.log = open(data / "foz.log", "ab")
        started = time.monotonic()
        self.process = subprocess.Popen(
            [binary, "up", str(HERE), "--lake", str(data / "lake"), "--data", str(data / "data"),
             "--kafka", kafka, "--http", http, "--addresses", str(addresses)],
            stdout=self.log, stderr=self.log)
        while not addresses.exists():
            if self.process.poll() is not None:
                tail = (data / "foz.log").read_text(errors="replace").splitlines()[-5:]
                sys.exit("foz did not start:\n" + "\n".join(tail))
            time.sleep(0.02)
        self.start_seconds = time.monotonic() - started
        where = json.loads(addresses.read_text())
        self.kafka, self.http = where["kafka"], where["http"]
        host, port = self.http.removeprefix("http://").rsplit(":", 1)
        self.sql = trino.dbapi.connect(host=host, port=int(port), user="demo", catalog="lake", schema="silver")

    def query(self, text: str) -> tuple[list[str], list[list]]:
        cursor = self.sql.cursor()
        cursor.execute(text)
        rows = cursor.fetchall()
        return [column[0] for column in cursor.description], rows

    def value(self, text: str):
        return self.query(text)[1][0][0]

    def dropped(self, flow: str) -> int:
        """Rows that the flow's constraints have dropped: they are counted and kept nowhere."""
        overview = json.load(urllib.request.urlopen(f"{self.http}/api/overview"))
        return sum(each["counts"]["dropped"] for each in overview["flows"] if each["name"] == flow)

    def producer(self, settings: dict) -> confluent_kafka.Producer:
        # Delivery reports say what matters; without this the client also remarks that foz has ended.
        return confluent_kafka.Producer({"bootstrap.servers": self.kafka, "log_level": 0, **settings})

    def memory_mb(self) -> float:
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * 4096 / 1e6

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


class Replay:
    """Sends the stream at a steady rate and keeps count of what the broker acknowledged."""

    def __init__(self, foz: Foz, stream: events.Stream, rate: int):
        self.stream, self.rate = stream, rate
        self.source = iter(stream)
        self.acknowledged, self.refused = 0, []
        self.producer = foz.producer({"enable.idempotence": True, "linger.ms": 5, "compression.type": "lz4"})
        self.began = time.monotonic()
        self.sent = 0
        self.done = False
        self.clock_ms = 0

    def _delivered(self, error, _message) -> None:
        if error:
            self.refused.append(str(error))
        else:
            self.acknowledged += 1

    def pump(self, seconds: float) -> None:
        """Sends for a while, as many as the rate allows."""
        until = time.monotonic() + seconds
        while not self.done and time.monotonic() < until:
            due = int((time.monotonic() - self.began) * self.rate) - self.sent
            for _ in range(max(0, min(due, 2000))):
                event = next(self.source, None)
                if event is None:
                    self.done = True
                    break
                self.clock_ms = event.at_ms
                self._produce(event)
                self.sent += 1
            self.producer.poll(0.002)

    def _produce(self, event: events.Event) -> None:
        while True:
            try:
                self.producer.produce(event.topic, event.value, event.key, timestamp=event.at_ms,
                                      on_delivery=self._delivered)
                return
            except BufferError:
                self.producer.poll(0.01)

    def flush(self) -> None:
        self.producer.flush(60)


def table_text(columns: list[str], rows: list[list]) -> list[str]:
    cells = [columns] + [["" if v is None else str(v) for v in row] for row in rows]
    widths = [min(46, max(len(row[i]) for row in cells)) for i in range(len(columns))]
    lines = ["  " + "  ".join(cell[:w].ljust(w) for cell, w in zip(row, widths)) for row in cells]
    return [lines[0], "  " + "  ".join("─" * w for w in widths)] + lines[1:]


def is_missing(error: trino.exceptions.TrinoUserError) -> bool:
    """A table begins with its first record: until then there is none."""
    return error.error_name in ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND")


def freshness(foz: Foz) -> float:
    """Milliseconds from an acknowledged record to a SQL answer that shows it, measured with a record of our own."""
    acknowledged = []
    producer = foz.producer({"linger.ms": 0})
    mark = f"probe-{time.time_ns()}"
    producer.produce("probe", mark.encode(), on_delivery=lambda error, _: acknowledged.append(error))
    while not acknowledged:
        producer.poll(0.05)
    began = time.monotonic()
    while time.monotonic() - began < 10:
        try:
            if foz.value(f"SELECT count(*) FROM bronze.probe WHERE value = CAST('{mark}' AS VARBINARY)") > 0:
                break
        except trino.exceptions.TrinoUserError as error:
            if not is_missing(error):
                raise
    return (time.monotonic() - began) * 1000


def screen(foz: Foz, replay: Replay, rates: deque, probe_ms: float) -> list[str]:
    now = time.strftime("%Y-%m-%d %H:%M", time.gmtime(replay.clock_ms / 1000))
    rate = (rates[-1][1] - rates[0][1]) / max(1e-9, rates[-1][0] - rates[0][0])
    lines = [
        f"foz  {foz.http}   kafka {foz.kafka}   ready in {foz.start_seconds:.2f} s   memory {foz.memory_mb():.0f} MB",
        f"replaying {now}   {replay.acknowledged:,} records acknowledged, {rate:,.0f}/s   "
        f"acknowledged to visible in SQL {probe_ms:.0f} ms",
    ]
    for title, text in QUERIES.items():
        began = time.monotonic()
        try:
            columns, rows = foz.query(text)
        except trino.exceptions.TrinoUserError as error:
            if not is_missing(error):
                raise
            continue
        lines += ["", f"{title}  ({(time.monotonic() - began) * 1000:.0f} ms)"] + table_text(columns, rows)
    return lines


def watch(foz: Foz, replay: Replay) -> None:
    live = sys.stdout.isatty()
    rates = deque([(time.monotonic(), 0)], maxlen=6)
    while not replay.done:
        replay.pump(1.0)
        rates.append((time.monotonic(), replay.acknowledged))
        lines = screen(foz, replay, rates, freshness(foz))
        print(("\033[H\033[2J" if live else "") + "\n".join(lines) + "\n", flush=True)


def figures(foz: Foz, replay: Replay) -> list[tuple[str, int, int]]:
    """What must hold after a replay: (name, what there is, what was sent)."""
    counts = replay.stream.counts

    def rows(table: str) -> int:
        try:
            return foz.value(f"SELECT count(*) FROM {table}")
        except trino.exceptions.TrinoUserError as error:
            if not is_missing(error):
                raise
            return 0

    return [
        ("records acknowledged", replay.acknowledged, counts["sent"]),
        ("bronze.flights rows", rows("bronze.flights"), counts["sent flights"]),
        ("bronze.weather rows", rows("bronze.weather"), counts["sent weather"]),
        ("silver.flight_events rows", rows("silver.flight_events"), counts["clean flights"]),
        ("… of them distinct",
         rows("(SELECT DISTINCT flight_id, event FROM silver.flight_events)"), counts["clean flights"]),
        ("broken flights in quarantine", rows("silver.flight_events__quarantine"), counts["broken flights"]),
        ("weather rows, quarantined, dropped",
         rows("silver.weather") + rows("silver.weather__quarantine") + foz.dropped("silver.weather"),
         counts["sent weather"]),
        ("departures", rows("silver.departures"), rows("silver.flight_events WHERE event = 'departed'")),
    ]


def settled(foz: Foz, replay: Replay, limit_s: float = 30) -> list[tuple[str, int, int]]:
    """The figures once they are as they must be, or as they are when the time is over."""
    began = time.monotonic()
    while True:
        found = figures(foz, replay)
        if all(got == wanted for _, got, wanted in found) or time.monotonic() - began > limit_s:
            return found
        time.sleep(0.2)


def check(foz: Foz, replay: Replay) -> bool:
    """Prints each figure, beside what was sent where that differs."""
    counts = replay.stream.counts
    found = settled(foz, replay)
    print(f"\nReplayed {counts['sent']:,} records; of them, added on purpose: {counts['duplicated']:,} duplicates, "
          f"{counts['late']:,} late, {counts['broken']:,} broken.\n")
    good = not replay.refused
    for name, got, wanted in found:
        good &= got == wanted
        print(f"  {'ok ' if got == wanted else 'BAD'}  {name:34} {got:>10,}" +
              ("" if got == wanted else f"   expected {wanted:,}"))
    for reason in sorted(set(replay.refused))[:3]:
        print(f"  BAD  refused by the broker: {reason}")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--foz", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--once", action="store_true", help="replay the first days, check the result, stop")
    parser.add_argument("--rate", type=int, default=10000, help="events a second (default %(default)s)")
    parser.add_argument("--events", type=int, help="stop the replay after so many (default: all; --once: 60000)")
    parser.add_argument("--kafka", default="127.0.0.1:9092", help="listen address (default %(default)s)")
    parser.add_argument("--http", default="127.0.0.1:8080", help="listen address (default %(default)s)")
    options = parser.parse_args()
    if options.once:
        options.kafka = options.http = "127.0.0.1:0"
        options.events = options.events or 60000

    data = options.data / ("once" if options.once else "explore")
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    stream = events.Stream(options.data / "download", limit=options.events)
    foz = Foz(options.foz, data, options.kafka, options.http)
    good = True  # of a replay that was cut short nothing is known
    try:
        replay = Replay(foz, stream, options.rate)
        watch(foz, replay)
        replay.flush()
        good = check(foz, replay)
        if not options.once:
            print(f"\nfoz stays up: open {foz.http}, or try\n"
                  f"  {options.foz} sql --server {foz.http} -e 'SELECT * FROM silver.departures LIMIT 5'\nCtrl-C ends it.")
            foz.process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        code = foz.stop() if foz.process.poll() is None else foz.process.returncode
    if code != 0:
        print(f"foz ended with exit code {code}; its log: {data / 'foz.log'}")
    return 0 if good and code == 0 else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends as Ctrl-C does: foz is stopped too
    sys.exit(main())
