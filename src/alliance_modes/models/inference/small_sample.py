"""Covariance of the fixed effects that allows for how poorly variances between few clusters are known.

Two things make the usual standard errors too small with a few dozen practitioners. The variance
between practitioners is often estimated at exactly zero when it is not. And standard errors take the
variances between practitioners, groups and sites as known, which are estimated from few of each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import minimize_scalar

from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping
from alliance_modes.models.inference.random_effects import (
    Decomposed,
    effect_factor,
    fixed_matrix,
    observation_weights,
    random_matrix,
)
from alliance_modes.plan.terms import PRACTITIONER

CLUSTERS = (PRACTITIONER, "group", "site")
"""Groupings whose number is small, so that their variances are poorly known."""

MOST_CLUSTERS = 1000
"""With more practitioners, groups and sites together nothing is adjusted: a full matrix of as many columns as
there are of them would be needed. With 670 (200 practitioners) standard errors of practitioner-level terms
grew by 0.7 to 2.2 %, with 1,308 by 0.3 to 1.1 %."""

SMALLEST_PART, LARGEST_PART = 1e-8, 10.0
"""Range of the search for a variance kept off zero, as parts of the residual variance."""


@dataclass(frozen=True)
class SmallSample:
    """The adjusted covariance; ``practitioner_variance`` is what stands in for an estimate of zero.

    ``adjusted`` is False where the covariance is the fit's own.
    """

    vcov: np.ndarray
    practitioner_variance: float | None = None
    adjusted: bool = True


def small_sample_covariance(
    fit: EngineFit,
    groupings: Sequence[Grouping],
    data: pd.DataFrame,
    *,
    weights: np.ndarray | None = None,
    widened: bool = True,
) -> SmallSample:
    """Covariance of the fixed effects of a linear mixed model for few practitioners, groups and sites.

    Parameters
    ----------
    fit : EngineFit
        A converged linear fit by REML.
    groupings : sequence of Grouping
        As fitted.
    data : DataFrame
        The rows of the fit, in its order.
    weights : array, optional
        Prior weights, as in the fit.
    widened : bool
        Whether step 2 of the notes is made; without it the covariance is Phi at the variances of step 1.

    Returns
    -------
    SmallSample
        The fit's own covariance where none of the groupings is a practitioner, group or site, where
        they have more than ``MOST_CLUSTERS`` levels, or where neither step of the notes changes it.

    Notes
    -----
    1. A practitioner variance at zero is put where l(v) + log(sqrt(v)) is largest, l the restricted
       log-likelihood with the other variances held: the penalty of a gamma(2, rate to 0) prior on the
       standard deviation (Chung et al. 2013). It lies about one standard error from zero.
    2. Kenward & Roger's (1997) adjusted covariance, with the intercept variances of practitioner, group
       and site as the estimated ones. Those of enrolments and residuals rest on hundreds and are
       taken as known. With Phi = (X'V^-1 X)^-1, B_i = Z_i'V^-1 X, C_ij = Z_i'V^-1 Z_j and
       W the inverse of the restricted information ||C_ij - B_i Phi B_j'||^2 / 2:
       Phi + 2 Phi [sum_ij W_ij (B_i'C_ij B_j - B_i'B_i Phi B_j'B_j)] Phi.

    Estimates stay those of the fit.

    References
    ----------
    Chung, Y., Rabe-Hesketh, S., Dorie, V., Gelman, A., & Liu, J. (2013). A nondegenerate penalized
    likelihood estimator for variance parameters in multilevel models. Psychometrika, 78(4), 685-709.

    Kenward, M. G., & Roger, J. H. (1997). Small sample inference for fixed effects from restricted
    maximum likelihood. Biometrics, 53(3), 983-997.
    """
    clusters = {block.grouping: len(block.levels) for block in fit.effects if block.grouping in CLUSTERS}
    held = tuple(clusters)
    if not held or sum(clusters.values()) > MOST_CLUSTERS:
        return SmallSample(fit.vcov, adjusted=False)
    at_zero = PRACTITIONER in held and PRACTITIONER in fit.pinned()
    if not (widened or at_zero):
        return SmallSample(fit.vcov, adjusted=False)
    effects = random_matrix(fit, groupings, data)
    fixed, information = fixed_matrix(fit, data), observation_weights(fit, weights=weights)
    solver = _Solver(effects, fit, information)
    variance = None
    if at_zero:
        indicator = effects[:, _places(fit, PRACTITIONER)]
        products = _Products.of(solver, fixed, indicator, fit.response)
        variance = _off_zero(products, fit.dispersion)
        if not widened:
            return SmallSample(products.covariance(variance), variance)
        fit = _with_variance(fit, variance)
        solver = _Solver(effects, fit, information)
    columns = {name: sparse.csr_matrix(effects[:, _places(fit, name)]) for name in held}
    return SmallSample(_kenward_roger(solver, fixed, columns), variance)


class _Solver:
    """What stands on both sides of V^-1, V the covariance of the outcomes of a fit."""

    def __init__(self, effects: sparse.csr_matrix, fit: EngineFit, information: np.ndarray) -> None:
        scaled = sparse.csc_matrix(effects @ effect_factor(fit))
        self._scaled = scaled[:, np.flatnonzero(scaled.getnnz(axis=0))]
        self._information = information[:, None]
        size = self._scaled.shape[1]
        self._weighted = self._scaled.multiply(self._information)
        inner = self._scaled.T @ self._weighted + sparse.eye(size)
        self._inner = Decomposed(sparse.csc_matrix(inner)) if size else None

    def between(self, left: np.ndarray | sparse.spmatrix, right: np.ndarray | sparse.spmatrix) -> np.ndarray:
        """left' V^-1 right, from sums over rows alone: sparse columns stay so."""
        weighted = (
            self._information * right if isinstance(right, np.ndarray) else right.multiply(self._information)
        )
        found = _dense(left.T @ weighted)
        if self._inner is None:
            return found
        pulled = _dense(self._scaled.T @ weighted)
        return found - _dense(self._weighted.T @ left).T @ self._inner.solve(pulled)


@dataclass(frozen=True)
class _Products:
    """X the coefficients' columns, Z the practitioners', V with the practitioner variance at zero.

    ``fixed`` is X'V^-1 X, ``cross`` Z'V^-1 X, ``effects`` Z'V^-1 Z, ``right`` X'V^-1 y, ``pulled`` Z'V^-1 y.
    """

    fixed: np.ndarray
    cross: np.ndarray
    effects: np.ndarray
    right: np.ndarray
    pulled: np.ndarray

    @classmethod
    def of(
        cls, solver: _Solver, fixed: np.ndarray, indicator: sparse.csr_matrix, response: np.ndarray
    ) -> _Products:
        dense = np.column_stack([fixed, response])
        of_fixed, of_effects = solver.between(fixed, dense), solver.between(indicator, dense)
        effects = solver.between(indicator, indicator)
        return cls(of_fixed[:, :-1], of_effects[:, :-1], effects, of_fixed[:, -1], of_effects[:, -1])

    def covariance(self, variance: float) -> np.ndarray:
        """(X'V^-1 X)^-1 with the practitioner variance at ``variance``."""
        grown = np.eye(len(self.effects)) + variance * self.effects
        lost = variance * self.cross.T @ np.linalg.solve(grown, self.cross)
        return np.linalg.inv(self.fixed - (lost + lost.T) / 2.0)

    def restricted(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues of Z'PZ, and Z'Py in its eigenvectors: l(v) - l(0) is a function of these alone."""
        part = np.linalg.solve(self.fixed, self.cross.T)
        projected = self.effects - self.cross @ part
        values, vectors = np.linalg.eigh((projected + projected.T) / 2.0)
        return np.clip(values, 0.0, None), vectors.T @ (self.pulled - part.T @ self.right)


def _off_zero(products: _Products, dispersion: float) -> float:
    """Where the penalised restricted likelihood of a variance that is zero in the fit is largest."""
    values, pull = products.restricted()

    def loss(log_variance: float) -> float:
        variance = math.exp(log_variance)
        grown = 1.0 + variance * values
        rise = -0.5 * np.log(grown).sum() + 0.5 * (variance * pull**2 / grown).sum()
        return -float(rise) - 0.5 * log_variance

    scale = math.log(dispersion)
    bounds = (scale + math.log(SMALLEST_PART), scale + math.log(LARGEST_PART))
    return math.exp(float(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def _with_variance(fit: EngineFit, variance: float) -> EngineFit:
    """The fit with the practitioners' intercept variance at ``variance``."""
    changed = []
    for group in fit.covariances:
        if group.grouping == PRACTITIONER:
            covariance = group.covariance.copy()
            first = group.terms.index(INTERCEPT)
            covariance[first, first] = variance
            group = replace(group, covariance=covariance)
        changed.append(group)
    return replace(fit, covariances=tuple(changed))


def _kenward_roger(
    solver: _Solver, fixed: np.ndarray, columns: Mapping[str, sparse.csr_matrix]
) -> np.ndarray:
    names = tuple(columns)
    ends = np.cumsum([columns[name].shape[1] for name in names])[:-1]
    clusters = sparse.hstack([columns[name] for name in names], format="csr")
    phi = np.linalg.inv(solver.between(fixed, fixed))
    b = dict(zip(names, np.split(solver.between(clusters, fixed), ends), strict=True))
    within = np.split(solver.between(clusters, clusters), ends)
    c = {
        (i, j): block
        for i, rows in zip(names, within, strict=True)
        for j, block in zip(names, np.split(rows, ends, axis=1), strict=True)
    }
    information = np.array(
        [[0.5 * ((c[i, j] - b[i] @ phi @ b[j].T) ** 2).sum() for j in names] for i in names]
    )
    w = np.linalg.pinv(information)
    inner = sum(
        w[r, s] * (b[i].T @ c[i, j] @ b[j] - b[i].T @ b[i] @ phi @ b[j].T @ b[j])
        for r, i in enumerate(names)
        for s, j in enumerate(names)
    )
    adjusted = phi + 2.0 * phi @ inner @ phi
    return (adjusted + adjusted.T) / 2.0


def _dense(matrix: np.ndarray | sparse.spmatrix) -> np.ndarray:
    return matrix if isinstance(matrix, np.ndarray) else matrix.toarray()


def _places(fit: EngineFit, grouping: str) -> np.ndarray:
    """Columns of the random-effect design that are the intercepts of ``grouping``."""
    start = 0
    for block in fit.effects:
        if block.grouping == grouping:
            first = block.terms.index(INTERCEPT)
            return start + first + len(block.terms) * np.arange(len(block.levels))
        start += block.values.size
    return np.zeros(0, dtype=int)
