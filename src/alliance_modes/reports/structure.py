"""The tables of factor structure, as they are read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

STRUCTURE_TABLES = ("factor_fit", "invariance")
"""The tables that this part of the report is made of."""

LISTS = ("freed", "groups", "sizes", "left_out")


def read_structure(path: str | Path) -> pd.DataFrame:
    """One of ``STRUCTURE_TABLES``; lists such as ``3; 7`` stay text also where each has a single entry."""
    return pd.read_csv(path, dtype={name: "str" for name in LISTS})
