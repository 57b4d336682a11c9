"""Tables in other containers: old and free workbooks, web pages, JSON, archives, and what is not read."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest
from containers import Markup, ods, xls, xlsb

from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers import RawTable, read
from alliance_modes.readers.raw_table import cell_text
from alliance_modes.readers.source import undeclared

ROWS: list[list[object]] = [["id", "score", "note"], ["E1", 3, "ä"], ["E2", 4.5, None], ["E3", 99, "z"]]
CSV = "id,score\nE1,3\nE2,4.5\n"


def read_file(path: Path, form: str, wanted=("id", "score", "note"), **settings) -> RawTable:
    return read(undeclared(form, **settings), path, path.name, frozenset(wanted))


def values(table: RawTable, name: str) -> list:
    column = table.columns[name]
    return [column.values[code] for code in column.codes]


def refusal(path: Path, form: str, **settings) -> Problem:
    with pytest.raises(CohortError) as caught:
        read_file(path, form, **settings)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def unread(path: Path) -> Problem:
    with pytest.raises(CohortError) as caught:
        recognise_parts(path, path.name)
    return caught.value.problems[0]


WRITERS = pytest.mark.parametrize(("write", "ending"), [(xls, "xls"), (xlsb, "xlsb"), (ods, "ods")])


@WRITERS
def test_old_and_free_workbooks_are_read_as_those_of_excel(tmp_path, write, ending):
    table = read_file(write(tmp_path / f"x.{ending}", {"Data": ROWS}), "excel")
    assert values(table, "id") == ["E1", "E2", "E3"]
    assert values(table, "score") == [3.0, 4.5, 99.0]
    assert values(table, "note") == ["ä", "", "z"]
    assert list(table.rows) == [2, 3, 4] and dict(table.detected) == {"sheet": "Data"}


@WRITERS
def test_rows_are_counted_from_the_first_of_the_sheet(tmp_path, write, ending):
    path = write(tmp_path / f"x.{ending}", {"Data": [[None], ["id", "score"], ["E1", 1], [None], ["E2", 2]]})
    assert list(read_file(path, "excel").rows) == [3, 5]


@WRITERS
def test_hidden_sheets_are_no_data_unless_asked_for(tmp_path, write, ending):
    path = write(tmp_path / f"x.{ending}", {"Old": ROWS[:2], "Data": ROWS}, hidden=["Old"])
    table = read_file(path, "excel")
    assert dict(table.detected) == {"sheet": "Data", "hidden_sheets": "Old"}
    assert len(read_file(path, "excel", sheet="Old").rows) == 1
    (part,) = recognise_parts(path, path.name)
    assert part.rows == 3 and "hidden sheets, not read: Old" in part.why


@WRITERS
def test_hidden_rows_are_asked_for(tmp_path, write, ending):
    sheets = {"Old": [["a"], ["b"]], "Data": [*ROWS, [None]]}
    path = write(tmp_path / f"x.{ending}", sheets, hidden_rows=[3, 5])
    problem = refusal(path, "excel", sheet="Data")
    assert "hidden" in problem.message and problem.rows == (3,) and "hidden_rows: true" in problem.hint
    kept = read_file(path, "excel", sheet="Data", hidden_rows=True)
    assert values(kept, "id") == ["E1", "E2", "E3"] and kept.detected["hidden_rows"] == "1"
    left = read_file(path, "excel", sheet="Data", hidden_rows=False)
    assert values(left, "id") == ["E1", "E3"] and list(left.rows) == [2, 4]
    drafted = recognise_parts(path, path.name)
    assert "hidden rows, not read: 1" in drafted[-1].why


def test_rows_that_an_ods_workbook_repeats_or_filters_are_counted(tmp_path):
    rows: list[list[object]] = [["id"], [1], [2], [3], [4], [5], [6], [7], [8]]
    path = ods(tmp_path / "x.ods", {"Data": rows}, hidden_rows=[3])
    content = zipfile.ZipFile(path).read("content.xml").decode()
    row = '<table:table-row><table:table-cell office:value-type="float" office:value="6">'
    repeated = content.replace(row, row.replace("-row>", '-row table:number-rows-repeated="3">'))
    filtered = repeated.replace(
        row.replace('"6"', '"7"'),
        row.replace('"6"', '"7"').replace("-row>", '-row table:visibility="filter">'),
    )
    with zipfile.ZipFile(tmp_path / "y.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", zipfile.ZipFile(path).read("META-INF/manifest.xml"))
        archive.writestr("content.xml", filtered)
    assert refusal(tmp_path / "y.ods", "excel").rows == (3, 10)


def test_where_hidden_rows_cannot_be_seen_the_note_says_so(tmp_path, monkeypatch):
    path = xls(tmp_path / "x.xls", {"Data": ROWS})
    monkeypatch.setattr("alliance_modes.readers.hidden_rows.STREAMS", ())
    assert "save it as .xlsx" in read_file(path, "excel").detected["unseen_rows"]
    (part,) = recognise_parts(path, path.name)
    assert "whether rows are hidden: cannot be seen" in part.why


@WRITERS
def test_each_sheet_that_looks_like_a_table_is_a_part(tmp_path, write, ending):
    path = write(tmp_path / f"x.{ending}", {"One": ROWS, "Two": ROWS, "Notes": [["see"], ["above"]]})
    assert [part.settings["sheet"] for part in recognise_parts(path, path.name)] == ["One", "Two"]
    assert "One, Two, Notes" in refusal(path, "excel", sheet="Three").hint


@WRITERS
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_damaged_workbooks_are_refused(tmp_path, write, ending, keep):
    path = write(tmp_path / f"x.{ending}", {"Data": ROWS * 200})
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    try:
        table = read_file(path, "excel")
    except CohortError as error:
        assert error.problems[0].hint
    else:
        assert len(table.rows) == 799


def test_a_workbook_that_claims_a_vast_sheet_is_refused(tmp_path):
    path = ods(tmp_path / "x.ods", {"Data": ROWS})
    with zipfile.ZipFile(path) as old:
        content = old.read("content.xml").decode()
        manifest = old.read("META-INF/manifest.xml")
    vast = tmp_path / "vast.ods"
    with zipfile.ZipFile(vast, "w") as new:
        new.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        new.writestr("META-INF/manifest.xml", manifest)
        content = content.replace("-cell office", '-cell table:number-columns-repeated="16384" office')
        content = content.replace("-row>", '-row table:number-rows-repeated="1048576">', 1)
        new.writestr("content.xml", content)
    assert "this workbook cannot be read" in refusal(vast, "excel").message


TYPED = '<table:table-cell office:value-type="{}" office:{}="{}"/>'


def test_cells_of_a_free_workbook_keep_their_kind(tmp_path):
    kinds = [
        ("date", "date-value", "2024-03-05"),
        ("date", "date-value", "2024-03-05T10:30:00"),
        ("percentage", "value", "0.43"),
        ("boolean", "boolean-value", "true"),
        ("time", "time-value", "PT26H30M00S"),
        ("float", "value", "20240000000000001"),
    ]
    rows: list[list[object]] = [["id", "score"]]
    rows += [["x", Markup(TYPED.format(*kind))] for kind in kinds]
    table = read_file(ods(tmp_path / "x.ods", {"Data": rows}), "excel")
    days = [dt.datetime(2024, 3, 5), dt.datetime(2024, 3, 5, 10, 30)]
    assert values(table, "score") == [*days, 0.43, "true", "PT26H30M00S", 20240000000000001.0]
    assert cell_text(values(table, "score")[-1]) == "2.024e+16"  # which ids are refused for


def test_merged_cells_of_a_free_workbook_are_refused(tmp_path):
    wide = '<table:table-cell table:number-rows-spanned="2" office:value-type="float" office:value="3"/>'
    sheets: dict[str, list[list[object]]] = {
        "First": [["a"], ["b"]],
        "Data": [["id", "score"], ["E1", Markup(wide)], ["E2", None]],
    }
    path = ods(tmp_path / "x.ods", sheets)
    assert "B2:B3" in refusal(path, "excel", sheet="Data").message
    assert len(read_file(path, "excel", sheet="First").rows) == 1


PAGE = """<html><head><meta charset="utf-8"><style>td {x: y}</style></head><body>
<table border=1><tr><th>id</th><th>score</th><th>note</th></tr>
<tr><td>E1<td>3<td>a &amp; b<br>c
<tr><td>E2</td><td>4.5</td><td></td></tr></table></body></html>"""


@pytest.mark.parametrize("ending", ["xls", "html"])
def test_the_table_of_a_page_is_read_whatever_its_ending(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    path.write_text(PAGE)
    (part,) = recognise_parts(path, path.name)
    table = read_file(path, part.format)
    assert values(table, "id") == ["E1", "E2"] and values(table, "score") == ["3", "4.5"]
    assert values(table, "note") == ["a & b c", ""] and list(table.rows) == [2, 3]
    assert table.detected["content"] == "a web page, whatever its ending"


def test_of_several_tables_one_has_to_be_named(tmp_path):
    path = tmp_path / "x.xls"
    path.write_text(PAGE.replace("</body>", "<table><tr><td>id<td>score<tr><td>E9<td>1</table></body>"))
    assert "table 1, table 2" in refusal(path, "excel").hint
    assert values(read_file(path, "excel", sheet="table 2"), "id") == ["E9"]


def test_cells_of_a_page_that_span_others_are_refused(tmp_path):
    path = tmp_path / "x.html"
    path.write_text(PAGE.replace("<td>4.5</td><td>", "<td colspan=2>"))
    assert "merged cells" in refusal(path, "html").message


def test_a_page_in_the_encoding_that_it_states(tmp_path):
    path = tmp_path / "x.xls"
    path.write_bytes(PAGE.replace("utf-8", "windows-1252").replace("a &amp; b", "öfters").encode("cp1252"))
    assert values(read_file(path, "excel"), "note")[0] == "öfters c"


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ('[{"id": "E1", "score": 3, "ok": true}, {"id": "E2", "note": null}]', {}),
        ('{"id": "E1", "score": 3, "ok": true}\n\n{"id": "E2", "note": null}\n', {}),
        ('{"count": 2, "results": [{"id": "E1", "score": 3, "ok": true}, {"id": "E2", "note": null}]}',
         {"records": "results"}),
    ],
)  # fmt: skip
def test_records_of_json(tmp_path, text, notes):
    path = tmp_path / "x.json"
    path.write_text(text)
    table = read_file(path, "json", wanted=("id", "score", "note", "ok"))
    assert table.names == ("id", "score", "ok", "note")
    assert values(table, "id") == ["E1", "E2"] and values(table, "score") == [3.0, ""]
    assert values(table, "note") == ["", None] and values(table, "ok") == ["true", ""]
    assert dict(table.detected) == notes


def test_json_numbers_of_many_digits_and_truth_beside_one(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('[{"id": 20240000000000001, "score": 1}, {"id": 20240000000000002, "score": true}]')
    table = read_file(path, "json")
    assert values(table, "id") == ["20240000000000001", "20240000000000002"]
    assert values(table, "score") == [1.0, "true"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"id": {"a": 1}}]', "nested"),
        ('[{"id": 1, "id": 2}]', "more than once"),
        ('{"a": [{"id": 1}], "b": [{"id": 2}]}', "2 lists of records"),
        ("[1, 2]", "no list of records"),
        ('[{"id": 1', "cannot be read"),
        ('{"id": 1}\n{"id": \n', "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "no records"),
        ("", "empty"),
    ],
)
def test_json_that_is_no_table_is_refused(tmp_path, text, said):
    path = tmp_path / "x.json"
    path.write_text(text)
    assert said in refusal(path, "json", wanted=("id",)).message


def test_fields_that_are_not_wanted_may_be_nested(tmp_path):
    path = tmp_path / "x.json"
    path.write_text('[{"id": "E1", "tags": [1, 2]}]')
    assert values(read_file(path, "json", wanted=("id",)), "id") == ["E1"]


def zipped(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
        archive.writestr("__MACOSX/._x.csv", "resource")
    return path


def test_the_one_export_of_an_archive_is_read(tmp_path):
    path = zipped(tmp_path / "June.zip", data__csv=CSV)
    (part,) = recognise_parts(path, path.name)
    assert (part.name, part.format, part.rows) == ("June.zip", "csv", 2)
    table = read_file(path, "csv")
    assert table.file == "June.zip" and values(table, "score") == ["3", "4.5"]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"a__csv": CSV, "b__csv": CSV}, "2 files (a.csv, b.csv)"),
        ({}, "no file"),
        ({"a__zip": "x"}, "another archive"),
        ({"a__csv": "id,score\n" + "1,2\n" * 8_000_000}, "unpacks to more"),
    ],
)
def test_archives_of_anything_else_are_refused(tmp_path, members, said):
    problem = refusal(zipped(tmp_path / "x.zip", **members), "csv")
    assert said in problem.message and problem.hint


def test_locked_and_damaged_archives_are_refused(tmp_path):
    path = zipped(tmp_path / "x.zip", a__csv=CSV)
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02", 0, content.rindex(b"PK\x01\x02"))
    content[directory + 8] |= 1
    path.write_bytes(content)
    assert "password" in refusal(path, "csv").message
    path.write_bytes(content[:60])
    assert "damaged" in refusal(path, "csv").message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.jasp", "Export Data"),
        ("x.omt", "template"),
        ("x.xml", "one table per form as CSV"),
        ("x.pdf", "inside a document"),
        ("x.strange", "Export it as one of: .csv"),
        ("x", "Export it as one of: .csv"),
    ],
)
def test_kinds_that_are_not_read_say_what_to_export(tmp_path, name, said):
    (tmp_path / name).write_bytes(b"\0\1")
    problem = unread(tmp_path / name)
    assert "not read" in problem.message and said in problem.hint
