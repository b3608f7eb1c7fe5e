"""Hostile bytes, odd records, damaged and foreign tables: a clear answer, and the stream goes on."""

import json
import os
import random
import socket
import struct
import threading
import time
import urllib.request

import confluent_kafka
import pytest
import trino

PARSED = """
CREATE OR REFRESH STREAMING TABLE parsed AS
SELECT e.id, CAST(e.amount AS INT) AS amount, timestamp AS at
FROM (SELECT from_json(CAST(value AS STRING), 'id BIGINT, amount STRING', map('mode', 'FAILFAST')) AS e, timestamp
      FROM STREAM bronze.odd);
"""


def connect(address: str) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def hostile_inputs(seed: int):
    rng = random.Random(seed)
    yield b""
    yield b"\x00"
    yield b"\x7f\xff\xff\xff" + b"\x00" * 100  # a request of 2 GiB
    yield b"\xff\xff\xff\xff" * 10  # of a negative length
    yield struct.pack(">ihhi", 8, 3, 1, 1)  # half of a header
    yield struct.pack(">ihhih", 14, 0, 9, 7, -1) + b"\xff\xff\xff\x7f"  # Produce with a giant array
    yield struct.pack(">ihhih", 10, 999, 0, 7, -1)  # an API nobody has
    yield b"GET / HTTP/9.9\r\n\r\n"
    yield b"POST /v1/statement HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n"
    yield b"POST /v1/statement HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n"
    yield b"GET /" + b"a" * 200_000
    for size in (1, 10, 100, 1000, 100_000):
        yield rng.randbytes(size)


def test_hostile_bytes_on_every_port_stop_nobody(foz):
    foz.produce("t", [b"before"])
    half_open = []
    for address in (foz.kafka, foz.http):
        for data in hostile_inputs(1):
            peer = connect(address)
            try:
                peer.sendall(data)
            except OSError:
                pass  # closed in our face is a fine answer
            half_open.append(peer)  # and never finished
    foz.produce("t", [b"after"])
    foz.eventually("SELECT count(*) FROM bronze.t", 2)
    for peer in half_open:
        peer.close()
    assert foz.process.poll() is None


def test_a_slow_writer_delays_nobody(foz):
    request = struct.pack(">hhih", 18, 0, 5, 1) + b"x"
    message = struct.pack(">i", len(request)) + request
    peer = connect(foz.kafka)
    for byte in message[:-1]:
        peer.sendall(bytes([byte]))
    foz.produce("t", [b"1"])
    peer.sendall(message[-1:])
    length = struct.unpack(">i", peer.recv(4))[0]
    assert struct.unpack(">i", peer.recv(length)[:4])[0] == 5, "the reply carries the request's correlation id"
    peer.close()


def test_odd_records_are_kept_in_bronze_and_sorted_out_in_silver(make_foz):
    foz = make_foz(pipelines={"parsed.sql": PARSED}).start()
    values = [b'{"id": 1, "amount": "5"}', b"", b"{", b"\xff\xfe\xfd", b'{"id": "text"}', b'{"id": 2}', b"[]", b"null",
              b'{"id": 3, "amount": "' + b"9" * (1 << 20) + b'"}', b'{"id": 4, "amount": "2147483648"}']
    foz.produce("odd", values, **{"message.max.bytes": 4 << 20})
    foz.eventually("SELECT count(*) FROM bronze.odd", len(values))
    producer = confluent_kafka.Producer({"bootstrap.servers": foz.kafka})
    for at in (1, 253402300799999, 1 << 60):  # 1970, the last of year 9999, far beyond
        producer.produce("odd", b'{"id": 7, "amount": "1"}', timestamp=at)
    producer.produce("odd", None, key=None)
    assert producer.flush(30) == 0
    total = len(values) + 4
    foz.eventually("SELECT count(*) FROM bronze.odd", total)
    foz.eventually("SELECT (SELECT count(*) FROM silver.parsed) + (SELECT count(*) FROM silver.parsed__quarantine)", total)
    assert foz.value("SELECT count(*) FROM silver.parsed WHERE id = 1 AND amount = 5") == 1
    assert all(reason for [reason] in foz.sql("SELECT reason FROM silver.parsed__quarantine"))
    assert [v for v in foz.committed("bronze", "odd", total).sort_by("offset").column("value").to_pylist()][: len(values)] == values


def test_a_table_that_became_unwritable_stands_beside_healthy_ones(make_foz):
    foz = make_foz(pipelines={"parsed.sql": PARSED}).start()
    foz.produce("odd", [b'{"id": 1, "amount": "1"}'] * 10)
    foz.committed("silver", "parsed", 10)
    log = foz.lake / "silver" / "parsed" / "_delta_log"
    version = foz.delta("silver", "parsed").version() + 1
    protocol = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["aFeatureOfTheFuture"]}
    (log / "theirs.tmp").write_text(json.dumps({"protocol": protocol}) + "\n")
    os.link(log / "theirs.tmp", log / f"{version:020}.json")  # at once, as writers of Delta do
    foz.produce("odd", [b'{"id": 2, "amount": "1"}'] * 10)
    foz.produce("healthy", [b"x"] * 10)
    foz.committed("bronze", "odd", 20)
    foz.committed("bronze", "healthy", 10)
    deadline = time.monotonic() + 30
    while True:
        tables = json.load(urllib.request.urlopen(f"{foz.http}/api/overview"))["tables"]
        blocked = {t["name"]: t["blocked"] for t in tables if t["blocked"]}
        if "silver.parsed" in blocked:
            break
        assert time.monotonic() < deadline, "the table is not said to be blocked"
        time.sleep(0.05)
    assert "aFeatureOfTheFuture" in blocked["silver.parsed"]
    began = time.monotonic()
    foz.stop()
    assert time.monotonic() - began < 10, "an end in order does not wait for what cannot be written"


def test_a_damaged_checkpoint_is_survived(make_foz):
    foz = make_foz()
    (foz.project / "foz.yaml").write_text("commits: {interval: 20ms, slow_interval: 20ms}\nlimits: {free_disk: 16MB}\n")
    foz.start()
    for i in range(60):
        foz.produce("t", [b"%d" % i])
        foz.committed("bronze", "t", i + 1)
    assert foz.stop() == 0
    log = foz.lake / "bronze" / "t" / "_delta_log"
    checkpoints = sorted(log.glob("*.checkpoint.parquet"))
    assert checkpoints, "60 commits make a checkpoint"
    checkpoints[-1].write_bytes(checkpoints[-1].read_bytes()[:100])
    (log / "_last_checkpoint").write_text("{")
    foz.start()
    assert foz.value("SELECT count(*) FROM bronze.t") == 60


def test_a_full_disk_refuses_what_it_cannot_keep(make_foz):
    foz = make_foz()
    (foz.project / "foz.yaml").write_text("limits: {free_disk: 1000TB}\n")
    foz.start()
    refused = []
    producer = confluent_kafka.Producer({"bootstrap.servers": foz.kafka, "message.timeout.ms": 3000})
    producer.produce("t", b"x", on_delivery=lambda error, _: refused.append(error))
    producer.flush(20)
    assert refused and refused[0] is not None
    assert foz.process.poll() is None
    assert "disk" in foz.log_text()


@pytest.mark.parametrize("damage", ["journal", "lock"])
def test_startup_refuses_what_it_cannot_trust(make_foz, damage):
    foz = make_foz().start()
    for first in range(0, 1000, 100):  # a frame each, at the least
        foz.produce("t", [b"%d" % i for i in range(first, first + 100)])
    if damage == "lock":
        other = type(foz)(foz.folder)
        with pytest.raises(AssertionError, match="another foz is using the data folder"):
            other.start()
        return
    foz.kill()
    inside = b"500"  # a record with whole frames after it
    journals = {path: path.read_bytes() for path in (foz.data / "log" / "journal").iterdir()}
    target = next(path for path, content in journals.items() if inside in content)
    with open(target, "r+b") as file:
        file.seek(journals[target].find(inside))
        file.write(b"\x00\x01\x02")
        os.fsync(file.fileno())
    try:
        foz.start()
    except AssertionError as refused:
        assert str(target.name) in str(refused) or "corrupt" in str(refused).lower()
    else:
        pytest.fail("damage in the middle of the journal went unnoticed")


# --- disks that are full or read-only, in a mount namespace of foz's own

def on_own_disk(foz, script: str, folder: str) -> None:
    """foz will see a small file system at its `folder` (lake or data); `script` runs in it beside foz, with $DISK set."""
    disk = foz.folder / folder
    disk.mkdir(parents=True)
    mount_points = [line.split()[4] for line in open("/proc/self/mountinfo")]
    propagation = "private" if "/" in mount_points else "unchanged"  # in a chroot, / is none whose propagation could be set
    unshare = ["unshare", "--mount", f"--propagation={propagation}", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    foz.wrapper = [*unshare, "sh", "-c", f'DISK="{disk}"; mount -t tmpfs -o size=96m foz "$DISK" && {{ {script} }} && exec "$@"',
                   "sh"]


# Fills the disk when the file `fill` appears, and empties it when `free` does.
BALLAST = """
( while [ ! -e "$DISK/../fill" ]; do sleep 0.05; done
  dd if=/dev/zero of="$DISK/ballast" bs=1M 2>/dev/null; touch "$DISK/../filled"
  while [ ! -e "$DISK/../free" ]; do sleep 0.05; done
  rm "$DISK/ballast"; touch "$DISK/../freed" ) &
"""


def tell_disk(foz, word: str, done: str) -> None:
    (foz.folder / word).touch()
    deadline = time.monotonic() + 30
    while not (foz.folder / done).exists():
        assert time.monotonic() < deadline, f"the disk is not {done}"
        time.sleep(0.02)


def fill(foz) -> None:
    tell_disk(foz, "fill", "filled")


def free(foz) -> None:
    tell_disk(foz, "free", "freed")


def good(first: int, count: int) -> list[bytes]:
    return [b'{"id": %d, "amount": "1"}' % i for i in range(first, first + count)]


def test_a_lake_that_is_full_for_a_while_loses_nothing(make_foz):
    foz = make_foz(pipelines={"parsed.sql": PARSED})
    on_own_disk(foz, BALLAST, "lake")
    foz.start()
    foz.produce("odd", good(0, 1000))
    foz.eventually("SELECT count(*) FROM silver.parsed", 1000)
    fill(foz)
    for first in range(1000, 6000, 100):  # each acknowledged, and seen, while nothing can be committed
        foz.produce("odd", good(first, 100))
    foz.eventually("SELECT count(*) FROM silver.parsed", 6000)
    deadline = time.monotonic() + 30
    while "commit is tried again" not in foz.log_text() and "blocked" not in foz.log_text():
        assert time.monotonic() < deadline, "nothing is said of the full disk"
        time.sleep(0.05)
    free(foz)
    foz.produce("odd", good(6000, 1000))
    foz.eventually("SELECT count(*) FROM silver.parsed", 7000)
    assert foz.stop() == 0, "everything could be committed: " + foz.log_text()[-2000:]
    assert "bronze.odd" not in foz.log_text().split("stopping")[-1]


def metric(foz, name: str) -> float:
    for line in urllib.request.urlopen(f"{foz.http}/metrics").read().decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    return 0


def test_a_long_outage_of_the_lake_is_met_by_the_log(make_foz):
    foz = make_foz(pipelines={"parsed.sql": PARSED})
    (foz.project / "foz.yaml").write_text(
        "commits: {interval: 300ms, slow_interval: 300ms}\nlimits: {free_disk: 16MB, memory: 128MB}\n")
    on_own_disk(foz, BALLAST, "lake")
    foz.start()
    foz.produce("odd", good(0, 1000))
    foz.eventually("SELECT count(*) FROM silver.parsed", 1000)
    fill(foz)
    # More than all tails may hold, a fourth of the memory; each record acknowledged.
    total = 61_000
    foz.produce("odd", [row[:-1] + b', "note": "%s"}' % (b"n" * 900) for row in good(1000, total - 1000)])
    deadline = time.monotonic() + 60
    while not (metric(foz, "foz_reading_held") and metric(foz, "foz_commits_waiting")):
        assert time.monotonic() < deadline, "nothing is said of the tails that are full"
        time.sleep(0.05)
    assert metric(foz, "foz_tail_bytes") < 1.5 * (32 << 20)
    flows = {flow["name"]: flow for flow in json.load(urllib.request.urlopen(f"{foz.http}/api/overview"))["flows"]}
    assert flows["silver.parsed"]["state"] == "catching up" and "tails are full" in flows["silver.parsed"]["error"]
    assert flows["silver.parsed"]["lag_records"] > 0
    assert urllib.request.urlopen(f"{foz.http}/healthz").status == 200
    assert 1000 <= foz.value("SELECT count(*) FROM bronze.odd") < total, "what was read is still there to be asked for"
    free(foz)
    foz.eventually("SELECT count(*) FROM silver.parsed", total)
    foz.eventually("SELECT count(DISTINCT offset) FROM bronze.odd", total)
    assert metric(foz, "foz_reading_held") == 0
    assert foz.stop() == 0, "everything could be committed: " + foz.log_text()[-2000:]


def test_statements_that_wait_for_a_full_lake_hear_that_nobody_wants_them(make_foz):
    """A DELETE has what streamed in committed first. Cancelled by its client, or killed, it leaves its place to others at once."""
    foz = make_foz()
    on_own_disk(foz, BALLAST, "lake")
    foz.start()
    foz.produce("odd", good(0, 100))
    foz.eventually("SELECT count(*) FROM bronze.odd", 100)
    fill(foz)
    foz.produce("odd", good(100, 100))
    foz.eventually("SELECT count(*) FROM bronze.odd", 200)
    host, port = foz.http.removeprefix("http://").split(":")
    waiting = "SELECT query_id FROM system.runtime.queries WHERE state = 'RUNNING' AND query LIKE 'DELETE%'"

    def by_client(cursor, query):
        cursor.cancel()

    def by_another(cursor, query):
        foz.sql(f"CALL system.runtime.kill_query(query_id => '{query}', message => 'enough')")

    for unwanted, wanted in ((by_client, "USER_CANCELED"), (by_another, "ADMINISTRATIVELY_KILLED")):
        cursor = trino.dbapi.connect(host=host, port=int(port), user="test", catalog="lake", schema="bronze").cursor()
        failed = []

        def ask():
            try:
                cursor.execute('DELETE FROM odd WHERE "offset" = 7')
            except trino.exceptions.TrinoQueryError as error:
                failed.append(error.error_name)

        asking = threading.Thread(target=ask)
        asking.start()
        deadline = time.monotonic() + 30
        while not (found := foz.sql(waiting)):
            assert time.monotonic() < deadline and asking.is_alive(), failed
        unwanted(cursor, found[0][0])
        asking.join(30)
        assert failed == [wanted]
        deadline = time.monotonic() + 20  # of the minute that it waits for the stream
        while metric(foz, "foz_queries_running"):
            assert time.monotonic() < deadline, "the statement waits on"
            time.sleep(0.05)
    free(foz)
    foz.eventually("SELECT count(*) FROM bronze.odd WHERE \"offset\" = 7", 1)


def test_a_log_disk_that_is_full_refuses_and_goes_on_when_there_is_room(make_foz):
    foz = make_foz()
    (foz.project / "foz.yaml").write_text("commits: {interval: 200ms, slow_interval: 200ms}\nlimits: {free_disk: 8MB}\n")
    on_own_disk(foz, BALLAST, "data")
    foz.start()
    foz.produce("t", [b"%d" % i for i in range(100)])
    fill(foz)
    outcomes = []
    producer = confluent_kafka.Producer({"bootstrap.servers": foz.kafka, "enable.idempotence": True, "message.timeout.ms": 60000})
    producer.produce("t", b"late", on_delivery=lambda error, _: outcomes.append(error))
    deadline = time.monotonic() + 20
    while "disk" not in foz.log_text():
        producer.poll(0.1)
        assert time.monotonic() < deadline, "nothing is said of the full disk"
    assert outcomes == [], "neither acknowledged nor given up"
    free(foz)
    assert producer.flush(50) == 0 and outcomes == [None]
    foz.eventually("SELECT count(*) FROM bronze.t", 101)
    foz.kill()


READ_ONLY = """
( while [ ! -e "$DISK/../fill" ]; do sleep 0.05; done
  mount -o remount,ro "$DISK"; touch "$DISK/../filled"
  while [ ! -e "$DISK/../free" ]; do sleep 0.05; done
  mount -o remount,rw "$DISK"; touch "$DISK/../freed" ) &
"""


def test_a_lake_that_is_read_only_for_a_while_loses_nothing(make_foz):
    foz = make_foz(pipelines={"parsed.sql": PARSED})
    on_own_disk(foz, READ_ONLY, "lake")
    foz.start()
    foz.produce("odd", good(0, 1000))
    foz.eventually("SELECT count(*) FROM silver.parsed", 1000)
    fill(foz)
    foz.produce("odd", good(1000, 5000))
    foz.produce("new", good(0, 10))  # a topic whose table cannot be made now
    deadline = time.monotonic() + 30
    while "blocked table=silver.parsed" not in foz.log_text():
        assert time.monotonic() < deadline, "the table is not said to be blocked"
        time.sleep(0.05)
    free(foz)
    foz.produce("odd", good(6000, 1000))
    foz.eventually("SELECT count(*) FROM silver.parsed", 7000)
    foz.eventually("SELECT count(*) FROM bronze.odd", 7000)
    foz.eventually("SELECT count(*) FROM bronze.new", 10)
    assert foz.stop() == 0, "everything could be committed: " + foz.log_text()[-2000:]
