"""Compares a server with the recorded answers: compare.py URL [THEME…] [--write].

A difference is the id of a statement and the parts of its answer that are not Trino's:
    names, types, rows  of a result          update, session  what a client is told besides
    outcome             an error instead of a result, or a result instead of an error
    error, place        an error's name, code and type; its line and column
The wording of errors is reported and may differ.

differences.txt lists those that are known, each with its parts and a reason. --write brings the list up to date: it drops
what no longer differs and adds what does, for a reason to be written.
"""

import concurrent.futures
import json
import sys
import urllib.parse

import corpus
import protocol

KNOWN = corpus.FOLDER / "differences.txt"


def plain(value, near: bool):
    """Equal for equal values: 1.0 and 1 are the same number, -0.0 and true are others."""
    if isinstance(value, float):
        if near:
            value = float(f"{value:.9e}") if abs(value) > 1e-12 else 0.0
        return int(value) if value.is_integer() and str(value) != "-0.0" else value
    if isinstance(value, list):
        return [plain(v, near) for v in value]
    if isinstance(value, dict):
        return {k: plain(v, near) for k, v in value.items()}
    return value


def rows(answer: dict, statement: corpus.Statement) -> list[str]:
    if statement.mark == "shape":
        return ["rows"] if answer["data"] else []
    found = [json.dumps(plain(row, statement.mark == "near"), sort_keys=True) for row in answer["data"]]
    return found if statement.ordered else sorted(found)


def told(answer: dict) -> dict[str, list[str]]:
    """What changes in the client's session. The text of a prepared statement is for the server that made it."""
    return {name: sorted(urllib.parse.unquote_plus(value.split("=")[0] if name == "X-Trino-Added-Prepare" else value) for value in values)
            for name, values in answer.get("session", {}).items()}


def parts(statement: corpus.Statement, wanted: dict, got: dict) -> dict[str, str]:
    """The parts of the answer that differ, with words on how."""
    differ: dict[str, str] = {}

    def check(part: str, theirs, ours) -> None:
        if theirs != ours:
            differ[part] = f"{json.dumps(theirs, ensure_ascii=False)} in Trino, not {json.dumps(ours, ensure_ascii=False)}"

    check("session", told(wanted), told(got))
    if "error" in wanted and "error" in got:
        theirs, ours = wanted["error"], got["error"]
        check("error", [theirs[k] for k in ("errorName", "errorCode", "errorType")], [ours[k] for k in ("errorName", "errorCode", "errorType")])
        check("place", theirs["errorLocation"], ours["errorLocation"])
    elif "error" in wanted or "error" in got:
        check("outcome", *(f"{a['error']['errorName']}: {a['error']['message']}" if "error" in a else "a result" for a in (wanted, got)))
    else:
        columns = [answer.get("columns") or [] for answer in (wanted, got)]
        check("update", *([a.get("updateType"), a.get("updateCount"), "columns" in a] for a in (wanted, got)))
        check("names", *([c["name"] for c in side] for side in columns))
        check("types", *([c["type"] for c in side] for side in columns))
        if "types" not in differ:
            check("types", *([c["typeSignature"] for c in side] for side in columns))
        check("rows", rows(wanted, statement), rows(got, statement))
    return differ


def compare(url: str, theme: str) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """By id: the parts that differ, for every statement of the theme; and the errors that are worded otherwise."""
    answers, session = corpus.answers(theme), protocol.Session(url, corpus.headers(theme))
    found, worded = {}, {}
    for statement in corpus.read(theme):
        wanted = answers.get(statement.id, {"sql": None})
        assert wanted["sql"] == statement.sql, f"{statement.id}: no answer is recorded for this text: run record.py"
        got = session.run(statement.sql)
        found[statement.id] = parts(statement, wanted, got)
        if "error" in wanted and "error" in got and wanted["error"]["message"] != got["error"]["message"]:
            worded[statement.id] = f"{wanted['error']['message']!r} in Trino, not {got['error']['message']!r}"
    session.close()
    return found, worded


def compare_all(url: str, themes: list[str]) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    found, worded = {}, {}
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for some_found, some_worded in pool.map(lambda theme: compare(url, theme), themes):
            found |= some_found
            worded |= some_worded
    return found, worded


def known() -> dict[str, tuple[set[str], str]]:
    """By id: the parts that are known to differ, and why."""
    lines = [line for line in KNOWN.read_text().splitlines() if line and not line.startswith("#")] if KNOWN.exists() else []
    split = [line.split(maxsplit=2) for line in lines]
    return {name: (set(differ.split(",")), reason) for name, differ, reason in split}


def write_known(found: dict[str, dict[str, str]]) -> None:
    remarks = [line for line in KNOWN.read_text().splitlines() if line.startswith("#")] if KNOWN.exists() else []
    before = known()
    lines = [f"{name} {','.join(sorted(differ))} {before[name][1] if name in before else '?'}" for name, differ in found.items() if differ]
    KNOWN.write_text("\n".join(remarks + lines) + "\n")


def main(arguments: list[str]) -> None:
    themes = [a for a in arguments[1:] if a != "--write"] or corpus.themes()
    found, worded = compare_all(arguments[0], themes)
    for name, differ in found.items():
        for part, words in differ.items():
            print(f"{name} {part}: {words}")
    for name, words in worded.items():
        print(f"{name} wording: {words}")
    differing = sum(1 for differ in found.values() if differ)
    print(f"{len(found) - differing} equal, {differing} differ, {len(worded)} errors are worded otherwise")
    if "--write" in arguments:
        assert themes == corpus.themes(), "--write needs all themes"
        write_known(found)


if __name__ == "__main__":
    main(sys.argv[1:])
