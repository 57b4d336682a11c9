"""How an outcome is distributed about its mean: what the engine, the rules and the draws need to know of it.

A family of models brings its own (``models/families``); those that several of them share are here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import expit, gammaln

from alliance_modes.models.engine.likelihoods import BinomialLikelihood, RowLikelihood
from alliance_modes.models.engine.links import COMPLEMENTARY_LOG_LOG, IDENTITY, LOGIT, Link, uncertain

LOWEST_LOG_HAZARD, HIGHEST_LOG_HAZARD, HIGHEST_HAZARD = -700.0, 40.0, 700.0
"""Beyond them nothing is finite."""

Density = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""From linear predictors (rows x any), outcomes and trials (rows x 1): the log density, its slope in the
predictor, and minus its curvature."""

Draw = Callable[[np.random.Generator, np.ndarray, np.ndarray | None, np.ndarray], np.ndarray]
"""From a generator, means (rows x draws), trials by row or None, and residual SDs (rows x 1): outcomes."""


@dataclass(frozen=True)
class Distribution:
    """The distribution of an outcome given its mean, and the link of the mean.

    ``name`` is the engine's (and R's) name of it. ``variance`` is that of one observation (of one
    trial) at a mean, apart from the dispersion. ``level1_variance`` is that of the latent residual on
    the link's scale, from the outcomes; None where the residual variance is estimated. ``normal`` models
    are linear, fitted by REML, with Satterthwaite's df. ``trials`` says that outcomes are so many out of
    so many, and cannot be drawn without the number. ``density`` is None where no quadrature is needed.

    ``likelihood`` makes the log-likelihood of rows from outcomes and trials, with which intervals of
    variances are found; None where they are not. ``further`` are the parameters that it has
    beyond the linear predictor, as a fit estimated them. ``step`` is how far an outcome pulls the
    linear predictor from where its mean is, (outcome - mean) / slope where it is None. ``own`` fits the
    model in place of glmm. ``outcomes`` and ``summed`` are words for outcomes and for a sum of them.
    """

    name: str
    link: Link
    variance: Callable[[np.ndarray], np.ndarray]
    draw: Draw
    level1_variance: Callable[[np.ndarray], float] | None
    normal: bool = False
    trials: bool = False
    density: Density | None = None
    likelihood: Callable[[np.ndarray, np.ndarray | None], RowLikelihood] | None = None
    further: tuple[float, ...] = ()
    step: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    own: Callable[..., Any] | None = None
    outcomes: str = "0/1 outcomes"
    summed: str = "events"

    def pulled(self, observed: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """How far each outcome pulls the linear predictor from where its mean is."""
        if self.step is not None:
            return self.step(observed, mean)
        return (observed - mean) / self.link.slope(mean)


def bernoulli_variance(mean: np.ndarray) -> np.ndarray:
    """Variance of a 0/1 outcome with this mean, kept above zero."""
    chance = uncertain(mean)
    return chance * (1.0 - chance)


def _draw_normal(
    rng: np.random.Generator, mean: np.ndarray, trials: np.ndarray | None, residual_sd: np.ndarray
) -> np.ndarray:
    return mean + residual_sd * rng.standard_normal(mean.shape)


def _draw_binomial(
    rng: np.random.Generator, mean: np.ndarray, trials: np.ndarray | None, residual_sd: np.ndarray
) -> np.ndarray:
    if trials is None:
        return (rng.random(mean.shape) < mean).astype(float)
    return rng.binomial(np.asarray(trials, dtype=np.int64)[:, None], mean).astype(float)


def _log_choices(outcome: np.ndarray, trials: np.ndarray) -> np.ndarray | float:
    if np.all(trials == 1.0):  # one way to end or not to, which each look would work out
        return 0.0
    return np.asarray(gammaln(trials + 1.0) - gammaln(outcome + 1.0) - gammaln(trials - outcome + 1.0))


def _logistic_density(
    predictor: np.ndarray, outcome: np.ndarray, trials: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    chance = expit(predictor)
    value = outcome * predictor - trials * np.logaddexp(0.0, predictor)
    value += _log_choices(outcome, trials)
    return value, outcome - trials * chance, trials * chance * (1.0 - chance)


def _cloglog_density(
    predictor: np.ndarray, outcome: np.ndarray, trials: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hazard = np.exp(np.clip(predictor, LOWEST_LOG_HAZARD, HIGHEST_LOG_HAZARD))
    odds, others = hazard / np.expm1(np.minimum(hazard, HIGHEST_HAZARD)), trials - outcome
    value = outcome * np.log(-np.expm1(-hazard)) - others * hazard
    value += _log_choices(outcome, trials)
    slope = outcome * odds - others * hazard
    return value, slope, outcome * odds * (hazard + odds - 1.0) + others * hazard


def _binomial(outcome: np.ndarray, trials: np.ndarray | None) -> BinomialLikelihood:
    """Of 0/1 outcomes, or of shares of trials."""
    times = np.ones(len(outcome)) if trials is None else trials
    return BinomialLikelihood(outcome * times, times)


NORMAL = Distribution("gaussian", IDENTITY, np.ones_like, _draw_normal, None, normal=True)
LOGISTIC = Distribution(
    "binomial",
    LOGIT,
    bernoulli_variance,
    _draw_binomial,
    lambda _: float(np.pi**2 / 3.0),
    density=_logistic_density,
    likelihood=_binomial,
)
BINOMIAL = replace(LOGISTIC, trials=True)
CLOGLOG = Distribution(
    "binomial",
    COMPLEMENTARY_LOG_LOG,
    bernoulli_variance,
    _draw_binomial,
    lambda _: float(np.pi**2 / 6.0),
    density=_cloglog_density,
)
