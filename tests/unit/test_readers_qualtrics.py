"""Qualtrics exports: columns by name or ImportId, previews left out."""

from __future__ import annotations

import csv
from pathlib import Path

from raw_exports import read_export, refusal, texts

NAMES = ["StartDate", "Status", "ResponseId", "Q1_1", "Q1_7", "Q2", "Q2_6_TEXT"]
TEXTS = [
    "Start Date",
    "Response Type",
    "Response ID",
    "How often\n- goals",
    "How often - tasks",
    "Site",
    "Other",
]
IDS = [
    '{"ImportId":"startDate","timeZone":"Europe/Berlin"}',
    '{"ImportId":"status"}',
    '{"ImportId":"_recordId"}',
    '{"ImportId":"QID1_1"}',
    '{"ImportId":"QID1_2"}',
    '{"ImportId":"QID2"}',
    '{"ImportId":"QID2_6_TEXT"}',
]
ROWS = [
    ["2024-01-08", "Survey Preview", "R_0", "1", "1", "1", ""],
    ["2024-01-09", "IP Address", "R_1", "4", "5", "6", "Hof"],
    ["2024-01-10", "Spam", "R_2", "2", "2", "1", ""],
    ["2024-01-11", "IP Address", "R_3", "3", "3", "2", ""],
]


def export(folder: Path, ids: list[str] = IDS, rows: list[list[str]] = ROWS) -> Path:
    path = folder / "survey.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as stream:
        csv.writer(stream).writerows([NAMES, TEXTS, ids, *rows])
    return path


def test_columns_go_by_name_or_by_import_id(tmp_path):
    table = read_export(export(tmp_path), "qualtrics", ("Q1_1", "QID1_2", "QID2"))
    assert texts(table, "Q1_1") == ["1", "4", "2", "3"]
    assert texts(table, "QID1_2") == ["1", "5", "2", "3"]
    assert texts(table, "QID2") == ["1", "6", "1", "2"]
    assert list(table.rows) == [4, 5, 6, 7]
    assert set(table.used) == {"Q1_7", "Q2"} and "QID1_2" in table.names


def test_a_column_can_be_asked_for_by_both(tmp_path):
    table = read_export(export(tmp_path), "qualtrics", ("Q2", "QID2"))
    assert texts(table, "Q2") == texts(table, "QID2") and table.used == ()


def test_a_name_goes_before_an_import_id(tmp_path):
    ids = [*IDS[:3], '{"ImportId":"Q2"}', *IDS[4:]]
    assert texts(read_export(export(tmp_path, ids), "qualtrics", ("Q2",)), "Q2") == ["1", "6", "1", "2"]


def test_an_import_id_that_stands_twice_needs_its_choice(tmp_path):
    ids = [*IDS]
    ids[3] = '{"ImportId":"QID1","choiceId":"1"}'
    ids[4] = '{"ImportId":"QID1","choiceId":"2"}'
    path = export(tmp_path, ids)
    table = read_export(path, "qualtrics", ("QID1 choiceId 2",))
    assert texts(table, "QID1 choiceId 2") == ["1", "5", "2", "3"]
    assert dict(read_export(path, "qualtrics", ("QID1",)).columns) == {}


def test_an_unknown_name_stays_unknown(tmp_path):
    assert dict(read_export(export(tmp_path), "qualtrics", ("QID9",)).columns) == {}


def test_previews_are_left_out_where_the_source_says_so_and_are_counted(tmp_path):
    table = read_export(export(tmp_path), "qualtrics", ("ResponseId",), rows={"Status": ["IP Address", "0"]})
    assert texts(table, "ResponseId") == ["R_1", "R_3"] and list(table.rows) == [5, 7]
    assert table.detected["rows_left_out"] == 'Status is not "IP Address" or "0": 2'
    assert texts(read_export(export(tmp_path), "qualtrics", ("ResponseId",)), "ResponseId") == [
        "R_0",
        "R_1",
        "R_2",
        "R_3",
    ]


def test_rows_can_be_chosen_by_an_import_id(tmp_path):
    table = read_export(export(tmp_path), "qualtrics", ("QID2",), rows={"status": "IP Address"})
    assert texts(table, "QID2") == ["6", "2"] and "status" in table.used


def test_no_row_kept_is_a_problem(tmp_path):
    problem = refusal(export(tmp_path), "qualtrics", ("Q2",), rows={"Status": "IP address"})
    assert "no row is kept" in problem.message and "4" in problem.message
