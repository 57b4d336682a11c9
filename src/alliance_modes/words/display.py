"""One table as a reader sees it: aligned columns of text, a caption and a note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from alliance_modes.words.abbreviations import explained
from alliance_modes.words.rounding import align_decimals

Align = Literal["left", "right", "center"]
_RULES = {"left": ":---", "right": "---:", "center": ":---:"}
_SPACES = re.compile(r"[ \t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+")
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+.!|<>~^$@\"'=:&-])")


@dataclass(frozen=True)
class DisplayTable:
    """Rows of text under headings. ``note`` stands below the table."""

    caption: str
    headings: tuple[str, ...]
    align: tuple[Align, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def display_table(
    caption: str, headings: Sequence[str], align: str, rows: Sequence[Sequence[str]], note: str = ""
) -> DisplayTable:
    """Make a table; ``align`` is one letter per column, ``l``, ``r`` (numbers) or ``c``.

    Numbers in right-aligned columns are padded so that their decimal points align.
    """
    names: dict[str, Align] = {"l": "left", "r": "right", "c": "center"}
    columns = [[str(row[place]) for row in rows] for place in range(len(headings))]
    aligned = [
        align_decimals(column) if letter == "r" else tuple(column)
        for column, letter in zip(columns, align, strict=True)
    ]
    return DisplayTable(
        caption,
        tuple(headings),
        tuple(names[letter] for letter in align),
        tuple(zip(*aligned, strict=True)),
        note,
    )


def escaped(text: str) -> str:
    """``text`` so that Markdown shows it as it is, whatever signs it holds, in one line.

    Control characters, which no XML can hold, and marks that turn the direction of what follows are left
    out; letters that are written from right to left stay.
    """
    one_line = _SPACES.sub(" ", _UNSEEN.sub("", str(text))).strip(" ")
    return _SPECIAL.sub(r"\\\1", one_line)


def markdown(table: DisplayTable) -> str:
    """The table in pandoc's Markdown: caption, pipe table, note, and what its abbreviations stand for."""
    lines = [
        _line(escaped(heading) for heading in table.headings),
        _line(_RULES[align] for align in table.align),
        *(_line(escaped(cell) for cell in row) for row in table.rows),
        "",
        f": {escaped(table.caption)}",
    ]
    used = (*table.headings, *(cell for row in table.rows for cell in row))
    note = " ".join(part for part in (table.note, explained(used, table.note)) if part)
    if note:
        lines += ["", "::: note", escaped(note), ":::"]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
