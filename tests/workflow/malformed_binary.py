"""Malformed workbooks, SPSS files and survey exports."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

from malformed import ENROLMENTS, READ, Case, Maker, declared

EXCEL = declared("enrolments.csv\n    format: csv", "enrolments.xlsx\n    format: excel")
SPSS = declared("enrolments.csv\n    format: csv", "enrolments.sav\n    format: spss")
REDCAP = declared("format: csv", "format: redcap\n    repeat_instrument: wellbeing")
QUALTRICS = declared("format: csv", "format: qualtrics")
SHEET, TEXTS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
MIB = 1 << 20
SHARED = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
    b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
"""What makes a reader look for shared texts."""


@cache
def workbook(*further: tuple) -> bytes:
    """A good workbook of enrolments, with ``further`` rows."""
    from openpyxl import Workbook

    book = Workbook()
    for row in (("enrolment", "client", "started"), ("E1", "C1", datetime(2024, 1, 8)), *further):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_part(name: str, change: Callable[[bytes], bytes | None]) -> bytes:
    """The good workbook with one part changed or left out."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for item in old.namelist():
            content = change(old.read(item)) if item == name else old.read(item)
            if content is not None:
                new.writestr(item, content)
    return stream.getvalue()


def bomb(name: str, before: bytes, filling: bytes, megabytes: int, level: int = 6) -> Callable[[Path], None]:
    """Gives a maker of a workbook of which one part inflates to so many megabytes."""

    def make(path: Path) -> None:
        block = filling * (MIB // len(filling))
        with (
            zipfile.ZipFile(io.BytesIO(workbook())) as old,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as new,
        ):
            for item in old.namelist():
                if item != name:
                    new.writestr(item, old.read(item).replace(b"</Types>", SHARED + b"</Types>"))
            with new.open(name, "w", force_zip64=True) as stream:
                stream.write(before)
                for _ in range(megabytes):
                    stream.write(block)

    return make


def excel(
    name: str, content: bytes | Callable[[Path], None], *says: str, alone: bool = False, sheet: str = ""
) -> Case:
    """A case with a workbook of enrolments."""
    cohort = EXCEL.replace("format: excel", f"format: excel\n    sheet: {sheet}") if sheet else EXCEL
    said = says if says == (READ,) else ("enrolments.xlsx", *says)
    return Case(name, said, {"enrolments.csv": None, "enrolments.xlsx": content}, cohort, alone)


def sav(name: str, content: bytes | Callable[[Path], None], *says: str, alone: bool = False) -> Case:
    """A case with an SPSS file of enrolments."""
    files: dict[str, str | bytes | Maker | None] = {"enrolments.csv": None, "enrolments.sav": content}
    return Case(name, ("enrolments.sav", *says), files, SPSS, alone)


def _written_sav(path: Path) -> None:
    import pandas as pd
    import pyreadstat

    rows = {
        "enrolment": [f"E{row}" for row in range(500)],
        "client": [f"C{row}" for row in range(500)],
        "started": ["2024-01-08"] * 500,
    }
    pyreadstat.write_sav(pd.DataFrame(rows), path)


def _cut_sav(share: float) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        _written_sav(path)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return make


def _infinite_sav(path: Path) -> None:
    import pandas as pd
    import pyreadstat

    rows = {"enrolment": ["E1", "E2"], "client": ["C1", "C2"], "started": [float("inf"), 1.0]}
    pyreadstat.write_sav(pd.DataFrame(rows), path)


def _merged(_: None = None) -> bytes:
    merge = b'</sheetData><mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
    return with_part(SHEET, lambda sheet: sheet.replace(b"</sheetData>", merge))


def _cell(old: bytes, new: bytes) -> bytes:
    return with_part(SHEET, lambda sheet: re.sub(old, new, sheet, count=1))


def _dated(serial: bytes) -> bytes:
    return _cell(rb'(<c r="C2"[^>]*><v>)[^<]*', rb"\g<1>" + serial)


def cases() -> Iterator[Case]:
    """Every malformed workbook, SPSS file and survey export."""
    yield from _workbooks()
    yield from _bombs()
    yield from _spss()
    yield from _surveys()


def _workbooks() -> Iterator[Case]:
    good, formula = workbook(), b'<c r="A2"><f>B2</f></c>'
    yield excel("workbook that is a text file", ENROLMENTS.encode(), "not an Excel workbook")
    yield excel("workbook cut short", good[: len(good) // 2], "not an Excel workbook")
    yield excel("empty workbook", b"", "not an Excel workbook")
    yield excel("another zip archive", _other_zip(), "not an Excel workbook")
    yield excel("workbook without sheets", with_part(BOOK, _no_sheets), "sheet")
    yield excel("sheet that is not there", good, "Start", "The sheets are: Sheet", sheet="Start")
    yield excel("part of the sheet is missing", with_part(SHEET, lambda _: None), "->")
    yield excel(
        "sheet that is not XML", with_part(SHEET, lambda sheet: sheet[:-200]), "not an Excel workbook"
    )
    yield excel("formula without its result", _cell(rb'<c r="A2".*?</c>', formula), "row 2", "formulas")
    yield excel("merged cells", _merged(), "merged cells", "A2:A3")
    yield excel(
        "error cell", _cell(rb'<c r="A2".*?</c>', b'<c r="A2" t="e"><v>#N/A</v></c>'), "row 2", "#N/A"
    )
    yield excel("date before 1900", _dated(b"-400"), "row 2", '"started"')
    yield excel("date in a year beyond 9999", _dated(b"99999999"), "row 2", '"started"')
    lost = "left out: orphan"
    yield excel("dates from 1904", with_part(BOOK, _from_1904), "2028-01-09 to 2028-01-09", lost)
    yield excel("duplicate headers in a workbook", workbook(("E2",)), "->", sheet="None")
    yield excel("row of a workbook without a date", workbook(("E2", "C2", None)), READ)
    huge = with_part(SHEET, lambda sheet: re.sub(rb'ref="A1:[A-Z0-9]+"', b'ref="A1:XFD1048576"', sheet))
    yield excel("dimension of the whole sheet", huge, "1 rows, 1 kept", "left out: orphan")


def _other_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("letter.txt", "nothing")
    return stream.getvalue()


def _no_sheets(book: bytes) -> bytes:
    return re.sub(rb"<sheets>.*</sheets>", b"<sheets></sheets>", book, flags=re.DOTALL)


def _from_1904(book: bytes) -> bytes:
    return re.sub(rb"<workbookPr\s*/>", b'<workbookPr date1904="1"/>', book)


def _bombs() -> Iterator[Case]:
    main = b'<?xml version="1.0"?><%s xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    sheet, texts = main % b"worksheet" + b"<sheetData>", main % b"sst"
    row = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    yield excel("zip bomb of 1.5 GB", bomb(SHEET, sheet, b"1", 1500, level=1), "more than 1 GB", alone=True)
    yield excel("zip bomb of 100 MB", bomb(SHEET, sheet, row, 100), "over and over", alone=True)
    yield excel(
        "bomb of shared texts", bomb(TEXTS, texts, b"<si><t>x</t></si>", 200), "sharedStrings", alone=True
    )
    yield excel(
        "row of 15 MB", bomb(SHEET, sheet + b"<row>", b"<c><v>1</v></c>", 15), "a row of more", alone=True
    )
    yield excel("shared texts nested deeply", bomb(TEXTS, texts, b"<si>", 15), "nested", alone=True)
    yield excel(
        "style sheet of 18 MB", bomb("xl/styles.xml", main % b"styleSheet", b"<a/>", 18), "styles", alone=True
    )
    last = b'<row r="999999999999"><c><v>1</v></c></row></sheetData>'
    far = with_part(SHEET, lambda content: content.replace(b"</sheetData>", last))
    yield excel("row numbered beyond the last", far, "numbers a row", alone=True)
    entities = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><worksheet'
    laughs = with_part(SHEET, lambda content: content.replace(b"<worksheet", entities, 1))
    yield excel("entities in a sheet", laughs, "declares entities", alone=True)


def _spss() -> Iterator[Case]:
    yield sav("empty .sav", b"", "->")
    yield sav("random bytes as .sav", bytes(range(256)) * 64, "->", alone=True)
    yield sav("random bytes after the mark of SPSS", b"$FL2@(#)" + bytes(range(256)) * 64, "->", alone=True)
    yield sav(".sav cut within its header", _cut_sav(0.02), "->", alone=True)
    yield sav(".sav cut within its variables", _cut_sav(0.1), "->", alone=True)
    yield sav(".sav cut within its data", _cut_sav(0.7), "->", alone=True)
    yield sav("infinite number in .sav", _infinite_sav, "row 1", alone=True)


def _surveys() -> Iterator[Case]:
    repeats = "enrolment,client,started,redcap_repeat_instrument\nE1,C1,2024-01-08,other\n"
    yield Case("unknown repeating instrument", ("wellbeing", "other"), {"enrolments.csv": repeats}, REDCAP)
    yield Case("no repeating instrument", ("wellbeing", "->"), {}, REDCAP)
    two = 'enrolment,client,started\n"{""ImportId"":""a""}","{""ImportId"":""b""}","{""ImportId"":""c""}"\n'
    yield Case(
        "Qualtrics with two header rows",
        ("header rows",),
        {"enrolments.csv": two + "E1,C1,2024-01-08\n"},
        QUALTRICS,
    )
    yield Case("Qualtrics with one header row", ("header row", "csv"), {}, QUALTRICS)
