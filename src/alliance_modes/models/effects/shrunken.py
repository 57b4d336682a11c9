"""Shrunken estimates of practitioners or sites, with how uncertain it is how much they differ at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, sparse, stats

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.models.inference.random_effects import (
    decompose,
    effect_factor,
    fixed_matrix,
    random_matrix,
)

POINTS = 200
"""Values of the standard deviation between levels at which its likelihood is taken."""

UNLIKELY = 12.0
"""Fall of the log-likelihood from its maximum beyond which a standard deviation counts for nothing."""

NOTHING = 1e-9
"""Information of which no more than rounding is left."""

AT_ONCE = 256
HALVINGS = 50


@dataclass(frozen=True)
class Shrunken:
    """Where each level of a grouping stands beside what is expected of it, in units of the outcome.

    ``estimate`` is drawn towards 0, what is expected of a level like this, the more the less is known of it;
    ``low`` and ``high`` are its 95 % limits. ``spread`` is the standard deviation between levels (median over
    what the data leave possible).
    """

    grouping: str
    levels: tuple[str, ...]
    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    spread: float

    @property
    def apart(self) -> np.ndarray:
        """Which levels can be told apart from what is expected: their limits are both on one side of 0."""
        return (self.low > 0.0) | (self.high < 0.0)


def shrunken_estimates(
    fit: EngineFit, groupings: Sequence[Grouping], data: pd.DataFrame, name: str
) -> Shrunken:
    """Shrunken estimates of the levels of one grouping of a linear model.

    Parameters
    ----------
    fit : EngineFit
        A converged linear fit by REML.
    groupings : sequence of Grouping
        As fitted.
    data : DataFrame
        The rows of the fit, in its order.
    name : str
        The grouping, which has a random intercept alone.

    Returns
    -------
    Shrunken

    Raises
    ------
    ModelError
        The fit is not linear or not converged, or the grouping is not in it or has random slopes.

    Notes
    -----
    At one standard deviation s between levels the estimates are the conditional modes, and their variances
    those of Henderson's equations, in which the coefficients are not known either
    (``conditional_modes(..., coefficient_uncertainty=True)``, held to lme4). What one level adds to the
    coefficients is thereby not held against it: the result is that of expecting it from all others, and then
    looking at its own rows. Since s is not known, and is estimated at 0 in many small cohorts where
    limits from it alone would have no width, estimates and limits are over the restricted likelihood of s
    (even prior weight of all s), the other variances being as fitted. They are shrunken enough that,
    where levels do not differ at all, far fewer than 5 % are told apart (benchmarks/supervision.csv).

    References
    ----------
    Henderson (1975) doi 10.2307/2529430; Gelman (2006) doi 10.1214/06-BA117A.
    """
    known = LevelInformation.of(fit, groupings, data, name)
    sds = known.standard_deviations()
    weights = np.exp(known.likelihood(sds) - known.likelihood(sds).max())
    weights /= weights.sum()
    modes, errors = known.modes(sds)
    tail = (1.0 - CONFIDENCE) / 2.0
    return Shrunken(
        name,
        known.levels,
        modes @ weights,
        _quantile(modes, errors, weights, tail),
        _quantile(modes, errors, weights, 1.0 - tail),
        float(np.interp(0.5, np.cumsum(weights), sds)),
    )


@dataclass(frozen=True)
class LevelInformation:
    """What the rows say of the levels of one grouping, the other variances being as fitted.

    With P the inverse covariance of the outcome without this grouping, freed from the coefficients, Z'PZ =
    Q diag(information) Q'; ``turned`` is Q'Z'Py.
    """

    levels: tuple[str, ...]
    directions: np.ndarray
    information: np.ndarray
    turned: np.ndarray

    @classmethod
    def of(
        cls, fit: EngineFit, groupings: Sequence[Grouping], data: pd.DataFrame, name: str
    ) -> LevelInformation:
        """See ``shrunken_estimates``."""
        block = next((one for one in fit.effects if one.grouping == name), None)
        if not (fit.distribution.normal and fit.reml and fit.converged):
            raise ModelError("shrunken estimates are of linear models that have converged, fitted by REML")
        if block is None or block.terms != (INTERCEPT,):
            raise ModelError(f"the fit has no random intercept of each {name}, or slopes beside it")
        within = _Within(fit, groupings, data, name)
        fixed, response = fixed_matrix(fit, data), fit.response[:, None]
        by_fixed, by_response = within(fixed), within(response)
        root = linalg.cho_factor(fixed.T @ by_fixed)
        product, pulled = within.products(), within.levels.T @ by_fixed
        information = product - pulled @ linalg.cho_solve(root, pulled.T)
        shift = linalg.cho_solve(root, fixed.T @ by_response)
        values, directions = np.linalg.eigh((information + information.T) / 2.0)
        right = (within.levels.T @ by_response - pulled @ shift).ravel()
        return cls(block.levels, directions, np.maximum(values, 0.0), directions.T @ right)

    def likelihood(self, sds: np.ndarray) -> np.ndarray:
        """Restricted log-likelihood at each standard deviation, beside that at 0."""
        variance = sds[:, None] ** 2
        grown = 1.0 + variance * self.information
        return 0.5 * np.asarray((variance * self.turned**2 / grown - np.log(grown)).sum(axis=1))

    def modes(self, sds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Conditional modes and their standard errors (levels x standard deviations)."""
        kept = sds[:, None] ** 2 / (1.0 + sds[:, None] ** 2 * self.information)
        modes = self.directions @ (kept * self.turned).T
        return modes, np.sqrt(self.directions**2 @ kept.T)

    def standard_deviations(self) -> np.ndarray:
        """Evenly spaced, from nearly 0 to where the likelihood has fallen away.

        Raises
        ------
        ModelError
            The rows say nothing of the levels: other columns or groupings of the fit divide them alike.
        """
        if self.information.max() <= NOTHING:
            raise ModelError("what else is in the model leaves nothing by which to tell levels apart")
        least = 1.0 / np.sqrt(self.information.max())
        ends = least * 2.0 ** (np.arange(40) / 2.0)
        likelihood = self.likelihood(np.append(0.0, ends))
        far = np.flatnonzero(likelihood > likelihood.max() - UNLIKELY)[-1]
        end = ends[min(far, len(ends) - 1)]
        return (np.arange(POINTS) + 0.5) * end / POINTS


class _Within:
    """The inverse covariance of the outcome without one grouping, times columns of rows."""

    def __init__(self, fit: EngineFit, groupings: Sequence[Grouping], data: pd.DataFrame, name: str) -> None:
        whole = sparse.csc_matrix(random_matrix(fit, groupings, data))
        sizes = [block.values.size for block in fit.effects]
        own = np.repeat([block.grouping == name for block in fit.effects], sizes)
        self.levels = sparse.csc_matrix(whole[:, own])
        self._scaled = sparse.csc_matrix(whole @ effect_factor(fit))[:, ~own]
        self._variance = fit.dispersion
        size = self._scaled.shape[1]
        precision = self._scaled.T @ self._scaled / self._variance + sparse.eye(size)
        self._solve = decompose(sparse.csc_matrix(precision)).solve if size else np.asarray

    def __call__(self, columns: np.ndarray) -> np.ndarray:
        """The product with ``columns`` (rows x columns)."""
        pulled = self._solve(np.asarray(self._scaled.T @ columns) / self._variance)
        return np.asarray((columns - self._scaled @ pulled) / self._variance)

    def products(self) -> np.ndarray:
        """Of the levels with each other, a few at once."""
        size = self.levels.shape[1]
        parts = [
            self.levels.T @ self(self.levels[:, first : first + AT_ONCE].toarray())
            for first in range(0, size, AT_ONCE)
        ]
        return np.column_stack(parts)


def _quantile(modes: np.ndarray, errors: np.ndarray, weights: np.ndarray, at: float) -> np.ndarray:
    """Quantiles of mixtures of normal distributions, one per level, by halving."""
    reach = 9.0 * errors.max(axis=1)
    low, high = modes.min(axis=1) - reach, modes.max(axis=1) + reach
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        below = stats.norm.cdf((middle[:, None] - modes) / errors) @ weights < at
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2.0)
