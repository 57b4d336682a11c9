"""Columns of one value per practitioner, for relational analyses."""

from __future__ import annotations

import pandas as pd

from alliance_modes.derive.levels import as_number, standardise
from alliance_modes.dictionary.named import PRACTITIONER_ID


def practitioners_of(table: pd.DataFrame) -> pd.DataFrame:
    """One row per lead practitioner of the rows of ``table``; rows without one are passed over."""
    return table.dropna(subset=[PRACTITIONER_ID]).drop_duplicates(PRACTITIONER_ID)


def over_practitioners(table: pd.DataFrame, column: str) -> pd.Series:
    """``column`` in SDs about its mean, each practitioner of the table counted once (divisor J - 1)."""
    ones = practitioners_of(table)
    by_practitioner = pd.Series(
        standardise(as_number(ones[column])).to_numpy(), index=ones[PRACTITIONER_ID].astype("str")
    )
    return table[PRACTITIONER_ID].astype("str").map(by_practitioner).astype("float64")
