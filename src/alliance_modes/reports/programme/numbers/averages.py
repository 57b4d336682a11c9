"""Means in groups, in a table."""

from __future__ import annotations

from collections.abc import Iterable

from alliance_modes.reports.facts.facts import Average
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.rounding import MISSING, number


def means_table(caption: str, averages: Iterable[Average], note: str) -> DisplayTable | None:
    """One row per group of each table of means, with how many people, the mean and its range."""
    rows = []
    for one in averages:
        for label, mean in zip(one.shown.labels, one.shown.means, strict=True):
            low, high = one.limits(label) or (None, None)
            rows.append(
                (
                    one.averaged.about,
                    label,
                    mean.n.text,
                    mean.text if mean.mean is None else number(mean.mean, 1),
                    MISSING if low is None else f"{number(low, 1)} to {number(high, 1)}",
                )
            )
    if not rows:
        return None
    return display_table(caption, ("", "When", "People", "Mean", "Range (95 %)"), "llrrr", rows, note)
