"""The first page above the findings: edition, what made the report, and warnings."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import Provenance, ReportInputs
from alliance_modes.reports.research.additions.section import additions_told
from alliance_modes.reports.section import Section
from alliance_modes.tables.key_audit import key_findings
from alliance_modes.words.rounding import whole

EDITION = "internal"
SHORT = 12


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "cohort": inputs.cohort,
        "edition": EDITION,
        "key_findings": key_findings(inputs.key_audit),
        "made_of": _made_of(inputs.provenance),
        "additions": additions_told(inputs),
    }


def _made_of(found: Provenance) -> str:
    raw = [name for name, _ in found.files if name != "cohort.yaml"]
    software = dict(found.versions)
    return (
        f"{whole(len(raw))} raw file{'s' if len(raw) != 1 else ''} and cohort.yaml (SHA-256 of each in the "
        f"last section); analysis plan {found.plan_file}, SHA-256 {found.plan_sha256[:SHORT]}…; "
        "Alliance Modes "
        f"{software.get('alliance-modes', '')}, Python {software.get('Python', '')}, "
        f"glmm {software.get('glmm', '')}."
    )


FRONT = Section("front", ("cohort", "key_audit", "provenance", "added"), _context)
