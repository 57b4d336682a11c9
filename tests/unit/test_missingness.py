"""The missing data map on small cohorts whose gaps are known."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pytest
from typed_tables import DATA_LOCK, enrolment, inventory, session, survey, typed

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.missingness.cells import NO_REASON, cell_states
from alliance_modes.missingness.missing_map import MISSING_MAP, missing_map
from alliance_modes.plan.plan import CleaningRules

ANSWERS = (4, 3, 5, 4, 2, 6, 3, 4, 7, 5, 4, 3)
REASONS = ["table", "source_file", "source_row", "column", "reason"]
REGISTER = """\
cohort: register
title: register
data_lock: "2024-12-31"
tables:
  enrolments: {files: enrolments.csv, format: csv, columns: {enrolment_id: id}}
  sessions:
    files: register.csv
    format: csv
    columns: {enrolment_id: id, session_no: session_no, attended: attended}
    missing: {ill: ill}
    unpivot: {columns: {S1: 1, S2: 2, S3: 3}, number: session_no, value: attended}
  practitioner_survey:
    files: enrolments.csv
    format: csv
    columns: {practitioner_id: id, wave: {constant: 1}}
"""


def gaps(*items: int) -> tuple:
    """``ANSWERS`` with these items left out."""
    return tuple(None if item in items else answer for item, answer in enumerate(ANSWERS, 1))


def mapped(stated: Iterable[tuple] = (), **tables) -> pd.DataFrame:
    """The map of a cohort after cleaning; ``stated`` are rows of ingest's list of reasons."""
    given = {name: typed(name, tables.get(name, [])) for name in TABLES}
    cleaned = clean_cohort(given, None, CleaningRules(), DATA_LOCK, load_instruments())
    missing = pd.DataFrame(list(stated), columns=REASONS).astype({"source_row": "Int64"})
    before = {name: table.copy(deep=True) for name, table in cleaned.tables.items()}
    found = missing_map(cleaned.tables, missing, cleaned.changes, cleaned.excluded, load_instruments())
    for name, table in before.items():
        pd.testing.assert_frame_equal(table, cleaned.tables[name])
    return found


def count(found: pd.DataFrame, **where: str) -> tuple[int, int]:
    """count and of of the one line that ``where`` names; blank is the sum over the reasons."""
    rows = found
    for column, value in ({"reason": ""} | where).items():
        rows = rows[rows[column] == value]
    (line,) = rows.itertuples()
    return int(rows["count"].iloc[0]), int(line.of)


def test_missing_answers_are_counted_by_item_and_by_reason():
    rows = [inventory("e1", gaps(3), session_no=1), inventory("e2", gaps(3, 5), session_no=1)]
    found = mapped(
        [("alliance", "alliance.csv", 2, "item_3", "refused")],
        enrolments=[enrolment("e1"), enrolment("e2")],
        alliance=rows,
    )
    item = {"view": "item", "table": "alliance", "variable": "item_3"}
    assert count(found, **item) == (2, 2)
    assert count(found, **item, reason="refused") == (1, 2)
    assert count(found, **item, reason="no reason recorded") == (1, 2)
    assert count(found, view="table", table="alliance", instrument="wai_s") == (3, 24)
    assert found.loc[found["variable"] == "item_13"].empty


def test_two_records_of_one_row_share_its_reasons_and_the_sum_is_exact():
    rows = [
        inventory("e1", gaps(3), session_no=1, source_row=2),
        inventory("e1", gaps(3), session_no=2, source_row=2),
    ]
    stated = [("alliance", "alliance.csv", 2, "item_3", "refused")] * 1
    found = mapped(stated, enrolments=[enrolment("e1")], alliance=rows)
    item = {"view": "item", "table": "alliance", "variable": "item_3"}
    assert count(found, **item, reason="refused") == (1, 2)
    assert count(found, **item, reason="no reason recorded") == (1, 2)


def test_reasons_of_records_of_one_row_go_to_their_own_session():
    rows = [session("e1", number, attended=None, source_row=2) for number in (1, 2, 3)]
    given = {name: typed(name, []) for name in TABLES} | {
        "enrolments": typed("enrolments", [enrolment("e1")]),
        "sessions": typed("sessions", rows),
    }
    cleaned = clean_cohort(given, None, CleaningRules(), DATA_LOCK, load_instruments())
    stated = pd.DataFrame(
        [
            ("sessions", "sessions.csv", 2, "attended", "ill", 3),
            ("sessions", "sessions.csv", 2, "attended", "away", 2),
        ],
        columns=[*REASONS, "session_no"],
    )
    table = cleaned.tables["sessions"]
    states = cell_states("sessions", table, ["attended"], stated, cleaned.changes)
    said = dict(
        zip(table["session_no"], (states.reasons[code] for code in states.codes["attended"]), strict=True)
    )
    assert said == {1: NO_REASON, 2: "away", 3: "ill"}


def test_reasons_in_a_register_are_read_with_their_session(tmp_path):
    (tmp_path / "cohort.yaml").write_text(REGISTER, encoding="utf-8")
    (tmp_path / "enrolments.csv").write_text("id\nE1\nE2\n", encoding="utf-8")
    (tmp_path / "register.csv").write_text("id,S1,S2,S3\nE1,,ill,1\nE2,1,,ill\n", encoding="utf-8")
    ingested = ingest_cohort(tmp_path, bytes(32))
    missing = ingested.missing
    assert missing[["source_row", "session_no", "reason"]].to_numpy().tolist() == [
        [2, 2, "ill"],
        [3, 3, "ill"],
    ]
    table = ingested.tables["sessions"]
    changes = pd.DataFrame(columns=["table", "column", "new_value", "rule", "source_file", "source_row"])
    states = cell_states("sessions", table, ["attended"], missing, changes)
    said = [states.reasons[code] for code in states.codes["attended"]]
    assert said == [NO_REASON, "ill", "", "", NO_REASON, "ill"]


def test_what_cleaning_set_missing_is_told_apart():
    found = mapped(enrolments=[enrolment("e1", ended_on="2024-12-01"), enrolment("e2")])
    item = {"view": "item", "table": "enrolments", "variable": "ended_on"}
    assert count(found, **item, reason="set missing by cleaning: ended_before_started") == (1, 2)


def test_a_cell_to_which_a_column_does_not_apply_is_not_missing():
    found = mapped(
        enrolments=[
            enrolment("e1", status="ongoing", ended_on=None),
            enrolment("e2", status="not_started", started_on=None, ended_on=None),
            enrolment("e3", ended_on=None),
            enrolment("e4"),
        ],
        sessions=[
            session("e1", 1, attended=False),
            session("e1", 2, rupture="none", srs_1=8, srs_2=8),
            session("e1", 3, rupture="withdrawal", srs_1=8, srs_2=None),
        ],
    )
    assert count(found, view="item", variable="ended_on") == (1, 2)
    assert count(found, view="item", variable="started_on") == (0, 3)
    assert count(found, view="item", variable="rupture") == (0, 2)
    assert count(found, view="item", variable="srs_2") == (1, 2)
    line = found[(found["view"] == "item") & (found["variable"] == "srs_2") & (found["reason"] == "")]
    assert line["not_applicable"].tolist() == [1]


def test_a_column_that_the_cohort_does_not_have_is_said_to_be_not_recorded():
    found = mapped(enrolments=[enrolment("e1")], sessions=[session("e1", 1)])
    line = found[found["variable"] == "readiness"]
    assert line["result"].tolist() == ["not_recorded"] and line["count"].isna().all()
    assert "rupture" in found.loc[found["result"] == "not_recorded", "variable"].tolist()


def test_missing_by_practitioner_session_and_quarter():
    found = mapped(
        enrolments=[enrolment("e1"), enrolment("e2", practitioner_id="p2")],
        alliance=[
            inventory("e1", gaps(1, 2), session_no=3, completed_on="2025-01-20"),
            inventory("e2", gaps(7), session_no=12, completed_on="2025-04-01"),
            inventory("e2", ANSWERS, session_no=3),
        ],
    )
    of = {"table": "alliance", "instrument": "wai_s"}
    assert count(found, view="practitioner", level="p1", **of) == (2, 12)
    assert count(found, view="practitioner", level="p2", **of) == (1, 24)
    assert count(found, view="occasion", level="3", **of) == (2, 24)
    assert count(found, view="occasion", level="12", **of) == (1, 12)
    assert count(found, view="quarter", level="2025-Q1", **of) == (2, 12)
    assert count(found, view="quarter", level="2025-Q2", **of) == (1, 12)
    assert count(found, view="quarter", level="not known", **of) == (0, 12)
    levels = found[(found["view"] == "occasion") & (found["table"] == "alliance") & (found["reason"] == "")]
    assert levels.loc[levels["instrument"] == "wai_s", "level"].tolist() == ["3", "12"]


def test_patterns_of_forms_complete_partly_and_none():
    rows = [inventory(f"e{n}", gaps(2, 9), session_no=1) for n in (1, 2)]
    rows += [inventory("e3", gaps(5), session_no=1), inventory("e4", ANSWERS, session_no=1)]
    rows += [inventory("e5", (None,) * 12, session_no=1)]
    found = mapped(enrolments=[enrolment(f"e{n}") for n in range(1, 6)], alliance=rows)
    pattern = {"view": "pattern", "instrument": "wai_s"}
    assert count(found, **pattern, level="complete") == (1, 5)
    assert count(found, **pattern, level="partly") == (3, 5)
    assert count(found, **pattern, level="none") == (1, 5)
    assert count(found, **pattern, level="missing: 2, 9") == (2, 5)
    assert count(found, **pattern, level="missing: 5") == (1, 5)
    named = found.loc[found["level"].str.startswith("missing"), "level"].tolist()
    assert named == ["missing: 2, 9", "missing: 5"]


def test_forms_due_at_sessions_while_enrolled_and_not_received():
    people = [f"e{n}" for n in range(1, 5)]
    late = session("e4", 3, held_on="2025-05-01", attended=False)
    sessions = [session(person, number) for person in people[:3] for number in (1, 2, 3)]
    sessions[8] = session("e3", 3, attended=False)
    rows = [inventory("e1", ANSWERS, session_no=3)]
    found = mapped(
        enrolments=[enrolment(person) for person in people], sessions=[*sessions, late], alliance=rows
    )
    planned = {"view": "planned", "instrument": "wai_s", "level": "3"}
    assert count(found, **planned) == (2, 3)
    assert count(found, **planned, reason="absent at that session") == (1, 3)
    assert count(found, **planned, reason="no reason recorded") == (1, 3)
    assert found.loc[(found["view"] == "planned") & (found["instrument"] == "wai_s"), "level"].unique() == [
        "3"
    ]


def test_a_form_that_came_and_was_left_out_is_told_apart():
    people = ("e1", "e2", "e3")
    found = mapped(
        enrolments=[enrolment(person) for person in people],
        sessions=[session(person, 2) for person in people],
        alliance=[
            inventory("e1", ANSWERS, session_no=2),
            inventory("e2", ANSWERS, session_no=2, attention_check=False),
        ],
    )
    planned = {"view": "planned", "instrument": "wai_s", "level": "2"}
    assert count(found, **planned) == (2, 3)
    assert count(found, **planned, reason="left out in cleaning") == (1, 3)
    assert count(found, **planned, reason="no reason recorded") == (1, 3)


def test_a_form_at_a_session_where_few_have_one_was_not_planned():
    people = [f"e{n}" for n in range(1, 6)]
    found = mapped(
        enrolments=[enrolment(person) for person in people],
        sessions=[session(person, 2) for person in people],
        alliance=[inventory("e1", ANSWERS, session_no=2)],
    )
    (line,) = found[(found["view"] == "planned") & (found["instrument"] == "wai_s")].itertuples()
    assert line.result == "not_planned" and line.detail == "1 forms at a session with 5 people"


def test_what_was_due_is_not_known_without_sessions_or_practitioners():
    found = mapped(
        enrolments=[enrolment("e1")],
        alliance=[inventory("e1", ANSWERS, session_no=3)],
        practitioner_survey=[survey("p1")],
    )
    planned = found[found["view"] == "planned"].set_index("table")
    assert planned["result"].to_dict() == {
        "practitioner_survey": "not_checked", "alliance": "not_checked"
    }  # fmt: skip
    assert planned["detail"].str.len().gt(0).all() and planned["count"].isna().all()


def test_surveys_due_from_every_practitioner_listed_in_every_wave():
    found = mapped(
        practitioners=[{"practitioner_id": name} for name in ("p1", "p2", "p3")],
        practitioner_survey=[survey("p1"), survey("p2"), survey("p1", 2)],
    )
    assert count(found, view="planned", level="1") == (1, 3)
    assert count(found, view="planned", level="2") == (2, 3)


@pytest.mark.slow
def test_the_grain_is_one_line_per_view_source_variable_level_and_reason():
    found = mapped(
        [("alliance", "alliance.csv", 2, "item_3", "refused")],
        enrolments=[enrolment("e1"), enrolment("e2")],
        practitioners=[{"practitioner_id": "p1"}],
        practitioner_survey=[survey("p1")],
        sessions=[session("e1", 1, srs_1=3)],
        alliance=[inventory("e1", gaps(3), session_no=1), inventory("e2", ANSWERS, session_no=1)],
    )
    assert MISSING_MAP.validate(found) is found
    key = ["view", "table", "instrument", "rater", "variable", "level", "reason"]
    assert not found.duplicated(key).any()
    counted = found[(found["result"] == "counted") & (found["view"] != "pattern")]
    by_reason = counted[counted["reason"] != ""].groupby(key[:-1])["count"].sum()
    whole = counted[counted["reason"] == ""].set_index(key[:-1])["count"]
    assert by_reason.sort_index().equals(whole[whole > 0].sort_index())
    assert (counted["share"].dropna() <= 1).all()


@pytest.mark.parametrize("name", TABLES)
def test_an_empty_cohort_has_an_empty_map(name):
    found = mapped(**{name: []})
    assert found.empty and MISSING_MAP.validate(found) is found
