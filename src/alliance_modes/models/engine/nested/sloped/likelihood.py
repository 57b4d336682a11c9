"""Laplace's approximation where groupings nest and have random slopes, with its gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from alliance_modes.models.engine.distributions import Density
from alliance_modes.models.engine.nested.levels import Downwards, Eliminated, Levels
from alliance_modes.models.engine.nested.likelihood import Rows
from alliance_modes.models.engine.nested.tree import Tree

STEPS, EXACT = 60, 1e-9
"""Newton steps to the modes, and the move of a predictor at which they end."""
BESIDE = 1e-4
"""How far beside a linear predictor its curvature is looked at, for the slope of the curvature."""
LEAST_WEIGHT = 1e-10
"""Below it a row tells nothing of its predictor."""


@dataclass(frozen=True)
class SlopedLaplace:
    """The log-likelihood at some coefficients and factors, with its gradient in both.

    ``effects`` are the modes by level (units x terms), ``predictor`` the effects of each row added up, rows
    as the tree has them.
    """

    loglik: float
    of_beta: np.ndarray
    of_factors: list[np.ndarray]
    effects: list[np.ndarray]
    predictor: np.ndarray


class SlopedLikelihood:
    """Of random effects that nest, as a function of coefficients and lower factors of their covariances.

    Parameters
    ----------
    tree : Tree
        Groupings and their units, outermost first.
    slopes : mapping of str to array
        By grouping, what its random slopes are multiplied with; see ``Levels``.
    rows : Rows
        One row per observation, in any order.
    density : Density
        Of an outcome about its linear predictor.

    Notes
    -----
    With b = F u the effects at their modes, f the log density of outcomes and W minus its curvature,
    l = f - u'u / 2 - log |1 + F'Z'WZF| / 2. The modes are those of a linear model of working responses with
    weights W (Newton's method). With v the variances of z'b given the outcomes, t = W'v (W' the slope of W in
    the predictor) and m = (Z'WZ + D^-1)^-1 Z't, w = f' - (t - W Z m) / 2: dl/dbeta = X'w, and dl/dF is the
    sum over units of Z'w u' - Z'f' m_u' / 2, m = F m_u, less the sum of Z'V^-1 Z, times F.
    """

    def __init__(self, tree: Tree, slopes: Mapping[str, np.ndarray], rows: Rows, density: Density) -> None:
        self._levels, self._rows, self._density = Levels(tree, slopes), rows.at(tree.order), density
        self._first = tree.first

    def at(
        self, beta: np.ndarray, factors: Sequence[np.ndarray], start: np.ndarray | None = None
    ) -> SlopedLaplace:
        """The approximation at one point; the search for the modes begins at ``start`` (``predictor``)."""
        fixed = self._rows.offset[:, 0] + self._rows.fixed @ beta
        predictor, pulled = self._modes(fixed, factors, start)
        value, slope, curvature = self._look(fixed + predictor)
        weights = np.maximum(curvature, LEAST_WEIGHT)
        turned = self._curvature_slope(fixed + predictor)
        eliminated, down = self._solved(weights, np.zeros((len(weights), 1)), factors)
        within = self._levels.within
        unsure = self._of_rows(down[-1].unsure)
        moved_by = turned * np.einsum("ri,rij,rj->r", within, unsure, within)
        _, of_slope = self._solved(weights, (moved_by / weights)[:, None], factors)
        row_moved = self._of_rows(of_slope[-1].moved)[:, :, 0]
        by_row = np.einsum("ri,ri->r", within, row_moved)
        pull = slope - (moved_by - weights * by_row) / 2.0
        of_factors = []
        for level, factor in enumerate(factors):
            modes_u = pulled[level] @ factor
            moved_u = of_slope[level].pulled[:, :, 0] @ factor
            sums = self._by_unit(level, np.column_stack([pull, slope]))
            direct = np.einsum("ut,us->ts", sums[:, :, 0], modes_u)
            through = np.einsum("ut,us->ts", sums[:, :, 1], moved_u)
            of_factors.append(direct - through / 2.0 - down[level].whole.sum(axis=0) @ factor)
        penalty = sum(float(((one @ factor) ** 2).sum()) for one, factor in zip(pulled, factors, strict=True))
        loglik = float(value.sum()) - penalty / 2.0 - eliminated.log_determinant / 2.0
        effects = [one @ (factor @ factor.T) for one, factor in zip(pulled, factors, strict=True)]
        return SlopedLaplace(loglik, self._rows.fixed.T @ pull, of_factors, effects, predictor)

    def covariance_given(self, beta: np.ndarray, factors: Sequence[np.ndarray]) -> np.ndarray:
        """Covariance of the coefficients, the variances of the effects taken as known."""
        fixed = self._rows.offset[:, 0] + self._rows.fixed @ beta
        predictor, _ = self._modes(fixed, factors, None)
        weights = np.maximum(self._look(fixed + predictor)[2], LEAST_WEIGHT)
        design = self._rows.fixed
        products = self._levels.products(design, weights)
        found = self._levels.eliminated(design.T @ (weights[:, None] * design), products, factors)
        inverse: np.ndarray = np.linalg.inv(found.squares)
        return (inverse + inverse.T) / 2.0

    def _look(self, predictor: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = self._rows
        value, slope, curvature = self._density(predictor[:, None], rows.outcome, rows.trials)
        return value[:, 0], slope[:, 0], curvature[:, 0]

    def _curvature_slope(self, predictor: np.ndarray) -> np.ndarray:
        above, below = (self._look(predictor + side)[2] for side in (BESIDE, -BESIDE))
        return (above - below) / (2.0 * BESIDE)

    def _solved(
        self, weights: np.ndarray, column: np.ndarray, factors: Sequence[np.ndarray]
    ) -> tuple[Eliminated, list[Downwards]]:
        """Best linear prediction of the effects from one column with these weights."""
        squares = column.T @ (weights[:, None] * column)
        found = self._levels.eliminated(squares, self._levels.products(column, weights), factors)
        return found, list(self._levels.downwards(found.levels, factors, np.eye(1)))

    def _modes(
        self, fixed: np.ndarray, factors: Sequence[np.ndarray], start: np.ndarray | None
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """What the effects at their modes add to each row, and by level D^-1 times the modes."""
        here = np.zeros(len(fixed)) if start is None else start
        within = self._levels.within
        for _ in range(STEPS):
            _, slope, curvature = self._look(fixed + here)
            weights = np.maximum(curvature, LEAST_WEIGHT)
            _, down = self._solved(weights, (here + slope / weights)[:, None], factors)
            there = np.einsum("ri,ri->r", within, self._of_rows(down[-1].moved)[:, :, 0])
            if np.max(np.abs(there - here)) < EXACT:
                return there, [one.pulled[:, :, 0] for one in down]
            here = there
        raise np.linalg.LinAlgError("the modes of the effects were not found")

    def _of_rows(self, of_units: np.ndarray) -> np.ndarray:
        tree = self._levels.tree
        return np.repeat(of_units, tree.members(tree.depth - 1), axis=0)

    def _by_unit(self, level: int, columns: np.ndarray) -> np.ndarray:
        """Z' of columns (rows x columns), summed by unit of a level: units x terms x columns."""
        made = np.stack(
            [columns * self._levels.within[:, [term]] for term in self._levels.terms[level]], axis=1
        )
        for below in reversed(range(level, self._levels.tree.depth)):
            made = np.add.reduceat(made, self._first[below], axis=0)
        return made
