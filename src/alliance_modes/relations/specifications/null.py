"""The curve against curves of permuted mode scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alliance_modes.relations.specifications.result import Fitted

LEVEL = 0.05


@dataclass(frozen=True)
class NullTest:
    """One term's curve: its ``median`` and the ``share`` of specifications with p < .05, each with its p.

    ``draws`` is how many permutations there were; p is None without any.
    """

    median: float
    share: float
    draws: int = 0
    p_median: float | None = None
    p_share: float | None = None


def null_test(distinct: Sequence[Fitted], place: int) -> NullTest:
    """Set the curve of one term beside those of permuted scores.

    Parameters
    ----------
    distinct : sequence of Fitted
        The specifications of one outcome that have estimates, none twice.
    place : int
        Place of the term.

    Notes
    -----
    p = (1 + number of draws at least as far) / (1 + draws): of the median by its size, of the share as it is.
    """
    median = float(np.median([one.terms[place].estimate for one in distinct]))
    share = float(np.mean([one.terms[place].p < LEVEL for one in distinct]))
    draws = min(len(one.null) for one in distinct)
    if not draws:
        return NullTest(median, share)
    nothing = (np.nan, np.nan)
    drawn = np.array([[one.null[draw][place] or nothing for one in distinct] for draw in range(draws)])
    medians = np.nanmedian(drawn[:, :, 0], axis=1)
    shares = (drawn[:, :, 1] < LEVEL).sum(axis=1) / np.isfinite(drawn[:, :, 1]).sum(axis=1)
    return NullTest(
        median,
        share,
        draws,
        float((1 + (np.abs(medians) >= abs(median)).sum()) / (1 + draws)),
        float((1 + (shares >= share).sum()) / (1 + draws)),
    )
