"""Confirmatory factor analysis of clients within practitioners and of practitioners, at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.measurement.factors import fit_indices as index
from alliance_modes.measurement.factors.confirmatory import FEWEST_RESPONDENTS, reason_not_to
from alliance_modes.measurement.factors.likelihood.moment_fit import factors_not_apart, item_without_residual
from alliance_modes.measurement.factors.likelihood.moments import MeanCovarianceModel
from alliance_modes.measurement.factors.structures import FactorStructure
from alliance_modes.measurement.factors.two_level.clustered import clustered
from alliance_modes.measurement.factors.two_level.levels import (
    degrees_of_freedom,
    structure_between,
    two_level_model,
    unrelated,
    unrestricted,
)
from alliance_modes.measurement.factors.two_level.search import TwoLevelSearch, maximise
from alliance_modes.measurement.factors.two_level.solution import (
    BETWEEN,
    LevelEstimate,
    level_estimates,
)
from alliance_modes.plan.plan import Between, TwoLevel

NO_VARIANCE = 1e-8


@dataclass(frozen=True)
class TwoLevelFit:
    """One structure within practitioners, and what stands beside it between them.

    Where ``status`` is not ``ok`` every statistic is NaN, there are no ``estimates``, and ``reason`` says
    why. ``n`` counts complete respondents of known practitioners, ``incomplete`` those of known
    practitioners who left an item unanswered, ``unplaced`` those whose practitioner is not known;
    ``clients`` is n over practitioners. ``at_zero`` are the items on which practitioners are estimated not to
    differ beyond their factors.
    """

    structure: FactorStructure
    between: Between
    n: int
    incomplete: int
    unplaced: int
    practitioners: int
    clients: float
    status: str = "ok"
    reason: str = ""
    loglik: float = np.nan
    loglik_unrestricted: float = np.nan
    parameters: float = np.nan
    chi2: float = np.nan
    df: float = np.nan
    p: float = np.nan
    cfi: float = np.nan
    tli: float = np.nan
    rmsea: float = np.nan
    rmsea_low: float = np.nan
    rmsea_high: float = np.nan
    srmr_within: float = np.nan
    srmr_between: float = np.nan
    at_zero: tuple[int, ...] = ()
    estimates: tuple[LevelEstimate, ...] = field(default=(), repr=False)

    @property
    def ok(self) -> bool:
        """Whether the numbers may be used."""
        return self.status == "ok"


class AnswersOfPractitioners:
    """Answers of one instrument with the practitioner of each, whose baselines several models share."""

    def __init__(self, items: pd.DataFrame, practitioners: pd.Series, gate: TwoLevel | None = None) -> None:
        """Take answers.

        Parameters
        ----------
        items : DataFrame
            One row per respondent (one administration per person), one column per item number,
            reversed items already turned round; missing = NaN; exactly the items of the structure.
        practitioners : Series, same index
            Missing where not known: such respondents are left out.
        gate : TwoLevel, optional
            From how many practitioners and clients on anything is fitted; default: the plan's default.
        """
        self.gate = gate or TwoLevel()
        placed = items[practitioners.notna()]
        complete = placed.dropna()
        self.columns = list(items.columns)
        self.n, self.incomplete = len(complete), len(placed) - len(complete)
        self.unplaced = len(items) - len(placed)
        codes = practitioners.loc[complete.index].astype("str").to_numpy()
        self.practitioners = len(np.unique(codes))
        self.clients = self.n / self.practitioners if self.practitioners else np.nan
        self.reason = self._reason_not_to(complete, codes)
        if self.reason:
            return
        self.data = clustered(complete.to_numpy(dtype=float), codes)
        self.whole = maximise(unrestricted(len(self.columns)), self.data)
        self.base = maximise(unrelated(len(self.columns)), self.data)
        self.reason = self.whole.problem or self.base.problem

    def iccs(self) -> tuple[LevelEstimate, ...]:
        """The share of each item's variance that lies between practitioners, by the unrestricted model."""
        if self.reason:
            return ()
        within, between = (np.diag(level.cov) for level in self.whole.model.implied(self.whole.theta))
        shares = between / (within + between)
        return tuple(
            LevelEstimate(BETWEEN, "icc", item=item, estimate=float(share))
            for item, share in zip(self.columns, shares, strict=True)
        )

    def _reason_not_to(self, complete: pd.DataFrame, codes: np.ndarray) -> str:
        gate, people, items = self.gate, self.practitioners, len(self.columns)
        needed = math.ceil(gate.practitioners_per_item * items)
        if not people:
            return "no respondent's practitioner is known"
        if people < gate.practitioners:
            return f"{people} practitioners; at least {gate.practitioners} are needed"
        if self.clients < gate.clients:
            few = f"{self.clients:.1f} complete inventories per practitioner"
            return f"{few}; at least {gate.clients:g} are needed"
        if people < needed:
            return f"{people} practitioners for {items} items; at least {needed} are needed"
        reason = reason_not_to(complete, FEWEST_RESPONDENTS)
        if reason:
            return reason
        apart = complete - complete.groupby(codes).transform("mean")
        share = apart.var() / complete.var()
        if share.min() < NO_VARIANCE:
            return f"clients of one practitioner all answered item {share.idxmin()} alike"
        if np.linalg.eigvalsh(apart.corr().to_numpy()).min() < NO_VARIANCE:
            return "within practitioners, some items are determined by others"
        return ""


def fit_two_level(given: AnswersOfPractitioners, structure: FactorStructure, between: Between) -> TwoLevelFit:
    """Fit one structure within practitioners, and another one between them, by maximum likelihood.

    Parameters
    ----------
    given : AnswersOfPractitioners
        Its columns are exactly the items of the structure.
    structure : FactorStructure
        Which items belong to which factors within practitioners.
    between : {"saturated", "alike", "one", "subscales"}
        What stands beside it between practitioners (``levels.two_level_model``).

    Returns
    -------
    TwoLevelFit
        ``not_estimated`` below 150 complete respondents, below the practitioners and the clients of each
        that the plan asks for, below its practitioners per item, and where the structure cannot be
        tested; ``not_converged``; ``heywood`` where a residual variance within practitioners is at or
        below zero; ``not_positive_definite`` where factors of a level cannot be told apart.

    Notes
    -----
    Answers are taken as continuous and normal on both levels, and respondents with every item answered
    and a known practitioner are used (listwise, as lavaan does). Residual variances between practitioners
    are held at zero where they would come out negative (``at_zero``); chi-square, against the
    unrestricted covariances of both levels, is then too small, if anything. CFI, TLI and RMSEA are lavaan's
    (baseline: items unrelated on both levels; n: respondents), SRMR is of the correlations of
    each level.

    Validated against lavaan 0.6.14, ``cluster =`` with ``level: 1`` and ``level: 2`` (every number 1e-4).

    References
    ----------
    Muthén, B. O. (1994). Multilevel covariance structure analysis. Sociological Methods & Research, 22,
    376-398.
    Ryu, E., & West, S. G. (2009). Level-specific evaluation of model fit in multilevel structural
    equation modeling. Structural Equation Modeling, 16, 583-601.
    """
    blank = TwoLevelFit(
        structure, between, given.n, given.incomplete, given.unplaced, given.practitioners, given.clients
    )
    reason = structure.why_not() or given.reason or _too_few_for(between, structure, given)
    if reason:
        return replace(blank, status="not_estimated", reason=reason)
    found = maximise(two_level_model(structure, between), given.data)
    if found.problem:
        return replace(blank, status="not_converged", reason=found.problem)
    if np.isnan(found.covariance()).any():
        return replace(blank, status="not_converged", reason="the data do not determine every parameter")
    beside = structure_between(structure, between)
    status, reason = _inadmissible(found, structure, beside)
    if status:
        return replace(blank, status=status, reason=reason)
    estimates = level_estimates(found, structure, beside, given.data, alike=between == "alike")
    return replace(blank, **_statistics(found, given), at_zero=_at_zero(found, given), estimates=estimates)


def _too_few_for(between: Between, structure: FactorStructure, given: AnswersOfPractitioners) -> str:
    needed = given.gate.practitioners_for_subscales
    if between != "subscales" or len(structure.factors) == 1 or given.practitioners >= needed:
        return ""
    return f"{given.practitioners} practitioners; at least {needed} are needed for that"


def _inadmissible(
    found: TwoLevelSearch, structure: FactorStructure, beside: FactorStructure | None
) -> tuple[str, str]:
    within, between = found.model.implied(found.theta)
    worst = item_without_residual(within)
    if worst is not None:
        item = structure.items[worst]
        return "heywood", f"within practitioners, item {item} has a residual variance at or below zero"
    for level, where, of in ((within, "within", structure), (between, "between", beside)):
        if of is None:
            continue
        names, variances = list(of.factors), np.diag(level.factor_cov)
        if variances.min() < NO_VARIANCE:
            return "not_positive_definite", f"practitioners hardly differ in {names[int(variances.argmin())]}"
        alike = factors_not_apart(level)
        if alike:
            one, other = (names[place] for place in alike)
            reason = f"{where} practitioners, the factors {one} and {other} cannot be told apart"
            return "not_positive_definite", f"{reason} (their correlation reaches 1)"
    return "", ""


def _at_zero(found: TwoLevelSearch, given: AnswersOfPractitioners) -> tuple[int, ...]:
    place = np.diag(found.model.groups[1]["residual_cov"].place)
    return tuple(
        item
        for item, number in zip(given.columns, place, strict=True)
        if number >= 0 and not found.free[number]
    )


def _statistics(found: TwoLevelSearch, given: AnswersOfPractitioners) -> dict[str, Any]:
    from scipy.stats import chi2 as distribution

    df, n = degrees_of_freedom(found.model), given.n
    chi2 = max(found.deviance - given.whole.deviance, 0.0)
    base = (given.base.deviance - given.whole.deviance, degrees_of_freedom(given.base.model))
    low, high = index.rmsea_interval(chi2, df, n)
    within, between = srmr_of_levels(found.model, found.theta, given.whole)
    return {
        "loglik": -found.deviance / 2,
        "loglik_unrestricted": -given.whole.deviance / 2,
        "parameters": len(found.model.names),
        "chi2": chi2,
        "df": df,
        "p": float(distribution.sf(chi2, df)),
        "cfi": index.cfi(chi2, df, *base),
        "tli": index.tli(chi2, df, *base),
        "rmsea": index.rmsea(chi2, df, n),
        "rmsea_low": low,
        "rmsea_high": high,
        "srmr_within": within,
        "srmr_between": between,
    }


def srmr_of_levels(model: MeanCovarianceModel, theta: np.ndarray, whole: TwoLevelSearch) -> Sequence[float]:
    """Root mean square of the residuals of correlations of each level, those of 1 with themselves counted.

    NaN for a level on which an item does not vary.
    """
    values = []
    for implied, seen in zip(model.implied(theta), whole.model.implied(whole.theta), strict=True):
        if min(np.diag(implied.cov).min(), np.diag(seen.cov).min()) < NO_VARIANCE:
            values.append(np.nan)
            continue
        apart = _correlations(seen.cov) - _correlations(implied.cov)
        values.append(float(np.sqrt(np.mean(apart[np.tril_indices(len(apart))] ** 2))))
    return values


def _correlations(cov: np.ndarray) -> np.ndarray:
    sd = np.sqrt(np.diag(cov))
    return cov / np.outer(sd, sd)
