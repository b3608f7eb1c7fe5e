"""The command line, as a person meets it."""

import json
import subprocess

from conftest import FOZ_BIN


def run(*arguments, stdin=None):
    return subprocess.run([FOZ_BIN, *map(str, arguments)], capture_output=True, text=True, input=stdin, timeout=60)


def test_every_command_explains_itself():
    for command in ([], ["up"], ["init"], ["check"], ["sql"], ["topics"], ["tables"], ["table"], ["table", "read"]):
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
    aligned = run(*sql, "-e", "SELECT offset, CAST(value AS VARCHAR) AS v FROM bronze.t ORDER BY offset")
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


def test_topics_and_tables_list_what_there_is(foz):
    foz.produce("t", [b"one"])
    foz.eventually("SELECT count(*) FROM bronze.t", 1)
    assert "bronze.t" in run("topics", "--server", foz.http).stdout
    assert json.loads(run("tables", "--server", foz.http, "--json").stdout)["name"] == "bronze.t"
