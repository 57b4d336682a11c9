"""The working relationship over time, and what goes with it."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.facts.asked.requests import ALL
from alliance_modes.reports.facts.facts import Average, Facts
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.programme.effects import effects_tables
from alliance_modes.reports.programme.numbers.averages import means_table
from alliance_modes.reports.programme.section import ProgrammeSection
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.rounding import MISSING, number


def _context(facts: Facts) -> dict[str, Any]:
    cohort = facts.scope == COHORT
    rated = [one for one in facts.means.values() if one.averaged.topic == "alliance"]
    over_time = [one for one in rated if one.averaged.across == "time"]
    caption, note = (
        "The working relationship over the programme",
        "Mean of all items, by third of the programme.",
    )
    return {
        "cohort": cohort,
        "rated": bool(rated),
        "over_time": means_table(caption, over_time, note) if cohort else None,
        "first": None if cohort else _first(facts, rated),
        "effects": effects_tables(facts, ("alliance",)) if cohort else [],
    }


def _first(facts: Facts, rated: list[Average]) -> DisplayTable | None:
    """First ratings in a part, beside those of the whole cohort."""
    whole = {one.averaged.about: one for one in rated if one.averaged.across == "cohort"}
    rows = []
    for one in rated:
        if one.averaged.across != facts.scope.kind:
            continue
        own, every = one.of(facts.scope.value), whole[one.averaged.about].of(ALL)
        low, high = one.limits(facts.scope.value) or (None, None)
        rows.append(
            (
                one.averaged.about,
                MISSING if own is None else own.n.text,
                MISSING if own is None else number(own.mean, 1),
                MISSING if low is None else f"{number(low, 1)} to {number(high, 1)}",
                MISSING if every is None else number(every.mean, 1),
            )
        )
    if not rows:
        return None
    return display_table(
        f"First rating of the working relationship: {facts.scope.told} and the whole cohort",
        ("Rated by, with", "People", "Mean here", "Range (95 %)", "Mean, whole cohort"),
        "lrrrr",
        rows,
        "The mean of all items. Two means whose ranges overlap cannot be told apart.",
    )


RELATIONSHIP = ProgrammeSection("relationship", _context)
