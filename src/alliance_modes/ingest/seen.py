"""What the cells of a coded or dated column were taken for, counted, for a person to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from alliance_modes.ingest.mapping import Mapped
from alliance_modes.ingest.reading import Reading
from alliance_modes.ingest.readings import code_text, value_text
from alliance_modes.readers import RawColumn
from alliance_modes.readers.declaration import ValueLabels
from alliance_modes.readers.raw_table import cell_text

CODED = ("category", "boolean", "item")


@dataclass(frozen=True)
class SeenCode:
    """One raw value, what it means (blank where it is missing, with the reason), and in how many rows.

    ``label`` is what the file itself says of it (SPSS, Stata).
    """

    raw: str
    meaning: str
    missing: str
    rows: int
    label: str = ""


@dataclass(frozen=True)
class SeenColumn:
    """One canonical column of one file.

    ``codes`` of a coded column or item, the most frequent first; ``first``, ``last`` (ISO days) and
    ``formats`` of a date, and the most frequent day with its rows. ``empty`` rows hold nothing.
    """

    table: str
    file: str
    column: str
    raw: str
    empty: int
    codes: tuple[SeenCode, ...] = ()
    first: str = ""
    last: str = ""
    formats: tuple[str, ...] = ()
    most: str = ""
    most_rows: int = 0
    item: bool = False


def seen_column(
    table: str, file: str, mapped: Mapped, cells: RawColumn, readings: Sequence[Reading]
) -> SeenColumn | None:
    """What was seen in one mapped column; None for ids, numbers, texts and constants.

    Parameters
    ----------
    table, file : str
        Canonical table, and the raw file.
    mapped : Mapped
        The column.
    cells : RawColumn
        Its cells.
    readings : sequence of Reading
        One per distinct cell.
    """
    kind = mapped.meaning.kind
    if mapped.raw is None or kind not in (*CODED, "date"):
        return None
    rows = np.bincount(cells.codes, minlength=len(cells.values))
    held = [
        (reading, cell_text(cell), int(count))
        for reading, cell, count in zip(readings, cells.values, rows, strict=True)
        if count
    ]
    empty = sum(count for reading, _, count in held if reading.value is None and not reading.missing)
    if kind == "date":
        return _dated(table, file, mapped, mapped.raw, empty, held)
    codes = [
        SeenCode(raw, "" if reading.value is None else value_text(reading.value), reading.missing, count)
        for reading, raw, count in held
        if reading.value is not None or reading.missing
    ]
    codes.sort(key=lambda code: (-code.rows, code.raw))
    return SeenColumn(table, file, mapped.column, mapped.raw, empty, codes=tuple(codes), item=kind == "item")


def with_labels(seen: Sequence[SeenColumn], labels: ValueLabels) -> tuple[SeenColumn, ...]:
    """``seen`` with what the file itself says of each code."""
    found = []
    for column in seen:
        said = {code_text(str(code)): str(label) for code, label in labels.get(column.raw, {}).items()}
        codes = tuple(replace(code, label=said.get(code_text(code.raw), "")) for code in column.codes)
        found.append(replace(column, codes=codes))
    return tuple(found)


def _dated(
    table: str, file: str, mapped: Mapped, raw: str, empty: int, held: Sequence[tuple[Reading, str, int]]
) -> SeenColumn:
    """First, last and most frequent day of a column of dates."""
    rows: Counter[datetime] = Counter()
    for reading, _, count in held:
        if isinstance(reading.value, datetime):
            rows[reading.value] += count
    formats = tuple(mapped.meaning.date_formats)
    if not rows:
        return SeenColumn(table, file, mapped.column, raw, empty, formats=formats)
    most = min(rows, key=lambda day: (-rows[day], day))
    return SeenColumn(
        table,
        file,
        mapped.column,
        raw,
        empty,
        first=min(rows).date().isoformat(),
        last=max(rows).date().isoformat(),
        formats=formats,
        most=most.date().isoformat(),
        most_rows=rows[most],
    )
