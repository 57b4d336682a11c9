"""Effects over the cohorts of a run: each cohort's own, one model of all rows, and pooled estimates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.dictionary.relations import TABLES
from alliance_modes.models.design.design import Refusal
from alliance_modes.models.inference.estimate_rows import joint_term
from alliance_modes.models.inference.estimated import Refused
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.result import WITHOUT
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.terms import PRODUCT
from alliance_modes.pooling.univariate import Pooled, dersimonian_laird, pooled, reml
from alliance_modes.relations.cohorts.together import Together, put_together
from alliance_modes.relations.fitted import Asked, Fit, asked

ENOUGH = 5
"""Cohorts from which on a variance between cohorts is estimated (methods of the plan)."""

Row = dict[str, Any]


def over_cohorts(
    task: RelationTask,
    tables: Mapping[str, Mapping[str, pd.DataFrame]],
    estimates: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Every outcome of the task over all cohorts.

    Parameters
    ----------
    task : RelationTask
        With the models and outcomes that are looked at.
    tables : mapping of mapping of DataFrame
        By cohort, its analysis tables by name.
    estimates : mapping of DataFrame
        By cohort, its ``estimates``.

    Returns
    -------
    DataFrame
        ``effects``: per outcome the cohorts' own coefficients; ``one_stage``: the effect in a model of all
        rows with the cohort fixed, and whether it differs between cohorts; ``two_stage`` from five cohorts
        on; ``normal``: the usual way, from two cohorts on.

    Notes
    -----
    One model takes the effect as the same in all cohorts, and its interval is for these cohorts alone. Pooled
    estimates take it as varying: their interval is for the mean of cohorts like these, and that of a
    prediction for one more. Of fewer than five cohorts the variance cannot be told, so that neither is made.
    Effects of covariates and variances are the same in all cohorts in one model, and each cohort's own in
    its estimates.
    """
    rows: list[Row] = []
    for one in asked(task):
        model, _, outcome = one.part.partition(".")
        here = {name: found[one.table] for name, found in tables.items() if one.table in found}
        own = {name: _own(estimates[name], model, outcome) for name in here}
        who = {"model": model, "outcome": outcome}
        rows += [{**who, **row} for row in _of_outcome(one, task, here, own)]
    return TABLES["over_cohorts"].from_rows(rows)


def _own(estimates: pd.DataFrame, model: str, outcome: str) -> pd.DataFrame:
    return estimates[(estimates["model"] == model) & (estimates["outcome"] == outcome)]


def _of_outcome(
    one: Asked,
    task: RelationTask,
    tables: Mapping[str, pd.DataFrame],
    own: Mapping[str, pd.DataFrame],
) -> Iterator[Row]:
    together = put_together(one, task.predictors, tables)
    if isinstance(together, Refusal):
        terms = {_term(task, name): name for name in one.model.tested if PRODUCT not in name}
        for way in ("one_stage", "two_stage"):
            yield from (_refused(way, term, together.status, together.reason) for term in terms)
        return
    yield from (
        {
            "way": "cohort",
            "cohort": name,
            "estimand": "coefficient",
            "status": why.status,
            "reason": why.reason,
        }
        for name, why in together.refused.items()
    )
    yield from _one_stage(one, task, together)
    yield from _differ(one, task, together)
    yield from _two_stage(one, task, together, own)


def _term(task: RelationTask, name: str) -> str:
    return task.predictors[name].term or name


def _refused(way: str, term: str, status: str, reason: str) -> Row:
    return {"way": way, "term": term, "estimand": "coefficient", "status": status, "reason": reason}


def _fit(one: Asked, task: RelationTask, together: Together, products: tuple[str, ...] = ()) -> Fit:
    """The model of all rows; with ``products`` of cohorts and what is tested, which are tested then."""
    model = together.model
    if products:
        formula = " + ".join([*model.terms, *products])
        model = model.model_copy(update={"formula": formula, "tested": products})
    found = estimate_outcome(together.predictors, model, one.outcome, together.table)
    return Fit(one.part, model, found)


def _one_stage(one: Asked, task: RelationTask, together: Together) -> Iterator[Row]:
    """The effect that all cohorts are taken to have, and the joint tests."""
    fitted = _fit(one, task, together)
    names = {name: _term(task, name) for name in one.model.tested if PRODUCT not in name}
    without = f"without {', '.join(together.left_out)}, which a cohort lacks" if together.left_out else ""
    for row in fitted.rows(names, task):
        clusters = "; ".join(f"{name}={count}" for name, count in row.clusters.items())
        given = row.model_dump(exclude={"part", "clusters"})
        reason = row.reason or without
        yield {
            **given,
            "way": "one_stage",
            "cohorts": len(together.cohorts),
            "clusters": clusters,
            "reason": reason,
        }
    if not isinstance(fitted.found, Refused):
        for test in fitted.found.estimates:
            if test.estimand == "joint_test":
                given = test.model_dump(exclude={"p_closed"})
                yield {**given, "way": "one_stage", "cohorts": len(together.cohorts)}


def _differ(one: Asked, task: RelationTask, together: Together) -> Iterator[Row]:
    """Whether each effect is the same in all cohorts: the products of cohorts with it, tested jointly."""
    plain = [name for name in together.model.tested if PRODUCT not in name]
    products = tuple(PRODUCT.join([other, name]) for name in plain for other in together.others)
    fitted = _fit(one, task, together, products)
    for name in plain:
        shared = {"way": "one_stage", "term": _term(task, name), "estimand": "cohorts_differ"}
        if isinstance(fitted.found, Refused):
            why = fitted.found.refusal
            yield {**shared, "status": why.status, "reason": why.reason}
            continue
        alone = f"{next(iter(together.others))}{PRODUCT}{name}"
        for row in fitted.found.estimates:
            jointly = row.estimand == "joint_test" and row.term == joint_term(alone)
            single = row.estimand == "coefficient" and row.term == alone and len(together.others) == 1
            if jointly or single:
                kept = row.model_dump(include={"level", "df", "statistic", "p", "status"})
                if single and row.statistic is not None:
                    kept["statistic"] = row.statistic**2
                unit = f"F on {len(together.others)} and df"
                yield {**shared, **kept, "unit": unit, "cohorts": len(together.cohorts)}


def _two_stage(
    one: Asked, task: RelationTask, together: Together, own: Mapping[str, pd.DataFrame]
) -> Iterator[Row]:
    """The cohorts' own coefficients per the same unit, and what they are pooled to."""
    for name in together.model.tested:
        if PRODUCT in name:
            continue
        levels = ("between", "within") if task.predictors[name].split else (task.predictors[name].level,)
        for level in levels:
            of_cohorts = [
                row
                for cohort in together.cohorts
                if (row := _own_row(own[cohort], _term(task, name), level, together, cohort, name))
            ]
            yield from of_cohorts
            yield from _pooled(
                [row for row in of_cohorts if row["status"] not in WITHOUT], _term(task, name), level
            )


def _own_row(
    rows: pd.DataFrame, term: str, level: str, together: Together, cohort: str, name: str
) -> Row | None:
    """A cohort's own coefficient with its limits, per the unit of all cohorts."""
    coefficients = rows[(rows["estimand"] == "coefficient") & (rows["term"] == term)]
    found = coefficients[coefficients["level"].astype("object").fillna("") == level]
    if found.empty:
        return None
    row = found.iloc[0]
    factor = together.scale[cohort].get(name, 1.0)
    return {
        **{key: row[key] for key in ("df", "statistic", "p", "n", "clusters", "status")},
        **{key: row[key] * factor for key in ("estimate", "se", "ci_low", "ci_high")},
        "way": "cohort",
        "cohort": cohort,
        "term": term,
        "level": level,
        "estimand": "coefficient",
        "unit": together.predictors[name].unit,
        "cohorts": 1,
    }


def _pooled(own: list[Row], term: str, level: str) -> Iterator[Row]:
    """Pooled estimates of one term; why there are none with fewer than five cohorts."""
    shared = {"term": term, "level": level, "cohorts": len(own)}
    if len(own) < ENOUGH:
        yield {**shared, **_refused("two_stage", term, "not_run", few_cohorts(len(own)))}
    if len(own) < 2:
        return
    effects = np.array([row["estimate"] for row in own], dtype=float)
    variances = np.array([row["se"] for row in own], dtype=float) ** 2
    shared |= {"status": "ok", "unit": own[0]["unit"]}
    naive = pooled(effects, variances, dersimonian_laird(effects, variances), None)
    if len(own) >= ENOUGH:
        found = pooled(effects, variances, reml(effects, variances))
        yield {**shared, "way": "two_stage", **_mean(found)}
        yield from ({**shared, "way": "two_stage", **row} for row in _spread(found))
    yield {**shared, "way": "normal", **_mean(naive)}


def few_cohorts(count: int) -> str:
    """Why so few cohorts are not pooled as a sample of cohorts."""
    return f"how much effects vary between cohorts cannot be told from fewer than {ENOUGH} ({count} here)"


def _mean(found: Pooled) -> Row:
    low, high = found.interval
    return {
        "estimand": "coefficient",
        "estimate": found.estimate,
        "se": found.se,
        "df": found.df if math.isfinite(found.df) else None,
        "statistic": found.statistic,
        "p": found.p,
        "ci_low": low,
        "ci_high": high,
    }


def _spread(found: Pooled) -> Iterator[Row]:
    """How much effects vary between cohorts, and where the one of another cohort lies."""
    low, high = found.prediction()
    yield {"estimand": "tau_squared", "estimate": found.tau2, "unit": "squared units of the coefficient"}
    yield {"estimand": "i_squared", "estimate": found.i2, "unit": "share of the variance of estimates"}
    yield {
        "estimand": "heterogeneity_test",
        "statistic": found.q,
        "df": found.cohorts - 1.0,
        "p": found.q_p,
        "unit": "Cochran's Q",
    }
    yield {
        "estimand": "prediction_interval",
        "estimate": found.estimate,
        "df": found.cohorts - 2.0,
        "ci_low": low,
        "ci_high": high,
    }
