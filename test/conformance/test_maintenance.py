"""Another reader reads tables before and after foz has merged, cleaned, restored, cloned and converted them."""

import json
import os
import pathlib
import subprocess

import deltalake
import pyarrow
import pyarrow.parquet
import pytest
from deltalake import write_deltalake

from conftest import FOZ_BIN, ROOT

PROGRAM = os.environ.get("FOZ_DELTA_TEST", str(ROOT / "build/dev/bin/delta_test"))


def foz(*arguments):
    return subprocess.run([FOZ_BIN, "table", *map(str, arguments)], capture_output=True, text=True, timeout=120)


def done(*arguments):
    ran = foz(*arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def rows(table, version=None):
    return sorted((row["id"], row["day"], row["name"]) for row in
                  deltalake.DeltaTable(str(table), version=version).to_pyarrow_table().to_pylist())


@pytest.fixture
def table(tmp_path):
    """30 commits of two partitions each, as a job leaves them that commits too often."""
    path = tmp_path / "t"
    for i in range(30):
        write_deltalake(path, pyarrow.table({
            "id": pyarrow.array(range(i * 10, i * 10 + 10), pyarrow.int64()), "day": [f"d {n % 2}" for n in range(10)],
            "name": [None if n % 3 == 0 else f"n{n}" for n in range(10)]}), mode="append", partition_by=["day"])
    return path


def test_optimize_merges_small_files(table):
    before = rows(table)
    assert done("optimize", table, "--dry-run")[0]["files_removed"] == 60
    merged = done("optimize", table)[0]
    assert (merged["version"], merged["files"], merged["files_removed"]) == (30, 2, 60)
    after = deltalake.DeltaTable(str(table))
    assert rows(table) == before and rows(table, 29) == before and len(after.file_uris()) == 2
    actions = pyarrow.table(after.get_add_actions(flatten=True)).to_pylist()
    assert sorted((each["partition.day"], each["num_records"], each["min.id"], each["max.id"], each["null_count.name"])
                  for each in actions) == [("d 0", 150, 0, 298, 60), ("d 1", 150, 1, 299, 60)]
    assert after.history(1)[0]["operation"] == "OPTIMIZE"
    assert done("optimize", table)[0]["commits"] == 0
    # The other engine goes on from there.
    write_deltalake(table, pyarrow.table({"id": pyarrow.array([1000], pyarrow.int64()), "day": ["d 0"], "name": ["x"]}),
                    mode="append")
    assert len(rows(table)) == 301


def test_optimize_of_one_partition_in_an_order(table):
    before = rows(table)
    clustered = done("optimize", table, "--where", "day=d 1", "--cluster-by", "name,id")[0]
    assert clustered["files"] == 31 and rows(table) == before
    wrong = foz("optimize", table, "--cluster-by", "nobody")
    assert wrong.returncode == 1 and "no column nobody" in wrong.stderr


def test_checkpoint_stands_for_the_log_before_it(table):
    before = rows(table)
    done("checkpoint", table)
    for version in range(30):
        if version != 29:
            (table / "_delta_log" / f"{version:020}.json").unlink(missing_ok=True)
    assert rows(table) == before
    hint = json.loads((table / "_delta_log/_last_checkpoint").read_text())
    assert hint["version"] == 29


def test_vacuum_takes_only_what_no_version_needs(table):
    done("optimize", table)
    refused = foz("vacuum", table, "--retention", "1h")
    assert refused.returncode == 1 and "7 days" in refused.stderr and "force" in refused.stderr
    assert done("vacuum", table) == []
    before = rows(table)
    shown = done("vacuum", table, "--retention", "0s", "--force", "--dry-run")
    kept = len(deltalake.DeltaTable(str(table)).file_uris())
    assert len(shown) == 60 and len(list(table.glob("**/*.parquet"))) == 60 + kept
    gone = done("vacuum", table, "--retention", "0s", "--force")
    assert sorted(each["path"] for each in gone) == sorted(each["path"] for each in shown)
    assert rows(table) == before and len(list(table.glob("**/*.parquet"))) == kept


def test_restore_goes_back_and_forth(table):
    newest = rows(table)
    done("optimize", table)
    assert done("restore", table, "--version", 4)[0]["version"] == 31
    assert len(rows(table)) == 50 and rows(table) == rows(table, 4)
    done("restore", table, "--version", 30)
    assert rows(table) == newest
    assert deltalake.DeltaTable(str(table)).history(1)[0]["operation"] == "RESTORE"
    nowhere = foz("restore", table, "--version", 99)
    assert nowhere.returncode == 1 and "versions 0 to 32" in nowhere.stderr


def test_clones_are_tables_of_their_own(table, tmp_path):
    deep, shallow = tmp_path / "a copy" / "deep", tmp_path / "shallow"
    assert done("clone", table, deep, "--version", 9)[0]["source_version"] == 9
    done("clone", table, shallow, "--shallow")
    assert rows(deep) == rows(table, 9) and deltalake.DeltaTable(str(deep)).version() == 0
    read = foz("read", shallow)
    assert read.returncode == 0 and len(read.stdout.splitlines()) == 300
    again = foz("clone", table, deep)
    assert again.returncode == 1 and "there is a Delta table" in again.stderr


def test_convert_makes_a_hive_folder_a_table(tmp_path):
    for day, n in (("2026-01-01", 1), ("2026-01-02", 2), ("__HIVE_DEFAULT_PARTITION__", 3)):
        folder = tmp_path / "h" / f"day={day}" / f"kind=a%3A{n}"
        folder.mkdir(parents=True)
        pyarrow.parquet.write_table(pyarrow.table({"id": [n], "text": [f"t{n}"]}), folder / "part 0.parquet")
    (tmp_path / "h" / "_SUCCESS").touch()
    assert done("convert", tmp_path / "h")[0]["files"] == 3
    found = deltalake.DeltaTable(str(tmp_path / "h")).to_pyarrow_table().sort_by("id").to_pylist()
    assert [(row["id"], row["text"], str(row["day"]), row["kind"]) for row in found] == [
        (1, "t1", "2026-01-01", "a:1"), (2, "t2", "2026-01-02", "a:2"), (3, "t3", "None", "a:3")]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no Parquet file" in foz("convert", empty).stderr


def test_sidecars_and_compaction_files_are_read(tmp_path):
    subprocess.run([PROGRAM, "--gtest_filter=Conformance.WritesMaintainedTables"], check=True, cwd=ROOT,
                   env={**os.environ, "FOZ_WRITE_TABLES": str(tmp_path)}, capture_output=True)
    log = tmp_path / "v2" / "_delta_log"
    assert len(list((log / "_sidecars").iterdir())) >= 2 and list(log.glob("*.compacted.json"))
    # Spark reads the columns of files there, although sidecars hold the files.
    for checkpoint in log.glob("*.checkpoint.*.parquet"):
        assert {"add", "remove", "sidecar", "checkpointMetadata"} <= set(pyarrow.parquet.read_schema(checkpoint).names)
    hint = json.loads((log / "_last_checkpoint").read_text())
    for version in range(hint["version"]):
        (log / f"{version:020}.json").unlink()
    read = deltalake.DeltaTable(str(tmp_path / "v2"))
    # Its reader by way of Arrow's datasets does not know the feature, its own engine does.
    counted = deltalake.QueryBuilder().register("t", read).execute(
        "SELECT count(*) AS n, count(DISTINCT id) AS ids, max(id) AS last FROM t").read_all()
    assert pyarrow.table(counted).to_pylist() == [{"n": 20_000, "ids": 20_000, "last": 19_999}]
    assert read.transaction_version("flow-a") == 20


def test_history_time_and_changes(table):
    history = done("history", table, "--limit", "5")
    theirs = deltalake.DeltaTable(str(table)).history(5)
    assert [(each["version"], each["operation"]) for each in history] == [
        (each["version"], each["operation"]) for each in theirs]
    shown = foz("history", table)
    assert shown.returncode == 0 and "WRITE" in shown.stdout
    then = foz("read", table, "--timestamp", history[3]["timestamp"])
    assert then.returncode == 0, then.stderr
    assert len(then.stdout.splitlines()) == (history[3]["version"] + 1) * 10
    assert foz("read", table, "--timestamp", "yesterday").returncode == 1
    assert foz("read", table, "--timestamp", "2026-01-01", "--version", "1").returncode == 2


def test_changes_are_read(tmp_path):
    path = tmp_path / "c"
    write_deltalake(path, pyarrow.table({"id": pyarrow.array(range(10), pyarrow.int64())}),
                    configuration={"delta.enableChangeDataFeed": "true"})
    deltalake.DeltaTable(str(path)).delete("id < 3")
    theirs = pyarrow.table(deltalake.DeltaTable(str(path)).load_cdf(starting_version=0)).to_pylist()
    ran = foz("read", path, "--changes", "0..1")
    assert ran.returncode == 0, ran.stderr
    ours = [json.loads(line) for line in ran.stdout.splitlines()]
    key = lambda each: (each["_commit_version"], each["id"], each["_change_type"])
    assert sorted(map(key, ours)) == sorted(map(key, theirs))
    assert foz("read", path, "--changes", "x").returncode == 1
