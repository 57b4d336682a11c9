"""The restricted deviance of a linear model from what its random effects leave of squares and products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

ALIASED = 1e-9
"""Share of a column's squares below which others determine it."""


@dataclass(frozen=True)
class Profiled:
    """The deviance with coefficients and residual SD profiled out, and the fit there.

    ``vcov`` takes the variances as known. ``turn`` (columns and outcome x the same) makes of columns and
    outcome orthonormal columns and the residual in SDs: the gradient in any variance is made of these.
    """

    deviance: float
    beta: np.ndarray
    vcov: np.ndarray
    dispersion: float
    turn: np.ndarray


def profiled(left: np.ndarray, whole: np.ndarray, free: float, log_determinant: float) -> Profiled:
    """The restricted deviance.

    Parameters
    ----------
    left : array
        A'V^-1 A of the fixed-effect columns and, last, the outcome, V in residual variances.
    whole : array
        A'A.
    free : float
        Rows less fixed-effect columns.
    log_determinant : float
        log |V|.

    Raises
    ------
    LinAlgError
        A column is determined by others.

    Notes
    -----
    Bates et al. (2015) doi 10.18637/jss.v067.i01, eq. 39-42.
    """
    root = np.linalg.cholesky(left[:-1, :-1])
    if np.any(np.diag(root) ** 2 < ALIASED * np.diag(whole)[:-1]):
        raise np.linalg.LinAlgError("a column is determined by others")
    half = linalg.solve_triangular(root, np.eye(len(root)), lower=True).T
    beta = half @ (half.T @ left[:-1, -1])
    contrast = np.append(-beta, 1.0)
    variance = float(contrast @ left @ contrast) / free
    deviance = free * (1.0 + np.log(2.0 * np.pi * variance)) + log_determinant
    deviance += 2.0 * float(np.log(np.diag(root)).sum())
    turn = np.column_stack([np.vstack([half, np.zeros(len(half))]), contrast / np.sqrt(variance)])
    return Profiled(float(deviance), beta, variance * (half @ half.T), variance, turn)
