"""The log-likelihood of rows given their linear predictor, as Laplace's approximation takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit, gammaln


@dataclass(frozen=True)
class RowParts:
    """Log-likelihood of all rows together; by row its first derivative in the linear predictor, minus its
    second, and the derivative of that."""

    loglik: float
    residual: np.ndarray
    weight: np.ndarray
    slope: np.ndarray


class RowLikelihood(Protocol):
    """How likely rows are at a linear predictor and ``size`` further parameters (thresholds, say)."""

    size: int

    def parts(self, predictor: np.ndarray, further: np.ndarray) -> RowParts:
        """Log-likelihood and derivatives in the linear predictor."""

    def of_further(
        self, predictor: np.ndarray, further: np.ndarray, spread: np.ndarray, moved: np.ndarray
    ) -> np.ndarray:
        """Derivative of Laplace's deviance in the further parameters.

        ``spread`` is the variance of each row's random effects given the outcomes, ``moved`` what the log
        determinant gains, by row, as the conditional modes follow the derivative of the log-likelihood.
        """


class BinomialLikelihood:
    """Of successes out of trials, by log-odds; nothing further is estimated."""

    size = 0

    def __init__(self, successes: np.ndarray, trials: np.ndarray) -> None:
        self._successes, self._trials = successes, trials
        choices = gammaln(trials + 1) - gammaln(successes + 1) - gammaln(trials - successes + 1)
        self._constant = float(choices.sum())

    def parts(self, predictor: np.ndarray, further: np.ndarray) -> RowParts:
        """See ``RowLikelihood``."""
        chance = expit(predictor)
        variance = self._trials * chance * (1.0 - chance)
        loglik = (self._successes * predictor - self._trials * np.logaddexp(0.0, predictor)).sum()
        return RowParts(
            float(loglik) + self._constant,
            self._successes - self._trials * chance,
            variance,
            variance * (1.0 - 2.0 * chance),
        )

    def of_further(
        self, predictor: np.ndarray, further: np.ndarray, spread: np.ndarray, moved: np.ndarray
    ) -> np.ndarray:
        """Nothing."""
        return np.zeros(0)
