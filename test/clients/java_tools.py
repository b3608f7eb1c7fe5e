"""Kafka's own command line tools, in Java: topics, settings, producers and consumers, groups, transactions. See transcript.py.

KAFKA_JARS names the folder of Kafka's jars.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from transcript import Transcript, eventually

BOOTSTRAP, JARS = sys.argv[1], os.environ["KAFKA_JARS"]
T = Transcript(lambda error: None)
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="java-tools-"))
START = 1_700_000_000_000

# What differs from server to server, or from run to run.
DIFFERENT = [(re.escape(BOOTSTRAP), "BOOTSTRAP"), (r"TopicId: \S+", "TopicId: ID"), (r"(consumer-|console-consumer-|me-)[\w-]*[0-9a-f-]{36}", r"\1ID"),
             (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "ID"),
             (r'("directoryId": )"[^"]*"', r'\1"ID"'), (r"CONTROLLER://[\d.:]+", "CONTROLLER"),
             # What is said behind an error's name is the server's own.
             (r"^(.*(?:Exception|Error while executing topic command :)).*", r"\1")]
NOISE = re.compile(r"^(SLF4J|WARNING: sun|ERROR StatusLogger|\[\d{4}-|\d\d:\d\d:\d\d|\tat |\t\.\.\. |Caused by: |WARN|\s*$)")


def start(tool, *arguments):
    command = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=OFF", "-cp", f"{JARS}/*", tool, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=FOLDER)


def lines_of(text):
    for pattern, instead in DIFFERENT:
        text = re.sub(pattern, instead, text, flags=re.M)
    return [" ".join(line.split()) for line in text.splitlines() if not NOISE.match(line)]


def run(tool, *arguments, input=None, wait_s=180):
    """The exit code and the lines that it wrote; what it complained of are the first words of its errors."""
    process = start(tool, *arguments)
    out, err = process.communicate(input, timeout=wait_s)
    return process.returncode, lines_of(out), lines_of(err)


def without_numbers(line, places):
    """A line whose words at some places are not told when they are numbers: ids that are counted, times, what a run came to."""
    return " ".join("N" if i in places and word.isdigit() else word for i, word in enumerate(line.split()))


def tool(question, name, *arguments, input=None, pick=None, ordered=False, numbers=()):
    code, out, err = run(name, *arguments, input=input)
    if pick:
        out = [line for line in out if re.search(pick, line)]
    out = [without_numbers(line, numbers) for line in out]
    T.tell(question, [code, out if ordered else sorted(out), err[:2] if code or not out else []])


SERVER = ("--bootstrap-server", BOOTSTRAP)
PATIENT = (*SERVER, "--timeout", "60000")
TOPICS = "org.apache.kafka.tools.TopicCommand"
CONFIGS = "kafka.admin.ConfigCommand"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
OFFSETS = "org.apache.kafka.tools.GetOffsetShell"
TRANSACTIONS = "org.apache.kafka.tools.TransactionsCommand"
CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
PRODUCER = "org.apache.kafka.tools.ConsoleProducer"


def topics():
    three = T.name("three")
    tool("topics: create", TOPICS, *SERVER, "--create", "--topic", three, "--partitions", "3", "--replication-factor", "1", "--config", "retention.ms=60000")
    tool("topics: create again", TOPICS, *SERVER, "--create", "--topic", three)
    tool("topics: create if it is not there", TOPICS, *SERVER, "--create", "--topic", three, "--if-not-exists")
    tool("topics: create with a bad setting", TOPICS, *SERVER, "--create", "--topic", T.name("bad"), "--config", "no.such=1")
    tool("topics: create with three copies", TOPICS, *SERVER, "--create", "--topic", T.name("copies"), "--replication-factor", "3")
    tool("topics: list", TOPICS, *SERVER, "--list", pick=T.prefix)
    tool("topics: describe", TOPICS, *SERVER, "--describe", "--topic", three, ordered=True)
    tool("topics: describe none", TOPICS, *SERVER, "--describe", "--topic", T.name("none"))
    tool("topics: describe what was set", TOPICS, *SERVER, "--describe", "--topics-with-overrides", "--topic", three)
    tool("topics: describe what lacks copies", TOPICS, *SERVER, "--describe", "--under-replicated-partitions")
    tool("topics: more partitions", TOPICS, *SERVER, "--alter", "--topic", three, "--partitions", "4")
    tool("topics: fewer partitions", TOPICS, *SERVER, "--alter", "--topic", three, "--partitions", "2")
    tool("topics: delete", TOPICS, *SERVER, "--delete", "--topic", three)
    tool("topics: delete again", TOPICS, *SERVER, "--delete", "--topic", three)


def settings():
    made = T.name("set")
    run(TOPICS, *SERVER, "--create", "--topic", made, "--partitions", "1")
    topic = ("--entity-type", "topics", "--entity-name", made)
    tool("configs: describe", CONFIGS, *SERVER, "--describe", *topic)
    tool("configs: set", CONFIGS, *SERVER, "--alter", *topic, "--add-config", "retention.ms=120000,cleanup.policy=[compact,delete]")
    tool("configs: describe what was set", CONFIGS, *SERVER, "--describe", *topic)
    tool("configs: delete", CONFIGS, *SERVER, "--alter", *topic, "--delete-config", "retention.ms")
    tool("configs: describe again", CONFIGS, *SERVER, "--describe", *topic)
    tool("configs: set what is none", CONFIGS, *SERVER, "--alter", *topic, "--add-config", "no.such=1")
    tool("configs: all of a topic", CONFIGS, *SERVER, "--describe", "--all", *topic, pick="^(retention|cleanup|min.insync|max.message|segment.bytes)")
    tool("configs: of a broker", CONFIGS, *SERVER, "--describe", "--entity-type", "brokers", "--entity-name", "1")
    tool("configs: of all brokers", CONFIGS, *SERVER, "--describe", "--entity-type", "brokers", "--entity-default")
    tool("configs: of no topic", CONFIGS, *SERVER, "--describe", "--entity-type", "topics", "--entity-name", T.name("none"))
    tool("configs: of a group", CONFIGS, *SERVER, "--describe", "--entity-type", "groups", "--entity-name", T.name("g"))
    tool("configs: of users", CONFIGS, *SERVER, "--describe", "--entity-type", "users")


def consoles():
    lines = T.name("lines")
    run(TOPICS, *SERVER, "--create", "--topic", lines, "--partitions", "1")
    text = "".join(f"h:{i}\tk{i % 3}\tvalue {i}\n" for i in range(10))
    tool("console producer", PRODUCER, *SERVER, "--topic", lines, "--reader-property", "parse.key=true", "--reader-property", "parse.headers=true", input=text)
    tool("console producer that keeps order", PRODUCER, *SERVER, "--topic", lines, "--compression-codec", "zstd", "--sync", "--request-required-acks", "-1",
         input="last\n")
    shown = [f"--formatter-property=print.{what}=true" for what in ("key", "headers", "partition", "offset")]
    tool("console consumer", CONSUMER, *SERVER, "--topic", lines, "--from-beginning", "--max-messages", "11", *shown, ordered=True)
    tool("console consumer from an offset", CONSUMER, *SERVER, "--topic", lines, "--partition", "0", "--offset", "8", "--max-messages", "3", ordered=True)
    for isolation in ("read_committed", "read_uncommitted"):
        tool(f"console consumer, {isolation}", CONSUMER, *SERVER, "--topic", lines, "--from-beginning", "--isolation-level", isolation, "--timeout-ms", "5000")
    tool("console consumer of a group", CONSUMER, *SERVER, "--topic", lines, "--group", T.name("readers"), "--from-beginning", "--max-messages", "5", ordered=True)
    tool("console consumer goes on", CONSUMER, *SERVER, "--topic", lines, "--group", T.name("readers"), "--from-beginning", "--max-messages", "6", ordered=True)
    tool("console consumer of the new protocol", CONSUMER, *SERVER, "--topic", lines, "--group", T.name("new"), "--from-beginning", "--max-messages", "11",
         "--consumer-property", "group.protocol=consumer")
    for time in ("-1", "-2", "-3", str(START)):
        tool(f"offsets at {time}", OFFSETS, *SERVER, "--topic", lines, "--time", time)
    tool("offsets of many", OFFSETS, *SERVER, "--topic-partitions", f"{lines}:0-5")
    (FOLDER / "delete.json").write_text(json.dumps({"partitions": [{"topic": lines, "partition": 0, "offset": 4}], "version": 1}))
    tool("delete records", "org.apache.kafka.tools.DeleteRecordsCommand", *SERVER, "--offset-json-file", "delete.json")
    tool("offsets afterwards", OFFSETS, *SERVER, "--topic", lines, "--time", "-2")


def groups():
    grouped, group = T.name("grouped"), T.name("g")
    run(TOPICS, *SERVER, "--create", "--topic", grouped, "--partitions", "2")
    run(PRODUCER, *SERVER, "--topic", grouped, "--reader-property", "parse.key=true", input="".join(f"key{i}\t{i}\n" for i in range(20)))
    run(CONSUMER, *SERVER, "--topic", grouped, "--group", group, "--from-beginning", "--max-messages", "20", "--consumer-property", "client.id=me")
    this, reset = (*PATIENT, "--group", group), (*PATIENT, "--group", group, "--topic", grouped, "--reset-offsets")
    tool("groups: list", GROUPS, *PATIENT, "--list", pick=T.prefix)
    tool("groups: list with states", GROUPS, *PATIENT, "--list", "--state", pick=T.prefix)
    tool("groups: describe", GROUPS, *this, "--describe")
    tool("groups: state", GROUPS, *this, "--describe", "--state")
    tool("groups: members", GROUPS, *this, "--describe", "--members", "--verbose")
    tool("groups: describe none", GROUPS, *PATIENT, "--group", T.name("nobody"), "--describe")
    for how in (["--to-earliest"], ["--to-latest"], ["--shift-by", "-3"], ["--to-offset", "2"], ["--to-current"], ["--by-duration", "P1D"],
                ["--to-datetime", "2020-01-01T00:00:00.000"]):
        tool(f"groups: reset {' '.join(how)}", GROUPS, *reset, *how, "--dry-run")
    tool("groups: reset for good", GROUPS, *reset, "--to-earliest", "--execute")
    tool("groups: describe after reset", GROUPS, *this, "--describe")
    tool("groups: reset one partition", GROUPS, *PATIENT, "--group", group, "--topic", f"{grouped}:1", "--reset-offsets", "--to-offset", "1", "--execute")
    tool("groups: export", GROUPS, *reset, "--to-current", "--dry-run", "--export")
    tool("groups: delete offsets", GROUPS, *this, "--delete-offsets", "--topic", f"{grouped}:0")
    tool("groups: describe what is left", GROUPS, *this, "--describe")
    member = start(CONSUMER, *SERVER, "--topic", grouped, "--group", group, "--consumer-property", "client.id=me")
    eventually(lambda: any("Stable" in line for line in run(GROUPS, *this, "--describe", "--state")[1]), "a member of the group")
    tool("groups: members while one reads", GROUPS, *this, "--describe", "--members", "--verbose")
    tool("groups: describe while one reads", GROUPS, *this, "--describe")
    tool("groups: reset while one reads", GROUPS, *reset, "--to-earliest", "--execute")
    tool("groups: delete while one reads", GROUPS, *this, "--delete")
    member.terminate()
    member.communicate()
    eventually(lambda: any("Empty" in line for line in run(GROUPS, *this, "--describe", "--state")[1]), "an empty group")
    tool("groups: delete", GROUPS, *this, "--delete")
    tool("groups: delete again", GROUPS, *this, "--delete")
    tool("groups of all kinds", "org.apache.kafka.tools.GroupsCommand", *SERVER, "--list", pick=T.prefix)
    for command in ("streams.StreamsGroupCommand", "consumer.group.ShareGroupCommand"):
        tool(f"{command}: list", f"org.apache.kafka.tools.{command}", *SERVER, "--list", pick=T.prefix)


def loads():
    perf = T.name("perf")
    run(TOPICS, *SERVER, "--create", "--topic", perf, "--partitions", "2")
    code, out, err = run("org.apache.kafka.tools.ProducerPerformance", *SERVER, "--topic", perf, "--num-records", "20000", "--record-size", "200", "--throughput", "-1",
                         "--command-property", "acks=all")
    T.tell("producer performance", [code, [re.sub(r"[\d.]+ (?!records sent)", "N ", line.split(",")[0]) for line in out][-1:], err[:2]])
    code, out, err = run("org.apache.kafka.tools.ProducerPerformance", *SERVER, "--topic", perf, "--num-records", "1000", "--record-size", "200", "--throughput", "-1",
                         "--transactional-id", T.name("perf"), "--transaction-duration-ms", "100")
    T.tell("producer performance, transactional", [code, [line.split(",")[0] for line in out][-1:], err[:2]])
    code, out, err = run("org.apache.kafka.tools.ConsumerPerformance", *SERVER, "--topic", perf, "--num-records", "21000", "--timeout", "60000", "--hide-header",
                         "--group", T.name("perf"))
    T.tell("consumer performance", [code, [line.split(", ")[4] for line in out if line.count(", ") > 5], err[:2]])
    code, out, err = run("org.apache.kafka.tools.EndToEndLatency", *SERVER, "--topic", T.name("latency"), "--num-records", "50", "--record-size", "20", "--producer-acks", "all")
    T.tell("end to end latency", [code, [re.sub(r"[\d.]+", "N", line) for line in out if line.startswith("Avg")], err[:2]])
    verified = T.name("verified")
    run(TOPICS, *SERVER, "--create", "--topic", verified, "--partitions", "2")
    code, out, err = run("org.apache.kafka.tools.VerifiableProducer", *SERVER, "--topic", verified, "--max-messages", "500", "--acks", "-1", "--value-prefix", "7")
    events = [json.loads(line) for line in out]
    T.tell("verifiable producer", [code, sorted({e["name"] for e in events}), [[e["sent"], e["acked"]] for e in events if e["name"] == "tool_data"], err[:2]])
    code, out, err = run("org.apache.kafka.tools.VerifiableConsumer", *SERVER, "--topic", verified, "--group-id", T.name("verifying"), "--max-messages", "500",
                         "--reset-policy", "earliest", "--verbose")
    events = [json.loads(line) for line in out]
    T.tell("verifiable consumer", [code, sorted({e["name"] for e in events}), sum(e["count"] for e in events if e["name"] == "records_consumed"),
                                   sorted({e["value"] for e in events if e["name"] == "record_data"}) == sorted(f"7.{i}" for i in range(500)),
                                   all(e["success"] for e in events if e["name"] == "offsets_committed")])


def operators():
    tool("transactions: list", TRANSACTIONS, *SERVER, "list", pick=T.prefix, numbers=[2])
    tool("transactions: describe", TRANSACTIONS, *SERVER, "describe", "--transactional-id", T.name("perf"), pick="^(?!Coord)", numbers=[2, 3, 6, 7])
    tool("transactions: describe none", TRANSACTIONS, *SERVER, "describe", "--transactional-id", T.name("none"))
    code, out, err = run(TRANSACTIONS, *SERVER, "describe-producers", "--topic", T.name("perf"), "--partition", "0")
    T.tell("transactions: producers of a partition", [code, sorted(without_numbers(" ".join(line.split()[1:4]), [0, 2]) for line in out), err[:2]])
    tool("transactions: find what hangs", TRANSACTIONS, *SERVER, "find-hanging", "--broker-id", "1")
    code, out, err = run("org.apache.kafka.tools.LogDirsCommand", *SERVER, "--describe", "--topic-list", T.name("lines"))
    found = [json.loads(line) for line in out if line.startswith("{")]
    T.tell("log folders", [code, [[b["broker"], [[d["error"], [[p["partition"], p["size"] > 0, p["offsetLag"], p["isFuture"]] for p in d["partitions"]]]
                                                for d in b["logDirs"]]] for f in found for b in f["brokers"]], err[:2]])
    code, out, err = run("org.apache.kafka.tools.ClusterTool", "cluster-id", *SERVER)
    T.tell("the cluster's id", [code, [line.split(":")[0] for line in out], err[:2]])
    code, out, err = run("org.apache.kafka.tools.ClusterTool", "list-endpoints", *SERVER)
    T.tell("endpoints", [code, len(out), err[:2]])
    code, out, err = run("org.apache.kafka.tools.BrokerApiVersionsCommand", *SERVER)
    T.tell("versions of the protocol", [code, [line.split("(")[0] for line in out if "id:" in line], sum("Produce(0)" in line for line in out), err[:2]])
    (FOLDER / "elect.json").write_text(json.dumps({"partitions": [{"topic": T.name("lines"), "partition": 0}]}))
    tool("leaders elected", "org.apache.kafka.tools.LeaderElectionCommand", *SERVER, "--election-type", "preferred", "--path-to-json-file", "elect.json")
    tool("reassignments", "org.apache.kafka.tools.reassign.ReassignPartitionsCommand", *SERVER, "--list")
    tool("rules", "org.apache.kafka.tools.AclCommand", *SERVER, "--list")
    tool("features", "org.apache.kafka.tools.FeatureCommand", *SERVER, "describe", pick="^(?!Feature: )")
    tool("quorum", "org.apache.kafka.tools.MetadataQuorumCommand", *SERVER, "describe", "--status", pick="^(LeaderId|CurrentVoters)")
    tool("client metrics", "org.apache.kafka.tools.ClientMetricsCommand", *SERVER, "--list")


for theme in (topics, settings, consoles, groups, loads, operators):
    theme()
