"""The tables that every statement of the corpus reads, written by delta-rs: tables.py FOLDER.

FOLDER/SCHEMA/TABLE are Delta tables. What they hold is fixed; the answers depend on it.
"""

import datetime
import decimal
import json
import pathlib
import sys

import deltalake
import pyarrow as pa

D = decimal.Decimal
NAN, INF = float("nan"), float("inf")
UTC = datetime.timezone.utc


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def utc(text: str) -> datetime.datetime:
    return at(text).replace(tzinfo=UTC)


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


GEO = pa.struct([("lat", pa.float64()), ("lon", pa.float64())])
CUSTOMERS = pa.schema([
    pa.field("id", pa.int64(), False), ("name", pa.string()), ("email", pa.string()), ("country", pa.string()), ("born", pa.date32()),
    ("joined", pa.timestamp("us", "UTC")), ("balance", pa.decimal128(12, 2)), ("vip", pa.bool_()), ("tags", pa.list_(pa.string())),
    ("attributes", pa.map_(pa.string(), pa.string())),
    ("address", pa.struct([("street", pa.string()), ("city", pa.string()), ("geo", GEO)]))])


def customers() -> list[tuple]:
    berlin = {"street": "Torstraße 1", "city": "Berlin", "geo": {"lat": 52.53, "lon": 13.4}}
    tokyo = {"street": "銀座 4", "city": "東京", "geo": {"lat": 35.67, "lon": 139.76}}
    nowhere = {"street": None, "city": "Nowhere", "geo": None}
    return [
        (1, "Ada", "ada@example.org", "GB", day("1815-12-10"), utc("2020-01-01T00:00:00"), D("10.50"), True, ["a", "b"], {"k": "v"}, berlin),
        (2, "Blaise", "blaise@example.org", "FR", day("1962-06-19"), utc("2020-02-29T23:59:59.999"), D("-3.25"), False, [], {}, berlin),
        (3, "Çelik", None, "TR", day("1990-01-31"), utc("2021-03-28T01:30:00"), D("0.00"), None, ["x", None, "z"], {"a": "1", "b": None}, None),
        (4, "dörte", "D@EXAMPLE.ORG", "DE", None, utc("2021-10-31T01:30:00.123"), None, True, None, None, nowhere),
        (5, "Émile", "emile@example.org", "FR", day("1980-02-29"), None, D("9999999999.99"), False, ["b"], {"k": "w", "x": "y"}, tokyo),
        (6, "李雷", "lei@example.cn", "CN", day("2000-02-29"), utc("2022-12-31T23:59:59.999"), D("100.00"), True, ["北京", "😀"], {"城": "京"}, tokyo),
        (7, "o'Brien", "o''b@example.ie", "IE", day("1970-01-01"), utc("1969-12-31T23:59:59.5"), D("-0.01"), None, ["a"], {"k": ""}, berlin),
        (8, "😀 smile", "smile@example.org", None, day("1999-12-31"), utc("2023-07-01T12:00:00"), D("1.00"), False, [""], {"": "e"}, nowhere),
        (9, "", "", "", day("2038-01-19"), utc("2038-01-19T03:14:07"), D("7.77"), True, ["a", "a"], {"k": "v"}, None),
        (10, None, None, None, None, None, None, None, None, None, None)]


ORDERS = pa.schema([
    pa.field("order_id", pa.int64(), False), ("customer_id", pa.int64()), ("ordered_at", pa.timestamp("us")), ("order_date", pa.date32()),
    ("status", pa.string()), ("amount", pa.decimal128(10, 2)), ("discount", pa.float64()), ("quantity", pa.int32()), ("epoch", pa.int64()),
    ("note", pa.string())])


def orders() -> list[tuple]:
    """Forty of them, half a year at odd intervals, each column with some nulls."""
    rows, start = [], at("2013-01-01T00:00:00")
    statuses = ["open", "paid", "shipped", "returned", "OPEN"]
    for i in range(40):
        moment = start + datetime.timedelta(days=i * i % 181, seconds=i * 7919 % 86400, microseconds=i * 123457 % 1000000)
        rows.append((
            100 + i, None if i % 13 == 12 else i * 7 % 11 + 1, None if i % 17 == 16 else moment, None if i % 17 == 16 else moment.date(),
            None if i % 11 == 10 else statuses[i * 3 % 5], None if i % 9 == 8 else D(i * 1237 % 100003) / 100 - 50,
            None if i % 7 == 6 else (i % 5) / 8, None if i % 10 == 9 else i * 5 % 8 - 1,
            None if i % 17 == 16 else int(moment.replace(tzinfo=UTC).timestamp()), f"note {i % 4}" if i % 3 else None))
    return rows


ITEMS = pa.schema([("order_id", pa.int64()), ("line", pa.int32()), ("sku", pa.string()), ("qty", pa.int16()), ("price", pa.decimal128(18, 4))])


def items() -> list[tuple]:
    return [(100 + i, line, f"SKU-{(i + line) % 6:03d}", (i + line) % 4 + 1, D(i * 31 + line * 7) / 8)
            for i in range(0, 45, 2) for line in range(1, i % 3 + 2)]


EVERY = pa.schema([
    pa.field("id", pa.int32(), False), ("b", pa.bool_()), ("t", pa.int8()), ("s", pa.int16()), ("i", pa.int32()), ("l", pa.int64()),
    ("r", pa.float32()), ("d", pa.float64()), ("m5", pa.decimal128(5, 2)), ("m18", pa.decimal128(18, 4)), ("m38", pa.decimal128(38, 10)),
    ("v", pa.string()), ("bin", pa.binary()), ("dt", pa.date32()), ("ts", pa.timestamp("us")), ("tz", pa.timestamp("us", "UTC"))])


def every() -> list[tuple]:
    most = "9999999999999999999999999999.9999999999"
    return [
        (1, True, 1, 1, 1, 1, 1.5, 1.5, D("1.50"), D("1.5000"), D("1.5"), "one", b"\x01\x02", day("2020-02-29"),
         at("2020-02-29T12:34:56.789012"), utc("2020-02-29T12:34:56.789")),
        (2, False, -128, -32768, -2**31, -2**63, -INF, -INF, D("-999.99"), D("-99999999999999.9999"), D("-" + most), "", b"", day("0001-01-01"),
         at("0001-01-01T00:00:00"), utc("0001-01-01T00:00:00")),
        (3, True, 127, 32767, 2**31 - 1, 2**63 - 1, INF, INF, D("999.99"), D("99999999999999.9999"), D(most), "naïve 😀 Ω 語",
         "naïve".encode(), day("9999-12-31"), at("9999-12-31T23:59:59.999999"), utc("9999-12-31T23:59:59.999")),
        (4, False, 0, 0, 0, 0, NAN, NAN, D("0.00"), D("0.0000"), D("0"), "null", b"\x00\xff\xfe", day("1970-01-01"),
         at("1970-01-01T00:00:00"), utc("1970-01-01T00:00:00")),
        (5, None, -1, -1, -1, -1, -0.0, -0.0, D("-0.01"), D("-0.0001"), D("-0.0000000001"), "quote ' \" \\ \n\t|", b"\xf0\x9f\x98\x80",
         day("1969-12-31"), at("1969-12-31T23:59:59.999999"), utc("1969-12-31T23:59:59.999")),
        (6, True, 7, 300, 70000, 5000000000, 0.1, 0.1, D("3.14"), D("2.7183"), D("0.3333333333"), "e\u0301 \u00a0 ", b"abc",
         day("1582-10-10"), at("1582-10-10T01:02:03.000001"), utc("1582-10-10T01:02:03")),
        (7, False, 10, 10, 10, 10, 1e-40, 5e-324, D("10.00"), D("10.0000"), D("10"), "10", b"10", day("2013-03-31"),
         at("2013-03-31T02:30:00"), utc("2013-03-31T01:30:00")),
        (8, None, 2, 2, 2, 2, 3.4028234e38, 1.7976931348623157e308, D("2.25"), D("2.2500"), D("2.25"), " trim me ", b" ",
         day("2013-10-27"), at("2013-10-27T02:30:00"), utc("2013-10-27T00:30:00")),
        (9, *[None] * 15)]


NESTED = pa.schema([
    pa.field("id", pa.int32(), False), ("ints", pa.list_(pa.int32())), ("texts", pa.list_(pa.string())), ("grid", pa.list_(pa.list_(pa.int64()))),
    ("doubles", pa.list_(pa.float64())), ("counts", pa.map_(pa.string(), pa.int64())), ("by_number", pa.map_(pa.int32(), pa.list_(pa.string()))),
    ("point", pa.struct([("x", pa.int32()), ("y", pa.float64()), ("label", pa.string())])),
    ("people", pa.list_(pa.struct([("name", pa.string()), ("age", pa.int32())]))), ("moments", pa.list_(pa.timestamp("us"))), ("json", pa.string())])


def nested() -> list[tuple]:
    moment = at("2020-02-29T12:34:56.789012")
    return [
        (1, [3, 1, 2], ["a", "b"], [[1, 2], [3]], [1.5, NAN, -0.0], {"a": 1, "b": 2}, {1: ["x"], 2: []}, {"x": 1, "y": 2.5, "label": "p"},
         [{"name": "Ada", "age": 36}, {"name": None, "age": None}], [moment, None], '{"a": {"b": [1, 2, {"c": "d"}]}, "n": null, "t": true}'),
        (2, [], [], [], [], {}, {}, {"x": None, "y": None, "label": None}, [], [], "[1, 2.50, \"x\", null, false, [3], {\"k\": 1e3}]"),
        (3, [None, 5, None], [None, "", "😀"], [None, [], [None]], [INF, -INF, None], {"z": None, "": 0}, {-1: None, 7: [None]},
         {"x": 7, "y": NAN, "label": "日本"}, [None], [moment], '{"ä": "\\u00e9\\n\\"", "big": 12345678901234567890, "d": 1.10}'),
        (4, [1, 1, 2, 2, 3], ["b", "a", "b"], [[4], [4]], [0.1, 0.2], {"a": -1}, {5: ["q", "r"]}, {"x": -3, "y": -0.0, "label": ""},
         [{"name": "Bob", "age": 20}], [moment, moment], "not json"),
        (5, *[None] * 10)]


NAMES = pa.schema([("Id", pa.int32()), ("MixedCase", pa.string()), ("select", pa.string()), ("größe", pa.int32()), ("_under", pa.bool_())])
EVENTS = pa.schema([("at", pa.timestamp("us")), ("kind", pa.string()), ("day", pa.date32()), ("value", pa.float64())])
VERSIONED = pa.schema([("id", pa.int64()), ("v", pa.string())])


def write(folder: pathlib.Path) -> None:
    def append(name: str, schema: pa.Schema, rows: list[tuple], **options) -> None:
        columns = [pa.array([row[i] for row in rows], field.type) for i, field in enumerate(schema)]
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        deltalake.write_deltalake(str(path), pa.table(columns, schema=schema), mode="append", **options)

    def commented(name: str, schema: pa.Schema, comments: dict[str, str], description: str) -> None:
        fields = json.loads(deltalake.Schema.from_arrow(schema).to_json())["fields"]
        described = [deltalake.Field.from_json(json.dumps(f | {"metadata": {"comment": comments[f["name"]]} if f["name"] in comments else {}}))
                     for f in fields]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        deltalake.DeltaTable.create(str(folder / name), deltalake.Schema(described), description=description)

    commented("shop/customers", CUSTOMERS, {"id": "their number", "balance": "in €"}, "who buys")
    append("shop/customers", CUSTOMERS, customers()[:6])
    append("shop/customers", CUSTOMERS, customers()[6:])
    append("shop/orders", ORDERS, orders())
    append("shop/items", ITEMS, items())
    append("kinds/every", EVERY, every())
    append("kinds/nothing", EVERY, [])
    append("kinds/nested", NESTED, nested())
    append("kinds/names", NAMES, [(1, "Mixed", "from", 170, True), (2, None, None, None, None)])
    append("kinds/events", EVENTS, [
        (at("2024-01-01T10:00:00.5"), "click", day("2024-01-01"), 1.0), (at("2024-01-01T11:00:00"), "view", day("2024-01-01"), None),
        (at("2024-01-02T00:00:00"), "click", day("2024-01-02"), 2.5), (None, None, None, NAN),
        (at("2024-02-29T23:59:59.999999"), "wei/rd =%ä", day("2024-02-29"), -1.0)], partition_by=["day", "kind"])
    append("kinds/versioned", VERSIONED, [(1, "first"), (2, "second")])
    append("kinds/versioned", VERSIONED, [(3, "third")])
    deltalake.DeltaTable(str(folder / "kinds/versioned")).delete("id = 1")
    deltalake.DeltaTable(str(folder / "kinds/versioned")).update(predicate="id = 2", updates={"v": "'changed'"})


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
