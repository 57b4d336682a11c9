"""Nothing but the room ``release`` writes to a release folder: shown by reading the code of everything else.

A folder can only be written to by a name for it. So no text outside the room is a path into it, the layout's
name for it is used in the room alone, and a module that says the edition's word has nothing to write with.
Whoever takes the folder away, or looks whether it is there, is listed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "src/alliance_modes"
WORD, CONSTANT = "release", "RELEASE"
SAYS_IT = "ground/layout.py"
ROOM = "release/"
MAY_LOOK = {
    "running/crate/entities.py": "says in a copy what is in it",
    "running/held.py": "looks whether all files of the folder are those that were made",
    "running/jobs.py": "takes the folder away where what is declared cannot be analysed",
    "running/launch.py": "tells where the folder is",
    "running/memory.py": "the name of the rule",
    "running/status.py": "says whether there is a release that was not handed over",
    "commands/handing_over.py": "the name of the command",
}
"""Modules outside the room that use the name, and for what; none of them opens a file there."""


WRITES = frozenset(
    {"Path", "open", "layout", "os", "shutil", "write_text", "write_json", "write_csv", "write_bytes"}
)
"""What a module that says the word of the edition must not have; whoever has it could build a path."""


def named(tree: ast.AST) -> Iterator[int]:
    """Lines where a text could name the folder, alone or as part of a path, or where its constant is used."""
    documented = {id(text) for text in _docstrings(tree)}
    has = {name for node in ast.walk(tree) for name in _names(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documented:
            parts = node.value.replace("\\", "/").split("/")
            if WORD in parts and (len(parts) > 1 or has & WRITES):
                yield node.lineno
        elif isinstance(node, ast.stmt | ast.expr) and CONSTANT in _names(node):
            yield node.lineno


def _names(node: ast.AST) -> list[str]:
    """What a node of the code calls by name."""
    if isinstance(node, ast.Attribute):
        return [node.attr]
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.ImportFrom | ast.Import):
        return [alias.name for alias in node.names]
    return []


def _docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield statement.value


def sources() -> list[Path]:
    """All code that a run, a command or a rule can reach."""
    return sorted([*PACKAGE.rglob("*.py"), *(PROJECT / "workflow").rglob("*.py")])


def others() -> list[str]:
    """Every place outside the room and the layout that names the folder."""
    found = []
    for path in sources():
        shown = path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else PROJECT).as_posix()
        if not shown.startswith(ROOM) and shown != SAYS_IT and shown not in MAY_LOOK:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found += [f"{shown}:{line}" for line in named(tree)]
    return found


def test_nothing_else_names_the_folder():
    assert others() == []


def test_the_room_writes_to_it_in_one_module():
    writing = {"write_bytes", "write_text", "whole_folder", "write_csv", "whole_file", "write_json"}
    found = set()
    for path in (PACKAGE / ROOM).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        opened = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and "open" in _names(one.func)]
        modes = [one for call in opened for one in (*call.args, *call.keywords) if _is_mode(one)]
        names = {name for node in ast.walk(tree) for name in _names(node)}
        if modes or (writing & names and any(named(tree))):
            found.add(path.relative_to(PACKAGE).as_posix())
    assert found == {"release/folder.py"}


def _is_mode(given: ast.AST) -> bool:
    return isinstance(given, ast.Constant) or (isinstance(given, ast.keyword) and given.arg == "mode")


@pytest.mark.parametrize(
    "code",
    [
        'open("reports/north/release/more.csv", "w")',
        'Path("reports") / cohort / "release"',
        'layout.report(cohort, "release")',
        'edition = "release"\nwrite_text("x", REPORTS / cohort / edition)',
        "layout.report(cohort, layout.RELEASE)",
        "from alliance_modes.ground.layout import RELEASE",
        'f"reports/{cohort}/release/{name}.csv"',
        'table.to_csv(Path("reports\\\\north\\\\release\\\\rows.csv"))',
    ],
)
def test_a_planted_way_around_is_found(code):
    assert list(named(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ['"""The release edition."""', 'say("what may be released")', 'x = "release edition"']
)
def test_words_about_it_are_no_way_in(code):
    assert not list(named(ast.parse(code)))
