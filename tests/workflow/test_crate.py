"""A release packed with how it was made: what is in it, what it says, and that nothing of a person is."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from identity_scanner import Scanner
from projects import COHORT, Project
from surroundings import GERMAN
from test_overview import ids_of

from alliance_modes.ground.files import sha256
from alliance_modes.running.held import jobs_behind

CRATE = f"reports/{COHORT}/crate"
ROWS = ("enrolments", "sessions", "alliance", "practitioners", "practitioner_survey", "group_climate")


@pytest.fixture(scope="module")
def crated(_finished, tmp_path_factory) -> Project:
    project = _finished.copy(tmp_path_factory.mktemp("crated") / "project")
    done = project.alliance_modes("crate", COHORT)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture(scope="module")
def entities(crated) -> dict[str, dict[str, Any]]:
    graph = json.loads((crated.root / CRATE / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    found = {one["@id"]: one for one in graph}
    assert len(found) == len(graph)
    return found


def _refs(value: Any) -> list[str]:
    return [one["@id"] for one in (value if isinstance(value, list) else [value])]


def _of_type(entities: dict[str, dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in entities.values() if kind in (one["@type"], *one["@type"])]


def test_every_file_is_there_with_its_digest_and_every_reference_leads_somewhere(crated, entities):
    folder = crated.root / CRATE
    files = {name: one for name, one in entities.items() if "File" in (one["@type"], *one["@type"])}
    held = {name for name in files if ":" not in name}
    assert {
        "release/results.json",
        "release/report.html",
        "config/plan.yaml",
        "requirements.lock",
        "LICENSE",
    } <= held
    for name in held:
        assert files[name]["sha256"] == sha256(folder / name), name
    outside = [one for name, one in files.items() if name not in held]
    assert outside and all(("sha256" in one) != ("identifier" in one) for one in outside)
    known = {*entities, "https://w3id.org/ro/crate/1.1"}
    for one in entities.values():
        for key, value in one.items():
            for part in value if isinstance(value, list) else [value]:
                assert key.startswith("@") or not isinstance(part, dict) or part["@id"] in known, (key, part)
    assert set(_refs(entities["./"]["hasPart"])) >= held - {"ro-crate-metadata.json"}
    released = {path.relative_to(crated.root / f"reports/{COHORT}") for path in _files(crated, "release")}
    assert {str(path) for path in released} == {name for name in held if name.startswith("release/")}


def _files(project: Project, name: str) -> list[Path]:
    return [path for path in (project.root / f"reports/{COHORT}" / name).rglob("*") if path.is_file()]


def test_each_script_behind_the_release_is_an_action_on_what_the_one_before_it_made(
    crated, entities, monkeypatch
):
    monkeypatch.chdir(crated.root)
    jobs = jobs_behind([f"reports/{COHORT}/release/results.json"])
    rules = {job.rule for job in jobs}
    assert {"ingest", "clean", "score", "derive", "model", "estimates", "release"} <= rules
    assert rules.isdisjoint({"supervision", "export", "report", "research"})
    actions = {one["@id"]: one for one in _of_type(entities, "CreateAction")}
    assert {*actions} == {"#run", *(f"#job/{job.job}" for job in jobs)}
    made = {name for one in actions.values() for name in _refs(one["result"])}
    for job in jobs:
        action = actions[f"#job/{job.job}"]
        assert _refs(action["instrument"]) == [f"workflow/scripts/{job.rule}.py"]
        given = _refs(action["object"])
        assert given
        for name in given:
            of_people = "/raw/" in name or name.endswith("/cohort.yaml") or name.startswith("config/")
            assert of_people or name in made, name
    engine = entities["#engine-run"]
    assert len(_refs(engine["object"])) == len(jobs) and _refs(engine["result"]) == ["#run"]
    steps = sorted(_of_type(entities, "HowToStep"), key=lambda one: int(one["position"]))
    assert (steps[0]["name"], steps[-1]["name"]) == ("ingest", "release")


def test_it_says_by_what_and_names_no_person_no_time_and_no_raw_file(crated, entities):
    packages = {one["name"]: one.get("softwareVersion") for one in _of_type(entities, "SoftwareApplication")}
    assert packages["numpy"] and packages["Python"].startswith("3.") and packages["snakemake"]
    assert not _of_type(entities, "Person") and not _of_type(entities, "Organization")
    for one in entities.values():
        assert not {"agent", "startTime", "endTime"} & set(one)
    raw = [path.name for path in (crated.root / "data/raw" / COHORT).iterdir() if path.name != "cohort.yaml"]
    text = (crated.root / CRATE / "ro-crate-metadata.json").read_text(encoding="utf-8")
    assert len(raw) > 5 and not [name for name in raw if name in text]
    numbered = [one for name, one in entities.items() if "/raw/" in name]
    digests = {sha256(path) for path in (crated.root / "data/raw" / COHORT).iterdir()}
    assert numbered and {one["sha256"] for one in numbered} <= digests


def test_what_stays_inside_is_not_known_by_a_digest_that_could_be_guessed(crated, entities):
    text = (crated.root / CRATE / "ro-crate-metadata.json").read_text(encoding="utf-8")
    inside = [*_files(crated, "internal"), *(crated.root / "data/processed" / COHORT).rglob("*.*")]
    assert len(inside) > 200
    public = {one["sha256"] for one in entities.values() if "sha256" in one}
    told = [path for path in inside if path.is_file() and sha256(path) in public]
    empty = hashlib.sha256(b"").hexdigest()
    same = {sha256(path) for path in _files(crated, "crate")}
    assert [path for path in told if sha256(path) not in same | {empty}] == []
    assert "hmac-sha256:" in text


def test_no_id_and_no_row_of_a_person_is_in_it(crated):
    ids = ids_of(crated)
    rows = set()
    for name in ROWS:
        exported = crated.root / f"reports/{COHORT}/internal/data/{name}.csv"
        rows |= set(exported.read_text(encoding="utf-8").splitlines()[1:300])
    assert len(ids) > 200 and len(rows) > 500
    assert Scanner([one.decode() for one in sorted(ids)]).find(crated.root / CRATE / "config") == []
    for path in _files(crated, "crate"):
        content = path.read_bytes()
        assert path.suffix not in (".parquet", ".sav", ".dta"), path
        assert not [one for one in ids if one in content], path
        assert not [row for row in rows if row.encode() in content], path


def test_the_same_results_have_the_same_crate_anywhere(crated, finished, tmp_path):
    project = Project(tmp_path / GERMAN.folder)
    finished.copy(project.root)
    GERMAN.run(project, tmp_path / "home", "crate", COHORT)
    before, after = (
        {path.relative_to(one.root): sha256(path) for path in _files(one, "crate")}
        for one in (crated, project)
    )
    assert before == after and len(before) > 500


def test_a_release_that_is_not_what_was_made_is_not_packed_and_a_new_one_takes_its_crate_away(
    crated, tmp_path
):
    project = crated.copy(tmp_path / "project")
    project.edit(f"reports/{COHORT}/release/report.html", "<p>more</p>")
    done = project.alliance_modes("crate", COHORT)
    assert done.returncode == 1 and "report.html: the file is not what was made" in done.stderr
    assert "Traceback" not in done.stderr
    assert (project.root / CRATE).is_dir()
    again = project.alliance_modes("run")
    assert again.returncode == 0, again.stdout + again.stderr
    assert not (project.root / CRATE).exists()


def test_a_plan_that_names_a_place_of_a_machine_is_not_packed(finished):
    (finished.root / "CITATION.cff").write_text("title: x\nurl: /home/somebody/north\n", encoding="utf-8")
    done = finished.alliance_modes("crate", COHORT)
    assert done.returncode == 1
    assert 'CITATION.cff: it names a place of a machine: "/home/somebody/north"' in done.stderr
    assert not (finished.root / CRATE).exists()


def test_licence_and_day_are_those_that_are_given(finished):
    given = "https://creativecommons.org/licenses/by/4.0/"
    done = finished.alliance_modes("crate", COHORT, "--licence", given, "--published", "2024-12-01")
    assert done.returncode == 0, done.stderr
    graph = json.loads((finished.root / CRATE / "ro-crate-metadata.json").read_text(encoding="utf-8"))[
        "@graph"
    ]
    root = next(one for one in graph if one["@id"] == "./")
    assert root["license"] == {"@id": given} and root["datePublished"] == "2024-12-01"
    wrong = finished.alliance_modes("crate", COHORT, "--published", "soon")
    assert wrong.returncode == 2 and "soon" in wrong.stderr and "Traceback" not in wrong.stderr


@pytest.mark.skipif(
    not shutil.which("rocrate-validator"),
    reason="not run: roc-validator is not installed, nor the contexts it reads",
)
def test_the_validator_finds_nothing_that_is_required(crated):
    command = [
        "rocrate-validator",
        "-y",
        "validate",
        "-p",
        "provenance-run-crate",
        "-l",
        "REQUIRED",
        "--no-paging",
    ]
    done = subprocess.run([*command, str(crated.root / CRATE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
