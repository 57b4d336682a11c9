"""Engagement and attendance over the programme, and how modes go with them."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.programme.effects import PER_SD, effects_of
from alliance_modes.reports.section import Section
from alliance_modes.tables.ratings import engagement_table
from alliance_modes.words.rounding import percent, whole


def _context(inputs: ReportInputs) -> dict[str, Any]:
    sessions = inputs.analysis["session"]
    offered = sessions["attended"].dropna().astype(float) if "attended" in sessions else sessions.iloc[:0]
    return {
        "sessions": whole(len(sessions)) if len(sessions) else "",
        "attended": percent(offered.mean()) if len(offered) else "",
        "engagement": engagement_table(sessions),
        "effect_attendance": effects_of(
            inputs,
            "attendance",
            "percentage_points",
            "Modes and attendance after the first session, in percentage points",
            PER_SD,
        ),
        "effect_attendance_odds": effects_of(
            inputs,
            "attendance",
            "odds_ratio",
            "The same as odds ratios",
            "An odds ratio of 1 is no association.",
        ),
        "effect_engagement": effects_of(
            inputs,
            "engagement",
            "standardised",
            "Modes and engagement in sessions, in standard deviations",
            PER_SD,
        ),
    }


ENGAGEMENT = Section("engagement", ("analysis.session", "models", "estimates"), _context)
