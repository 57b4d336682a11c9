"""CSV exports: one header row, then one row per record."""

from __future__ import annotations

from pathlib import Path

from alliance_modes.readers.declaration import Format
from alliance_modes.readers.delimited import open_records
from alliance_modes.readers.header import take_header
from alliance_modes.readers.raw_table import RawTable, collect
from alliance_modes.readers.source import RawSource


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read a delimited text file; see ``readers.read``.

    Notes
    -----
    Delimiter and encoding are found out where they are not declared. Rows are counted as a
    spreadsheet shows them.
    """
    with open_records(source, path, file, wanted) as (records, detected):
        header = take_header(records, source, file)
        found = {**detected, **header.detected}
        return collect(file, header.names, header.records, header.row + 1, wanted, found, pad=source.tried)


FORMAT = Format(
    "csv",
    read,
    suffixes=(".csv", ".tsv", ".txt", ".tab"),
    why="a text file with one header row",
    options=("delimiter", "header_row", "leave_out_rows"),
    decimal_comma=True,
)
