"""Code that shows results knows no model and no outcome by its name: they are read from the plan."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import alliance_modes
from alliance_modes.dictionary.analysis import ANALYSIS_TABLES
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Section
from alliance_modes.words.names import END_NAMES, END_SHORT

PACKAGE = Path(alliance_modes.__file__).parent
FOLDERS = ("figures",)
"""Rooms in which nothing of the plan may stand."""

OTHERWISE_NAMED = frozenset({*ANALYSIS_TABLES, "drop-out", *END_SHORT.values()} - {*END_NAMES})
"""Names of the plan that are also words for something else, which the code may say: tables and ends."""


TELLING = ("reports", "tables", "words")
"""Rooms that tell results in words."""

SAID_IN_WORDS = frozenset({*get_args(Section), *END_NAMES, "session_engagement", "completed"})
"""Names of the plan that are in these rooms sections of the report, ends, and columns of the analysis tables.

That no model or outcome is meant by them is what ``test_plan_reaches_report.py`` holds: it renames all.
"""


def names_of_the_plan() -> frozenset[str]:
    """Names of models and outcomes of the default plan, and the texts by which they are shown."""
    models = Plan().models
    outcomes = [one for model in models.values() for one in model.outcomes]
    names = {*models, *(model.title for model in models.values())}
    names |= {text for one in outcomes for text in (one.name, one.label, one.head)}
    return frozenset(name.lower() for name in names) - OTHERWISE_NAMED


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of string literals, parts of f-strings included, that are not documentation."""
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def by_heart(source: str, names: frozenset[str]) -> list[tuple[int, str]]:
    """Line and text of each literal that is a name of the plan, or holds one of several words."""
    phrases = [name for name in names if " " in name]
    return [
        (line, text)
        for line, text in texts(ast.parse(source))
        if text.strip(" ,.:;").lower() in names or any(phrase in text.lower() for phrase in phrases)
    ]


def modules(folders: tuple[str, ...] = FOLDERS, suffix: str = "py") -> list[Path]:
    return sorted(path for folder in folders for path in (PACKAGE / folder).rglob(f"*.{suffix}"))


def in_text(text: str, names: frozenset[str]) -> list[tuple[int, str]]:
    """Line and name of each name of several words, or with an underscore, that a template holds."""
    telling = [name for name in names if " " in name or "_" in name]
    lines = enumerate(text.lower().splitlines(), 1)
    return [(number, name) for number, line in lines for name in telling if name in line]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_model_or_outcome_of_the_plan_is_known_by_heart(path):
    assert by_heart(path.read_text(encoding="utf-8"), names_of_the_plan()) == []


@pytest.mark.parametrize(
    "line",
    [
        'models.get("completion")',
        'rows[rows["outcome"] == "session_engagement"]',
        'TITLE = "Bond, practitioner-rated"',
        'text = f"{number} of programme completion by mode"',
        'ASKED = {"dropout_modes": 1}',
        'head = " Attendance."',
    ],
)
def test_a_name_of_the_plan_is_found_wherever_it_stands(line):
    assert len(by_heart(line, names_of_the_plan())) == 1


def test_tables_documentation_and_other_words_are_no_names_of_the_plan():
    source = '"""Mode use and completion."""\nrows = analysis["alliance"], "attended", "the alliance"\n'
    assert by_heart(source, names_of_the_plan()) == []


@pytest.mark.parametrize("path", modules(TELLING), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_tells_results_knows_no_model_and_no_outcome_by_heart(path):
    names = names_of_the_plan() - SAID_IN_WORDS
    assert by_heart(path.read_text(encoding="utf-8"), names) == []


@pytest.mark.parametrize("path", modules(TELLING, "j2"), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_template_knows_a_model_or_an_outcome_by_heart(path):
    names = names_of_the_plan() - SAID_IN_WORDS
    assert in_text(path.read_text(encoding="utf-8"), names) == []


@pytest.mark.parametrize("line", ["Attendance after the first session, say", '{{ figure("dropout_modes") }}'])
def test_a_name_of_the_plan_is_found_in_a_template(line):
    assert len(in_text(line, names_of_the_plan() - SAID_IN_WORDS)) == 1
