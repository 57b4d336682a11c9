"""What cannot be concluded, and how strong something unmeasured would have to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.result import FitResult
from alliance_modes.reports.answering import by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import Asked, Question, for_a_reader, practitioners_fitted
from alliance_modes.reports.research.cannot_conclude.sensitivity import sensitivity_sentences
from alliance_modes.reports.research.released import Known
from alliance_modes.reports.section import Section
from alliance_modes.tables.people import surveyed
from alliance_modes.tables.ratings import alliance_by_programme_table, alliance_course_table
from alliance_modes.words.names import with_shared_endings


def _context(inputs: ReportInputs) -> dict[str, Any]:
    asked = inputs.questions
    estimated = [one for question in for_a_reader(asked) for one in question.estimated]
    alliance, entered = inputs.analysis["alliance"], practitioners_fitted(asked)
    return {
        "estimated": bool(estimated),
        "own": with_shared_endings(_labels(one for one in estimated if one.same_source)),
        "others": with_shared_endings(_labels(one for one in estimated if not one.same_source)),
        "covariates": any(question.covariates for question in asked if question.estimated),
        "any_wave": inputs.plan.exposure.waves == "all",
        "grouped": any("group" in fit.clusters for question in asked for fit in _fits(question)),
        "course": alliance_course_table(alliance),
        "arms": alliance_by_programme_table(alliance),
        "has_survey": surveyed(inputs.analysis["practitioner"]) > 0,
        "gated": entered is not None and entered < PRACTITIONERS_FOR_A_CLAIM,
        "fewest": PRACTITIONERS_FOR_A_CLAIM,
        "inside": True,
        "sensitivity": sensitivity_sentences(inputs.estimates, asked),
    }


def _released(known: Known) -> dict[str, Any]:
    """The same limits: what follows from tables of people is told by what the plan asks of them."""
    rated = any(one.estimated for one in known.inputs.questions if one.section == "alliance")
    return _context(known.inputs) | {
        "course": rated,
        "has_survey": known.facts.surveyed,
        "gated": known.facts.gated,
        "inside": False,
    }


def _fits(question: Question) -> tuple[FitResult, ...]:
    return () if question.result is None else question.result.fits


def _labels(asked: Iterable[Asked]) -> list[str]:
    return list(dict.fromkeys(one.label for one in asked))


CANNOT_CONCLUDE = Section(
    "cannot_conclude",
    ("analysis.alliance", "analysis.practitioner", "estimates", "plan", "questions"),
    _context,
    _released,
    answers=(
        by_words("Not cause and effect.", "jars_quant T1.54", "jars_quant T3.8", "strobe 19"),
        by_words("A cohort is one cohort.", "jars_quant T1.55", "strobe 21"),
        by_words("These bounds say how large", "jars_quant T3.8", "strobe 19"),
    ),
)
