"""Trino's Python client and SQLAlchemy-like questions against the running program."""

import datetime
import decimal
import json
import threading
import time
import urllib.request
import uuid

import pytest

trino = pytest.importorskip("trino")

ENDLESS = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(n), UNNEST(sequence(1, 10000)) b(n), UNNEST(sequence(1, 10000)) c(n) WHERE a.n * b.n * c.n % 7 = 8"


def connect(foz, **options):
    host, port = foz.http.rsplit(":", 1)
    return trino.dbapi.connect(host=host, port=int(port), user="tester", catalog="lake", **options)


def rows(foz, sql, parameters=None, **options):
    with connect(foz, **options) as connection:
        cursor = connection.cursor()
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def test_values_of_every_type(foz):
    sql = """SELECT true, 7, BIGINT '8', 1.5e0, DECIMAL '1.20', 'ä', X'0102', DATE '2013-01-02', TIMESTAMP '2013-01-02 03:04:05.678901',
             TIMESTAMP '2013-01-02 03:04:05 UTC', ARRAY[1, NULL], MAP(ARRAY['k'], ARRAY[7]), NULL, nan()"""
    (row,) = rows(foz, sql)
    utc = row[9]
    assert row[:9] == [True, 7, 8, 1.5, decimal.Decimal("1.20"), "ä", b"\x01\x02", datetime.date(2013, 1, 2),
                       datetime.datetime(2013, 1, 2, 3, 4, 5, 678901)]
    assert utc.utctimetuple()[:6] == (2013, 1, 2, 3, 4, 5)
    assert row[10] == [1, None] and row[11] == {"k": 7} and row[12] is None and row[13] != row[13]


def test_many_pages(foz):
    found = rows(foz, "SELECT a.n * 10000 + b.n, 'x' || cast(b.n AS varchar) FROM UNNEST(sequence(0, 19)) a(n), UNNEST(sequence(1, 10000)) b(n)")
    assert len(found) == 200000
    assert sorted(row[0] for row in found) == list(range(1, 200001))


def test_large_values(foz):
    found = rows(foz, "SELECT n, rpad('', 100000, 'x') FROM UNNEST(sequence(1, 200)) t(n)")
    assert sorted(row[0] for row in found) == list(range(1, 201))
    assert all(row[1] == "x" * 100000 for row in found)


def test_parameters(foz):
    assert rows(foz, "SELECT ? + 1, ?, ?", (41, "it's", decimal.Decimal("1.20"))) == [[42, "it's", decimal.Decimal("1.20")]]


def test_parameters_of_every_type(foz):
    values = [True, 7, 2.5, "ä", b"\x01\x02", datetime.date(2013, 1, 2), datetime.datetime(2013, 1, 2, 3, 4, 5, 678901),
              decimal.Decimal("1.20"), [1, 2], {"k": 7}, None, uuid.UUID("12151fd2-7586-11e9-8f9e-2a86e4085a59")]
    (row,) = rows(foz, "SELECT " + ", ".join("?" for _ in values), values)
    assert row == values


def test_prepared_statements_of_older_clients(foz):
    assert rows(foz, "SELECT ? + 1, ?", (41, "x"), legacy_prepared_statements=True) == [[42, "x"]]


def test_transactions(foz):
    with connect(foz, isolation_level=trino.transaction.IsolationLevel.READ_UNCOMMITTED) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT isolation_level, auto_commit_context FROM system.runtime.transactions WHERE NOT auto_commit_context")
        assert cursor.fetchall() == [["READ UNCOMMITTED", False]]
        connection.commit()
        cursor = connection.cursor()
        with pytest.raises(trino.exceptions.TrinoUserError):
            cursor.execute("SELECT 1/0")
            cursor.fetchall()
        with pytest.raises(trino.exceptions.TrinoUserError) as failure:
            cursor.execute("SELECT 1")
            cursor.fetchall()
        assert failure.value.error_name == "TRANSACTION_ALREADY_ABORTED"
        connection.rollback()
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == [[1]]


def test_session_properties(foz):
    with pytest.raises(trino.exceptions.TrinoUserError) as failure:
        rows(foz, "SELECT 1", session_properties={"nope": 1})
    assert failure.value.error_name == "INVALID_SESSION_PROPERTY"
    with connect(foz, session_properties={"query_max_run_time": "1h"}) as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW SESSION LIKE 'query_max_run_time'")
        assert cursor.fetchall()[0][:3] == ["query_max_run_time", "1h", "100.00d"]
    started = time.monotonic()
    with pytest.raises(trino.exceptions.TrinoQueryError) as failure:
        rows(foz, ENDLESS, session_properties={"query_max_run_time": "1s"})
    assert failure.value.error_name == "EXCEEDED_TIME_LIMIT" and time.monotonic() - started < 30


def test_a_query_is_killed_by_another_connection(foz):
    with connect(foz, source="a notebook") as connection:
        cursor = connection.cursor()
        outcome = []

        def ask():
            try:
                cursor.execute(ENDLESS)
                outcome.append(cursor.fetchall())
            except trino.exceptions.Error as error:
                outcome.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        found = []
        while not found:
            found = rows(foz, "SELECT query_id, \"user\" FROM system.runtime.queries WHERE source = 'a notebook' AND state = 'RUNNING'")
        ((query, user),) = found
        assert user == "tester"
        rows(foz, f"CALL system.runtime.kill_query(query_id => '{query}', message => 'no more')")
        asking.join(30)
    (error,) = outcome
    assert error.error_name == "ADMINISTRATIVELY_KILLED" and error.message == "Query killed. Message: no more"
    listed = json.load(urllib.request.urlopen(f"http://{foz.http.removeprefix('http://')}/v1/query/{query}"))
    assert listed["state"] == "FAILED" and listed["session"]["source"] == "a notebook" and listed["query"] == ENDLESS


def test_errors_have_names_and_places(foz):
    with pytest.raises(trino.exceptions.TrinoUserError) as failure:
        rows(foz, "SELECT *\nFROM nowhere.x")
    assert failure.value.error_name == "SCHEMA_NOT_FOUND"
    assert failure.value.message == "line 2:6: Schema 'nowhere' does not exist"
    with pytest.raises(trino.exceptions.TrinoUserError) as failure:
        rows(foz, "SELECT nope, ?", (1,))
    assert failure.value.error_name == "COLUMN_NOT_FOUND"
    assert failure.value.message.startswith("line 1:27: ")  # in the text of EXECUTE IMMEDIATE, as Trino counts
    with pytest.raises(trino.exceptions.TrinoUserError) as failure:
        rows(foz, "SELECT 1/0")
    assert failure.value.error_name == "DIVISION_BY_ZERO"


def test_catalog_questions(foz):
    assert ["lake"] in rows(foz, "SHOW CATALOGS")
    assert ["information_schema"] in rows(foz, "SHOW SCHEMAS FROM lake")
    assert ["metadata"] in rows(foz, "SHOW SCHEMAS FROM system")
    assert ["table_comments"] in rows(foz, "SHOW TABLES FROM system.metadata")
    assert rows(foz, 'SELECT "schema_name" FROM "information_schema"."schemata" WHERE "schema_name" = ?', ("information_schema",)) == [["information_schema"]]
    assert rows(foz, "SELECT table_cat FROM system.jdbc.catalogs ORDER BY 1") == [["lake"], ["system"]]


def test_cancel(foz):
    with connect(foz) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT a.n FROM UNNEST(sequence(1, 10000)) a(n), UNNEST(sequence(1, 10000)) b(n)")
        cursor.fetchone()
        cursor.cancel()
    assert rows(foz, "SELECT 1") == [[1]]


def test_session_zone(foz):
    assert rows(foz, "SELECT hour(TIMESTAMP '2020-01-01 10:00:00 UTC')", timezone="Europe/Berlin") == [[11]]
