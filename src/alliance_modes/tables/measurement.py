"""Reliability in short: a table, and the sentence that goes with each scale."""

from __future__ import annotations

import pandas as pd

from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import instrument_name, listed, plain, scale_name
from alliance_modes.words.rounding import bounded, interval, is_missing, whole

_WORDS = ((0.9, "high"), (0.8, "good"), (0.7, "adequate"), (0.6, "weak"))
TOO_LOW = "too low to rest on alone"


def block_name(rater: object, instrument: str) -> str:
    """``WAI-SR, client``; the inventory alone where several kinds of people may have rated."""
    rated = f", {plain(rater)}" if isinstance(rater, str) and rater else ""
    return f"{instrument_name(instrument)}{rated}"


def span(counts: pd.Series) -> str:
    """``39 to 702``, or one count."""
    low, high = int(counts.min()), int(counts.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def not_estimated(what: str, rows: pd.DataFrame) -> list[str]:
    """One sentence per reason, naming the scales."""
    reasons: dict[str, list[str]] = {}
    for row in rows.itertuples():
        instrument = getattr(row, "instrument", "") or getattr(row, "first_instrument", "")
        name = f"{instrument_name(instrument)} {row.scale}"
        reasons.setdefault(str(row.reason), []).append(name)
    return [f"{what}: not estimated for {listed(names)}: {reason}." for reason, names in reasons.items()]


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
                block_name(row.rater, row.instrument),
                scale_name(row.scale, row.instrument),
                whole(row.items),
                whole(row.n),
                bounded(row.alpha),
                interval(row.ci_low, row.ci_high, limited=True),
                bounded(row.omega),
                interval(row.omega_low, row.omega_high, limited=True),
                reading,
            )
        )
    return display_table(
        "Reliability of every scale in use",
        (
            "Instrument, rater",
            "Scale",
            "Items",
            "n",
            "Alpha",
            "95 % interval",
            "Omega",
            "95 % interval",
            "Reading",
        ),
        "llrrrrrrl",
        rows,
        "The first inventory of each person, complete answers. Alpha: Cronbach's, Feldt's interval. "
        "Omega: McDonald's omega total of the one-factor model, which does not take the items as equally "
        "good; interval by the delta method. Both take people as independent. Omega of a total says how well "
        "the sum holds together, not that it is one thing. Reading (of alpha): high from .90, good from .80, "
        "adequate from .70, weak from .60.",
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
    return [*sentences, *_about_omega(known)]


def _about_omega(known: pd.DataFrame) -> list[str]:
    """How far omega is from alpha, and which scales have none."""
    both = known[known["omega"].notna()]
    sentences = []
    if len(both):
        apart = (both["omega"] - both["alpha"]).abs().max()
        sentences.append(
            "Omega, which does not take the items of a scale as equally good, differs from alpha by "
            f"{bounded(apart, 3)} at most (n = {span(both['n'])})."
        )
    for reason, rows in known[known["omega"].isna()].groupby("omega_reason", sort=False):
        names = "; ".join(
            f"{scale_name(row.scale, row.instrument)} of the {block_name(row.rater, row.instrument)}"
            for row in rows.itertuples()
        )
        sentences.append(f"Omega was not estimated for {names}: {reason}.")
    return [*sentences, *_about_ordered(both[both["omega_ordinal"].notna()])]


def _about_ordered(both: pd.DataFrame) -> list[str]:
    """How far omega is from the one that takes answers as ordered categories."""
    if both.empty:
        return []
    apart = (both["omega_ordinal"] - both["omega"]).abs()
    most = both.loc[apart.idxmax()]
    block = block_name(most["rater"], most["instrument"])
    where = f"{scale_name(most['scale'], most['instrument'])} of the {block}"
    return [
        "With answers taken as ordered categories omega differs from these by "
        f"{bounded(apart.max(), 3)} at most ({where}: {bounded(most['omega_ordinal'])}), over the "
        f"{whole(len(both))} scales where it could be estimated (n = {span(both['n'])})."
    ]


def flagged_items_table(items: pd.DataFrame) -> DisplayTable | None:
    """Items that measuring flagged, with their item-rest correlation."""
    flagged = items[items["flag"].notna() & (items["flag"] != "")] if "flag" in items else items.iloc[:0]
    if flagged.empty:
        return None
    rows = [
        (
            block_name(row.rater, row.instrument),
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
