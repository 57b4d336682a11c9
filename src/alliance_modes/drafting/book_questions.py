"""What is to be asked about code books: which belong to no file, and which say different things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alliance_modes.drafting.code_books import fitting_books
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.readers.codebooks.book import CodeBook


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
        fitting = fitting_books(books, list(file.facts))
        if file.book is not None and len({book.digest for book in fitting}) > 1:
            others = " and ".join(book.file for book in fitting if book is not file.book)
            asked.append(
                f"{file.title}: {file.book.file} and {others} name its columns and do not say the same. The "
                f"draft goes by {file.book.file}. Is that the one of this export?"
            )
    return asked
