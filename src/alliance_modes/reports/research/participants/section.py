"""Who took part: the flow of enrolments and who the clients are."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.section import Section
from alliance_modes.tables.outcomes import counted_enrolments
from alliance_modes.tables.people import clients_table
from alliance_modes.words.rounding import whole


def _context(inputs: ReportInputs) -> dict[str, Any]:
    enrolments = inputs.analysis["enrolment"]
    counted = len(counted_enrolments(enrolments))
    return {"clients": clients_table(enrolments), "counted": whole(counted) if counted else ""}


PARTICIPANTS = Section("participants", ("analysis.enrolment",), _context)
