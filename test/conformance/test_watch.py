"""What a monitoring system and a browser see of a running foz."""

import gzip
import json
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from conftest import FOZ_BIN, ROOT

ORDERS = """
CREATE STREAMING TABLE orders (
  CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION QUARANTINE,
  CONSTRAINT small EXPECT (total < 100) ON VIOLATION DROP ROW
)
TBLPROPERTIES ('foz.dedupe.keys' = 'id', 'foz.dedupe.horizon' = '1 day')
AS SELECT o.id, o.total FROM (
  SELECT from_json(CAST(value AS STRING), 'id BIGINT, total INT') AS o FROM STREAM bronze.orders)
WHERE o.total IS NULL OR o.total >= 0;
CREATE STREAMING TABLE copies AS SELECT id FROM STREAM silver.orders;
"""
# Two written, one filtered, one dropped, one duplicate, one quarantined.
VALUES = [b'{"id": 1, "total": 5}', b'{"id": 2, "total": 6}', b'{"id": 3, "total": -1}', b'{"id": 4, "total": 100}',
          b'{"id": 1, "total": 5}', b'{"total": 7}']


def get(foz, path: str) -> tuple[int, str, dict]:
    try:
        with urllib.request.urlopen(foz.http + path) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def overview(foz) -> dict:
    return json.loads(get(foz, "/api/overview")[1])


def freshness_rows(foz, name: str) -> list[int]:
    return next(table for table in overview(foz)["tables"] if table["name"] == name)["freshness_rows"]


def samples(text: str) -> dict[str, float]:
    """Asserts the shape of Prometheus' text format and returns the value of each series."""
    found: dict[str, float] = {}
    families: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert len(line.split(" ", 3)) == 4, line
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in families and kind in ("counter", "gauge", "histogram"), line
            families[name] = kind
        else:
            match = re.fullmatch(r'([a-z_][a-z0-9_]*)(\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})? (\S+)', line)
            assert match, line
            name = match[1]
            family = name if name in families else re.sub("_(bucket|sum|count)$", "", name)
            assert family in families, line
            assert (families[family] == "counter") == name.endswith("_total"), line
            assert match[1] + (match[2] or "") not in found, line
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


def test_what_it_says_adds_up(make_foz):
    foz = make_foz(pipelines={"a.sql": ORDERS}).start()
    assert get(foz, "/readyz")[:2] == (200, "ready\n")
    foz.produce("orders", VALUES)
    foz.eventually("SELECT count(*) FROM silver.copies", 2)

    seen = overview(foz)
    flows = {flow["name"]: flow for flow in seen["flows"]}
    assert flows["silver.orders"]["counts"] == {
        "input": 6, "written": 2, "filtered": 1, "dropped": 1, "duplicates": 1, "quarantined": 1}
    assert flows["silver.copies"]["counts"]["input"] == 2 and flows["bronze.orders"]["counts"]["written"] == 6
    assert all(flow["lag_records"] == 0 and flow["state"] == "running" for flow in flows.values())
    assert [topic["records"] for topic in seen["topics"]] == [6]
    assert {table["name"] for table in seen["tables"]} >= {"bronze.orders", "silver.orders", "silver.copies"}

    deadline = time.monotonic() + 10
    while (visible := freshness_rows(foz, "silver.orders"))[-1] < 2:  # noted just after they are visible
        assert time.monotonic() < deadline, visible
        time.sleep(0.01)
    assert visible == sorted(visible) and visible[-1] == 2 and len(visible) == len(seen["freshness_bounds_s"]) + 1

    status, text, headers = get(foz, "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = samples(text)
    for outcome, records in (("written", 2), ("filtered", 1), ("dropped", 1), ("duplicate", 1), ("quarantined", 1)):
        assert found[f'foz_flow_records_total{{flow="silver.orders",outcome="{outcome}"}}'] == records
    assert found['foz_flow_input_records_total{flow="silver.orders"}'] == 6
    for gauge in ("lag_records", "failed", "blocked"):
        assert found[f'foz_flow_{gauge}{{flow="silver.copies"}}'] == 0
    assert found["foz_log_bytes"] > 0 and found["process_resident_memory_bytes"] > 1e6
    assert found["process_cpu_seconds_total"] > 0
    assert abs(found["process_start_time_seconds"] - time.time()) < 600
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert checked.returncode == 0 and not checked.stderr, checked.stdout + checked.stderr


def ask_metrics(foz, **headers) -> tuple[dict, bytes]:
    request = urllib.request.Request(foz.http + "/metrics", headers={name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.urlopen(request) as answer:
        return dict(answer.headers), answer.read()


def test_metrics_come_as_the_scraper_wants_them(foz):
    headers, body = ask_metrics(foz, Accept="application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
    text = body.decode()
    assert headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert text.endswith("\n# EOF\n") and text.count("# EOF") == 1
    kinds = dict(line.split(" ")[2:] for line in text.splitlines() if line.startswith("# TYPE "))
    assert kinds["foz_queries"] == "counter" and "\nfoz_queries_total " in text and not any(n.endswith("_total") for n in kinds)
    headers, packed = ask_metrics(foz, Accept="text/plain", Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip" and len(packed) < len(body) / 2
    assert set(re.findall(r"^# TYPE (\w+)", gzip.decompress(packed).decode(), re.M)) >= {"foz_queries_total", "foz_ready"}
    assert "Content-Encoding" not in ask_metrics(foz, Accept_Encoding="gzip;q=0, identity")[0]


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:foz|process)_[a-z_]+", expression))


def test_prometheus_scrapes_it_and_dashboard_and_alerts_find_what_they_ask_for(make_foz, tmp_path):
    foz = make_foz(pipelines={"a.sql": ORDERS}).start()
    foz.produce("orders", VALUES)
    foz.committed("silver", "orders", 2)
    alerts = ROOT / "examples/grafana/alerts.yaml"
    checked = subprocess.run(["promtool", "check", "rules", alerts], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    (tmp_path / "prometheus.yml").write_text(json.dumps({
        "global": {"scrape_interval": "200ms", "evaluation_interval": "200ms"}, "rule_files": [str(alerts)],
        "scrape_configs": [{"job_name": "foz", "static_configs": [{"targets": [foz.http.removeprefix("http://")]}]}]}))
    with open(tmp_path / "prometheus.log", "w") as log:
        prometheus = subprocess.Popen(
            ["prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
             f"--web.listen-address={address}"], stdout=log, stderr=log)

    def ask(path: str, **parameters):
        query = urllib.parse.urlencode(parameters)
        return json.load(urllib.request.urlopen(f"http://{address}/api/v1/{path}?{query}"))["data"]

    def value(expression: str) -> float | None:
        found = ask("query", query=expression)["result"]
        return float(found[0]["value"][1]) if found else None

    def wait_for(expression: str, wanted: float) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                got = value(expression)
            except urllib.error.URLError:
                got = None
            if got == wanted:
                return
            assert time.monotonic() < deadline, f"{expression}: {got}, not {wanted}\n" + (tmp_path / "prometheus.log").read_text()[-3000:]
            time.sleep(0.1)

    try:
        wait_for('up{job="foz"}', 1)
        wait_for('sum(foz_flow_records_total{flow="silver.orders"})', 6)
        wait_for("foz_ready", 1)
        wait_for('foz_commit_seconds_count{table="silver.orders"} > bool 0', 1)
        wait_for("count(foz_disk_free_bytes > 0)", 2)
        target = ask("targets")["activeTargets"][0]
        assert target["health"] == "up" and target["lastError"] == ""
        known = {each["metric"]: each for each in ask("targets/metadata")}
        assert known["foz_flow_lag_records"]["type"] == "gauge" and known["foz_freshness_seconds"]["type"] == "histogram"

        series = set(ask("label/__name__/values"))
        dashboard = json.loads((ROOT / "examples/grafana/dashboard.json").read_text())
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        assert len(expressions) > 20
        for expression in expressions:
            assert names_in(expression) and names_in(expression) <= series, expression
            plain = expression.replace("$__rate_interval", "1m").replace("$instance", ".*")
            assert ask("query", query=plain)["resultType"] == "vector", expression
        rules = ask("rules")["groups"][0]["rules"]
        deadline = time.monotonic() + 30
        while any(rule["health"] == "unknown" for rule in rules):
            assert time.monotonic() < deadline
            time.sleep(0.1)
            rules = ask("rules")["groups"][0]["rules"]
        for rule in rules:
            assert rule["health"] == "ok" and names_in(rule["query"]) <= series, rule
        assert {rule["name"] for rule in rules if rule["state"] == "firing"} <= {"FozDiskLow", "FozQuarantine"}
        guide = (ROOT / "docs/how-to/monitor.md").read_text()
        assert set(re.findall(r"^\| `(\w+)`", guide, re.M)) == {rule["name"] for rule in rules}
    finally:
        prometheus.terminate()
        prometheus.wait(timeout=30)


def test_a_flow_that_fails_at_start_says_so(make_foz):
    foz = make_foz(pipelines={"a.sql": "CREATE STREAMING TABLE a AS SELECT offset AS x FROM STREAM bronze.t"}).start()
    foz.produce("t", [b"1"])
    foz.eventually("SELECT count(*) FROM silver.a", 1)
    assert foz.stop() == 0
    (foz.project / "pipelines" / "a.sql").write_text("CREATE STREAMING TABLE a AS SELECT topic AS x FROM STREAM bronze.t")
    foz.start()
    assert "; stopped: silver.a\n" in foz.log_text()
    assert re.search("flow stopped.*silver.a", foz.log_text())
    foz.produce("t", [b"2"])
    foz.eventually("SELECT count(*) FROM bronze.t", 2)
    flow = next(flow for flow in overview(foz)["flows"] if flow["name"] == "silver.a")
    assert flow["state"] == "failed" and flow["lag_records"] == 1
    assert samples(get(foz, "/metrics")[1])['foz_flow_failed{flow="silver.a"}'] == 1


def test_before_it_is_ready_it_refuses_sql_and_can_be_stopped(make_foz):
    """A long replay: nothing was committed before it was killed."""
    slow = ORDERS.replace("bronze.orders", "bronze.t")
    foz = make_foz(pipelines={"a.sql": slow}, settings="commits: {interval: 1h, slow_interval: 1h}\n").start()
    foz.produce("t", (b'{"id": %d, "total": 1}' % n for n in range(150_000)), **{"queue.buffering.max.messages": 0})
    foz.kill()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        foz.http = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with open(foz.folder / "foz.log", "ab") as log:
        foz.process = subprocess.Popen(
            [FOZ_BIN, "up", str(foz.project), "--lake", str(foz.lake), "--data", str(foz.data), "--kafka",
             "127.0.0.1:0", "--http", foz.http.removeprefix("http://")], stdout=log, stderr=log)
    deadline = time.monotonic() + 60
    while True:
        try:
            status, text, _ = get(foz, "/readyz")
            break
        except urllib.error.URLError:
            assert time.monotonic() < deadline and foz.process.poll() is None, foz.log_text()[-2000:]
            time.sleep(0.01)
    assert status == 503 and "not ready" in text
    assert json.loads(get(foz, "/v1/info")[1])["starting"]
    request = urllib.request.Request(foz.http + "/v1/statement", b"SELECT 1", {"X-Trino-User": "early"})
    with urllib.request.urlopen(request) as answer:  # at once: the replay does not wait for a client to start
        error = json.loads(answer.read())["error"]
    assert error["errorName"] == "SERVER_STARTING_UP" and "not ready" in error["message"]
    ready_lines = foz.log_text().count(" ready in ")
    foz.process.send_signal(signal.SIGTERM)
    assert foz.process.wait(timeout=60) == 0, foz.log_text()[-2000:]
    assert foz.log_text().count(" ready in ") == ready_lines == 1
