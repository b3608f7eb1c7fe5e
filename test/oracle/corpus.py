"""Statements, and the answers of Trino that are recorded for them.

statements/THEME.sql is one session. A statement ends with a line that ends in `;` and, behind it, its number and mark:
    SELECT sin(1);  -- 12 near
Its id is THEME.12; record.py gives numbers to new ones and they never change. Marks say how much of an answer is fixed:
    near   rows of doubles, equal to ten digits
    shape  only the names and types of columns, and whether there are rows
Lines outside of statements that begin with `--` are remarks; `-- X-Trino-…: VALUE` among them is a header of the whole session.
"""

import dataclasses
import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent
END = re.compile(r";(?:\s*-- *(?P<number>\d+)? *(?P<mark>near|shape)?)?$")


@dataclasses.dataclass
class Statement:
    theme: str
    number: int | None
    mark: str | None
    sql: str

    @property
    def id(self) -> str:
        return f"{self.theme}.{self.number}"

    @property
    def ordered(self) -> bool:
        """Whether the order of the rows is part of the answer: of SHOW and DESCRIBE, and of an outermost ORDER BY."""
        if re.match(r"(SHOW|DESC|DESCRIBE|EXPLAIN)\b", self.sql, re.I):
            return True
        text = re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", " ", self.sql, flags=re.S)
        while (without := re.sub(r"\([^()]*\)", " ", text)) != text:
            text = without
        return re.search(r"\bORDER\s+BY\b", text, re.I) is not None


def themes() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("statements/*.sql"))


def read(theme: str) -> list[Statement]:
    found, lines = [], []
    for line in (FOLDER / "statements" / f"{theme}.sql").read_text().splitlines():
        if not lines and (not line or line.startswith("--")):
            continue
        end = END.search(line)
        lines.append(line[:end.start()] if end else line)
        if end:
            found.append(Statement(theme, int(end["number"]) if end["number"] else None, end["mark"], "\n".join(lines)))
            lines = []
    assert not lines, f"{theme}: the last statement has no end"
    numbers = [s.number for s in found if s.number]
    assert len(numbers) == len(set(numbers)), f"{theme}: a number stands twice"
    return found


def headers(theme: str) -> dict[str, str]:
    """Headers of the theme's session that are not those of protocol.Session; empty ones are not sent."""
    text = (FOLDER / "statements" / f"{theme}.sql").read_text()
    return dict(re.findall(r"^-- (X-Trino-[\w-]+):[ ]*(.*)$", text, re.M))


def number(theme: str) -> None:
    """Writes numbers behind statements that have none."""
    path = FOLDER / "statements" / f"{theme}.sql"
    statements = read(theme)
    newest = max((s.number or 0 for s in statements), default=0)
    lines, at, inside = path.read_text().splitlines(), 0, False
    for i, line in enumerate(lines):
        if not inside and (not line or line.startswith("--")):
            continue
        end = END.search(line)
        inside = not end
        if end:
            if not end["number"]:
                newest += 1
                lines[i] = f"{line[:end.start()]};  -- {newest}" + (f" {end['mark']}" if end["mark"] else "")
            at += 1
    assert at == len(statements)
    path.write_text("\n".join(lines) + "\n")


def answers(theme: str) -> dict[str, dict]:
    """By id: `sql` as it was recorded, and what protocol.Session.run gives."""
    path = FOLDER / "answers" / f"{theme}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write_answers(theme: str, found: dict[str, dict]) -> None:
    """A line for each part of an answer and for each row, so that a change shows as one."""
    def one(value) -> str:
        return json.dumps(value, ensure_ascii=False)

    def part(key: str, value) -> str:
        if key in ("data", "columns") and len(value) > 1:
            return f'    {one(key)}: [\n' + ",\n".join(f"      {one(row)}" for row in value) + "\n    ]"
        return f"    {one(key)}: {one(value)}"

    entries = [f"  {one(name)}: {{\n" + ",\n".join(part(k, v) for k, v in answer.items()) + "\n  }" for name, answer in found.items()]
    (FOLDER / "answers").mkdir(exist_ok=True)
    (FOLDER / "answers" / f"{theme}.json").write_text("{\n" + ",\n".join(entries) + "\n}\n")
