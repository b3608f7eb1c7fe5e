"""SQL that writes, by Trino's own client; what it made is read, and written to meanwhile, by another Delta writer."""

import datetime
import decimal
import json
import os
import re
import threading
import time
import urllib.parse
import uuid

import deltalake
import pyarrow
import pyarrow.parquet
import pytest
import trino


def statement(foz, text, schema="shop"):
    """Runs a statement; what the client is told of it: (updateType, updateCount)."""
    host, port = foz.http.removeprefix("http://").split(":")
    connection = trino.dbapi.connect(host=host, port=int(port), user="test", catalog="lake", schema=schema)
    cursor = connection.cursor()
    cursor.execute(text)
    cursor.fetchall()
    return cursor.update_type, cursor.rowcount


def refused(foz, text, schema="shop"):
    with pytest.raises(trino.exceptions.TrinoQueryError) as error:
        statement(foz, text, schema)
    return error.value.error_name


def rows(foz, table, schema="shop", **how):
    got = deltalake.DeltaTable(str(foz.lake / schema / table), **how).to_pyarrow_table()
    return sorted((tuple(row.values()) for row in got.to_pylist()), key=lambda row: tuple((x is None, x) for x in row))


@pytest.fixture
def shop(foz):
    statement(foz, "CREATE SCHEMA shop")
    return foz


def test_tables_are_made_filled_changed_and_dropped(shop):
    assert statement(shop, "CREATE TABLE t (id bigint NOT NULL COMMENT 'a key', name varchar, price decimal(10, 2), day date, "
                           "at timestamp(6) with time zone) COMMENT 'things' WITH (partitioned_by = ARRAY['day'])") == ("CREATE TABLE", -1)
    assert refused(shop, "CREATE TABLE t (id bigint)") == "TABLE_ALREADY_EXISTS"
    assert statement(shop, "CREATE TABLE IF NOT EXISTS t (id bigint)")[0] == "CREATE TABLE"
    made = deltalake.DeltaTable(str(shop.lake / "shop/t"))
    assert made.metadata().description == "things" and made.metadata().partition_columns == ["day"]
    assert statement(shop, "INSERT INTO t VALUES (1, 'a', 1.50, DATE '2026-01-01', TIMESTAMP '2026-01-01 10:00:00 UTC'), "
                           "(2, NULL, NULL, NULL, NULL)") == ("INSERT", 2)
    assert statement(shop, "INSERT INTO t (name, id) SELECT 'n' || CAST(x AS varchar), x FROM UNNEST(sequence(10, 19)) AS u(x)") == ("INSERT", 10)
    utc = datetime.timezone.utc
    assert rows(shop, "t")[:2] == [(1, "a", decimal.Decimal("1.50"), datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1, 10, tzinfo=utc)),
                                   (2, None, None, None, None)]
    assert statement(shop, "UPDATE t SET name = upper(name), price = CAST(id AS decimal(10, 2)) WHERE id BETWEEN 10 AND 12") == ("UPDATE", 3)
    assert statement(shop, "DELETE FROM t WHERE id IN (SELECT id FROM t WHERE id > 15)") == ("DELETE", 4)
    assert [(row[0], row[1]) for row in rows(shop, "t")] == [(1, "a"), (2, None), (10, "N10"), (11, "N11"), (12, "N12"), (13, "n13"), (14, "n14"), (15, "n15")]
    assert shop.value("SELECT sum(price) FROM shop.t") == decimal.Decimal("34.50")
    assert statement(shop, "DELETE FROM t") == ("DELETE", 8)
    assert shop.value("SELECT count(*) FROM shop.t") == 0 and rows(shop, "t") == []
    assert statement(shop, "DROP TABLE t")[0] == "DROP TABLE"
    assert refused(shop, "INSERT INTO t VALUES 1") == "TABLE_NOT_FOUND"
    assert not (shop.lake / "shop/t/_delta_log").exists() or not list((shop.lake / "shop/t/_delta_log").iterdir())
    assert statement(shop, "DROP TABLE IF EXISTS t")[0] == "DROP TABLE"
    statement(shop, "CREATE TABLE t AS SELECT 1 AS one, 'x' AS word")
    assert rows(shop, "t") == [(1, "x")]
    assert refused(shop, "DROP SCHEMA shop") == "SCHEMA_NOT_EMPTY"
    statement(shop, "DROP SCHEMA shop CASCADE")
    assert shop.sql("SHOW SCHEMAS") == [["bronze"], ["information_schema"]] or ["shop"] not in shop.sql("SHOW SCHEMAS")


def test_a_table_is_shown_as_the_statement_that_makes_it(shop):
    statement(shop, "CREATE TABLE t (price decimal(18, 4), prices array(decimal(5, 2)), r ROW(a bigint, b decimal(3, 1)), \"order\" integer)")
    columns = "   price decimal(18, 4),\n   prices array(decimal(5, 2)),\n   r ROW(a bigint, b decimal(3, 1)),\n   \"order\" integer"
    assert f"shop.t (\n{columns}\n)" in shop.value("SHOW CREATE TABLE shop.t")
    assert [row[1] for row in shop.sql("DESCRIBE shop.t")] == ["decimal(18,4)", "array(decimal(5,2))", "row(a bigint, b decimal(3,1))", "integer"]
    statement(shop, f"CREATE TABLE again (\n{columns}\n)")
    assert shop.sql("DESCRIBE shop.again") == shop.sql("DESCRIBE shop.t")
    shown = shop.value("SHOW CREATE TABLE shop.t")
    statement(shop, "DROP TABLE t")
    statement(shop, shown)
    assert shop.value("SHOW CREATE TABLE shop.t") == shown
    assert refused(shop, shown.replace("shop.t (", "shop.other (")) == "NOT_SUPPORTED"


def test_a_table_begins_with_its_rows(shop):
    assert statement(shop, "CREATE TABLE numbers AS SELECT x, x * 2 AS twice, ARRAY[x] AS list, MAP(ARRAY['k'], ARRAY[x]) AS m, "
                           "CAST(ROW(x, 'y') AS ROW(a integer, b varchar)) AS r, TIMESTAMP '2026-01-01 00:00:00' AS at "
                           "FROM UNNEST(sequence(1, 1000)) AS u(x)") == ("CREATE TABLE", 1000)
    table = deltalake.DeltaTable(str(shop.lake / "shop/numbers"))
    assert table.version() == 0
    first = table.to_pyarrow_table().sort_by("x").to_pylist()[0]
    assert first == {"x": 1, "twice": 2, "list": [1], "m": [("k", 1)], "r": {"a": 1, "b": "y"}, "at": datetime.datetime(2026, 1, 1)}
    assert refused(shop, "CREATE TABLE bad AS SELECT 1") == "MISSING_COLUMN_NAME"
    assert refused(shop, "CREATE TABLE bad AS SELECT NULL AS a") == "COLUMN_TYPE_UNKNOWN"
    assert refused(shop, "CREATE TABLE bad AS SELECT 1 / (x - 500) AS a FROM numbers") == "DIVISION_BY_ZERO"
    assert not list((shop.lake / "shop").glob("bad/**/*.parquet"))
    assert statement(shop, "CREATE TABLE bad AS SELECT * FROM numbers WITH NO DATA") == ("CREATE TABLE", 0)


MERGE = """MERGE INTO target AS t USING (VALUES (1, 'one', 10), (2, 'gone', 0), (5, 'five', 50), (6, 'six', -1)) AS s(id, name, n)
ON t.id = s.id
WHEN MATCHED AND s.n = 0 THEN DELETE
WHEN MATCHED THEN UPDATE SET name = s.name, n = t.n + s.n
WHEN NOT MATCHED AND s.n > 0 THEN INSERT (id, name, n) VALUES (s.id, s.name, s.n)"""


@pytest.mark.parametrize("vectors", ["false", "true"])
def test_merge(shop, vectors):
    statement(shop, f"CREATE TABLE target (id integer, name varchar, n integer) WITH (change_data_feed_enabled = true, deletion_vectors_enabled = {vectors})")
    statement(shop, "INSERT INTO target VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)")
    assert statement(shop, MERGE) == ("MERGE", 3)
    wanted = [[1, "one", 11], [3, "c", 3], [5, "five", 50]]
    assert shop.sql("SELECT * FROM shop.target ORDER BY id") == wanted
    assert refused(shop, "MERGE INTO target t USING (VALUES 1, 1) AS s(id) ON t.id = s.id WHEN MATCHED THEN DELETE") == "MERGE_TARGET_ROW_MULTIPLE_MATCHES"
    assert refused(shop, "MERGE INTO target t USING (VALUES 1) AS s(id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = 'x'") == "TYPE_MISMATCH"
    assert refused(shop, "MERGE INTO target t USING (VALUES 1) AS s(id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET no = 1") == "COLUMN_NOT_FOUND"
    assert shop.sql("SELECT * FROM shop.target ORDER BY id") == wanted
    # Of the same table, and onto no row at all.
    assert statement(shop, "MERGE INTO target t USING target s ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = s.n * 2") == ("MERGE", 3)
    assert statement(shop, "MERGE INTO target t USING target s ON t.id = s.id AND false WHEN MATCHED THEN DELETE") == ("MERGE", 0)
    assert shop.sql("SELECT n FROM shop.target ORDER BY id") == [[22], [6], [100]]
    if vectors == "true":
        return
    assert rows(shop, "target") == [(1, "one", 22), (3, "c", 6), (5, "five", 100)]
    feed = deltalake.DeltaTable(str(shop.lake / "shop/target")).load_cdf(starting_version=2, ending_version=2).read_all()
    got = sorted((row["id"], row["_change_type"], row["n"]) for row in pyarrow.table(feed).to_pylist())
    assert got == [(1, "update_postimage", 11), (1, "update_preimage", 1), (2, "delete", 2), (5, "insert", 50)]


def test_what_cannot_be_is_refused_with_trinos_names(shop):
    statement(shop, "CREATE TABLE t (id bigint NOT NULL, word varchar, small integer)")
    for text, name in {
            "INSERT INTO t VALUES (1, 'a')": "TYPE_MISMATCH",
            "INSERT INTO t VALUES ('a', 'b', 1)": "TYPE_MISMATCH",
            "INSERT INTO t (id, small) VALUES (1, BIGINT '2')": "TYPE_MISMATCH",
            "INSERT INTO t (id, no) VALUES (1, 2)": "COLUMN_NOT_FOUND",
            "INSERT INTO t (id, id) VALUES (1, 2)": "DUPLICATE_COLUMN_NAME",
            "INSERT INTO t VALUES (NULL, 'a', 1)": "CONSTRAINT_VIOLATION",
            "INSERT INTO t (word) VALUES ('a')": "CONSTRAINT_VIOLATION",
            "UPDATE t SET no = 1": "COLUMN_NOT_FOUND",
            "UPDATE t SET word = 1": "TYPE_MISMATCH",
            "UPDATE t SET id = 1 WHERE nothing": "COLUMN_NOT_FOUND",
            "DELETE FROM t WHERE id": "TYPE_MISMATCH",
            "DELETE FROM nowhere": "TABLE_NOT_FOUND",
            "DELETE FROM information_schema.tables": "NOT_SUPPORTED",
            "CREATE TABLE no.t (a bigint)": "SCHEMA_NOT_FOUND",
            "CREATE TABLE u (a bigint, A bigint)": "DUPLICATE_COLUMN_NAME",
            "CREATE TABLE u (a time)": "NOT_SUPPORTED",
            "CREATE TABLE u (a bigint) WITH (nonsense = 1)": "INVALID_TABLE_PROPERTY",
            "CREATE TABLE u (a bigint) WITH (checkpoint_interval = 'x')": "INVALID_TABLE_PROPERTY",
            "CREATE SCHEMA shop": "SCHEMA_ALREADY_EXISTS",
            "DROP SCHEMA nowhere": "SCHEMA_NOT_FOUND",
            "ALTER TABLE t DROP COLUMN no": "COLUMN_NOT_FOUND",
            "ALTER TABLE t ADD COLUMN word varchar": "COLUMN_ALREADY_EXISTS",
            "ALTER TABLE t EXECUTE nonsense": "PROCEDURE_NOT_FOUND",
            "CALL system.nonsense()": "PROCEDURE_NOT_FOUND"}.items():
        assert refused(shop, text) == name, text
    assert deltalake.DeltaTable(str(shop.lake / "shop/t")).version() == 0


def test_defaults(shop):
    statement(shop, "CREATE TABLE t (id bigint, n integer DEFAULT -5, day date DEFAULT DATE '2026-01-01' COMMENT 'a day', word varchar DEFAULT NULL)")
    statement(shop, "INSERT INTO t (id) VALUES 1")
    assert rows(shop, "t") == [(1, -5, datetime.date(2026, 1, 1), None)]
    statement(shop, "ALTER TABLE t ADD COLUMN price decimal(3, 1) DEFAULT 2.5")
    statement(shop, "INSERT INTO t (id) VALUES 2")
    assert [row[4] for row in rows(shop, "t")] == [None, decimal.Decimal("2.5")]
    for wrong in ("integer DEFAULT 'x'", "tinyint DEFAULT 300", "date DEFAULT DATE '2026-02-30'"):
        assert refused(shop, f"CREATE TABLE other (id bigint, n {wrong})") == "TYPE_MISMATCH"
    assert refused(shop, "CREATE TABLE other (id bigint, n bigint DEFAULT id)") == "NOT_SUPPORTED"


def test_an_offset_is_a_zone(shop):
    statement(shop, "CREATE TABLE t (at timestamp(3) with time zone)")
    host, port = shop.http.removeprefix("http://").split(":")
    cursor = trino.dbapi.connect(host=host, port=int(port), user="test", catalog="lake", schema="shop").cursor()
    # The client writes UTC+05:30 for the first, +05:30 for the text.
    at = datetime.datetime(2026, 1, 1, 10, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
    cursor.execute("INSERT INTO t VALUES (?), (CAST(? AS timestamp(3) with time zone))", (at, "2026-01-01 10:00:00 +05:30"))
    assert cursor.fetchall() == [[2]]
    assert {row[0] for row in rows(shop, "t")} == {at}


def test_what_is_no_type_is_refused(shop):
    for text in ("decimal(39, 1)", "decimal(5, 6)", "array(decimal(0, 0))", "time"):
        assert refused(shop, f"CREATE TABLE t (a {text})") == "NOT_SUPPORTED"


def test_bytes_that_are_no_text_are_no_partition_values(shop):
    statement(shop, "CREATE TABLE t (id bigint, part varbinary) WITH (partitioned_by = ARRAY['part'])")
    statement(shop, "INSERT INTO t VALUES (1, X'616263'), (2, NULL)")
    assert refused(shop, "INSERT INTO t VALUES (3, X'00ff80')") == "NOT_SUPPORTED"
    assert rows(shop, "t") == [(1, b"abc"), (2, None)]
    assert shop.sql("SELECT id FROM shop.t WHERE part = X'616263'") == [[1]]


def test_columns_comments_and_files(shop):
    statement(shop, "CREATE TABLE t (id bigint, word varchar)")
    with pytest.raises(trino.exceptions.TrinoUserError, match="SET PROPERTIES column_mapping_mode = 'NAME'"):
        statement(shop, "ALTER TABLE t RENAME COLUMN word TO text")
    statement(shop, "ALTER TABLE t SET PROPERTIES column_mapping_mode = 'NAME'")
    for i in range(5):
        statement(shop, f"INSERT INTO t VALUES ({i}, 'w{i}')")
    assert statement(shop, "ALTER TABLE t ADD COLUMN extra double COMMENT 'later'")[0] == "ADD COLUMN"
    statement(shop, "ALTER TABLE t RENAME COLUMN word TO text")
    statement(shop, "UPDATE t SET extra = id / 2.0 WHERE id > 2")
    assert shop.sql("SELECT id, text, extra FROM shop.t ORDER BY id")[2:4] == [[2, "w2", None], [3, "w3", 1.5]]
    statement(shop, "ALTER TABLE t DROP COLUMN extra")
    statement(shop, "COMMENT ON TABLE t IS 'words'")
    statement(shop, "COMMENT ON COLUMN t.text IS 'a word'")
    assert shop.sql("SHOW COLUMNS FROM shop.t") == [["id", "bigint", "", ""], ["text", "varchar", "", "a word"]]
    files = shop.value("SELECT count(*) FROM shop.t")
    assert files == 5
    statement(shop, "ALTER TABLE t EXECUTE optimize(file_size_threshold => '10MB')")
    assert len(deltalake.DeltaTable(str(shop.lake / "shop/t")).file_uris()) == 1
    statement(shop, "ALTER TABLE t SET PROPERTIES change_data_feed_enabled = true, checkpoint_interval = 3")
    statement(shop, "CALL system.vacuum('shop', 't', '7d')")
    assert refused(shop, "CALL lake.system.vacuum('shop', 't', '1s')") == "INVALID_PROCEDURE_ARGUMENT"
    assert shop.sql("SELECT * FROM shop.t ORDER BY id")[0] == [0, "w0"]


def test_rules_of_other_writers_hold(shop):
    schema = pyarrow.schema([("id", pyarrow.int64()), ("n", pyarrow.int64())])
    path = str(shop.lake / "shop" / "ruled")
    deltalake.write_deltalake(path, pyarrow.table({"id": [1], "n": [5]}, schema=schema))
    deltalake.DeltaTable(path).alter.add_constraint({"positive": "n > 0"})
    shop.stop()
    shop.start()
    statement(shop, "INSERT INTO ruled VALUES (2, 7)")
    for text in ("INSERT INTO ruled VALUES (3, -1)", "INSERT INTO ruled VALUES (3, NULL)", "UPDATE ruled SET n = n - 6"):
        assert refused(shop, text) == "CONSTRAINT_VIOLATION"
    assert rows(shop, "ruled") == [(1, 5), (2, 7)]
    deltalake.write_deltalake(path, pyarrow.table({"id": [9], "n": [9]}, schema=schema), mode="append")
    assert statement(shop, "UPDATE ruled SET n = n + 1") == ("UPDATE", 3)
    assert rows(shop, "ruled") == [(1, 6), (2, 8), (9, 10)]


def test_tables_that_others_make_meanwhile_are_registered(shop):
    path = shop.lake / "shop" / "Theirs"
    deltalake.write_deltalake(str(path), pyarrow.table({"id": [1, 2]}))
    assert refused(shop, "SELECT * FROM theirs") == "TABLE_NOT_FOUND"
    assert refused(shop, "CALL system.register_table('shop', 'nothing')") == "NOT_FOUND"
    assert refused(shop, f"CALL system.register_table('shop', 'Theirs', 'file://{shop.lake}/shop/other')") == "INVALID_PROCEDURE_ARGUMENT"
    statement(shop, f"CALL system.register_table(schema_name => 'shop', table_name => 'Theirs', table_location => 'file://{path}')")
    assert statement(shop, "UPDATE theirs SET id = id + 1") == ("UPDATE", 2)
    assert rows(shop, "Theirs") == [(2,), (3,)]
    assert refused(shop, "CALL system.register_table('shop', 'theirs')") == "TABLE_ALREADY_EXISTS"


def made_elsewhere(folder, columns, features):
    """A table without rows, as a writer leaves it whose columns have rules: (name, type, metadata) each."""
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": rules} for name, kind, rules in columns]
    log = folder / "_delta_log"
    log.mkdir(parents=True)
    readers = ["deletionVectors", *(feature for feature in features if feature == "variantType")]
    actions = [{"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": readers,
                             "writerFeatures": ["deletionVectors", *features]}},
               {"metaData": {"id": str(uuid.uuid4()), "format": {"provider": "parquet", "options": {}}, "partitionColumns": [],
                             "schemaString": json.dumps({"type": "struct", "fields": fields}),
                             "configuration": {"delta.enableDeletionVectors": "true"}, "createdTime": 0}}]
    (log / "00000000000000000000.json").write_text("".join(json.dumps(action) + "\n" for action in actions))


def test_columns_that_the_table_makes_are_made_by_every_statement(shop):
    made_elsewhere(shop.lake / "shop" / "made", [
        ("id", "long", {}), ("twice", "long", {"delta.generationExpression": "id * 2"}), ("word", "string", {"CURRENT_DEFAULT": "'none'"}),
        ("nr", "long", {"delta.identity.start": 1, "delta.identity.step": 1, "delta.identity.allowExplicitInsert": False})],
        ["generatedColumns", "allowColumnDefaults", "identityColumns"])
    shop.stop()
    shop.start()
    all_rows = "SELECT id, twice, word, nr FROM shop.made ORDER BY id"
    statement(shop, "INSERT INTO made (id) VALUES 1, 2")
    assert shop.sql(all_rows) == [[1, 2, "none", 1], [2, 4, "none", 2]]
    statement(shop, "UPDATE made SET id = 20, word = NULL WHERE id = 2")
    assert shop.sql(all_rows) == [[1, 2, "none", 1], [20, 40, None, 2]]
    statement(shop, "MERGE INTO made USING (VALUES (1, 'a'), (5, 'b'), (60, 'c')) AS s (i, w) ON made.id = s.i "
                    "WHEN MATCHED THEN UPDATE SET id = 100 WHEN NOT MATCHED AND s.i < 50 THEN INSERT (id) VALUES (s.i) "
                    "WHEN NOT MATCHED THEN INSERT (word, id) VALUES (s.w, s.i)")
    got = shop.sql(all_rows)
    assert [row[:3] for row in got] == [[5, 10, "none"], [20, 40, None], [60, 120, "c"], [100, 200, "none"]]
    assert sorted(row[3] for row in got) == [1, 2, 3, 4] and got[3][3] == 1
    # As in Spark, a number that was given stays.
    for text in ("UPDATE made SET nr = 7", "MERGE INTO made USING (VALUES 5) AS s (i) ON made.id = s.i WHEN MATCHED THEN UPDATE SET nr = 7"):
        assert refused(shop, text) == "NOT_SUPPORTED"
    # What is generated of a column that nobody gave is made of NULL.
    statement(shop, "INSERT INTO made (word) VALUES 'x'")
    assert shop.sql("SELECT id, twice, word, nr FROM shop.made WHERE id IS NULL") == [[None, None, "x", 5]]


def test_texts_are_as_long_as_their_writer_said(shop):
    made_elsewhere(shop.lake / "shop" / "sized", [
        ("id", "long", {}), ("a word", "string", {"__CHAR_VARCHAR_TYPE_STRING": "varchar(3)"}),
        ("code", "string", {"__CHAR_VARCHAR_TYPE_STRING": "char(2)"}), ("list", "string", {"__CHAR_VARCHAR_TYPE_STRING": "array<char(2)>"})], [])
    shop.stop()
    shop.start()
    assert statement(shop, "INSERT INTO sized VALUES (1, 'äöü', 'x', 'long'), (2, NULL, NULL, NULL)") == ("INSERT", 2)
    for text in ("INSERT INTO sized (\"a word\") VALUES 'four'", "INSERT INTO sized (code) VALUES 'xyz'", "UPDATE sized SET \"a word\" = 'four'"):
        assert refused(shop, text) == "CONSTRAINT_VIOLATION"


def variants(foz, table):
    """The binaries of the column v, by id."""
    files = deltalake.DeltaTable(str(foz.lake / "shop" / table)).file_uris()
    return {row["id"]: row["v"] for file in files for row in pyarrow.parquet.read_table(file).to_pylist()}


def test_variants_are_json(shop):
    day = (datetime.date(2024, 2, 29) - datetime.date(1970, 1, 1)).days.to_bytes(4, "little")
    # {"day": 2024-02-29, "n": 1}, its first field a date: https://github.com/apache/parquet-format/blob/master/VariantEncoding.md
    dated = {"metadata": b"\x01\x02\x00\x03\x04dayn", "value": b"\x02\x02\x00\x01\x00\x05\x07\x2c" + day + b"\x0c\x01"}
    folder = shop.lake / "shop" / "v"
    made_elsewhere(folder, [("id", "long", {}), ("v", "variant", {}), ("n", "long", {})], ["variantType"])
    kind = pyarrow.struct([pyarrow.field(name, pyarrow.binary(), False) for name in ("metadata", "value")])
    pyarrow.parquet.write_table(pyarrow.table({"id": [1, 2, 3], "v": pyarrow.array([dated, None, dated], kind), "n": [1, 2, 3]}), folder / "a.parquet")
    (folder / "_delta_log/00000000000000000001.json").write_text(json.dumps({"add": {
        "path": "a.parquet", "partitionValues": {}, "size": (folder / "a.parquet").stat().st_size, "modificationTime": 0, "dataChange": True,
        "stats": '{"numRecords": 3}'}}))
    shop.stop()
    shop.start()
    text = '{"day":"2024-02-29","n":1}'
    assert shop.sql("DESCRIBE shop.v")[1][:2] == ["v", "json"]
    assert shop.sql("SELECT id, v FROM shop.v ORDER BY id") == [[1, text], [2, None], [3, text]]
    assert shop.sql("SELECT json_extract_scalar(v, '$.day'), n FROM shop.v WHERE json_extract_scalar(v, '$.n') = '1' AND id > 1") == [["2024-02-29", 3]]
    # What is written again keeps its types; what is new has those that its text shows.
    assert statement(shop, "UPDATE v SET n = n + 10 WHERE json_extract_scalar(v, '$.n') = '1'") == ("UPDATE", 2)
    assert statement(shop, "INSERT INTO v VALUES (4, JSON '{\"list\": [1, 2.25, null]}', 4)") == ("INSERT", 1)
    assert statement(shop, "MERGE INTO v USING (VALUES 1, 3, 5) AS s (i) ON v.id = s.i WHEN MATCHED AND i = 3 THEN UPDATE SET n = 0, v = JSON 'true' "
                           "WHEN MATCHED THEN UPDATE SET n = 0 WHEN NOT MATCHED THEN INSERT (id, v) VALUES (i, json_parse('\"x\"'))") == ("MERGE", 3)
    statement(shop, "ALTER TABLE v EXECUTE optimize")
    empty = b"\x01\x00\x00"
    listed = {"metadata": b"\x01\x01\x00\x04list", "value": b"\x02\x01\x00\x00\x0f\x03\x03\x00\x02\x08\x09\x0c\x01\x20\x02\xe1\x00\x00\x00\x00"}
    assert variants(shop, "v") == {1: dated, 2: None, 3: {"metadata": empty, "value": b"\x04"}, 4: listed, 5: {"metadata": empty, "value": b"\x05x"}}
    assert shop.sql("SELECT id, v, n FROM shop.v ORDER BY id") == [[1, text, 0], [2, None, 2], [3, "true", 0], [4, '{"list":[1,2.25,null]}', 4], [5, '"x"', None]]


def test_rules_hold_beside_variants(shop):
    made_elsewhere(shop.lake / "shop" / "beside", [
        ("id", "long", {}), ("twice", "long", {"delta.generationExpression": "id * 2"}), ("v", "variant", {}),
        ("r", {"type": "struct", "fields": [{"name": "v", "type": "variant", "nullable": True, "metadata": {}}]}, {})],
        ["generatedColumns", "variantType"])
    shop.stop()
    shop.start()
    statement(shop, "INSERT INTO beside (id, v) VALUES (1, JSON '[1]')")
    statement(shop, "UPDATE beside SET id = 2")
    assert shop.sql("SELECT id, twice, v FROM shop.beside") == [[2, 4, "[1]"]]


def test_tables_with_json_have_variants(shop):
    statement(shop, "CREATE TABLE j (id bigint, v json, l array(json), r row(v json))")
    statement(shop, "INSERT INTO j VALUES (1, JSON '{\"a\": 1}', ARRAY[JSON '1', NULL], ROW(JSON '[]')), (2, NULL, NULL, NULL)")
    made = deltalake.DeltaTable(str(shop.lake / "shop/j"))
    assert "variantType" in made.protocol().reader_features and "variant" in made.schema().to_json()
    assert variants(shop, "j") == {1: {"metadata": b"\x01\x01\x00\x01a", "value": b"\x02\x01\x00\x00\x02\x0c\x01"}, 2: None}
    statement(shop, "UPDATE j SET id = id + 1")
    assert shop.sql("SELECT id, v, l[1], r.v FROM shop.j ORDER BY id") == [[2, '{"a":1}', "1", "[]"], [3, None, None, None]]
    statement(shop, "CREATE TABLE k AS SELECT id, v FROM j WHERE v IS NOT NULL")
    statement(shop, "ALTER TABLE k ADD COLUMN w json")
    assert shop.sql("SELECT * FROM shop.k") == [[2, '{"a":1}', None]]
    refused(shop, "CREATE TABLE p (id bigint, v json) WITH (partitioned_by = ARRAY['v'])")


def test_many_variants_are_read_some_at_a_time(shop):
    statement(shop, "CREATE TABLE many (id bigint, v json, l array(json))")
    statement(shop, "INSERT INTO many SELECT i, CAST(MAP(ARRAY['i'], ARRAY[i]) AS json), CASE WHEN i % 3 > 0 THEN ARRAY[CAST(i AS json), JSON '\"x\"', NULL] END "
                    "FROM UNNEST(sequence(1, 9000)) AS s (i)")
    statement(shop, "DELETE FROM many WHERE id % 10 = 0")
    wanted = "SELECT count(*), count(l), sum(CAST(json_extract_scalar(v, '$.i') AS bigint) - id), sum(CAST(l[1] AS bigint) - id), min(json_extract_scalar(l[2], '$')), count(l[3]) FROM shop.many"
    assert shop.sql(wanted) == [[8100, 5400, 0, 0, "x", 0]]
    assert shop.sql("SELECT id, v, l[1] FROM shop.many WHERE id > 8995 ORDER BY id") == [
        [i, f'{{"i":{i}}}', str(i) if i % 3 else None] for i in range(8996, 9000)]


def test_an_insert_of_what_is_not_there_yet_sees_the_others(shop):
    statement(shop, "CREATE TABLE once AS SELECT 0 AS id")
    wanted = "INSERT INTO once SELECT s.id FROM (VALUES 1, 2, 3) AS s (id) WHERE NOT EXISTS (SELECT 1 FROM once o WHERE o.id = s.id)"
    threads = [threading.Thread(target=statement, args=(shop, wanted)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(shop, "once") == [(0,), (1,), (2,), (3,)]


def test_what_is_refused_leaves_no_trace(foz):
    foz.produce("river", [b"x"])
    foz.committed("bronze", "river", 1)
    version = foz.delta("bronze", "river").version()
    assert refused(foz, "ALTER TABLE bronze.river ALTER COLUMN nosuch SET DATA TYPE bigint") == "COLUMN_NOT_FOUND"
    assert refused(foz, "ALTER TABLE bronze.river ALTER COLUMN partition SET DATA TYPE bigint") == "NOT_SUPPORTED"
    assert refused(foz, "ALTER TABLE bronze.river SET PROPERTIES deletion_vectors_enabled = false") == "NOT_SUPPORTED"
    assert foz.sql("SELECT value FROM bronze.\"river$properties\" WHERE key = 'delta.enableTypeWidening'") == []
    assert foz.delta("bronze", "river").version() == version
    assert refused(foz, "DROP SCHEMA bronze CASCADE") == "PERMISSION_DENIED"


def test_another_writer_appends_while_merges_run(shop):
    statement(shop, "CREATE TABLE t (id bigint, n bigint)")
    statement(shop, "INSERT INTO t SELECT x, 0 FROM UNNEST(sequence(0, 99)) AS u(x)")
    path = str(shop.lake / "shop" / "t")
    stop = threading.Event()
    appended = []

    def append():
        # Each can make a merge begin anew, for delta-rs does not say that it read nothing; ten times are too many.
        while not stop.is_set() and len(appended) < 8:
            number = 1000 + len(appended)
            try:
                deltalake.write_deltalake(path, pyarrow.table({"id": [number], "n": [0]}), mode="append")
            except deltalake.exceptions.CommitFailedError:
                continue  # delta-rs gives way to a deletion
            appended.append(number)

    thread = threading.Thread(target=append)
    thread.start()
    for _ in range(5):
        assert statement(shop, "MERGE INTO t USING (SELECT x FROM UNNEST(sequence(0, 49)) AS u(x)) AS s ON t.id = s.x "
                               "WHEN MATCHED THEN UPDATE SET n = n + 1") == ("MERGE", 50)
    stop.set()
    thread.join()
    assert rows(shop, "t") == [(x, 5 if x < 50 else 0) for x in range(100)] + [(x, 0) for x in appended]


DELETE = 'DELETE FROM events WHERE "offset" % 3 = 0'


def test_rows_are_deleted_from_a_table_that_streams_in(foz):
    sent = 4000
    foz.produce("events", [b'{"id": 0}'])
    foz.eventually("SELECT count(*) FROM bronze.events", 1)

    def stream():
        for first in range(1, sent, 50):
            foz.produce("events", [b'{"id": %d}' % i for i in range(first, min(first + 50, sent))])

    thread = threading.Thread(target=stream)
    thread.start()
    deleted = 0
    while thread.is_alive():
        deleted += statement(foz, DELETE, schema="bronze")[1]
        time.sleep(0.05)
    thread.join()
    # A record that was acknowledged is shown by the next tick.
    deadline = time.monotonic() + 60
    while deleted + foz.value("SELECT count(*) FROM bronze.events") < sent:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    deleted += statement(foz, DELETE, schema="bronze")[1]
    left = foz.value("SELECT count(*) FROM bronze.events")
    assert deleted + left == sent and deleted > 0
    assert foz.value("SELECT count(*) FROM bronze.events WHERE \"offset\" % 3 = 0") == 0
    foz.committed("bronze", "events", left)


def test_a_statement_that_is_canceled_writes_nothing(shop):
    statement(shop, "CREATE TABLE t (x bigint)")
    host, port = shop.http.removeprefix("http://").split(":")
    cursor = trino.dbapi.connect(host=host, port=int(port), user="test", catalog="lake", schema="shop").cursor()
    failed = []

    def run():
        try:
            cursor.execute("INSERT INTO t SELECT a.x * b.x FROM UNNEST(sequence(1, 10000)) AS a(x), UNNEST(sequence(1, 10000)) AS b(x), "
                           "UNNEST(sequence(1, 100)) AS c(x)")
            cursor.fetchall()
        except trino.exceptions.TrinoQueryError as error:
            failed.append(error.error_name)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 60
    while not list((shop.lake / "shop/t").glob("*.parquet")):
        assert time.monotonic() < deadline and thread.is_alive()
        time.sleep(0.01)
    running = shop.sql("SELECT query_id FROM system.runtime.queries WHERE state = 'RUNNING' AND query LIKE 'INSERT%'")
    shop.sql(f"CALL system.runtime.kill_query(query_id => '{running[0][0]}', message => 'enough')")
    thread.join()
    assert failed == ["ADMINISTRATIVELY_KILLED"]
    while list((shop.lake / "shop/t").glob("*.parquet")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert shop.value("SELECT count(*) FROM shop.t") == 0
    assert deltalake.DeltaTable(str(shop.lake / "shop/t")).version() == 0


def test_statistics_are_those_of_trinos_delta_lake_connector(shop):
    statement(shop, "CREATE TABLE t (id bigint, price double, cost decimal(10, 2), at timestamp(6), name varchar, part varchar) "
                    "WITH (partitioned_by = ARRAY['part'])")
    statement(shop, "INSERT INTO t VALUES (1, 1.5e0, 2.50, TIMESTAMP '2026-01-01 10:00:00.123', 'a', 'x'), (2, NULL, NULL, NULL, 'b', 'x'), "
                    "(-7, 12345678.5e0, -1.25, TIMESTAMP '2026-01-02 00:00:00', NULL, 'y'), (4, 0.5e0, 0.00, NULL, 'd', NULL)")
    host, port = shop.http.removeprefix("http://").split(":")
    cursor = trino.dbapi.connect(host=host, port=int(port), user="test", catalog="lake", schema="shop").cursor()
    cursor.execute("SHOW STATS FOR t")
    assert cursor.fetchall() == [
        ["id", None, None, 0.0, None, "-7", "4"],
        ["price", None, None, 0.25, None, "0.5", "1.23456785E7"],
        ["cost", None, None, 0.25, None, "-1.25", "2.5"],
        ["at", None, None, 0.5, None, "2026-01-01 10:00:00.123000", "2026-01-02 00:00:00.000000"],
        ["name", None, None, 0.25, None, None, None],
        ["part", None, 2.0, 0.25, None, None, None],
        [None, None, None, None, 4.0, None, None],
    ]
    # A bound that one file keeps to itself is unknown; a file of NULLs has none to tell.
    statement(shop, "INSERT INTO t (id, price, at) VALUES (5, infinity(), NULL), (6, -1e0, NULL)")
    cursor.execute("SHOW STATS FOR t")
    assert [row[5:] for row in cursor.fetchall()][:4] == [["-7", "6"], ["-1.0", None], ["-1.25", "2.5"],
                                                          ["2026-01-01 10:00:00.123000", "2026-01-02 00:00:00.000000"]]


def cursor(foz, text):
    """Runs a statement: column names and types, and the rows."""
    host, port = foz.http.removeprefix("http://").split(":")
    made = trino.dbapi.connect(host=host, port=int(port), user="test", catalog="lake", schema="shop").cursor()
    made.execute(text)
    found = made.fetchall()
    return [(column[0], column[1]) for column in made.description], found


def history(shop, table):
    return {version: at for version, at in shop.sql(f'SELECT version, timestamp FROM shop."{table}$history"')}


def test_tables_are_read_as_they_were_at_a_time(shop):
    statement(shop, "CREATE TABLE t (id bigint, old varchar) WITH (column_mapping_mode = 'name')")
    statement(shop, "INSERT INTO t VALUES (1, 'a')")
    statement(shop, "ALTER TABLE t DROP COLUMN old")
    statement(shop, "INSERT INTO t VALUES (2)")
    at = history(shop, "t")
    assert sorted(at) == [0, 1, 2, 3]

    def read(when):
        return sorted(map(tuple, shop.sql(f"SELECT * FROM shop.t FOR TIMESTAMP AS OF {when}")))

    def literal(when):
        return f"TIMESTAMP '{when.astimezone(datetime.timezone.utc):%Y-%m-%d %H:%M:%S.%f} UTC'"

    millisecond = datetime.timedelta(milliseconds=1)
    assert read(literal(at[1])) == [(1, "a")] and read(literal(at[3])) == [(1,), (2,)]
    assert read(literal(at[3] + millisecond)) == [(1,), (2,)]
    assert read("current_timestamp") == [(1,), (2,)] and read("now() - INTERVAL '0' SECOND") == [(1,), (2,)]
    # Without a zone it is the session's; delta-rs finds the same version.
    assert read(f"TIMESTAMP '{at[1].astimezone(datetime.timezone.utc):%Y-%m-%d %H:%M:%S.%f}'") == [(1, "a")]
    table = deltalake.DeltaTable(str(shop.lake / "shop/t"))
    table.load_as_version(at[1])
    assert table.version() == 1
    # Columns are those of the version.
    assert shop.sql("SELECT old FROM shop.t FOR VERSION AS OF 1") == [["a"]]
    assert refused(shop, "SELECT old FROM t FOR VERSION AS OF 3") == "COLUMN_NOT_FOUND"
    # Trino's errors.
    assert refused(shop, f"SELECT * FROM t FOR TIMESTAMP AS OF {literal(at[0] - millisecond)}") == "INVALID_ARGUMENTS"
    assert refused(shop, "SELECT * FROM t FOR TIMESTAMP AS OF TIMESTAMP '2999-01-01 00:00:00'") == "INVALID_ARGUMENTS"
    assert refused(shop, "SELECT * FROM t FOR TIMESTAMP AS OF NULL") == "INVALID_ARGUMENTS"
    assert refused(shop, "SELECT * FROM t FOR TIMESTAMP AS OF 'yesterday'") == "TYPE_MISMATCH"
    assert refused(shop, "SELECT * FROM t FOR TIMESTAMP AS OF DATE '2020-01-01'") == "INVALID_ARGUMENTS"
    with pytest.raises(trino.exceptions.TrinoQueryError, match="versions 0 to 3"):
        shop.sql("SELECT * FROM shop.t FOR TIMESTAMP AS OF TIMESTAMP '2001-01-01 00:00:00 UTC'")


def test_rows_tell_their_files(shop):
    statement(shop, "CREATE TABLE t (id bigint, part varchar) WITH (partitioned_by = ARRAY['part'])")
    statement(shop, "INSERT INTO t VALUES (1, 'a b'), (2, 'c')")
    statement(shop, "INSERT INTO t VALUES (3, 'c')")
    columns, found = cursor(shop, 'SELECT id, "$path", "$file_size", "$file_modified_time" FROM t ORDER BY id')
    assert columns == [("id", "bigint"), ("$path", "varchar"), ("$file_size", "bigint"), ("$file_modified_time", "timestamp(3) with time zone")]
    location = re.search("location = '(.*)'", shop.value("SHOW CREATE TABLE shop.t")).group(1)
    # What the log says of a file with one row, by that row.
    adds = pyarrow.table(deltalake.DeltaTable(str(shop.lake / "shop/t")).get_add_actions(flatten=True)).to_pylist()
    said = {add["min.id"]: [f"{location}/{urllib.parse.unquote(add['path'])}", add["size_bytes"], add["modification_time"]] for add in adds}
    assert {id: [path, size, round(at.timestamp() * 1000)] for id, path, size, at in found} == said
    for _, path, size, _ in found:
        assert os.stat(urllib.parse.urlparse(path).path).st_size == size
    assert statement(shop, f"""DELETE FROM t WHERE "$path" = '{found[1][1]}'""") == ("DELETE", 1)
    assert rows(shop, "t") == [(1, "a b"), (3, "c")]


def test_changes_are_a_table_function(shop):
    statement(shop, "CREATE TABLE t (id bigint, name varchar, at timestamp(3) with time zone, part varchar) "
                    "WITH (change_data_feed_enabled = true, partitioned_by = ARRAY['part'])")
    statement(shop, "INSERT INTO t VALUES (1, 'a', TIMESTAMP '2026-01-01 00:00:00 UTC', 'x'), (2, 'b', NULL, 'y')")
    statement(shop, "UPDATE t SET name = 'B' WHERE id = 2")
    statement(shop, "DELETE FROM t WHERE id = 1")
    columns, changes = cursor(shop, "SELECT * FROM TABLE(lake.system.table_changes(schema_name => 'shop', table_name => 't', since_version => 0)) "
                                    "ORDER BY _commit_version, id, _change_type")
    assert columns == [("id", "bigint"), ("name", "varchar"), ("at", "timestamp(3) with time zone"), ("part", "varchar"),
                       ("_change_type", "varchar"), ("_commit_version", "bigint"), ("_commit_timestamp", "timestamp(3) with time zone")]
    first = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    assert [tuple(row[:6]) for row in changes] == [
        (1, "a", first, "x", "insert", 1), (2, "b", None, "y", "insert", 1), (2, "B", None, "y", "update_postimage", 2),
        (2, "b", None, "y", "update_preimage", 2), (1, "a", first, "x", "delete", 3)]
    at = history(shop, "t")
    assert [row[6] for row in changes] == [at[row[5]] for row in changes]
    # Another reader of the feed says the same.
    other = pyarrow.table(deltalake.DeltaTable(str(shop.lake / "shop/t")).load_cdf(starting_version=1).read_all()).to_pylist()
    assert sorted((row["id"], row["name"], row["_change_type"], row["_commit_version"]) for row in other) == \
        sorted((row[0], row[1], row[4], row[5]) for row in changes)

    def count(arguments):
        return shop.value(f"SELECT count(*) FROM TABLE(system.table_changes({arguments})) AS c(a, b, c, d, e, f, g) WHERE f > 1")

    assert count("'shop', 't', 0") == 3 and count("'shop', 't', 2") == 1 and count("'shop', 't', 3") == 0 and count("'shop', 't'") == 3
    changes = "SELECT * FROM TABLE(lake.system.table_changes({}))"
    assert refused(shop, changes.format("'shop', 't', 4")) == "INVALID_FUNCTION_ARGUMENT"
    assert refused(shop, changes.format("'shop', 't', -1")) == "INVALID_FUNCTION_ARGUMENT"
    assert refused(shop, changes.format("table_name => 't'")) == "INVALID_FUNCTION_ARGUMENT"
    assert refused(shop, changes.format("schema_name => 'shop', table_name => 't', since => 1")) == "INVALID_FUNCTION_ARGUMENT"
    assert refused(shop, changes.format("'shop', 'nope'")) == "TABLE_NOT_FOUND"
    assert refused(shop, "SELECT * FROM TABLE(other.system.table_changes('shop', 't'))") == "FUNCTION_NOT_FOUND"
    statement(shop, "CREATE TABLE plain (id bigint)")
    statement(shop, "INSERT INTO plain VALUES 1, 2")
    statement(shop, "DELETE FROM plain WHERE id = 1")
    assert refused(shop, changes.format("'shop', 'plain', 0")) == "INVALID_FUNCTION_ARGUMENT"


def test_changes_and_history_are_copied_into_tables(shop):
    statement(shop, "CREATE TABLE t WITH (change_data_feed_enabled = true) AS SELECT 1 AS id")
    statement(shop, "DELETE FROM t")
    statement(shop, "CREATE TABLE changes AS SELECT * FROM TABLE(system.table_changes('shop', 't'))")
    statement(shop, "CREATE TABLE versions AS SELECT version, timestamp FROM \"t$history\"")
    changes, versions = rows(shop, "changes"), dict(rows(shop, "versions"))
    assert [row[:3] for row in changes] == [(1, "delete", 1), (1, "insert", 0)]
    assert [row[3] for row in changes] == [versions[1], versions[0]] and versions[0].tzinfo is not None


def test_tables_are_replaced_in_one_commit(shop):
    assert statement(shop, "CREATE OR REPLACE TABLE t (id bigint, name varchar)")[0] == "CREATE TABLE"
    statement(shop, "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    before = deltalake.DeltaTable(str(shop.lake / "shop/t")).metadata().id
    assert statement(shop, "CREATE OR REPLACE TABLE t COMMENT 'twice' WITH (partitioned_by = ARRAY['k'], change_data_feed_enabled = true) "
                           "AS SELECT name AS k, id * 2 AS twice FROM t") == ("CREATE TABLE", 2)
    assert rows(shop, "t") == [("a", 2), ("b", 4)] and rows(shop, "t", version=1) == [(1, "a"), (2, "b")]
    assert sorted(map(tuple, shop.sql("SELECT * FROM shop.t"))) == [("a", 2), ("b", 4)]
    assert sorted(map(tuple, shop.sql("SELECT * FROM shop.t FOR VERSION AS OF 1"))) == [(1, "a"), (2, "b")]
    made = deltalake.DeltaTable(str(shop.lake / "shop/t"))
    assert made.metadata().id == before and made.metadata().partition_columns == ["k"] and made.metadata().description == "twice"
    assert made.history(1)[0]["operation"] == "CREATE OR REPLACE TABLE AS SELECT"
    statement(shop, "UPDATE t SET twice = 5 WHERE k = 'a'")
    assert statement(shop, "CREATE OR REPLACE TABLE t (only date NOT NULL)")[0] == "CREATE TABLE"
    assert rows(shop, "t") == [] and shop.sql("DESCRIBE shop.t") == [["only", "date", "", ""]]
    statement(shop, "INSERT INTO t VALUES DATE '2026-01-01'")
    assert rows(shop, "t") == [(datetime.date(2026, 1, 1),)]
    # What fails leaves the table as it was, and no file of its own.
    files = len(list((shop.lake / "shop/t").glob("**/*.parquet")))
    assert refused(shop, "CREATE OR REPLACE TABLE t AS SELECT 1 / (x - 3) AS y FROM UNNEST(sequence(1, 5)) u(x)") == "DIVISION_BY_ZERO"
    assert rows(shop, "t") == [(datetime.date(2026, 1, 1),)] and len(list((shop.lake / "shop/t").glob("**/*.parquet"))) == files
    with pytest.raises(trino.exceptions.TrinoQueryError, match="CREATE TABLE the new name AS SELECT"):
        statement(shop, "ALTER TABLE t RENAME TO u")


def test_vacuum_keeps_less_when_the_session_says_so(shop):
    statement(shop, "CREATE TABLE t AS SELECT 1 AS id")
    statement(shop, "CREATE OR REPLACE TABLE t AS SELECT 2 AS id")
    assert len(list((shop.lake / "shop/t").glob("*.parquet"))) == 2
    host, port = shop.http.removeprefix("http://").split(":")
    cursor = trino.dbapi.connect(host=host, port=int(port), user="test", catalog="lake", schema="shop").cursor()
    run = lambda text: cursor.execute(text).fetchall()
    with pytest.raises(trino.exceptions.TrinoUserError, match="SET SESSION lake.vacuum_min_retention"):
        run("CALL system.vacuum('shop', 't', '0s')")
    run("SET SESSION lake.vacuum_min_retention = '0s'")
    run("CALL system.vacuum('shop', 't', '0s')")
    assert len(list((shop.lake / "shop/t").glob("*.parquet"))) == 1 and rows(shop, "t") == [(2,)]


def test_analyze_tells_how_many_rows_there_are(shop):
    statement(shop, "CREATE TABLE t AS SELECT x FROM UNNEST(sequence(1, 7)) AS u(x)")
    assert statement(shop, "ANALYZE t") == ("ANALYZE", 7)
    assert statement(shop, "ANALYZE t WITH (columns = ARRAY['x'])") == ("ANALYZE", 7)
    assert refused(shop, "ANALYZE nothing") == "TABLE_NOT_FOUND"


def test_a_part_of_a_table_is_optimized(shop):
    statement(shop, "CREATE TABLE t (id bigint, day date, kind varchar) WITH (partitioned_by = ARRAY['day', 'kind'])")
    for i in range(3):
        statement(shop, f"INSERT INTO t VALUES ({i}, DATE '2026-01-01', 'a'), ({i}, DATE '2026-01-02', 'a'), ({i}, DATE '2026-01-02', NULL), ({i}, NULL, 'a')")

    def files():
        counts = shop.sql('SELECT CAST(partition.day AS varchar), partition.kind, file_count FROM shop."t$partitions"')
        return {(day, kind): count for day, kind, count in counts}

    assert set(files().values()) == {3}
    statement(shop, "ALTER TABLE t EXECUTE optimize WHERE day = DATE '2026-01-02' AND kind IS NULL")
    assert files() == {("2026-01-01", "a"): 3, ("2026-01-02", "a"): 3, ("2026-01-02", None): 1, (None, "a"): 3}
    statement(shop, "ALTER TABLE t EXECUTE optimize(file_size_threshold => '1MB') WHERE t.day > DATE '2026-01-01' OR day IS NULL")
    assert files() == {("2026-01-01", "a"): 3, ("2026-01-02", "a"): 1, ("2026-01-02", None): 1, (None, "a"): 1}
    assert len(rows(shop, "t")) == 12
    with pytest.raises(trino.exceptions.TrinoQueryError, match="condition on partition columns, and id is none .they are: day, kind."):
        statement(shop, "ALTER TABLE t EXECUTE optimize WHERE id = 1")
    assert refused(shop, "ALTER TABLE t EXECUTE optimize WHERE nope = 1") == "COLUMN_NOT_FOUND"
    assert refused(shop, "ALTER TABLE t EXECUTE optimize WHERE day = (SELECT max(day) FROM t)") == "NOT_SUPPORTED"


def test_statements_that_lose_a_race_run_again(shop):
    """Each of them reads what the one before wrote, or says that it wrote nothing."""
    statement(shop, "CREATE TABLE t (id bigint, n bigint)")
    statement(shop, "INSERT INTO t VALUES (1, 0)")
    outcomes = []

    def count(how):
        for _ in range(5):
            try:
                statement(shop, how)
                outcomes.append(True)
            except trino.exceptions.TrinoQueryError as error:
                assert error.error_name == "TRANSACTION_CONFLICT" and "run it again" in error.message, error
                outcomes.append(False)

    merge = "MERGE INTO t USING (VALUES (BIGINT '1')) s(id) ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = t.n + 1"
    threads = [threading.Thread(target=count, args=(how,)) for how in ("UPDATE t SET n = n + 1", merge, merge)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 15 and sum(outcomes) >= 5
    assert shop.value("SELECT n FROM shop.t") == sum(outcomes) and rows(shop, "t") == [(1, sum(outcomes))]


def test_who_always_loses_gives_up_at_once(shop):
    """Behind its last attempt nothing is left to wait for."""
    statement(shop, "CREATE TABLE t (id bigint, n bigint)")
    statement(shop, "INSERT INTO t SELECT a.x * 10000 + b.x, 0 FROM UNNEST(sequence(0, 9)) a(x), UNNEST(sequence(1, 10000)) b(x)")
    folder = shop.lake / "shop/t"
    log = folder / "_delta_log"
    metadata = next(json.loads(line)["metaData"] for line in (log / f"{0:020}.json").read_text().splitlines() if "metaData" in line)
    over = threading.Event()
    tries = []  # when files of the statement came and went

    def win():
        version, seen = 2, set(folder.glob("*.parquet"))
        while not over.is_set():
            mine = folder / "theirs.tmp"
            mine.write_text(json.dumps({"metaData": {**metadata, "description": str(version)}}) + "\n")
            os.link(mine, log / f"{version:020}.json")
            mine.unlink()
            version += 1
            time.sleep(0.01)  # the statement takes longer than that
            files = set(folder.glob("*.parquet"))
            if files != seen:
                tries.append(time.monotonic())
                seen = files

    winner = threading.Thread(target=win)
    winner.start()
    try:
        assert refused(shop, "UPDATE t SET n = n + 1") == "TRANSACTION_CONFLICT"
        gave_up = time.monotonic()
    finally:
        over.set()
        winner.join()
    gaps = [later - earlier for earlier, later in zip(tries, tries[1:])]
    assert gave_up - tries[-1] < max(gaps), f"after pauses of {gaps} s it waited {gave_up - tries[-1]} s more"
    assert set(rows(shop, "t")) == {(x, 0) for x in range(1, 100_001)}


def test_history_is_read_from_its_newest_commit_as_far_as_it_is_wanted(shop):
    statement(shop, "CREATE TABLE t (x bigint)")
    for x in range(20):
        statement(shop, f"INSERT INTO t VALUES {x}")
    assert [row[0] for row in shop.sql('SELECT version FROM shop."t$history"')] == list(range(20, -1, -1))
    (shop.lake / "shop/t/_delta_log" / f"{1:020}.json").write_text("no commit\n")
    assert shop.sql('SELECT version, operation FROM shop."t$history" LIMIT 3') == [[20, "WRITE"], [19, "WRITE"], [18, "WRITE"]]
    with pytest.raises(trino.exceptions.TrinoQueryError, match=f"{1:020}.json"):
        shop.sql('SELECT version FROM shop."t$history"')
