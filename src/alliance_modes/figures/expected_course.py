"""The course that clients are expected to rate, and how early alerts below it come before dropping out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, plain
from alliance_modes.words.rounding import MISSING, is_missing, number, percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import FiguresPart

TITLE = "Expected course and alerts"
ANALYSIS, COURSE, FROM_EARLIER = "course", "expected", "expected_from_earlier"
RULES = {
    "next_rating_band": ("Below the band", style.FIRST),
    "fall_since_last": ("Fall since the last rating", style.SECOND),
}
BY_NOISE = "_by_noise"
CAPTION = (
    "a: what the clients of this cohort are expected to rate by session, as clients like them of "
    "{others} do (line), and the band of the next rating given their earlier ones (shaded: mean "
    "limits). "
    "b: drop-outs with an alert at so many sessions before their last or more, and what chance gives: "
    "200 cohorts in which nothing happens to anybody (thin line, with the range of 95 % of them)."
)


def expected_course(relation_points: pd.DataFrame, plan: FiguresPart) -> Picture:
    """The expected course of the rating with most points, and its alerts before dropping out.

    Parameters
    ----------
    relation_points : DataFrame
        ``relation_points.csv``.
    plan : FiguresPart
        What outcomes are called.
    """
    points = relation_points[relation_points["analysis"] == ANALYSIS]
    if points.empty:
        return not_run(TITLE, "the cohort has no expected course", section="relations")
    earlier = points["series"].eq(FROM_EARLIER).any()
    points = points.replace({"series": {FROM_EARLIER: COURSE}})
    sessions = points[points["series"] == COURSE].groupby("part", sort=False).size()
    part = str(sessions.idxmax())
    series = {
        str(name): rows.sort_values("x") for name, rows in points[points["part"] == part].groupby("series")
    }
    drawn = [rule for rule in RULES if rule in series]
    with style.drawing():
        figure = style.new_figure(height=3.2)
        panels = figure.subplots(1, 2 if drawn else 1, squeeze=False)[0]
        _draw_course(panels[0], series[COURSE], _name(part, plan))
        if drawn:
            _draw_hits(panels[1], series, drawn)
    caption = CAPTION.format(others="earlier cohorts" if earlier else "other practitioners")
    return Picture(
        figure, TITLE, caption, _alt(series, drawn), section="relations", numbers=_numbers(series, drawn)
    )


def _name(part: str, plan: FiguresPart) -> str:
    names = {name: column.meaning for name, column in DERIVE["session"].columns.items()}
    names |= {
        f"{model}.{outcome.name}": outcome.label
        for model, of in plan.models.items()
        for outcome in of.outcomes
    }
    return capital(names.get(part, plain(part)))


def _draw_course(axes: Axes, course: pd.DataFrame, name: str) -> None:
    axes.fill_between(course["x"], course["ci_low"], course["ci_high"], color=style.PALE, linewidth=0)
    axes.plot(course["x"], course["estimate"], color=style.FIRST.colour)
    axes.set_xlabel("Session")
    axes.set_ylabel(name)
    axes.set_title("a  Expected")
    style.light_grid(axes)


def _draw_hits(axes: Axes, series: dict[str, pd.DataFrame], drawn: list[str]) -> None:
    for rule in drawn:
        label, mark = RULES[rule]
        own, chance = series[rule], series[f"{rule}{BY_NOISE}"]
        axes.fill_between(chance["x"], chance["ci_low"], chance["ci_high"], color=style.PALE, linewidth=0)
        axes.plot(chance["x"], chance["estimate"], color=mark.colour, linestyle=mark.line, linewidth=0.8)
        axes.plot(
            own["x"], own["estimate"], color=mark.colour, linestyle=mark.line, marker=mark.marker,
            markersize=4, label=label,
        )  # fmt: skip
    axes.set_ylim(0, 1)
    axes.set_xlabel("Sessions left after it, at least")
    axes.set_ylabel("Drop-outs with an alert")
    axes.set_title("b  Before dropping out")
    style.percent_axis(axes)
    axes.legend(loc="upper right", handlelength=2.8)
    style.light_grid(axes)


def _alt(series: dict[str, pd.DataFrame], drawn: list[str]) -> str:
    course = series[COURSE]
    first = (
        f"Expected: {number(course['estimate'].iloc[0], 1)} at session {whole(course['x'].iloc[0])}, "
        f"{number(course['estimate'].iloc[-1], 1)} at session {whole(course['x'].iloc[-1])}."
    )
    if not drawn:
        return alternative(first)
    own, chance = (series[f"{drawn[0]}{end}"]["estimate"].iloc[0] for end in ("", BY_NOISE))
    return alternative(first, f"{percent(own, 0)} of drop-outs had an alert, by chance {percent(chance, 0)}.")


def _numbers(series: dict[str, pd.DataFrame], drawn: list[str]) -> DisplayTable:
    named = {COURSE: ("Expected, by session", 1)}
    for rule in drawn:
        named |= {rule: (RULES[rule][0], 3), f"{rule}{BY_NOISE}": (f"{RULES[rule][0]}, by chance", 3)}
    rows = [
        (title, whole(one.x), number(one.estimate, decimals), _limits(one.ci_low, one.ci_high, decimals))
        for name, (title, decimals) in named.items()
        for one in series[name].itertuples()
    ]
    headings = ("", "Session, or sessions left", "Value", "Limits")
    return display_table(f"{TITLE}, in numbers", headings, "lrrl", rows)


def _limits(low: float, high: float, decimals: int) -> str:
    return (
        MISSING
        if is_missing(low) or is_missing(high)
        else f"{number(low, decimals)} to {number(high, decimals)}"
    )
