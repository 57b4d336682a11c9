"""Links between the linear predictor and the mean of an outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

CLOSEST_TO_CERTAIN = 1e-10


@dataclass(frozen=True)
class Link:
    """One link function, by the engine's name for it.

    ``mean`` maps the linear predictor to the mean, ``predictor`` back again, and ``slope`` is the
    derivative of the mean in the linear predictor, given the mean.
    """

    name: str
    mean: Callable[[np.ndarray], np.ndarray]
    predictor: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


def uncertain(chance: np.ndarray) -> np.ndarray:
    """A chance kept off 0 and 1, where no link or variance is finite."""
    return np.clip(chance, CLOSEST_TO_CERTAIN, 1.0 - CLOSEST_TO_CERTAIN)


def _identity(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=float)


def _cloglog_mean(predictor: np.ndarray) -> np.ndarray:
    return -np.expm1(-np.exp(np.minimum(predictor, 50.0)))


IDENTITY = Link("identity", _identity, _identity, np.ones_like)
LOGIT = Link(
    "logit",
    expit,
    lambda mean: logit(uncertain(mean)),
    lambda mean: uncertain(mean) * (1.0 - uncertain(mean)),
)
COMPLEMENTARY_LOG_LOG = Link(
    "cloglog",
    _cloglog_mean,
    lambda mean: np.log(-np.log1p(-uncertain(mean))),
    lambda mean: -(1.0 - uncertain(mean)) * np.log1p(-uncertain(mean)),
)
