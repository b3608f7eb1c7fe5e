"""Spark and a running foz write into one keyed table: foz a stream of changes, Spark what people do beside one.

While the stream runs Spark inserts, deletes and merges rows of its own and optimizes the table; while it rests, also rows of the
stream's. Between them foz is killed. A dictionary says what must be there.
"""

import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))

from conftest import Foz  # noqa: E402
from delta_session import Spark, SparkError  # noqa: E402
from test_keyed import PIPELINE, Source, live, stored, until  # noqa: E402

ROUNDS = 4
SETTINGS = "commits: {interval: 20s, slow_interval: 20s, refresh_interval: 200ms}\nlimits: {free_disk: 16MB, memory: 2GB}\n"


class Shared:
    def __init__(self, spark: Spark, folder: pathlib.Path, feed: bool):
        pipeline = PIPELINE
        if feed:
            pipeline = pipeline.replace("QUARANTINE);", "QUARANTINE) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true');")
        self.spark, self.foz = spark, Foz(folder, {"customers.sql": pipeline})
        (self.foz.project / "foz.yaml").write_text(SETTINGS)
        self.foz.start()
        self.name = f"delta.`{self.foz.lake}/silver/customers`"
        self.source, self.others, self.lost = Source(seed=9, keys=200), {}, 0

    def everything(self) -> list:
        return sorted(self.source.rows() + list(self.others.values()))

    def read_by_spark(self, _) -> list:
        return sorted(map(tuple, self.spark.sql(f"SELECT id, name, total FROM {self.name}")))

    def write(self, statement: str) -> None:
        """A writer that lost to the stream tries again."""
        for _ in range(40):
            try:
                self.spark.sql(statement)
                return
            except SparkError as error:
                if "concurrent" not in str(error).lower():
                    raise
                self.lost += 1
        raise SparkError(f"it never wins: {statement}")

    def beside_the_stream(self, round_: int) -> None:
        first = 10_000 + 100 * round_
        self.write(f"INSERT INTO {self.name} (id, name, total) SELECT {first} + id, 'spark', id FROM range(50)")
        self.others.update((first + i, (first + i, "spark", i)) for i in range(50))
        self.write(f"DELETE FROM {self.name} WHERE id >= {first} AND id % 3 = 0")
        self.others = {key: row for key, row in self.others.items() if not (key >= first and key % 3 == 0)}
        self.write(f"""
            MERGE INTO {self.name} AS t USING (SELECT {first} + 25 + id AS id FROM range(50)) AS s ON t.id = s.id
            WHEN MATCHED AND t.id % 5 = 0 THEN DELETE
            WHEN MATCHED THEN UPDATE SET t.name = 'merged'
            WHEN NOT MATCHED THEN INSERT (id, name, total) VALUES (s.id, 'new', 1)""")
        for key in range(first + 25, first + 75):
            if key not in self.others:
                self.others[key] = (key, "new", 1)
            elif key % 5 == 0:
                del self.others[key]
            else:
                self.others[key] = (key, "merged", self.others[key][2])
        self.write(f"OPTIMIZE {self.name}")

    def while_it_rests(self) -> None:
        rows = self.source.rows()
        gone, changed = rows[:10], rows[10:30]
        self.write(f"DELETE FROM {self.name} WHERE id IN ({', '.join(str(row[0]) for row in gone)})")
        for key, _, _ in gone:
            del self.source.newest[key]
        self.write(f"UPDATE {self.name} SET name = 'changed' WHERE id IN ({', '.join(str(row[0]) for row in changed)})")
        for key, _, total in changed:
            self.source.newest[key] = (self.source.newest[key][0], (key, "changed", total))

    def produce(self, count: int) -> None:
        self.foz.produce("shop.customers", self.source.changes(count))

    def run(self) -> None:
        for round_ in range(ROUNDS):
            over = threading.Event()

            def stream():
                while not over.is_set():
                    self.produce(100)
                    over.wait(0.2)

            thread = threading.Thread(target=stream)
            thread.start()
            try:
                self.beside_the_stream(round_)
            finally:
                over.set()
                thread.join()
            self.produce(500)
            self.foz.kill()
            self.foz.start()
            for read in (live, stored, self.read_by_spark):
                until(read, self.everything(), self.foz)
            self.while_it_rests()
            self.source.time += 20  # what comes now is newer than what Spark took away
            self.produce(500)
            until(live, self.everything(), self.foz)
        for read in (live, stored, self.read_by_spark):
            until(read, self.everything(), self.foz)


def share_keyed(spark: Spark, folder: pathlib.Path) -> int:
    """Returns how many tables went wrong."""
    failures = 0
    for feed in (False, True):
        shared = Shared(spark, folder / f"keyed{' with feed' if feed else ''}", feed)
        wrong = None
        try:
            shared.run()
        except (AssertionError, SparkError) as error:
            wrong = str(error)[:3000]
        finally:
            shared.foz.close()
        failures += wrong is not None
        print(f"{'WRONG' if wrong else 'right'}  keyed{', with a change feed' if feed else ''}; Spark lost {shared.lost} commits to the stream",
              flush=True)
        if wrong:
            print(f"       {wrong}", flush=True)
    return failures
