"""The cells of a sheet of an .xlsx workbook, row by row from its XML.

Much faster than a reader that makes an object of each cell; what a cell means is as openpyxl reads it. Rows
that are written as usual are found a block at a time (``sheet_block``), any other one by one.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from itertools import repeat
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from alliance_modes.readers.raw_table import LARGEST_WHOLE, as_objects
from alliance_modes.readers.sheet_block import Block, find_cells
from alliance_modes.readers.workbook_xml import DateStyles, is_usual, plain_text, text_of, whole_elements

if TYPE_CHECKING:
    import numpy as np

ROW = re.compile(rb"<row(\s[^>]*?)?(?:/>|>(.*?)</row>)", flags=re.DOTALL)
NUMBER = re.compile(rb"\sr=[\"'](\d+)[\"']")
HIDDEN = re.compile(rb"\shidden=[\"'](?:1|true)[\"']")
CELL = re.compile(
    rb'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="(\w+)")?\s*'
    rb"(?:/>|>(<f(?:\s[^>]*)?(?:/>|>[^<]*</f>))?"
    rb"(?:<v(?:/>|>([^<]*)</v>)|<is>(<t>[^<]*</t>|.*?)</is>)?</c>)",
    flags=re.DOTALL,
)
"""A cell as spreadsheet programs write it: column, style, kind, formula, value, text of its own."""

PREFIXED = re.compile(rb"\s(?!xml:)[\w.-]+:[\w.-]+=(?:\"[^\"]*\"|'[^']*')")
PLACE = re.compile(r"([A-Z]{1,3})\d+")
MOST_KEPT = 20_000
"""Days and texts that are kept to be given again."""

NUMBERS, DAYS, LENGTHS = b"", b"day", b"length of time"
"""What a cell of no other kind is, by its style."""

MOST_PLACES = 2_000_000
"""Cells of a block that is filled at once, empty ones included."""

Found = tuple[bytes, bytes, bytes, bytes, bytes, bytes]


@dataclass
class SheetCells:
    """The rows of a sheet; after the last has been read, what was noticed on the way.

    Parameters
    ----------
    texts : ndarray of str
        The shared texts.
    styles : DateStyles
        Which styles are dates.
    epoch : datetime
        The day that dates count from.
    leave_out_hidden : bool
        Whether hidden rows with cells are given as empty ones.
    without_result : list of int
        Rows with a formula whose result is not stored.
    hidden : list of int
        Rows with cells that are hidden.
    """

    texts: np.ndarray
    styles: DateStyles
    epoch: datetime
    leave_out_hidden: bool = False
    without_result: list[int] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._days = {b"%d" % style: style in self.styles.lengths for style in self.styles.dates}
        self._shown = lru_cache(MOST_KEPT)(self._moment)
        self._own = lru_cache(MOST_KEPT)(text_of)

    def rows(self, archive: zipfile.ZipFile, part: str) -> Iterator[list[Any]]:
        """The cells of each row from the first of the sheet on, empty rows included."""
        before = 0
        with archive.open(part) as stream:
            for block in whole_elements(stream, b"</row>"):
                found = _usual(block)
                numbered = self._one_by_one(block, before) if found is None else self._found(found)
                for row, hidden, cells in numbered:
                    if row > before + 1:
                        yield from repeat([], row - before - 1)
                    if row > before:
                        before = row
                    if hidden and any(map(_filled, cells)):
                        self.hidden.append(row)
                        cells = [] if self.leave_out_hidden else cells
                    yield cells

    def _one_by_one(self, block: bytes, before: int) -> Iterator[tuple[int, bool, list[Any]]]:
        """Number of each row of a block, whether it is hidden, and its cells."""
        for attributes, content in _rows_of(block):
            stated = NUMBER.search(attributes)
            row = int(stated[1]) if stated else before + 1
            before = max(before, row)
            yield row, _is_hidden(attributes), self._cells(content, row)

    def _found(self, found: Block) -> Iterator[tuple[int, bool, list[Any]]]:
        """The same of a block whose cells have been found."""
        import numpy as np

        lengths = np.zeros(len(found.starts), dtype="int64")
        lengths[found.rows] = found.columns + 1
        grid = np.empty((len(found.starts), lengths.max()), dtype=object)
        grid[found.rows, found.columns] = self._values(found)
        records = grid.tolist()
        for place in np.flatnonzero(lengths < lengths.max()).tolist():
            del records[place][lengths[place] :]
        block, numbers, hidden = found.text, found.numbers.tolist(), found.hidden
        if not hidden and found.usual.all():
            yield from zip(numbers, repeat(False), records)
            return
        starts = [*found.starts.tolist(), len(block)]
        for place, usual in enumerate(found.usual.tolist()):
            start = starts[place]
            if usual:
                shown = not hidden or not _is_hidden(block[start : block.find(b">", start)])
                yield numbers[place], not shown, records[place]
            else:
                yield from self._one_by_one(block[start : starts[place + 1]], numbers[place] - 1)

    def _values(self, found: Block) -> np.ndarray:
        """What each of the cells holds."""
        import numpy as np

        block = found.text
        values = np.empty(len(found.kind), dtype=object)
        held = found.ends > 0
        meanings = [self._meaning(style, kind) for style, kind in found.kinds]
        for meaning in dict.fromkeys(meanings):
            same = np.array([mine == meaning for mine in meanings], dtype=bool)
            here = np.flatnonzero(held & same[found.kind])
            if meaning == b"s":
                values[here] = self.texts[found.shared[here]]
                continue
            if not len(here):
                continue
            begins, ends = found.begins[here].tolist(), found.ends[here].tolist()
            written = [block[begin:end] for begin, end in zip(begins, ends, strict=True)]
            values[here] = as_objects(self._meant(meaning, written))
        return values

    def _meaning(self, style: bytes, kind: bytes) -> bytes:
        """What numbers or signs of a style and kind are: a kind, or a day or length of time."""
        if kind and kind != b"n":
            return kind
        return NUMBERS if style not in self._days else LENGTHS if self._days[style] else DAYS

    def _meant(self, meaning: bytes, written: list[bytes]) -> list[Any]:
        if meaning in (DAYS, LENGTHS):
            return [self._shown(value, meaning == LENGTHS) for value in written]
        if meaning != NUMBERS:
            return list(map(OTHER_KINDS.get(meaning, plain_text), written))
        numbers = list(map(float, written))
        if not -LARGEST_WHOLE < min(numbers) <= max(numbers) < LARGEST_WHOLE:
            return list(map(_number, written))
        return numbers

    def _cells(self, content: bytes, row: int) -> list[Any]:
        found = CELL.findall(content)
        if len(found) != content.count(b"<c ") or b"<!" in content or b"<c>" in content:
            found = list(_parsed(content))
        texts, days = self.texts, self._days
        cells: list[Any] = []
        next_place = 0
        cell: Any
        for letters, style, kind, formula, value, own in found:
            if not value:
                cell = self._own(own) if own else None
                if formula:
                    self.without_result.append(row)
            elif kind == b"s":
                cell = texts[int(value)]
            elif kind and kind != b"n":
                cell = OTHER_KINDS.get(kind, plain_text)(value)
            elif style in days:
                cell = self._shown(value, days[style])
            else:
                cell = _number(value)
            place = _column(letters)
            if place == next_place:
                cells.append(cell)
                next_place += 1
            else:
                _put(cells, place, cell)
                next_place = len(cells)
        return cells

    def _moment(self, value: bytes, length: bool) -> Any:
        """A day, moment, time or length of time; what Excel shows where it is none."""
        from openpyxl.utils.datetime import from_excel

        try:
            return from_excel(float(value), self.epoch, timedelta=length)
        except (OverflowError, ValueError):
            return "#VALUE!"


def _rows_of(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Attributes and cells of each row of a block that ends with a row."""
    for piece in block.split(b"</row>"):
        start = piece.find(b"<row")
        if start < 0:
            continue
        end = piece.find(b">", start)
        if piece.find(b"<row", end) < 0 and piece[end - 1 : end] != b"/":
            yield piece[start + 4 : end], piece[end + 1 :]
        else:
            yield from ROW.findall(piece + b"</row>")


def is_usual_sheet(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether a sheet is written as ``SheetCells`` expects it: UTF-8, elements without a prefix."""
    if part not in archive.namelist():
        return False
    with archive.open(part) as stream:
        return is_usual(stream.read(4096))


def _usual(block: bytes) -> Block | None:
    """The cells of a block; None where it is not written as usual, or spans too much to be filled at once."""
    first = block.find(b"<row")
    if first < 0 or not block.endswith(b"</row>"):
        return None
    found = find_cells(block[first:])
    if found is None or len(found.starts) * (found.columns.max(initial=0) + 1) > MOST_PLACES:
        return None
    return found


def _is_hidden(attributes: bytes) -> bool:
    return b"hidden" in attributes and HIDDEN.search(attributes) is not None


def _filled(cell: Any) -> bool:
    return cell is not None and cell != ""


def _put(cells: list[Any], place: int, cell: Any) -> None:
    """Set a cell that does not follow the one before it."""
    if place >= len(cells):
        cells += [None] * (place + 1 - len(cells))
    cells[place] = cell


def _number(value: bytes) -> float | str:
    """A number; as text where it is whole and so large that no double may hold it."""
    number = float(value)
    if -LARGEST_WHOLE < number < LARGEST_WHOLE:
        return number
    return str(int(value)) if value.lstrip(b"-").isdigit() else number


def _truth(value: bytes) -> str:
    return "true" if int(value) else "false"


def _iso(value: bytes) -> Any:
    from openpyxl.utils.datetime import from_ISO8601

    moment = from_ISO8601(value.decode())
    if isinstance(moment, date) and not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day)
    return moment


OTHER_KINDS: dict[bytes, Callable[[bytes], Any]] = {
    b"b": _truth,
    b"d": _iso,
}


@cache
def _column(letters: bytes) -> int:
    """Place of a column, from 0, by its letters."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - ord("A") + 1
    return place - 1


def _parsed(content: bytes) -> Iterator[Found]:
    """The cells of a row that is not written as usual, in the parts of ``CELL``."""
    last = -1
    for cell in ElementTree.fromstring(b"<row>" + PREFIXED.sub(b"", content) + b"</row>"):
        if cell.tag != "c":
            continue
        match = PLACE.fullmatch(cell.get("r", ""))
        letters = match[1].encode() if match else _letters(last + 1)
        last = _column(letters)
        formula = cell.find("f") is not None
        inside = cell.find("is")
        own = b"" if inside is None else ElementTree.tostring(inside, encoding="utf-8")
        value = _escaped(cell.findtext("v") or "")
        kind = cell.get("t", "")
        yield letters, cell.get("s", "").encode(), kind.encode(), b"f" * formula, value, own


def _escaped(text: str) -> bytes:
    return text.replace("&", "&amp;").encode()


def _letters(place: int) -> bytes:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters.encode()
