"""Transcripts and what is known of them.

answers/SCRIPT.txt is what a real server said to SCRIPT: Kafka 4.3.1 or Trino 476. differences.txt has a line for each question that foz
answers otherwise: script, question, reason, with tabs between.
"""

import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent
KNOWN = FOLDER / "differences.txt"


def parse(text: str) -> dict[str, str]:
    """A transcript's answers by question."""
    pairs = [line.split("\t", 1) for line in text.splitlines() if "\t" in line]
    answers = dict(pairs)
    assert len(answers) == len(pairs), f"asked twice: {sorted({q for q, _ in pairs if [p[0] for p in pairs].count(q) > 1})}"
    return answers


def recorded(script: str) -> dict[str, str]:
    kept = FOLDER / "answers" / f"{script}.txt"
    return parse(kept.read_text()) if kept.exists() else {}


def known(script: str) -> dict[str, str]:
    lines = [line.split("\t") for line in KNOWN.read_text().splitlines() if line and not line.startswith("#")]
    return {question: reason for name, question, reason in lines if name == script}


def differing(wanted: dict[str, str], got: dict[str, str]) -> dict[str, str]:
    """By question, in words."""
    return {question: f"{wanted.get(question, '(not asked)')}\n    foz: {got.get(question, '(not asked)')}"
            for question in {**wanted, **got} if wanted.get(question) != got.get(question)}


def surprises(script: str, wanted: dict[str, str], got: dict[str, str]) -> list[str]:
    """Differences that are not known, and known ones that are gone."""
    found, expected = differing(wanted, got), known(script)
    return ([f"{script}: {question}\n    {words}" for question, words in found.items() if question not in expected]
            + [f"{script}: {question}: equal now, and still in differences.txt" for question in expected if question not in found])
