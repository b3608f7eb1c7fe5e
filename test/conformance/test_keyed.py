"""Changes as Debezium writes them become a table of the newest row of each key: other readers and writers of Delta see it,
and Trino clients, while the stream goes on and foz is killed. The judge is a dictionary."""

import collections
import concurrent.futures
import json
import os
import random
import signal
import subprocess
import threading
import time
import urllib.request

import deltalake
import pyarrow
import pytest

from conftest import FOZ_BIN

PIPELINE = """
CREATE STREAMING TABLE changes AS
SELECT coalesce(e.after.id, e.before.id) AS id, e.after.name AS name, e.after.total AS total, e.op AS op, e.ts_ms AS ts
FROM (SELECT from_json(CAST(value AS STRING), 'before STRUCT<id: BIGINT, name: STRING, total: BIGINT>,
               after STRUCT<id: BIGINT, name: STRING, total: BIGINT>, op STRING, ts_ms BIGINT') AS e
      FROM STREAM bronze.shop_customers);

CREATE STREAMING TABLE customers (CONSTRAINT named EXPECT (name IS NOT NULL) ON VIOLATION QUARANTINE);
CREATE FLOW customers_changes AS AUTO CDC INTO customers
FROM STREAM changes
KEYS (id)
APPLY AS DELETE WHEN op = 'd'
SEQUENCE BY ts
COLUMNS * EXCEPT (op, ts)
STORED AS SCD TYPE 1;
"""


class Source:
    """A table under change, and what has come of it."""

    def __init__(self, seed: int, keys: int):
        self.random, self.keys, self.time = random.Random(seed), keys, 0
        self.newest: dict[int, tuple[tuple[int, int], tuple | None]] = {}
        self.made = 0

    def changes(self, count: int) -> list[tuple[bytes, bytes]]:
        out = []
        for _ in range(count):
            key = self.random.randrange(self.keys)
            self.time += self.random.randrange(3)
            at = self.time - self.random.randrange(20)  # some come late
            self.made += 1
            row = None if self.random.random() < 0.2 else (key, f"n{self.made}", self.made)
            self.newest[key] = max(self.newest.get(key, ((-99, 0), None)), ((at, self.made), row), key=lambda each: each[0])
            image = {"id": key, "name": f"n{self.made}", "total": self.made}
            envelope = {"before": image if row is None else None, "after": None if row is None else image,
                        "op": "d" if row is None else "u", "ts_ms": at}
            out.append((str(key).encode(), json.dumps(envelope).encode()))
        return out

    def rows(self) -> list[tuple]:
        return sorted(row for _, row in self.newest.values() if row is not None)


def live(foz) -> list[tuple]:
    return sorted(map(tuple, foz.sql("SELECT id, name, total FROM silver.customers")))


def stored(foz) -> list[tuple]:
    query = deltalake.QueryBuilder().register("t", foz.delta("silver", "customers"))
    table = pyarrow.table(query.execute("SELECT id, name, total FROM t").read_all())
    return sorted(zip(*[table.column(name).to_pylist() for name in ("id", "name", "total")]))


def unlike(got, wanted) -> str:
    if not isinstance(wanted, list):
        return f"{got}, not {wanted}"
    more, less = collections.Counter(got), collections.Counter(wanted)
    more, less = more - less, less - more
    return f"{len(got)} rows, not {len(wanted)}; more: {sorted(more)[:6]}, less: {sorted(less)[:6]}"


def until(read, wanted, foz, wait_s: float = 90):
    deadline = time.monotonic() + wait_s
    while (got := read(foz)) != wanted:
        assert time.monotonic() < deadline, unlike(got, wanted) + "\n" + foz.log_text()[-3000:]
        time.sleep(0.05)


def test_the_newest_change_of_each_key_is_what_everybody_reads(make_foz):
    foz = make_foz(pipelines={"customers.sql": PIPELINE}).start()
    source = Source(seed=1, keys=300)
    for _ in range(5):
        foz.produce("shop.customers", source.changes(2000))
        until(live, source.rows(), foz)
        assert foz.value("SELECT count(*) FROM silver.customers") == len(source.rows())
    until(stored, source.rows(), foz)


def metric(foz, name: str) -> float:
    text = urllib.request.urlopen(foz.http + "/metrics").read().decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f'{name}{{table="silver.customers"}}'))


def test_changes_that_come_late_are_counted(make_foz):
    foz = make_foz(pipelines={"customers.sql": PIPELINE}).start()

    def change(key: int, op: str, at: int) -> tuple[bytes, bytes]:
        image = {"id": key, "name": "late", "total": at}
        return b"", json.dumps({"before": image, "after": None if op == "d" else image, "op": op, "ts_ms": at}).encode()

    foz.produce("shop.customers", [change(key, "u", 100) for key in range(10)] + [change(key, "d", 200) for key in range(4)])
    until(live, [(key, "late", 100) for key in range(4, 10)], foz)
    assert metric(foz, "foz_late_changes_total") == 0
    foz.produce("shop.customers", [change(key, "u", 99) for key in range(10)] + [change(10, "u", 1)])
    until(live, [(key, "late", 100) for key in range(4, 10)] + [(10, "late", 1)], foz)
    assert metric(foz, "foz_late_changes_total") == 10
    until(lambda foz: metric(foz, "foz_remembered_deletions"), 4, foz)


def test_deletions_are_forgotten_when_no_change_can_be_so_late(make_foz):
    threshold = "TBLPROPERTIES ('pipelines.cdc.tombstoneGCThresholdInSeconds' = '2');"
    pipeline = PIPELINE.replace("QUARANTINE);", "QUARANTINE) " + threshold)
    assert threshold in pipeline
    foz = make_foz(pipelines={"customers.sql": pipeline}).start()
    source = Source(seed=7, keys=300)
    deletions, deadline = 0, time.monotonic() + 120
    while True:
        source.time += 20  # of what comes now nothing is late to what came before
        foz.produce("shop.customers", source.changes(200))
        deletions = max(deletions, int(metric(foz, "foz_remembered_deletions")))
        pruned = [one for one in foz.delta("system", "state_silver_customers").history() if one["operation"] == "DELETE"] \
            if deletions else []
        if pruned:
            break
        assert time.monotonic() < deadline, foz.log_text()[-3000:]
    until(live, source.rows(), foz)
    until(stored, source.rows(), foz)
    foz.kill()
    foz.start()
    foz.produce("shop.customers", source.changes(200))
    until(live, source.rows(), foz)
    until(stored, source.rows(), foz)


def test_kills_change_nothing(make_foz):
    foz = make_foz(pipelines={"customers.sql": PIPELINE}).start()
    source = Source(seed=2, keys=200)
    for round_ in range(6):
        foz.produce("shop.customers", source.changes(1000))
        if round_ % 2:
            until(live, source.rows(), foz)
        foz.kill()
        foz.start()
    until(live, source.rows(), foz)
    until(stored, source.rows(), foz)


def attempt(work, tries: int = 50):
    """Other writers take turns with foz, and try again when they lost a version to it."""
    for _ in range(tries - 1):
        try:
            return work()
        except (deltalake.exceptions.CommitFailedError, deltalake.exceptions.DeltaError):
            time.sleep(0.02)
    return work()


def compact(foz) -> None:
    """foz merges files too, and an optimize of delta-rs 1.6.6 commits over another that was quicker: each row would be there twice.
    So foz holds still for it, wherever it is."""
    foz.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, foz.process.pid, os.WSTOPPED)
    try:
        foz.delta("silver", "customers").optimize.compact()
    finally:
        foz.process.send_signal(signal.SIGCONT)


def test_other_writers_work_on_the_same_table(make_foz):
    foz = make_foz(pipelines={"customers.sql": PIPELINE}).start()
    source = Source(seed=3, keys=200)
    others: dict[int, tuple] = {}

    def everything():
        return sorted(source.rows() + list(others.values()))

    for round_ in range(6):
        first = 10_000 + 10 * round_
        foz.produce("shop.customers", source.changes(500))
        rows = [(first + i, f"other {round_}", i) for i in range(10)]
        added = pyarrow.table({"id": [row[0] for row in rows], "name": [row[1] for row in rows], "total": [row[2] for row in rows],
                               "__foz_sequence": pyarrow.nulls(10, pyarrow.int64()),
                               "__foz_origin": pyarrow.nulls(10, pyarrow.int64())})
        attempt(lambda: deltalake.write_deltalake(foz.delta("silver", "customers"), added, mode="append"))
        others.update((row[0], row) for row in rows)
        if round_ % 2:
            attempt(lambda: foz.delta("silver", "customers").delete(f"id >= {first} AND id < {first + 5}"))
            for key in range(first, first + 5):
                others.pop(key)
        else:
            compact(foz)
        foz.produce("shop.customers", source.changes(500))
        until(live, everything(), foz)
    until(stored, everything(), foz)
    foz.kill()
    foz.start()
    foz.produce("shop.customers", source.changes(3000))
    until(live, everything(), foz)
    until(stored, everything(), foz)


def fed_by_delta_rs(foz) -> list[tuple]:
    table = pyarrow.table(foz.delta("silver", "customers").load_cdf(starting_version=1))
    return sorted(zip(*[table.column(name).to_pylist() for name in ("_commit_version", "_change_type", "id", "name", "total")]))


def fed_by_foz(foz) -> list[tuple]:
    return sorted(map(tuple, foz.sql("SELECT _commit_version, _change_type, id, name, total FROM "
                                     "TABLE(lake.system.table_changes('silver', 'customers', 0))")))


def test_the_change_feed_says_what_became_of_each_row(make_foz):
    feed = "TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true');"
    foz = make_foz(pipelines={"customers.sql": PIPELINE.replace("QUARANTINE);", "QUARANTINE) " + feed)}).start()

    def change(key: int, name: str, op: str, at: int) -> tuple[bytes, bytes]:
        image = {"id": key, "name": name, "total": at}
        return b"", json.dumps({"before": image, "after": None if op == "d" else image, "op": op, "ts_ms": at}).encode()

    foz.produce("shop.customers", [change(key, "old", "c", 1) for key in range(1, 6)])
    until(stored, [(key, "old", 1) for key in range(1, 6)], foz)
    foz.produce("shop.customers", [change(1, "new", "u", 2), change(2, "new", "u", 2), change(3, "old", "d", 2), change(6, "old", "c", 2)])
    until(stored, [(1, "new", 2), (2, "new", 2), (4, "old", 1), (5, "old", 1), (6, "old", 2)], foz)
    wanted = [("insert", key, "old", 1) for key in range(1, 6)] + [("insert", 6, "old", 2), ("delete", 3, "old", 1)]
    for key in (1, 2):
        wanted += [("update_preimage", key, "old", 1), ("update_postimage", key, "new", 2)]
    assert sorted(row[1:] for row in fed_by_delta_rs(foz)) == sorted(wanted)

    source = Source(seed=10, keys=200)
    source.time = 100
    for key in range(1, 7):
        source.newest[key] = ((2, 0), {1: (1, "new", 2), 2: (2, "new", 2), 4: (4, "old", 1), 5: (5, "old", 1), 6: (6, "old", 2)}.get(key))
    for round_ in range(4):
        foz.produce("shop.customers", source.changes(500))
        if round_ == 1:
            compact(foz)
        if round_ == 2:
            foz.kill()
            foz.start()
    until(live, source.rows(), foz)
    until(stored, source.rows(), foz)
    changes = fed_by_delta_rs(foz)
    assert fed_by_foz(foz) == changes
    # Each version takes away what was there and puts what is there then.
    rows: dict[int, tuple] = {}
    for version in sorted({change[0] for change in changes}):
        of_version = [change[1:] for change in changes if change[0] == version]
        for kind, key, *row in of_version:
            if kind in ("delete", "update_preimage"):
                assert rows.pop(key) == (key, *row), version
        updated = [{key for kind, key, *_ in of_version if kind == f"update_{image}image"} for image in ("pre", "post")]
        assert updated[0] == updated[1]
        for kind, key, *row in of_version:
            if kind in ("insert", "update_postimage"):
                assert key not in rows and (kind == "insert") == (key not in updated[0]), version
                rows[key] = (key, *row)
    assert sorted(rows.values()) == source.rows()


def test_kills_between_other_writers(make_foz):
    foz = make_foz(pipelines={"customers.sql": PIPELINE}).start()
    source, chance = Source(seed=8, keys=200), random.Random(8)
    others: dict[int, tuple] = {}

    def everything():
        return sorted(source.rows() + list(others.values()))

    def append(first: int) -> None:
        rows = [(first + i, "other", i) for i in range(20)]
        ids, names, totals = zip(*rows)
        added = pyarrow.table({"id": ids, "name": names, "total": totals, "__foz_sequence": pyarrow.nulls(20, pyarrow.int64()),
                               "__foz_origin": pyarrow.nulls(20, pyarrow.int64())})
        attempt(lambda: deltalake.write_deltalake(foz.delta("silver", "customers"), added, mode="append"))
        others.update((row[0], row) for row in rows)

    def delete(keys: list) -> None:
        attempt(lambda: foz.delta("silver", "customers").delete(f"id IN ({', '.join(map(str, keys))})"))

    for round_ in range(8):
        foz.produce("shop.customers", source.changes(300))
        append(10_000 + 100 * round_)
        if round_ % 4 == 1:
            gone = chance.sample(sorted(others), 15)
            delete(gone)
            for key in gone:
                del others[key]
        elif round_ % 4 == 2:
            until(stored, everything(), foz)
            gone = [row[0] for row in chance.sample(source.rows(), 20)]
            delete(gone)
            for key in gone:
                del source.newest[key]
            source.time += 20  # nothing is known of what others took away: what comes now is newer
        elif round_ % 4 == 3:
            compact(foz)
        foz.produce("shop.customers", source.changes(300))
        time.sleep(chance.random())  # amid commits and upkeep
        foz.kill()
        foz.start()
        if round_ % 2:
            until(live, everything(), foz)
    until(live, everything(), foz)
    until(stored, everything(), foz)


def rows_at(foz, version: int) -> dict[int, tuple]:
    table = deltalake.DeltaTable(str(foz.lake / "silver" / "customers"), version=version)
    query = deltalake.QueryBuilder().register("t", table)
    rows = pyarrow.table(query.execute("SELECT id, name, total FROM t").read_all()).to_pylist()
    return {row["id"]: (row["id"], row["name"], row["total"]) for row in rows}


def restored_by_foz(foz, version: int) -> None:
    subprocess.run([FOZ_BIN, "table", "restore", str(foz.lake / "silver" / "customers"), "--version", str(version)],
                   check=True, timeout=60, stdout=subprocess.DEVNULL)


def restored_by_delta_rs(foz, version: int) -> None:
    attempt(lambda: foz.delta("silver", "customers").restore(version))


@pytest.mark.parametrize("restore", [restored_by_foz, restored_by_delta_rs])
def test_a_restore_amid_the_stream(make_foz, restore):
    foz = make_foz(pipelines={"customers.sql": PIPELINE}).start()
    source = Source(seed=11, keys=200)
    for round_ in range(3):
        versions = []
        for _ in range(2):
            source.time += 20  # of what comes now nothing is late to what came before
            foz.produce("shop.customers", source.changes(600))
            until(stored, source.rows(), foz)
            versions.append(foz.delta("silver", "customers").version())
        was = rows_at(foz, versions[0])
        # Half of the keys go on changing; the others are what they were.
        source.keys, source.time = 100, source.time + 20
        done = threading.Event()

        def stream():
            while not done.is_set():
                foz.produce("shop.customers", source.changes(50))

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            streaming = pool.submit(stream)
            restore(foz, versions[0])
            ids = [row[0] for row in live(foz)]
            assert len(ids) == len(set(ids))
            done.set()
            streaming.result()
        made = next(one["version"] for one in foz.delta("silver", "customers").history() if one["operation"] == "RESTORE")
        became = rows_at(foz, made)
        if restore is restored_by_foz:
            assert {key: row for key, row in became.items() if key >= 100} == {key: row for key, row in was.items() if key >= 100}
        for key in range(100, 200):
            source.newest[key] = (source.newest.get(key, ((0, 0), None))[0], became.get(key))
        source.time += 20
        foz.produce("shop.customers", source.changes(2000))
        until(live, source.rows(), foz)
        until(stored, source.rows(), foz)
        if round_ == 1:
            foz.kill()
            foz.start()
            until(live, source.rows(), foz)
        source.keys = 200


def test_sql_writes_to_the_same_table(make_foz):
    foz = make_foz(pipelines={"customers.sql": PIPELINE}).start()
    source = Source(seed=4, keys=200)
    others: dict[int, tuple] = {}

    def everything():
        return sorted(source.rows() + list(others.values()))

    for round_ in range(4):
        foz.produce("shop.customers", source.changes(500))
        until(live, everything(), foz)
        first = 10_000 + 10 * round_
        others.update((first + i, (first + i, "by hand", i)) for i in range(10))
        foz.sql("INSERT INTO silver.customers (id, name, total) VALUES " + ", ".join(map(str, (others[first + i] for i in range(10)))))
        # A row that is changed keeps its place in the order of changes.
        changed = source.rows()[:20]
        for key, _, total in changed:
            source.newest[key] = (source.newest[key][0], (key, "changed", total))
        foz.sql(f"UPDATE silver.customers SET name = 'changed' WHERE id IN ({', '.join(str(row[0]) for row in changed)})")
        # Of a row that is deleted nothing is remembered: whatever comes next counts.
        for key, _, _ in source.rows()[20:30]:
            foz.sql(f"DELETE FROM silver.customers WHERE id = {key}")
            del source.newest[key]
        foz.sql(f"MERGE INTO silver.customers c USING (VALUES ({first}, 'merged'), ({first + 5000}, 'new')) s(id, name) ON c.id = s.id "
                "WHEN MATCHED THEN UPDATE SET name = s.name WHEN NOT MATCHED THEN INSERT (id, name, total) VALUES (s.id, s.name, 7)")
        others[first], others[first + 5000] = (first, "merged", 0), (first + 5000, "new", 7)
        assert live(foz) == everything()
        foz.produce("shop.customers", source.changes(500))
        until(live, everything(), foz)
    until(stored, everything(), foz)
    foz.kill()
    foz.start()
    foz.produce("shop.customers", source.changes(1000))
    until(live, everything(), foz)
    until(stored, everything(), foz)
