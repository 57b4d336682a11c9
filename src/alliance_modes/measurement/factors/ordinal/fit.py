"""Confirmatory factor analysis of one structure with answers taken as ordered categories."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.measurement.factors import fit_indices as index
from alliance_modes.measurement.factors.confirmatory import (
    FEWEST_CLUSTERS,
    FactorFit,
    cluster_codes,
    reason_not_to,
)
from alliance_modes.measurement.factors.likelihood.moment_fit import inadmissible
from alliance_modes.measurement.factors.ordinal.polychoric import Polychoric, polychoric
from alliance_modes.measurement.factors.ordinal.weighted import (
    WeightedFit,
    adjusted,
    covariance_of_estimates,
    fit_weighted,
    likelihood_statistic,
)
from alliance_modes.measurement.factors.standardised import Loading, standardised_places
from alliance_modes.measurement.factors.structures import FactorStructure, factor_model, independence_model

MOST_RESPONSES = 10
"""With more responses an item is as good as continuous, and cross-tables are nearly empty."""

ESTIMATOR = "dwls"


class OrderedAnswers:
    """Complete answers of one instrument, whose polychoric correlations several structures share."""

    def __init__(self, items: pd.DataFrame, clusters: pd.Series | None = None) -> None:
        """Take complete answers.

        Parameters
        ----------
        items : DataFrame
            One row per respondent (one administration per person), one column per item number,
            reversed items already turned round; missing = NaN; every item that structures name.
        clusters : Series, same index, optional
            What respondents share (their practitioner); without it each stands alone.
        """
        complete = items.dropna()
        self.columns = list(complete.columns)
        self.n, self.incomplete = len(complete), len(items) - len(complete)
        codes = cluster_codes(complete.index, clusters)
        names, self._codes = np.unique(codes, return_inverse=True)
        self.clusters = len(names)
        self.reason = reason_not_to(complete) or _too_many(complete)
        self.found = None if self.reason else polychoric(complete.to_numpy(dtype=float))

    def spread(self, found: Polychoric) -> np.ndarray:
        """n times the sampling covariances of thresholds and correlations, summed within clusters."""
        if self.clusters == self.n:
            return found.influence.T @ found.influence / self.n
        sums = np.zeros((self.clusters, found.influence.shape[1]))
        np.add.at(sums, self._codes, found.influence)
        return sums.T @ sums / self.n * self.clusters / (self.clusters - 1)


def fit_ordinal(answers: OrderedAnswers, structure: FactorStructure) -> FactorFit:
    """Fit one factor structure to polychoric correlations by diagonally weighted least squares.

    Parameters
    ----------
    answers : OrderedAnswers
        Its columns are exactly the items of the structure.
    structure : FactorStructure
        Which items belong to which factors.

    Returns
    -------
    FactorFit
        With ``estimator`` ``dwls`` and the statuses of ``fit_structure``; ``not_estimated`` also
        where an item has more than 10 different answers. ``chi2`` follows no chi-square
        distribution, so ``p`` is NaN: ``chi2_robust`` (mean- and variance-adjusted) and
        ``p_robust`` are the test. ``cfi``, ``tli`` and ``rmsea`` are those of ``chi2_robust``, those
        that end in ``robust`` estimate what they would be with the variables beneath the answers
        observed (``likelihood_statistic``); all are NaN below 20 clusters. The loadings hold
        thresholds too.

    Notes
    -----
    Respondents with every item answered are used (listwise). A response that nobody gave has no
    threshold; an empty cell of a cross-table stays empty (``polychoric``). Weights take respondents as
    independent, errors and tests allow for clusters. lavaan's ``cfa(ordered = TRUE, estimator =
    "WLSMV", std.lv = TRUE)``, which has no clusters.

    Validated against lavaan 0.6.14 (every number 1e-4).
    """
    blank = FactorFit(structure, answers.n, answers.incomplete, answers.clusters, ESTIMATOR)
    reason = structure.why_not() or answers.reason
    found = answers.found
    if reason or found is None:
        return replace(blank, status="not_estimated", reason=reason)
    fit = fit_weighted(factor_model(structure), found)
    if fit.problem:
        return replace(blank, status="not_converged", reason=fit.problem)
    status, reason = inadmissible(fit.moments, answers.columns, list(structure.factors))
    if status:
        return replace(blank, status=status, reason=reason)
    spread = answers.spread(found)
    solution = _solution(fit, found, spread, answers.clusters)
    correlations = [abs(entry.estimate) for entry in solution if entry.kind == "correlation"]
    enough = answers.clusters >= FEWEST_CLUSTERS
    return replace(
        blank,
        chi2=fit.chi2,
        df=fit.df,
        srmr=float(np.sqrt((fit.residuals**2).sum() / (len(fit.residuals) + len(answers.columns)))),
        parameters=len(fit.free),
        highest_r=max(correlations, default=np.nan),
        loadings=solution,
        **(_tested(fit, found, spread[-len(found.r) :, -len(found.r) :]) if enough else {}),
    )


def _too_many(complete: pd.DataFrame) -> str:
    for item, count in complete.nunique().items():
        if count > MOST_RESPONSES:
            more = f"more than {MOST_RESPONSES} are taken as continuous"
            return f"item {item} has {count} different answers; {more}"
    return ""


def _tested(fit: WeightedFit, found: Polychoric, spread: np.ndarray) -> dict[str, Any]:
    from scipy.stats import chi2 as distribution

    base = fit_weighted(independence_model(len(found.thresholds)), found)
    own, unlike = adjusted(fit, spread), adjusted(base, spread)
    against = (unlike.chi2, base.df)
    tested, scale = likelihood_statistic(fit, found, spread)
    worst, worst_scale = likelihood_statistic(base, found, spread)
    df, n = fit.df, found.n - 1
    low, high = index.rmsea_interval(own.chi2, df, n)
    statistics = {
        "scaling": own.scaling,
        "chi2_robust": own.chi2,
        "p_robust": float(distribution.sf(own.chi2, df)),
        "cfi": index.cfi(own.chi2, df, *against),
        "tli": index.tli(own.chi2, df, *against),
        "rmsea": index.rmsea(own.chi2, df, n),
        "rmsea_low": low,
        "rmsea_high": high,
    }
    if not np.isfinite(tested):
        return statistics
    low, high = index.rmsea_interval(tested, df, n, scale=scale)
    return statistics | {
        "cfi_robust": index.cfi(tested, df, worst, base.df, scale, worst_scale),
        "tli_robust": index.tli(tested, df, worst, base.df, scale, worst_scale),
        "rmsea_robust": index.rmsea(tested, df, n, scale=scale),
        "rmsea_robust_low": low,
        "rmsea_robust_high": high,
    }


def _solution(
    fit: WeightedFit, found: Polychoric, spread: np.ndarray, clusters: int, confidence: float = 0.95
) -> tuple[Loading, ...]:
    """Loadings, correlations and thresholds with t intervals on clusters - 1 degrees of freedom."""
    from scipy.special import stdtrit

    pairs, n = len(found.r), found.n - 1
    errors = np.zeros(len(fit.moments.theta))
    errors[fit.free] = np.sqrt(np.diag(covariance_of_estimates(fit, spread[-pairs:, -pairs:], found.n)))
    wide = float(stdtrit(clusters - 1, 0.5 + confidence / 2))
    parts, made = fit.moments.model.groups[0], []
    for kind, factor, of in standardised_places(fit.moments.model):
        table = parts["loadings"].place if kind == "loading" else parts["factor_cov"].place
        place = table[of, factor]
        value, se = float(fit.moments.theta[place]), float(errors[place])
        made.append(Loading(kind, factor, of, value, se, value - wide * se, value + wide * se))
    of_thresholds = iter(np.sqrt(np.diag(spread)[:-pairs] / n))
    for item, (points, given) in enumerate(zip(found.thresholds, found.responses, strict=True)):
        for point, above in zip(points, given[1:], strict=True):
            se, value = float(next(of_thresholds)), float(point)
            low, high = value - wide * se, value + wide * se
            made.append(Loading("threshold", -1, item, value, se, low, high, float(above)))
    return tuple(made)
