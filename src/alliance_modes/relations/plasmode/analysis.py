"""Would this cohort have found it? Power, coverage and type-I error of this very study."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.design.design import PRACTITIONER, DesignColumn, Refusal
from alliance_modes.models.effects.detectable import detectable_difference
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.inference.inference import may_claim
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.result import Status
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.plasmode import Plasmode
from alliance_modes.power.answers import Answer, Family, answers, in_turn
from alliance_modes.power.injected import Injected, effect_columns, injected_of
from alliance_modes.power.rates import Rates, Share, detectable, mean_of, rates
from alliance_modes.power.told import Told, told
from alliance_modes.relations.fitted import Asked, asked
from alliance_modes.relations.result import Relation, RelationCheck, RelationEstimate, refused, relation

EACH = "each in turn"
"""The term of what is told over all tested predictors."""
ENOUGH = 0.95
"""Share of the drawn cohorts that the plan's model is to be estimated of."""
UNIT = "share of drawn cohorts"


@dataclass(frozen=True)
class _Study:
    """One outcome with what is drawn of it: the tested columns, how each is told, the coefficient put in."""

    one: Asked
    found: Estimated
    injected: Injected
    columns: tuple[DesignColumn, ...]
    tellings: Mapping[str, Told]
    effects: Mapping[str, float]


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """Draw outcomes for the people of the cohort, with an effect and without, and fit the plan's model.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.

    Returns
    -------
    Relation
        Per outcome and tested predictor: ``effect`` (the number that is put in, as the report tells effects),
        ``power`` (share of cohorts with the effect that have p < .05), ``detectable`` (the effect that is
        found 8 of 10 times, from the SEs of the drawn cohorts), ``bias`` of the coefficient. Per predictor
        and over all of them (term ``each in turn``) ``type_one_error`` (without an effect), the same by
        the engine's own SE and the normal distribution (``type_one_error_plain``: the usual way), and
        ``coverage`` of the 95 % interval. ``se`` is the Monte-Carlo standard error, ``n`` the drawn cohorts.

    Notes
    -----
    A plasmode: who has which clients, groups, gaps, covariates and missing answers are the cohort's own;
    outcomes are drawn from its fit, whose tested coefficients are zero but for the effect that is put in,
    with new random effects. Variances are as estimated; one between practitioners that is estimated at
    zero is what the rule for few practitioners puts in its place, where it puts anything. Their uncertainty
    is not in it: with few practitioners the true power may lie some way off.

    References
    ----------
    Franklin, J. M., Schneeweiss, S., Polinski, J. M., & Rassen, J. A. (2014). Plasmode simulation for the
    evaluation of pharmacoepidemiologic methods in complex healthcare databases. Computational Statistics
    & Data Analysis, 72, 219-226.
    """
    settings = task.settings(Plasmode)
    wanted = set(settings.outcomes)
    estimates: list[RelationEstimate] = []
    checks: list[RelationCheck] = []
    for one in asked(task):
        if one.part not in wanted:
            continue
        study = _study(one, task, settings, tables.get(one.table))
        if isinstance(study, Refusal):
            estimates.append(_nothing(one, study))
            continue
        rows, check = _drawn(study, task, settings)
        estimates += rows
        checks += check
    if not estimates:
        return refused("plasmode", "not_run", "the plan has none of the outcomes that are asked for")
    return relation("plasmode", estimates, checks)


def _study(
    one: Asked, task: RelationTask, settings: Plasmode, table: pd.DataFrame | None
) -> _Study | Refusal:
    """What is drawn of one outcome, or why nothing is."""
    if family_of(one.model.family).planned.hazard:
        why = "a session after an end does not exist, so that ends cannot be drawn session by session"
        return Refusal("not_run", why)
    effect = settings.effects.get(one.model.shown(one.outcome))
    if effect is None:
        return Refusal(
            "not_run", f"the plan gives no effect for outcomes shown by {one.model.shown(one.outcome)}"
        )
    found = estimate_outcome(task.predictors, one.model, one.outcome, table)
    if isinstance(found, Refused):
        return found.refusal
    practitioners, least = found.design.practitioners, settings.practitioners_at_least
    if practitioners is None or practitioners < least:
        return Refusal("not_run", f"{practitioners or 'no'} practitioners; at least {least} are required")
    columns = effect_columns(found.design)
    if not columns:
        return Refusal("not_run", "it tests no predictor that differs between practitioners alone")
    names = [column.name for column in columns]
    injected = _off_zero(found).with_effects(dict.fromkeys(names, 0.0))
    family = family_of(one.model.family)
    tellings = {name: told(found.design, injected, family, one.model, one.outcome, name) for name in names}
    effects = {name: telling.coefficient(effect) for name, telling in tellings.items()}
    known = {name: value for name, value in effects.items() if value is not None}
    if len(known) < len(names):
        return Refusal("not_run", f"no effect on this outcome is as large as {effect:g}")
    return _Study(one, found, injected, columns, tellings, known)


def _off_zero(found: Estimated) -> Injected:
    """The truth of the fit, with what the rule puts in the place of a practitioner variance of zero."""
    injected, variance = injected_of(found.design, found.structure.fit), found.inference.practitioner_variance
    if variance is None or PRACTITIONER not in injected.varying:
        return injected
    larger = max(variance, injected.varying[PRACTITIONER].intercept)
    moved = {**injected.varying, PRACTITIONER: injected.varying[PRACTITIONER].with_intercept(larger)}
    return Injected(injected.coefficients, moved, injected.dispersion, injected.distribution)


def _drawn(
    study: _Study, task: RelationTask, settings: Plasmode
) -> tuple[list[RelationEstimate], list[RelationCheck]]:
    one, design = study.one, study.found.design
    structure = study.found.structure
    start = structure.fit if structure.planned is None else structure.planned
    turns = in_turn([column.name for column in study.columns], settings.cohorts)
    draws = [(place, name, 0.0 if name is None else study.effects[name]) for place, name in enumerate(turns)]
    seed = [task.seed, zlib.crc32(f"plasmode.{one.part}".encode())]
    alone = Family(one.model.claim_of(one.outcome), 1)
    given = [
        each for each in answers(design, one.model, alone, study.injected, draws, seed, start=start) if each
    ]
    estimated = len({each.draw for each in given})
    checks = list(_checks(study, settings.cohorts, estimated))
    if not given:
        return [_nothing(one, Refusal("not_estimated", "no drawn cohort could be estimated"))], checks
    return list(_rows(study, given)), checks


def _rows(study: _Study, given: Sequence[Answer]) -> Iterator[RelationEstimate]:
    for column in study.columns:
        here = [each for each in given if each.column == column.name]
        found, telling = rates(here), study.tellings[column.name]
        unit = column.unit
        yield _row(study, column.term, "effect", telling.number(study.effects[column.name]), unit=unit)
        yield _of(study, column.term, "power", found.power)
        yield _of(study, column.term, "detectable", _detectable(here, telling), unit)
        yield _of(study, column.term, "bias", found.bias, unit)
        yield from _errors(study, column.term, found)
    yield from _errors(study, EACH, rates(given))


def _errors(study: _Study, term: str, found: Rates) -> Iterator[RelationEstimate]:
    yield _of(study, term, "type_one_error", found.type_one)
    yield _of(study, term, "type_one_error_plain", found.type_one_plain)
    yield _of(study, term, "coverage", found.coverage)


def _detectable(given: Sequence[Answer], telling: Told) -> Share:
    """The detectable effect as it is told, and its Monte-Carlo error."""
    coefficient = detectable(given)
    each = mean_of(given, lambda answer: detectable_difference(answer.se, answer.df))
    error = telling.half_width(coefficient, each.error) if each.error else 0.0
    return Share(telling.number(coefficient), error, each.out_of)


def _of(study: _Study, term: str, estimand: str, share: Share | None, unit: str = UNIT) -> RelationEstimate:
    if share is None:
        reason = "too few cohorts were drawn for it"
        return _row(study, term, estimand, None, status="not_estimated", reason=reason)
    return _row(study, term, estimand, share.value, se=share.error, n=share.out_of, unit=unit)


def _row(study: _Study, term: str, estimand: str, estimate: float | None, **more: object) -> RelationEstimate:
    told_of = {"part": study.one.part, "term": term, "level": "between", "estimand": estimand}
    clusters = dict(study.found.design.clusters)
    return RelationEstimate.model_validate({**told_of, "estimate": estimate, "clusters": clusters, **more})


def _checks(study: _Study, cohorts: int, estimated: int) -> Iterator[RelationCheck]:
    part, practitioners = study.one.part, study.found.design.practitioners
    yield RelationCheck(
        part=part,
        check="drawn_cohorts_estimated",
        result="pass" if estimated >= ENOUGH * cohorts else "fail",
        detail=f"{estimated} of {cohorts} drawn cohorts could be estimated",
    )
    few = f"{practitioners} practitioners: below {PRACTITIONERS_FOR_A_CLAIM} nothing that is found is claimed"
    yield RelationCheck(
        part=part,
        check="practitioners_for_a_claim",
        result="pass" if may_claim(practitioners) else "fail",
        detail="" if may_claim(practitioners) else few,
    )
    varying = study.injected.varying.get(PRACTITIONER)
    known = varying is not None and varying.intercept > 0.0
    yield RelationCheck(
        part=part,
        check="variance_between_practitioners",
        result="pass" if known else "fail",
        detail=f"SD {np.sqrt(varying.intercept):.2f}"
        if varying is not None and known
        else "estimated at zero: if it is not, power is lower than told",
    )


def _nothing(one: Asked, refusal: Refusal) -> RelationEstimate:
    status: Status = refusal.status
    return RelationEstimate(part=one.part, term=EACH, estimand="power", status=status, reason=refusal.reason)
