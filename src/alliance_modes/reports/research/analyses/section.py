"""What the plan tests, by its claim: primary, secondary and exploratory analyses apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alliance_modes.models.multiplicity import METHODS
from alliance_modes.plan.terms import Claim
from alliance_modes.reports.answering import by_results, by_table
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.effects import CLAIMS, QuestionTold, told_with
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.words.names import METHOD_NAMES, with_shared_endings


@dataclass(frozen=True)
class FamilyTold:
    """One family of hypotheses: what is tested in it and how, and what came of each question."""

    claim: Claim
    said: str
    questions: tuple[QuestionTold, ...]


def families_told(inputs: ReportInputs) -> tuple[FamilyTold, ...]:
    """The families that the plan has, primary first."""
    found = []
    for claim in CLAIMS:
        labels = labels_with(claim, inputs)
        if labels:
            found.append(FamilyTold(claim, _said(claim, labels), told_with(claim, inputs)))
    return tuple(found)


def labels_with(claim: Claim, inputs: ReportInputs) -> list[str]:
    """Labels of the outcomes that the plan has in one family, each once; moderation stands apart."""
    asked = [question.planned for question in inputs.questions if question.section != "moderation"]
    return list(dict.fromkeys(one.told for model in asked for one in model.outcomes_with(claim)))


def _said(claim: Claim, labels: list[str]) -> str:
    named = with_shared_endings(labels)
    if claim not in METHODS:
        return f"The plan explores, without a claim and without adjusting p: {named}."
    return f"The plan names as {claim}: {named}. Their tests are adjusted together ({METHOD_NAMES[claim]})."


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"families": families_told(inputs)}


ANALYSES = Section(
    "analyses",
    ("questions", "pictures"),
    _context,
    as_inside(_context),
    answers=(
        by_results("Primary analyses", "jars_quant T1.44", "strobe 16a"),
        by_results("Secondary analyses", "jars_quant T1.45", "strobe 16a"),
        by_results("Exploratory analyses", "jars_quant T1.46"),
        by_table("in percentage points", "strobe 16c"),
    ),
)
