"""Every estimate of a section in a table: what one step more goes with, and what could have been found."""

from __future__ import annotations

from alliance_modes.domain import MODES
from alliance_modes.models.effects.detectable import POWER
from alliance_modes.plan.terms import Section
from alliance_modes.reports.facts.effects import ModeEffect, OutcomeEffects
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.programme.ways import lead
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed
from alliance_modes.words.rounding import MISSING, number

SAID = {
    "unclear": "inconclusive",
    "too few": "too few practitioners",
    "explored": "explored only",
    "untested": "not tested",
}
UNITS = {
    "SD": (
        "Ratings: in standard deviations of all ratings; 0.2 is called a small, 0.5 a medium and 0.8 a large "
        "difference."
    ),
    "percentage points": "People and sessions: how many more of every 100.",
}
NOTES = (
    "Of the whole cohort. The range would hold the true difference in 95 of 100 cohorts like this one.",
    f"Found from: a true difference of this size would be found in {round(100 * POWER)} of 100.",
)
UNBROKEN = "\u00a0"
"""Keeps an interval on one line of its cell."""


def effects_tables(facts: Facts, sections: tuple[Section, ...]) -> list[DisplayTable]:
    """A table for each question of these sections: ways of working down, with what can be said of each."""
    here = [one for one in facts.outcomes if one.section in sections]
    return [
        _table(title, [one for one in here if one.question == title])
        for title in dict.fromkeys(one.question for one in here)
    ]


def _table(title: str, outcomes: list[OutcomeEffects]) -> DisplayTable:
    notes = [UNITS.get(one.measure.unit, f"{capital(one.measure.told)}.") for one in outcomes]
    return display_table(
        f"{title}: the difference that goes with one step more [range]",
        ("Outcome", *(capital(mode) for mode in MODES), "Found from", "What can be said"),
        "lrrrrl",
        [_line(one) for one in outcomes],
        " ".join(dict.fromkeys((*notes, *NOTES))),
    )


def _line(one: OutcomeEffects) -> tuple[str, ...]:
    by_mode = {mode.mode: mode for mode in one.modes}
    found = [mode.detectable for mode in one.modes if mode.detectable is not None]
    return (
        lead(one),
        *(_cell(one, by_mode[mode]) if mode in by_mode else MISSING for mode in MODES),
        number(max(found), one.measure.decimals) if found else MISSING,
        _said(one),
    )


def _cell(one: OutcomeEffects, mode: ModeEffect) -> str:
    decimals = one.measure.decimals
    if mode.low is None or mode.high is None:
        return number(mode.estimate, decimals)
    limits = f"[{number(mode.low, decimals)} to {number(mode.high, decimals)}]".replace(" ", UNBROKEN)
    return f"{number(mode.estimate, decimals)} {limits}"


def _said(one: OutcomeEffects) -> str:
    if one.verdict != "clear":
        return SAID[one.verdict]
    parts = [
        f"{mode.mode}{f' (rests on a single {mode.rests_on})' if mode.rests_on else ''}" for mode in one.clear
    ]
    single = f" (rests on a single {one.rests_on})" if one.rests_on else ""
    return f"clear: {listed(parts)}" if parts else f"clear together, none by itself{single}"
