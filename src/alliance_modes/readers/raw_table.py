"""What every reader returns: the cells of one file, each distinct cell of a column stored once."""

from __future__ import annotations

import math
import unicodedata
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alliance_modes.ground.errors import CohortError, NoRowsError, Problem, shown

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Cell = str | float | datetime | date | time | None
"""Text (empty = ''), a number or a date of a format that has them, or None (system missing)."""

CHUNK = 10_000
CELLS_AT_ONCE = 100_000
"""Cells of the wanted columns that are held before they are stored, where that leaves a thousand rows."""

MOST_AT_ONCE = 2_000_000
"""Cells that are held at most."""

MOST_COLUMNS = 20_000
MOST_UNEVEN_ROWS = 1_000
"""Rows of another width than the header after which no more are read."""

INVISIBLE: Mapping[int, str | None] = MappingProxyType(
    {
        **dict.fromkeys((0x200B, 0x2060, 0xFEFF, 0x00AD)),
        **dict.fromkeys((0x00A0, 0x2007, 0x202F), " "),
    }
)
JOINERS = "\u200c\u200d"
"""Meant between letters of some scripts, not at the ends of a text."""

LARGEST_WHOLE = 2**53

NONE_YET = "Where there are none yet, write may_be_empty: true at this source in cohort.yaml."


@dataclass(frozen=True)
class RawColumn:
    """One raw column.

    Parameters
    ----------
    values : tuple of Cell
        The distinct cells in order of first appearance; text without surrounding spaces, in the
        composed Unicode form.
    codes : ndarray of int
        For each row, the place in ``values`` of its cell, in the smallest signed type that holds them.
    user_missing : mapping of Cell to str
        Cells that the file itself declares to be missing, with its own label as the reason.
    """

    values: tuple[Cell, ...]
    codes: np.ndarray
    user_missing: Mapping[Cell, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class RawTable:
    """One raw file.

    Parameters
    ----------
    file : str
        Name as in ``cohort.yaml``.
    names : tuple of str
        Names of all columns of the file, also of those that were passed over.
    columns : mapping of str to RawColumn
        The wanted columns that the file has.
    rows : ndarray of int
        For each row, its number as a person sees it in the file, header rows counted. A quoted
        line break does not begin a row; an empty row is passed over but counted.
    detected : mapping of str to str
        Settings that were not declared and were found out (delimiter, encoding, sheet).
    used : tuple of str
        Columns that the reader itself used (REDCap's repeat instrument).
    parts : tuple of str
        Of a table without rows: the events, or repeating instruments, that the rows of the file belong to.
    """

    file: str
    names: tuple[str, ...]
    columns: Mapping[str, RawColumn]
    rows: np.ndarray
    detected: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    used: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def only(self, wanted: frozenset[str]) -> dict[str, RawColumn]:
        """The columns that were asked for; a reader may need others to do its work."""
        return {name: column for name, column in self.columns.items() if name in wanted}


class DistinctCells:
    """Collects one column piece by piece.

    The distinct cells of each piece wait until there are as many as are known already, so that no table of
    all of them need be kept between.
    """

    def __init__(self) -> None:
        self._known: list[Cell] = []
        self._codes: list[np.ndarray] = []
        self._waiting: list[Cell] = []
        self._pieces: list[tuple[int, np.ndarray]] = []

    def extend(self, cells: Sequence[Any] | np.ndarray | pd.Series) -> None:
        """Add the cells of further rows."""
        import numpy as np
        import pandas as pd

        if not isinstance(cells, np.ndarray | pd.Series):
            cells = as_objects(cells)
        codes, distinct = pd.factorize(cells, use_na_sentinel=False)
        self._pieces.append((len(self._waiting), codes.astype(np.min_scalar_type(len(distinct)))))
        self._waiting += [
            cell if type(cell) is float and cell == cell else tidy_cell(cell) for cell in distinct
        ]
        if len(self._waiting) > max(CHUNK, len(self._known)):
            self._settle()

    def _settle(self) -> None:
        """Give the cells that wait their places behind those that are known."""
        import numpy as np

        known = len(self._known)
        self._known += self._waiting
        self._waiting.clear()
        places, self._known = _distinct(self._known)
        place_of = places[known:].astype(np.min_scalar_type(-1 - len(self._known)))
        self._codes += [place_of[first:][codes] for first, codes in self._pieces]
        self._pieces.clear()

    def column(self) -> RawColumn:
        """The collected column."""
        import numpy as np

        self._settle()
        codes = np.concatenate(self._codes) if self._codes else np.empty(0, dtype="int8")
        return RawColumn(tuple(self._known), codes)


def _distinct(cells: list[Cell]) -> tuple[np.ndarray, list[Cell]]:
    """The place of each cell among the distinct ones, and these."""
    import numpy as np
    import pandas as pd

    hashes = np.fromiter(map(hash, cells), "int64", len(cells))
    hashes.sort()
    if (hashes[1:] != hashes[:-1]).all():
        return np.arange(len(cells)), cells
    places, found = pd.factorize(as_objects(cells), use_na_sentinel=False)
    # None comes back as not-a-number, which is the only cell that does not equal itself.
    return places, [cell if cell == cell else None for cell in found]


def as_objects(cells: Sequence[Any]) -> np.ndarray:
    """An array of the cells as they are."""
    import numpy as np

    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


def tidy_cell(value: Any) -> Cell:
    """A cell as ``RawColumn`` holds it: text trimmed and composed, truth as text, numbers as float."""
    if isinstance(value, str):
        return tidy_text(value)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if isinstance(value, int) and abs(value) > LARGEST_WHOLE:
            return str(value)
        return None if math.isnan(value) else float(value)
    return _tidy_scalar(value)


def _tidy_scalar(value: Any) -> Cell:
    """A date, or what NumPy and pandas hold in place of Python's own values."""
    import numpy as np
    import pandas as pd

    if isinstance(value, np.bool_):
        return "true" if value else "false"
    if isinstance(value, np.number):
        return None if math.isnan(value) else float(value)
    if value is pd.NaT:
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value if isinstance(value, datetime | date | time) else str(value)


def tidy_text(text: str) -> str:
    """``text`` as it is compared and stored.

    Without surrounding spaces, in the composed Unicode form (NFC); non-breaking spaces count as
    spaces, and signs of no width that word processors leave behind are removed.
    """
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.translate(INVISIBLE)).strip().strip(JOINERS)


def cell_text(cell: Cell) -> str:
    """A cell as text: whole numbers without a decimal point, dates in ISO form."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) <= LARGEST_WHOLE else repr(cell)
    return cell if isinstance(cell, str) else cell.isoformat()


def header_names(cells: Iterable[Any]) -> tuple[str, ...]:
    """Names of the columns, trailing unnamed ones left off."""
    names = [cell_text(tidy_cell("" if cell is None else cell)) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def repeated_names(names: Sequence[str], wanted: frozenset[str], file: str, row: int = 1) -> list[Problem]:
    """A problem for each wanted name that stands twice, so that no one can say which is meant."""
    problems = []
    times = Counter(names)
    for name in sorted(name for name in wanted if times[name] > 1):
        places = [str(place) for place, other in enumerate(names, 1) if other == name]
        problems.append(
            Problem(
                f"the header names this column more than once (columns {', '.join(places)} of the file)",
                "Export again with one name per column, or drop the ones that are not meant.",
                file=file,
                column=name,
                rows=(row,),
            )
        )
    return problems


def collect(
    file: str,
    names: tuple[str, ...],
    records: Iterator[Sequence[Any]],
    first_row: int,
    wanted: frozenset[str],
    detected: Mapping[str, str],
    pad: bool = False,
) -> RawTable:
    """Store the wanted columns of ``records``.

    Parameters
    ----------
    records : iterator of sequence
        The cells of each row after the header, empty rows included.
    first_row : int
        Number of the first of them in the file.
    pad : bool
        Whether a short row is completed with empty cells (a spreadsheet does not store them);
        otherwise it is a problem.

    Raises
    ------
    CohortError
        A wanted name stands twice, rows do not have as many cells as the header, or no row holds
        data.
    """
    if len(names) > MOST_COLUMNS:
        raise CohortError(file, [_too_many_columns(names, file, first_row - 1)])
    problems = repeated_names(names, wanted, file, first_row - 1)
    places = {name: place for place, name in enumerate(names) if name in wanted}
    columns = {name: DistinctCells() for name in places}
    rows = array("q")
    uneven = _UnevenRows(len(names), pad)
    pick = _picker(tuple(places.values()))
    kept = _kept(enumerate(records, first_row), pick, uneven, rows)
    width = max(1, len(places))
    at_once = min(CHUNK, max(1, CELLS_AT_ONCE // width, min(1_000, MOST_AT_ONCE // width)))
    while chunk := list(islice(kept, at_once)):
        for distinct, cells in zip(columns.values(), zip(*chunk, strict=True), strict=True):
            distinct.extend(cells)
    problems += uneven.problems(file)
    if problems and wanted and not places:
        raise CohortError(file, [_no_header(names, wanted, file, first_row - 1)])
    if not rows:
        nothing = no_rows(file, names=names)
        if not problems:
            raise nothing
        problems.append(nothing.problem)
    if problems:
        raise CohortError(file, problems)
    import numpy as np

    stored = {name: columns.pop(name).column() for name in places}
    return RawTable(file, names, stored, np.frombuffer(rows, dtype="int64"), detected)


def _picker(places: tuple[int, ...]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Gives the cells at ``places`` of a record."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda record: tuple(record[place] for place in places)


def _kept(
    numbered: Iterator[tuple[int, Sequence[Any]]],
    pick: Callable[[Sequence[Any]], tuple[Any, ...]],
    uneven: _UnevenRows,
    rows: array[int],
) -> Iterator[tuple[Any, ...]]:
    """The wanted cells of records that are not empty; their numbers go to ``rows``."""
    width = uneven.width
    for row, record in numbered:
        if any(record) or any(cell is not None and cell != "" for cell in record):
            rows.append(row)
            if len(record) == width:
                yield pick(record)
                continue
            yield pick(uneven.evened(record, row))
            if uneven.many():
                return


def _too_many_columns(names: Sequence[str], file: str, row: int) -> Problem:
    message = f"the header has {len(names):,} columns; at most {MOST_COLUMNS:,} are read"
    hint = "Was a table exported on its side, or its rows without line breaks? Export fewer columns."
    return Problem(message, hint, file=file, rows=(row,))


def _no_header(names: Sequence[str], wanted: frozenset[str], file: str, row: int) -> Problem:
    message = f"this row is taken for the header, but none of its {len(names)} cells is the name of a column"
    message += f" that is declared, such as {shown(min(wanted))}"
    hint = "Declare header_row if more stands above the header, or the delimiter if the columns are not told"
    hint += " apart."
    return Problem(message, hint, file=file, rows=(row,))


def no_rows(
    file: str, what: str = "the file has a header but no data rows", names: tuple[str, ...] = ()
) -> NoRowsError:
    """The problem of a file without data."""
    return NoRowsError(file, Problem(what, f"Export it again. {NONE_YET}", file=file), names)


class _UnevenRows:
    """Rows with more or fewer cells than the header."""

    def __init__(self, width: int, pad: bool) -> None:
        self.width = width
        self.pad = pad
        self.short: list[int] = []
        self.long: list[int] = []

    def evened(self, record: Sequence[Any], row: int) -> list[Any]:
        """``record`` with ``width`` cells; its row is noted unless nothing is lost or made up."""
        cells = list(record)
        if len(cells) < self.width:
            if not self.pad:
                self.short.append(row)
            return cells + [""] * (self.width - len(cells))
        if any(cell is not None and cell != "" for cell in cells[self.width :]):
            self.long.append(row)
        return cells[: self.width]

    def many(self) -> bool:
        """Whether so many rows are uneven that the rest tells nothing new."""
        return len(self.short) + len(self.long) >= MOST_UNEVEN_ROWS

    def problems(self, file: str) -> list[Problem]:
        """One problem per kind of unevenness."""
        problems = []
        if self.short:
            message = f"fewer cells than the {self.width} columns of the header"
            hint = "Was the export cut off, or does a line break stand unquoted in a cell?"
            problems.append(Problem(message, hint, file=file, rows=tuple(self.short)))
        if self.long:
            message = f"values beyond the {self.width} named columns of the header"
            hint = "Name the columns in the header; in a text file, check for the delimiter inside a cell."
            problems.append(Problem(message, hint, file=file, rows=tuple(self.long)))
        return problems
