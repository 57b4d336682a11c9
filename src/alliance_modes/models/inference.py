"""Standard errors, degrees of freedom and tests that hold with few practitioners.

Linear models: REML and Satterthwaite's df, capped at J - q - 1 for terms that are constant within
practitioners (J practitioners, q such terms besides the intercept).

Models of 0/1 outcomes: the estimate is Laplace's (adaptive quadrature where there is one
grouping). The working response y* = eta + (y - mu) / mu' with weights mu'^2 / V(mu) is refitted as
a REML linear mixed model. SE = the larger of the two fits'; t with
df = min(Satterthwaite of the working fit, J - q - 1), at least 1.

Counts with an observation-level effect: the same, with weights 1 / (1 / (n mu (1 - mu)) + s2), s2 the
variance of that effect, which the working fit leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.models.engine import (
    INTERCEPT,
    Contrast,
    EngineError,
    EngineFit,
    Grouping,
    contrast_test,
    fit_mixed,
)
from alliance_modes.models.families.links import bernoulli_variance, link_of

PRACTITIONERS_FOR_A_CLAIM = 25
PRACTITIONERS_ABOVE_PREDICTORS = 8
CONFIDENCE = 0.95
WORKING_RESPONSE = "working_response"


@dataclass(frozen=True)
class Inference:
    """Estimates of one fit with the SE and df that tests and intervals use, by coefficient.

    ``vcov`` is the engine's covariance scaled so that its diagonal is ``se`` squared.
    """

    names: tuple[str, ...]
    beta: np.ndarray
    se: np.ndarray
    df: np.ndarray
    vcov: np.ndarray
    working: EngineFit | None = None

    @property
    def statistic(self) -> np.ndarray:
        """t, by coefficient."""
        return self.beta / self.se

    @property
    def p(self) -> np.ndarray:
        """Two-sided p, by coefficient."""
        return 2.0 * stats.t.sf(np.abs(self.statistic), self.df)

    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Limits of the 95 % confidence interval, by coefficient."""
        reach = stats.t.ppf(0.5 + CONFIDENCE / 2.0, self.df) * self.se
        return self.beta - reach, self.beta + reach

    def place(self, name: str) -> int:
        """Position of the coefficient ``name``."""
        return self.names.index(name)


def df_cap(practitioners: int | None, practitioner_columns: int) -> float:
    """J - q - 1, at least 1; infinite where the model has no practitioners."""
    return (
        float("inf") if practitioners is None else max(float(practitioners - practitioner_columns - 1), 1.0)
    )


def linear_inference(fit: EngineFit, practitioner_level: Sequence[str], cap: float) -> Inference:
    """Satterthwaite's df, capped for the intercept and the columns constant within practitioners.

    Parameters
    ----------
    fit : EngineFit
        A converged linear fit by REML.
    practitioner_level : sequence of str
        Columns that are constant within practitioners.
    cap : float
        See ``df_cap``.
    """
    capped = np.array([name == INTERCEPT or name in practitioner_level for name in fit.names])
    df = np.maximum(np.where(capped, np.minimum(fit.df, cap), fit.df), 1.0)
    return Inference(fit.names, fit.beta, fit.se, df, fit.vcov)


def linear_joint_test(
    fit: EngineFit, names: Sequence[str], practitioner_level: Sequence[str], cap: float
) -> Contrast:
    """F test of several coefficients; the denominator df are capped where any is practitioner-level."""
    test = contrast_test(fit, names)
    df = (
        min(test.denominator_df, cap)
        if any(name in practitioner_level for name in names)
        else test.denominator_df
    )
    return _f_test(test.statistic, test.numerator_df, max(df, 1.0))


def working_inference(
    fit: EngineFit,
    data: pd.DataFrame,
    fixed: Sequence[str],
    groupings: Sequence[Grouping],
    cap: float,
    *,
    trials: np.ndarray | None = None,
    observation_variance: float = 0.0,
) -> Inference:
    """The working-response rule for a model of 0/1 outcomes or counts.

    Parameters
    ----------
    fit : EngineFit
        A converged fit by Laplace or quadrature.
    data : DataFrame
        The rows of ``fit``, in its order.
    fixed, groupings
        As in ``fit``.
    cap : float
        J - q - 1; it holds for every coefficient of the model.
    trials, observation_variance
        Of counts: out of how many, by row, and the variance of the observation-level effect, which
        is not among ``groupings``.

    Notes
    -----
    Type-I error of a practitioner-level predictor at nominal 5 %: 4.9 % with 15 practitioners and
    5.3 % with 40, where z from Laplace gives 10.8 % and 6.8 %.
    """
    try:
        working = working_refit(
            fit, data, fixed, groupings, trials=trials, observation_variance=observation_variance
        )
    except EngineError:
        working = None
    if working is None or not working.converged or not np.all(np.isfinite(working.se)):
        return Inference(
            fit.names,
            fit.beta,
            fit.se,
            np.full(len(fit.names), max(min(cap, float(fit.nobs)), 1.0)),
            fit.vcov,
        )
    se = np.fmax(fit.se, working.se)
    df = np.maximum(np.fmin(working.df, cap), 1.0)
    scale = se / fit.se
    return Inference(fit.names, fit.beta, se, df, fit.vcov * np.outer(scale, scale), working)


def working_refit(
    fit: EngineFit,
    data: pd.DataFrame,
    fixed: Sequence[str],
    groupings: Sequence[Grouping],
    *,
    trials: np.ndarray | None = None,
    observation_variance: float = 0.0,
) -> EngineFit:
    """REML linear mixed model of the working response of a generalised fit.

    ``observation_variance`` is the variance of an observation-level effect of counts, which is
    then left out of ``groupings``; the weights are 1 / (1 / (n mu (1 - mu)) + variance).
    """
    link = link_of(fit.family)
    mean = fit.fitted
    slope = link.slope(mean)
    count = np.ones_like(mean) if trials is None else trials
    weights = 1.0 / (bernoulli_variance(mean) / (count * slope**2) + observation_variance)
    response = link.predictor(mean) + (fit.response - mean) / slope
    frame = data.assign(**{WORKING_RESPONSE: response})
    return fit_mixed(
        frame, WORKING_RESPONSE, fixed, groupings, "linear", intercept=INTERCEPT in fit.names, weights=weights
    )


def working_joint_test(inference: Inference, names: Sequence[str], cap: float) -> Contrast:
    """Wald F of several coefficients with the rule's covariance.

    The denominator df are the smaller of the working fit's Satterthwaite df of the same contrast
    and J - q - 1.
    """
    places = [inference.place(name) for name in names]
    beta = inference.beta[places]
    statistic = float(beta @ np.linalg.solve(inference.vcov[np.ix_(places, places)], beta)) / len(places)
    df = float(np.min(inference.df[places]))
    if inference.working is not None:
        df = min(contrast_test(inference.working, names).denominator_df, cap)
    return _f_test(statistic, float(len(places)), max(df, 1.0))


def may_claim(practitioners: int | None) -> bool:
    """Whether there are enough practitioners for a confirmatory test (25)."""
    return practitioners is not None and practitioners >= PRACTITIONERS_FOR_A_CLAIM


def too_few_practitioners(practitioners: int | None, practitioner_columns: int) -> str:
    """Why a model cannot be estimated with so few practitioners; blank where it can.

    At least q + 8 are required: with two or three an engine "converges" on any predictor.
    """
    if practitioners is None or not practitioner_columns:
        return ""
    required = practitioner_columns + PRACTITIONERS_ABOVE_PREDICTORS
    if practitioners >= required:
        return ""
    return (
        f"{practitioners} practitioners for {practitioner_columns} predictors at their level; "
        f"at least {required} are required"
    )


def _f_test(statistic: float, numerator: float, denominator: float) -> Contrast:
    return Contrast(statistic, numerator, denominator, float(stats.f.sf(statistic, numerator, denominator)))
