"""Answers on paper that two people entered: one sheet is read, and held against the other cell by cell."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.raw_table import RawTable, cell_text

if TYPE_CHECKING:
    import numpy as np

SHOWN = 5


def require_entered(first: RawTable, second: RawTable, sheets: tuple[str, str]) -> None:
    """Raise ``CohortError`` where a form stands in the second entry alone, so that nobody would read it.

    Parameters
    ----------
    first, second : RawTable
        The two entries; a form has one row number in both.
    sheets : (str, str)
        Names of their sheets.
    """
    alone = sorted(set(second.rows.tolist()) - set(first.rows.tolist()))
    if not alone:
        return
    many = f"{len(alone):,} row{'s' if len(alone) > 1 else ''}"
    message = f"{many} of the sheet {sheets[1]} stand in no row of {sheets[0]}, which alone is read"
    hint = f"Enter those forms into {sheets[0]} too, each in the same row, or clear them in {sheets[1]}."
    raise CohortError(first.file, [Problem(message, hint, file=first.file, rows=tuple(alone))])


def compared(first: RawTable, second: RawTable) -> str:
    """How many cells of rows that stand in both were compared, and how many of each column differ.

    Nothing where no row stands in both. Spaces around and capitals are no difference.
    """
    import numpy as np

    both, places, others = np.intersect1d(first.rows, second.rows, return_indices=True)
    if not len(both):
        return ""
    names = [name for name in first.columns if name in second.columns]
    differ = Counter({name: _differing(first, second, name, places, others) for name in names})
    total = differ.total()
    said = f"{len(both):,} rows, {len(both) * len(names):,} cells compared, {total:,} differ"
    if not total:
        return said
    named = [f"{name}: {count:,}" for name, count in differ.most_common() if count]
    more = f" and {len(named) - SHOWN} more columns" if len(named) > SHOWN else ""
    return f"{said} ({', '.join(named[:SHOWN])}{more})"


def _differing(first: RawTable, second: RawTable, name: str, places: np.ndarray, others: np.ndarray) -> int:
    return sum(
        one != other
        for one, other in zip(_texts(first, name, places), _texts(second, name, others), strict=True)
    )


def _texts(table: RawTable, name: str, places: np.ndarray) -> list[str]:
    column = table.columns[name]
    texts = ["" if cell is None else cell_text(cell).casefold() for cell in column.values]
    return [texts[code] for code in column.codes[places]]
