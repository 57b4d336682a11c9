"""The restricted deviance of a linear model whose groupings nest, with its gradient: from level to level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alliance_modes.models.engine.nested.tree import Tree
from alliance_modes.models.engine.restricted import Profiled, profiled


class NestedDeviance:
    """Of rows in the units of groupings that nest, as a function of the factors of their covariances.

    Parameters
    ----------
    tree : Tree
        Groupings and their units, outermost first.
    both : array
        Fixed-effect columns and, last, the outcome (rows x columns), in any order.
    slopes : array
        What the effect of the innermost units is multiplied with (rows x terms), an intercept (1) first.
    kept : array, optional
        1 for rows that count, else 0.

    Notes
    -----
    V, in residual variances, is 1 + the sum of Z F F' Z' over groupings, F a lower factor (in residual SDs).
    With V of the levels below, units of one level are eliminated at once: log |V| grows by log |1 + F'NF| and
    A'V^-1 A falls by A'ZF (1 + F'NF)^-1 F'Z'A, N = Z'V^-1 Z; what is left of Z'V^-1 A and of N, the
    intercept's row, is summed for the next level. From the outermost level down, Z'V^-1 A of the whole V is
    that of the levels up to its own less N times what the effects above take; its rows give the gradient. The
    cost is units x columns squared, once rows are summed by innermost unit.
    """

    def __init__(
        self, tree: Tree, both: np.ndarray, slopes: np.ndarray, kept: np.ndarray | None = None
    ) -> None:
        both, slopes = both[tree.order], slopes[tree.order]
        weights = np.ones(len(both)) if kept is None else kept[tree.order]
        weighted = both * weights[:, None]
        self._tree = tree
        self._squares = both.T @ weighted
        first = tree.first[-1]
        self._pulled = np.stack(
            [np.add.reduceat(weighted * one[:, None], first, axis=0) for one in slopes.T], axis=1
        )
        self._inside = np.stack(
            [np.add.reduceat(slopes * (weights * one)[:, None], first, axis=0) for one in slopes.T], axis=1
        )
        self.free = float(weights.sum()) - (both.shape[1] - 1)

    def __call__(self, factors: Sequence[np.ndarray]) -> tuple[Profiled, list[np.ndarray]]:
        """At one factor for each grouping, outermost first; and the slope in each, its lower triangle.

        Raises
        ------
        LinAlgError
            A column is determined by others.
        """
        squares, pulled, inside = self._squares, self._pulled, self._inside
        log_determinant = 0.0
        levels: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for level in reversed(range(self._tree.depth)):
            factor = factors[level]
            spread = np.eye(len(factor)) + factor.T @ inside @ factor
            inverse = np.linalg.inv(spread)
            log_determinant += float(np.log(np.linalg.det(spread)).sum())
            taken = factor @ inverse @ factor.T
            squares = squares - np.einsum("uti,uts,usj->ij", pulled, taken, pulled, optimize=True)
            left = pulled - inside @ (taken @ pulled)
            still = inside - inside @ taken @ inside
            levels.insert(0, (left, still, taken))
            if level:
                above = self._tree.first[level - 1]
                pulled = np.add.reduceat(left[:, :1], above, axis=0)
                inside = np.add.reduceat(still[:, :1, :1], above, axis=0)
        found = profiled(squares, self._squares, self.free, log_determinant)
        return found, self._gradient(levels, factors, found.turn)

    def _gradient(
        self,
        levels: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
        factors: Sequence[np.ndarray],
        turn: np.ndarray,
    ) -> list[np.ndarray]:
        """2 (sum of Z'V^-1 Z - sum of squares of Z'V^-1 A, A orthonormal columns and residual) F."""
        found = []
        units = len(self._tree.first[0])
        moved, unsure = np.zeros((units, 1, len(turn))), np.zeros((units, 1, 1))
        for level, ((left, still, taken), factor) in enumerate(zip(levels, factors, strict=True)):
            beside = still[:, :, :1]
            pulled = left @ turn - beside @ moved
            whole = still - beside @ unsure @ beside.swapaxes(1, 2)
            inner = whole.sum(axis=0) - np.einsum("uti,usi->ts", pulled, pulled, optimize=True)
            found.append(2.0 * inner @ factor)
            if level + 1 < self._tree.depth:
                own = factor @ factor.T
                members, kept = self._tree.members(level), 1.0 - own @ still
                moved = np.repeat(moved + own @ pulled, members, axis=0)
                unsure = np.repeat(taken + kept * unsure * kept, members, axis=0)
        return found
