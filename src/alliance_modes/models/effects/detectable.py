"""What difference a study could have shown, and how many practitioners a smaller one would take."""

from __future__ import annotations

import math

from scipy import stats

from alliance_modes.domain import ALPHA

POWER = 0.8
"""The usual chance with which a difference that is there should be found (Cohen 1988)."""


def detectable_difference(se: float, df: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """The smallest true difference that a test finds with the chance ``power``.

    Parameters
    ----------
    se : float
        Standard error of the estimate, in the unit in which the difference is told.
    df : float
        Degrees of freedom of its t test; infinite for a z test.
    alpha : float
        Two-sided level of the test, after adjustment for the other tests of its family.
    power : float
        Between 0 and 1.

    Returns
    -------
    float
        In the unit of ``se``.

    Notes
    -----
    (t_{1 - alpha/2, df} + t_{power, df}) SE, with the SE and df of the study itself: no assumption about
    variances enters that the estimate does not rest on. In simulated studies of 12 to 120 practitioners
    a difference of that size is found with a chance within .03 of ``power`` (tests/unit/test_detectable.py).

    References
    ----------
    Bloom (1995), Minimum detectable effects, Evaluation Review 19, 547-556.
    """
    return float((stats.t.ppf(1.0 - alpha / 2.0, df) + stats.t.ppf(power, df)) * se)


def chance_of_finding(difference: float, se: float, df: float, alpha: float = ALPHA) -> float:
    """The chance that a test finds a true difference: ``detectable_difference`` the other way round.

    Parameters
    ----------
    difference, se : float
        In one unit.
    df, alpha : float
        As there.

    Notes
    -----
    F(d / SE - t_{1 - alpha/2}) + F(-d / SE - t_{1 - alpha/2}), F the t distribution with ``df``: with no
    difference it is ``alpha``. The second part, a finding of the wrong sign, is left aside there.
    """
    needed = float(stats.t.ppf(1.0 - alpha / 2.0, df))
    away = abs(difference) / se
    return float(stats.t.cdf(away - needed, df) + stats.t.cdf(-away - needed, df))


def spread_of_draws_to_se(spread: float, df: float) -> float:
    """The standard error behind the SD of draws from a t distribution with ``df`` degrees of freedom.

    Percentage points are simulated with draws of that kind (``marginal``); their SD is
    sqrt(df / (df - 2)) times the standard error. NaN for df of 2 and below, where it has no expectation.
    """
    return spread * math.sqrt((df - 2.0) / df) if df > 2.0 else math.nan


def units_to_detect(target: float, detectable: float, units: int) -> float:
    """How many practitioners it would take to find the difference ``target`` with the same chance.

    Parameters
    ----------
    target, detectable : float
        In one unit: the difference to be found, and what ``units`` practitioners could show.
    units : int
        Practitioners of the study.

    Notes
    -----
    A standard error between practitioners goes with 1 / sqrt(practitioners), for caseloads like those of the
    study. That more practitioners bring more degrees of freedom is left aside: it asks for a few too many.
    """
    return units * (detectable / target) ** 2
