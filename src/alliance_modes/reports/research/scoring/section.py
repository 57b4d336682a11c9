"""Scores that rest on incomplete answers."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_table
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.section import Section
from alliance_modes.tables.scoring import scoring_sentence, scoring_table


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"scored": scoring_sentence(inputs.scoring), "scoring": scoring_table(inputs.scoring)}


SCORING = Section(
    "scoring",
    ("scoring",),
    _context,
    inside="how many scores rest on incomplete answers",
    answers=(by_table("Scores that rest on incomplete answers", "jars_quant T1.41", "strobe 14b"),),
)
