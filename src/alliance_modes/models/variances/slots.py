"""Which of the other random effects each level of the largest grouping meets: few of many."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np


class Slots:
    """Places for what the effects of a level of the first grouping have to do with those of the others.

    A level has as many slots as the level that meets most; one that it does not need is empty.

    Parameters
    ----------
    levels, columns : array of int
        Pairs of a level of the first grouping and one of the other effects, counted over the other
        groupings, that meet in a row; repeats count once.
    first : (int, int)
        Levels and terms of the first grouping.
    sizes : sequence of int
        Number of effects of each of the other groupings.
    """

    def __init__(
        self, levels: np.ndarray, columns: np.ndarray, first: tuple[int, int], sizes: Sequence[int]
    ) -> None:
        count, self.terms = first
        self.others = sum(sizes)
        self._ends = np.cumsum([0, *sizes])
        at, self.parts, place = [], [], 0
        for start, end in zip(self._ends[:-1], self._ends[1:], strict=True):
            here = (columns >= start) & (columns < end)
            part = _places(levels[here], columns[here], count, self.others)
            at.append(part)
            self.parts.append(slice(place, place + part.shape[1]))
            place += part.shape[1]
        self.at = np.concatenate(at, axis=1) if at else np.zeros((count, 0), dtype=np.int64)
        self._pairs = self.at[:, :, None] * (self.others + 1) + self.at[:, None, :]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Levels, terms and slots."""
        return len(self.at), self.terms, self.at.shape[1]

    def places(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Flat places, in an array of ``shape``, of pairs of an effect of the first grouping and another."""
        levels = rows // self.terms
        slots = (self.at[levels] == columns[:, None]).argmax(axis=1) if len(levels) else levels
        return (levels * self.terms + rows % self.terms) * self.at.shape[1] + slots

    def summed(self, blocks: np.ndarray) -> np.ndarray:
        """Sum over levels of ``blocks`` (levels x slots x slots) where they belong (others x others)."""
        side = self.others + 1
        found = np.bincount(self._pairs.ravel(), blocks.ravel(), side * side)
        return found.reshape(side, side)[:-1, :-1]

    def taken(self, matrix: np.ndarray) -> np.ndarray:
        """What each level meets of ``matrix`` (others x others): levels x slots x slots, 0 where empty."""
        padded = np.zeros((self.others + 1, self.others + 1))
        padded[:-1, :-1] = matrix
        return padded.ravel()[self._pairs]

    def to_first(self, values: np.ndarray, effects: np.ndarray) -> np.ndarray:
        """A matrix of the first grouping with the others, ``values`` (of ``shape``), times their effects."""
        padded = np.zeros((self.others + 1, *effects.shape[1:]))
        padded[:-1] = effects
        met = padded[self.at].reshape(*self.at.shape, prod(effects.shape[1:]))
        return (values @ met).reshape(-1, *effects.shape[1:])

    def to_others(self, values: np.ndarray, effects: np.ndarray) -> np.ndarray:
        """The transpose of that matrix times ``effects`` of the first grouping."""
        width = prod(effects.shape[1:])
        by_level = np.swapaxes(values, 1, 2) @ effects.reshape(*values.shape[:2], width)
        places = self.at[:, :, None] * width + np.arange(width)
        found = np.bincount(places.ravel(), by_level.ravel(), (self.others + 1) * width)
        return found[: self.others * width].reshape(self.others, *effects.shape[1:])


def _places(levels: np.ndarray, columns: np.ndarray, count: int, none: int) -> np.ndarray:
    """The columns that each level meets, in order, padded with ``none`` (levels x slots)."""
    pairs = np.unique(np.column_stack([levels, columns]), axis=0)
    met = np.bincount(pairs[:, 0], minlength=count)
    starts = np.cumsum(met) - met
    at = np.full((count, int(met.max(initial=0))), none, dtype=np.int64)
    at[pairs[:, 0], np.arange(len(pairs)) - np.repeat(starts, met)] = pairs[:, 1]
    return at
