#!/usr/bin/env python3
"""Holds the house to its word: the room graph, vendor confinement, sizes, names, orphans, and paths named in documents.

Prints every breach as FILE:LINE: what, and exits 1 if there is one.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = {".h", ".cc"}
MAX_LINES, MAX_FUNCTION, MAX_COLUMNS, MAX_README = 800, 70, 100, 80

# Vendor headers stay home: pattern of the include -> rooms that may use it. Arrow arrays are the currency everywhere.
VENDORS = {
    r"duckdb": {"sql"},
    r"parquet/": {"delta"},
    r"boost/|openssl/": {"net"},
    r"curl/": {"net", "store"},
    r"roaring/": {"delta"},
    r"CLI/|yaml-cpp/": {"cli"},
    r"zlib": {"log", "net"},
    r"(zstd|lz4frame|lz4|snappy)": {"log"},
    r"sys/(socket|un)\.h|netinet/": {"net"},
}
BANNED_NAMES = re.compile(r"(^|_)(util|utils|common|helper|helpers|misc|manager|base)(_|$)")
NOT_FUNCTIONS = {"namespace", "class", "struct", "enum", "union", "if", "for", "while", "switch", "do", "public", "private"}
SPDX = ("// Copyright", "// SPDX-License-Identifier: Apache-2.0")

breaches: list[str] = []


def breach(path: pathlib.Path, line: int, what: str) -> None:
    breaches.append(f"{path.relative_to(ROOT)}:{line}: {what}")


def tracked() -> list[pathlib.Path]:
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def rooms_declared() -> dict[str, tuple[pathlib.Path, set[str]]]:
    """Room name -> its folder and the rooms that its CMake declaration names."""
    rooms = {}
    for cmake in sorted([*ROOT.glob("lib/*/CMakeLists.txt"), *ROOT.glob("src/*/CMakeLists.txt")]):
        text = re.sub(r"#.*", "", cmake.read_text())
        call = re.search(r"\broom\((.*?)\)", text, re.S)
        if not call:
            breach(cmake, 1, "no room() in this folder")
            continue
        words = call.group(1).split()
        name = words[words.index("NAME") + 1]
        deps, inside = set(), False
        for word in words:
            if word.isupper() or "_" in word and word.replace("_", "").isupper():
                inside = word == "DEPS"
            elif inside:
                deps.add(word)
        rooms[name] = (cmake.parent, deps)
    return rooms


def rooms_documented() -> dict[str, set[str]]:
    rooms = {}
    for line in (ROOT / "ARCHITECTURE.md").read_text().splitlines():
        row = re.match(r"\| `(?:lib|src)/(\w+)` \|.*\| ([^|]*) \|$", line)
        if row:
            rooms[row.group(1)] = set(row.group(2).replace("–", "").split())
    return rooms


def check_rooms() -> None:
    declared, documented = rooms_declared(), rooms_documented()
    document = ROOT / "ARCHITECTURE.md"
    for name, (folder, deps) in declared.items():
        if not (folder / "README.md").exists():
            breach(folder / "CMakeLists.txt", 1, "the room has no README.md")
        if name not in documented:
            breach(document, 1, f"room {name} is missing in the rooms table")
        elif documented[name] != deps:
            breach(document, 1, f"room {name}: the table says it may know {sorted(documented[name])}, CMake {sorted(deps)}")
    for name in documented.keys() - declared.keys():
        breach(document, 1, f"the rooms table names {name}, which does not exist")
    state: dict[str, int] = {}

    def visit(name: str, trail: list[str]) -> None:
        if state.get(name) == 2 or name not in declared:
            return
        if state.get(name) == 1:
            breach(document, 1, "rooms form a cycle: " + " -> ".join([*trail, name]))
            return
        state[name] = 1
        for dep in declared[name][1]:
            visit(dep, [*trail, name])
        state[name] = 2

    for name in declared:
        visit(name, [])


def check_orphans(files: list[pathlib.Path]) -> None:
    """Every source is built, every private header is included by its own room."""
    lists = "\n".join(path.read_text() for path in files if path.name == "CMakeLists.txt")
    lists += (ROOT / "cmake/room.cmake").read_text()
    for path in files:
        if path.suffix == ".cc" and not re.search(rf"\b{re.escape(path.name)}\b", lists):
            breach(path, 1, "not in any CMakeLists.txt")
        if path.name.endswith("_internal.h"):
            room = path.parent
            include = f'#include "{room.name}/{path.name}"'
            users = [f for f in files if f.suffix in CODE and include in f.read_text(errors="replace")]
            if not users:
                breach(path, 1, "included by nobody")
            for user in users:
                if room not in user.parents:
                    breach(user, 1, f"includes {path.name}, private to {room.name}")


def check_code(path: pathlib.Path) -> None:
    lines = path.read_text(errors="replace").splitlines()
    room = path.relative_to(ROOT).parts[1] if path.relative_to(ROOT).parts[0] in ("lib", "src") else ""
    if len(lines) < 2 or not lines[0].startswith(SPDX[0]) or lines[1] != SPDX[1]:
        breach(path, 1, "the two SPDX lines are missing")
    if len(lines) > MAX_LINES:
        breach(path, len(lines), f"longer than {MAX_LINES} lines: split it")
    if path.suffix == ".h" and "#pragma once" not in lines:
        breach(path, 1, "no #pragma once")
    opened: dict[int, int] = {}  # column -> line of the last declaration that began there
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS and "http" not in line and 'R"' not in line:
            breach(path, number, f"longer than {MAX_COLUMNS} columns")
        if re.search(r"\bTODO\b|\bFIXME\b|\bXXX\b", line):
            breach(path, number, "a note to self: do it or say in prose what is missing")
        include = re.match(r'#include [<"]([^>"]+)[>"]', line)
        if include and room:
            for pattern, allowed in VENDORS.items():
                if re.match(pattern, include.group(1)) and room not in allowed:
                    breach(path, number, f"{include.group(1)} is confined to {', '.join(sorted(allowed))}")
        # A function begins with a declaration in column 0 or, in a class, 2, and ends with "}" in the same column.
        begins = re.match(r"(  )?(?! )(\w+)", line)
        if begins and begins.group(2) in NOT_FUNCTIONS:
            opened.pop(len(begins.group(1) or ""), None)
        elif begins:
            opened[len(begins.group(1) or "")] = number
        elif line in ("}", "  }"):
            start = opened.pop(len(line) - 1, number)
            if number - start > MAX_FUNCTION:
                breach(path, start, f"a function of {number - start} lines: at most {MAX_FUNCTION}")


def check_names(path: pathlib.Path) -> None:
    relative = path.relative_to(ROOT)
    for part in relative.parts:
        if relative.parts[:2] != ("lib", "base") and BANNED_NAMES.search(pathlib.Path(part).stem):
            breach(path, 1, f"the name {part} does not say what it does")


def check_document(path: pathlib.Path) -> None:
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for name in re.findall(r"`((?:src|lib|test|tools|cmake|bench|examples|docs)/[\w./*-]+)`", line):
            if not list(ROOT.glob(name.rstrip("/"))) and not (ROOT / name).exists():
                breach(path, number, f"names {name}, which does not exist")
    if path.name == "README.md" and path.parent != ROOT and len(path.read_text().splitlines()) > MAX_README:
        breach(path, 1, f"longer than {MAX_README} lines: a room's README is at most a page")


def main() -> int:
    files = tracked()
    check_rooms()
    check_orphans(files)
    for path in files:
        check_names(path)
        if path.suffix in CODE:
            check_code(path)
        elif path.suffix == ".md":
            check_document(path)
    print("\n".join(breaches) or f"{len(files)} files keep the house rules")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
