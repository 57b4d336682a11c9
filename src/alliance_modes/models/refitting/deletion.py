"""Coefficients without each level of one grouping in turn, from one fit: the deletion formula.

Variances are held at those of the fit, so that the formula is exact for a linear model of known variances. A
generalised model is taken as the linear model of its working response, which is one step of its search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from alliance_modes.models.design.design import Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.inference.random_effects import (
    Decomposed,
    effect_factor,
    fixed_matrix,
    inverse_on_pattern,
    observation_weights,
    random_matrix,
)

FEWEST = 10
"""Levels that can be left out, below which there is no jackknife over them."""


@dataclass(frozen=True)
class Deletions:
    """Coefficients (levels x coefficients) and their covariances without each level, variances held."""

    beta: np.ndarray
    vcov: np.ndarray


@dataclass(frozen=True)
class _Part:
    """What one level brings to the equations of the coefficients and of the random effects it shares.

    ``shared`` are the places of these effects; ``cross`` is T'V^-1 T and ``right`` T'V^-1 y over the rows of
    the level, T the coefficients' columns and then the shared effects', V with the effects of this level
    alone.
    """

    shared: np.ndarray
    cross: np.ndarray
    right: np.ndarray


def deletions(design: Design, structure: Structure, of_row: np.ndarray, levels: int) -> Deletions:
    """Leave out each level of a grouping, variances held.

    Parameters
    ----------
    design : Design
    structure : Structure
        The fit of its rows.
    of_row : array
        Number of the level of each row, from 0.
    levels : int

    Returns
    -------
    Deletions
        The rows of a level without which the coefficients are not determined are not finite, or very large.

    Notes
    -----
    With M the coefficient matrix of Henderson's equations (random effects scaled to variance 1, those of one
    level alone absorbed), S and r the part of M and of the right side that a level brings, U the columns
    that it touches and K = U'M^-1 U: U'theta without it = (I - K S)^-1 (U'theta - K r), with covariance
    (I - K S)^-1 K. Of the inverse only the part where M is not zero is needed. A generalised fit is moved by
    the difference that this makes to the linear model of its working response (y - mu) / mu' + eta, weights
    mu'^2 / V(mu). Tested against refits with the same variances, and for its error against full refits.

    References
    ----------
    Henderson, C. R. (1975). Best linear unbiased estimation and prediction under a selection model.
    Biometrics, 31(2), 423-447.
    """
    fit = structure.fit
    fixed = fixed_matrix(fit, design.frame)
    parts, size = _parts(design, structure, fixed, of_row, levels)
    whole = _Whole(parts, fixed.shape[1], size)
    count = fixed.shape[1]
    beta, vcov = np.full((levels, count), np.nan), np.full((levels, count, count), np.nan)
    for level, part in enumerate(parts):
        inverse = whole.inverse_at(part.shared)
        try:
            left = np.linalg.inv(np.eye(len(inverse)) - inverse @ part.cross)[:count]
        except np.linalg.LinAlgError:
            continue
        without = left @ (whole.solution_at(part.shared) - inverse @ part.right)
        beta[level] = fit.beta + without - whole.beta
        vcov[level] = left @ inverse[:, :count]
    return Deletions(beta, vcov)


def jackknife(without: np.ndarray) -> np.ndarray | None:
    """Covariance (J - 1) / J sum (b_j - mean b)(b_j - mean b)' of estimates, b_j those without level j.

    Parameters
    ----------
    without : array
        Levels x estimates. Levels with an estimate that is not finite are passed over.

    Returns
    -------
    array or None
        Estimates x estimates; None where fewer than ``FEWEST`` levels can be left out.
    """
    known = without[np.isfinite(without).all(axis=1)]
    if len(known) < FEWEST:
        return None
    apart = known - known.mean(axis=0)
    return (len(known) - 1) / len(known) * apart.T @ apart


def jackknifed(inference: Inference, names: Sequence[str], left: Deletions) -> Inference:
    """The inference with the standard errors of some coefficients by the jackknife over the levels left out.

    Parameters
    ----------
    inference : Inference
        Of the whole fit; df and the other coefficients' standard errors stay.
    names : sequence of str
        The coefficients.
    left : Deletions
        Of the same fit. Levels without which the coefficients are not determined are passed over.

    Returns
    -------
    Inference
        As it was where fewer than ``FEWEST`` levels can be left out.

    Notes
    -----
    Their covariance is that of ``jackknife``. Unlike the model's own it holds where levels lie about the line
    more widely in one place than in another, as they do about a bend in what is itself an estimate. With the
    other coefficients the correlations of the fit stay.

    References
    ----------
    Bell, R. M., & McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression with
    multi-stage samples. Survey Methodology, 28(2), 169-181.
    """
    places = np.array([inference.place(name) for name in names])
    covariance = jackknife(left.beta[:, places])
    if covariance is None:
        return inference
    se = inference.se.copy()
    se[places] = np.sqrt(np.diag(covariance))
    scale = se / inference.se
    vcov = inference.vcov * np.outer(scale, scale)
    vcov[np.ix_(places, places)] = covariance
    return replace(inference, se=se, vcov=vcov)


class _Whole:
    """Henderson's equations of all levels: their solution, and their inverse where a level needs it."""

    def __init__(self, parts: Sequence[_Part], count: int, size: int) -> None:
        self._count = count
        cross, right, shared = np.zeros((count, count)), np.zeros(count), np.zeros((size, count))
        right_shared = np.zeros(size)
        for part in parts:
            cross += part.cross[:count, :count]
            right += part.right[:count]
            np.add.at(shared, part.shared, part.cross[count:, :count])
            np.add.at(right_shared, part.shared, part.right[count:])
        inner = _shared_matrix(parts, count, size)
        self._inner = inverse_on_pattern(inner)
        both = np.column_stack([shared, right_shared])
        solved = Decomposed(inner).solve(both) if size else both
        self._pulled = solved[:, :count]
        self._covariance = np.linalg.inv(cross - shared.T @ self._pulled)
        self.beta = self._covariance @ (right - shared.T @ solved[:, count])
        self._effects = solved[:, count] - self._pulled @ self.beta

    def solution_at(self, shared: np.ndarray) -> np.ndarray:
        """Coefficients, and the effects at some places."""
        return np.concatenate([self.beta, self._effects[shared]])

    def inverse_at(self, shared: np.ndarray) -> np.ndarray:
        """The inverse of the equations at the coefficients and at some effects."""
        pulled = self._pulled[shared]
        beside = -pulled @ self._covariance
        own = self._inner[shared][:, shared]
        dense = own if isinstance(own, np.ndarray) else own.toarray()
        return np.block([[self._covariance, beside.T], [beside, dense - beside @ pulled.T]])


def _shared_matrix(parts: Sequence[_Part], count: int, size: int) -> sparse.csc_matrix:
    """The equations of the effects that several levels share, each of variance 1."""
    own = np.arange(size)
    rows = np.concatenate([*(np.repeat(part.shared, len(part.shared)) for part in parts), own])
    columns = np.concatenate([*(np.tile(part.shared, len(part.shared)) for part in parts), own])
    values = np.concatenate([*(part.cross[count:, count:].ravel() for part in parts), np.ones(size)])
    return sparse.csc_matrix((values, (rows, columns)), shape=(size, size))


def _parts(
    design: Design, structure: Structure, fixed: np.ndarray, of_row: np.ndarray, levels: int
) -> tuple[list[_Part], int]:
    """The part of every level, and how many random effects several of them share."""
    fit = structure.fit
    effects = sparse.csc_matrix(random_matrix(fit, structure.groupings, design.frame) @ effect_factor(fit))
    effects = effects[:, np.flatnonzero(effects.getnnz(axis=0))]
    own = np.repeat(-1, effects.shape[1])
    if effects.shape[1]:
        of_entry = of_row[effects.indices]
        first = np.minimum.reduceat(of_entry, effects.indptr[:-1])
        own = np.where(first == np.maximum.reduceat(of_entry, effects.indptr[:-1]), first, -1)
    numbers = np.cumsum(own < 0) - 1
    weights, response = _working(design, fit)
    order = np.argsort(of_row, kind="stable")
    bounds = np.searchsorted(of_row[order], np.arange(levels + 1))
    sorted_effects = sparse.csr_matrix(effects)[order]
    parts = [
        _part(sorted_effects[first:last], own, numbers, fixed[rows], weights[rows], response[rows])
        for first, last, rows in _slices(order, bounds)
    ]
    return parts, int((own < 0).sum())


def _slices(order: np.ndarray, bounds: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        yield first, last, order[first:last]


def _part(
    effects: sparse.csr_matrix,
    own: np.ndarray,
    numbers: np.ndarray,
    fixed: np.ndarray,
    weights: np.ndarray,
    response: np.ndarray,
) -> _Part:
    touched, places = np.unique(effects.indices, return_inverse=True)
    dense = np.zeros((effects.shape[0], len(touched)))
    dense[np.repeat(np.arange(effects.shape[0]), np.diff(effects.indptr)), places] = effects.data
    alone = own[touched] >= 0
    columns = np.column_stack([fixed, dense[:, ~alone], response])
    inner = dense[:, alone]
    weighted = columns * weights[:, None]
    cross = columns.T @ weighted
    if inner.shape[1]:
        pulled = inner.T @ weighted
        precision = inner.T @ (inner * weights[:, None])
        precision[np.diag_indices_from(precision)] += 1.0
        cross -= pulled.T @ cho_solve(cho_factor(precision), pulled)
    return _Part(numbers[touched[~alone]], cross[:-1, :-1], cross[:-1, -1])


def _working(design: Design, fit: EngineFit) -> tuple[np.ndarray, np.ndarray]:
    """Weight and (working) response of each row, what is known beside coefficients and effects taken off."""
    link = fit.distribution.link
    response = link.predictor(fit.fitted) + fit.distribution.pulled(fit.response, fit.fitted)
    if fit.offset is not None:
        response = response - fit.offset
    return observation_weights(fit, trials=design.trials), response
