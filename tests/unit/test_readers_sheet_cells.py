"""Cells of .xlsx workbooks as their XML holds them, held to openpyxl and to hand-made sheets."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from raw_exports import cells, read_export, refusal

from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.drafting.shapes import rows_left_out
from alliance_modes.readers import RawTable
from alliance_modes.readers.excel import read_by_openpyxl
from alliance_modes.readers.source import undeclared

FORMATS = [
    "General", "0", "0.00", "0%", "0.0%", "#,##0", "yyyy-mm-dd", "dd/mm/yyyy", "yyyy-mm-dd hh:mm", "hh:mm",
    "[h]:mm", "mm:ss", "h:mm AM/PM", "[$-409]mmm yyyy", 'd "de" mmmm', '0 "days"', "[Red]0", "0;[Red]-0", "@",
    "#,##0;[Red]-d", "mmm-yy",
]  # fmt: skip
NUMBERS = [
    0,
    0.25,
    0.43,
    1,
    1.75,
    2.5,
    59,
    60,
    61,
    45000,
    45000.5,
    45351.999988,
   
    -5,
    3_000_000,
    1e300,
    123456.7,

]  # fmt: skip
OTHERS = [
    "text",
    " two ",
    "a & b <c>",
    "öfters",
    "line\nbreak",
    "'=1",
    None,
    20240000000000001,
    "1E5",
]


def both_ways(path: Path, wanted: frozenset[str]) -> tuple[RawTable, RawTable]:
    found = read_export(path, "excel", tuple(wanted))
    return found, read_by_openpyxl(undeclared("excel"), path, path.name, wanted)


@pytest.mark.parametrize("epoch", [dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)])
def test_every_kind_of_cell_is_what_openpyxl_reads(tmp_path, epoch):
    book = Workbook()
    book.epoch = epoch
    sheet = book.active
    names = ["key", *(f"c{place}" for place, _ in enumerate(FORMATS))]
    sheet.append(names)
    for row, value in enumerate([*NUMBERS, *OTHERS], 2):
        sheet.cell(row, 1, f"r{row}")
        for column, form in enumerate(FORMATS, 2):
            sheet.cell(row, column, value).number_format = form
    sheet.cell(row + 3, 2, "#N/A").data_type = "e"
    sheet.cell(row + 3, 1, "error")
    path = tmp_path / "x.xlsx"
    book.save(path)
    found, slow = both_ways(path, frozenset(names))
    assert list(found.rows) == list(slow.rows) and found.names == slow.names
    for name in names:
        assert cells(found, name) == cells(slow, name), name
    assert cells(found, "c0")[-1] == "#N/A"


def hand_made(path: Path, rows: str, texts: str = "", head: str = "", namespace: str = "main") -> Path:
    """A workbook of one sheet whose rows are given as XML."""
    space = f"http://schemas.openxmlformats.org/spreadsheetml/2006/{namespace}"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'spreadsheetml.sheet.main+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="application/'
        'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="a" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{relations}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="a" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="b" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{head}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData>'
        "</worksheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{space}">{texts}</sst>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


HEADER = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'
TEXTS = (
    "<si><t>a</t></si><si><r><t>one </t></r><r><rPr><b/></rPr><t>two</t></r></si>"
    '<si><t xml:space="preserve"> x&amp;y </t><rPh sb="0" eb="1"><t>reading</t></rPh></si><si/>'
)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2"><v>5</v></c></row>', ("one two", 5.0)),
        ('<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>3</v></c></row>', ("x&y", "")),
        ('<row spans="1:2" r="2" ht="15"><c t="s" r="A2"><v>1</v></c><c s="0" r="B2"><v>5</v></c></row>',
         ("one two", 5.0)),
        ('<row r="2"><c r="B2"><v>5</v></c></row>', (None, 5.0)),
        ('<row r="2"><c r="B2"><v>5</v></c><c r="A2"><v>4</v></c></row>', (4.0, 5.0)),
        ('<row><c><v>4</v></c><c><v>5</v></c></row>', (4.0, 5.0)),
        ('<row r="2"><!-- no --><c r="A2"><v>4</v></c><c r="B2"><v>5</v></c></row>', (4.0, 5.0)),
        ('<row r="2"><c r="A2" t="str"><v><![CDATA[a<b]]></v></c><c r="B2"><v>5</v></c></row>', ("a<b", 5.0)),
        ('<row r="2"><c r="A2" t="str"><f>B2&amp;"x"</f><v>5x</v></c><c r="B2"><v>5</v></c></row>',
         ("5x", 5.0)),
        ('<row r="2"><c r="A2" t="d"><v>2024-03-05T00:00:00</v></c><c r="B2" t="b"><v>1</v></c></row>',
         (dt.datetime(2024, 3, 5), "true")),
        ('<row r="2"><c r="A2" t="e"><v>#DIV/0!</v></c><c r="B2"><v>1E3</v></c></row>', ("#DIV/0!", 1000.0)),
        ('<row r="2"><c r="A2"><v>20240000000000001</v></c><c r="B2"><v>-0.5</v></c></row>',
         ("20240000000000001", -0.5)),
        ("<row r='2'><c r='A2'><v>4</v></c><c r='B2' ><v>5</v></c></row>", (4.0, 5.0)),
        ('<row r="2" x:y="1" xmlns:x="u"><c r="A2"><v>4</v></c><c r="B2" x:z="1"><v>5</v></c></row>',
         (4.0, 5.0)),
    ],
)  # fmt: skip
def test_cells_of_one_row(tmp_path, row, expected):
    raw = read_export(hand_made(tmp_path / "x.xlsx", HEADER + row, TEXTS), "excel", ("a", "b"))
    assert (*cells(raw, "a"), *cells(raw, "b")) == expected and list(raw.rows) == [2]


def test_rows_keep_their_numbers(tmp_path):
    rows = '<row r="2"/><row r="4"><c r="A4"><v>1</v></c></row><row r="5"/>'
    rows += '<row r="7"><c r="B7"><v>2</v></c></row>'
    raw = read_export(hand_made(tmp_path / "x.xlsx", HEADER + rows, TEXTS), "excel", ("a", "b"))
    assert list(raw.rows) == [4, 7] and cells(raw, "b") == ["", 2.0]


@pytest.mark.parametrize("result", ["", "<v></v>", "<v/>"])
def test_a_formula_without_result_is_refused_with_its_row(tmp_path, result):
    rows = f'<row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c r="A3"><f>A2*2</f>{result}</c></row>'
    problem = refusal(hand_made(tmp_path / "x.xlsx", HEADER + rows, TEXTS), "excel", ("a",))
    assert "results are not stored" in problem.message and problem.rows == (3,)


def test_sheets_in_another_encoding_are_left_to_openpyxl(tmp_path):
    rows = HEADER + '<row r="2"><c r="A2" t="str"><v>x</v></c><c r="B2"><v>5</v></c></row>'
    head = '<?xml version="1.0" encoding="iso-8859-1"?>'
    raw = read_export(hand_made(tmp_path / "x.xlsx", rows, TEXTS, head), "excel", ("a", "b"))
    assert cells(raw, "a") == ["x"] and cells(raw, "b") == [5.0]


def test_hidden_rows_of_sheets_left_to_openpyxl_are_asked_for(tmp_path):
    rows = HEADER + '<row r="3" hidden="1"><c r="A3" t="str"><v>x</v></c><c r="B3"><v>5</v></c></row>'
    rows += '<row r="4"><c r="A4" t="str"><v>y</v></c></row>'
    path = hand_made(tmp_path / "x.xlsx", rows, TEXTS, '<?xml version="1.0" encoding="iso-8859-1"?>')
    assert refusal(path, "excel", ("a",)).rows == (3,)
    assert cells(read_export(path, "excel", ("a",), hidden_rows=False), "a") == ["y"]


def test_a_text_that_is_not_there_is_refused(tmp_path):
    rows = HEADER + '<row r="2"><c r="A2" t="s"><v>99</v></c></row>'
    problem = refusal(hand_made(tmp_path / "x.xlsx", rows, TEXTS), "excel", ("a",))
    assert "not an Excel workbook" in problem.message


def test_strict_open_xml_is_read(tmp_path):
    plain = hand_made(
        tmp_path / "x.xlsx", HEADER + '<row r="2"><c r="A2" t="d"><v>2024-03-05</v></c></row>', TEXTS
    )
    strict = tmp_path / "strict.xlsx"
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(strict, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            content = content.replace(
                "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                "http://purl.oclc.org/ooxml/spreadsheetml/main",
            ).replace(
                "http://schemas.openxmlformats.org/officeDocument/2006",
                "http://purl.oclc.org/ooxml/officeDocument",
            )
            new.writestr(name, content)
    assert cells(read_export(strict, "excel", ("a",)), "a") == [dt.datetime(2024, 3, 5)]


def test_a_truth_value_beside_a_number_stays_one(tmp_path):
    book = Workbook()
    for row in (["a"], [1], [True], [False], [0]):
        book.active.append(row)
    book.save(tmp_path / "x.xlsx")
    assert cells(read_export(tmp_path / "x.xlsx", "excel", ("a",)), "a") == [1.0, "true", "false", 0.0]


def test_hidden_rows_are_asked_for(tmp_path):
    rows = '<row r="2" hidden="1"><c r="A2"><v>1</v></c></row><row r="3"><c r="A3"><v>2</v></c></row>'
    rows += '<row r="4" hidden="1"/>'
    path = hand_made(tmp_path / "x.xlsx", HEADER + rows, TEXTS)
    problem = refusal(path, "excel", ("a",))
    assert "hidden" in problem.message and problem.rows == (2,) and "hidden_rows: true" in problem.hint
    kept = read_export(path, "excel", ("a",), hidden_rows=True)
    assert cells(kept, "a") == [1.0, 2.0] and kept.detected["hidden_rows"] == "1"
    left = read_export(path, "excel", ("a",), hidden_rows=False)
    assert cells(left, "a") == [2.0] and list(left.rows) == [3]
    (part,) = recognise_parts(path, path.name)
    (line,) = rows_left_out(part)
    assert line.text == 'hidden_rows: "?"' and line.asked
    assert "hidden rows of the sheet: 1 of 2" in line.asked.text
