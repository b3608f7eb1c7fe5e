"""confluent-kafka (librdkafka): records, offsets, groups, transactions, topics and settings. See transcript.py."""

import sys

from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, IsolationLevel, KafkaError, KafkaException, Producer, TopicCollection,
                             TopicPartition)
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, AlterConfigOpType, ConfigEntry,
                                   ConfigResource, NewPartitions, NewTopic, OffsetSpec, ResourcePatternType, ResourceType)
from transcript import Transcript, eventually

BOOTSTRAP = sys.argv[1]
START = 1_700_000_000_000


def error_name(error):
    if isinstance(error, KafkaException):
        return error.args[0].name()
    return error.name() if isinstance(error, KafkaError) else None


T = Transcript(error_name)
ADMIN = AdminClient({"bootstrap.servers": BOOTSTRAP})


def only(futures):
    (future,) = futures.values()
    return future.result(60)


def create(name, partitions=1, copies=1, **config):
    only(ADMIN.create_topics([NewTopic(T.name(name), partitions, copies, config=config)]))


def at(topic, partition=0, offset=-1001, **more):
    return TopicPartition(T.name(topic), partition, offset, **more)


def producer(**config):
    return Producer({"bootstrap.servers": BOOTSTRAP, "linger.ms": 5, "partitioner": "murmur2_random", **config})


def produce(topic, values, partition=0, timestamp=None, **config):
    """Sends values, or (key, value, headers), and returns what became of them: offsets, or the names of errors."""
    sending, told = producer(**config), {}
    for i, item in enumerate(values):
        key, value, headers = item if isinstance(item, tuple) else (None, item, None)
        more = {} if timestamp is None else {"timestamp": timestamp + i}
        if partition is not None:
            more["partition"] = partition
        sending.produce(T.name(topic), value, key, headers=headers or [], **more,
                        on_delivery=lambda error, message, i=i: told.update({i: error.name() if error else message.offset()}))
        sending.poll(0)
    sending.flush(60)
    return [told[i] for i in range(len(values))]


def consumer(group="unused", **config):
    return Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": T.name(group), "enable.auto.commit": False, "auto.offset.reset": "earliest",
                     "enable.partition.eof": True, **config})


def read(topic, partition=0, offset=0, **config):
    """All messages to the end of the partition, or the name of an error."""
    client, messages = consumer(**config), []
    client.assign([at(topic, partition, offset)])
    while True:
        message = client.poll(60)
        if message is None:
            raise TimeoutError("neither a message nor the end came")
        if message.error():
            client.close()
            return messages if message.error().code() == KafkaError._PARTITION_EOF else message.error().name()
        messages.append(message)


def values(*arguments, **config):
    found = read(*arguments, **config)
    return found if isinstance(found, str) else [message.value() for message in found]


def topics():
    create("three", 3)
    listed = ADMIN.list_topics(T.name("three"), timeout=30).topics[T.name("three")]
    T.tell("a topic's partitions", [[p.id, len(p.replicas), len(p.isrs), p.error is None] for p in listed.partitions.values()])
    described = only(ADMIN.describe_topics(TopicCollection([T.name("three")])))
    T.tell("a described topic", [described.name, described.is_internal, len(described.partitions), str(described.topic_id) != "0"])
    T.ask("a topic that exists", lambda: create("three"))
    T.ask("a topic that does not", lambda: only(ADMIN.describe_topics(TopicCollection([T.name("none")]))))
    T.ask("a topic with a bad name", lambda: create("bad/name"))
    T.ask("a topic with too long a name", lambda: create("x" * 250))
    T.ask("a topic of three copies", lambda: create("copies", copies=3))
    T.ask("a topic with the default of copies", lambda: create("default-copies", copies=-1))
    T.ask("a topic with an unknown setting", lambda: create("settings", **{"no.such.setting": "1"}))
    T.ask("a topic with a bad setting", lambda: create("settings", **{"retention.ms": "soon"}))
    T.ask("a topic that is only checked", lambda: only(ADMIN.create_topics([NewTopic(T.name("dry"), 1, 1)], validate_only=True)))
    T.ask("a colliding name", lambda: (create("with.dot"), create("with_dot")))
    T.tell("partitions of no number", _created_with(-1))
    T.ask("more partitions", lambda: only(ADMIN.create_partitions([NewPartitions(T.name("three"), 5)])))
    T.ask("fewer partitions", lambda: only(ADMIN.create_partitions([NewPartitions(T.name("three"), 2)])))
    T.ask("as many partitions", lambda: only(ADMIN.create_partitions([NewPartitions(T.name("three"), 5)])))
    T.ask("partitions of no topic", lambda: only(ADMIN.create_partitions([NewPartitions(T.name("none"), 2)])))
    T.ask("a deleted topic", lambda: only(ADMIN.delete_topics([T.name("three")])))
    T.ask("a topic deleted again", lambda: only(ADMIN.delete_topics([T.name("three")])))
    eventually(lambda: T.name("three") not in ADMIN.list_topics(timeout=30).topics, "the end of a topic")
    T.tell("what is left", sorted(n for n in ADMIN.list_topics(timeout=30).topics if n.startswith(T.prefix)))
    cluster = ADMIN.describe_cluster().result(30)
    T.tell("the cluster", [bool(cluster.cluster_id), len(cluster.nodes), cluster.controller is not None])


def _created_with(partitions):
    create("default-partitions", partitions)
    return len(ADMIN.list_topics(T.name("default-partitions"), timeout=30).topics[T.name("default-partitions")].partitions)


def records():
    create("records", 3, **{"retention.ms": "-1"})
    items = [(b"k%d" % (i % 7) if i % 3 else None, b"v%d" % i if i % 5 else None, [("h", b"\x01"), ("none", None)] if i % 2 else None)
             for i in range(60)]
    for i, codec in enumerate(["none", "gzip", "snappy", "lz4", "zstd"]):
        T.tell(f"sent with {codec}", produce("records", items, 0, START + 1000 * i, **{"compression.type": codec, "enable.idempotence": bool(i % 2)}))
    found = read("records")
    T.tell("read", [[m.offset(), m.key(), m.value(), m.headers(), *m.timestamp()] for m in found])
    produce("records", [item for item in items if item[0]], None)
    T.tell("partitions by key", {p: sorted({m.key().decode() for m in read("records", p) if p or m.offset() >= 300}) for p in range(3)})
    client = consumer()
    T.tell("watermarks", client.get_watermark_offsets(at("records", 0), timeout=30)[0])
    for question, time in {"the first": START, "between": START + 30, "later": START + 4001, "none": START + 9 * 10**12}.items():
        T.tell(f"offset by time: {question}", client.offsets_for_times([at("records", 0, time)], timeout=30)[0].offset)
    client.close()
    create("listed", **{"retention.ms": "-1"})
    produce("listed", [b"a", b"b", b"c"], timestamp=START)
    for kind in ("earliest", "latest", "max_timestamp"):
        found = only(ADMIN.list_offsets({at("listed"): getattr(OffsetSpec, kind)()}))
        T.tell(f"listed offset: {kind}", [found.offset, found.timestamp])
    T.ask("listed offset of no partition", lambda: only(ADMIN.list_offsets({at("listed", 7): OffsetSpec.latest()})).offset)
    T.tell("an offset beyond the end", values("listed", offset=100, **{"auto.offset.reset": "error"}))
    T.tell("reset to the start", values("listed", offset=100))
    lows = ADMIN.delete_records([at("listed", 0, 2)])
    T.ask("deleted records", lambda: only(lows).low_watermark)
    T.tell("what is left of them", values("listed"))
    T.ask("records deleted beyond the end", lambda: only(ADMIN.delete_records([at("listed", 0, 100)])).low_watermark)
    T.tell("acks 0, 1, all", [len(produce("listed", [b"x"] * 10, acks=acks)) for acks in ("0", "1", "all")])
    T.tell("all of them", len(values("listed")))
    create("small", **{"max.message.bytes": "1000"})
    T.tell("a message too large", produce("small", [b"x" * 2000]))
    create("stamped", **{"message.timestamp.type": "LogAppendTime"})
    produce("stamped", [b"x"], timestamp=START)
    (stamped,) = read("stamped")
    T.tell("the broker's time", [stamped.timestamp()[0], stamped.timestamp()[1] > START])
    create("compact", **{"cleanup.policy": "compact"})
    T.tell("keys that must be", produce("compact", [b"no key"]) + produce("compact", [(b"k", b"v", None)]))
    T.tell("an unknown partition", produce("small", [b"x"], 7, **{"message.timeout.ms": 5000}))


def groups():
    create("grouped", 2)
    produce("grouped", [b"%d" % i for i in range(10)], 0)
    produce("grouped", [b"%d" % i for i in range(10, 20)], 1)
    member, found, assigned = consumer("g", **{"enable.partition.eof": False, "client.id": "me", "partition.assignment.strategy": "roundrobin"}), [], []
    member.subscribe([T.name("grouped")], on_assign=lambda _, partitions: assigned.extend(p.partition for p in partitions))
    while len(found) < 20:
        message = member.poll(60)
        found.append(int(message.value()))
    T.tell("a member's partitions", sorted(assigned))
    T.tell("a member's messages", sorted(found))
    T.tell("committed", [[p.partition, p.offset, p.error] for p in member.commit(offsets=[at("grouped", 0, 4, metadata="note"), at("grouped", 1, 10)],
                                                                           asynchronous=False)])
    T.tell("what is committed", [[p.offset, p.metadata] for p in member.committed([at("grouped", 0), at("grouped", 1)], timeout=30)])
    (described,) = [only(ADMIN.describe_consumer_groups([T.name("g")]))]
    T.tell("a group", [described.state.name, described.partition_assignor, described.is_simple_consumer_group, described.type.name,
                       [[m.client_id, m.group_instance_id, sorted(p.partition for p in m.assignment.topic_partitions)] for m in described.members]])
    listed = [g for g in ADMIN.list_consumer_groups().result(30).valid if g.group_id == T.name("g")]
    T.tell("listed groups", [[g.state.name, g.is_simple_consumer_group, g.type.name] for g in listed])
    T.ask("deleting a group with members", lambda: only(ADMIN.delete_consumer_groups([T.name("g")])))
    altered = only(ADMIN.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(T.name("g"), [at("grouped", 0, 1)])]))
    T.tell("offsets altered under a member", [p.error and p.error.name() for p in altered.topic_partitions])
    member.close()
    altered = only(ADMIN.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(T.name("g"), [at("grouped", 0, 1)])]))
    T.tell("offsets altered", [[p.offset, p.error and p.error.name()] for p in altered.topic_partitions])
    offsets = only(ADMIN.list_consumer_group_offsets([ConsumerGroupTopicPartitions(T.name("g"))]))
    T.tell("offsets of a group", sorted([p.partition, p.offset, p.metadata] for p in offsets.topic_partitions))
    described = only(ADMIN.describe_consumer_groups([T.name("g")]))
    T.tell("a group without members", [described.state.name, described.partition_assignor, len(described.members)])
    T.ask("a group that is none", lambda: only(ADMIN.describe_consumer_groups([T.name("nobody")])).state.name)
    T.ask("deleting a group that is none", lambda: only(ADMIN.delete_consumer_groups([T.name("nobody")])))
    T.ask("deleting a group", lambda: only(ADMIN.delete_consumer_groups([T.name("g")])))
    alone = consumer("simple")
    T.ask("a commit without a member", lambda: [p.error for p in alone.commit(offsets=[at("grouped", 0, 3)], asynchronous=False)])
    T.tell("nothing committed", [p.offset for p in alone.committed([at("grouped", 1)], timeout=30)])
    alone.close()
    T.ask("a simple group", lambda: only(ADMIN.describe_consumer_groups([T.name("simple")])).state.name)


def settings():
    create("set", **{"retention.ms": "60000", "cleanup.policy": "compact"})
    resource = ConfigResource(ResourceType.TOPIC, T.name("set"))

    def show(*names):
        found = only(ADMIN.describe_configs([resource]))
        return {name: [found[name].value, found[name].is_default, found[name].source, found[name].is_read_only, found[name].is_sensitive]
                for name in names}

    T.ask("settings", lambda: show("retention.ms", "cleanup.policy", "min.insync.replicas", "compression.type", "message.timestamp.type"))
    T.tell("names of settings", sorted(only(ADMIN.describe_configs([resource]))))

    def alter(name, value, operation):
        entries = [ConfigEntry(name, value, incremental_operation=operation)]
        return only(ADMIN.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, T.name("set"), incremental_configs=entries)]))

    T.ask("a setting set", lambda: alter("retention.ms", "120000", AlterConfigOpType.SET))
    T.ask("a setting added to", lambda: alter("cleanup.policy", "delete", AlterConfigOpType.APPEND))
    T.ask("settings altered", lambda: show("retention.ms", "cleanup.policy"))
    T.ask("a setting taken from", lambda: alter("cleanup.policy", "compact", AlterConfigOpType.SUBTRACT))
    T.ask("a setting deleted", lambda: alter("retention.ms", None, AlterConfigOpType.DELETE))
    T.ask("settings altered again", lambda: show("retention.ms", "cleanup.policy"))
    T.ask("an unknown setting", lambda: alter("no.such.setting", "1", AlterConfigOpType.SET))
    T.ask("a setting out of range", lambda: alter("retention.ms", "-5", AlterConfigOpType.SET))
    T.ask("a policy that is none", lambda: alter("cleanup.policy", "forget", AlterConfigOpType.SET))
    T.ask("a number added to", lambda: alter("retention.ms", "1", AlterConfigOpType.APPEND))
    T.ask("settings of no topic", lambda: only(ADMIN.describe_configs([ConfigResource(ResourceType.TOPIC, T.name("none"))])) and None)
    T.ask("settings of a group", lambda: only(ADMIN.describe_configs([ConfigResource(ResourceType.GROUP, T.name("g"))])) and None)


def rules():
    """Who may do what: a broker without authorizer has no such rules."""
    T.ask("rules", lambda: [str(a) for a in ADMIN.describe_acls(AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, None, None,
                                                                                AclOperation.ANY, AclPermissionType.ANY)).result(30)])
    rule = AclBinding(ResourceType.TOPIC, T.name("x"), ResourcePatternType.LITERAL, "User:me", "*", AclOperation.READ, AclPermissionType.ALLOW)
    T.ask("a rule made", lambda: only(ADMIN.create_acls([rule])))


def transactions():
    create("money")

    def transactional(name, **config):
        made = producer(**{"transactional.id": T.name(name), **config})
        made.init_transactions(60)
        return made

    def send(sending, *sent):
        for value in sent:
            sending.produce(T.name("money"), value, partition=0)
        sending.flush(60)

    first = transactional("t")
    first.begin_transaction()
    send(first, b"kept 1", b"kept 2")
    first.commit_transaction(60)
    first.begin_transaction()
    send(first, b"dropped")
    first.abort_transaction(60)
    first.begin_transaction()
    send(first, b"open")
    T.tell("committed only", values("money"))
    T.tell("all", values("money", **{"isolation.level": "read_uncommitted"}))
    ends = {level: only(ADMIN.list_offsets({at("money"): OffsetSpec.latest()}, isolation_level=getattr(IsolationLevel, level.upper()))).offset
            for level in ("read_committed", "read_uncommitted")}
    T.tell("ends of the partition", ends)
    second = transactional("t")
    T.ask("a fenced producer", lambda: (send(first, b"lost"), first.commit_transaction(60)) and None)
    second.begin_transaction()
    send(second, b"kept 3")
    second.commit_transaction(60)
    T.tell("committed in the end", [[m.offset(), m.value()] for m in read("money")])
    reading = consumer("t-group", **{"enable.partition.eof": False})
    reading.subscribe([T.name("money")])
    eventually(lambda: reading.poll(1), "a message")
    for kind in ("abort", "commit"):
        second.begin_transaction()
        second.send_offsets_to_transaction([at("money", 0, 2)], reading.consumer_group_metadata(), 60)
        getattr(second, f"{kind}_transaction")(60)
        T.tell(f"offsets after {kind}", [p.offset for p in reading.committed([at("money")], timeout=30)])
    reading.close()
    T.ask("a transaction longer than may be", lambda: transactional("long", **{"transaction.timeout.ms": 2_000_000_000}) and None)


for theme in (topics, records, groups, settings, rules, transactions):
    theme()
