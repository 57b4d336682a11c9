"""The cells of a sheet of an .xlsx workbook, row by row from its XML.

Much faster than a reader that makes an object of each cell; what a cell means is as openpyxl reads it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from xml.etree import ElementTree

from alliance_modes.readers.raw_table import LARGEST_WHOLE
from alliance_modes.readers.workbook_xml import DateStyles, is_usual, plain_text, text_of, whole_elements

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

Found = tuple[bytes, bytes, bytes, bytes, bytes, bytes]


@dataclass
class SheetCells:
    """The rows of a sheet; after the last has been read, what was noticed on the way.

    Parameters
    ----------
    texts : list of str
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

    texts: list[str]
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
                for attributes, content in _rows_of(block):
                    stated = NUMBER.search(attributes)
                    row = int(stated[1]) if stated else before + 1
                    for _ in range(before + 1, row):
                        yield []
                    before = max(before, row)
                    cells = self._cells(content, row)
                    if b"hidden" in attributes and HIDDEN.search(attributes) and any(map(_filled, cells)):
                        self.hidden.append(row)
                        cells = [] if self.leave_out_hidden else cells
                    yield cells

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
                cell = float(value)
                if not -LARGEST_WHOLE < cell < LARGEST_WHOLE:
                    cell = _exact(value)
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


def _filled(cell: Any) -> bool:
    return cell is not None and cell != ""


def _put(cells: list[Any], place: int, cell: Any) -> None:
    """Set a cell that does not follow the one before it."""
    if place >= len(cells):
        cells += [None] * (place + 1 - len(cells))
    cells[place] = cell


def _exact(value: bytes) -> float | str:
    """A large number; as text where it is whole and no double holds it."""
    return str(int(value)) if value.lstrip(b"-").isdigit() else float(value)


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
