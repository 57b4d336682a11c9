"""What the tables of practitioners, enrolments and inventories hold, value by value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typed_tables import DATA_LOCK, enrolment, inventory, session, survey, typed

from alliance_modes.derive import derive_cohort
from alliance_modes.derive.alliance import alliance_table, inventories
from alliance_modes.derive.enrolment import count_needs, first_inventories
from alliance_modes.derive.person_period import person_period
from alliance_modes.derive.practitioner import evenness, practitioner_table
from alliance_modes.derive.survey_times import Counted, first_starts, survey_times
from alliance_modes.derive.tables import complete_tables, places_of, take_rows, wide_scores
from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.plan import Exposure
from alliance_modes.scoring.scores import score_cohort


def scored(**tables: pd.DataFrame) -> pd.DataFrame:
    return score_cohort(tables, load_instruments())


def practitioners(rows: list[dict], enrolments: list[dict], exposure: Exposure | None = None) -> pd.DataFrame:
    tables = {
        "practitioner_survey": typed("practitioner_survey", rows),
        "enrolments": typed("enrolments", enrolments),
        "sessions": typed("sessions", []),
    }
    clean = complete_tables(tables)
    periods = person_period(clean["sessions"], clean["enrolments"])
    return practitioner_table(clean, scored(**tables), periods, exposure or Exposure())


def enrolled(rows: list[dict], sessions: list[dict] | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The analysis tables of enrolments and of sessions."""
    tables = {"enrolments": typed("enrolments", rows), "sessions": typed("sessions", sessions or [])}
    account = pd.DataFrame(columns=["table", "step", "reason", "rows"])
    found = derive_cohort(tables, scored(**tables), account, Exposure(), DATA_LOCK)
    return found.enrolment, found.session


def known(values: pd.Series) -> list:
    return [None if pd.isna(value) else value for value in values]


def test_a_survey_on_the_day_of_the_first_start_is_too_late_and_the_day_before_is_not():
    rows = [survey("p1", completed_on="2025-01-05"), survey("p2", completed_on="2025-01-06")]
    table = practitioners(rows, [enrolment("e1"), enrolment("e2", practitioner_id="p2")])
    assert table["exposure"].tolist() == ["measured", "only_later"]
    assert table["surveys"].tolist() == [1, 0]


def test_the_first_start_is_the_earliest_of_those_that_did_start():
    rows = [
        enrolment("e1", started_on="2025-03-01"),
        enrolment("e2", started_on="2025-02-01"),
        enrolment("e3", started_on="2025-01-01", status="not_started"),
        enrolment("e4", started_on="2025-01-15", status=None),
    ]
    table = typed("enrolments", rows)
    assert first_starts(table).to_dict() == {"p1": pd.Timestamp("2025-01-15")}
    assert first_starts(table.head(3)).to_dict() == {"p1": pd.Timestamp("2025-02-01")}


def test_who_led_no_enrolment_counts_with_every_survey_dated_or_not():
    table = practitioners([survey("p1"), survey("p2", 2, completed_on="2026-01-01")], [])
    assert table["exposure"].tolist() == ["measured", "measured"]
    assert table["enrolments"].tolist() == [0, 0]


def test_a_survey_is_undated_where_it_or_every_start_has_no_date():
    rows = [survey("p1", completed_on="2025-01-01"), survey("p2"), survey("p2", 2, completed_on="2025-02-01")]
    enrolments = [enrolment("e1", started_on=None), enrolment("e2", practitioner_id="p2")]
    assert practitioners(rows, enrolments)["exposure"].tolist() == ["undated", "undated"]


def test_a_mode_that_was_not_answered_makes_the_survey_not_scored():
    answers = (*(3.0,) * 12, *(float("nan"),) * 6)
    table = practitioners([survey("p1", answers=answers, completed_on="2025-01-01")], [enrolment("e1")])
    assert table["exposure"].tolist() == ["not_scored"]
    assert table["educative"].tolist() == [3] and table["therapeutic"].isna().all()
    assert table["balance"].isna().all()


def test_the_mean_over_waves_is_a_mean_and_enrolments_led_are_counted():
    rows = [survey("p1", wave, answers=(use,) * 18, stance=use) for wave, use in ((1, 1), (2, 1), (3, 4))]
    enrolments = [enrolment("e1"), enrolment("e2"), enrolment("e3", practitioner_id="p2")]
    table = practitioners(rows, enrolments, Exposure(waves="all")).set_index("practitioner_id")
    assert table.loc["p1", ["educative", "therapeutic_bond", "stance", "surveys"]].tolist() == [2, 2, 2, 3]
    assert table.loc[
        "p1", ["modes_of_practice_educative", "modes_of_practice_therapeutic_bond"]
    ].tolist() == [2, 2]
    assert table["enrolments"].to_dict() == {"p1": 2, "p2": 1}
    assert table.loc["p1", "balance"] == pytest.approx(1.0)


def test_evenness_of_two_to_one_by_hand():
    """Shares 1/2, 1/4, 1/4: entropy 1.5 ln 2, of at most ln 3."""
    assert evenness(np.array([[4.0, 2.0, 2.0]])).tolist() == [pytest.approx(1.5 * np.log(2) / np.log(3))]


def test_needs_leave_out_what_nobody_was_asked_and_are_missing_where_one_answer_is():
    rows = [
        enrolment("e1", need_literacy=True, need_cognitive=True),
        enrolment("e2", need_literacy=True, need_cognitive=None),
    ]
    assert known(count_needs(typed("enrolments", rows))) == [2.0, None]
    assert known(count_needs(typed("enrolments", [enrolment("e1")]))) == [None]


def test_the_first_inventory_is_first_by_session_then_by_day_and_last_without_a_session():
    forms = pd.DataFrame(
        [
            ("e1", "client", pd.NA, "2025-01-01", 1.0),
            ("e1", "client", 5, "2025-02-01", 2.0),
            ("e1", "client", 3, "2025-02-02", 3.0),
            ("e1", "client", 3, "2025-02-01", 4.0),
            ("e2", "practitioner", pd.NA, None, 5.0),
            ("e2", "practitioner", pd.NA, "2025-02-01", 6.0),
        ],
        columns=["enrolment_id", "rater", "session_no", "completed_on", "total"],
    ).astype({"session_no": "Int64", "enrolment_id": "str", "rater": "str"})
    forms["completed_on"] = pd.to_datetime(forms["completed_on"])
    forms = forms.assign(goal=forms["total"], task=forms["total"], bond=forms["total"])
    found = first_inventories(forms, pd.Series(["e1", "e2", "e3"], index=[5, 6, 7]))
    assert found.index.tolist() == [5, 6, 7]
    assert known(found["client_total_first"]) == [4.0, None, None]
    assert known(found["client_session_first"]) == [3, None, None]
    assert known(found["practitioner_bond_first"]) == [None, 6.0, None]
    assert known(found["observer_goal_first"]) == [None, None, None]


def test_two_forms_in_two_rows_are_two_inventories_even_where_nothing_else_tells_them_apart():
    rows = [inventory("e1", (1, 2, 3, 4) * 3, instrument="wai_sr") for _ in range(2)]
    forms = typed("alliance", rows)
    assert len(inventories(scored(alliance=forms))) == 2
    elsewhere = forms.assign(source_row=pd.array([2, 2], dtype="Int64"), source_file=["a.csv", "b.csv"])
    assert len(inventories(scored(alliance=elsewhere.astype({"source_file": "str"})))) == 2


def test_one_row_of_a_wide_file_holds_as_many_inventories_as_differ_in_one_thing():
    first = inventory("e1", (1, 2, 3, 4) * 3, session_no=3, source_row=2)
    others: list[dict] = [
        {"rater": "practitioner"},
        {"session_no": 8},
        {"instrument": "wai_sr"},
        {"completed_on": "2025-02-03"},
    ]
    forms = typed("alliance", [first, *(first | other for other in others)])
    found = inventories(scored(alliance=forms)).sort_values(["rater", "instrument", "session_no"])
    assert found[["rater", "instrument", "session_no"]].to_numpy().tolist() == [
        ["client", "wai_s", 3],
        ["client", "wai_s", 3],
        ["client", "wai_s", 8],
        ["client", "wai_sr", 3],
        ["practitioner", "wai_s", 3],
    ]
    assert found["completed_on"].notna().sum() == 1 and found["total"].notna().all()


def test_a_row_of_the_alliance_table_is_the_form_the_time_the_enrolment_and_its_own_scores():
    rated = pd.DataFrame(
        {
            "enrolment_id": ["e2", "gone"],
            "session_no": pd.array([11, None], dtype="Int64"),
            "completed_on": pd.to_datetime(["2025-01-20"] * 2),
            "rater": ["client"] * 2,
            "total": [3.0, 4.0],
            "careless": [False, True],
            "of_alliance": [True] * 2,
            "wai_sr_total": [36.0, 48.0],
        },
        index=[8, 9],
    ).astype({"enrolment_id": "str"})
    people = pd.DataFrame({"enrolment_id": ["e1", "e2"], "site_id": ["s1", "s2"], "started_on": [1, 2]})
    table = alliance_table(rated, people.astype({"enrolment_id": "str"}))
    names = ["enrolment_id", "session_no", "time", "rater", "total", "careless", "site_id", "wai_sr_total"]
    assert list(table.columns) == names and table.index.tolist() == [0, 1]
    assert known(table["time"]) == [1.0, None] and known(table["site_id"]) == ["s2", None]
    assert table["wai_sr_total"].tolist() == [36.0, 48.0]


def test_only_scores_of_the_alliance_table_are_inventories():
    table = typed("sessions", [session("e1", 1, **{f"srs_{line}": 8 for line in range(1, 5)})])
    assert inventories(scored(sessions=table)).empty


def test_sessions_attended_and_offered_leave_out_what_is_not_known():
    rows = [
        session("e1", 1, attended=None),
        session("e1", 2, attended=False),
        session("e1", 3, attended=True, rupture="withdrawal"),
        session("e2", 4, attended=None),
    ]
    table, _ = enrolled([enrolment("e1"), enrolment("e2"), enrolment("e3")], rows)
    assert known(table["sessions_offered"]) == [2, None, None]
    assert known(table["sessions_attended"]) == [1, None, None]
    assert known(table["sessions_offered_after_first"]) == [2, None, None]
    assert known(table["last_session"]) == [3, 4, None]
    assert known(table["ruptures"]) == [1, None, None]
    assert known(table["ruptures_unrepaired"]) == [None, None, None]


def test_readiness_age_and_risk_are_standardised_and_split_over_who_counts():
    rows = [
        enrolment("e1", age_years=20, readiness=1, mandated=True, need_literacy=True),
        enrolment("e2", age_years=30, readiness=3, mandated=False, need_literacy=False),
        enrolment("e3", age_years=70, readiness=9, mandated=True, status="ongoing", sessions_planned=40),
    ]
    table, _ = enrolled(rows)
    assert table["denominator"].tolist() == [True, True, False]
    half = np.sqrt(0.5)
    assert table["age_years_z"].tolist() == pytest.approx([-half, half, 9 * half])
    assert table["readiness_z"].tolist() == pytest.approx([-half, half, 7 * half])
    assert table["needs_between"].tolist() == [0.5] * 3
    assert known(table["needs_within"]) == [0.5, -0.5, None]
    assert table["age_years_z_within"].tolist() == pytest.approx([-half, half, 9 * half])


def test_a_session_on_the_day_of_the_end_is_while_enrolled_and_one_on_the_day_after_is_not():
    rows = [session("e1", 1, held_on="2025-03-03"), session("e1", 2, held_on="2025-03-04"), session("e1", 3)]
    table, sessions = enrolled([enrolment("e1")], rows)
    assert sessions["session_no"].tolist() == [1, 3]
    assert table["sessions_attended"].tolist() == [2]


def test_a_session_of_an_enrolment_that_is_not_there_is_left_out():
    _, sessions = enrolled([enrolment("e1")], [session("gone", 1), session("e1", 1)])
    assert sessions["enrolment_id"].tolist() == ["e1"]


def test_each_kind_of_early_end_is_an_event_of_its_own_in_the_last_session():
    kinds = ("dropped_out", "removed", "administrative", "ongoing", "completed")
    rows = [session(kind, number) for kind in kinds for number in (1, 2)]
    table, found = enrolled([enrolment(kind, status=kind) for kind in kinds], rows)
    assert found["ended"].tolist() == [0, 1] * 3 + [0] * 4
    for event in kinds[:3]:
        happened = found.loc[found[f"ended_{event}"] == 1, ["enrolment_id", "session_no"]]
        assert happened.to_numpy().tolist() == [[event, 2]]
        assert found[f"ended_{event}"].notna().all()
    assert table["end_kind"].tolist() == list(kinds)


def test_who_is_at_the_last_planned_session_is_no_longer_at_risk():
    rows = [session("e1", number) for number in (7, 8, 9)] + [session("e2", 30)]
    _, found = enrolled([enrolment("e1"), enrolment("e2", sessions_planned=None)], rows)
    assert found["at_risk"].tolist() == [True, False, False, True]


def test_what_was_recorded_of_a_session_stands_in_its_row() -> None:
    engaged = {f"session_engagement_{item}": 4 for item in range(1, 6)}
    told = {"rupture": "withdrawal", "rupture_resolved": True, "use_educative": 1, "use_engagement": 2}
    rows = [
        session("e1", 1, held_on="2025-01-06", **told, use_therapeutic=3, **engaged),
        session("e1", 2, attended=False),
    ]
    _, found = enrolled([enrolment("e1")], rows)
    assert known(found["held_on"]) == [pd.Timestamp("2025-01-06"), None]
    assert found["attended"].tolist() == [True, False]
    assert known(found["rupture"]) == ["withdrawal", None] and known(found["rupture_resolved"]) == [
        True,
        None,
    ]
    uses = [known(found[f"use_{mode}"]) for mode in ("educative", "engagement", "therapeutic")]
    assert uses == [[1, None], [2, None], [3, None]]
    assert known(found["session_engagement"]) == [4.0, None]


@pytest.mark.slow
def test_scores_of_a_session_are_those_of_the_same_enrolment_and_number():
    def lines(value: float) -> dict[str, float]:
        return {f"srs_{line}": value for line in range(1, 5)}

    rows = [session("e1", 2, **lines(2)), session("e1", 1), session("e2", 1, **lines(9)), session("e2", 2)]
    _, found = enrolled([enrolment("e1"), enrolment("e2")], rows)
    assert known(found["srs_total"]) == [None, 8.0, 36.0, None]
    assert found["time"].tolist() == pytest.approx([0.0, 0.1, 0.0, 0.1])


def test_rows_of_sessions_carry_the_enrolment_without_its_dates_and_cells():
    table, found = enrolled([enrolment("e1")], [session("e1", 1)])
    carried = set(table.columns) & set(found.columns)
    assert {"sessions_planned", "client_id", "educative", "denominator"} <= carried
    assert not {"referred_on", "started_on", "ended_on", "planned_end_on", "educative_goal"} & carried


def test_places_are_minus_one_where_the_id_is_missing_or_not_there():
    among = pd.Series(["a", None, "b"], dtype="str")
    places = places_of(pd.Series(["b", None, "z", "a"], dtype="str"), among)
    assert places.tolist() == [2, -1, -1, 0]
    taken = take_rows(pd.DataFrame({"x": [10.0, 20.0, 30.0]}), places, ["x"])
    assert known(taken["x"]) == [30.0, None, None, 10.0]


def test_wide_scores_stand_in_the_order_of_the_records_with_missing_ids_as_one():
    long = pd.DataFrame(
        {
            "who": ["b", "b", None, "a", None],
            "scale": ["goal", "task", "goal", "task", "task"],
            "item_mean": [1.0, 2.0, 3.0, 4.0, 5.0],
            "score": [10.0, 20.0, 30.0, 40.0, 50.0],
        }
    )
    wide = wide_scores(long, ["who"], ["goal", "task", "bond"])
    assert known(wide["who"]) == ["b", None, "a"]
    assert known(wide["goal"]) == [1.0, 3.0, None]
    assert wide["task"].tolist() == [2.0, 5.0, 4.0] and wide["bond"].isna().all()
    assert wide_scores(long, ["who"], ["task"], "score")["task"].tolist() == [20.0, 40.0, 50.0]


def test_a_column_that_a_clean_table_lacks_is_of_its_type_and_missing():
    """Also where there are rows, and where every other column stays as it is."""
    declared = dictionary().sessions.columns
    there = {"enrolment_id": pd.array(["E1", "E2"], dtype="str"), "attended": [True, None]}
    sessions = pd.DataFrame(there).astype({"attended": "boolean"})
    found = complete_tables({"sessions": sessions})["sessions"]
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        name: column.dtype for name, column in declared.items()
    }
    assert found[["enrolment_id", "attended"]].equals(sessions)
    assert found.drop(columns=list(there)).isna().all(axis=None)


def test_practitioners_are_counted_by_when_they_were_surveyed_with_the_enrolments_they_lead():
    rows = [
        survey("p1", completed_on="2025-01-05"),
        survey("p1", 2, completed_on="2025-03-01"),
        survey("p2", completed_on="2025-01-06"),
        survey("p3"),
        survey("p9", completed_on="2025-01-01"),
    ]
    led = {"p1": 2, "p2": 3, "p3": 1, "p4": 4}
    enrolments = [
        enrolment(f"{name}{number}", practitioner_id=name)
        for name, count in led.items()
        for number in range(count)
    ]
    times = survey_times(typed("practitioner_survey", rows), typed("enrolments", enrolments))
    assert (times.before, times.only_later) == (Counted(1, 2), Counted(1, 3))
    assert (times.undated, times.no_survey) == (Counted(1, 1), Counted(1, 4))
    assert (times.leading, times.surveyed, times.not_before) == (4, Counted(3, 6), 2)
