"""What other readers and writers of Delta see, and what Trino clients see, of the same records."""

import json
import subprocess
import threading

import deltalake
import pyarrow
from conftest import FOZ_BIN

CLEAN = """
CREATE OR REFRESH STREAMING TABLE clean (
  CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION QUARANTINE,
  CONSTRAINT positive EXPECT (amount >= 0) ON VIOLATION DROP ROW
) AS SELECT e.id, e.name, CAST(e.amount AS INT) AS amount, partition, offset
FROM (SELECT from_json(CAST(value AS STRING), 'id BIGINT, name STRING, amount STRING', map('mode', 'FAILFAST')) AS e,
             partition, offset FROM STREAM bronze.orders);

CREATE OR REFRESH STREAMING TABLE doubled AS
SELECT id, amount * 2 AS twice, offset FROM STREAM silver.clean;
"""


def order(i: int) -> bytes:
    return json.dumps({"id": i, "name": f"n{i % 7}", "amount": str(i % 100)}).encode()


def test_delta_rs_reads_bronze_byte_for_byte(foz):
    values = [order(i) for i in range(1000)] + [b"", b"\x00\xff\xfe", b"x" * (1 << 20)]
    foz.produce("orders", [(b"k%d" % i, value) for i, value in enumerate(values)] + [(None, None)],
                **{"message.max.bytes": 2 << 20})
    table = foz.committed("bronze", "orders", len(values) + 1).sort_by("offset")
    assert table.column("value").to_pylist() == values + [None]
    assert table.column("key").to_pylist() == [b"k%d" % i for i in range(len(values))] + [None]
    assert table.column("offset").to_pylist() == list(range(len(values) + 1))
    assert set(table.column("topic").to_pylist()) == {"orders"}
    assert table.schema.names == ["key", "value", "topic", "partition", "offset", "timestamp", "timestampType", "headers"]


def test_silver_and_quarantine_account_for_every_record(make_foz):
    foz = make_foz(pipelines={"clean.sql": CLEAN}).start()
    good = [order(i) for i in range(5000)]
    bad = [b"{not json", b'{"id": 1, "amount": "abc"}', b'{"name": "no id", "amount": "1"}', b"\xff\xfe"]
    negative = [b'{"id": 9, "amount": "-5"}'] * 3
    foz.produce("orders", good + bad + negative)
    foz.eventually("SELECT count(*) FROM silver.clean", len(good))
    foz.eventually("SELECT count(*) FROM silver.clean__quarantine", len(bad))
    foz.eventually("SELECT count(*) FROM silver.doubled", len(good))
    clean = foz.committed("silver", "clean", len(good)).sort_by("offset")
    assert clean.column("id").to_pylist() == list(range(5000))
    doubled = foz.committed("silver", "doubled", len(good)).sort_by("offset")
    assert doubled.column("twice").to_pylist() == [2 * (i % 100) for i in range(5000)]
    quarantine = foz.committed("silver", "clean__quarantine", len(bad)).sort_by("offset")
    assert quarantine.column("value").to_pylist() == bad
    assert quarantine.column("offset").to_pylist() == [5000, 5001, 5002, 5003]
    assert all(quarantine.column("reason").to_pylist())


def test_trino_client_and_delta_rs_agree_at_every_version(make_foz):
    foz = make_foz(pipelines={"clean.sql": CLEAN}).start()
    for round_ in range(3):
        foz.produce("orders", [order(i) for i in range(round_ * 500, round_ * 500 + 500)])
        foz.committed("silver", "clean", round_ * 500 + 500)
    newest = foz.delta("silver", "clean").version()
    for version in range(1, newest + 1):
        table = deltalake.DeltaTable(str(foz.lake / "silver" / "clean"), version=version)
        theirs = sorted(zip(*[table.to_pyarrow_table().column(c).to_pylist() for c in ("id", "name", "amount")]))
        ours = foz.sql(f"SELECT id, name, amount FROM silver.clean FOR VERSION AS OF {version}")
        assert sorted(map(tuple, ours)) == theirs


def test_sql_sees_rows_before_they_are_committed(make_foz):
    foz = make_foz(settings="").start()
    (foz.project / "foz.yaml").write_text("commits: {interval: 1h, slow_interval: 1h}\nlimits: {free_disk: 16MB}\n")
    assert foz.stop() == 0
    foz.start()
    foz.produce("orders", [order(i) for i in range(100)])
    foz.eventually("SELECT count(*) FROM bronze.orders", 100, wait_s=10)
    assert foz.delta("bronze", "orders").to_pyarrow_table().num_rows == 0
    assert foz.stop() == 0, "an orderly end commits"
    assert foz.delta("bronze", "orders").to_pyarrow_table().num_rows == 100


def test_tables_fed_by_the_same_records_never_disagree_in_one_query(make_foz):
    foz = make_foz(pipelines={"clean.sql": CLEAN}).start()
    foz.produce("orders", [order(0)])
    foz.eventually("SELECT count(*) FROM silver.doubled", 1)
    stop = threading.Event()

    def produce():
        i = 1
        while not stop.is_set():
            foz.produce("orders", [order(i + j) for j in range(200)])
            i += 200

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        for _ in range(100):
            bronze, clean, doubled = foz.sql("SELECT (SELECT count(*) FROM bronze.orders), "
                                             "(SELECT count(*) FROM silver.clean), (SELECT count(*) FROM silver.doubled)")[0]
            assert bronze == clean == doubled
    finally:
        stop.set()
        producer.join()


def test_rows_that_delta_rs_appends_in_between_stay_right(make_foz):
    foz = make_foz(pipelines={"clean.sql": CLEAN}).start()
    foz.produce("orders", [order(i) for i in range(100)])
    clean = foz.committed("silver", "clean", 100)
    foreign = pyarrow.table({"id": [1000001, 1000002], "name": ["a", "b"], "amount": pyarrow.array([1, 2], pyarrow.int32()),
                             "partition": pyarrow.array([None, None], pyarrow.int32()),
                             "offset": pyarrow.array([None, None], pyarrow.int64())}, schema=clean.schema)
    deltalake.write_deltalake(str(foz.lake / "silver" / "clean"), foreign, mode="append")
    foz.produce("orders", [order(i) for i in range(100, 200)])
    foz.committed("silver", "clean", 202)
    # The stream over the table takes the other writer's rows as well, each once.
    foz.eventually("SELECT count(*) FROM silver.doubled", 202)
    doubled = foz.committed("silver", "doubled", 202)
    assert sorted(doubled.column("id").to_pylist()) == list(range(200)) + [1000001, 1000002]


def test_table_read_gives_what_delta_rs_reads(foz, tmp_path):
    foz.produce("orders", [(b"k", order(i)) for i in range(300)])
    theirs = foz.committed("bronze", "orders", 300)
    path = str(foz.lake / "bronze" / "orders")
    arrow = subprocess.run([FOZ_BIN, "table", "read", path, "--format", "arrow"], check=True, capture_output=True).stdout
    ours = pyarrow.ipc.open_stream(arrow).read_all()
    assert ours.sort_by("offset").column("value").to_pylist() == theirs.sort_by("offset").column("value").to_pylist()
    lines = subprocess.run([FOZ_BIN, "table", "read", path, "--format", "jsonl"], check=True, capture_output=True).stdout
    assert sorted(json.loads(line)["offset"] for line in lines.splitlines()) == list(range(300))
    missing = subprocess.run([FOZ_BIN, "table", "read", str(tmp_path / "none")], capture_output=True, text=True)
    assert missing.returncode == 1 and "no folder" in missing.stderr


def test_a_lost_log_disk_loses_nothing_that_was_committed(make_foz):
    foz = make_foz(pipelines={"clean.sql": CLEAN}).start()
    foz.produce("orders", [order(i) for i in range(500)])
    foz.committed("silver", "doubled", 500)
    assert foz.stop() == 0
    import shutil
    shutil.rmtree(foz.data)
    foz.start()
    assert foz.value("SELECT count(*) FROM bronze.orders") == 500
    foz.produce("orders", [order(i) for i in range(500, 600)])
    foz.eventually("SELECT count(*) FROM silver.doubled", 600)
    bronze = foz.committed("bronze", "orders", 600).sort_by("offset")
    assert bronze.column("offset").to_pylist() == list(range(600))
