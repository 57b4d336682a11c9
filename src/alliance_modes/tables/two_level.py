"""Factors within and between practitioners as a reader meets them: a table, and a passage per inventory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from alliance_modes.domain import ALPHA
from alliance_modes.tables.structure import ACCEPTABLE, CLOSE
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, instrument_name, listed, plain, sentence
from alliance_modes.words.rounding import bounded, interval, is_missing, number, p_value, percent, whole

BETWEEN = {
    "saturated": "any covariances",
    "alike": "the same factors and nothing else",
    "one": "one factor",
    "subscales": "one factor per subscale",
}
OTHER_MODELS = ("alike", "one", "subscales")


def two_level_table(fits: pd.DataFrame) -> DisplayTable | None:
    """Fit of every model of both levels that could be estimated."""
    shown = fits[fits["status"] == "ok"]
    if shown.empty:
        return None
    rows = [
        (
            f"{instrument_name(row.instrument)}, {plain(row.rater)}",
            capital(BETWEEN[row.between]),
            whole(row.n),
            whole(row.practitioners),
            f"{number(row.chi2, 1)} ({whole(row.df)})",
            p_value(row.p),
            bounded(row.cfi, 3),
            f"{bounded(row.rmsea, 3)} {interval(row.rmsea_low, row.rmsea_high, 3, limited=True)}",
            bounded(row.srmr_within, 3),
            bounded(row.srmr_between, 3),
        )
        for row in shown.itertuples()
    ]
    return display_table(
        "Factors within and between practitioners",
        (
            "Instrument, rater",
            "Between practitioners",
            "n",
            "Practitioners",
            "χ² (df)",
            "p",
            "CFI",
            "RMSEA [90 %]",
            "SRMR within",
            "SRMR between",
        ),
        "llrrrrrrrr",
        rows,
        "One factor per subscale among clients of one practitioner. With any covariances between "
        "practitioners χ² tests what is within alone. Variances between practitioners cannot be negative; "
        "where some are held at zero, χ² is too small, so that a large p says little. The first inventory of "
        "each person, complete answers, taken as continuous; maximum likelihood.",
    )


def two_level_sentences(fits: pd.DataFrame, estimates: pd.DataFrame) -> list[str]:
    """What is found on both levels, per rater and inventory; and what was not fitted, and why."""
    told: list[str] = []
    missed: dict[str, list[str]] = {}
    for (rater, instrument), rows in fits.groupby(["rater", "instrument"], sort=False, dropna=False):
        who = f"{instrument_name(instrument)}, {plain(rater)}-rated"
        reasons = dict.fromkeys(rows["reason"])
        if (rows["status"] == "not_estimated").all() and len(reasons) == 1:
            missed.setdefault(str(next(iter(reasons))), []).append(who)
            continue
        own = estimates[(estimates["rater"] == rater) & (estimates["instrument"] == instrument)]
        first = rows.iloc[0]
        size = f"n = {whole(first['n'])} from {whole(first['practitioners'])} practitioners"
        clauses = [f"{who}: {size}", *_left_out(first), *_about(rows, own)]
        told.append(sentence(". ".join(clauses)))
    return told + [sentence(f"Not fitted: {'; '.join(names)} ({reason})") for reason, names in missed.items()]


def _left_out(first: pd.Series) -> Iterator[str]:
    if first["unplaced"]:
        yield f"Without {whole(first['unplaced'])} whose practitioner is not known"


def _about(rows: pd.DataFrame, estimates: pd.DataFrame) -> Iterator[str]:
    """The clauses of one inventory: within, items, then each model between."""
    by_name = {str(row.between): row for row in rows.itertuples()}
    saturated = by_name.get("saturated")
    if saturated is not None and saturated.status == "ok":
        yield _within(saturated, estimates)
    yield from _items(estimates)
    for name in OTHER_MODELS:
        row = by_name.get(name)
        if row is not None and row.status == "ok":
            yield _between(row, estimates)
    reasons: dict[str, list[str]] = {}
    for row in rows[rows["status"] != "ok"].itertuples():
        reasons.setdefault(str(row.reason), []).append(BETWEEN[row.between])
    for reason, names in reasons.items():
        yield f"Not fitted with {listed(names, 'or')} between practitioners: {reason}"


def _within(row: Any, estimates: pd.DataFrame) -> str:
    factors = "one factor" if row.structure == "one" else "one factor per subscale"
    found = {"cfi": row.cfi, "rmsea": row.rmsea, "srmr": row.srmr_within}
    verdict = "does not fit well"
    for limits, words in ((ACCEPTABLE, "fits acceptably"), (CLOSE, "fits closely")):
        if found["cfi"] >= limits["cfi"] and all(found[name] <= limits[name] for name in ("rmsea", "srmr")):
            verdict = words
    fit = f"{_test(row)}, {_indices(row)}, SRMR {bounded(row.srmr_within, 3)}"
    omega = _of_factors(estimates, "saturated", "within", "omega")
    return f"Among clients of one practitioner {factors} {verdict} ({fit}); omega there is {omega}"


def _items(estimates: pd.DataFrame) -> Iterator[str]:
    shares = estimates[(estimates["between"] == "unrestricted") & (estimates["kind"] == "icc")]["estimate"]
    if len(shares):
        low, high = (percent(value, 0) for value in (shares.min(), shares.max()))
        yield f"Between {low} and {high} of the variance of an item lies between practitioners"


def _between(row: Any, estimates: pd.DataFrame) -> str:
    held = row.at_zero.split("; ") if isinstance(row.at_zero, str) and row.at_zero else []
    indices = f"({_test(row)}, {_indices(row)})"
    if row.between == "alike":
        shares = _of_factors(estimates, "alike", "between", "icc")
        factors = "this factor" if row.structure == "one" else "these factors"
        return (
            f"If practitioners differed in {factors} and nothing else {indices}, {shares} of the variance "
            "would lie between them"
        )
    reliable = _of_factors(estimates, row.between, "between", "omega")
    zero = f"; {_named(held)} at zero" if held else ""
    return f"{capital(BETWEEN[row.between])} between practitioners {indices} has omega {reliable}{zero}"


def _named(held: list[str]) -> str:
    """The items on which practitioners are estimated not to differ beyond factors."""
    items = f"item{'s' if len(held) > 1 else ''} {listed(held)}"
    return f"what practitioners differ in on {items} beyond that is estimated"


def _of_factors(estimates: pd.DataFrame, between: str, level: str, kind: str) -> str:
    chosen = (estimates["between"] == between) & (estimates["level"] == level) & (estimates["kind"] == kind)
    rows = list(estimates[chosen].itertuples())
    shown = [(row.factor, _with_limits(row)) for row in rows]
    return listed([value if len(rows) == 1 else f"{value} ({plain(name)})" for name, value in shown])


def _with_limits(row: Any) -> str:
    if is_missing(row.se):
        return bounded(row.estimate)
    return f"{bounded(row.estimate)} {interval(row.ci_low, row.ci_high, limited=True)}"


def _indices(row: Any) -> str:
    limits = interval(row.rmsea_low, row.rmsea_high, 3, limited=True)
    return f"CFI {bounded(row.cfi, 3)}, RMSEA {bounded(row.rmsea, 3)} {limits}"


def _test(row: Any) -> str:
    """Chi-square; with p where that says something: it is too large where a variance is held at zero."""
    p = p_value(row.p)
    told = f"χ² {number(row.chi2, 1)}, {whole(row.df)} df"
    if row.between != "saturated" and row.p >= ALPHA:
        return told
    return f"{told}, p {p if p.startswith('<') else f'= {p}'}"
