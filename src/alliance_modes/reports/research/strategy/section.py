"""How the questions are answered: each model with its claim, the tests, and what is looked at beside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.collect import hypothesis_families
from alliance_modes.models.families.family import Family
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.multiplicity import METHODS
from alliance_modes.plan.parts import estimates_part
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.said import terms_said
from alliance_modes.plan.terms import Estimand
from alliance_modes.reports.answering import by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import Question
from alliance_modes.reports.research.effects import CLAIMS
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.words.names import METHOD_NAMES, capital, listed, with_shared_endings
from alliance_modes.words.rounding import whole


@dataclass(frozen=True)
class ModelTold:
    """One model as it is planned: its estimand, and in words what is in it and what is tested."""

    title: str
    estimand: Estimand
    about_modes: bool
    fitted: str


def _told(question: Question, plan: Plan) -> ModelTold:
    planned = question.planned
    named = terms_said(planned.terms, plan.predictors)
    tested = terms_said(planned.tested, plan.predictors)
    groupings = listed(list(planned.random))
    slopes = "; ".join(
        f"the effect of {terms_said(names, plan.predictors)} varies over {grouping}s"
        for grouping, names in planned.slopes.items()
        if names
    )
    said = f"In the model: {named}; random intercepts of {groupings}"
    parts = [said, slopes, f"tested: {tested}" if tested else ""]
    return ModelTold(
        planned.title, planned.estimand, question.involves_modes, "; ".join(part for part in parts if part)
    )


def _by_claim(inputs: ReportInputs) -> list[tuple[str, list[ModelTold]]]:
    """Every model under the strongest claim that an outcome of it has."""
    found: dict[str, list[ModelTold]] = {claim: [] for claim in CLAIMS}
    for question in inputs.questions:
        claims = {question.planned.claim_of(one) for one in question.planned.outcomes}
        leading = next(claim for claim in CLAIMS if claim in claims)
        found[leading].append(_told(question, inputs.plan))
    return [(claim, models) for claim, models in found.items() if models]


def _checks(plan: Plan) -> list[str]:
    """What is looked at beside the estimates, as far as the plan asks for it."""
    titles = {name: model.title for name, model in plan.models.items()}
    simulated = [titles[name] for name in plan.bootstrap.models if name in titles]
    left_out = [titles[name] for name in plan.influence.models if name in titles]
    said = [
        "The same data go through a second engine; checks of residuals, collinearity and convergence are "
        "listed with their outcome."
    ]
    if plan.bootstrap.draws and simulated:
        said.append(
            f"Primary tests of {'; '.join(simulated)} are held against at most "
            f"{whole(plan.bootstrap.draws)} data sets that are drawn without an association."
        )
    if left_out:
        said.append(f"Each practitioner and each site is left out in turn: {'; '.join(left_out)}.")
    said.append(
        "Slopes of modes are also told as corrected for the error of the survey, and for a clear association "
        "it is said how strong something unmeasured would have to be to explain it away."
    )
    return said


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "seed": inputs.plan.seed,
        "claims": _by_claim(inputs),
        "mode_use": inputs.plan.exposure.told,
        "families": _families(inputs.plan),
        "adjusted": _adjusted(inputs.plan),
        "tests": _tests(inputs),
        "checks": _checks(inputs.plan),
        "fewest": PRACTITIONERS_FOR_A_CLAIM,
        "draws": whole(inputs.plan.draws),
    }


def _families(plan: Plan) -> list[str]:
    """How the outcomes of each family are fitted."""
    labels: dict[str, list[str]] = {}
    for model in plan.models.values():
        labels.setdefault(_fitted(family_of(model.family)), []).extend(one.label for one in model.outcomes)
    return [
        f"{capital(with_shared_endings(list(dict.fromkeys(names))))}: {fitted}."
        for fitted, names in labels.items()
    ]


def _adjusted(plan: Plan) -> str:
    """How the tests of the families that the plan has are adjusted."""
    claims = {model.claim_of(one) for model in plan.models.values() for one in model.outcomes}
    known = [
        f"within the {claim} family by the method of {METHOD_NAMES[claim]}"
        for claim in METHODS
        if claim in claims
    ]
    said = [f"Tests are adjusted {listed(known)}"] if known else []
    if claims - {*METHODS}:
        said.append("exploratory ones are not adjusted and say so")
    return f"{capital('; '.join(said))}." if said else ""


def _tests(inputs: ReportInputs) -> list[str]:
    """How many tests each adjusted family was planned with, and which of them could not be made."""
    labels = {one.outcome.name: one.label for question in inputs.questions for one in question.asked}
    found = hypothesis_families(inputs.models.values(), estimates_part(inputs.plan))
    said = []
    for claim in (claim for claim in METHODS if claim in found and found[claim].planned):
        family = found[claim]
        absent = list(dict.fromkeys(labels.get(outcome, outcome) for _, outcome in family.lacking))
        tests = "test" if family.planned == 1 else "tests"
        text = f"The {claim} family was planned with {whole(family.planned)} {tests}"
        if absent:
            over = family.planned if inputs.plan.multiplicity.not_computed == "counted" else len(family.tests)
            text += (
                f", of which {whole(len(family.tests))} could be made (not, or not all: "
                f"{with_shared_endings(absent)}); p is adjusted over {whole(over)}"
            )
        said.append(f"{text}.")
    return said


def _fitted(family: Family) -> str:
    ratio, unit = family.scale.ratio, family.difference.unit
    beside = f"; {ratio}s are turned into differences in {unit}" if ratio else ""
    return f"mixed models with {family.planned.link} link, {family.rule}{beside}"


STRATEGY = Section(
    "strategy",
    ("plan", "questions", "models"),
    _context,
    as_inside(_context),
    answers=(
        by_words("Number reported:", "jars_quant T1.12", "strobe 3"),
        by_words("In the model:", "jars_quant T1.48", "jars_quant T3.7", "jars_quant T4.8", "strobe 12a"),
        by_words("within the primary family by the method of", "jars_quant T1.35"),
        by_words("within the secondary family by the method of", "jars_quant T1.36"),
        by_words("xploratory ones are not adjusted", "jars_quant T1.37"),
        by_words("The same data go through a second engine", "jars_quant T1.34", "strobe 12e"),
    ),
)
