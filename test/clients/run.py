"""./dev clients: the same scripts against foz and against the real servers that the user has; see README.md."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import known_answers
import servers
import spark

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PYTHON = sys.executable
# What each script is run with, and what it talks to.
KAFKA = {"confluent": [PYTHON, "confluent.py"], "kafka_python": [PYTHON, "kafka_python.py"], "kafkajs": ["node", "kafkajs.js"],
         "java_tools": [PYTHON, "java_tools.py"], "connect": [PYTHON, "connect.py"], "spark": []}
TRINO = {"alchemy": [PYTHON, "alchemy.py"], "jdbc": ["java", "-Xmx256m"], "trino_cli": [PYTHON, "trino_cli.py"]}


class Clients:
    def __init__(self, given):
        self.given, self.folder, self.running = given, pathlib.Path(tempfile.mkdtemp(prefix="clients-")), {}
        self.environment = {"NODE_PATH": str(ROOT / "build/deps/node_modules"), **os.environ}
        self.jars = None
        if given.kafka:
            folder = pathlib.Path(given.kafka)
            self.jars = str(folder / "libs" if (folder / "libs").is_dir() else folder)
            self.environment["KAFKA_JARS"] = self.jars
        if given.trino_cli:
            self.environment |= {"TRINO_CLI": given.trino_cli, "TRINO_JAVA": given.trino_java}
        if given.spark_jars:
            self.environment["SPARK_JARS"] = given.spark_jars

    def lacks(self, script: str) -> str | None:
        """What must be given for the script to run against foz."""
        needs = {"java_tools": "kafka", "connect": "kafka", "spark": "spark", "trino_cli": "trino_cli"}.get(script)
        return needs if needs and not getattr(self.given, needs) else None

    def server(self, kind: str):
        """A running one for all scripts."""
        if kind not in self.running:
            folder = self.folder / kind
            if kind == "kafka":
                made = servers.KafkaBroker(folder, self.jars)
            elif kind == "trino":
                made = servers.Trino(folder, self.given.trino, self.given.trino_java)
            else:
                made = servers.Foz(folder, {"trips.sql": spark.PIPELINE} if kind == "foz-spark" else None)
            if kind in ("trino", "foz-trino"):
                import tables
                tables.write(made.lake)
            self.running[kind] = made.start()
            if kind == "trino":
                made.register()
        return self.running[kind]

    def call(self, command: list[str]) -> str:
        done = subprocess.run(command, cwd=HERE, env=self.environment, capture_output=True, text=True, timeout=1800)
        if done.returncode:
            print(done.stdout[-2000:], done.stderr[-4000:], file=sys.stderr)
            sys.exit(f"{' '.join(command)}: exit code {done.returncode}")
        return done.stdout

    def transcript(self, script: str, real: bool) -> str:
        if script == "connect":
            return self.call([*KAFKA[script], "kafka" if real else "foz"])
        if script == "spark":
            server = self.server("kafka" if real else "foz-spark")
            spark.feed(server.kafka)
            if real:
                return self.call([self.given.spark, "spark.py", server.kafka])
            for schema, rows in (("bronze", spark.IN_BRONZE), ("silver", spark.IN_SILVER)):
                server.committed(schema, spark.TOPIC, rows)
            return self.call([self.given.spark, "spark.py", server.kafka, str(server.lake)])
        if script in KAFKA:
            return self.call([*KAFKA[script], self.server("kafka" if real else "foz").kafka])
        url = self.server("trino" if real else "foz-trino").http
        if not url.startswith("http"):
            url = f"http://{url}"
        if script == "jdbc":
            jar = max((ROOT / "build/deps/jdbc").glob("trino-jdbc-*.jar"))
            return self.call([*TRINO[script], "-cp", str(jar), str(HERE.parent / "conformance/jdbc/TrinoJdbc.java"), url.replace("http://", "jdbc:trino://")])
        return self.call([*TRINO[script], url])

    def close(self):
        for each in self.running.values():
            each.close()


def try_script(clients: Clients, script: str, record: bool) -> tuple[list, bool]:
    """A row of the table, and whether all is as it should be."""
    if lacking := clients.lacks(script):
        return [script, "", "", "", f"not run: --{lacking.replace('_', '-')} is not given"], True
    real_there = clients.given.kafka if script in KAFKA else clients.given.trino
    began, remarks = time.monotonic(), []
    if real_there:
        text = clients.transcript(script, real=True)
        if record:
            (HERE / "answers").mkdir(exist_ok=True)
            (HERE / "answers" / f"{script}.txt").write_text(text)
        changed = known_answers.differing(known_answers.recorded(script), known_answers.parse(text))
        for question, words in changed.items():
            print(f"{script}: {question}: the real server no longer says what is recorded\n    {words.replace('    foz:', '    now:')}")
        remarks.append("the real server as recorded" if not changed else f"the real server differs from the record in {len(changed)}")
        wanted = known_answers.parse(text)
    else:
        wanted = known_answers.recorded(script)
        remarks.append("compared with the record")
    got = known_answers.parse(clients.transcript(script, real=False))
    surprises = known_answers.surprises(script, wanted, got)
    print("\n".join(surprises), end="\n" if surprises else "")
    known = len(known_answers.known(script))
    return [script, len(wanted), known, len(surprises), f"{'; '.join(remarks)}; {time.monotonic() - began:.0f} s"], not surprises


def main():
    parser = argparse.ArgumentParser(prog="./dev clients", description=__doc__)
    parser.add_argument("scripts", nargs="*", help=f"some of {', '.join([*KAFKA, *TRINO])}; all if none is named")
    parser.add_argument("--kafka", metavar="FOLDER", help="Kafka 4.3: its distribution, or its jars, connect-file's among them")
    parser.add_argument("--trino", metavar="FOLDER", help="Trino 476: its distribution")
    parser.add_argument("--trino-cli", metavar="JAR", help="trino-cli's executable jar")
    parser.add_argument("--trino-java", metavar="HOME", help="the home of a JDK 24 or newer, for both")
    parser.add_argument("--spark", metavar="PYTHON", help="a Python with pyspark 4")
    parser.add_argument("--spark-jars", metavar="FOLDER", help="jars of spark-sql-kafka, delta-spark and what they need")
    parser.add_argument("--record", action="store_true", help="keep what the real servers say as what is expected")
    given = parser.parse_args()
    clients, rows, good = Clients(given), [], True
    try:
        for script in given.scripts or [*KAFKA, *TRINO]:
            row, as_it_should = try_script(clients, script, given.record)
            rows.append(row)
            good = good and as_it_should
    finally:
        clients.close()
    print(f"{'script':<14}{'questions':>10}{'known':>8}{'new':>6}  remarks")
    for script, questions, known, new, remark in rows:
        print(f"{script:<14}{questions:>10}{known:>8}{new:>6}  {remark}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
