"""Qualtrics columns by name or by ImportId, which stays the same when a question is renamed or recoded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from alliance_modes.ground.errors import CohortError
from alliance_modes.readers.declaration import Format
from alliance_modes.readers.delimited import first_record, open_records
from alliance_modes.readers.qualtrics import rows as qualtrics
from alliance_modes.readers.raw_table import RawTable, header_names, tidy_text
from alliance_modes.readers.source import RawSource, undeclared

PREVIEWS = ("survey preview", "1", "spam survey preview", "9", "offline survey preview", "17")
TESTS = ("survey test", "2")
SPAM = ("spam", "8", "imported spam", "12")
"""What ``Status`` says of responses that no participant gave, as texts and as numbers."""


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read a Qualtrics export whose columns are named by either header row; see ``readers.read``.

    Notes
    -----
    A name of the first header row goes before an ImportId. The third row says
    ``{"ImportId":"QID5_2"}`` and may hold more keys, which tell apart what one question exported
    twice (``{"ImportId":"QID5","choiceId":"2"}``); then ``QID5`` alone is not enough, and
    ``QID5 choiceId 2`` is the address.
    """
    table = qualtrics.read(source, path, file, wanted)
    asked = wanted - set(table.names)
    if not asked:
        return table
    places = {address: place for address, place in _addresses(source, path, file).items() if address in asked}
    if not places:
        return table
    names = {address: table.names[place] for address, place in places.items() if place < len(table.names)}
    table = qualtrics.read(source, path, file, (wanted - set(names)) | set(names.values()))
    columns = table.only(wanted)
    columns |= {address: table.columns[name] for address, name in names.items()}
    used = tuple(name for name in dict.fromkeys(names.values()) if name not in wanted)
    return replace(table, names=(*table.names, *names), columns=columns, used=(*table.used, *used))


def _addresses(source: RawSource, path: Path, file: str) -> dict[str, int]:
    """Place of each column by its ImportId; ImportIds that stand more than once by all their keys."""
    with open_records(source, path, file, frozenset()) as (records, _):
        width = len(header_names(first_record(records, file)[0]))
        ids = [*islice(records, 2), [], []][1]
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(ids[:width]):
        try:
            said = json.loads(cell)
        except ValueError:
            continue
        if isinstance(said, dict) and "ImportId" in said:
            import_id = tidy_text(str(said.pop("ImportId")))
            places.setdefault(import_id, []).append(place)
            if said:
                more = " ".join(f"{key} {value}" for key, value in said.items())
                places.setdefault(f"{import_id} {more}", []).append(place)
    return {address: found[0] for address, found in places.items() if len(found) == 1}


def _three_header_rows(path: Path, file: str, header: Sequence[str]) -> str:
    try:
        qualtrics.read(undeclared("qualtrics"), path, file, frozenset())
    except CohortError:
        return ""
    return "three header rows, the third with ImportIds"


FORMAT = Format(
    "qualtrics",
    read,
    marks={"csv": _three_header_rows},
    options=("delimiter", "responses"),
    unfinished={
        "Status": frozenset((*PREVIEWS, *TESTS, *SPAM)),
        "Finished": frozenset(("false", "0")),
        "DistributionChannel": frozenset(("preview", "test")),
    },
    decimal_comma=True,
    column_texts=qualtrics.question_texts,
)
