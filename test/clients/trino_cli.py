"""Trino's own command line: output formats, SHOW, USE, prepared statements, errors and cancelling.

Run as trino_cli.py URL over the tables of test/oracle. TRINO_CLI is its jar, TRINO_JAVA the home of a JDK for it. See transcript.py.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

from transcript import Transcript, eventually

URL = sys.argv[1]
T = Transcript(lambda error: None)
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="trino-cli-"))
COMMAND = [os.environ["TRINO_JAVA"] + "/bin/java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar", os.environ["TRINO_CLI"],
           "--server", URL, "--user", "tester", "--timezone", "UTC"]
LAKE = ["--catalog", "lake", "--schema", "shop"]
ENVIRONMENT = {**os.environ, "HOME": str(FOLDER), "TRINO_PAGER": "cat", "COLUMNS": "200"}
ENVIRONMENT.pop("LINES", None)
FORMATS = ["ALIGNED", "VERTICAL", "TSV", "TSV_HEADER", "CSV", "CSV_HEADER", "CSV_UNQUOTED", "CSV_HEADER_UNQUOTED", "JSON", "AUTO", "MARKDOWN", "NULL"]
ENDLESS = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(n), UNNEST(sequence(1, 10000)) b(n), UNNEST(sequence(1, 10000)) c(n) WHERE a.n * b.n * c.n % 7 = 8"


def plain(text):
    """Without what no two runs have in common: ids and addresses of queries, where the tables lie, and how long and how much."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text)
    text = re.sub(r"\d{8}_\d{6}_\d{5}_\w+", "QUERY", text)
    text = re.sub(r"\w+://[^\s']*/lake/", "LAKE/", text)
    return text.replace(URL, "URL")


def run(*arguments, input=None):
    done = subprocess.run([*COMMAND, *arguments], input=input, capture_output=True, text=True, timeout=600, env=ENVIRONMENT, cwd=FOLDER)
    errors = [line for line in plain(done.stderr).split("\n") if line.strip() and not line.startswith(("WARNING", "\tat", "Nov", "Dec"))]
    return [done.returncode, plain(done.stdout).split("\n")[:-1], errors[:4]]


def tell(question, *arguments, lake=LAKE, **more):
    T.tell(question, run(*lake, *arguments, **more))


def formats():
    for format in FORMATS:
        tell(f"every type as {format}", "--output-format", format, "--execute", "SELECT * FROM kinds.every ORDER BY 1")
    for format in ("ALIGNED", "CSV", "JSON"):
        tell(f"nested types as {format}", "--output-format", format, "--execute", "SELECT * FROM kinds.nested ORDER BY 1")
    tell("nothing, aligned", "--output-format", "ALIGNED", "--execute", "SELECT * FROM kinds.nothing")
    tell("nothing, as JSON", "--output-format", "JSON", "--execute", "SELECT * FROM kinds.nothing")


def statements():
    tell("catalogs", "--execute", "SHOW CATALOGS", lake=[])
    for what in ("SHOW SCHEMAS", "SHOW TABLES", "SHOW COLUMNS FROM orders", "DESCRIBE kinds.nested", "SHOW TABLES FROM system.runtime",
                 "SHOW SESSION LIKE 'query_max_run_time'", "SHOW FUNCTIONS LIKE 'array_dist%'", "SHOW CREATE TABLE items", "SHOW STATS FOR items"):
        tell(what, "--output-format", "TSV_HEADER", "--execute", what)
    tell("USE", "--execute", "USE kinds; SELECT count(*) FROM every; USE lake.shop; SELECT count(*) FROM orders")
    tell("USE of no schema", "--execute", "USE nope")
    tell("USE without a catalog", "--execute", "USE lake.kinds; SHOW TABLES", lake=[])
    tell("no catalog", "--execute", "SELECT * FROM orders", lake=[])
    tell("prepared", "--execute", "PREPARE q FROM SELECT order_id, status FROM orders WHERE order_id = ?; EXECUTE q USING 100; DESCRIBE INPUT q; DESCRIBE OUTPUT q; "
         "DEALLOCATE PREPARE q; EXECUTE q USING 100")
    tell("session", "--session", "query_max_run_time=7m", "--execute", "SHOW SESSION LIKE 'query_max_run_time'; SET SESSION query_max_run_time = '8m'; "
         "SHOW SESSION LIKE 'query_max_run_time'; RESET SESSION query_max_run_time; SHOW SESSION LIKE 'query_max_run_time'")
    tell("an unknown session property", "--session", "nope=1", "--execute", "SELECT 1")
    tell("transaction", "--execute", "START TRANSACTION; SELECT count(*) FROM orders; COMMIT; START TRANSACTION READ ONLY; SELECT 1; ROLLBACK")
    tell("time zone", "--execute", "SELECT CAST(TIMESTAMP '2020-01-01 10:00:00 UTC' AS timestamp); SET TIME ZONE 'Europe/Berlin'; SELECT current_timezone()")
    tell("paths and roles", "--execute", "SHOW ROLES; SHOW CURRENT ROLES; SELECT current_user, current_catalog, current_schema")
    (FOLDER / "file.sql").write_text("-- a remark\nSELECT 1;\n\nSELECT\n  2 AS b, 'a;b' AS c;\nSELECT 3")
    tell("a file", "--file", "file.sql")
    tell("from standard input", input="SELECT 1;\nSELECT 2;\n")
    tell("an error ends it", "--execute", "SELECT 1; SELECT nope FROM orders; SELECT 2")
    tell("an error is passed over", "--ignore-errors", "--execute", "SELECT 1; SELECT nope FROM orders; SELECT 2")
    tell("a syntax error", "--execute", "SELECT 1 FORM orders")
    tell("a division by zero", "--execute", "SELECT 1/0")
    tell("no such table", "--execute", "SELECT * FROM nope")
    tell("an explained query", "--execute", "EXPLAIN (TYPE VALIDATE) SELECT * FROM orders")
    tell("debug", "--debug", "--execute", "SELECT 1")
    tell("who asks", "--source", "a script", "--client-tags", "a,b", "--client-info", "info", "--execute",
         "SELECT source, \"user\" FROM system.runtime.queries WHERE query LIKE 'SELECT source%' ORDER BY created DESC LIMIT 1")
    tell("much", "--output-format", "TSV", "--execute", "SELECT count(*), sum(n) FROM UNNEST(sequence(1, 10000)) t(n)")
    code, lines, errors = run(*LAKE, "--output-format", "TSV", "--execute", "SELECT a.n * 10000 + b.n FROM UNNEST(sequence(0, 9)) a(n), UNNEST(sequence(1, 10000)) b(n)")
    T.tell("many rows", [code, len(lines), sum(map(int, lines)), errors])
    code, lines, errors = run(*LAKE, "--progress", "--execute", "SELECT count(*) FROM orders")
    T.tell("with progress", [code, lines, [re.sub(r"[\d.]+[a-zA-Z%]*", "N", line) for line in errors]])


def running(source):
    code, lines, _ = run("--output-format", "TSV", "--execute", f"SELECT state FROM system.runtime.queries WHERE source = '{source}' ORDER BY created DESC LIMIT 1")
    return lines[0] if lines else None


def cancelling():
    # A shell that starts programs in the background has them ignore the signal.
    process = subprocess.Popen([*COMMAND, *LAKE, "--source", "endless", "--execute", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=ENVIRONMENT, cwd=FOLDER, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    eventually(lambda: running("endless") == "RUNNING", "a running query")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    T.tell("interrupted", [process.returncode, out])
    eventually(lambda: running("endless") == "FAILED", "the end of the query")
    (state, error), = [line.split("\t") for line in run("--output-format", "TSV", "--execute", "SELECT state, error_code FROM system.runtime.queries WHERE source = 'endless'")[1]]
    T.tell("what the server says of it", [state, error])


for theme in (formats, statements, cancelling):
    theme()
