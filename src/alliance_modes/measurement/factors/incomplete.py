"""Confirmatory factor analysis of one structure with those who left items unanswered."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.measurement.factors import fit_indices as index
from alliance_modes.measurement.factors.confirmatory import (
    FEWEST_CLUSTERS,
    FEWEST_RESPONDENTS,
    FactorFit,
    cluster_codes,
)
from alliance_modes.measurement.factors.likelihood.incomplete import (
    Incomplete,
    IncompleteFit,
    as_if_complete,
    fit_incomplete_moments,
    fit_saturated,
    with_errors,
)
from alliance_modes.measurement.factors.likelihood.moment_fit import MomentFit, inadmissible
from alliance_modes.measurement.factors.likelihood.moments import MeanCovarianceModel
from alliance_modes.measurement.factors.likelihood.robust import Sandwich
from alliance_modes.measurement.factors.standardised import standardised_solution
from alliance_modes.measurement.factors.structures import FactorStructure, factor_model, independence_model

ESTIMATOR = "fiml"
FEWEST_TOGETHER = 20
"""Respondents who answered both of two items, below which their covariance is hardly known."""


class IncompleteAnswers:
    """Answers of one instrument with gaps, whose saturated and independent fits several structures share."""

    def __init__(self, items: pd.DataFrame, clusters: pd.Series | None = None) -> None:
        """Take answers with gaps.

        Parameters
        ----------
        items : DataFrame
            One row per respondent (one administration per person), one column per item number,
            reversed items already turned round; missing = NaN; exactly the items of the structures.
        clusters : Series, same index, optional
            What respondents share (their practitioner); without it each stands alone.
        """
        some = items[items.notna().any(axis=1)]
        self.columns = list(items.columns)
        self.without = len(items) - len(some)
        self.gaps = int(some.isna().any(axis=1).sum())
        codes = cluster_codes(some.index, clusters)
        self.clusters = len(np.unique(codes))
        self.answers = Incomplete(some.to_numpy(dtype=float), codes)
        self.reason = _reason_not_to(some)
        self.floor = np.nan
        if self.reason:
            return
        saturated, self.floor = fit_saturated(self.answers)
        if not np.isfinite(self.floor):
            self.reason = "the search for means and covariances did not end"
            return
        self.saturated = with_errors(saturated, self.answers)
        self.sample = saturated.samples[0]
        self.base = self.fit(independence_model(len(self.columns)))

    @cached_property
    def base_as_if_complete(self) -> tuple[float, float]:
        """``as_if_complete`` of the independent fit."""
        return as_if_complete(self.base, self.saturated)

    def fit(self, model: MeanCovarianceModel) -> MomentFit:
        """A model of one group fitted by full-information maximum likelihood."""
        return fit_incomplete_moments(model, self.answers, self.sample, self.floor)


def fit_incomplete(given: IncompleteAnswers, structure: FactorStructure) -> FactorFit:
    """Fit one factor structure by full-information maximum likelihood.

    Parameters
    ----------
    given : IncompleteAnswers
    structure : FactorStructure
        Which items belong to which factors.

    Returns
    -------
    FactorFit
        With ``estimator`` ``fiml`` and the statuses of ``fit_structure``; ``n`` counts everybody who
        answered an item, ``incomplete`` those who answered none. ``not_estimated`` also where
        fewer than 20 people answered both of two items.

    Notes
    -----
    Answers are taken as continuous and normal, and as missing at random: whether an item was left out
    may depend on the others, not on the answer itself. Errors and ``chi2_robust`` allow for clusters and
    for answers that are not normal (lavaan's ``missing = "fiml", estimator = "MLR", cluster =``), the
    indices that end in ``robust`` are ``as_if_complete``. SRMR is of the saturated means and covariances.

    Validated against lavaan 0.6.14 (every number 1e-4).
    """
    blank = FactorFit(structure, given.answers.n, given.without, given.clusters, ESTIMATOR)
    reason = structure.why_not() or given.reason
    if reason:
        return replace(blank, status="not_estimated", reason=reason)
    found = given.fit(factor_model(structure))
    if found.problem:
        return replace(blank, status="not_converged", reason=found.problem)
    status, reason = inadmissible(found, given.columns, list(structure.factors))
    if status:
        return replace(blank, status=status, reason=reason)
    errors = with_errors(found, given.answers)
    solution = standardised_solution(found, Sandwich(np.nan, errors.covariance, given.clusters))
    correlations = [abs(entry.estimate) for entry in solution if entry.kind == "correlation"]
    return replace(
        blank,
        **_plain(found, given),
        **(_robust(found, errors, given) if given.clusters >= FEWEST_CLUSTERS else {}),
        parameters=len(found.model.names) - found.model.items,
        highest_r=max(correlations, default=np.nan),
        loadings=solution,
    )


def _reason_not_to(some: pd.DataFrame) -> str:
    if len(some) < FEWEST_RESPONDENTS:
        return f"{len(some)} respondents answered an item; at least {FEWEST_RESPONDENTS} are needed"
    constant = [item for item in some if some[item].nunique() < 2]
    if constant:
        return f"everyone answered item {constant[0]} alike"
    seen = some.notna().to_numpy(dtype=float)
    together = seen.T @ seen
    if together.min() < FEWEST_TOGETHER:
        one, other = np.unravel_index(int(together.argmin()), together.shape)
        pair = f"items {some.columns[one]} and {some.columns[other]}"
        return f"{int(together.min())} people answered both {pair}; at least {FEWEST_TOGETHER} are needed"
    if np.linalg.eigvalsh(some.corr().to_numpy()).min() < 1e-8:
        return "some items are determined by others"
    return ""


def _plain(found: MomentFit, given: IncompleteAnswers) -> dict[str, Any]:
    from scipy.stats import chi2 as distribution

    df, n, base = found.model.df, given.answers.n, given.base
    low, high = index.rmsea_interval(found.chi2, df, n)
    return {
        "chi2": found.chi2,
        "df": df,
        "p": float(distribution.sf(found.chi2, df)),
        "cfi": index.cfi(found.chi2, df, base.chi2, base.model.df),
        "tli": index.tli(found.chi2, df, base.chi2, base.model.df),
        "rmsea": index.rmsea(found.chi2, df, n),
        "rmsea_low": low,
        "rmsea_high": high,
        "srmr": index.srmr(found.model.implied(found.theta), [given.sample], means=True),
    }


def _robust(found: MomentFit, errors: IncompleteFit, given: IncompleteAnswers) -> dict[str, Any]:
    from scipy.stats import chi2 as distribution

    df, n = found.model.df, given.answers.n
    scaling = (given.saturated.trace - errors.trace) / df
    if not scaling > 0:
        return {}
    complete, scale = as_if_complete(found, given.saturated)
    worst, worst_scale = given.base_as_if_complete
    low, high = index.rmsea_interval(complete, df, n, scale=scale)
    against = (worst, given.base.model.df, scale, worst_scale)
    return {
        "scaling": scaling,
        "chi2_robust": found.chi2 / scaling,
        "p_robust": float(distribution.sf(found.chi2 / scaling, df)),
        "cfi_robust": index.cfi(complete, df, *against),
        "tli_robust": index.tli(complete, df, *against),
        "rmsea_robust": index.rmsea(complete, df, n, scale=scale),
        "rmsea_robust_low": low,
        "rmsea_robust_high": high,
    }
