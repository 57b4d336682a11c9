"""Whether the answers fit the keys."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.section import Section
from alliance_modes.tables.key_audit import key_audit_sentences, key_audit_table


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"sentences": key_audit_sentences(inputs.key_audit), "table": key_audit_table(inputs.key_audit)}


KEYS = Section("keys", ("key_audit",), _context, inside="the audit of the keys of inventories")
