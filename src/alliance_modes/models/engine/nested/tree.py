"""Whether groupings nest, and their tree: rows in units, units in the units of the next grouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from alliance_modes.models.engine.prepared import Grouping, Prepared, level_column


@dataclass(frozen=True)
class Tree:
    """Rows of a nested design, sorted so that every unit's rows lie together.

    ``groupings`` and what follows are by level, outermost first. ``order`` sorts the rows. ``first`` are the
    places of each unit's first member (a unit of the next level, of the innermost a row), ``codes`` the
    category of each unit in the frame.
    """

    groupings: tuple[str, ...]
    order: np.ndarray
    first: tuple[np.ndarray, ...]
    codes: tuple[np.ndarray, ...]

    @property
    def depth(self) -> int:
        """Number of levels."""
        return len(self.groupings)

    def members(self, level: int) -> np.ndarray:
        """How many members each unit of a level has."""
        total = len(self.order) if level + 1 == self.depth else len(self.first[level + 1])
        return np.diff(np.append(self.first[level], total))

    def rows_of(self) -> np.ndarray:
        """How many rows each unit of the outermost level has."""
        rows = np.ones(len(self.order), dtype=int)
        for level in reversed(range(self.depth)):
            rows = np.add.reduceat(rows, self.first[level])
        return rows

    def part(self, start: int, stop: int) -> Tree:
        """The tree below some units of the outermost level, with the places of its rows as ``order``."""
        first, codes = [], []
        low, high = start, stop
        for level in range(self.depth):
            ends = np.append(self.first[level], self.first[level][-1] + self.members(level)[-1])
            first.append(self.first[level][low:high] - ends[low])
            codes.append(self.codes[level][low:high])
            low, high = int(ends[low]), int(ends[high])
        return Tree(self.groupings, np.arange(low, high), tuple(first), tuple(codes))


def why_not_nested(asked: Prepared) -> str:
    """Why the integral over random effects does not factorise, in words; blank where it does.

    It does where each level of a grouping is in one level of the next (groups in practitioners in sites) and
    every grouping has a random intercept alone.
    """
    texts = [name for name in asked.fixed if not pd.api.types.is_float_dtype(asked.frame[name].dtype)]
    if texts:
        return f"{', '.join(texts)} is no column of numbers"
    sloped = [grouping.name for grouping in asked.groupings if grouping.slopes]
    if sloped:
        return f"there are random slopes over {', '.join(sloped)}"
    ordered = _outermost_first(asked)
    for outer, inner in pairwise(ordered):
        outside = asked.frame.groupby(level_column(inner), observed=True)[level_column(outer)].nunique()
        crossing = int((outside > 1).sum())
        if crossing:
            return (
                f"{inner.name} and {outer.name} cross: {crossing} of {len(outside)} levels of {inner.name} "
                f"have rows of more than one {outer.name}"
            )
    return ""


def why_crossing(asked: Prepared) -> str:
    """``why_not_nested`` but that random slopes are no obstacle."""
    return why_not_nested(replace(asked, groupings=tuple(replace(one, slopes=()) for one in asked.groupings)))


def tree_of(asked: Prepared) -> Tree:
    """The tree of groupings that nest (``why_not_nested`` is blank) and have a level in every row."""
    ordered = _outermost_first(asked)
    codes = [asked.frame[level_column(one)].cat.codes.to_numpy() for one in ordered]
    return _tree([one.name for one in ordered], codes)


def tree_of_codes(codes: Mapping[str, np.ndarray]) -> Tree | None:
    """The tree of groupings given as a code of each row (0 and up); None where they do not nest."""
    ordered = sorted(codes, key=lambda name: len(np.unique(codes[name])))
    for outer, inner in pairwise(ordered):
        both = np.unique(np.column_stack([codes[inner], codes[outer]]), axis=0)
        if len(both) > len(np.unique(codes[inner])):
            return None
    return _tree(ordered, [codes[name] for name in ordered])


def _tree(names: Sequence[str], codes: Sequence[np.ndarray]) -> Tree:
    order = np.lexsort(tuple(reversed(codes)))
    starts = [_starts(one[order]) for one in codes]
    places = [*starts[1:], np.arange(len(order))]
    first = tuple(np.searchsorted(below, above) for above, below in zip(starts, places, strict=True))
    found = tuple(one[order][start] for one, start in zip(codes, starts, strict=True))
    return Tree(tuple(names), order, first, found)


def _starts(codes: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))


def _outermost_first(asked: Prepared) -> Sequence[Grouping]:
    return sorted(asked.groupings, key=lambda one: asked.frame[level_column(one)].nunique())
