"""Estimates as a release shows them: with degrees of freedom that tell no number of people exactly.

Degrees of freedom are, where nothing limits them further, a number of people less the coefficients that
were estimated of them; the formula of a model is public. Told as they are, or through a p or a confidence
limit in full precision, they would take back that this number is rounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from alliance_modes.disclosure.rules import Disclosure, could_be, rounded

COLUMNS = (
    "model", "outcome", "term", "level", "estimand", "estimate", "se", "df", "statistic", "p", "p_adjusted",
    "family", "ci_low", "ci_high",
)  # fmt: skip
LIMIT = 0.975
DECIMALS_OF_P = 3
EXACT = 1e-6
MOST_TOGETHER = 10
"""Coefficients of a joint test at most, to know its numerator."""


def released_estimates(estimates: pd.DataFrame, rules: Disclosure) -> pd.DataFrame:
    """Estimates with what would hold if the people of each fit were as few as their rounded number allows.

    Parameters
    ----------
    estimates : DataFrame
        Rows of ``estimates.csv`` of fits that may be shown, with ``n`` and ``clusters`` as they are.

    Returns
    -------
    DataFrame
        ``COLUMNS``. ``df`` that are a number of people less coefficients are as many fewer as that
        number is above the least that its rounded value can stand for, larger ones of the same people no
        more; p and limits are those of these ``df``, so that they are a little wider. ``p_adjusted`` has
        three decimals, as in the reports.

    Notes
    -----
    The least number is public: whoever works back from ``df``, p or limits finds it, whatever the true one
    was. Estimates and standard errors are as they were.
    """
    found = [_of_fit(rows, rules) for _, rows in estimates.groupby(["model", "outcome"], sort=False)]
    told = pd.concat(found).loc[estimates.index] if found else estimates
    return told.assign(p_adjusted=told["p_adjusted"].astype("float64").round(DECIMALS_OF_P))[list(COLUMNS)]


def _of_fit(rows: pd.DataFrame, rules: Disclosure) -> pd.DataFrame:
    changed = rows.copy()
    for column in ("df", "p", "ci_low", "ci_high"):
        changed[column] = changed[column].astype("float64")
    limits = tuple(_limits(rows, rules))
    for place, row in rows.iterrows():
        df = _fewer(float(row["df"]), limits)
        if df != row["df"]:
            changed.loc[place, ["df", "p", "ci_low", "ci_high"]] = [df, *_with(row, df)]
    return changed


def _limits(rows: pd.DataFrame, rules: Disclosure) -> Iterator[tuple[float, float]]:
    """Of each ``df`` that tells a number of people, itself and what is shown in its place."""
    people = sorted(_people(rows).values())
    for df in sorted(set(rows["df"].dropna().astype(float))):
        of = next((n for n in people if n >= df), None)
        if of is not None and abs(df - round(df)) < EXACT:
            yield df, df - (of - could_be(rounded(of, rules.base), rules)[0])


def _people(rows: pd.DataFrame) -> Mapping[str, int]:
    """The rows of a fit, and its groupings by name."""
    found = {name: int(n) for name, n in re.findall(r"([^=;\s]+)=(\d+)", str(rows["clusters"].iloc[0]))}
    return {**found, "n": int(rows["n"].max())}


def _fewer(df: float, limits: tuple[tuple[float, float], ...]) -> float:
    for limit, shown in limits:
        if shown < df <= limit + EXACT:
            return shown
    return df


def _with(row: pd.Series, df: float) -> tuple[float, float, float]:
    """p and the two limits with these degrees of freedom, each only where it was made of the former ones."""
    from scipy import stats

    estimate, se, low, high = (float(row[name]) for name in ("estimate", "se", "ci_low", "ci_high"))
    half, former = (stats.t.ppf(LIMIT, one) * se for one in (df, float(row["df"])))
    of_t = abs(estimate + former - high) < EXACT * max(abs(high), 1.0)
    return (_p(row, df), *((estimate - half, estimate + half) if of_t else (low, high)))


def _p(row: pd.Series, df: float) -> float:
    from scipy import stats

    statistic, former, p = (float(row[name]) for name in ("statistic", "df", "p"))
    if abs(2 * stats.t.sf(abs(statistic), former) - p) < EXACT:
        return float(2 * stats.t.sf(abs(statistic), df))
    for together in range(1, MOST_TOGETHER + 1):
        if abs(stats.f.sf(statistic, together, former) - p) < EXACT:
            return float(stats.f.sf(statistic, together, df))
    return round(p, DECIMALS_OF_P)
