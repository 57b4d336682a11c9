"""The account of rows: what was read, what was left out and why, what was kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import TABLE_NAMES, capital, plain
from alliance_modes.words.rounding import whole

if TYPE_CHECKING:
    from alliance_modes.cohort import Agreement


def account_table(account: pd.DataFrame) -> DisplayTable | None:
    """Rows read, excluded by reason and kept, per table that had any."""
    rows = []
    for table, here in account.groupby("table", sort=False):
        read = int(here.loc[here["step"] == "read", "rows"].sum())
        if not read:
            continue
        rows.append((capital(TABLE_NAMES.get(str(table), plain(str(table)))), "read", whole(read)))
        excluded = here[(here["step"] == "excluded") & (here["rows"] > 0)]
        rows += [("", f"left out: {plain(row.reason)}", whole(row.rows)) for row in excluded.itertuples()]
        rows.append(("", "kept", whole(here.loc[here["step"] == "kept", "rows"].sum())))
    if not rows:
        return None
    return display_table(
        "Rows read, left out and kept",
        ("Table", "", "Rows"),
        "llr",
        rows,
        "In every table, rows read = rows left out + rows kept.",
    )


def agreements_table(accepted: Sequence[Agreement]) -> DisplayTable | None:
    """The losses that ``cohort.yaml`` agrees to, with the reason that it gives."""
    if not accepted:
        return None
    return display_table(
        "Losses between the raw files and the analysis that are accepted",
        ("Table", "What", "How many", "Why"),
        "llrl",
        [
            (
                capital(TABLE_NAMES.get(one.table, plain(one.table))),
                ", ".join(part for part in (plain(one.reason), one.column, one.file) if part),
                whole(one.rows),
                one.why,
            )
            for one in accepted
        ],
    )
