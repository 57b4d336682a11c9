"""How enrolments ended, and how modes go with completion and drop-out."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.programme.completion.dropout import dropout_section
from alliance_modes.reports.programme.effects import PER_SD, effects_of
from alliance_modes.reports.programme.known import known_about
from alliance_modes.reports.section import Section
from alliance_modes.tables.outcomes import completion_table, ends_table


def _context(inputs: ReportInputs) -> dict[str, Any]:
    enrolments = inputs.analysis["enrolment"]
    return {
        "ends": ends_table(enrolments),
        "completion": completion_table(enrolments),
        "published": known_about("completion"),
        "effect_completion": effects_of(
            inputs, "completion", "percentage_points", "Modes and completion, in percentage points", PER_SD
        ),
        "effect_odds": effects_of(
            inputs,
            "completion",
            "odds_ratio",
            "The same as odds ratios",
            "An odds ratio of 1 is no association.",
        ),
        "dropout": dropout_section(inputs),
    }


COMPLETION = Section("completion", ("analysis.enrolment", "plan", "models", "estimates"), _context)
