"""McDonald's omega of one scale, from the one-factor (congeneric) model by maximum likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from alliance_modes.measurement.reliability.alpha import FEWEST_RESPONDENTS, NO_VARIANCE

FEWEST_ITEMS = 3
LEAST_UNIQUENESS = 0.005
"""Smallest unique share of an item's variance in the search; one that ends there is improper."""

STEP = 1e-8


@dataclass(frozen=True)
class Omega:
    """McDonald's omega total of one scale.

    ``n`` counts the respondents with every item answered; ``se_log`` is the standard error of
    log(1 - omega), on which the interval is symmetric. The numbers are None where ``status`` is
    ``not_estimated``, and ``reason`` says why.
    """

    omega: float | None
    ci_low: float | None
    ci_high: float | None
    se_log: float | None
    n: int
    items: int
    status: Literal["ok", "not_estimated"] = "ok"
    reason: str = ""


def mcdonald_omega(items: pd.DataFrame, confidence: float = 0.95) -> Omega:
    """Estimate McDonald's omega total of one scale.

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
        ``not_estimated`` below 10 complete respondents, below 3 items, with no more respondents than
        items, where an item does not vary, and where the solution is improper (an item without
        unique variance) or was not found.

    Notes
    -----
    omega = (sum of loadings)^2 / ((sum of loadings)^2 + sum of unique variances), of the
    unstandardised one-factor model fitted by maximum likelihood to the respondents with every item
    answered (listwise). The loadings are profiled out (Joreskog), unique shares searched between
    0.005 and 1. The standard error is the delta method's from the expected information of normal
    theory, on log(1 - omega); limits are 1 - (1 - omega) exp(+-z se).

    Validated against lavaan's omega for the five ``bfi`` scales (1e-4), its standard error against
    lavaan's (0.1 %), and the interval's coverage by simulation.

    References
    ----------
    McDonald, R. P. (1999). Test theory: A unified treatment. Erlbaum.
    Joreskog, K. G. (1967). Some contributions to maximum likelihood factor analysis. Psychometrika,
    32(4), 443-482.
    """
    complete = items.dropna()
    n, size = complete.shape
    reason = _reason_not_to(complete)
    if reason:
        return Omega(None, None, None, None, n, size, "not_estimated", reason)
    covariance = np.cov(complete.to_numpy(dtype=float), rowvar=False)
    found = one_factor(covariance)
    if found is None:
        return Omega(None, None, None, None, n, size, "not_estimated", "the one-factor model was not found")
    loadings, unique = found
    if np.any(unique <= np.diag(covariance) * (LEAST_UNIQUENESS + 1e-4)):
        why = "improper one-factor solution: an item has no unique variance"
        return Omega(None, None, None, None, n, size, "not_estimated", why)
    common, rest = float(loadings.sum()) ** 2, float(unique.sum())
    if common <= NO_VARIANCE:
        return Omega(None, None, None, None, n, size, "not_estimated", "the loadings sum to zero")
    omega = common / (common + rest)
    se = _se_log(loadings, unique, n)
    if not math.isfinite(se):
        why = "the loadings of the one-factor model are not identified"
        return Omega(None, None, None, None, n, size, "not_estimated", why)
    from scipy.stats import norm

    reach = float(norm.ppf(0.5 + confidence / 2)) * se
    low, high = 1 - (1 - omega) * math.exp(reach), 1 - (1 - omega) * math.exp(-reach)
    return Omega(omega, low, high, se, n, size)


def one_factor(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Loadings and unique variances of the one-factor model by maximum likelihood; None if not found.

    Parameters
    ----------
    covariance : array
        Covariances of the items, none with zero variance; the sum of the loadings is made positive.
    """
    from scipy.optimize import minimize

    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    size = len(scale)

    def discrepancy(unique: np.ndarray) -> tuple[float, np.ndarray]:
        values, vectors = _scaled(correlation, unique)
        rest = values[:-1]
        value = float(np.sum(rest - np.log(rest)) - (size - 1))
        direction = vectors[:, -1] * math.sqrt(max(values[-1] - 1.0, 0.0)) * np.sqrt(unique)
        implied = np.outer(direction, direction) + np.diag(unique)
        return value, np.diag(implied - correlation) / unique**2

    if np.linalg.eigvalsh(correlation)[0] <= NO_VARIANCE:
        return None
    start = np.clip(1.0 / np.diag(np.linalg.inv(correlation)) * (1.0 - 0.5 / size), 0.05, 0.95)
    bounds = [(LEAST_UNIQUENESS, 1.0)] * size
    options = {"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-9}
    found = minimize(discrepancy, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    if not np.all(np.isfinite(found.x)) or _gradient_left(found.x, found.jac) > 1e-4:
        return None
    values, vectors = _scaled(correlation, found.x)
    loadings = vectors[:, -1] * math.sqrt(max(values[-1] - 1.0, 0.0)) * np.sqrt(found.x)
    loadings = loadings if loadings.sum() >= 0 else -loadings
    return loadings * scale, found.x * scale**2


def _scaled(correlation: np.ndarray, unique: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    root = np.sqrt(unique)
    return np.linalg.eigh(correlation / np.outer(root, root))


def _gradient_left(unique: np.ndarray, gradient: np.ndarray) -> float:
    """Largest part of the gradient that does not push against a bound."""
    held = ((unique <= LEAST_UNIQUENESS + STEP) & (gradient > 0)) | ((unique >= 1.0 - STEP) & (gradient < 0))
    return float(np.abs(np.where(held, 0.0, gradient)).max())


def _se_log(loadings: np.ndarray, unique: np.ndarray, n: int) -> float:
    """Delta-method standard error of log(1 - omega) from the expected information."""
    size = len(loadings)
    inverse = np.linalg.inv(np.outer(loadings, loadings) + np.diag(unique))
    unit = np.eye(size)
    slopes = [np.outer(unit[i], loadings) + np.outer(loadings, unit[i]) for i in range(size)]
    slopes += [np.outer(unit[i], unit[i]) for i in range(size)]
    weighted = np.array([inverse @ slope for slope in slopes])
    information = 0.5 * (n - 1) * np.einsum("aij,bji->ab", weighted, weighted)
    if np.linalg.cond(information) > 1.0 / np.finfo(float).eps:
        return math.nan
    total, rest = loadings.sum() ** 2 + unique.sum(), unique.sum()
    gradient = np.concatenate(
        [np.full(size, -2.0 * loadings.sum() / total), np.full(size, 1.0 / rest - 1.0 / total)]
    )
    return math.sqrt(float(gradient @ np.linalg.solve(information, gradient)))


def _reason_not_to(complete: pd.DataFrame) -> str:
    n, size = complete.shape
    if size < FEWEST_ITEMS:
        return f"{size} items; a one-factor model needs at least {FEWEST_ITEMS}"
    if n < FEWEST_RESPONDENTS:
        return f"{n} complete respondents; at least {FEWEST_RESPONDENTS} are needed"
    if n <= size + 1:
        return f"{n} complete respondents for {size} items"
    if (complete.var() <= NO_VARIANCE).any():
        return "an item does not vary between respondents"
    return ""
