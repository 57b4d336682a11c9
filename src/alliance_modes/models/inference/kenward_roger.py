"""Kenward and Roger's covariance and df for small linear mixed models: a check on Satterthwaite's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, sparse, stats

from alliance_modes.domain import ALPHA
from alliance_modes.ground.errors import ModelError
from alliance_modes.models.design.design import Design
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.inference.random_effects import fixed_matrix, random_matrix
from alliance_modes.models.result import Diagnostic

CHECK = "Kenward-Roger df"
LARGEST = 2000
"""Rows above which the dense matrices are not made."""
LARGEST_CHECKED = 1500
"""Rows above which a run does not ask for them: 1,250 take .2 s, and memory goes with their square."""


@dataclass(frozen=True)
class KenwardRoger:
    """Adjusted SE, df and p (0-1), by coefficient in the order of ``names``; ``vcov`` is adjusted."""

    names: tuple[str, ...]
    vcov: np.ndarray
    se: np.ndarray
    df: np.ndarray
    p: np.ndarray


def kenward_roger(fit: EngineFit, groupings: Sequence[Grouping], data: pd.DataFrame) -> KenwardRoger:
    """Adjust the covariance of the coefficients of a linear mixed model, with df for each t test.

    Parameters
    ----------
    fit : EngineFit
        A converged linear fit by REML, without weights and without a variance at zero.
    groupings : sequence of Grouping
        As fitted.
    data : DataFrame
        The rows of the fit, in its order; at most 2,000.

    Returns
    -------
    KenwardRoger

    Raises
    ------
    ModelError
        The fit is not by REML, is singular, or has too many rows.

    Notes
    -----
    V = sum s_i G_i over the variances and covariances s_i and the residual variance. With P_i = -X'V^-1 G_i
    V^-1 X, Q_ij = X'V^-1 G_i V^-1 G_j V^-1 X, Phi = (X'V^-1 X)^-1 and W twice the inverse of the expected
    information of the s_i, the adjusted covariance is Phi + 2 Phi (sum W_ij (Q_ij - P_i Phi P_j)) Phi,
    and df of a single coefficient follow from A1 and A2 of the paper, as in pbkrtest. V is linear in
    s_i, so that second derivatives vanish. Validated against lmerTest's ``ddf = "Kenward-Roger"`` on a
    random slope, a random intercept and crossed groupings.

    References
    ----------
    Kenward & Roger (1997) doi 10.2307/2533558; Halekoh & Hojsgaard (2014) doi 10.18637/jss.v059.i09.
    """
    why = not_for(fit)
    if why:
        raise ModelError(f"no Kenward-Roger adjustment: {why}")
    design = fixed_matrix(fit, data)
    parts = _parts(fit, groupings, data)
    inverse = _inverse(parts.covariance())
    spread = inverse @ design
    unadjusted = np.linalg.inv(design.T @ spread)
    pulled = np.asarray(parts.whole.T @ spread).T
    between = parts.between(inverse)
    first = [-parts.product(pulled, one) for one in parts.pairs]
    information = _information(between - pulled.T @ unadjusted @ pulled, parts.pairs)
    weights = 2.0 * np.linalg.inv(information)
    middle = np.zeros_like(unadjusted)
    for i, left in enumerate(parts.pairs):
        for j, right in enumerate(parts.pairs):
            crossed = sum(pulled[:, a] @ between[b, c] @ pulled[:, d].T for a, b in left for c, d in right)
            middle += weights[i, j] * (crossed - first[i] @ unadjusted @ first[j])
    adjusted = unadjusted + 2.0 * unadjusted @ middle @ unadjusted
    adjusted = (adjusted + adjusted.T) / 2.0
    df = np.array([_df(place, unadjusted, first, weights) for place in range(len(fit.names))])
    se = np.sqrt(np.diag(adjusted))
    p = 2.0 * stats.t.sf(np.abs(fit.beta / se), df)
    return KenwardRoger(fit.names, adjusted, se, df, p)


def kenward_roger_check(
    design: Design, fit: EngineFit, groupings: Sequence[Grouping], inference: Inference
) -> Diagnostic:
    """Whether p of the tested coefficients stays on its side of .05 with Kenward and Roger's SE and df."""
    why = not_for(fit)
    if not why and fit.nobs > LARGEST_CHECKED:
        why = f"{fit.nobs} rows, above {LARGEST_CHECKED}"
    tested = [column for column in design.columns if column.tested]
    if why or not tested:
        return Diagnostic(check=CHECK, result="not_checked", detail=why or "no tested predictor")
    adjusted = kenward_roger(fit, groupings, design.frame)
    places = [inference.place(column.name) for column in tested]
    crossed = [
        column.term
        for column, place in zip(tested, places, strict=True)
        if (adjusted.p[place] < ALPHA) != (inference.p[place] < ALPHA)
    ]
    detail = (
        f"{_range(adjusted.df[places])} beside {_range(inference.df[places])} by the rule"
        f"{'; p crosses .05 for ' + ', '.join(crossed) if crossed else ''}"
    )
    return Diagnostic(check=CHECK, result="fail" if crossed else "pass", detail=detail)


def _range(values: np.ndarray) -> str:
    low, high = f"{values.min():.1f}", f"{values.max():.1f}"
    return low if low == high else f"{low} to {high}"


def not_for(fit: EngineFit) -> str:
    """Why a fit cannot be adjusted; blank where it can."""
    if not fit.distribution.normal or not fit.reml:
        return "it is for linear models by REML"
    if not fit.covariances:
        return "there are no random effects"
    if fit.singular:
        return "a variance is at zero"
    if fit.nobs > LARGEST:
        return f"{fit.nobs} rows, above {LARGEST}"
    return ""


Pairs = list[tuple[slice, slice]]
"""Columns of which a derivative of V is the product with others, transposed: G = sum of A B'."""


@dataclass(frozen=True)
class _Parts:
    """The derivatives of V in each variance and covariance, residual last, by columns of one sparse matrix.

    ``whole`` holds the random effects' columns and, for the residual, one column per row.
    """

    whole: sparse.csc_matrix
    pairs: list[Pairs]
    values: list[float]

    def covariance(self) -> np.ndarray:
        """V."""
        parts = [
            value * (self.whole[:, a] @ self.whole[:, b].T)
            for value, pairs in zip(self.values, self.pairs, strict=True)
            for a, b in pairs
        ]
        return np.asarray(sum(parts[1:], parts[0]).toarray())

    def between(self, inverse: np.ndarray) -> np.ndarray:
        """Every column with every other, weighed by the inverse of V."""
        return np.asarray(self.whole.T @ np.asarray(self.whole.T @ inverse).T)

    def product(self, pulled: np.ndarray, pairs: Pairs) -> np.ndarray:
        """X'V^-1 G V^-1 X, from what the columns have with V^-1 X (coefficients x columns)."""
        return sum((pulled[:, a] @ pulled[:, b].T for a, b in pairs), np.zeros((len(pulled), len(pulled))))


def _parts(fit: EngineFit, groupings: Sequence[Grouping], data: pd.DataFrame) -> _Parts:
    effects = random_matrix(fit, groupings, data)
    pairs: list[Pairs] = []
    values, start = [], 0
    for block, group in zip(fit.effects, fit.covariances, strict=True):
        width, stop = len(block.terms), start + block.values.size
        by_term = [slice(start + term, stop, width) for term in range(width)]
        for row in range(width):
            for column in range(row + 1):
                a, b = by_term[row], by_term[column]
                pairs.append([(a, b)] if row == column else [(a, b), (b, a)])
                values.append(float(group.covariance[row, column]))
        start = stop
    whole = sparse.hstack([effects, sparse.eye(len(data))], format="csc")
    residual = slice(start, start + len(data))
    return _Parts(sparse.csc_matrix(whole), [*pairs, [(residual, residual)]], [*values, fit.dispersion])


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Of a covariance matrix."""
    lower, _ = linalg.lapack.dpotri(np.linalg.cholesky(matrix), lower=True)
    found = lower + lower.T
    np.fill_diagonal(found, np.diag(lower))
    return found


def _information(between: np.ndarray, pairs: Sequence[Pairs]) -> np.ndarray:
    """tr(P G_i P G_j) with P = V^-1 - V^-1 X Phi X'V^-1: twice the REML information.

    ``between`` is every column with every other, weighed by P: tr(P AB' P CD') sums (A'PD) times (B'PC).
    """
    found = np.empty((len(pairs), len(pairs)))
    for i, left in enumerate(pairs):
        for j, right in enumerate(pairs[: i + 1]):
            of_each = [np.vdot(between[a, d], between[b, c]) for a, b in left for c, d in right]
            found[i, j] = found[j, i] = math.fsum(of_each)
    return found


def _df(place: int, unadjusted: np.ndarray, first: Sequence[np.ndarray], weights: np.ndarray) -> float:
    """Denominator df of one coefficient.

    With one numerator df the paper's A1 and A2 are one number A = sum W_ij t_i t_j, t_i = (Phi P_i Phi)_kk /
    Phi_kk, its g is -1, and its formula for the df reduces to 2 / A.
    """
    moved = np.array([(unadjusted @ part @ unadjusted)[place, place] for part in first])
    share = moved / unadjusted[place, place]
    return float(2.0 / (share @ weights @ share))
