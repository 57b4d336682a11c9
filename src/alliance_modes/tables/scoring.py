"""How many scores were made, and how many of them rest on incomplete answers, for readers."""

from __future__ import annotations

import pandas as pd

from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import instrument_name, scale_name
from alliance_modes.words.rounding import percent, whole


def scoring_sentence(scoring: pd.DataFrame) -> str:
    """All scores together: made, prorated, not made."""
    rows = _shown(scoring)
    if rows.empty:
        return "No inventory was there to score."
    made, prorated = rows["scored"].sum(), rows["prorated"].sum()
    share = percent(prorated / made) if made else percent(0)
    return (
        f"Of {whole(made)} scores, {whole(prorated)} ({share}) rest on incomplete answers: the mean of the "
        "items that were answered stands for the others, where the instrument's own rule allows it. "
        f"{whole(rows['not_scored'].sum())} scores could not be made, since too few items were answered."
    )


def scoring_table(scoring: pd.DataFrame) -> DisplayTable | None:
    """Forms, scores, prorated and missing scores per inventory, rater and scale; facets left out."""
    rows = _shown(scoring)
    if rows.empty:
        return None
    lines = [
        (
            ", ".join(
                [instrument_name(row.instrument), *([row.rater] if isinstance(row.rater, str) else [])]
            ),
            scale_name(row.scale, row.instrument),
            whole(row.items),
            whole(row.administrations),
            whole(row.prorated),
            percent(row.prorated / row.scored) if row.scored else percent(None),
            whole(row.not_scored),
        )
        for row in rows.itertuples()
    ]
    return display_table(
        "Scores that rest on incomplete answers",
        ("Instrument, rater", "Scale", "Items", "Forms", "Prorated", "Of the scores", "Not scored"),
        "llrrrrr",
        lines,
    )


def _shown(scoring: pd.DataFrame) -> pd.DataFrame:
    return scoring[scoring["kind"] != "facet"]
