"""Standardised loadings of every item, with intervals: on its subscale's factor and on one factor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import instrument_name, listed, plain, scale_name
from alliance_modes.words.rounding import bounded, interval, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

TITLE = "Factor loadings"
ROW, HEAD = 0.13, 0.62
"""Inches per item, and per panel for its title and axis."""

FOOT = 0.45
"""Inches for the legend and the name of the axis."""

OWN, GENERAL = style.FIRST, style.SECOND
APART = 0.18
"""Rows by which the two marks of an item lie apart."""

NONE_FITTED = "no factor structure of any instrument could be estimated"


def factor_loadings(loadings: pd.DataFrame) -> Picture:
    """Draw the loadings of every instrument whose structure could be estimated.

    Parameters
    ----------
    loadings : DataFrame
        ``loadings.csv``. Of each rater and instrument the structure with one factor per subscale
        and the one with one factor are drawn, as far as they were estimated, from complete answers
        taken as continuous.
    """
    continuous = ~loadings["estimator"].isin(["dwls", "fiml"])
    drawn = loadings[
        continuous & (loadings["kind"] == "loading") & loadings["structure"].isin(["subscales", "one"])
    ]
    if drawn.empty:
        return not_run(TITLE, NONE_FITTED)
    panels = [(who, rows) for who, rows in drawn.groupby(["rater", "instrument"], sort=False, dropna=False)]
    columns = _columns(panels)
    limits = (min(0.0, float(drawn["ci_low"].min()) - 0.03), max(1.0, float(drawn["ci_high"].max()) + 0.02))
    tallest = max(math.fsum(_height(rows) for _, rows in column) for column in columns)
    with style.drawing():
        figure = style.new_figure(height=tallest + FOOT)
        for part, column in zip(_halves(figure, len(columns)), columns, strict=True):
            heights = [_height(rows) for _, rows in column]
            spare = tallest - math.fsum(heights)
            ratios = heights + [spare] * (spare > 0.05)
            grid = part.add_gridspec(len(ratios), 1, height_ratios=ratios)
            for row, (who, rows) in enumerate(column):
                axes = part.add_subplot(grid[row])
                _draw(axes, who, rows, limits)
                if row == len(column) - 1:
                    axes.set_xlabel("Standardised loading")
        figure.legend(handles=_legend(), loc="outside lower left", ncols=2)
    return Picture(figure, TITLE, _caption(drawn), _alt(panels), numbers=_numbers(drawn))


def _halves(figure: Figure, count: int) -> list[SubFigure]:
    return list(figure.subfigures(1, count, squeeze=False)[0])


def _height(rows: pd.DataFrame) -> float:
    return rows["item"].nunique() * ROW + HEAD


def _columns(panels: list) -> list[list]:
    """Panels in one or two columns of about the same height, the tallest first."""
    if len(panels) == 1:
        return [panels]
    columns: list[list] = [[], []]
    for panel in sorted(panels, key=lambda each: -_height(each[1])):
        shortest = min(columns, key=lambda column: math.fsum(_height(rows) for _, rows in column))
        shortest.append(panel)
    return columns


def _draw(axes: Axes, who: tuple[str, str], rows: pd.DataFrame, limits: tuple[float, float]) -> None:
    rater, instrument = who
    own = rows[rows["structure"] == "subscales"]
    general = rows[rows["structure"] == "one"].set_index("item")
    ordered = own if len(own) else rows
    places = {item: place for place, item in enumerate(ordered["item"])}
    if len(own):
        _marks(axes, own.set_index("item"), places, OWN, -APART if len(general) else 0.0, True)
    if len(general):
        _marks(axes, general, places, GENERAL, APART if len(own) else 0.0, False)
    axes.set_ylim(len(places) - 0.4, -0.6)
    axes.set_yticks(range(len(places)), [f"{item:g}" for item in places], fontsize=7)
    axes.set_xlim(*limits)
    axes.axvline(0.0, color=style.INK, linewidth=0.8)
    style.light_grid(axes, "x")
    axes.tick_params(axis="y", length=0)
    axes.set_title(f"{instrument_name(instrument)}, {plain(rater)}")
    axes.set_ylabel("Item")
    if len(own):
        _name_factors(axes, own, instrument)


def _marks(
    axes: Axes, rows: pd.DataFrame, places: dict, mark: style.Mark, shift: float, filled: bool
) -> None:
    rows = rows.loc[list(places)]
    axes.errorbar(
        rows["estimate"],
        [place + shift for place in places.values()],
        xerr=[rows["estimate"] - rows["ci_low"], rows["ci_high"] - rows["estimate"]],
        fmt=mark.marker,
        color=mark.colour,
        markersize=3.2,
        elinewidth=0.9,
        markeredgewidth=0.9,
        markerfacecolor=mark.colour if filled else "white",
    )


def _name_factors(axes: Axes, own: pd.DataFrame, instrument: str) -> None:
    """Thin lines between factors, and their names at the left edge of the panel."""
    start = 0
    for factor, rows in own.groupby("factor", sort=False):
        if start:
            axes.axhline(start - 0.5, color=style.QUIET, linewidth=0.6)
        axes.text(
            0.02,
            start - 0.25,
            scale_name(factor, instrument),
            transform=axes.get_yaxis_transform(),
            va="top",
            fontsize=7.5,
            color=style.QUIET,
        )
        start += len(rows)


def _legend() -> list:
    from matplotlib.lines import Line2D

    return [
        Line2D(
            [],
            [],
            color=OWN.colour,
            marker=OWN.marker,
            markersize=4,
            linewidth=0.9,
            label="on its subscale's factor",
        ),
        Line2D(
            [],
            [],
            color=GENERAL.colour,
            marker=GENERAL.marker,
            markersize=4,
            linewidth=0.9,
            markerfacecolor="white",
            label="on one factor under all items",
        ),
    ]


def _caption(drawn: pd.DataFrame) -> str:
    low, high = int(drawn["n"].min()), int(drawn["n"].max())
    n = f"{low}" if low == high else f"{low} to {high}"
    return (
        "Standardised loading of each item: on the factor of its subscale (filled circles) and on one factor "
        "under all items (open squares). Reversed items are turned round, so that all should be positive. "
        f"Bars: 95 % intervals (t) that allow for clients of one practitioner being alike; n = {n} people, "
        "first inventory of each."
    )


def _alt(panels: list) -> str:
    shown = [own if len(own := rows[rows["structure"] == "subscales"]) else rows for _, rows in panels]
    every = pd.concat(shown)
    low, high = every.loc[every["estimate"].idxmin()], every.loc[every["estimate"].idxmax()]
    ends = [
        f"{bounded(row['estimate'])} ({instrument_name(row['instrument'])}, {plain(row['rater'])}, item "
        f"{row['item']:g})"
        for row in (low, high)
    ]
    return alternative(
        f"Loadings of {whole(len(every))} items of {whole(len(panels))} inventories lie between "
        f"{listed(ends)}.",
        f"Their middle is {bounded(every['estimate'].median())}.",
    )


def _numbers(drawn: pd.DataFrame) -> DisplayTable:
    rows = [
        (
            f"{instrument_name(row.instrument)}, {plain(row.rater)}",
            f"{row.item:g}",
            "one factor" if row.structure == "one" else scale_name(row.factor, row.instrument),
            whole(row.n),
            bounded(row.estimate),
            interval(row.ci_low, row.ci_high, limited=True),
        )
        for row in drawn.itertuples()
    ]
    headings = ("Inventory", "Item", "Factor", "n", "Loading", "95 % interval")
    return display_table(f"{TITLE}, in numbers", headings, "lrlrrc", rows)
