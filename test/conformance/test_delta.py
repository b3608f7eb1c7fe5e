"""Another reader reads the tables that our tests write. FOZ_DELTA_TEST names the test program."""

import json
import math
import os
import pathlib
import subprocess

import deltalake
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("FOZ_DELTA_TEST", str(ROOT / "build/dev/bin/delta_test"))


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    subprocess.run([PROGRAM, "--gtest_filter=Conformance.*"], check=True, cwd=ROOT,
                   env={**os.environ, "FOZ_WRITE_TABLES": str(folder)})
    return folder


def check_sample(table, versions):
    rows = deltalake.DeltaTable(str(table)).to_pyarrow_table().sort_by("id").to_pylist()
    assert [row["id"] for row in rows] == list(range(versions * 1000))
    assert all(row["name"] == (None if row["id"] % 3 == 0 else f"n{row['id']}") for row in rows)
    assert all(row["price"] == row["id"] / 4 for row in rows)


def test_rows_and_time_travel(tables):
    check_sample(tables / "sample", 12)
    old = deltalake.DeltaTable(str(tables / "sample"), version=3)
    assert old.to_pyarrow_table().num_rows == 3000
    assert old.transaction_version("flow-a") == 3


def test_positions_and_history(tables):
    table = deltalake.DeltaTable(str(tables / "sample"))
    assert table.version() == 12
    assert table.metadata().name == "sample"
    assert table.transaction_version("flow-a") == 12
    last = table.history(1)[0]
    assert last["operation"] == "WRITE" and last["engineInfo"].startswith("foz/")


def test_statistics_prune(tables):
    table = deltalake.DeltaTable(str(tables / "sample"))
    actions = table.get_add_actions(flatten=True)
    counts = actions.column("num_records").to_pylist()
    assert counts == [1000] * 12
    assert sorted(actions.column("min.id").to_pylist()) == [i * 1000 for i in range(12)]
    assert table.to_pyarrow_table(filters=[("id", "=", 4321)]).num_rows == 1


def test_checkpoint_alone_is_enough(tables):
    log = tables / "sample" / "_delta_log"
    hint = json.loads((log / "_last_checkpoint").read_text())
    assert hint["version"] == 10 and "parts" not in hint
    for version in range(10):
        (log / f"{version:020}.json").unlink()
    check_sample(tables / "sample", 12)


def test_every_type(tables):
    table = deltalake.DeltaTable(str(tables / "every_type"))
    first, second, third = table.to_pyarrow_table().to_pylist()
    assert all(value is None for value in third.values())
    assert (first["i64"], second["i64"]) == (-9007199254740993, 9007199254740993)
    assert math.isnan(second["f"]) and first["s"] == "abc" and second["s"] == "z" * 40
    assert str(first["dec9"]) == "-123.45" and str(first["dec38"]) == "-1234567890123456789012345678.9012345678"
    assert first["day"].isoformat() == "0001-01-01" and second["ts"].isoformat() == "2023-11-14T22:13:20.123456+00:00"
    assert first["l"] == [] and first["m"] == [] and first["st"] is not None
