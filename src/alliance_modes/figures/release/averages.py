"""Mode use and the alliance over sessions, from means of enough people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from alliance_modes.disclosure.means import reach
from alliance_modes.domain import COMPONENTS, MODES
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.release.about import ALLIANCE, CELLS, MODES_USED
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, sampled_said
from alliance_modes.words.rounding import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.disclosure.means import ShownMean, ShownMeans
    from alliance_modes.figures.release.about import Abouts

MODE_TITLE = "How often practitioners work in each mode"
COURSE_TITLE = "The working alliance over the programme"
MARKS = (style.FIRST, style.SECOND, style.THIRD)


def released_modes(means: Mapping[str, ShownMeans], about: Abouts) -> Picture:
    """Mean and standard deviation of each mode, and the means by mode and part of the alliance."""
    used, cells = means.get(MODES_USED), means.get(CELLS)
    every = () if used is None else tuple(zip(used.labels, used.means, strict=True))
    known = [(label, one) for label, one in every if _is_known(one)]
    if not known:
        return not_run(MODE_TITLE, "the means of practitioners are withheld, or there are none")
    low, high = about[MODES_USED].edges
    matrix = cells is not None and any(_is_known(one) for one in cells.means)
    with style.drawing():
        figure = style.new_figure(height=3.2)
        panels = figure.subplots(1, 2 if matrix else 1, squeeze=False, width_ratios=(1, 1)[: 1 + matrix])[0]
        _draw_modes(panels[0], known, (low, high))
        if cells is not None and matrix:
            _draw_cells(panels[1], cells, (low, high))
    n = known[0][1].n.text
    caption = (
        f"Modes of Practice Survey, n = {n} practitioners, rounded, each counted once. a: mean, with bars of "
        "one standard deviation of practitioners to each side (no interval). b: mean frequency (1 never to 5 "
        "always) of the item on each mode's goal, task and bond. Where too few answered, nothing is shown."
    )
    said = [f"{label.lower()} {one.text}" for label, one in known]
    alt = alternative(f"Mean frequency of each mode, from 1, never, to 5, always: {listed(said)}.")
    rows = [(label, one.n.text, one.text, one.sd_text) for label, one in known]
    if cells is not None:
        rows += [
            (label, one.n.text, one.text, one.sd_text)
            for label, one in zip(cells.labels, cells.means, strict=True)
        ]
    headings = ("Mode", "Practitioners (rounded)", "Mean", "SD")
    numbers = display_table(f"{MODE_TITLE}, in numbers", headings, "lrrr", rows)
    return Picture(figure, MODE_TITLE, caption, alt, section="practitioners", numbers=numbers)


def _is_known(one: ShownMean) -> bool:
    return one.mean is not None and one.sd is not None


def _draw_modes(axes: Axes, known: Sequence[tuple[str, ShownMean]], limits: tuple[float, float]) -> None:
    for place, (_, one) in enumerate(known):
        if one.mean is None or one.sd is None:
            continue
        axes.errorbar(
            place,
            one.mean,
            yerr=one.sd,
            fmt="D",
            color=style.FIRST.colour,
            markersize=6,
            capsize=4,
            linewidth=1.4,
        )
        axes.annotate(
            number(one.mean, 1),
            (place, one.mean),
            (8, 0),
            textcoords="offset points",
            va="center",
            weight="bold",
        )
    axes.set_xticks(range(len(known)), [label.removesuffix(" mode") for label, _ in known])
    axes.set_xlim(-0.5, len(known) - 0.4)
    axes.set_ylim(limits[0] - 0.1, limits[1] + 0.1)
    axes.set_yticks(range(1, 6), ["1 never", "2", "3", "4", "5 always"])
    axes.set_title("a  Mean and SD by mode")
    style.light_grid(axes)


def _draw_cells(axes: Axes, cells: ShownMeans, limits: tuple[float, float]) -> None:
    from matplotlib import colormaps

    shown = [cells.of(f"{capital(mode)}: {part}").mean for mode in MODES for part in COMPONENTS]
    values = np.array([np.nan if one is None else one for one in shown]).reshape(len(MODES), len(COMPONENTS))
    axes.imshow(values, cmap=colormaps["Blues"], vmin=limits[0], vmax=limits[1] + 2, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        text = "withheld" if np.isnan(value) else number(value, 1)
        axes.text(column, row, text, ha="center", va="center", fontsize=11)
    axes.set_xticks(range(len(COMPONENTS)), [capital(part) for part in COMPONENTS])
    axes.set_yticks(range(len(MODES)), [capital(mode) for mode in MODES])
    axes.set_xticks(np.arange(0.5, 2), minor=True)
    axes.set_yticks(np.arange(0.5, 2), minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("b  Mean by part of the alliance")


def released_course(means: Mapping[str, ShownMeans], about: Abouts) -> Picture:
    """Mean goal, task and bond at each session of which enough people rated it."""
    lines = {
        name: points
        for name in means
        if name.startswith(ALLIANCE) and len(points := _points(means[name], about[name].halves)) > 1
    }
    if not lines:
        return not_run(COURSE_TITLE, "means of two sessions or more are withheld, or there are none")
    blocks = list(dict.fromkeys(about[name].block for name in lines))
    with style.drawing():
        figure = style.new_figure(height=3.4)
        for axes, block in zip(figure.subplots(1, len(blocks), squeeze=False)[0], blocks, strict=True):
            here = {name: points for name, points in lines.items() if about[name].block == block}
            _draw_course(axes, here, about)
            axes.set_title(block)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
    units = sorted({unit for name in lines for unit in about[name].shared})
    caption = (
        "Item means on the response range, at the sessions of which enough people rated the alliance; n is "
        f"rounded. Bars are 95 % intervals of the mean. {sampled_said(units)} The later sessions hold "
        "only those who stayed: a rise may be the least content leaving."
    )
    return Picture(
        figure, COURSE_TITLE, caption, _course_alt(lines, about), section="alliance",
        numbers=_course_numbers(means, lines, about),
    )  # fmt: skip


Points = list[tuple[int, float, float | None]]
"""Session, mean, and half of its interval."""


def _points(means: ShownMeans, halves: Mapping[str, float]) -> Points:
    return [
        (int(label), one.mean, reach(halves[label], one.decimals) if label in halves else None)
        for label, one in zip(means.labels, means.means, strict=True)
        if one.mean is not None
    ]


def _draw_course(axes: Axes, lines: Mapping[str, Points], about: Abouts) -> None:
    sessions = sorted({session for points in lines.values() for session, _, _ in points})
    step = 0.012 * (sessions[-1] - sessions[0] + 1)
    for place, (name, points) in enumerate(lines.items()):
        mark = MARKS[COMPONENTS.index(about[name].series)]
        axes.errorbar(
            [session + (place - 1) * step for session, _, _ in points],
            [mean for _, mean, _ in points],
            yerr=[half or 0.0 for _, _, half in points],
            color=mark.colour,
            linestyle=mark.line,
            marker=mark.marker,
            markersize=5,
            capsize=2.5,
            elinewidth=1.1,
            label=capital(about[name].series),
        )
    low, high = about[next(iter(lines))].edges
    axes.set_xticks(sessions if len(sessions) <= 8 else sessions[:: -(-len(sessions) // 8)])
    axes.set_ylim(low, high)
    axes.set_yticks(range(int(low), int(high) + 1))
    axes.set_xlabel("Session")
    axes.set_ylabel(f"Item mean ({low:g} to {high:g})")
    style.light_grid(axes)


def _course_alt(lines: Mapping[str, Points], about: Abouts) -> str:
    parts = []
    for block in dict.fromkeys(about[name].block for name in lines):
        here = {name: points for name, points in lines.items() if about[name].block == block}
        moves = [
            f"{about[name].series} {number(points[0][1])} to {number(points[-1][1])}"
            for name, points in here.items()
        ]
        first, last = next(iter(here.values()))[0][0], next(iter(here.values()))[-1][0]
        parts.append(f"{block}, session {first} to {last}: {listed(moves)}.")
    return alternative(parts[0], " ".join(parts[1:]))


def _course_numbers(
    means: Mapping[str, ShownMeans], lines: Mapping[str, Points], about: Abouts
) -> DisplayTable:
    rows = [
        (about[name].block, capital(about[name].series), label, one.n.text, one.text, one.sd_text)
        for name in lines
        for label, one in zip(means[name].labels, means[name].means, strict=True)
    ]
    headings = ("Rater", "Part", "Session", "People (rounded)", "Mean", "SD")
    return display_table(f"{COURSE_TITLE}, in numbers", headings, "llrrrr", rows)
