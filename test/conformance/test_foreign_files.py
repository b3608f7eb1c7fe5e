"""Data files of other writers that say the same thing differently: SQL reads what the table says, and filters by it."""

import datetime
import decimal
import json
import uuid

import deltalake
import pyarrow
import pyarrow.parquet
import pytest
import trino


def make(folder, fields, files, properties={}, features=(), stats=lambda rows: {"numRecords": rows}, **how):
    """A table of the files' rows; fields are (name, type, metadata)."""
    log = folder / "_delta_log"
    log.mkdir(parents=True)
    schema = {"type": "struct", "fields": [{"name": name, "type": kind, "nullable": True, "metadata": rules} for name, kind, rules in fields]}
    actions = [{"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": list(features), "writerFeatures": list(features)}},
               {"metaData": {"id": str(uuid.uuid4()), "format": {"provider": "parquet", "options": {}}, "partitionColumns": [],
                             "schemaString": json.dumps(schema), "configuration": properties, "createdTime": 0}}]
    for number, table in enumerate(files):
        path = folder / f"part-{number}.parquet"
        pyarrow.parquet.write_table(table, path, **how)
        actions.append({"add": {"path": path.name, "partitionValues": {}, "size": path.stat().st_size, "modificationTime": 0,
                                "dataChange": True, "stats": json.dumps(stats(table.num_rows))}})
    (log / f"{0:020}.json").write_text("".join(json.dumps(action) + "\n" for action in actions))


def widened(old, new):
    return {"delta.typeChanges": [{"toType": new, "fromType": old}]}


def test_widened_columns_are_filtered_by_the_type_they_have_now(foz):
    lake = foz.lake / "other"
    D = decimal.Decimal
    make(lake / "doubles", [("d", "double", widened("integer", "double"))],
         [pyarrow.table({"d": pyarrow.array([1, 2, 3], pyarrow.int32())}), pyarrow.table({"d": [1.5, 2.0]})], features=["typeWidening"])
    make(lake / "decimals", [("d", "decimal(14,4)", widened("decimal(10,2)", "decimal(14,4)"))],
         [pyarrow.table({"d": pyarrow.array([D("1.23"), D("2.00")], pyarrow.decimal128(10, 2))})], features=["typeWidening"])
    make(lake / "floats", [("d", "double", widened("float", "double"))],
         [pyarrow.table({"d": pyarrow.array([0.7, 1.5], pyarrow.float32())})], features=["typeWidening"])
    make(lake / "days", [("d", "timestamp_ntz", widened("date", "timestamp_ntz"))],
         [pyarrow.table({"d": pyarrow.array([datetime.date(2020, 1, 1)])})], features=["typeWidening", "timestampNtz"])
    foz.stop()
    foz.start()
    assert foz.sql("SELECT d FROM other.doubles WHERE d = 1.5E0") == [[1.5]]
    assert foz.sql("SELECT d FROM other.doubles WHERE d < 2.5E0 ORDER BY d") == [[1.0], [1.5], [2.0], [2.0]]
    assert foz.sql("SELECT count(*) FROM other.decimals WHERE d < DECIMAL '1.2345'") == [[1]]
    assert foz.sql("SELECT count(*) FROM other.decimals WHERE d = DECIMAL '1.2345'") == [[0]]
    assert foz.sql("SELECT count(*) FROM other.floats WHERE d = 0.7E0") == [[0]]
    assert foz.sql("SELECT count(*) FROM other.floats WHERE d < 0.7E0") == [[1]]
    assert foz.sql("SELECT count(*) FROM other.days WHERE d < TIMESTAMP '2020-01-01 12:00:00'") == [[1]]


def test_texts_times_and_names_of_other_writers(foz):
    lake = foz.lake / "other"
    # Impala and old Hives leave out that bytes are text.
    make(lake / "bytes", [("s", "string", {})], [pyarrow.table({"s": pyarrow.array([b"\xc3\xa9", b"x\\y"])})])
    # Spark before 3 counts days in the Julian calendar: 1582-10-14 there is ten days after 1582-10-04, the last of its days.
    spark2 = {b"org.apache.spark.version": b"3.5.0", b"org.apache.spark.legacyDateTime": b"", b"org.apache.spark.timeZone": b"UTC"}
    make(lake / "julian", [("d", "date", {})], [pyarrow.table({"d": [datetime.date(1, 1, 1), datetime.date(2020, 1, 1)]}).replace_schema_metadata(spark2)])
    nanos = pyarrow.array([datetime.datetime(2020, 1, 1)], pyarrow.timestamp("ns"))
    make(lake / "nanos", [("t", "timestamp", {})], [pyarrow.table({"t": nanos})])
    # Converted from Iceberg after a column of a struct was renamed: the ids stay.
    field_id = lambda number: {b"PARQUET:field_id": str(number).encode()}
    struct = pyarrow.struct([pyarrow.field("old", pyarrow.int64(), metadata=field_id(2))])
    rows = pyarrow.Table.from_arrays([pyarrow.array([{"old": 5}], struct)], schema=pyarrow.schema([pyarrow.field("s", struct, metadata=field_id(1))]))
    mapped = lambda name, number: {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": name}
    make(lake / "ids", [("s", {"type": "struct", "fields": [{"name": "new", "type": "long", "nullable": True, "metadata": mapped("new", 2)}]}, mapped("s", 1))],
         [rows], properties={"delta.columnMapping.mode": "id", "delta.columnMapping.maxColumnId": "2"}, features=["columnMapping"])
    foz.stop()
    foz.start()
    assert foz.sql("SELECT s FROM other.bytes ORDER BY 1") == [["x\\y"], ["é"]]
    assert foz.sql("SELECT s FROM other.bytes WHERE s = 'é'") == [["é"]]
    # 1 January of the year 1 there is 30 December of the year before in the calendar of today.
    assert foz.sql("SELECT count(*) FROM other.julian WHERE d = DATE '0001-01-03'") == [[1]]
    assert foz.sql("SELECT s.new FROM other.ids") == [[5]]
    host, port = foz.http.removeprefix("http://").split(":")
    cursor = trino.dbapi.connect(host=host, port=int(port), user="test", timezone="America/New_York").cursor()
    cursor.execute("SELECT count(*) FROM lake.other.nanos WHERE t = TIMESTAMP '2020-01-01 00:00:00 UTC'")
    assert cursor.fetchall() == [[1]]


def answer(foz, statement):
    try:
        return foz.sql(statement)
    except trino.exceptions.TrinoQueryError as error:
        return str(error)


def test_what_the_log_says_of_other_rows_is_an_error(foz):
    make(foz.lake / "other" / "lies", [("id", "long", {})], [pyarrow.table({"id": [1, 2]})], stats=lambda rows: {"numRecords": rows + 3})
    foz.stop()
    foz.start()
    assert "has 2 rows and the log says 5" in answer(foz, "SELECT id FROM other.lies")


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_a_changed_byte_of_a_file_is_never_a_wrong_row(foz, compression):
    """A server that sees each damage for the first time."""
    folder = foz.lake / "other" / "t"
    table = pyarrow.table({"id": list(range(2000)), "s": [f"text {i * 7 % 1000}" for i in range(2000)]})
    make(folder, [("id", "long", {}), ("s", "string", {})], [table], compression=compression, write_page_checksum=True, data_page_size=4096)
    path = folder / "part-0.parquet"
    whole = path.read_bytes()
    log = (folder / f"_delta_log/{0:020}.json").read_text()
    chunks = [pyarrow.parquet.ParquetFile(path).metadata.row_group(0).column(i) for i in range(2)]
    end = max((c.dictionary_page_offset or c.data_page_offset) + c.total_compressed_size for c in chunks)
    damages = list(range(60, end, end // 37))
    for number, at in enumerate(damages):
        copy = foz.lake / "other" / f"t{number}"
        (copy / "_delta_log").mkdir(parents=True)
        (copy / f"_delta_log/{0:020}.json").write_text(log)
        (copy / "part-0.parquet").write_bytes(whole[:at] + bytes([whole[at] ^ 0x04]) + whole[at + 1:])
    foz.stop()
    foz.start()
    right = foz.sql("SELECT sum(id), count(s), min(s), max(s), approx_distinct(s) FROM other.t")
    seen = [answer(foz, f"SELECT sum(id), count(s), min(s), max(s), approx_distinct(s) FROM other.t{number}") for number in range(len(damages))]
    assert [text for text in seen if text != right and not isinstance(text, str)] == []
    assert sum("integrity" in text for text in seen if isinstance(text, str)) > len(seen) // 2


def variants(numbers):
    """Integers as variants."""
    binary = [pyarrow.field("metadata", pyarrow.binary(), False), pyarrow.field("value", pyarrow.binary(), False)]
    return pyarrow.array([{"metadata": b"\x01\x00\x00", "value": bytes([0x14]) + n.to_bytes(4, "little")} for n in numbers], pyarrow.struct(binary))


def test_row_groups_that_hold_no_row_asked_for_are_not_read(foz):
    """Of files that DuckDB does not read by itself."""
    count, group = 1000, 50
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(days=i // 10) for i in range(count)]
    columns = {"id": list(range(count)), "i": pyarrow.array(range(count), pyarrow.int32()), "s": [f"text {i // group:03}" for i in range(count)],
               "d": days, "n": [None if i < 500 else i for i in range(count)], "v": variants(range(count))}
    fields = [("id", "long", {}), ("i", "double", widened("integer", "double")), ("s", "string", {}), ("d", "date", {}), ("n", "long", {}),
              ("v", "variant", {})]
    how = {"features": ["typeWidening", "variantType", "deletionVectors"], "properties": {"delta.enableDeletionVectors": "true"},
           "row_group_size": group, "write_page_checksum": True, "compression": "none"}
    folder = foz.lake / "other"
    make(folder / "groups", fields, [pyarrow.table(columns)], **how)
    make(folder / "torn", fields, [pyarrow.table(columns)], **how)
    path = folder / "torn" / "part-0.parquet"
    whole = bytearray(path.read_bytes())
    last = pyarrow.parquet.ParquetFile(path).metadata.row_group(count // group - 1)
    for chunk in map(last.column, range(last.num_columns)):
        whole[(chunk.dictionary_page_offset or chunk.data_page_offset) + chunk.total_compressed_size // 2] ^= 0x04
    path.write_bytes(whole)
    foz.stop()
    foz.start()
    for condition, numbers in [("id = 507", [507]), ("i < 3.5e0", range(4)), ("s = 'text 002'", range(100, 150)), ("n IS NULL AND id > 497", [498, 499]),
                               ("d BETWEEN DATE '2020-01-02' AND DATE '2020-01-03'", range(10, 30)), ("id IN (3, 51, 700)", [3, 51, 700])]:
        rows = [[n, f"{n}", float(n)] for n in numbers]
        for table in ["groups", "torn"]:
            assert foz.sql(f"SELECT id, v, i FROM other.{table} WHERE {condition} ORDER BY id") == rows, (table, condition)
    assert "integrity" in answer(foz, "SELECT id, v, i FROM other.torn WHERE id = 999")
    assert foz.sql("SELECT id, v FROM other.groups WHERE n > 998 OR id < 1 ORDER BY id") == [[0, "0"], [999, "999"]]
    # Rows have the same numbers, whatever is left out before them.
    foz.sql("UPDATE other.groups SET s = 'new' WHERE id = 507")
    foz.sql("DELETE FROM other.groups WHERE i = 508")
    assert foz.sql("SELECT id, v, s FROM other.groups WHERE id BETWEEN 506 AND 509 ORDER BY id") == [
        [506, "506", "text 010"], [507, "507", "new"], [509, "509", "text 010"]]
