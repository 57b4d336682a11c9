"""What the report says about factor structure and invariance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from alliance_modes.tables.structure import (
    invariance_sentences,
    invariance_table,
    structure_sentences,
    structure_table,
)

STRUCTURE_TABLES = ("factor_fit", "invariance")
"""The tables that this part of the report is made of."""

LISTS = ("freed", "groups", "sizes", "left_out")

NOTHING = "No instrument was answered, so there is no structure to test."


def read_structure(path: str | Path) -> pd.DataFrame:
    """One of ``STRUCTURE_TABLES``; lists such as ``3; 7`` stay text also where each has a single entry."""
    return pd.read_csv(path, dtype={name: "str" for name in LISTS})


def structure(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Sentences and tables for the partial ``structure.md.j2``.

    Parameters
    ----------
    tables : mapping
        ``factor_fit.csv`` and ``invariance.csv`` by name; absent ones are as empty ones.
    """
    fits, steps = (tables.get(name, pd.DataFrame()) for name in STRUCTURE_TABLES)
    if fits.empty:
        return {"fit": [NOTHING], "fit_table": None, "invariance": [], "invariance_table": None}
    return {
        "fit": structure_sentences(fits),
        "fit_table": structure_table(fits),
        "invariance": invariance_sentences(steps) if len(steps) else [],
        "invariance_table": invariance_table(steps) if len(steps) else None,
    }
