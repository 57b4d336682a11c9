"""Agreement of client and practitioner, as a table and in sentences."""

from __future__ import annotations

import pandas as pd

from alliance_modes.tables.measurement import not_estimated
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import instrument_name, listed, scale_name
from alliance_modes.words.rounding import bounded, interval, is_missing, number, whole


def agreement_table(agreement: pd.DataFrame) -> DisplayTable | None:
    """Agreement of client and practitioner per scale."""
    known = agreement[agreement["bias"].notna()]
    if known.empty:
        return None
    rows = []
    for row in known.itertuples():
        limits = [
            (getattr(row, f"icc_{kind}_clustered_low"), getattr(row, f"icc_{kind}_clustered_high"))
            if not is_missing(getattr(row, f"icc_{kind}_clustered_low"))
            else (getattr(row, f"icc_{kind}_low"), getattr(row, f"icc_{kind}_high"))
            for kind in ("a1", "c1")
        ]
        rows.append(
            (
                scale_name(row.scale, row.first_instrument),
                whole(row.n),
                f"{bounded(row.icc_a1)} {interval(*limits[0], limited=True)}",
                f"{bounded(row.icc_c1)} {interval(*limits[1], limited=True)}",
                f"{number(row.bias, 1)} {interval(row.bias_low, row.bias_high, 1)}",
                f"{number(row.lower, 1)} to {number(row.upper, 1)}",
                f"{number(row.slope)} {interval(row.slope_low, row.slope_high)}",
            )
        )
    return display_table(
        f"{_forms(known)} on the same session [95 % interval]",
        ("Scale", "n", "ICC(A,1)", "ICC(C,1)", "Bias", "Limits of agreement", "Slope"),
        "lrrrrrr",
        rows,
        "Percent of the maximum possible (0–100), because forms have different ranges. One session per "
        "enrolment, the first that both rated. ICC(A,1): absolute agreement, one rating; ICC(C,1): agreement "
        "in order and distance, whatever the level. Bias: client minus practitioner. Limits: 95 % of "
        "differences lie between (their intervals are in the figure). Slope: change of the difference per "
        "point of the mean of both. Intervals allow for dyads that share a practitioner, those of ICCs from "
        "10 practitioners on.",
    )


def agreement_sentences(agreement: pd.DataFrame) -> list[str]:
    """Who rates higher, and how far apart the two are in one dyad."""
    if agreement.empty:
        return ["No session was rated by both client and practitioner, so their agreement is not known."]
    sentences = []
    known = agreement[agreement["bias"].notna()]
    for row in known.itertuples():
        clear = not is_missing(row.bias_low) and (row.bias_low > 0 or row.bias_high < 0)
        level = (
            f"{'clients' if row.bias > 0 else 'practitioners'} rated higher by "
            f"{number(abs(row.bias), 1)} points of 100"
            if clear
            else f"no clear difference in level ({number(row.bias, 1)} points of 100)"
        )
        sentences.append(
            f"{scale_name(row.scale, row.first_instrument)}: {level}; in one dyad client minus practitioner "
            f"lies between {number(row.lower, 0)} and {number(row.upper, 0)} in 95 % of cases; ICC for "
            f"absolute agreement {bounded(row.icc_a1)} (n = {whole(row.n)})."
        )
    sloping = known[(known["slope_low"] > 0) | (known["slope_high"] < 0)]
    if len(sloping):
        names = [scale_name(row.scale, row.first_instrument).lower() for row in sloping.itertuples()]
        sentences.append(
            f"The difference depends on the level for {listed(names)}: one of the two uses "
            "more of the range than the other, so the limits are averages over levels."
        )
    if (known["first_instrument"] != known["second_instrument"]).any():
        sentences.append(
            "The two forms differ in items and in range. What is compared is two raters on two forms: some "
            "of the disagreement may be the forms'."
        )
    return [*sentences, *not_estimated("Agreement", agreement[agreement["status"] != "ok"])]


def _forms(rows: pd.DataFrame) -> str:
    first = listed([instrument_name(name) for name in dict.fromkeys(rows["first_instrument"])])
    second = listed([instrument_name(name) for name in dict.fromkeys(rows["second_instrument"])])
    return f"Client ({first}) and practitioner ({second})"
