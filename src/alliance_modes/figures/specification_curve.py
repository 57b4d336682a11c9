"""The estimates of an outcome under each way to have analysed it, in order, over the choices behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.models.families.registry import family_of
from alliance_modes.plan.relations.specifications import PLANNED, Choices
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import number, percent, whole
from alliance_modes.words.specifications import option_told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import FiguresPart

LEVEL = 0.05
CURVE_SHARE = 1.25
"""Height of the curves over that of the choices."""


def specification_curve(specifications: pd.DataFrame, plan: FiguresPart, model: str, outcome: str) -> Picture:
    """Curves of the terms side by side, each in its own order, with a mark per choice made otherwise.

    Parameters
    ----------
    specifications : DataFrame
        ``specifications.csv``.
    plan : FiguresPart
        How outcomes and modes are called.
    model, outcome : str
        Names of the outcome.
    """
    head = plan.models[model].outcome(outcome).head
    title = f"{head} under every specification"
    rows = specifications[
        (specifications["part"] == f"{model}.{outcome}")
        & specifications["estimate"].notna()
        & specifications["same_as"].isna()
    ]
    terms = tuple(dict.fromkeys(rows["term"]))
    if rows["specification"].nunique() < 2:
        return not_run(title, "fewer than two specifications have estimates")
    choices = _options(rows)
    unit = family_of(plan.models[model].family).scale.unit
    with style.drawing():
        figure = style.new_figure()
        panels = figure.subplots(
            2,
            len(terms),
            sharex="col",
            sharey="row",
            squeeze=False,
            height_ratios=(CURVE_SHARE, max(len(choices), 1) / 12),
        )
        for place, term in enumerate(terms):
            ordered = rows[rows["term"] == term].sort_values(["estimate", "specification"])
            _curve(panels[0, place], ordered, capital(term))
            _marks(panels[1, place], ordered, choices)
        panels[0, 0].set_ylabel(f"Difference in {unit}\nper SD of mode use")
        panels[1, 0].set_yticks(range(len(choices)), [option_told(*one) for one in choices], fontsize=6.5)
    return Picture(
        figure,
        title,
        _caption(rows),
        _alt(rows, terms, head),
        section="relations",
        numbers=_numbers(rows, terms, title),
    )


def _caption(rows: pd.DataFrame) -> str:
    count = whole(rows["specification"].nunique())
    return (
        f"Descriptive: no test. {count} distinct ways to analyse one cohort in the order of their estimates, "
        "with 95 % intervals; each column is one analysis. Ring: the planned one. Black: p < .05, not "
        "adjusted. Below: choices made otherwise than planned."
    )


def _options(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """Choice and option of each that is made otherwise somewhere, last on top."""
    found = [
        (choice, option)
        for choice in Choices.model_fields
        for option in dict.fromkeys(rows[choice].dropna())
        if option != PLANNED
    ]
    return found[::-1]


def _curve(axes: Axes, ordered: pd.DataFrame, name: str) -> None:
    x = np.arange(len(ordered))
    clear = (ordered["p"] < LEVEL).to_numpy()
    planned = (ordered["specification"] == 0).to_numpy()
    estimate = ordered["estimate"].to_numpy(dtype=float)
    for of, colour in ((~clear, style.FOURTH.colour), (clear, style.INK)):
        axes.vlines(x[of], ordered["ci_low"][of], ordered["ci_high"][of], color=colour, linewidth=0.7)
        axes.plot(x[of], estimate[of], color=colour, linestyle="none", marker="o", markersize=1.8)
    axes.plot(
        x[planned], estimate[planned], color=style.INK, linestyle="none", marker="o", markersize=7,
        markerfacecolor="none",
    )  # fmt: skip
    axes.axhline(0, color=style.QUIET, linewidth=0.8)
    axes.set_title(name)
    style.light_grid(axes)


def _marks(axes: Axes, ordered: pd.DataFrame, choices: Sequence[tuple[str, str]]) -> None:
    for height, (choice, option) in enumerate(choices):
        here = np.flatnonzero((ordered[choice] == option).to_numpy(dtype=bool, na_value=False))
        axes.plot(
            here, np.full(len(here), height), color=style.INK, linestyle="none", marker="|", markersize=4
        )
    axes.set_ylim(-0.7, len(choices) - 0.3)
    axes.set_xticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    style.light_grid(axes)
    axes.tick_params(length=0)


def _alt(rows: pd.DataFrame, terms: Sequence[str], head: str) -> str:
    said = []
    for term in terms:
        here = rows[rows["term"] == term]
        low, high = (number(edge, 2) for edge in (here["estimate"].min(), here["estimate"].max()))
        said.append(f"{term} {low} to {high}, p < .05 in {percent((here['p'] < LEVEL).mean(), 0)}")
    count = whole(rows["specification"].nunique())
    return alternative(f"{head}: estimates of {count} specifications go from, by mode: {'; '.join(said)}.")


def _numbers(rows: pd.DataFrame, terms: Sequence[str], title: str) -> DisplayTable:
    lines = []
    for term in terms:
        here = rows[rows["term"] == term]
        planned = here.loc[here["specification"] == 0, "estimate"]
        values = here["estimate"].astype("float64")
        lines.append(
            (
                capital(term),
                number(planned.iloc[0], 2) if len(planned) else number(None, 2),
                number(values.median(), 2),
                f"{number(values.min(), 2)} to {number(values.max(), 2)}",
                percent((here["p"] < LEVEL).mean(), 0),
            )
        )
    headings = ("Mode", "Planned", "Median", "Lowest to highest", "p < .05 in")
    return display_table(f"{title}, in numbers", headings, "lrrrr", lines)
