"""Reads one sheet of an .xls, .xlsb or .ods workbook, as a program of its own (``ground.confined.answer``).

In: path and sheet (null for the first that is not hidden, "" for none). Out: the sheets and which are
hidden, then, of the sheet, its merged ranges and every column from A1 on as distinct cells and codes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from alliance_modes.ground.confined import Decoded, answer, distinct, written

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
Ends = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell of a range, as row and column from 0."""

DAMAGED = (ElementTree.ParseError, zipfile.BadZipFile, ValueError, OSError, OverflowError)

MOST_CELLS = 50_000_000
"""Cells of a sheet, empty ones between the first and the last included."""


def _content(request: Mapping[str, Any]) -> Decoded:
    import python_calamine as calamine

    try:
        workbook = calamine.CalamineWorkbook.from_path(request["path"])
        worksheets = [
            about for about in workbook.sheets_metadata if about.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        visible = calamine.SheetVisibleEnum.Visible
        names = [about.name for about in worksheets]
        first = [about.name for about in worksheets if about.visible == visible]
        sheets = [[name, name in first] for name in names]
        head: dict[str, Any] = {"sheets": sheets, "rows": 0, "columns": [], "merged": []}
        wanted = [*first, *names][0] if names and request["sheet"] is None else request["sheet"]
        if wanted not in names:
            return head, []
        sheet = workbook.get_sheet_by_name(wanted)
        merged = [_range(*ends) for ends in sheet.merged_cell_ranges or _spans(request["path"], wanted)]
        return _cells(sheet, {**head, "merged": merged})
    except calamine.PasswordError:
        return {"problem": "it is protected by a password"}, []
    except (calamine.CalamineError, *DAMAGED) as error:
        return {"problem": (str(error).splitlines() or ["it is damaged"])[0]}, []


def _cells(sheet: Any, head: dict[str, Any]) -> Decoded:
    if sheet.end is None:
        return head, []
    height, width = sheet.end[0] + 1, sheet.end[1] + 1
    if height * width > MOST_CELLS:
        return {"problem": f"its sheet spans {height:,} rows and {width:,} columns"}, []
    rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    codes = []
    for column in zip(*rows, strict=True):
        values, places = distinct(column)
        codes.append(places)
        head["columns"].append({"values": [written(value) for value in values], "missing": []})
    return {**head, "rows": len(rows)}, codes


def _spans(path: str, name: str) -> list[Ends]:
    """The merged ranges of a sheet of an .ods workbook, of which the library does not tell."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        if "content.xml" not in archive.namelist():
            return []
        table: ElementTree.Element | None = None
        with archive.open("content.xml") as stream:
            for _, element in ElementTree.iterparse(stream):
                if element.tag == f"{TABLE}table":
                    if element.get(f"{TABLE}name") == name:
                        table = element
                        break
                    element.clear()
    return [] if table is None else list(_spanned(table))


def _spanned(table: ElementTree.Element) -> Iterator[Ends]:
    row = 0
    for line in table.iter(f"{TABLE}table-row"):
        column = 0
        for cell in line:
            across, down = (int(cell.get(f"{TABLE}number-{way}-spanned", 1)) for way in ("columns", "rows"))
            if across > 1 or down > 1:
                yield (row, column), (row + down - 1, column + across - 1)
            column += int(cell.get(f"{TABLE}number-columns-repeated", 1))
        row += int(line.get(f"{TABLE}number-rows-repeated", 1))


def _cell(value: Any) -> Any:
    """A value as ``written`` takes it: truth and lengths of time as text, a day as its midnight."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return value


def _range(first: tuple[int, int], last: tuple[int, int]) -> str:
    return ":".join(f"{_letters(column)}{row + 1}" for row, column in (first, last))


def _letters(column: int) -> str:
    """Letters of a column, counted from 0."""
    letters = ""
    column += 1
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters


if __name__ == "__main__":
    answer(_content)
