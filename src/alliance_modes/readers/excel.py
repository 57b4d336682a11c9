"""Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods) and what is named like one: one header row on one sheet."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.archive import what_is_unsafe
from alliance_modes.readers.declaration import Format, Parts
from alliance_modes.readers.files import require_file
from alliance_modes.readers.grid import Grid, chosen_sheet, hidden_sheets, read_grid
from alliance_modes.readers.html_table import html_grid, html_tables, is_page
from alliance_modes.readers.other_workbooks import is_other_workbook, other_grid, other_sheets
from alliance_modes.readers.raw_table import RawTable
from alliance_modes.readers.sheet_xml import MAIN, WORKBOOK, has_formulas, merged_ranges, sheet_part
from alliance_modes.readers.source import RawSource

if TYPE_CHECKING:
    from openpyxl import Workbook

MALFORMED = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    LookupError,
    ArithmeticError,
    AttributeError,
    ValueError,
    TypeError,
    SyntaxError,
)
"""What openpyxl raises where the XML of a workbook is not as it should be."""

NO_WORKBOOK = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
    KeyError,
    SyntaxError,
)
"""What an archive raises that is damaged, or is no workbook."""


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read one sheet, the declared one or the first; see ``readers.read``.

    Notes
    -----
    Cells that Excel holds as dates, numbers or truth values arrive as such, whatever their display
    format. A formula counts as its stored result. Merged cells hold a value in one cell only, so
    they are refused, as are formulas whose result is not stored in the file.
    """
    require_file(path, file)
    if is_page(path):
        return read_grid(source, html_grid(source.sheet, path, file, source.encoding), file, wanted)
    if is_other_workbook(path):
        if zipfile.is_zipfile(path):
            _require_whole(path, file)
        return read_grid(source, other_grid(source.sheet, path, file), file, wanted)
    _require_whole(path, file)
    workbook = _open(path, file, data_only=True)
    try:
        return read_grid(source, _grid(workbook, source, path, file), file, wanted)
    finally:
        workbook.close()


def _grid(workbook: Workbook, source: RawSource, path: Path, file: str) -> Grid:
    names = [sheet.title for sheet in workbook.worksheets]
    visible = [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    name = chosen_sheet(source.sheet, names, visible, file)
    part = sheet_part(path, name)
    if has_formulas(path, part):
        _require_results(workbook, path, name, file)
    notes = hidden_sheets(names, visible, name)
    return Grid(name, _records(workbook, name, file), merged_ranges(path, part), notes)


def _require_whole(path: Path, file: str) -> None:
    """Read every part of the archive once, so that damage shows before any cell is used."""
    try:
        unsafe = what_is_unsafe(path)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        raise CohortError(file, [_unreadable(file)]) from None
    if unsafe:
        hint = "If it is a workbook of yours, open it, copy the cells into a new one, and save that."
        raise CohortError(file, [Problem(f"this workbook is not read: {unsafe}", hint, file=file)])


def _unreadable(file: str) -> Problem:
    hint = "Open it in Excel and save it as .xlsx, without a password (.xls and .csv are not .xlsx)."
    return Problem("this is not an Excel workbook that can be read", hint, file=file)


def _open(path: Path, file: str, data_only: bool) -> Workbook:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(path, read_only=True, data_only=data_only)
    except (InvalidFileException, *MALFORMED):
        raise CohortError(file, [_unreadable(file)]) from None


def _records(workbook: Workbook, name: str, file: str) -> Iterator[tuple[Any, ...]]:
    sheet = workbook[name]
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    try:
        while True:
            # A date that Excel cannot show arrives as #VALUE! with a warning; the cell is refused later.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                record = next(rows, None)
            if record is None:
                return
            yield record
    except MALFORMED:
        raise CohortError(file, [_unreadable(file)]) from None


def _require_results(workbook: Workbook, path: Path, name: str, file: str) -> None:
    formulas = _open(path, file, data_only=False)
    try:
        rows = [
            row
            for row, (cells, results) in enumerate(
                zip(_records(formulas, name, file), _records(workbook, name, file), strict=True), 1
            )
            if any(
                result is None and isinstance(cell, str) and cell.startswith("=")
                for cell, result in zip(cells, results, strict=True)
            )
        ]
    finally:
        formulas.close()
    if rows:
        hint = "Open the file in Excel, let it calculate, and save it; or paste the values over the formulas."
        problem = Problem("formulas whose results are not stored", hint, file=file, rows=tuple(rows))
        raise CohortError(file, [problem])


def _sheet_names(path: Path) -> list[str]:
    """Names of the sheets that are not hidden; none where it is no workbook, or not safe to open."""
    try:
        if what_is_unsafe(path):
            return []
        with zipfile.ZipFile(path) as archive:
            workbook = ElementTree.fromstring(archive.read(WORKBOOK))
    except NO_WORKBOOK:
        return []
    sheets = workbook.iter(f"{MAIN}sheet")
    return [sheet.get("name", "") for sheet in sheets if sheet.get("state", "visible") == "visible"]


def _several_sheets(path: Path, file: str) -> list[dict[str, str]]:
    if is_page(path):
        sheets = html_tables(path, file)
    elif is_other_workbook(path):
        sheets = other_sheets(path, file)
    else:
        sheets = _sheet_names(path)
    return [{"sheet": sheet} for sheet in sheets] if len(sheets) > 1 else []


FORMAT = Format(
    "excel",
    read,
    suffixes=(".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
    options=("sheet", "header_row", "leave_out_rows"),
    decimal_comma=True,
    parts=Parts(_several_sheets, "by its suffix, one of several sheets", any_table=True),
)
