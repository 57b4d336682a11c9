"""How many changed by more than the error of their scores, for a reader."""

from __future__ import annotations

import pandas as pd

from alliance_modes.tables.measurement import block_name, not_estimated
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import sampled_said, scale_name
from alliance_modes.words.rounding import number, percent, percent_interval, whole


def change_table(rates: pd.DataFrame) -> DisplayTable | None:
    """Rates of reliable change per scale."""
    known = rates[rates["status"] == "ok"]
    if known.empty:
        return None
    rows = [
        (
            block_name(row.rater, row.instrument),
            scale_name(row.scale, row.instrument),
            whole(row.n),
            number(row.limit),
            number(row.mean_change),
            *(
                f"{percent(getattr(row, f'share_{way}'))} "
                f"{percent_interval(getattr(row, f'share_{way}_low'), getattr(row, f'share_{way}_high'))}"
                for way in ("rose", "fell")
            ),
        )
        for row in known.itertuples()
    ]
    return display_table(
        "Change of each enrolment from its first to its last inventory [95 % interval]",
        ("Instrument, rater", "Scale", "n", "Limit", "Mean change", "Rose beyond it", "Fell beyond it"),
        "llrrrrr",
        rows,
        "Limit: 1.96 × √2 × the standard error of measurement of one score, in the instrument's own metric. "
        f"By error alone {percent(known['expected'].iloc[0])} would rise beyond it and as many fall. "
        f"Complete inventories. {sampled_said(_shared(known))}",
    )


def change_sentences(rates: pd.DataFrame) -> list[str]:
    """Per rater and instrument, how many rose and fell beside what error alone gives."""
    sentences = []
    known = rates[rates["status"] == "ok"]
    for _, rows in known.groupby(["rater", "instrument"], sort=False, dropna=False):
        name, n = block_name(rows["rater"].iloc[0], rows["instrument"].iloc[0]), rows["n"].max()
        sentences.append(
            f"{name}: by scale, {_span(rows['share_rose'])} of enrolments rose by more than the error of two "
            f"scores and {_span(rows['share_fell'])} fell, from the first to the last inventory (up to "
            f"{whole(n)} of {whole(rows['enrolments'].max())} enrolments have two complete ones); if nobody "
            f"had changed, error alone would give {percent(rows['expected'].iloc[0])} each way."
            f"{_beyond(rows)}"
        )
    if len(known):
        sentences.append(
            "The error is that of the items on one day: passing states count as change, so that more than "
            "error alone need not be lasting change, and those who left early are missing."
        )
    return [*sentences, *not_estimated("Reliable change", rates[rates["status"] != "ok"])]


def _beyond(rows: pd.DataFrame) -> str:
    """Whether any rate is above what error alone gives, by its interval."""
    above = [
        f"{scale_name(row.scale, row.instrument).lower()} ({way})"
        for row in rows.itertuples()
        for way in ("rose", "fell")
        if getattr(row, f"share_{way}_low") > row.expected
    ]
    if not above:
        return " No rate is above that by its interval."
    return f" Above that by its interval: {', '.join(above)}."


def _shared(known: pd.DataFrame) -> list[str]:
    """What the intervals of every row take as shared."""
    each = [str(text).split("; ") if pd.notna(text) and text else [] for text in known["shared"]]
    return [unit for unit in each[0] if all(unit in units for units in each)]


def _span(shares: pd.Series) -> str:
    low, high = percent(shares.min()), percent(shares.max())
    return low if low == high else f"{low} to {high}"
