"""The factors of the covariances of random effects as parameters in one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

Factors = list[np.ndarray]
"""One square matrix per grouping, of the terms of a level."""


@cache
def _lower(width: int) -> tuple[np.ndarray, ...]:
    """Places of the lower triangle of a square, row by row."""
    return np.tril_indices(width)


@dataclass(frozen=True)
class Layout:
    """Where each lower factor of a covariance stands among the parameters: by grouping, row by row."""

    terms: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many parameters the factors have."""
        return sum(width * (width + 1) // 2 for width in self.terms)

    def factors(self, values: np.ndarray) -> Factors:
        """The lower factors of ``values``."""
        found, place = [], 0
        for width in self.terms:
            factor, count = np.zeros((width, width)), width * (width + 1) // 2
            factor[_lower(width)] = values[place : place + count]
            found.append(factor)
            place += count
        return found

    def values(self, matrices: Sequence[np.ndarray]) -> np.ndarray:
        """The lower triangles of one matrix per grouping, as ``factors`` takes them."""
        parts = [matrix[_lower(width)] for matrix, width in zip(matrices, self.terms, strict=True)]
        return np.concatenate(parts)

    def diagonal(self) -> np.ndarray:
        """Which parameters are on a diagonal, and so not below zero."""
        parts = [np.equal(*_lower(width)) for width in self.terms]
        return np.concatenate(parts)
