"""Kafka Connect, distributed, exactly once: lines from a file to a topic and on to a file, over restarts of the broker and of Connect.

Run as connect.py foz|kafka; it starts the server itself. KAFKA_JARS names the folder of Kafka's jars, connect-file's among them.
"""

import json
import os
import pathlib
import sys
import tempfile
import urllib.error
import urllib.request

import servers
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType
from transcript import Transcript, eventually

JARS = os.environ["KAFKA_JARS"]
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="connect-"))
IN, OUT = FOLDER / "in.txt", FOLDER / "out.txt"
T = Transcript(lambda error: f"HTTP {error.code}" if isinstance(error, urllib.error.HTTPError) else None)
LIMIT_S = 180


class Worker:
    def __init__(self, kafka: str):
        self.port = servers.free_port()
        (FOLDER / "worker.properties").write_text(f"""\
bootstrap.servers={kafka}
group.id=workers
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
config.storage.topic=connect-configs
offset.storage.topic=connect-offsets
status.storage.topic=connect-status
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
offset.flush.interval.ms=500
exactly.once.source.support=enabled
listeners=http://127.0.0.1:{self.port}
plugin.discovery=only_scan
""")

    def start(self):
        command = ["java", *servers.HEAP, "-cp", f"{JARS}/*", "org.apache.kafka.connect.cli.ConnectDistributed", str(FOLDER / "worker.properties")]
        self.process = servers.Process("connect", FOLDER, command)
        self.process.wait_until(lambda: servers.answers(f"http://127.0.0.1:{self.port}/connectors"), LIMIT_S)

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(asked, timeout=90) as answer:
            return json.loads(answer.read() or b"null")

    def state(self, name):
        """Of a connector and its tasks; None while they are not known."""
        try:
            status = self.call("GET", f"/connectors/{name}/status")
        except urllib.error.HTTPError:
            return None
        return [status["connector"]["state"], *(task["state"] for task in status["tasks"])]

    def until(self, name, *wanted):
        eventually(lambda: self.state(name) == list(wanted), f"{name} {wanted}", LIMIT_S)


def topic(kafka, name):
    """All committed values of its one partition."""
    client = Consumer({"bootstrap.servers": kafka, "group.id": "unused", "enable.partition.eof": True, "auto.offset.reset": "earliest"})
    client.assign([TopicPartition(name, 0, 0)])
    values = []
    while (message := client.poll(60)) and not message.error():
        values.append(message.value().decode())
    assert message and message.error().code() == KafkaError._PARTITION_EOF, message and message.error()
    client.close()
    return values


def write(numbers):
    with open(IN, "a") as file:
        file.writelines(f"line {n}\n" for n in numbers)


def arrived(count):
    eventually(lambda: OUT.exists() and OUT.read_text().count("\n") >= count, f"{count} lines", LIMIT_S)
    return OUT.read_text().split("\n")[:-1] == [f"line {n}" for n in range(count)]


def main(server, worker):
    worker.start()
    worker.call("PUT", "/connectors/source/config", {"connector.class": "FileStreamSource", "tasks.max": "1", "file": str(IN), "topic": "lines",
                                                     "topic.creation.default.partitions": "1", "topic.creation.default.replication.factor": "1",
                                                     "topic.creation.default.cleanup.policy": "delete"})
    worker.call("PUT", "/connectors/sink/config", {"connector.class": "FileStreamSink", "tasks.max": "1", "file": str(OUT), "topics": "lines"})
    write(range(100))
    worker.until("source", "RUNNING", "RUNNING")
    worker.until("sink", "RUNNING", "RUNNING")
    T.tell("lines go through", arrived(100))
    admin = AdminClient({"bootstrap.servers": server.kafka})
    for name in ("connect-configs", "connect-offsets", "connect-status", "lines"):
        (future,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)]).values()
        T.tell(f"topic {name}", [len(admin.list_topics(name, timeout=30).topics[name].partitions), future.result(60)["cleanup.policy"].value])
    groups = {g.group_id: g.state.name for g in admin.list_consumer_groups().result(60).valid}
    T.tell("groups", [groups.get("workers"), groups.get("connect-sink")])
    T.ask("topics of a connector", lambda: worker.call("GET", "/connectors/source/topics"))
    eventually(lambda: worker.call("GET", "/connectors/sink/offsets")["offsets"], "offsets of the sink", LIMIT_S)
    T.tell("offsets of the sink", True)

    server.restart()
    write(range(100, 200))
    T.tell("lines go through after the broker's restart", arrived(200))
    worker.process.stop()
    write(range(200, 300))
    worker.start()
    T.tell("lines go through after Connect's restart", arrived(300))
    worker.process.kill()
    write(range(300, 400))
    worker.start()
    arrived(400)
    T.tell("lines in the topic after Connect was killed", topic(server.kafka, "lines") == [f"line {n}" for n in range(400)])

    worker.until("source", "RUNNING", "RUNNING")
    T.ask("a connector paused", lambda: worker.call("PUT", "/connectors/source/pause"))
    worker.until("source", "PAUSED", "PAUSED")
    T.ask("a connector stopped", lambda: worker.call("PUT", "/connectors/source/stop"))
    worker.until("source", "STOPPED")
    offsets = worker.call("GET", "/connectors/source/offsets")["offsets"]
    T.tell("offsets of the source", [o["offset"]["position"] == IN.stat().st_size for o in offsets])
    T.ask("offsets forgotten", lambda: worker.call("DELETE", "/connectors/source/offsets"))
    T.ask("offsets afterwards", lambda: worker.call("GET", "/connectors/source/offsets")["offsets"])
    T.ask("a connector resumed", lambda: worker.call("PUT", "/connectors/source/resume"))
    eventually(lambda: len(topic(server.kafka, "lines")) == 800, "all lines once more", LIMIT_S)
    for name in ("source", "sink"):
        T.ask(f"the {name} deleted", lambda: worker.call("DELETE", f"/connectors/{name}"))
    T.ask("connectors at the end", lambda: worker.call("GET", "/connectors"))


def with_server(kind, folder):
    if kind == "kafka":
        return servers.KafkaBroker(folder, JARS).start()
    foz = servers.Foz(folder)
    foz.restart = lambda: (foz.stop(), foz.start(kafka=foz.kafka))
    return foz.start()


if __name__ == "__main__":
    running = with_server(sys.argv[1], FOLDER / "server")
    connect = Worker(running.kafka)
    try:
        main(running, connect)
    finally:
        connect.process.stop()
        running.close()
