"""Confirmatory factor analysis of one structure, and how two structures compare."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.measurement.factors import fit_indices as index
from alliance_modes.measurement.factors.likelihood.moment_fit import MomentFit, fit_moments, inadmissible
from alliance_modes.measurement.factors.likelihood.moments import Sample
from alliance_modes.measurement.factors.likelihood.robust import Sandwich, sandwich, scaled_difference
from alliance_modes.measurement.factors.semopy_engine import fit_with_semopy
from alliance_modes.measurement.factors.standardised import Loading, standardised_solution
from alliance_modes.measurement.factors.structures import (
    FactorStructure,
    factor_model,
    independence_model,
)

FEWEST_RESPONDENTS = 150
"""Below it true structures are rejected too often: three factors and 18 items with 40 in two of three samples
(``benchmarks/factor_fit.csv``)."""

FEWEST_CLUSTERS = 20
"""Below it the sums over clusters are too few to tell how much the clusters matter."""

SAME_CHI2 = 0.05
NO_VARIANCE = 1e-12


@dataclass(frozen=True)
class FactorFit:
    """One structure fitted to one instrument's answers.

    ``estimator`` is ``ml`` (answers as continuous), ``dwls`` (as ordered categories) or ``fiml`` (as
    continuous, with everybody who answered an item).
    Where ``status`` is not ``ok`` every statistic is NaN, there are no ``loadings``, and ``reason``
    says why. ``clusters`` counts the clusters (``n`` where respondents are independent); the robust
    statistics are NaN below 20 clusters. ``highest_r`` is the largest correlation between factors.
    ``found`` is the fit itself, from which structures are compared.
    """

    structure: FactorStructure
    n: int
    incomplete: int
    clusters: int
    estimator: str = "ml"
    status: str = "ok"
    reason: str = ""
    chi2: float = np.nan
    df: float = np.nan
    p: float = np.nan
    scaling: float = np.nan
    chi2_robust: float = np.nan
    p_robust: float = np.nan
    cfi: float = np.nan
    cfi_robust: float = np.nan
    tli: float = np.nan
    tli_robust: float = np.nan
    rmsea: float = np.nan
    rmsea_low: float = np.nan
    rmsea_high: float = np.nan
    rmsea_robust: float = np.nan
    rmsea_robust_low: float = np.nan
    rmsea_robust_high: float = np.nan
    srmr: float = np.nan
    parameters: float = np.nan
    highest_r: float = np.nan
    chi2_semopy: float = np.nan
    engines: str = "not_checked"
    loadings: tuple[Loading, ...] = field(default=())
    found: MomentFit | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the numbers may be used."""
        return self.status == "ok"


@dataclass(frozen=True)
class Comparison:
    """Chi-square difference of a structure and the larger one that it is nested in."""

    chi2: float = np.nan
    df: float = np.nan
    p: float = np.nan
    robust: bool = False


def fit_structure(
    items: pd.DataFrame, structure: FactorStructure, clusters: pd.Series | None = None
) -> FactorFit:
    """Fit one factor structure by maximum likelihood.

    Parameters
    ----------
    items : DataFrame
        One row per respondent (one administration per person), one column per item number,
        reversed items already turned round; missing = NaN.
    structure : FactorStructure
        Which items belong to which factors.
    clusters : Series, same index, optional
        What respondents share (their practitioner); without it each stands alone.

    Returns
    -------
    FactorFit
        ``not_estimated`` below 150 complete respondents, where the structure cannot be tested, or
        where an item does not vary; ``not_converged``; ``heywood`` and ``not_positive_definite``
        where estimates lie outside what variances and correlations can be.

    Notes
    -----
    Answers are taken as continuous and respondents with every item answered are used (listwise).
    semopy fits; the search is finished by the project's own Fisher scoring on the same likelihood,
    which also says whether a maximum was reached, lets variances be negative (semopy holds them at
    zero) and gives the cluster-robust statistic, which semopy lacks. ``engines`` says whether the
    two chi-squares lie within 0.05. Factors have variance 1. chi-square is n F with covariances of
    divisor n, and CFI, TLI, RMSEA and SRMR are lavaan's; semopy's RMSEA divides by n - 1, and it
    has no SRMR.

    Validated against lavaan 0.6 (Holzinger and Swineford's data; chi-square 0.05, indices and
    standardised loadings 1e-3) and its ``estimator = "MLR", cluster =``.

    References
    ----------
    Rosseel, Y. (2012). lavaan: An R package for structural equation modeling. Journal of
    Statistical Software, 48(2), 1-36.
    """
    columns = list(structure.items)
    complete = items[columns].dropna()
    codes = cluster_codes(complete.index, clusters)
    blank = FactorFit(structure, len(complete), len(items) - len(complete), len(np.unique(codes)))
    reason = structure.why_not() or reason_not_to(complete)
    if reason:
        return replace(blank, status="not_estimated", reason=reason)
    values = complete.to_numpy(dtype=float)
    model = factor_model(structure)
    engine = fit_with_semopy(values, structure, model)
    found = fit_moments(model, [Sample(values, codes)], engine.start)
    if found.problem:
        found = fit_moments(model, [Sample(values, codes)])
    if found.problem:
        return replace(blank, status="not_converged", reason=found.problem)
    status, reason = inadmissible(found, columns, list(structure.factors))
    if status:
        return replace(blank, status=status, reason=reason)
    checked = np.isfinite(engine.chi2)
    agrees = "agree" if abs(engine.chi2 - found.chi2) <= SAME_CHI2 else "differ"
    return replace(
        blank,
        **_statistics(found),
        chi2_semopy=engine.chi2,
        engines=agrees if checked else "not_checked",
    )


def reason_not_to(complete: pd.DataFrame, fewest: int = FEWEST_RESPONDENTS) -> str:
    """Why complete answers cannot carry a factor analysis; blank where they can."""
    if len(complete) < fewest:
        return f"{len(complete)} complete respondents; at least {fewest} are needed"
    constant = complete.columns[complete.var() <= NO_VARIANCE]
    if len(constant):
        return f"everyone answered item {constant[0]} alike"
    if np.linalg.eigvalsh(complete.corr().to_numpy()).min() < 1e-8:
        return "some items are determined by others"
    return ""


def cluster_codes(index_of: pd.Index, clusters: pd.Series | None) -> np.ndarray:
    """One code per respondent (text); a respondent of no known cluster is a cluster of one."""
    alone = pd.Series([f"row {place}" for place in range(len(index_of))], index=index_of, dtype="str")
    if clusters is None:
        return alone.to_numpy()
    named = clusters.loc[index_of]
    return ("cluster " + named.astype("str")).where(named.notna(), alone).to_numpy()


def _statistics(found: MomentFit) -> dict[str, Any]:
    from scipy.stats import chi2 as distribution

    df, n = found.model.df, found.n
    base = fit_moments(independence_model(found.model.items), found.samples)
    against = (base.chi2, base.model.df)
    shaken = sandwich(found)
    solution = standardised_solution(found, shaken)
    low, high = index.rmsea_interval(found.chi2, df, n)
    correlations = [abs(entry.estimate) for entry in solution if entry.kind == "correlation"]
    statistics = {
        "chi2": float(found.chi2),
        "df": df,
        "p": float(distribution.sf(found.chi2, df)),
        "cfi": index.cfi(found.chi2, df, *against),
        "tli": index.tli(found.chi2, df, *against),
        "rmsea": index.rmsea(found.chi2, df, n),
        "rmsea_low": low,
        "rmsea_high": high,
        "srmr": index.srmr(
            found.model.implied(found.theta), found.samples, means=False, free_means=shaken.clusters < n
        ),
        "parameters": len(found.model.names) - found.model.items,
        "highest_r": max(correlations, default=np.nan),
        "loadings": solution,
        "found": found,
    }
    enough = shaken.clusters >= FEWEST_CLUSTERS and shaken.scaling > 0
    return statistics | (_robust(found, base, shaken) if enough else {})


def _robust(found: MomentFit, base: MomentFit, shaken: Sandwich) -> dict[str, float]:
    from scipy.stats import chi2 as distribution

    df, n, scale = found.model.df, found.n, shaken.scaling
    unlike = sandwich(base).scaling
    low, high = index.rmsea_interval(found.chi2, df, n, scale=scale)
    return {
        "scaling": scale,
        "chi2_robust": float(found.chi2 / scale),
        "p_robust": float(distribution.sf(found.chi2 / scale, df)),
        "cfi_robust": index.cfi(found.chi2, df, base.chi2, base.model.df, scale, unlike),
        "tli_robust": index.tli(found.chi2, df, base.chi2, base.model.df, scale, unlike),
        "rmsea_robust": index.rmsea(found.chi2, df, n, scale=scale),
        "rmsea_robust_low": low,
        "rmsea_robust_high": high,
    }


def compare(restricted: FactorFit, larger: FactorFit) -> Comparison:
    """Chi-square difference test of a structure against the larger one that it is nested in.

    Notes
    -----
    Scaled (``robust.scaled_difference``) where both have robust statistics. Factors are merged by
    setting their correlation to 1, at the edge of what is possible, so p is, if anything, too
    large. Whether component factors are needed beside the modes cannot be tested so: without
    them their loadings are zero, where chi-square does not apply. Then p is NaN.
    """
    from scipy.stats import chi2 as distribution

    if restricted.found is None or larger.found is None or restricted.df <= larger.df:
        return Comparison()
    difference, df = restricted.chi2 - larger.chi2, int(restricted.df - larger.df)
    if larger.structure.apart:
        return Comparison(difference, df)
    robust = bool(np.isfinite(restricted.scaling) and np.isfinite(larger.scaling))
    if robust:
        difference, df = scaled_difference(restricted.found, larger.found)
    return Comparison(float(difference), df, float(distribution.sf(difference, df)), robust)
