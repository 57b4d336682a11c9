"""Every outcome side by side, and how much of each lies between practitioners."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alliance_modes.reports.answering import by_figure
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import Question
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.tables.fits import RAN, practitioner_share, share_text
from alliance_modes.words.names import uncapital


def _context(inputs: ReportInputs) -> dict[str, Any]:
    asked = inputs.questions
    shares = _practitioner_shares(asked)
    return {
        "estimated": any(one.estimated for one in asked),
        "shares": shares,
        "share_intervals": any("[" in text for text in shares),
    }


def _practitioner_shares(asked: Iterable[Question]) -> list[str]:
    """One share per outcome: without predictors, every model of an outcome in the same rows is the same."""
    said: dict[tuple, str] = {}
    for question in asked:
        for one in question.asked:
            share = practitioner_share(one.fit) if one.fit is not None and one.fit.status in RAN else None
            if share is not None and one.outcome.at_a_glance:
                rows = (question.planned.table, tuple(sorted(one.outcome.where.items())))
                text = f"{uncapital(one.label)} {share_text(share)}"
                said.setdefault((one.label, one.outcome.column, *rows), text)
    return list(said.values())


SIDE_BY_SIDE = Section(
    "side_by_side",
    ("questions",),
    _context,
    as_inside(_context),
    answers=(by_figure("effects_forest", "jars_quant T1.47", "strobe 16a"),),
)
