"""What the generator planted in the demonstration cohorts is found, and nothing else is excluded."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.cleaning.identity import DEMONSTRATION_KEY
from alliance_modes.cohort import load_cohort
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.plan import CleaningRules

pytestmark = pytest.mark.slow

RAW = Path(__file__).parents[2] / "data" / "raw"
PLACE = ["table", "source_file", "source_row"]

EXCLUDED_FOR = {
    "exact_duplicate": "exact duplicate",
    "orphan": "orphan (its enrolment is not in the data)",
    "corrected_first_entry": "conflicting repeat (another record is kept)",
    "careless_failed_check": "failed attention check (plan)",
}
FLAGGED_AS = {
    "careless_fast": "completion_time",
    "attended_over_planned": "attended_over_planned",
    "attended_not_started": "not_started_but_attended",
}
KEPT = ("corrected_second_entry", "careless_longstring", "careless_random", "commencement_not_started")


@pytest.fixture(scope="module", params=["demo_2024", "demo_2025"])
def cohort(request) -> tuple[Cleaned, pd.DataFrame]:
    folder = RAW / request.param
    ingested = ingest_cohort(folder, DEMONSTRATION_KEY)
    lock = load_cohort(folder).data_lock
    cleaned = clean_cohort(ingested.tables, ingested.changes, CleaningRules(), lock, load_instruments())
    planted = pd.read_csv(folder / "planted.csv").rename(columns={"file": "source_file", "row": "source_row"})
    return cleaned, planted


def places(table: pd.DataFrame) -> set[tuple]:
    return set(table[PLACE].itertuples(index=False, name=None))


def test_exactly_the_planted_records_are_excluded_each_for_its_reason(cohort):
    cleaned, planted = cohort
    for kind, reason in EXCLUDED_FOR.items():
        expected = places(planted[planted["kind"] == kind])
        assert expected and places(cleaned.excluded[cleaned.excluded["reason"] == reason]) == expected
    assert set(cleaned.excluded["reason"]) == set(EXCLUDED_FOR.values())
    assert not places(planted[planted["kind"].isin(KEPT)]) & places(cleaned.excluded)


def test_planted_contradictions_and_fast_records_are_flagged(cohort):
    cleaned, planted = cohort
    for kind, flag in FLAGGED_AS.items():
        expected = places(planted[planted["kind"] == kind])
        assert expected and places(cleaned.flags[cleaned.flags["flag"] == flag]) == expected


def test_planted_impossible_dates_are_set_missing(cohort):
    cleaned, planted = cohort
    dates = cleaned.changes[cleaned.changes["column"].isin(["ended_on", "held_on"])]
    mended = dates[dates["rule"].str.contains("ended_before_started|session_after_end|after_data_lock")]
    assert places(mended) == places(planted[planted["kind"].isin(["end_before_start", "session_after_end"])])


def test_identical_answers_are_flagged_where_they_are_not_legitimate(cohort):
    cleaned, planted = cohort
    planted = planted[
        (planted["kind"] == "careless_longstring") & (planted["table"] == "practitioner_survey")
    ]
    found = cleaned.flags[cleaned.flags["flag"] == "longstring"]
    assert places(found) == places(planted)
