"""Standard errors, degrees of freedom and tests that hold with few practitioners.

Linear models: REML; standard errors that allow for the uncertainty of variances between few
practitioners, groups and sites (``small_sample``); Satterthwaite's df, capped at J - q - 1 for terms that
are constant within practitioners (J practitioners, q such terms besides the intercept).

Models of 0/1 outcomes: the estimate is Laplace's (adaptive quadrature where there is one
grouping). The working response y* = eta + (y - mu) / mu' with weights mu'^2 / V(mu) is refitted as
a REML linear mixed model. SE = the larger of the two fits'; t with
df = min(Satterthwaite of the working fit, J - q - 1), at least 1. A practitioner variance that the
working fit puts at zero is kept off zero in its standard errors (``small_sample``), unless practitioners
are few.

Counts with an observation-level effect: the same, with weights 1 / (1 / (n mu (1 - mu)) + s2), s2 the
variance of that effect, which the working fit leaves out. Many trials make the working response all but
normal, so that its standard errors are also those for few practitioners, as in linear models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import EngineError, contrast_test, fit_mixed
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping
from alliance_modes.models.engine.restricted.satterthwaite import Contrast
from alliance_modes.models.inference.small_sample import SmallSample, small_sample_covariance
from alliance_modes.plan.terms import PRACTITIONER

PRACTITIONERS_ABOVE_PREDICTORS = 8
CONFIDENCE = 0.95
WORKING_RESPONSE = "working_response"


@dataclass(frozen=True)
class Inference:
    """Estimates of one fit with the SE and df that tests and intervals use, by coefficient.

    ``vcov`` is the covariance that ``se`` belongs to: its diagonal is ``se`` squared.
    ``small_sample`` says that ``se`` allows for few practitioners by ``small_sample_covariance``, and
    ``practitioner_variance`` what then stands in for an estimate of zero.
    """

    names: tuple[str, ...]
    beta: np.ndarray
    se: np.ndarray
    df: np.ndarray
    vcov: np.ndarray
    working: EngineFit | None = None
    small_sample: bool = False
    practitioner_variance: float | None = None

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


def crossing_rule(
    inference: Inference, planned: EngineFit | None, crossing: Sequence[str], cap: float
) -> Inference:
    """What holds for products across levels whose random slope could not be fitted.

    Parameters
    ----------
    inference : Inference
        Of the fit without some slopes.
    planned : EngineFit or None
        The fit with all of them; None where none was left out, and then nothing changes.
    crossing : sequence of str
        The products.
    cap : float
        J - q - 1.

    Notes
    -----
    SE = the larger of the two fits', df at most J - q - 1: rows within a practitioner are not
    independent witnesses of how practitioners differ, and a singular fit does not show that they are.
    """
    if planned is None or not crossing:
        return inference
    held = np.isin(inference.names, crossing)
    known = planned.converged and len(planned.se) == len(inference.se)
    wider = np.where(held, np.fmax(inference.se, planned.se), inference.se) if known else inference.se
    scale = wider / inference.se
    return replace(
        inference,
        se=wider,
        df=np.where(held, np.maximum(np.minimum(inference.df, cap), 1.0), inference.df),
        vcov=inference.vcov * np.outer(scale, scale),
    )


def df_cap(practitioners: int | None, practitioner_columns: int) -> float:
    """J - q - 1, at least 1; infinite where the model has no practitioners."""
    return (
        float("inf") if practitioners is None else max(float(practitioners - practitioner_columns - 1), 1.0)
    )


def linear_inference(
    fit: EngineFit,
    data: pd.DataFrame,
    groupings: Sequence[Grouping],
    practitioner_level: Sequence[str],
    cap: float,
    *,
    few: bool = False,
) -> Inference:
    """Small-sample SEs, and Satterthwaite's df capped for what is constant within practitioners.

    Parameters
    ----------
    fit : EngineFit
        A converged linear fit by REML.
    data : DataFrame
        The rows of ``fit``, in its order.
    groupings : sequence of Grouping
        As in ``fit``.
    practitioner_level : sequence of str
        Columns that are constant within practitioners. The intercept counts as one.
    cap : float
        See ``df_cap``.
    few : bool
        As in ``Design``: df alone allow for how poorly variances are known.

    Notes
    -----
    SE = the larger of the engine's and that of ``small_sample_covariance``, not widened where practitioners
    are ``few``: with both a mode without effect was "significant" in 1 to 4 % of simulated cohorts of 15
    (docs/why/few-practitioners.md). With the engine's alone a
    mode without effect on the alliance was "significant" in 6 to 7 % of simulated cohorts of 40
    practitioners, and in some 20 % of those whose practitioner variance was estimated at zero
    (docs/recovery.md has the figures with these).
    """
    adjusted = small_sample_covariance(fit, groupings, data, widened=not few)
    se = np.fmax(fit.se, np.sqrt(np.diag(adjusted.vcov)))
    scale = se / np.sqrt(np.diag(adjusted.vcov))
    capped = np.array([name == INTERCEPT or name in practitioner_level for name in fit.names])
    df = np.maximum(np.where(capped, np.minimum(fit.df, cap), fit.df), 1.0)
    vcov = adjusted.vcov * np.outer(scale, scale)
    return Inference(
        *(fit.names, fit.beta, se, df, vcov),
        small_sample=adjusted.adjusted,
        practitioner_variance=adjusted.practitioner_variance,
    )


def linear_joint_test(
    fit: EngineFit,
    inference: Inference,
    names: Sequence[str],
    practitioner_level: Sequence[str],
    cap: float,
) -> Contrast:
    """Wald F of several coefficients with the covariance of ``linear_inference``.

    The denominator df are Satterthwaite's of the same contrast, capped where any of the
    coefficients is practitioner-level.
    """
    df = contrast_test(fit, names).denominator_df
    if any(name in practitioner_level for name in names):
        df = min(df, cap)
    return _f_test(_wald(inference, names), float(len(names)), max(df, 1.0))


@dataclass(frozen=True)
class Counts:
    """What rows that count something count.

    ``trials`` is out of how many, by row. ``observation_variance`` is that of the effect of each row,
    which is not among the groupings. With ``sessions`` the trials of a row are sessions one after the
    other of which only the last can have the event.
    """

    trials: np.ndarray
    observation_variance: float = 0.0
    sessions: bool = False


def working_inference(
    fit: EngineFit,
    data: pd.DataFrame,
    fixed: Sequence[str],
    groupings: Sequence[Grouping],
    cap: float,
    counts: Counts | None = None,
    *,
    few: bool = False,
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
    counts : Counts, optional
        Where the rows count something.
    few : bool
        As in ``Design``: counts are not widened, and a variance of 0/1 outcomes stays where it is
        (docs/why/few-practitioners.md).

    Notes
    -----
    Type-I error of a practitioner-level predictor of a 0/1 outcome at nominal 5 %: 4.9 % with 15
    practitioners and 5.3 % with 40, where z from Laplace gives 10.8 % and 6.8 %.

    Where the working fit has the practitioner variance at zero and practitioners are not ``few``, SE = the
    largest of Laplace's, the working fit's and that with the variance off zero (``small_sample_covariance``
    of the working fit, not widened). Where Laplace's is zero and the working fit's is not, the
    latter's stands in the SE already.

    Counts, but not of sessions: SE = the largest of Laplace's, the working fit's and that of
    ``small_sample_covariance`` of the working fit, widened. Without it a mode without effect on attendance
    was "significant" in 7.1 % of 300 simulated cohorts of 40 practitioners, and with it in 5.8 %
    (docs/recovery.md). Of 0/1 outcomes the widening would be too cautious (3.0 % in place of 5.3 %).
    """
    try:
        working = working_refit(fit, data, fixed, groupings, counts)
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
    adjusted = _working_small_sample(fit, working, data, groupings, counts, few)
    se = np.fmax(np.fmax(fit.se, working.se), np.sqrt(np.diag(adjusted.vcov)))
    df = np.maximum(np.fmin(working.df, cap), 1.0)
    scale = se / fit.se
    vcov = fit.vcov * np.outer(scale, scale)
    return Inference(
        *(fit.names, fit.beta, se, df, vcov, working),
        small_sample=adjusted.adjusted,
        practitioner_variance=adjusted.practitioner_variance,
    )


def _working_small_sample(
    fit: EngineFit,
    working: EngineFit,
    data: pd.DataFrame,
    groupings: Sequence[Grouping],
    counts: Counts | None,
    few: bool,
) -> SmallSample:
    """Of counts widened unless practitioners are few; of 0/1 outcomes off zero unless they are."""
    of_counts = counts is not None and not counts.sessions
    if not of_counts and (few or PRACTITIONER not in working.pinned()):
        return SmallSample(working.vcov, adjusted=False)
    rows = _working_rows(fit, counts)
    data = data.iloc[rows.places]
    widened = of_counts and not few
    return small_sample_covariance(working, groupings, data, weights=rows.weights, widened=widened)


def working_refit(
    fit: EngineFit,
    data: pd.DataFrame,
    fixed: Sequence[str],
    groupings: Sequence[Grouping],
    counts: Counts | None = None,
) -> EngineFit:
    """REML linear mixed model of the working response of a generalised fit.

    Sessions that are counted together are taken apart again: how many of a row there are depends on when
    its event fell, so that the variance of a row's count is not that of its trials.
    """
    rows = _working_rows(fit, counts)
    of_groupings = (column for one in groupings for column in (*one.columns, *one.slopes))
    columns = list(dict.fromkeys([*fixed, *of_groupings]))
    frame = data[columns].iloc[rows.places].reset_index(drop=True)
    frame[WORKING_RESPONSE] = rows.response
    intercept = INTERCEPT in fit.names
    return fit_mixed(frame, WORKING_RESPONSE, fixed, groupings, intercept=intercept, weights=rows.weights)


@dataclass(frozen=True)
class _WorkingRows:
    """Working response and weight by row of the working fit, and which row of the fit each belongs to."""

    places: np.ndarray
    response: np.ndarray
    weights: np.ndarray


def _working_rows(fit: EngineFit, counts: Counts | None) -> _WorkingRows:
    link = fit.distribution.link
    places, observed = np.arange(fit.nobs), fit.response
    trials, extra = np.ones(fit.nobs), 0.0
    if counts is not None and counts.sessions:
        sessions = counts.trials.astype(int)
        places = np.repeat(places, sessions)
        observed = np.zeros(len(places))
        observed[np.cumsum(sessions) - 1] = np.round(fit.response * sessions)
        trials = np.ones(len(places))
    elif counts is not None:
        trials, extra = counts.trials, counts.observation_variance
    mean = fit.fitted[places]
    slope = link.slope(mean)
    weights = 1.0 / (fit.distribution.variance(mean) / (trials * slope**2) + extra)
    response = link.predictor(mean) + fit.distribution.pulled(observed, mean)
    if fit.offset is not None:
        response = response - fit.offset[places]
    return _WorkingRows(places, response, weights)


def working_joint_test(inference: Inference, names: Sequence[str], cap: float) -> Contrast:
    """Wald F of several coefficients with the rule's covariance.

    The denominator df are the smaller of the working fit's Satterthwaite df of the same contrast
    and J - q - 1.
    """
    df = float(np.min(inference.df[[inference.place(name) for name in names]]))
    if inference.working is not None:
        df = min(contrast_test(inference.working, names).denominator_df, cap)
    return _f_test(_wald(inference, names), float(len(names)), max(df, 1.0))


def wald_joint_test(inference: Inference, names: Sequence[str]) -> Contrast:
    """Wald F of several coefficients with the rule's covariance, and the smallest of their df."""
    df = float(np.min(inference.df[[inference.place(name) for name in names]]))
    return _f_test(_wald(inference, names), float(len(names)), max(df, 1.0))


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
        f"{practitioners} practitioner{'' if practitioners == 1 else 's'} for {practitioner_columns} "
        f"predictor{'' if practitioner_columns == 1 else 's'} at their level; "
        f"at least {required} are required"
    )


def _wald(inference: Inference, names: Sequence[str]) -> float:
    """Wald statistic of several coefficients, per coefficient."""
    places = [inference.place(name) for name in names]
    beta = inference.beta[places]
    return float(beta @ np.linalg.solve(inference.vcov[np.ix_(places, places)], beta)) / len(places)


def _f_test(statistic: float, numerator: float, denominator: float) -> Contrast:
    return Contrast(statistic, numerator, denominator, float(stats.f.sf(statistic, numerator, denominator)))
