"""Kenward and Roger's covariance and df for small linear mixed models: a check on Satterthwaite's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

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
"""Rows above which a run does not ask for them: 1,250 take 1.5 s."""


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
    parts, values = _parts(fit, groupings, data)
    covariance = sum(value * part for value, part in zip(values, parts, strict=True))
    inverse = np.linalg.inv(covariance)
    solved = [inverse @ part for part in parts]
    spread = inverse @ design
    unadjusted = np.linalg.inv(design.T @ spread)
    first = [-(spread.T @ part @ spread) for part in parts]
    information = _information(solved, spread, design, unadjusted, first)
    weights = 2.0 * np.linalg.inv(information)
    middle = np.zeros_like(unadjusted)
    for i, left in enumerate(parts):
        for j in range(len(parts)):
            crossed = spread.T @ left @ inverse @ parts[j] @ spread
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


def _parts(
    fit: EngineFit, groupings: Sequence[Grouping], data: pd.DataFrame
) -> tuple[list[np.ndarray], list[float]]:
    """The derivative of V in each variance and covariance, with its estimate; the residual last."""
    whole = random_matrix(fit, groupings, data)
    parts, values, start = [], [], 0
    for block, group in zip(fit.effects, fit.covariances, strict=True):
        width = len(block.terms)
        here = whole[:, start : start + block.values.size]
        start += block.values.size
        by_term = [here[:, term::width] for term in range(width)]
        for row in range(width):
            for column in range(row + 1):
                product = np.asarray((by_term[row] @ by_term[column].T).todense())
                parts.append(product if row == column else product + product.T)
                values.append(float(group.covariance[row, column]))
    return [*parts, np.eye(len(data))], [*values, fit.dispersion]


def _information(
    solved: Sequence[np.ndarray],
    spread: np.ndarray,
    design: np.ndarray,
    unadjusted: np.ndarray,
    first: Sequence[np.ndarray],
) -> np.ndarray:
    """tr(P G_i P G_j) with P = V^-1 - V^-1 X Phi X'V^-1: twice the REML information."""
    projected = [part - (spread @ unadjusted) @ (design.T @ part) for part in solved]
    size = len(projected)
    found = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            found[i, j] = found[j, i] = float(np.sum(projected[i] * projected[j].T))
    return found


def _df(place: int, unadjusted: np.ndarray, first: Sequence[np.ndarray], weights: np.ndarray) -> float:
    """Denominator df of one coefficient.

    With one numerator df the paper's A1 and A2 are one number A = sum W_ij t_i t_j, t_i = (Phi P_i Phi)_kk /
    Phi_kk, its g is -1, and its formula for the df reduces to 2 / A.
    """
    moved = np.array([(unadjusted @ part @ unadjusted)[place, place] for part in first])
    share = moved / unadjusted[place, place]
    return float(2.0 / (share @ weights @ share))
