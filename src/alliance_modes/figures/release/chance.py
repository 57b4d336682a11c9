"""The model's chance of an outcome over the use of each mode, without what was observed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from alliance_modes.domain import MODES
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.style import ROWS_OF
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, mode_name, uncapital
from alliance_modes.words.rounding import number, percent, percent_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.figures.release.models import ReleasedCurve, ReleasedModels
    from alliance_modes.plan.parts import FiguresPart

EVERY = 5
"""Of the steps of a curve those that stand in the table."""


def released_chance(models: ReleasedModels, plan: FiguresPart, model: str, outcome: str) -> Picture:
    """Curve and band between the 5th and 95th percentile of practitioners."""
    drawn = plan.models[model]
    planned = drawn.outcome(outcome)
    title = f"{capital(planned.head)} over mode use"
    found = [one for one in models.curves if (one.model, one.outcome) == (model, outcome)]
    curves = [one for mode in MODES for one in found if one.mode == mode]
    if not curves:
        return not_run(title, "no model of it can be shown", drawn.section)
    with style.drawing():
        figure = style.new_figure(height=3.1)
        panels = figure.subplots(1, len(curves), sharey=True, squeeze=False)[0]
        for axes, curve in zip(panels, curves, strict=True):
            _draw(axes, curve)
        panels[0].set_ylabel(capital(planned.label))
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
    chance = f"chance of {uncapital(planned.head)}"
    caption = (
        f"{capital(chance)} averaged over the cohort, other columns as observed, by the mixed model with its "
        f"95 % interval (n = {curves[0].n.text} {ROWS_OF[drawn.table]}, rounded). Curves reach from the "
        "5th to the 95th percentile of practitioners. An association, not the effect of changing a "
        "practitioner's mode."
    )
    numbers = _numbers(title, curves)
    return Picture(figure, title, caption, _alt(chance, curves), section=drawn.section, numbers=numbers)


def _draw(axes: Axes, curve: ReleasedCurve) -> None:
    x = [point.x for point in curve.points]
    if all(point.ci_low is not None and point.ci_high is not None for point in curve.points):
        low, high = ([getattr(point, end) for point in curve.points] for end in ("ci_low", "ci_high"))
        axes.fill_between(x, low, high, color=style.PALE, linewidth=0, label="95 % interval of the model")
    axes.plot(x, [point.estimate for point in curve.points], color=style.FIRST.colour, label="Model")
    axes.set_ylim(0, 1)
    axes.set_title(capital(mode_name(curve.mode)))
    style.percent_axis(axes)
    axes.set_xlabel("How often (1 never, 5 always)")
    style.light_grid(axes)


def _alt(chance: str, curves: Sequence[ReleasedCurve]) -> str:
    moves = [
        f"{percent(curve.points[0].estimate, 0)} to {percent(curve.points[-1].estimate, 0)} "
        f"({mode_name(curve.mode)})"
        for curve in curves
    ]
    return alternative(f"From little to much mode use the model's {chance} goes from {listed(moves)}.")


def _numbers(title: str, curves: Sequence[ReleasedCurve]) -> DisplayTable:
    rows = [
        (
            capital(mode_name(curve.mode)),
            number(point.x, 1),
            percent(point.estimate, 0),
            percent_interval(point.ci_low, point.ci_high, 0),
        )
        for curve in curves
        for point in curve.points[::EVERY]
    ]
    return display_table(
        f"{title}, in numbers", ("Mode", "How often", "Chance", "95 % interval"), "lrrc", rows
    )
