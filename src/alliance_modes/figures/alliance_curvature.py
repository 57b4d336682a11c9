"""Outcomes over practitioners' mean alliance: a curve for each, from the practitioner in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.plan.families import FAMILIES
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.rounding import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import FiguresPart

TITLE = "Outcomes over practitioners' mean alliance"
ANALYSIS, SHARES = "curvature", "percentage_points"
CAPTION = (
    "Difference of the outcome from that of a practitioner whose clients rate the alliance as practitioners' "
    "clients do on average (0), by a line and a square over true means, from the lowest to the highest "
    "practitioner. Shaded: 95 % interval. Such a curve bends by its form: whether it turns is tested apart."
)


def alliance_curvature(relation_points: pd.DataFrame, plan: FiguresPart) -> Picture:
    """One panel for every outcome that has a curve.

    Parameters
    ----------
    relation_points : DataFrame
        ``relation_points.csv``.
    plan : FiguresPart
        What outcomes are called.
    """
    points = relation_points[relation_points["analysis"] == ANALYSIS]
    told = {part: of for part, of in _told(plan).items() if part in set(points["part"])}
    if not told:
        return not_run(TITLE, "the cohort has no curve over practitioners' alliance", section="relations")
    drawn = {part: points[points["part"] == part].sort_values("x") for part in told}
    with style.drawing():
        figure = style.new_figure(height=3.0)
        panels = figure.subplots(1, len(told), squeeze=False)[0]
        for axes, (part, (label, unit)) in zip(panels, told.items(), strict=True):
            _draw(axes, drawn[part], label, unit)
    words = [_ends(label, unit, drawn[part]) for part, (label, unit) in told.items()]
    numbers = _numbers({label: drawn[part] for part, (label, _) in told.items()})
    return Picture(figure, TITLE, CAPTION, alternative(*words), section="relations", numbers=numbers)


def _told(plan: FiguresPart) -> dict[str, tuple[str, str]]:
    """Label and unit of every outcome of the plan, by part."""
    return {
        f"{name}.{outcome.name}": (
            outcome.head,
            "percentage points" if FAMILIES[model.family].shown[0] == SHARES else "points",
        )
        for name, model in plan.models.items()
        for outcome in model.outcomes
    }


def _draw(axes: Axes, points: pd.DataFrame, label: str, unit: str) -> None:
    axes.axhline(0.0, color=style.QUIET, linewidth=0.8)
    axes.fill_between(points["x"], points["ci_low"], points["ci_high"], color=style.PALE, linewidth=0)
    axes.plot(points["x"], points["estimate"], color=style.FIRST.colour)
    axes.set_xlabel("Practitioner's mean alliance (SD)")
    axes.set_ylabel(f"Difference ({unit})")
    axes.set_title(label)
    style.light_grid(axes)


def _ends(label: str, unit: str, points: pd.DataFrame) -> str:
    first, last = points.iloc[0], points.iloc[-1]
    return (
        f"{label}: {number(first['estimate'], 1)} {unit} at {number(first['x'], 1)} SD, "
        f"{number(last['estimate'], 1)} at {number(last['x'], 1)} SD."
    )


def _numbers(drawn: dict[str, pd.DataFrame]) -> DisplayTable:
    rows = [
        (
            label,
            number(one.x, 2),
            number(one.estimate, 2),
            f"{number(one.ci_low, 2)} to {number(one.ci_high, 2)}",
        )
        for label, points in drawn.items()
        for one in points.itertuples()
    ]
    return display_table(f"{TITLE}, in numbers", ("Outcome", "SD", "Difference", "Limits"), "lrrl", rows)
