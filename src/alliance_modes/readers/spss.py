"""SPSS data files (.sav, .zsav) and portable files (.por)."""

from __future__ import annotations

from pathlib import Path

from alliance_modes.readers.apart import read_apart
from alliance_modes.readers.declaration import Format
from alliance_modes.readers.raw_table import RawTable
from alliance_modes.readers.source import RawSource
from alliance_modes.readers.statistical import decoder, spss_labels, spss_texts, with_unseen_reasons

PORTABLE = ".por"
UNSEEN = "cannot be seen in a portable file; if values are declared missing, save the data as .sav"


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the wanted variables as raw codes; see ``readers.read``.

    Notes
    -----
    Codes are kept, not replaced by their value labels: ``labels`` and ``missing`` of
    ``cohort.yaml`` name codes. Values that the file declares user-missing are kept too, with their
    value label as the reason; a system-missing number arrives as None, an empty string as ''.
    Rows are numbered as SPSS does: the first case is row 1. Of a portable file the reasons are lost, and a
    note says so where a number is missing.
    """
    table = read_apart(decoder("SPSS", ".sav"), source, path, file, wanted)
    return with_unseen_reasons(table, UNSEEN) if path.suffix.lower() == PORTABLE else table


FORMAT = Format(
    "spss", read, suffixes=(".sav", ".zsav", ".por"), value_labels=spss_labels, column_texts=spss_texts
)
