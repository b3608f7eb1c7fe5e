"""Eight writers on one table, killed at random moments: another reader finds what their positions say, and nothing else."""

import os
import random
import subprocess
import time

import deltalake
import pyarrow

from test_delta import PROGRAM, ROOT

WRITERS = 8
KILLS = int(os.environ.get("FOZ_CRASH_ROUNDS", "5")) * 6
SEED = int(os.environ.get("FOZ_SEED", str(random.randrange(1 << 32))))


def start(folder, number):
    return subprocess.Popen([PROGRAM, "--gtest_filter=Conformance.WritesUntilItIsKilled"], cwd=ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env={**os.environ, "FOZ_WRITE_TABLES": str(folder), "FOZ_WRITER": str(number)})


def version_of(table) -> int:
    return max((int(path.stem) for path in (table / "_delta_log").glob("*.json") if path.stem.isdigit()), default=-1)


def wanted_ids(read) -> list:
    ids = []
    for writer in range(WRITERS):
        added, gone = (read.transaction_version(f"{what}-{writer}") or 0 for what in ("added", "gone"))
        ids += range(writer * 1_000_000 + gone, writer * 1_000_000 + added)
    return ids


def test_killed_writers_leave_a_table_that_is_right(tmp_path):
    print(f"seed {SEED}, {KILLS} kills")
    rng = random.Random(SEED)
    table = tmp_path / "killed"
    writers = [start(tmp_path, number) for number in range(WRITERS)]
    try:
        for _ in range(KILLS):
            before, deadline = version_of(table), time.monotonic() + 120
            while version_of(table) < before + 3 and time.monotonic() < deadline:
                time.sleep(0.01)
            assert version_of(table) > before, "nobody commits any more"
            time.sleep(rng.random() * 0.1)  # the random moment, not a wait for something
            victim = rng.randrange(WRITERS)
            assert writers[victim].poll() is None, writers[victim].stdout.read().decode()
            writers[victim].kill()
            writers[victim].wait()
            writers[victim] = start(tmp_path, victim)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    log = sorted(int(path.stem) for path in (table / "_delta_log").glob("*.json") if path.stem.isdigit())
    assert log == list(range(len(log)))
    read = deltalake.DeltaTable(str(table))
    assert read.version() == log[-1]
    found = pyarrow.table(deltalake.QueryBuilder().register("t", read).execute("SELECT id, name, price FROM t").read_all())
    rows = sorted(found.to_pylist(), key=lambda row: row["id"])
    assert [row["id"] for row in rows] == wanted_ids(read) != []
    assert all(row["name"] == (None if row["id"] % 3 == 0 else f"n{row['id']}") for row in rows)
    # Each change of rows is in the change feed of the version that made it.
    changes = pyarrow.table(read.load_cdf(starting_version=1).read_all()).to_pylist()
    inserted = sorted(row["id"] for row in changes if row["_change_type"] == "insert")
    deleted = sorted(row["id"] for row in changes if row["_change_type"] == "delete")
    assert sorted(set(inserted) - set(deleted)) == wanted_ids(read)
    assert len(set(inserted)) == len(inserted) and len(set(deleted)) == len(deleted)
