"""The modes' estimates with intervals, one table per kind of number."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.domain import MODES
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, mode_of, outcome_name
from alliance_modes.words.rounding import MISSING, interval, is_missing, number, p_value

_DECIMALS = {"percentage_points": 1}


def mode_estimates(estimates: pd.DataFrame) -> pd.DataFrame:
    """Rows of the single modes between practitioners, with the mode's name added."""
    rows = estimates.assign(mode=estimates["term"].map(mode_of))
    return rows[rows["mode"].notna() & _not_within(rows) & rows["estimate"].notna()]


def joint_test(estimates: pd.DataFrame, model: str, outcome: str) -> pd.Series | None:
    """The row of the joint test of the modes between practitioners for one outcome, if there is one."""
    rows = estimates[(estimates["model"] == model) & (estimates["outcome"] == outcome)]
    rows = rows[(rows["estimand"] == "joint_test") & _not_within(rows)]
    return None if rows.empty else rows.iloc[0]


def _not_within(rows: pd.DataFrame) -> pd.Series:
    return rows["level"].isna() | rows["level"].isin(["", "between"])


def effects_table(
    estimates: pd.DataFrame,
    model: str,
    estimand: str,
    labels: Mapping[str, str],
    caption: str,
    note: str = "",
) -> DisplayTable | None:
    """Outcomes down, modes across: estimate [95 % interval], and the joint test's adjusted p."""
    rows = mode_estimates(estimates)
    rows = rows[(rows["model"] == model) & (rows["estimand"] == estimand)]
    if rows.empty:
        return None
    decimals = _DECIMALS.get(estimand, 2)
    lines = []
    for outcome, here in rows.groupby("outcome", sort=False):
        cells = here.drop_duplicates("mode").set_index("mode")
        joint = joint_test(estimates, model, str(outcome))
        lines.append(
            (
                capital(labels.get(str(outcome), outcome_name(str(outcome)))),
                *(cell(cells, mode, decimals) for mode in MODES),
                MISSING if joint is None else p_value(joint["p_adjusted"]),
                MISSING if joint is None or is_missing_text(joint["family"]) else str(joint["family"]),
            )
        )
    return display_table(
        caption, ("Outcome", *(capital(mode) for mode in MODES), "Joint p", "Family"), "lrrrrl", lines, note
    )


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
