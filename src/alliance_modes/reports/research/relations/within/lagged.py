"""The rating of one session and the next session, in the research report."""

from __future__ import annotations

from collections.abc import Iterator

from alliance_modes.plan.relations.lagged import Lagged
from alliance_modes.reports.measures import Measure
from alliance_modes.reports.research.relations.block import Block, Numbers, amount, rating_name
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import MISSING, number

ASKED = (
    "When a client rates a session better than they usually do, is the next session better? The clock is the "
    "session number: a rating before a missed session has no next one. Where ratings also follow how a "
    "session went, an effect of none comes out below none; how far below is told by simulation, and taken "
    "off."
)
NOTE = (
    "Points of the outcome per standard deviation of the rating within clients [95 % interval]. Detrended: "
    "each client's own line over sessions taken out of both. Usual way: the rating as it is."
)
WAYS = {"": "As it is", "_detrended": "Detrended"}
POINTS = Measure("points", 3)


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    tables = tuple(_table(numbers))
    said = tuple(_who(numbers)) if tables else ()
    not_done = numbers.not_done(lambda term: rating_name(term, numbers))
    return Block("From one session to the next", ASKED, said, tables, not_done=not_done)


def _who(numbers: Numbers) -> Iterator[str]:
    for part, _, outcome in numbers.outcomes():
        here = numbers.checks[numbers.checks["part"] == part].set_index("check")["detail"]
        asked = [f"{here[name]}" for name in ("ratings_per_client", "missed_sessions") if name in here]
        if asked:
            yield f"{capital(outcome.told)}: {'; '.join(asked)}. {capital(here['feedback'])}."


def _table(numbers: Numbers) -> Iterator[DisplayTable]:
    settings = numbers.plan.relations.lagged
    lines = [
        line
        for part, _, outcome in numbers.outcomes()
        for line in _lines(numbers, settings, part, outcome.told)
    ]
    if lines:
        yield display_table(
            "The next session on the rating of this one, within clients",
            ("Outcome", "Estimate", "Comes out where there is none", "Estimate less that", "Usual way"),
            "lllll",
            lines,
            NOTE,
        )


def _lines(numbers: Numbers, settings: Lagged, part: str, told: str) -> Iterator[tuple[str, ...]]:
    usual = numbers.row(part, settings.rating, "coefficient_not_within")
    for kind, name in WAYS.items():
        found = numbers.row(part, settings.rating, f"coefficient{kind}")
        if found is None:
            continue
        bias = numbers.row(part, settings.rating, f"feedback_bias{kind}")
        less = numbers.row(part, settings.rating, f"coefficient_less_bias{kind}")
        none = MISSING if bias is None else f"{number(bias['estimate'], 3)} points"
        yield (
            f"{capital(told)}, {name.lower()}",
            amount(found, POINTS),
            none,
            amount(less, POINTS),
            amount(usual, POINTS),
        )
