"""SQLAlchemy's reflection and pandas' data frames over Trino's Python client: alchemy.py URL, over the tables of test/oracle."""

import sys
import warnings

import pandas
import sqlalchemy
from transcript import Transcript

T = Transcript(lambda error: type(error).__name__ if isinstance(error, (sqlalchemy.exc.SQLAlchemyError,)) else None)
ADDRESS = sys.argv[1].removeprefix("http://")
ENGINE = sqlalchemy.create_engine(f"trino://tester@{ADDRESS}/lake/shop", connect_args={"timezone": "UTC"})
SCHEMAS = {"shop": ["customers", "items", "orders"], "kinds": ["events", "every", "names", "nested", "nothing", "versioned"]}


def reflection():
    inspector = sqlalchemy.inspect(ENGINE)
    T.tell("schemas", inspector.get_schema_names())
    T.tell("default schema", inspector.default_schema_name)
    T.tell("version", [ENGINE.dialect.name, bool(ENGINE.dialect.server_version_info)])
    for schema, tables in SCHEMAS.items():
        T.tell(f"{schema}: tables", sorted(inspector.get_table_names(schema)))
        T.tell(f"{schema}: views", inspector.get_view_names(schema))
        for table in tables:
            T.tell(f"{table}: columns", [{name: str(value) for name, value in column.items()} for column in inspector.get_columns(table, schema)])
            T.ask(f"{table}: comment", lambda: inspector.get_table_comment(table, schema))
            T.ask(f"{table}: indexes", lambda: inspector.get_indexes(table, schema))
            T.ask(f"{table}: keys", lambda: [inspector.get_pk_constraint(table, schema), inspector.get_foreign_keys(table, schema)])
    T.tell("is there a table", [inspector.has_table("orders"), inspector.has_table("nope"), inspector.has_table("every", "kinds")])
    T.ask("columns of no table", lambda: inspector.get_columns("nope"))
    T.ask("definition of no view", lambda: inspector.get_view_definition("nope"))
    meta = sqlalchemy.MetaData()
    meta.reflect(ENGINE)
    T.tell("all tables of the schema", {name: [f"{column.name} {column.type}" for column in table.columns] for name, table in sorted(meta.tables.items())})


def frames():
    for schema, tables in SCHEMAS.items():
        for table in tables:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                frame = pandas.read_sql(f"SELECT * FROM {schema}.{table}", ENGINE)
            T.tell(f"{table}: frame", {"types": [f"{name} {kind}" for name, kind in frame.dtypes.items()], "rows": len(frame)})
            first = frame.columns[0]
            rows = [str(row) for row in frame.astype(object).to_dict("records")]
            T.tell(f"{table}: rows", sorted(rows))
            T.tell(f"{table}: first column", [first, int(frame[first].isna().sum())])
    summary = pandas.read_sql("SELECT status, amount, discount, quantity FROM orders", ENGINE).describe(include="all")
    T.tell("a description", {name: [str(value) for value in column] for name, column in summary.items()})
    T.tell("a table as a frame", pandas.read_sql_table("items", ENGINE, schema="shop").dtypes.astype(str).to_dict())


def statements():
    shop = sqlalchemy.MetaData()
    orders = sqlalchemy.Table("orders", shop, autoload_with=ENGINE)
    with ENGINE.connect() as connection:
        def rows(question):
            return [[str(value) for value in row] for row in connection.execute(question)]

        T.tell("filtered", rows(sqlalchemy.select(orders.c.order_id, orders.c.amount).where(orders.c.status.in_(["open", "paid"]), orders.c.quantity.between(1, 3))
                                .order_by(orders.c.order_id).limit(5)))
        T.tell("grouped", rows(sqlalchemy.select(orders.c.status, sqlalchemy.func.count(), sqlalchemy.func.sum(orders.c.amount)).group_by(orders.c.status)
                               .having(sqlalchemy.func.count() > 2).order_by(orders.c.status)))
        ranked = sqlalchemy.select(orders.c.order_id, sqlalchemy.func.row_number().over(partition_by=orders.c.status, order_by=orders.c.order_id).label("n")).subquery()
        T.tell("ranked", rows(sqlalchemy.select(ranked.c.order_id).where(ranked.c.n == 1).order_by(ranked.c.order_id)))
        T.tell("by month", rows(sqlalchemy.select(sqlalchemy.func.date_trunc("month", orders.c.ordered_at), sqlalchemy.func.count()).group_by(sqlalchemy.text("1"))
                                .order_by(sqlalchemy.text("1"))))
        T.ask("an unknown column", lambda: rows(sqlalchemy.text("SELECT nope FROM orders")))
        T.ask("an unknown table", lambda: rows(sqlalchemy.text("SELECT * FROM nope")))
        result = connection.execute(sqlalchemy.text("SELECT * FROM kinds.every LIMIT 0"))
        T.tell("described columns", [[column[0], str(column[1])] for column in result.cursor.description])


for theme in (reflection, frames, statements):
    theme()
