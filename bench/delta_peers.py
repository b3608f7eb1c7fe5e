"""Workloads of ./dev bench delta for delta-rs (PyPI deltalake), as delta_workload_bench has them for foz: one a process."""

import json
import pathlib
import random
import resource
import sys
import time
import uuid

import deltalake
import pyarrow
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, write_deltalake

MIX = 0x9E3779B97F4A7C15


def event_rows(ids) -> pyarrow.Table:
    mixed = [((i + 1) * MIX & (1 << 64) - 1) >> 20 for i in ids]
    return pyarrow.table({
        "id": pyarrow.array(ids, pyarrow.int64()),
        "customer": [m % 1_000_000 for m in mixed],
        "kind": ["page_view" if m % 3 else "add_to_cart" for m in mixed],
        "city": [f"city-{m % 500}" for m in mixed],
        "amount": [m % 100_000 / 100 for m in mixed],
        "price": [m % 10_000 / 100 for m in mixed],
        "quantity": pyarrow.array([m % 20 for m in mixed], pyarrow.int32()),
        "flags": pyarrow.array([m % 16 for m in mixed], pyarrow.int32()),
        "at": pyarrow.array([1_700_000_000_000_000 + i * 1000 for i in ids], pyarrow.timestamp("us", "UTC")),
        "day": pyarrow.array([19_000 + i // 100_000 for i in ids], pyarrow.date32()),
        "note": [f"note {m:x}" for m in mixed],
        "source": [m % 7 for m in mixed],
    })


def append(folder, commits, rows, every, first):
    table = DeltaTable(folder)
    ms, began = [], time.perf_counter()
    # Checkpoints are made beside the commits here as they are there.
    hooks = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
    for i in range(commits):
        batch = event_rows(range(first + i * rows, first + (i + 1) * rows))
        start = time.perf_counter()
        write_deltalake(table, batch, mode="append", post_commithook_properties=hooks,
                        commit_properties=CommitProperties(max_commit_retries=1000))
        ms.append((time.perf_counter() - start) * 1000)
        if table.version() % every == 0:
            table.create_checkpoint()
    return {"s": time.perf_counter() - began, "ms": ms}


def open_(folder):
    start = time.perf_counter()
    table = DeltaTable(folder)
    # Files are read from the log when they are first asked for.
    files = len(table.get_add_actions())
    return {"ms": (time.perf_counter() - start) * 1000, "files": files}


def refresh(folder, times):
    mine, theirs = DeltaTable(folder), DeltaTable(folder)
    len(mine.get_add_actions())
    ms = []
    for _ in range(times):
        add_a_file(theirs)
        start = time.perf_counter()
        mine.update_incremental()
        ms.append((time.perf_counter() - start) * 1000)
    return {"ms": ms}


def plan(folder, times):
    table = DeltaTable(folder)
    count = len(table.get_add_actions())
    ms = []
    for _ in range(times):
        start = time.perf_counter()
        found = table.file_uris(file_pruning_predicate=[("day", "=", str(count // 200))])
        ms.append((time.perf_counter() - start) * 1000)
    return {"partition_ms": ms, "partition_files": len(found)}


def add_a_file(table) -> None:
    add = deltalake.transaction.AddAction(str(uuid.uuid4()), 1, {"day": "1"}, 0, True, '{"numRecords":1}')
    table.create_write_transaction([add], "append", table.schema(), ["day"])
    table.update_incremental()


def checkpoint(folder):
    """Of a version that has none yet: else nothing is done."""
    table = DeltaTable(folder)
    add_a_file(table)
    start = time.perf_counter()
    table.create_checkpoint()
    return {"ms": (time.perf_counter() - start) * 1000}


def keyed_rows(ids, sequence) -> pyarrow.Table:
    """As keyed_bench has them."""
    ids = pyarrow.array(ids, pyarrow.int64())
    return pyarrow.table({"id": ids, "text": pc.binary_join_element_wise("text of", ids.cast("string"), " "),
                          "sequence": pyarrow.repeat(pyarrow.scalar(sequence, pyarrow.int64()), len(ids))})


def keyed(folder, rows, files):
    size = rows // files
    for i in range(files):
        write_deltalake(folder, keyed_rows(range(i * size, (i + 1) * size), 0), mode="append")
    return {}


def upsert(folder, batches, rows, keys):
    table = DeltaTable(folder)
    rng, ms, known = random.Random(1), [], keys * 80 // 100
    for batch in range(batches):
        following = rows + batch * (keys - known)
        source = keyed_rows(rng.sample(range(rows), known) + list(range(following, following + keys - known)), batch + 1)
        start = time.perf_counter()
        (table.merge(source, "t.id = s.id", source_alias="s", target_alias="t")
         .when_matched_update_all().when_not_matched_insert_all().execute())
        ms.append((time.perf_counter() - start) * 1000)
    return {"ms": ms}


def optimize(folder, target_mb):
    table = DeltaTable(folder)
    start = time.perf_counter()
    done = table.optimize.compact(target_size=target_mb << 20)
    return {"ms": (time.perf_counter() - start) * 1000, "files_removed": done["numFilesRemoved"],
            "files_added": done["numFilesAdded"]}


def vacuum(folder):
    table = DeltaTable(folder)
    start = time.perf_counter()
    gone = table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    return {"ms": (time.perf_counter() - start) * 1000, "files": len(gone)}


def create(folder):
    write_deltalake(folder, event_rows([0]).slice(0, 0))
    return {}


def peak_mb() -> float:
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    name, folder, *numbers = sys.argv[1:]
    idle = peak_mb()
    used = resource.getrusage(resource.RUSAGE_SELF)
    before = used.ru_utime + used.ru_stime
    answer = {"open": open_}.get(name, globals().get(name))(folder, *map(int, numbers))
    used = resource.getrusage(resource.RUSAGE_SELF)
    # What Python and pyarrow take before they do anything is not counted.
    print(json.dumps({**answer, "cpu_s": used.ru_utime + used.ru_stime - before, "peak_mb": peak_mb() - idle}))
