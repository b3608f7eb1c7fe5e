"""The stream that is measured: its records, the query that makes silver of them, and how they are sent."""

import pathlib
import random
import subprocess
import sys
import time

import deltalake

SELECT = """
SELECT
  e.seq, e.sensor, e.place, CAST(e.reading AS DOUBLE) AS reading, CAST(e.sent_at AS TIMESTAMP) AS sent_at,
  upper(e.unit) AS unit, e.quality, e.note
FROM (SELECT from_json(CAST(value AS STRING),
        'seq BIGINT, sensor INT, place STRING, reading STRING, sent_at STRING, unit STRING, quality INT, note STRING',
        map('mode', 'FAILFAST')) AS e
      FROM {source})
WHERE e.quality IS NULL OR e.quality >= 0
"""

SILVER = f"""
CREATE OR REFRESH STREAMING TABLE river (
  CONSTRAINT has_seq EXPECT (seq IS NOT NULL) ON VIOLATION QUARANTINE
) AS {SELECT.format(source="STREAM bronze.river")};
"""


def record(seq: int, rng: random.Random, bad: bool) -> bytes:
    """About 200 bytes of JSON; a bad one has a reading that is not a number."""
    reading = "broken" if bad else f"{rng.random() * 100:.4f}"
    head = (f'{{"seq":{seq},"sensor":{seq % 5000},"place":"hall-{seq % 37:02}","reading":"{reading}",'
            f'"sent_at":"2026-03-0{1 + seq % 9}T12:{seq % 60:02}:{seq // 60 % 60:02}.{seq % 1000:03}Z","unit":"celsius",'
            f'"quality":{seq % 4},"note":"')
    return (head + "".join(rng.choices("abcdefghij klmnop", k=max(0, 198 - len(head)))) + '"}').encode()


def write_records(path: pathlib.Path, count: int, bad_share: float) -> None:
    rng = random.Random(7)
    block = [record(seq, rng, rng.random() < bad_share) for seq in range(min(count, 100_000))]
    with open(path, "wb") as file:
        written = 0
        while written < count:
            part = block[: count - written]
            file.write(b"\n".join(part) + b"\n")
            written += len(part)


def committed_rows(folder: pathlib.Path) -> int:
    try:
        return sum(deltalake.DeltaTable(str(folder)).get_add_actions(flatten=True).column("num_records").to_pylist())
    except Exception:  # the table is not there yet
        return 0


def committed_up_to(folder: pathlib.Path, wanted: int, limit_s: float = 300) -> float:
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        if committed_rows(folder) >= wanted:
            return time.monotonic()
        time.sleep(0.25)
    sys.exit(f"{folder} holds {committed_rows(folder)} rows after {limit_s} s, not {wanted}")


def kcat(foz_kafka: str, topic: str, path: pathlib.Path) -> None:
    subprocess.run(["kcat", "-P", "-b", foz_kafka, "-t", topic, "-l", str(path), "-X", "linger.ms=20", "-X",
                    "batch.num.messages=10000", "-X", "queue.buffering.max.messages=500000", "-X", "acks=all"], check=True)


def table_line(folder: pathlib.Path) -> str:
    table = deltalake.DeltaTable(str(folder))
    adds = table.get_add_actions(flatten=True)
    size = sum(adds.column("size_bytes").to_pylist())
    return f"{len(adds)} files, {table.version()} commits, {size / 1e6:.1f} MB"


def produce_steadily(kafka: str, rate: int, seconds: float, began_at: float, first: int = 0, topic: str = "river") -> None:
    """Runs in a process of its own; record `seq` (from `first`) is due at began_at + seq / rate. kcat (C) does the sending, so that the
    client does not take the processors that it shares with foz."""
    kcat = subprocess.Popen(["kcat", "-P", "-b", kafka, "-t", topic, "-X", "linger.ms=1", "-X", "acks=all", "-X",
                             "queue.buffering.max.messages=2000000"], stdin=subprocess.PIPE, bufsize=0)
    rng = random.Random(3)
    bodies = [record(seq, rng, False) for seq in range(1000)]
    tails = [body.split(b",", 1)[1] for body in bodies]
    total, seq = int(rate * seconds), first
    while seq < total:
        due = min(total, int((time.monotonic() - began_at) * rate) + 1)
        if due > seq:
            kcat.stdin.write(b"".join(b'{"seq":%d,%s\n' % (s, tails[s % 1000]) for s in range(seq, due)))
            seq = due
        time.sleep(0.0005)
    kcat.stdin.close()
    kcat.wait(60)
