"""KoboToolbox' JSON, as its API answers: groups in names (``group/question``), repeats as nested lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.declaration import PARENT
from alliance_modes.readers.json_records import is_records, records_of, scalar
from alliance_modes.readers.raw_table import RawTable, collect, no_rows, tidy_text
from alliance_modes.readers.source import RawSource

ENDINGS = (".json", ".jsonl", ".ndjson")
OWN_LISTS = ("_attachments", "_tags", "_notes")
"""Lists that Kobo puts beside the answers; they are no repeats."""

STATUS = "_validation_status"
Row = Mapping[str, Any]


def repeats_of(path: Path, file: str, encoding: str = "utf-8-sig") -> tuple[str, ...]:
    """Names of the repeats in a file, those inside others as well."""
    return tuple(_repeats(records_of(path, file, encoding)[0]))


def _repeats(rows: list[dict[str, Any]]) -> dict[str, None]:
    found: dict[str, None] = {}
    for row in rows:
        for name, value in row.items():
            if name not in OWN_LISTS and is_records(value):
                found |= {name: None} | _repeats(value)
    return found


def read_json(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the answers of each form, or the rows of the repeat that ``sheet`` names, each below its form.

    Notes
    -----
    ``parent:`` before a name is a column of the row around that of a repeat, ``parent:parent:`` of the one
    around that. Rows are numbered by the order in the file. Kobo's validation is its label; its
    attachments, tags and notes are no columns.

    Raises
    ------
    CohortError
        There is no such repeat, no form has a row of it, or a nested value is wanted as a column.
    """
    records, notes = records_of(path, file, source.encoding or "utf-8-sig")
    repeat = source.sheet
    if repeat is None:
        rows = [_answers(record) for record in records]
    else:
        known = _repeats(records)
        if repeat not in known:
            listed = ", ".join(known) or "none"
            hint = f"Correct sheet in cohort.yaml. The file has: {listed}."
            raise CohortError(file, [Problem(f'there is no repeat "{repeat}"', hint, file=file)])
        rows = list(_rows_of(repeat, records, {}))
    if not rows:
        raise no_rows(file, "the file has no records")
    names = dict.fromkeys(name for row in rows for name in row)
    nested = {name for row in rows for name, value in row.items() if isinstance(value, list | dict)}
    for name in nested & wanted:
        hint = "Read its rows by a source with the name of the repeat under sheet, or leave it out."
        raise CohortError(file, [Problem("the column holds a repeat", hint, file=file, column=name)])
    shown = [name for name in names if name not in nested and (name in wanted or not _is_own_above(name))]
    cells = ([scalar(row.get(name, "")) for name in shown] for row in rows)
    return collect(file, tuple(map(tidy_text, shown)), cells, 1, wanted, notes)


def _rows_of(repeat: str, rows: list[dict[str, Any]], above: Row) -> Iterator[dict[str, Any]]:
    """The rows of a repeat, wherever in others it stands, with the columns around them."""
    for row in rows:
        around = {f"{PARENT}{name}": value for name, value in {**_answers(row), **above}.items()}
        around = {name: value for name, value in around.items() if not isinstance(value, list | dict)}
        for name, value in row.items():
            if name == repeat and is_records(value):
                yield from ({**_answers(inner), **around} for inner in value)
            elif name not in OWN_LISTS and is_records(value):
                yield from _rows_of(repeat, value, around)


def _is_own_above(name: str) -> bool:
    """Whether a column of a row around is one of Kobo's own, read only where it is named."""
    return name.startswith(PARENT) and name.replace(PARENT, "").startswith("_")


def _answers(row: Row) -> dict[str, Any]:
    """A row without what Kobo puts beside the answers as lists."""
    found = {}
    for name, value in row.items():
        if name == STATUS and isinstance(value, dict):
            found[name] = value.get("label", "")
        elif name not in OWN_LISTS and not (name.startswith("_") and isinstance(value, list | dict)):
            found[name] = value
    return found
