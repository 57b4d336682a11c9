"""Shrunken estimates of practitioners or sites, with how uncertain it is how much they differ at all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
import pandas as pd
from scipy import linalg, sparse, stats

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.engine.fit import EngineFit, GroupEffects
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.models.inference.random_effects import (
    Decomposed,
    effect_factor,
    fixed_matrix,
    random_matrix,
)

POINTS = 60
"""Values of the standard deviation between levels at which its likelihood is taken."""

UNLIKELY = 12.0
"""Fall of the log-likelihood from its maximum beyond which a standard deviation counts for nothing."""

NOTHING = 1e-9
"""Information of which no more than rounding is left."""

SELDOM = 6.0
"""The same for the standard deviations of other groupings."""

SHORTER = 0.8
WELL_KNOWN = 200
"""Levels of a grouping, or of the one that is asked for, above which the others are taken as fitted."""

OTHERS_POINTS = {0: 1, 1: 24, 2: 12}
FEWEST_POINTS = 6
"""Values of each standard deviation of another grouping, by how many groupings there are."""

NEGLECTED = 1e-5
"""Weight beside the largest below which a combination does not move a limit."""

AT_ONCE = 256
HALVINGS = 30


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
    looking at its own rows. Neither s is known nor the standard deviations of the other random intercepts
    (of groups and sites), which are often estimated at 0 where there are few: taken as fitted, a site's
    difference would be its practitioners' own. So estimates and limits are over the restricted likelihood of
    all of them (even prior weight of each value of each, of the others up to the total standard deviation
    as fitted); residual variance, groupings with slopes, and all others where there are more than 200 levels
    are as fitted. They are shrunken enough that, where levels do not differ at all, far fewer than 5 % are
    told apart (benchmarks/supervision.csv).

    References
    ----------
    Henderson (1975) doi 10.2307/2529430; Gelman (2006) doi 10.1214/06-BA117A.
    """
    sums = LevelSums.of(fit, groupings, data, name)
    parts = [_Part.of(known, base) for known, base in sums.over_the_others()]
    most = max(float(part.logs.max()) for part in parts)
    kept = [part for part in parts if part.logs.max() > most - UNLIKELY]
    sds, weights = np.concatenate([part.sds for part in kept]), np.concatenate([part.logs for part in kept])
    weights = np.exp(weights - most)
    weights /= weights.sum()
    modes, errors = (
        np.concatenate(each, axis=1) for each in zip(*(part.modes() for part in kept), strict=True)
    )
    tail = (1.0 - CONFIDENCE) / 2.0
    likely = weights > NEGLECTED * weights.max()
    mixture = modes[:, likely], errors[:, likely], weights[likely] / weights[likely].sum()
    order = np.argsort(sds, kind="stable")
    return Shrunken(
        name,
        sums.levels,
        modes @ weights,
        _quantile(*mixture, tail),
        _quantile(*mixture, 1.0 - tail),
        float(np.interp(0.5, np.cumsum(weights[order]), sds[order])),
    )


@dataclass(frozen=True)
class _Part:
    """The standard deviations between levels at one set of the others, with their log-weights."""

    known: LevelInformation
    sds: np.ndarray
    logs: np.ndarray

    @classmethod
    def of(cls, known: LevelInformation, base: float) -> _Part:
        sds = known.standard_deviations()
        return cls(known, sds, base + known.likelihood(sds) + np.log(sds[0]))  # sds[0]: half a step

    def modes(self) -> tuple[np.ndarray, np.ndarray]:
        return self.known.modes(self.sds)


@dataclass(frozen=True)
class LevelSums:
    """Sums over the rows, from which what they say of levels follows at any standard deviation of others.

    ``cross`` is C'V^-1 C with C the levels' columns, those of the groupings whose standard deviations are
    not taken as fitted (``others``: places, one array each), the coefficients' and the outcome, and V the
    covariance of the rest: residuals, and groupings of slopes or of many levels.
    """

    levels: tuple[str, ...]
    others: tuple[np.ndarray, ...]
    fitted: tuple[float, ...]
    spread: float
    largest: float
    cross: np.ndarray

    @classmethod
    def of(cls, fit: EngineFit, groupings: Sequence[Grouping], data: pd.DataFrame, name: str) -> LevelSums:
        """See ``shrunken_estimates``."""
        block = next((one for one in fit.effects if one.grouping == name), None)
        if not (fit.distribution.normal and fit.reml and fit.converged):
            raise ModelError("shrunken estimates are of linear models that have converged, fitted by REML")
        if block is None or block.terms != (INTERCEPT,):
            raise ModelError(f"the fit has no random intercept of each {name}, or slopes beside it")
        sds = {one.grouping: float(np.sqrt(one.covariance[0, 0])) for one in fit.covariances}
        open_ones = [one for one in fit.effects if _is_open(one, block)]
        within = _Within(fit, groupings, data, (name, *(one.grouping for one in open_ones)))
        columns = [within.columns[one.grouping] for one in (block, *open_ones)]
        rest = np.column_stack([fixed_matrix(fit, data), fit.response])
        cross = within.products(sparse.hstack([*columns, sparse.csc_matrix(rest)], format="csc"))
        ends = np.cumsum([column.shape[1] for column in columns])
        places = tuple(np.arange(*pair) for pair in pairwise(ends))
        total = np.sqrt(fit.dispersion + math.fsum(float(one.covariance[0, 0]) for one in fit.covariances))
        fitted = tuple(sds[one.grouping] for one in open_ones)
        return cls(block.levels, places, fitted, sds[name], float(total), (cross + cross.T) / 2.0)

    def at(self, sds: Sequence[float]) -> tuple[LevelInformation, float]:
        """What the rows say of the levels at these standard deviations of the others, and the restricted
        log-likelihood there where levels do not differ."""
        cross, base = self.cross, 0.0
        if self.others:
            places = np.concatenate(self.others)
            scale = np.concatenate([np.full(len(at), sd) for at, sd in zip(self.others, sds, strict=True)])
            grown = np.eye(len(places)) + scale[:, None] * cross[np.ix_(places, places)] * scale
            root = np.linalg.cholesky(grown)
            pulled = linalg.solve_triangular(root, scale[:, None] * cross[places], lower=True)
            cross, base = cross - pulled.T @ pulled, -float(np.log(np.diag(root)).sum())
        size, first = len(self.levels), len(self.levels) + sum(map(len, self.others))
        own, fixed, outcome = slice(0, size), slice(first, -1), -1
        root = linalg.cholesky(cross[fixed, fixed], lower=True)
        pulled = linalg.solve_triangular(root, cross[fixed, own], lower=True)
        shift = linalg.solve_triangular(root, cross[fixed, outcome], lower=True)
        base -= float(np.log(np.diag(root)).sum()) + 0.5 * float(cross[outcome, outcome] - shift @ shift)
        information = cross[own, own] - pulled.T @ pulled
        values, directions = np.linalg.eigh((information + information.T) / 2.0)
        right = cross[own, outcome] - pulled.T @ shift
        return LevelInformation(self.levels, directions, np.maximum(values, 0.0), directions.T @ right), base

    def over_the_others(self) -> Iterator[tuple[LevelInformation, float]]:
        """``at`` every combination of evenly spaced standard deviations of the others."""
        count = OTHERS_POINTS.get(len(self.others), FEWEST_POINTS)
        steps = [self._end(place) / count for place in range(len(self.others))]
        for combination in product(range(count), repeat=len(self.others)):
            yield self.at([(one + 0.5) * step for one, step in zip(combination, steps, strict=True)])

    def _end(self, place: int) -> float:
        """From where on a standard deviation counts for nothing, the others being as fitted."""

        def likelihood(sd: float) -> float:
            known, base = self.at([*self.fitted[:place], sd, *self.fitted[place + 1 :]])
            return base + float(known.likelihood(np.array([self.spread]))[0])

        end, most = self.largest, likelihood(self.fitted[place])
        while likelihood(end) < most - SELDOM and end > 2.0 * self.fitted[place]:
            end *= SHORTER
        return end


def _is_open(one: GroupEffects, block: GroupEffects) -> bool:
    """Whether a grouping's standard deviation is not taken as fitted: few levels, which say little of it."""
    few = len(one.levels) <= WELL_KNOWN and len(block.levels) <= WELL_KNOWN
    return few and one.grouping != block.grouping and one.terms == (INTERCEPT,)


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
        """With all other variances as fitted."""
        sums = LevelSums.of(fit, groupings, data, name)
        return sums.at(sums.fitted)[0]

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
    """The inverse covariance of the outcome without some groupings, times columns of rows."""

    def __init__(
        self, fit: EngineFit, groupings: Sequence[Grouping], data: pd.DataFrame, without: Sequence[str]
    ) -> None:
        whole = sparse.csc_matrix(random_matrix(fit, groupings, data))
        owner = np.repeat([one.grouping for one in fit.effects], [one.values.size for one in fit.effects])
        self.columns = {name: sparse.csc_matrix(whole[:, owner == name]) for name in without}
        self._scaled = sparse.csc_matrix(whole @ effect_factor(fit))[:, ~np.isin(owner, without)]
        self._variance = fit.dispersion
        size = self._scaled.shape[1]
        precision = self._scaled.T @ self._scaled / self._variance + sparse.eye(size)
        self._solve = Decomposed(sparse.csc_matrix(precision)).solve if size else np.asarray

    def __call__(self, columns: np.ndarray) -> np.ndarray:
        """The product with ``columns`` (rows x columns)."""
        pulled = self._solve(np.asarray(self._scaled.T @ columns) / self._variance)
        return np.asarray((columns - self._scaled @ pulled) / self._variance)

    def products(self, columns: sparse.csc_matrix) -> np.ndarray:
        """Of ``columns`` with each other, a few at once."""
        parts = [
            columns.T @ self(columns[:, first : first + AT_ONCE].toarray())
            for first in range(0, columns.shape[1], AT_ONCE)
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
