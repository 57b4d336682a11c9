"""Looks at the restricted deviance of a linear model with one set of columns and of rows that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from alliance_modes.models.engine.nested.linear.deviance import NestedDeviance
from alliance_modes.models.engine.nested.tree import Tree
from alliance_modes.models.engine.restricted.profiled import Profiled, profiled
from alliance_modes.models.engine.restricted.search import Deviance
from alliance_modes.models.variances.effects_given import CrossProducts, EffectsGiven

Factors = Sequence[np.ndarray]


class Deviances(Protocol):
    """Makes a deviance of columns with the outcome last (rows x columns) and rows that count (1, else 0)."""

    @property
    def names(self) -> tuple[str, ...]:
        """The groupings, in the order of the factors."""

    def of(self, both: np.ndarray, kept: np.ndarray) -> Deviance:
        """Of these."""


class OfNested:
    """Groupings that nest, with slopes or without; see ``NestedDeviance``."""

    def __init__(self, tree: Tree, slopes: Mapping[str, np.ndarray]) -> None:
        self.names, self._tree, self._slopes = tree.groupings, tree, slopes

    def of(self, both: np.ndarray, kept: np.ndarray) -> NestedDeviance:
        """Of these columns and rows."""
        return NestedDeviance(self._tree, both, self._slopes, kept)


class OfCrossed:
    """Any groupings, the one with the most effects first."""

    def __init__(self, names: Sequence[str], cross: CrossProducts) -> None:
        self.names, self._cross = tuple(names), cross

    def of(self, both: np.ndarray, kept: np.ndarray) -> CrossedDeviance:
        """Of these columns and rows."""
        return CrossedDeviance(self._cross, both, kept)


class CrossedDeviance:
    """The restricted deviance of the rows that are kept (1, else 0), groupings in any relation."""

    def __init__(self, cross: CrossProducts, both: np.ndarray, kept: np.ndarray) -> None:
        weighted = both * kept[:, None]
        self._cross = cross
        self._squares, self._pulled = both.T @ weighted, cross.across @ weighted
        self._products = cross.at(kept)
        self.free = float(kept.sum()) - (both.shape[1] - 1)

    def __call__(self, factors: Factors) -> tuple[Profiled, list[np.ndarray]]:
        """The fit, and the slope of its deviance in each factor.

        Raises
        ------
        LinAlgError
            A column is determined by others.
        """
        given = EffectsGiven(self._products, factors, self._cross.levels)
        pulled = given.to_standardised(self._pulled)
        solved = given.solve(pulled)
        left = self._squares - pulled.T @ solved
        found = profiled(left, self._squares, self.free, given.log_determinant)
        return found, self._gradient(given, factors, solved @ found.turn)

    def _gradient(self, given: EffectsGiven, factors: Factors, moves: np.ndarray) -> list[np.ndarray]:
        """2 L^-T (levels - sum of blocks of K^-1 - sum of squared effects): of log |K|, of log |X'V^-1 X|,
        and of the squares that are left."""
        found, place = [], 0
        for factor, levels, inverse in zip(factors, self._cross.levels, given.inverse_sums, strict=True):
            width = len(factor)
            part = moves[place : place + levels * width].reshape(levels, width, -1)
            turned = part.swapaxes(0, 1).reshape(width, -1)
            inner = levels * np.eye(width) - inverse - turned @ turned.T
            found.append(2.0 * np.linalg.solve(factor.T, inner) if factor.any() else np.zeros_like(factor))
            place += levels * width
        return found
