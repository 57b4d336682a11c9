"""One raw file: its export format by suffix and content, and every column of it looked at."""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args
from xml.etree import ElementTree

from alliance_modes.cohort import Format, Source
from alliance_modes.drafting.facts import Facts, column_facts
from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.ingest.readings import code_text
from alliance_modes.readers import RawColumn, read
from alliance_modes.readers.archive import what_is_unsafe
from alliance_modes.readers.files import require_file
from alliance_modes.readers.raw_table import cell_text
from alliance_modes.readers.sheet_xml import MAIN, WORKBOOK

FORMATS: tuple[str, ...] = get_args(Format)
SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".tab": "csv", ".xlsx": "excel", ".xlsm": "excel",
    ".sav": "spss", ".zsav": "spss", ".dta": "stata",
}  # fmt: skip
TEXT_MARKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("limesurvey", "its columns are LimeSurvey's", ("submitdate", "lastpage", "startlanguage")),
    ("kobo", "its columns are Kobo's", ("_uuid", "_submission_time", "_index")),
)
SHEET_MARKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("kobo", "its columns are Kobo's", ("_uuid", "_submission_time")),
)
NO_WORKBOOK = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError,
    KeyError, SyntaxError,
)  # fmt: skip
"""What an archive raises that is damaged, or is no workbook."""

NOTHING: Mapping[str, str] = MappingProxyType({})
FEWEST_COLUMNS = 3
REPEAT_INSTRUMENT = "redcap_repeat_instrument"
REDCAP_SIGNS = ("redcap_repeat_instrument", "redcap_event_name", "redcap_data_access_group")


@dataclass(frozen=True)
class RawFile:
    """One raw file as it was found.

    Parameters
    ----------
    name : str
        Its name in ``cohort.yaml``.
    format, why : str
        The export format, and what it was recognised by.
    settings : mapping
        Keys of the source that the format needs (sheet, delimiter, decimal).
    facts : mapping of str to Facts
        Every column by its name, in the order of the file.
    columns : mapping of str to RawColumn
        Its cells.
    rows : int
        Rows of data.
    repeated : tuple of str
        Names that stand more than once in the header, so that no one can say which is meant.
    detected : mapping
        Settings that were found out by the reader.
    further : tuple of str
        Names of files of equal form whose rows follow (``joining``).
    """

    name: str
    format: str
    why: str
    settings: Mapping[str, str]
    facts: Mapping[str, Facts]
    columns: Mapping[str, RawColumn]
    rows: int
    repeated: tuple[str, ...] = ()
    detected: Mapping[str, str] = field(default_factory=dict)
    further: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name, and how many files of equal form are read with it."""
        count = len(self.further)
        return f"{self.name} and {count} more file{'s' * (count > 1)}" if count else self.name

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from other parts of the same file: sheet and repeating instrument."""
        return part_key(self.name, self.settings)

    def cells(self, name: str) -> list[str]:
        """One column row by row, as text."""
        column = self.columns[name]
        texts = [code_text(cell_text(value)) for value in column.values]
        return [texts[code] for code in column.codes]


def part_key(name: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    """File, sheet and repeating instrument."""
    return name, settings.get("sheet", ""), settings.get("repeat_instrument", "")


def recognise_parts(path: Path, name: str) -> list[RawFile]:
    """Every part of a raw file that can be a source of its own.

    Parts are the sheets of a workbook that look like a table (three columns or more, where there
    are several sheets) and REDCap's repeating instruments, each beside the rows of none.

    Raises
    ------
    CohortError
        No part of the file can be read.
    """
    kind = SUFFIXES.get(path.suffix.lower())
    if path.is_file() and kind == "excel":
        sheets = sheet_names(path)
        if len(sheets) > 1:
            return _sheets(path, name, sheets)
    if path.is_file() and kind == "csv":
        repeats = _repeats(path, name)
        if repeats:
            why = "REDCap's own columns; one part for each repeating instrument"
            wishes = [{"repeat_instrument": repeat} if repeat else {} for repeat in repeats]
            return [_look(path, name, "redcap", why, wish) for wish in wishes]
    return [recognise(path, name)]


def sheet_names(path: Path) -> list[str]:
    """Names of the sheets of a workbook; none where it is not one, or not safe to open."""
    try:
        if what_is_unsafe(path):
            return []
        with zipfile.ZipFile(path) as archive:
            workbook = ElementTree.fromstring(archive.read(WORKBOOK))
    except NO_WORKBOOK:
        return []
    return [sheet.get("name", "") for sheet in workbook.iter(f"{MAIN}sheet")]


def _sheets(path: Path, name: str, sheets: list[str]) -> list[RawFile]:
    parts, problems = [], []
    for sheet in sheets:
        try:
            header = read(_source("excel", {"sheet": sheet}), path, name, frozenset()).names
            form, why = _marked(SHEET_MARKS, header) or ("excel", "by its suffix, one of several sheets")
            if len(header) >= FEWEST_COLUMNS:
                parts.append(_look(path, name, form, why, {"sheet": sheet}))
        except CohortError as error:
            problems += error.problems
    if not parts:
        raise CohortError(name, problems or [Problem("no sheet holds a table", "Check the file.", file=name)])
    return parts


def _repeats(path: Path, name: str) -> list[str]:
    """Values of REDCap's column of repeating instruments, '' first; none where it is not there."""
    try:
        table = read(_source("csv", {}), path, name, frozenset({REPEAT_INSTRUMENT}))
    except CohortError:
        return []
    column = table.columns.get(REPEAT_INSTRUMENT)
    found = sorted(cell_text(value) for value in column.values) if column is not None else []
    return found if any(found) else []


def recognise(path: Path, name: str) -> RawFile:
    """Find out what the file ``path`` is and look at every column of it.

    Raises
    ------
    CohortError
        The file is not of a format that can be read, or is damaged.
    """
    require_file(path, name)
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None or kind not in FORMATS:
        known = ", ".join(suffix for suffix, form in SUFFIXES.items() if form in FORMATS)
        hint = f"Export it as one of: {known}. Other files need not be named here."
        raise CohortError(name, [Problem("this kind of file cannot be read", hint, file=name)])
    form, why = kind, f"by its suffix {path.suffix.lower()}"
    header = _header(kind, path, name)
    if kind == "csv":
        form, why = _text_format(path, name, header)
    elif kind == "excel":
        form, why = _marked(SHEET_MARKS, header) or (form, why)
    try:
        return _look(path, name, form, why)
    except CohortError:
        if form == kind:
            raise
        return _look(path, name, kind, f"{why}, but it cannot be read as {form}")


def _source(form: str, settings: Mapping[str, str]) -> Source:
    return Source(files=("x",), format=form, columns={}, **settings)


def _header(form: str, path: Path, name: str) -> tuple[str, ...]:
    return read(_source(form, {}), path, name, frozenset()).names


def _text_format(path: Path, name: str, header: tuple[str, ...]) -> tuple[str, str]:
    if _is_qualtrics(path, name):
        return "qualtrics", "three header rows, the third with ImportIds"
    redcap = any(sign in header for sign in REDCAP_SIGNS) or any("___" in column for column in header)
    forms = any(column.endswith("_complete") for column in header)
    if redcap or ("record_id" in header and forms):
        return "redcap", "record_id, checkbox columns (field___code) or REDCap's own columns"
    return _marked(TEXT_MARKS, header) or ("csv", "a text file with one header row")


def _marked(
    marks: tuple[tuple[str, str, tuple[str, ...]], ...], header: tuple[str, ...]
) -> tuple[str, str] | None:
    for form, why, needed in marks:
        if form in FORMATS and all(column in header for column in needed):
            return form, why
    return None


def _is_qualtrics(path: Path, name: str) -> bool:
    try:
        read(_source("qualtrics", {}), path, name, frozenset())
    except CohortError:
        return False
    return True


def _look(path: Path, name: str, form: str, why: str, part: Mapping[str, str] = NOTHING) -> RawFile:
    header = read(_source(form, part), path, name, frozenset()).names
    repeated = tuple(sorted(column for column, times in Counter(header).items() if column and times > 1))
    wanted = frozenset(column for column in header if column and column not in repeated)
    table = read(_source(form, part), path, name, wanted)
    labels = _value_labels(form, path)
    decimal = "," if form in ("csv", "redcap", "qualtrics") and _decimal_comma(table.columns) else "."
    settings = {**part, "decimal": ","} if decimal == "," else dict(part)
    if "sheet" in table.detected:
        settings["sheet"] = table.detected["sheet"]
    if table.detected.get("delimiter", ",") != ",":
        settings["delimiter"] = table.detected["delimiter"]
    facts = {
        column: column_facts(column, table.columns[column], decimal, labels.get(column, {}))
        for column in header
        if column in table.columns
    }
    return RawFile(
        name, form, why, settings, facts, table.columns, len(table.rows), repeated, dict(table.detected)
    )


def _decimal_comma(columns: Mapping[str, RawColumn]) -> bool:
    """Whether numbers of the file have a comma and none has a point."""
    comma = point = 0
    for column in columns.values():
        for value in column.values:
            if isinstance(value, str) and len(value) < 12:
                comma += _has_sign(value, ",")
                point += _has_sign(value, ".")
    return comma > 0 and point == 0


def _has_sign(text: str, sign: str) -> bool:
    whole, _, rest = text.partition(sign)
    return whole.lstrip("-").isdigit() and rest.isdigit()


def _value_labels(form: str, path: Path) -> dict[str, dict[str, str]]:
    """What the file itself says its codes mean, by column."""
    if form not in ("spss", "stata"):
        return {}
    import pyreadstat

    reader: Any = pyreadstat.read_sav if form == "spss" else pyreadstat.read_dta
    try:
        _, about = reader(path, metadataonly=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, OverflowError):
        return {}
    return {
        column: {code_text(str(code)): str(label) for code, label in labels.items()}
        for column, labels in about.variable_value_labels.items()
    }
