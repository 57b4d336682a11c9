"""Minus twice the log-likelihood of a mixed model at given variances, with its gradient.

The engine finds a maximum and no other point of the likelihood; a profile needs the other points.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from alliance_modes.models.engine.layout import Factors, Layout
from alliance_modes.models.engine.likelihoods import RowLikelihood, RowParts
from alliance_modes.models.variances.effects_given import CrossProducts, EffectsGiven

NEWTON_STEPS, NEWTON_EXACT = 60, 1e-7
HALVINGS, ROUNDING = 12, 1e-12


class Deviance(Protocol):
    """A deviance of parameters: factors of covariances first, what else is not profiled out behind them."""

    layout: Layout

    def __call__(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """The deviance and its gradient at ``values``."""


def _log_determinant_gradient(given: EffectsGiven, cross: CrossProducts, factors: Factors) -> Factors:
    """Derivative of log |K| in each factor: 2 L^-T (levels - sum of blocks of K^-1)."""
    return [
        2.0 * (levels - inverse) / factor
        if len(factor) == 1
        else 2.0 * np.linalg.solve(factor.T, levels * np.eye(len(factor)) - inverse)
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
        used = sum(self._cross.sizes) - math.fsum(float(np.trace(one)) for one in given.inverse_sums)
        of_sd = 2.0 * (self._rows - used) / residual_sd - 2.0 * residual_squares / residual_sd**3
        return float(deviance + penalised * precision), np.append(self.layout.values(gradient), of_sd)


class LaplaceDeviance:
    """Of a mixed model of outcomes that are not normal, by Laplace's approximation.

    Parameters
    ----------
    cross, fixed
        As in ``LinearDeviance``.
    likelihood : RowLikelihood
        Of the rows at a linear predictor.

    Notes
    -----
    Parameters: the factors of the covariances, then the coefficients, then what the likelihood has further.
    It is lme4's deviance with nAGQ = 1. Each call finds the conditional modes by Newton's method, from
    those of the call before; a step that lowers the penalised log-likelihood is halved.
    """

    def __init__(self, cross: CrossProducts, fixed: np.ndarray, likelihood: RowLikelihood) -> None:
        self.layout = Layout(cross.terms)
        self._cross, self._fixed, self._likelihood = cross, fixed, likelihood
        self._modes = np.zeros(sum(cross.sizes))

    def __call__(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """The deviance and its gradient at ``values``."""
        factors, cross, likelihood = self.layout.factors(values), self._cross, self._likelihood
        fixed_part, further = self._parts_of(values)
        given, modes = self._conditional_modes(factors, fixed_part, further)
        predictor = fixed_part + cross.whole @ given.to_effects(modes)
        rows = likelihood.parts(predictor, further)
        spread = cross.diagonal(*given.covariance())
        moving = spread * rows.slope
        pulled = given.solve(given.to_standardised(cross.across @ moving))
        moved = cross.whole @ given.to_effects(pulled)
        through = moving - rows.weight * moved - 2.0 * rows.residual
        by_modes = _outer_sums(cross, cross.across @ through, modes)
        by_pull = _outer_sums(cross, cross.across @ rows.residual, pulled)
        slopes = _log_determinant_gradient(given, cross, factors)
        gradient = [one + other + third for one, other, third in zip(slopes, by_modes, by_pull, strict=True)]
        deviance = -2.0 * rows.loglik + float(modes @ modes) + given.log_determinant
        of_further = likelihood.of_further(predictor, further, spread, moved)
        return deviance, np.concatenate([self.layout.values(gradient), self._fixed.T @ through, of_further])

    def effects(self, values: np.ndarray) -> np.ndarray:
        """The conditional modes of the random effects at ``values``, in the order of ``cross``."""
        fixed_part, further = self._parts_of(values)
        given, modes = self._conditional_modes(self.layout.factors(values), fixed_part, further)
        return given.to_effects(modes)

    def _parts_of(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The fixed part of the linear predictor, and the further parameters."""
        first = self.layout.size + self._fixed.shape[1]
        return self._fixed @ values[self.layout.size : first], values[first:]

    def _conditional_modes(
        self, factors: Factors, fixed_part: np.ndarray, further: np.ndarray
    ) -> tuple[EffectsGiven, np.ndarray]:
        """The standardised modes at these factors, and the precision there."""
        cross, likelihood = self._cross, self._likelihood

        def at(modes: np.ndarray) -> RowParts:
            return likelihood.parts(fixed_part + cross.whole @ _scaled(modes, factors, cross), further)

        modes, rows = self._modes, at(self._modes)
        for _ in range(NEWTON_STEPS):
            given = EffectsGiven(cross.at(rows.weight), factors, cross.levels)
            step = given.solve(given.to_standardised(cross.across @ rows.residual) - modes)
            least = rows.loglik - 0.5 * float(modes @ modes)
            least -= ROUNDING * (1.0 + abs(least))
            for _ in range(HALVINGS):
                there = at(modes + step)
                if there.loglik - 0.5 * float((modes + step) @ (modes + step)) >= least:
                    break
                step = step / 2.0
            modes, rows = modes + step, there
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
