"""How ordered levels are distributed about a linear predictor, as rules and draws need to know it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import expit

from alliance_modes.models.engine.distributions import Distribution, Draw
from alliance_modes.models.engine.links import LOGIT
from alliance_modes.models.ordered.rows import Levels

LEAST_INFORMATION = 1e-10


def as_fitted(asked: Distribution, levels: Levels, further: np.ndarray) -> Distribution:
    """The distribution that was asked for, with the levels and thresholds of a fit.

    Parameters
    ----------
    asked : Distribution
    levels : Levels
        Those of the fit.
    further : array
        The logs of the distances between its thresholds.

    Notes
    -----
    The mean is the chance of the reference or above. ``variance`` is that for which slope^2 / variance is
    the expected information of a row about its linear predictor, the sum over levels of
    p (F(a)(1 - F(a)) + F(b)(1 - F(b))); ``step`` is the derivative of the log-likelihood over it. Together
    they make the working response of Fisher's scoring, the thresholds held.
    """
    cuts = levels.likelihood(np.zeros(0)).cuts(further)
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])

    def above(mean: np.ndarray) -> np.ndarray:
        return np.asarray(expit(LOGIT.predictor(mean)[:, None] - ends))  # of each level, and of one beyond

    def information(mean: np.ndarray) -> np.ndarray:
        reached = above(mean)
        each = reached * (1.0 - reached)
        shares = reached[:, :-1] - reached[:, 1:]
        return np.maximum((shares * (each[:, :-1] + each[:, 1:])).sum(axis=1), LEAST_INFORMATION)

    def step(outcome: np.ndarray, mean: np.ndarray) -> np.ndarray:
        reached, rows, codes = above(mean), np.arange(len(mean)), levels.codes(outcome)
        return np.asarray((1.0 - reached[rows, codes] - reached[rows, codes + 1]) / information(mean))

    return replace(
        asked,
        variance=lambda mean: LOGIT.slope(mean) ** 2 / information(mean),
        draw=_drawing(levels, cuts),
        likelihood=lambda outcome, _: levels.likelihood(outcome),
        further=tuple(map(float, further)),
        step=step,
    )


def _drawing(levels: Levels, cuts: np.ndarray) -> Draw:
    values = np.array(levels.values)

    def draw(
        rng: np.random.Generator, mean: np.ndarray, trials: np.ndarray | None, residual_sd: np.ndarray
    ) -> np.ndarray:
        predictor, chance = LOGIT.predictor(mean), rng.random(mean.shape)
        passed = np.zeros(mean.shape, dtype=np.int64)
        for cut in cuts:
            passed += chance < expit(predictor - cut)
        return np.asarray(values[passed])

    return draw
