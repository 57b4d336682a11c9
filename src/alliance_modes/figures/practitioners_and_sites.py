"""Practitioners and sites in a funnel: what chance and their usual spread let expect at each size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, uncapital
from alliance_modes.words.rounding import number, percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import FiguresPart

KINDS = ("practitioner", "site")
LIMITS = ((0.95, "--"), (0.998, ":"))
"""Central shares of units like these between the limits, and their lines (Spiegelhalter 2005)."""

ADJUSTED, SHRUNKEN = style.FOURTH, style.FIRST


def practitioners_and_sites(shrunken: pd.DataFrame, plan: FiguresPart, model: str, outcome: str) -> Picture:
    """Adjusted shares over how many people they are of, with control limits; the shrunken ones beside them.

    Parameters
    ----------
    shrunken : DataFrame
        ``shrunken.csv``: one row per model, outcome and practitioner or site.
    plan : FiguresPart
        How the outcome is called.
    model, outcome : str
        Model of the plan, and one of its 0/1 outcomes.

    Notes
    -----
    Limits at n: overall ± z sqrt(p (1 - p) / n + s²), p the overall share and s the spread of units like
    these that the model finds beside what it expects of them. Units have no names and no order.

    References
    ----------
    Spiegelhalter (2005) doi 10.1002/sim.1970.
    """
    drawn = plan.models[model]
    planned = drawn.outcome(outcome)
    title = f"{capital(planned.head)} by practitioner and site"
    rows = shrunken[(shrunken["model"] == model) & (shrunken["outcome"] == outcome)]
    kinds = [kind for kind in KINDS if (rows["kind"] == kind).sum() > 1]
    if not kinds:
        return not_run(title, "no model of it has practitioners or sites to tell apart", drawn.section)
    parts = {kind: rows[rows["kind"] == kind] for kind in kinds}
    with style.drawing():
        figure = style.new_figure(height=3.5)
        panels = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
        for axes, (kind, part) in zip(panels, parts.items(), strict=True):
            _draw(axes, part)
            axes.set_title(f"{capital(kind)}s (n = {whole(len(part))})")
        panels[0].set_ylabel(capital(planned.label))
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
    words = (_caption(parts, planned.head), _alt(parts, planned.head))
    return Picture(figure, title, *words, section=drawn.section, numbers=_numbers(title, parts))


def limits(part: pd.DataFrame, n: np.ndarray, within: float) -> tuple[np.ndarray, np.ndarray]:
    """Between which shares this part of units like these lies, of so many people each."""
    overall, spread = float(part["overall"].iloc[0]), float(part["spread"].iloc[0])
    reach = stats.norm.ppf(0.5 + within / 2) * np.sqrt(overall * (1 - overall) / n + spread**2)
    return np.clip(overall - reach, 0.0, 1.0), np.clip(overall + reach, 0.0, 1.0)


def outside(part: pd.DataFrame, within: float) -> int:
    """How many units lie beyond these limits."""
    low, high = limits(part, part["n"].to_numpy(dtype=float), within)
    adjusted = part["adjusted"].to_numpy(dtype=float)
    return int(((adjusted < low) | (adjusted > high)).sum())


def _draw(axes: Axes, part: pd.DataFrame) -> None:
    most = float(part["n"].max())
    grid = np.linspace(max(1.0, float(part["n"].min()) * 0.7), most * 1.05, 200)
    for within, line in LIMITS:
        for place, edge in enumerate(limits(part, grid, within)):
            said = f"{percent(within, 1).replace('.0', '')} limits" if place == 0 else None
            axes.plot(grid, edge, color=style.QUIET, linestyle=line, linewidth=1.1, label=said)
    axes.axhline(float(part["overall"].iloc[0]), color=style.QUIET, linewidth=0.9)
    adjusted = part["adjusted"].clip(0.0, 1.0)
    image = style.as_image(len(part))
    axes.vlines(part["n"], adjusted, part["shrunken"], color=style.PALE, linewidth=0.9, zorder=1)
    axes.plot(
        part["n"],
        adjusted,
        linestyle="none",
        marker="o",
        markersize=5,
        markerfacecolor="white",
        markeredgecolor=style.INK,
        markeredgewidth=1.1,
        label="Adjusted",
        rasterized=image,
    )
    axes.plot(
        part["n"],
        part["shrunken"],
        linestyle="none",
        marker="s",
        markersize=3.2,
        color=SHRUNKEN.colour,
        label="Shrunken",
        rasterized=image,
    )
    axes.set_ylim(0, 1)
    axes.set_xlim(left=0)
    style.percent_axis(axes)
    axes.set_xlabel("People in the model")
    style.light_grid(axes)


def _caption(parts: dict[str, pd.DataFrame], head: str) -> str:
    none = [
        f"{kind}s"
        for kind, part in parts.items()
        if np.allclose(part["shrunken"], part["overall"], atol=1e-6)
    ]
    nothing = (
        f" Between {listed(none)} the model finds no difference beyond chance, so that all shrunken values "
        "are the overall share."
        if none
        else ""
    )
    return (
        f"Circles: {uncapital(head)} adjusted for what the model expects (clients, groups, ways of working): "
        "the overall share, which is that of the people in the model, moved by observed minus expected. "
        "Squares: what of it the model takes to be the unit's own, shrunken the more, the fewer people it "
        "rests on. Lines: overall share, and limits within which 95 % and 99.8 % of units like these lie by "
        "chance and by their usual spread."
        f"{nothing} Units have no names and stand in no order: this is no comparison of merit."
    )


def _alt(parts: dict[str, pd.DataFrame], head: str) -> str:
    said = [
        f"{whole(outside(part, LIMITS[0][0]))} of {whole(len(part))} {kind}s" for kind, part in parts.items()
    ]
    reach = [
        f"{kind}s {percent(part['shrunken'].min(), 0)} to {percent(part['shrunken'].max(), 0)}"
        for kind, part in parts.items()
    ]
    return alternative(
        f"{capital(head)}: {listed(said)} lie beyond the 95 % limits.", f"Shrunken values: {listed(reach)}."
    )


def _numbers(title: str, parts: dict[str, pd.DataFrame]) -> DisplayTable:
    rows = [
        (
            capital(f"{kind}s"),
            whole(len(part)),
            percent(part["overall"].iloc[0]),
            number(100 * part["spread"].iloc[0], 1),
            *(whole(outside(part, within)) for within, _ in LIMITS),
            f"{percent(part['shrunken'].min())} to {percent(part['shrunken'].max())}",
        )
        for kind, part in parts.items()
    ]
    headings: Sequence[str] = (
        "Units", "How many", "Overall", "Spread (points)", "Beyond 95 %", "Beyond 99.8 %", "Shrunken",
    )  # fmt: skip
    return display_table(f"{title}, in numbers", headings, "lrrrrrc", rows)
