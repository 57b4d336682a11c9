"""How far outcomes that nobody saw would have to differ before a finding changes."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit

from alliance_modes.dictionary.imputation import TABLES
from alliance_modes.imputation.pooling import pool
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import GROUPING_COLUMNS, OUTCOME, Design, Refusal
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.outcome import estimate_design, estimate_outcome, larger_errors
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.parts import ImputationTask
from alliance_modes.plan.terms import Outcome, PlannedModel

UNSEEN = -1.0
"""Stands for an outcome that is to be filled in; no 0/1 outcome has this value."""

MOST_DRAWS = 10


def tipping_points(task: ImputationTask, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """0/1 outcomes whose population leaves out unseen ones, with these filled in over a grid.

    Parameters
    ----------
    task : ImputationTask
        ``imputation.tipping`` is the grid; outcomes of ``imputation.claims`` that are 0/1 and that
        ``population_has_outcome`` are looked at (administrative ends of the completion model).
    tables : mapping of DataFrame
        Analysis tables.

    Returns
    -------
    DataFrame
        One row per tested term and value of the grid, columns as ``dictionary/imputation`` says.
        ``delta`` is the difference of the log-odds of those unseen from what the model expects of them,
        minus infinity: none has the outcome, infinity: all have it; ``share`` of them have it.
        ``changed``: the interval lies on one side of 0 where that of the primary analysis (``primary``)
        does not, or the other way round, or on the other side.

    Notes
    -----
    At each finite delta, up to 10 times: coefficients are drawn from the primary fit, an unseen outcome
    is Bernoulli(expit(linear predictor + estimated random effects + delta)), and the model is
    fitted to everybody; pooled by Rubin's rules. The same draws serve every delta.
    Rows without a predictor stay out. The engagement and attendance estimands are "while
    enrolled" (plan), so that nothing after an end is unseen there; ratings of those who leave are
    not adjusted.

    References
    ----------
    Cro, S., Morris, T. P., Kenward, M. G., & Carpenter, J. R. (2020). Sensitivity analysis for
    clinical trials with missing continuous outcome data using controlled multiple imputation.
    Statistics in Medicine, 39(21), 2815-2842.
    """
    rows: list[dict] = []
    for name, model in task.models.items():
        for one in model.outcomes_with(*task.imputation.claims):
            if FAMILIES[model.family].tipping and one.population_has_outcome:
                rows += _outcome_rows(name, task, model, one, tables)
    return TABLES["tipping"].from_rows(rows)


def _outcome_rows(
    name: str, task: ImputationTask, model: PlannedModel, outcome: Outcome, tables: Mapping[str, pd.DataFrame]
) -> list[dict]:
    shared = {"model": name, "outcome": outcome.name}
    primary = estimate_outcome(task.predictors, model, outcome, tables.get(model.table))
    if isinstance(primary, Refused):
        return [{**shared, "status": primary.refusal.status, "reason": primary.refusal.reason}]
    table = tables[model.table]
    filled = table.assign(**{outcome.column: table[outcome.column].astype("float64").fillna(UNSEEN)})
    design = build_design(filled, model, outcome, task.predictors, primary.design)
    if isinstance(design, Refusal) or design.fixed != primary.design.fixed:
        return [{**shared, "status": "not_estimated", "reason": "the unseen rows have other categories"}]
    unseen = (design.frame[OUTCOME] == UNSEEN).to_numpy()
    if not unseen.any():
        return [{**shared, "status": "not_run", "reason": "every outcome was seen"}]
    seed = [task.seed, zlib.crc32(f"tipping.{name}.{outcome.name}".encode())]
    draws = min(task.imputation.m, MOST_DRAWS)
    chances = _log_odds(primary, design, unseen, draws, seed)
    larger = larger_errors(primary)
    rows = []
    for delta in (-math.inf, *task.imputation.tipping, math.inf):
        rows += _delta_rows(shared, model, primary, design, unseen, chances, delta, larger)
    return rows


def _log_odds(
    primary: Estimated, design: Design, unseen: np.ndarray, draws: int, seed: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds of the unseen outcomes by draw, and the uniform numbers that decide them."""
    generator = np.random.default_rng(seed)
    inference, matrix = primary.inference, design.matrix()[unseen]
    values, vectors = np.linalg.eigh(inference.vcov)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    drawn = inference.beta + generator.standard_normal((draws, len(values))) @ root.T
    effects = np.zeros(len(matrix))
    for block in primary.structure.fit.effects:
        if block.grouping in GROUPING_COLUMNS and INTERCEPT in block.terms:
            place = block.terms.index(INTERCEPT)
            known = dict(zip(block.levels, block.values[:, place], strict=True))
            levels = design.frame.loc[unseen, GROUPING_COLUMNS[block.grouping]]
            effects += levels.map(known).fillna(0.0).to_numpy(dtype=float)
    return drawn @ matrix.T + effects, generator.uniform(size=(draws, len(matrix)))


def _delta_rows(
    shared: dict,
    model: PlannedModel,
    primary: Estimated,
    design: Design,
    unseen: np.ndarray,
    chances: tuple[np.ndarray, np.ndarray],
    delta: float,
    larger: np.ndarray | None,
) -> list[dict]:
    log_odds, uniform = chances
    rounds = len(log_odds) if math.isfinite(delta) else 1
    fits, shares = [], []
    start = None if larger is None else primary.structure.fit
    for number in range(rounds):
        outcome = (uniform[number] < expit(log_odds[number] + delta)).astype(float)
        values = design.frame[OUTCOME].to_numpy(copy=True)
        values[unseen] = outcome
        # what the seen rows alone do not separate is not separated with more rows beside them
        fits.append(estimate_design(_with_outcome(design, values), model, start, checked=True, larger=larger))
        shares.append(outcome.mean())
    fitted = [fit for fit in fits if isinstance(fit, Estimated)]
    told = {**shared, "delta": delta, "share": float(np.mean(shares)), "unseen": int(unseen.sum())}
    if len(fitted) < rounds:
        reason = f"{rounds - len(fitted)} of {rounds} filled data sets could not be fitted"
        return [{**told, "status": "not_estimated", "reason": reason}]
    low, high = primary.inference.interval()
    rows = []
    for column in design.columns:
        if not column.tested:
            continue
        place = primary.inference.place(column.name)
        numbers = _numbers(fitted, place)
        before = _side(low[place], high[place])
        rows.append(
            {
                **told,
                **numbers,
                "term": column.term,
                "primary": primary.inference.beta[place],
                "changed": _side(numbers["ci_low"], numbers["ci_high"]) != before,
                "n": len(design.frame),
                "m": rounds,
                "status": "ok",
                "reason": "",
            }
        )
    return rows


def _numbers(fitted: list[Estimated], place: int) -> dict[str, float]:
    if len(fitted) == 1:
        found = fitted[0].inference
        low, high = found.interval()
        names = ("estimate", "se", "df", "p", "ci_low", "ci_high")
        arrays = (found.beta, found.se, found.df, found.p, low, high)
        return {name: float(values[place]) for name, values in zip(names, arrays, strict=True)}
    pooled = pool(
        np.array([fit.inference.beta[place] for fit in fitted]),
        np.array([fit.inference.se[place] ** 2 for fit in fitted]),
        float(np.mean([fit.inference.df[place] for fit in fitted])),
    )
    return {name: getattr(pooled, name) for name in ("estimate", "se", "df", "p", "ci_low", "ci_high")}


def _side(low: float, high: float) -> int:
    """1 or -1 where an interval lies on one side of zero, else 0."""
    return 1 if low > 0.0 else -1 if high < 0.0 else 0


def _with_outcome(design: Design, values: np.ndarray) -> Design:
    return replace(design, frame=design.frame.assign(**{OUTCOME: values}))
