"""Every record is kept or excluded for a stated reason, and every changed cell is listed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typed_tables import DATA_LOCK, enrolment, inventory, session, survey, typed

from alliance_modes.cleaning.account import check_balance
from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.ground.errors import TableError
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.plan import CleaningRules

VARIED = (5, 2, 4, 3, 6, 5, 4, 7, 5, 2, 6, 4)


def clean(
    rules: CleaningRules | None = None, changes: pd.DataFrame | None = None, **tables: pd.DataFrame
) -> Cleaned:
    tables.setdefault("enrolments", typed("enrolments", [enrolment("e1")]))
    return clean_cohort(tables, changes, rules or CleaningRules(), DATA_LOCK, load_instruments())


def reasons(cleaned: Cleaned, table: str) -> dict[int, str]:
    rows = cleaned.excluded[cleaned.excluded["table"] == table]
    return dict(zip(rows["source_row"].astype(int), rows["reason"], strict=True))


def flagged(cleaned: Cleaned, flag: str) -> list[int]:
    return cleaned.flags.loc[cleaned.flags["flag"] == flag, "source_row"].astype(int).tolist()


def result(cleaned: Cleaned, check: str, table: str) -> str:
    rows = cleaned.checks[(cleaned.checks["check"] == check) & (cleaned.checks["table"] == table)]
    return rows["result"].iloc[0]


def test_all_but_the_first_exact_duplicate_is_excluded():
    rows = [session("e1", 1), session("e1", 2), session("e1", 1), session("e1", 1)]
    cleaned = clean(sessions=typed("sessions", rows))
    assert reasons(cleaned, "sessions") == {4: "exact duplicate", 5: "exact duplicate"}
    assert cleaned.tables["sessions"]["source_row"].tolist() == [2, 3]


def test_of_conflicting_repeats_the_fullest_then_the_latest_then_the_last_is_kept():
    rows = [
        inventory("e1", VARIED, session_no=3, completed_on="2025-01-20"),
        inventory("e1", VARIED[:6], session_no=3, completed_on="2025-01-21"),
        inventory("e1", VARIED[::-1], session_no=6, completed_on="2025-02-10"),
        inventory("e1", VARIED, session_no=6, completed_on="2025-02-03"),
        inventory("e1", VARIED, session_no=8),
        inventory("e1", VARIED[::-1], session_no=8),
    ]
    cleaned = clean(alliance=typed("alliance", rows))
    assert sorted(reasons(cleaned, "alliance")) == [3, 5, 6]
    assert set(reasons(cleaned, "alliance").values()) == {"conflicting repeat (another record is kept)"}


def test_inventories_without_a_session_number_are_told_apart_by_their_date():
    rows = [
        inventory("e1", VARIED, completed_on="2025-01-20"),
        inventory("e1", VARIED[::-1], completed_on="2025-02-20"),
        inventory("e1", VARIED[::-1], completed_on="2025-01-20"),
    ]
    assert sorted(reasons(clean(alliance=typed("alliance", rows)), "alliance")) == [2]


def test_two_raters_and_two_instruments_are_not_repeats():
    rows = [
        inventory("e1", VARIED, session_no=3),
        inventory("e1", VARIED, session_no=3, rater="practitioner"),
        inventory("e1", (3, 4, 2, 5, 3, 4, 2, 5, 3, 4, 2, 1), session_no=3, instrument="wai_sr"),
    ]
    assert reasons(clean(alliance=typed("alliance", rows)), "alliance") == {}


def test_orphans_missing_keys_and_empty_inventories_are_excluded_with_the_first_reason():
    sessions = typed(
        "sessions", [session("e1", 1), session("gone", 1), session(None, 1), {"enrolment_id": "gone"}]
    )
    alliance = typed("alliance", [inventory("e1", (), session_no=1), inventory("gone", ())])
    climate = typed("group_climate", [{"gcq_s_1": 2}, {"group_id": "g9", "gcq_s_1": 2}])
    cleaned = clean(sessions=sessions, alliance=alliance, group_climate=climate)
    assert reasons(cleaned, "sessions") == {
        3: "orphan (its enrolment is not in the data)",
        4: "missing key value",
        5: "missing key value",
    }
    assert reasons(cleaned, "alliance") == {
        2: "no item answered",
        3: "orphan (its enrolment is not in the data)",
    }
    assert reasons(cleaned, "group_climate") == {
        2: "missing key value",
        3: "orphan (its enrolment is not in the data)",
    }


def test_the_account_balances_and_names_each_reason():
    rows = [session("e1", 1), session("e1", 1), session("gone", 1)]
    account = clean(sessions=typed("sessions", rows)).account
    lines = account[account["table"] == "sessions"][["step", "reason", "rows"]].values.tolist()
    assert lines == [
        ["read", "", 3],
        ["excluded", "exact duplicate", 1],
        ["excluded", "orphan (its enrolment is not in the data)", 1],
        ["kept", "", 1],
    ]


@pytest.mark.parametrize("kept, excluded", [([0, 1], []), ([0, 1], [1, 2]), ([0], [1, 1])])
def test_an_account_that_does_not_balance_is_refused(kept, excluded):
    with pytest.raises(TableError, match="does not balance"):
        check_balance("sessions", 3, pd.Index(kept), [pd.Index(excluded)])


def test_impossible_enrolment_dates_are_set_missing_and_listed():
    rows = [
        enrolment("e1", ended_on="2024-12-01"),
        enrolment("e2", started_on="2025-12-01", ended_on=None),
        enrolment("e3"),
    ]
    cleaned = clean(enrolments=typed("enrolments", rows))
    changes = cleaned.changes[["source_row", "column", "raw_value", "new_value"]].values.tolist()
    assert changes == [[3, "started_on", "2025-12-01", ""], [2, "ended_on", "2024-12-01", ""]]
    assert cleaned.changes["rule"].str.contains("data_lock|ended_before_started").all()
    assert cleaned.tables["enrolments"]["ended_on"].isna().tolist() == [True, True, False]


def test_impossible_session_dates_are_set_missing_and_attendance_after_the_end_is_flagged():
    rows = [
        session("e1", 1, held_on="2025-01-05"),
        session("e1", 2, held_on="2025-01-13"),
        session("e1", 3, held_on="2025-03-10"),
        session("e1", 4, held_on="2025-03-10", attended=False),
        session("e1", 5, held_on="2025-07-01", attended=False),
        session("e1", 6, held_on="2025-03-10", attended=None),
    ]
    cleaned = clean(sessions=typed("sessions", rows))
    assert cleaned.tables["sessions"]["held_on"].isna().tolist() == [True, False, True, False, True, True]
    assert sorted(cleaned.changes["source_row"]) == [2, 4, 6, 7]
    assert flagged(cleaned, "attended_after_end") == [4]
    assert len(cleaned.tables["sessions"]) == 6


def test_inventories_after_data_lock_lose_their_date():
    rows = [
        inventory("e1", VARIED, completed_on="2025-06-30"),
        inventory("e1", VARIED, completed_on="2025-07-01"),
    ]
    cleaned = clean(alliance=typed("alliance", rows))
    assert cleaned.tables["alliance"]["completed_on"].isna().tolist() == [False, True]


def test_shares_of_time_that_do_not_sum_to_100_are_set_missing():
    shares = [(50, 30, 20), (50, 30, 19), (50, 30, 10), (90, 30, None), (50, None, None)]
    rows = [
        survey(f"p{number}", time_educative=a, time_engagement=b, time_therapeutic=c)
        for number, (a, b, c) in enumerate(shares)
    ]
    cleaned = clean(practitioner_survey=typed("practitioner_survey", rows))
    assert cleaned.tables["practitioner_survey"]["time_educative"].notna().tolist() == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert cleaned.changes["raw_value"].tolist() == ["50", "90", "30", "30", "10"]


def test_contradictions_between_attendance_status_and_plan_are_flagged_and_nothing_changed():
    enrolments = typed(
        "enrolments",
        [
            enrolment("e1", sessions_planned=2),
            enrolment("e2"),
            enrolment("e3", status="not_started"),
            enrolment("e4", status=None),
            enrolment("e5", status="ongoing"),
            enrolment("e6", sessions_planned=2),
        ],
    )
    sessions = typed(
        "sessions",
        [
            session("e1", 2),
            session("e1", 3),
            session("e2", 1, attended=False, session_engagement_1=3),
            session("e3", 1),
            session("e5", 1),
            *(session("e6", number) for number in (1, 2, 3)),
        ],
    )
    cleaned = clean(enrolments=enrolments, sessions=sessions)
    assert flagged(cleaned, "session_above_planned") == [3, 9]
    assert flagged(cleaned, "completed_never_attended") == [3]
    assert flagged(cleaned, "not_started_but_attended") == [4]
    assert flagged(cleaned, "status_missing") == [5]
    assert flagged(cleaned, "ongoing_but_ended") == [6]
    assert flagged(cleaned, "absent_but_rated") == [4]
    assert flagged(cleaned, "attended_over_planned") == [7]
    pd.testing.assert_frame_equal(cleaned.tables["enrolments"], enrolments)
    pd.testing.assert_frame_equal(cleaned.tables["sessions"], sessions)
    assert set(cleaned.flags["kind"]) == {"contradiction"}


def test_enrolments_with_an_unknown_practitioner_are_kept_and_flagged():
    rows = [enrolment("e1"), enrolment("e2", practitioner_id="p2"), enrolment("e3", practitioner_id=None)]
    known = typed("practitioners", [{"practitioner_id": "p1"}])
    cleaned = clean(enrolments=typed("enrolments", rows), practitioners=known)
    assert flagged(cleaned, "practitioner_unknown") == [3]
    assert len(cleaned.tables["enrolments"]) == 3
    assert result(clean(), "practitioner_unknown", "enrolments") == "not_checked"


def test_fixed_facts_that_differ_between_enrolments_are_flagged():
    start = {"client_id": "c1", "group_id": "g1", "setting": "custody"}
    rows = [
        enrolment("e1", **start, age_years=30, prior_convictions=4, started_on="2024-01-08"),
        enrolment("e2", **start, age_years=31, prior_convictions=3),
        enrolment(
            "e3", client_id="c2", group_id="g2", setting="custody", age_years=30, started_on="2025-01-01"
        ),
        enrolment("e4", client_id="c2", group_id="g2", setting="community", age_years=33),
    ]
    cleaned = clean(enrolments=typed("enrolments", rows))
    assert flagged(cleaned, "client_age_conflict") == [4, 5]
    assert flagged(cleaned, "client_convictions_fall") == [3]
    assert flagged(cleaned, "group_setting_conflict") == [4, 5]


def test_a_cohort_of_enrolments_and_one_inventory_table_is_cleaned_and_says_what_was_not_checked():
    enrolments = typed("enrolments", [{"enrolment_id": "e1"}])
    alliance = typed("alliance", [inventory("e1", VARIED)], without=("duration_seconds", "attention_check"))
    cleaned = clean(enrolments=enrolments, alliance=alliance)
    assert len(cleaned.tables["alliance"]) == 1
    assert cleaned.flags.empty and cleaned.excluded.empty
    for check, table in (
        ("status_missing", "enrolments"),
        ("failed_attention_check", "alliance"),
        ("completion_time", "alliance"),
        ("mahalanobis", "alliance"),
        ("absent_but_rated", "sessions"),
    ):
        assert result(cleaned, check, table) == "not_checked"


def test_the_changes_of_ingest_come_first():
    before = pd.DataFrame(
        [["alliance", "a.sav", 7, "rater", "Client", "client", "label"]],
        columns=["table", "source_file", "source_row", "column", "raw_value", "new_value", "rule"],
    )
    rows = [enrolment("e1", ended_on="2024-12-01")]
    cleaned = clean(changes=before, enrolments=typed("enrolments", rows))
    assert cleaned.changes["table"].tolist() == ["alliance", "enrolments"]


def test_cleaning_leaves_the_tables_it_was_given_alone():
    sessions = typed(
        "sessions", [session("e1", 1, held_on="2026-01-01"), session("e1", 1, held_on="2026-01-01")]
    )
    before = sessions.copy()
    clean(sessions=sessions)
    pd.testing.assert_frame_equal(sessions, before)


def test_every_session_above_the_plan_is_found_in_a_large_table():
    count, length = 2_000, 25
    number = np.tile(np.arange(1, length + 1), count)
    ids = np.repeat([f"{row:016x}" for row in range(count)], length)
    sessions = pd.DataFrame({"enrolment_id": ids, "session_no": pd.array(number, dtype="Int64")})
    sessions["source_file"], sessions["source_row"] = "s.csv", pd.array(range(2, len(ids) + 2), dtype="Int64")
    enrolments = typed("enrolments", [enrolment(f"{row:016x}", sessions_planned=24) for row in range(count)])
    cleaned = clean(enrolments=enrolments, sessions=sessions)
    assert len(cleaned.tables["sessions"]) == count * length
    assert len(flagged(cleaned, "session_above_planned")) == count
