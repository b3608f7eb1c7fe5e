"""Consumer groups as other people's clients use them: librdkafka through confluent-kafka and kcat, kafka-python."""

import queue
import shutil
import subprocess
import sys
import threading
import time

import pytest
from confluent_kafka import Consumer, ConsumerGroupState, ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

QUICK = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 200}


def create(foz, name, partitions=1):
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(30)
    return admin


class Member:
    """A consumer of a group, on a thread of its own: what it was assigned, and what it read."""

    def __init__(self, foz, group, topic, **config):
        self.values, self.assigned, self.errors, self.revoked = [], set(), [], 0
        self.stopping, self.commits, self.committed = threading.Event(), queue.Queue(), queue.Queue()
        self.consumer = Consumer({"bootstrap.servers": foz.kafka, "group.id": group, "auto.offset.reset": "earliest",
                                  "auto.commit.interval.ms": 100, **QUICK, **config})
        self.consumer.subscribe([topic], on_assign=self.on_assign, on_revoke=self.on_revoke, on_lost=self.on_revoke)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def on_assign(self, consumer, partitions):
        self.assigned |= {p.partition for p in partitions}

    def on_revoke(self, consumer, partitions):
        self.revoked += 1
        self.assigned -= {p.partition for p in partitions}

    def run(self):
        while not self.stopping.is_set():
            if not self.commits.empty():
                self.commits.get()
                self.committed.put(self.consumer.commit(asynchronous=False))
            message = self.consumer.poll(0.05)
            if message is None:
                continue
            if message.error():
                self.errors.append(message.error())
            else:
                self.values.append(message.value())
        self.consumer.close()

    def commit(self):
        """What it has read, and waits for the answer. A consumer belongs to one thread."""
        self.commits.put(None)
        return self.committed.get(timeout=30)

    def close(self):
        self.stopping.set()
        self.thread.join()


def wait_for(condition, what, wait_s=60):
    deadline = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.02)


@pytest.fixture
def member():
    made = []

    def make(*arguments, **config):
        made.append(Member(*arguments, **config))
        return made[-1]

    yield make
    for each in made:
        each.close()


def committed(foz, group, topic, partitions):
    consumer = Consumer({"bootstrap.servers": foz.kafka, "group.id": group})
    try:
        return [p.offset for p in consumer.committed([TopicPartition(topic, p) for p in range(partitions)], timeout=30)]
    finally:
        consumer.close()


def share(members, partitions):
    """The members have all partitions, each once."""
    wait_for(lambda: sorted(p for m in members for p in m.assigned) == list(range(partitions))
             and all(m.assigned for m in members), lambda: [m.assigned for m in members])


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_members_share_the_partitions(foz, member, strategy):
    create(foz, "t", 4)
    config = {"partition.assignment.strategy": strategy}
    first = member(foz, "g", "t", **config)
    share([first], 4)
    foz.produce("t", [(b"%d" % i, b"%d" % i) for i in range(1000)])
    wait_for(lambda: len(first.values) == 1000, lambda: len(first.values))
    second = member(foz, "g", "t", **config)
    share([first, second], 4)
    third = member(foz, "g", "t", **config)
    share([first, second, third], 4)
    foz.produce("t", [(b"%d" % i, b"%d" % i) for i in range(1000, 2000)])
    members = [first, second, third]
    wait_for(lambda: sum(len(m.values) for m in members) >= 2000, lambda: [len(m.values) for m in members])
    second.close()  # leaves
    share([first, third], 4)
    foz.produce("t", [(b"%d" % i, b"%d" % i) for i in range(2000, 3000)])
    wait_for(lambda: sum(len(m.values) for m in members) >= 3000, lambda: [len(m.values) for m in members])
    assert sorted(int(v) for m in members for v in m.values) == list(range(3000))
    assert not any(m.errors for m in members)


def test_a_consumer_that_starts_alone_reads_at_once(foz, member):
    create(foz, "t")
    foz.produce("t", [b"x"])
    begin = time.monotonic()
    alone = member(foz, "g", "t")
    wait_for(lambda: alone.values, lambda: alone.errors)
    print("first record after", time.monotonic() - begin)
    assert time.monotonic() - begin < 5


def test_a_group_goes_on_where_it_was_after_sigkill(make_foz, member):
    foz = make_foz().start()
    create(foz, "t", 2)
    foz.produce("t", [(b"%d" % i, b"%d" % i) for i in range(1000)])
    config = {"enable.auto.commit": False, "session.timeout.ms": 45000}
    one = member(foz, "g", "t", **config)
    wait_for(lambda: len(one.values) == 1000, lambda: len(one.values))
    one.commit()
    offsets = committed(foz, "g", "t", 2)
    assert sum(offsets) == 1000
    foz.kill()
    foz.start(kafka=foz.kafka)
    assert committed(foz, "g", "t", 2) == offsets
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    described = admin.describe_consumer_groups(["g"])["g"].result(30)
    assert len(described.members) == 1 and described.state == ConsumerGroupState.STABLE
    # The member goes on with its partitions as if nothing had been.
    foz.produce("t", [(b"%d" % i, b"%d" % i) for i in range(1000, 2000)])
    wait_for(lambda: len(one.values) == 2000, lambda: len(one.values))
    assert one.revoked == 0
    one.commit()
    one.close()
    foz.produce("t", [b"last"])
    other = member(foz, "g", "t")
    wait_for(lambda: other.values, lambda: other.errors)
    assert other.values == [b"last"]


def test_a_dead_members_partitions_go_to_the_others(foz, member):
    create(foz, "t", 2)
    one = member(foz, "g", "t")
    two = subprocess.Popen(["python3", "-c", f"""
import sys; sys.path[:0] = {sys.path!r}
from confluent_kafka import Consumer
consumer = Consumer({{"bootstrap.servers": "{foz.kafka}", "group.id": "g", "session.timeout.ms": 6000}})
consumer.subscribe(["t"])
while True:
    consumer.poll(0.1)
"""])
    try:
        wait_for(lambda: len(one.assigned) == 1, lambda: one.assigned)
    finally:
        two.kill()
        two.wait()
    wait_for(lambda: one.assigned == {0, 1}, lambda: one.assigned)


def test_static_members_come_back_to_their_partitions(foz, member):
    create(foz, "t", 2)
    one = member(foz, "g", "t", **{"group.instance.id": "one"})
    two = member(foz, "g", "t", **{"group.instance.id": "two"})
    share([one, two], 2)
    had, before = set(two.assigned), one.revoked
    two.close()  # a static member does not leave
    again = member(foz, "g", "t", **{"group.instance.id": "two"})
    wait_for(lambda: again.assigned == had, lambda: again.assigned)
    assert one.revoked == before


def test_a_second_instance_of_a_static_member_fences_the_first(foz, member):
    create(foz, "t", 2)
    one = member(foz, "g", "t", **{"group.instance.id": "one"})
    share([one], 2)
    other = member(foz, "g", "t", **{"group.instance.id": "one"})
    share([other], 2)
    wait_for(lambda: any("fenced" in e.str() for e in one.errors), lambda: one.errors)


def test_administrators_see_and_change_groups(foz, member):
    admin = create(foz, "t", 2)
    foz.produce("t", [(b"%d" % i, b"x") for i in range(100)])
    one = member(foz, "g", "t", **{"client.id": "me"})
    wait_for(lambda: len(one.values) == 100, lambda: len(one.values))
    wait_for(lambda: sum(committed(foz, "g", "t", 2)) == 100, lambda: committed(foz, "g", "t", 2))
    listed = admin.list_consumer_groups().result(30)
    assert [(g.group_id, g.state) for g in listed.valid] == [("g", ConsumerGroupState.STABLE)] and not listed.errors
    assert admin.list_consumer_groups(states={ConsumerGroupState.EMPTY}).result(30).valid == []
    described = admin.describe_consumer_groups(["g"])["g"].result(30)
    assert described.partition_assignor == "range"
    (only,) = described.members
    assert only.client_id == "me" and only.host == "/127.0.0.1"
    assert sorted(p.partition for p in only.assignment.topic_partitions) == [0, 1]
    offsets = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions("g")])["g"].result(30)
    assert sum(p.offset for p in offsets.topic_partitions) == 100
    moved = ConsumerGroupTopicPartitions("g", [TopicPartition("t", 0, 0)])
    with pytest.raises(KafkaException) as refused:
        admin.delete_consumer_groups(["g"])["g"].result(30)
    assert refused.value.args[0].code() == KafkaError.NON_EMPTY_GROUP
    altered = admin.alter_consumer_group_offsets([moved])["g"].result(30)
    assert altered.topic_partitions[0].error.code() == KafkaError.UNKNOWN_MEMBER_ID
    one.close()
    admin.alter_consumer_group_offsets([moved])["g"].result(30)
    assert committed(foz, "g", "t", 2)[0] == 0
    admin.delete_consumer_groups(["g"])["g"].result(30)
    assert admin.list_consumer_groups().result(30).valid == []
    assert committed(foz, "g", "t", 2) == [-1001, -1001]


def test_bad_commits_are_refused(foz):
    create(foz, "t")
    consumer = Consumer({"bootstrap.servers": foz.kafka, "group.id": "g"})
    for wanted, code in [(TopicPartition("t", 7, 1), KafkaError.UNKNOWN_TOPIC_OR_PART),
                         (TopicPartition("t", 0, 1, "m" * 5000), KafkaError.OFFSET_METADATA_TOO_LARGE)]:
        with pytest.raises(KafkaException) as refused:
            answers = consumer.commit(offsets=[wanted], asynchronous=False)
            for each in answers:
                if each.error:
                    raise KafkaException(each.error)
        assert refused.value.args[0].code() == code
    longest = "m" * 4095  # this client adds a zero byte
    consumer.commit(offsets=[TopicPartition("t", 0, 1, longest)], asynchronous=False)
    assert consumer.committed([TopicPartition("t", 0)], timeout=30)[0].metadata == longest
    consumer.close()


def test_offsets_go_with_their_group_topic_only(foz):
    """The groups' own topic is no table, and nobody else writes to it."""
    create(foz, "t")
    consumer = Consumer({"bootstrap.servers": foz.kafka, "group.id": "g"})
    consumer.commit(offsets=[TopicPartition("t", 0, 1)], asynchronous=False)
    consumer.close()
    assert "__consumer_offsets" in AdminClient({"bootstrap.servers": foz.kafka}).list_topics(timeout=30).topics
    with pytest.raises(AssertionError):
        foz.produce("__consumer_offsets", [b"x"])
    assert foz.sql("SHOW TABLES FROM bronze") == [["t"]]


def test_many_groups(foz):
    create(foz, "t")
    foz.produce("t", [b"%d" % i for i in range(10)])
    consumers = [Consumer({"bootstrap.servers": foz.kafka, "group.id": f"g{i}", "auto.offset.reset": "earliest", **QUICK})
                 for i in range(30)]
    for each in consumers:
        each.subscribe(["t"])
    left = dict(enumerate(consumers))
    deadline = time.monotonic() + 60
    while left:
        assert time.monotonic() < deadline, sorted(left)
        for i, each in list(left.items()):
            if each.poll(0.01) is not None:
                del left[i]
    for each in consumers:
        each.close()
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    assert len(admin.list_consumer_groups().result(30).valid) == 30


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")
def test_kcat_as_a_member(foz):
    foz.produce("t", [b"%d" % i for i in range(100)])
    for first, count in [(0, 60), (60, 40)]:
        done = subprocess.run(["kcat", "-b", foz.kafka, "-G", "g", "-c", str(count), "-q", "-X", "auto.offset.reset=earliest", "t"],
                              capture_output=True, text=True, timeout=60)
        assert done.stdout.split() == [str(i) for i in range(first, first + count)], done.stderr


def test_kafka_python(foz):
    import kafka
    create(foz, "t", 2)
    foz.produce("t", [(b"%d" % i, b"%d" % i) for i in range(100)])

    def read(count):
        consumer = kafka.KafkaConsumer("t", bootstrap_servers=foz.kafka, group_id="g", auto_offset_reset="earliest",
                                       enable_auto_commit=False, session_timeout_ms=6000, consumer_timeout_ms=30000)
        values = [int(next(consumer).value) for _ in range(count)]
        consumer.commit()
        consumer.close()
        return values

    first = read(50)
    assert sorted(first + read(50)) == list(range(100))
