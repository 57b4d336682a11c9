"""Exports as people have them: right, asked or refused, and never other numbers with nothing said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cases_page import PAGE, page_with
from field_cases import CASES
from field_run import HERE, Ended, project, run_case
from field_truth import Case, Truth, handed_truth, small_truth

FIELD = HERE.parent / "shared/field"
AFTER_THE_END = """accepted:
  - {table: sessions, reason: set_missing, column: held_on, rows: 12, why: "sessions held after the end"}
tables:"""
"""In the tables handed over, twelve sessions lie after the end of their course."""


@pytest.fixture(scope="session")
def truth() -> Truth:
    return small_truth()


def _one(case: Case) -> object:
    marks = [pytest.mark.xfail(reason=f"not built: {case.lacks}", strict=True)] if case.lacks else []
    return pytest.param(case, id=case.name, marks=marks)


def _holds(case: Case, ended: Ended, truth: Truth, other: Sequence[str] = ()) -> None:
    assert ended.outcome == case.outcome, ended.said
    assert re.search(case.says, ended.said), ended.said
    if ended.numbers:
        expected = {name: value for name, value in case.expected(truth).items() if name not in other}
        assert {name: ended.numbers[name] for name in expected} == expected, ended.said
    else:
        assert case.outcome == "refused", ended.said


@pytest.mark.parametrize("case", [_one(case) for case in CASES])
def test_a_case_made_again_ends_as_it_should(
    case: Case, truth: Truth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "exports"
    files.mkdir()
    case.make(files, truth)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(project(tmp_path / "project"))
    _holds(case, run_case(case, files, truth), truth)


@pytest.mark.slow
@pytest.mark.parametrize("case", [_one(case) for case in CASES])
def test_a_case_handed_over_ends_as_it_should(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (FIELD / "cases" / case.name).is_dir():
        pytest.skip("not run: the cases handed over are not there (../shared/field)")
    monkeypatch.chdir(project(tmp_path))
    truth = handed_truth(FIELD / "truth")
    if case.name == "filldown_sessions":
        case = replace(case, then=(("^tables:", AFTER_THE_END),))
    if case.name == "register_wide":  # it has twelve sessions a person, other than the rows of sessions
        case = replace(case, sessions=False)
    ended = run_case(case, FIELD / "cases" / case.name, truth, agreed="held_on")
    _holds(replace(case, outcome=case.handed or case.outcome), ended, truth, case.other)


def test_there_are_sixty_cases_and_each_has_its_name() -> None:
    assert len({case.name for case in CASES}) == len(CASES) == 60


def test_the_page_on_new_cohorts_has_the_table_of_the_cases() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page_with(text), "run: python tests/field/cases_page.py"
