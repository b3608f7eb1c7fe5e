"""Dashboard queries over ten million rows: foz over its Trino protocol beside bare DuckDB on the same Parquet files, and
beside a Trino when one is named. Every round asks each in turn, so that what else the machine does meets all of them."""

import os
import statistics
import time

import deltalake
import duckdb
import numpy
import pyarrow
import trino

from server import Foz

ROWS, FILES, ROUNDS = 10_000_000, 8, 9
WITHIN = 1.2  # of bare DuckDB, over all queries
OVERHEAD_MS = 3  # a round trip of the protocol, which a query in the same process does not make

QUERIES = {
    "count": "SELECT count(*) FROM {t}",
    "filtered": "SELECT count(*), avg(amount) FROM {t} WHERE status = 'paid' AND amount > 900",
    "by group": "SELECT country, status, count(*), sum(amount), max(ordered_at) FROM {t} GROUP BY country, status",
    "by hour": "SELECT date_trunc('hour', ordered_at) AS h, count(*) FROM {t} WHERE order_id >= 9000000 GROUP BY 1 ORDER BY 1",
    "point": "SELECT * FROM {t} WHERE order_id = 7654321",
    "top 10": "SELECT customer, sum(amount) AS total FROM {t} GROUP BY customer ORDER BY total DESC LIMIT 10",
    "distinct": "SELECT count(DISTINCT customer) FROM {t} WHERE country = 'PT'",
}


def make_table(folder) -> None:
    rng = numpy.random.default_rng(11)
    countries = numpy.array(["PT", "ES", "FR", "DE", "IT", "NL", "BE", "GB", "IE", "DK"])
    states = numpy.array(["new", "paid", "sent", "returned"])
    per_file = ROWS // FILES
    for file in range(FILES):
        ids = numpy.arange(file * per_file, (file + 1) * per_file)
        table = pyarrow.table({
            "order_id": ids, "customer": rng.integers(0, 200_000, per_file), "country": countries[rng.integers(0, 10, per_file)],
            "status": states[rng.integers(0, 4, per_file)], "amount": numpy.round(rng.random(per_file) * 1000, 2),
            "ordered_at": pyarrow.array(1767225600_000000 + ids * 300_000, pyarrow.timestamp("us", "UTC"))})
        deltalake.write_deltalake(str(folder), table, mode="append")


def run(options, targets) -> None:
    lake = options.data / "dashboard-lake"
    orders = lake / "shop" / "orders"
    if not (orders / "_delta_log").exists():
        make_table(orders)
    files = deltalake.DeltaTable(str(orders)).file_uris()
    bare = duckdb.connect(config={"threads": os.cpu_count()})
    bare.execute("SET parquet_metadata_cache = true; SET TimeZone = 'UTC'")
    bare.execute(f"CREATE VIEW orders AS SELECT * FROM read_parquet({files})")
    foz = Foz(options.foz, options.data / "dashboard", None, lake=lake)
    try:
        cursor = foz.connect().cursor()
        engines = {"DuckDB": lambda sql: bare.execute(sql.format(t="orders")).fetchall(),
                   "foz": lambda sql: cursor.execute(sql.format(t="shop.orders")).fetchall()}
        if options.trino:
            host, port = options.trino.removeprefix("http://").split(":")
            catalog, schema, table = options.trino_table.split(".")
            other = trino.dbapi.connect(host=host, port=int(port), user="bench", catalog=catalog, schema=schema).cursor()
            engines["Trino"] = lambda sql: other.execute(sql.format(t=table)).fetchall()
        took = {(engine, query): [] for engine in engines for query in QUERIES}
        for _ in range(ROUNDS):
            for query, sql in QUERIES.items():
                for engine, ask in engines.items():
                    began = time.monotonic()
                    rows = ask(sql)
                    took[engine, query].append(1000 * (time.monotonic() - began))
                    if not rows:
                        raise SystemExit(f"{engine} answered {query} with no row")
        median = {key: statistics.median(times[2:]) for key, times in took.items()}  # the first rounds warm up
        for query in QUERIES:
            print(f"dashboard {query:9} " + "  ".join(f"{engine} {median[engine, query]:8.1f} ms" for engine in engines), flush=True)
        total = {engine: sum(median[engine, query] for query in QUERIES) for engine in engines}
        limit = WITHIN * total["DuckDB"] + OVERHEAD_MS * len(QUERIES)
        targets.check(f"dashboard queries within {WITHIN} x bare DuckDB and {OVERHEAD_MS} ms each", total["foz"] <= limit,
                      f"{total['foz'] / total['DuckDB']:.2f} x ({total['foz']:.0f} ms of {total['DuckDB']:.0f} ms)")
        if options.trino:
            targets.check("ahead of Trino", total["foz"] < total["Trino"], f"{total['Trino'] / total['foz']:.1f} x faster")
    finally:
        foz.stop()
