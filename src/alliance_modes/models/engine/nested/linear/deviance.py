"""The restricted deviance of a linear model whose groupings nest, with its gradient: from level to level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from alliance_modes.models.engine.nested.levels import Level, Levels, summed
from alliance_modes.models.engine.nested.tree import Tree
from alliance_modes.models.engine.restricted.profiled import Profiled, profiled


class NestedDeviance:
    """Of rows in the units of groupings that nest, as a function of the factors of their covariances.

    Parameters
    ----------
    tree : Tree
        Groupings and their units, outermost first.
    both : array
        Fixed-effect columns and, last, the outcome (rows x columns), in any order.
    slopes : mapping of str to array
        By grouping, what its random slopes are multiplied with; see ``Levels``.
    weights : array, optional
        Prior weights of the rows: the residual variance is divided by them. A row of weight 0 does not count.

    Notes
    -----
    Factors are in residual SDs. See ``Levels``; the gradient is made of the rows of Z'V^-1 A of the whole V.
    """

    def __init__(
        self,
        tree: Tree,
        both: np.ndarray,
        slopes: Mapping[str, np.ndarray],
        weights: np.ndarray | None = None,
    ) -> None:
        self._levels = Levels(tree, slopes)
        weights = np.ones(len(both)) if weights is None else weights
        self._squares, products = np.zeros((both.shape[1],) * 2), []
        for units, rows in self._levels.parts():
            places = tree.order[rows]
            part, of_part = both[places], weights[places]
            self._squares += part.T @ (part * of_part[:, None])
            products.append(self._levels.of_part(units, rows, part, of_part))
        self._products = np.concatenate(products)
        self._of_weights = float(np.log(weights[weights > 0.0]).sum())
        self.free = float(np.count_nonzero(weights)) - (both.shape[1] - 1)

    def __call__(self, factors: Sequence[np.ndarray]) -> tuple[Profiled, list[np.ndarray]]:
        """At one factor for each grouping, outermost first; and the slope in each, its lower triangle.

        Raises
        ------
        LinAlgError
            A column is determined by others.
        """
        found, levels = self._eliminated(factors)
        return found, self._gradient(levels, factors, found.turn)

    def effects(self, factors: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Conditional modes of the random effects, by level: units x terms, in units of the outcome."""
        found, levels = self._eliminated(factors)
        sd = np.sqrt(found.dispersion)
        down = self._levels.downwards(levels, factors, found.turn[:, -1:])
        return [
            sd * (factor @ factor.T @ one.pulled)[:, :, 0] for factor, one in zip(factors, down, strict=True)
        ]

    def _eliminated(self, factors: Sequence[np.ndarray]) -> tuple[Profiled, list[Level]]:
        found = self._levels.eliminated(self._squares, self._products, factors)
        return profiled(
            found.squares, self._squares, self.free, found.log_determinant - self._of_weights
        ), found.levels

    def _gradient(
        self, levels: Sequence[Level], factors: Sequence[np.ndarray], turn: np.ndarray
    ) -> list[np.ndarray]:
        """2 (sum of Z'V^-1 Z - sum of squares of Z'V^-1 A, A orthonormal columns and residual) F."""
        return [
            2.0 * (one.whole.sum(axis=0) - summed(*(one.pulled.swapaxes(1, 2),) * 2)) @ factor
            for factor, one in zip(factors, self._levels.downwards(levels, factors, turn), strict=True)
        ]
