"""Other people's clients are told by foz what a real Kafka or Trino tells them, but for known differences: see test/clients."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT

CLIENTS = ROOT / "test/clients"
sys.path.insert(0, str(CLIENTS))

import known_answers  # noqa: E402


def check(command: list[str], script: str) -> None:
    environment = {**os.environ, "NODE_PATH": str(ROOT / "build/deps/node_modules")}
    said = subprocess.run(command, cwd=CLIENTS, env=environment, capture_output=True, text=True, timeout=300)
    assert said.returncode == 0, said.stdout[-1000:] + said.stderr[-3000:]
    surprises = known_answers.surprises(script, known_answers.recorded(script), known_answers.parse(said.stdout))
    assert not surprises, "\n".join(surprises)


@pytest.mark.parametrize("script", ["confluent", "kafka_python"])
def test_kafka_clients_in_python(foz, script):
    check([sys.executable, f"{script}.py", foz.kafka], script)


@pytest.mark.skipif(not shutil.which("node") or not pathlib.Path(ROOT / "build/deps/node_modules/kafkajs").exists(), reason="./dev test gets kafkajs")
def test_kafkajs(foz):
    check(["node", "kafkajs.js", foz.kafka], "kafkajs")


def test_sqlalchemy_and_pandas(make_foz):
    sys.path.insert(0, str(ROOT / "test/oracle"))
    import tables
    foz = make_foz()
    tables.write(foz.lake)
    foz.start()
    check([sys.executable, "alchemy.py", foz.http], "alchemy")
