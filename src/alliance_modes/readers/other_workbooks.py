"""Workbooks that are not in the form of .xlsx: .xls of Excel 97-2003, .xlsb, and .ods of LibreOffice."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from alliance_modes.readers import workbook_file
from alliance_modes.readers.apart import Decoder, columns_apart
from alliance_modes.readers.archive import BROKEN
from alliance_modes.readers.grid import Grid, chosen_sheet, hidden_sheets, hidden_told
from alliance_modes.readers.hidden_rows import hidden_rows
from alliance_modes.readers.raw_table import RawColumn
from alliance_modes.readers.source import RawSource

OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How a file begins that Excel 97-2003 saved; also a workbook with a password."""

SMALLEST = 512
"""Bytes of the header of such a file."""

DECODER = Decoder(
    workbook_file.__file__,
    "workbook",
    "Open it in Excel or LibreOffice and save it as .xlsx, without a password.",
    "sheets but no cells",
)


def is_other_workbook(path: Path) -> bool:
    """Whether a file is such a workbook, by what it holds."""
    with path.open("rb") as stream:
        start = stream.read(len(OLD_EXCEL))
    if start == OLD_EXCEL:
        return path.stat().st_size >= SMALLEST
    if not start.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except BROKEN:
        return False
    return "xl/workbook.bin" in names or ("content.xml" in names and "xl/workbook.xml" not in names)


def other_grid(source: RawSource, path: Path, file: str) -> Grid:
    """The declared sheet, or the first that is not hidden.

    Raises
    ------
    CohortError
        The workbook is damaged or locked, or has no such sheet.

    Notes
    -----
    A process of its own reads it. Dates, numbers and truth values arrive as such, a formula as its
    stored result. A cell that holds an error (#N/A) cannot be told from an empty one.
    """
    head, columns = columns_apart(DECODER, path, file, sheet=source.sheet)
    names = [name for name, _ in head["sheets"]]
    visible = [name for name, shown in head["sheets"] if shown]
    name = chosen_sheet(source.sheet, names, visible, file)
    notes = hidden_sheets(names, visible, name)
    hidden = hidden_rows(path, name, head["rows"])
    records = hidden_told(_records(columns), hidden, source, notes, file)
    return Grid(name, records, head["merged"], notes)


def other_sheets(path: Path, file: str) -> list[str]:
    """Names of its sheets, hidden ones left out."""
    head, _ = columns_apart(DECODER, path, file, sheet="")
    return [name for name, shown in head["sheets"] if shown]


def _records(columns: Sequence[RawColumn]) -> Iterator[tuple[Any, ...]]:
    cells = [map(column.values.__getitem__, column.codes.tolist()) for column in columns]
    return zip(*cells, strict=True)
