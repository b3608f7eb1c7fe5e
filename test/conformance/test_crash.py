"""Kills foz with SIGKILL at random moments under load: what was acknowledged is there, once, in order, all the way down."""

import json
import threading

import confluent_kafka
from kills import ROUNDS, kill_under_load

PIPELINE = """
CREATE OR REFRESH STREAMING TABLE clean (
  CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION QUARANTINE,
  CONSTRAINT wanted EXPECT (kind <> 'drop') ON VIOLATION DROP ROW
) AS SELECT e.id, e.kind, partition, offset
FROM (SELECT from_json(CAST(value AS STRING), 'id BIGINT, kind STRING', map('mode', 'FAILFAST')) AS e, partition, offset
      FROM STREAM bronze.load);

CREATE OR REFRESH STREAMING TABLE onward AS SELECT id, partition, offset FROM STREAM silver.clean WHERE id % 2 = 0;
"""


class Load:
    """Produces numbered records for as long as it runs, through crashes, and remembers what was acknowledged."""

    def __init__(self):
        self.next, self.acknowledged, self.lock = 0, {}, threading.Lock()

    def value(self, i: int) -> bytes:
        if i % 50 == 7:
            return b"{broken %d" % i
        kind = "drop" if i % 50 == 9 else "keep"
        return json.dumps({"id": None if i % 50 == 11 else i, "kind": kind}).encode()

    def run(self, kafka: str, stop: threading.Event) -> None:
        producer = confluent_kafka.Producer({"bootstrap.servers": kafka, "enable.idempotence": True, "linger.ms": 2,
                                             "message.timeout.ms": 5000, "log_level": 0})

        def delivered(i):
            def done(error, message):
                if error is None:
                    with self.lock:
                        self.acknowledged[i] = message.offset()
            return done

        while not stop.is_set():
            for _ in range(50):
                producer.produce("load", self.value(self.next), key=b"%d" % self.next, on_delivery=delivered(self.next))
                self.next += 1
            producer.poll(0.002)
        producer.purge()
        producer.flush(1)


def check(foz, load: Load) -> None:
    end = foz.value("SELECT max(offset) FROM bronze.load") + 1
    foz.eventually("SELECT count(*) FROM bronze.load", end)
    bronze = foz.sql("SELECT offset, key, value FROM bronze.load ORDER BY offset")
    assert [row[0] for row in bronze] == list(range(end)), "bronze holds every offset once"
    by_offset = {row[0]: int(row[1]) for row in bronze}
    for i, offset in load.acknowledged.items():
        assert by_offset.get(offset) == i, f"record {i} was acknowledged at offset {offset}"
    wanted = {"keep": [], "quarantine": [], "drop": []}
    for offset in range(end):
        i = by_offset[offset]
        kind = {7: "quarantine", 11: "quarantine", 9: "drop"}.get(i % 50, "keep")
        wanted[kind].append(offset)
    foz.eventually("SELECT count(*) FROM silver.clean", len(wanted["keep"]))
    # Rows of one partition are kept in order; a table has no order of its own, so the check is of the set, once each.
    assert [r[0] for r in foz.sql("SELECT offset FROM silver.clean ORDER BY offset")] == wanted["keep"]
    assert [r[0] for r in foz.sql("SELECT offset FROM silver.clean__quarantine ORDER BY offset")] == wanted["quarantine"]
    even = [o for o in wanted["keep"] if by_offset[o] % 2 == 0]
    assert [r[0] for r in foz.sql("SELECT offset FROM silver.onward ORDER BY offset")] == even


def test_sigkill_under_load(make_foz):
    foz = make_foz(pipelines={"load.sql": PIPELINE})
    load = Load()
    kill_under_load(foz, load.run, lambda: len(load.acknowledged))
    check(foz, load)
    assert foz.stop() == 0
    # What others see in Delta after an orderly end is the same.
    offsets = foz.delta("bronze", "load").to_pyarrow_table().column("offset").to_pylist()
    assert sorted(offsets) == list(range(len(offsets))) and set(load.acknowledged.values()) <= set(offsets)
    print(f"{len(load.acknowledged)} records acknowledged over {ROUNDS} kills")
