"""Estimates as a release shows them: with degrees of freedom that tell no number of people exactly.

Degrees of freedom are, where nothing limits them further, a number of people less the coefficients that
were estimated of them; the formula of a model is public. Told as they are, or through a p or a confidence
limit in full precision, they would take back that this number is rounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from alliance_modes.disclosure.sizes import PEOPLE, Size, Sizes

COLUMNS = (
    "model", "outcome", "term", "level", "estimand", "estimate", "se", "df", "statistic", "p", "p_adjusted",
    "family", "ci_low", "ci_high",
)  # fmt: skip
LIMIT = 0.975
DECIMALS_OF_P = 3
EXACT = 1e-6
MOST_TOGETHER = 10
"""Coefficients of a joint test at most, to know its numerator."""


def released_estimates(estimates: pd.DataFrame, rows: Mapping[str, str], sizes: Sizes) -> pd.DataFrame:
    """Estimates with what would hold if the people of each fit were as few as what is told of them allows.

    Parameters
    ----------
    estimates : DataFrame
        Rows of ``estimates.csv`` of fits that may be shown, with ``n`` and ``clusters`` as they are.
    rows : mapping
        What the rows of each model are.
    sizes : Sizes
        What is told of these numbers.

    Returns
    -------
    DataFrame
        ``COLUMNS``. ``df`` that are a number of people less coefficients are as many fewer as that
        number is above the least that what is told of it can stand for, larger ones of the same people no
        more; p and limits are those of these ``df``, so that they are a little wider. ``p_adjusted`` has
        three decimals, as in the reports.

    Notes
    -----
    The least number is public: whoever works back from ``df``, p or limits finds it, whatever the true one
    was. Estimates and standard errors are as they were.
    """
    found = [
        _of_fit(fit, rows[str(model)], sizes)
        for (model, _), fit in estimates.groupby(["model", "outcome"], sort=False)
    ]
    told = pd.concat(found).loc[estimates.index] if found else estimates
    return told.assign(p_adjusted=told["p_adjusted"].astype("float64").round(DECIMALS_OF_P))[list(COLUMNS)]


def _of_fit(fit: pd.DataFrame, rows: str, sizes: Sizes) -> pd.DataFrame:
    changed = fit.copy()
    for column in ("df", "p", "ci_low", "ci_high"):
        changed[column] = changed[column].astype("float64")
    limits = tuple(_limits(fit, rows, sizes))
    for place, row in fit.iterrows():
        df = _fewer(float(row["df"]), limits)
        if df != row["df"]:
            changed.loc[place, ["df", "p", "ci_low", "ci_high"]] = [df, *_with(row, df)]
    return changed


def _limits(fit: pd.DataFrame, rows: str, sizes: Sizes) -> Iterator[tuple[float, float]]:
    """Of each ``df`` that tells a number of people, itself and what is shown in its place."""
    people = sorted(_people(fit, rows), key=lambda size: size[1])
    for df in sorted(set(fit["df"].dropna().astype(float))):
        of = next((size for size in people if size[1] >= df), None)
        if of is not None and abs(df - round(df)) < EXACT:
            yield df, df - (of[1] - sizes.fewest(*of))


def _people(fit: pd.DataFrame, rows: str) -> Iterator[Size]:
    """How many rows a fit has, and how many of each of its groupings that are of people."""
    for name, n in re.findall(r"([^=;\s]+)=(\d+)", str(fit["clusters"].iloc[0])):
        if name in PEOPLE:
            yield name, int(n)
    yield rows, int(fit["n"].max())


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
