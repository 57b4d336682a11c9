"""A survey answered by simulated people, before there are data."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from survey_answers import TRUTH

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY
from alliance_modes.cohort import is_simulated, load_cohort
from alliance_modes.ground.errors import ConfigurationError, WorkflowError
from alliance_modes.ground.layout import RAW
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.survey.making import AskedSurvey, make_survey
from alliance_modes.survey.rehearsal import rehearse

LOCK = date(2027, 6, 30)
INSTRUMENTS = ("modes_of_practice", "wai_sr", "wai_36", "srs", "session_engagement", "gcq_s")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def surveyed(tool: str) -> None:
    make_survey(AskedSurvey("north", INSTRUMENTS, tool, Path("forms"), LOCK, cohort=True))


@pytest.mark.slow
@pytest.mark.parametrize("tool", ["paper", "xlsform", "odk"])
def test_a_rehearsal_is_read_without_a_problem(tool, folder):
    surveyed(tool)
    name, forms = rehearse("north", TRUTH, 4)
    cohort = load_cohort(RAW / name)
    assert name == "north_rehearsal" and is_simulated(RAW / name, cohort)
    read = ingest_cohort(RAW / name, DEMONSTRATION_KEY, load_instruments(), compare_ids=True)
    assert read.tables["practitioners"]["practitioner_id"].nunique() == 4
    alliance = read.tables["alliance"]
    rated = alliance.groupby(["instrument", "rater"]).size()
    assert rated.index.tolist() == [("wai_36", "client"), ("wai_36", "practitioner"), ("wai_sr", "client")]
    rows = {table: len(found) for table, found in read.tables.items()} | {"alliance": rated["wai_36"].sum()}
    assert forms == sum(rows.values())
    assert alliance["completed_on"].max().date() <= LOCK
    assert [path.name for path in (RAW / "north").iterdir()] == ["cohort.yaml"]


def test_a_rehearsal_never_overwrites_one(folder):
    (RAW / "north_rehearsal").mkdir(parents=True)
    surveyed("odk")
    with pytest.raises(WorkflowError, match="exists already"):
        rehearse("north", TRUTH, 4)


def test_exports_that_are_no_plain_table_are_refused_by_file(folder):
    surveyed("redcap")
    with pytest.raises(ConfigurationError) as told:
        rehearse("north", TRUTH, 4)
    (problem,) = told.value.problems
    assert "cannot be rehearsed" in problem.message and problem.file == "redcap.csv"
    assert "--for xlsform" in problem.hint
