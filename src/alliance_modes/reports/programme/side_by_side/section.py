"""Every outcome side by side, and how much of each lies between practitioners."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.programme.findings.glance import glance_table
from alliance_modes.reports.section import Section
from alliance_modes.tables.fits import RAN, practitioner_share
from alliance_modes.words.rounding import percent

AT_A_GLANCE = ("completed", "attendance", "client_total", "session_engagement")


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"glance": glance_table(inputs), "shares": _practitioner_shares(inputs)}


def _practitioner_shares(inputs: ReportInputs) -> list[str]:
    """One share per outcome: without predictors, every model of an outcome is the same."""
    said: dict[str, str] = {}
    for model in inputs.models.values():
        for fit in model.fits:
            share = practitioner_share(fit) if fit.status in RAN else None
            if share is not None and fit.outcome in AT_A_GLANCE:
                said.setdefault(fit.outcome, f"{fit.label[0].lower()}{fit.label[1:]} {percent(share)}")
    return list(said.values())


SIDE_BY_SIDE = Section("side_by_side", ("models", "estimates"), _context)
