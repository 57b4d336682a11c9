"""Names of raw files that say who somebody is are refused, and not said."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_cohorts import COHORT, ENROLMENTS, problems, write_cohort

from alliance_modes.cohort import load_cohort
from alliance_modes.ingest.file_names import Said, naming_problems, what_names_say
from alliance_modes.ingest.stage import check_cohort

RAW = Path(__file__).resolve().parents[2] / "data/raw"
PEOPLE = (
    Said("full_name", "personal", ["John Smith", "Ottoline Grimsthorpe-Vane", ""]),
    Said("surname", "personal", ["Oduya", "March", "Ng"]),
    Said("record", "id", ["AV9087QX", "NOMS-55821-K", "E001", "20240630", "40177"]),
    Said("notes", "dropped", ["north", "second session", "rang Philippa Thornycroft", "Leeds site 12345"]),
)


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("Smith_John.csv", "full_name"),
        ("sessions John SMITH 2024.csv", "full_name"),
        ("SmithJohn.sav", "full_name"),
        ("people/john smith/wai.csv", "full_name"),
        ("vane-grimsthorpe-ottoline.xlsx", "full_name"),
        ("wai_Oduya.csv", "surname"),
        ("AV9087QX.csv", "record"),
        ("alliance_noms-55821-k.sav", "record"),
        ("wai_40177.csv", "record"),
        ("o.grimsthorpe@probation.example.csv", "an e-mail address"),
        ("Philippa Thornycroft rang.csv", "notes"),
    ],
)
def test_a_file_called_after_somebody_in_the_data_is_found(file, column):
    ((name, what),) = what_names_say([file], PEOPLE).items()
    assert name == file and column in what


@pytest.mark.parametrize(
    "file",
    [
        "sessions.csv", "sessions_S06.csv", "sessions_north.csv", "alliance_client.sav", "march.csv",
        "enrolments_E001.csv", "survey_wave1_qualtrics.csv", "second session.csv", "wai_pre_2024.csv",
        "export_20240630.csv", "leeds_site.csv", "smithy.csv", "John.csv", "12345.csv",
    ],
)  # fmt: skip
def test_files_called_after_things_and_days_pass(file):
    assert what_names_say([file], PEOPLE) == {}


CALLED = "grimsthorpe_ottoline.csv"
NAMED = COHORT.replace("files: alliance.csv", f"files: {CALLED}").replace(
    "started_on: started\n", "started_on: started\n    drop: [name]\n"
)


def _cohort(folder, cohort: str = NAMED) -> None:
    rows = ENROLMENTS.replace("started\n", "started,name\n").replace("-08\n", "-08,Ottoline Grimsthorpe\n")
    write_cohort(folder, cohort, enrolments__csv=rows.replace("-09\n", "-09,\n"))
    (folder / "alliance.csv").rename(folder / CALLED)


def test_the_problem_gives_the_line_and_not_the_name(tmp_path):
    _cohort(tmp_path)
    (problem,) = problems(tmp_path)
    assert (problem.file, problem.table) == ("cohort.yaml", "alliance")
    assert problem.line == NAMED.splitlines().index(f"    files: {CALLED}") + 1
    assert 'holds what a cell of the column "name" says' in problem.message
    assert "Rename the file" in problem.hint
    assert "grimsthorpe" not in str(problem).lower()
    assert check_cohort(tmp_path) == (problem,)


def test_of_several_files_the_place_is_said(tmp_path):
    two = NAMED.replace(f"files: {CALLED}", f"files: [alliance.csv, {CALLED}]")
    _cohort(tmp_path, two)
    (tmp_path / "alliance.csv").write_bytes((tmp_path / CALLED).read_bytes())
    (problem,) = naming_problems(tmp_path, load_cohort(tmp_path))
    assert "the name of file 2 of this source" in problem.message


def test_a_file_that_cannot_be_read_says_nothing_of_people(tmp_path):
    _cohort(tmp_path)
    (tmp_path / "enrolments.csv").unlink()
    assert naming_problems(tmp_path, load_cohort(tmp_path)) == []
    assert any("does not exist" in problem.message for problem in problems(tmp_path))


def test_files_with_ordinary_names_are_not_read_for_it(tmp_path, monkeypatch):
    from alliance_modes.ingest import file_names

    def refuse(*_: object) -> None:
        raise RuntimeError("read")

    write_cohort(tmp_path)
    monkeypatch.setattr(file_names, "read", refuse)
    for folder in (tmp_path, RAW / "demo_2024", RAW / "demo_2025"):
        assert naming_problems(folder, load_cohort(folder)) == []


def test_a_code_book_called_after_somebody_is_found_too(tmp_path):
    line = f"    codebook: {{file: {CALLED}, says: x}}"
    named = NAMED.replace(CALLED, "alliance.csv").replace("    drop: [name]\n", f"    drop: [name]\n{line}\n")
    _cohort(tmp_path, named)
    (problem,) = naming_problems(tmp_path, load_cohort(tmp_path))
    assert "the code book" in problem.message and "grimsthorpe" not in str(problem).lower()
    assert problem.line == named.splitlines().index(line) + 1
