"""SQLAlchemy and pandas over Trino's Python client: reflection, questions, data frames. What is expected are the tables of
test/oracle and what a real Trino answered about them."""

import datetime
import decimal
import sys

import pytest

from conftest import ROOT, Foz

sys.path.insert(0, str(ROOT / "test/oracle"))

import corpus  # noqa: E402
import tables  # noqa: E402

sqlalchemy = pytest.importorskip("sqlalchemy")
pandas = pytest.importorskip("pandas")
trino = pytest.importorskip("trino")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    foz = Foz(tmp_path_factory.mktemp("sqlalchemy"))
    tables.write(foz.lake)
    foz.start()
    engine = sqlalchemy.create_engine(f"trino://tester@{foz.http.removeprefix('http://')}/lake/shop")
    yield engine
    engine.dispose()
    foz.close()


def test_what_there_is(engine):
    inspector = sqlalchemy.inspect(engine)
    assert inspector.get_schema_names() == ["information_schema", "kinds", "shop"]
    assert sorted(inspector.get_table_names()) == ["customers", "items", "orders"]
    assert sorted(inspector.get_table_names("kinds")) == ["events", "every", "names", "nested", "nothing", "versioned"]
    assert inspector.get_view_names("shop") == []
    assert inspector.has_table("orders") and not inspector.has_table("nope")
    assert inspector.get_table_comment("customers") == {"text": "who buys"}
    assert inspector.get_pk_constraint("orders")["constrained_columns"] == []
    assert inspector.get_foreign_keys("orders") == []


def test_columns(engine):
    columns = sqlalchemy.inspect(engine).get_columns("customers")
    recorded = corpus.answers("metadata")["metadata.55"]["data"]
    assert [column["name"] for column in columns] == [row[0] for row in recorded]
    assert [column["nullable"] for column in columns] == [False] + [True] * (len(recorded) - 1)
    kinds = {column["name"]: type(column["type"]).__name__ for column in columns}
    assert kinds == {"id": "BIGINT", "name": "VARCHAR", "email": "VARCHAR", "country": "VARCHAR", "born": "DATE", "joined": "TIMESTAMP",
                     "balance": "DECIMAL", "vip": "BOOLEAN", "tags": "ARRAY", "attributes": "MAP", "address": "ROW"}


# What Trino's dialect makes of "events$partitions".
def test_only_partitions_are_taken_for_an_index(engine):
    inspector = sqlalchemy.inspect(engine)
    assert inspector.get_indexes("orders", "shop") == []
    (index,) = inspector.get_indexes("events", "kinds")
    assert index["name"] == "partition" and index["column_names"][0] == "partition"


def test_reflected_tables_answer_questions(engine):
    shop = sqlalchemy.MetaData()
    orders = sqlalchemy.Table("orders", shop, autoload_with=engine)
    customers = sqlalchemy.Table("customers", shop, autoload_with=engine)
    question = (sqlalchemy.select(orders.c.order_id).where(orders.c.status == "open", orders.c.amount > decimal.Decimal("100.00"))
                .order_by(orders.c.order_id).offset(1).limit(2))
    with engine.connect() as connection:
        assert [[id] for (id,) in connection.execute(question)] == corpus.answers("session")["session.3"]["data"]
        joined = (sqlalchemy.select(customers.c.name, sqlalchemy.func.count()).join(orders, orders.c.customer_id == customers.c.id)
                  .where(customers.c.id.in_([1, 2])).group_by(customers.c.name).order_by(customers.c.name))
        assert [name for name, _ in connection.execute(joined)] == ["Ada", "Blaise"]
        assert connection.scalar(sqlalchemy.text("SELECT max(born) FROM customers")) == datetime.date(2038, 1, 19)
        assert connection.scalar(sqlalchemy.text("SELECT count(*) FROM orders WHERE order_date >= :day"), {"day": datetime.date(2014, 1, 1)}) == 0


def test_errors_are_those_of_the_database_api(engine):
    with engine.connect() as connection, pytest.raises(sqlalchemy.exc.DBAPIError) as failure:
        connection.execute(sqlalchemy.text("SELECT nope FROM orders"))
    assert "COLUMN_NOT_FOUND" in str(failure.value)


def test_pandas_reads_a_query(engine):
    frame = pandas.read_sql("SELECT order_id, customer_id, ordered_at, amount, discount, status FROM orders ORDER BY order_id", engine, coerce_float=False)
    written = tables.orders()
    assert len(frame) == len(written)
    assert list(frame["order_id"]) == [row[0] for row in written]
    assert [None if pandas.isna(value) else value for value in frame["status"]] == [row[4] for row in written]
    assert [None if pandas.isna(value) else value.to_pydatetime() for value in frame["ordered_at"]] == [row[2] for row in written]
    assert list(frame["amount"]) == [row[5] for row in written]


def test_pandas_with_parameters_and_in_pieces(engine):
    question = sqlalchemy.text("SELECT n FROM (SELECT a.n * 10000 + b.n FROM UNNEST(sequence(0, 2)) a(n), UNNEST(sequence(1, 10000)) b(n)) t(n) WHERE n > :least")
    with engine.connect() as connection:
        pieces = list(pandas.read_sql(question, connection, params={"least": 10000}, chunksize=6000))
    assert [len(piece) for piece in pieces] == [6000, 6000, 6000, 2000]
    assert sorted(n for piece in pieces for n in piece["n"]) == list(range(10001, 30001))


def test_pandas_reads_a_table(engine):
    frame = pandas.read_sql_table("items", engine, schema="shop", columns=["order_id", "sku"])
    assert len(frame) == len(tables.items()) and list(frame.columns) == ["order_id", "sku"]
