"""How enrolments ended, as it was observed."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.known import known_about
from alliance_modes.reports.section import Section
from alliance_modes.tables.outcomes import completion_table, ends_table


def _context(inputs: ReportInputs) -> dict[str, Any]:
    enrolments = inputs.analysis["enrolment"]
    return {
        "ends": ends_table(enrolments),
        "completion": completion_table(enrolments),
        "published": known_about("completion"),
    }


COMPLETION = Section("completion", ("analysis.enrolment",), _context)
