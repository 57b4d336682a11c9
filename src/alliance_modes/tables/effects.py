"""How a table shows an estimate."""

from __future__ import annotations

import pandas as pd

from alliance_modes.words.rounding import MISSING, interval, is_missing, number


def is_missing_text(value: object) -> bool:
    """True for an empty or missing label."""
    return not isinstance(value, str) or not value


def cell(cells: pd.DataFrame, mode: str, decimals: int) -> str:
    """``estimate [low, high]`` of one mode; a dash where there is none."""
    if mode not in cells.index:
        return MISSING
    row = cells.loc[mode]
    limits = "" if is_missing(row["ci_low"]) else f" {interval(row['ci_low'], row['ci_high'], decimals)}"
    return f"{number(row['estimate'], decimals)}{limits}"
