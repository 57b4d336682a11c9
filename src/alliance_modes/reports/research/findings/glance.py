"""The outcomes that the plan puts first, side by side: modes down, outcomes across."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from alliance_modes.domain import MODES
from alliance_modes.reports.questions import Asked, Question, for_a_reader
from alliance_modes.tables.effects import cell
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital


def glance_table(questions: Iterable[Question]) -> DisplayTable | None:
    """Modes down, across the outcomes that are to be seen at a glance and were estimated."""
    asked = [
        one for question in for_a_reader(questions) for one in question.estimated if one.outcome.at_a_glance
    ]
    if not asked:
        return None
    cells = [one.by_mode() for one in asked]
    lines = [
        (
            capital(mode),
            *(cell(here, mode, one.measure.decimals) for one, here in zip(asked, cells, strict=True)),
        )
        for mode in MODES
    ]
    return display_table(
        "Difference that goes with one standard deviation more of a mode [95 % interval]",
        ("", *_heads(asked)),
        "l" + "r" * len(asked),
        lines,
        "An interval that includes 0 (of a ratio, 1) is compatible with no association."
        if any(one.measure.ratio for one in asked)
        else "An interval that includes 0 is compatible with no association.",
    )


def _heads(asked: Sequence[Asked]) -> list[str]:
    """What stands over each column, with its unit: the label in full where two would be headed alike."""
    alike = Counter(one.outcome.head for one in asked)
    return [
        f"{one.outcome.head if alike[one.outcome.head] == 1 else one.label} ({one.measure.unit})"
        for one in asked
    ]
