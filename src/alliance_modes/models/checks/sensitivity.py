"""How strong unmeasured confounding would have to be to explain a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.dictionary.models import TABLES
from alliance_modes.domain import ALPHA
from alliance_modes.models.families.family import Risk
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.result import FitResult, ModelResult

COMMON_OUTCOME = 0.15
NOT_TESTED = "covariate"
E_VALUE, ROBUSTNESS_VALUE = "e_value", "robustness_value"


@dataclass(frozen=True)
class Bound:
    """What would explain away an estimate (``value``), and its interval's nearer limit."""

    value: float
    value_interval: float


def e_value(ratio: float) -> float:
    """E-value of a risk ratio: RR + sqrt(RR (RR - 1)), of 1 / RR where that is below 1.

    References
    ----------
    VanderWeele & Ding (2017) doi 10.7326/M16-2607.
    """
    above = max(ratio, 1.0 / ratio)
    return float(above + np.sqrt(above * (above - 1.0)))


def ratio_bound(risk: Risk, ratio: float, low: float, high: float, *, common: bool) -> Bound:
    """E-values of a ratio and of the limit of its interval nearer to 1.

    Parameters
    ----------
    risk : Risk
        How the ratio is read as a risk ratio.
    ratio, low, high : float
        The ratio and its 95 % limits.
    common : bool
        The outcome is not rare: 15 % or more have it by the end of follow-up.

    Notes
    -----
    Where the interval holds 1 nothing is needed to move it there: 1. Checked against the example of
    VanderWeele & Ding (risk ratio 3.9 [1.8, 8.7]: 7.26 and 3.0), and against that of R's EValue, a
    hazard ratio of 0.56 [0.46, 0.69] with a common outcome, by its formula.
    """
    of_risks, below, above = (risk.ratio_of(each, common) for each in (ratio, low, high))
    nearer = below if of_risks > 1.0 else above
    return Bound(e_value(of_risks), 1.0 if below <= 1.0 <= above else e_value(nearer))


def robustness_value(statistic: float, df: float) -> Bound:
    """Partial-R2 robustness value of a linear effect, for the estimate and for its 95 % interval.

    The share of what is left of the outcome's variance, and of the exposure's, that a confounder
    would have to explain to bring the estimate (q = 1), or its nearer limit, to none.

    Parameters
    ----------
    statistic, df : float
        t and its degrees of freedom.

    Notes
    -----
    With f = |t| / sqrt(df) and f' = f - t(.975, df - 1) / sqrt(df - 1) (for the interval):
    RV = (sqrt(f^4 + 4 f^2) - f^2) / 2, 0 where f' is below 0, (f^2 - c^2) / (1 + f^2) where the critical
    f is c and f > 1 / c. Checked against the Darfur example (t = 4.18, df = 783: .139 and .076). Of a
    mixed model the df are those of the term (Satterthwaite's, capped): an approximation, which
    takes the practitioners as the observations of a practitioner-level effect.

    References
    ----------
    Cinelli & Hazlett (2020) doi 10.1111/rssb.12348.
    """
    effect = abs(statistic) / np.sqrt(df)
    value = _equal_shares(effect)
    if df <= 1.0:
        return Bound(value, 0.0)
    critical = float(stats.t.ppf(1.0 - ALPHA / 2.0, df - 1.0) / np.sqrt(df - 1.0))
    if effect <= critical:
        return Bound(value, 0.0)
    if effect > 1.0 / critical:
        return Bound(value, float((effect**2 - critical**2) / (1.0 + effect**2)))
    return Bound(value, _equal_shares(effect - critical))


def sensitivity_table(estimates: pd.DataFrame, results: Iterable[ModelResult]) -> pd.DataFrame:
    """One row per tested predictor: E-value (ratios) or robustness value (linear effects).

    Parameters
    ----------
    estimates : DataFrame
        ``estimates.csv``.
    results : iterable of ModelResult
        The fits that they are of.

    Returns
    -------
    DataFrame
        Columns as ``dictionary/models`` says. ``from_estimate`` is the odds ratio, hazard ratio, or t;
        status ``not_checked`` with blank values where the estimate has no interval or no df.

    Notes
    -----
    Products are left out, as a ratio of odds ratios is no risk ratio. Whether drop-out is common is told
    from its cumulative incidence by the model, other ends competing, at the last session of the curve;
    without that curve the bound is ``not_checked``. The risk is that of an end alone, as the hazard
    ratio is: where other ends are many, it is an approximation.
    """
    fits = {(result.model, fit.outcome): fit for result in results for fit in result.fits}
    rows = [
        row
        for record in estimates.to_dict("records")
        if _is_asked(record) and (fit := fits.get((record["model"], record["outcome"]))) is not None
        for row in _row(record, fit)
    ]
    return TABLES["sensitivity"].from_rows(rows)


def _equal_shares(effect: float) -> float:
    return float((np.sqrt(effect**4 + 4.0 * effect**2) - effect**2) / 2.0)


def _is_asked(record: Mapping) -> bool:
    term = record["term"] if isinstance(record["term"], str) else ""
    return bool(term) and ":" not in term.replace(": ", "") and record["family"] != NOT_TESTED


def _row(record: Mapping, fit: FitResult) -> Iterable[dict]:
    shared = {name: record[name] for name in ("model", "outcome", "term", "level", "family")}
    family = family_of(fit.family)
    if family.distribution.normal and record["estimand"] == "coefficient":
        statistic, df = record["statistic"], record["df"]
        if pd.isna(statistic) or pd.isna(df):
            yield shared | {"measure": ROBUSTNESS_VALUE, "status": "not_checked"}
            return
        bound = robustness_value(statistic, df)
        yield shared | {
            "measure": ROBUSTNESS_VALUE,
            "from_estimate": statistic,
            "approximation": "partial R2 from t and the df of the term",
            "value": bound.value,
            "value_interval": bound.value_interval,
            "partial_r2": statistic**2 / (statistic**2 + df),
            "status": "checked",
        }
    elif family.risk is not None and record["estimand"] == family.scale.estimand:
        yield shared | _e_values(record, fit, family.risk)


def _e_values(record: Mapping, fit: FitResult, risk: Risk) -> dict:
    ratio, low, high = (record[name] for name in ("estimate", "ci_low", "ci_high"))
    share = risk.share(fit)
    if share is None or any(pd.isna(value) or value <= 0.0 for value in (ratio, low, high)):
        return {"measure": E_VALUE, "status": "not_checked"}
    common = share >= COMMON_OUTCOME
    bound = ratio_bound(risk, ratio, low, high, common=common)
    return {
        "measure": E_VALUE,
        "from_estimate": ratio,
        "approximation": risk.said[0 if common else 1],
        "value": bound.value,
        "value_interval": bound.value_interval,
        "status": "checked",
    }
