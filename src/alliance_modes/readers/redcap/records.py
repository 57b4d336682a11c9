"""The rows of a REDCap export: one per record and event, or in the EAV form of its API one per value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alliance_modes.readers import csv_text
from alliance_modes.readers.codebooks.redcap_dictionary import box_code
from alliance_modes.readers.delimited import first_record, open_records
from alliance_modes.readers.raw_table import RawTable, cell_text, collect, header_names
from alliance_modes.readers.row_filter import noted
from alliance_modes.readers.source import RawSource

RECORD, FIELD, VALUE = "record", "field_name", "value"
KEYS = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
BOX = "___"

Key = tuple[str, ...]
"""Record, event, repeating instrument and instance of one row."""


def is_eav(names: Sequence[str]) -> bool:
    """Whether a header is that of the EAV form: record, field_name, value, and what tells rows apart."""
    return {RECORD, FIELD, VALUE} <= set(names) <= {RECORD, FIELD, VALUE, *KEYS}


def names_of(
    source: RawSource, path: Path, file: str, wanted: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """The header as it stands in the file."""
    with open_records(source, path, file, wanted) as (records, _):
        return header_names(first_record(records, file)[0])


def read_records(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read an export of either form; see ``readers.read``.

    Notes
    -----
    Of the EAV form each record, event and repeat is a row again, numbered by its first value in the file.
    The column of records is called as the field that repeats it, ``record`` where none does. A field with
    several values in one row is a checkbox: its columns are ``field___code``, 1 where the value stands, 0
    in the other rows of its event and instrument, as in the flat form. A checkbox of which nobody ticked
    two boxes cannot be told from a single choice, and is one column unless ``field___code`` is asked for.
    """
    names = names_of(source, path, file, wanted)
    if not is_eav(names):
        return csv_text.read(source, path, file, wanted)
    long = csv_text.read(source, path, file, frozenset(names))
    return _Values(long).flat(wanted)


@dataclass
class _Values:
    """The values of an export in EAV form."""

    long: RawTable
    rows: dict[Key, int] = field(default_factory=dict)
    fields: dict[str, dict[Key, list[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = [RECORD, *(key for key in KEYS if key in self.long.columns)]
        cells = [self._texts(name) for name in (*keys, FIELD, VALUE)]
        for row, (*parts, name, value) in zip(self.long.rows, zip(*cells, strict=True), strict=True):
            key = tuple(parts)
            self.rows.setdefault(key, int(row))
            values = self.fields.setdefault(name, {}).setdefault(key, [])
            if value not in values:
                values.append(value)
        self.keys = keys

    def _texts(self, name: str) -> list[str]:
        column = self.long.columns[name]
        texts = [cell_text(cell) for cell in column.values]
        return [texts[code] for code in column.codes]

    def flat(self, wanted: frozenset[str]) -> RawTable:
        """One row per record, event and repeat."""
        own = next((name for name in self.fields if self._repeats_record(name)), RECORD)
        rest = {name: values for name, values in self.fields.items() if name != own}
        boxes = {name for name, values in rest.items() if any(len(one) > 1 for one in values.values())}
        asked = {name.partition(BOX)[0] for name in wanted if BOX in name and name not in rest}
        columns: dict[str, dict[Key, str]] = {}
        for name, values in rest.items():
            if name not in boxes:
                columns[name] = {key: one[0] for key, one in values.items()}
            if name in boxes | asked:
                columns |= dict(self._boxes(name, values))
        names = (own, *self.keys[1:], *columns)
        records = ((*key, *(column.get(key, "") for column in columns.values())) for key in self.rows)
        table = collect(self.long.file, names, records, 1, wanted, self.long.detected)
        import numpy as np

        form = noted(
            table.detected, "form", f"EAV: {len(self.long.rows):,} values in {len(self.rows):,} rows"
        )
        numbers = np.array(list(self.rows.values()), dtype="int64")
        return RawTable(table.file, table.names, table.columns, numbers, form)

    def _repeats_record(self, name: str) -> bool:
        values = self.fields[name]
        everyone = {key[0] for key in self.rows} == {key[0] for key in values}
        return everyone and all(one == [key[0]] for key, one in values.items())

    def _boxes(self, name: str, values: dict[Key, list[str]]) -> Iterator[tuple[str, dict[Key, str]]]:
        """A column for each box that anybody ticked."""
        places = {key[1:3] for key in values}
        shown = [key for key in self.rows if key[1:3] in places]
        for code in dict.fromkeys(code for one in values.values() for code in one):
            ticked = {key: str(int(code in values.get(key, ()))) for key in shown}
            yield f"{name}{BOX}{box_code(code)}", ticked
