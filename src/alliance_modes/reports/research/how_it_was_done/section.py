"""How it was done: the question of each model, and the files and software."""

from __future__ import annotations

from typing import Any

from alliance_modes.models.collect import hypothesis_families
from alliance_modes.models.families.family import Family
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.multiplicity import METHODS
from alliance_modes.plan.parts import estimates_part
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.additions.section import additions_told
from alliance_modes.reports.section import Section
from alliance_modes.words.names import METHOD_NAMES, capital, listed, with_shared_endings
from alliance_modes.words.rounding import whole


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "seed": inputs.plan.seed,
        "estimands": [
            (one.planned.title, one.planned.estimand, one.involves_modes) for one in inputs.questions
        ],
        "mode_use": inputs.plan.exposure.told,
        "families": _families(inputs.plan),
        "adjusted": _adjusted(inputs.plan),
        "tests": _tests(inputs),
        "provenance": inputs.provenance,
        "additions": additions_told(inputs),
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


HOW_IT_WAS_DONE = Section("how_it_was_done", ("plan", "provenance", "added", "questions", "models"), _context)
