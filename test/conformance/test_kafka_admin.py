"""What other people's tools do to topics: confluent-kafka's AdminClient (librdkafka) and kcat. Nothing of it takes anything
from the lake."""

import subprocess
import time

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource, NewPartitions,
                                   NewTopic, OffsetSpec, ResourceType)


@pytest.fixture
def admin(foz):
    return AdminClient({"bootstrap.servers": foz.kafka})


def only(futures):
    (future,) = futures.values()
    return future


def create(admin, name, partitions=1, **config):
    admin.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result(30)


def topics(admin):
    return {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=30).topics.items()}


def configs(admin, kind, name):
    return only(admin.describe_configs([ConfigResource(kind, name)])).result(30)


def alter(admin, name, entries, **options):
    resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
    return admin.incremental_alter_configs([resource], **options)[resource].result(30)


def entry(name, value, operation=AlterConfigOpType.SET):
    return ConfigEntry(name, value, incremental_operation=operation)


def read_values(foz, topic, count, partition=0, offset=0):
    client = Consumer({"bootstrap.servers": foz.kafka, "group.id": "unused", "enable.auto.commit": False,
                       "auto.offset.reset": "earliest"})
    client.assign([TopicPartition(topic, partition, offset)])
    values = []
    while len(values) < count:
        batch = client.consume(count - len(values), timeout=30)
        assert batch, f"only {len(values)} of {count} came"
        values += [message.value() for message in batch]
    client.close()
    return values


def test_topics_come_and_go(foz, admin):
    create(admin, "orders", partitions=3)
    foz.produce("orders", [b"%d" % i for i in range(100)])
    foz.eventually("SELECT count(*) FROM bronze.orders", 100)
    first = admin.describe_topics(TopicCollection(["orders"]))["orders"].result(30).topic_id
    admin.delete_topics(["orders"])["orders"].result(30)
    assert "orders" not in topics(admin)
    with pytest.raises(KafkaException, match="UNKNOWN_TOPIC_OR_PART"):
        admin.delete_topics(["orders"])["orders"].result(30)
    assert foz.value("SELECT count(*) FROM bronze.orders") == 100
    create(admin, "orders")
    again = admin.describe_topics(TopicCollection(["orders"]))["orders"].result(30)
    assert len(again.partitions) == 1 and str(again.topic_id) != str(first)
    foz.produce("orders", [b"new"])
    assert read_values(foz, "orders", 1) == [b"new"]
    foz.eventually("SELECT count(*) FROM bronze.orders", 101)
    foz.committed("bronze", "orders", 101)
    assert "a topic was deleted" in foz.log_text() and "bronze.orders" in foz.log_text()


PIPELINE = "CREATE OR REFRESH STREAMING TABLE copy AS SELECT CAST(value AS STRING) AS v FROM STREAM bronze.load;"


@pytest.mark.parametrize("again", [False, True])
def test_what_was_acknowledged_outlives_its_topic_and_a_crash(make_foz, again):
    foz = make_foz(pipelines={"p.sql": PIPELINE}).start()
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    create(admin, "load", partitions=2)
    foz.produce("load", [b"%d" % i for i in range(20_000)])
    admin.delete_topics(["load"])["load"].result(30)
    if again:
        foz.produce("load", [b"again %d" % i for i in range(1000)])
    foz.kill()
    foz.start()
    total = 21_000 if again else 20_000
    assert ("load" in topics(AdminClient({"bootstrap.servers": foz.kafka}))) == again
    for table, column in (("bronze.load", "value"), ("silver.copy", "v")):
        foz.eventually(f"SELECT count(*) FROM {table}", total)
        assert foz.value(f"SELECT count(DISTINCT {column}) FROM {table}") == total
    foz.committed("bronze", "load", total)
    foz.committed("silver", "copy", total)
    assert foz.stop() == 0


def test_deleted_records_are_gone_for_consumers_and_in_the_lake(make_foz):
    foz = make_foz().start()
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    create(admin, "t", partitions=2)
    producer = Producer({"bootstrap.servers": foz.kafka})
    for i in range(1000):
        producer.produce("t", b"%d" % i, partition=i % 2)
    assert producer.flush(60) == 0
    asked = [TopicPartition("t", 0, 100), TopicPartition("t", 1, -1)]
    deleted = admin.delete_records(asked)
    lows = {where.partition: future.result(30).low_watermark for where, future in deleted.items()}
    assert lows == {0: 100, 1: 500}
    foz.kill()
    foz.start()
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    earliest = admin.list_offsets({where: OffsetSpec.earliest() for where in asked})
    assert {where.partition: future.result(30).offset for where, future in earliest.items()} == {0: 100, 1: 500}
    newest = only(admin.list_offsets({TopicPartition("t", 0): OffsetSpec.max_timestamp()})).result(30)
    assert 100 <= newest.offset < 500
    assert read_values(foz, "t", 400) == [b"%d" % i for i in range(200, 1000, 2)]
    got = subprocess.run(["kcat", "-C", "-b", foz.kafka, "-t", "t", "-e", "-q", "-o", "beginning"], capture_output=True,
                         timeout=60, check=True).stdout
    assert got.split() == [b"%d" % i for i in range(200, 1000, 2)]
    foz.eventually("SELECT count(*) FROM bronze.t", 1000)
    foz.committed("bronze", "t", 1000)
    too_far = only(admin.delete_records([TopicPartition("t", 0, 501)]))
    with pytest.raises(KafkaException, match="OFFSET_OUT_OF_RANGE"):
        too_far.result(30)


def test_partitions_are_added_under_producers_and_flows(make_foz):
    foz = make_foz(pipelines={"p.sql": PIPELINE}).start()
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    create(admin, "load")
    foz.produce("load", [b"a%d" % i for i in range(500)])
    admin.create_partitions([NewPartitions("load", 4)])["load"].result(30)
    assert topics(admin)["load"] == 4
    producer = Producer({"bootstrap.servers": foz.kafka})
    for i in range(400):
        producer.produce("load", b"b%d" % i, partition=i % 4)
    assert producer.flush(60) == 0
    foz.eventually("SELECT count(*) FROM bronze.load", 900)
    foz.eventually("SELECT count(*) FROM silver.copy", 900)
    assert foz.value("SELECT count(DISTINCT partition) FROM bronze.load") == 4
    assert read_values(foz, "load", 100, partition=3) == [b"b%d" % i for i in range(3, 400, 4)]
    foz.kill()
    foz.start()
    foz.committed("silver", "copy", 900)
    assert foz.delta("bronze", "load").metadata().configuration["foz.topic.partitions"] == "4"
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    with pytest.raises(KafkaException, match="INVALID_PARTITIONS"):
        admin.create_partitions([NewPartitions("load", 2)])["load"].result(30)


def test_settings_are_described_and_altered(foz, admin):
    create(admin, "t", **{"retention.ms": "60000"})
    shown = configs(admin, ResourceType.TOPIC, "t")
    assert shown["retention.ms"].value == "60000" and shown["retention.ms"].source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    assert shown["cleanup.policy"].value == "delete" and shown["cleanup.policy"].is_default
    alter(admin, "t", [entry("retention.ms", "1"), entry("segment.bytes", "1048576")], validate_only=True)
    assert configs(admin, ResourceType.TOPIC, "t")["retention.ms"].value == "60000"
    alter(admin, "t", [entry("retention.ms", None, AlterConfigOpType.DELETE), entry("segment.bytes", "1048576"),
                       entry("cleanup.policy", "compact", AlterConfigOpType.APPEND)])
    shown = configs(admin, ResourceType.TOPIC, "t")
    assert shown["retention.ms"].value == "604800000" and shown["retention.ms"].is_default
    assert shown["segment.bytes"].value == "1048576" and shown["cleanup.policy"].value == "delete,compact"
    with pytest.raises(KafkaException, match="did you mean retention.ms"):
        alter(admin, "t", [entry("retention.mss", "1")])
    with pytest.raises(KafkaException, match="cannot be switched off"):
        alter(admin, "t", [entry("foz.bronze", "false")])
    broker = configs(admin, ResourceType.BROKER, "1")
    assert broker["log.retention.ms"].value == "604800000" and broker["num.partitions"].is_read_only
    foz.kill()
    foz.start()
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    again = configs(admin, ResourceType.TOPIC, "t")
    assert {name: each.value for name, each in again.items()} == {name: each.value for name, each in shown.items()}


def test_a_topic_without_a_table(foz, admin):
    create(admin, "quiet", **{"foz.bronze": "false"})
    foz.produce("quiet", [b"x"])
    assert read_values(foz, "quiet", 1) == [b"x"]
    assert configs(admin, ResourceType.TOPIC, "quiet")["foz.bronze"].value == "false"
    admin.delete_topics(["quiet"])["quiet"].result(30)
    assert not (foz.lake / "bronze" / "quiet").exists()


def test_a_request_that_names_many_topics_holds_up_nobody(foz, admin):
    names = [f"none{i}" for i in range(50_000)]
    started = time.monotonic()
    futures = admin.delete_topics(names, request_timeout=60)
    other = AdminClient({"bootstrap.servers": foz.kafka})
    create(other, "meanwhile")
    for future in futures.values():
        assert future.exception(60) is not None
    assert time.monotonic() - started < 60
