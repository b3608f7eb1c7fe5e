"""What other people's Kafka clients do with foz: librdkafka through confluent-kafka (new) and through kcat (old)."""

import os
import random
import shutil
import socket
import struct
import subprocess

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def consumer(foz, **config):
    return Consumer({"bootstrap.servers": foz.kafka, "group.id": "unused", "enable.auto.commit": False,
                     "auto.offset.reset": "error", **config})


def read(foz, topic, count, partition=0, offset=0, **config):
    """`count` messages of a partition."""
    client = consumer(foz, **config)
    client.assign([TopicPartition(topic, partition, offset)])
    messages = []
    while len(messages) < count:
        batch = client.consume(count - len(messages), timeout=30)
        assert batch, f"only {len(messages)} of {count} messages came"
        for message in batch:
            assert message.error() is None, message.error()
            messages.append(message)
    client.close()
    return messages


def create(foz, name, partitions=1, **config):
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    admin.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result(30)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("idempotent", [False, True])
def test_everything_of_a_record_survives(foz, codec, idempotent):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    sent = []
    producer = Producer({"bootstrap.servers": foz.kafka, "compression.type": codec, "enable.idempotence": idempotent,
                         "linger.ms": 20})
    failed = []
    for i in range(3000):
        key = None if i % 3 == 0 else b"key-%d" % (i % 50)
        value = None if i % 97 == 0 else chance.randbytes(chance.randrange(10)) * chance.randrange(200)
        headers = [("h", b"\x00\xff"), ("empty", b""), ("null", None)] if i % 5 == 0 else None
        sent.append((key, value, headers, 1_700_000_000_000 + i))
        producer.produce("records", value, key, headers=headers or [], timestamp=sent[-1][3],
                         on_delivery=lambda error, message: error and failed.append(error))
        producer.poll(0)
    assert producer.flush(60) == 0 and not failed, failed
    got = read(foz, "records", len(sent))
    assert [m.offset() for m in got] == list(range(len(sent)))
    assert [(m.key(), m.value(), m.headers(), m.timestamp()[1]) for m in got] == sent


@pytest.mark.parametrize("acks", ["0", "1", "all"])
def test_acks(foz, acks):
    create(foz, "t")
    foz.produce("t", [b"%d" % i for i in range(1000)], acks=acks)
    assert [m.value() for m in read(foz, "t", 1000)] == [b"%d" % i for i in range(1000)]


def test_partitions_keep_their_order(foz):
    create(foz, "parts", partitions=4)
    foz.produce("parts", [(b"k%d" % (i % 13), b"%d" % i) for i in range(4000)])
    client = consumer(foz)
    ends = [client.get_watermark_offsets(TopicPartition("parts", p), timeout=30) for p in range(4)]
    assert all(low == 0 for low, _ in ends) and sum(high for _, high in ends) == 4000
    client.close()
    seen = set()
    for partition in range(4):
        values = [int(m.value()) for m in read(foz, "parts", ends[partition][1], partition)]
        last = {}
        for value in values:
            assert last.get(value % 13, -1) < value
            last[value % 13] = value
        seen.update(values)
    assert seen == set(range(4000))


def test_a_waiting_consumer_gets_a_record_at_once(foz):
    create(foz, "live")
    client = consumer(foz, **{"fetch.wait.max.ms": 20000})
    client.assign([TopicPartition("live", 0, 0)])
    assert client.poll(0.5) is None
    foz.produce("live", [b"now"])
    message = client.poll(15)
    assert message is not None and message.value() == b"now"
    client.close()


def test_large_messages_and_small_fetches(foz):
    create(foz, "large")
    values = [bytes([i]) * (900_000 if i % 2 else 10) for i in range(20)]
    foz.produce("large", values)
    got = read(foz, "large", 20, **{"fetch.message.max.bytes": 1000, "fetch.max.bytes": 1000, "message.max.bytes": 1000})
    assert [m.value() for m in got] == values


def test_offsets_by_time(foz):
    create(foz, "times", partitions=2)
    producer = Producer({"bootstrap.servers": foz.kafka})
    for i in range(100):
        producer.produce("times", b"x", partition=0, timestamp=1_700_000_000_000 + 1000 * i)
    assert producer.flush(30) == 0
    client = consumer(foz)
    ask = lambda time, partition=0: client.offsets_for_times([TopicPartition("times", partition, time)], timeout=30)[0].offset
    assert ask(1_700_000_000_000) == 0
    assert ask(1_700_000_000_001) == 1
    assert ask(1_700_000_099_000) == 99
    assert ask(1_700_000_099_001) == -1  # after the last: the end
    assert ask(0, partition=1) == -1
    client.close()


def test_an_offset_beyond_the_end_is_an_error(foz):
    create(foz, "short")
    foz.produce("short", [b"x"])
    client = consumer(foz)
    client.assign([TopicPartition("short", 0, 1000)])
    message = client.poll(30)
    assert message.error().code() == KafkaError._AUTO_OFFSET_RESET
    client.close()


def test_admin_describes_and_creates(foz):
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    created = admin.create_topics([NewTopic("a", 3, 1, config={"retention.ms": "3600000"}), NewTopic("b", 1, 1)])
    for future in created.values():
        future.result(30)
    listed = admin.list_topics(timeout=30)
    assert {name: len(topic.partitions) for name, topic in listed.topics.items()} == {"a": 3, "b": 1}
    assert listed.cluster_id and len(listed.brokers) == 1 and listed.controller_id in listed.brokers
    host, port = foz.kafka.split(":")
    broker = listed.brokers[listed.controller_id]
    assert (broker.host, broker.port) == (host, int(port))
    for topic, code in [(NewTopic("a", 1, 1), KafkaError.TOPIC_ALREADY_EXISTS),
                        (NewTopic("no/slash", 1, 1), KafkaError.TOPIC_EXCEPTION),
                        (NewTopic("c", 1, 3), KafkaError.INVALID_REPLICATION_FACTOR),
                        (NewTopic("c", 1, 1, config={"no.such.setting": "1"}), KafkaError.INVALID_CONFIG)]:
        with pytest.raises(KafkaException) as refused:
            admin.create_topics([topic])[topic.topic].result(30)
        assert refused.value.args[0].code() == code
    admin.create_topics([NewTopic("dry", 1, 1)], validate_only=True)["dry"].result(30)
    assert "dry" not in admin.list_topics(timeout=30).topics


def test_a_message_over_the_topics_limit_is_refused(foz):
    create(foz, "limited", **{"max.message.bytes": "1000"})
    errors = []
    producer = Producer({"bootstrap.servers": foz.kafka})
    producer.produce("limited", b"x" * 2000, on_delivery=lambda error, _: errors.append(error))
    producer.flush(30)
    assert errors[0].code() == KafkaError.MSG_SIZE_TOO_LARGE


def test_records_survive_sigkill(make_foz):
    foz = make_foz().start()
    foz.produce("kept", [b"%d" % i for i in range(5000)], **{"enable.idempotence": True})
    foz.kill()
    foz.start()
    assert [m.value() for m in read(foz, "kept", 5000)] == [b"%d" % i for i in range(5000)]
    foz.produce("kept", [b"more"])
    assert read(foz, "kept", 1, offset=5000)[0].value() == b"more"


# --- kcat: a librdkafka of 2022

kcat = pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")


def run_kcat(foz, *arguments, text=""):
    done = subprocess.run(["kcat", "-b", foz.kafka, *arguments], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@kcat
@pytest.mark.parametrize("codec", CODECS)
def test_kcat_produces_and_consumes(foz, codec):
    lines = [f"{i}\tvalue {i}" for i in range(2000)]
    run_kcat(foz, "-P", "-t", "lines", "-K", "\t", "-z", codec, text="\n".join(lines) + "\n")
    got = run_kcat(foz, "-C", "-t", "lines", "-o", "beginning", "-e", "-q", "-f", "%k\t%s\n")
    assert got.splitlines() == lines
    assert run_kcat(foz, "-C", "-t", "lines", "-o", "-10", "-e", "-q", "-f", "%o\n").split() == [str(i) for i in range(1990, 2000)]


@kcat
def test_kcat_lists_and_queries(foz):
    create(foz, "listed", partitions=2)
    listing = run_kcat(foz, "-L")
    assert 'topic "listed" with 2 partitions' in listing and "1 brokers" in listing
    assert run_kcat(foz, "-Q", "-t", "listed:0:-1").strip() == "listed [0] offset 0"


# --- no client at all

def test_hostile_bytes_only_close_their_own_connection(foz):
    host, port = foz.kafka.split(":")
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    open_ones = []
    for i in range(200):
        peer = socket.create_connection((host, int(port)))
        open_ones.append(peer)
        kind = i % 4
        if kind == 0:
            peer.sendall(chance.randbytes(chance.randrange(1, 2000)))
        elif kind == 1:  # a frame that never ends
            peer.sendall(struct.pack(">i", 100 << 20) + b"\x00\x00\x00\x09")
        elif kind == 2:  # a real header, nonsense behind it
            body = struct.pack(">hhih", chance.choice([0, 1, 2, 3, 18, 19, 22, 60]), chance.randrange(13), i, -1)
            body += chance.randbytes(chance.randrange(200))
            peer.sendall(struct.pack(">i", len(body)) + body)
        else:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    foz.produce("after", [b"still here"])
    assert read(foz, "after", 1)[0].value() == b"still here"
    for peer in open_ones:
        peer.close()
    assert os.path.exists(f"/proc/{foz.process.pid}")
