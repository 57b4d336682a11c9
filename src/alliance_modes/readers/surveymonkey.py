"""SurveyMonkey exports: two header rows, the question and the answer option or row of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers import excel
from alliance_modes.readers.declaration import Format
from alliance_modes.readers.delimited import open_records
from alliance_modes.readers.header import take_header
from alliance_modes.readers.raw_table import RawTable, cell_text, collect, tidy_cell
from alliance_modes.readers.source import RawSource, undeclared

OWN = ("Respondent ID", "Collector ID")
OLDER = ("RespondentID", "CollectorID")
ONE_ANSWER = ("", "Response", "Open-Ended Response")
"""What stands below a question that has one column."""

WORKBOOKS = (".xlsx", ".xlsm", ".xls")


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read an export with both header rows; see ``readers.read``.

    Notes
    -----
    A question with one column is named by its text. One with several is named by text and option,
    ``How often … [the row]``, because the text stands above its first column only. A file with one
    header row is refused: its options would be read as the answers of a person.
    """
    if path.suffix.lower() in WORKBOOKS:
        return excel.read(source, path, file, wanted, lambda records: one_header(records, file))
    with open_records(source, path, file, wanted) as (records, detected):
        header = take_header(one_header(records, file), source, file)
        found = {**detected, **header.detected}
        return collect(file, header.names, header.records, header.row + 1, wanted, found, pad=True)


def one_header(records: Iterator[Sequence[Any]], file: str) -> Iterator[Sequence[Any]]:
    """The rows of an export with one header made of two; an empty row keeps the numbers of the others."""
    rows = [[cell_text(tidy_cell(cell)) for cell in row] for row in islice(records, 2)]
    first, second = [*rows, [], []][:2]
    own = [place for place, name in enumerate(first) if name in OWN + OLDER]
    if not own or not any(second) or any(second[place : place + 1] != [""] for place in own):
        message = "this is no SurveyMonkey export with two header rows (questions, then answer options)"
        hint = (
            "Export all responses again, with the original view, or declare format: csv (or excel) if the "
            "file has one header row."
        )
        raise CohortError(file, [Problem(message, hint, file=file, rows=(2,))])
    return chain([_names(first, second), ()], records)


def _names(first: Sequence[str], second: Sequence[str]) -> list[str]:
    width = max(len(first), len(second))
    questions = [*first, *[""] * (width - len(first))]
    options = [*second, *[""] * (width - len(second))]
    names, question = [], ""
    for place, option in enumerate(options):
        question = questions[place] or question
        alone = questions[place] and (place + 1 == width or questions[place + 1])
        whole = (alone and option in ONE_ANSWER) or not option
        names.append(question if whole else f"{question} [{option}]")
    return names


def _two_rows(path: Path, file: str, header: Sequence[str]) -> str:
    try:
        read(undeclared("surveymonkey"), path, file, frozenset())
    except CohortError:
        return ""
    return "SurveyMonkey's own columns, and two header rows"


FORMAT = Format(
    "surveymonkey",
    read,
    marks={"csv": _two_rows, "excel": _two_rows},
    options=("sheet", "delimiter"),
    decimal_comma=True,
)
