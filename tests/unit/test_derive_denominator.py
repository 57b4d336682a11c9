"""The day on which an enrolment is planned to end, and who counts on the day of data lock itself."""

from __future__ import annotations

import pandas as pd
import pytest
from typed_tables import enrolment, session, typed

from alliance_modes.derive.denominator import (
    completed,
    days_between_sessions,
    denominator,
    planned_end,
)
from alliance_modes.derive.person_period import person_period

START = pd.Timestamp("2025-01-06")
LOCK = pd.Timestamp("2025-06-30")


def periods(*dates: tuple[str, int, str | None]) -> pd.DataFrame:
    """Sessions of enrolments that are long over, from (enrolment, number, day)."""
    rows = [session(who, number, held_on=day) for who, number, day in dates]
    names = list(dict.fromkeys(who for who, _, _ in dates))
    enrolments = typed("enrolments", [enrolment(who, ended_on=None) for who in names])
    return person_period(typed("sessions", rows), enrolments)


def every(days: int, sessions: int, who: str = "e1") -> list[tuple[str, int, str | None]]:
    days_on = [START + pd.Timedelta(days=days * place) for place in range(sessions)]
    return [(who, number, f"{day:%Y-%m-%d}") for number, day in enumerate(days_on, 1)]


def test_twenty_gaps_are_enough_for_a_rhythm_and_nineteen_are_not():
    assert days_between_sessions(periods(*every(3, 21))) == 3.0
    assert days_between_sessions(periods(*every(3, 20))) == 7.0


def test_gaps_of_two_enrolments_are_taken_together_and_none_between_them():
    """11 + 9 gaps: 20, with the days from the last session of one to the first of the other left out."""
    dates = [*every(2, 12, "e1"), *every(2, 10, "e2")]
    assert days_between_sessions(periods(*dates)) == 2.0
    assert days_between_sessions(periods(*dates[:-1])) == 7.0


def test_a_gap_over_a_number_left_out_counts_per_number():
    """Sessions 1, 3, 5 ... every 10 days are 5 days apart."""
    dates = [(who, 2 * number - 1, day) for who, number, day in every(10, 21)]
    assert days_between_sessions(periods(*dates)) == 5.0


def test_the_usual_gap_is_the_median_so_that_a_long_pause_moves_nothing():
    usual = every(3, 21)
    late = START + pd.Timedelta(days=3 * 20 + 400)
    assert days_between_sessions(periods(*usual, ("e1", 22, f"{late:%Y-%m-%d}"))) == 3.0


def test_a_gap_of_one_day_counts_and_two_sessions_on_one_day_do_not():
    assert days_between_sessions(periods(*every(1, 21))) == 1.0
    assert days_between_sessions(periods(*every(0, 40))) == 7.0
    backwards = [(who, 41 - number, day) for who, number, day in every(3, 40)]
    assert days_between_sessions(periods(*backwards)) == 7.0


def test_sessions_without_a_day_are_passed_over():
    dates = every(3, 25)
    dates[10] = ("e1", 11, None)
    assert days_between_sessions(periods(*dates)) == 3.0


@pytest.mark.parametrize(
    ("planned", "days", "end"),
    [(1, 7.0, "2025-01-06"), (8, 7.0, "2025-02-24"), (4, 2.5, "2025-01-14"), (3, 2.5, "2025-01-11")],
)
def test_the_planned_end_is_the_day_of_the_last_session_part_days_counting_as_whole(planned, days, end):
    """Four sessions every 2.5 days: 7.5 days after the first, so on the eighth day."""
    table = typed("enrolments", [enrolment("e1", sessions_planned=planned)])
    assert planned_end(table, days).tolist() == [pd.Timestamp(end)]


def test_a_planned_end_on_the_day_of_data_lock_counts_and_the_day_after_does_not():
    table = typed("enrolments", [enrolment(name) for name in ("e1", "e2", "e3")])
    ends = pd.Series(pd.to_datetime(["2025-06-29", "2025-06-30", "2025-07-01"]))
    assert denominator(table, ends, LOCK).tolist() == [True, True, False]


def test_without_a_planned_end_who_has_ended_counts_and_who_is_ongoing_does_not():
    statuses = ("completed", "dropped_out", "removed", "administrative", "ongoing", "not_started", None)
    table = typed("enrolments", [enrolment(f"e{place}", status=one) for place, one in enumerate(statuses)])
    unknown = pd.Series(pd.NaT, index=table.index, dtype="datetime64[us]")
    assert denominator(table, unknown, LOCK).tolist() == [True] * 4 + [False] * 3
    counts = denominator(table, pd.Series(LOCK, index=table.index), LOCK)
    assert counts.tolist() == [True] * 5 + [False] * 2
    assert completed(table, counts).fillna(-1).tolist() == [1, 0, 0, -1, -1, -1, -1]
