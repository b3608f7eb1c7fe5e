"""One session of Trino's client protocol, raw: what a server answers is kept as it came.

https://trino.io/docs/current/develop/client-protocol.html
"""

import http.client
import json
import time
import urllib.parse

# What a statement changes in the session of its client, by response header.
SESSION_HEADERS = ["X-Trino-Set-Catalog", "X-Trino-Set-Schema", "X-Trino-Set-Path", "X-Trino-Set-Session", "X-Trino-Clear-Session",
                   "X-Trino-Set-Role", "X-Trino-Added-Prepare", "X-Trino-Deallocated-Prepare", "X-Trino-Started-Transaction-Id",
                   "X-Trino-Clear-Transaction-Id", "X-Trino-Set-Authorization-User", "X-Trino-Reset-Authorization-User"]


PATIENCE_S = 10  # for one statement, before it is cancelled


class Session:
    """Sends statements as user `oracle` in catalog lake, schema shop, zone UTC or what `headers` say, and follows what they set."""

    def __init__(self, url: str, headers: dict[str, str]):
        self.address = urllib.parse.urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.address, timeout=120)
        self.headers = {"X-Trino-User": "oracle", "X-Trino-Source": "oracle", "X-Trino-Catalog": "lake", "X-Trino-Schema": "shop",
                        "X-Trino-Time-Zone": "UTC", "X-Trino-Language": "en-US", "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
                        "X-Trino-Transaction-Id": "NONE"} | headers
        self.properties: dict[str, str] = {}
        self.prepared: dict[str, str] = {}

    def run(self, sql: str) -> dict:
        """The answer: `columns` and `data`, or `error`; `updateType`, `updateCount`, `session` if there are any."""
        headers = {name: value for name, value in self.headers.items() if value}
        if self.properties:
            headers["X-Trino-Session"] = ",".join(f"{k}={v}" for k, v in self.properties.items())
        if self.prepared:
            headers["X-Trino-Prepared-Statement"] = ",".join(f"{k}={v}" for k, v in self.prepared.items())
        answer: dict = {}
        data: list = []
        session: dict[str, list[str]] = {}
        deadline = time.monotonic() + PATIENCE_S
        page = self._ask("POST", "/v1/statement", headers, session, sql.encode())
        while True:
            for key in ("columns", "updateType", "updateCount"):
                if page.get(key) is not None:
                    answer[key] = page[key]
            data += page.get("data") or []
            if error := page.get("error"):
                answer["error"] = {key: error.get(key) for key in ("errorName", "errorCode", "errorType", "errorLocation", "message")}
            if not page.get("nextUri"):
                break
            if time.monotonic() > deadline:
                self._cancel(page["nextUri"], headers)
                answer["error"] = {"errorName": "NO_ANSWER", "errorCode": None, "errorType": None, "errorLocation": None,
                                   "message": f"none in {PATIENCE_S} s"}
                break
            page = self._ask("GET", urllib.parse.urlsplit(page["nextUri"]).path, headers, session)
        if "error" in answer:
            answer = {"error": answer["error"]}
        else:
            answer["data"] = data
        self._follow(session)
        if session:
            answer["session"] = session
        return answer

    def _ask(self, method: str, path: str, headers: dict, session: dict, body: bytes | None = None) -> dict:
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read()
        assert response.status == 200, f"{method} {path}: {response.status} {text[:2000]!r}"
        for name in SESSION_HEADERS:
            if values := response.headers.get_all(name):
                session[name] = values if name != "X-Trino-Started-Transaction-Id" else ["…"]
                if name == "X-Trino-Started-Transaction-Id":
                    self.headers["X-Trino-Transaction-Id"] = values[0]
        return json.loads(text)

    def _cancel(self, uri: str, headers: dict) -> None:
        self.connection.request("DELETE", urllib.parse.urlsplit(uri).path, headers=headers)
        self.connection.getresponse().read()

    def _follow(self, session: dict[str, list[str]]) -> None:
        for name, values in session.items():
            value = values[0]
            if name in ("X-Trino-Set-Catalog", "X-Trino-Set-Schema"):
                self.headers[name.replace("Set-", "")] = value
            elif name in ("X-Trino-Set-Session", "X-Trino-Added-Prepare"):
                (self.properties if name.endswith("Session") else self.prepared).update([value.split("=", 1)])
            elif name == "X-Trino-Clear-Session":
                self.properties.pop(value, None)
            elif name == "X-Trino-Deallocated-Prepare":
                self.prepared.pop(value, None)
            elif name == "X-Trino-Clear-Transaction-Id":
                self.headers["X-Trino-Transaction-Id"] = "NONE"

    def close(self) -> None:
        self.connection.close()

