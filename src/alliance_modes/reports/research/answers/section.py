"""Answers, scores and ratings, and what error they carry."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.section import Section
from alliance_modes.tables.measurement_quality import quality


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return quality(inputs.measurement) | {"has_alliance": len(inputs.analysis["alliance"]) > 0}


ANSWERS = Section(
    "answers",
    ("analysis.alliance", "measurement"),
    _context,
    inside="answers to items, errors of single scores, change, and agreement of raters",
)
