"""What holds where another workflow uses this one: whose keys, which scripts, and which reports stay."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from alliance_modes.ground.errors import ConfigurationError, WorkflowError
from alliance_modes.running.from_workflow import require_own_paths, study_from_workflow
from alliance_modes.running.held import is_run_under_way
from alliance_modes.running.jobs import keep_planned, own_name, withdraw_before
from alliance_modes.running.same_workflow import same_as_installed
from alliance_modes.shipped import FOLDER, WORKFLOW

REPORT, RESEARCH = "internal/report.html", "internal/research.pdf"
CHECKLIST, CRATE = "internal/checklist.csv", "crate/metadata.json"
RELEASE, RECORD = "release/results.json", "internal/release_record/files.csv"
SHEETS, TABLE = "internal/supervision/a.html", "internal/tables/estimates.csv"
FILES = (CHECKLIST, CRATE, REPORT, "internal/parts/site.html", RESEARCH, RELEASE, RECORD, SHEETS, TABLE)


@pytest.fixture
def reports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for cohort in ("north", "south", "west"):
        for name in FILES:
            path = tmp_path / "reports" / cohort / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("of an earlier run")
    return tmp_path / "reports"


def left(reports: Path, cohort: str) -> set[str]:
    return {str(path.relative_to(reports / cohort)) for path in (reports / cohort).rglob("*.*")}


@pytest.mark.parametrize(
    ("rule", "stay"),
    [
        ("derive", {TABLE}),
        ("measure", {TABLE}),
        ("model", {TABLE, SHEETS}),
        ("figures_cohort", {TABLE, SHEETS}),
        ("release", {*FILES} - {RELEASE, RECORD, CRATE}),
        ("report", {*FILES} - {CHECKLIST}),
        ("checklist", {*FILES}),
        ("dictionary", {*FILES}),
        ("export", {*FILES}),
    ],
)
def test_a_job_withdraws_what_hangs_on_it_before_it_begins(reports, rule, stay):
    keep_planned(["north"], {})
    withdraw_before(rule, "north")
    assert left(reports, "north") == stay
    assert left(reports, "south") == {*FILES}


def test_reports_of_cohorts_that_learn_from_another_hang_on_it_too(reports):
    keep_planned(["north", "south", "west"], {"north": ["south"]})
    withdraw_before("ingest", "north")
    assert left(reports, "south") == {TABLE, SHEETS}
    assert left(reports, "west") == {*FILES}


def test_sheets_that_the_plan_does_not_ask_for_are_withdrawn(reports):
    keep_planned([], {})
    withdraw_before("report", "north")
    assert left(reports, "north") == {*FILES} - {SHEETS, CHECKLIST}


def test_a_rule_has_its_own_name_whatever_another_workflow_calls_it():
    code = ".alliance_modes/code/clean.sha256"
    assert own_name(SimpleNamespace(rule="am_clean", input=SimpleNamespace(code=code))) == "clean"
    assert own_name(SimpleNamespace(rule="clean", input=[])) == "clean"


def test_a_module_takes_its_keys_from_the_statement_and_refuses_others(monkeypatch):
    monkeypatch.chdir(FOLDER)
    given = {"cohorts": ["demo_2025"], "plan": "config/plan.yaml"}
    assert study_from_workflow(given, module=True).cohorts == ("demo_2025",)
    assert study_from_workflow({}, module=True).cohorts == ("demo_2024", "demo_2025")
    with pytest.raises(ConfigurationError) as refused:
        study_from_workflow({**given, "threads_of_mine": 3}, module=True)
    assert 'unknown key "threads_of_mine"' in str(refused.value)
    assert 'config["alliance_modes"]' in str(refused.value)
    assert "--config" not in str(refused.value)


def test_outputs_that_a_statement_moves_are_refused():
    require_own_paths("data/processed/{cohort}/clean/account.csv")
    with pytest.raises(WorkflowError, match="moves the files"):
        require_own_paths("mine/data/processed/{cohort}/clean/account.csv")


def test_a_workflow_that_is_not_that_of_the_package_is_refused(tmp_path):
    copy = tmp_path / "workflow"
    shutil.copytree(WORKFLOW, copy)
    same_as_installed(lambda name: str(copy / name))
    with (copy / "rules/clean.smk").open("a") as stream:
        stream.write("# other\n")
    (copy / "scripts/derive.py").unlink()
    with pytest.raises(WorkflowError, match=r"rules/clean.smk, scripts/derive.py differ") as refused:
        same_as_installed(lambda name: str(copy / name))
    assert "Install the package" in str(refused.value)


def test_a_folder_that_snakemake_holds_is_seen(tmp_path):
    assert not is_run_under_way(tmp_path)
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    assert not is_run_under_way(tmp_path)
    (tmp_path / ".snakemake/locks/0.input.lock").touch()
    assert is_run_under_way(tmp_path)
