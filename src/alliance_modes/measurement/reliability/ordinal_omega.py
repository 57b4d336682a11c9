"""Omega of one scale with answers taken as ordered categories."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from alliance_modes.measurement.factors.likelihood.moment_fit import inadmissible
from alliance_modes.measurement.factors.ordinal.fit import OrderedAnswers
from alliance_modes.measurement.factors.ordinal.normal_pair import FARTHEST, density, excess
from alliance_modes.measurement.factors.ordinal.polychoric import Polychoric
from alliance_modes.measurement.factors.ordinal.weighted import WeightedFit, fit_weighted
from alliance_modes.measurement.factors.structures import FactorStructure, factor_model
from alliance_modes.measurement.reliability.omega import FEWEST_ITEMS, Omega


def ordinal_omega(items: pd.DataFrame, confidence: float = 0.95) -> Omega:
    """Estimate omega of one scale from the one-factor model of polychoric correlations.

    Parameters
    ----------
    items : DataFrame
        One row per respondent (independent: one administration per person), one column per item,
        reversed items already turned round; missing = NaN.
    confidence : float
        Level of the interval, between 0 and 1.

    Returns
    -------
    Omega
        ``not_estimated`` below 150 complete respondents, below 3 items, where an item does not vary,
        others determine it or it has more than 10 different answers, and where the solution is
        improper or was not found.

    Notes
    -----
    The share of the variance of the **sum of the answers**, as they were given, that the factor
    beneath explains (Green and Yang): with thresholds t and loadings l, sums over items i and j, and
    over their thresholds, of P(below t_i and t_j) - P(below t_i) P(below t_j) at the correlation
    l_i l_j, over the same with 1 for an item with itself. It is not the omega of the polychoric
    correlations, which speaks of scores that nobody has. A response that nobody gave widens the step
    over its place. Total variance is the model's, as in ``mcdonald_omega``. Listwise. The
    standard error is the delta method's from each respondent's influence on thresholds and correlations,
    on log(1 - omega); limits are 1 - (1 - omega) exp(+-z se).

    Validated against semTools 0.5-6 ``reliability()["omega", ]`` (1e-4); the standard error by simulation
    (one factor: within 2 %; a total over distinct factors: 10 % too small, since weights and the
    misfit are taken as fixed).

    References
    ----------
    Green, S. B., & Yang, Y. (2009). Reliability of summated item scores using structural equation
    modeling: An alternative to coefficient alpha. Psychometrika, 74(1), 155-167.
    """
    size = items.shape[1]
    answers = OrderedAnswers(items)
    reason = f"{size} items; a one-factor model needs at least {FEWEST_ITEMS}" if size < FEWEST_ITEMS else ""
    found, why = answers.found, reason or answers.reason
    if why or found is None:
        return Omega(None, None, None, None, answers.n, size, "not_estimated", why)
    fit = fit_weighted(factor_model(FactorStructure("one", {"general": tuple(range(size))})), found)
    why = fit.problem or inadmissible(fit.moments, answers.columns, ["general"])[1]
    if why:
        return Omega(None, None, None, None, answers.n, size, "not_estimated", why)
    omega, by_loading, by_threshold = _share(
        fit.moments.model.implied(fit.moments.theta)[0].loadings[:, 0], found
    )
    if not 0 < omega < 1:
        return Omega(None, None, None, None, answers.n, size, "not_estimated", "the loadings sum to zero")
    from scipy.stats import norm

    se = _error(fit, found, by_loading, by_threshold)
    reach = float(norm.ppf(0.5 + confidence / 2)) * se
    low, high = 1 - (1 - omega) * math.exp(reach), 1 - (1 - omega) * math.exp(-reach)
    return Omega(omega, low, high, se, answers.n, size)


def _error(fit: WeightedFit, found: Polychoric, by_loading: np.ndarray, by_threshold: np.ndarray) -> float:
    """Standard error of log(1 - omega)."""
    weighted = fit.slopes.T * fit.weights
    by_r = by_loading @ np.linalg.solve(weighted @ fit.slopes, weighted)
    influence = found.influence @ np.concatenate([by_threshold, by_r])
    return float(np.sqrt(np.square(influence).sum() / found.n / (found.n - 1)))


def _share(loadings: np.ndarray, found: Polychoric) -> tuple[float, np.ndarray, np.ndarray]:
    """Omega, and the derivatives of log(1 - omega) by loadings and by thresholds."""
    from scipy.special import ndtr

    points, steps = _padded(found)
    one, other, r = points[:, None, :, None], points[None, :, None, :], np.outer(loadings, loadings)
    wide = r[:, :, None, None]
    weight = steps[:, None, :, None] * steps[None, :, None, :]
    common = (weight * excess(one, other, wide)).sum(axis=(2, 3))
    slope = (weight * density(one, other, wide)).sum(axis=(2, 3))
    normal = np.exp(-(points**2) / 2) / np.sqrt(2 * np.pi)
    moved = (ndtr((other - wide * one) / np.sqrt(1 - wide**2)) - ndtr(other)) * weight
    by_point = 2 * normal[:, None, :] * moved.sum(axis=3)
    variance, by_own = _variances(points, steps, normal)
    own = np.arange(len(loadings))
    rest = float((variance - common[own, own]).sum())
    total = float(common.sum()) + rest
    rest_by_point = by_own - by_point[own, own]
    total_by_point = by_point.sum(axis=1) + rest_by_point
    rest_by_loading = -2 * loadings * slope[own, own]
    total_by_loading = 2 * slope @ loadings + rest_by_loading
    by_loading = rest_by_loading / rest - total_by_loading / total
    by_threshold = (rest_by_point / rest - total_by_point / total)[np.abs(points) < FARTHEST]
    return 1 - rest / total, by_loading, by_threshold


def _padded(found: Polychoric) -> tuple[np.ndarray, np.ndarray]:
    """Thresholds of every item, and by how much an answer rises over each: items x most thresholds."""
    most = max(len(each) for each in found.thresholds)
    points, steps = np.full((len(found.thresholds), most), FARTHEST), np.zeros((len(found.thresholds), most))
    for item, (own, given) in enumerate(zip(found.thresholds, found.responses, strict=True)):
        points[item, : len(own)], steps[item, : len(own)] = own, np.diff(given)
    return points, steps


def _variances(points: np.ndarray, steps: np.ndarray, normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variance of each item's answers by its thresholds, and its derivatives by them."""
    from scipy.special import ndtr

    under = ndtr(points)
    lower = np.minimum(under[:, :, None], under[:, None, :]) - under[:, :, None] * under[:, None, :]
    variance = np.einsum("ia,iab,ib->i", steps, lower, steps)
    above = (steps * (1 - under))[:, ::-1].cumsum(axis=1)[:, ::-1] - steps * (1 - under)
    beneath = (steps * under).cumsum(axis=1) - steps * under
    return variance, normal * steps * (steps * (1 - 2 * under) + 2 * above - 2 * beneath)
