"""A person is taken out: results are those of data that never had them, and no file holds an id."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from identity_scanner import Scanner
from projects import COHORT, HERE, Project, new_project, write_short_plan

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY, keyed_id
from alliance_modes.release.people import people_of_tables
from alliance_modes.simulate import cohort_folder, load_truth, write_cohort

ENROLMENTS, PRACTITIONERS = 240, 20
"""As the project of the other tests has."""

CLIENT, ENROLMENT = "C136", "E072"
IDS = [
    keyed_id(DEMONSTRATION_KEY, kind, text)
    for kind, text in (("client_id", CLIENT), ("enrolment_id", ENROLMENT))
]
PEOPLE = f"data/released/{COHORT}/001_people.csv"
CERTIFICATE = f"reports/{COHORT}/withdrawal.txt"
SHA256 = re.compile(r"\b[0-9a-f]{64}\b")

NUMBERED = re.compile(
    r"data/processed/\w+/((typed|clean)/\w+\.(parquet|csv)|scores(_wide)?\.parquet|typed/origin\.json)"
    r"|reports/\w+/internal/data/\w+\.\w+"
    r"|reports/\w+/internal/(report|research|parts/\w+)\.\w+"
)
"""Files that say in which line of a raw file a record stands, or the digests of raw files."""


@pytest.fixture(scope="module")
def released(tmp_path_factory, _finished) -> Project:
    """The finished project, its release handed over."""
    project = _finished.copy(tmp_path_factory.mktemp("released") / "project")
    done = project.alliance_modes("release", COHORT)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture(scope="module")
def never(tmp_path_factory, released) -> Project:
    """The same cohort, of whose raw files none ever held the client; what was handed over is the same."""
    project = new_project(tmp_path_factory.mktemp("never") / "project")
    truth = load_truth(HERE / "data/raw/demo_2024/truth.yaml").with_size(
        ENROLMENTS, practitioners=PRACTITIONERS
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cohort_folder, "_raw_tables", _without(cohort_folder._raw_tables))
        write_cohort(truth, project.root / "data/raw" / COHORT, COHORT)
    shutil.copytree(released.root / "data/released", project.root / "data/released")
    done = project.alliance_modes("run")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def _without(raw_tables):
    def left(simulated):
        tables = raw_tables(simulated)
        enrolments = tables["enrolments"].frame
        assert set(enrolments.loc[enrolments["client_no"] == CLIENT, "record_id"]) == {ENROLMENT}
        for raw in tables.values():
            for column in [name for name in ("record_id", "enrolment") if name in raw.frame]:
                raw.frame = raw.frame[raw.frame[column] != ENROLMENT]
        return tables

    return left


def without_lines(path: Path) -> pd.DataFrame | str:
    """A result without the numbers of lines and the digests of raw files."""
    if path.suffix in (".parquet", ".csv"):
        read = pd.read_parquet if path.suffix == ".parquet" else pd.read_csv
        table = read(path)
        return table.drop(columns=[name for name in table if name == "source_row"])
    return SHA256.sub("#", path.read_text(encoding="utf-8"))


def same(one: Path, other: Path) -> bool:
    """Whether two results are equal but for lines and digests of raw files."""
    found, expected = without_lines(one), without_lines(other)
    return found == expected if isinstance(found, str) else found.equals(expected)


@pytest.fixture(scope="module")
def withdrawn(released) -> tuple[Project, subprocess.CompletedProcess]:
    """The released project after the client was taken out, with a copy of a result of before beside it."""
    kept = released.root / "kept.html"
    kept.write_bytes(released.report().read_bytes())
    people = released.root / PEOPLE
    assert all(one in people.read_text() for one in IDS) and people.stat().st_mode & 0o777 == 0o600
    assert set(IDS) <= people_of_tables(COHORT, released.root)
    return released, released.alliance_modes("withdraw", COHORT, "--on", "2026-11-30", typed=f"{CLIENT}\n")


def test_what_holds_the_person_is_told_and_a_copy_of_before_is_found(withdrawn):
    project, done = withdrawn
    assert done.returncode == 1 and CLIENT not in done.stdout + done.stderr
    assert "release 1 (data up to 2024-06-30) held them" in done.stdout
    assert "enrolments_redcap.csv: 2 rows" in done.stdout
    assert "a result from before: kept.html (delete it)" in done.stderr
    assert not any(one in (project.root / PEOPLE).read_text() for one in IDS)
    still = project.alliance_modes("withdraw", COHORT, "--prove")
    assert still.returncode == 1 and "kept.html" in still.stderr
    (project.root / "kept.html").unlink()
    again = project.alliance_modes("withdraw", COHORT, "--prove")
    assert again.returncode == 0, again.stdout + again.stderr
    text = (project.root / CERTIFICATE).read_text(encoding="utf-8")
    assert "release 1 (data up to 2024-06-30) was made with at least one of them" in text
    assert "Files that hold one: 0." in text and not any(one in text for one in (*IDS, CLIENT, ENROLMENT))
    checked = project.alliance_modes("check", COHORT)
    assert checked.returncode == 0 and "raw files still hold rows of people" in checked.stdout


def test_no_file_that_is_written_holds_an_id(withdrawn):
    project, _ = withdrawn
    inside = f"reports/{COHORT}/internal"
    folders = ("data/processed", "data/released", "logs", ".snakemake", ".alliance_modes")
    for folder in (*folders, f"{inside}/data", f"{inside}/tables"):
        assert Scanner(IDS).find(project.root / folder) == []
    assert set(IDS).isdisjoint(people_of_tables(COHORT, project.root))


def test_results_and_the_next_release_are_those_of_data_that_never_had_the_person(withdrawn, never):
    project, _ = withdrawn
    ours, theirs = project.digests(), never.digests()
    assert {*ours} - {CERTIFICATE} == {*theirs}
    differing = [name for name in theirs if ours[name] != theirs[name]]
    assert all(NUMBERED.fullmatch(name) for name in differing), differing
    assert any("/release/" in name for name in theirs)
    readable = [name for name in differing if Path(name).suffix in (".parquet", ".csv", ".html")]
    assert readable and all(same(project.root / name, never.root / name) for name in readable)
    handed = project.alliance_modes("release", COHORT)
    assert handed.returncode == 0, handed.stderr
    assert (project.root / "data/released" / COHORT / "002.json").is_file()


def test_who_is_not_in_the_data_changes_nothing_and_is_not_repeated(finished):
    before = finished.digests()
    done = finished.alliance_modes("withdraw", COHORT, typed="E777\n")
    assert done.returncode == 1 and "no client or enrolment of the cohort has it" in done.stderr
    assert "E777" not in done.stdout + done.stderr and "Traceback" not in done.stderr
    named = finished.alliance_modes("withdraw", COHORT, "--id", "E072")
    assert named.returncode == 1 and "history of a terminal" in named.stderr
    assert finished.alliance_modes("withdraw", COHORT, "--prove").returncode == 1
    assert finished.digests() == before and not (finished.root / f"data/raw/{COHORT}/withdrawn.yaml").exists()


LATE = '{table: practitioner_survey, reason: surveyed_late, rows: 2, why: "one of 20 was taken out"}'


@pytest.fixture(scope="module")
def of_one_model(tmp_path_factory, _finished) -> Project:
    """The finished project with a plan of one model, run by it, and its release handed over."""
    project = _finished.copy(tmp_path_factory.mktemp("one_model") / "project")
    write_short_plan(project.root / "config/plan.yaml")
    for command in ("run", "release"):
        done = project.alliance_modes(command, COHORT)
        assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_a_practitioner_goes_after_a_release_though_the_run_stops_first_and_a_client_after_them(
    of_one_model,
):
    project = of_one_model
    practitioner, client = (
        keyed_id(DEMONSTRATION_KEY, kind, text)
        for kind, text in (("practitioner_id", "P04"), ("client_id", CLIENT))
    )
    one = ("withdraw", COHORT, "--practitioner", "--on", "2026-11-30")
    stopped = project.alliance_modes(*one, typed="P04\n")
    assert stopped.returncode == 1 and "2 of 19 practitioners surveyed (11%)" in stopped.stderr
    assert "they are on the list; mend what is said below" in stopped.stdout
    assert not project.report().exists() and not (project.root / CERTIFICATE).exists()

    project.edit(f"data/raw/{COHORT}/cohort.yaml", f"accepted:\n- {LATE}\n")
    gone = project.alliance_modes(*one, typed="P04\n")
    assert gone.returncode == 0 and "taken out already, on 2026-11-30" in gone.stdout, gone.stderr
    assert "release 1 (data up to 2024-06-30) held them" in gone.stdout
    assert "practitioners.xlsx: 1 row" in gone.stdout
    clean = project.root / f"data/processed/{COHORT}/clean"
    assert practitioner not in set(pd.read_parquet(clean / "enrolments.parquet")["practitioner_id"])
    assert len(pd.read_parquet(clean / "practitioners.parquet")) == PRACTITIONERS - 1

    made = {**project.digests(), CERTIFICATE: ""}  # it counts itself among the files that were searched
    again = project.alliance_modes(*one[:-1], "2026-12-01", typed="P04\n")
    assert again.returncode == 0 and "nothing to do: up to date" in again.stdout, again.stderr
    assert "removed, to be made again" not in again.stdout
    assert {**project.digests(), CERTIFICATE: ""} == made

    handed = project.alliance_modes("release", COHORT)
    assert handed.returncode == 0, handed.stderr
    both = project.alliance_modes("withdraw", COHORT, "--on", "2026-12-02", typed=f"{CLIENT}\n")
    assert both.returncode == 0, both.stdout + both.stderr
    assert "release 2 (data up to 2024-06-30) held them" in both.stdout
    assert people_of_tables(COHORT, project.root).isdisjoint([practitioner, client])
    for folder in ("data/processed", "data/released", "logs", ".alliance_modes"):
        assert Scanner([practitioner, client]).find(project.root / folder) == []
    text = (project.root / CERTIFICATE).read_text(encoding="utf-8")
    assert "Entries in the list: 2" in text and "Last withdrawal: 2026-12-02" in text
    assert "release 2 (data up to 2024-06-30) was made with at least one of them" in text
