"""Pooling of independent estimates by a random-effects model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

GRID = 200
"""Points over which the highest REML likelihood is looked for before it is climbed to."""


@dataclass(frozen=True)
class Pooled:
    """The mean of effects that vary between cohorts, with its 95 % interval.

    ``df`` is infinite where the interval is normal. ``factor`` is that of Knapp and Hartung, 1 where it is
    not used. ``q`` is Cochran's, on ``cohorts`` - 1 df, with its ``q_p``; ``i2`` is a share (0-1).
    """

    estimate: float
    se: float
    df: float
    tau2: float
    factor: float
    q: float
    q_p: float
    i2: float
    cohorts: int

    @property
    def statistic(self) -> float:
        """The estimate in standard errors."""
        return self.estimate / self.se

    @property
    def p(self) -> float:
        """Two-sided p of no effect on average."""
        return float(2.0 * stats.t.sf(abs(self.statistic), self.df))

    @property
    def interval(self) -> tuple[float, float]:
        """95 % limits of the mean effect."""
        half = float(stats.t.ppf(0.975, self.df)) * self.se
        return self.estimate - half, self.estimate + half

    def prediction(self, df: float | None = None) -> tuple[float, float]:
        """95 % limits of the effect in another cohort: t on ``df``, default ``cohorts`` - 2.

        References
        ----------
        Higgins, Thompson & Spiegelhalter 2009, J R Stat Soc A 172:137, eq. 12.
        """
        half = float(stats.t.ppf(0.975, self.cohorts - 2 if df is None else df))
        half *= math.sqrt(self.tau2 + self.se**2)
        return self.estimate - half, self.estimate + half


def reml(effects: np.ndarray, variances: np.ndarray) -> float:
    """Variance of effects between cohorts by restricted maximum likelihood, never below 0.

    Parameters
    ----------
    effects, variances : ndarray
        One estimate and its squared standard error per cohort; two cohorts or more.

    Returns
    -------
    float
        The highest point of the restricted likelihood at or above 0.

    Notes
    -----
    l(t) = -1/2 [sum log(v_i + t) + log sum w_i + sum w_i (y_i - mu)^2], w_i = 1 / (v_i + t). It may have
    more than one summit, so that it is looked at over a grid first (up to a hundred times the larger of the
    spread of the effects and their mean error), then climbed to by Brent's method about the highest point.

    References
    ----------
    Viechtbauer 2005, J Educ Behav Stat 30:261, eq. 7.
    """
    top = 100.0 * max(float(np.var(effects, ddof=1)), float(np.mean(variances)))
    grid = np.concatenate([[0.0], top * np.logspace(-8, 0, GRID)])
    losses = _losses(grid, effects, variances)
    place = int(np.argmin(losses))
    around = (float(grid[max(place - 1, 0)]), float(grid[min(place + 1, GRID)]))
    found = optimize.minimize_scalar(
        _loss, bounds=around, args=(effects, variances), method="bounded", options={"xatol": 1e-12 * top}
    )
    return float(found.x) if found.fun < losses[0] else 0.0


def _loss(tau2: float, effects: np.ndarray, variances: np.ndarray) -> float:
    return float(_losses(np.array([tau2]), effects, variances)[0])


def _losses(tau2: np.ndarray, effects: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Minus twice the restricted log-likelihood, up to a constant, at each of several variances."""
    weights = 1.0 / (variances + tau2[:, None])
    total = weights.sum(axis=1)
    rest = effects - (weights @ effects / total)[:, None]
    squares = (weights * rest**2).sum(axis=1)
    return np.asarray(np.log(total) - np.log(weights).sum(axis=1) + squares)


def dersimonian_laird(effects: np.ndarray, variances: np.ndarray) -> float:
    """Variance of effects between cohorts by moments, never below 0: the usual way, for comparison.

    References
    ----------
    DerSimonian & Laird 1986, Control Clin Trials 7:177, eq. 8.
    """
    weights = 1.0 / variances
    spread = weights.sum() - (weights**2).sum() / weights.sum()
    return max(0.0, (_cochran(effects, variances) - (len(effects) - 1)) / float(spread))


def _cochran(effects: np.ndarray, variances: np.ndarray) -> float:
    weights = 1.0 / variances
    return float(weights @ (effects - weights @ effects / weights.sum()) ** 2)


def pooled(
    effects: np.ndarray, variances: np.ndarray, tau2: float, least_factor: float | None = 1.0
) -> Pooled:
    """The mean effect over cohorts, given how much effects vary between them.

    Parameters
    ----------
    effects, variances : ndarray
        One estimate and its squared standard error per cohort; two cohorts or more.
    tau2 : float
        Variance of the true effects between cohorts.
    least_factor : float or None
        The squared standard error is multiplied by Knapp's and Hartung's factor, but never by less than
        this, and the interval is of t on k - 1 df; None: neither, and the interval is normal.

    Notes
    -----
    w_i = 1 / (v_i + tau2); mu = sum w_i y_i / sum w_i; SE^2 = factor / sum w_i, with
    factor = sum w_i (y_i - mu)^2 / (k - 1). Below 1 it would make the interval narrower than with effects
    that are all alike, by chance alone, so that 1 is its least. I2 = tau2 / (tau2 + s2), with the typical
    variance s2 of Higgins and Thompson. Held to metafor 3.8.

    References
    ----------
    Knapp & Hartung 2003, Stat Med 22:2693; Higgins & Thompson 2002, Stat Med 21:1539, eq. 9;
    Roever, Knapp & Friede 2015, BMC Med Res Methodol 15:99 (the factor's least value).
    """
    cohorts = len(effects)
    weights = 1.0 / (variances + tau2)
    mean = float(weights @ effects / weights.sum())
    factor = 1.0
    if least_factor is not None:
        factor = max(least_factor, float(weights @ (effects - mean) ** 2) / (cohorts - 1))
    q = _cochran(effects, variances)
    fixed = 1.0 / variances
    typical = (cohorts - 1) * fixed.sum() / (fixed.sum() ** 2 - (fixed**2).sum())
    return Pooled(
        estimate=mean,
        se=math.sqrt(factor / weights.sum()),
        df=math.inf if least_factor is None else cohorts - 1.0,
        tau2=tau2,
        factor=factor,
        q=q,
        q_p=float(stats.chi2.sf(q, cohorts - 1)),
        i2=float(tau2 / (tau2 + typical)),
        cohorts=cohorts,
    )
