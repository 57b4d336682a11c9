"""What the ledger lists, which of several records is kept, and near-duplicates on either side of a limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typed_tables import DATA_LOCK, enrolment, inventory, session, survey, typed

from alliance_modes.cleaning.account import cleaning_account
from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.cleaning.inventories import answers_given, item_columns
from alliance_modes.cleaning.ledger import Ledger, as_text, with_canonical_columns
from alliance_modes.ground.compact_table import compact
from alliance_modes.ground.errors import TableError
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.plan import CleaningRules

DAY = "2025-01-20"


def clean(**rows: list[dict]) -> Cleaned:
    rows.setdefault("enrolments", [enrolment("e1"), enrolment("e2")])
    tables = {name: typed(name, given) for name, given in rows.items()}
    return clean_cohort(tables, None, CleaningRules(), DATA_LOCK, load_instruments())


def excluded(cleaned: Cleaned, table: str) -> dict[int, str]:
    rows = cleaned.excluded[cleaned.excluded["table"] == table]
    named = rows["reason"].str.split(" (", regex=False).str[0]
    return dict(zip(rows["source_row"].astype(int), named, strict=True))


def found(cleaned: Cleaned, flag: str) -> dict[int, str]:
    rows = cleaned.flags[cleaned.flags["flag"] == flag]
    return dict(zip(rows["source_row"].astype(int), rows["value"], strict=True))


def counts(cleaned: Cleaned, check: str, table: str) -> tuple:
    rows = cleaned.checks[(cleaned.checks["check"] == check) & (cleaned.checks["table"] == table)]
    (only,) = rows[["result", "records", "found"]].itertuples(index=False, name=None)
    return tuple(None if value is pd.NA else value for value in only)


# --- the ledger ------------------------------------------------------------------------------


def sessions(*rows: dict) -> Ledger:
    return Ledger({"sessions": typed("sessions", list(rows))})


def test_values_are_written_as_a_person_would():
    assert as_text(pd.Series([2.5, 3.0, 1234567.0, 0.1234567, np.nan])).tolist() == [
        "2.5", "3", "1.23457e+06", "0.123457", "",
    ]  # fmt: skip
    assert as_text(pd.Series(pd.to_datetime(["2025-01-06"]))).tolist() == ["2025-01-06"]
    assert as_text(pd.Series([3, 14], dtype="Int64")).tolist() == ["3", "14"]


def test_a_cell_set_missing_is_listed_with_what_it_held_and_others_are_left():
    ledger = sessions(session("e1", 1, srs_1=4.5), session("e1", 2), session("e1", 3, srs_1=6))
    ledger.blank("sessions", np.array([True, True, False]), "srs_1", "a rule")
    assert ledger["sessions"]["srs_1"].fillna(-1).tolist() == [-1, -1, 6]
    assert ledger.changes().to_numpy().tolist() == [
        ["sessions", "sessions.csv", 2, "srs_1", "4.5", "", "a rule"]
    ]
    ledger.blank("sessions", np.array([True, True, False]), "srs_1", "another rule")
    assert len(ledger.changes()) == 1


def test_rows_left_out_stay_out_and_those_kept_keep_their_place_until_the_end():
    ledger = sessions(*(session("e1", number) for number in (1, 2, 3)))
    ledger.exclude("sessions", np.array([True, False, False]), "a reason")
    ledger.exclude("sessions", np.array([False, False]), "no reason")
    ledger.exclude("sessions", np.array([False, True]), "another reason")
    assert ledger["sessions"].index.tolist() == [1]
    kept = ledger.kept()["sessions"]
    assert kept.index.tolist() == [0] and kept["source_row"].tolist() == [3]
    assert [(reason, len(rows)) for reason, rows in ledger.excluded_rows("sessions")] == [
        ("a reason", 1),
        ("another reason", 1),
    ]
    listed = ledger.excluded()[["table", "source_row", "session_no", "rater", "reason"]]
    assert listed.to_numpy().tolist() == [
        ["sessions", 2, 1, "", "a reason"],
        ["sessions", 4, 3, "", "another reason"],
    ]
    account = cleaning_account(ledger)
    of_table = account[account["table"] == "sessions"][["step", "reason", "rows"]].to_numpy().tolist()
    assert of_table == [
        ["read", "", 3],
        ["excluded", "a reason", 1],
        ["excluded", "another reason", 1],
        ["kept", "", 1],
    ]


def test_an_account_from_which_a_row_has_gone_is_refused():
    ledger = sessions(session("e1", 1), session("e1", 2))
    ledger.rows_read["sessions"] += 1
    with pytest.raises(TableError, match="3 rows read, 2 kept, 0 excluded, 1 without a reason"):
        cleaning_account(ledger)


def test_a_flag_lists_the_value_of_its_own_row():
    ledger = sessions(session("e1", 1), session("e1", 2), session("e2", 1))
    rows = np.array([False, True, True])
    ledger.flag("sessions", rows, "odd", "it is odd", np.array([1.0, 2.0, 3.5]))
    ledger.flag("sessions", np.array([False, False, False]), "never", "it is not")
    ledger.flag("sessions", rows, "even", "it is even", kind="careless")
    listed = ledger.flags()[["source_row", "session_no", "kind", "flag", "value", "meaning"]]
    assert listed.to_numpy().tolist() == [
        [3, 2, "contradiction", "odd", "2", "it is odd"],
        [4, 1, "contradiction", "odd", "3.5", "it is odd"],
        [3, 2, "careless", "even", "", "it is even"],
        [4, 1, "careless", "even", "", "it is even"],
    ]


def test_checks_pass_fail_or_were_not_made():
    ledger = sessions(session("e1", 1))
    ledger.check("sessions", "one", 5, 0)
    ledger.check("sessions", "two", 5, 2, instrument="srs", rater="client")
    ledger.not_checked("sessions", "three", "why not", instrument="srs")
    listed = ledger.checks().astype(object)
    assert listed.where(listed.notna(), None).to_numpy().tolist() == [
        ["sessions", "one", "", "", "pass", 5, 0, ""],
        ["sessions", "two", "srs", "client", "fail", 5, 2, ""],
        ["sessions", "three", "srs", "", "not_checked", None, None, "why not"],
    ]


def test_a_table_has_every_canonical_column_and_keeps_what_is_the_studys_own():
    table = typed("sessions", [session("e1", 4)], without=("held_on",)).assign(safety_1=2.0)
    table.index = [7]
    whole = with_canonical_columns("sessions", table)
    assert whole.index.tolist() == [0] and whole["held_on"].isna().all()
    assert whole["safety_1"].tolist() == [2.0] and whole["session_no"].tolist() == [4]
    assert list(with_canonical_columns("sessions", None).columns) == [
        column for column in whole.columns if column != "safety_1"
    ]


def test_items_stand_in_the_order_of_their_numbers_and_answers_are_counted():
    table = pd.DataFrame([[1.0, 2.0, np.nan]], columns=["srs_10", "srs_2", "srs_01"])
    assert item_columns("sessions", table) == {"srs": ["srs_2", "srs_10"]}
    assert answers_given("sessions", compact(table)).tolist() == [2]
    assert answers_given("sessions", compact(table[["srs_01"]])).tolist() == [0]


# --- which record is kept ----------------------------------------------------------------------


def test_of_two_enrolments_the_fuller_is_kept_then_the_one_that_ended_later_then_the_last():
    fuller = [enrolment("e1", age_years=30), enrolment("e1", ended_on="2025-05-05")]
    assert excluded(clean(enrolments=fuller), "enrolments") == {3: "conflicting repeat"}
    later = [enrolment("e1", ended_on="2025-05-05"), enrolment("e1")]
    assert excluded(clean(enrolments=later), "enrolments") == {3: "conflicting repeat"}
    last = [enrolment("e1", status="removed"), enrolment("e1")]
    assert excluded(clean(enrolments=last), "enrolments") == {2: "conflicting repeat"}


def test_a_record_without_a_date_gives_way_to_one_with_a_date():
    rows = [
        session("e1", 1, held_on="2025-01-08", attended=None),
        session("e1", 1, attended=True),
        session("e1", 2, attended=True),
        session("e1", 2, attended=False, held_on=None),
    ]
    assert excluded(clean(sessions=rows), "sessions") == {3: "conflicting repeat", 4: "conflicting repeat"}


def test_of_two_entries_of_a_practitioner_the_fuller_is_kept():
    rows: list[dict] = [
        {"practitioner_id": "p1", "role": "officer", "experience_years": 4},
        {"practitioner_id": "p1", "role": "psychologist"},
        {"practitioner_id": "p2"},
        {"practitioner_id": None},
    ]
    assert excluded(clean(practitioners=rows), "practitioners") == {
        3: "conflicting repeat",
        5: "missing key value",
    }


def test_forms_of_group_climate_need_a_group_or_an_enrolment_that_is_there():
    answers = {f"gcq_s_{item}": 3 for item in range(1, 13)}
    rows = [
        {"enrolment_id": "e1", "session_no": 1, **answers},
        {"group_id": "g1", "session_no": 1, **answers},
        {"group_id": "g2", "session_no": 1, **answers},
        {"enrolment_id": "gone", "group_id": "g1", "session_no": 1, **answers},
        {"group_id": "g1", "session_no": 2},
    ]
    cleaned = clean(enrolments=[enrolment("e1", group_id="g1"), enrolment("e2")], group_climate=rows)
    assert excluded(cleaned, "group_climate") == {4: "orphan", 5: "orphan", 6: "no item answered"}


def test_every_exclusion_counts_the_records_that_it_looked_at():
    rows = [session("e1", 1), session("e1", 1), session("gone", 1), {"session_no": 1}, session("e1", 2)]
    rows.append(session("e1", 2, attended=False))
    cleaned = clean(sessions=rows)
    assert counts(cleaned, "missing_key", "sessions") == ("fail", 6, 1)
    assert counts(cleaned, "exact_duplicate", "sessions") == ("fail", 5, 1)
    assert counts(cleaned, "orphan", "sessions") == ("fail", 4, 1)
    assert counts(cleaned, "conflicting_repeat", "sessions") == ("fail", 3, 1)


# --- near-duplicates -----------------------------------------------------------------------------


@pytest.mark.parametrize(("different", "value"), [(3, {3: "2"}), (4, {})])
def test_seventeen_of_twenty_same_answers_are_a_double_entry_and_sixteen_are_not(different, value):
    first = (1, 2, 3, 4, 5, 6, 7, 2, 4, 6) * 2
    second = (*(8 - answer if answer != 4 else 1 for answer in first[:different]), *first[different:])
    rows = [
        inventory("e1", answers, instrument="wai_36", session_no=number, completed_on=DAY)
        for number, answers in ((3, first), (4, second))
    ]
    cleaned = clean(alliance=rows)
    assert found(cleaned, "entered_twice") == value
    assert counts(cleaned, "entered_twice", "alliance")[1:] == (2, len(value))


def test_forms_of_climate_are_compared_within_the_group_or_the_person():
    answers = {f"gcq_s_{item}": value for item, value in enumerate((3, 2, 5, 1, 0, 4, 6, 2, 3, 1, 5, 2), 1)}
    rows = [{"group_id": "g1", "session_no": number, "completed_on": DAY, **answers} for number in (1, 2)] + [
        {"enrolment_id": "e1", "session_no": 1, "completed_on": DAY, **answers}
    ]
    cleaned = clean(enrolments=[enrolment("e1", group_id="g1")], group_climate=rows)
    assert found(cleaned, "entered_twice") == {3: "2"}
    assert counts(cleaned, "entered_twice", "group_climate") == ("fail", 3, 1)


def test_a_second_start_on_the_day_of_the_first_end_is_no_overlap_and_the_day_before_is():
    def pair(start: str) -> list[dict]:
        both = {"client_id": "c", "programme_id": "p"}
        return [enrolment("e1", **both), enrolment("e2", **both, started_on=start, ended_on="2025-06-02")]

    assert found(clean(enrolments=pair("2025-03-03")), "enrolled_twice_at_once") == {}
    assert found(clean(enrolments=pair("2025-03-02")), "enrolled_twice_at_once") == {3: "2"}


def test_an_earlier_enrolment_that_lasts_longer_than_the_one_between_is_seen():
    both = {"client_id": "c", "programme_id": "p"}
    rows = [
        enrolment("e1", **both, ended_on="2025-05-30"),
        enrolment("e2", **both, started_on="2025-01-20", ended_on="2025-02-03"),
        enrolment("e3", **both, started_on="2025-03-03", ended_on="2025-04-07"),
        enrolment("e4", client_id="c", programme_id=None),
        enrolment("e5", client_id="d", programme_id="p", started_on=None),
    ]
    cleaned = clean(enrolments=rows)
    assert found(cleaned, "enrolled_twice_at_once") == {3: "2", 4: "3"}
    assert counts(cleaned, "enrolled_twice_at_once", "enrolments") == ("fail", 3, 2)


def test_an_enrolment_without_an_end_that_is_not_ongoing_ends_where_it_starts():
    both = {"client_id": "c", "programme_id": "p"}
    rows = [
        enrolment("e1", **both, ended_on=None),
        enrolment("e2", **both, started_on="2025-02-03"),
    ]
    assert found(clean(enrolments=rows), "enrolled_twice_at_once") == {}


def test_three_facts_are_enough_and_the_day_of_referral_stands_in_for_the_start():
    facts = {"age_years": 34, "risk_score": 11, "readiness": 4, "programme_id": "p", "started_on": None}
    rows = [
        enrolment("e1", **facts, referred_on="2025-01-02"),
        enrolment("e2", **facts, referred_on="2025-01-02"),
        enrolment("e3", **facts, referred_on="2025-01-03"),
        enrolment("e4", **facts),
    ]
    cleaned = clean(enrolments=rows)
    assert found(cleaned, "two_client_ids") == {2: "2", 3: "2"}
    assert counts(cleaned, "two_client_ids", "enrolments") == ("fail", 3, 2)


def rated(number: int, *values: float | None) -> dict:
    names = ("session_engagement_1", "session_engagement_2", "session_engagement_3", "session_engagement_4",
             "session_engagement_5", "use_educative", "use_engagement")  # fmt: skip
    return session("e1", number, **dict(zip(names, values, strict=False)))


def test_six_ratings_with_three_different_values_are_enough_for_a_repeat():
    enough, five = (3, 2, 4, 3, 3, 2), (3, 2, 4, 3, 3)
    two_values = (3, 2, 2, 3, 3, 2)
    assert found(clean(sessions=[rated(1, *enough), rated(2, *enough)]), "ratings_repeated") == {3: "1"}
    assert found(clean(sessions=[rated(1, *two_values), rated(2, *two_values)]), "ratings_repeated") == {}
    few = clean(sessions=[rated(1, *five), rated(2, *five)])
    assert counts(few, "ratings_repeated", "sessions") == ("not_checked", None, None)


def test_ratings_missing_in_both_sessions_are_the_same_and_counted_where_enough_were_given():
    gap = (3, None, 4, 3, 5, 2, 1)
    cleaned = clean(sessions=[rated(1, *gap), rated(2, *gap), rated(3, 3), session("e2", 3)])
    assert found(cleaned, "ratings_repeated") == {3: "1"}
    assert counts(cleaned, "ratings_repeated", "sessions") == ("fail", 2, 1)


def test_surveys_are_double_entries_within_one_practitioner_alone():
    rows = [survey("p1", 1, completed_on=DAY), survey("p2", 1, completed_on=DAY), survey("p3", 1)]
    cleaned = clean(practitioner_survey=rows)
    assert found(cleaned, "entered_twice") == {}
    assert counts(cleaned, "entered_twice", "practitioner_survey") == ("pass", 2, 0)
