"""The findings of the first page: sentences, and a table at a glance."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.programme.findings.findings import findings
from alliance_modes.reports.programme.findings.glance import glance_table
from alliance_modes.reports.section import Section


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"found": findings(inputs), "glance": glance_table(inputs.questions)}


FINDINGS = Section(
    "findings",
    (
        "analysis.practitioner",
        "analysis.enrolment",
        "analysis.alliance",
        "questions",
    ),
    _context,
)
