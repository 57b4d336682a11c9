"""How it was done, in short, and from what."""

from __future__ import annotations

from typing import Any

from alliance_modes.disclosure.said import rounding_said
from alliance_modes.models.effects.detectable import POWER
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.programme.section import ProgrammeSection
from alliance_modes.words.display import display_table


def _context(facts: Facts) -> dict[str, Any]:
    found = facts.provenance
    release = facts.edition == "release"
    files = [*([] if release else found.files), (found.plan_file, found.plan_sha256)]
    return {
        "about": facts.about,
        "release": release,
        "threshold": facts.rules.threshold,
        "rounding": rounding_said(facts.rules),
        "power": round(100 * POWER),
        "estimated": bool(facts.outcomes),
        "files": display_table("Files that the report was made from", ("File", "SHA-256"), "ll", files),
        "registration": facts.registration,
        "versions": ", ".join(f"{name} {version}" for name, version in found.versions),
    }


METHOD = ProgrammeSection("method", _context)
