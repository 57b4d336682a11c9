"""Links: inverse, slope, variance of a 0/1 outcome, and the level-1 variance on the link's scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from alliance_modes.ground.errors import ModelError

CLOSEST_TO_CERTAIN = 1e-10


@dataclass(frozen=True)
class Link:
    """One link function.

    ``mean`` maps the linear predictor to the mean, ``predictor`` back again, and ``slope`` is the
    derivative of the mean in the linear predictor, given the mean. ``level1_variance`` is the
    variance of the latent residual: pi^2/3 (logit), pi^2/6 (cloglog); None where it is estimated.
    """

    name: str
    mean: Callable[[np.ndarray], np.ndarray]
    predictor: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    level1_variance: float | None


def _clip(mean: np.ndarray) -> np.ndarray:
    return np.clip(mean, CLOSEST_TO_CERTAIN, 1.0 - CLOSEST_TO_CERTAIN)


def _identity(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, dtype=float)


def _cloglog_mean(predictor: np.ndarray) -> np.ndarray:
    return -np.expm1(-np.exp(np.minimum(predictor, 50.0)))


_IDENTITY = Link("identity", _identity, _identity, np.ones_like, None)
_LOGIT = Link(
    "logit",
    expit,
    lambda mean: logit(_clip(mean)),
    lambda mean: _clip(mean) * (1.0 - _clip(mean)),
    float(np.pi**2 / 3.0),
)
_CLOGLOG = Link(
    "cloglog",
    _cloglog_mean,
    lambda mean: np.log(-np.log1p(-_clip(mean))),
    lambda mean: -(1.0 - _clip(mean)) * np.log1p(-_clip(mean)),
    float(np.pi**2 / 6.0),
)
_LINKS = {"linear": _IDENTITY, "logistic": _LOGIT, "binomial_counts": _LOGIT, "cloglog": _CLOGLOG}


def link_of(family: str) -> Link:
    """The link of ``linear``, ``logistic``, ``binomial_counts`` or ``cloglog``."""
    if family not in _LINKS:
        raise ModelError(f"unknown family {family!r}; known are {', '.join(_LINKS)}")
    return _LINKS[family]


def bernoulli_variance(mean: np.ndarray) -> np.ndarray:
    """Variance of a 0/1 outcome with this mean, kept above zero."""
    clipped = _clip(mean)
    return clipped * (1.0 - clipped)
