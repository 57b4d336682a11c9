"""Many simulated cohorts into one table: bias, coverage, type-I error and power, with Monte-Carlo error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from alliance_modes.domain import ALPHA
from alliance_modes.recovery.replicate import BOOTSTRAP, CORRECTED, PLAIN, POINTS, RULE
from alliance_modes.recovery.settings import Setting
from alliance_modes.recovery.truths import LATENT, MODEL_SCALE, OBSERVED, POINTS_SCALE

EFFECT = ["model", "outcome", "term", "level"]
SUMMARY_COLUMNS = (
    *("setting", "practitioners", *EFFECT, "estimand", "method", "cohorts", "estimated", "truth"),
    *("mean", "bias", "bias_mcse", "sd", "mean_se", "rejected", "rejected_mcse", "coverage", "coverage_mcse"),
)
ESTIMANDS: Mapping[str, tuple[str, ...]] = {
    RULE: (OBSERVED, LATENT),
    PLAIN: (OBSERVED,),
    POINTS: (OBSERVED,),
    CORRECTED: (LATENT,),
    BOOTSTRAP: (OBSERVED,),
}
"""The estimands that each method is held against."""


def summarise(found: pd.DataFrame, truths: pd.DataFrame, setting: Setting, cohorts: int) -> pd.DataFrame:
    """Hold every estimate of one setting against the truth.

    Parameters
    ----------
    found : DataFrame
        ``recovered_effects`` of all cohorts, one after the other, with the number of each (``cohort``).
    truths : DataFrame
        ``true_effects``. In a setting without effects every truth is 0.
    setting : Setting
    cohorts : int
        How many were simulated. The bootstrap counts those it was tried on.

    Returns
    -------
    DataFrame
        One row per effect, estimand and method, columns ``SUMMARY_COLUMNS``. ``estimated`` counts the
        cohorts with an estimate; all else is over these. ``rejected`` is the share with p < .05 (type-I
        error where the truth is 0, power elsewhere; of a joint test too), ``coverage`` the share of 95 %
        intervals that hold the truth; ``_mcse`` is the Monte-Carlo standard error of each.
    """
    rows = []
    named = found[found["term"].fillna("") != ""]
    for (*effect, method), group in named.groupby([*EFFECT, "method"], sort=False, dropna=False):
        for estimand in ESTIMANDS[method]:
            truth = _truth(truths, effect, estimand, method, setting)
            rows.append(
                {
                    "setting": setting.name,
                    "practitioners": setting.practitioners,
                    **dict(zip(EFFECT, effect, strict=True)),
                    "estimand": estimand,
                    "method": method,
                    "cohorts": group["cohort"].nunique() if method == BOOTSTRAP else cohorts,
                    **_held_against(group, truth),
                }
            )
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS)).dropna(subset=["estimated"])


def _truth(truths: pd.DataFrame, effect: list, estimand: str, method: str, setting: Setting) -> float:
    if setting.null:
        return 0.0
    scale = POINTS_SCALE if method == POINTS else MODEL_SCALE
    same = (truths["estimand"] == estimand) & (truths["scale"] == scale)
    for name, value in zip(EFFECT, effect, strict=True):
        blank = truths[name].isna() | (truths[name] == "")
        same &= truths[name] == value if isinstance(value, str) and value else blank
    return float(truths.loc[same, "value"].iloc[0]) if same.any() else np.nan


def _held_against(group: pd.DataFrame, truth: float) -> dict[str, float]:
    rejected = group["p"].dropna() < ALPHA
    shares = {"rejected": _share(rejected)[0], "rejected_mcse": _share(rejected)[1]}
    estimates = group["estimate"].dropna()
    if not len(estimates):  # a joint test has no estimate
        return {"estimated": len(rejected), **shares}
    limits = group.dropna(subset=["ci_low", "ci_high"])
    inside = (limits["ci_low"] <= truth) & (truth <= limits["ci_high"])
    coverage, coverage_mcse = _share(inside) if np.isfinite(truth) else (np.nan, np.nan)
    spread = float(estimates.std(ddof=1))
    return {
        "estimated": len(estimates),
        "truth": truth,
        "mean": float(estimates.mean()),
        "bias": float(estimates.mean()) - truth,
        "bias_mcse": spread / np.sqrt(len(estimates)),
        "sd": spread,
        "mean_se": float(group["se"].mean()),
        **shares,
        "coverage": coverage,
        "coverage_mcse": coverage_mcse,
    }


def _share(found: pd.Series) -> tuple[float, float]:
    if not len(found):
        return np.nan, np.nan
    share = float(found.mean())
    return share, float(np.sqrt(share * (1.0 - share) / len(found)))
