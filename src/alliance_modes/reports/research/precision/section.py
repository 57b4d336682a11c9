"""Sample size, and what difference the cohort could have shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alliance_modes.domain import ALPHA, MODES
from alliance_modes.models.effects.detectable import POWER
from alliance_modes.reports.answering import by_table, by_words
from alliance_modes.reports.facts.effects import OutcomeEffects, outcome_effects
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import MISSING, number, percent, whole


def detectable_table(outcomes: Iterable[OutcomeEffects]) -> DisplayTable | None:
    """The smallest difference of each mode that would have been found, outcome by outcome."""
    rows = []
    for one in outcomes:
        found = {mode.mode: mode.detectable for mode in one.modes if mode.detectable is not None}
        if found:
            cells = (
                number(found[mode], one.measure.decimals) if mode in found else MISSING for mode in MODES
            )
            rows.append((capital(one.label), one.measure.unit, whole(one.tests), *cells))
    if not rows:
        return None
    return display_table(
        "Smallest difference per standard deviation of a mode that this cohort could have shown",
        ("Outcome", "In", "Tests", *(capital(mode) for mode in MODES)),
        "llrrrr",
        rows,
        f"Found with a chance of {percent(POWER, 0)} by a two-sided test at "
        f"{number(ALPHA).removeprefix('0')} shared among the tests of its family (column Tests), from the "
        "standard error and degrees of freedom of the estimate itself.",
    )


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"table": detectable_table(outcome_effects(inputs))}


PRECISION = Section(
    "precision",
    ("questions", "plan", "models"),
    _context,
    as_inside(_context),
    answers=(
        by_words("The size of the cohort was not set in advance", "jars_quant T1.19", "strobe 10"),
        by_table("Smallest difference per standard deviation", "jars_quant T1.20"),
    ),
)
