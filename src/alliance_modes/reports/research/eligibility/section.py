"""Who is included, who is left out, and out of whom each number is."""

from __future__ import annotations

from typing import Any

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


ELIGIBILITY = Section("eligibility", ("plan", "cohort", "questions"), _context, as_inside(_context))
