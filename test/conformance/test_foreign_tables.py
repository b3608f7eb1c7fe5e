"""Valid Delta tables that no writer of ours would write: what SQL and `foz table read` see in them."""

import decimal
import json
import subprocess

import deltalake
import pyarrow
import pyarrow.parquet
import pytest
from conftest import FOZ_BIN, Foz

FILE = "part-0.parquet"
MAPPED = {"minReaderVersion": 2, "minWriterVersion": 5}


def column(name, type, **metadata):
    return {"name": name, "type": type, "nullable": True, "metadata": metadata}


def mapped(name, type, number, physical):
    return column(name, type, **{"delta.columnMapping.id": number, "delta.columnMapping.physicalName": physical})


def struct(*fields):
    return {"type": "struct", "fields": list(fields)}


def features(*names):
    return {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": list(names), "writerFeatures": list(names)}


class Tables:
    """Tables of one file each, in schema `x` of a lake."""

    def __init__(self, lake):
        self.schema = lake / "x"

    def log(self, name, version=0):
        return self.schema / name / "_delta_log" / f"{version:020}.json"

    def write(self, name, columns, rows, partition=None, configuration=None, protocol=None, stats=None):
        log = self.log(name)
        log.parent.mkdir(parents=True)
        actions = [{"protocol": protocol or {"minReaderVersion": 1, "minWriterVersion": 2}},
                   {"metaData": {"id": name, "format": {"provider": "parquet", "options": {}},
                                 "schemaString": json.dumps(struct(*columns)),
                                 "partitionColumns": list(partition or {}), "configuration": configuration or {}}}]
        actions.append(self.add(name, FILE, rows, partition, stats))
        log.write_text("".join(json.dumps(action) + "\n" for action in actions))

    def add(self, name, file, rows, partition=None, stats=None):
        path = self.schema / name / file
        pyarrow.parquet.write_table(rows, path)
        stats = stats or json.dumps({"numRecords": rows.num_rows})
        return {"add": {"path": file, "partitionValues": partition or {}, "size": path.stat().st_size,
                        "modificationTime": 1700000000000, "dataChange": True, "stats": stats}}


def variants(count):
    binary = [pyarrow.field("metadata", pyarrow.binary(), False), pyarrow.field("value", pyarrow.binary(), False)]
    return pyarrow.array([{"metadata": b"\x01\x00\x00", "value": bytes([0x0c, i])} for i in range(count)], pyarrow.struct(binary))


def write_all(tables):
    """The tables that need no words of their own."""
    s = struct(column("a", "long"), column("z", "void"))
    rows = pyarrow.table({"id": [1, 2], "s": [{"a": 3}, {"a": 4}], "v": variants(2)})
    tables.write("voids", [column("id", "long"), column("n", "void"), column("s", s), column("v", "variant")], rows,
                 protocol=features("variantType"))
    tables.write("changed", [column("id", "long"), column("n", "void"), column("s", s)], rows.drop(["v"]),
                 configuration={"delta.enableChangeDataFeed": "true"},
                 protocol={"minReaderVersion": 1, "minWriterVersion": 4})
    tables.log("changed", 1).write_text(json.dumps(tables.add("changed", "part-1.parquet", rows.drop(["v"]).slice(1))) + "\n")
    tables.write("hollow", [column("id", "long"), column("s", struct()),
                            column("t", struct(column("a", "long"), column("e", struct())))],
                 pyarrow.table({"id": [1], "t": [{"a": 5}]}))
    mode = {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "9"}
    tables.write("quoted", [mapped("id", "long", 1, 'a"b'), mapped("c", "long", 2, "c\\d"), mapped("p", "string", 3, 'p"q')],
                 pyarrow.table({'a"b': [1], "c\\d": [2]}), {'p"q': "x"}, mode, MAPPED)
    log = tables.log("quoted")
    log.write_text(log.read_text().replace('"partitionColumns": ["p\\"q"]', '"partitionColumns": ["p"]'))
    for_writers = {**features("columnMapping"), "readerFeatures": []}  # as Spark made it out of version 2
    for name, spelling, protocol in [("upper", "NAME", MAPPED), ("unasked", "name", None), ("no_ids", "id", None),
                                     ("unlisted", "name", features("deletionVectors")), ("half_listed", "name", for_writers)]:
        files = "physical" if protocol in (MAPPED, for_writers) else "id"
        tables.write(name, [mapped("id", "long", 1, "physical")], pyarrow.table({files: [7]}), None,
                     {"delta.columnMapping.mode": spelling}, protocol)
    widened = {"delta.typeChanges": [{"fromType": "float", "toType": "double"}]}
    tables.write("widened", [column("d", "double", **widened)], pyarrow.table({"d": pyarrow.array([0.7, 0.3], pyarrow.float32())}),
                 protocol=features("typeWidening"),
                 stats='{"numRecords":2,"minValues":{"d":0.3},"maxValues":{"d":0.7},"nullCount":{"d":0}}')
    udt = {"type": "udt", "class": "org.example.PointUDT", "pyClass": "example.PointUDT",
           "sqlType": struct(column("x", "integer"), column("y", "integer"))}
    tables.write("points", [column("id", "long"), column("p", udt)], pyarrow.table(
        {"id": [1], "p": pyarrow.array([{"x": 2, "y": 3}], pyarrow.struct([("x", pyarrow.int32()), ("y", pyarrow.int32())]))}))
    tables.write("unsigned", [column("i", "integer"), column("l", "long"), column("d", "decimal(20,0)")], pyarrow.table(
        {"i": pyarrow.array([3], pyarrow.uint32()), "l": pyarrow.array([4], pyarrow.uint64()),
         "d": pyarrow.array([2**64 - 1], pyarrow.uint64())}))
    tables.write("too_great", [column("i", "integer")], pyarrow.table({"i": pyarrow.array([2**32 - 1], pyarrow.uint32())}))
    tables.write("views", [column("l", {"type": "array", "elementType": "integer", "containsNull": True})],
                 pyarrow.table({"l": pyarrow.array([[1], None, [2, 3]], pyarrow.list_view(pyarrow.int32()))}))
    tables.write("checkpointed", [column("id", "long")], pyarrow.table({"id": [1, 2]}))
    checkpoint_with_hollow_vectors(tables.log("checkpointed"))
    hollow = [{}, {"storageType": None, "pathOrInlineDv": None, "offset": None, "sizeInBytes": None, "cardinality": None}]
    for name, change in [("hollow_vectors", lambda number, add: add.update(deletionVector=hollow[number])),
                         ("other_sizes", lambda number, add: add.update(size=add["size"] + [-100, 1000][number])),
                         ("tiny_sizes", lambda number, add: add.update(size=number))]:
        with_changed_adds(tables, name, change)
    deltalake.write_deltalake(str(tables.schema / "rounded"), pyarrow.table(
        {"d": pyarrow.array([decimal.Decimal("123456789012345671.00"), decimal.Decimal("1.50")], pyarrow.decimal128(20, 2)),
         "e": pyarrow.array([decimal.Decimal("1234567890123456.7")] * 2, pyarrow.decimal128(17, 1))}))


def with_changed_adds(tables, name, change):
    """A table of two files of two rows, of which the log says something else."""
    tables.write(name, [column("id", "long"), column("s", "string")], pyarrow.table({"id": [1, 2], "s": ["a", "b"]}),
                 protocol=features("deletionVectors"))
    lines = [json.loads(line) for line in tables.log(name).read_text().splitlines()]
    lines.append(tables.add(name, "part-1.parquet", pyarrow.table({"id": [3, 4], "s": ["c", "d"]})))
    for number, line in enumerate(lines[-2:]):
        change(number, line["add"])
    tables.log(name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def checkpoint_with_hollow_vectors(commit):
    """In place of the commit: every file has a deletion vector without a storageType."""
    protocol, metadata, add = [json.loads(line) for line in commit.read_text().splitlines()]
    texts = pyarrow.map_(pyarrow.string(), pyarrow.string())
    vector = pyarrow.struct([("storageType", pyarrow.string()), ("pathOrInlineDv", pyarrow.string()),
                             ("offset", pyarrow.int32()), ("sizeInBytes", pyarrow.int32()), ("cardinality", pyarrow.int64())])
    types = {"protocol": pyarrow.struct([("minReaderVersion", pyarrow.int32()), ("minWriterVersion", pyarrow.int32())]),
             "metaData": pyarrow.struct([("id", pyarrow.string()), ("schemaString", pyarrow.string()),
                                         ("partitionColumns", pyarrow.list_(pyarrow.string())), ("configuration", texts)]),
             "add": pyarrow.struct([("path", pyarrow.string()), ("partitionValues", texts), ("size", pyarrow.int64()),
                                    ("modificationTime", pyarrow.int64()), ("dataChange", pyarrow.bool_()),
                                    ("stats", pyarrow.string()), ("deletionVector", vector)])}
    metadata["metaData"]["configuration"] = add["add"]["partitionValues"] = []
    add["add"]["deletionVector"] = {"storageType": None}
    actions = [protocol, metadata, add]
    columns = {name: pyarrow.array([action.get(name) for action in actions], type) for name, type in types.items()}
    pyarrow.parquet.write_table(pyarrow.table(columns), commit.with_name(f"{0:020}.checkpoint.parquet"))
    (commit.parent / "_last_checkpoint").write_text('{"version":0,"size":3}')
    commit.unlink()


@pytest.fixture(scope="module")
def foz(tmp_path_factory):
    foz = Foz(tmp_path_factory.mktemp("foreign"))
    write_all(Tables(foz.lake))
    yield foz.start()
    foz.close()


def read(foz, table):
    done = subprocess.run([FOZ_BIN, "table", "read", str(foz.lake / "x" / table)], capture_output=True, text=True)
    return done.stderr if done.returncode else [json.loads(line) for line in done.stdout.splitlines()]


def test_columns_of_nothing_are_null(foz):
    assert foz.sql("SELECT id, n, s.a, s.z, v FROM x.voids ORDER BY id") == [[1, None, 3, None, "0"], [2, None, 4, None, "1"]]
    assert foz.sql("SELECT s FROM x.voids WHERE v IS NOT NULL AND n IS NULL ORDER BY id") == [[(3, None)], [(4, None)]]
    changes = "TABLE(system.table_changes(schema_name => 'x', table_name => 'changed', since_version => 0))"
    assert foz.sql(f"SELECT id, n, s FROM {changes}") == [[2, None, (4, None)]]
    assert foz.sql("SELECT * FROM x.hollow") == [[1, None, (5, None)]]


def test_names_in_files(foz):
    assert foz.sql("SELECT id, c, p FROM x.quoted") == [[1, 2, "x"]]
    assert read(foz, "quoted") == [{"id": 1, "c": 2, "p": "x"}]
    for table in ["upper", "unasked", "no_ids", "unlisted", "half_listed"]:
        assert foz.sql(f"SELECT id FROM x.{table} WHERE id = 7") == [[7]], table
        assert read(foz, table) == [{"id": 7}], table


def test_bounds_that_were_rounded_leave_out_no_row(foz):
    assert foz.value("SELECT count(*) FROM x.rounded WHERE d >= DECIMAL '123456789012345671.00'") == 1
    assert foz.value("SELECT count(*) FROM x.rounded WHERE e = DECIMAL '1234567890123456.7'") == 2
    assert foz.value("SELECT count(*) FROM x.rounded WHERE e < DECIMAL '1234567890123456.8'") == 2
    assert foz.value("SELECT count(*) FROM x.widened WHERE d < 0.3e0") == 0
    assert foz.value("SELECT count(*) FROM x.widened WHERE d = CAST(REAL '0.7' AS DOUBLE)") == 1
    assert foz.value("SELECT count(*) FROM x.widened WHERE d > 0.3e0") == 2


def test_types_that_stand_for_others(foz):
    assert foz.sql("SELECT id, p.x, p.y FROM x.points") == [[1, 2, 3]]
    assert read(foz, "points") == [{"id": 1, "p": {"x": 2, "y": 3}}]
    assert foz.sql("SELECT i, l, d FROM x.unsigned") == [[3, 4, 2**64 - 1]]
    row = read(foz, "unsigned")[0]
    assert (row["i"], row["l"], int(row["d"])) == (3, 4, 2**64 - 1)
    assert "4294967295" in read(foz, "too_great")
    assert [row["l"] for row in read(foz, "views")] == [[1], None, [2, 3]]


def test_sizes_that_the_log_has_wrong(foz):
    rows = [[1, "a"], [2, "b"], [3, "c"], [4, "d"]]
    for table in ["other_sizes", "tiny_sizes"]:
        assert foz.sql(f"SELECT id, s FROM x.{table} ORDER BY id") == rows
        assert foz.sql(f"SELECT id FROM x.{table} WHERE s = 'c'") == [[3]]
        assert foz.value(f"SELECT count(*) FROM x.{table}") == 4
        assert sorted(row["id"] for row in read(foz, table)) == [1, 2, 3, 4]


def test_a_deletion_vector_of_nothing_is_none(foz):
    assert foz.sql("SELECT id FROM x.hollow_vectors ORDER BY id") == [[1], [2], [3], [4]]
    assert sorted(row["id"] for row in read(foz, "hollow_vectors")) == [1, 2, 3, 4]
    assert foz.sql("SELECT id FROM x.checkpointed ORDER BY id") == [[1], [2]]
    assert read(foz, "checkpointed") == [{"id": 1}, {"id": 2}]
