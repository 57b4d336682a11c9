"""Satterthwaite's degrees of freedom of a linear fit, of coefficients and of their combinations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

SAME_DF = 1e-8
FEWEST_DF = 2.0
"""An F with so few denominator df, or less, has no mean."""


@dataclass(frozen=True)
class Contrast:
    """An F test of several coefficients at once."""

    statistic: float
    numerator_df: float
    denominator_df: float
    p: float


@dataclass(frozen=True)
class CovarianceMoved:
    """The covariance of the coefficients beside the fit, along the profile of the restricted likelihood.

    ``above`` and ``below`` (parameters x coefficients x coefficients) are those ``difference`` above and
    below each parameter of the random effects that is not at zero; ``curvature`` is the Hessian of the
    deviance in these parameters, ``free`` the rows less the coefficients.
    """

    above: np.ndarray
    below: np.ndarray
    difference: float
    curvature: np.ndarray
    free: float

    def df(self, rows: np.ndarray) -> np.ndarray:
        """Of each of these combinations of the coefficients (combinations x coefficients).

        Notes
        -----
        2 / variance of log(variance of a combination), by the delta method. That variance is 2 / (n - p) of
        the residual SD at given factors, and g' (2 / Hessian) g of the factors with g the slope of the log
        along the profile.
        """
        logs = [np.log(np.einsum("ci,pij,cj->pc", rows, each, rows)) for each in (self.above, self.below)]
        slopes = (logs[0] - logs[1]) / (2.0 * self.difference)
        spread = np.linalg.solve(self.curvature, slopes) if len(slopes) else slopes
        found: np.ndarray = 1.0 / ((slopes * spread).sum(axis=0) + 1.0 / self.free)
        return found

    def contrast(self, beta: np.ndarray, vcov: np.ndarray, rows: np.ndarray) -> Contrast:
        """F test that these combinations are zero.

        Notes
        -----
        The combinations are turned into uncorrelated ones, whose df make those of F: E = the sum of
        df / (df - 2) over those above 2, 2 E / (E - q). As lmerTest does.

        References
        ----------
        Kuznetsova et al. (2017) doi 10.18637/jss.v082.i13; Fai & Cornelius (1996)
        doi 10.1080/00949659608811740.
        """
        values, vectors = np.linalg.eigh(rows @ vcov @ rows.T)
        there = values > SAME_DF * values[-1]
        turned = vectors[:, there].T @ rows
        q = len(turned)
        statistic = float(((turned @ beta) ** 2 / values[there]).mean())
        df = self.df(turned)
        if np.all(np.abs(np.diff(df)) < SAME_DF):
            denominator = float(df.mean())
        elif np.any(df <= FEWEST_DF):
            denominator = FEWEST_DF
        else:
            expected = float((df / (df - 2.0)).sum())
            denominator = 2.0 * expected / (expected - q)
        return Contrast(statistic, float(q), denominator, float(stats.f.sf(statistic, q, denominator)))
