"""Page one: what a manager reads, in sentences."""

from __future__ import annotations

from typing import Any

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.effects.detectable import POWER
from alliance_modes.reports.facts.effects import OutcomeEffects
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.programme.page_one.headline import headline
from alliance_modes.reports.programme.page_one.starts import beside_others, who
from alliance_modes.reports.programme.section import ProgrammeSection
from alliance_modes.reports.programme.ways import aims, called_of_rater, lead, verdict_sentences
from alliance_modes.words.names import listed

MOST, MOST_OF_A_PART = 4, 2
"""Outcomes on page one, which is one page; that of a part has more to say of its own."""


def _context(facts: Facts) -> dict[str, Any]:
    first = _first(facts)
    shown = [] if facts.gated else first if facts.scope == COHORT else first[:MOST_OF_A_PART]
    return {
        "part": "" if facts.scope == COHORT else facts.scope.told,
        "headline": headline(facts, first),
        "who": who(facts),
        "beside": beside_others(facts),
        "surveyed": facts.surveyed,
        "estimated": bool(facts.outcomes),
        "gated": facts.gated,
        "fitted": "" if facts.fitted.value is None else facts.fitted.text,
        "fewest": PRACTITIONERS_FOR_A_CLAIM,
        "aims": aims(),
        "told": [(lead(one), verdict_sentences(one, facts)) for one in shown],
        "clear": any(one.verdict == "clear" for one in shown),
        "tests": max((one.tests for one in shown), default=1),
        "power": round(100 * POWER),
        "same": listed([called_of_rater(one) for one in shown if one.same_source]),
    }


def _first(facts: Facts) -> list[OutcomeEffects]:
    """The outcomes that the plan puts first; without any, those in people of a hundred."""
    glance = [one for one in facts.outcomes if one.at_a_glance]
    return (glance or [one for one in facts.outcomes if one.of_hundred])[:MOST]


PAGE_ONE = ProgrammeSection("page_one", _context)
