"""Excel workbooks and SPSS files."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook

from alliance_modes.cohort import Source
from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers import RawTable, read


def read_file(path: Path, form: str, wanted=("a", "b"), **settings) -> RawTable:
    source = Source.model_validate({"files": "x", "format": form, "columns": {}, **settings})
    return read(source, path, path.name, frozenset(wanted))


def values(table: RawTable, name: str) -> list:
    column = table.columns[name]
    return [column.values[code] for code in column.codes]


def refusal(path: Path, form: str, **settings) -> Problem:
    with pytest.raises(CohortError) as caught:
        read_file(path, form, **settings)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def workbook(path: Path, *rows, change=None) -> Path:
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if change:
        change(book, sheet)
    book.save(path)
    return path


def test_excel_cells_keep_their_kind(tmp_path):
    day = dt.datetime(2024, 1, 8)
    path = workbook(
        tmp_path / "x.xlsx", ["a", "b"], [" 007 ", 12], [day, 2.5], [True, None], [None, None], [0, "x"]
    )
    table = read_file(path, "excel")
    assert values(table, "a") == ["007", day, "true", 0.0]
    assert values(table, "b") == [12.0, 2.5, "", "x"]
    assert list(table.rows) == [2, 3, 4, 6]
    assert dict(table.detected) == {"sheet": "Sheet"}


def test_excel_declared_sheet(tmp_path):
    def second(book, _):
        book.create_sheet("Staff").append(["a"])
        book["Staff"].append(["here"])

    path = workbook(tmp_path / "x.xlsx", ["a"], ["first"], change=second)
    assert values(read_file(path, "excel", sheet="Staff"), "a") == ["here"]
    assert values(read_file(path, "excel"), "a") == ["first"]
    problem = refusal(path, "excel", sheet="staff")
    assert '"staff"' in problem.message and "Sheet, Staff" in problem.hint


def test_excel_merged_cells_are_refused(tmp_path):
    path = workbook(
        tmp_path / "x.xlsx", ["a", "b"], [1, 2], [3, 4], change=lambda _, s: s.merge_cells("A2:A3")
    )
    problem = refusal(path, "excel")
    assert "A2:A3" in problem.message


def test_excel_formula_without_stored_result_is_refused(tmp_path):
    path = workbook(tmp_path / "x.xlsx", ["a", "b"], [1, "=A2*2"], [2, 4])
    problem = refusal(path, "excel")
    assert "formulas" in problem.message and problem.rows == (2,)


def test_excel_formula_with_stored_result_counts_as_its_result(tmp_path):
    path = workbook(tmp_path / "plain.xlsx", ["a", "b"], [1, 6])
    calculated = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(calculated, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<v>6</v>", b"<f>A2*6</f><v>6</v>")
                assert b"<f>" in content
            new.writestr(name, content)
    assert values(read_file(calculated, "excel"), "b") == [6.0]


def test_excel_values_beyond_the_header_are_refused(tmp_path):
    path = workbook(tmp_path / "x.xlsx", ["a", "b"], [1, 2, 3])
    assert "beyond the 2 named columns" in refusal(path, "excel").message


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"PK\x03\x04nothing", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]
)
def test_excel_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    assert "not an Excel workbook" in refusal(path, "excel").message


def test_excel_without_rows(tmp_path):
    assert "empty" in refusal(workbook(tmp_path / "x.xlsx"), "excel").message
    assert "no data rows" in refusal(workbook(tmp_path / "y.xlsx", ["a", "b"]), "excel").message


def spss(path: Path, table: pd.DataFrame, **settings) -> Path:
    import pyreadstat

    pyreadstat.write_sav(table, path, **settings)
    return path


def test_spss_codes_are_kept_and_user_missing_carries_its_label(tmp_path):
    table = pd.DataFrame({"a": [1.0, -99.0, -98.0, None], "b": ["x", "", "y", "z"]})
    path = spss(
        tmp_path / "x.sav",
        table,
        variable_value_labels={"a": {1: "never", -99: "refused"}},
        missing_ranges={"a": [{"lo": -99, "hi": -98}]},
    )
    raw = read_file(path, "spss")
    assert values(raw, "a") == [1.0, -99.0, -98.0, None]
    assert dict(raw.columns["a"].user_missing) == {-99.0: "refused", -98.0: "user-missing value"}
    assert values(raw, "b") == ["x", "", "y", "z"]
    assert list(raw.rows) == [1, 2, 3, 4]


def test_spss_dates_are_dates(tmp_path):
    path = spss(tmp_path / "x.sav", pd.DataFrame({"a": [dt.date(2024, 1, 8), None], "b": [1, 2]}))
    assert values(read_file(path, "spss"), "a") == [dt.date(2024, 1, 8), None]


def test_spss_columns_that_are_not_wanted_are_not_kept(tmp_path):
    path = spss(tmp_path / "x.sav", pd.DataFrame({"name": ["Ada"], "a": [1.0]}))
    raw = read_file(path, "spss")
    assert raw.names == ("name", "a") and set(raw.columns) == {"a"}
    assert read_file(path, "spss", wanted=("z",)).columns == {}


def test_spss_that_is_none_or_has_no_cases_is_refused(tmp_path):
    path = tmp_path / "x.sav"
    path.write_bytes(b"")
    assert "empty" in refusal(path, "spss").message
    path.write_bytes(b"a,b\n1,2\n")
    assert "cannot be read" in refusal(path, "spss").message
    empty = spss(tmp_path / "y.sav", pd.DataFrame({"a": pd.Series(dtype="float64")}))
    assert "no cases" in refusal(empty, "spss").message
