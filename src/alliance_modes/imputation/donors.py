"""Donors of predictive mean matching: the observed cases whose prediction comes closest."""

from __future__ import annotations

import numpy as np

LARGEST_TABLE = 1_000_000
"""Distances that are all computed; where there are more of them only those beside each prediction are."""


def nearest_donors(wanted: np.ndarray, predicted: np.ndarray, count: int) -> np.ndarray:
    """Places in ``predicted`` of the ``count`` values closest to each of ``wanted``.

    Parameters
    ----------
    wanted : array
        One prediction per missing case.
    predicted : array
        One prediction per observed case; at least ``count`` of them.
    count : int
        Donors per missing case.

    Returns
    -------
    array
        Missing cases x ``count``, in no order that means anything.

    Notes
    -----
    Of a million distances or fewer all are computed. Of more, only those to the ``count`` predictions on each
    side in sorted order: n log n in place of missing x observed. Both have the same donors; of
    equally distant ones the sorted form takes the first in ``predicted``.
    """
    if len(wanted) * len(predicted) <= LARGEST_TABLE:
        distance = np.abs(wanted[:, None] - predicted[None, :])
        return np.argpartition(distance, count - 1, axis=1)[:, :count]
    return _beside(wanted, predicted, count)


def _beside(wanted: np.ndarray, predicted: np.ndarray, count: int) -> np.ndarray:
    """The same from sorted predictions, ties to the first in ``predicted``."""
    total = len(predicted)
    rising, falling = np.argsort(predicted, kind="stable"), np.argsort(-predicted, kind="stable")
    below = np.searchsorted(predicted[rising], wanted, side="left")
    steps = np.arange(count)
    places = np.hstack([below[:, None] + steps, (total - below)[:, None] + steps])
    there = places < total
    places = np.minimum(places, total - 1)
    rows = np.hstack([rising[places[:, :count]], falling[places[:, count:]]])
    distance = np.where(there, np.abs(wanted[:, None] - predicted[rows]), np.inf)
    order = np.lexsort((rows, distance), axis=1)[:, :count]
    return np.take_along_axis(rows, order, axis=1)
