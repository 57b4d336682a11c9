"""What cannot be concluded."""

from __future__ import annotations

from typing import Any

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.programme.section import ProgrammeSection
from alliance_modes.reports.programme.ways import called_of_rater
from alliance_modes.words.names import listed


def _context(facts: Facts) -> dict[str, Any]:
    return {
        "part": "" if facts.scope == COHORT else facts.scope.told,
        "estimated": bool(facts.outcomes),
        "same": listed(
            list(dict.fromkeys(called_of_rater(one) for one in facts.outcomes if one.same_source))
        ),
        "gated": facts.gated,
        "fewest": PRACTITIONERS_FOR_A_CLAIM,
    }


LIMITS = ProgrammeSection("limits", _context)
