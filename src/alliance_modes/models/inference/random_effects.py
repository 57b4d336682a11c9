"""Random effects of a fit: their design, and the conditional variances that the engine does not give.

The rows of a fit and their random effects meet in one sparse matrix Z (rows x effects), so that what
is here holds at a million rows. Effects stand in the order of the fit: grouping, level, term.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import splu

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.engine.fit import EngineFit, GroupEffects
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping, level_text
from alliance_modes.models.engine.start import lower_factor

DENSE_UP_TO = 300
LEAST_APART = 0.2
AT_ONCE = 512
COLUMNS_AT_ONCE = 32


@dataclass(frozen=True)
class ConditionalModes:
    """Conditional modes of one grouping and their covariance: ``values`` (levels x terms), ``covariance``
    (levels x terms x terms), in the units of the linear predictor."""

    grouping: str
    levels: tuple[str, ...]
    terms: tuple[str, ...]
    values: np.ndarray
    covariance: np.ndarray


def fixed_matrix(fit: EngineFit, data: pd.DataFrame) -> np.ndarray:
    """Fixed-effect columns of ``data`` (one row per observation) in the order of the coefficients.

    Raises
    ------
    ModelError
        A coefficient is no column of ``data`` (a text column's contrasts are not made here).
    """
    return term_values(fit.names, data)


def term_values(terms: Sequence[str], data: pd.DataFrame) -> np.ndarray:
    """The columns ``terms`` of ``data`` as numbers; the intercept is a column of ones."""
    absent = [name for name in terms if name != INTERCEPT and name not in data.columns]
    if absent:
        raise ModelError(f"no column {', '.join(absent)} in these rows; make a 0/1 column of a category")
    return np.column_stack(
        [np.ones(len(data)) if name == INTERCEPT else data[name].to_numpy(dtype=float) for name in terms]
    )


def random_matrix(
    fit: EngineFit, groupings: Sequence[Grouping], data: pd.DataFrame, new: Sequence[str] = ()
) -> sparse.csr_matrix:
    """The sparse random-effect design of ``data``: one row per observation, one column per effect.

    Parameters
    ----------
    fit : EngineFit
    groupings : sequence of Grouping
        As fitted; they name the columns that hold the levels.
    data : DataFrame
        One row per observation. A level that the fit has not seen, a missing one, or a grouping
        without its columns in ``data`` leaves its effects out (zeros).
    new : sequence of str
        Groupings whose levels are taken as new whatever they are called.
    """
    blocks = [
        sparse.csr_matrix((len(data), block.values.size))
        if block.grouping in new
        else _block(block, _grouping(groupings, block.grouping), data)
        for block in fit.effects
    ]
    if not blocks:
        return sparse.csr_matrix((len(data), 0))
    return sparse.csr_matrix(sparse.hstack(blocks, format="csr"))


def effect_values(fit: EngineFit) -> np.ndarray:
    """Conditional modes as one vector, in the order of the columns of ``random_matrix``."""
    return np.concatenate([block.values.ravel() for block in fit.effects]) if fit.effects else np.zeros(0)


def effect_factor(fit: EngineFit) -> sparse.csc_matrix:
    """Sparse L with LL' the covariance of all random effects; rows of effects pinned at zero are empty."""
    parts = [
        sparse.kron(sparse.eye(len(block.levels)), sparse.csr_matrix(lower_factor(group.covariance)))
        for block, group in zip(fit.effects, fit.covariances, strict=True)
    ]
    return sparse.csc_matrix(sparse.block_diag(parts, format="csc") if parts else (0, 0))


def observation_weights(
    fit: EngineFit, trials: np.ndarray | None = None, weights: np.ndarray | None = None
) -> np.ndarray:
    """Information that each row carries about its linear predictor: weight / residual variance, or
    trials x slope^2 / variance of a 0/1 outcome at the conditional modes."""
    of_one = fit.distribution.link.slope(fit.fitted) ** 2 / fit.distribution.variance(fit.fitted)
    times = weights if fit.distribution.normal else trials
    return (of_one if times is None else of_one * times) / fit.dispersion


class Posterior:
    """The random effects given the outcomes: precision I + L'Z'WZL of the standardised effects u, b = Lu.

    Parameters
    ----------
    fit : EngineFit
        A converged fit; its variances are taken as known.
    groupings : sequence of Grouping
        As fitted.
    data : DataFrame
        The rows of the fit, in its order.
    trials, weights : array, optional
        Trials of counts out of so many; prior weights of a linear model.
    """

    def __init__(
        self,
        fit: EngineFit,
        groupings: Sequence[Grouping],
        data: pd.DataFrame,
        *,
        trials: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        if len(data) != fit.nobs:
            raise ModelError(f"{len(data)} rows given, {fit.nobs} were fitted: give the rows of the fit")
        self.fit = fit
        self.factor = effect_factor(fit)
        self._weights = observation_weights(fit, trials, weights)
        self._scaled = sparse.csc_matrix(random_matrix(fit, groupings, data) @ self.factor)
        self._data = data
        weighted = self._scaled.multiply(self._weights[:, None])
        size = self._scaled.shape[1]
        self._precision = sparse.csc_matrix(self._scaled.T @ weighted + sparse.eye(size))

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Precision^-1 times ``right`` (effects x columns)."""
        if not right.size:
            return right
        return self._decomposition().solve(right)

    def coefficient_pull(self) -> np.ndarray:
        """How the modes move with the coefficients, -db/dbeta = Var(b|y) Z'WX (effects x coefficients)."""
        pull = self._scaled.T @ (self._weights[:, None] * fixed_matrix(self.fit, self._data))
        return np.asarray(self.factor @ self.solve(np.asarray(pull)))

    def _decomposition(self) -> Decomposed:
        if not hasattr(self, "_solved"):
            self._solved = Decomposed(self._precision)
        return self._solved

    def block_covariances(self) -> list[np.ndarray]:
        """Var(b|y) of each level, by grouping (levels x terms x terms)."""
        sizes = [block.values.size for block in self.fit.effects]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
        if not sizes:
            return []
        largest = int(np.argmax(sizes))
        found = self._standardised_blocks(starts, largest)
        return [
            np.einsum("ij,ljk,mk->lim", factor, blocks, factor)
            for blocks, factor in zip(
                found, (lower_factor(group.covariance) for group in self.fit.covariances), strict=True
            )
        ]

    def _standardised_blocks(self, starts: np.ndarray, largest: int) -> list[np.ndarray]:
        """Diagonal blocks of the inverse precision. The grouping with most levels goes first: within it
        levels share no row, so that its part is block diagonal and what is left (its Schur
        complement) is small."""
        own = np.arange(starts[largest], starts[largest + 1])
        rest = np.setdiff1d(np.arange(starts[-1]), own)
        terms = len(self.fit.effects[largest].terms)
        inverse = _inverse_of_blocks(self._precision[own][:, own], terms)
        cross = sparse.csr_matrix(self._precision[own][:, rest])
        spread = sparse.csr_matrix(inverse @ cross)
        schur = sparse.csc_matrix(self._precision[rest][:, rest] - cross.T @ spread)
        of_rest = inverse_on_pattern(schur)
        found = []
        place = 0
        for number, block in enumerate(self.fit.effects):
            size, width = block.values.size, len(block.terms)
            if number == largest:
                found.append(_blocks_of(inverse, width) + _spread_blocks(spread, of_rest, width))
            else:
                found.append(_blocks_of(of_rest[place : place + size][:, place : place + size], width))
                place += size
        return found


def conditional_modes(
    fit: EngineFit,
    groupings: Sequence[Grouping],
    data: pd.DataFrame,
    *,
    trials: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    coefficient_uncertainty: bool = False,
) -> tuple[ConditionalModes, ...]:
    """Conditional modes of every grouping with their covariance.

    Parameters
    ----------
    fit, groupings, data, trials, weights
        See ``Posterior``.
    coefficient_uncertainty : bool
        Add what the uncertainty of the coefficients brings to a mode (the prediction error variance
        of Henderson's equations). lme4's ``condVar`` leaves it out.

    Returns
    -------
    tuple of ConditionalModes
        One per grouping, in the order of the fit.

    Raises
    ------
    ModelError
        ``data`` are not the rows of the fit.

    Notes
    -----
    Var(b | y) = L (I + L'Z'WZL)^-1 L' = (Z'WZ + G^-1)^-1 with G = LL'; effects whose variance is
    pinned at zero have variance 0. Variances are taken as known. Validated against lme4's
    ``ranef(, condVar = TRUE)``: linear with slopes, crossed linear, binomial counts.

    References
    ----------
    Bates et al. (2015) doi 10.18637/jss.v067.i01; Henderson (1975) doi 10.2307/2529430.
    """
    posterior = Posterior(fit, groupings, data, trials=trials, weights=weights)
    covariances = posterior.block_covariances()
    pull = posterior.coefficient_pull() if coefficient_uncertainty else None
    found, start = [], 0
    for block, covariance in zip(fit.effects, covariances, strict=True):
        if pull is not None:
            part = pull[start : start + block.values.size].reshape(*block.values.shape, -1)
            covariance = covariance + np.einsum("lip,pq,ljq->lij", part, fit.vcov, part)
        start += block.values.size
        found.append(ConditionalModes(block.grouping, block.levels, block.terms, block.values, covariance))
    return tuple(found)


def _grouping(groupings: Sequence[Grouping], name: str) -> Grouping:
    for grouping in groupings:
        if grouping.name == name:
            return grouping
    raise ModelError(f"the fit has a grouping {name}, which is not among those given")


def _block(block: GroupEffects, grouping: Grouping, data: pd.DataFrame) -> sparse.csr_matrix:
    rows, width = len(data), len(block.terms)
    if any(column not in data.columns for column in grouping.columns):
        return sparse.csr_matrix((rows, block.values.size))
    places = pd.Index(block.levels).get_indexer(level_text(data, grouping))
    known = np.flatnonzero(places >= 0)
    values = term_values(block.terms, data)[known]
    columns = places[known][:, None] * width + np.arange(width)
    return sparse.csr_matrix(
        (values.ravel(), (np.repeat(known, width), columns.ravel())), shape=(rows, block.values.size)
    )


def _inverse_of_blocks(matrix: sparse.spmatrix, width: int) -> sparse.csr_matrix:
    blocks = np.linalg.inv(_blocks_of(matrix, width))
    levels = len(blocks)
    return sparse.csr_matrix(
        sparse.bsr_matrix((blocks, np.arange(levels), np.arange(levels + 1)), shape=matrix.shape)
    )


def _blocks_of(matrix: sparse.spmatrix | np.ndarray, width: int) -> np.ndarray:
    """Diagonal blocks of a square matrix (levels x width x width)."""
    size = matrix.shape[0]
    first = np.arange(0, size, width)
    rows = first[:, None, None] + np.arange(width)[None, :, None] + np.zeros((1, 1, width), dtype=int)
    columns = first[:, None, None] + np.arange(width)[None, None, :] + np.zeros((1, width, 1), dtype=int)
    if isinstance(matrix, np.ndarray):
        return matrix[rows, columns]
    flat = np.asarray(sparse.csr_matrix(matrix)[rows.ravel(), columns.ravel()])
    return flat.reshape(rows.shape)


class Decomposed:
    """A symmetric positive definite matrix decomposed; not told that it is, SuperLU fills up to twenty times
    as much.

    Parameters
    ----------
    matrix : csc_matrix
        Size x size.
    """

    def __init__(self, matrix: sparse.csc_matrix) -> None:
        self._factors = splu(
            matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0
        )

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The inverse times ``right`` (size, or size x columns), some columns at a time.

        SuperLU takes all columns through every step: more than fit beside the processor are waited for, and
        of some hundreds OpenBLAS makes threads at every step (876 columns of 4,236 rows: 23 s, and .15 s so).
        """
        if right.ndim == 1 or right.shape[1] <= COLUMNS_AT_ONCE:
            return self._factors.solve(right)
        found = np.empty(right.shape, order="F")
        for first in range(0, right.shape[1], COLUMNS_AT_ONCE):
            part = slice(first, first + COLUMNS_AT_ONCE)
            found[:, part] = self._factors.solve(np.asfortranarray(right[:, part]))
        return found


def inverse_on_pattern(matrix: sparse.csc_matrix) -> np.ndarray | sparse.csr_matrix:
    """The inverse; above ``DENSE_UP_TO`` columns only where the matrix itself is not zero.

    Parameters
    ----------
    matrix : csc_matrix
        Symmetric, positive definite.

    Notes
    -----
    Columns no two of which meet are eliminated together (groups, then practitioners, then sites), and the
    inverse of what is left is taken the same way. With D their diagonal, C where they meet the others and T
    the inverse of the others' Schur complement, the inverse is D^-1 + D^-1 C T C' D^-1 of them and -D^-1 C T
    beside; for an entry of the pattern, all that it takes of T is on the pattern too. Where few columns are
    apart the inverse is solved for, column by column.
    """
    size = matrix.shape[0]
    if size <= DENSE_UP_TO:
        return np.linalg.inv(matrix.toarray()) if size else np.zeros((0, 0))
    apart = _apart(matrix)
    if apart.sum() < LEAST_APART * size:
        return _solved_on_pattern(matrix)
    own, rest = np.flatnonzero(apart), np.flatnonzero(~apart)
    diagonal = matrix.diagonal()[own]
    cross = sparse.csr_matrix(matrix[:, rest][own])
    spread = sparse.csr_matrix(sparse.diags(1.0 / diagonal) @ cross)
    left = matrix[:, rest][rest]
    of_rest = sparse.csr_matrix(inverse_on_pattern(sparse.csc_matrix(left - cross.T @ spread)))
    pattern = cross.copy()
    pattern.data[:] = 1.0
    beside = sparse.csr_matrix((spread @ of_rest).multiply(pattern))
    of_own = 1.0 / diagonal + np.asarray(beside.multiply(spread).sum(axis=1)).ravel()
    whole = sparse.bmat([[sparse.diags(of_own), -beside], [-beside.T, of_rest]], format="csr")
    back = np.argsort(np.concatenate([own, rest]))
    return sparse.csr_matrix(whole[back][:, back])


def _apart(matrix: sparse.csc_matrix) -> np.ndarray:
    """Columns no two of which meet (a boolean array): those of one pass, columns with few entries first."""
    starts, places = matrix.indptr, matrix.indices
    taken, met = np.zeros(len(starts) - 1, dtype=bool), np.zeros(len(starts) - 1, dtype=bool)
    for column in np.argsort(np.diff(starts), kind="stable"):
        if not met[column]:
            taken[column] = True
            met[places[starts[column] : starts[column + 1]]] = True
    return taken


def _solved_on_pattern(matrix: sparse.csc_matrix) -> sparse.csr_matrix:
    size = matrix.shape[0]
    decomposition = Decomposed(matrix)
    inverse = matrix.copy()
    for first in range(0, size, AT_ONCE):
        last = min(first + AT_ONCE, size)
        unit = np.zeros((size, last - first))
        unit[np.arange(first, last), np.arange(last - first)] = 1.0
        solved = decomposition.solve(unit)
        part = slice(matrix.indptr[first], matrix.indptr[last])
        columns = np.repeat(np.arange(last - first), np.diff(matrix.indptr[first : last + 1]))
        inverse.data[part] = solved[matrix.indices[part], columns]
    return sparse.csr_matrix(inverse)


def _spread_blocks(
    spread: sparse.csr_matrix, of_rest: np.ndarray | sparse.csr_matrix, width: int
) -> np.ndarray:
    """Diagonal blocks of FTF' for F = ``spread``, T = ``of_rest``, a few levels at once."""
    parts, step = [], max(AT_ONCE // width, 1) * width
    for first in range(0, spread.shape[0], step):
        rows = spread[first : first + step]
        product = (rows @ of_rest) @ rows.T
        parts.append(_blocks_of(product if isinstance(product, np.ndarray) else product.tocsr(), width))
    return np.concatenate(parts)
