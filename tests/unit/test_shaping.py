"""The declared shape of a sheet: header row, rows that are no records, filling down, columns as rows."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_exports import read_export, refusal, texts, written
from small_cohorts import ENROLMENTS, ingest, problems, write_cohort

from alliance_modes.cohort import Source
from alliance_modes.readers import read
from alliance_modes.readers.header import is_furniture

ROWS = [
    ["case", "lead", "from"],
    ["E1", "P1", "2024-01-08"],
    ["E2", "", "2024-01-09"],
    ["E3", "P2", "2024-01-10"],
]
TITLE = [["Enrolments of the north"], ["as of March"], []]
FOOT = [[], ["Total", "", "3"], ["Extracted 12/03/2025, official"]]


def saved(path: Path, form: str, rows: list[list[str]]) -> Path:
    if form == "csv":
        return written(path, "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows))
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def source(**declared) -> Source:
    return Source.model_validate({"files": "x.csv", "format": "csv", "columns": {}, **declared})


@pytest.mark.parametrize("form", ["csv", "excel"])
def test_title_and_footer_are_no_rows_where_they_are_declared(tmp_path, form):
    path = saved(tmp_path / ("x.csv" if form == "csv" else "x.xlsx"), form, TITLE + ROWS + FOOT)
    declared = {"header_row": 4, "leave_out_rows": {9: True, 10: True}}
    table = read_export(path, form, ("case", "from"), **declared)
    assert texts(table, "case") == ["E1", "E2", "E3"]
    assert table.rows.tolist() == [5, 6, 7]
    assert table.detected["rows_left_out"] == "leave_out_rows: 2"


def test_row_said_to_be_no_record_is_refused_when_it_holds_one(tmp_path):
    path = saved(tmp_path / "x.csv", "csv", ROWS + FOOT)
    problem = refusal(path, "csv", ("case",), leave_out_rows={4: True, 6: True, 7: True, 99: True})
    assert problem.rows == (4, 99) and "holds a record" in problem.message


def test_header_again_in_another_order_is_refused(tmp_path):
    path = saved(tmp_path / "x.csv", "csv", [*ROWS, ["case", "from", "lead"], ["E4", "2024-01-11", "P1"]])
    problem = refusal(path, "csv", ("case",), leave_out_rows={5: True})
    assert "another order" in problem.message and problem.rows == (5,)


def test_header_row_that_is_empty_is_refused_with_the_first_that_is_not(tmp_path):
    path = saved(tmp_path / "x.csv", "csv", TITLE + ROWS)
    assert "is row 1" in refusal(path, "csv", ("case",), header_row=3).hint


def test_title_with_commas_does_not_hide_the_delimiter(tmp_path):
    path = written(tmp_path / "x.csv", "North, south, east\n\ncase;lead\nE1;P1\nE2;P2\n")
    assert texts(read_export(path, "csv", ("lead",), header_row=3), "lead") == ["P1", "P2"]


def test_values_are_filled_down_after_rows_are_left_out(tmp_path):
    rows = [*ROWS[:2], ["Site B"], *ROWS[2:]]
    path = saved(tmp_path / "x.csv", "csv", [row + [""] * (3 - len(row)) for row in rows])
    declared = source(
        leave_out_rows={3: True}, columns={"practitioner_id": {"column": "lead", "fill_down": True}}
    )
    assert texts(read(declared, path, "x.csv", frozenset({"lead"})), "lead") == ["P1", "P1", "P2"]


def test_first_rows_with_nothing_above_them_stay_empty(tmp_path):
    path = saved(tmp_path / "x.csv", "csv", [ROWS[0], ROWS[2], *ROWS[1:]])
    declared = source(columns={"practitioner_id": {"column": "lead", "fill_down": True}})
    assert texts(read(declared, path, "x.csv", frozenset({"lead"})), "lead") == ["", "P1", "P1", "P2"]


def test_ids_of_two_columns_are_one_and_empty_where_a_part_is(tmp_path):
    path = saved(tmp_path / "x.csv", "csv", ROWS)
    declared = source(columns={"enrolment_id": {"columns": ["case", "lead"]}})
    table = read(declared, path, "x.csv", frozenset({"case + lead"}))
    assert texts(table, "case + lead") == ["E1 + P1", "", "E3 + P2"]


marks = st.lists(
    st.lists(st.sampled_from(["1", "0", "", "P"]), min_size=3, max_size=3), min_size=1, max_size=8
)


@settings(max_examples=40, deadline=None)
@given(marks=marks, drop=st.booleans())
def test_register_with_a_column_per_session_is_the_long_table(tmp_path_factory, marks, drop):
    path = tmp_path_factory.mktemp("register") / "x.csv"
    rows = [["case", "S1", "S2", "S3"], *([f"E{place}", *row] for place, row in enumerate(marks))]
    saved(path, "csv", rows)
    turned = {"columns": {"S1": 1, "S2": 2, "S3": 5}, "value": "attended", "leave_out_empty": drop}
    wanted = frozenset({"case", "session_no", "attended"})
    table = read(source(unpivot=turned), path, "x.csv", wanted)
    found = list(zip(texts(table, "case"), texts(table, "session_no"), texts(table, "attended"), strict=True))
    long = [
        (f"E{place}", number, mark)
        for place, row in enumerate(marks)
        for number, mark in zip(("1", "2", "5"), row, strict=True)
    ]
    assert found == [entry for entry in long if entry[2] or not drop]
    assert set(table.rows.tolist()) <= {place + 2 for place in range(len(marks))}


def test_column_that_unpivot_makes_must_not_be_there(tmp_path):
    path = saved(tmp_path / "x.csv", "csv", ROWS)
    turned = {"columns": {"lead": 1, "from": 2}, "value": "case"}
    assert refusal(path, "csv", ("case",), unpivot=turned).column == "case"


@pytest.mark.parametrize("line", ["Total,2,\n", "enrolment,client,started\n", "Summe: 2,,\n", "n=2,,\n"])
def test_id_of_a_totals_line_or_of_the_header_again_is_refused(tmp_path, line):
    write_cohort(tmp_path, enrolments__csv=ENROLMENTS + line)
    problem = problems(tmp_path)[0]
    assert "leave_out_rows" in problem.hint and problem.rows == (4,)


def test_totals_line_that_is_left_out_leaves_the_records(tmp_path):
    write_cohort(tmp_path, enrolments__csv=ENROLMENTS + "Total,2,\n")
    text = (tmp_path / "cohort.yaml").read_text()
    place = text.index("    columns:")
    (tmp_path / "cohort.yaml").write_text(text[:place] + "    leave_out_rows: {4: true}\n" + text[place:])
    assert ingest(tmp_path).tables["enrolments"]["source_row"].tolist() == [2, 3]


@pytest.mark.parametrize("text", ["Total", "Grand total", "n=48", "Mittelwert:", "Extracted on 3 May"])
def test_words_of_summing_up_and_of_origin_are_known(text):
    assert is_furniture(text)


@pytest.mark.parametrize("text", ["E1", "Totality", "N", "Note", "Total Respect", "Stand", "S12"])
def test_ids_and_names_are_not_taken_for_them(text):
    assert not is_furniture(text)
