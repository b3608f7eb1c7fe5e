"""The page in a real browser: what it shows must be what real clients produced and other readers find."""

import json
import re
import threading
import time
import urllib.request

import pytest
from playwright.sync_api import expect, sync_playwright

expect.set_options(timeout=30_000)

HOSTILE = '<img src=x onerror="document.title=\'owned\'">&amp;\'"'
ORDERS = """
CREATE STREAMING TABLE orders (
  CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION QUARANTINE,
  CONSTRAINT small EXPECT (total < 100) ON VIOLATION DROP ROW
)
COMMENT 'orders of <b>everybody</b>'
AS SELECT o.id, o.customer, o.total FROM (
  SELECT from_json(CAST(value AS STRING), 'id BIGINT, customer STRING, total INT', map('mode', 'FAILFAST')) AS o
  FROM STREAM bronze.orders);
"""
LONG_ID = 9007199254740993  # the first whole number that JavaScript's own cannot hold
VALUES = [
    b'{"id": %d, "customer": "ada", "total": 5}' % LONG_ID,
    json.dumps({"id": 2, "customer": HOSTILE, "total": 7}).encode(),
    b'{"id": 3, "customer": "bob", "total": 100}',  # dropped
    b'{"customer": "nobody", "total": 1}',  # quarantined by has_id
    b"{broken \xff\x00",  # quarantined: no JSON
]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"), executable_path="/usr/bin/chromium", headless=True, args=flags,
            viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
        yield context
        context.close()


@pytest.fixture
def browse(chromium):
    """Opens foz in a new tab: browse(foz, "/topics"). Whatever the page or its policy complains of fails the test."""
    complaints, outside, tabs = [], [], []

    def open_tab(foz, path="/", wait=True):
        tab = chromium.new_page()
        tab.set_default_timeout(30_000)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("console", lambda message: complaints.append(message.text)
               if message.type == "error" and "Failed to load resource" not in message.text else None)
        tab.on("request", lambda request: None if request.url.startswith((foz.http, "data:", "blob:")) else outside.append(request.url))
        tab.goto(f"{foz.http}/#{path}")
        if wait:
            expect(tab.locator("header .state")).not_to_have_text("connecting")
        tabs.append(tab)
        return tab

    yield open_tab
    for tab in tabs:
        assert tab.title() != "owned"
        tab.close()
    assert not complaints and not outside, (complaints, outside)


@pytest.fixture
def shop(make_foz):
    foz = make_foz(pipelines={"orders.sql": ORDERS}).start()
    foz.produce("orders", [(b"key-%d" % i, value) for i, value in enumerate(VALUES)])
    foz.eventually("SELECT count(*) FROM silver.orders", 2)
    foz.committed("silver", "orders", 2)
    foz.committed("silver", "orders__quarantine", 2)
    return foz


def overview(foz) -> dict:
    return json.load(urllib.request.urlopen(f"{foz.http}/api/overview"))


def queries_running(foz) -> int:
    metrics = urllib.request.urlopen(f"{foz.http}/metrics").read().decode()
    return int(re.search(r"^foz_queries_running (\d+)", metrics, re.M)[1])


def wait_for(condition, wait_s: float = 30) -> None:
    deadline = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def run_sql(tab, sql: str) -> None:
    area = tab.get_by_label("SQL statement")
    area.fill(sql)
    area.press("Control+Enter")


def facts(tab) -> dict[str, str]:
    return dict(zip(tab.locator("main > .facts dt").all_inner_texts(), tab.locator("main > .facts dd").all_inner_texts()))


def test_the_river_shows_what_flows_and_what_happened(shop, browse):
    tab = browse(shop)
    expect(tab.locator("header .state")).to_have_text("running")
    expect(tab.locator(".node.topic")).to_contain_text("5 records")
    assert tab.locator(".node .name").all_inner_texts() == ["orders", "bronze.orders", "silver.orders"]
    expect(tab.locator(".node", has_text="silver.orders")).to_contain_text("2 quarantined")
    expect(tab.locator(".node .outcome")).to_have_attribute("aria-label", "of 5 read: 2 written, 1 dropped, 2 in quarantine")
    happened = tab.locator(".happenings")
    for line in ("started", "topic made", "committed", "quarantined"):
        expect(happened).to_contain_text(line)
    expect(happened.locator("li", has_text="quarantined")).to_contain_text("2 rows")

    # A record that comes now shows by itself, and so does a topic.
    shop.produce("orders", [b'{"id": 6, "total": 1}'] * 3)
    expect(tab.locator(".node.topic")).to_contain_text("8 records")
    expect(tab.locator(".node .outcome")).to_have_attribute("aria-label", "of 8 read: 5 written, 1 dropped, 2 in quarantine")
    shop.produce("returns", [b"1"])
    expect(tab.locator(".node.topic", has_text="returns")).to_contain_text("1 record ·")
    tab.locator(".node", has_text="silver.orders").click()
    expect(tab.locator("h1")).to_have_text("silver.orders")


def test_the_rate_is_that_of_the_producer(foz, browse):
    tab = browse(foz)
    stop = threading.Event()

    def pour():
        import confluent_kafka
        producer = confluent_kafka.Producer({"bootstrap.servers": foz.kafka, "linger.ms": 5})
        began, sent = time.monotonic(), 0
        while not stop.is_set():
            while sent < (time.monotonic() - began) * 200:
                producer.produce("poured", b"x" * 20)
                sent += 1
            producer.poll(0.005)
        producer.flush(30)

    pourer = threading.Thread(target=pour)
    pourer.start()
    try:
        def rate() -> float:
            text = tab.locator(".node.topic .line").first.inner_text() if tab.locator(".node.topic").count() else "0/s"
            return float(text.split("/s")[0].replace(",", ""))
        deadline = time.monotonic() + 60
        while not 150 < rate() < 250:
            assert time.monotonic() < deadline, rate()
            tab.wait_for_timeout(200)
        expect(tab.locator(".graph g.live")).to_have_count(1)
        expect(tab.locator(".node.table")).to_contain_text("p99")
    finally:
        stop.set()
        pourer.join()
    expect(tab.locator(".node.topic.live")).to_have_count(0)


def rows_of(tab, part):
    """The cells of the first table of a part of the view, once that part is the one shown."""
    rows = tab.get_by_role("region", name=part, exact=True).locator("table").first.locator("tbody tr")
    expect(rows.first).to_be_visible()
    return [row.locator("td").all_inner_texts() for row in rows.all()]


def test_a_table_shows_its_schema_rows_quality_and_history(shop, browse):
    tab = browse(shop, "/table/silver.orders")
    expect(tab.locator("h1")).to_have_text("silver.orders")
    expect(tab.locator(".comment")).to_have_text("orders of <b>everybody</b>")
    cells = tab.locator(".grid tbody td:not(.soft):not([aria-hidden])")
    expect(cells).to_have_count(6)
    assert sorted(cells.all_inner_texts()) == sorted([str(LONG_ID), "ada", "5", "2", HOSTILE, "7"])
    table = shop.delta("silver", "orders")
    shown = facts(tab)
    assert shown["reads"] == "bronze.orders" and shown["rows in Delta"] == "2" and shown["in the hot tail"].startswith("0 rows")
    assert shown["version"].startswith(f"{table.version()},") and shown["files"].startswith(f"{len(table.file_uris())},")

    tab.get_by_role("link", name="schema").click()
    columns = [row[:2] for row in rows_of(tab, "Schema")]
    assert columns == [["id", "BIGINT"], ["customer", "STRING"], ["total", "INT"]]

    tab.get_by_role("link", name="quality").click()
    expectations = {row[0]: row[1:] for row in rows_of(tab, "Quality")}
    assert expectations == {"has_id": ["id IS NOT NULL", "into quarantine", "1"], "small": ["total < 100", "dropped", "1"]}
    expect(tab.locator("pre.sql")).to_contain_text("FROM STREAM bronze.orders")
    expect(tab.get_by_role("heading", name="Made by")).to_contain_text("pipelines/orders.sql:2")

    tab.get_by_role("link", name="history").click()
    versions = rows_of(tab, "History")
    wanted = {each["version"]: each["operation"] for each in table.history()}
    assert {int(row[0].replace(",", "")): row[2] for row in versions} == wanted
    assert sum(int(row[3]) for row in versions) == 2


def test_the_quarantine_shows_reason_origin_and_bytes(shop, browse):
    tab = browse(shop, "/table/silver.orders/quarantine")
    expect(tab.locator(".records > li")).to_have_count(2)
    tab.get_by_role("button", name="has_id 1").click()
    expect(tab.locator(".records > li")).to_have_count(1)
    row = tab.locator(".records > li")
    expect(row).to_contain_text("expectation has_id is violated")
    row.locator("button.row").click()
    expect(row.locator(".facts")).to_contain_text("orders / 0 / 3")
    expect(row.locator(".bytes pre")).to_have_text('{\n  "customer": "nobody",\n  "total": 1\n}')
    tab.get_by_role("button", name="row errors 1").click()
    row.locator("button.row").click()
    expect(row.locator(".bytes pre")).to_contain_text("7b 62 72 6f 6b 65 6e 20  ff 00")
    expect(row.get_by_role("button", name="JSON")).to_be_disabled()
    row.get_by_role("link", name="orders / 0 / 4").click()
    expect(tab.locator("h1")).to_have_text("orders")
    expect(tab.locator(".records-table tr.open td").first).to_have_text("4")


def test_a_topic_shows_its_records_newest_first(foz, browse):
    import confluent_kafka
    producer = confluent_kafka.Producer({"bootstrap.servers": foz.kafka, "compression.type": "zstd"})
    for n in range(130):
        producer.produce("numbers", b'{"n": %d}' % n, b"k", partition=0, timestamp=1_700_000_000_000 + 1000 * n,
                         headers=[("trace", b"<i>%d</i>" % n)])
    producer.flush(30)
    producer.produce("numbers", b"\xff\xfe\xfd", None, timestamp=1_700_000_200_000)
    producer.produce("numbers", b'{"long": "' + b"y" * 9000 + b'"}', b"", timestamp=1_700_000_201_000)
    producer.produce("numbers", None, b"gone", timestamp=1_700_000_202_000)
    producer.flush(30)

    tab = browse(foz, "/topic/numbers")
    offsets = lambda: [int(text) for text in tab.locator(".records-table td.n > button").all_inner_texts()]
    expect(tab.locator(".records-table td.n > button")).to_have_count(50)
    assert offsets() == list(range(132, 82, -1))
    tab.get_by_role("button", name="Older").click()
    expect(tab.locator(".records-table td.n > button").first).to_have_text("82")
    assert offsets() == list(range(82, 32, -1))
    tab.get_by_role("button", name="Newest").click()
    tab.get_by_role("button", name="132", exact=True).click()
    expect(tab.locator(".opened")).to_contain_text("null: a tombstone")
    tab.get_by_role("button", name="131", exact=True).click()
    expect(tab.locator(".opened .bytes pre").first).to_have_text('{\n  "long": "' + "y" * 9000 + '"\n}')
    tab.get_by_role("button", name="130", exact=True).click()
    expect(tab.locator(".opened .bytes pre").first).to_contain_text("ff fe fd")
    tab.get_by_label("From time").fill(tab.evaluate(  # the browser's clock is local
        "(() => { const at = new Date(1700000010000); return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19); })()"))
    expect(tab.locator(".records-table tr.open td").first).to_have_text("10")
    expect(tab.locator(".opened")).to_contain_text("<i>10</i>")
    assert tab.url.endswith("#/topic/numbers/0/10")
    expect(tab.locator("main")).to_contain_text("retention.ms")

    tab.goto(f"{foz.http}/#/topic/numbers/0/999999")
    expect(tab.get_by_role("alert")).to_contain_text("offset 999999 is not in the partition, which has 0 to 133")
    tab.get_by_role("button", name="Query this topic").click()
    expect(tab.locator(".status")).to_contain_text("100 rows in")
    expect(tab.locator(".grid tbody td").nth(4)).to_have_text("gone")
    # What comes in shows by itself while one follows.
    tab.goto(f"{foz.http}/#/topic/numbers")
    expect(tab.get_by_label("follow")).to_be_checked()
    foz.produce("numbers", [b"news"])
    expect(tab.locator(".records-table td.n > button").first).to_have_text("133")


def test_names_and_values_are_text(make_foz, browse):
    foz = make_foz().start()
    foz.produce("a.b-c_D", [(HOSTILE.encode(), HOSTILE.encode())])
    foz.eventually("SELECT count(*) FROM bronze.a_b_c_D", 1)
    tab = browse(foz, "/topic/a.b-c_D")
    expect(tab.locator(".records-table td").nth(3)).to_have_text(HOSTILE)
    tab.locator(".records-table button").click()
    expect(tab.locator(".bytes pre").first).to_have_text(HOSTILE)
    for path in ("/table/" + urllib.request.quote(HOSTILE, safe=""), "/topic/" + urllib.request.quote(HOSTILE, safe="")):
        tab.goto(foz.http + "/#" + path)
        expect(tab.locator("h1")).to_have_text(HOSTILE)
        expect(tab.get_by_role("alert")).to_contain_text("there is no such")
    tab.goto(foz.http + "/#/sql?q=" + urllib.request.quote("SELECT '" + HOSTILE.replace("'", "''") + "' AS \"" + HOSTILE.replace('"', '""') + '"'))
    expect(tab.get_by_label("SQL statement")).to_have_value(re.compile("onerror"))
    tab.get_by_role("button", name="Run").click()
    expect(tab.locator(".grid td").nth(1)).to_have_text(HOSTILE)
    expect(tab.locator(".grid th").nth(1)).to_contain_text(HOSTILE)
    assert tab.locator("img").count() == 0


def test_the_editor_runs_pages_charts_and_exports(shop, browse):
    tab = browse(shop, "/sql")
    run_sql(tab, "SELECT id, total, id * 1e0 AS half, NULL AS nothing FROM silver.orders ORDER BY id")
    expect(tab.locator(".status")).to_contain_text("2 rows in")
    cells = tab.locator(".grid tbody td:not([aria-hidden])").all_inner_texts()
    assert cells[:3] == ["1", "2", "7"] and cells[4:8] == ["NULL", "2", str(LONG_ID), "5"]
    assert "q=SELECT" in tab.url
    tab.get_by_role("button", name="Copy CSV").click()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[0] == "id,total,half,nothing" and copied.splitlines()[2].startswith(f"{LONG_ID},5,")

    # Many rows come in pages and few of them are drawn.
    run_sql(tab, "SELECT n, n * n AS square FROM (SELECT a.n * 10000 + b.n FROM UNNEST(sequence(0, 29)) a(n), UNNEST(sequence(1, 10000)) b(n)) t(n) ORDER BY n")
    expect(tab.locator(".status")).to_contain_text("there are more")
    assert tab.locator(".grid tbody tr").count() < 100
    while tab.locator(".status.paused").count():
        tab.get_by_role("button", name="5,000 more").click()
        expect(tab.locator(".status.running")).to_have_count(0)
    expect(tab.locator(".status")).to_contain_text("300,000 rows")
    tab.locator(".grid").evaluate("grid => grid.scrollTop = grid.scrollHeight")
    expect(tab.locator(".grid tbody tr td:nth-child(3)").last).to_have_text("90000000000")
    tab.get_by_role("button", name="Chart").click()
    expect(tab.locator(".chart polyline")).to_have_count(1)
    tab.get_by_role("button", name="Rows").click()

    # An error is shown at its place.
    run_sql(tab, "SELECT id,\n  totl FROM silver.orders")
    expect(tab.get_by_role("alert")).to_contain_text("at line 2, column 3")
    expect(tab.locator(".wrong")).to_have_text("totl")
    run_sql(tab, "SELECT * FROM silver.nothing")
    expect(tab.get_by_role("alert")).to_contain_text("TABLE_NOT_FOUND")

    # Earlier statements stay, also when the page is opened anew; a link fills the editor and does not run.
    tab.reload()
    expect(tab.get_by_label("SQL statement")).to_have_value("SELECT * FROM silver.nothing")
    expect(tab.locator(".status")).to_have_count(0)
    tab.locator("summary").click()
    expect(tab.locator(".past li")).to_have_count(4)
    tab.get_by_role("button", name="Forget them").click()


ENDLESS = "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x), UNNEST(sequence(1, 10000)) AS b(y), UNNEST(sequence(1, 10000)) AS c(z) WHERE x * y * z % 7 = 8"


def test_the_editor_cancels(shop, browse):
    tab = browse(shop, "/sql")
    run_sql(tab, ENDLESS)
    expect(tab.get_by_role("button", name="Cancel")).to_be_visible()
    wait_for(lambda: queries_running(shop) == 1)
    tab.get_by_label("SQL statement").press("Escape")
    expect(tab.locator(".status")).to_contain_text("Cancelled")
    wait_for(lambda: queries_running(shop) == 0)
    run_sql(tab, "SELECT 1 AS one")
    expect(tab.locator(".status")).to_contain_text("1 row in")


def test_the_editor_cancels_what_was_not_answered_yet(shop, browse):
    tab = browse(shop, "/sql")
    answers = []

    def hold(route):
        if route.request.post_data != ENDLESS:
            return route.continue_()  # the page asks something itself
        answers.append((route, route.fetch()))

    tab.route("**/v1/statement", hold)
    run_sql(tab, ENDLESS)
    wait_for(lambda: tab.title() and answers)  # handlers run while the tab is asked
    wait_for(lambda: queries_running(shop) == 1)
    tab.get_by_label("SQL statement").press("Escape")
    expect(tab.locator(".status")).to_contain_text("Cancelled")
    [(route, answer)] = answers
    route.fulfill(response=answer)
    wait_for(lambda: queries_running(shop) == 0)


def test_the_editor_completes(shop, browse):
    tab = browse(shop, "/sql")
    area = tab.get_by_label("SQL statement")
    proposals = tab.locator("#proposals li")
    area.fill("")
    wait_for(lambda: (area.fill("SELECT o.cus FROM silver."), area.press("Control+Space"), proposals.count())[2])
    area.press_sequentially("ord")
    expect(proposals.first).to_contain_text("orders")
    area.press("Enter")
    expect(area).to_have_value("SELECT o.cus FROM silver.orders")
    area.press_sequentially(" o")
    area.press("Escape")
    area.evaluate("area => area.setSelectionRange(12, 12)")
    area.press("Control+Space")
    expect(proposals).to_have_count(1)
    expect(proposals.first).to_contain_text("customer")
    area.press("Tab")
    expect(area).to_have_value("SELECT o.customer FROM silver.orders o")
    area.press("Control+Enter")
    expect(tab.locator(".status")).to_contain_text("2 rows in")


def test_the_keyboard_goes_everywhere(shop, browse):
    tab = browse(shop)
    for keys, heading in (("gt", "Tables"), ("go", "Topics"), ("gs", "SQL")):
        tab.locator("body").press("Escape")
        tab.evaluate("document.activeElement.blur()")
        for key in keys:
            tab.keyboard.press(key)
        expect(tab.locator("h1")).to_have_text(heading)
    expect(tab.get_by_label("SQL statement")).to_be_focused()  # it takes the focus once it is drawn
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("/")
    expect(tab.get_by_label("Search everything")).to_be_focused()
    tab.keyboard.type("customer")
    expect(tab.locator("#hits li").first).to_contain_text("silver.orders")
    tab.keyboard.press("Enter")
    expect(tab.locator("h1")).to_have_text("silver.orders")
    tab.keyboard.press("?")
    expect(tab.get_by_role("dialog")).to_contain_text("river")
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    tab.keyboard.press("g")
    tab.keyboard.press("r")
    expect(tab.locator(".figures")).to_be_visible()


def luminance(color: str) -> float:
    numbers = [float(n) for n in re.findall(r"[\d.]+", color)[:3]]
    parts = numbers if color.startswith("color(") else [n / 255 for n in numbers]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(tab, selector: str) -> float:
    text, back = tab.locator(selector).first.evaluate("""element => {
      let at = element;
      while (at && getComputedStyle(at).backgroundColor === 'rgba(0, 0, 0, 0)') at = at.parentElement;
      return [getComputedStyle(element).color, getComputedStyle(at ?? document.body).backgroundColor];
    }""")
    light, dark = sorted((luminance(text), luminance(back)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_light_and_dark(shop, browse):
    tab = browse(shop)
    expect(tab.locator(".node").first).to_be_visible()
    back = lambda: luminance(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    tab.emulate_media(color_scheme="light")
    assert back() > 0.8
    tab.emulate_media(color_scheme="dark")
    assert back() < 0.05
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        for selector in ("h2", ".figure .soft", ".node.topic .soft", ".happenings time", ".mark.good", ".mark.warn", ".node .tag.warn", "header nav a"):
            assert contrast(tab, selector) >= 4.5, (scheme, selector)
    tab.keyboard.press("d")  # now dark by the system: light by choice, and it stays
    assert back() > 0.8
    tab.reload()
    expect(tab.locator(".figures")).to_be_visible()
    assert back() > 0.8
    tab.evaluate("localStorage.clear()")


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_scrolls_sideways(shop, browse, width):
    tab = browse(shop)
    tab.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/tables", "/topics", "/table/silver.orders", "/table/silver.orders/schema", "/table/silver.orders/quality",
                 "/table/silver.orders/quarantine", "/table/silver.orders/history", "/topic/orders", "/topic/orders/0/2",
                 "/sql?q=" + "SELECT+%2A+FROM+silver.orders+" * 9):
        tab.goto(f"{shop.http}/#{path}")
        expect(tab.locator("main")).to_be_visible()
        # What measures itself is laid out anew a frame after the window has changed.
        tab.wait_for_function("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_empty_foz_teaches_the_first_steps(foz, browse):
    tab = browse(foz)
    expect(tab.locator(".empty")).to_contain_text("kcat -P -b")
    foz.produce("orders", [b"{}"])
    expect(tab.locator(".empty")).to_contain_text("CREATE OR REFRESH STREAMING TABLE orders")


def test_what_is_wrong_stands_out(make_foz, browse):
    foz = make_foz(pipelines={"a.sql": "CREATE STREAMING TABLE a AS SELECT offset AS x FROM STREAM bronze.t"}).start()
    foz.produce("t", [b"1"])
    foz.eventually("SELECT count(*) FROM silver.a", 1)
    assert foz.stop() == 0
    (foz.project / "pipelines" / "a.sql").write_text("CREATE STREAMING TABLE a AS SELECT topic AS x FROM STREAM bronze.t")
    foz.start()
    tab = browse(foz)
    expect(tab.locator("header .state")).to_have_text("1 needs attention")
    expect(tab.locator(".troubles")).to_contain_text("silver.a failed: ")
    expect(tab.locator(".node.bad")).to_contain_text("silver.a")
    expect(tab.locator(".happenings .mark.bad").first).to_have_text("failed")


def test_the_page_comes_back_when_foz_does(make_foz, browse):
    foz = make_foz().start()
    foz.produce("t", [b"1"])
    tab = browse(foz)
    expect(tab.locator(".node.topic")).to_contain_text("1 record")
    address = foz.http.removeprefix("http://")
    foz.kill()
    expect(tab.locator("header .state")).to_have_text("foz does not answer")
    expect(tab.locator(".offline")).to_be_visible()
    foz.start(http=address)
    expect(tab.locator("header .state")).to_have_text("running")
    foz.produce("t", [b"2"])
    expect(tab.locator(".node.topic")).to_contain_text("2 records")


def test_a_thousand_tables_stay_cheap(foz, browse):
    from confluent_kafka.admin import AdminClient, NewTopic
    admin = AdminClient({"bootstrap.servers": foz.kafka})
    for each in admin.create_topics([NewTopic(f"t{n:04}", 1) for n in range(1000)]).values():
        each.result(60)
    tab = browse(foz)
    expect(tab.locator(".heading .soft").first).to_contain_text("of 1,000 lanes")
    seen = overview(foz)
    assert len(seen["topics"]) == 1000

    def quiet() -> bool:
        answer = urllib.request.urlopen(f"{foz.http}/api/overview?since={overview(foz)['now_ms']}").read()
        return len(answer) < 2000
    wait_for(quiet)
    tab.goto(f"{foz.http}/#/topics")
    tab.get_by_label("Filter Topics by name").fill("t0777")
    expect(tab.locator("tbody tr")).to_have_count(1)
