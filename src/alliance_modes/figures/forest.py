"""A forest: estimates with the intervals around them, a line each, and below them what is over all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from alliance_modes.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Over(NamedTuple):
    """What stands below the cohorts: name of its line, where it is in a table of effects, how it is drawn."""

    name: str
    way: str
    estimand: str
    mark: style.Mark
    face: str


def draw_forest(
    axes: Axes, lines: Mapping[str, pd.Series], names: Sequence[str], over: Sequence[Over], named: bool
) -> None:
    """Draw the lines of one effect.

    Parameters
    ----------
    axes : Axes
    lines : mapping of Series
        Rows with ``estimate``, ``ci_low`` and ``ci_high``, by the name of their line.
    names : sequence of str
        All lines from top to bottom, also those that this effect lacks.
    over : sequence of Over
        How lines are drawn that are over all; others are cohorts.
    named : bool
        Whether names stand beside the lines.
    """
    known = {one.name: one for one in over}
    for place, name in enumerate(names):
        if name in lines:
            one = known.get(name)
            mark, face = (one.mark, one.face) if one else (style.FIRST, style.FIRST.colour)
            _draw_line(axes, lines[name], place, mark, face)
    axes.axvline(0.0, color=style.INK, linewidth=0.9)
    axes.axhline(len([name for name in names if name not in known]) - 0.5, color=style.PALE, linewidth=0.8)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), names if named else [""] * len(names))
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=4)
    style.light_grid(axes, "x")
    axes.tick_params(axis="y", length=0)


def _draw_line(axes: Axes, row: pd.Series, place: int, mark: style.Mark, face: str) -> None:
    """An estimate and its limits at a height; no marker where ``mark`` has none."""
    if pd.notna(row["ci_low"]) and pd.notna(row["ci_high"]):
        ends = (row["ci_low"], row["ci_high"])
        axes.plot(ends, (place, place), color=mark.colour, linestyle=mark.line, linewidth=1.3)
        axes.plot(ends, (place, place), color=mark.colour, linestyle="none", marker="|", markersize=5)
    if mark.marker:
        axes.plot(
            row["estimate"],
            place,
            color=mark.colour,
            marker=mark.marker,
            markersize=4.5,
            markerfacecolor=face,
        )
