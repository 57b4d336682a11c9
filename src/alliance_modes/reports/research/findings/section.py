"""The findings of the first page: sentences, and a table at a glance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alliance_modes.reports.answering import by_table, by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import Question
from alliance_modes.reports.research.findings.findings import findings
from alliance_modes.reports.research.findings.glance import glance_table
from alliance_modes.reports.research.findings.released import released_findings
from alliance_modes.reports.research.released import Known
from alliance_modes.reports.section import Section

UNITS = {
    "percentage points": '"points" are percentage points of what an outcome counts (clients, or sessions)',
    "SD": '"SD" is a standard deviation of the outcome',
}


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "found": findings(inputs),
        "glance": glance_table(inputs.questions),
        "covariates": any(one.covariates for one in inputs.questions if one.modes),
        "units": _units(inputs.questions),
    }


def _units(questions: Iterable[Question]) -> str:
    """What the short names of units stand for, of those that are met."""
    met = {one.measure.unit for question in questions if question.modes for one in question.estimated}
    return "; ".join(said for unit, said in UNITS.items() if unit in met)


def _released(known: Known) -> dict[str, Any]:
    return _context(known.inputs) | {"found": released_findings(known)}


FINDINGS = Section(
    "findings",
    (
        "analysis.practitioner",
        "analysis.enrolment",
        "analysis.alliance",
        "questions",
    ),
    _context,
    _released,
    answers=(
        by_table(
            "Difference that goes with one standard deviation more",
            "jars_quant T1.8",
            "jars_quant T1.52",
            "strobe 1b",
            "strobe 18",
        ),
        by_words("How to read these numbers", "strobe 20"),
    ),
)
