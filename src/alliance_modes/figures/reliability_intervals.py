"""Alpha and omega of every scale with their intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.tables.measurement import block_name, span
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import scale_name
from alliance_modes.words.rounding import bounded, interval, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Reliability of every scale"
ROW = 0.27
SERIES = (
    ("alpha", "ci_low", "ci_high", "Cronbach's alpha", style.FIRST, -0.14),
    ("omega", "omega_low", "omega_high", "McDonald's omega", style.SECOND, 0.14),
)


def reliability_intervals(reliability: pd.DataFrame) -> Picture:
    """Alpha and omega of every scale, dot and interval, by inventory and rater.

    Parameters
    ----------
    reliability : DataFrame
        ``reliability.csv``: one row per rater, instrument and scale.
    """
    known = reliability[reliability["alpha"].notna() | reliability["omega"].notna()]
    if known.empty:
        return not_run(TITLE, "no scale had enough answers for its reliability to be estimated")
    blocks = list(known.groupby(["rater", "instrument"], sort=False, dropna=False))
    with style.drawing():
        heights = [len(rows) for _, rows in blocks]
        figure = style.new_figure(height=math.fsum(heights) * ROW + 0.32 * len(blocks) + 0.75)
        panels = figure.subplots(
            len(blocks), 1, squeeze=False, height_ratios=[each + 0.35 for each in heights], sharex=True
        )[:, 0]
        for axes, (_, rows) in zip(panels, blocks, strict=True):
            _draw_block(axes, rows)
        panels[0].set_xlim(_lowest(known), 1.0)
        panels[-1].set_xlabel("Reliability (95 % interval)")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=2)
    return Picture(figure, TITLE, _caption(known, reliability), _alt(known), numbers=_numbers(known))


def _draw_block(axes: Axes, rows: pd.DataFrame) -> None:
    axes.set_title(block_name(rows["rater"].iloc[0], rows["instrument"].iloc[0]))
    for value, low, high, label, mark, shift in SERIES:
        shown = rows[value].notna().to_numpy()
        places = [place + shift for place, here in enumerate(shown) if here]
        part = rows[shown]
        axes.errorbar(
            part[value],
            places,
            xerr=[part[value] - part[low], part[high] - part[value]],
            fmt=mark.marker,
            color=mark.colour,
            markerfacecolor=mark.colour if value == "alpha" else "white",
            markersize=4.5,
            markeredgewidth=1.3,
            elinewidth=1.3,
            capsize=2.5,
            label=label,
        )
    for limit in (0.7, 0.8, 0.9):
        axes.axvline(limit, color=style.PALE, linewidth=0.8, zorder=0)
    names = [f"{scale_name(row.scale, row.instrument)} ({row.items})" for row in rows.itertuples()]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.45, -0.55)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", length=3, color=style.QUIET)


def _lowest(known: pd.DataFrame) -> float:
    least = known[["alpha", "ci_low", "omega", "omega_low"]].min().min()
    return max(-0.5, min(0.6, 0.05 * (least // 0.05)))


def _caption(known: pd.DataFrame, reliability: pd.DataFrame) -> str:
    respondents = span(known["n"])
    left_out = len(reliability) - len(known)
    without = int((known["omega"].isna()).sum())
    parts = [
        f"First inventory of each person, complete answers, n = {respondents} per scale; number of items "
        "in brackets. Filled circles: Cronbach's alpha with Feldt's 95 % interval. Open squares: "
        "McDonald's omega total of the one-factor model with its 95 % interval (delta method). Grey lines: "
        ".70, .80, .90. People are taken as independent."
    ]
    if without:
        parts.append(f" Omega was not estimated for {without} of these scales.")
    if left_out:
        parts.append(f" {left_out} more could not be estimated at all.")
    return "".join(parts)


def _alt(known: pd.DataFrame) -> str:
    said = []
    for value, _, _, label, _, _ in SERIES:
        if known[value].notna().any():
            low, high = known.loc[known[value].idxmin()], known.loc[known[value].idxmax()]
            said.append(f"{label} from {_of(low, value)} to {_of(high, value)}.")
    return alternative(*said)


def _of(row: pd.Series, value: str) -> str:
    where = f"{block_name(row['rater'], row['instrument'])}: {scale_name(row['scale'], row['instrument'])}"
    return f"{bounded(row[value])} ({where})"


def _numbers(known: pd.DataFrame) -> DisplayTable:
    rows = [
        (
            block_name(row.rater, row.instrument),
            scale_name(row.scale, row.instrument),
            whole(row.n),
            bounded(row.alpha),
            interval(row.ci_low, row.ci_high, limited=True),
            bounded(row.omega),
            interval(row.omega_low, row.omega_high, limited=True),
        )
        for row in known.itertuples()
    ]
    headings = ("Inventory", "Scale", "n", "Alpha", "95 % interval", "Omega", "95 % interval")
    return display_table(f"{TITLE}, in numbers", headings, "llrrcrc", rows)
