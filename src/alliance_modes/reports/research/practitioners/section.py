"""Who the practitioners are and how they work."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_table
from alliance_modes.reports.facts.asked.requests import practitioners_name
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.released import Known, counts_table, means_table
from alliance_modes.reports.section import Section
from alliance_modes.tables.people import caseload_table, modes_table, practitioners_table, surveyed
from alliance_modes.words.names import MODE_AIMS, mode_name


def _context(inputs: ReportInputs) -> dict[str, Any]:
    practitioners = inputs.analysis["practitioner"]
    return {
        "has_survey": surveyed(practitioners) > 0,
        "modes": [(mode_name(mode), aim) for mode, aim in MODE_AIMS.items()],
        "mode_use": modes_table(practitioners),
        "practitioners": practitioners_table(practitioners),
        "caseload": caseload_table(inputs.analysis["enrolment"]),
    }


def _released(known: Known) -> dict[str, Any]:
    shown = known.facts.counts.get(practitioners_name("cohort"))
    return _context(known.inputs) | {
        "has_survey": known.facts.surveyed,
        "mode_use": means_table(
            known, "How often practitioners work in each mode", ["mode"], ["cohort"], "Among"
        ),
        "practitioners": counts_table(shown, known.rules),
    }


PRACTITIONERS = Section(
    "practitioners",
    ("analysis.practitioner", "analysis.enrolment"),
    _context,
    _released,
    answers=(
        by_table("How often practitioners work in each mode (", "jars_quant T1.43"),
        by_table("The practitioners (n", "jars_quant T1.14", "strobe 14a"),
    ),
)
