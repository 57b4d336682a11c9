"""How practitioners use the three modes, and the nine cells of mode by goal, task and bond."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.domain import COMPONENTS, FREQUENCY, MODES
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.measurement.intervals import Interval, clustered_mean, groupings_of
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, mode_name
from alliance_modes.words.rounding import interval, number, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "How often practitioners work in each mode"
RANGE = (1.0, 5.0)
MARKS = dict(zip(MODES, (style.FIRST, style.SECOND, style.THIRD), strict=True))


def mode_use(practitioners: pd.DataFrame) -> Picture:
    """Practitioners by mode, and mean frequency in each cell of mode by goal, task and bond.

    Parameters
    ----------
    practitioners : DataFrame
        One row per practitioner: ``educative``, ``engagement``, ``therapeutic`` (1-5) and the nine
        cells ``<mode>_<component>``.
    """
    surveyed = (
        practitioners.dropna(subset=list(MODES), how="all") if set(MODES) <= set(practitioners) else None
    )
    if surveyed is None or surveyed.empty:
        return not_run(TITLE, "the cohort has no practitioner survey")
    means = {mode: clustered_mean(surveyed[mode], groupings_of(surveyed), bounds=FREQUENCY) for mode in MODES}
    cells = pd.DataFrame(
        {component: [surveyed[f"{mode}_{component}"].mean() for mode in MODES] for component in COMPONENTS},
        index=list(MODES),
    )
    with style.drawing():
        figure = style.new_figure(height=3.5)
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
        _draw_practitioners(left, surveyed, means)
        _draw_cells(right, cells)
    return Picture(figure, TITLE, _caption(means), _alt(means, cells), numbers=_numbers(means, cells))


def _draw_practitioners(axes: Axes, surveyed: pd.DataFrame, means: dict[str, Interval]) -> None:
    for place, mode in enumerate(MODES):
        values = surveyed[mode].dropna().to_numpy(dtype=float)
        axes.scatter(
            place - 0.1 + _spread(values),
            values,
            s=13,
            marker=MARKS[mode].marker,
            alpha=0.75,
            facecolor=MARKS[mode].colour,
            edgecolor="white",
            linewidth=0.4,
            rasterized=style.as_image(len(values)),
        )
        mean = means[mode]
        error = None if np.isnan(mean.low) else [[mean.estimate - mean.low], [mean.high - mean.estimate]]
        axes.errorbar(
            place + 0.36,
            mean.estimate,
            yerr=error,
            fmt="D",
            color=style.INK,
            markersize=5,
            capsize=3,
            linewidth=1.4,
        )
        axes.annotate(
            number(mean.estimate, 1),
            (place + 0.36, mean.high if error else mean.estimate),
            (0, 4),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8,
            fontweight="bold",
        )
    axes.set_xticks(range(3), [capital(mode) for mode in MODES])
    axes.set_xlim(-0.5, 2.7)
    axes.set_ylim(RANGE[0] - 0.1, RANGE[1] + 0.1)
    axes.set_yticks(range(1, 6), ["1 never", "2", "3", "4", "5 always"])
    axes.set_ylabel("How often (mean of six items)")
    axes.set_title("a  Practitioners by mode")
    style.light_grid(axes)


def _spread(values: np.ndarray, width: float = 0.05, bins: float = 0.12) -> np.ndarray:
    """Sideways places, so that practitioners with nearly the same value stand side by side."""
    places = np.zeros(len(values))
    rows = np.round(values / bins).astype(int)
    for row in np.unique(rows):
        here = np.flatnonzero(rows == row)
        step = min(width, 0.5 / max(len(here), 1))
        places[here] = (np.arange(len(here)) - (len(here) - 1) / 2) * step
    return places


def _draw_cells(axes: Axes, cells: pd.DataFrame) -> None:
    from matplotlib import colormaps

    values = cells.to_numpy(dtype=float)
    axes.imshow(values, cmap=colormaps["Blues"], vmin=RANGE[0], vmax=RANGE[1] + 2, aspect="auto")
    for row in range(3):
        for column in range(3):
            value = values[row, column]
            axes.text(column, row, number(value, 1), ha="center", va="center", fontsize=11, color=style.INK)
    axes.set_xticks(range(3), [capital(component) for component in COMPONENTS])
    axes.set_yticks(range(3), [capital(mode) for mode in MODES])
    axes.set_xticks(np.arange(0.5, 2), minor=True)
    axes.set_yticks(np.arange(0.5, 2), minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    axes.set_title("b  Mean by part of the alliance")


def _caption(means: dict[str, Interval]) -> str:
    counts = sorted({mean.n for mean in means.values()})
    n = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return (
        f"Modes of Practice Survey, n = {n} practitioners, each counted once. a: one mark per practitioner; "
        "the diamond is the mean with its 95 % t interval. b: mean frequency (1 never to 5 always) of the "
        "item on each mode's goal, task and bond. The survey is made for this project: see its "
        "reliability before reading differences between modes."
    )


def _alt(means: dict[str, Interval], cells: pd.DataFrame) -> str:
    said = [f"{mode_name(mode)} {number(mean.estimate)}" for mode, mean in means.items()]
    high, low = cells.stack().idxmax(), cells.stack().idxmin()
    return alternative(
        f"Mean frequency of each mode, from 1, never, to 5, always: {listed(said)}.",
        f"Of the nine cells the highest is {high[1]} in the {mode_name(high[0])} "
        f"({number(cells.loc[high])}), the lowest {low[1]} in the {mode_name(low[0])} "
        f"({number(cells.loc[low])}).",
    )


def _numbers(means: dict[str, Interval], cells: pd.DataFrame) -> DisplayTable:
    rows = [
        (
            capital(mode_name(mode)),
            whole(mean.n),
            number(mean.estimate),
            interval(mean.low, mean.high),
            *(number(cells.loc[mode, component]) for component in COMPONENTS),
        )
        for mode, mean in means.items()
    ]
    headings = ("Mode", "Practitioners", "Mean", "95 % interval", *map(capital, COMPONENTS))
    return display_table(f"{TITLE}, in numbers", headings, "lrrcrrr", rows)
