"""How well the instruments measured: reliability, and items to look at."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_table
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.tables.measurement import (
    flagged_items_table,
    reliability_sentences,
    reliability_table,
)


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "sentences": reliability_sentences(inputs.reliability),
        "reliability": reliability_table(inputs.reliability),
        "flagged": flagged_items_table(inputs.items),
    }


MEASUREMENT = Section(
    "measurement",
    ("reliability", "items"),
    _context,
    as_inside(_context),
    answers=(by_table("Reliability of every scale", "jars_quant T1.27"),),
)
