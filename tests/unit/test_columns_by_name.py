"""A canonical column that code means by name has its name in one place, so that it can be renamed there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import alliance_modes
from alliance_modes.dictionary import named
from alliance_modes.dictionary.canonical import TABLES, dictionary

PACKAGE = Path(alliance_modes.__file__).parent
SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
MOST_FILES = 4
"""Files of code that may name a column that ``dictionary/named.py`` does not have."""

WORDS_TOO = frozenset({"rater", "instrument", named.ENROLMENT_STATUS})
"""Columns of scores and results as well, with the same name: nothing tells which one a text means."""

OTHERWISE = {
    "cohort.py": {named.SITE_ID, named.GROUP_ID},
    "figures/relations.py": {named.RUPTURE},
    "figures/rupture_control_chart.py": {named.RUPTURE},
    "plan/reading.py": {named.RUPTURE},
    "readers/source.py": {named.SESSION_NO},
    "recovery/settings.py": {named.RUPTURE},
    "recovery/summary.py": {named.SETTING},
    "relations/registry.py": {named.RUPTURE},
    "relations/rupture/analysis.py": {named.RUPTURE},
    "reports/check_page/problems.py": {named.SETTING},
    "reports/research/engagement/section.py": {named.ATTENDED},
    "reports/research/relations/section.py": {named.RUPTURE},
    "simulate/effects.py": {named.RUPTURE},
    "simulate/headers.py": {named.SETTING, named.ATTENDED, named.RUPTURE},
    "simulate/untidiness.py": {named.ATTENDED},
}
"""Texts that are no canonical column: closed types, headers of raw files, a setting of a simulation, a name
that a template has, a relational analysis; and ``readers/``, which stands below the dictionary."""

NAMED = {value for name, value in vars(named).items() if name.isupper()}
CANONICAL = {name for table in TABLES for name in dictionary().table(table).columns}


def texts(source: str) -> Iterator[str]:
    """String literals, names of keyword arguments of ``assign`` included, documentation left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "assign"
        ):
            yield from (keyword.arg for keyword in node.keywords if keyword.arg)


@cache
def texts_of_files() -> dict[str, frozenset[str]]:
    """Texts of every module of the package and every script, by file."""
    files = {str(path.relative_to(PACKAGE)): path for path in PACKAGE.rglob("*.py")}
    files |= {path.name: path for path in SCRIPTS.glob("*.py")}
    return {name: frozenset(texts(path.read_text(encoding="utf-8"))) for name, path in files.items()}


def naming(columns: set[str]) -> dict[str, set[str]]:
    """Which files name which of ``columns``."""
    found = {name: columns & said for name, said in texts_of_files().items()}
    return {name: columns for name, columns in found.items() if columns}


def test_every_named_column_is_in_the_dictionary():
    assert NAMED <= CANONICAL


def test_a_named_column_stands_in_one_place_of_the_code():
    found = naming(NAMED - WORDS_TOO)
    del found["dictionary/named.py"]
    assert {name: columns - OTHERWISE.get(name, set()) for name, columns in found.items()} == {
        name: set() for name in OTHERWISE
    }


@pytest.mark.parametrize("column", sorted(CANONICAL - NAMED - WORDS_TOO))
def test_a_column_that_many_files_mean_has_its_place(column):
    assert len(naming({column})) <= MOST_FILES


@pytest.mark.parametrize("template", sorted(PACKAGE.rglob("*.j2")), ids=lambda path: path.name)
def test_no_template_knows_a_column_by_heart(template):
    """Names of one word (attended, setting) are words of a sentence there."""
    words = set(re.findall(r"\w+", template.read_text(encoding="utf-8")))
    assert {name for name in words & NAMED if "_" in name} == set()


def test_a_text_and_a_keyword_are_found():
    assert list(texts('table["held_on"]')) == ["held_on"]
    assert list(texts("table.assign(held_on=1)")) == ["held_on"]
