"""The servers that clients are tried on: foz, and a Kafka broker and a Trino of the user's own. Each lives in a folder of its own."""

import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "oracle"))

from conftest import Foz  # noqa: E402, F401

HEAP = ["-Xms256m", "-Xmx1g", "-XX:+UseSerialGC"]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Process:
    """A program with a log; ends with stop()."""

    def __init__(self, name: str, folder: pathlib.Path, command: list[str], **environment):
        self.name, self.log = name, folder / f"{name}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **environment})

    def wait_until(self, ready, wait_s: float) -> None:
        deadline = time.monotonic() + wait_s
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                sys.exit(f"{self.name} did not start; its log, {self.log}, ends:\n" + self.log.read_text(errors="replace")[-3000:])
            time.sleep(0.1)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()


def answers(url: str, wanted: str = "") -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return wanted in answer.read().decode()
    except OSError:
        return False


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class KafkaBroker:
    """One broker with its controller. `jars` is the folder of Kafka's jars."""

    def __init__(self, folder: pathlib.Path, jars: str):
        self.folder, self.jars, self.process = folder, jars, None
        folder.mkdir(parents=True)
        port, controller = free_port(), free_port()
        self.kafka = f"127.0.0.1:{port}"
        (folder / "server.properties").write_text(f"""\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=5
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
""")

    def java(self, *arguments: str) -> list[str]:
        return ["java", *HEAP, "-cp", f"{self.jars}/*", *arguments]

    def start(self) -> "KafkaBroker":
        settings = str(self.folder / "server.properties")
        if not (self.folder / "data").exists():
            made = self.java("kafka.tools.StorageTool", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", settings)
            subprocess.run(made, check=True, capture_output=True)
        self.process = Process("kafka", self.folder, self.java("kafka.Kafka", settings))
        self.process.wait_until(lambda: listens(int(self.kafka.split(":")[1])), 120)
        return self

    def restart(self) -> None:
        self.process.stop()
        self.start()

    def close(self) -> None:
        if self.process:
            self.process.stop()


class Trino:
    """A Trino over Delta tables in lake/SCHEMA/TABLE of the folder, as test/oracle/README.md describes it."""

    def __init__(self, folder: pathlib.Path, home: str, java: str):
        self.folder, self.home, self.java_home, self.process = folder, pathlib.Path(home), pathlib.Path(java), None
        self.lake = folder / "lake"
        port = free_port()
        self.http = f"http://127.0.0.1:{port}"
        (folder / "etc/catalog").mkdir(parents=True)
        (folder / "plugins").mkdir()
        (folder / "plugins/delta-lake").symlink_to(self.home / "plugin/delta-lake")
        (folder / "etc/config.properties").write_text(
            f"coordinator=true\nnode-scheduler.include-coordinator=true\nhttp-server.http.port={port}\ndiscovery.uri={self.http}\n"
            f"catalog.management=static\ncatalog.config-dir={folder}/etc/catalog\nplugin.dir={folder}/plugins\n")
        (folder / "etc/catalog/lake.properties").write_text(
            "connector.name=delta_lake\ndelta.register-table-procedure.enabled=true\nfs.native-local.enabled=true\n"
            f"local.location={folder}\nhive.metastore=file\nhive.metastore.catalog.dir=local:///metastore\n")

    def start(self) -> "Trino":
        command = [str(self.java_home / "bin/java"), "-Xmx2g", "-XX:+UseG1GC", "-XX:+ExplicitGCInvokesConcurrent",
                   "-XX:ReservedCodeCacheSize=256M", "-Dfile.encoding=UTF-8", "-Djdk.attach.allowAttachSelf=true",
                   "--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "--add-opens=java.base/java.nio=ALL-UNNAMED",
                   f"-Dconfig={self.folder}/etc/config.properties", "-Dnode.environment=test", "-Dnode.id=one",
                   f"-Dnode.data-dir={self.folder}/data", "-Dnode.internal-address=127.0.0.1", "-Dnode.bind-ip=127.0.0.1",
                   "-cp", f"{self.home}/lib/*", "io.trino.server.TrinoServer"]
        self.process = Process("trino", self.folder, command)
        self.process.wait_until(lambda: answers(f"{self.http}/v1/info", '"starting":false'), 300)
        return self

    def register(self) -> None:
        """Makes all tables of the lake known."""
        import protocol
        session = protocol.Session(self.http, {})
        # A little passes until the coordinator counts itself among its workers.
        deadline = time.monotonic() + 60
        while "error" in session.run("SELECT count(*) FROM system.runtime.nodes") and time.monotonic() < deadline:
            time.sleep(0.2)
        for schema in sorted(self.lake.iterdir()):
            for statement in [f"CREATE SCHEMA IF NOT EXISTS lake.{schema.name}",
                              *(f"CALL lake.system.register_table('{schema.name}', '{table.name}', 'local:///lake/{schema.name}/{table.name}')"
                                for table in sorted(schema.iterdir()))]:
                answer = session.run(statement)
                assert "error" not in answer, answer
        session.close()

    def close(self) -> None:
        if self.process:
            self.process.stop()
