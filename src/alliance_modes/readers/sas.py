"""SAS data sets (.sas7bdat) and transport files (.xpt)."""

from __future__ import annotations

from pathlib import Path

from alliance_modes.readers.apart import read_apart
from alliance_modes.readers.declaration import Format
from alliance_modes.readers.raw_table import RawTable
from alliance_modes.readers.source import RawSource
from alliance_modes.readers.statistical import decoder, with_unseen_reasons

TRANSPORT = ".xpt"
UNSEEN = "cannot be seen in a transport file; if .A to .Z are used, export the data set (.sas7bdat)"


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the wanted variables as raw codes; see ``readers.read``.

    Notes
    -----
    The special missing values .A to .Z and ._ of a data set arrive as that text, with it as the reason.
    The missing value . arrives as None, an empty string as ''. Dates, times and date-times are such
    by their display format. What codes mean stands in a catalogue of formats, which is not read.
    Rows are numbered from 1. In a transport file the reasons .A to .Z cannot be told from the missing value;
    where a number is missing in one, a note says so.
    """
    table = read_apart(decoder("SAS", path.suffix or ".sas7bdat"), source, path, file, wanted)
    return with_unseen_reasons(table, UNSEEN) if path.suffix.lower() == TRANSPORT else table


FORMAT = Format("sas", read, suffixes=(".sas7bdat", ".xpt"))
