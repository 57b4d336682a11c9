"""Columns of one value per practitioner, for relational analyses."""

from __future__ import annotations

import pandas as pd

from alliance_modes.derive.levels import as_number, standardise
from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.words.names import plain


def practitioners_of(table: pd.DataFrame) -> pd.DataFrame:
    """One row per lead practitioner of the rows of ``table``; rows without one are passed over."""
    return table.dropna(subset=[PRACTITIONER_ID]).drop_duplicates(PRACTITIONER_ID)


def alike(table: pd.DataFrame, column: str) -> str:
    """Why ``over_practitioners`` has no value, of a column that some practitioner has; blank where it has."""
    known = as_number(practitioners_of(table)[column]).dropna()
    if len(known) == 1:
        return f"one practitioner alone has a value of {plain(column)}"
    return f"{plain(column)} is the same for all practitioners" if len(known) and known.nunique() < 2 else ""


def over_practitioners(table: pd.DataFrame, column: str, told_by: pd.DataFrame | None = None) -> pd.Series:
    """``column`` in SDs about its mean, each practitioner counted once (divisor J - 1), by row of ``table``.

    ``told_by`` is the table that has the column, where ``table`` itself has not.
    """
    ones = practitioners_of(table if told_by is None else told_by)
    by_practitioner = pd.Series(
        standardise(as_number(ones[column])).to_numpy(), index=ones[PRACTITIONER_ID].astype("str")
    )
    return table[PRACTITIONER_ID].astype("str").map(by_practitioner).astype("float64")
