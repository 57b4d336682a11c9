"""Who is included, who is left out, and out of whom each number is."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.words.names import listed, plain
from alliance_modes.words.rounding import percent


def _context(inputs: ReportInputs) -> dict[str, Any]:
    losses, flags = inputs.plan.losses, inputs.plan.cleaning.exclude_flags
    return {
        "flags": listed([plain(flag) for flag in flags]),
        "losses": f"{percent(losses.rows, 0)} of the rows of a table or "
        f"{percent(losses.cells, 0)} of the cells of a column",
        "accepted": bool(inputs.cohort.accepted),
        "mode_use": inputs.plan.exposure.told,
        "populations": [(one.planned.title, one.planned.estimand.population) for one in inputs.questions],
    }


ELIGIBILITY = Section(
    "eligibility",
    ("plan", "cohort", "questions"),
    _context,
    as_inside(_context),
    answers=(
        by_words(
            "No sample was drawn",
            "jars_quant T1.13",
            "jars_quant T1.15",
            "jars_quant T3.3",
            "strobe 6a",
        ),
        by_words("A loss of more than", "jars_quant T1.32"),
        by_words("Rates of completion and drop-out are out of", "strobe 6a", "strobe 12d"),
    ),
)
