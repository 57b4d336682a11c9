"""How it was done: the question of each model, and the files and software."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.programme.additions.section import additions_told
from alliance_modes.reports.section import Section


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "seed": inputs.plan.seed,
        "estimands": [(model.title, model.estimand) for model in inputs.plan.models.values()],
        "provenance": inputs.provenance,
        "additions": additions_told(inputs),
    }


HOW_IT_WAS_DONE = Section("how_it_was_done", ("plan", "provenance", "added"), _context)
