"""Each model of a plan as a protocol says it: its estimand, its outcomes, and how it is fitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alliance_modes.models.families.registry import family_of
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.said import terms_said
from alliance_modes.plan.terms import Outcome, PlannedModel
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, plain

LEAD = "For each model what its numbers are about, stated before any is seen."

ESTIMAND = (
    ("population", "Who"),
    ("exposure", "Exposure"),
    ("outcome", "Outcome"),
    ("level", "Compared"),
    ("time_zero", "From"),
    ("intercurrent_events", "Ends on the way"),
    ("summary", "Number reported"),
)


@dataclass(frozen=True)
class ModelTold:
    """One model: its title with the hypothesis, and everything else as rows of two columns."""

    title: str
    table: DisplayTable


def models_told(plan: Plan) -> list[ModelTold]:
    """The models in the order of the plan."""
    return [
        ModelTold(
            f"{model.title} ({model.hypothesis})",
            display_table(f"The model {name}", ("", "As registered"), "ll", list(_rows(model, plan))),
        )
        for name, model in plan.models.items()
    ]


def _rows(model: PlannedModel, plan: Plan) -> Iterator[tuple[str, str]]:
    for field, told in ESTIMAND:
        yield told, capital(getattr(model.estimand, field))
    for outcome in model.outcomes:
        yield _claim(model, outcome), _outcome(outcome)
    family = family_of(model.family)
    yield "Fitted", f"Mixed model with {family.planned.link} link, {family.rule}"
    yield "Tested", capital(terms_said(model.tested, plan.predictors)) or "Nothing: it describes"
    yield "Adjusted for", capital(terms_said(model.covariates, plan.predictors)) or "Nothing"
    yield "Random intercepts", capital(listed(list(model.random)))
    slopes = [
        f"{terms_said(names, plan.predictors)} over {grouping}s"
        for grouping, names in model.slopes.items()
        if names
    ]
    if slopes:
        yield "Random slopes", capital("; ".join(slopes))


def _claim(model: PlannedModel, outcome: Outcome) -> str:
    return f"{capital(model.claim_of(outcome))} outcome"


def _outcome(outcome: Outcome) -> str:
    """The label, who tells it, and which rows it is about."""
    where = [
        f"{plain(column)} is {'true' if value is True else 'false' if value is False else value}"
        for column, value in outcome.where.items()
    ]
    told = [f"told by {plain(outcome.rated_by)}" if outcome.rated_by != "records" else "from records"]
    told += [f"where {listed(where)}"] if where else []
    told += ["without the outcome nobody is of the population"] if outcome.population_has_outcome else []
    return f"{outcome.told} ({'; '.join(told)})"
