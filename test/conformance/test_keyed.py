"""Changes as Debezium writes them become a table of the newest row of each key: other readers and writers of Delta see it,
and Trino clients, while the stream goes on and foz is killed. The judge is a dictionary."""

import json
import random
import time

import deltalake
import pyarrow

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


def until(read, wanted, foz, wait_s: float = 90):
    deadline = time.monotonic() + wait_s
    while (got := read(foz)) != wanted:
        assert time.monotonic() < deadline, (len(got), len(wanted), sorted(set(got) ^ set(wanted))[:6], foz.log_text()[-3000:])
        time.sleep(0.05)


def test_the_newest_change_of_each_key_is_what_everybody_reads(make_foz):
    foz = make_foz(pipelines={"customers.sql": PIPELINE}).start()
    source = Source(seed=1, keys=300)
    for _ in range(5):
        foz.produce("shop.customers", source.changes(2000))
        until(live, source.rows(), foz)
        assert foz.value("SELECT count(*) FROM silver.customers") == len(source.rows())
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
            attempt(lambda: foz.delta("silver", "customers").optimize.compact())
        foz.produce("shop.customers", source.changes(500))
        until(live, everything(), foz)
    until(stored, everything(), foz)
    foz.kill()
    foz.start()
    foz.produce("shop.customers", source.changes(3000))
    until(live, everything(), foz)
    until(stored, everything(), foz)


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
