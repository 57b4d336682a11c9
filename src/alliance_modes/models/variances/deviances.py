"""Minus twice the log-likelihood of a mixed model at given variances, with its gradient.

The engine finds a maximum and no other point of the likelihood; a profile needs the other points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from scipy.special import expit, gammaln

from alliance_modes.models.variances.effects_given import CrossProducts, EffectsGiven

NEWTON_STEPS, NEWTON_EXACT = 60, 1e-7

Factors = list[np.ndarray]
"""One square matrix per grouping, of the terms of a level."""


@cache
def _lower(width: int) -> tuple[np.ndarray, ...]:
    """Places of the lower triangle of a square, row by row."""
    return np.tril_indices(width)


@dataclass(frozen=True)
class Layout:
    """Where each lower factor of a covariance stands among the parameters: by grouping, row by row."""

    terms: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many parameters the factors have."""
        return sum(width * (width + 1) // 2 for width in self.terms)

    def factors(self, values: np.ndarray) -> Factors:
        """The lower factors of ``values``."""
        found, place = [], 0
        for width in self.terms:
            factor, count = np.zeros((width, width)), width * (width + 1) // 2
            factor[_lower(width)] = values[place : place + count]
            found.append(factor)
            place += count
        return found

    def values(self, matrices: Sequence[np.ndarray]) -> np.ndarray:
        """The lower triangles of one matrix per grouping, as ``factors`` takes them."""
        parts = [matrix[_lower(width)] for matrix, width in zip(matrices, self.terms, strict=True)]
        return np.concatenate(parts)

    def diagonal(self) -> np.ndarray:
        """Which parameters are on a diagonal, and so not below zero."""
        parts = [np.equal(*_lower(width)) for width in self.terms]
        return np.concatenate(parts)


class Deviance(Protocol):
    """A deviance of parameters: factors of covariances first, what else is not profiled out behind them."""

    layout: Layout

    def __call__(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """The deviance and its gradient at ``values``."""


def _log_determinant_gradient(given: EffectsGiven, cross: CrossProducts, factors: Factors) -> Factors:
    """Derivative of log |K| in each factor: 2 L^-T (levels - sum of blocks of K^-1)."""
    return [
        2.0 * np.linalg.solve(factor.T, levels * np.eye(len(factor)) - inverse)
        for factor, levels, inverse in zip(factors, cross.levels, given.inverse_sums, strict=True)
    ]


def _outer_sums(cross: CrossProducts, pulled: np.ndarray, effects: np.ndarray) -> Factors:
    """Derivative of v'ZLu in each L, from Z'v: sum over levels of (Z'v) u'."""
    found, place = [], 0
    for size, width in zip(cross.sizes, cross.terms, strict=True):
        part = slice(place, place + size)
        found.append(pulled[part].reshape(-1, width).T @ effects[part].reshape(-1, width))
        place += size
    return found


class LinearDeviance:
    """Of a linear mixed model by maximum likelihood; coefficients are profiled out.

    Parameters
    ----------
    cross : CrossProducts
        Of the random effects.
    fixed : array
        Fixed-effect design (rows x coefficients).
    response : array
        The outcome by row.

    Notes
    -----
    Parameters: the factors of the covariances, then the residual SD, all in outcome units. It is lme4's
    ``devfun`` with REML = FALSE, without its division by the residual SD.

    References
    ----------
    Bates et al. (2015) doi 10.18637/jss.v067.i01, eq. 32-35.
    """

    def __init__(self, cross: CrossProducts, fixed: np.ndarray, response: np.ndarray) -> None:
        self.layout = Layout(cross.terms)
        self._cross, self._rows = cross, len(response)
        both = np.column_stack([fixed, response])
        self._squares = both.T @ both
        self._pulled = cross.across @ both
        self._products = cross.at(np.ones(self._rows))

    def __call__(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """The deviance and its gradient at ``values``."""
        residual_sd, factors = values[-1], self.layout.factors(values)
        precision, products = residual_sd**-2, self._products
        given = EffectsGiven(products.scaled(precision), factors, self._cross.levels)
        pulled = given.to_standardised(self._pulled)
        solved = given.solve(pulled) * precision
        squares = self._squares - pulled.T @ solved
        contrast = np.append(-np.linalg.solve(squares[:-1, :-1], squares[:-1, -1]), 1.0)
        effects = solved @ contrast
        moved = given.to_effects(effects)
        left = self._pulled @ contrast
        of_residual = left - products.times(moved)  # Z' of the residuals
        whole = float(contrast @ self._squares @ contrast)
        residual_squares = whole - float(moved @ (left + of_residual))
        penalised = float(contrast @ squares @ contrast)
        deviance = self._rows * np.log(2.0 * np.pi / precision) + given.log_determinant
        slopes = _log_determinant_gradient(given, self._cross, factors)
        fit = _outer_sums(self._cross, of_residual, effects)
        gradient = [slope - 2.0 * move * precision for slope, move in zip(slopes, fit, strict=True)]
        used = sum(self._cross.sizes) - sum(float(np.trace(one)) for one in given.inverse_sums)
        of_sd = 2.0 * (self._rows - used) / residual_sd - 2.0 * residual_squares / residual_sd**3
        return float(deviance + penalised * precision), np.append(self.layout.values(gradient), of_sd)


def binomial_parts(predictor: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, variance and the variance's slope of counts out of ``trials``, by log-odds."""
    chance = expit(predictor)
    variance = trials * chance * (1.0 - chance)
    return trials * chance, variance, variance * (1.0 - 2.0 * chance)


class LogisticDeviance:
    """Of a logistic mixed model by Laplace's approximation.

    Parameters
    ----------
    cross, fixed
        As in ``LinearDeviance``.
    response : array
        Successes by row, 0 or 1 where there is one trial.
    trials : array
        Out of how many, by row.

    Notes
    -----
    Parameters: the factors of the covariances, then the coefficients, in log-odds. It is lme4's deviance
    with nAGQ = 1. Each call finds the conditional modes by Newton's method, from those of the call before.
    """

    def __init__(
        self, cross: CrossProducts, fixed: np.ndarray, response: np.ndarray, trials: np.ndarray
    ) -> None:
        self.layout = Layout(cross.terms)
        self._cross, self._fixed, self._response, self._trials = cross, fixed, response, trials
        self._modes = np.zeros(sum(cross.sizes))
        choices = gammaln(trials + 1) - gammaln(response + 1) - gammaln(trials - response + 1)
        self._constant = float(choices.sum())

    def __call__(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """The deviance and its gradient at ``values``."""
        factors, cross = self.layout.factors(values), self._cross
        fixed_part = self._fixed @ values[self.layout.size :]
        given, modes = self._conditional_modes(factors, fixed_part)
        predictor = fixed_part + cross.whole @ given.to_effects(modes)
        mean, variance, slope = binomial_parts(predictor, self._trials)
        residual = self._response - mean
        moving = cross.diagonal(*given.covariance()) * slope
        pulled = given.solve(given.to_standardised(cross.across @ moving))
        through = moving - variance * (cross.whole @ given.to_effects(pulled)) - 2.0 * residual
        by_modes = _outer_sums(cross, cross.across @ through, modes)
        by_pull = _outer_sums(cross, cross.across @ residual, pulled)
        slopes = _log_determinant_gradient(given, cross, factors)
        gradient = [one + other + third for one, other, third in zip(slopes, by_modes, by_pull, strict=True)]
        deviance = -2.0 * (self._loglik(predictor) + self._constant) + float(modes @ modes)
        return (
            deviance + given.log_determinant,
            np.concatenate([self.layout.values(gradient), self._fixed.T @ through]),
        )

    def _loglik(self, predictor: np.ndarray) -> float:
        return float((self._response * predictor - self._trials * np.logaddexp(0.0, predictor)).sum())

    def _conditional_modes(self, factors: Factors, fixed_part: np.ndarray) -> tuple[EffectsGiven, np.ndarray]:
        """The standardised modes at these factors, and the precision there."""
        modes, cross = self._modes, self._cross
        for _ in range(NEWTON_STEPS):
            effects = _scaled(modes, factors, cross)
            mean, variance, _ = binomial_parts(fixed_part + cross.whole @ effects, self._trials)
            given = EffectsGiven(cross.at(variance), factors, cross.levels)
            pull = given.to_standardised(cross.across @ (self._response - mean))
            step = given.solve(pull - modes)
            modes = modes + step
            if np.max(np.abs(step)) < NEWTON_EXACT:
                break
        self._modes = modes
        return given, modes


def _scaled(modes: np.ndarray, factors: Factors, cross: CrossProducts) -> np.ndarray:
    """L u by level."""
    found, place = [], 0
    for size, factor in zip(cross.sizes, factors, strict=True):
        found.append((modes[place : place + size].reshape(-1, len(factor)) @ factor.T).ravel())
        place += size
    return np.concatenate(found)
