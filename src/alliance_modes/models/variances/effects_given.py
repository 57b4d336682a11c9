"""Random effects given the outcomes at one value of their covariances: what every deviance needs of them.

With b = Lu the precision of u is K = I + L'Z'WZL. The grouping with the most effects goes first: within it
levels share no row, so that its part of K is block diagonal, and what is left (a Schur complement) is small.
Nothing here but ``CrossProducts.at`` and what undoes it grows with the number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import linalg, sparse


@dataclass(frozen=True)
class Products:
    """Z'WZ: of the first grouping by level (levels x terms x terms), with the others, of the others."""

    own: np.ndarray
    cross: sparse.csr_matrix
    rest: np.ndarray

    def times(self, effects: np.ndarray) -> np.ndarray:
        """Z'WZ b."""
        first = self.own.shape[0] * self.own.shape[1]
        own = np.einsum("lij,lj->li", self.own, effects[:first].reshape(self.own.shape[:2])).ravel()
        rest = effects[first:]
        return np.concatenate([own + self.cross @ rest, self.cross.T @ effects[:first] + self.rest @ rest])


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
        rows, columns = self._cross.at
        cross = sparse.csr_matrix(
            (self._cross.by_row @ weights, (rows, columns - first)), shape=(first, others)
        )
        rest = np.zeros((others, others))
        rows, columns = self._rest.at
        rest[rows - first, columns - first] = self._rest.by_row @ weights
        return Products(own, cross, rest)

    def diagonal(self, own: np.ndarray, cross: np.ndarray, rest: np.ndarray) -> np.ndarray:
        """Diagonal of Z C Z' by row, from the parts of a symmetric C."""
        first, width = self.sizes[0], self.terms[0]
        rows, columns = self._own.at
        found = self._own.by_row.T @ own[rows // width, rows % width, columns % width]
        rows, columns = self._cross.at
        found = found + 2.0 * (self._cross.by_row.T @ cross[rows, columns - first])
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
        first = self._factors[0]
        self._blocks = np.eye(len(first)) + first.T @ products.own @ first
        self._inverses = np.linalg.inv(self._blocks)
        left = _for_each_level(np.repeat(first.T[None], self._levels[0], axis=0))
        right = self._others
        cross = left @ products.cross @ right
        self._own_inverse = _for_each_level(self._inverses)
        self._spread = sparse.csr_matrix(self._own_inverse @ cross)
        scaled = right.T @ (right.T @ products.rest).T
        schur = np.eye(scaled.shape[0]) + scaled - (cross.T @ self._spread).toarray()
        self._schur = np.linalg.cholesky(schur)

    @cached_property
    def _others(self) -> sparse.csr_matrix:
        """L of the groupings after the first."""
        sizes = [n * len(f) for n, f in zip(self._levels[1:], self._factors[1:], strict=True)]
        if all(len(factor) == 1 for factor in self._factors[1:]):
            scales = [factor[0, 0] for factor in self._factors[1:]]
            places = np.arange(sum(sizes) + 1)
            values = np.repeat(scales, sizes) if sizes else np.zeros(0)
            return sparse.csr_matrix((values, places[:-1], places), shape=(sum(sizes),) * 2)
        parts = [
            _for_each_level(np.repeat(factor[None], levels, axis=0))
            for factor, levels in zip(self._factors[1:], self._levels[1:], strict=True)
        ]
        return sparse.csr_matrix(sparse.block_diag(parts, format="csr"))

    @cached_property
    def log_determinant(self) -> float:
        """log |K|."""
        own = float(np.linalg.slogdet(self._blocks)[1].sum())
        return own + 2.0 * float(np.log(np.diag(self._schur)).sum())

    def to_effects(self, standardised: np.ndarray) -> np.ndarray:
        """L u."""
        return self._by_level(standardised, [factor.T for factor in self._factors])

    def to_standardised(self, effects: np.ndarray) -> np.ndarray:
        """L' b."""
        return self._by_level(effects, self._factors)

    def _by_level(self, values: np.ndarray, factors: Sequence[np.ndarray]) -> np.ndarray:
        found, place = np.empty_like(values), 0
        for factor, levels in zip(factors, self._levels, strict=True):
            part = slice(place, place + levels * len(factor))
            by_level = values[part].reshape(levels, len(factor), -1)
            found[part] = (factor.T @ by_level).reshape(values[part].shape)
            place = part.stop
        return found

    def solve(self, right: np.ndarray) -> np.ndarray:
        """K^-1 of ``right`` (effects, or effects x columns)."""
        own = self._own_inverse @ right[: self.first]
        rest = self._rest_inverse @ (right[self.first :] - self._spread.T @ right[: self.first])
        return np.concatenate([own - self._spread @ rest, rest])

    @cached_property
    def _rest_inverse(self) -> np.ndarray:
        half = linalg.solve_triangular(self._schur, np.eye(len(self._schur)), lower=True)
        return half.T @ half

    @cached_property
    def inverse(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """K^-1: of the first grouping by level, of it with the others, of the others."""
        width, spread = len(self._factors[0]), self._spread
        cross = -(spread @ self._rest_inverse)
        own = self._inverses.copy()
        for row in range(width):
            for column in range(width):
                moved = spread[column::width].multiply(cross[row::width]).sum(axis=1)
                own[:, row, column] -= np.asarray(moved).ravel()
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
        first = self._factors[0]
        by_level = cross.reshape(self._levels[0], len(first), -1)
        scaled = (first @ by_level).reshape(cross.shape)
        others = self._others
        return (
            first @ own @ first.T,
            np.asarray((others @ scaled.T).T),
            np.asarray(others @ (others @ rest).T),
        )


def _for_each_level(blocks: np.ndarray) -> sparse.csr_matrix:
    """One block per level (levels x terms x terms) along the diagonal."""
    places = np.arange(len(blocks) + 1)
    return sparse.bsr_matrix((blocks, places[:-1], places)).tocsr()
