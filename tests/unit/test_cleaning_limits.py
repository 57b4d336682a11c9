"""Each limit of cleaning from both sides, and how many records every check looked at and found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from typed_tables import DATA_LOCK, enrolment, inventory, session, survey, typed

from alliance_modes.cleaning.careless import even_odd_consistency, longstring, mahalanobis_p
from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.instruments.model import Instrument, Range, Scoring, load_instruments
from alliance_modes.plan.plan import CleaningRules

VARIED = (5, 2, 4, 3, 6, 5, 4, 7, 5, 2, 6, 4)


def clean(rules: CleaningRules | None = None, study: dict[str, Instrument] | None = None, **rows) -> Cleaned:
    rows.setdefault("enrolments", [enrolment("e1")])
    tables = {name: typed(name, given) for name, given in rows.items()}
    instruments = {**load_instruments(), **(study or {})}
    return clean_cohort(tables, None, rules or CleaningRules(), DATA_LOCK, instruments)


def counts(cleaned: Cleaned, check: str, table: str) -> tuple:
    """Result, records looked at and found; None where not checked."""
    rows = cleaned.checks[(cleaned.checks["check"] == check) & (cleaned.checks["table"] == table)]
    (only,) = rows[["result", "records", "found"]].itertuples(index=False, name=None)
    return tuple(None if value is pd.NA else value for value in only)


def flagged(cleaned: Cleaned, flag: str) -> dict[int, str]:
    """Value of the flag by row of the file."""
    rows = cleaned.flags[cleaned.flags["flag"] == flag]
    return dict(zip(rows["source_row"].astype(int), rows["value"], strict=True))


def changed(cleaned: Cleaned) -> list[tuple]:
    rows = cleaned.changes[["source_row", "column", "raw_value", "rule"]]
    return [(int(row), column, raw, rule.partition(":")[0]) for row, column, raw, rule in rows.values]


# --- dates and shares of time ----------------------------------------------------------------


def test_an_end_on_the_day_of_the_start_is_possible_and_the_day_before_is_not():
    rows = [
        enrolment("e1", ended_on="2025-01-06"),
        enrolment("e2", ended_on="2025-01-05"),
        enrolment("e3", ended_on=None),
    ]
    cleaned = clean(enrolments=rows)
    assert changed(cleaned) == [(3, "ended_on", "2025-01-05", "ended_before_started")]
    assert counts(cleaned, "ended_before_started", "enrolments") == ("fail", 2, 1)


@pytest.mark.parametrize("column", ["referred_on", "started_on", "ended_on"])
def test_the_day_of_data_lock_is_possible_and_the_day_after_is_not(column):
    given = {"referred_on": "2025-01-01", "started_on": "2025-01-02"}
    rows = [enrolment(f"e{day}", **(given | {column: f"2025-{day}"})) for day in ("06-30", "07-01")]
    cleaned = clean(enrolments=rows)
    mine = [change for change in changed(cleaned) if change[3].endswith("after_data_lock")]
    assert mine == [(3, column, "2025-07-01", f"{column}_after_data_lock")]
    assert counts(cleaned, f"{column}_after_data_lock", "enrolments") == ("fail", 2, 1)


def test_sessions_on_the_days_of_start_end_and_data_lock_are_possible():
    rows = [
        session("e1", 1, held_on="2025-01-06"),
        session("e1", 2, held_on="2025-03-03"),
        session("e2", 1, held_on="2025-06-30"),
        session("e2", 2, held_on="2025-07-01"),
        session("e3", 1),
    ]
    enrolments = [enrolment("e1"), enrolment("e2", ended_on=None), enrolment("e3", started_on=None)]
    cleaned = clean(enrolments=enrolments, sessions=rows)
    assert changed(cleaned) == [(5, "held_on", "2025-07-01", "held_on_after_data_lock")]
    assert counts(cleaned, "held_on_after_data_lock", "sessions") == ("fail", 4, 1)
    assert counts(cleaned, "session_before_start", "sessions") == ("pass", 3, 0)
    assert counts(cleaned, "session_after_end", "sessions") == ("pass", 2, 0)


def test_a_date_that_is_nowhere_recorded_is_not_checked():
    rows = [enrolment("e1", started_on=None, ended_on=None)]
    cleaned = clean(enrolments=rows, sessions=[session("e1", 1)])
    for check, table in (("ended_before_started", "enrolments"), ("session_after_end", "sessions")):
        assert counts(cleaned, check, table) == ("not_checked", None, None)


def test_shares_of_time_may_miss_100_by_one_point_either_way():
    shares = [
        (50, 30, 19),
        (50, 30, 18.9),
        (50, 30, 21),
        (50, 30, 21.1),
        (None, None, None),
        (50, 51.5, None),
    ]
    rows = [
        survey(f"p{number}", time_educative=a, time_engagement=b, time_therapeutic=c)
        for number, (a, b, c) in enumerate(shares)
    ]
    cleaned = clean(practitioner_survey=rows)
    assert sorted({row for row, *_ in changed(cleaned)}) == [3, 5, 7]
    assert counts(cleaned, "time_shares", "practitioner_survey") == ("fail", 5, 3)
    none = clean(practitioner_survey=[survey("p1")])
    assert counts(none, "time_shares", "practitioner_survey") == ("not_checked", None, None)


# --- contradictions --------------------------------------------------------------------------


@pytest.mark.slow
def test_ages_may_imply_birth_dates_a_year_apart_and_no_more():
    """Two starts half a year apart: ages of 30 and 31 imply .5 years, 30 and 32 imply 1.5, 30 and 29 1.5."""
    for later, found in ((30, {}), (31, {}), (32, {2: "30", 3: "32"}), (29, {2: "30", 3: "29"})):
        rows = [
            enrolment("e1", client_id="c", age_years=30, started_on="2024-01-01"),
            enrolment("e2", client_id="c", age_years=later, started_on="2024-07-01"),
            enrolment("e3", client_id=None, age_years=50),
        ]
        cleaned = clean(enrolments=rows)
        assert flagged(cleaned, "client_age_conflict") == found
        assert counts(cleaned, "client_age_conflict", "enrolments")[1:] == (2, len(found))


def test_four_years_of_365_days_and_a_quarter_are_four_years_of_age():
    """24 years later, 24 + 1 years older is within a year, 24 + 2 is not."""
    for older, found in ((25, []), (26, [2, 3])):
        rows = [
            enrolment("e1", client_id="c", age_years=30, started_on="2001-01-01"),
            enrolment("e2", client_id="c", age_years=30 + older, started_on="2025-01-01"),
        ]
        assert sorted(flagged(clean(enrolments=rows), "client_age_conflict")) == found


def test_ages_are_compared_as_they_are_where_one_enrolment_has_no_date():
    for later, found in ((31, []), (32, [2, 3])):
        rows = [
            enrolment("e1", client_id="c", age_years=30, started_on="2024-01-01"),
            enrolment("e2", client_id="c", age_years=later, started_on=None),
        ]
        assert sorted(flagged(clean(enrolments=rows), "client_age_conflict")) == found


def test_the_day_of_referral_stands_in_for_a_start_that_is_not_known():
    rows = [
        enrolment("e1", client_id="c", prior_convictions=2, started_on=None, referred_on="2025-02-01"),
        enrolment("e2", client_id="c", prior_convictions=4, started_on="2025-01-01"),
        enrolment("e3", client_id="c", prior_convictions=4, started_on="2025-03-01"),
        enrolment("e4", client_id="d", prior_convictions=0, started_on="2025-03-01"),
        enrolment("e5", client_id="d", prior_convictions=None, started_on="2025-03-02"),
    ]
    cleaned = clean(enrolments=rows)
    assert flagged(cleaned, "client_convictions_fall") == {2: "2"}
    assert counts(cleaned, "client_convictions_fall", "enrolments") == ("fail", 4, 1)


def test_groups_that_differ_in_site_or_programme_are_flagged_where_both_are_known():
    rows = [
        enrolment("e1", group_id="g1", site_id="s1", programme_id="q"),
        enrolment("e2", group_id="g1", site_id="s2", programme_id="q"),
        enrolment("e3", group_id=None, site_id="s3", programme_id="r"),
        enrolment("e4", group_id="g1", site_id=None, programme_id="q"),
    ]
    cleaned = clean(enrolments=rows)
    assert sorted(flagged(cleaned, "group_site_conflict")) == [2, 3, 5]
    assert counts(cleaned, "group_site_conflict", "enrolments") == ("fail", 2, 3)
    assert counts(cleaned, "group_programme_conflict", "enrolments") == ("pass", 3, 0)
    assert counts(cleaned, "group_setting_conflict", "enrolments") == ("not_checked", None, None)


def test_a_session_numbered_as_planned_is_possible_and_the_flag_shows_the_number():
    rows = [session("e1", number) for number in (8, 9)] + [session("e2", 30)]
    enrolments = [enrolment("e1"), enrolment("e2", sessions_planned=None)]
    forms = [inventory("e1", VARIED, session_no=8), inventory("e1", VARIED, session_no=10)]
    cleaned = clean(enrolments=enrolments, sessions=rows, alliance=forms)
    assert flagged(cleaned, "session_above_planned") == {3: "9"} | {3: "10"}
    assert counts(cleaned, "session_above_planned", "sessions") == ("fail", 2, 1)
    assert counts(cleaned, "session_above_planned", "alliance") == ("fail", 2, 1)


def test_each_contradiction_of_attendance_counts_the_enrolments_to_which_it_applies():
    enrolments = [
        enrolment("e1"),
        enrolment("e2", status="not_started", sessions_planned=None),
        enrolment("e3", status="ongoing", ended_on=None, sessions_planned=1),
        enrolment("e4", status=None),
    ]
    rows = [
        session("e1", 1),
        session("e3", 1),
        session("e4", 1, attended=False),
        session("e4", 2, attended=None),
    ]
    cleaned = clean(enrolments=enrolments, sessions=rows)
    assert counts(cleaned, "completed_never_attended", "enrolments") == ("pass", 1, 0)
    assert counts(cleaned, "not_started_but_attended", "enrolments") == ("pass", 1, 0)
    assert counts(cleaned, "attended_over_planned", "enrolments") == ("pass", 3, 0)
    assert counts(cleaned, "status_missing", "enrolments") == ("fail", 4, 1)
    assert counts(cleaned, "ongoing_but_ended", "enrolments") == ("pass", 1, 0)
    assert counts(cleaned, "absent_but_rated", "sessions") == ("pass", 1, 0)
    unknown = clean(enrolments=enrolments, sessions=[session("e1", 1, attended=None)])
    assert counts(unknown, "attended_over_planned", "enrolments") == ("not_checked", None, None)


def test_ratings_of_a_session_not_attended_are_flagged_and_absences_counted():
    rows = [
        session("e1", 1, attended=False, srs_1=5),
        session("e1", 2, attended=False),
        session("e1", 3, srs_1=5),
        session("e1", 4, attended=None, srs_1=5),
    ]
    cleaned = clean(sessions=rows)
    assert flagged(cleaned, "absent_but_rated") == {2: ""}
    assert counts(cleaned, "absent_but_rated", "sessions") == ("fail", 2, 1)


def test_unknown_practitioners_are_counted_among_those_named():
    rows = [enrolment("e1"), enrolment("e2", practitioner_id="p2"), enrolment("e3", practitioner_id=None)]
    cleaned = clean(
        enrolments=rows, practitioners=[{"practitioner_id": "p1"}], practitioner_survey=[survey("p9")]
    )
    assert counts(cleaned, "practitioner_unknown", "enrolments") == ("fail", 2, 1)
    assert counts(cleaned, "practitioner_unknown", "practitioner_survey") == ("fail", 1, 1)


# --- careless responding ---------------------------------------------------------------------


def forms(*answers: tuple, instrument: str = "wai_s", **more: Any) -> list[dict]:
    return [
        inventory("e1", given, session_no=number, instrument=instrument, **more)
        for number, given in enumerate(answers, 1)
    ]


def test_six_answers_are_enough_for_an_index_and_five_are_not():
    cleaned = clean(alliance=forms((4,) * 6, (4,) * 5, VARIED))
    assert flagged(cleaned, "longstring") == {2: "6"} and flagged(cleaned, "irv") == {2: "0"}
    assert counts(cleaned, "longstring", "alliance") == ("fail", 2, 1)
    assert counts(cleaned, "irv", "alliance") == ("fail", 2, 1)


def test_a_run_of_exactly_the_share_of_the_answers_is_flagged():
    """Nine of twelve are three quarters; of ten answers seven and a half are needed."""
    nine, eight = (*(4,) * 9, 1, 7, 2), (*(4,) * 8, 1, 7, 2, 6)
    seven_of_ten = (*(4,) * 7, 1, 7, 2)
    eight_of_ten = (*(4,) * 8, 1, 7)
    rules = CleaningRules(longstring_share=0.75)
    cleaned = clean(rules, alliance=forms(nine, eight, seven_of_ten, eight_of_ten))
    assert flagged(cleaned, "longstring") == {2: "9", 5: "8"}


@pytest.mark.slow
def test_variability_is_held_against_the_width_of_the_range_which_is_six_from_one_to_seven():
    """One other answer among twelve: an SD of .2887, or .0481 of a width of 6 (.0412 of 7)."""
    hardly = (4,) * 11 + (5,)
    assert np.std(hardly, ddof=1) == pytest.approx(0.288675)
    assert flagged(clean(CleaningRules(irv_below=0.0482), alliance=forms(hardly)), "irv") == {2: "0.288675"}
    assert flagged(clean(CleaningRules(irv_below=0.0480), alliance=forms(hardly)), "irv") == {}


def test_the_longest_run_is_the_longest_and_not_the_last():
    assert longstring(np.array([[2, 2, 2, 1, 1, 3]])).tolist() == [3]


def test_three_subscales_are_enough_for_a_correlation_of_halves():
    """Odd halves 1, 2, 6 and even halves 2, 1, 6."""
    answers = np.array([[1.0, 2, 2, 1, 6, 6]])
    r = np.corrcoef([1, 2, 6], [2, 1, 6])[0, 1]
    assert even_odd_consistency(answers, ((1, 2), (3, 4), (5, 6))).tolist() == [
        pytest.approx(2 * r / (1 + r))
    ]


def test_halves_are_means_of_the_answers_given_and_a_subscale_of_one_item_has_none():
    """Odd: (1 + 3) / 2, 4, 5; even: 2, 4, 6. The one-item subscale is left out."""
    answers = np.array([[1.0, 2, 3, 4, 4, 5, 6, 7, np.nan]])
    values = even_odd_consistency(answers, ((1, 2, 3), (4, 5, 9), (6, 7), (8,)))
    r = np.corrcoef([2, 4, 5], [2, 4, 6])[0, 1]
    assert values.tolist() == [pytest.approx(2 * r / (1 + r))]
    assert np.isnan(even_odd_consistency(answers, ((1,), (2,)))).all()


def test_the_distance_needs_more_complete_records_than_five_times_the_items():
    answers = np.random.default_rng(3).normal(size=(32, 6))
    assert mahalanobis_p(answers[:30]) is None and mahalanobis_p(answers[:31]) is not None
    answers[31, 0] = np.nan
    assert mahalanobis_p(np.delete(answers, 0, axis=0)) is None


@pytest.fixture
def five_scales() -> dict[str, Instrument]:
    return {
        "five": Instrument(
            id="five",
            title="Five scales",
            measures="anything",
            raters=("client",),
            items=11,
            range=Range(low=1, high=7),
            reversed=(2, 4),
            subscales={f"s{k}": (2 * k - 1, 2 * k) for k in range(1, 6)} | {"own": (11,)},
            scoring=Scoring(method="mean"),
            source="-",
            rights="-",
            verified="-",
        )
    }


@pytest.mark.slow
def test_halves_that_agree_less_than_the_plan_asks_are_flagged(five_scales):
    """Keyed halves (reversed items turned): 1, 2, 4, 6, 7 and 1, 2, 4, 7, 6; and the other way round."""
    agreeing = (1, 7, 2, 6, 4, 4, 6, 7, 7, 6, 3)
    turned = (1, 1, 2, 2, 4, 4, 6, 2, 7, 1, 3)
    few = (1, 1, 2, 2, 4, *(None,) * 6)
    rows = forms(agreeing, turned, few, instrument="five")
    cleaned = clean(study=five_scales, alliance=rows)
    assert list(flagged(cleaned, "even_odd")) == [3]
    assert counts(cleaned, "even_odd", "alliance") == ("fail", 2, 1)
    r = np.corrcoef([1, 2, 4, 6, 7], [1, 2, 4, 7, 6])[0, 1]
    above = CleaningRules(even_odd_below=round(2 * r / (1 + r) + 0.001, 4))
    assert list(flagged(clean(above, five_scales, alliance=rows), "even_odd")) == [2, 3]
    more = CleaningRules(even_odd_subscales=6)
    assert counts(clean(more, five_scales, alliance=rows), "even_odd", "alliance")[0] == "not_checked"


def test_time_is_counted_where_recorded_and_a_second_an_item_is_not_too_fast():
    rows = [
        row | {"duration_seconds": seconds}
        for row, seconds in zip(forms(VARIED, VARIED[::-1], VARIED), (12, 11.99, None), strict=True)
    ]
    cleaned = clean(alliance=rows)
    assert flagged(cleaned, "completion_time") == {3: "11.99"}
    assert counts(cleaned, "completion_time", "alliance") == ("fail", 2, 1)


def test_attention_checks_are_counted_where_answered():
    rows = [
        row | {"attention_check": passed}
        for row, passed in zip(forms(VARIED, VARIED[::-1], VARIED), (True, False, None), strict=True)
    ]
    cleaned = clean(alliance=rows)
    assert counts(cleaned, "failed_attention_check", "alliance") == ("fail", 2, 1)
    assert cleaned.tables["alliance"]["source_row"].tolist() == [2, 4]


def test_a_record_is_excluded_once_for_the_first_of_its_flags_and_the_rest_is_kept():
    rows = forms((4,) * 12, VARIED, VARIED[::-1])
    rows[0] |= {"attention_check": False}
    rows[1] |= {"attention_check": False}
    rules = CleaningRules(exclude_flags=("irv", "longstring", "failed_attention_check"))
    cleaned = clean(rules, alliance=rows)
    assert cleaned.excluded[["source_row", "reason"]].to_numpy().tolist() == [
        [2, "failed attention check (plan)"],
        [3, "failed attention check (plan)"],
    ]
    account = cleaned.account[cleaned.account["table"] == "alliance"]
    assert account[["step", "reason", "rows"]].to_numpy().tolist() == [
        ["read", "", 3],
        ["excluded", "failed attention check (plan)", 2],
        ["kept", "", 1],
    ]
