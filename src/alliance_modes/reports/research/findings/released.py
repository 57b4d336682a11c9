"""The findings as the release edition says them: on a basis of counts as the gate shows them."""

from __future__ import annotations

from collections.abc import Iterator

from alliance_modes.disclosure.said import said, share
from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.reports.facts.asked.course import BEGUN, DUE, LABELS
from alliance_modes.reports.research.findings.findings import Findings, told
from alliance_modes.reports.research.released import Known


def released_findings(known: Known) -> Findings:
    """The findings of one cohort, from models that may be shown and counts as they are shown."""
    entered = f"fewer than {PRACTITIONERS_FOR_A_CLAIM}"
    return told(known.inputs, known.facts.gated, entered, tuple(_basis(known)))


def _basis(known: Known) -> Iterator[str]:
    facts = known.facts
    due = facts.course(DUE) or facts.course(BEGUN)
    if due is not None and due.value:
        shares = [
            f"{share(count, due, known.rules)} {verb}"
            for verb in ("completed", "dropped out")
            if (count := facts.course(LABELS["_".join(verb.split())])) is not None
        ]
        yield (
            f"Of {said(due, 'enrolment', 'enrolments')} that started and whose planned end lies before data "
            f"lock, {' and '.join(shares)}."
        )
    if facts.surveyed and facts.practitioners_with_modes.value is not None:
        who = said(facts.practitioners_with_modes, "practitioner", "practitioners")
        yield f"How often they work in each mode is known of {who}."
