"""What stands above page one: what made the report, and who may see it."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.inputs import Provenance
from alliance_modes.reports.programme.section import ProgrammeSection
from alliance_modes.words.rounding import whole

SHORT = 12
NOTICES = {
    "internal": (
        "It holds small counts; not for circulation outside the team that holds the data. What may be "
        "shared is the release edition, in the folder of that name."
    ),
    "release": "Counts are rounded, and small ones withheld, so that nobody can be recognised.",
}
UNROUNDED = "Small counts are withheld, with what they follow from, so that nobody can be recognised."


def _context(facts: Facts) -> dict[str, Any]:
    release = facts.edition == "release"
    return {
        "about": facts.about,
        "part": "" if facts.scope == COHORT else facts.scope.told,
        "edition": facts.edition,
        "warnings": facts.warnings,
        "notice": UNROUNDED if release and facts.rules.base == 1 else NOTICES[facts.edition],
        "made_of": _made_of(facts.provenance),
    }


def _made_of(found: Provenance) -> str:
    raw = [name for name, _ in found.files if name != "cohort.yaml"]
    software = dict(found.versions)
    return (
        f"{whole(len(raw))} raw file{'s' if len(raw) != 1 else ''}, plan {found.plan_file} "
        f"({found.plan_sha256[:SHORT]}…), Alliance Modes {software.get('alliance-modes', '')}"
    )


OPENING = ProgrammeSection("opening", _context)
