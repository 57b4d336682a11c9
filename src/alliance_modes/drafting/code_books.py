"""Which code book describes which file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from alliance_modes.readers.codebooks.book import CodeBook
from alliance_modes.words.survey_tools import own_columns_of_tools

if TYPE_CHECKING:
    from alliance_modes.drafting.recognise import RawFile

FEWEST = 2
"""Columns that a code book has to name before it is taken to describe a file."""


def book_for(books: Sequence[CodeBook], names: Sequence[str]) -> CodeBook | None:
    """The code book that names at least half of the columns that a person asked for, most of them."""
    return next(iter(_fitting(books, names)), None)


def _fitting(books: Sequence[CodeBook], names: Sequence[str]) -> list[CodeBook]:
    asked = [name for name in names if name not in own_columns_of_tools(names)]
    known = {book.file: len(book.known(asked)) for book in books}
    enough = [book for book in books if known[book.file] >= max(FEWEST, len(asked) / 2)]
    return sorted(enough, key=lambda book: -known[book.file])


def book_questions(books: Sequence[CodeBook], files: Iterable[RawFile]) -> list[str]:
    """Code books that describe no file, and files that several describe."""
    found = list(files)
    used = {file.book.file for file in found if file.book}
    asked = [
        f"{book.file} is {book.kind}, and none of the files has its columns: it is not used. Is the export "
        "that it belongs to missing, or does it belong to another project?"
        for book in books
        if book.file not in used
    ]
    for file in found:
        fitting = _fitting(books, list(file.facts))
        if file.book is not None and len({book.digest for book in fitting}) > 1:
            others = " and ".join(book.file for book in fitting if book is not file.book)
            asked.append(
                f"{file.title}: {file.book.file} and {others} name its columns and do not say the same. The "
                f"draft goes by {file.book.file}. Is that the one of this export?"
            )
    return asked
