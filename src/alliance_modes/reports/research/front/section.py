"""The first page above the findings: edition, what made the report, and warnings."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import Provenance, ReportInputs
from alliance_modes.reports.research.additions.section import additions_told
from alliance_modes.reports.research.released import Known, rounding_told
from alliance_modes.reports.section import Section
from alliance_modes.tables.key_audit import key_findings
from alliance_modes.words.rounding import whole

NOT_FOR_CIRCULATION = (
    "It holds small counts; not for circulation outside the team that holds the data. What may be "
    "shared is the release edition, in the folder of that name."
)
SHORT = 12


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "cohort": inputs.cohort,
        "edition": "internal",
        "circulation": NOT_FOR_CIRCULATION,
        "key_findings": key_findings(inputs.key_audit),
        "made_of": _made_of(inputs.provenance),
        "additions": additions_told(inputs),
    }


def _made_of(found: Provenance) -> str:
    raw = [name for name, _ in found.files if name != "cohort.yaml"]
    return (
        f"{whole(len(raw))} raw file{'s' if len(raw) != 1 else ''} and cohort.yaml (SHA-256 of each in the "
        f"last section); {_plan_and_software(found)}."
    )


def _plan_and_software(found: Provenance) -> str:
    software = dict(found.versions)
    return (
        f"analysis plan {found.plan_file}, SHA-256 {found.plan_sha256[:SHORT]}…; Alliance Modes "
        f"{software.get('alliance-modes', '')}, Python {software.get('Python', '')}, "
        f"glmm {software.get('glmm', '')}"
    )


def _released(known: Known) -> dict[str, Any]:
    return {
        "cohort": known.inputs.cohort,
        "edition": "release",
        "circulation": f"{rounding_told(known.rules)} What cannot be shown so is left out; the last section "
        "says what that is.",
        "key_findings": (),
        "made_of": f"{_plan_and_software(known.facts.provenance)}.",
        "additions": None,
    }


FRONT = Section("front", ("cohort", "key_audit", "provenance", "added"), _context, _released)
