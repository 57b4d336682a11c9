"""Random effects of groupings that nest, eliminated level by level, with random slopes at any of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from alliance_modes.models.engine.nested.tree import Tree

PART = 200_000
"""Rows, about, whose columns are held a second time while they are summed."""


@dataclass(frozen=True)
class Level:
    """What is known of the units of one level once those below and they themselves are eliminated.

    ``of_both`` is Z'V^-1 A (units x terms x columns), ``of_within`` Z'V^-1 of what this and outer levels'
    effects are multiplied with, V that of the levels up to this one. ``taken`` is the covariance of the
    effects given the outcomes, those of outer levels known.
    """

    of_both: np.ndarray
    of_within: np.ndarray
    taken: np.ndarray


@dataclass(frozen=True)
class Eliminated:
    """A'V^-1 A of some columns A, the log of the determinant of V over that of the rows', and the levels."""

    squares: np.ndarray
    log_determinant: float
    levels: list[Level]


@dataclass(frozen=True)
class Downwards:
    """Of the units of one level, given all outcomes.

    ``pulled`` is Z'V^-1 A (units x terms x columns), V that of all levels, and ``whole`` Z'V^-1 Z. ``moved``
    and ``unsure`` are what the effects of this and all outer levels add up to by what they are multiplied
    with, for each column, and its covariance: of the unit's members (units x what x columns or what).
    """

    pulled: np.ndarray
    whole: np.ndarray
    moved: np.ndarray
    unsure: np.ndarray


class Levels:
    """What the random effects of rows are multiplied with, by level.

    Parameters
    ----------
    tree : Tree
        Groupings and their units, outermost first.
    slopes : mapping of str to array
        By grouping, what its random slopes are multiplied with (rows x slopes), rows in any order; a grouping
        that is not named has a random intercept alone.

    Notes
    -----
    V is W^-1 + the sum of Z F F' Z' over groupings, W the weights of the rows and F a lower factor. With V of
    the levels below, units of one level are eliminated at once: log |V| grows by log |1 + F'NF| and x'V^-1 y
    falls by x'V^-1 Z F (1 + F'NF)^-1 F'Z'V^-1 y, N = Z'V^-1 Z, for x and y columns of A or what effects are
    multiplied with; what is left is summed over the units of the next level. From the outermost level down,
    Z'V^-1 A of the whole V is that of the levels up to its own less Z'V^-1 times what the effects above take.
    The cost is units x columns squared, once rows are summed by innermost unit.
    """

    def __init__(self, tree: Tree, slopes: Mapping[str, np.ndarray]) -> None:
        columns = [slopes[name] for name in tree.groupings if name in slopes]
        widths = [slopes[name].shape[1] if name in slopes else 0 for name in tree.groupings]
        self.tree = tree
        self.within = np.column_stack([np.ones(len(tree.order)), *columns])[tree.order]
        """What effects are multiplied with (rows x what), rows as the tree has them: 1, then slopes."""
        self._ends = np.cumsum([1, *widths])
        pairs = zip(self._ends[:-1], self._ends[1:], strict=True)
        self.terms = [np.array([0, *range(first, last)]) for first, last in pairs]
        """By level, which of these its effects are multiplied with."""

    def parts(self) -> Iterator[tuple[slice, slice]]:
        """Innermost units some at a time, and their rows in the tree's order."""
        first = np.append(self.tree.first[-1], len(self.tree.order))
        low = 0
        while low + 1 < len(first):
            high = max(int(np.searchsorted(first, first[low] + PART, side="right")) - 1, low + 1)
            yield slice(low, high), slice(int(first[low]), int(first[high]))
            low = high

    def products(self, both: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Weighted products of what effects are multiplied with and A (rows x columns), by innermost unit.

        Rows are in the tree's order. Units x what x columns, what effects are multiplied with again last.
        """
        return np.concatenate(
            [self.of_part(units, rows, both[rows], weights[rows]) for units, rows in self.parts()]
        )

    def of_part(self, units: slice, rows: slice, both: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """``products`` of one of ``parts``, of whose rows A and weights are given."""
        within = self.within[rows]
        weighted = np.column_stack([both, within]) * weights[:, None]
        first = self.tree.first[-1][units] - rows.start
        return np.stack([np.add.reduceat(weighted * one[:, None], first, axis=0) for one in within.T], axis=1)

    def eliminated(
        self, squares: np.ndarray, products: np.ndarray, factors: Sequence[np.ndarray]
    ) -> Eliminated:
        """From the innermost level up; ``squares`` are A'WA."""
        width, log_determinant = len(squares), 0.0
        levels: list[Level] = []
        for level in reversed(range(self.tree.depth)):
            factor, terms, above = factors[level], self.terms[level], int(self._ends[level])
            across = products[:, terms]
            inside = across[:, :, width + terms]
            spread = np.eye(len(factor)) + factor.T @ inside @ factor
            log_determinant += float(np.log(np.linalg.det(spread)).sum())
            taken = factor @ np.linalg.inv(spread) @ factor.T
            moved = taken @ across
            squares = squares - summed(across[:, :, :width], moved[:, :, :width])
            left = across - inside @ moved
            levels.insert(0, Level(left[:, :, :width], left[:, :, width:], taken))
            if level:
                up = width + above
                still = products[:, :above, :up]
                still = still - across[:, :, width:up].swapaxes(1, 2) @ moved[:, :, :up]
                products = np.add.reduceat(still, self.tree.first[level - 1], axis=0)
        return Eliminated(squares, log_determinant, levels)

    def downwards(
        self, levels: Sequence[Level], factors: Sequence[np.ndarray], turn: np.ndarray
    ) -> Iterator[Downwards]:
        """From the outermost level down, of the columns A times ``turn``."""
        units = len(self.tree.first[0])
        moved, unsure = np.zeros((units, 1, turn.shape[1])), np.zeros((units, 1, 1))
        for level, (one, factor) in enumerate(zip(levels, factors, strict=True)):
            terms, above, below = self.terms[level], int(self._ends[level]), int(self._ends[level + 1])
            own, beside = factor @ factor.T, one.of_within[:, :, :above]
            pulled = one.of_both @ turn - beside @ moved
            whole = one.of_within[:, :, terms] - beside @ unsure @ beside.swapaxes(1, 2)
            further = np.zeros((len(pulled), below, turn.shape[1]))
            further[:, :above] = moved
            further[:, terms] += own @ pulled
            kept = np.tile(np.eye(below, above), (len(pulled), 1, 1))
            kept[:, terms] -= own @ beside
            spread = kept @ unsure @ kept.swapaxes(1, 2)
            spread[:, terms[:, None], terms] += one.taken
            yield Downwards(pulled, whole, further, spread)
            if level + 1 < self.tree.depth:
                members = self.tree.members(level)
                moved, unsure = (np.repeat(each, members, axis=0) for each in (further, spread))


def summed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The sum over units and the next dimension of the products of all columns of both."""
    found: np.ndarray = one.reshape(-1, one.shape[2]).T @ other.reshape(-1, other.shape[2])
    return found
