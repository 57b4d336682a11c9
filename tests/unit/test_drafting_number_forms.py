"""Numbers of another unit, thousands, words among answers, and names that a program wrote twice: asked."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from small_cohorts import ingest
from small_drafts import PEOPLE, SESSIONS, answers, draft_of, enrolments
from test_intake_days import MONTH, tables

from alliance_modes.drafting.blocks import file_rater
from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.facts import Facts
from alliance_modes.drafting.named_units import thousands_question, unit_question
from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.instruments.model import load_instruments
from alliance_modes.intake.days import day_losses


def numbers(name: str, *cells: str) -> Facts:
    found = tuple(sorted({float(cell.replace(",", ".")) for cell in cells}))
    return Facts(name, {cell: cells.count(cell) for cell in cells}, len(cells), {}, "number", numbers=found)


@pytest.mark.parametrize(
    ("name", "unit", "factor"),
    [
        ("Experience (months)", "years", "0.083333333333"),
        ("Erfahrung in Monaten", "years", "0.083333333333"),
        ("Supervision min per week", "hours per month", "0.07246875"),
        ("Supervision (minutes)", "hours per month", "0.016666666667"),
        ("duration_minutes", "seconds", "60"),
    ],
)
def test_a_name_with_another_unit_of_time_is_asked_with_its_factor(name, unit, factor):
    asked = unit_question(unit, numbers(name, "30", "40"), "x.csv")
    assert asked is not None and asked.choices == (factor, "1")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("years of experience", "years"),
        ("supervision_hours_month", "hours per month"),
        ("Supervision hours", "hours per month"),
        ("Age", "years"),
        ("Duration (in seconds)", "seconds"),
        ("score_month", "points"),
        ("sessions", None),
    ],
)
def test_a_name_with_its_own_unit_or_none_is_not_asked(name, unit):
    assert unit_question(unit, numbers(name, "30", "40"), "x.csv") is None


def test_a_duration_of_few_seconds_without_a_unit_may_be_minutes():
    asked = unit_question("seconds", numbers("duration", "3", "9", "25"), "x.csv")
    assert asked is not None and asked.choices == ("60", "1")
    assert unit_question("seconds", numbers("duration", "30", "90", "250"), "x.csv") is None


def test_months_are_made_years_where_the_answer_says_so(tmp_path):
    months = [24, 60, 300, 12]
    staff = pd.DataFrame({"staff no": list("abcd"), "role": "trainer", "qualification": "degree"})
    staff["experience (months)"] = months
    draft = draft_of(tmp_path, enrolments=enrolments(), staff=staff, wai_sr_client=answers())
    assert "in months, as its name says" in draft.asked("times")
    read = ingest(draft.answered(times="0.083333333333")).tables["practitioners"]
    assert read["experience_years"].tolist() == [2, 5, 25, 1]


def test_a_sign_before_three_digits_in_every_cell_may_part_thousands():
    some = thousands_question(numbers("seconds", "1,072", "2,310", "1,004", "944"), "x.csv")
    assert some is not None and some.choices == ("1",)
    every = thousands_question(numbers("seconds", "1.072", "2.310", "1.004"), "x.csv")
    assert every is not None and every.choices == ("1", "1000")


@pytest.mark.parametrize(
    "cells", [("1.072", "2.31", "1.004", "3.112"), ("0.072", "0.310", "0.004"), ("1.072", "9")]
)
def test_decimals_of_fewer_places_below_one_or_in_one_cell_are_no_thousands(cells):
    assert thousands_question(numbers("seconds", *cells), "x.csv") is None


@pytest.mark.parametrize("word", ["NSP", "s.o.", "n.v.t.", "ddim yn gwybod"])
def test_words_for_no_answer_of_several_languages_are_missing(tmp_path, word):
    frame = answers().astype({"wai_4": object})
    frame.loc[3, "wai_4"] = word
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=frame)
    assert not draft.open
    assert ingest(tmp_path).tables["alliance"]["item_4"].isna().sum() == 1


def test_a_word_among_all_the_numbers_is_asked_why_it_is_none(tmp_path):
    frame = answers().astype({"wai_4": object})
    frame.loc[3, "wai_4"] = "gap"
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=frame)
    assert 'is "gap" (1 cells)' in draft.asked("missing", "gap")
    read = ingest(draft.answered(gap="not answered")).tables["alliance"]
    assert read["item_4"].isna().sum() == 1


def test_a_word_of_a_known_order_among_numbers_is_asked_for_its_number(tmp_path):
    frame = answers().astype({"wai_4": object})
    frame.loc[frame["wai_4"] == 5, "wai_4"] = "Always"
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=frame)
    assert ("labels", "Always") in {place[-2:] for place in draft.open}


STATUS = ["completed"] * (PEOPLE // 2) + ["dropped out"] * (PEOPLE // 2)


@pytest.mark.parametrize(
    ("one", "other"),
    [("status_x", "status_y"), ("status", "status.1"), ("status.x", "status.y"), ("Status", "Status2"),
     ("status...4", "status...5")],
)  # fmt: skip
def test_two_columns_that_a_program_made_of_one_name_are_asked(tmp_path, one, other):
    files = {"enrolments": enrolments(**{one: STATUS, other: STATUS[::-1]}), "wai_sr_client": answers()}
    draft = draft_of(tmp_path, **files)
    question = draft.asked("looked_up")
    assert f'"{one}" and "{other}" have one name' in question and "24 of 24 rows" in question


def test_the_same_cells_twice_and_a_column_read_as_something_else_are_not_asked(tmp_path):
    files = {"enrolments": enrolments(status_x=STATUS, status_y=STATUS), "wai_sr_client": answers()}
    assert not draft_of(tmp_path, **files).open


def test_one_mistyped_year_does_not_make_every_other_day_an_old_one():
    typed = tables(started_on=MONTH, ended_on=[*MONTH[:-1], "2042-06-01"])
    kept = {name: table.copy() for name, table in typed.items()}
    kept["enrolments"].loc[29, "ended_on"] = pd.NaT
    assert {loss.reason for loss in day_losses("enrolments", typed)} == {"long_ago"}
    assert not list(day_losses("enrolments", typed, kept))


def test_a_list_of_attendance_without_days_is_a_table_of_sessions(tmp_path):
    rows = [(f"K{row:03}", session, (row + session) % 2) for row in range(PEOPLE) for session in (1, 2, 3)]
    register = pd.DataFrame(rows, columns=["case no", "session", "attended"])
    draft = draft_of(tmp_path, enrolments=enrolments(), list=register, wai_sr_client=answers())
    assert not draft.open
    assert len(ingest(tmp_path).tables["sessions"]) == 3 * PEOPLE


def test_sessions_counted_from_nought_are_asked_by_their_own_column(tmp_path):
    rows = [(f"K{row:03}", session, "2024-05-01", 1) for row in range(PEOPLE) for session in (0, 1, 2)]
    register = pd.DataFrame(rows, columns=["case no", "session", "held on", "attended"])
    draft = draft_of(tmp_path, enrolments=enrolments(), list=register, wai_sr_client=answers())
    assert "not all of its cells are whole numbers (1 to 500)" in draft.asked("session_no")


def test_one_letter_behind_a_number_is_no_unit(tmp_path):
    cells = [1, 2, "2a"]
    rows = [(f"K{row:03}", cell, "2024-05-01", 1) for row in range(PEOPLE) for cell in cells]
    register = pd.DataFrame(rows, columns=["case no", "session", "held on", "attended"])
    draft = draft_of(tmp_path, enrolments=enrolments(), list=register, wai_sr_client=answers())
    assert {place[-2:] for place in draft.open} == {("missing", "2a")}


QUALTRICS = ("StartDate", "EndDate", "Status", "Progress", "Finished", "RecordedDate", "ResponseId")


def test_what_qualtrics_says_of_a_response_is_nothing_about_a_person(tmp_path):
    frame = answers()
    beside = {name: "2024-05-01 10:00:00" for name in QUALTRICS if name.endswith("Date")}
    beside |= {"Status": "IP Address", "Progress": "100", "Finished": "True"}
    frame = frame.assign(**beside, ResponseId=[f"R_{row:04}" for row in range(len(frame))])
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=frame)
    assert draft.text.count("  enrolments:\n") == 1
    assert not draft.open


def test_who_rated_stands_in_the_name_of_the_sheet(tmp_path):
    path = tmp_path / "programme.xlsx"
    with pd.ExcelWriter(path) as book:
        answers().to_excel(book, sheet_name="WAI client", index=False)
        pd.DataFrame({"case no": [f"K{row:03}" for row in range(PEOPLE)]}).to_excel(book, sheet_name="People")
    parts = recognise_parts(path, path.name)
    assert {file.settings.get("sheet", ""): file_rater(file) for file in parts}["WAI client"] == "client"


def test_sheets_of_several_sessions_are_each_asked_by_their_own_name(tmp_path):
    path = tmp_path / "climate.xlsx"
    with pd.ExcelWriter(path) as book:
        for session in SESSIONS:
            frame = answers().query(f"session == {session}").drop(columns="session")
            frame.to_excel(book, sheet_name=f"Visit {session}", index=False)
    parts = recognise_parts(path, path.name)
    draft = draft_cohort("north", parts, load_instruments())
    named = re.findall(r"climate.xlsx, Visit ([0-9]+): 24", "; ".join(draft.questions))
    assert sorted(map(int, named)) == sorted(SESSIONS)


def test_a_column_that_may_be_the_end_or_the_start_is_asked_where_no_other_is_found(tmp_path):
    people = enrolments(**{"expected start date": ["2024-05-01"], "completed date": ["2024-06-01", ""]})
    draft = draft_of(tmp_path, enrolments=people, wai_sr_client=answers())
    asked = {place[-1] for place in draft.open}
    assert asked == {"enrolments.csv, expected start date", "enrolments.csv, completed date"}
    days = {"expected start date": ["2024-05-01"], "start date": ["2024-05-02"]}
    known = enrolments(**days, status=STATUS)
    assert not draft_of(tmp_path, enrolments=known, wai_sr_client=answers()).open


def test_a_number_with_a_sign_before_it_is_asked_for_its_number(tmp_path):
    frame = answers().astype({"wai_4": object})
    frame["wai_4"] = [f"'{number}" for number in frame["wai_4"]]
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=frame)
    assert {place[-2] for place in draft.open} == {"labels"}


def test_ages_with_three_decimals_are_no_thousands_and_ten_or_more_says_so(tmp_path):
    cells = {"age": ["34.123", "41.377", "50.512"], "convictions": ["3", "10+"]}
    draft = draft_of(tmp_path, enrolments=enrolments(**cells), wai_sr_client=answers())
    assert {place[-2:] for place in draft.open} == {("prior_convictions", "unit")}
    assert '"+" says that it may be more' in draft.asked("unit")
