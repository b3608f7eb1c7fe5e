"""Records the answers of a real Trino: record.py URL [THEME…]. See README.md for how to run one over the same tables."""

import concurrent.futures
import json
import sys

import corpus
import protocol


def record(url: str, theme: str) -> int:
    corpus.number(theme)
    session = protocol.Session(url, corpus.headers(theme))
    found = {}
    for statement in corpus.read(theme):
        answer = session.run(statement.sql)
        if statement.mark == "shape" and answer.get("data"):
            answer["data"] = ["…"]
        elif not statement.ordered and "data" in answer:
            answer["data"].sort(key=json.dumps)
        found[statement.id] = {"sql": statement.sql, **answer}
    session.close()
    corpus.write_answers(theme, found)
    return len(found)


if __name__ == "__main__":
    themes = sys.argv[2:] or corpus.themes()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for theme, count in zip(themes, pool.map(lambda theme: record(sys.argv[1], theme), themes)):
            print(f"{theme}: {count}")
