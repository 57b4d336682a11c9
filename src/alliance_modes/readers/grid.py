"""One sheet as it stands: its cells row by row, from A1 on, before anything is taken for a header."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.header import Header, take_header
from alliance_modes.readers.raw_table import RawTable, collect
from alliance_modes.readers.source import RawSource

SHOWN_RANGES = 5
RANGE = re.compile(r"(?P<left>[A-Z]{1,3})(?P<first>[0-9]+):(?P<right>[A-Z]{1,3})(?P<last>[0-9]+)")
HIDDEN_ROWS = "hidden_rows"
"""The note of how many rows are hidden."""

UNSEEN_ROWS = "unseen_rows"
"""The note that hidden rows cannot be told from others."""


ChangedRows = Callable[[Iterator[Sequence[Any]]], Iterator[Sequence[Any]]]
"""What a format of its own makes of the rows of a sheet before they are read (two headers into one)."""


@dataclass(frozen=True)
class Grid:
    """A sheet of a workbook, or a table of a page.

    Parameters
    ----------
    sheet : str
        Its name.
    records : iterator of sequence
        The cells of each row from the first on, empty rows included.
    merged : sequence of str
        Its merged ranges ("A1:B2").
    notes : mapping of str to str
        What was found out of the file, for ``RawTable.detected``; complete after the last row.
    """

    sheet: str
    records: Iterator[Sequence[Any]]
    merged: Sequence[str] = ()
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def chosen_sheet(declared: str | None, names: Sequence[str], visible: Sequence[str], file: str) -> str:
    """The declared sheet, else the first that is not hidden, else the first.

    Raises
    ------
    CohortError
        There is no such sheet, or none at all.
    """
    if declared is None and names:
        return [*visible, *names][0]
    if declared is not None and declared in names:
        return declared
    message = f'there is no sheet "{declared}"' if declared else "there is no sheet with cells"
    raise CohortError(file, [Problem(message, f"The sheets are: {', '.join(names) or 'none'}.", file=file)])


def hidden_sheets(names: Sequence[str], visible: Sequence[str], read: str) -> dict[str, str]:
    """A note of the hidden sheets that are not read; none where there are none."""
    hidden = [name for name in names if name not in visible and name != read]
    return {"hidden_sheets": ", ".join(hidden)} if hidden else {}


def hidden_told(
    records: Iterable[Sequence[Any]],
    hidden: Container[int] | None,
    source: RawSource,
    notes: dict[str, str],
    file: str,
) -> Iterator[Sequence[Any]]:
    """The rows of a sheet, those that are ``hidden`` as empty ones where they are not data.

    None where nobody can say which are hidden; then the ``notes`` say so.

    Raises
    ------
    CohortError
        After the last row: rows with cells are hidden, and nothing says whether they are data.
    """
    if hidden is None:
        notes[UNSEEN_ROWS] = "cannot be seen in this workbook; if some may be, save it as .xlsx"
    held = []
    for row, record in enumerate(records, 1):
        if hidden and row in hidden and any(cell is not None and cell != "" for cell in record):
            held.append(row)
            yield () if source.hidden_rows is False else record
        else:
            yield record
    tell_hidden(held, source, notes, file)


def tell_hidden(rows: Sequence[int], source: RawSource, notes: dict[str, str], file: str) -> None:
    """Note how many rows with cells are hidden; refuse them where nothing says whether they are data."""
    if not rows:
        return
    notes[HIDDEN_ROWS] = str(len(rows))
    if source.hidden_rows is None and not source.tried:
        hint = "Say hidden_rows: true under the source if they are data, hidden_rows: false if not."
        message = "rows of the sheet are hidden; nothing says whether they are data"
        raise CohortError(file, [Problem(message, hint, file=file, rows=tuple(rows))])


def _merged_cells(ranges: Sequence[str], sheet: str, file: str) -> list[Problem]:
    """The problem of merged cells, which hold a value in one cell only; none where there are none."""
    if not ranges:
        return []
    more = len(ranges) - SHOWN_RANGES
    shown = ", ".join(ranges[:SHOWN_RANGES]) + (f" and {more} more" if more > 0 else "")
    hint = (
        "Unmerge them and write the value into every cell that it holds for; or, of cells of one column that "
        "are merged downwards, say fill_down: true under the column."
    )
    return [Problem(f'merged cells on the sheet "{sheet}": {shown}', hint, file=file)]


def _unclear(cells: str, header: Header, source: RawSource, wanted: frozenset[str]) -> bool:
    """Whether it matters, and nothing says, for which rows and columns the value of merged cells holds."""
    found = RANGE.fullmatch(cells)
    if found is None:
        return True
    first, last = int(found["first"]), int(found["last"])
    if last < header.row or first <= header.row:
        return last >= header.row
    left_out = {row for row, out in (source.leave_out_rows or {}).items() if out}
    if source.tried or left_out.issuperset(range(first, last + 1)):
        return False
    left, right = _column_number(found["left"]), _column_number(found["right"])
    read = wanted.intersection(header.names[left - 1 : right])
    return bool(read) if left < right else bool(read - source.filled_down())


def _column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def as_they_are(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows of a sheet unchanged."""
    return rows


def read_grid(
    source: RawSource, grid: Grid, file: str, wanted: frozenset[str], changed: ChangedRows = as_they_are
) -> RawTable:
    """The wanted columns of a sheet, its rows ``changed``.

    Raises
    ------
    CohortError
        Merged cells, unless they stand above the header, in rows that are left out or columns that are not
        read, or are of one column whose values are filled down; a draft asks about those below the header.
    """
    header = take_header(changed(grid.records), source, file)
    unclear = [cells for cells in grid.merged if _unclear(cells, header, source, wanted)]
    problems = _merged_cells(unclear, grid.sheet, file)
    if problems:
        raise CohortError(file, problems)
    found = {} if source.sheet else {"sheet": grid.sheet}
    found |= header.detected
    table = collect(file, header.names, header.records, header.row + 1, wanted, found, pad=True)
    return replace(table, detected={**found, **grid.notes})
