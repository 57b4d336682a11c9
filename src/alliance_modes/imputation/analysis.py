"""One model of the plan over completed data sets, pooled, beside its complete cases."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from alliance_modes.dictionary.imputation import TABLES
from alliance_modes.imputation.chained import chained_imputations
from alliance_modes.imputation.pooling import Pooled, pool, sets_needed
from alliance_modes.imputation.refits import CompletedFits, Refit
from alliance_modes.imputation.tables import Incomplete, completed_values, incomplete_tables
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.plan.parts import ImputationTask
from alliance_modes.plan.terms import Outcome, PlannedModel

FEWEST_CONVERGED = 0.9
FEWEST_SETS = 5
"""Completed data sets before it is asked whether they are enough."""


def imputed_estimates(task: ImputationTask, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Pooled coefficients of the outcomes that the plan imputes, beside those of complete cases.

    Parameters
    ----------
    task : ImputationTask
        ``imputation`` says how, and for which claims.
    tables : mapping of DataFrame
        The analysis tables ``enrolment``, ``alliance`` and ``session``.

    Returns
    -------
    DataFrame
        One row per coefficient of each such outcome, or one row with a status and a reason; columns
        as ``dictionary/imputation`` says.

    Notes
    -----
    One set of imputations per model: the outcomes of it that are analysed are all in it. Each data
    set is fitted as the plan says, with the random effects that the complete cases could carry, and
    coefficients are pooled by Rubin's rules with Barnard and Rubin's df; the complete-data df are the
    mean of the fits'. No more data sets are made once every pooled SE would come out again to within the
    plan's ``enough`` (``sets_needed``). Outcomes are not imputed for the analysis: they are missing at
    random given the model. No percentage points.
    """
    rows: list[dict] = []
    for name, model in task.models.items():
        outcomes = model.outcomes_with(*task.imputation.claims)
        if outcomes and name not in task.imputation.models:
            why = "the plan does not name this model under imputation"
            rows += [_told(name, one.name, "not_run", why) for one in outcomes]
        elif outcomes:
            rows += _model_rows(name, task, model, outcomes, tables)
    return TABLES["imputed"].from_rows(rows)


def _model_rows(
    name: str,
    task: ImputationTask,
    model: PlannedModel,
    outcomes: Sequence[Outcome],
    tables: Mapping[str, pd.DataFrame],
) -> list[dict]:
    complete: dict[str, Estimated] = {}
    rows = []
    for one in outcomes:
        found = estimate_outcome(task.predictors, model, one, tables.get(model.table))
        if isinstance(found, Refused):
            rows.append(_told(name, one.name, found.refusal.status, found.refusal.reason))
        else:
            complete[one.name] = found
    usable = [one for one in outcomes if one.name in complete]
    if not usable:
        return rows
    incomplete = incomplete_tables(model, usable, task.predictors, tables)
    why = _reason_not_to(incomplete)
    if why:
        return rows + [_told(name, one.name, "not_run", why) for one in usable]
    table = tables[model.table]
    fits = {one.name: CompletedFits(task, model, one, table, complete[one.name]) for one in usable}
    settings = task.imputation
    for done in chained_imputations(
        incomplete.clients,
        incomplete.practitioners,
        incomplete.practitioner,
        m=settings.m,
        iterations=settings.iterations,
        donors=settings.donors,
        seed=[task.seed, zlib.crc32(f"imputation.{name}".encode())],
    ):
        values = completed_values(incomplete, done)
        for one in usable:
            fits[one.name].add(values)
        if settings.enough and all(_are_enough(one.usable(), settings.enough) for one in fits.values()):
            break
    for one in usable:
        rows += _pooled_rows(name, one.name, complete[one.name], fits[one.name], incomplete)
    return rows


def _are_enough(fits: Sequence[Refit], variation: float) -> bool:
    if len(fits) < FEWEST_SETS:
        return False
    beta, se = np.array([fit.beta for fit in fits]), np.array([fit.se for fit in fits])
    return len(fits) >= sets_needed(beta, se**2, variation)


def _reason_not_to(incomplete: Incomplete) -> str:
    if incomplete.holes:
        return ""
    left = f"; not imputed: {', '.join(incomplete.left)}" if incomplete.left else ""
    return f"no predictor of clients or practitioners has a missing value{left}"


def _pooled_rows(
    name: str,
    outcome: str,
    complete: Estimated,
    fits: CompletedFits,
    incomplete: Incomplete,
) -> list[dict]:
    same, made = fits.usable(), len(fits.found)
    if len(same) < FEWEST_CONVERGED * made or len(same) < 2:
        reason = f"{made - len(same)} of {made} completed data sets could not be fitted"
        return [_told(name, outcome, "not_estimated", reason)]
    reason = _what_was_imputed(incomplete, made - len(same))
    known = {column.name: column for column in complete.design.columns}
    rows = []
    for place, coefficient in enumerate(complete.inference.names):
        column = known.get(coefficient)
        pooled = pool(
            np.array([fit.beta[place] for fit in same]),
            np.array([fit.se[place] ** 2 for fit in same]),
            float(np.mean([fit.df[place] for fit in same])),
        )
        rows.append(
            {
                "model": name,
                "outcome": outcome,
                "term": INTERCEPT if column is None else column.term,
                "level": "" if column is None else column.level,
                "estimand": "coefficient",
                **_numbers(pooled),
                "complete_cases": complete.inference.beta[place],
                "complete_cases_se": complete.inference.se[place],
                "n": same[0].n,
                "n_complete": complete.design.observations,
                "m": len(same),
                "status": "ok",
                "reason": reason,
            }
        )
    return rows


def _what_was_imputed(incomplete: Incomplete, unfitted: int) -> str:
    said = [f"{column} {count}" for column, count in incomplete.holes.items()]
    reason = f"imputed: {', '.join(said)}"
    if incomplete.left:
        reason += f"; not imputed: {', '.join(incomplete.left)}"
    return f"{reason}; {unfitted} data sets could not be fitted and are left out" if unfitted else reason


def _numbers(pooled: Pooled) -> dict[str, float]:
    names = ("estimate", "se", "df", "statistic", "p", "ci_low", "ci_high", "fmi")
    return {name: getattr(pooled, name) for name in names}


def _told(name: str, outcome: str, status: str, reason: str) -> dict:
    return {"model": name, "outcome": outcome, "estimand": "", "status": status, "reason": reason}
