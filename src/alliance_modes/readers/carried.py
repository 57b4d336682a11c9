"""What every answer to a survey carries: the digest of the protocol under which the form was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alliance_modes.ground.errors import CohortError, Problem, shown
from alliance_modes.readers.raw_table import RawTable, cell_text, tidy_text
from alliance_modes.readers.row_filter import noted

SHORTEST = 12
"""First digits of a digest that stand for it: as many are printed on a form."""

CARRIED = "carries"
"""In ``detected``: in how many rows it stands."""


def require_carried(table: RawTable, carries: Mapping[str, tuple[str, ...]]) -> RawTable:
    """``table`` with a note of how many of its rows carry what they should; none may carry anything else.

    Parameters
    ----------
    table : RawTable
        The rows that are kept.
    carries : mapping of str to tuple of str
        Raw column, and the values of which each of its cells is one, or its beginning; cells may be empty,
        and the column may be absent.

    Raises
    ------
    CohortError
        A row carries another value: it was answered in another version of the form.
    """
    problems = []
    for name, values in carries.items():
        column = table.columns.get(tidy_text(name))
        if column is None:
            table = replace(table, detected=noted(table.detected, CARRIED, f"{name} is not in the file"))
            continue
        texts = [cell_text(cell) for cell in column.values]
        wrong = {code for code, text in enumerate(texts) if text and not _is_one(text, values)}
        rows = [int(row) for row, code in zip(table.rows, column.codes, strict=True) if int(code) in wrong]
        if rows:
            problems.append(_other_version(table.file, name, sorted(texts[code] for code in wrong), rows))
        filled = sum(texts[code] != "" for code in column.codes)
        note = f"{name} in {filled:,} of {len(table.rows):,} rows"
        table = replace(table, detected=noted(table.detected, CARRIED, note), used=(*table.used, name))
    if problems:
        raise CohortError(table.file, problems)
    return table


def _is_one(text: str, values: tuple[str, ...]) -> bool:
    return any(text == value or (len(text) >= SHORTEST and value.startswith(text)) for value in values)


def _other_version(file: str, name: str, found: list[str], rows: list[int]) -> Problem:
    many = f"{len(rows):,} rows were" if len(rows) > 1 else "a row was"
    return Problem(
        f"{many} answered in another version of the form: {name} is {shown(found[0])}",
        "Read them by the cohort.yaml that was written with that version; or, where both versions ask the "
        "same, add the value under carries of this source.",
        file=file,
        column=name,
        rows=tuple(rows),
    )
