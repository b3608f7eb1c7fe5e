"""Answers compared with those of a real Trino 476, statement by statement: see test/oracle."""

import pathlib
import sys

ORACLE = pathlib.Path(__file__).resolve().parents[1] / "oracle"
sys.path.insert(0, str(ORACLE))

import compare  # noqa: E402
import corpus  # noqa: E402
import tables  # noqa: E402


def test_answers_are_those_of_trino_but_for_known_differences(make_foz, capsys):
    foz = make_foz()
    tables.write(foz.lake)
    foz.start()
    found, worded = compare.compare_all(foz.http, corpus.themes())
    known = compare.known()
    assert known.keys() <= found.keys(), f"differences.txt names no statement: {sorted(known.keys() - found.keys())}"
    wrong = [f"{name}: differences.txt gives no reason" for name, (_, reason) in known.items() if reason == "?"]
    for name, differ in found.items():
        expected = known[name][0] if name in known else set()
        wrong += [f"{name} {part}: {differ[part]}" for part in differ if part not in expected]
        wrong += [f"{name} {part}: equal now, and still in differences.txt" for part in sorted(expected - differ.keys())]
    differing = sum(1 for differ in found.values() if differ)
    with capsys.disabled():
        print(f"\n{len(found) - differing} equal, {differing} known differences, {len(worded)} errors worded otherwise")
    assert not wrong, "\n".join(wrong[:50] + [f"… {len(wrong)} in all; test/oracle/README.md says how to bring the list up to date"])
