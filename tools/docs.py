#!/usr/bin/env python3
"""Writes docs/reference from the program: what it says of its settings, functions, Delta tables and commands, and what a running foz says of
its metrics and Kafka APIs.

  tools/docs.py --foz BINARY [--check]     --check writes nothing and exits 1 when something is stale
"""

import argparse
import json
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs/reference"
MADE = "<!-- Made by ./dev docs. -->\n"
PIPELINE = """CREATE STREAMING TABLE parsed (CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION QUARANTINE)
AS SELECT o.id FROM (SELECT from_json(CAST(value AS STRING), 'id BIGINT') AS o FROM STREAM bronze.orders);
CREATE STREAMING TABLE newest FLOW AUTO CDC FROM STREAM parsed KEYS (id) APPLY AS DELETE WHEN id < 0 SEQUENCE BY id;
"""


def run(foz: str, *arguments: str) -> str:
    return subprocess.run([foz, *arguments], check=True, capture_output=True, text=True, timeout=60).stdout


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


# --- what the program says without running

def configuration(reference: dict) -> str:
    rows = [[f"`{each['name']}`", each["value"],
             f"`{each['default']}`" if not " " in each["default"] and each["default"] else each["default"], each["meaning"]]
            for each in reference["settings"]]
    return f"""# Configuration

{MADE}
`foz.yaml` of a project. Every setting has a default, `a.b` stands for `a: {{b: …}}`, and an unknown setting is a mistake that
`foz check` shows with its line. The command line of `foz up` goes before the file.

Durations are numbers with `ms`, `s`, `min`, `h` or `d`; sizes with `B`, `kB`, `MB`, `GB`, `TB` or their binary kin (`MiB` …).

{table(["setting", "value", "default", "meaning"], rows)}"""


def functions(reference: dict) -> str:
    groups: dict[str, list[dict]] = {}
    for each in reference["functions"]:
        groups.setdefault(each["group"], []).append(each)

    def arguments(each: dict) -> str:
        if each["max"] is None:
            return f"{each['min']} or more"
        return str(each["min"]) if each["min"] == each["max"] else f"{each['min']} to {each['max']}"

    text = f"""# Functions of streaming SQL

{MADE}
What a flow may call. Each means what [Spark SQL](https://spark.apache.org/docs/latest/api/sql/) says, in ANSI mode: what would
fail a statement there sends one row to the quarantine here. Beside them there are Spark's operators, `CASE`, `CAST`,
`TRY_CAST`, `BETWEEN`, `IN`, `LIKE`, `RLIKE`, `EXTRACT` and typed literals. Aggregates, windows, generators and whatever would
differ in a replay (`rand`, `uuid`) are refused by name.

Queries (`foz sql`, Trino's clients) are in Trino's dialect instead: [its functions](https://trino.io/docs/current/functions.html).
"""
    for group, members in groups.items():
        rows = [[f"`{each['name']}`", arguments(each)] for each in sorted(members, key=lambda each: each["name"])]
        text += f"\n## {group[0].upper() + group[1:]}\n\n" + table(["function", "arguments"], rows)
    return text


def delta(reference: dict) -> str:
    features = [[f"`{each['name']}`", "readers and writers" if each["readers"] else "writers"] for each in reference["table_features"]]
    properties = [[f"`delta.{each['name']}`", each["values"]] for each in reference["table_properties"]]
    return f"""# Delta Lake

{MADE}
What foz has of the [Delta protocol](https://github.com/delta-io/delta/blob/master/PROTOCOL.md). A table that asks for another
feature is refused by name: for reading, when readers must know it; else only for writing.

## Table features

All of these are read and written. `catalogManaged` is read with the commits that the table's catalog names.

{table(["feature", "who must know it"], features)}
## Table properties

Given when a table is made or altered; another `delta.` property, or another value, is refused by name. Names without `delta.`
are the user's own. `delta.feature.NAME = supported` turns a feature on that no property brings.

{table(["property", "values"], properties)}"""


def command_line(foz: str) -> str:
    text = f"""# Command line

{MADE}
Exit codes: 0 done, 1 failed (or problems found) with a message, 2 wrong usage.
"""

    def add(*command: str) -> None:
        nonlocal text
        said = run(foz, *command, "--help").strip()
        text += f"\n## {' '.join(['foz', *command])}\n\n```text\n{said}\n```\n"
        subcommands = said.partition("Subcommands:\n")[2] or said.partition("SUBCOMMANDS:\n")[2]
        for name in re.findall(r"^  (\w+) ", subcommands, re.M):
            add(*command, name)

    add()
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


# --- what a running one says

class Running:
    """A foz that has had a record, a query and a commit, so that every metric is there."""

    def __init__(self, foz: str, folder: str):
        project = pathlib.Path(folder) / "project"
        (project / "pipelines").mkdir(parents=True)
        (project / "foz.yaml").write_text("commits: {interval: 100ms, slow_interval: 100ms}\nlimits: {memory: 2GB, free_disk: 1MB}\n")
        (project / "pipelines" / "parsed.sql").write_text(PIPELINE)
        addresses = pathlib.Path(folder) / "addresses.json"
        with open(pathlib.Path(folder) / "foz.log", "w") as log:
            self.process = subprocess.Popen([foz, "up", str(project), "--kafka", "127.0.0.1:0", "--http", "127.0.0.1:0",
                                             "--addresses", str(addresses)], stdout=log, stderr=log)
        wait_until(addresses.exists, "foz is not ready")
        where = json.loads(addresses.read_text())
        self.kafka, self.http = where["kafka"], where["http"]
        import confluent_kafka
        producer = confluent_kafka.Producer({"bootstrap.servers": self.kafka})
        producer.produce("orders", b'{"id": 1}')
        assert producer.flush(30) == 0
        run(foz, "sql", "--server", self.http, "-e", "SELECT 1")
        wait_until(lambda: re.search(r'foz_commits_total\{table="silver.parsed"\} [1-9]', self.metrics()), "nothing was committed")

    def metrics(self) -> str:
        return urllib.request.urlopen(self.http + "/metrics").read().decode()

    def api_versions(self) -> list[tuple[int, int, int]]:
        """https://kafka.apache.org/protocol#The_Messages_ApiVersions, version 0."""
        request = struct.pack(">hhih", 18, 0, 1, -1)
        host, port = self.kafka.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as peer:
            peer.sendall(struct.pack(">i", len(request)) + request)
            stream = peer.makefile("rb")
            reply = stream.read(struct.unpack(">i", stream.read(4))[0])
        count = struct.unpack(">i", reply[6:10])[0]
        return [struct.unpack(">hhh", reply[10 + 6 * i: 16 + 6 * i]) for i in range(count)]


def wait_until(condition, what: str, wait_s: float = 60) -> None:
    deadline = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def metrics(text: str) -> str:
    families: dict[str, dict] = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, help_text = line.split(" ", 3)
            families[name] = {"help": help_text, "labels": set()}
        elif line.startswith("# TYPE "):
            _, _, name, families[name]["type"] = line.split(" ")
        else:
            series = line.rpartition(" ")[0]
            family = families.get(series.partition("{")[0]) or families[re.sub("_(bucket|sum|count)$", "", series.partition("{")[0])]
            family["labels"] |= set(re.findall(r'(\w+)="', series)) - {"le"}
    rows = [[f"`{name}`", each["type"], ", ".join(sorted(each["labels"])), each["help"]] for name, each in sorted(families.items())]
    return f"""# Metrics

{MADE}
At `/metrics`, in OpenMetrics 1.0 or Prometheus' text format 0.0.4, whichever is asked for. Counters begin at the start.

{table(["metric", "type", "labels", "meaning"], rows)}"""


def kafka_apis(versions: list[tuple[int, int, int]]) -> str:
    names = {}
    for schema in (ROOT / "src/kafka/schemas").glob("*Request.json"):
        key = re.search(r'"apiKey":\s*(\d+)', schema.read_text())
        if key:
            names[int(key[1])] = schema.name.removesuffix("Request.json")
    rows = [[names[key], str(key), str(least) if least == most else f"{least} to {most}"] for key, least, most in sorted(versions)]
    return f"""# Kafka APIs

{MADE}
What foz advertises and serves of [Kafka's protocol](https://kafka.apache.org/protocol). A request that is not among them closes
the connection, and the log names client, request and version.

{table(["request", "key", "versions"], rows)}"""


def generate(foz: str) -> dict[str, str]:
    reference = json.loads(run(foz, "reference"))
    with tempfile.TemporaryDirectory() as folder:
        running = Running(foz, folder)
        try:
            live = {"metrics.md": metrics(running.metrics()), "kafka-apis.md": kafka_apis(running.api_versions())}
        finally:
            running.process.terminate()
            running.process.wait(timeout=60)
    return {"configuration.md": configuration(reference), "functions.md": functions(reference), "delta.md": delta(reference),
            "command-line.md": command_line(foz), **live}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--foz", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    stale = 0
    for name, text in generate(arguments.foz).items():
        path = REFERENCE / name
        if path.exists() and path.read_text() == text:
            continue
        stale += 1
        print(f"{path.relative_to(ROOT)}: " + ("stale; run ./dev docs" if arguments.check else "written"))
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return 1 if stale and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
