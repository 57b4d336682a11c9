"""``new-cohort`` and ``check`` as a person gives them: from raw files to a cohort that can be run."""

from __future__ import annotations

import shutil

import pytest
from projects import HERE, new_project

RAW = HERE / "data/raw/demo_2025"
CODES = "enrolments_redcap_dictionary.csv"
EXPORTS = (
    "practitioners.xlsx",
    "enrolments_redcap.csv",
    CODES,
    "alliance_client.sav",
    "survey_wave1_qualtrics.csv",
)


@pytest.fixture(scope="module")
def _empty(tmp_path_factory):
    project = new_project(tmp_path_factory.mktemp("empty") / "project")
    (project.root / "exports").mkdir()
    for name in EXPORTS:
        shutil.copy2(RAW / name, project.root / "exports" / name)
    return project


@pytest.fixture
def project(_empty, tmp_path):
    return _empty.copy(tmp_path / "project")


def _files(project, folder: str) -> dict[str, bytes]:
    at = project.root / folder
    return {path.name: path.read_bytes() for path in sorted(at.rglob("*")) if path.is_file()}


def test_a_new_cohort_is_drafted_and_found_good_by_check(project):
    done = project.alliance_modes("new-cohort", "north", *(f"exports/{name}" for name in EXPORTS))
    assert done.returncode == 0, done.stderr
    assert "alliance_client.sav: spss" in done.stdout
    assert "1. What is the data lock" in done.stdout
    assert "alliance-modes check north" in done.stdout
    assert f"{CODES}: a data dictionary of REDCap" in done.stdout
    assert "what do the codes stand for" not in done.stdout
    copied = _files(project, "data/raw/north")
    draft = copied.pop("cohort.yaml").decode("utf-8")
    assert copied == _files(project, "exports")
    assert "#  1. What is the data lock" in draft
    checked = project.alliance_modes("check", "north")
    assert checked.returncode == 0, checked.stderr
    assert "cohort north: no problems" in checked.stdout
    page = (project.root / "reports/north/check.html").read_text(encoding="utf-8")
    assert "north: no problems" in page
    assert "809 rows read" in page


THREE = ("enrolments_redcap.csv", "practitioners.xlsx", "survey_wave1_qualtrics.csv")
TYPED = ("North region", "", "site_id", "right", *["true"] * 3)


def test_codes_without_their_code_book_are_asked_and_refused_until_they_are_looked_up(project):
    done = project.alliance_modes("new-cohort", "north", *(f"exports/{name}" for name in THREE))
    assert done.stdout.count("what do the codes stand for") == 2, "setting and status, each once"
    asked = project.alliance_modes("check", "north")
    assert asked.returncode == 1
    assert "what do the codes stand for" in asked.stderr


def test_three_exports_can_be_run_after_at_most_ten_answers(project):
    exports = [f"exports/{name}" for name in THREE]
    done = project.alliance_modes("new-cohort", "north", *exports, "--ask", typed="\n".join(TYPED) + "\n")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(TYPED) <= 10
    assert f"{len(TYPED)} answers written" in done.stdout
    assert "cohort north: no problems" in done.stdout
    written = (project.root / "data/raw/north/cohort.yaml").read_text(encoding="utf-8")
    assert "readable_ids: [site_id]" in written


def test_answers_that_end_too_early_stay_and_the_rest_is_asked_later(project):
    exports = [f"exports/{name}" for name in THREE]
    done = project.alliance_modes("new-cohort", "north", *exports, "--ask", typed="North region\n")
    assert done.returncode == 1
    assert "alliance-modes answer north" in done.stderr
    later = project.alliance_modes("answer", "north", typed="\n".join(TYPED[1:]) + "\n")
    assert later.returncode == 0, later.stdout + later.stderr
    assert "What is the title" not in later.stdout
    assert "cohort north: no problems" in later.stdout


def test_nothing_is_overwritten(project):
    project.alliance_modes("new-cohort", "north", "exports/enrolments_redcap.csv")
    before = _files(project, "data/raw/north")
    again = project.alliance_modes("new-cohort", "north", "exports/alliance_client.sav")
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert _files(project, "data/raw/north") == before


def test_files_that_cannot_be_read_are_named_together_and_nothing_is_left(project):
    (project.root / "exports/cut.sav").write_bytes((RAW / "alliance_client.sav").read_bytes()[:300])
    (project.root / "exports/notes.docx").write_bytes(b"PK")
    done = project.alliance_modes(
        "new-cohort", "north", "exports/cut.sav", "exports/notes.docx", "exports/absent.csv"
    )
    assert done.returncode == 1
    assert "3 problems" in done.stderr
    for name in ("cut.sav", "notes.docx", "absent.csv"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project.root / "data/raw/north").exists()


def test_a_file_called_after_somebody_in_the_data_is_refused_and_nothing_is_left(project):
    table = (project.root / "exports/enrolments_redcap.csv").read_text(encoding="utf-8").splitlines()
    full_name = table[1].split(",")[table[0].split(",").index("full_name")]
    called = f"{'_'.join(reversed(full_name.split()))}.csv"
    (project.root / "exports" / called).write_text("case,session\nE001,1\n")
    done = project.alliance_modes("new-cohort", "north", "exports")
    assert done.returncode == 1
    assert f'{called}: the name of this file holds what a cell of the column "full_name" says' in done.stderr
    assert not (project.root / "data/raw/north").exists()


@pytest.mark.parametrize("name", ["../north", "north/x", "2024", ""])
def test_a_name_that_no_cohort_can_have_is_refused(project, name):
    done = project.alliance_modes("new-cohort", name, "exports/enrolments_redcap.csv")
    assert done.returncode == 1
    assert "cannot be the name of a cohort" in done.stderr
    assert list((project.root / "data/raw").iterdir()) == []


def test_data_can_stay_where_they_are(project):
    done = project.alliance_modes("new-cohort", "north", "--in-place", "exports")
    assert done.returncode == 0, done.stderr
    (draft,) = _files(project, "data/raw/north").values()
    assert b'data_folder: "../../../exports"' in draft
    assert project.alliance_modes("check", "north").returncode == 0


def test_the_page_follows_what_is_wrong_and_goes_where_it_is_told(project):
    project.alliance_modes("new-cohort", "north", "--in-place", "exports")
    project.alliance_modes("check", "north")
    page = project.root / "reports/north/check.html"
    assert "no problems" in page.read_text(encoding="utf-8")
    project.replace("data/raw/north/cohort.yaml", "started_on: start_date ", "started_on: first_day ")
    checked = project.alliance_modes("check", "north")
    assert checked.returncode == 1
    assert "enrolments · enrolments_redcap.csv: 1 problem" in checked.stderr
    assert "north: 1 problem" in page.read_text(encoding="utf-8")
    project.edit("data/raw/north/cohort.yaml", "colour: red\n")
    assert project.alliance_modes("check", "north", "--html", "found.html").returncode == 1
    assert "colour" in (project.root / "found.html").read_text(encoding="utf-8")
    project.edit("config/config.yaml", "colour: red\n")
    assert project.alliance_modes("check", "north").returncode == 1
    assert not page.exists()


def test_neither_list_nor_page_names_a_value_of_a_column_that_identifies(project):
    project.alliance_modes("new-cohort", "north", "--in-place", "exports")
    table = (
        (project.root / "exports/enrolments_redcap.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    )
    first = table[1].split(",")
    table[2] = ",".join([first[0], *table[2].split(",")[1:]])  # one id, two people
    (project.root / "exports/enrolments_redcap.csv").write_text("".join(table), encoding="utf-8")
    checked = project.alliance_modes("check", "north")
    assert checked.returncode == 1
    assert "two people" in checked.stderr
    said = (
        checked.stdout
        + checked.stderr
        + (project.root / "reports/north/check.html").read_text(encoding="utf-8")
    )
    for value in first[:4]:
        assert value not in said


def test_what_lies_in_a_folder_and_is_not_read_is_named_with_what_to_do(project):
    exports = project.root / "exports"
    (exports / "alliance.jasp").write_bytes(b"PK")
    (exports / "minutes.docx").write_bytes(b"PK")
    (exports / "older").mkdir()
    done = project.alliance_modes("new-cohort", "north", "exports")
    assert done.returncode == 0, done.stderr
    assert (
        "Not read: alliance.jasp: files that end in .jasp are not read. In JASP: File, Export Data"
        in done.stdout
    )
    assert "Not read: minutes.docx" in done.stdout and "Not read: older, a folder in this one" in done.stdout
    draft = (project.root / "data/raw/north/cohort.yaml").read_text(encoding="utf-8")
    assert "Not read: alliance.jasp" in draft
