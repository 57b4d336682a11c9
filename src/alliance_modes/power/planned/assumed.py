"""What is assumed of the outcomes of a planned study: the plan's own fit of very many simulated people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import Design, Refusal
from alliance_modes.models.design.random_structure import fit_structure
from alliance_modes.models.families.family import Family
from alliance_modes.models.families.registry import family_of
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Outcome, PlannedModel
from alliance_modes.power.injected import Injected, Varying, effect_columns, injected_of
from alliance_modes.power.planned.asked import RATIO, USUAL_RATIO, PlannedStudy
from alliance_modes.power.told import Told, told

BLOCKS = 4
"""Simulated cohorts behind what is assumed, each of ``PRACTITIONERS``."""
PRACTITIONERS = 200


@dataclass(frozen=True)
class Asked:
    """One outcome of one model of the plan."""

    model: PlannedModel
    outcome: Outcome
    name: str


@dataclass(frozen=True)
class Fitted:
    """What a fit of many simulated people says of one outcome, as it goes from one process to another."""

    design: Design
    coefficients: Mapping[str, float]
    varying: Mapping[str, Varying]
    dispersion: float


@dataclass(frozen=True)
class Assumed:
    """What outcomes of one kind are drawn from, and the effect that is put in, by tested column.

    ``design`` has the people over which effects are told; ``tellings`` say how a coefficient of each column
    is told, and ``effect`` is the number behind the coefficients.
    """

    asked: Asked
    design: Design
    injected: Injected
    tellings: Mapping[str, Told]
    coefficients: Mapping[str, float]
    effect: float

    @property
    def estimand(self) -> str:
        """How its effects are told."""
        return next(iter(self.tellings.values())).estimand

    def number(self, coefficient: float) -> float:
        """How a coefficient is told, the mean over the columns."""
        return float(np.mean([one.number(coefficient) for one in self.tellings.values()]))

    def half_width(self, reach: float) -> float:
        """Half of an interval about the effect, as it is told, from that of the coefficient."""
        pairs = ((self.tellings[name], beta) for name, beta in self.coefficients.items())
        return float(np.mean([one.half_width(beta, reach) for one, beta in pairs]))

    @property
    def coefficient(self) -> float:
        """The effect as a coefficient, the mean over the columns."""
        return float(np.mean(list(self.coefficients.values())))


def outcomes_of(plan: Plan, names: Sequence[str]) -> tuple[Asked, ...]:
    """The outcomes that are asked for; with no names the first primary one of each model that has one.

    Raises
    ------
    ConfigurationError
        A name that the plan does not have, or one whose model cannot be answered for.
    """
    every = {
        f"{model_name}.{outcome.name}": Asked(model, outcome, f"{model_name}.{outcome.name}")
        for model_name, model in plan.models.items()
        for outcome in model.outcomes
    }
    chosen = names or [
        f"{name}.{model.outcomes_with('primary')[0].name}"
        for name, model in plan.models.items()
        if model.outcomes_with("primary") and not cannot(model, plan)
    ]
    problems = [*_unknown(chosen, every), *_not_answered(chosen, every, plan)]
    if not chosen:
        problems.append(
            Problem("the plan has no primary outcome that practitioners' ways of working go with")
        )
    if problems:
        raise ConfigurationError("outcomes of a planned study", problems)
    return tuple(every[name] for name in dict.fromkeys(chosen))


def cannot(model: PlannedModel, plan: Plan) -> str:
    """Why a model's outcomes cannot be drawn; blank where they can."""
    family = family_of(model.family).planned
    if family.hazard:
        return "a session after an end does not exist, so that ends cannot be drawn session by session"
    if family.levels:
        return "the generator has no outcome of ordered levels"
    if not model.mode_terms(plan.predictors):
        return "it tests no practitioner's use of a mode"
    return ""


def _unknown(chosen: Sequence[str], every: Mapping[str, Asked]) -> Iterator[Problem]:
    for name in chosen:
        if name not in every:
            yield Problem(f'the plan has no outcome "{name}"', f"It has {', '.join(every)}.")


def _not_answered(chosen: Sequence[str], every: Mapping[str, Asked], plan: Plan) -> Iterator[Problem]:
    for name in chosen:
        why = cannot(every[name].model, plan) if name in every else ""
        if why:
            yield Problem(f"{name}: {why}", "Leave it out.")


def fitted(
    asked: Sequence[Asked], plan: Plan, tables: Mapping[str, pd.DataFrame]
) -> tuple[Fitted | str, ...]:
    """The plan's fit of each outcome to many simulated people, without SEs; or why there is none."""
    return tuple(_fitted(one, plan, tables) for one in asked)


def _fitted(one: Asked, plan: Plan, tables: Mapping[str, pd.DataFrame]) -> Fitted | str:
    design = build_design(tables.get(one.model.table), one.model, one.outcome, plan.predictors)
    if isinstance(design, Refusal):
        return design.reason
    family = family_of(one.model.family)
    structure = fit_structure(
        design, family.distribution_of(design), nodes=one.model.quadrature_nodes, quick=True
    )
    found = injected_of(design, structure.fit)
    coefficients = dict(found.coefficients)
    for column in design.columns:
        predictor = plan.predictors.get(column.predictor)
        if predictor is not None and predictor.split and column.level == "within":
            coefficients.setdefault(predictor.column, coefficients[column.name])
    return Fitted(design, coefficients, found.varying, found.dispersion)


def assumed(one: Asked, blocks: Sequence[Fitted], study: PlannedStudy) -> Assumed:
    """What is assumed of one outcome: the mean of the fits, with what the study says otherwise.

    Raises
    ------
    ConfigurationError
        No effect is as large as the one that is asked for.

    Notes
    -----
    A covariate that is pooled in a small study has the coefficient that it has within practitioners.
    """
    family, design = family_of(one.model.family), blocks[0].design
    injected = _with_shares(_mean(blocks, family), family, design, study)
    names = [column.name for column in effect_columns(design)]
    nothing = injected.with_effects(dict.fromkeys(names, 0.0))
    tellings = {name: told(design, nothing, family, one.model, one.outcome, name) for name in names}
    found = {name: _coefficient(telling, study) for name, telling in tellings.items()}
    known = {name: beta for name, beta in found.items() if beta is not None}
    if len(known) < len(found):
        largest = min(telling.number(telling.largest) for telling in tellings.values())
        raise ConfigurationError(
            f"an effect on {one.outcome.label}",
            [
                Problem(
                    f"no effect on {one.outcome.label} is as large as that: "
                    f"the largest is near {largest:.0f}",
                    "Give the smallest effect that would matter.",
                )
            ],
        )
    effect = float(np.mean([tellings[name].number(beta) for name, beta in known.items()]))
    return Assumed(one, design, nothing, tellings, known, effect)


def _coefficient(telling: Told, study: PlannedStudy) -> float | None:
    """The coefficient of the effect that the study is to find; None where none is as large."""
    effects = dict(study.effects)
    if telling.estimand in effects:
        return telling.coefficient(effects[telling.estimand])
    return float(np.log(effects.get(RATIO, USUAL_RATIO)))


def _mean(blocks: Sequence[Fitted], family: Family) -> Injected:
    coefficients = {
        name: float(np.mean([one.coefficients.get(name, 0.0) for one in blocks]))
        for name in blocks[0].coefficients
    }
    varying = {name: _mean_varying([one.varying[name] for one in blocks]) for name in blocks[0].varying}
    dispersion = float(np.mean([one.dispersion for one in blocks]))
    return Injected(coefficients, varying, dispersion, family.distribution)


def _mean_varying(found: Sequence[Varying]) -> Varying:
    """The mean of the covariances with most terms: a fit may have left a slope out."""
    terms = max((one.terms for one in found), key=len)
    alike = [one.covariance for one in found if one.terms == terms]
    return Varying(terms, np.mean(alike, axis=0))


def _with_shares(injected: Injected, family: Family, design: Design, study: PlannedStudy) -> Injected:
    """Variances between practitioners and sites that are the shares of all variance that are asked for."""
    shares = {name: share for name, share in study.shares if name in injected.varying}
    if not shares:
        return injected
    others = level1_variance(injected, design) + math.fsum(
        one.intercept for name, one in injected.varying.items() if name not in shares
    )
    total = others / (1.0 - math.fsum(shares.values()))
    changed = {name: injected.varying[name].with_intercept(share * total) for name, share in shares.items()}
    return replace(injected, varying={**injected.varying, **changed})


def level1_variance(injected: Injected, design: Design) -> float:
    """Variance of an observation on the scale of the linear predictor."""
    known = injected.distribution.level1_variance
    if known is None:
        return injected.dispersion
    return float(known(design.mean_outcome.to_numpy(dtype=float)))


def shares_of(injected: Injected, design: Design) -> dict[str, float]:
    """The share of the variance, at given predictors, that lies between the levels of each grouping."""
    parts = {name: one.intercept for name, one in injected.varying.items()}
    total = math.fsum(parts.values()) + level1_variance(injected, design)
    return {name: part / total for name, part in parts.items()}
