"""The restricted deviance of a linear model whose groupings nest, with its gradient: from level to level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from alliance_modes.models.engine.nested.tree import Tree
from alliance_modes.models.engine.restricted.profiled import Profiled, profiled


@dataclass(frozen=True)
class _Level:
    """What is known of the units of one level once those below and they themselves are eliminated.

    ``of_both`` is Z'V^-1 A (units x terms x columns), ``of_within`` Z'V^-1 of what this and outer levels'
    effects are multiplied with, V that of the levels up to this one. ``taken`` is the covariance of the
    effects given the outcomes, those of outer levels known.
    """

    of_both: np.ndarray
    of_within: np.ndarray
    taken: np.ndarray


class NestedDeviance:
    """Of rows in the units of groupings that nest, as a function of the factors of their covariances.

    Parameters
    ----------
    tree : Tree
        Groupings and their units, outermost first.
    both : array
        Fixed-effect columns and, last, the outcome (rows x columns), in any order.
    slopes : mapping of str to array
        By grouping, what its random slopes are multiplied with (rows x slopes); a grouping that is not
        named has a random intercept alone.
    kept : array, optional
        1 for rows that count, else 0.

    Notes
    -----
    V, in residual variances, is 1 + the sum of Z F F' Z' over groupings, F a lower factor (in residual SDs).
    With V of the levels below, units of one level are eliminated at once: log |V| grows by log |1 + F'NF| and
    x'V^-1 y falls by x'V^-1 Z F (1 + F'NF)^-1 F'Z'V^-1 y, N = Z'V^-1 Z, for x and y columns, the outcome or
    what effects are multiplied with; what is left is summed over the units of the next level. From the
    outermost level down, Z'V^-1 A of the whole V is that of the levels up to its own less Z'V^-1 times what
    the effects above take; its rows give the gradient. The cost is units x columns squared, once rows are
    summed by innermost unit.
    """

    def __init__(
        self, tree: Tree, both: np.ndarray, slopes: Mapping[str, np.ndarray], kept: np.ndarray | None = None
    ) -> None:
        columns = [slopes[name] for name in tree.groupings if name in slopes]
        within = np.column_stack([np.ones(len(both)), *columns])[tree.order]
        widths = [slopes[name].shape[1] if name in slopes else 0 for name in tree.groupings]
        self._ends = np.cumsum([1, *widths])
        self._terms = [
            np.array([0, *range(first, last)])
            for first, last in zip(self._ends[:-1], self._ends[1:], strict=True)
        ]
        weights = np.ones(len(both)) if kept is None else kept[tree.order]
        both = both[tree.order]
        weighted = np.column_stack([both, within]) * weights[:, None]
        self._tree, self._width = tree, both.shape[1]
        self._squares = both.T @ weighted[:, : self._width]
        self._products = np.stack(
            [np.add.reduceat(weighted * one[:, None], tree.first[-1], axis=0) for one in within.T], axis=1
        )
        self.free = float(weights.sum()) - (self._width - 1)

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
        return [
            sd * (factor @ factor.T @ pulled[:, :, -1:])[:, :, 0]
            for factor, (pulled, _) in zip(factors, self._downwards(levels, factors, found.turn), strict=True)
        ]

    def _eliminated(self, factors: Sequence[np.ndarray]) -> tuple[Profiled, list[_Level]]:
        """From the innermost level up."""
        squares, products, width = self._squares, self._products, self._width
        log_determinant = 0.0
        levels: list[_Level] = []
        for level in reversed(range(self._tree.depth)):
            factor, terms, above = factors[level], self._terms[level], int(self._ends[level])
            across = products[:, terms]
            inside = across[:, :, width + terms]
            spread = np.eye(len(factor)) + factor.T @ inside @ factor
            log_determinant += float(np.log(np.linalg.det(spread)).sum())
            taken = factor @ np.linalg.inv(spread) @ factor.T
            moved = taken @ across
            squares = squares - _summed(across[:, :, :width], moved[:, :, :width])
            left = across - inside @ moved
            levels.insert(0, _Level(left[:, :, :width], left[:, :, width:], taken))
            if level:
                up = width + above
                still = products[:, :above, :up]
                still = still - across[:, :, width:up].swapaxes(1, 2) @ moved[:, :, :up]
                products = np.add.reduceat(still, self._tree.first[level - 1], axis=0)
        return profiled(squares, self._squares, self.free, log_determinant), levels

    def _downwards(
        self, levels: Sequence[_Level], factors: Sequence[np.ndarray], turn: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """From the outermost level down: Z'V^-1 A, A orthonormal columns and residual, and Z'V^-1 Z."""
        units = len(self._tree.first[0])
        moved, unsure = np.zeros((units, 1, len(turn))), np.zeros((units, 1, 1))
        for level, (one, factor) in enumerate(zip(levels, factors, strict=True)):
            terms, above, own = self._terms[level], int(self._ends[level]), factor @ factor.T
            beside = one.of_within[:, :, :above]
            pulled = one.of_both @ turn - beside @ moved
            yield pulled, one.of_within[:, :, terms] - beside @ unsure @ beside.swapaxes(1, 2)
            if level + 1 == self._tree.depth:
                return
            below = int(self._ends[level + 1])
            further = np.zeros((len(pulled), below, len(turn)))
            further[:, :above] = moved
            further[:, terms] += own @ pulled
            kept = np.tile(np.eye(below, above), (len(pulled), 1, 1))
            kept[:, terms] -= own @ beside
            spread = kept @ unsure @ kept.swapaxes(1, 2)
            spread[:, terms[:, None], terms] += one.taken
            members = self._tree.members(level)
            moved, unsure = (np.repeat(each, members, axis=0) for each in (further, spread))

    def _gradient(
        self, levels: Sequence[_Level], factors: Sequence[np.ndarray], turn: np.ndarray
    ) -> list[np.ndarray]:
        """2 (sum of Z'V^-1 Z - sum of squares of Z'V^-1 A, A orthonormal columns and residual) F."""
        return [
            2.0 * (whole.sum(axis=0) - _summed(pulled.swapaxes(1, 2), pulled.swapaxes(1, 2))) @ factor
            for factor, (pulled, whole) in zip(factors, self._downwards(levels, factors, turn), strict=True)
        ]


def _summed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The sum over units and the next dimension of the products of all columns of both."""
    found: np.ndarray = one.reshape(-1, one.shape[2]).T @ other.reshape(-1, other.shape[2])
    return found
