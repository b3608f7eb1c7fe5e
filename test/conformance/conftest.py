"""Runs the real program for other people's clients to talk to. FOZ_BIN names it (default: the sanitizer build)."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOZ_BIN = os.environ.get("FOZ_BIN", str(ROOT / "build/dev/bin/foz"))


class Foz:
    """One foz over a folder: `data` is the log's, `lake` the tables'. It may be stopped, killed and started again."""

    def __init__(self, folder: pathlib.Path, pipelines: dict[str, str] | None = None, settings: str = ""):
        self.folder = folder
        self.project = folder / "project"
        self.lake = folder / "lake"
        self.data = folder / "data"
        (self.project / "pipelines").mkdir(parents=True, exist_ok=True)
        base = "commits: {interval: 500ms, slow_interval: 500ms, refresh_interval: 200ms}\nlimits: {free_disk: 16MB, memory: 2GB}\n"
        (self.project / "foz.yaml").write_text(base + settings)
        for name, text in (pipelines or {}).items():
            (self.project / "pipelines" / name).write_text(text)
        self.process = None
        self.wrapper: list[str] = []  # a command that runs foz

    def start(self, wait_s: float = 60, kafka: str = "127.0.0.1:0", http: str = "127.0.0.1:0") -> "Foz":
        addresses = self.folder / "addresses.json"
        addresses.unlink(missing_ok=True)
        with open(self.folder / "foz.log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, FOZ_BIN, "up", str(self.project), "--lake", str(self.lake), "--data", str(self.data), "--kafka",
                 kafka, "--http", http, "--addresses", str(addresses)], stdout=log, stderr=log)
        deadline = time.monotonic() + wait_s
        while not addresses.exists():
            assert self.process.poll() is None, "foz ended:\n" + self.log_text()[-4000:]
            assert time.monotonic() < deadline, "foz did not become ready:\n" + self.log_text()[-4000:]
            time.sleep(0.01)
        where = json.loads(addresses.read_text())
        self.kafka, self.http = where["kafka"], where["http"]
        return self

    def log_text(self) -> str:
        return (self.folder / "foz.log").read_text(errors="replace")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ends it as an operator would and returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.stop()

    # --- clients

    def produce(self, topic: str, values, **config) -> None:
        """Sends values (bytes, or (key, value)) and waits until all of them are acknowledged."""
        import confluent_kafka
        refused = []
        producer = confluent_kafka.Producer({"bootstrap.servers": self.kafka, "linger.ms": 5, **config})
        for item in values:
            key, value = item if isinstance(item, tuple) else (None, item)
            producer.produce(topic, value, key, on_delivery=lambda error, _: error and refused.append(error))
            producer.poll(0)
        assert producer.flush(60) == 0 and not refused, refused

    def sql(self, text: str, schema: str | None = None) -> list[list]:
        import trino
        host, port = self.http.removeprefix("http://").split(":")
        connection = trino.dbapi.connect(host=host, port=int(port), user="test", catalog="lake", schema=schema)
        cursor = connection.cursor()
        cursor.execute(text)
        return cursor.fetchall()

    def value(self, text: str):
        return self.sql(text)[0][0]

    def eventually(self, text: str, wanted, wait_s: float = 60):
        """Asks until the first value is `wanted`; a table that does not exist yet counts as None."""
        import trino
        deadline = time.monotonic() + wait_s
        got = None
        while True:
            try:
                got = self.value(text)
            except trino.exceptions.TrinoUserError as error:
                if error.error_name not in ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND"):
                    raise
            if got == wanted:
                return got
            assert time.monotonic() < deadline, f"{text}: {got}, not {wanted}\n" + self.log_text()[-3000:]
            time.sleep(0.02)

    def delta(self, schema: str, table: str):
        import deltalake
        return deltalake.DeltaTable(str(self.lake / schema / table))

    def committed(self, schema: str, table: str, rows: int, wait_s: float = 60):
        """Waits until another reader of the table sees that many rows in Delta; returns them as an Arrow table."""
        import deltalake
        deadline = time.monotonic() + wait_s
        got = None
        while True:
            try:
                got = self.delta(schema, table).to_pyarrow_table()
            except deltalake.exceptions.TableNotFoundError:
                pass
            if got is not None and got.num_rows >= rows:
                assert got.num_rows == rows
                return got
            assert time.monotonic() < deadline, f"{schema}.{table}: {got and got.num_rows} rows, not {rows}\n" + self.log_text()[-3000:]
            time.sleep(0.05)


@pytest.fixture
def make_foz(tmp_path):
    """Makes foz instances over tmp_path/NAME that end with the test: make_foz(pipelines={...}).start()."""
    made = []

    def make(name: str = "foz", **arguments) -> Foz:
        made.append(Foz(tmp_path / name, **arguments))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def foz(make_foz):
    """A running foz without pipelines: topics and bronze tables."""
    return make_foz().start()
