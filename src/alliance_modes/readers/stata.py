"""Stata data files (.dta)."""

from __future__ import annotations

from pathlib import Path

from alliance_modes.readers.apart import read_apart
from alliance_modes.readers.declaration import Format
from alliance_modes.readers.raw_table import RawTable
from alliance_modes.readers.source import RawSource
from alliance_modes.readers.statistical import decoder, stata_labels, stata_texts


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the wanted variables as raw codes; see ``readers.read``.

    Notes
    -----
    Codes are kept, not replaced by their value labels. The extended missing values .a to .z arrive
    as the text ".a" to ".z", so that ``missing`` of ``cohort.yaml`` can name them; where it does
    not, the reason is their value label, or the code itself. The system missing value arrives as
    None, an empty string as ''. Dates (%td) arrive as dates, date-times (%tc) as date and time.
    Rows are numbered as Stata does: the first observation is row 1.
    """
    return read_apart(decoder("Stata", ".dta"), source, path, file, wanted)


FORMAT = Format("stata", read, suffixes=(".dta",), value_labels=stata_labels, column_texts=stata_texts)
