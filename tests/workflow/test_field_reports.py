"""Exports as people have them, from ``new-cohort`` to the report: its numbers, or no report at all.

Three of them in every run of the tests; all, and those handed over, with ``--every-case``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from field_cases import CASES
from field_run import NAME, numbers_of, run_case
from field_truth import Case, Truth, handed_truth, small_truth
from projects import HERE, Project, new_project
from test_field_cases import AFTER_THE_END

FIELD = HERE.parent / "shared/field"
IN_EVERY_RUN = ("spss_two_reversed", "kobo_xlsx", "id_sci")
"""A statistical file that is asked about, a workbook of linked sheets, and ids that are refused."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = new_project(tmp_path / "project", f"[{NAME}]")
    monkeypatch.chdir(project.root)
    return project


def _ran(case: Case, project: Project, files: Path, truth: Truth, agreed: str = "") -> None:
    """The report says the numbers of the truth; or ``run`` refuses as ``check`` does, and there is none."""
    ended = run_case(case, files, truth, agreed)
    done = project.alliance_modes("run", NAME)
    if not ended.numbers:
        assert done.returncode == 1, done.stdout + done.stderr
        assert not project.report(NAME).exists()
        return
    assert done.returncode == 0, done.stdout + done.stderr
    folder = project.root / "data/processed" / NAME / "clean"
    names = ("enrolments", "alliance", "sessions")
    found = numbers_of({name: pd.read_parquet(folder / f"{name}.parquet") for name in names})
    expected = {key: value for key, value in case.expected(truth).items() if key not in case.other}
    assert {key: found[key] for key in expected} == expected
    scores = pd.read_parquet(project.root / "data/processed" / NAME / "scores.parquet")
    forms = scores.loc[scores["table"] == "alliance", ["source_file", "source_row", "session_no"]]
    assert len(forms.drop_duplicates()) == found["forms"]
    said = re.sub(r"<[^>]+>", "", project.report(NAME).read_text(encoding="utf-8"))
    assert f"{found['enrolments']} people were enrolled" in said


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_an_export_made_again_becomes_its_report(
    case: Case, project: Project, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    if case.name not in IN_EVERY_RUN and not pytestconfig.getoption("--every-case"):
        pytest.skip("not run: one of the many that make field-reports runs")
    files, truth = tmp_path / "exports", small_truth()
    files.mkdir()
    case.make(files, truth)
    _ran(replace(case, other=()), project, files, truth)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_an_export_handed_over_becomes_its_report(
    case: Case, project: Project, pytestconfig: pytest.Config
) -> None:
    if not pytestconfig.getoption("--every-case"):
        pytest.skip("not run: make field-reports runs it")
    if not (FIELD / "cases" / case.name).is_dir():
        pytest.skip("not run: the cases handed over are not there (../shared/field)")
    if case.name == "filldown_sessions":
        case = replace(case, then=(("^tables:", AFTER_THE_END),))
    if case.name == "register_wide":
        case = replace(case, sessions=False)
    _ran(case, project, FIELD / "cases" / case.name, handed_truth(FIELD / "truth"), agreed="held_on")
