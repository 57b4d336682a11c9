"""KoboToolbox exports: groups, repeats on sheets of their own, several answers to one question."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from raw_exports import read_export, refusal, texts, written
from small_cohorts import COHORT, ingest, write_cohort

MAIN: list[list] = [
    ["start", "person/case_no", "person/needs", "person/needs/literacy", "_id", "_uuid", "_index"],
    ["2024-01-08", "E1", "literacy cognitive", 1, 501, "u-1", 1],
    ["2024-01-09", "E2", "cognitive", 0, 502, "u-2", 2],
    ["2024-01-10", "E3", None, None, 503, "u-3", 3],
]
SESSIONS: list[list] = [
    ["session/no", "session/attended", "_index", "_parent_table_name", "_parent_index", "_submission__id"],
    [1, "yes", 1, "Enrolments", 2, 502],
    [2, "no", 2, "Enrolments", 2, 502],
    [1, "yes", 3, "Enrolments", 1, 501],
]
RATINGS: list[list] = [
    ["session/rating/score", "_index", "_parent_table_name", "_parent_index"],
    [7, 1, "session", 3],
    [9, 2, "session", 1],
]


def kobo(path: Path, **sheets: list[list]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def export(folder: Path) -> Path:
    return kobo(folder / "x.xlsx", Enrolments=MAIN, session=SESSIONS, rating=RATINGS)


def without(rows: list[list], *names: str) -> list[list]:
    keep = [place for place, name in enumerate(rows[0]) if name not in names]
    return [[row[place] for place in keep] for row in rows]


def test_groups_are_part_of_the_name(tmp_path):
    table = read_export(export(tmp_path), "kobo", ("person/case_no", "start"))
    assert texts(table, "person/case_no") == ["E1", "E2", "E3"]
    assert table.detected["sheet"] == "Enrolments"
    assert table.detected["other_sheets"] == "session, rating"


def test_columns_of_the_sheet_above_are_joined_to_a_repeat(tmp_path):
    wanted = ("parent:person/case_no", "session/no")
    table = read_export(export(tmp_path), "kobo", wanted, sheet="session")
    assert texts(table, "parent:person/case_no") == ["E2", "E2", "E1"]
    assert texts(table, "session/no") == ["1", "2", "1"]
    assert list(table.rows) == [2, 3, 4]
    assert "person/case_no" not in table.columns and "_parent_index" in table.used


def test_a_repeat_within_a_repeat_climbs_twice(tmp_path):
    wanted = ("parent:parent:person/case_no", "parent:session/no", "session/rating/score")
    table = read_export(export(tmp_path), "kobo", wanted, sheet="rating")
    assert texts(table, "parent:parent:person/case_no") == ["E1", "E2"]
    assert texts(table, "parent:session/no") == ["1", "1"]


def test_rows_of_the_main_sheet_in_another_order_change_nothing(tmp_path):
    shuffled = [MAIN[0], MAIN[2], MAIN[3], MAIN[1]]
    path = kobo(tmp_path / "x.xlsx", Enrolments=shuffled, session=SESSIONS)
    table = read_export(path, "kobo", ("parent:person/case_no",), sheet="session")
    assert texts(table, "parent:person/case_no") == ["E2", "E2", "E1"]


def test_the_submission_id_links_where_the_index_is_missing(tmp_path):
    sessions = without(SESSIONS, "_parent_index", "_parent_table_name")
    path = kobo(tmp_path / "x.xlsx", Enrolments=MAIN, session=sessions)
    table = read_export(path, "kobo", ("parent:person/case_no",), sheet="session")
    assert texts(table, "parent:person/case_no") == ["E2", "E2", "E1"]


def test_a_long_sheet_name_is_found_as_excel_shortens_it(tmp_path):
    long = "ratings_given_by_the_client_after_it"
    ratings = [[*row[:2], long, row[3]] if number else row for number, row in enumerate(RATINGS)]
    sheets = {"Enrolments": MAIN, long[:31]: SESSIONS, "rating": ratings}
    table = read_export(
        kobo(tmp_path / "x.xlsx", **sheets), "kobo", ("parent:session/attended",), sheet="rating"
    )
    assert texts(table, "parent:session/attended") == ["yes", "yes"]


def test_without_any_link_the_repeat_is_refused(tmp_path):
    sessions = without(SESSIONS, "_parent_index", "_submission__id")
    path = kobo(tmp_path / "x.xlsx", Enrolments=MAIN, session=sessions)
    assert "do not say" in refusal(path, "kobo", ("parent:person/case_no",), sheet="session").message


def test_rows_that_belong_to_nobody_are_named(tmp_path):
    path = kobo(tmp_path / "x.xlsx", Enrolments=MAIN[:2], session=SESSIONS)
    problem = refusal(path, "kobo", ("parent:person/case_no",), sheet="session")
    assert problem.rows == (2, 3) and problem.column == "_parent_index"


def test_an_index_that_stands_twice_is_refused(tmp_path):
    path = kobo(tmp_path / "x.xlsx", Enrolments=[*MAIN, MAIN[1]], session=SESSIONS)
    problem = refusal(path, "kobo", ("parent:person/case_no",), sheet="session")
    assert "more than once" in problem.message


def test_the_main_sheet_has_no_sheet_above(tmp_path):
    problem = refusal(export(tmp_path), "kobo", ("parent:start",), sheet="Enrolments")
    assert "is the main one" in problem.message


def test_a_repeat_in_a_csv_export_is_refused(tmp_path):
    path = written(tmp_path / "x.csv", "start;person/case_no\n2024-01-08;E1\n")
    assert 'the repeat "session"' in refusal(path, "kobo", ("start",), sheet="session").message
    assert "Export as Excel" in refusal(path, "kobo", ("parent:start",)).hint


def test_a_csv_export_without_repeats_is_read(tmp_path):
    path = written(tmp_path / "x.csv", '"start";"person/case_no"\n"2024-01-08";"E1"\n')
    table = read_export(path, "kobo", ("person/case_no",))
    assert texts(table, "person/case_no") == ["E1"] and table.detected["delimiter"] == ";"


def test_options_come_from_their_own_column_or_from_the_joint_one(tmp_path):
    wanted = ("person/needs/literacy", "person/needs/cognitive")
    table = read_export(export(tmp_path), "kobo", wanted)
    assert texts(table, "person/needs/literacy") == ["1", "0", ""]
    assert texts(table, "person/needs/cognitive") == ["1", "1", ""]
    assert "person/needs" in table.used
    path = written(tmp_path / "x.csv", "needs\nliteracy cognitive\ncognitive\n")
    assert texts(read_export(path, "kobo", ("needs/literacy",)), "needs/literacy") == ["1", "0"]


def test_an_option_that_no_answer_names_is_refused(tmp_path):
    problem = refusal(export(tmp_path), "kobo", ("person/needs/litracy",))
    assert '"litracy"' in problem.message and problem.column == "person/needs"


def test_a_cohort_from_one_kobo_workbook(tmp_path):
    export(tmp_path)
    tables = """\
tables:
  enrolments:
    files: x.xlsx
    format: kobo
    columns: {enrolment_id: person/case_no, started_on: start, need_literacy: person/needs/literacy}
  sessions:
    files: x.xlsx
    format: kobo
    sheet: session
    columns:
      enrolment_id: parent:person/case_no
      session_no: session/no
      attended: {column: session/attended, labels: {"yes": true, "no": false}}
  alliance:
"""
    write_cohort(
        tmp_path, COHORT[: COHORT.index("tables:")] + tables + COHORT[COHORT.index("    files: all") :]
    )
    ingested = ingest(tmp_path)
    enrolments, sessions = ingested.tables["enrolments"], ingested.tables["sessions"]
    assert enrolments["need_literacy"].tolist()[:2] == [True, False]
    assert sessions["enrolment_id"].tolist() == [enrolments["enrolment_id"][place] for place in (1, 1, 0)]
    assert sessions["attended"].tolist() == [True, False, True]
    assert sessions["source_row"].tolist() == [2, 3, 4]
    assert ingested.sources["sessions"]["files"][0]["columns_unused"] == []
