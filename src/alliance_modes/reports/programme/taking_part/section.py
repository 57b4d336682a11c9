"""Taking part in sessions, and what goes with it."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.programme.effects import effects_tables
from alliance_modes.reports.programme.numbers.averages import means_table
from alliance_modes.reports.programme.section import ProgrammeSection


def _context(facts: Facts) -> dict[str, Any]:
    found = [one for one in facts.means.values() if one.averaged.topic in ("taking part", "coming")]
    return {
        "cohort": facts.scope == COHORT,
        "table": means_table(
            "Taking part and attendance over the programme, while enrolled",
            found,
            "Each person counts once in a third, with the mean of their own sessions.",
        ),
        "effects": effects_tables(facts, ("engagement",)),
    }


TAKING_PART = ProgrammeSection("taking_part", _context)
