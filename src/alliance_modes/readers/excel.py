"""Workbooks (.xlsx, .xlsm, .xls, .xlsb, .ods) and what is named like one: one header row on one sheet."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.archive import BROKEN, what_is_unsafe
from alliance_modes.readers.declaration import Format, Parts
from alliance_modes.readers.files import require_file
from alliance_modes.readers.grid import (
    ChangedRows,
    Grid,
    as_they_are,
    chosen_sheet,
    hidden_sheets,
    hidden_told,
    read_grid,
    tell_hidden,
)
from alliance_modes.readers.html_table import html_grid, html_tables, is_page
from alliance_modes.readers.other_workbooks import is_other_workbook, other_grid, other_sheets
from alliance_modes.readers.raw_table import RawTable, as_objects
from alliance_modes.readers.sheet_cells import SheetCells, is_usual_sheet
from alliance_modes.readers.sheet_xml import has_formulas, hidden_rows, merged_ranges
from alliance_modes.readers.source import RawSource
from alliance_modes.readers.workbook_xml import WorkbookXml, date_styles, shared_texts, workbook_xml

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
    *BROKEN,
    KeyError,
    SyntaxError,
)
"""What an archive raises that is damaged, or is no workbook."""


def read(
    source: RawSource, path: Path, file: str, wanted: frozenset[str], changed: ChangedRows = as_they_are
) -> RawTable:
    """Read one sheet, the declared one or the first, its rows ``changed``; see ``readers.read``.

    Notes
    -----
    Cells that Excel holds as dates, numbers or truth values arrive as such, whatever their display
    format. A formula counts as its stored result. Merged cells hold a value in one cell only, so
    they are refused, as are formulas whose result is not stored in the file.
    """
    require_file(path, file)
    if is_page(path):
        return read_grid(source, html_grid(source.sheet, path, file, source.encoding), file, wanted, changed)
    if is_other_workbook(path):
        if zipfile.is_zipfile(path):
            _require_whole(path, file)
        return read_grid(source, other_grid(source, path, file), file, wanted, changed)
    _require_whole(path, file)
    about = _about(path, file)
    if about is not None and _is_usual(path, about):
        return read_grid(source, _streamed(source, about, path, file), file, wanted, changed)
    return read_by_openpyxl(source, path, file, wanted, changed)


def read_by_openpyxl(
    source: RawSource, path: Path, file: str, wanted: frozenset[str], changed: ChangedRows = as_they_are
) -> RawTable:
    """Read a workbook whose XML is written otherwise than usual, at a tenth of the speed."""
    workbook = _open(path, file, data_only=True)
    try:
        return read_grid(source, _grid(workbook, source, path, file), file, wanted, changed)
    finally:
        workbook.close()


def _about(path: Path, file: str) -> WorkbookXml | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return workbook_xml(archive)
    except NO_WORKBOOK:
        raise CohortError(file, [_unreadable(file)]) from None


def _is_usual(path: Path, about: WorkbookXml) -> bool:
    with zipfile.ZipFile(path) as archive:
        return all(is_usual_sheet(archive, sheet.part) for sheet in about.sheets)


def _streamed(source: RawSource, about: WorkbookXml, path: Path, file: str) -> Grid:
    names = [sheet.name for sheet in about.sheets]
    visible = [sheet.name for sheet in about.sheets if not sheet.hidden]
    name = chosen_sheet(source.sheet, names, visible, file)
    part = next(sheet.part for sheet in about.sheets if sheet.name == name)
    notes = hidden_sheets(names, visible, name)
    records = _rows(source, about, path, part, file, notes)
    return Grid(name, records, merged_ranges(path, part), notes)


def _rows(
    source: RawSource, about: WorkbookXml, path: Path, part: str, file: str, notes: dict[str, str]
) -> Iterator[list[Any]]:
    try:
        with zipfile.ZipFile(path) as archive:
            texts, styles = as_objects(shared_texts(archive, about.texts)), date_styles(archive, about.styles)
            sheet = SheetCells(texts, styles, about.epoch, leave_out_hidden=source.hidden_rows is False)
            yield from sheet.rows(archive, part)
    except MALFORMED:
        raise CohortError(file, [_unreadable(file)]) from None
    _require_results(sheet.without_result, file)
    tell_hidden(sheet.hidden, source, notes, file)


def _require_whole(path: Path, file: str) -> None:
    """Read every part of the archive once, so that damage shows before any cell is used."""
    try:
        unsafe = what_is_unsafe(path)
    except BROKEN:
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


def _grid(workbook: Workbook, source: RawSource, path: Path, file: str) -> Grid:
    names = [sheet.title for sheet in workbook.worksheets]
    visible = [sheet.title for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    name = chosen_sheet(source.sheet, names, visible, file)
    about = _about(path, file)
    part = next((sheet.part for sheet in about.sheets if sheet.name == name), "") if about else ""
    if has_formulas(path, part):
        _require_results(_formulas_without_result(workbook, path, name, file), file)
    notes = hidden_sheets(names, visible, name)
    records = hidden_told(_records(workbook, name, file), hidden_rows(path, part), source, notes, file)
    return Grid(name, records, merged_ranges(path, part), notes)


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
            # Truth and falsehood as text, because Python takes them for 1 and 0.
            yield tuple(str(cell).lower() if isinstance(cell, bool) else cell for cell in record)
    except MALFORMED:
        raise CohortError(file, [_unreadable(file)]) from None


def _formulas_without_result(workbook: Workbook, path: Path, name: str, file: str) -> list[int]:
    formulas = _open(path, file, data_only=False)
    try:
        return [
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


def _require_results(rows: Sequence[int], file: str) -> None:
    if rows:
        hint = "Open the file in Excel, let it calculate, and save it; or paste the values over the formulas."
        numbers = tuple(dict.fromkeys(rows))
        raise CohortError(
            file, [Problem("formulas whose results are not stored", hint, file=file, rows=numbers)]
        )


def _sheet_names(path: Path, file: str) -> list[str]:
    """Names of the sheets that are not hidden; none where it is no workbook, or not safe to open."""
    try:
        if what_is_unsafe(path):
            return []
        about = _about(path, file)
    except (CohortError, *NO_WORKBOOK):
        return []
    return [sheet.name for sheet in about.sheets if not sheet.hidden] if about else []


def _several_sheets(path: Path, file: str) -> list[dict[str, str]]:
    if is_page(path):
        sheets = html_tables(path, file)
    elif is_other_workbook(path):
        sheets = other_sheets(path, file)
    else:
        sheets = _sheet_names(path, file)
    return [{"sheet": sheet} for sheet in sheets] if len(sheets) > 1 else []


FORMAT = Format(
    "excel",
    read,
    suffixes=(".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
    options=("sheet", "header_row", "leave_out_rows", "hidden_rows", "second_entry"),
    decimal_comma=True,
    parts=Parts(_several_sheets, "by its suffix, one of several sheets", any_table=True),
)
