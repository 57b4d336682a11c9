"""A client rating as predictor between practitioners: the mean of few clients, put right for its error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.inference import CONFIDENCE, df_cap, linear_inference

BAYES_MEAN = "bayes_mean"


@dataclass(frozen=True)
class Slope:
    """One slope with its t interval on ``df`` degrees of freedom."""

    estimate: float
    se: float
    df: float
    p: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True)
class ClusterMeanEffects:
    """Slopes of an outcome on a client rating: within practitioners, and between their true means.

    ``reliability`` is the mean over practitioners of the share of the variance of an observed mean
    (beyond what practitioner-level predictors explain) that is true: ICC(2) of the residual.
    """

    within: Slope
    between: Slope
    reliability: float
    practitioners: int
    n: int


def cluster_mean_effects(
    data: pd.DataFrame,
    outcome: str,
    rating: str,
    practitioner: Grouping,
    practitioner_level: Sequence[str] = (),
    other: Sequence[str] = (),
    groupings: Sequence[Grouping] = (),
) -> ClusterMeanEffects:
    """Estimate both slopes, with the practitioner's mean rating shrunk and not taken as it is.

    Parameters
    ----------
    data : DataFrame
        One row per client, complete.
    outcome, rating : str
        Columns: what is explained, and the client rating (x).
    practitioner : Grouping
        The random intercept of practitioners, of one column.
    practitioner_level : sequence of str
        *All* other practitioner-level predictors of the model.
    other : sequence of str
        Client-level predictors.
    groupings : sequence of Grouping
        Further random effects of the outcome.

    Returns
    -------
    ClusterMeanEffects

    Raises
    ------
    ModelError
        A value is missing, or the ratings do not differ between practitioners beyond chance, so
        that there is no true mean to speak of; or a fit that did not converge.

    Notes
    -----
    A mean of few clients is the practitioner's true mean plus error, and its slope is drawn towards
    the slope within. First x is regressed on all practitioner-level predictors with a random
    intercept; the empirical-Bayes mean is its prediction, fixed part plus shrunk intercept. Then
    outcome ~ x + EB mean + the rest: within = coef(x), between = coef(x) + coef(EB mean). Shrinking
    towards the grand mean alone, without the other predictors, leaves bias, and dividing the
    slope of the observed mean by ICC(2) is wrong: it takes the part that stems from the slope within
    for attenuation. Covariance of ``linear_inference``, Satterthwaite's df capped at J - q - 1; that
    the EB means are estimated is not in the SE.

    Only where clients are a sample of those a practitioner works with: where they are all of them, the
    observed mean is the mean. Checked by simulation (tests/unit/test_cluster_means.py).

    References
    ----------
    Croon, M. A., & van Veldhoven, M. J. P. M. (2007). Predicting group-level outcome variables from
    variables measured at the individual level. Psychological Methods, 12(1), 45-57.
    Ludtke, O., et al. (2008). The multilevel latent covariate model. Psychological Methods, 13(3), 203-229.
    """
    used = [outcome, rating, *practitioner.columns, *practitioner_level, *other]
    missing = [name for name in used if data[name].isna().any()]
    if missing:
        raise ModelError(f"{', '.join(missing)} has missing values: give complete rows")
    usual = bayes_means(data, rating, practitioner, practitioner_level)
    frame = data.assign(**{BAYES_MEAN: usual.means})
    fixed = (rating, BAYES_MEAN, *practitioner_level, *other)
    fit = fit_mixed(frame, outcome, fixed, (practitioner, *groupings))
    if not fit.converged:
        raise ModelError(f"the model of {outcome} did not converge")
    count = int(data[practitioner.columns[0]].nunique())
    cap = df_cap(count, 1 + len(practitioner_level))
    shared = (BAYES_MEAN, *practitioner_level)
    vcov = linear_inference(fit, frame, (practitioner, *groupings), shared, cap).vcov
    names = list(fit.names)
    rows = np.zeros((2, len(names)))
    rows[:, names.index(rating)] = 1.0
    rows[1, names.index(BAYES_MEAN)] = 1.0
    within, between = (
        combination(fit, vcov, row, limit) for row, limit in zip(rows, (np.inf, cap), strict=True)
    )
    return ClusterMeanEffects(within, between, usual.reliability, count, len(data))


@dataclass(frozen=True)
class BayesMeans:
    """What is known of the true mean rating of each practitioner, by row.

    ``means`` and ``variances`` are those of the true mean given the ratings; ``between`` is the variance of
    true means beyond practitioner-level predictors, ``reliability`` the mean over practitioners of the share
    of an observed mean's variance that is true (0-1).
    """

    means: np.ndarray
    variances: np.ndarray
    between: float
    reliability: float


def bayes_means(
    data: pd.DataFrame, rating: str, practitioner: Grouping, practitioner_level: Sequence[str]
) -> BayesMeans:
    """Empirical-Bayes means of a rating by row, shrunk towards the practitioner-level regression.

    Returns
    -------
    BayesMeans
        The same values for all rows of a practitioner.
    """
    fit = fit_mixed(data, rating, tuple(practitioner_level), (practitioner,))
    between = float(fit.covariances[0].covariance[0, 0]) if fit.covariances else 0.0
    if not fit.converged or between <= 0.0 or fit.singular:
        raise ModelError(f"{rating} does not differ between practitioners beyond chance")
    people = data[practitioner.columns[0]].astype("str")
    fixed = np.column_stack([np.ones(len(data)), data[list(practitioner_level)].to_numpy(dtype=float)])
    expected = fixed @ fit.beta
    counts = people.groupby(people).transform("size").to_numpy(dtype=float)
    kept = between / (between + fit.dispersion / counts)
    residual = pd.Series(data[rating].to_numpy(dtype=float) - expected, index=data.index)
    mean_residual = residual.groupby(people).transform("mean").to_numpy()
    reliability = float(pd.Series(kept).groupby(people.to_numpy()).first().mean())
    return BayesMeans(expected + kept * mean_residual, between * (1.0 - kept), between, reliability)


def combination(fit: EngineFit, vcov: np.ndarray, row: np.ndarray, cap: float) -> Slope:
    """One linear combination of the coefficients of a linear fit.

    Parameters
    ----------
    fit : EngineFit
    vcov : array
        Covariance of the coefficients, that of the inference rule.
    row : array
        Weight of each coefficient.
    cap : float
        See ``df_cap``.

    Returns
    -------
    Slope
        With Satterthwaite's df of the same combination, capped, at least 1.
    """
    estimate, se = float(row @ fit.beta), float(np.sqrt(row @ vcov @ row))
    df = max(min(fit.contrast(row[None, :]).denominator_df, cap), 1.0)
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, df)) * se
    p = float(2.0 * stats.t.sf(abs(estimate / se), df))
    return Slope(estimate, se, df, p, estimate - reach, estimate + reach)
