"""JSON as an API answers: a list of records, or one record on each line (JSON lines)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.declaration import Format
from alliance_modes.readers.delimited import empty_file
from alliance_modes.readers.files import require_file
from alliance_modes.readers.raw_table import RawTable, collect, no_rows, tidy_text
from alliance_modes.readers.source import RawSource

LARGEST = 512 << 20
OF_ONE_FORM = "_uuid"
"""A field by which a record is a form of KoboToolbox, and not one around the records."""

FLATTEN = "Write each of its parts into a column of its own (flatten it), or export the table as CSV."
EXPORT = "Export it again as a list of records ([{...}, {...}]), or as CSV."


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the wanted fields of each record; see ``readers.read``.

    Notes
    -----
    The records are a list, or stand one on each line, or are the only list of records in one record
    around them, whose name is then noted. A field that a record lacks is empty, null is missing.
    Numbers and truth values arrive as such. A field that holds a list or a record is refused where it
    is wanted. Rows are the numbers of the records.
    """
    records, notes = records_of(path, file, source.encoding or "utf-8-sig")
    if not records:
        raise no_rows(file, "the file has no records")
    names: dict[str, None] = {}
    for record in records:
        names |= dict.fromkeys(record)
    tidy = tuple(tidy_text(name) for name in names)
    raw = [name for name in names if tidy_text(name) in wanted]
    for name in raw:
        _require_flat(name, records, file)
    cells = ([scalar(record.get(name, "")) for name in names] for record in records)
    return collect(file, tidy, cells, 1, wanted, notes)


def scalar(value: Any) -> Any:
    """A value that a cell can hold; those of fields that are not wanted may be anything."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nested" if isinstance(value, list | dict) else value


def _require_flat(name: str, records: Sequence[dict[str, Any]], file: str) -> None:
    rows = [row for row, record in enumerate(records, 1) if isinstance(record.get(name), list | dict)]
    if rows:
        problem = "the field is nested: it holds lists or records, not single values"
        raise CohortError(
            file, [Problem(problem, FLATTEN, file=file, column=tidy_text(name), rows=tuple(rows))]
        )


def records_of(path: Path, file: str, encoding: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The records of a file, and notes on where they were found.

    Raises
    ------
    CohortError
        The file holds no list of records, is no JSON, or is one page of several.
    """
    require_file(path, file)
    size = path.stat().st_size
    if not size:
        raise CohortError(file, [empty_file(file)])
    if size > LARGEST:
        hint = "Export it as CSV, or in parts."
        raise CohortError(file, [Problem(f"JSON of more than {LARGEST >> 20} MB", hint, file=file)])
    try:
        text = path.read_text(encoding)
    except UnicodeError:
        hint = "Save it as UTF-8, or declare its encoding."
        raise CohortError(file, [Problem(f"not {encoding} text", hint, file=file)]) from None
    try:
        return _of_whole(json.loads(text, object_pairs_hook=_record), file)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and lines[0].lstrip().startswith("{") and lines[0].rstrip().endswith("}"):
            return list(_of_lines(text, file)), {}
        raise CohortError(file, [_unreadable(error, file)]) from None


def _of_whole(content: Any, file: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    if isinstance(content, dict) and OF_ONE_FORM in content:
        return [content], {}
    if isinstance(content, dict):
        lists = {name: value for name, value in content.items() if is_records(value)}
        if len(lists) == 1:
            ((name, records),) = lists.items()
            _require_whole(content, len(records), file)
            return records, {"records": name}
        if not lists and not any(isinstance(value, list | dict) for value in content.values()):
            return [content], {}
        message = (
            f"the file holds {len(lists)} lists of records" if lists else "the file holds no list of records"
        )
        raise CohortError(file, [Problem(message, EXPORT, file=file)])
    if content == [] or is_records(content):
        return content, {}
    raise CohortError(file, [Problem("the file holds no list of records", EXPORT, file=file)])


def _require_whole(around: dict[str, Any], found: int, file: str) -> None:
    """Refuse one page of an answer that has several, by the number of records or the address of the next."""
    count = around.get("count", around.get("total"))
    more = isinstance(count, int) and not isinstance(count, bool) and count > found
    if more or (isinstance(around.get("next"), str) and around["next"]):
        of = f" of {count}" if more else ""
        message = f"this is one page of an answer: it holds {found}{of} records, and there are more"
        hint = (
            "Ask the API for all of them at once (a larger limit), or put the records of all pages together."
        )
        raise CohortError(file, [Problem(message, hint, file=file)])


def is_records(value: Any) -> bool:
    """Whether a value is a list of records."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _of_lines(text: str, file: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line, object_pairs_hook=_record)
        except (ValueError, RecursionError) as error:
            raise CohortError(file, [_unreadable(error, file, number)]) from None
        if not isinstance(record, dict):
            raise CohortError(file, [Problem("the line holds no record", EXPORT, file=file, line=number)])
        yield record


def _record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("a record names one field more than once")
    return record


def _unreadable(error: Exception, file: str, line: int | None = None) -> Problem:
    said = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
    return Problem(f"this JSON cannot be read: {said}", EXPORT, file=file, line=line)


FORMAT = Format("json", read, suffixes=(".json", ".jsonl", ".ndjson"))
