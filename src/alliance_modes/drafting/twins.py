"""Two columns that a program made of one name, such as ``status_x`` and ``status_y``: which one is meant."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.drafting.columns import can_be, looked_up, own_columns
from alliance_modes.drafting.decisions import Asked, ColumnDraft
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.errors import shown
from alliance_modes.words.vocabulary import plain

BESIDE = re.compile(
    r"(?P<name>.*[^\W\d_].*?)(?:[._][xy]|\.[1-9]|\.\.\.[0-9]+| ?\([1-9]\)|(?<=[^\W\d_])2)", re.IGNORECASE
)
"""What programs put behind a name that stands twice.

pandas and R when they join (``_x``, ``.y``) and when they read (``.1``, ``...8``), spreadsheets (``Status2``,
``Status (2)``).
"""


def with_twins_asked(
    file: RawFile,
    table: str,
    columns: Mapping[str, ColumnDraft],
    taken: Container[str],
    questions: list[str],
) -> dict[str, ColumnDraft]:
    """``columns``; where another one has the same name and other cells, it is asked which is meant.

    Parameters
    ----------
    file : RawFile
        The raw file.
    table : str
        Canonical table.
    columns : mapping of str to ColumnDraft
        Columns that were matched.
    taken : container of str
        Raw columns that are something else (items).
    questions : list of str
        Questions so far; one is added for each column.
    """
    used = {column.raw for column in columns.values()}
    decided = dict(columns)
    for name, column in columns.items():
        if column.raw is None or column.raw not in file.facts or column.asked or column.settings:
            continue
        for other in _of_the_same_name(file, column.raw):
            fits = can_be(dictionary().table(table).columns[name], file.facts[other], name)
            differ = _differing(file, column.raw, other)
            if other in used or other in taken or not fits or not differ:
                continue
            question = Asked(
                f'{file.title}: "{shown(column.raw)}" and "{shown(other)}" have one name, and {differ} of '
                f"{file.rows} rows hold something else in them. Which is {name}? The draft reads "
                f'"{shown(column.raw)}"; if it is the other, write its name there, and look at labels; then '
                "write true",
                ("true",),
            )
            decided[name] = looked_up(column, question, questions)
            break
    return decided


def _of_the_same_name(file: RawFile, raw: str) -> Iterator[str]:
    for other in own_columns(file):
        made = BESIDE.fullmatch(other) or BESIDE.fullmatch(raw)
        if made and other != raw and _without_end(other) == _without_end(raw):
            yield other


def _without_end(raw: str) -> str:
    match = BESIDE.fullmatch(raw)
    return plain(match["name"] if match else raw)


def _differing(file: RawFile, one: str, other: str) -> int:
    pairs = zip(file.cells(one), file.cells(other), strict=True)
    return sum(first != second for first, second in pairs)
