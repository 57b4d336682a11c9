"""Indirect effects with their intervals, and natural effects in percentage points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from alliance_modes.models.effects.marginal import averaged_mean, draw
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.relations.mediation.landmark import RATING
from alliance_modes.relations.mediation.paths import USUAL, Paths

ROWS_AT_ONCE = 500
"""Rows of which those of all draws are in memory at once."""


@dataclass(frozen=True)
class Drawn:
    """An estimate with the spread of its draws: SE, 95 % percentiles, and a two-sided p of none."""

    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float


def of_draws(estimate: float, draws: np.ndarray) -> Drawn:
    """Summary of draws; p is twice the smaller tail at zero, and no smaller than the draws can tell."""
    low, high = np.quantile(draws, (0.5 - CONFIDENCE / 2.0, 0.5 + CONFIDENCE / 2.0))
    tail = min(int((draws <= 0.0).sum()), int((draws >= 0.0).sum()))
    p = min(2.0 * (tail + 1.0) / (len(draws) + 1.0), 1.0)
    return Drawn(estimate, float(draws.std(ddof=1)), float(low), float(high), p)


def indirect(found: Paths, term: str, draws: int, seed: list[int]) -> Drawn:
    """What goes with a mode through the usual rating of a practitioner's clients: a times b, between.

    Notes
    -----
    Monte Carlo: a and b are drawn from their t distributions, independently, as they are of two
    models of which the second holds the first one's outcome.
    """
    rng = np.random.default_rng(seed)
    first, second = found.to_rating(term), found.between
    drawn = first.draws(draws, rng) * second.draws(draws, rng)
    return of_draws(first.estimate * second.estimate, drawn)


def natural_effects(found: Paths, term: str, draws: int, seed: list[int]) -> Mapping[str, Drawn]:
    """Natural direct, indirect and total effect of one unit of mode use, in percentage points.

    Returns
    -------
    mapping of Drawn
        ``natural_direct``: use as it is + 1, ratings as they are, against everything as it is.
        ``natural_indirect``: use + 1 with the ratings that go with it, against use + 1 with ratings as they
        are. ``natural_total``: the sum.

    Notes
    -----
    Means over the clients of the cohort, whose ratings stand for those at their practitioner's use, and over
    the random effects (N(0, s2), summed over groupings, by quadrature). Ratings that go with one unit more
    are higher by a, all of it between practitioners. Draws as in ``indirect``, the coefficients of
    the outcome together. That reads as cause and effect only if nothing unmeasured stands behind mode use
    and rating, mode use and outcome, or rating and outcome.

    References
    ----------
    Imai, K., Keele, L., & Tingley, D. (2010). A general approach to causal mediation analysis. Psychological
    Methods, 15(4), 309-334.
    """
    design, inference, fitted = found.outcome.design, found.outcome.inference, found.outcome.structure.fit
    matrix = design.matrix()
    eta = matrix @ inference.beta + (0.0 if design.offsets is None else design.offsets)
    mode, own, usual = (inference.place(name) for name in (found.columns[term], RATING, USUAL))
    drawn = draw(inference, matrix[:0], draws, seed)
    df = float(min(inference.df[mode], inference.df[usual]))
    coefficients = drawn.scaled(df)[1]
    first = found.to_rating(term)
    a = first.draws(draws, np.random.default_rng([*seed, 1]))
    by_draw = coefficients + inference.beta
    direct, through = by_draw[:, mode], a * (by_draw[:, own] + by_draw[:, usual])
    point = (inference.beta[mode], first.estimate * found.between.estimate)
    spread = float(np.sqrt(math.fsum(group.covariance[0, 0] for group in fitted.covariances)))
    parts = [slice(start, start + ROWS_AT_ONCE) for start in range(0, len(eta), ROWS_AT_ONCE)]
    farthest = max(np.abs(matrix[part] @ coefficients.T).max() for part in parts)
    reach = 3.0 + np.abs(direct).max() + np.abs(through).max() + farthest
    mean = averaged_mean(fitted.distribution.link, spread, float(eta.min() - reach), float(eta.max() + reach))
    at = [float(mean(eta + move).mean()) for move in (0.0, point[0], point[0] + point[1])]
    over = np.zeros((3, draws))
    for part in parts:
        lines = eta[part, None] + matrix[part] @ coefficients.T
        for place, move in enumerate((0.0, direct, direct + through)):
            over[place] += mean(lines + move).sum(axis=0) / len(eta)
    effects = {"natural_direct": (0, 1), "natural_indirect": (1, 2), "natural_total": (0, 2)}
    return {
        name: of_draws(100.0 * (at[high] - at[low]), 100.0 * (over[high] - over[low]))
        for name, (low, high) in effects.items()
    }
