"""When people were referred and started, and how long they were followed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from alliance_modes.dictionary.named import ENDED_ON, REFERRED_ON, STARTED_ON
from alliance_modes.reports.answering import by_table, by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.section import Section
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.rounding import number, whole

DATES = (
    (REFERRED_ON, "Referred"),
    (STARTED_ON, "Started"),
    ("planned_end_on", "Planned end"),
    (ENDED_ON, "Ended"),
)
_AT = (0.0, 0.5, 1.0)


def dates_table(enrolments: pd.DataFrame) -> DisplayTable | None:
    """First, middle and last day of each date of an enrolment; None where no date is known."""
    rows = []
    for column, label in DATES:
        known = enrolments[column].dropna() if column in enrolments else pd.Series(dtype="datetime64[us]")
        if len(known):
            days = known.sort_values().quantile(_AT, interpolation="lower")
            rows.append((label, whole(len(known)), *(day.date().isoformat() for day in days)))
    if not rows:
        return None
    return display_table("Dates of the enrolments", ("", "n known", "First", "Middle", "Last"), "lrlll", rows)


def follow_up(enrolments: pd.DataFrame) -> str:
    """Weeks from start to end, of those who have both: median and quartiles."""
    both = (
        enrolments.dropna(subset=[STARTED_ON, ENDED_ON])
        if {STARTED_ON, ENDED_ON} <= set(enrolments)
        else enrolments.iloc[:0]
    )
    if both.empty:
        return ""
    weeks = (both[ENDED_ON] - both[STARTED_ON]).dt.days / 7
    low, middle, high = (number(weeks.quantile(at), 1) for at in (0.25, 0.5, 0.75))
    took = f"{middle} weeks (median; quartiles {low} and {high})"
    return f"From start to end {whole(len(both))} enrolments took {took}."


def _context(inputs: ReportInputs) -> dict[str, Any]:
    enrolments = inputs.analysis["enrolment"]
    return {
        "dates": dates_table(enrolments),
        "follow_up": follow_up(enrolments),
        "data_lock": inputs.cohort.data_lock,
    }


RECRUITMENT = Section(
    "recruitment",
    ("analysis.enrolment", "cohort"),
    _context,
    inside="dates of recruitment",
    answers=(
        by_table(
            "Dates of the enrolments",
            "jars_quant T1.39",
            "jars_quant T4.6",
            "strobe 5",
            "registry 11",
            "registry 12",
        ),
        by_words("From start to end", "strobe 14c"),
        by_words("Data were locked on", "registry 14"),
    ),
)
