"""Transactions as other people's clients make them (confluent-kafka, which is librdkafka, and kafka-python): read_committed
consumers, bronze, silver and other readers of Delta see exactly what was committed, whatever is killed in between.
"""

import json
import random

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, ResourceType
from kills import ROUNDS, kill_under_load

PIPELINE = """
CREATE OR REFRESH STREAMING TABLE clean AS SELECT e.id, partition, offset
FROM (SELECT from_json(CAST(value AS STRING), 'id BIGINT') AS e, partition, offset FROM STREAM bronze.load);
"""


def transactional(kafka, name, **config):
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": name, "linger.ms": 1, **config})
    producer.init_transactions(30)
    return producer


def write(producer, topic, values, partition=0):
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(30) == 0


def commit(producer, topic, values, partition=0):
    producer.begin_transaction()
    write(producer, topic, values, partition)
    producer.commit_transaction(30)


def abort(producer, topic, values, partition=0):
    producer.begin_transaction()
    write(producer, topic, values, partition)
    producer.abort_transaction(30)


def create(kafka, name, partitions=1):
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(30)


def read_all(kafka, topic, isolation, partition=0):
    """Everything from the beginning to the end that the isolation level knows."""
    client = Consumer({"bootstrap.servers": kafka, "group.id": "unused", "enable.auto.commit": False,
                       "isolation.level": isolation, "enable.partition.eof": True})
    client.assign([TopicPartition(topic, partition, 0)])
    values = []
    while True:
        message = client.poll(30)
        assert message is not None, "neither a record nor the end came"
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
            break
        values.append(message.value())
    client.close()
    return values


def values_of(rows):
    return [bytes(row[0]) for row in rows]


def test_committed_records_alone_are_seen(foz):
    create(foz.kafka, "orders", 2)
    producer = transactional(foz.kafka, "shop")
    commit(producer, "orders", [b"a%d" % i for i in range(100)])
    abort(producer, "orders", [b"lost%d" % i for i in range(50)])
    commit(producer, "orders", [b"b%d" % i for i in range(100)])
    wanted = [b"a%d" % i for i in range(100)] + [b"b%d" % i for i in range(100)]
    assert read_all(foz.kafka, "orders", "read_committed") == wanted
    assert len(read_all(foz.kafka, "orders", "read_uncommitted")) == 250
    foz.eventually("SELECT count(*) FROM bronze.orders", 200)
    assert values_of(foz.sql('SELECT value FROM bronze.orders ORDER BY "offset"')) == wanted
    rows = foz.committed("bronze", "orders", 200).sort_by("offset")
    assert rows.column("value").to_pylist() == wanted

    # An open transaction holds what comes behind it in its partition, and no other partition.
    producer.begin_transaction()
    write(producer, "orders", [b"open"])
    foz.produce("orders", [b"behind"], partitioner="consistent")  # to some partition
    other = Producer({"bootstrap.servers": foz.kafka})
    other.produce("orders", b"behind", partition=0)
    other.produce("orders", b"beside", partition=1)
    assert other.flush(30) == 0
    foz.eventually("SELECT count(*) FROM bronze.orders WHERE value = to_utf8('beside')", 1)
    assert foz.value("SELECT count(*) FROM bronze.orders WHERE value = to_utf8('open')") == 0
    producer.commit_transaction(30)
    foz.eventually("SELECT count(*) FROM bronze.orders WHERE value = to_utf8('open')", 1)
    assert foz.value("SELECT count(*) FROM bronze.orders WHERE value = to_utf8('behind') AND partition = 0") >= 1


def test_a_second_producer_fences_the_first(foz):
    create(foz.kafka, "orders")
    first = transactional(foz.kafka, "shop")
    first.begin_transaction()
    write(first, "orders", [b"lost"])
    second = transactional(foz.kafka, "shop")
    commit(second, "orders", [b"mine"])
    with pytest.raises(KafkaException) as fenced:
        first.commit_transaction(30)
    assert fenced.value.args[0].code() in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)
    assert fenced.value.args[0].fatal()
    assert read_all(foz.kafka, "orders", "read_committed") == [b"mine"]
    foz.eventually("SELECT count(*) FROM bronze.orders", 1)


def test_what_takes_too_long_is_aborted(foz):
    create(foz.kafka, "orders")
    slow = transactional(foz.kafka, "slow", **{"transaction.timeout.ms": 1000})
    slow.begin_transaction()
    write(slow, "orders", [b"lost"])
    foz.produce("orders", [b"behind"])
    foz.eventually("SELECT count(*) FROM bronze.orders", 1)
    assert values_of(foz.sql("SELECT value FROM bronze.orders")) == [b"behind"]
    with pytest.raises(KafkaException):
        slow.commit_transaction(30)


def test_consume_transform_produce(foz):
    """Offsets and results are one transaction: each input is there once, though some attempts are aborted."""
    create(foz.kafka, "inputs")
    create(foz.kafka, "outputs")
    foz.produce("inputs", [b"%d" % i for i in range(500)])
    consumer = Consumer({"bootstrap.servers": foz.kafka, "group.id": "transform", "enable.auto.commit": False,
                         "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
    consumer.subscribe(["inputs"])
    producer = transactional(foz.kafka, "transform")
    done, attempt = 0, 0
    while done < 500:
        batch = consumer.consume(100, 5)
        assert all(message.error() is None for message in batch)
        if not batch:
            continue
        attempt += 1
        producer.begin_transaction()
        for message in batch:
            producer.produce("outputs", b"out" + message.value())
        producer.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), 30)
        if attempt % 3 == 1:
            producer.abort_transaction(30)
            for partition in consumer.committed(consumer.assignment(), 30):
                consumer.seek(TopicPartition(partition.topic, partition.partition, max(partition.offset, 0)))
            continue
        producer.commit_transaction(30)
        done += len(batch)
    committed = consumer.committed([TopicPartition("inputs", 0)], 30)
    assert committed[0].offset == 500
    consumer.close()
    assert read_all(foz.kafka, "outputs", "read_committed") == [b"out%d" % i for i in range(500)]
    foz.eventually("SELECT count(*) FROM bronze.outputs", 500)


def test_kafka_python(foz):
    kafka = pytest.importorskip("kafka")
    create(foz.kafka, "orders")
    producer = kafka.KafkaProducer(bootstrap_servers=foz.kafka, transactional_id="python")
    producer.init_transactions()
    for values, end in (([b"a", b"b"], producer.commit_transaction), ([b"lost"], producer.abort_transaction),
                        ([b"c"], producer.commit_transaction)):
        producer.begin_transaction()
        for value in values:
            producer.send("orders", value).get(timeout=30)
        end()
    producer.close()
    consumer = kafka.KafkaConsumer("orders", bootstrap_servers=foz.kafka, auto_offset_reset="earliest",
                                   isolation_level="read_committed", consumer_timeout_ms=3000)
    assert [record.value for record in consumer] == [b"a", b"b", b"c"]
    consumer.close()
    foz.eventually("SELECT count(*) FROM bronze.orders", 3)


def test_the_brokers_own_topics_stay(foz):
    create(foz.kafka, "orders")
    commit(transactional(foz.kafka, "shop"), "orders", [b"a"])
    consumer = Consumer({"bootstrap.servers": foz.kafka, "group.id": "g"})
    consumer.commit(offsets=[TopicPartition("orders", 0, 1)], asynchronous=False)
    consumer.close()
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    for name in ("__consumer_offsets", "__transaction_state"):
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[
            ConfigEntry("retention.ms", "1000", incremental_operation=AlterConfigOpType.SET)])
        attempts = [admin.delete_topics([name]), admin.incremental_alter_configs([resource]),
                    admin.create_partitions([NewPartitions(name, 5)]), admin.delete_records([TopicPartition(name, 0, 1)])]
        for futures in attempts:
            for future in futures.values():
                with pytest.raises(KafkaException):
                    future.result(30)
        assert admin.describe_topics(TopicCollection([name]))[name].result(30).is_internal


class Load:
    """Transactions for as long as it runs, some of them aborted, and what became of each."""

    def __init__(self):
        self.next, self.committed, self.unknown = 0, [], []

    def run(self, kafka, stop):
        rng = random.Random(self.next)
        try:
            producer = transactional(kafka, "load", **{"log_level": 0})
        except KafkaException:
            return
        while not stop.is_set():
            ids = list(range(self.next, self.next + rng.randrange(1, 40)))
            self.next = ids[-1] + 1
            wanted = rng.random() < 0.7
            ending = False
            try:
                producer.begin_transaction()
                for i in ids:
                    producer.produce("load", json.dumps({"id": i}).encode(), partition=i % 3)
                    if rng.random() < 0.1:
                        producer.flush(2)
                ending = wanted
                if wanted:
                    producer.commit_transaction(2)
                else:
                    producer.abort_transaction(2)
            except KafkaException:
                if ending:
                    self.unknown.append(ids)
                return
            if wanted:
                self.committed.append(ids)


def test_sigkill_amid_transactions(make_foz):
    foz = make_foz(pipelines={"load.sql": PIPELINE})
    load = Load()
    kill_under_load(foz, load.run, lambda: len(load.committed), lambda: create(foz.kafka, "load", 3))
    transactional(foz.kafka, "load")  # ends what is open
    seen = [json.loads(value)["id"] for p in range(3) for value in read_all(foz.kafka, "load", "read_committed", p)]
    assert len(seen) == len(set(seen))
    expected = {i for ids in load.committed for i in ids}
    for ids in load.unknown:  # the answer was lost: all of it or nothing
        there = set(ids) & set(seen)
        assert there in (set(), set(ids))
        expected |= there
    assert set(seen) == expected
    foz.eventually("SELECT count(*) FROM bronze.load", len(expected))
    foz.eventually("SELECT count(*) FROM silver.clean", len(expected))
    assert {row[0] for row in foz.sql("SELECT id FROM silver.clean")} == expected
    assert foz.stop() == 0
    for schema, table in (("bronze", "load"), ("silver", "clean")):
        assert foz.delta(schema, table).to_pyarrow_table().num_rows == len(expected)
    print(f"{len(load.committed)} transactions of {len(expected)} records over {ROUNDS} kills, {len(load.unknown)} without an answer")
