"""What one cohort adds to the plan, told on the first page and in a section of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alliance_modes.plan.additions import ADDITIONS_FILE
from alliance_modes.reports.answering import by_results
from alliance_modes.reports.inputs import Added, ReportInputs
from alliance_modes.reports.questions import Question, questions
from alliance_modes.reports.research.effects import question_told
from alliance_modes.reports.research.moderation.products import moderated, moderation_table
from alliance_modes.reports.research.reasons import plain_reasons
from alliance_modes.reports.section import Section
from alliance_modes.tables import fits
from alliance_modes.words.display import DisplayTable
from alliance_modes.words.names import listed

NOTE = "Exploratory: p is not adjusted for the number of tests, so that no joint p is shown."


@dataclass(frozen=True)
class AddedModelTold:
    """One added model: its title and formula, and its modes where it has any."""

    title: str
    formula: str
    sentences: tuple[str, ...]
    tables: tuple[DisplayTable, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class AdditionsTold:
    """The sentence of the first page, each added model, those estimated and those not run."""

    file: str
    sha256: str
    said: str
    models: tuple[AddedModelTold, ...]
    fits: DisplayTable | None
    not_run: tuple[str, ...]


def additions_told(inputs: ReportInputs) -> AdditionsTold | None:
    """What a reader is told of the additions of a cohort; None where it adds nothing."""
    added = inputs.added
    if added is None:
        return None
    results = tuple(added.models.values())
    models = "a model" if len(results) == 1 else f"{len(results)} models"
    said = (
        f"This cohort adds {models} to the plan: {listed(list(added.models))}. What it adds is exploratory, "
        "stands in a section of its own, and changes nothing else in this report."
    )
    not_run = tuple(fits.not_run([plain_reasons(result, added.plan) for result in results]))
    asked = questions(added.plan, added.models, added.estimates)
    told = tuple(_told(added, question) for question in asked)
    return AdditionsTold(ADDITIONS_FILE, added.sha256, said, told, fits.fits_table(results), not_run)


def _told(added: Added, question: Question) -> AddedModelTold:
    told = question_told(question, NOTE)
    products = moderation_table(moderated([question], added.estimates, added.plan))
    tables = told.tables if products is None else (*told.tables, products)
    return AddedModelTold(told.title, question.planned.formula, told.sentences, tables, told.notes)


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"additions": additions_told(inputs)}


ADDITIONS = Section(
    "additions",
    ("added",),
    _context,
    inside="what this cohort adds to the plan",
    answers=(by_results("What this cohort adds to the plan", "jars_quant T1.51", "strobe 17"),),
)
