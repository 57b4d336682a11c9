"""What the effects are that a cohort is held against: the plan's own estimate in very many practitioners."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from alliance_modes.plan.plan import Plan
from alliance_modes.recovery.cohorts import simulated_cohort, with_latent_modes
from alliance_modes.recovery.replicate import POINTS, RULE, recovered_effects
from alliance_modes.simulate import Truth

OBSERVED, LATENT = "observed", "latent"
KEY = ["estimand", "scale", "model", "outcome", "term", "level"]
POINTS_SCALE, MODEL_SCALE = "percentage_points", "model"


def block_truth(base: Truth, block: int, practitioners: int, stream: int) -> Truth:
    """The truth of one block: tidy and large, groups, clients and sites per practitioner as they were."""
    seed = np.random.SeedSequence(base.seed, spawn_key=(stream, block)).generate_state(1)[0]
    enrolments = round(base.sizes.enrolments * practitioners / base.sizes.practitioners)
    return base.tidy().with_size(enrolments).with_seed(int(seed))


def block_effects(truth: Truth, plan: Plan) -> pd.DataFrame:
    """Every primary coefficient in one large cohort, for both estimands.

    Returns
    -------
    DataFrame
        ``KEY`` and estimate; ``scale`` is ``model`` (points of the outcome, log-odds, log hazard) or
        ``percentage_points``. ``observed``: per SD of the survey score, as the plan estimates it.
        ``latent``: the same model with the latent modes in the scores' place, per latent SD; the
        outcome is observed in both.
    """
    cohort = simulated_cohort(truth, plan)
    parts = []
    for estimand, tables in ((OBSERVED, cohort.tables), (LATENT, with_latent_modes(cohort))):
        found = recovered_effects(tables, plan)
        found = found[found["method"].isin((RULE, POINTS)) & found["estimate"].notna()]
        points = (found["method"] == POINTS).map({True: POINTS_SCALE, False: MODEL_SCALE})
        parts.append(found.assign(estimand=estimand, scale=points)[[*KEY, "estimate"]])
    return pd.concat(parts, ignore_index=True)


def true_effects(blocks: Iterable[pd.DataFrame], practitioners: int) -> pd.DataFrame:
    """Mean over blocks, its Monte-Carlo standard error, and the number of practitioners behind it.

    A blank level (a predictor that is neither between nor within) may have been read back as missing.
    """
    rows = pd.concat(list(blocks), ignore_index=True)
    summary = (
        rows.groupby(KEY, sort=False, dropna=False)["estimate"].agg(["mean", "std", "size"]).reset_index()
    )
    return summary[KEY].assign(
        value=summary["mean"],
        mc_se=summary["std"] / np.sqrt(summary["size"]),
        practitioners=summary["size"] * practitioners,
    )
