"""Moderators of the modes in the research report."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.plan.terms import PRODUCT, PlannedModel
from alliance_modes.relations.moderators.analysis import WITHOUT_SLOPE
from alliance_modes.reports.research.relations.block import ANSWERED, Block, Numbers, amount, shown_by, tested
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, plain, uncapital
from alliance_modes.words.rounding import MISSING

ASKED = (
    "Do the modes go with an outcome more, or less, where something else differs: the practitioner's stance, "
    "what clients are told to expect, mandate, needs? One thing at a time, the modes tested jointly."
)
NOTE = (
    "Difference in what 1 standard deviation of a mode goes with, per unit of the moderator [95 % interval]. "
    "p: joint test of all modes, not adjusted. Without slope: the same test as if a client's moderator "
    "did the same at every practitioner, which finds too much."
)


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    return Block(
        "What may change how the modes work",
        ASKED,
        tuple(_expected_by_chance(numbers)),
        tuple(_table(numbers)),
        not_done=numbers.not_done(lambda term: uncapital(_called(numbers, _moderator(term)))),
    )


def _joint_tests(numbers: Numbers) -> pd.DataFrame:
    rows = numbers.estimates
    return rows[(rows["estimand"] == "joint_test") & rows["status"].isin(ANSWERED) & rows["p"].notna()]


def _expected_by_chance(numbers: Numbers) -> Iterator[str]:
    tests = _joint_tests(numbers)
    if len(tests):
        below = int((tests["p"] < 0.05).sum())
        yield (
            f"Of {len(tests)} joint tests {below} have a p below .05; with no moderation anywhere about "
            f"{0.05 * len(tests):.1f} would."
        )


def _table(numbers: Numbers) -> Iterator[DisplayTable]:
    shown = list(numbers.outcomes())
    modes = [name for _, model, _ in shown for name in model.tested if _is_mode(numbers, name)]
    modes = list(dict.fromkeys(modes))
    lines = []
    for part, model, outcome in shown:
        for moderator in numbers.plan.relations.moderators.moderators:
            line = _line(numbers, part, model, modes, moderator)
            if any(cell != MISSING for cell in line):
                lines.append((capital(outcome.told), _called(numbers, moderator), *line))
    if lines:
        yield display_table(
            "Moderators of the modes",
            ("Outcome", "Moderator", *(capital(plain(mode)) for mode in modes), "p", "p without slope"),
            "ll" + "l" * len(modes) + "rr",
            lines,
            NOTE,
        )


def _is_mode(numbers: Numbers, name: str) -> bool:
    found = numbers.plan.predictors.get(name)
    return found is not None and found.mode is not None and found.level != "within"


def _line(
    numbers: Numbers, part: str, model: PlannedModel, modes: list[str], moderator: str
) -> tuple[str, ...]:
    estimand, measure = shown_by(model)
    found = (numbers.row(part, PRODUCT.join([mode, moderator]), estimand) for mode in modes)
    joint = f"modes{PRODUCT}{moderator} (joint)"
    return (
        *(amount(row, measure) for row in found),
        tested(numbers.row(part, joint, "joint_test")),
        tested(numbers.row(part, joint, WITHOUT_SLOPE)),
    )


def _moderator(term: str) -> str:
    """``modes:stance (joint)`` and ``educative:stance`` -> ``stance``."""
    return term.partition(PRODUCT)[2].removesuffix(" (joint)")


def _called(numbers: Numbers, moderator: str) -> str:
    planned = numbers.plan.predictors.get(moderator)
    return capital(plain(moderator)) if planned is None else planned.label
