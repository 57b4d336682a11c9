"""Who is meant by an id, which releases held them, and whether anything of them is left in any file."""

from __future__ import annotations

import base64
import gzip
import json
import zipfile
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from withdrawn_cohorts import RAW, keyed, write

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY, key_fingerprint
from alliance_modes.cohort import load_cohort
from alliance_modes.ground.errors import IdentityError
from alliance_modes.ground.files import sha256, write_json, write_parquet
from alliance_modes.ground.labelled_files import write_spss
from alliance_modes.ingest.whereabouts import Whereabouts, whereabouts
from alliance_modes.ingest.withdrawn import WithdrawnList, WithdrawnPerson
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.relations.course import Course
from alliance_modes.plan.relations.dyad import Dyad
from alliance_modes.release.people import forget, keep_people, people_of_tables, releases_with
from alliance_modes.running.withdrawal import command
from alliance_modes.running.withdrawal.people import Given, person_meant, with_person
from alliance_modes.running.withdrawal.proof import forget_before, keep_before, left_of
from alliance_modes.running.withdrawal.search import search
from alliance_modes.running.withdrawal.words import Subject, certificate, left_lines

DAY = date(2026, 11, 30)
GONE = "4485fe907eed3bb8"


@pytest.fixture
def where(tmp_path) -> Whereabouts:
    return _where(write(tmp_path / "raw"))


def _where(folder: Path) -> Whereabouts:
    return whereabouts(folder, load_cohort(folder), DEMONSTRATION_KEY, load_instruments())


def enrolments(*names: str) -> tuple[str, ...]:
    return tuple(sorted(keyed("enrolment_id", one) for one in names))


@pytest.mark.parametrize("text", ["C1", "E1", " E3 "])
def test_a_client_or_any_enrolment_of_theirs_is_the_whole_person(text, where):
    person = person_meant(Given(text), where, DAY)
    assert (person.client, person.enrolments) == (keyed("client_id", "C1"), enrolments("E1", "E3"))


def test_one_enrolment_can_be_meant_alone(where):
    person = person_meant(Given("E1", kind="enrolment"), where, DAY)
    assert (person.client, person.enrolments) == (None, enrolments("E1"))


def test_an_id_as_results_have_it_is_the_same_person(where):
    assert person_meant(Given(keyed("client_id", "C1"), keyed=True), where, DAY) == person_meant(
        Given("C1"), where, DAY
    )


def test_a_practitioner_is_asked_for_as_one_and_found_as_second_one_too(where):
    person = person_meant(Given("P2", kind="practitioner"), where, DAY)
    assert person.ids == (keyed("practitioner_id", "P2"),)
    with pytest.raises(IdentityError, match="--practitioner"):
        person_meant(Given("P2"), where, DAY)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Given("E999"), "no client or enrolment of the cohort has it"),
        (Given("C1", kind="enrolment"), "no enrolment of the cohort has it"),
        (Given("P999", kind="practitioner"), "no practitioner of the cohort has it"),
        (Given("0" * 16, keyed=True), "no client or enrolment"),
        (Given("E999-secret", keyed=True), "history of a terminal"),
    ],
)
def test_who_is_not_in_the_data_is_refused_and_the_number_is_not_repeated(given, said, where):
    with pytest.raises(IdentityError, match=said) as caught:
        person_meant(given, where, DAY)
    assert given.text not in str(caught.value)


def test_a_number_that_is_one_persons_client_and_anothers_enrolment_is_asked_about(tmp_path):
    raw = RAW | {"enrolments.csv": [*RAW["enrolments.csv"], "C1,C9,P1,,2024-07-01,50"]}
    where = _where(write(tmp_path, raw=raw))
    with pytest.raises(IdentityError, match="stands for several people"):
        person_meant(Given("C1"), where, DAY)
    assert person_meant(Given("C1", kind="client"), where, DAY).enrolments == enrolments("E1", "E3")
    assert person_meant(Given("C1", kind="enrolment"), where, DAY).enrolments == enrolments("C1")


def test_a_number_is_met_as_the_file_writes_it_and_as_it_is_read(tmp_path):
    """The enrolments pad their numbers and the sessions do not: 7 and 007 are one enrolment."""
    raw = {name: [row.replace("E1", "7") for row in rows] for name, rows in RAW.items()}
    raw["enrolments.csv"] = [row.replace("7,C1", "007,C1") for row in raw["enrolments.csv"]]
    folder = write(tmp_path, raw=raw)
    text = (folder / "cohort.yaml").read_text()
    (folder / "cohort.yaml").write_text(
        text.replace("enrolment_id: enrolment", "enrolment_id: {column: enrolment, pad: 3}")
    )
    found = [person_meant(Given(one), _where(folder), DAY) for one in ("7", "007")]
    assert found[0] == found[1] and keyed("enrolment_id", "007") in found[0].enrolments


def test_whoever_is_taken_out_again_is_one_entry_with_the_first_day():
    first = WithdrawnPerson(withdrawn_on=DAY, enrolments=("a" * 16,), in_releases=(1,))
    whole = WithdrawnPerson(
        withdrawn_on=date(2026, 12, 24), client="c" * 16, enrolments=("a" * 16, "b" * 16), in_releases=(2,)
    )
    other = WithdrawnPerson(withdrawn_on=DAY, practitioner="d" * 16)
    listed = WithdrawnList(key="k", people=(first, other))
    together, entry = with_person(listed, whole, "k")
    assert together.people == (entry, other)
    assert entry == whole.model_copy(update={"withdrawn_on": DAY, "in_releases": (1, 2)})
    assert with_person(together, whole, "k") == (together, entry)


def _ledger(root: Path, *numbers: int) -> list[Path]:
    entries = [root / f"data/released/north/{number:03}.json" for number in numbers]
    for entry in entries:
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.write_text("{}")
    return entries


def test_which_releases_held_a_person_is_told_and_where_it_was_not_noted(tmp_path):
    first, _, third = _ledger(tmp_path, 1, 2, 3)
    keep_people(first, [GONE, "b" * 16])
    keep_people(third, ["b" * 16])
    assert releases_with("north", [GONE], tmp_path) == {1: True, 2: None, 3: False}
    assert forget("north", [GONE], tmp_path) == [tmp_path / "data/released/north/001_people.csv"]
    assert releases_with("north", [GONE], tmp_path) == {1: False, 2: None, 3: False}
    assert releases_with("north", ["b" * 16], tmp_path) == {1: True, 2: None, 3: True}


def test_everybody_of_the_typed_tables_is_noted_for_a_release(tmp_path):
    typed = tmp_path / "data/processed/north/typed"
    write_parquet(
        pd.DataFrame(
            {"enrolment_id": ["a"], "client_id": [None], "co_practitioner_id": ["p"], "site_id": ["s"]}
        ),
        typed / "enrolments.parquet",
    )
    write_parquet(pd.DataFrame({"enrolment_id": ["orphan", None]}), typed / "sessions.parquet")
    assert people_of_tables("north", tmp_path) == {"a", "p", "orphan"}


def _hide(folder: Path, how: str) -> Path:
    """Write the id into a file of ``folder`` in one of the ways in which a result could hold it."""
    table = pd.DataFrame({"id": ["0" * 16] * 300 + [GONE]})
    path = folder / f"file.{how}"
    if how == "parquet":
        write_parquet(table, path)
    elif how == "sav":
        write_spss(table, path, {"id": "Id"}, {}, {}, {}, {})
    elif how == "dta":
        table.to_stata(path, write_index=False)
    elif how == "xlsx":
        table.to_excel(path, index=False)
    elif how == "pdf":
        from matplotlib.figure import Figure

        figure = Figure()
        figure.text(0.1, 0.5, f"practitioner {GONE}")
        figure.savefig(path)
    elif how == "png":
        from matplotlib.figure import Figure

        Figure().savefig(path, metadata={"Description": GONE})
    elif how == "docx":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("word/document.xml", f"<w:t>{GONE}</w:t>" * 50)
    elif how == "html":
        packed = base64.b64encode(gzip.compress(json.dumps({"id": GONE}).encode())).decode()
        path.write_text(f'<a href="data:application/gzip;base64,{packed}">file</a>')
    elif how == "name":
        path = folder / f"{GONE}.txt"
        path.write_text("")
    else:
        path.write_text(json.dumps({"cells": [{"outputs": [{"text": GONE.upper()}]}]}))
    return path


@pytest.mark.parametrize(
    "how", ["parquet", "sav", "dta", "xlsx", "pdf", "png", "docx", "html", "name", "json", "ipynb"]
)
def test_an_id_is_found_in_whatever_a_run_writes(how, tmp_path):
    path = _hide(tmp_path, how)
    assert search([path], [GONE]).found == [str(path)]
    assert search([path], ["5" * 16]).found == []


def test_a_file_that_cannot_be_searched_is_told(tmp_path):
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 torn")
    (tmp_path / "link.csv").symlink_to(tmp_path / "torn.parquet")
    (tmp_path / "torn.gz").write_bytes(b"\x1f\x8b torn")
    done = search(sorted(tmp_path.iterdir()), [GONE])
    assert sorted(Path(name).name for name in done.unread) == ["link.csv", "torn.gz", "torn.parquet"]
    assert not done.found and not done.files


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose one result was made from a list; the folder of the cohort is elsewhere."""
    monkeypatch.chdir(tmp_path)
    listed = tmp_path / "cohort/withdrawn.yaml"
    listed.parent.mkdir()
    listed.write_text(f'key: "k"\npeople:\n- {{withdrawn_on: "2026-11-30", client: "{GONE}"}}\n')
    write_json(
        {"files": [], "key": "k", "withdrawn": sha256(listed)}, "data/processed/north/typed/origin.json"
    )
    made = {str(path): sha256(path) for path in [Path("data/processed/north/typed/origin.json")]}
    write_json({"outputs": list(made), "files": made}, ".alliance_modes/made/ingest.north.json")
    Path(".alliance_modes/made/ingest.north.again").write_text("")
    return listed


def left(listed: Path):
    return left_of("north", listed, [listed.parent], [GONE], ["north", "south"])


def test_nothing_is_left_where_nothing_is(project):
    found = left(project)
    assert found.nothing and found.searched.files == {".json": 2, ".again": 1}
    assert list(left_lines(found)) == []


def test_each_way_of_being_left_is_found(project):
    Path("data/processed/north/kept.csv").write_text("a\n1\n")
    Path("kept").mkdir()
    Path("reports/north").mkdir(parents=True)
    Path("reports/north/estimates.csv").write_text("estimate\n0.5\n")
    keep_before("north")
    Path("reports/north/estimates.csv").rename("kept/estimates.csv")
    keep_before("north")
    write_json({"cohort": "north", "inputs": {"old": "0"}}, "kept/manifest.json")
    write_json({"cohort": "south", "inputs": {}}, "kept/south/manifest.json")
    Path("kept/mine.ipynb").write_text(json.dumps({"cells": [{"outputs": [1]}]}))
    Path("logs/north").mkdir(parents=True)
    Path("logs/north/ingest.log").write_text(f"id {GONE}")
    found = left(project)
    assert not found.nothing
    assert found.searched.found == ["logs/north/ingest.log"]
    assert found.older == ["data/processed/north/kept.csv"]
    assert found.copies == ["kept/estimates.csv", "kept/manifest.json"]
    assert found.notebooks == ["kept/mine.ipynb"]
    assert len(list(left_lines(found))) == 4
    forget_before("north")
    assert left(project).copies == ["kept/manifest.json"]


def test_results_that_were_made_with_the_person_are_left(project):
    project.write_text(project.read_text() + "# another list\n")
    assert left(project).older == ["data/processed/north"]


def test_the_same_id_in_another_cohort_is_told_and_is_no_fault_of_this_one(project):
    Path("data/processed/south").mkdir()
    Path("data/processed/south/flags.csv").write_text(GONE)
    found = left(project)
    assert found.nothing and found.elsewhere == {"south": 1}


@pytest.mark.parametrize("folder", ["reports/north_2024", "reports/south/internal", "data/processed/kept"])
def test_a_copy_that_lies_where_results_of_a_cohort_do_is_found(folder, project):
    report = Path("reports/north/report.html")
    report.parent.mkdir(parents=True)
    report.write_text("<p>of 200 people</p>")
    Path("reports/_verify/ours").mkdir(parents=True)
    Path("reports/_verify/ours/verdicts.csv").write_text("found\n200\n")
    keep_before("north")
    report.rename(report.with_name("x.html"))
    Path(folder).mkdir(parents=True)
    Path("reports/north/x.html").rename(Path(folder) / "report.html")
    Path("reports/_verify/ours/verdicts.csv").rename("mine.csv")
    Path(folder, "own.html").write_text("of the other cohort")
    assert set(left(project).copies) == {"mine.csv", f"{folder}/report.html"}


def test_ids_in_a_folder_that_is_of_no_cohort_are_no_others(project):
    Path("reports/north_2024").mkdir(parents=True)
    Path("reports/north_2024/scores.csv").write_text(GONE)
    found = left(project)
    assert found.searched.found == ["reports/north_2024/scores.csv"] and not found.elsewhere


def test_what_another_cohort_has_alike_is_no_copy(project):
    for name in ("north", "south"):
        Path("reports", name).mkdir(parents=True)
        Path("reports", name, "empty.csv").write_text("estimate\n")
    own = "reports/south/empty.csv"
    write_json({"outputs": [own], "files": {own: sha256(own)}}, ".alliance_modes/made/models.south.json")
    Path(".alliance_modes/made/models.south.again").write_text("")
    keep_before("north")
    Path("reports/north/empty.csv").unlink()
    assert left(project).copies == []


def test_a_certificate_names_nobody_and_is_the_same_again(project):
    listed = WithdrawnList(
        key=key_fingerprint(DEMONSTRATION_KEY),
        people=(WithdrawnPerson(withdrawn_on=DAY, client=GONE, in_releases=(1,), perhaps_in_releases=(2,)),),
    )
    subject = Subject("north", listed, "d" * 64, {"sessions.csv": 3}, ("notes.docx",), {1: "2024-06-30"})
    text = certificate(subject, left(project))
    assert GONE not in text and text == certificate(subject, left(project))
    assert "Files that hold one: 0." in text and "sessions.csv: 3 rows" in text
    assert "release 1 (data up to 2024-06-30) was made with at least one of them" in text
    assert "notes.docx: a raw file that is not read" in text and "Last withdrawal: 2026-11-30" in text


def test_other_cohorts_that_learn_from_this_one_are_made_again_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("north", "south", "west"):
        write_json({"files": [], "key": "k"}, f"data/processed/{name}/typed/origin.json")
    made = {"course": Course(earlier=("east", "north")), "dyad": Dyad()}
    plan = SimpleNamespace(relations=SimpleNamespace(made=made))
    monkeypatch.setattr(command, "load_study", lambda named: SimpleNamespace(plan=plan))
    assert command.dependants("north") == ["south", "west"]
    assert command.dependants("west") == []
