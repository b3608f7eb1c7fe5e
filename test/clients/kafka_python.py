"""kafka-python: records, offsets, groups, transactions, topics and settings. See transcript.py."""

import contextlib
import sys
import uuid

import kafka
from kafka import TopicPartition
from kafka.admin import ACLFilter, ACLOperation, ACLPermissionType, ACLResourcePatternType, ConfigResource, KafkaAdminClient, OffsetSpec, ResourcePatternFilter, ResourceType
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata
from transcript import Transcript, eventually

BOOTSTRAP = sys.argv[1]
START = 1_700_000_000_000
T = Transcript(lambda error: type(error).__name__ if isinstance(error, KafkaError) else None)
ADMIN = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)


def at(topic, partition=0):
    return TopicPartition(T.name(topic), partition)


def create(topic, partitions=1, copies=1, **configs):
    return ADMIN.create_topics({T.name(topic): {"num_partitions": partitions, "replication_factor": copies, "configs": configs}}, wait_for_metadata=True)["topics"][0]["name"]


def producer(**config):
    return kafka.KafkaProducer(bootstrap_servers=BOOTSTRAP, linger_ms=5, **config)


def consumer(**config):
    return kafka.KafkaConsumer(bootstrap_servers=BOOTSTRAP, **{"enable_auto_commit": False, "auto_offset_reset": "earliest", **config})


def read(topic, partition=0, **config):
    """All records to the end of the partition, as the isolation level knows it."""
    client, found = consumer(**config), []
    client.assign([at(topic, partition)])
    client.seek_to_beginning()
    (end,) = client.end_offsets([at(topic, partition)]).values()
    while client.position(at(topic, partition)) < end:
        for records in client.poll(1000).values():
            found += records
    client.close()
    return found


def values(*arguments, **config):
    return [record.value for record in read(*arguments, **config)]


def topics():
    T.ask("a topic made", lambda: create("three", 3))
    (described,) = ADMIN.describe_topics([T.name("three")])
    T.tell("a described topic", [described["name"], described["error_code"], described["is_internal"],
                                 sorted([p["partition_index"], p["error_code"], len(p["replica_nodes"]), len(p["isr_nodes"])] for p in described["partitions"])])
    T.tell("partitions one by one", [[p["partition_index"], p["error_code"]] for topic in ADMIN.describe_topic_partitions([T.name("three")])["topics"] for p in topic["partitions"]])
    page = ADMIN.describe_topic_partitions([T.name("three")], response_partition_limit=2)
    T.tell("partitions in pages", [[p["partition_index"] for topic in page["topics"] for p in topic["partitions"]], page["next_cursor"]])
    T.ask("a topic that exists", lambda: create("three"))
    T.ask("a topic of three copies", lambda: create("copies", copies=3))
    T.ask("a topic with a bad setting", lambda: create("settings", **{"no.such.setting": "1"}))
    T.ask("a topic with its partitions placed", lambda: ADMIN.create_topics({T.name("placed"): {"assignments": {0: [1], 1: [1]}}})["topics"][0]["num_partitions"])
    T.ask("a topic placed where nobody is", lambda: ADMIN.create_topics({T.name("lost"): {"assignments": {0: [9]}}}) and None)
    T.ask("more partitions", lambda: ADMIN.create_partitions({T.name("three"): 4}) and None)
    T.ask("fewer partitions", lambda: ADMIN.create_partitions({T.name("three"): 2}) and None)
    T.ask("reassignments", lambda: ADMIN.list_partition_reassignments())
    T.ask("a deleted topic", lambda: ADMIN.delete_topics([T.name("placed")])["topics"][0]["error_code"])
    T.ask("a topic deleted again", lambda: ADMIN.delete_topics([T.name("placed")]) and None)
    (described,) = ADMIN.describe_topics([T.name("three")])
    T.ask("a topic deleted by its id", lambda: ADMIN.delete_topics([uuid.UUID(str(described["topic_id"]))])["topics"][0]["error_code"])
    eventually(lambda: T.name("three") not in ADMIN.list_topics(), "the end of a topic")
    T.tell("topics left", sorted(name for name in ADMIN.list_topics() if name.startswith(T.prefix)))
    cluster = ADMIN.describe_cluster()
    T.tell("the cluster", [len(cluster["brokers"]), bool(cluster["cluster_id"])])


def settings():
    create("set", **{"retention.ms": "60000"})

    def resource(configs=None, name="set"):
        return ConfigResource("topic", T.name(name), configs)

    def shown(*names, **more):
        found = ADMIN.describe_configs([resource(list(names) or None)], **more)["topic"][T.name("set")]
        return {name: [each["value"], str(each.get("config_source")), str(each.get("config_type"))] for name, each in found.items()}

    T.ask("what was set", lambda: shown())
    T.ask("settings", lambda: shown("retention.ms", "cleanup.policy", "min.cleanable.dirty.ratio", "preallocate", config_filter="all"))
    T.ask("a setting altered", lambda: ADMIN.alter_configs([resource({"retention.ms": "70000"})]) and shown())
    T.ask("settings altered in the old way", lambda: ADMIN.alter_configs([resource({"segment.bytes": "1048576"})], incremental=False) and shown())
    T.ask("settings reset", lambda: ADMIN.reset_configs([resource({"retention.ms": None, "segment.bytes": None})]) and shown())
    T.ask("a bad setting", lambda: str(ADMIN.alter_configs([resource({"retention.ms": "soon"})])).split("(")[0] and None)
    T.ask("settings of no topic", lambda: ADMIN.describe_configs([resource(name="none")]) and None)
    T.ask("resources that have settings", lambda: sorted(n for n in ADMIN.list_config_resources(["TOPIC"])["topic"] if n.startswith(T.prefix)))


def records():
    create("records", 3, **{"retention.ms": "-1"})
    for i, codec in enumerate([None, "gzip", "lz4", "zstd"]):
        sending = producer(compression_type=codec, enable_idempotence=bool(i % 2))
        sent = [sending.send(T.name("records"), b"v%d" % n if n % 5 else None, b"k%d" % (n % 7) if n % 3 or n % 5 == 0 else None, [("h", b"\x01")] if n % 2 else None, 0, START + n)
                for n in range(20)]
        T.tell(f"sent with {codec}", [[f.get(60).offset, f.get(60).timestamp] for f in sent])
        sending.close()
    T.tell("read", [[r.offset, r.key, r.value, r.headers, r.timestamp, r.timestamp_type] for r in read("records")])
    sending = producer()
    T.tell("partitions by key", [sending.send(T.name("records"), b"x", b"key %d" % i).get(60).partition for i in range(10)])
    T.tell("partitions of a topic", sorted(sending.partitions_for(T.name("records"))))
    client = consumer()
    T.tell("the first offsets", sorted(client.beginning_offsets([at("records", p) for p in range(3)]).values()))
    T.tell("offsets by time", [(found and [found.offset, found.timestamp]) for time in (START, START + 19, 9 * 10**12)
                               for found in client.offsets_for_times({at("records"): time}).values()])
    client.close()
    for spec in ("EARLIEST", "LATEST", "MAX_TIMESTAMP", "EARLIEST_LOCAL", "LATEST_TIERED"):
        T.ask(f"listed offset: {spec}", lambda: [o.offset for o in ADMIN.list_partition_offsets({at("records"): getattr(OffsetSpec, spec)}).values()])
    T.ask("deleted records", lambda: [each["low_watermark"] for each in ADMIN.delete_records({at("records"): 70}).values()])
    T.tell("what is left", [r.offset for r in read("records")][0])
    T.ask("records deleted beyond the end", lambda: ADMIN.delete_records({at("records"): 10**6}) and None)
    create("small", **{"max.message.bytes": "1000"})
    sending.close()

    def send_one(*what, **config):
        with contextlib.closing(producer(**config)) as fresh:
            return fresh.send(*what).get(60)

    T.ask("a message too large", lambda: send_one(T.name("small"), b"x" * 2000).offset)
    create("compact", **{"cleanup.policy": "compact"})
    T.ask("no key where one must be", lambda: send_one(T.name("compact"), b"x").offset)
    T.ask("a tombstone", lambda: send_one(T.name("compact"), None, b"k").offset)
    T.ask("acks 0, 1, all", lambda: [bool(send_one(T.name("small"), b"x", acks=acks, enable_idempotence=False)) for acks in (0, 1, "all")])


def groups():
    create("grouped", 2)
    sending = producer()
    for i in range(20):
        sending.send(T.name("grouped"), b"%d" % i, partition=i % 2)
    sending.flush()
    sending.close()
    member = consumer(group_id=T.name("g"), client_id="me", group_instance_id="one")
    member.subscribe([T.name("grouped")])
    found = []
    while len(found) < 20:
        for each in member.poll(1000).values():
            found += each
    T.tell("a member's messages", sorted(int(r.value) for r in found))
    T.tell("a member's partitions", sorted(p.partition for p in member.assignment()))
    member.commit({at("grouped", 0): OffsetAndMetadata(4, "note", -1), at("grouped", 1): OffsetAndMetadata(10, "", -1)})
    T.tell("committed", [member.committed(at("grouped", p)) for p in range(2)])
    described = ADMIN.describe_groups([T.name("g")])[T.name("g")]
    T.tell("a group", [str(described["group_state"]), described["protocol_type"], described["protocol_data"],
                       [[m["client_id"], m["group_instance_id"]] for m in described["members"]]])
    T.tell("listed", [[str(g["group_state"]), g["protocol_type"], str(g["group_type"])] for g in ADMIN.list_groups() if g["group_id"] == T.name("g")])
    for filters in ({"states_filter": ["Stable"]}, {"states_filter": ["Empty"]}, {"types_filter": ["classic"]}, {"types_filter": ["consumer"]}):
        T.tell(f"listed with {filters}", [g["group_id"] for g in ADMIN.list_groups(**filters) if g["group_id"] == T.name("g")])
    T.ask("deleting a group with members", lambda: ADMIN.delete_groups([T.name("g")]))
    T.tell("offsets altered under a member", [e.__name__ for e in ADMIN.alter_group_offsets(T.name("g"), {at("grouped"): OffsetAndMetadata(1, "", -1)}).values()])
    T.ask("offsets of a subscribed topic deleted", lambda: [e.__name__ for e in ADMIN.delete_group_offsets(T.name("g"), [at("grouped")]).values()])
    from kafka.admin import MemberToRemove
    T.ask("a member removed", lambda: [e.__name__ for e in ADMIN.remove_group_members(T.name("g"), [MemberToRemove(group_instance_id="one")]).values()])
    member.close(autocommit=False)
    eventually(lambda: str(ADMIN.describe_groups([T.name("g")])[T.name("g")]["group_state"]).lower().endswith("empty"), "an empty group")
    T.tell("offsets", {str(p.partition): [o.offset, o.metadata] for p, o in ADMIN.list_group_offsets(T.name("g"))[T.name("g")].items()})
    T.ask("offsets reset", lambda: [[e["error"].__name__, e["offset"]] for e in ADMIN.reset_group_offsets(T.name("g"), {at("grouped"): OffsetSpec.LATEST}).values()])
    T.ask("offsets deleted", lambda: [e.__name__ for e in ADMIN.delete_group_offsets(T.name("g"), [at("grouped")]).values()])
    T.tell("offsets left", [p.partition for p in ADMIN.list_group_offsets(T.name("g"))[T.name("g")]])
    T.ask("deleting a group", lambda: ADMIN.delete_groups([T.name("g")]))
    T.ask("deleting it again", lambda: ADMIN.delete_groups([T.name("g")]))


def transactions():
    create("money")
    sending = producer(transactional_id=T.name("t"))
    sending.init_transactions()
    for value, end in ((b"kept 1", "commit"), (b"dropped", "abort"), (b"kept 2", "commit")):
        sending.begin_transaction()
        sending.send(T.name("money"), value, partition=0).get(60)  # sent, whatever its end
        getattr(sending, f"{end}_transaction")()
    sending.begin_transaction()
    sending.send(T.name("money"), b"open", partition=0).get(60)
    T.tell("committed only", values("money", isolation_level="read_committed"))
    T.tell("all", values("money", isolation_level="read_uncommitted"))
    described = ADMIN.describe_transactions([T.name("t")])[T.name("t")]
    T.tell("a transaction", [str(described.state), sorted(str(p.partition) for p in described.topic_partitions)])
    T.tell("listed transactions", [str(each.state) for each in sum(ADMIN.list_transactions().values(), []) if each.transactional_id == T.name("t")])
    T.ask("no such transaction", lambda: ADMIN.describe_transactions([T.name("none")]))
    T.ask("producers of a partition", lambda: [[p.last_sequence, p.current_transaction_start_offset] for each in ADMIN.describe_producers([at("money")]).values()
                                               for p in each.active_producers])
    second = producer(transactional_id=T.name("t"))
    second.init_transactions()
    T.ask("a fenced producer", sending.commit_transaction)
    second.begin_transaction()
    second.send(T.name("money"), b"kept 3", partition=0)
    second.commit_transaction()
    T.tell("committed in the end", [[r.offset, r.value] for r in read("money", isolation_level="read_committed")])
    second.close()


def operators():
    T.ask("log folders", lambda: [[d["error_code"], [[t["name"], [[p["partition_index"], p["partition_size"] > 0] for p in t["partitions"]]] for t in d["topics"]]]
                                  for b in ADMIN.describe_log_dirs([T.name("money")]) for d in b["log_dirs"]])
    T.ask("leaders elected", lambda: ADMIN.elect_leaders(0, [at("money")]) and None)
    T.ask("rules", lambda: ADMIN.describe_acls(ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY))))
    T.ask("users", lambda: ADMIN.describe_user_scram_credentials())
    T.ask("the quorum", lambda: ADMIN.describe_metadata_quorum() and None)
    T.ask("features", lambda: sorted(ADMIN.describe_features()))


for theme in (topics, settings, records, groups, transactions, operators):
    theme()
