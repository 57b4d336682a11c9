"""Balance of the modes and flexibility between them, in the research report."""

from __future__ import annotations

from collections.abc import Iterator

from alliance_modes.reports.research.relations.block import Block, Numbers, amount, shown_by, tested
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, uncapital
from alliance_modes.words.rounding import MISSING

TERMS = {
    "balance": "Balance",
    "flexibility_variation": "Variation between sessions",
    "flexibility_match": "Follows ruptures",
}
ASKED = (
    "Do clients fare better with practitioners who use all modes evenly, or who move between them, "
    "beyond how much each mode is used? Balance is tested beyond the squares and products of the modes, "
    "because it is nearly made of them: what it has beside the levels alone is mostly their curvature."
)
NOTE = (
    "Per standard deviation of practitioners [95 % interval]; p not adjusted. Flexibility is measured in the "
    "same sessions as the outcomes, not before them."
)


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    return Block(
        "Balance and flexibility",
        ASKED,
        tuple(_levels(numbers)),
        tuple(_table(numbers)),
        not_done=numbers.not_done(lambda term: uncapital(TERMS[term])),
    )


def _levels(numbers: Numbers) -> Iterator[str]:
    details = numbers.checks.loc[numbers.checks["result"] == "pass", "detail"].dropna().unique()
    if len(details):
        yield (
            "How much of balance the levels of the modes and their squares and products tell, over "
            f"practitioners: {'; '.join(details)}."
        )


def _table(numbers: Numbers) -> Iterator[DisplayTable]:
    lines = []
    for part, model, outcome in numbers.outcomes():
        estimand, measure = shown_by(model)
        cells = []
        for term in TERMS:
            row = numbers.row(part, term, estimand)
            p = tested(numbers.row(part, term, "coefficient"))
            cells.append(amount(row, measure) if row is None else f"{amount(row, measure)}; p {p}")
        if set(cells) != {MISSING}:
            lines.append((capital(outcome.told), *cells))
    if lines:
        yield display_table(
            "Balance of the modes and flexibility between them",
            ("Outcome", *TERMS.values()),
            "l" + "l" * len(TERMS),
            lines,
            NOTE,
        )
