"""LimeSurvey exports (CSV): question codes or texts as headers, answer codes or texts as cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.declaration import Format, has_columns
from alliance_modes.readers.delimited import first_record, open_records
from alliance_modes.readers.raw_table import RawTable, collect, header_names, tidy_text
from alliance_modes.readers.row_filter import noted
from alliance_modes.readers.source import RawSource

SUBMITTED = ("submitdate", "Date submitted")
"""The column that is empty where a response was not completed, by its code and its English text."""

CODE_AND_TEXT = re.compile(r"([A-Za-z]\w*(?:\s?\[[^\]]*\])*)(?:[.:](?:\s|$)|\s[–-]\s|\s?\|)")
JOINTS = re.compile(r"[\s_\[\]]+")


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read a LimeSurvey export with any of its headings; see ``readers.read``.

    Notes
    -----
    A column is named by its whole header, or, where the header holds code and text
    (``Q1[SQ001]. How often … [at home]``), by its code. Spaces, underscores and brackets count
    alike, because LimeSurvey writes ``Q1[SQ001]``, ``Q1 [SQ001]`` or ``Q1_SQ001`` for the same
    column, depending on version and options.

    Responses that were not completed (an empty ``submitdate``) are kept, and counted in
    ``detected``.
    """
    with open_records(source, path, file, wanted) as (records, detected):
        header, row = first_record(records, file)
        names = addressed(header_names(header), wanted.union(SUBMITTED))
        submitted = next((name for name in SUBMITTED if name in names), None)
        records = _without_second_header(records, header, file, row)
        read_also = wanted | {submitted} if submitted else wanted
        table = collect(file, names, records, row + 1, read_also, detected)
    detected = noted(table.detected, "incomplete_responses", _incomplete(table, submitted))
    columns = table.only(wanted)
    used = (submitted,) if submitted and submitted not in wanted else ()
    return replace(table, columns=columns, detected=detected, used=used)


def addressed(names: tuple[str, ...], wanted: frozenset[str]) -> tuple[str, ...]:
    """The headers, each by the wanted name that means it, where one does.

    Parameters
    ----------
    names : tuple of str
        Headers of the file.
    wanted : frozenset of str
        Names as ``cohort.yaml`` has them.
    """
    searched = {_key(name): name for name in sorted(wanted) if name not in names}

    def meant(name: str) -> str:
        whole = searched.get(_key(name))
        found = CODE_AND_TEXT.match(name)
        return whole or (searched.get(_key(found.group(1))) if found else None) or name

    return tuple(meant(name) if name and name not in wanted else name for name in names)


def _key(name: str) -> str:
    return JOINTS.sub("_", tidy_text(name)).strip("_")


def _without_second_header(
    records: Iterator[list[str]], header: list[str], file: str, row: int
) -> Iterator[list[str]]:
    """The records, refused where the second one is a header too (the VV export has two)."""
    start = list(islice(records, 1))
    if start and SUBMITTED[0] in start[0] and SUBMITTED[0] not in header:
        message = "two header rows (texts, then codes); this is LimeSurvey's VV export"
        hint = "Export the responses as CSV (Responses, Export, Export responses)."
        raise CohortError(file, [Problem(message, hint, file=file, rows=(row + 1,))])
    return chain(start, records)


def _incomplete(table: RawTable, submitted: str | None) -> str:
    if submitted is None or submitted not in table.columns:
        return "not known: the export has no column submitdate"
    column = table.columns[submitted]
    empty = sum(int((column.codes == place).sum()) for place, cell in enumerate(column.values) if cell == "")
    return f"{empty} of {len(table.rows)} (kept)"


FORMAT = Format(
    "limesurvey",
    read,
    marks={"csv": has_columns("its columns are LimeSurvey's", "submitdate", "lastpage", "startlanguage")},
    options=("delimiter", "responses"),
    unfinished=dict.fromkeys(SUBMITTED, frozenset(("",))),
)
