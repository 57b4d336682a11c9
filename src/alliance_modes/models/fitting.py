"""One model of the plan on one cohort: every outcome fitted, or the reason why not."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.checks.check_table import with_later
from alliance_modes.models.checks.diagnostics import diagnose
from alliance_modes.models.checks.simulated_residuals import simulated_residuals
from alliance_modes.models.design.collinearity import variance_inflation
from alliance_modes.models.design.design import Design, Refusal
from alliance_modes.models.design.periods import Steps
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.effects.measurement_error import Reliability, correction_of
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import engine_name
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.families.family import Asked, Family, Further
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.inference.explained import explained_variance
from alliance_modes.models.inference.inference import Inference, may_claim
from alliance_modes.models.inference.kenward_roger import kenward_roger_check
from alliance_modes.models.inference.tested import tested_together
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.result import (
    Diagnostic,
    FitResult,
    ModelResult,
    Status,
)
from alliance_modes.models.units.effects import unit_effects
from alliance_modes.models.variances.components import variance_rows
from alliance_modes.plan.check import disagreements
from alliance_modes.plan.parts import ModelTask
from alliance_modes.plan.terms import Outcome, PlannedModel

ENROLMENT = "enrolment"
BEST_FIRST: tuple[Status, ...] = ("ok", "singular", "not_converged", "not_estimated", "not_run")


def fit_model(
    task: ModelTask,
    tables: Mapping[str, pd.DataFrame | None],
    reliabilities: Mapping[str, Reliability] | None = None,
) -> ModelResult:
    """Fit every outcome of one model of the plan.

    Parameters
    ----------
    task : ModelTask
    tables : mapping of DataFrame
        The analysis tables ``alliance`` (one row per inventory), ``session`` (per enrolment and
        session) and ``enrolment``, as far as the model needs them; None or no rows where absent.
    reliabilities : mapping of Reliability, optional
        Of practitioner scores, by column; with it, slopes corrected for measurement error are added.

    Returns
    -------
    ModelResult
        One fit per outcome. What cannot be fitted is there with its status and reason: ``not_run``
        (no data for it in this cohort), ``not_estimated`` (data that cannot carry it) or
        ``not_converged``. A ``singular`` fit has estimates, and names the variance at zero.

    Raises
    ------
    ModelError
        The model and the predictors do not fit each other.

    Notes
    -----
    Complete cases of the outcome's population; see ``models.design`` for rows and groupings,
    ``models.inference`` for SE and df, ``models.effects`` for percentage points, and docs/models.md
    for all of it in order.
    """
    model = _fitting_together(task)
    known = reliabilities or {}
    found = {
        outcome.name: estimate_outcome(task.predictors, model, outcome, tables.get(model.table))
        for outcome in model.outcomes
    }
    fits = tuple(_fit_outcome(task, outcome, found, known) for outcome in model.outcomes)
    best = min(fits, key=lambda fit: BEST_FIRST.index(fit.status))
    reason = best.reason if best.status not in ("ok", "singular") else ""
    return ModelResult(
        model=task.name,
        hypothesis=model.hypothesis,
        title=model.title,
        status=best.status,
        reason=reason,
        fits=fits,
    )


def _fitting_together(task: ModelTask) -> PlannedModel:
    found = disagreements(task.predictors, {task.name: task.model})
    if found:
        raise ModelError("the plan does not fit together: " + "; ".join(one.message for one in found))
    return task.model


def _fit_outcome(
    task: ModelTask,
    outcome: Outcome,
    every: Mapping[str, Estimated | Refused],
    reliabilities: Mapping[str, Reliability],
) -> FitResult:
    found, model = every[outcome.name], task.model
    if isinstance(found, Refused):
        return _refused(model, outcome, found.refusal, found.design)
    family = family_of(model.family)
    seed = [task.seed, zlib.crc32(f"{task.name}.{outcome.name}".encode())]
    asked = Asked(outcome.name, every, found, model, task.predictors, task.draws, seed)
    result = _result(model, outcome, found, family, family.further(asked))
    shared = (found.inference, found.design, family.scale, found.status)
    rows, checks = correction_of(*shared, reliabilities, task.draws, task.seed)
    return result.model_copy(
        update={
            "estimates": (*result.estimates, *rows),
            "diagnostics": with_later(result.diagnostics, (*_further(task, outcome, found), *checks)),
        }
    )


def _further(task: ModelTask, outcome: Outcome, found: Estimated) -> tuple[Diagnostic, ...]:
    """Residuals of 0/1 outcomes and counts, by draws; Kenward-Roger's df of primary linear models."""
    fit, groupings = found.structure.fit, found.structure.groupings
    if not fit.distribution.normal:
        seed = [task.seed, zlib.crc32(f"residuals.{task.name}.{outcome.name}".encode())]
        return simulated_residuals(found.design, fit, groupings, seed)
    if task.model.claim_of(outcome) != "primary":
        return ()
    return (kenward_roger_check(found.design, fit, groupings, found.inference),)


def _result(
    model: PlannedModel,
    outcome: Outcome,
    found: Estimated,
    family: Family,
    further: Further,
) -> FitResult:
    design, structure = found.design, found.structure
    fit = structure.fit
    explained = explained_variance(fit, design.each_observation(design.matrix() @ fit.beta), design.frame)
    return FitResult(
        outcome=outcome.name,
        label=outcome.told,
        family=family.name,
        formula=_formula(outcome, design.fixed, structure.groupings),
        engine=fit.engine,
        status=found.status,
        reason=_reason(design, structure),
        n=design.observations,
        rows_missing=design.rows_missing,
        reduced=design.reduced,
        pooled=design.pooled,
        clusters=dict(design.clusters),
        estimates=(*found.estimates, *further.estimates),
        tested=tested_together(design, found.inference, model.table == ENROLMENT),
        variances=variance_rows(design, structure, primary=model.claim_of(outcome) == "primary"),
        diagnostics=(*_checks(found, family), *further.diagnostics),
        refits=family.second_engine(design, found.inference),
        curves=further.curves,
        incidences=further.incidences,
        units=unit_effects(design, structure) if family.planned.one_each else (),
        outcome_mean=float(design.mean_outcome.mean()),
        loglik=fit.loglik,
        criterion=_criterion(fit),
        r2_marginal=explained.r2_marginal,
        r2_conditional=explained.r2_conditional,
        icc_adjusted=explained.icc_adjusted,
        icc_unadjusted=explained.icc_unadjusted,
    )


def _checks(found: Estimated, family: Family) -> tuple[Diagnostic, ...]:
    design, structure = found.design, found.structure
    return (
        *diagnose(design, structure, variance_inflation(design), family.scale.unit),
        _reduction(structure),
        _rule(family, design, found.inference),
    )


def _criterion(fit: EngineFit) -> str:
    if fit.reml:
        return "REML"
    if fit.nagq == 1:
        return "Laplace"
    levels = len(fit.covariances)
    return f"quadrature, {fit.nagq} nodes" + (f" at each of {levels} levels" if levels > 1 else "")


def _refused(model: PlannedModel, outcome: Outcome, refusal: Refusal, design: Design | None) -> FitResult:
    fixed = () if design is None else design.fixed
    groupings = () if design is None else design.groupings
    return FitResult(
        outcome=outcome.name,
        label=outcome.told,
        family=model.family,
        formula=_formula(outcome, fixed, groupings)
        if design is not None
        else f"{outcome.column} ~ {model.formula}",
        engine=engine_name(),
        status=refusal.status,
        reason=refusal.reason,
        n=0 if design is None else design.observations,
        rows_missing=0 if design is None else design.rows_missing,
        reduced=() if design is None else design.reduced,
        pooled=() if design is None else design.pooled,
        clusters={} if design is None else dict(design.clusters),
    )


def _formula(outcome: Outcome, fixed: tuple[str, ...], groupings: tuple[Grouping, ...]) -> str:
    random = [f"({' + '.join(('1', *grouping.slopes))} | {grouping.name})" for grouping in groupings]
    known = [] if outcome.exposure is None else [f"offset(log({outcome.exposure}))"]
    return f"{outcome.column} ~ {' + '.join([*(fixed or ('1',)), *known, *random])}"


def _reason(design: Design, structure: Structure) -> str:
    said = []
    if design.reduced:
        said.append(
            f"reduced: without {', '.join(design.reduced)}, of which the cohort has no value, or one for all"
        )
    if design.alike:
        said.append(f"{', '.join(design.alike)} left out: the same in every row")
    if design.pooled:
        few = f"as the plan has it for {design.practitioners} practitioners"
        said.append(f"pooled: one column each, not split, for {', '.join(design.pooled)}, {few}")
    if structure.fit.singular:
        said.append(structure.fit.boundary())
    if structure.planned is not None:
        slopes = ", ".join(f"{slope} over {name}" for name, slope in structure.left_out)
        said.append(f"fitted without the random slope of {slopes}")
    if design.together:
        said.append(_counted_together(design))
    said += [f"{name} left out: {reason}" for name, reason in design.dropped]
    if design.practitioners is not None and not may_claim(design.practitioners):
        said.append(f"descriptive: {design.practitioners} practitioners")
    return "; ".join(said)


def _reduction(structure: Structure) -> Diagnostic:
    planned, fit = structure.planned, structure.fit
    check = "random effects as planned"
    if planned is None:
        return Diagnostic(check=check, result="pass")
    why = f"is singular ({planned.boundary()})" if planned.converged else "did not converge"
    change = float(np.nanmax(np.abs(planned.beta - fit.beta) / fit.se))
    detail = f"the planned structure {why}; as fitted, the largest change of a coefficient is {change:.2g} SE"
    return Diagnostic(check=check, result="fail", detail=detail)


def _rule(family: Family, design: Design, inference: Inference) -> Diagnostic:
    check = "standard errors for few practitioners"
    said = [family.rule]
    if inference.working is None and not family.distribution.normal:
        detail = "the working-response fit did not converge: Laplace SEs, df capped"
        return Diagnostic(check=check, result="fail", detail=detail)
    if design.together:
        said.append("Laplace SEs that take the variances as known, as there are so many sessions")
    if design.few and family.small_sample:
        said.append("no Kenward-Roger widening beside the df, as the plan has it for few practitioners")
    elif inference.small_sample and family.small_sample:
        said.append("Kenward-Roger SEs" + (" of the working response" if inference.working else ""))
    elif family.small_sample and design.practitioners is not None:
        said.append("the engine's own SEs, as there are many practitioners, groups and sites")
    if inference.practitioner_variance is not None:
        kept = f"{inference.practitioner_variance:.3g}"
        said.append(f"the practitioner variance, estimated at zero, stands at {kept} in the SEs")
    return Diagnostic(check=check, result="pass", detail="; ".join(said))


def _counted_together(design: Design) -> str:
    """What was done with the sessions of an enrolment, in words."""
    (starts,) = (steps.starts for steps in design.smooths if isinstance(steps, Steps))
    return (
        f"{design.observations} sessions counted together in {len(design.frame)} rows, with a constant "
        f"baseline hazard in the periods from sessions {', '.join(f'{start:g}' for start in starts)}"
    )
