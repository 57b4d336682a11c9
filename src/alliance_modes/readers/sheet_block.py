"""Cells of a block of rows of an .xlsx sheet, found all at once by the places of its tags.

Only what spreadsheet programs write as a rule is taken here; a row with anything else is left to a reader
that looks at it cell by cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

TAIL = re.compile(rb'(?: s="(\d+)")?(?: t="(\w+)")?\s*(/?)>\s*')
"""What follows the place of a cell in its tag: style, kind, and whether nothing stands in it."""

LONGEST_TAIL = 24
MOST_DIGITS = 7
"""Of the number of a row or of a shared text."""

SPARE = 64
"""Zeros after a block, so that what follows its last tag can be looked at."""

NO_CELL = 0
SPACED = b'<t xml:space="preserve">'
COLUMNS = 1 << 15
"""More than a sheet can have."""


@dataclass(frozen=True)
class Block:
    """Where the cells of a block of rows are.

    Parameters
    ----------
    text : bytes
        The block itself.
    hidden : bool
        Whether any of its rows may be hidden.
    starts : ndarray of int
        Where each row begins.
    numbers : ndarray of int
        Its number.
    usual : ndarray of bool
        Whether all its cells are among those that are told here.
    kinds : sequence of (bytes, bytes)
        The styles and kinds of cells that occur.
    rows, columns : ndarray of int
        Of each cell of a usual row: the place of its row in ``starts``, and its column, from 0.
    kind : ndarray of int
        Of each cell, the place of its style and kind.
    shared : ndarray of int
        Of each cell that holds a shared text, the number of that.
    begins, ends : ndarray of int
        Of each cell, where its value lies in the block; an empty cell has none (both 0).
    """

    text: bytes
    hidden: bool
    starts: np.ndarray
    numbers: np.ndarray
    usual: np.ndarray
    kinds: Sequence[tuple[bytes, bytes]]
    rows: np.ndarray
    columns: np.ndarray
    kind: np.ndarray
    shared: np.ndarray
    begins: np.ndarray
    ends: np.ndarray


class _Tags:
    """Every tag of a block: where it begins and its first two letters; four that say nothing follow."""

    def __init__(self, block: bytes) -> None:
        import numpy as np

        self.signs = np.frombuffer(block + bytes(SPARE), dtype="uint8")
        self.words = np.ndarray(len(block) + SPARE - 8, "<u8", self.signs, strides=(1,))
        found = np.flatnonzero(self.signs == ord("<"))
        self.at = np.concatenate([found, np.full(6, len(block))])
        self.first = self.signs[self.at + 1]
        self.second = self.signs[self.at + 2]

    def are(self, which: np.ndarray, tag: bytes) -> np.ndarray:
        """Whether the tags at ``which`` begin with these two letters."""
        return (self.first[which] == tag[0]) & (self.second[which] == tag[1])

    def says(self, at: np.ndarray, text: bytes) -> np.ndarray:
        """Whether ``text`` stands at these places."""
        import numpy as np

        same = np.ones(len(at), dtype=bool)
        for place, sign in enumerate(text):
            same &= self.signs[at + place] == sign
        return same

    def whole(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The whole numbers that stand at these places, and how many digits each has."""
        import numpy as np

        number, digits = np.zeros(len(at), dtype="int64"), np.zeros(len(at), dtype="int64")
        more = np.ones(len(at), dtype=bool)
        for place in range(MOST_DIGITS):
            digit = self.signs[at + place] - ord("0")
            more &= digit < 10
            number[more] = number[more] * 10 + digit[more]
            digits += more
        return number, digits


def find_cells(block: bytes) -> Block | None:
    """The cells of a block that begins with a row and ends with the end of one.

    Returns
    -------
    Block or None
        None where the rows are not written as usual (numbers not stated first, comments).
    """
    import numpy as np

    tags = _Tags(block)
    tag_c = (tags.first == ord("c")) & np.isin(tags.second, np.frombuffer(b">/\t\r\n", dtype="uint8"))
    if tag_c.any() or (tags.first == ord("!")).any():
        return None
    starts = tags.at[tags.are(np.arange(len(tags.at)), b"ro")]
    numbers, digits = tags.whole(starts + len(b'<row r="'))
    if not (tags.says(starts, b'<row r="') & tags.says(starts + 8 + digits, b'"') & (digits > 0)).all():
        return None
    cells = np.flatnonzero(tags.are(np.arange(len(tags.at)), b"c "))
    at = tags.at[cells]
    rows = np.searchsorted(starts, at) - 1
    columns, rest, usual = _places(tags, at, numbers[rows])
    kinds, kind, alone, known = _kinds(tags, rest, tags.at[cells + 1])
    inline, refers = (
        np.array([name == one for _, name in kinds], dtype=bool)[kind] for one in (b"inlineStr", b"s")
    )
    begins, ends, told = _values(tags, cells, alone, inline)
    shared, digits = tags.whole(begins)
    told &= ~refers | (digits == ends - begins)
    order = np.diff(rows * COLUMNS + columns, prepend=-1) > 0
    odd = np.unique(rows[~(usual & known & told & order)])
    all_usual = np.ones(len(starts), dtype=bool)
    all_usual[odd] = False
    keep = all_usual[rows]
    about = (array[keep] for array in (rows, columns, kind, shared, begins, ends))
    return Block(block, b"hidden" in block, starts, numbers, all_usual, kinds, *about)


def _places(tags: _Tags, at: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns of cells, where their tags go on after their places, and whether these are usual."""
    import numpy as np

    letters = at + len(b'<c r="')
    columns = np.zeros(len(at), dtype="int64")
    length = np.zeros(len(at), dtype="int64")
    more = np.ones(len(at), dtype=bool)
    for place in range(3):
        letter = tags.signs[letters + place] - ord("A")
        more &= letter < 26
        columns[more] = columns[more] * 26 + letter[more] + 1
        length += more
    row, digits = tags.whole(letters + length)
    end = letters + length + digits
    usual = tags.says(at, b'<c r="') & (length > 0) & (digits > 0) & (row == numbers) & tags.says(end, b'"')
    return columns - 1, end + 1, usual


def _kinds(
    tags: _Tags, begins: np.ndarray, ends: np.ndarray
) -> tuple[list[tuple[bytes, bytes]], np.ndarray, np.ndarray, np.ndarray]:
    """Styles and kinds that occur; which each cell has, whether it is empty, whether it is known."""
    import numpy as np
    import pandas as pd

    length = ends - begins
    masks = np.array([(1 << (8 * n)) - 1 for n in range(9)], dtype="uint64")
    kind = np.zeros(len(begins), dtype="int64")
    for place in range(0, LONGEST_TAIL, 8):
        within = np.minimum(begins + place, len(tags.words) - 1)
        words = tags.words[within] & masks[np.clip(length - place, 0, 8)]
        codes, distinct = pd.factorize(words)
        kind = pd.factorize(kind * len(distinct) + codes)[0]
    first = np.unique(kind, return_index=True)[1]
    found = [
        TAIL.fullmatch(tags.signs[start:end].tobytes())
        for start, end in zip(begins[first], ends[first], strict=True)
    ]
    kinds = [(match[1] or b"", match[2] or b"") if match else (b"", b"") for match in found]
    alone = np.array([bool(match and match[3]) for match in found], dtype=bool)[kind]
    known = np.array([match is not None for match in found], dtype=bool)[kind]
    return kinds, kind, alone, known & (length <= LONGEST_TAIL)


def _values(
    tags: _Tags, cells: np.ndarray, alone: np.ndarray, inline: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the values of cells begin and end, and whether that is told of a cell."""
    import numpy as np

    following = cells + 1
    formula = tags.are(following, b"f>") | tags.are(following, b"f ") | tags.are(following, b"f/")
    value = following + formula + (formula & tags.are(following + formula, b"/f"))
    valued = tags.are(value, b"v>") & tags.are(value + 1, b"/v") & tags.are(value + 2, b"/c")
    inside = tags.are(following, b"is") & tags.are(following + 2, b"/t")
    inside &= tags.are(following + 3, b"/i") & tags.are(following + 4, b"/c")
    plain = inside & tags.says(tags.at[following], b"<is><t>")
    spaced = inside & tags.says(tags.at[following], b"<is>" + SPACED)
    empty = alone | (tags.are(following, b"/c") & ~alone)
    own = inline & (plain | spaced)
    begins = np.where(own, tags.at[following + 1] + np.where(spaced, len(SPACED), 3), tags.at[value] + 3)
    ends = np.where(own, tags.at[following + 2], tags.at[value + 1])
    told = empty | (~alone & own) | (~alone & valued & (ends > begins))
    held = told & ~empty
    return np.where(held, begins, NO_CELL), np.where(held, ends, NO_CELL), told
