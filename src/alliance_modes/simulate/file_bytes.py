"""Writing exports so that their bytes depend on what is in them alone."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from alliance_modes.ground.files import whole_file

if TYPE_CHECKING:
    from openpyxl import Workbook

ZIP_DATE = (1980, 1, 1, 0, 0, 0)
CORE_DATE = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def write_delimited(
    table: pd.DataFrame,
    path: Path,
    delimiter: str = ",",
    headers: Iterable[Iterable[str]] | None = None,
    encoding: str = "utf-8",
) -> None:
    """Write text cells as CSV with Unix line ends; ``headers`` in place of the column names."""
    with whole_file(path) as temporary, open(temporary, "w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
        writer.writerows(headers if headers is not None else [list(table.columns)])
        writer.writerows(zip(*(table[name].tolist() for name in table), strict=True))


def write_workbook(sheets: Mapping[str, list[list[Any]]], path: Path) -> None:
    """Write an Excel workbook, one list of rows per sheet, without the clock's time in it."""
    with whole_file(path) as temporary:
        temporary.write_bytes(workbook_bytes(sheets))


def workbook_bytes(sheets: Mapping[str, list[list[Any]]]) -> bytes:
    """The bytes of such a workbook."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook of openpyxl, whenever it is saved."""
    written = io.BytesIO()
    book.save(written)
    return _fixed_zip(written)


def _fixed_zip(written: io.BytesIO) -> bytes:
    """Fix every date, and store without compression, whose bytes differ between zlib builds."""
    with zipfile.ZipFile(written) as archive:
        members = [(member.filename, archive.read(member)) for member in archive.infolist()]
    fixed = io.BytesIO()
    with zipfile.ZipFile(fixed, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            if name == "docProps/core.xml":
                content = CORE_DATE.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", content)
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.compress_type = zipfile.ZIP_STORED
            archive.writestr(entry, content)
    return fixed.getvalue()
