"""Rows below a header that seem to be no records: the header again, titles of blocks, totals, notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from alliance_modes.drafting.decisions import Asked
from alliance_modes.readers import RawTable
from alliance_modes.readers.header import SPARSE, is_furniture, is_trial, names_told
from alliance_modes.readers.raw_table import cell_text
from alliance_modes.readers.row_filter import subset

USUAL = 0.5
"""Share of the cells of a column that have its most frequent shape, for others to be odd."""

RARE = 0.2
"""Share up to which another shape is odd, where the row holds hardly anything else."""

FEWEST_ROWS = 4


@dataclass(frozen=True)
class OddRow:
    """One such row.

    Parameters
    ----------
    row : int
        Its number in the file.
    filled, of : int
        Cells that hold something, and columns.
    word : str
        The word of summing up or of origin that it begins with, or ''.
    again : int
        Cells that are names of columns.
    """

    row: int
    filled: int
    of: int
    word: str = ""
    again: int = 0

    @property
    def is_header(self) -> bool:
        """Whether the row is the header once more, which needs no question."""
        return self.again >= 2 and 2 * self.again > self.filled

    @property
    def why(self) -> str:
        """What shows that the row is the header again."""
        return f"the header again ({self.again} of {self.filled} cells are names of columns)"

    def asked(self, title: str) -> Asked:
        """The question whether the row is no record; nothing that it says but a known word is told."""
        begins = f' and begins with "{self.word}"' if self.word else ""
        return Asked(
            f"{title}: row {self.row} holds {self.filled} of {self.of} cells{begins}, unlike the records. Is "
            "it no record (a title, a total, a note, a test), so that it is left out?",
            ("true", "false"),
        )


def odd_rows(table: RawTable) -> tuple[OddRow, ...]:
    """Rows of a file that seem to be no records, in their order.

    Parameters
    ----------
    table : RawTable
        The file with all of its columns.

    Notes
    -----
    A row is odd where most of its cells are names of columns; where its first cell is a word of summing
    up or of origin, or says that it is a test; where at most a third of its cells hold something and the
    first of them looks like hardly any other of its column; or where it is the last and the only one without
    a first cell.
    """
    names = [name for name in table.names if name in table.columns]
    if len(table.rows) < FEWEST_ROWS or len(names) < 2:
        return ()
    texts = {name: [cell_text(value) for value in table.columns[name].values] for name in names}
    held = np.stack([_where(table, name, [bool(text) for text in texts[name]]) for name in names])
    known = names_told(names)
    again = np.stack([_where(table, name, [text in known for text in texts[name]]) for name in names])
    filled, repeated = held.sum(axis=0), again.sum(axis=0)
    first = np.where(held.any(axis=0), held.argmax(axis=0), 0)
    suspects = np.flatnonzero(_suspect(table, names, texts, held, first) | (2 * repeated > filled))
    return tuple(
        OddRow(int(table.rows[place]), int(filled[place]), len(names), word, int(repeated[place]))
        for place in suspects
        for word in [_word(texts[names[first[place]]][table.columns[names[first[place]]].codes[place]])]
    )


def _where(table: RawTable, name: str, so: Sequence[bool]) -> np.ndarray:
    """Rows whose cell of a column is so."""
    return np.array(so, dtype=bool)[table.columns[name].codes]


def _suspect(
    table: RawTable, names: Sequence[str], texts: dict[str, list[str]], held: np.ndarray, first: np.ndarray
) -> np.ndarray:
    filled = held.sum(axis=0)
    sparse = filled <= max(1, SPARSE * len(names))
    found: np.ndarray = np.zeros(len(table.rows), dtype=bool)
    for place, name in enumerate(names):
        here = first == place
        if not here.any():
            continue
        found |= here & _where(table, name, [is_furniture(text) or is_trial(text) for text in texts[name]])
        found |= here & sparse & _where(table, name, list(_unlike(table, name, texts[name])))
    nameless = ~held[0]
    found[-1] |= bool(nameless[-1] and nameless.sum() == 1)
    return found


def _unlike(table: RawTable, name: str, texts: Sequence[str]) -> Iterator[bool]:
    """Of each distinct cell, whether it has another shape than nearly all of its column."""
    times = np.bincount(table.columns[name].codes, minlength=len(texts))
    shapes: Counter[str] = Counter()
    for text, count in zip(texts, times, strict=True):
        if text and text not in table.names:
            shapes[_shape(text)] += int(count)
    usual = max(shapes.values(), default=0) >= USUAL * max(1, shapes.total())
    for text in texts:
        share = shapes[_shape(text)] / max(1, shapes.total())
        yield bool(text) and usual and (share <= RARE or shapes[_shape(text)] == 1)


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"[0-9]+", "9", text))


def _word(text: str) -> str:
    return re.split(r"[\s:=]", text.strip())[0] if is_furniture(text) or is_trial(text) else ""


def without(table: RawTable, odd: Sequence[OddRow]) -> RawTable:
    """``table`` without its odd rows."""
    if not odd:
        return table
    keep = ~np.isin(table.rows, [one.row for one in odd])
    columns = {name: subset(column, keep) for name, column in table.columns.items()}
    return replace(table, columns=columns, rows=table.rows[keep])
