"""Whether a mode goes along otherwise with clients of another kind."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_table
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.effects import told_in
from alliance_modes.reports.research.moderation.products import (
    moderated,
    moderation_sentences,
    moderation_table,
)
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section


def _context(inputs: ReportInputs) -> dict[str, Any]:
    found = moderated(inputs.questions, inputs.estimates, inputs.plan)
    return {
        "table": moderation_table(found),
        "sentences": moderation_sentences(found),
        "kinds": list(dict.fromkeys(one.compared for one in found)),
        "questions": told_in("moderation", inputs),
    }


MODERATION = Section(
    "moderation",
    ("plan", "estimates", "questions"),
    _context,
    as_inside(_context),
    answers=(by_table("Modes with clients who differ", "jars_quant T1.51", "strobe 12b", "strobe 17"),),
)
