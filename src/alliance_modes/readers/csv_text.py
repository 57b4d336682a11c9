"""CSV exports: one header row, then one row per record."""

from __future__ import annotations

from pathlib import Path

from alliance_modes.readers.declaration import Format
from alliance_modes.readers.delimited import first_record, open_records
from alliance_modes.readers.raw_table import RawTable, collect, header_names
from alliance_modes.readers.source import RawSource


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read a delimited text file; see ``readers.read``.

    Notes
    -----
    Delimiter and encoding are found out where they are not declared. Rows are counted as a
    spreadsheet shows them.
    """
    with open_records(source, path, file, wanted) as (records, detected):
        header, row = first_record(records, file)
        return collect(file, header_names(header), records, row + 1, wanted, detected)


FORMAT = Format(
    "csv",
    read,
    suffixes=(".csv", ".tsv", ".txt", ".tab"),
    why="a text file with one header row",
    options=("delimiter",),
    decimal_comma=True,
)
