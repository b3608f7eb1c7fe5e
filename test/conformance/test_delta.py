"""Another reader reads the tables that our tests write. FOZ_DELTA_TEST names the test program."""

import json
import math
import os
import pathlib
import subprocess

import deltalake
import pyarrow
import pyarrow.parquet
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


def every_field(field, path=""):
    path = f"{path}.{field.name}"
    yield path, field
    if pyarrow.types.is_map(field.type):
        yield from every_field(field.type.item_field, path)  # keys are never null
    elif field.type.num_fields:
        for i in range(field.type.num_fields):
            yield from every_field(field.type.field(i), path)


def test_columns_of_a_checkpoint(tables):
    file = pyarrow.parquet.ParquetFile(tables / "sample" / "_delta_log" / f"{10:020}.checkpoint.parquet")
    schema = file.schema_arrow
    assert schema.names == ["txn", "add", "remove", "metaData", "protocol", "domainMetadata"]
    names = lambda field: [field.type.field(i).name for i in range(field.type.num_fields)]
    assert names(schema.field("add")) == [
        "path", "partitionValues", "size", "modificationTime", "dataChange", "stats", "tags", "deletionVector", "baseRowId",
        "defaultRowCommitVersion", "clusteringProvider"]
    vector = schema.field("add").type.field("deletionVector")
    assert names(vector) == ["storageType", "pathOrInlineDv", "offset", "sizeInBytes", "cardinality"]
    for column in schema:
        for path, field in every_field(column):
            assert field.nullable, path
            assert b"PARQUET:field_id" not in (field.metadata or {}), path
    paths = {file.schema.column(i).path for i in range(len(file.schema))}
    assert {"metaData.partitionColumns.list.element", "metaData.configuration.key_value.key",
            "add.partitionValues.key_value.value"} <= paths


def test_statistics_in_columns(tables):
    log = tables / "in_columns" / "_delta_log"
    table = deltalake.DeltaTable(str(tables / "in_columns"))
    physical = {field["name"]: field["metadata"]["delta.columnMapping.physicalName"]
                for field in json.loads(table.schema().to_json())["fields"]}
    for version in range(2):
        (log / f"{version:020}.json").unlink()
    add = pyarrow.parquet.read_table(log / f"{2:020}.checkpoint.parquet").column("add").to_pylist()
    first, second = sorted((each for each in add if each), key=lambda each: each["stats_parsed"]["numRecords"])
    assert first["stats"] is None and "word of it" not in first["partitionValues_parsed"]
    assert first["partitionValues_parsed"] == {physical["day"]: None, physical["word of it"]: None}
    values = second["partitionValues_parsed"]
    assert values[physical["day"]].isoformat() == "2026-01-31" and values[physical["word of it"]] == "a/b=c d%20é"
    assert second["stats_parsed"]["minValues"][physical["id"]] == 1 and second["stats_parsed"]["maxValues"][physical["id"]] == 3
    assert second["stats_parsed"]["maxValues"][physical["at"]].isoformat() == "2023-11-14T22:13:20.124000+00:00"
    assert second["stats_parsed"]["nullCount"] == {physical["id"]: 0, physical["at"]: 0}
    read = deltalake.DeltaTable(str(tables / "in_columns"))
    assert [row["id"] for row in rows_of(read)] == [1, 2, 3]
    assert query(read, "id FROM t WHERE \"word of it\" = 'a/b=c d%20é' AND id > 1").to_pylist() == [{"id": 3}]


def test_every_type(tables):
    table = deltalake.DeltaTable(str(tables / "every_type"))
    first, second, third = table.to_pyarrow_table().to_pylist()
    assert all(value is None for value in third.values())
    assert (first["i64"], second["i64"]) == (-9007199254740993, 9007199254740993)
    assert math.isnan(second["f"]) and first["s"] == "abc" and second["s"] == "z" * 40
    assert str(first["dec9"]) == "-123.45" and str(first["dec38"]) == "-1234567890123456789012345678.9012345678"
    assert first["day"].isoformat() == "0001-01-01" and second["ts"].isoformat() == "2023-11-14T22:13:20.123456+00:00"
    assert first["l"] == [] and first["m"] == [] and first["st"] is not None


# --- rows that changed, columns that were altered


def query(table, what):
    """Through its SQL engine: the reader that knows deletion vectors and mapped columns."""
    return pyarrow.table(deltalake.QueryBuilder().register("t", table).execute(f"SELECT {what}").read_all())


def rows_of(table, columns="*"):
    return query(table, f"{columns} FROM t ORDER BY id").to_pylist()


def actions_of(folder, version):
    lines = (folder / "_delta_log" / f"{version:020}.json").read_text().splitlines()
    return [next(iter(json.loads(line).items())) for line in lines]


def test_deletion_vectors(tables):
    table = deltalake.DeltaTable(str(tables / "deletions"))
    gone = {*range(0, 1000, 3), *range(1, 1000, 3), *range(1000, 1800), *range(2000, 3000), 3760}
    kept = sorted({*range(4000), 13760} - gone)
    assert [row["id"] for row in rows_of(table, "id")] == kept
    old = deltalake.DeltaTable(str(tables / "deletions"), version=4)
    assert query(old, "count(*) AS n FROM t").to_pylist() == [{"n": 4000}]
    # One file holds the vectors of a commit, whatever number of files they are of.
    adds = [body for kind, body in actions_of(tables / "deletions", 5) if kind == "add" and "deletionVector" in body]
    assert len(adds) == 2 and len({add["deletionVector"]["pathOrInlineDv"] for add in adds}) == 1
    for add in adds:
        stats = json.loads(add["stats"])
        assert stats["numRecords"] == 1000 and stats["tightBounds"] is False
    # A file that lost every row is removed and not added again.
    kinds = [kind for kind, _ in actions_of(tables / "deletions", 7)]
    assert kinds.count("remove") == 1 and kinds.count("add") == 0


def test_partition_values(tables):
    table = deltalake.DeltaTable(str(tables / "partitioned"))
    first, second, third = rows_of(table)
    assert first["word"] == third["word"] == "a/b=c d%20é"
    assert first["day"].isoformat() == "2026-01-31"
    assert first["at"].isoformat() == "2023-11-14T22:13:20.123456+00:00"
    assert second["word"] is None and second["day"] is None and second["at"] is None
    actions = table.get_add_actions(flatten=True)
    assert sorted(actions.column("num_records").to_pylist()) == [1, 2]
    assert query(table, "id FROM t WHERE word = 'a/b=c d%20é'").num_rows == 2


def test_a_replaced_partition(tables):
    assert [row["id"] for row in rows_of(deltalake.DeltaTable(str(tables / "replaced")))] == [1, 3]


def test_mapped_columns(tables):
    rows = rows_of(deltalake.DeltaTable(str(tables / "mapped")))
    assert list(rows[0]) == ["id", "title of it", "price"]
    assert [row["title of it"] for row in rows] == [None if i % 3 == 0 else f"n{i}" for i in range(20)]
    assert [row["price"] for row in rows] == [None] * 10 + [i / 4 for i in range(10, 20)]


def test_a_table_that_was_upgraded(tables):
    table = deltalake.DeltaTable(str(tables / "upgraded"))
    rows = rows_of(table)
    assert [row["id"] for row in rows] == [i for i in range(10) if i != 4]
    assert rows[1]["title"] == "n1"
    infos = [dict(actions_of(tables / "upgraded", version))["commitInfo"] for version in (2, 3, 4)]
    stamps = [info["inCommitTimestamp"] for info in infos]
    assert stamps == sorted(set(stamps))


def test_files_that_iceberg_can_read(tables):
    table = deltalake.DeltaTable(str(tables / "iceberg"))
    assert [(row["id"], row["word"], row["m"]) for row in rows_of(table)] == [
        (i, "odd" if i % 2 else "even", [("k", [i])]) for i in range(4)]
    assert {"icebergCompatV2", "columnMapping"} <= set(table.protocol().writer_features)
    schema = {field["name"]: field["metadata"] for field in json.loads(table.schema().to_json())["fields"]}
    nested = schema["m"]["delta.columnMapping.nested.ids"]
    physical = {name: metadata["delta.columnMapping.physicalName"] for name, metadata in schema.items()}
    assert set(nested) == {f"{physical['m']}.{path}" for path in ("key", "value", "value.element")}
    ids = [metadata["delta.columnMapping.id"] for metadata in schema.values()] + list(nested.values())
    assert sorted(ids) == [1, 2, 3, 4, 5, 6] and int(table.metadata().configuration["delta.columnMapping.maxColumnId"]) == 6
    for path in table.file_uris():
        file = pyarrow.parquet.read_table(path, partitioning=None)
        # The partition column is in the file too, behind the others.
        assert file.column_names == [physical["id"], physical["m"], physical["word"]]
        assert len(set(file.column(physical["word"]).to_pylist())) == 1
        id_of = lambda field: int(field.metadata[b"PARQUET:field_id"])
        column = file.schema.field(physical["m"])
        assert id_of(file.schema.field(physical["word"])) == schema["word"]["delta.columnMapping.id"]
        assert id_of(column.type.key_field) == nested[f"{physical['m']}.key"]
        assert id_of(column.type.item_field) == nested[f"{physical['m']}.value"]
        assert id_of(column.type.item_type.value_field) == nested[f"{physical['m']}.value.element"]


def test_change_data_feed(tables):
    table = deltalake.DeltaTable(str(tables / "fed"))
    assert [row["id"] for row in rows_of(table)] == [0, 3, 4, 6, 7, 8, 9, 105]
    changes = pyarrow.table(table.load_cdf(starting_version=1, ending_version=2).read_all()).to_pylist()
    seen = sorted((row["_commit_version"], row["_change_type"], row["id"]) for row in changes)
    assert seen == [(1, "insert", i) for i in range(10)] + [
        (2, "delete", 1), (2, "delete", 2), (2, "update_postimage", 105), (2, "update_preimage", 5)]


def test_generated_and_checked_rows(tables):
    table = deltalake.DeltaTable(str(tables / "ruled"))
    rows = rows_of(table)
    assert rows == [{"id": i, "double_id": 2 * i, "word": "none", "nr": 10 + 5 * i} for i in range(6)]
    schema = json.loads(table.schema().to_json())
    assert schema["fields"][3]["metadata"]["delta.identity.highWaterMark"] == 35
    assert table.metadata().configuration["delta.constraints.small"] == "id >= 0"
    assert {"checkConstraints", "invariants", "generatedColumns", "identityColumns", "allowColumnDefaults"} <= set(
        table.protocol().writer_features)


def test_clustering_and_chosen_statistics(tables):
    table = deltalake.DeltaTable(str(tables / "clustered"))
    assert table.to_pyarrow_table().num_rows == 10
    columns = table.get_add_actions(flatten=True).schema.names
    assert "min.id" in columns and "min.price" not in columns
    domains = dict(actions_of(tables / "clustered", 1))["domainMetadata"]
    assert domains["domain"] == "delta.clustering"
    assert json.loads(domains["configuration"])["clusteringColumns"] == [["id"]]


@pytest.mark.parametrize("name", ["deletions", "clustered"])
def test_version_checksums_agree_with_another_readers_state(tables, name):
    table = deltalake.DeltaTable(str(tables / name))
    crc = json.loads((tables / name / "_delta_log" / f"{table.version():020}.crc").read_text())
    actions = table.get_add_actions(flatten=True)
    assert crc["numFiles"] == len(actions.column("size_bytes"))
    assert crc["tableSizeBytes"] == sum(actions.column("size_bytes").to_pylist())
    assert crc["metadata"]["id"] == str(table.metadata().id)
    assert set(crc["protocol"]["writerFeatures"]) == set(table.protocol().writer_features)
    domains = {domain["domain"] for domain in crc["domainMetadata"]}
    assert domains == ({"delta.clustering", "foz.test"} if name == "clustered" else set())
