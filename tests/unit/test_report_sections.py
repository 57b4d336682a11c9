"""The sections of the programme report: each a folder that says what it needs and holds all that it is."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import contract_report as cohorts
import pytest

from alliance_modes import reports
from alliance_modes.reports.page.render import render_sections
from alliance_modes.reports.research.report import SECTIONS

HERE = Path(reports.__file__).parent
MOST_FILES = 8
ABSENT = {"additions", "measurement_error"}
"""Sections of which neither cohort has anything to tell."""


class Watched:
    """Inputs that note what is read of them; of the analysis tables, which one."""

    def __init__(self, inputs, read):
        self._inputs, self._read = inputs, read

    def __getattr__(self, name):
        if name == "analysis":
            return WatchedTables(self._inputs.analysis, self._read)
        self._read.add(name)
        return getattr(self._inputs, name)


class WatchedTables(Mapping):
    def __init__(self, tables, read):
        self._tables, self._read = tables, read

    def __getitem__(self, name):
        self._read.add(f"analysis.{name}")
        return self._tables[name]

    def __iter__(self):
        return iter(self._tables)

    def __len__(self):
        return len(self._tables)


@cache
def whole():
    return cohorts.inputs()


@cache
def ratings_alone():
    return cohorts.study_inputs()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_reads_what_it_says_that_it_needs(section):
    read: set[str] = set()
    for inputs in (whole(), ratings_alone()):
        section.context(Watched(inputs, read))
    assert read == set(section.needs)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_section_stands_alone(section):
    """With nothing but its own context no name of its template is undefined."""
    said = [render_sections([section], "research", inputs) for inputs in (whole(), ratings_alone())]
    assert any(text.strip() for text in said) == (section.name not in ABSENT)


def test_every_folder_of_the_report_is_a_section_that_stands_in_it():
    folders = {path.name for path in (HERE / "research").iterdir() if (path / "section.py").is_file()}
    assert {section.name for section in SECTIONS} == folders
    assert len(SECTIONS) == len(folders)
    assert all((HERE / "research" / section.template).is_file() for section in SECTIONS)


def test_no_folder_of_reports_holds_many_files():
    folders = [HERE, *(path for path in HERE.rglob("*") if path.is_dir() and path.name != "__pycache__")]
    counts = {path.name: sum(one.is_file() for one in path.iterdir()) for path in folders}
    assert {name: count for name, count in counts.items() if count > MOST_FILES} == {}
