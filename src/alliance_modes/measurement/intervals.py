"""Intervals for what figures and reports show as observed: proportions and means.

Those of people who share a practitioner or a site are for new practitioners and sites like these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import PRACTITIONER_ID, SITE_ID

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; the limits are NaN where none can be given."""

    estimate: float
    low: float
    high: float
    n: int
    clusters: int = 0


@dataclass(frozen=True)
class Reach:
    """How far an interval reaches from an estimate to each side, and its standard error, by estimate.

    Both are NaN where no grouping has two levels. ``levels`` is the number of levels of the finest grouping.
    """

    half: np.ndarray
    se: np.ndarray
    levels: int


def wilson_interval(count: float, n: int, level: float = LEVEL) -> Interval:
    """A proportion (0-1) of independent people with Wilson's score interval.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = count / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Interval(share, max(centre - half, 0.0), min(centre + half, 1.0), n)


def groupings_of(rows: pd.DataFrame) -> tuple[pd.Series, ...]:
    """What tells people of a table apart: the practitioner, and the site, where there are two or more."""
    return tuple(
        rows[name] for name in (PRACTITIONER_ID, SITE_ID) if name in rows and rows[name].nunique() > 1
    )


def shared(rows: pd.DataFrame) -> tuple[str, ...]:
    """What ``groupings_of`` tells apart in a table, in words: practitioners and sites, of two and more."""
    names = {PRACTITIONER_ID: "practitioners", SITE_ID: "sites"}
    return tuple(said for name, said in names.items() if name in rows and rows[name].nunique() > 1)


def share_one(rows: pd.DataFrame, table: pd.DataFrame) -> bool:
    """Whether some rows of a table are all of one practitioner or site, where the table has several."""
    return len(rows) > 0 and len(shared(rows)) < len(shared(table))


def clustered_reach(
    parts: np.ndarray, groupings: Sequence[pd.Series | np.ndarray], level: float = LEVEL
) -> Reach:
    """The interval of estimates that are sums over people, some of whom share a practitioner or a site.

    Parameters
    ----------
    parts : array (people x estimates)
        What each person adds to the estimate beyond its expectation; columns sum to zero.
    groupings : sequence of arrays
        One level per person, in the order of ``parts``; a missing one is a level of its own. A grouping of
        fewer than two levels is passed over: nothing is known of another site.

    Notes
    -----
    For each grouping SE^2 = c sum over levels of (sum of the parts)^2, with t on G - 1 degrees of freedom for
    G levels; the widest of the intervals holds. With w the levels' shares of the people,
    c = sum w^2 / sum w^2 (1 - 2w + sum w^2), which is G / (G - 1) where all have as many: it undoes the
    bias where levels differ in size. Groupings are taken in turn because practitioners are within
    sites: the spread between sites holds that between practitioners, but is known from few of them. People
    taken as independent are a grouping too: levels that happen to be alike make no interval narrower.
    In simulated cohorts of 15 to 60 practitioners in 3 to 12 sites of unequal sizes such intervals of a share
    hold the rate over new practitioners and sites in 94 to 99 % (docs/recovery.md); by practitioner alone
    they do in 61 to 97 %, and taken as independent in 36 to 95 %.
    """
    from scipy.special import stdtrit

    best = Reach(np.full(parts.shape[1], np.nan), np.full(parts.shape[1], np.nan), 0)
    most = 0
    each = np.arange(len(parts))
    for grouping in (*groupings, each):
        codes, found = pd.factorize(pd.Series(np.asarray(grouping, dtype=object)), use_na_sentinel=True)
        alone = codes < 0
        codes = np.where(alone, len(found) + np.cumsum(alone) - 1, codes)
        levels = int(codes.max(initial=-1)) + 1
        if levels < 2 or (grouping is each and most < 2):
            continue
        most = most if grouping is each else max(most, levels)
        shares = np.bincount(codes, minlength=levels) / len(codes)
        square = float((shares**2).sum())
        unbias = square / float((shares**2 * (1 - 2 * shares + square)).sum())
        sums = np.zeros((levels, parts.shape[1]))
        np.add.at(sums, codes, parts)
        se = np.sqrt(unbias * (sums**2).sum(axis=0))
        half = float(stdtrit(levels - 1, 0.5 + level / 2)) * se
        wider = ~(best.half >= half)
        best = Reach(np.where(wider, half, best.half), np.where(wider, se, best.se), 0)
    return Reach(best.half, best.se, most)


def clustered_mean(
    values: pd.Series,
    groupings: Sequence[pd.Series] = (),
    level: float = LEVEL,
    bounds: tuple[float, float] | None = None,
) -> Interval:
    """A mean with an interval for new practitioners and sites like these.

    Parameters
    ----------
    values : Series
        One per person; missing ones are left out.
    groupings : sequence of Series, same index
        See ``clustered_reach``; without any, every person stands alone, which is the ordinary interval.
    bounds : pair of float, optional
        The least and the largest value that there can be: the interval does not reach beyond them.
    """
    kept = values.dropna().astype(float)
    n = len(kept)
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    mean, reach = float(kept.mean()), _reach_of_mean(kept, groupings, level)
    half = float(reach.half[0])
    least, largest = (-np.inf, np.inf) if bounds is None else (min(bounds[0], mean), max(bounds[1], mean))
    low, high = np.maximum(mean - half, least), np.minimum(mean + half, largest)
    return Interval(mean, float(low), float(high), n, reach.levels)


def clustered_share(hits: pd.Series, groupings: Sequence[pd.Series] = (), level: float = LEVEL) -> Interval:
    """A share (0-1) with an interval for new practitioners and sites like these.

    Parameters
    ----------
    hits : Series of 0 and 1 (or truth values), or of shares
        One per person; missing ones are left out. A share is a person's own, of the sessions offered, say.
    groupings : sequence of Series, same index
        See ``clustered_reach``. Without any two levels the interval is Wilson's.

    Notes
    -----
    The interval is that of the log-odds, so that it stays within 0 and 1. Where all or none are hits it is
    Wilson's for as many people as there are levels of the finest grouping.
    """
    kept = hits.dropna().astype(float)
    n = len(kept)
    if n == 0 or not groupings:
        return wilson_interval(float(kept.sum()), n, level)
    share, reach = float(kept.mean()), _reach_of_mean(kept, groupings, level)
    if share in (0.0, 1.0) or np.isnan(reach.half[0]):
        people = n if np.isnan(reach.half[0]) else reach.levels
        alike = wilson_interval(share * people, people, level)
        return Interval(share, alike.low, alike.high, n, reach.levels)
    odds, half = np.log(share / (1 - share)), float(reach.half[0]) / (share * (1 - share))
    low, high = (1 / (1 + np.exp(-(odds + side * half))) for side in (-1, 1))
    return Interval(share, float(low), float(high), n, reach.levels)


def _reach_of_mean(kept: pd.Series, groupings: Sequence[pd.Series], level: float) -> Reach:
    groups = [one.loc[kept.index] for one in groupings] or [pd.Series(range(len(kept)), index=kept.index)]
    parts = (kept - kept.mean()).to_numpy()[:, None] / len(kept)
    return clustered_reach(parts, groups, level)
