"""Trino's JDBC driver against the running program. What is expected was recorded from a real Trino (test/oracle), or is what the
driver's documentation says: https://trino.io/docs/current/client/jdbc.html"""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT

ORACLE = ROOT / "test/oracle"
sys.path.insert(0, str(ORACLE))

import corpus  # noqa: E402
import tables  # noqa: E402

JARS = sorted((ROOT / "build/deps/jdbc").glob("trino-jdbc-*.jar"))
PROGRAM = pathlib.Path(__file__).with_name("jdbc") / "TrinoJdbc.java"
pytestmark = pytest.mark.skipif(not JARS or not shutil.which("java"), reason="./dev test gets the driver and a JDK")

# An instant has microseconds here; Trino's connector for Delta cuts it to milliseconds.
INSTANT = {"timestamp(3) with time zone": "timestamp(6) with time zone", 59: 62, 3: 6}


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> dict:
    """What the driver answered to every question of the program."""
    from conftest import Foz
    foz = Foz(tmp_path_factory.mktemp("jdbc"))
    tables.write(foz.lake)
    foz.start()
    try:
        said = subprocess.run(["java", "-Xmx256m", "-cp", str(JARS[-1]), str(PROGRAM), f"jdbc:trino://{foz.http.removeprefix('http://')}"],
                              capture_output=True, text=True, timeout=300)
        assert said.returncode == 0, said.stderr[-4000:]
        return {name: json.loads(text) for name, text in (line.split("\t", 1) for line in said.stdout.splitlines())}
    finally:
        foz.close()


@pytest.fixture(scope="module")
def trino() -> dict:
    """What a Trino answered, by statement."""
    return {name: answer for theme in ("metadata", "session") for name, answer in corpus.answers(theme).items()}


def test_catalogs_schemas_and_tables(answers, trino):
    assert answers["catalogs"] == trino["metadata.83"]["data"]
    assert answers["schemas"] == trino["metadata.84"]["data"]
    assert answers["schemas like"] == trino["metadata.85"]["data"]
    assert answers["tables"] == trino["metadata.86"]["data"]
    assert {row[2] for row in answers["tables like"]} == {row[0] for row in trino["metadata.8"]["data"]}
    assert answers["views"] == []
    assert answers["table types"] == trino["metadata.91"]["data"]


def test_columns(answers, trino):
    for ours, theirs in zip(answers["columns"], trino["metadata.88"]["data"], strict=True):
        if theirs[5] == "timestamp(3) with time zone":
            theirs = [INSTANT.get(value, value) if i in (5, 6, 8) else value for i, value in enumerate(theirs)]
        assert ours == theirs
    assert [[row[3], row[4], row[5], row[6]] for row in answers["columns of nested"]] == trino["metadata.89"]["data"]
    assert [label.upper() for label in answers["column labels"]] == [column["name"] for column in trino["metadata.88"]["columns"]]


def test_types(answers, trino):
    """Those of Trino that there are here, by their codes as java.sql wants it."""
    assert answers["types"] and all(row in trino["metadata.92"]["data"] for row in answers["types"])
    codes = [row[1] for row in answers["types"]]
    assert codes == sorted(codes)
    assert {"bigint", "varchar", "decimal", "timestamp", "array", "map", "row"} <= {row[0] for row in answers["types"]}


def test_what_there_is_none_of(answers):
    for name in ("procedures", "procedure columns", "udts", "attributes", "super tables", "super types", "pseudo columns"):
        assert answers[name] == [], name


def test_the_server_says_what_it_is(answers):
    assert answers["product"] == ["Trino", 476, True, "tester", False, True]


def test_values_become_java_values(answers):
    assert answers["values"] == [
        "Boolean true", "Byte 1", "Short 2", "Integer 3", "Long 4", "Float 1.5", "Double 2.5", "BigDecimal 1.20", "String ä",
        "byte[] 0102ff", "Date 2013-01-02", "Timestamp 2013-01-02 03:04:05.678901", "Timestamp 2013-01-02 03:04:05.678", "TrinoArray [1,null]",
        "UnmodifiableMap {k=7}", "Row {a=1, b=x}", "null null", "Double NaN", "String {\"a\":1}", "String 12151fd2-7586-11e9-8f9e-2a86e4085a59",
        "TrinoIntervalDayTime 2 00:00:00.000"]
    assert answers["java times"] == ["2013-01-02T03:04:05.678901", "2013-01-02T03:04:05.678Z", "2013-01-02"]


def test_doubles_without_a_fraction(answers):
    (row,) = answers["whole doubles"]
    assert [str(value) for value in row] == ["1.0", "2.0", "-0.0", "1e+20", "123456789.0", "5.0"]


def test_columns_of_a_result(answers):
    assert answers["column metadata"] == [
        ["order_id", -5, 19, 0, "java.lang.Long"], ["status", 12, 2147483647, 0, "java.lang.String"],
        ["amount", 3, 10, 2, "java.math.BigDecimal"], ["ordered_at", 93, 3, 0, "java.sql.Timestamp"]]


def test_prepared_statements(answers, trino):
    assert answers["parameters"] == ["true", "1", "2", "3", "4", "1.5", "2.5", "1.20", "it's", "0102", "2013-01-02", "2013-01-02 03:04:05.678", "null"]
    assert answers["prepared"] == [trino["session.13"]["data"], trino["session.14"]["data"]]
    described = trino["session.19"]["data"]
    # The types of parameters are not always told.
    assert answers["prepared metadata"][:4] == [len(described), described[0][0], described[1][4], len(trino["session.18"]["data"])]


def test_results_and_errors(answers, trino):
    assert answers["all orders"] == trino["session.47"]["data"][0][0]
    assert answers["big result"] == [200000, 200000 * 200001 // 2]
    assert answers["max rows"] == 3
    assert answers["error"] == [47, "Query failed (#): line 1:8: Column 'nope' cannot be resolved"]
    assert answers["update types"] == [False, 0, "kinds", True]


def test_sessions(answers, trino):
    assert answers["valid"] is True
    assert answers["set schema"] == trino["session.54"]["data"]
    assert answers["session property"] == ["10m", "100.00d"]
    assert answers["wrong session property"] == 14
    ((state, *query),) = answers["own query"]
    assert state == "RUNNING" and query == ["tester", "inventory", True]


def test_transactions(answers, trino):
    orders = trino["session.47"]["data"]
    assert answers["transaction"] == [orders, orders, [[1]]]
    assert answers["aborted transaction"] == [8, 22, [[1]]]


def test_cancel_and_timeout(answers):
    assert answers["cancel"] == "canceled"
    assert answers["query timeout"] == 131075
