"""One table as a reader sees it: aligned columns of text, a caption and a note."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from alliance_modes.words.rounding import align_decimals

Align = Literal["left", "right", "center"]
_RULES = {"left": ":---", "right": "---:", "center": ":---:"}
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
    """``text`` so that Markdown shows it as it is, whatever signs it holds."""
    return _SPECIAL.sub(r"\\\1", str(text)).replace("\n", " ").replace("\r", " ")


def markdown(table: DisplayTable) -> str:
    """The table in pandoc's Markdown: caption, pipe table, note."""
    lines = [
        _line(escaped(heading) for heading in table.headings),
        _line(_RULES[align] for align in table.align),
        *(_line(escaped(cell) for cell in row) for row in table.rows),
        "",
        f": {escaped(table.caption)}",
    ]
    if table.note:
        lines += ["", "::: note", escaped(table.note), ":::"]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
