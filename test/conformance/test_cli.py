"""The command line, as a person meets it."""

import json
import os
import pathlib
import re
import socket
import subprocess
import time

import pyarrow
from deltalake import write_deltalake

from conftest import FOZ_BIN


def run(*arguments, stdin=None):
    return subprocess.run([FOZ_BIN, *map(str, arguments)], capture_output=True, text=True, input=stdin, timeout=60)


def test_every_command_explains_itself():
    for command in ([], ["up"], ["init"], ["check"], ["sql"], ["topics"], ["tables"], ["table"], ["table", "read"],
                    ["doctor"]):
        shown = run(*command, "--help")
        assert shown.returncode == 0 and "--help" in shown.stdout
    assert run("--version").stdout.startswith("foz ")
    for wrong in (["fly"], [], ["table"], ["sql", "--nonsense"], ["table", "read", "x", "--format", "xml"]):
        assert run(*wrong).returncode == 2, wrong


def test_init_makes_a_project_that_check_accepts(tmp_path):
    project = tmp_path / "shop"
    assert run("init", project).returncode == 0
    checked = run("check", project)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    again = run("init", project)
    assert again.returncode == 1 and "nothing was changed" in again.stderr


def test_init_here_keeps_what_is_there_and_takes_the_folders_name(tmp_path):
    project = tmp_path / "yes"  # which alone would be a boolean to YAML
    project.mkdir()
    (project / ".gitignore").write_text("mine\n")
    made = subprocess.run([FOZ_BIN, "init", "."], cwd=project, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert 'name: "yes"\n' in (project / "foz.yaml").read_text()
    assert (project / ".gitignore").read_text() == "mine\n"
    other = tmp_path / "other"
    (other / "pipelines").mkdir(parents=True)
    (other / "pipelines" / "orders.sql").write_text("mine")
    refused = run("init", other)
    assert refused.returncode == 1 and "nothing was changed" in refused.stderr
    assert sorted(path.name for path in other.iterdir()) == ["pipelines"]


def test_check_shows_file_line_column_and_a_caret(tmp_path):
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "a.sql").write_text(
        "CREATE STREAMING TABLE a AS\nSELECT valeu FROM STREAM bronze.t;\n"
        "CREATE STREAMING TABLE b AS SELECT count(*) FROM STREAM bronze.t;\n"
        "CREATE MATERIALIZED VIEW c AS SELECT 1;\n"
        "CREATE STREAMING TABLE d AS SELECT value FROM STREAM silver.nothing;\n")
    checked = run("check", tmp_path)
    assert checked.returncode == 1
    assert "pipelines/a.sql:2:8: error:" in checked.stdout and "valeu" in checked.stdout
    assert "SELECT valeu FROM STREAM bronze.t;\n" in checked.stdout and "^" in checked.stdout
    for line in (3, 4, 5):
        assert f"pipelines/a.sql:{line}:" in checked.stdout
    errors = json.loads(run("check", tmp_path, "--json").stdout)["errors"]
    assert [error["line"] for error in errors] == [2, 3, 4, 5]


def test_check_finds_what_up_would_trip_over(tmp_path):
    def errors(settings: str) -> list[dict]:
        (tmp_path / "foz.yaml").write_text(settings)
        assert run("check", tmp_path).returncode == 1
        checked = run("check", tmp_path, "--json")
        assert checked.returncode == 1
        return json.loads(checked.stdout)["errors"]

    assert errors("\nnmae: x\n") == [
        {"file": "foz.yaml", "line": 2, "column": 1, "message": "unknown setting 'nmae'; did you mean 'name'?"}]
    for settings, word in (("http: nonsense", "--http"), ("lake: s3://bucket/x", "s3"), ("topics: {a b: {}}", "topic 'a b'"),
                           ("topics: {a.b: {}, A-b: {}}", "one table"), ("http: 0.0.0.0:0", "insecure_listen")):
        found = errors(settings)
        assert len(found) == 1 and word in found[0]["message"], found


def test_wrong_configuration_is_refused_with_its_place(tmp_path):
    (tmp_path / "foz.yaml").write_text("name: x\nkafka: {port: 9}\n")
    refused = run("up", tmp_path)
    assert refused.returncode == 1 and "foz.yaml:2" in refused.stderr and "'port'" in refused.stderr
    (tmp_path / "foz.yaml").write_text("")
    for flags, word in ((["--kafka", "nonsense"], "--kafka"), (["--http", "127.0.0.1:99999"], "--http"),
                        (["--lake", "s3://bucket/x"], "s3")):
        refused = run("up", tmp_path, *flags)
        assert refused.returncode == 1 and word in refused.stderr, refused.stderr


def test_sql_prints_for_people_and_programs(foz):
    foz.produce("t", [b"one", b"two"])
    foz.eventually("SELECT count(*) FROM bronze.t", 2)
    sql = ["sql", "--server", foz.http]
    aligned = run(*sql, "-e", "SELECT offset, from_utf8(value) AS v FROM bronze.t ORDER BY offset")
    assert aligned.returncode == 0 and "(2 rows)" in aligned.stdout and "two" in aligned.stdout
    rows = run(*sql, "--json", stdin="SELECT offset FROM bronze.t ORDER BY offset; SELECT 7 AS seven").stdout.splitlines()
    assert [json.loads(row) for row in rows] == [{"offset": 0}, {"offset": 1}, {"seven": 7}]
    commented = run("sql", "--server", foz.http + "/", "--json", stdin="SELECT 1 AS z, 2 AS a -- one;\n;\n-- no more\n/* ; */\n")
    assert commented.returncode == 0 and commented.stdout == '{"z":1,"a":2}\n', commented.stderr
    wrong = run(*sql, "-e", "SELECT nothing FROM bronze.t")
    assert wrong.returncode == 1 and "^" in wrong.stderr
    lost = run("sql", "--server", "http://127.0.0.1:1", "-e", "SELECT 1")
    assert lost.returncode == 1 and "127.0.0.1:1" in lost.stderr


def test_addresses_are_never_those_of_an_earlier_start(tmp_path):
    addresses = tmp_path / "addresses.json"
    addresses.write_text("{}")
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "a.sql").write_text("nonsense")
    listen = ["--kafka", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    assert run("up", tmp_path, *listen, "--addresses", addresses).returncode == 1
    assert not addresses.exists()
    (tmp_path / "other").mkdir()
    unwritable = run("up", tmp_path / "other", *listen, "--addresses", tmp_path / "none" / "addresses.json")
    assert unwritable.returncode == 1 and "--addresses" in unwritable.stderr
    assert not (tmp_path / "other" / ".foz" / "log").exists()


def test_table_read_says_why_there_is_nothing_to_read(tmp_path):
    none = run("table", "read", tmp_path / "none")
    assert none.returncode == 1 and "there is no folder" in none.stderr
    # As for a folder that may not be entered, which root always may.
    unreadable = run("table", "read", tmp_path / ("x" * 300))
    assert unreadable.returncode == 1 and "cannot read" in unreadable.stderr


def test_a_reader_that_has_seen_enough_ends_the_output_quietly(tmp_path):
    write_deltalake(tmp_path / "numbers", pyarrow.table({"number": range(200_000)}))
    command = f"trap '' PIPE; {FOZ_BIN} table read {tmp_path}/numbers --format csv | head -n 1"
    shown = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert (shown.stdout.strip(), shown.stderr) == ("number", "")


def test_topics_and_tables_list_what_there_is(foz):
    foz.produce("t", [b"one"])
    foz.eventually("SELECT count(*) FROM bronze.t", 1)
    assert "bronze.t" in run("topics", "--server", foz.http).stdout
    assert json.loads(run("tables", "--server", foz.http, "--json").stdout)["name"] == "bronze.t"


# --- foz doctor

def doctor(*arguments) -> tuple[int, dict[str, dict]]:
    done = run("doctor", *arguments, "--json")
    said = json.loads(done.stdout)
    assert (done.returncode == 0) == said["healthy"], done.stdout
    for check in said["checks"]:
        assert check["grade"] in ("ok", "warning", "problem") and (check["grade"] == "ok") == (check["advice"] == ""), check
    return done.returncode, {check["check"]: check for check in said["checks"]}


def places(folder) -> list:
    return [folder, "--kafka", "127.0.0.1:0", "--http", "127.0.0.1:0"]


def test_doctor_finds_a_new_project_well_and_leaves_nothing_behind(tmp_path):
    project = tmp_path / "shop"
    run("init", project)
    before = sorted(project.rglob("*"))
    code, found = doctor(*places(project))
    assert code == 0, found
    assert {name for name, check in found.items() if check["grade"] == "problem"} == set()
    assert found["settings"]["found"] == "valid" and found["pipelines"]["found"].startswith("1 streaming table")
    assert re.search(r"median [0-9.]+ ms", found["sync"]["found"]) and "GB free" in found["data"]["found"]
    kernel = os.uname().release
    assert kernel in found["system"]["found"] and "glibc" in found["system"]["found"]
    assert sorted(project.rglob("*")) == before
    shown = run("doctor", *places(project))
    assert shown.returncode == 0 and shown.stdout.endswith(" 0 problem\n")


def test_doctor_names_what_up_would_trip_over(tmp_path):
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "a.sql").write_text("CREATE STREAMING TABLE a AS SELECT valeu FROM STREAM bronze.t;")
    (tmp_path / "foz.yaml").write_text("limits: {free_disk: 1000TB, memory: 100TB}\n")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, found = doctor(tmp_path, "--kafka", f"127.0.0.1:{port}", "--http", "127.0.0.1:0")
    assert code == 1
    assert {name for name, check in found.items() if check["grade"] == "problem"} == {"pipelines", "kafka", "data", "lake", "memory"}
    assert str(port) in found["kafka"]["found"] and "foz check" in found["pipelines"]["advice"]
    code, found = doctor(tmp_path, "--kafka", "0.0.0.0:0", "--http", "127.0.0.1:0")
    assert code == 1 and "--insecure-listen" in found["settings"]["found"] and found["pipelines"]["grade"] == "problem"
    (tmp_path / "foz.yaml").write_text("nmae: x\n")
    code, found = doctor(tmp_path)
    assert code == 1 and "did you mean 'name'" in found["settings"]["found"]


def test_doctor_tells_of_a_server_and_its_tables(make_foz):
    foz = make_foz(pipelines={"a.sql": "CREATE STREAMING TABLE a AS SELECT offset AS x FROM STREAM bronze.t"}).start()
    foz.produce("t", [b"1"])
    foz.committed("silver", "a", 1)
    here = [foz.project, "--lake", foz.lake, "--data", foz.data, "--kafka", foz.kafka, "--http", foz.http.removeprefix("http://")]
    code, found = doctor(*here)
    assert code == 0, found
    assert str(foz.process.pid) in found["lock"]["found"]
    assert found["readyz"]["found"] == "ready" and found["healthz"]["found"] == "ok" and found["version"]["grade"] == "ok"
    assert "running foz" in found["kafka"]["found"] and "of the server" in found["open files"]["found"]
    assert re.search(r"last commit \d+ s ago", found["delta"]["found"])
    # Somebody adds what foz does not know.
    log = foz.lake / "silver" / "a" / "_delta_log"
    version = foz.delta("silver", "a").version() + 1
    protocol = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["aFeatureOfTheFuture"]}
    (log / f"{version:020}.json").write_text(json.dumps({"protocol": protocol}) + "\n")
    foz.produce("t", [b"2"])
    deadline = time.monotonic() + 60
    while doctor(*here)[1]["tables"]["grade"] != "problem":
        assert time.monotonic() < deadline, "the blocked table is not a problem"
        time.sleep(0.1)
    code, found = doctor(*here)
    assert code == 1 and "silver.a" in found["tables"]["found"]
    assert found["delta"]["grade"] == "warning" and "aFeatureOfTheFuture" in found["delta"]["found"]
    # Elsewhere the same data folder is in use, but by a server at other addresses.
    code, found = doctor(*here[:5], "--kafka", "127.0.0.1:0", "--http", "127.0.0.1:0")
    assert found["server"]["grade"] == "warning" and "none answers" in found["server"]["found"]


def test_messages_fit_who_reads_them(tmp_path):
    """Text for people, JSON for collectors, priorities and no time of its own for systemd's journal."""
    def messages(*flags, settings: str = "", journal: bool = False) -> list[str]:
        (tmp_path / "foz.yaml").write_text("limits: {free_disk: 1MB, memory: 1GB}\n" + settings)
        addresses = tmp_path / "addresses.json"
        addresses.unlink(missing_ok=True)
        with open(tmp_path / "messages", "w+") as log:
            file = os.fstat(log.fileno())
            environment = {**os.environ, **({"JOURNAL_STREAM": f"{file.st_dev}:{file.st_ino}"} if journal else {})}
            process = subprocess.Popen([FOZ_BIN, "up", *map(str, places(tmp_path)), "--addresses", addresses, *flags],
                                       stdout=subprocess.DEVNULL, stderr=log, env=environment)
            deadline = time.monotonic() + 60
            while not addresses.exists():
                assert time.monotonic() < deadline and process.poll() is None, pathlib.Path(log.name).read_text()
                time.sleep(0.02)
            process.terminate()
            assert process.wait(timeout=60) == 0
        return (tmp_path / "messages").read_text().splitlines()

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[0-9:.]+Z info  foz: stopping signal=SIGTERM", messages()[-1])
    said = json.loads(messages("--log-format", "json")[-1])
    assert (said["level"], said["room"], said["message"], said["signal"]) == ("info", "foz", "stopping", "SIGTERM")
    assert json.loads(messages(settings="log: {format: json}\n")[-1])["message"] == "stopping"
    assert messages(journal=True)[-1] == "<6>foz: stopping signal=SIGTERM"
    assert messages(settings="log: {level: error}\n") == []
