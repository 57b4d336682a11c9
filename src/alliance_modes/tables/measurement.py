"""Reliability in short: a table, and the sentence that goes with each scale."""

from __future__ import annotations

import pandas as pd

from alliance_modes.tables.display import DisplayTable, display_table
from alliance_modes.tables.names import instrument_name, plain, scale_name
from alliance_modes.tables.rounding import bounded, interval, is_missing, whole

_WORDS = ((0.9, "high"), (0.8, "good"), (0.7, "adequate"), (0.6, "weak"))
TOO_LOW = "too low to rest on alone"


def reliability_word(alpha: float) -> str:
    """What an alpha means for a reader: high, good, adequate, weak, too low to rest on alone."""
    return next((word for limit, word in _WORDS if alpha >= limit), TOO_LOW)


def reliability_table(reliability: pd.DataFrame) -> DisplayTable | None:
    """Alpha with its interval per rater, instrument and scale."""
    if reliability.empty:
        return None
    rows = []
    for row in reliability.itertuples():
        reason = row.reason if isinstance(row.reason, str) and row.reason else plain(row.status)
        reading = f"not estimated: {reason}" if is_missing(row.alpha) else _reading(row.alpha, row.ci_low)
        rows.append(
            (
                f"{instrument_name(row.instrument)}, {plain(row.rater)}",
                scale_name(row.scale, row.instrument),
                whole(row.items),
                whole(row.n),
                bounded(row.alpha),
                interval(row.ci_low, row.ci_high, limited=True),
                reading,
            )
        )
    return display_table(
        "Reliability of every scale in use (Cronbach's alpha)",
        ("Instrument, rater", "Scale", "Items", "n", "Alpha", "95 % interval", "Reading"),
        "llrrrrl",
        rows,
        "The first inventory of each person, complete answers. Reading: high from .90, good "
        "from .80, adequate from .70, weak from .60.",
    )


def _reading(alpha: float, low: float) -> str:
    word = reliability_word(alpha)
    if is_missing(low) or reliability_word(low) == word:
        return word
    return f"{word}, but may be {reliability_word(low)}"


def reliability_sentences(reliability: pd.DataFrame) -> list[str]:
    """One sentence on the scales that can carry weight, one on those that cannot."""
    known = reliability[reliability["alpha"].notna()] if len(reliability) else reliability
    if known.empty:
        return ["No scale had enough answers for its reliability to be estimated."]
    low = known[known["alpha"] < 0.7]
    fine = known[known["alpha"] >= 0.7]
    sentences = []
    if len(fine):
        sentences.append(
            f"{whole(len(fine))} of {whole(len(known))} scales have an alpha of .70 or more "
            f"({bounded(fine['alpha'].min())} to {bounded(fine['alpha'].max())})."
        )
    if len(low):
        names = "; ".join(
            f"{scale_name(row.scale, row.instrument)} of the {instrument_name(row.instrument)}, "
            f"{plain(row.rater)}-rated ({bounded(row.alpha)})"
            for row in low.itertuples()
        )
        sentences.append(f"Below .70, and so to be read with care: {names}.")
    return sentences


def flagged_items_table(items: pd.DataFrame) -> DisplayTable | None:
    """Items that measuring flagged, with their item-rest correlation."""
    flagged = items[items["flag"].fillna("") != ""] if "flag" in items else items.iloc[:0]
    if flagged.empty:
        return None
    rows = [
        (
            f"{instrument_name(row.instrument)}, {plain(row.rater)}",
            scale_name(row.scale, row.instrument),
            whole(row.item),
            bounded(row.item_rest),
            str(row.flag),
        )
        for row in flagged.itertuples()
    ]
    return display_table(
        "Items to look at", ("Instrument, rater", "Scale", "Item", "Item–rest r", "Flag"), "llrrl", rows
    )
