"""One raw file as typed rows of its table, with its missing cells, changes and problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

from alliance_modes.cleaning.identity import keyed_id
from alliance_modes.dictionary.ingest import TABLES as RESULTS
from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO, WAVE
from alliance_modes.ground.compact_table import CompactColumn, CompactTable
from alliance_modes.ground.errors import Problem
from alliance_modes.ingest.id_forms import LOST, id_forms, rounded_ids
from alliance_modes.ingest.leaving_out import cells_of, keyed_cells
from alliance_modes.ingest.listing import cell_problems, missing_column_problems
from alliance_modes.ingest.mapping import Mapped, SourcePlan
from alliance_modes.ingest.reading import EMPTY, Reading, refused
from alliance_modes.ingest.readings import value_text
from alliance_modes.ingest.seen import SeenColumn, seen_column
from alliance_modes.ingest.withdrawn import NOBODY, Withdrawn
from alliance_modes.readers import RawColumn, RawTable
from alliance_modes.readers.raw_table import cell_text

LINKING = (ENROLMENT_ID, PRACTITIONER_ID)
"""Ids by which tables meet."""

ROUNDED = "an id of more than 15 digits; as all such of the column it ends in zeros: its digits are lost"

NUMBERED = ("source_row", SESSION_NO, WAVE)
"""Columns of the lists that hold whole numbers."""

MISSING_COLUMNS = tuple(RESULTS["missing"].columns)
CHANGE_COLUMNS = tuple(RESULTS["changes"].columns)


@dataclass(frozen=True)
class Fragment:
    """What one raw file gives.

    Parameters
    ----------
    table : CompactTable
        The mapped canonical columns, ``source_file`` and ``source_row``; one row per raw row.
    missing, changes : DataFrame
        One row per cell; see ``docs/pipeline.md``.
    problems : tuple of Problem
        Cells and columns that cannot be read; where there are any, the rest is not to be used.
    seen : tuple of SeenColumn
        What the cells of coded and dated columns were taken for.
    id_forms : tuple of DataFrame
        Of each column of ids, what they are where case, zeros or spaces are passed over.
    """

    table: CompactTable
    missing: pd.DataFrame
    changes: pd.DataFrame
    problems: tuple[Problem, ...]
    seen: tuple[SeenColumn, ...] = ()
    id_forms: tuple[pd.DataFrame, ...] = ()


@dataclass(frozen=True)
class Keying:
    """How ids are keyed: the secret, the columns that stay readable, and whether near ids are looked for.

    ``withdrawn`` are the people whose rows and ids are left out.
    """

    key: bytes
    readable: tuple[str, ...] = ()
    compare: bool = False
    withdrawn: Withdrawn = NOBODY


def read_fragment(raw: RawTable, plan: SourcePlan, keying: Keying) -> Fragment:
    """Read every mapped column of one raw file.

    Parameters
    ----------
    raw : RawTable
        The raw cells.
    plan : SourcePlan
        The mapping.
    keying : Keying
        How ids are keyed.
    """
    problems = missing_column_problems(raw, plan)
    columns: dict[str, CompactColumn] = {}
    missing, changes = _CellList(), _CellList()
    seen: list[SeenColumn | None] = []
    forms: list[pd.DataFrame] = []
    for place, mapped in enumerate(plan.mapped):
        cells = cells_of(mapped, raw)
        if cells is None:
            continue
        readings = _readings(mapped, cells)
        blanked = keying.withdrawn.blanked(plan.table, mapped.column)
        if blanked:
            keyed = keyed_cells(mapped, cells, keying.withdrawn.key)
            readings = [EMPTY if one in blanked else said for one, said in zip(keyed, readings, strict=True)]
        problems += cell_problems(raw, plan.table, mapped, cells, readings)
        values = _typed(_values(mapped, readings, keying), mapped.dtype)
        columns[mapped.column] = CompactColumn(values, cells.codes)
        if keying.compare and mapped.column in LINKING:
            first = _first_rows(readings, cells, raw)
            forms.append(id_forms(plan.table, mapped.column, first, raw.file, keying.key))
        seen.append(seen_column(plan.table, raw.file, mapped, cells, readings))
        missing.add(place, cells.codes, [(reading.missing,) for reading in readings])
        if mapped.raw is not None and not mapped.identifies:
            changes.add(place, cells.codes, _changed(cells, readings))
    columns["source_file"] = CompactColumn(_typed([raw.file], "str"), np.zeros(len(raw.rows), dtype="int8"))
    columns["source_row"] = CompactColumn(pd.array(raw.rows, dtype="Int64"))
    names = [mapped.column for mapped in plan.mapped]
    return Fragment(
        CompactTable(columns, pd.RangeIndex(len(raw.rows))),
        missing.frame(plan.table, raw, names, MISSING_COLUMNS, columns),
        changes.frame(plan.table, raw, names, CHANGE_COLUMNS, {}),
        tuple(problems),
        tuple(one for one in seen if one is not None),
        tuple(forms),
    )


def _first_rows(readings: Sequence[Reading], cells: RawColumn, raw: RawTable) -> dict[str, int]:
    """The distinct ids of a column, sorted, each with the first row in which it stands."""
    codes, at = np.unique(cells.codes, return_index=True)
    found: dict[str, int] = {}
    for code, place in zip(codes, at, strict=True):
        value, row = readings[code].value, int(raw.rows[place])
        if value is not None:
            found[str(value)] = min(row, found.get(str(value), row))
    return dict(sorted(found.items()))


def _readings(mapped: Mapped, cells: RawColumn) -> list[Reading]:
    if mapped.constant is not None:
        return [mapped.meaning.declared(mapped.constant)]
    readings = [mapped.meaning.read(value, cells.user_missing) for value in cells.values]
    if not mapped.identifies:
        return readings
    rounded = rounded_ids(str(reading.value) for reading in readings if reading.value is not None)
    readings = [refused(ROUNDED, LOST) if str(one.value) in rounded else one for one in readings]
    return [
        _header_again(reading) if cell_text(value) == mapped.raw else reading
        for value, reading in zip(cells.values, readings, strict=True)
    ]


def _header_again(reading: Reading) -> Reading:
    """An id that is the name of its own column: the header stands once more between the records."""
    if reading.value is None:
        return reading
    hint = "Say that it is no record: leave_out_rows: {row: true}, with the row's number."
    return refused("an id that is the name of its column: the header stands here again", hint)


def _values(mapped: Mapped, readings: Sequence[Reading], keying: Keying) -> list[Any]:
    values = [reading.value for reading in readings]
    if mapped.identifies and mapped.column not in keying.readable:
        return [
            None if value is None else keyed_id(keying.key, mapped.column, str(value)) for value in values
        ]
    return values


def _typed(values: list[Any], dtype: str) -> ExtensionArray:
    """The values of the distinct cells, in the dtype of their column."""
    if dtype == "float64":
        values = [np.nan if value is None else value for value in values]
    if dtype == "Int64":
        values = [None if value is None else int(value) for value in values]
    held = np.array(values, dtype=dtype) if dtype == "float64" or dtype.startswith("datetime64") else values
    return pd.Series(held, dtype=dtype).array


def _changed(cells: RawColumn, readings: Sequence[Reading]) -> list[tuple[str, ...]]:
    return [
        (cell_text(cell), value_text(reading.value), reading.rule)
        if reading.rule and reading.value is not None
        else ("", "", "")
        for cell, reading in zip(cells.values, readings, strict=True)
    ]


class _CellList:
    """Cells worth listing, column by column; given out in the order of the rows."""

    def __init__(self) -> None:
        self._rows: list[np.ndarray] = []
        self._places: list[np.ndarray] = []
        self._texts: list[list[Any]] = []

    def add(self, place: int, codes: np.ndarray, texts: Sequence[tuple[str, ...]]) -> None:
        """Note the rows whose distinct cell has texts; the last text is blank where it has none."""
        noted = np.array([bool(text[-1]) for text in texts], dtype=bool)
        if not noted.any():
            return
        rows = np.flatnonzero(noted[codes])
        self._rows.append(rows)
        self._places.append(np.full(len(rows), place, dtype="int32"))
        self._texts.append(
            [pd.array(part, dtype="str").take(codes[rows]) for part in zip(*texts, strict=True)]
        )

    def frame(
        self,
        table: str,
        raw: RawTable,
        names: Sequence[str],
        columns: tuple[str, ...],
        records: Mapping[str, CompactColumn],
    ) -> pd.DataFrame:
        """The list as a table with ``columns``, the last of them from ``records``: of which a cell is."""
        if not self._rows:
            return empty_list(columns)
        rows, places = np.concatenate(self._rows), np.concatenate(self._places)
        order = np.lexsort((places, rows))
        same = np.zeros(len(order), dtype="int8")
        parts: Mapping[str, Any] = {
            "table": _typed([table], "str").take(same),
            "source_file": _typed([raw.file], "str").take(same),
            "source_row": pd.array(raw.rows[rows[order]], dtype="Int64"),
            "column": _typed(list(names), "str").take(places[order]),
        }
        texts = [
            pd.concat([pd.Series(piece) for piece in pieces], ignore_index=True).take(order).array
            for pieces in zip(*self._texts, strict=True)
        ]
        listed = pd.DataFrame({**parts, **dict(zip(columns[4:], texts, strict=False))})
        for name in columns[4 + len(texts) :]:
            held = records.get(name)
            absent: Any = pd.array([pd.NA] * len(order), dtype="Int64" if name in NUMBERED else "str")
            listed[name] = absent if held is None else held.take(rows[order]).whole()
        return listed


def empty_list(columns: tuple[str, ...]) -> pd.DataFrame:
    """A list of no cells."""
    return pd.DataFrame({name: pd.Series(dtype="Int64" if name in NUMBERED else "str") for name in columns})
