"""Rows that a source keeps by the value of one of its columns, and an account of the others."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from alliance_modes.ground.errors import CohortError, NoRowsError, Problem
from alliance_modes.readers.raw_table import Cell, RawColumn, RawTable, cell_text, tidy_text

if TYPE_CHECKING:
    import numpy as np

ANYTHING = "*"
"""In place of a value: every cell that is not empty."""

LEFT_OUT = "rows_left_out"
SHOWN_COLUMNS = 8


def keep_rows(
    table: RawTable, kept: Mapping[str, tuple[str, ...]], wanted: frozenset[str], answers: bool = False
) -> RawTable:
    """The rows whose cells are among the values that are kept.

    Parameters
    ----------
    table : RawTable
        The raw file, the columns of ``kept`` read.
    kept : mapping of str to tuple of str
        Raw column and the values that its rows are kept for, as text; '' is an empty cell, ``*``
        one that is not.
    wanted : frozenset of str
        Columns that stay. The others have done their work.
    answers : bool
        Whether the columns hold answers, of which it is told how many are empty: a consent that was not typed
        in is no refusal.

    Returns
    -------
    RawTable
        With ``rows_left_out`` in ``detected``: how many rows each column left out, the first
        column that does so counting.

    Raises
    ------
    CohortError
        The file has no such column, or no row is kept.
    """
    if not kept:
        return table
    import numpy as np

    kept = {tidy_text(name): tuple(map(tidy_text, values)) for name, values in kept.items()}
    problems = [_no_column(table, name) for name in kept if name not in table.columns]
    if problems:
        raise CohortError(table.file, problems)
    keep = np.ones(len(table.rows), dtype=bool)
    left_out = []
    for name, values in kept.items():
        column = table.columns[name]
        fits = np.array([_fits(cell, values) for cell in column.values], dtype=bool)[column.codes]
        lost = int((keep & ~fits).sum())
        blank = np.array([cell_text(cell) == "" for cell in column.values], dtype=bool)[column.codes]
        bare = int((keep & ~fits & blank).sum())
        keep &= fits
        if lost:
            empty = f" ({bare} of them empty)" if answers and bare else ""
            left_out.append(f"{name} is not {_listed(values)}: {lost}{empty}")
    if not keep.any():
        parts = tuple(cell_text(cell) for name in kept for cell in table.columns[name].values)
        raise _nothing_kept(table, left_out, parts)
    columns = {name: subset(column, keep) for name, column in table.columns.items() if name in wanted}
    used = (*table.used, *(name for name in kept if name not in wanted))
    detected = noted(table.detected, LEFT_OUT, "; ".join(left_out))
    return replace(table, columns=columns, rows=table.rows[keep], detected=detected, used=used)


def leave_out(
    table: RawTable, unfinished: Mapping[str, frozenset[str]], uncounted: Collection[int] | None = None
) -> RawTable:
    """The rows that no column of ``unfinished`` marks; a column that the file has not marks none.

    Rows with a number among ``uncounted`` are not told among those that are left out.

    Raises
    ------
    CohortError
        No row is left, or the file has none of the columns.
    """
    import numpy as np

    marking = [name for name in unfinished if name in table.columns]
    if not marking:
        if unfinished:
            raise CohortError(table.file, [_no_mark(table, tuple(unfinished))])
        return table
    keep = np.ones(len(table.rows), dtype=bool)
    left_out = []
    for name in marking:
        column = table.columns[name]
        marked = [cell_text(cell).lower() in unfinished[name] for cell in column.values]
        out = np.array(marked, dtype=bool)[column.codes] & keep
        keep &= ~out
        lost = int((out & ~np.isin(table.rows, sorted(uncounted or ()))).sum())
        if lost:
            left_out.append(f"{name} says unfinished or no real response: {lost}")
    if not keep.any():
        raise _nothing_kept(table, left_out)
    columns = {name: subset(column, keep) for name, column in table.columns.items()}
    detected = noted(table.detected, LEFT_OUT, "; ".join(left_out))
    used = (*table.used, *marking)
    return replace(table, columns=columns, rows=table.rows[keep], detected=detected, used=used)


def _no_mark(table: RawTable, columns: tuple[str, ...]) -> Problem:
    return Problem(
        f"the file has none of the columns that say which responses are finished: {', '.join(columns)}",
        "Export them too, or write responses: all.",
        file=table.file,
    )


def subset(column: RawColumn, keep: np.ndarray) -> RawColumn:
    """The rows of a column where ``keep`` holds, without the values that only the others have."""
    import numpy as np

    codes = column.codes[keep]
    left, first = np.unique(codes, return_index=True)
    left = left[np.argsort(first, kind="stable")]
    place_of = np.zeros(len(column.values), dtype="int32")
    place_of[left] = np.arange(len(left), dtype="int32")
    values = tuple(column.values[place] for place in left)
    missing = {cell: reason for cell, reason in column.user_missing.items() if cell in values}
    return RawColumn(values, place_of[codes], MappingProxyType(missing))


def noted(detected: Mapping[str, str], name: str, note: str) -> Mapping[str, str]:
    """``detected`` with one note more, unless it is blank; after an earlier note of that name."""
    if not note:
        return detected
    before = detected.get(name)
    return {**detected, name: f"{before}; {note}" if before else note}


def _fits(cell: Cell, values: tuple[str, ...]) -> bool:
    text = cell_text(cell)
    return text in values or (text != "" and ANYTHING in values)


def _listed(values: tuple[str, ...]) -> str:
    shown = {"": "empty", ANYTHING: "filled in"}
    return " or ".join(shown.get(value, f'"{value}"') for value in values)


def _no_column(table: RawTable, name: str) -> Problem:
    near = difflib.get_close_matches(
        name, [other for other in table.names if other], n=SHOWN_COLUMNS, cutoff=0
    )
    return Problem(
        "the file has no such column, by which its rows are to be chosen",
        f"Correct the name in cohort.yaml. The file has: {', '.join(near)}.",
        file=table.file,
        column=name,
    )


def _nothing_kept(table: RawTable, left_out: list[str], parts: tuple[str, ...] = ()) -> NoRowsError:
    message = f"no row is kept; left out: {'; '.join(left_out)}"
    hint = "Correct the values under rows (or event) in cohort.yaml: they are compared as the file"
    hint += (
        " writes them. Where there is no such row yet, take this source out of cohort.yaml until there is."
    )
    return NoRowsError(table.file, Problem(message, hint, file=table.file), parts=parts)
