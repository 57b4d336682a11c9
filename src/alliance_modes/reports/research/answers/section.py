"""Answers, scores and ratings, and what error they carry."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_table
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
    answers=(
        by_table("Correlations of the subscales", "jars_quant T1.30"),
        by_table("Reliability between and within persons", "jars_quant T1.29"),
        by_table(" on the same session [95 % interval]", "jars_quant T1.24", "jars_quant T1.28"),
    ),
)
