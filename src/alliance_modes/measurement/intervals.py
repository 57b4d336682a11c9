"""Intervals for what figures and reports show as observed: proportions and means."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval; the limits are NaN where none can be given."""

    estimate: float
    low: float
    high: float
    n: int
    clusters: int = 0


def wilson_interval(count: int, n: int, level: float = 0.95) -> Interval:
    """A proportion (0-1) with Wilson's score interval.

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


def clustered_mean(values: pd.Series, clusters: pd.Series | None = None, level: float = 0.95) -> Interval:
    """A mean with an interval that allows for clusters (people of one practitioner, say).

    Parameters
    ----------
    values : Series
        One per person; missing ones are left out.
    clusters : Series, same index
        The cluster of each; without it, or where it is missing, every person is a cluster.

    Notes
    -----
    SE^2 = G/(G-1) sum over clusters of (sum of deviations from the mean)^2 / n^2, with t on G - 1
    degrees of freedom; with one person to a cluster it is the ordinary interval of a mean.
    """
    from scipy.special import stdtrit

    kept = values.dropna().astype(float)
    n = len(kept)
    if n == 0:
        return Interval(np.nan, np.nan, np.nan, 0)
    own = pd.Series([f"row {place}" for place in range(n)], index=kept.index, dtype="str")
    group = (
        own
        if clusters is None
        else clusters.loc[kept.index].astype("str").where(clusters.loc[kept.index].notna(), own)
    )
    mean = float(kept.mean())
    sums = (kept - mean).groupby(group.to_numpy(), sort=True).sum().to_numpy()
    count = len(sums)
    if count < 2:
        return Interval(mean, np.nan, np.nan, n, count)
    half = stdtrit(count - 1, 0.5 + level / 2) * np.sqrt(count / (count - 1) * (sums**2).sum()) / n
    return Interval(mean, mean - half, mean + half, n, count)
