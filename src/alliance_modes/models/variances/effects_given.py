"""Random effects given the outcomes at one value of their covariances: what every deviance needs of them.

With b = Lu the precision of u is K = I + L'Z'WZL. The grouping with the most effects goes first: within it
levels share no row, so that its part of K is block diagonal, and what is left (a Schur complement) is small.
Nothing here but ``CrossProducts.at`` and what undoes it grows with the number of rows, and nothing
holds the first grouping's effects with all others: a level meets few of them (``slots``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse

from alliance_modes.models.variances.slots import Slots


@dataclass(frozen=True)
class Products:
    """Z'WZ: of the first grouping by level (levels x terms x terms), with others by slot, of others."""

    own: np.ndarray
    cross: np.ndarray
    rest: np.ndarray
    slots: Slots

    def scaled(self, by: float) -> Products:
        """Z'WZ where all weights are multiplied."""
        return Products(self.own * by, self.cross * by, self.rest * by, self.slots)

    def times(self, effects: np.ndarray) -> np.ndarray:
        """Z'WZ b."""
        first = self.own.shape[0] * self.own.shape[1]
        of_first, rest = effects[:first], effects[first:]
        own = (self.own @ of_first.reshape(*self.own.shape[:2], 1)).ravel()
        met = self.slots.to_others(self.cross, of_first)
        return np.concatenate([own + self.slots.to_first(self.cross, rest), met + self.rest @ rest])


class CrossProducts:
    """Z'WZ as a linear function of the weights of the rows, so that each weighting costs one product.

    Parameters
    ----------
    designs : sequence of sparse matrices
        The random-effect design of each grouping (rows x levels * terms), every row with a value for each
        term of its level; the grouping with the most effects first.
    terms : sequence of int
        Terms of a level, by grouping.
    """

    def __init__(self, designs: Sequence[sparse.spmatrix], terms: Sequence[int]) -> None:
        self.terms = tuple(terms)
        self.sizes = tuple(int(one.shape[1]) for one in designs)
        self.whole = sparse.csr_matrix(sparse.hstack(designs, format="csr"))
        self.across = sparse.csr_matrix(self.whole.T)
        rows, width = self.whole.shape[0], sum(terms)
        places = self.whole.indices.reshape(rows, width)
        values = self.whole.data.reshape(rows, width)
        first = terms[0]
        self._own = _pairs(places[:, :first], values[:, :first], places[:, :first], values[:, :first])
        cross = (places[:, first:], values[:, first:])
        self._cross = _pairs(places[:, :first], values[:, :first], *cross)
        self._rest = _pairs(*cross, *cross)
        rows, columns = self._cross.at
        levels = (self.levels[0], first)
        self._slots = Slots(rows // first, columns - self.sizes[0], levels, self.sizes[1:])
        self._cross_at = self._slots.places(rows, columns - self.sizes[0])

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of levels, by grouping."""
        return tuple(size // width for size, width in zip(self.sizes, self.terms, strict=True))

    def at(self, weights: np.ndarray) -> Products:
        """Z'WZ at the weights of the rows."""
        first, width = self.sizes[0], self.terms[0]
        others = sum(self.sizes) - first
        own = np.zeros((first // width, width, width))
        rows, columns = self._own.at
        own[rows // width, rows % width, columns % width] = self._own.by_row @ weights
        cross = np.zeros(self._slots.shape)
        cross.ravel()[self._cross_at] = self._cross.by_row @ weights
        rest = np.zeros((others, others))
        rows, columns = self._rest.at
        rest[rows - first, columns - first] = self._rest.by_row @ weights
        return Products(own, cross, rest, self._slots)

    def diagonal(self, own: np.ndarray, cross: np.ndarray, rest: np.ndarray) -> np.ndarray:
        """Diagonal of Z C Z' by row, from the parts of a symmetric C."""
        first, width = self.sizes[0], self.terms[0]
        rows, columns = self._own.at
        found = self._own.by_row.T @ own[rows // width, rows % width, columns % width]
        found = found + 2.0 * (self._cross.by_row.T @ cross.ravel()[self._cross_at])
        rows, columns = self._rest.at
        return found + self._rest.by_row.T @ rest[rows - first, columns - first]


@dataclass(frozen=True)
class _Pairs:
    """Pairs of effects that meet in a row: which, and the product of their values (pairs x rows)."""

    at: tuple[np.ndarray, np.ndarray]
    by_row: sparse.csr_matrix


def _pairs(one: np.ndarray, values: np.ndarray, other: np.ndarray, of_other: np.ndarray) -> _Pairs:
    rows = len(one)
    size = int(max(one.max(initial=0), other.max(initial=0))) + 1
    keys = (one[:, :, None].astype(np.int64) * size + other[:, None, :]).reshape(rows, -1)
    products = (values[:, :, None] * of_other[:, None, :]).reshape(rows, -1)
    every, places = np.unique(keys.ravel(), return_inverse=True)
    by_row = sparse.csr_matrix(
        (products.ravel(), (places.ravel(), np.repeat(np.arange(rows), keys.shape[1]))),
        shape=(len(every), rows),
    )
    return _Pairs((every // size, every % size), by_row)


class EffectsGiven:
    """K at given weights and factors, factored.

    Parameters
    ----------
    products : Products
        Z'WZ.
    factors : sequence of array
        The lower factor L of the covariance of one level, by grouping.
    levels : sequence of int
        Number of levels, by grouping.
    """

    def __init__(self, products: Products, factors: Sequence[np.ndarray], levels: Sequence[int]) -> None:
        self._factors, self._levels = tuple(factors), tuple(levels)
        self.first = self._levels[0] * len(self._factors[0])
        self._slots = products.slots
        first = self._factors[0]
        self._blocks = np.eye(len(first)) + first.T @ products.own @ first
        self._inverses = np.linalg.inv(self._blocks)
        cross = self._by_slot(first.T @ products.cross, self._factors)
        self._by_level_spread = self._inverses @ cross
        scaled = self._of_others(self._of_others(products.rest, self._factors).T, self._factors)
        moved = self._slots.summed(np.swapaxes(cross, 1, 2) @ self._by_level_spread)
        self._schur = np.linalg.cholesky(np.eye(len(scaled)) + scaled - moved)

    def _by_slot(self, values: np.ndarray, factors: Sequence[np.ndarray]) -> np.ndarray:
        """``values`` (levels x terms x slots) times a matrix per level of the groupings after the first."""
        found = np.empty_like(values)
        for factor, part in zip(factors[1:], self._slots.parts, strict=True):
            here = values[..., part]
            found[..., part] = (here.reshape(*here.shape[:2], -1, len(factor)) @ factor).reshape(here.shape)
        return found

    def _of_others(self, values: np.ndarray, factors: Sequence[np.ndarray]) -> np.ndarray:
        """A transposed matrix per level of the groupings after the first times ``values``."""
        return _each_level(values, factors[1:], self._levels[1:])

    @cached_property
    def log_determinant(self) -> float:
        """log |K|."""
        own = float(np.linalg.slogdet(self._blocks)[1].sum())
        return own + 2.0 * float(np.log(np.diag(self._schur)).sum())

    def to_effects(self, standardised: np.ndarray) -> np.ndarray:
        """L u."""
        return _each_level(standardised, [factor.T for factor in self._factors], self._levels)

    def to_standardised(self, effects: np.ndarray) -> np.ndarray:
        """L' b."""
        return _each_level(effects, self._factors, self._levels)

    def solve(self, right: np.ndarray) -> np.ndarray:
        """K^-1 of ``right`` (effects, or effects x columns)."""
        by_level = right[: self.first].reshape(*self._inverses.shape[:2], -1)
        own = (self._inverses @ by_level).reshape(right[: self.first].shape)
        spread, slots = self._by_level_spread, self._slots
        rest = self._rest_inverse @ (right[self.first :] - slots.to_others(spread, right[: self.first]))
        return np.concatenate([own - slots.to_first(spread, rest), rest])

    @cached_property
    def _rest_inverse(self) -> np.ndarray:
        half, _ = linalg.lapack.dtrtri(self._schur.T)
        return half @ half.T

    @cached_property
    def inverse(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """K^-1: of the first grouping by level, of it with the others by slot, of the others."""
        cross = -(self._by_level_spread @ self._slots.taken(self._rest_inverse))
        own = self._inverses - cross @ np.swapaxes(self._by_level_spread, 1, 2)
        return own, cross, self._rest_inverse

    @cached_property
    def inverse_sums(self) -> list[np.ndarray]:
        """Sum over levels of the diagonal blocks of K^-1, by grouping (terms x terms)."""
        own, _, rest = self.inverse
        found, place = [own.sum(axis=0)], 0
        for factor, levels in zip(self._factors[1:], self._levels[1:], strict=True):
            width = len(factor)
            part = rest[place : place + levels * width, place : place + levels * width]
            found.append(np.einsum("lilj->ij", part.reshape(levels, width, levels, width)))
            place += levels * width
        return found

    def covariance(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """L K^-1 L', the covariance of the effects given the outcomes, in the parts of ``inverse``."""
        own, cross, rest = self.inverse
        first, turned = self._factors[0], [factor.T for factor in self._factors]
        return (
            first @ own @ first.T,
            self._by_slot(first @ cross, turned),
            self._of_others(self._of_others(rest, turned).T, turned),
        )


def _each_level(values: np.ndarray, factors: Sequence[np.ndarray], levels: Sequence[int]) -> np.ndarray:
    """The transpose of a factor times the effects of each level, grouping after grouping."""
    found, place = np.empty_like(values), 0
    for factor, count in zip(factors, levels, strict=True):
        part = slice(place, place + count * len(factor))
        if len(factor) == 1:
            found[part] = values[part] * factor
        else:
            by_level = values[part].reshape(count, len(factor), -1)
            found[part] = (factor.T @ by_level).reshape(values[part].shape)
        place = part.stop
    return found
