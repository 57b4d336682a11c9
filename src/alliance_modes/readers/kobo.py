"""KoboToolbox and ODK exports: groups in headers (``group/question``), repeats on sheets of their own."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers import csv_text, excel
from alliance_modes.readers.declaration import PARENT, Format, Parts, PartSetting, has_columns
from alliance_modes.readers.files import require_file
from alliance_modes.readers.kobo_json import ENDINGS, read_json, repeats_of
from alliance_modes.readers.raw_table import RawColumn, RawTable, cell_text
from alliance_modes.readers.row_filter import noted
from alliance_modes.readers.source import RawSource, tried

if TYPE_CHECKING:
    import numpy as np

PARENT_TABLE = "_parent_table_name"
LINKS = (("_parent_index", "_index"), ("_submission__uuid", "_uuid"), ("_submission__id", "_id"))
"""Columns of a repeat sheet and the columns of the sheet above that they point to; the last two
point to the main sheet."""

LINK_COLUMNS = frozenset(name for link in LINKS for name in link) | {PARENT_TABLE}
SHEET_NAME = 31
"""Letters of a sheet's name that Excel keeps."""

GROUP = "/"


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read one sheet of a workbook (the main one, or a repeat), a CSV file, or JSON; see ``readers.read``.

    Notes
    -----
    From a repeat sheet, ``parent:group/question`` names a column of the sheet above, found by
    ``_parent_index`` and ``_index`` (or the submission's uuid or id); ``parent:parent:…`` climbs
    two. A CSV export has lost its repeats, so a source that needs them is refused.

    Of a question with several answers, ``question/option`` is the 0/1 column of the export; where
    the export has only the joint column (the chosen options with spaces between them), it is 1
    where the option is among them, 0 where it is not, and empty where nothing was chosen.
    """
    require_file(path, file)
    if _is_json(path):
        return _with_options(read_json(source, path, file, wanted | _joint(wanted)), wanted)
    with path.open("rb") as stream:
        is_workbook = stream.read(2) == b"PK"
    if is_workbook:
        return _Workbook(source, path, file).sheet(source.sheet, wanted)
    climbing = sorted(name for name in wanted if name.startswith(PARENT))
    if source.sheet is not None or climbing:
        raise CohortError(file, [_repeats_lost(source, climbing, file)])
    return _with_options(csv_text.read(source, path, file, wanted | _joint(wanted)), wanted)


class _Link(NamedTuple):
    """Which column of a repeat sheet points to which column of the sheet above."""

    child: str
    parent: str


class _Workbook:
    """The sheets of one export."""

    def __init__(self, source: RawSource, path: Path, file: str) -> None:
        self.source, self.path, self.file = source, path, file
        self.names: list[str] = []

    def sheet(self, name: str | None, wanted: frozenset[str]) -> RawTable:
        """The wanted columns of one sheet, those of the sheets above it included."""
        above = frozenset(column.removeprefix(PARENT) for column in wanted if column.startswith(PARENT))
        own = frozenset(column for column in wanted if not column.startswith(PARENT))
        links = LINK_COLUMNS if above else frozenset()
        source = self.source.model_copy(update={"sheet": name})
        raw = excel.read(source, self.path, self.file, own | _joint(own) | links)
        self.names = self.names or _sheet_names(self.path)
        name = name or self.names[0]
        table = _with_options(raw, own)
        if above:
            table = self._joined(table, raw, name, above)
        others = [other for other in self.names if other != name]
        return replace(table, detected=noted(table.detected, "other_sheets", ", ".join(others)))

    def above(self, name: str) -> tuple[str, ...]:
        """Columns of the sheets above ``name``, each with its ``parent:``; none for the main sheet."""
        self.names = self.names or _sheet_names(self.path)
        if name == self.names[0]:
            return ()
        source = self.source.model_copy(update={"sheet": name})
        parent = self._parent_name(excel.read(source, self.path, self.file, LINK_COLUMNS))
        header = excel.read(
            source.model_copy(update={"sheet": parent}), self.path, self.file, frozenset()
        ).names
        further = self.above(parent) if parent != name else ()
        return tuple(f"{PARENT}{column}" for column in (*header, *further) if column)

    def _joined(self, table: RawTable, raw: RawTable, name: str, above: frozenset[str]) -> RawTable:
        if name == self.names[0]:
            message = f'the sheet "{name}" is the main one; there is none above it for {PARENT}'
            raise CohortError(self.file, [Problem(message, "Name the repeat under sheet.", file=self.file)])
        parent_name = self._parent_name(raw)
        parent = self.sheet(parent_name, above | LINK_COLUMNS)
        link = self._link(raw, parent, name, parent_name)
        places = self._places(raw, parent, link, name, parent_name)
        found = {
            f"{PARENT}{column}": RawColumn(cells.values, cells.codes[places])
            for column, cells in parent.columns.items()
            if column in above
        }
        used = (*table.used, *(column for column in raw.names if column in LINK_COLUMNS))
        names = (*table.names, *found)
        return replace(table, names=names, columns={**table.columns, **found}, used=used)

    def _parent_name(self, raw: RawTable) -> str:
        """Name of the sheet above, as the rows say it; without that, the main sheet."""
        column = raw.columns.get(PARENT_TABLE)
        said = [text for cell in column.values if (text := cell_text(cell))] if column else []
        known = [other for other in self.names if other in {text[:SHEET_NAME] for text in said}]
        return known[0] if len(said) == len(known) == 1 else self.names[0]

    def _link(self, raw: RawTable, parent: RawTable, name: str, parent_name: str) -> _Link:
        links = LINKS if parent_name == self.names[0] else LINKS[:1]
        for child, above in links:
            if child in raw.names and above in parent.names:
                return _Link(child, above)
        message = f'the rows of the sheet "{name}" do not say to which row of "{parent_name}" they belong'
        hint = "Export again with _index and _parent_index (they are in every Excel export of KoboToolbox)."
        raise CohortError(self.file, [Problem(message, hint, file=self.file)])

    def _places(
        self, raw: RawTable, parent: RawTable, link: _Link, name: str, parent_name: str
    ) -> np.ndarray:
        above = _texts(parent.columns[link.parent])
        places = {text: place for place, text in enumerate(above) if text}
        if len(places) < sum(map(bool, above)):
            message = f'{link.parent} stands more than once on the sheet "{parent_name}"'
            hint = "Do not put exports together by hand: list each file under files."
            raise CohortError(self.file, [Problem(message, hint, file=self.file, column=link.parent)])
        found = [places.get(text, -1) for text in _texts(raw.columns[link.child])]
        lost = tuple(int(row) for row, place in zip(raw.rows, found, strict=True) if place < 0)
        if lost:
            message = f'rows of the sheet "{name}" belong to no row of "{parent_name}"'
            hint = "Export again: rows were deleted on one of the sheets, or the file was sorted or cut."
            raise CohortError(
                self.file, [Problem(message, hint, file=self.file, column=link.child, rows=lost)]
            )
        import numpy as np

        return np.array(found, dtype="int64")


def _texts(column: RawColumn) -> list[str]:
    texts = [cell_text(cell) for cell in column.values]
    return [texts[code] for code in column.codes]


def _sheet_names(path: Path) -> list[str]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = load_workbook(path, read_only=True)
    try:
        return [sheet.title for sheet in workbook.worksheets]
    finally:
        workbook.close()


def _joint(wanted: frozenset[str]) -> frozenset[str]:
    """Names of the joint columns of which the wanted names may be options."""
    return frozenset(name.rpartition(GROUP)[0] for name in wanted if GROUP in name) - {""}


def _with_options(table: RawTable, wanted: frozenset[str]) -> RawTable:
    """``table`` with the options that only a joint column holds, and without what is not wanted."""
    columns = table.only(wanted)
    problems: list[Problem] = []
    options = list(_options(table, wanted))
    for joint, option, name in options:
        cells = table.columns[joint]
        chosen = [cell_text(cell).split() for cell in cells.values]
        if not any(option in answers for answers in chosen):
            problems.append(_no_such_option(joint, option, table.file))
        values = tuple(str(int(option in answers)) if answers else "" for answers in chosen)
        columns[name] = _merged(values, cells.codes)
    if problems:
        raise CohortError(table.file, problems)
    used = (*table.used, *dict.fromkeys(joint for joint, _, _ in options if joint not in wanted))
    return replace(table, names=(*table.names, *(name for *_, name in options)), columns=columns, used=used)


def _options(table: RawTable, wanted: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    for name in sorted(wanted - set(table.names)):
        joint, _, option = name.rpartition(GROUP)
        if joint in table.columns and option:
            yield joint, option, name


def _merged(values: tuple[str, ...], codes: np.ndarray) -> RawColumn:
    import numpy as np

    distinct = tuple(dict.fromkeys(values))
    return RawColumn(distinct, np.array([distinct.index(value) for value in values], dtype="int32")[codes])


def _no_such_option(joint: str, option: str, file: str) -> Problem:
    return Problem(
        f'no answer names the option "{option}"',
        "Correct the option in cohort.yaml; if nobody chose it, export with each option in its own column.",
        file=file,
        column=joint,
    )


def _repeats_lost(source: RawSource, climbing: list[str], file: str) -> Problem:
    needed = (
        f'the repeat "{source.sheet}"' if source.sheet is not None else f"the columns {', '.join(climbing)}"
    )
    return Problem(
        f"a CSV export does not hold repeats, so {needed} cannot be read from it",
        "Export as Excel (XLS), where each repeat has its own sheet.",
        file=file,
    )


def names_above(source: RawSource, path: Path, file: str) -> tuple[str, ...]:
    """Columns of the sheet above a repeat, and of those above that, each with its ``parent:``.

    Empty where the source reads no repeat. Kobo's own columns are left out.
    """
    if source.sheet is None:
        return ()
    if _is_json(path):  # there they stand among the columns themselves
        return ()
    return tuple(name for name in _Workbook(source, path, file).above(source.sheet) if not _is_own(name))


def _is_own(name: str) -> bool:
    return name.removeprefix(PARENT).removeprefix(PARENT).startswith("_")


def _kobo_sheet(path: Path, file: str, header: Sequence[str]) -> str:
    """The mark of a sheet of Kobo's workbook: the main one, or a repeat."""
    names = set(header)
    if {"_uuid", "_submission_time"} <= names:
        return KOBO
    if "_parent_index" in names and names & {PARENT_TABLE, "_submission__uuid", "_submission__id"}:
        return "a repeat of Kobo's workbook: its rows name the row above them"
    return ""


def _is_json(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS


def _json_parts(path: Path, file: str) -> list[dict[str, PartSetting]]:
    """The forms, then the rows of each repeat; none where the file is no JSON of Kobo, or has no repeat."""
    if not _is_json(path):
        return []
    try:
        names = read_json(tried("kobo"), path, file, frozenset()).names
        if not set(SUBMISSION) <= set(names):
            return []
        repeats: list[dict[str, PartSetting]] = [{"sheet": name} for name in repeats_of(path, file)]
    except CohortError:
        return []
    return [{}, *repeats] if repeats else []


KOBO = "its columns are Kobo's"
SUBMISSION = ("_uuid", "_submission_time")
FORMAT = Format(
    "kobo",
    read,
    marks={
        "csv": has_columns(KOBO, "_uuid", "_submission_time", "_index"),
        "excel": _kobo_sheet,
        "json": has_columns(KOBO, *SUBMISSION),
    },
    options=("sheet", "delimiter", "responses"),
    unfinished={
        "_validation_status": frozenset(("not approved", "validation_status_not_approved")),
        "ReviewState": frozenset(("rejected",)),
    },
    parents=True,
    names_above=names_above,
    answers_apart=True,
    parts=Parts(_json_parts, f"{KOBO}; a part for the forms and one for each repeat"),
)
