"""The working alliance over the programme, by rater."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.dictionary.named import SESSION_NO
from alliance_modes.domain import COMPONENTS
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.measurement.intervals import shared
from alliance_modes.tables.courses import alliance_course
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, instrument_name, listed, sampled_said
from alliance_modes.words.rounding import interval, number, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "The working alliance over the programme"
MARKS = dict(zip(COMPONENTS, (style.FIRST, style.SECOND, style.THIRD), strict=True))


def alliance_trajectories(alliance: pd.DataFrame, ranges: Mapping[str, tuple[float, float]]) -> Picture:
    """Mean of goal, task and bond at each inventory session, one panel per rater and instrument.

    Parameters
    ----------
    alliance : DataFrame
        One row per inventory: ``session_no``, ``rater``, ``instrument``, ``goal``, ``task``, ``bond``
        (item means) and, where known, ``practitioner_id``.
    ranges : mapping
        Response range of each instrument, for the axis.
    """
    if alliance.empty:
        return not_run(TITLE, "the cohort has no alliance inventories")
    means = alliance_course(alliance, ranges)
    if means.empty:
        return not_run(
            TITLE,
            "the alliance was rated once, so there is no course over sessions to show; "
            "its mean stands in the report",
        )
    panels = list(dict.fromkeys(zip(means["rater"], means["instrument"], strict=True)))
    with style.drawing():
        figure = style.new_figure(height=3.5)
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            here = means[(means["rater"] == panel[0]) & (means["instrument"] == panel[1])]
            _draw(axes, here, panel, ranges[panel[1]])
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
    words = (_caption(means, ranges, shared(alliance)), _alt(means, panels))
    return Picture(figure, TITLE, *words, numbers=_numbers(means))


def _draw(axes: Axes, means: pd.DataFrame, panel: tuple[str, str], limits: tuple[float, float]) -> None:
    sessions = sorted(means[SESSION_NO].unique())
    step = 0.012 * (sessions[-1] - sessions[0] + 1)
    for place, component in enumerate(COMPONENTS):
        line, mark = means[means["component"] == component], MARKS[component]
        axes.errorbar(
            line[SESSION_NO] + (place - 1) * step,
            line["mean"],
            yerr=[line["mean"] - line["low"], line["high"] - line["mean"]],
            color=mark.colour,
            linestyle=mark.line,
            marker=mark.marker,
            markersize=5,
            capsize=2.5,
            elinewidth=1.1,
            label=capital(component),
        )
    counts = means.groupby(SESSION_NO)["n"].max()
    shown = sessions if len(sessions) <= 8 else sessions[:: -(-len(sessions) // 8)]
    axes.set_xticks(shown, [f"{session}\nn = {counts[session]}" for session in shown])
    axes.set_ylim(*limits)
    axes.set_yticks([tick for tick in range(int(limits[0]), int(limits[1]) + 1)])
    axes.set_xlabel("Session")
    axes.set_ylabel(f"Item mean ({number(limits[0], 0)} to {number(limits[1], 0)})")
    axes.set_title(f"{capital(panel[0])}-rated, {instrument_name(panel[1])}")
    style.light_grid(axes)


def _caption(means: pd.DataFrame, ranges: Mapping[str, tuple[float, float]], units: Sequence[str]) -> str:
    scales = [
        f"{instrument_name(name)} {number(ranges[name][0], 0)} to {number(ranges[name][1], 0)}"
        for name in dict.fromkeys(means["instrument"])
    ]
    return (
        f"Item means on the response range ({listed(scales)}); n = inventories at each session. Bars are "
        f"95 % t intervals of the mean. {sampled_said(units)} The later sessions "
        "hold only those who stayed: a rise may be the least content leaving."
    )


def _alt(means: pd.DataFrame, panels: list[tuple[str, str]]) -> str:
    parts = []
    for rater, instrument in panels:
        here = means[(means["rater"] == rater) & (means["instrument"] == instrument)]
        lines = [here[here["component"] == component] for component in COMPONENTS]
        moves = [
            f"{component} {number(line.iloc[0]['mean'])} to {number(line.iloc[-1]['mean'])}"
            for component, line in zip(COMPONENTS, lines, strict=True)
        ]
        sessions = f"session {lines[0].iloc[0][SESSION_NO]} to {lines[0].iloc[-1][SESSION_NO]}"
        parts.append(f"{capital(rater)}-rated {instrument_name(instrument)}, {sessions}: {listed(moves)}.")
    return alternative(parts[0], " ".join(parts[1:]))


def _numbers(means: pd.DataFrame) -> DisplayTable:
    rows = [
        (
            f"{capital(row.rater)}, {instrument_name(row.instrument)}",
            capital(row.component),
            whole(getattr(row, SESSION_NO)),
            whole(row.n),
            number(row.mean),
            interval(row.low, row.high),
        )
        for row in means.itertuples()
    ]
    headings = ("Rater", "Part", "Session", "Inventories", "Mean", "95 % interval")
    return display_table(f"{TITLE}, in numbers", headings, "llrrrc", rows)
