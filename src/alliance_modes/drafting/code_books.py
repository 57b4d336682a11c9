"""Which code book describes which file."""

from __future__ import annotations

from collections.abc import Sequence

from alliance_modes.readers.codebooks.book import CodeBook
from alliance_modes.readers.raw_table import RawTable, cell_text
from alliance_modes.words.survey_tools import own_columns_of_tools

FEWEST = 2
"""Columns that a code book has to name before it is taken to describe a file."""


def book_for(books: Sequence[CodeBook], names: Sequence[str]) -> CodeBook | None:
    """The code book that names at least half of the columns that a person asked for, most of them."""
    return next(iter(fitting_books(books, names)), None)


def fitting_books(books: Sequence[CodeBook], names: Sequence[str]) -> list[CodeBook]:
    """Every code book that names at least half of them, those that name most first."""
    own = own_columns_of_tools(names)
    asked = [name for name in names if name not in own]
    known = {book.file: len(book.known(asked)) for book in books}
    enough = [book for book in books if known[book.file] >= max(FEWEST, len(asked) / 2)]
    return sorted(enough, key=lambda book: -known[book.file])


def answers_apart(table: RawTable, book: CodeBook) -> tuple[str, ...]:
    """Names of single answers in columns that hold several, all of which the code book has as boxes."""
    found: list[str] = []
    for name, column in table.columns.items():
        answers = {answer for cell in column.values for answer in cell_text(cell).split()}
        named = [f"{name}/{answer}" for answer in sorted(answers)]
        boxes = [one for one in named if (described := book.of(one)) is not None and described.box]
        if boxes and len(boxes) == len(named) and not set(boxes) & set(table.names):
            found += boxes
    return tuple(found)
