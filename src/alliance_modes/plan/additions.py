"""``plan_additions.yaml``: what one cohort adds to the plan, beside its ``cohort.yaml``.

It is a file of its own, and not a part of ``cohort.yaml``, so that a changed addition re-runs what is
fitted from it and not what is read from the raw files, and has a SHA-256 of its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.yaml_models import (
    Closed,
    ContradictionError,
    Located,
    Location,
    load_model,
    read_yaml,
)
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.plan.check import disagreements, nearest, with_raters
from alliance_modes.plan.columns import Columns, plan_columns
from alliance_modes.plan.plan import Plan, PlanName
from alliance_modes.plan.terms import Claim, Outcome, PlannedModel, Predictor

ADDITIONS_FILE = "plan_additions.yaml"
EXPLORATORY: Claim = "exploratory"
NO_CLAIM = (
    "what a cohort adds is exploratory: it is chosen for this cohort alone, and one more test in a family "
    "of hypotheses would change the adjusted p of the others"
)
ANOTHER_NAME = "An addition changes nothing that exists; give it another name."


class AddedModel(PlannedModel):
    """A model that one cohort adds: as a model of the plan, without a claim."""

    claim: Claim = Field(default=EXPLORATORY, description="exploratory, and nothing else")

    @field_validator("claim")
    @classmethod
    def _exploratory(cls, claim: Claim) -> Claim:
        if claim != EXPLORATORY:
            raise ValueError(NO_CLAIM)
        return claim

    @field_validator("outcomes")
    @classmethod
    def _outcomes_exploratory(cls, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        places = [place for place, one in enumerate(outcomes) if one.claim not in (None, EXPLORATORY)]
        if places:
            raise ContradictionError([((place, "claim"), NO_CLAIM) for place in places])
        return outcomes


class Additions(Closed):
    """What one cohort adds: predictors, whole models, and covariates to models of the plan.

    ``covariates`` maps a model of the plan to predictors. It leaves that model as it is and gives one
    more, ``<model>_adjusted``, with the same outcomes.
    """

    predictors: dict[PlanName, Predictor] = Field(default_factory=dict)
    models: dict[PlanName, AddedModel] = Field(default_factory=dict)
    covariates: dict[PlanName, Annotated[tuple[PlanName, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _adds_something(self) -> Additions:
        if not (self.models or self.covariates):
            raise ValueError("nothing is added: give models, or covariates of a model of the plan")
        return self


def additions_file(folder: str | Path) -> Path | None:
    """``folder/plan_additions.yaml`` where there is one."""
    path = Path(folder) / ADDITIONS_FILE
    return path if os.path.lexists(path) else None


def adjusted_name(model: str) -> str:
    """Name of the model that ``covariates`` makes from ``model``."""
    return f"{model}_adjusted"


def cohort_plan(plan: Plan, folder: str | Path, instruments: Mapping[str, Instrument] | None = None) -> Plan:
    """The plan with what the cohort in ``folder`` adds to it.

    Parameters
    ----------
    plan : Plan
        The plan of all cohorts; it is not changed.
    folder : path
        Where ``cohort.yaml`` is.
    instruments : mapping of str to Instrument, optional
        Those whose scores it may name; default: those that are shipped.

    Returns
    -------
    Plan
        The models of ``plan`` first and unchanged, then those added, all exploratory and with the rater
        of every outcome said; ``plan`` itself where the cohort adds nothing.

    Raises
    ------
    ConfigurationError
        Every problem of ``plan_additions.yaml`` at once, each with its line: keys and values that are
        refused, names that the plan has, names that nothing has, a claim that is not exploratory;
        and, where there is none of these, parts that do not fit each other.
    """
    path = additions_file(folder)
    if path is None:
        return plan
    located, columns = read_yaml(path), plan_columns(instruments or load_instruments())
    problems = _problems(_names(plan, located.value), located)
    try:
        additions = load_model(path, Additions)
    except ConfigurationError as error:
        problems += error.problems
    if not problems:
        merged = merge(plan, additions)
        problems = _problems(_disagreements(plan, additions, merged, columns), located)
    if problems:
        raise ConfigurationError(str(path), problems)
    return merged.model_copy(update={"models": with_raters(merged.models, columns)})


def merge(plan: Plan, additions: Additions) -> Plan:
    """``plan`` with ``additions`` that fit it; what is added comes last."""
    predictors = {**plan.predictors, **additions.predictors}
    models = {**plan.models, **additions.models}
    for name, covariates in additions.covariates.items():
        models[adjusted_name(name)] = _adjusted(plan.models[name], covariates, predictors)
    return plan.model_copy(update={"predictors": predictors, "models": models})


def _adjusted(
    base: PlannedModel, covariates: tuple[str, ...], predictors: Mapping[str, Predictor]
) -> PlannedModel:
    labels = ", ".join(predictors[name].label for name in covariates)
    return base.model_copy(
        update={
            "title": f"{base.title}, also adjusted for: {labels}",
            "claim": EXPLORATORY,
            "outcomes": tuple(one.model_copy(update={"claim": EXPLORATORY}) for one in base.outcomes),
            "formula": " + ".join((base.formula, *covariates)),
        }
    )


Found = Iterator[tuple[Location, str, str]]
"""Place in the file, what is wrong, and what to do."""


def _names(plan: Plan, value: Any) -> Found:
    """Names that exist already, and names that do not; from the file as written, whatever else it says."""
    keys = {name: _mapping(value, name) for name in ("predictors", "models", "covariates")}
    for kind, existing in (("predictors", plan.predictors), ("models", plan.models)):
        for name in keys[kind]:
            if name in existing:
                yield (kind, name), f"the plan has a {kind[:-1]} of this name", ANOTHER_NAME
    known = (*plan.predictors, *keys["predictors"])
    for base, covariates in keys["covariates"].items():
        where = ("covariates", base)
        if base not in plan.models:
            yield where, f"the plan has no model {base}", nearest(base, plan.models)
            continue
        if adjusted_name(base) in (*plan.models, *keys["models"]):
            yield where, f"there is a model {adjusted_name(base)} already", ANOTHER_NAME
        names = [name for name in covariates if isinstance(name, str)] if _is_list(covariates) else []
        for place, name in enumerate(names):
            if name not in known:
                yield (*where, place), f"unknown predictor {name}", nearest(name, known)
            elif name in plan.models[base].predictors or name in names[:place]:
                yield (*where, place), f"{name} is in the formula of {base} already", "Leave it out."


def _mapping(value: Any, key: str) -> dict:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _disagreements(plan: Plan, additions: Additions, merged: Plan, columns: Columns) -> Found:
    """What does not fit, at the place of the file that says so."""
    homes: dict[str, Location] = {name: ("models", name) for name in additions.models}
    homes |= {adjusted_name(name): ("covariates", name) for name in additions.covariates}
    yield from _labels(plan, additions)
    told = set()
    for name, home in homes.items():
        for one in disagreements(merged.predictors, {name: merged.models[name]}, columns):
            where = one.location
            if where[0] == "models" and name not in additions.models:
                where = home
            elif where[0] == "predictors" and where[1] not in additions.predictors:
                where = (*home, "formula") if name in additions.models else home
            if (where, one.message) not in told:
                told.add((where, one.message))
                yield where, one.message, one.hint


def _labels(plan: Plan, additions: Additions) -> Found:
    """An outcome of the plan keeps its label: tables name outcomes by it."""
    labels = {one.name: one.label for model in plan.models.values() for one in model.outcomes}
    for name, model in additions.models.items():
        for place, outcome in enumerate(model.outcomes):
            label = labels.get(outcome.name, outcome.label)
            if label != outcome.label:
                where = ("models", name, "outcomes", place, "label")
                yield where, f'the plan calls {outcome.name} "{label}"', ANOTHER_NAME


def _problems(found: Found, located: Located) -> list[Problem]:
    return [
        Problem(
            f"{'.'.join(map(str, where))}: {message}", hint, file=ADDITIONS_FILE, line=located.line(where)
        )
        for where, message, hint in found
    ]
