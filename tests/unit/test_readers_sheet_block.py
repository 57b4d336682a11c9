"""Cells of a sheet found a block at a time, held to those found one by one and to openpyxl's."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from raw_exports import cells, read_export

from alliance_modes.readers import sheet_cells, workbook_xml
from alliance_modes.readers.excel import read_by_openpyxl
from alliance_modes.readers.raw_table import DistinctCells, tidy_cell
from alliance_modes.readers.sheet_block import find_cells
from alliance_modes.readers.sheet_cells import SheetCells
from alliance_modes.readers.source import undeclared
from alliance_modes.readers.workbook_xml import DateStyles

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LETTERS = ("A", "B", "C", "AA")
STYLES = DateStyles(dates=frozenset({1, 2, 3}), lengths=frozenset({3}))
SHARED = np.array(["zero", "one", " two "], dtype=object)
USUAL = (
    '<c r="{at}"><v>5</v></c>',
    '<c r="{at}" t="n"><v>-0.125</v></c>',
    '<c r="{at}"><v>1E3</v></c>',
    '<c r="{at}"><v>20240000000000001</v></c>',
    '<c r="{at}"><v>0.14285714285714285</v></c>',
    '<c r="{at}" s="4"><v>0.43</v></c>',
    '<c r="{at}" s="1"><v>45351.5</v></c>',
    '<c r="{at}" s="2"><v>0.4375</v></c>',
    '<c r="{at}" s="3"><v>1.75</v></c>',
    '<c r="{at}" s="1"><v>-5</v></c>',
    '<c r="{at}" t="b"><v>1</v></c>',
    '<c r="{at}" t="e"><v>#N/A</v></c>',
    '<c r="{at}" t="d"><v>2024-03-05T10:00:00</v></c>',
    '<c r="{at}" t="str"><v>a &amp; b</v></c>',
    '<c r="{at}" t="s"><v>1</v></c>',
    '<c r="{at}" s="3" t="s"><v>2</v></c>',
    '<c r="{at}" t="inlineStr"><is><t>öfters "so" > x</t></is></c>',
    '<c r="{at}" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>',
    '<c r="{at}" t="inlineStr"><is><t></t></is></c>',
    '<c r="{at}"><f>A1*2</f><v>7</v></c>',
    '<c r="{at}" t="str"><f t="shared" si="0"/><v>text</v></c>',
    '<c r="{at}" s="1"/>',
    '<c r="{at}" s="1"></c>',
)
UNUSUAL = (
    '<c r="{at}" t="inlineStr"><is><r><rPr><color rgb="0"/></rPr><t>o</t></r><r><t>ne</t></r></is></c>',
    '<c r="{at}" t="s" cm="1"><v>1</v></c>',
    '<c t="s" r="{at}"><v>0</v></c>',
    "<c r='{at}'><v>5</v></c>",
    '<c r="{at}" t="str"><v><![CDATA[a<b]]></v></c>',
    '<c r="{at}"><!-- five --><v>5</v></c>',
    '<c r="{at}" s="1" ><v >5</v></c>',
    '<c r="{at}"><v>5</v><extLst><ext uri="u"/></extLst></c>',
    '<c r="{at}"><f>A1</f></c>',
    '<c r="{at}"><f>A1</f><v></v></c>',
    '<c r="{at}" t="str"><v xml:space="preserve"> x </v></c>',
    '<c r="{at}" t="str" s="00000000000000000000001"><v>x</v></c>',
    "<c><v>8</v></c>",
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1, 2, 3]),
        st.sampled_from(["", "", ' hidden="1"', ' spans="1:9" ht="15"']),
        st.lists(st.sampled_from([*USUAL, *USUAL, *UNUSUAL, ""]), max_size=len(LETTERS)),
    ),
    min_size=1,
    max_size=9,
)


def sheet_of(rows: list[tuple[int, str, list[str]]]) -> str:
    """The XML of rows, each so many below the one before, their cells in ``LETTERS``."""
    number, said = 0, []
    for below, attributes, written in rows:
        number += below
        content = "".join(
            cell.format(at=f"{letters}{number}") for letters, cell in zip(LETTERS, written, strict=False)
        )
        said.append(f'<row r="{number}"{attributes}>{content}</row>' if content else f'<row r="{number}"/>')
    return "".join(said)


def rows_of(content: str) -> tuple[list[list[object]], list[int], list[int]]:
    sheet = SheetCells(SHARED, STYLES, dt.datetime(1899, 12, 30))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        with ZipFile(path, "w") as archive:
            archive.writestr(
                "s.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{content}</sheetData></worksheet>'
            )
        with ZipFile(path) as archive:
            return list(sheet.rows(archive, "s.xml")), sheet.without_result, sheet.hidden


@settings(max_examples=100, deadline=None)
@given(rows=ROWS, block=st.sampled_from([200, 1_000, 1 << 19]))
def test_a_block_at_a_time_gives_what_one_by_one_gives(rows, block):
    content = sheet_of(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbook_xml, "BLOCK", block)
        quick = rows_of(content)
        patch.setattr(sheet_cells, "_usual", lambda block: None)
        slow = rows_of(content)
    assert repr(quick) == repr(slow)


@pytest.mark.parametrize("cell", USUAL)
def test_what_programs_write_is_found_in_a_block(cell):
    found = find_cells(sheet_of([(1, "", [USUAL[0]]), (1, ' spans="1:2"', [cell, cell])]).encode())
    assert found is not None and found.usual.all() and list(found.columns) == [0, 0, 1]


@pytest.mark.parametrize("cell", UNUSUAL)
def test_what_is_written_otherwise_is_left_to_be_looked_at(cell):
    found = find_cells(sheet_of([(1, "", [USUAL[0]]), (1, "", [cell])]).encode())
    assert found is None or list(found.usual) == [True, False]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(dt.datetime(1905, 1, 1), dt.datetime(2100, 1, 1)).map(
        lambda day: day.replace(microsecond=0)
    ),
    st.dates(dt.date(1905, 1, 1), dt.date(2100, 1, 1)),
    st.times().map(lambda time: time.replace(microsecond=0)),
    st.timedeltas(dt.timedelta(0), dt.timedelta(30)).map(lambda length: dt.timedelta(0, length.seconds)),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), max_size=12).filter(
        lambda text: "x005F_" not in text
    ),
    st.sampled_from(["#N/A", " a ", "0012", "1E5", "a\nb", "x & <y>"]),
)
FORMS = ("General", "0%", "yyyy-mm-dd", "dd/mm/yy hh:mm", "[h]:mm", "hh:mm:ss", "@", "mmm-yy", '0 "days"')


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.lists(st.tuples(VALUES, st.sampled_from(FORMS)), min_size=3, max_size=3), min_size=1),
    epoch=st.sampled_from([dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)]),
)
def test_workbooks_are_read_as_openpyxl_reads_them(rows, epoch):
    names = ("a", "b", "c")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.xlsx"
        book = Workbook()
        book.epoch = epoch
        book.active.append(["key", *names])
        for place, row in enumerate(rows, 2):
            book.active.cell(place, 1, "k")
            for column, (value, form) in enumerate(row, 2):
                cell = book.active.cell(place, column)
                if isinstance(value, str):
                    cell.data_type, cell._value = "e" if value == "#N/A" else "s", value
                else:
                    cell.value = value
                cell.number_format = form if isinstance(value, str | int | float) else cell.number_format
        book.save(path)
        found = read_export(path, "excel", ("key", *names))
        slow = read_by_openpyxl(undeclared("excel"), path, path.name, frozenset(("key", *names)))
    assert list(found.rows) == list(slow.rows)
    for name in names:
        assert cells(found, name) == cells(slow, name), name


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.sampled_from([None, "", "a", " a", 1, 1.0, 0.0, dt.time(9), 2**60]))))
def test_cells_collected_in_pieces_are_those_collected_at_once(pieces):
    collected = DistinctCells()
    for piece in pieces:
        collected.extend(piece)
        collected._settle()
    column = collected.column()
    told = [tidy_cell(cell) for piece in pieces for cell in piece]
    assert [column.values[code] for code in column.codes] == told
    assert column.values == tuple(dict.fromkeys(told))
