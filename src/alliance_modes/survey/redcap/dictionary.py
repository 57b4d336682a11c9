"""A data dictionary of REDCap as rows: one field each, in the 18 columns of its designer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field

from alliance_modes.ground.errors import Problem
from alliance_modes.simulate.redcap_dictionary import COLUMNS

CHOSEN = ("radio", "dropdown", "checkbox")
"""Types whose answers are listed."""


@dataclass(frozen=True)
class Field:
    """One row, its cells in the order of ``COLUMNS``; ``row`` is its number in the file (header: 1)."""

    name: str
    form: str
    header: str = ""
    kind: str = "text"
    label: str = ""
    choices: str = ""
    note: str = ""
    validation: str = ""
    low: str = ""
    high: str = ""
    identifier: str = ""
    branching: str = ""
    required: str = ""
    alignment: str = ""
    number: str = ""
    matrix: str = ""
    ranking: str = ""
    annotation: str = ""
    row: int = field(default=0, kw_only=True)

    def cells(self) -> tuple[str, ...]:
        """The cells of the row."""
        return astuple(self)[: len(COLUMNS)]

    def listed(self) -> list[tuple[str, str | None]]:
        """Each choice in order: its code, and its label, None where no comma stands behind the code."""
        if self.kind not in CHOSEN or not self.choices.strip():
            return []
        parts = [part.partition(",") for part in self.choices.split("|")]
        return [(code.strip(), label.strip() if comma else None) for code, comma, label in parts]


def dictionary_bytes(fields: Iterable[Field]) -> bytes:
    """The CSV: UTF-8, commas, a cell with a comma, a quote or a line break in double quotes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(one.cells() for one in fields)
    return text.getvalue().encode()


def read_dictionary(content: bytes, file: str) -> tuple[list[Field], list[Problem]]:
    """The rows of a dictionary, and what is wrong with the file; no rows where it cannot be read.

    Parameters
    ----------
    content : bytes
    file : str
        Its name, for messages.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = "the file is not UTF-8, so that REDCap would show other signs than were typed"
        return [], [Problem(message, 'Save it as "CSV UTF-8".', file=file, line=line)]
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        hint = (
            "Put cells with commas, quotes or line breaks into double quotes, and double each quote in them."
        )
        return [], [Problem(f"the file is no CSV ({error})", hint, file=file)]
    problems = list(_of_header(rows[0] if rows else [], file))
    if problems:
        return [], problems
    fields = []
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            problems.append(Problem("the row is empty", "Remove it.", file=file, rows=(number,)))
        elif len(row) != len(COLUMNS):
            message = f"the row has {len(row)} cells, not {len(COLUMNS)}"
            hint = "A cell with a comma must stand in double quotes; no cell may be left off."
            problems.append(Problem(message, hint, file=file, rows=(number,)))
        else:
            fields.append(Field(*(cell.strip() for cell in row), row=number))
    return fields, problems


def _of_header(header: list[str], file: str) -> Iterator[Problem]:
    hint = f"REDCap reads {len(COLUMNS)} columns in one order: {', '.join(COLUMNS)}."
    if len(header) != len(COLUMNS):
        message = f"the header has {len(header)} columns, not {len(COLUMNS)}"
        yield Problem(message, hint, file=file, rows=(1,))
        return
    for found, right in zip(header, COLUMNS, strict=True):
        if found.strip() != right:
            yield Problem(f'the header is "{found.strip()}", not "{right}"', hint, file=file, rows=(1,))
            return
