"""What difference a planned study could show, by how many practitioners it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.models.effects.detectable import POWER
from alliance_modes.models.families.registry import family_of
from alliance_modes.power.planned.assumed import Assumed
from alliance_modes.power.planned.found import Curve, Planned
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import number, percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "What difference this study could show"
MARKS = (style.FIRST, style.SECOND, style.THIRD, style.FOURTH)
MOST_OUTCOMES = 4
ACROSS = 3
"""Panels side by side."""
DRAWN = 60
LONGEST_TITLE = 26


@dataclass(frozen=True)
class Series:
    """Studies of one outcome that differ in practitioners alone."""

    label: str
    curve: Curve


def planned_study(planned: Planned) -> Picture:
    """Detectable difference over practitioners, one panel per outcome, one line per kind of caseload.

    Parameters
    ----------
    planned : Planned
        With four outcomes at most drawn, and four lines of each.
    """
    drawn = [(one, tuple(series_of(planned, one))) for one in planned.assumed]
    drawn = [(one, series) for one, series in drawn if series][:MOST_OUTCOMES]
    if not drawn:
        return not_run(TITLE, "no size that was asked for can be analysed by this plan")
    across = min(len(drawn), ACROSS)
    down = -(-len(drawn) // across)
    with style.drawing():
        figure = style.new_figure(height=1.85 * down)
        panels = figure.subplots(down, across, squeeze=False).ravel()
        for axes in panels[len(drawn) :]:
            axes.set_axis_off()
        for place, (axes, (one, series)) in enumerate(zip(panels, drawn, strict=False)):
            _draw(axes, one, series, f"{'abcd'[place]}  {_short(one)}")
    return Picture(figure, TITLE, _caption(planned), _alt(drawn))


def series_of(planned: Planned, one: Assumed) -> Iterator[Series]:
    """The lines of one outcome: by clients of a practitioner, and by practitioners at a site."""
    found = planned.of(one.asked.name)
    for clients in dict.fromkeys(each.size.clients for each in found):
        for per_site in dict.fromkeys(each.size.per_site for each in found):
            here = [each for each in found if (each.size.clients, each.size.per_site) == (clients, per_site)]
            if any(each.rates is not None for each in here):
                label = f"{clients} clients each"
                if len(planned.study.per_site) > 1:
                    label = f"{label}, {per_site} at a site"
                yield Series(label, Curve(here))


def _draw(axes: Axes, one: Assumed, series: tuple[Series, ...], title: str) -> None:
    for mark, each in zip(MARKS, series, strict=False):
        own = [point.size.practitioners for point in each.curve.points]
        low, high = (0.5 * own[0], 2.0 * own[0]) if len(own) == 1 else (own[0], own[-1])
        grid = np.linspace(low, high, DRAWN)
        axes.plot(grid, [each.curve.at(count) for count in grid], color=mark.colour, linestyle=mark.line)
        values = [point.detectable.value for point in each.curve.points if point.detectable]
        axes.plot(own, values, color=mark.colour, linestyle="", marker=mark.marker, markersize=4.5)
        axes.plot(
            [],
            [],
            color=mark.colour,
            linestyle=mark.line,
            marker=mark.marker,
            markersize=4.5,
            label=each.label,
        )
    axes.axhline(one.effect, color=style.QUIET, linewidth=0.9, linestyle=(0, (6, 3)))
    axes.axvline(PRACTITIONERS_FOR_A_CLAIM, color=style.QUIET, linewidth=0.9, linestyle=":")
    top = max(one.effect, *(each.curve.at(each.curve.points[0].size.practitioners) for each in series))
    axes.set_ylim(0, (1.45 if len(series) > 1 else 1.15) * top)
    axes.set_xlim(left=0)
    axes.set_xlabel("Practitioners")
    axes.set_ylabel(capital(family_of(one.asked.model.family).difference.unit))
    axes.set_title(title)
    if len(series) > 1:
        axes.legend(loc="upper right", handlelength=2.6, fontsize=7)
    style.light_grid(axes)


def _short(one: Assumed) -> str:
    return "\n     ".join(wrap(capital(one.asked.outcome.head), LONGEST_TITLE))


def _caption(planned: Planned) -> str:
    """What is drawn, and from how much."""
    return (
        "Smallest true difference per SD of a mode that a test at .05 finds with a chance of "
        f"{percent(POWER, 0)}. Marks: {planned.study.draws} simulated studies each. Level line: the "
        f"difference that is looked for; dotted line: {PRACTITIONERS_FOR_A_CLAIM} practitioners, below "
        "which no claim is made."
    )


def _alt(drawn: list[tuple[Assumed, tuple[Series, ...]]]) -> str:
    one, series = drawn[-1]
    first, last = series[0].curve.points[0], series[0].curve.points[-1]
    unit = family_of(one.asked.model.family).difference
    said = f"{capital(one.asked.outcome.head)}: {whole(first.size.practitioners)} practitioners could show "
    said += f"{number(series[0].curve.at(first.size.practitioners), unit.decimals)} {unit.unit}"
    if first is last:
        return alternative(f"{said}.")
    more = number(series[0].curve.at(last.size.practitioners), unit.decimals)
    return alternative(f"{said}, {whole(last.size.practitioners)} could show {more}.")
