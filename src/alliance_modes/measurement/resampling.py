"""Intervals by drawing whole clusters again, for statistics that are functions of sums."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

FEWEST_CLUSTERS = 10
DRAWS = 2000
SEED = 20240229


def cluster_interval(
    parts: np.ndarray,
    clusters: pd.Series,
    statistic: Callable[[np.ndarray], np.ndarray],
    confidence: float = 0.95,
    draws: int = DRAWS,
) -> tuple[tuple[float, float] | None, ...]:
    """Percentile intervals of statistics of summed parts, clusters drawn with replacement.

    Parameters
    ----------
    parts : array, rows x columns
        What each row adds to the sums; no missing values.
    clusters : Series
        The cluster of each row, in the same order.
    statistic : callable
        From sums (... x columns) to statistics (... x statistics), over the last axis.
    confidence : float
        Level of the intervals, between 0 and 1.
    draws : int
        Number of resamples, from a seed of this module's.

    Returns
    -------
    tuple
        One (low, high) per statistic; None below 10 clusters, where such intervals are too
        narrow, or where more than 5 % of the draws give none.

    References
    ----------
    Davison, A. C., & Hinkley, D. V. (1997). Bootstrap methods and their application. Cambridge
    University Press. (Section 3.8.)
    """
    codes, names = pd.factorize(clusters)
    count = statistic(parts.sum(axis=0)).shape[-1]
    if len(names) < FEWEST_CLUSTERS:
        return (None,) * count
    sums = np.column_stack([np.bincount(codes, column) for column in parts.T])
    rng = np.random.default_rng(SEED)
    weights = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = statistic(weights @ sums)
    tail = 100 * (1 - confidence) / 2
    return tuple(_limits(found[:, place], tail) for place in range(count))


def _limits(values: np.ndarray, tail: float) -> tuple[float, float] | None:
    known = values[np.isfinite(values)]
    if len(known) < 0.95 * len(values):
        return None
    low, high = np.percentile(known, [tail, 100 - tail])
    return float(low), float(high)
