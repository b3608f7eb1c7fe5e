"""The documentation says what is so: the reference is what the program says now, and commands answer what is shown."""

import os
import pathlib
import re
import subprocess
import sys
import textwrap
import time

import pytest

from conftest import FOZ_BIN, ROOT

sys.path.insert(0, str(ROOT / "tools"))
import docs  # noqa: E402

# A network of its own, so that the ports that the documents name are free; its loopback is down at first.
OWN_NETWORK = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"]), sys.executable, "-c", """
import array, fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    SIOCSIFFLAGS, IFF_UP = 0x8914, 1
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
"""]


class Shell:
    """One shell for all commands of a document, as a reader has."""

    END = "--- end of the command ---"

    def __init__(self, folder: pathlib.Path):
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "foz").symlink_to(FOZ_BIN)
        (bin_folder / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (bin_folder / "python3").chmod(0o755)
        self.folder = folder
        self.process = subprocess.Popen(
            [*OWN_NETWORK, "bash"], cwd=folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, env={**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"})
        self.run("set -m")  # jobs, as in a terminal: kill %1

    def run(self, commands: str) -> str:
        self.process.stdin.write(f"{commands}\necho '{self.END}'\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.rstrip("\n") == self.END:
                return "".join(lines)
            lines.append(line)
        pytest.fail(f"the shell ended in\n{commands}\n{''.join(lines)}")

    def close(self) -> None:
        self.process.stdin.write("kill $(jobs -p) 2>/dev/null; wait; exit\n")
        self.process.stdin.close()
        self.process.wait(timeout=60)


@pytest.fixture
def shell(tmp_path):
    opened = Shell(tmp_path)
    yield opened
    opened.close()


def blocks(document: pathlib.Path) -> list[tuple[str, str | None]]:
    """Each sh block, with the text block that follows it directly."""
    found = re.findall(r"^ *```sh\n(.*?)^ *```\n(?:^ *```text\n(.*?)^ *```\n)?", document.read_text(), re.M | re.S)
    return [(textwrap.dedent(commands), textwrap.dedent(shown) if shown else None) for commands, shown in found]


def fits(shown: str, said: str) -> bool:
    """… stands for anything, spaces at the end of lines for nothing."""
    lines = [line.rstrip() for line in shown.strip("\n").splitlines()]
    pattern = ".*".join(re.escape(part) for part in "\n".join(lines).split("…"))
    return re.fullmatch(pattern, "\n".join(line.rstrip() for line in said.strip("\n").splitlines()), re.S) is not None


def follow(document: pathlib.Path, shell: Shell) -> int:
    found = blocks(document)
    for commands, shown in found:
        deadline = time.monotonic() + 60
        while True:
            said = shell.run(commands)
            if shown is None or fits(shown, said):
                break
            # What only looks may be ahead of a commit, or of a tick.
            looks = re.match(r"foz (sql|table)|python3 -", commands) is not None
            assert looks and time.monotonic() < deadline, f"{document.name}:\n{commands}\nsaid\n{said}\ninstead of\n{shown}"
            time.sleep(0.2)
    return len(found)


def test_the_tutorial_works_as_it_stands(shell):
    assert follow(ROOT / "docs/tutorial.md", shell) >= 9


def test_the_how_tos_work_as_they_stand(shell):
    shell.run("foz init shop; rm shop/pipelines/orders.sql; echo 'commits: {interval: 1s, slow_interval: 1s}' >> shop/foz.yaml")
    said = shell.run("foz up shop > foz.log 2>&1 & until grep -s ' ready in ' foz.log; do sleep 0.1; done")
    assert "127.0.0.1:9092" in said
    for name in ("produce", "query", "read-tables"):
        assert follow(ROOT / f"docs/how-to/{name}.md", shell) >= 2, name
    assert follow(ROOT / "docs/how-to/write.md", shell) == 1


@pytest.fixture(scope="module")
def generated():
    return docs.generate(FOZ_BIN)


@pytest.mark.parametrize("name", ["configuration.md", "functions.md", "command-line.md", "metrics.md", "kafka-apis.md"])
def test_the_reference_is_what_the_program_says(generated, name):
    assert (ROOT / "docs/reference" / name).read_text() == generated[name], "stale: run ./dev docs"


def test_every_metric_of_the_sources_is_documented(generated):
    named = set()
    for source in [*ROOT.glob("src/**/*.cc"), *ROOT.glob("lib/**/*.cc")]:
        if not source.name.endswith(("_test.cc", "_fuzz.cc", "_bench.cc")):
            named |= set(re.findall(r'"(foz_[a-z_]+)",', source.read_text()))
    assert len(named) > 30
    documented = set(re.findall(r"^\| `(\w+)`", generated["metrics.md"], re.M))
    assert named <= documented, named - documented


def test_links_between_documents_lead_somewhere():
    for document in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.relative_to(ROOT)} links to {target}"
