"""What cannot be concluded, and how strong something unmeasured would have to be."""

from __future__ import annotations

from typing import Any

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.programme.cannot_conclude.sensitivity import sensitivity_sentences
from alliance_modes.reports.programme.findings.glance import glance_table
from alliance_modes.reports.questions import labels_of
from alliance_modes.reports.section import Section
from alliance_modes.tables.people import surveyed
from alliance_modes.tables.ratings import alliance_by_programme_table, alliance_course_table


def _context(inputs: ReportInputs) -> dict[str, Any]:
    alliance, answered = inputs.analysis["alliance"], surveyed(inputs.analysis["practitioner"])
    return {
        "glance": glance_table(inputs),
        "course": alliance_course_table(alliance),
        "arms": alliance_by_programme_table(alliance),
        "has_survey": answered > 0,
        "gated": answered < PRACTITIONERS_FOR_A_CLAIM,
        "fewest": PRACTITIONERS_FOR_A_CLAIM,
        "sensitivity": sensitivity_sentences(
            inputs.estimates, inputs.models.values(), labels_of(inputs.models)
        ),
    }


CANNOT_CONCLUDE = Section(
    "cannot_conclude",
    ("analysis.alliance", "analysis.practitioner", "models", "estimates"),
    _context,
)
