"""Every primary effect of the plan in one simulated cohort, as reported and as it would be without care."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.models.design.design import DesignColumn
from alliance_modes.models.effects.marginal import marginal_effects
from alliance_modes.models.effects.measurement_error import Reliability, correct_for_measurement_error
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.refitting.bootstrap import bootstrap_joint_test
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Outcome, PlannedModel

COLUMNS = (
    *("model", "outcome", "term", "level", "method", "status"),
    *("estimate", "se", "df", "p", "ci_low", "ci_high"),
)
RULE, PLAIN, CORRECTED, POINTS = "rule", "plain", "corrected", "percentage_points"
BOOTSTRAP = "bootstrap"
BOOTSTRAP_STREAM = 1
"""Keeps the draws of the bootstrap apart from the others of the same seed."""
NO_RELIABILITIES: Mapping[str, Reliability] = {}


def primary_outcomes(plan: Plan) -> Iterator[tuple[str, PlannedModel, Outcome]]:
    """The outcomes whose tests are primary, in the order of the plan."""
    for name, model in plan.models.items():
        for outcome in model.outcomes_with("primary"):
            yield name, model, outcome


def recovered_effects(
    tables: Mapping[str, pd.DataFrame],
    plan: Plan,
    reliabilities: Mapping[str, Reliability] = NO_RELIABILITIES,
    seed: int = 0,
    *,
    bootstrap: bool = False,
) -> pd.DataFrame:
    """Estimate every primary effect of the plan in one cohort.

    Parameters
    ----------
    tables : mapping of DataFrame
        The analysis tables.
    plan : Plan
    reliabilities : mapping of Reliability
        Of practitioner scores, by column; none means no correction for measurement error.
    seed : int
        Of the draws behind intervals of corrected slopes and percentage points, and of the bootstrap.
    bootstrap : bool
        Whether joint tests are bootstrapped too, of the models and with the draws that the plan says;
        below 25 practitioners as well, where a run makes no claim and draws nothing.

    Returns
    -------
    DataFrame
        One row per outcome, tested term (joint tests included) and method, columns ``COLUMNS``.
        An outcome that was not estimated has one row, without a term.

    Notes
    -----
    ``rule`` is what the project reports. ``plain`` is the same estimate with the engine's own standard
    error and the normal distribution (of a joint test: chi-squared). ``percentage_points`` are
    average marginal effects (0/1 outcomes and counts). ``corrected`` is put right for measurement
    error, per SD of the true score of the mode. ``bootstrap`` is the likelihood-ratio test with its null
    distribution simulated.
    """
    rows: list[dict] = []
    for name, model, outcome in primary_outcomes(plan):
        found = estimate_outcome(plan.predictors, model, outcome, tables.get(model.table))
        shared = {"model": name, "outcome": outcome.name}
        if isinstance(found, Refused):
            rows.append({**shared, "term": "", "method": RULE, "status": found.refusal.status})
            continue
        made = [*_rule(found), *_plain(found), *_corrected(found, reliabilities, plan.draws, seed)]
        if family_of(model.family).marginal:
            made += _points(found, family_of(model.family).difference.times, plan.draws, seed)
        if bootstrap and name in plan.bootstrap.models:
            made += _bootstrapped(found, plan, seed)
        rows += [{**shared, **row} for row in made]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _tested(found: Estimated) -> tuple[DesignColumn, ...]:
    return tuple(column for column in found.design.columns if column.tested)


def _rule(found: Estimated) -> Iterator[dict]:
    tested = {(column.term, column.level) for column in _tested(found)}
    for row in found.estimates:
        single = row.estimand == "coefficient" and (row.term, row.level) in tested
        if single or row.estimand == "joint_test":
            kept = row.model_dump(include={"term", "level", "estimate", "se", "df", "p", "ci_low", "ci_high"})
            yield {**kept, "method": RULE, "status": row.status}


def _plain(found: Estimated) -> Iterator[dict]:
    fit = found.structure.fit
    reach = float(stats.norm.ppf(0.5 + CONFIDENCE / 2.0))
    for column in _tested(found):
        place = fit.names.index(column.name)
        beta, se = float(fit.beta[place]), float(fit.se[place])
        yield {
            "term": column.term,
            "level": column.level,
            "method": PLAIN,
            "status": found.status,
            "estimate": beta,
            "se": se,
            "p": float(2.0 * stats.norm.sf(abs(beta / se))),
            "ci_low": beta - reach * se,
            "ci_high": beta + reach * se,
        }
    for row in found.estimates:
        if row.estimand == "joint_test":
            places = [fit.names.index(one.name) for one in _tested(found) if one.level == row.level]
            slopes = fit.beta[places]
            statistic = float(slopes @ np.linalg.solve(fit.vcov[np.ix_(places, places)], slopes))
            p = float(stats.chi2.sf(statistic, len(places)))
            yield {
                "term": row.term,
                "level": row.level,
                "method": PLAIN,
                "status": found.status,
                "p": p,
            }


def _bootstrapped(found: Estimated, plan: Plan, seed: int) -> Iterator[dict]:
    for row in found.estimates:
        if row.estimand == "joint_test":
            test = bootstrap_joint_test(
                found.design,
                found.structure.fit.distribution,
                found.structure.groupings,
                plan.bootstrap.draws,
                plan.bootstrap.stop_after,
                np.random.default_rng([seed, BOOTSTRAP_STREAM]),
                row.level,
            )
            status = found.status if test.status == "ok" else test.status
            yield {"term": row.term, "level": row.level, "method": BOOTSTRAP, "status": status, "p": test.p}


def _points(found: Estimated, times: float, draws: int, seed: int) -> Iterator[dict]:
    effects = marginal_effects(found.design, found.structure.fit, found.inference, draws, [seed])
    for column in _tested(found):
        one = effects.difference(column, times)
        shared = {"term": column.term, "level": column.level, "method": POINTS, "status": found.status}
        yield {**shared, "estimate": one.estimate, "se": one.se, "ci_low": one.low, "ci_high": one.high}


def _corrected(
    found: Estimated, reliabilities: Mapping[str, Reliability], draws: int, seed: int
) -> Iterator[dict]:
    tested = {column.name for column in _tested(found)}
    made = correct_for_measurement_error(found.inference, found.design, reliabilities, draws, [seed])
    for one in made:
        if one.column.name in tested and one.column.name in reliabilities:
            shared = {"term": one.column.term, "level": one.column.level, "method": CORRECTED}
            if one.true_sd is None:
                yield {**shared, "status": "not_estimated"}
                continue
            numbers = {"estimate": one.estimate, "ci_low": one.ci_low, "ci_high": one.ci_high}
            scaled = {name: value * one.true_sd for name, value in numbers.items() if value is not None}
            yield {**shared, "status": found.status, **scaled}
