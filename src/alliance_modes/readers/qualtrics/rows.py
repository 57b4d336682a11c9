"""Qualtrics exports (CSV or tab-separated text with three header rows)."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.delimited import first_record, open_records
from alliance_modes.readers.raw_table import RawTable, collect, header_names, tidy_text
from alliance_modes.readers.source import RawSource, undeclared

OWN_TEXTS = frozenset({"Start Date", "End Date", "Response ID", "Response Type", "Recorded Date"})
"""What Qualtrics writes as the text of its own columns."""

IMPORT_ID = re.compile(r'\{.*"ImportId"\s*:.*\}', re.DOTALL)

EXPORT = "Export again from Qualtrics as CSV with all three header rows"


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read a Qualtrics export; see ``readers.read``.

    Notes
    -----
    Row 1 holds the names, row 2 the question text (it may hold line breaks), row 3 the ImportId
    of each column as JSON; data begin in row 4. A file with another number of header rows is
    refused, because a row of text would be read as an answer or an answer as text.
    """
    with open_records(source, path, file, wanted) as (records, detected):
        header, row = first_record(records, file)
        further = list(islice(records, 2))
        _require_three_rows(further, file, row)
        return collect(file, header_names(header), records, row + 3, wanted, detected)


def question_texts(path: Path) -> dict[str, str]:
    """The question text of each column, by the name of the column; none where the file cannot be read."""
    try:
        with open_records(undeclared("qualtrics"), path, path.name, frozenset()) as (records, _):
            header, row = first_record(records, path.name)
            further = list(islice(records, 2))
            _require_three_rows(further, path.name, row)
    except CohortError:
        return {}
    return {name: tidy_text(text) for name, text in zip(header_names(header), further[0], strict=False)}


def _require_three_rows(further: list[list[str]], file: str, row: int) -> None:
    second, third = [*further, [], []][:2]
    if _is_import_ids(third):
        return
    if _is_import_ids(second):
        message = "two header rows (names and ImportIds); the row of question texts is missing"
        hint = f"{EXPORT}."
    elif OWN_TEXTS & {text.strip() for text in second}:
        message = "two header rows (names and question texts); the row of ImportIds is missing"
        hint = f"{EXPORT} (not in the legacy format)."
    else:
        message = "a single header row; a Qualtrics export has three (names, question texts, ImportIds)"
        hint = f"{EXPORT}, or declare format: csv if the file is an ordinary table."
    raise CohortError(file, [Problem(message, hint, file=file, rows=(row,))])


def _is_import_ids(record: list[str]) -> bool:
    cells = [cell for cell in record if cell.strip()]
    return bool(cells) and all(IMPORT_ID.fullmatch(cell.strip()) for cell in cells)
