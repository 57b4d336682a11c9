"""Whether a mode goes along otherwise with clients of another kind."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.section import Section
from alliance_modes.tables.moderation import moderation_sentences, moderation_table


def _context(inputs: ReportInputs) -> dict[str, Any]:
    models = tuple(inputs.models.values())
    return {
        "table": moderation_table(models, inputs.estimates, inputs.plan),
        "sentences": moderation_sentences(models, inputs.estimates, inputs.plan),
    }


MODERATION = Section("moderation", ("plan", "models", "estimates"), _context)
