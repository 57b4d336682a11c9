"""Bad input through the command line: one message that says what to do, and nothing left behind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from projects import new_project

COHORT_YAML = """\
cohort: {name}
title: A cohort of six people
data_lock: 2024-12-31
demonstration: true
tables:
  enrolments:
    files: people.csv
    format: csv
    columns: {{enrolment_id: case, client_id: person, status: status}}
  alliance:
    files: ratings.csv
    format: csv
    columns: {{enrolment_id: case, session_no: session}}
    inventories:
      - {{instrument: wai_sr, rater: client, items: "wai_{{item}}"}}
"""
ITEMS = ",".join(f"wai_{item}" for item in range(1, 13))
PEOPLE = "case,person,status\n" + "".join(f"c{n},p{n},completed\n" for n in range(1, 7))
RATINGS = f"case,session,{ITEMS}\n" + "".join(f"c{n},3,{','.join('34' * 6)}\n" for n in range(1, 7))


def _write_cohort(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    (folder / "cohort.yaml").write_text(COHORT_YAML.format(name=name))
    (folder / "people.csv").write_text(PEOPLE)
    (folder / "ratings.csv").write_text(RATINGS)


@pytest.fixture(scope="module")
def _two(tmp_path_factory):
    project = new_project(tmp_path_factory.mktemp("two") / "project", "[north, south]")
    for name in ("north", "south"):
        _write_cohort(project.root / "data/raw" / name, name)
    return project


@pytest.fixture
def project(_two, tmp_path):
    return _two.copy(tmp_path / "project")


def _refused(project, *arguments: str) -> str:
    """Give the command; it must fail, cleanly; return what it said."""
    done = project.alliance_modes(*arguments)
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert "Traceback" not in said
    assert 'File "' not in said
    assert project.digests() == {}
    return said


def _spoil(project, file: str, old: str, new: str) -> None:
    project.replace(f"data/raw/north/{file}", old, new)


def test_a_good_cohort_is_found_good(project):
    done = project.alliance_modes("check", "north")
    assert done.returncode == 0, done.stderr
    assert "cohort north: no problems; tables declared: enrolments, alliance" in done.stdout


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        pytest.param("ratings.csv", ",wai_5,", ",frage_5,", ["ratings.csv", "wai_5", "frage_5"], id="column"),
        pytest.param(
            "ratings.csv", "c4,3,3,4,3", "c4,3,3,9,3", ["ratings.csv", "row 5", '"wai_2"', "9"], id="range"
        ),
        pytest.param(
            "people.csv", PEOPLE, "case,person,status\n", ["people.csv", "no data rows"], id="empty"
        ),
        pytest.param(
            "people.csv",
            "c4,p4",
            "c3,p4",
            ["people.csv", "rows 4, 5", '"enrolment_id"', "two people"],
            id="two_people",
        ),
        pytest.param(
            "people.csv", "c2,p2,completed", "c2,p2,done", ["people.csv", "row 3", "done"], id="label"
        ),
    ],
)
def test_what_is_wrong_with_the_data_is_said_once(project, file, old, new, expected):
    _spoil(project, file, old, new)
    said = _refused(project, "check", "north")
    for fragment in expected:
        assert fragment in said
    assert said.count("cohort north: 1 problem") == 1


def test_every_problem_of_a_cohort_is_listed_together(project):
    _spoil(project, "ratings.csv", "c4,3,3,4,3", "c4,3,3,9,3")
    _spoil(project, "people.csv", "c2,p2,completed", "c2,p2,done")
    said = _refused(project, "run", "north")
    assert said.count("cohort north: 2 problems") == 1
    assert said.count("ingest failed") == 1
    assert '"wai_2"' in said
    assert "done" in said


@pytest.mark.parametrize("command", ["check", "run"])
def test_missing_file_is_named(project, command):
    (project.root / "data/raw/north/ratings.csv").unlink()
    said = _refused(project, command, "north")
    assert said.count("ratings.csv") == 1
    assert "does not exist" in said


@pytest.mark.parametrize("command", ["check", "run"])
def test_missing_file_does_not_hide_what_is_wrong_with_the_others(project, command):
    (project.root / "data/raw/north/ratings.csv").unlink()
    _spoil(project, "people.csv", "c2,p2,completed", "c2,p2,done")
    said = _refused(project, command, "north")
    assert said.count("cohort north: 2 problems") == 1
    assert "does not exist" in said
    assert '"done"' in said


def test_problems_of_all_named_cohorts_come_together(project):
    for name in ("north", "south"):
        project.edit(f"data/raw/{name}/cohort.yaml", "colour: red\n")
    (project.root / "config/plan.yaml").write_text("sead: 1\n")
    said = _refused(project, "run", "north", "south")
    assert said.count('unknown key "colour"') == 2
    assert 'unknown key "sead"' in said
    assert 'Did you mean "seed"?' in said


@pytest.mark.parametrize(
    ("file", "added", "key"),
    [
        ("config/config.yaml", "plans: config/plan.yaml\n", "plans"),
        ("config/plan.yaml", "\nbranches: []\n", "branches"),
        ("data/raw/north/cohort.yaml", "titel: x\n", "titel"),
    ],
)
def test_unknown_key_of_any_file_is_named_with_its_line(project, file, added, key):
    project.edit(file, added)
    said = _refused(project, "run", "north")
    assert said.count(f'unknown key "{key}"') == 1
    assert f"{Path(file).name}, line " in said


def test_unknown_key_of_a_study_instrument_is_named(project):
    folder = project.root / "config/instruments"
    folder.mkdir()
    shutil.copy(project.root / "src/alliance_modes/instruments/srs.yaml", folder / "ours.yaml")
    project.edit("config/instruments/ours.yaml", "colour: red\n")
    said = _refused(project, "run", "north")
    assert said.count('unknown key "colour"') == 1


@pytest.mark.parametrize("name", ["../north", "a/b", "..", "a b", "1north", ""])
def test_names_that_no_cohort_can_have(project, name):
    said = _refused(project, "run", name)
    assert said.count("cannot be the name of a cohort") == 1


def test_unknown_cohort_gets_a_list_of_those_that_exist(project):
    said = _refused(project, "run", "nroth")
    assert 'there is no cohort "nroth"' in said
    assert "north, south" in said


def test_a_copied_cohort_that_kept_its_old_name_is_noticed(project):
    _spoil(project, "cohort.yaml", "cohort: north", "cohort: south")
    said = _refused(project, "run", "north")
    assert said.count('the cohort calls itself "south"') == 1


def test_outside_a_project_folder_the_command_says_so(project, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "src").mkdir(parents=True)
    other = type(project)(elsewhere)
    done = other.alliance_modes("run")
    assert done.returncode == 1
    assert "this is not a project folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in elsewhere.iterdir()] == ["src"]


def test_a_cohort_kept_outside_the_project_is_found(project, tmp_path):
    shutil.move(project.root / "data/raw/north", tmp_path / "safe")
    (project.root / "config/config.yaml").write_text(
        f"cohorts:\n  north: {tmp_path / 'safe'}\n  south:\nplan: config/plan.yaml\n"
    )
    done = project.alliance_modes("check", "north")
    assert done.returncode == 0, done.stderr
    assert project.rules_to_run() >= {"ingest", "report"}


def test_simulate_writes_a_cohort_that_checks_and_refuses_a_used_folder(project):
    truth = str(Path(__file__).parents[2] / "data/raw/demo_2024/truth.yaml")
    made = project.alliance_modes("simulate", truth, "data/raw/west", "--enrolments", "60")
    assert made.returncode == 0, made.stderr
    assert "simulated cohort west: 60 enrolments" in made.stdout
    assert project.alliance_modes("check", "west").returncode == 0
    again = project.alliance_modes("simulate", truth, "data/raw/west")
    assert again.returncode == 1
    assert "is not empty" in again.stderr


def test_simulate_names_an_unknown_key_of_the_truth(project, tmp_path):
    truth = tmp_path / "truth.yaml"
    shutil.copy(Path(__file__).parents[2] / "data/raw/demo_2024/truth.yaml", truth)
    truth.write_text(truth.read_text() + "colour: red\n")
    said = _refused(project, "simulate", str(truth), "data/raw/west")
    assert said.count('unknown key "colour"') == 1
    assert not (project.root / "data/raw/west").exists()
