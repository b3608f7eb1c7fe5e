"""Clients that read nothing, ask for too much, make new names without end or cancel at bad moments: clear errors, bounded
memory, and the stream goes on."""

import concurrent.futures
import gzip
import json
import os
import socket
import statistics
import struct
import threading
import time
import urllib.error
import urllib.request

import confluent_kafka
import pyarrow
import pytest
import trino

MIB = 1 << 20
MOST = 2300 * MIB  # little more than limits.memory says


def memory(foz) -> int:
    """Bytes that are the process's own, without files."""
    for line in open(f"/proc/{foz.process.pid}/status"):
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no RssAnon")


class Watch:
    """The most that foz takes while the block runs, over what it took before."""

    def __init__(self, foz):
        self.foz = foz

    def __enter__(self):
        self.before = self.most = memory(self.foz)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self

    def look(self):
        while not self.over.wait(0.02):
            self.most = max(self.most, memory(self.foz))

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        self.grown = self.most - self.before
        print(f"memory: {self.before / MIB:.0f} MiB, {self.grown / MIB:+.0f} at most")


class Stream:
    """Produces 100 records a second, each followed until SQL shows it, while the block runs."""

    def __init__(self, foz, topic: str = "stream"):
        self.foz, self.topic = foz, topic

    def __enter__(self):
        self.foz.produce(self.topic, [b"first"])
        self.foz.eventually(f"SELECT count(*) FROM bronze.{self.topic}", 1)
        self.over = threading.Event()
        self.sent, self.refused, self.late_s = 1, [], []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        producer = confluent_kafka.Producer({"bootstrap.servers": self.foz.kafka, "linger.ms": 1})
        while not self.over.wait(0.01):
            began = time.monotonic()
            producer.produce(self.topic, b"%d" % self.sent,
                             on_delivery=lambda error, _: self.refused.append(error) if error else
                             self.late_s.append(time.monotonic() - began))
            self.sent += 1
            producer.flush(30)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        assert not self.refused, self.refused
        self.foz.eventually(f"SELECT count(*) FROM bronze.{self.topic}", self.sent)
        late = sorted(self.late_s)
        print(f"stream: {self.sent} records, acknowledged in {statistics.median(late) * 1e3:.1f} ms, "
              f"{late[-1] * 1e3:.0f} at most")


# --- Kafka's wire, by hand

def text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def request(key: int, version: int, body: bytes, client: str = "hostile") -> bytes:
    frame = struct.pack(">hhi", key, version, 7) + text(client) + body
    return struct.pack(">i", len(frame)) + frame


def connect(address: str, receive_buffer: int = 0) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    peer = socket.socket()
    if receive_buffer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    peer.settimeout(30)
    peer.connect((host, int(port)))
    return peer


def exactly(peer: socket.socket, count: int) -> bytes:
    got = b""
    while len(got) < count:
        more = peer.recv(count - len(got))
        assert more, "closed"
        got += more
    return got


def reply(peer: socket.socket) -> bytes:
    """The body of the next reply, behind its correlation id."""
    return exactly(peer, struct.unpack(">i", exactly(peer, 4))[0])[4:]


def fetch(topic: str, max_bytes: int) -> bytes:
    partition = struct.pack(">iqi", 0, 0, max_bytes)
    return request(1, 4, struct.pack(">iiiibi", -1, 100, 1, max_bytes, 0, 1) + text(topic) + struct.pack(">i", 1) + partition)


# --- who reads nothing

def test_connections_that_read_nothing_take_little(make_foz):
    foz = make_foz().start()
    foz.produce("large", [os.urandom(900_000) for _ in range(60)], **{"message.max.bytes": MIB})
    foz.eventually("SELECT count(*) FROM bronze.large", 60)
    sql = b"SELECT to_hex(value) FROM lake.bronze.large LIMIT 2"
    post = b"POST /v1/statement HTTP/1.1\r\nHost: x\r\nX-Trino-User: x\r\nContent-Length: %d\r\n\r\n%s" % (len(sql), sql)
    pages = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 500
    peers = []
    with Stream(foz), Watch(foz) as watch:
        for number in range(1000):
            peers.append(connect(foz.kafka, 4096))
            peers[-1].sendall(fetch("large", 50 * MIB) * 4)
            peers.append(connect(foz.http, 4096))
            peers[-1].sendall((post, post[:-5], pages, b"GET / HTTP/1.1\r\nHo")[number % 4])
        clients = [foz.sql("SELECT count(*) FROM bronze.large") for _ in range(5)]
        assert clients == [[[60]]] * 5
        assert confluent_kafka.Consumer({"bootstrap.servers": foz.kafka, "group.id": "g"}).list_topics("large", 10).topics
    assert watch.most < MOST
    for peer in peers:
        peer.close()


def test_pages_that_nobody_comes_for_take_little(make_foz):
    foz = make_foz().start()
    foz.produce("large", [os.urandom(500_000) for _ in range(8)], **{"message.max.bytes": MIB})
    foz.eventually("SELECT count(*) FROM bronze.large", 8)

    def begin(_):
        body = urllib.request.Request(f"{foz.http}/v1/statement", b"SELECT to_hex(value) FROM lake.bronze.large",
                                      {"X-Trino-User": "x"})
        page = json.load(urllib.request.urlopen(body))
        while "data" not in page and "nextUri" in page:
            page = json.load(urllib.request.urlopen(page["nextUri"]))
        return page.get("error", {}).get("errorName")

    with Stream(foz), Watch(foz) as watch, concurrent.futures.ThreadPoolExecutor(16) as pool:
        errors = set(pool.map(begin, range(600)))
        assert errors <= {None, "QUERY_QUEUE_FULL", "EXCEEDED_GLOBAL_MEMORY_LIMIT", "EXCEEDED_LOCAL_MEMORY_LIMIT"}, errors
    assert watch.most < MOST


def test_connections_do_not_take_the_files_of_the_log(make_foz):
    foz = make_foz()
    foz.wrapper = ["sh", "-c", 'ulimit -n 400; exec "$@"', "sh"]
    foz.start()
    peers = [connect(address) for address in (foz.kafka, foz.http) for _ in range(250)]
    for peer in peers[::2]:  # fewer stay than may, whenever foz meets them
        peer.close()
    with Stream(foz):
        for number in range(20):
            foz.produce(f"topic{number}", [b"x"])
    foz.committed("bronze", "topic19", 1)
    for peer in peers:
        peer.close()


# --- statements that explode

def chain(first: str, step: str, count: int, last: str = "SELECT 1 FROM t") -> str:
    """WITH t0 AS (first), t1 AS (step over t0) …"""
    tables = [f"t0 AS ({first})"] + [f"t{i} AS ({step.replace('t?', f't{i - 1}')})" for i in range(1, count + 1)]
    return f"WITH {', '.join(tables)} {last}{count}"


def nested(before: str, inner: str, after: str, count: int) -> str:
    return "SELECT " + before * count + inner + after * count


N = "CAST(n AS varchar)"
TOO_LARGE, NO_MEMORY, TOO_LONG = "QUERY_TEXT_TOO_LARGE", "EXCEEDED_LOCAL_MEMORY_LIMIT", "EXCEEDED_TIME_LIMIT"
ARGUMENT, DEEP = "INVALID_FUNCTION_ARGUMENT", "STACK_OVERFLOW"
NUMBERS = "UNNEST(sequence(1, 10000)) a(n), UNNEST(sequence(1, 10000)) b(m)"
EXPLOSIONS = {
    "columns": (chain("SELECT 1 AS x", "SELECT * FROM t?, t? AS b", 60), {TOO_LARGE}),
    "rows of rows": (chain("SELECT 1 AS x", "SELECT ROW(x, x) AS x FROM t?", 60), {TOO_LARGE}),
    "recursion": (nested("(WITH RECURSIVE t(n) AS (SELECT (", "1", ") UNION ALL SELECT n FROM t) SELECT max(n) FROM t)", 15),
                  {TOO_LARGE, TOO_LONG, "NOT_SUPPORTED"}),
    "greatest": (nested("greatest(1, ", "rand()", ")", 100), {None}),
    "regexp_extract": (nested("regexp_extract(", "'a'", ", 'a')", 100), {None}),
    "array_histogram": (nested("map_keys(array_histogram(", "ARRAY[1]", "))", 100), {TOO_LARGE}),
    "transform_values": (nested("transform_values(", "MAP(ARRAY[1], ARRAY[1])", ", (k, v) -> v)", 90), {TOO_LARGE}),
    "subscripts": (nested("ARRAY[", "1", "]", 90) + "[1]" * 90, {None}),
    "comparisons": (nested("CASE WHEN ", "rand()", " > 0e0 THEN 1e0 ELSE 0e0 END", 90), {None}),
    "brackets": (nested("(", "1", ")", 50_000), {DEEP}),
    "ands": ("SELECT 1 WHERE " + " AND ".join(["true"] * 100_000), {TOO_LARGE}),
    "unions": (" UNION ALL ".join(["SELECT 1"] * 20_000), {TOO_LARGE}),
    "joins": ("SELECT count(*) FROM " + ", ".join(f"(SELECT {i} AS x) t{i}" for i in range(2000)), {TOO_LARGE}),
    "values": ("SELECT count(*) FROM (VALUES " + ", ".join(["1"] * 300_000) + ") t(x)", {None, TOO_LONG}),
    "in": ("SELECT count(*) FROM bronze.stream WHERE \"offset\" IN (" + ", ".join(map(str, range(120_000))) + ")", {None, TOO_LONG}),
    "like": ("SELECT rpad('', 20000, 'a') LIKE rpad('', 200, '%a_') || 'b'", {None}),
    "like escaped": ("SELECT rpad('', 20000, 'a') LIKE rpad('', 200, '%a') || 'b' ESCAPE '#'", {None}),
    "regexp": ("SELECT regexp_like(rpad('', 100000, 'a'), '(a*)*(a*)*(a*)*b')", {None}),
    "regexp too large": ("SELECT regexp_like('a', '((((a{100}){100}){100}){100}){100}')", {ARGUMENT}),
    "regexp_replace": ("SELECT length(regexp_replace(rpad('', 100000, 'a'), 'a', rpad('', 100000, 'b')))", {NO_MEMORY, TOO_LONG}),
    "regexp_count": ("SELECT regexp_count(replace(rpad('', 100000, 'a'), 'a', rpad('', 600, 'b')), '')", {ARGUMENT, NO_MEMORY}),
    "concat": (chain("SELECT rpad('', 100000, 'a') AS x", "SELECT x || x AS x FROM t?", 40, "SELECT length(x) FROM t"), {ARGUMENT}),
    "concat arrays": (chain("SELECT sequence(1, 10000) AS x", "SELECT x || x AS x FROM t?", 40, "SELECT cardinality(x) FROM t"),
                      {NO_MEMORY}),
    "repeat": ("SELECT cardinality(repeat(repeat(repeat(1, 10000), 10000), 10000))", {ARGUMENT}),
    "long texts": (f"SELECT max(replace(rpad('', 100000, 'a'), 'a', {N} || rpad('', 500, 'b'))) FROM {NUMBERS}", {NO_MEMORY, TOO_LONG}),
    "array_agg": (f"SELECT cardinality(array_agg(rpad({N}, 10000, 'a'))) FROM {NUMBERS}", {NO_MEMORY, TOO_LONG}),
    "group by": (f"SELECT count(*) FROM (SELECT n, m, count(*) FROM {NUMBERS} GROUP BY n, m)", {None, NO_MEMORY, TOO_LONG}),
    "order by": (f"SELECT n, m FROM {NUMBERS} ORDER BY m DESC, rpad({N}, 1000, 'a') LIMIT 5", {None, NO_MEMORY, TOO_LONG}),
    "cross join": (f"SELECT count(*) FROM {NUMBERS}, UNNEST(sequence(1, 10000)) c(o) WHERE n + m = o + rand()", {TOO_LONG, None}),
    "rows": (f"SELECT * FROM {NUMBERS}, UNNEST(sequence(1, 10000)) c(o)", {TOO_LONG}),
}


def outcome(foz, sql: str, seconds: int):
    """The name of the error, or None."""
    host, port = foz.http.removeprefix("http://").split(":")
    connection = trino.dbapi.connect(host=host, port=int(port), user="hostile", catalog="lake", schema="bronze",
                                     session_properties={"query_max_run_time": f"{seconds}s"})
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
        while cursor.fetchmany(1000):
            pass
    except trino.exceptions.TrinoQueryError as error:
        assert error.error_type != "INTERNAL_ERROR", error
        return error.error_name


def test_statements_that_explode_end(make_foz):
    foz = make_foz()
    (foz.project / "foz.yaml").write_text("limits: {free_disk: 16MB, memory: 1GB}\n")
    foz.start()
    only = os.environ.get("FOZ_EXPLOSION")
    with Stream(foz), Watch(foz) as watch:
        for name, (sql, wanted) in EXPLOSIONS.items():
            if only and only != name:
                continue
            began = time.monotonic()
            with Watch(foz) as each:
                got = outcome(foz, sql, seconds=3)
            took = time.monotonic() - began
            print(f"{name}: {got} after {took:.1f} s, {each.grown / MIB:+.0f} MiB")
            assert got in wanted, f"{name}: {got}"
            assert took < 30, name
    assert watch.most < 1800 * MIB
    foz.eventually("SELECT count(*) >= 0 FROM bronze.stream", True)


def post(foz, sql: bytes, headers: dict | None = None):
    return urllib.request.urlopen(urllib.request.Request(f"{foz.http}/v1/statement", sql, {"X-Trino-User": "x", **(headers or {})}))


def test_texts_that_are_too_large_are_refused_by_name(foz):
    with Watch(foz) as watch:
        for headers, sql, wanted in (({}, b"SELECT 1 -- " + b"x" * (10 * MIB), 413),
                                     ({"X-Trino-Session": "a=" + "b" * 100_000}, b"SELECT 1", 431),
                                     ({f"X-Trino-Session-{i}": "b" for i in range(500)}, b"SELECT 1", 431),
                                     ({"X-Trino-Prepared-Statement": "p=%4"}, b"EXECUTE p", 400)):
            with pytest.raises((urllib.error.HTTPError, ConnectionError)) as refused:
                post(foz, sql, headers)
            if isinstance(refused.value, urllib.error.HTTPError):
                assert refused.value.code == wanted and refused.value.read()
        million = "SELECT 1 WHERE 1 IN (" + ",".join(["1"] * 510_000) + ")"
        assert outcome(foz, million, 10) == "QUERY_TEXT_TOO_LARGE"
    assert watch.grown < 600 * MIB
    assert foz.value("SELECT 1") == 1


def test_cancelling_frees_a_query_wherever_it_is(foz):
    """Queued behind others, while it is planned, while it runs, and with rows at hand."""
    work = [b"SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(n), UNNEST(sequence(1, 10000)) b(m), UNNEST(sequence(1, 10000)) c(o)"
            b" WHERE n + m = o + rand()",
            b"SELECT * FROM UNNEST(sequence(1, 10000)) a(n), UNNEST(sequence(1, 10000)) b(m)"]
    with Watch(foz) as watch:
        for wait_s in (0, 0.01, 0.3, 1):
            pages = [json.load(post(foz, work[i % 2])) for i in range(40)]
            time.sleep(wait_s)  # the moment at which they are cancelled
            for page in pages:
                cancel = urllib.request.Request(page["nextUri"], method="DELETE")
                assert urllib.request.urlopen(cancel).status == 204
            began = time.monotonic()
            assert foz.value("SELECT 1") == 1
            assert time.monotonic() - began < 10
        deadline = time.monotonic() + 30
        while "foz_queries_running 0\n" not in urllib.request.urlopen(f"{foz.http}/metrics").read().decode():
            assert time.monotonic() < deadline, "queries run on"
            time.sleep(0.05)
    assert watch.grown < 800 * MIB


MIX = ["SELECT count(*) FROM bronze.stream", "SELECT max(\"timestamp\") FROM bronze.stream",
       "SELECT \"partition\", count(*), max(\"offset\") FROM bronze.stream GROUP BY 1",
       "SELECT from_utf8(value), count(*) FROM bronze.stream GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10",
       "SELECT date_trunc('second', \"timestamp\"), count(*) FROM bronze.stream GROUP BY 1 ORDER BY 1 DESC LIMIT 60",
       "SELECT table_name FROM information_schema.tables", "SELECT * FROM bronze.stream ORDER BY \"offset\" DESC LIMIT 100",
       "SELECT count(DISTINCT value) FROM bronze.stream WHERE \"timestamp\" > now() - INTERVAL '1' MINUTE"]


def test_a_hundred_dashboards_beside_the_stream(foz):
    seconds = float(os.environ.get("FOZ_DASHBOARD_SECONDS", "8"))
    ended, errors, stale = [], [], []
    with Stream(foz) as stream, Watch(foz) as watch:
        deadline = time.monotonic() + seconds

        def dashboard(number):
            host, port = foz.http.removeprefix("http://").split(":")
            with trino.dbapi.connect(host=host, port=int(port), user="dashboard", catalog="lake") as connection:
                while time.monotonic() < deadline:
                    began = time.monotonic()
                    try:
                        connection.cursor().execute(MIX[number % len(MIX)]).fetchall()
                        ended.append(time.monotonic() - began)
                    except Exception as error:
                        errors.append(error)
                    number += 1

        def freshness():
            while time.monotonic() < deadline:
                sent = stream.sent - 1
                began = time.monotonic()
                while foz.value("SELECT count(*) FROM bronze.stream") < sent:
                    pass
                stale.append(time.monotonic() - began)

        # Who looks for fresh records begins first: a hundred busy threads of Python may keep one more from starting for seconds.
        threads = [threading.Thread(target=freshness)] + [threading.Thread(target=dashboard, args=(i,)) for i in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    print(f"{len(ended)} queries, {len(errors)} errors, half within {statistics.median(ended):.2f} s, all within {max(ended):.2f} s; "
          f"seen by a query within {statistics.median(stale):.2f} s, at most {max(stale):.2f} s")
    assert not errors, errors[:3]
    assert watch.grown < 1000 * MIB


# --- names without end

def init_producer(transactional_id: str) -> bytes:
    return request(22, 0, text(transactional_id) + struct.pack(">i", 60000))


def commit_offset(group: str, topic: str) -> bytes:
    body = text(group) + struct.pack(">i", -1) + text("") + struct.pack(">qi", -1, 1) + text(topic)
    return request(8, 2, body + struct.pack(">iiq", 1, 0, 5) + text("metadata"))


def find_transaction_coordinator(transactional_id: str) -> bytes:
    return request(10, 1, text(transactional_id) + b"\x01")


def test_names_without_end_are_bounded(make_foz):
    foz = make_foz().start()
    rounds = 5000
    with Stream(foz), Watch(foz) as watch:
        peer = connect(foz.kafka)
        for start in ("transaction", "group"):  # makes the broker's topics
            peer.sendall(request(10, 1, text(start) + (b"\x01" if start == "transaction" else b"\x00")))
            reply(peer)
        for first in range(0, rounds, 100):
            numbers = range(first, first + 100)
            peer.sendall(b"".join(init_producer(f"transactions-{i}-" + "x" * 200) for i in numbers))
            peer.sendall(b"".join(commit_offset(f"group-{i}-" + "x" * 200, "stream") for i in numbers))
            peer.sendall(b"".join(request(18, 0, b"", client=f"client-{i}-" + "x" * 200) for i in numbers))
            for _ in range(300):
                reply(peer)
        for first in range(0, 300, 50):  # topics that are made on first use
            names = [f"made-{i}" for i in range(first, first + 50)]
            peer.sendall(request(3, 4, struct.pack(">i", len(names)) + b"".join(map(text, names)) + b"\x01"))
            reply(peer)
        wide = text("wide") + struct.pack(">ih", 10_000, 1) + struct.pack(">ii", 0, 0)
        for _ in range(20):  # far more partitions than there may be
            wide = text(f"wide{_}") + struct.pack(">ih", 10_000, 1) + struct.pack(">ii", 0, 0)
            peer.sendall(request(19, 2, struct.pack(">i", 1) + wide + struct.pack(">ib", 30000, 0)))
            reply(peer)
        for i in range(2000):  # each keeps one more statement for its client, and none for us
            body = post(foz, b"PREPARE p%d FROM SELECT %d" % (i, i)) if i % 10 == 0 else None
            if body:
                page = json.load(body)
                while "nextUri" in page:
                    page = json.load(urllib.request.urlopen(page["nextUri"]))
        peer.close()
    assert watch.grown < 1000 * MIB


def test_a_group_that_rebalances_without_end_is_usable_after(foz):
    foz.produce("t", [b"%d" % i for i in range(100)])
    over = time.monotonic() + 6
    with Stream(foz), Watch(foz) as watch:
        def come_and_go():
            while time.monotonic() < over:
                consumer = confluent_kafka.Consumer({"bootstrap.servers": foz.kafka, "group.id": "restless",
                                                     "session.timeout.ms": 6000, "auto.offset.reset": "earliest"})
                consumer.subscribe(["t"])
                consumer.poll(0.2)
                consumer.close()

        def come_and_vanish():  # joins as members did before they had ids, and is never heard of again
            metadata = b"x" * 50_000
            while time.monotonic() < over:
                peer = connect(foz.kafka)
                body = text("restless") + struct.pack(">ii", 6000, 1000) + text("") + text("consumer")
                body += struct.pack(">i", 1) + text("range") + struct.pack(">i", len(metadata)) + metadata
                peer.sendall(request(11, 2, body))
                peer.close()
                time.sleep(0.01)

        threads = [threading.Thread(target=each) for each in (come_and_go, come_and_go, come_and_go, come_and_vanish)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert watch.grown < 300 * MIB
    consumer = confluent_kafka.Consumer({"bootstrap.servers": foz.kafka, "group.id": "restless", "session.timeout.ms": 6000,
                                         "auto.offset.reset": "earliest"})
    consumer.subscribe(["t"])
    got, deadline = set(), time.monotonic() + 60
    while len(got) < 100 and time.monotonic() < deadline:
        for message in consumer.consume(100, 0.5):
            got.add(message.value())
    consumer.close()
    assert len(got) == 100


# --- batches and values that are bombs

def varint(value: int) -> bytes:
    value = (value << 1) ^ (value >> 63)
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def crc32c(data: bytes) -> int:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ 0x82F63B78 if byte & 1 else byte >> 1
        table.append(byte)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def batch(records: bytes, count: int, codec: int) -> bytes:
    tail = struct.pack(">hiqqqhii", codec, count - 1, 1_700_000_000_000, 1_700_000_000_000, -1, -1, -1, count) + records
    return struct.pack(">qiibI", 0, 9 + len(tail), 0, 2, crc32c(tail)) + tail


def produce_batch(peer: socket.socket, topic: str, data: bytes) -> int:
    body = struct.pack(">hhii", -1, -1, 30000, 1) + text(topic) + struct.pack(">iii", 1, 0, len(data)) + data
    peer.sendall(request(0, 7, body))
    answer = reply(peer)
    return struct.unpack(">h", answer[4 + 2 + len(topic) + 4 + 4:][:2])[0]


def record(index: int, value: bytes) -> bytes:
    body = b"\x00" + varint(0) + varint(index) + varint(-1) + varint(len(value)) + value + varint(0)
    return varint(len(body)) + body


PARSED = """
CREATE OR REFRESH STREAMING TABLE parsed AS
SELECT e.id, e.name, size(e.list) AS entries, timestamp AS at
FROM (SELECT from_json(CAST(value AS STRING), 'id BIGINT, name STRING, list ARRAY<INT>', map('mode', 'FAILFAST')) AS e, timestamp
      FROM STREAM bronze.bombs);
"""


def test_bombs_in_batches_and_values_harm_nobody(make_foz):
    foz = make_foz(pipelines={"parsed.sql": PARSED})
    (foz.project / "foz.yaml").write_text("limits: {free_disk: 16MB, memory: 1GB}\n")
    foz.start()
    foz.produce("bombs", [b'{"id": 1}'])
    foz.eventually("SELECT count(*) FROM silver.parsed", 1)
    rows = 1
    with Stream(foz), Watch(foz) as watch:
        peer = connect(foz.kafka)
        large = record(0, b"\x00" * (240 * MIB))
        beyond = record(0, b"\x00" * (300 * MIB))
        many = b"".join(record(i, b"") for i in range(200_000))
        codecs = {1: lambda data: gzip.compress(data, 9), 3: lambda data: pyarrow.compress(data, "lz4", asbytes=True),
                  4: lambda data: pyarrow.compress(data, "zstd", asbytes=True)}
        for codec, pack in codecs.items():
            for data, count in ((large, 1), (beyond, 1), (many, 200_000)):
                packed = pack(data)
                if len(packed) < MIB - 200:
                    assert produce_batch(peer, "bombs", batch(packed, count, codec)) == 0
                    rows += count
        # A snappy block that claims 4 GiB, records that are not there, and records beyond belief.
        for data, count, codec in ((b"\xff\xff\xff\xff\x0f\x00", 1, 2), (b"", 1000, 0), (b"\x00" * 20, 60_000, 0)):
            assert produce_batch(peer, "bombs", batch(data, count, codec)) == 0
            rows += count
        values = [b"[" * 200_000, b'{"a":' * 100_000, b'{"id": ' + b"9" * 500_000 + b"}", b'{"name": "' + b"\\u0000" * 100_000 + b'"}',
                  b'{"list": [' + b",".join([b"1"] * 400_000) + b"]}", b'{"id": 1' + b', "id": 1' * 100_000 + b"}",
                  b'{"id": 1e' + b"9" * 1000 + b"}", b'{"name": ' + b"[" * 2000 + b"]" * 2000 + b"}"]
        foz.produce("bombs", values, **{"message.max.bytes": MIB})
        rows += len(values)
        foz.eventually("SELECT count(*) FROM bronze.bombs", rows, wait_s=180)
        foz.eventually("SELECT (SELECT count(*) FROM silver.parsed) + (SELECT count(*) FROM silver.parsed__quarantine)", rows,
                       wait_s=180)
        peer.close()
    assert watch.most < 2500 * MIB
