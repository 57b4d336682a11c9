"""Which files are code books, by what they hold."""

from __future__ import annotations

from pathlib import Path

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.codebooks import qualtrics_survey, redcap_dictionary, xlsform
from alliance_modes.readers.codebooks.book import CodeBook
from alliance_modes.readers.files import require_file
from alliance_modes.readers.zipped import unpacked

TEXTS = (".csv", ".tsv", ".txt", ".tab")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods", ".xlsb")
SURVEYS = (".qsf", ".json")
AGAIN = "Name the code book that belongs to the export, or remove codebook from cohort.yaml."


def code_book(path: Path, file: str) -> CodeBook | None:
    """The code book that a file is; None where it is none, an export say, or cannot be read."""
    if not path.is_file():
        return None
    try:
        with unpacked(path, file) as inside:
            ending = inside.suffix.lower()
            if ending in SURVEYS:
                return qualtrics_survey.read(inside, file)
            if ending in TEXTS:
                return redcap_dictionary.read(inside, file)
            return xlsform.read(inside, file) if ending in WORKBOOKS else None
    except (CohortError, UnicodeDecodeError):
        return None


def read_code_book(path: Path, file: str) -> CodeBook:
    """The code book that a file is.

    Raises
    ------
    CohortError
        There is no such file, or it is none.
    """
    require_file(path, file)
    book = code_book(path, file)
    if book is None:
        message = "this is no code book that can be read"
        kinds = f"Read are {redcap_dictionary.KIND}, {qualtrics_survey.KIND} and {xlsform.KIND}."
        raise CohortError(file, [Problem(message, f"{kinds} {AGAIN}", file=file)])
    return book
