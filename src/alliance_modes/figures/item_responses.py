"""How each item was answered: stacked bars by inventory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.tables.measurement import block_name, span
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import scale_name
from alliance_modes.words.rounding import percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "How each item was answered"
ROW = 0.165
HEAD = 0.55
PALEST, DARKEST = 0.04, 0.98


def item_responses(responses: pd.DataFrame) -> Picture:
    """Share of each response to each item, after keying, one panel per inventory and rater.

    Parameters
    ----------
    responses : DataFrame
        ``item_responses.csv``: one row per rater, instrument, item and response.
    """
    known = responses[responses["n"] > 0]
    if known.empty:
        return not_run(TITLE, "no item of any inventory was answered")
    blocks = [rows for _, rows in known.groupby(["rater", "instrument"], sort=False, dropna=False)]
    with style.drawing():
        columns = _in_columns(blocks)
        height = max(math.fsum(_height(rows) for rows in column) for column in columns) + 0.35
        figure = style.new_figure(height=height)
        for place, column in enumerate(columns):
            _draw_column(figure, column, place, len(columns), height)
    return Picture(figure, TITLE, _caption(known), _alt(known), numbers=_numbers(known))


def _height(rows: pd.DataFrame) -> float:
    return rows["item"].nunique() * ROW + HEAD


def _in_columns(blocks: list[pd.DataFrame]) -> list[list[pd.DataFrame]]:
    """Panels in two columns of about the same height, the longest first."""
    if len(blocks) == 1:
        return [blocks]
    columns: list[list[pd.DataFrame]] = [[], []]
    for rows in sorted(blocks, key=_height, reverse=True):
        min(columns, key=lambda column: math.fsum(_height(each) for each in column)).append(rows)
    return columns


def _draw_column(figure: Figure, column: list[pd.DataFrame], place: int, count: int, height: float) -> None:
    """Panels under each other, every bar of the same thickness in every panel."""
    figure.set_layout_engine("none")
    width, top = 1.0 / count, height - 0.1
    for rows in column:
        tall = rows["item"].nunique() * ROW
        left = (place + (0.27 if count > 1 else 0.18)) * width
        across = width * (0.69 if count > 1 else 0.78)
        axes = figure.add_axes((left, (top - 0.3 - tall) / height, across, tall / height))
        _draw_block(axes, rows)
        top -= _height(rows)


def _draw_block(axes: Axes, rows: pd.DataFrame) -> None:
    from matplotlib import colormaps

    shares = rows.pivot(index="item", columns="response", values="share")
    order = _by_scale(rows)
    shares = shares.loc[order["item"]]
    responses = list(shares.columns)
    shades = colormaps["Blues"](
        [PALEST + (DARKEST - PALEST) * place / (len(responses) - 1) for place in range(len(responses))]
    )
    start = pd.Series(0.0, index=shares.index)
    for response, shade in zip(responses, shades, strict=True):
        width = shares[response].fillna(0)
        look = {"height": 0.82, "color": shade, "edgecolor": style.QUIET, "linewidth": 0.3}
        axes.barh(range(len(shares)), width, left=start, **look)
        start += width
    axes.set_xlim(0, 1)
    axes.set_ylim(len(shares) - 0.5, -0.5)
    axes.set_yticks(
        range(len(shares)),
        [
            f"{item}{'R' if turned else ''}"
            for item, turned in zip(order["item"], order["reversed"], strict=True)
        ],
        fontsize=7,
    )
    _name_scales(axes, order)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=2)
    style.percent_axis(axes, "x")
    axes.set_xticks([0, 0.5, 1])
    axes.tick_params(axis="x", labelsize=7)
    first, middle, last = axes.get_xticklabels()
    first.set_horizontalalignment("left")
    middle.set_horizontalalignment("center")
    last.set_horizontalalignment("right")
    block = block_name(rows["rater"].iloc[0], rows["instrument"].iloc[0])
    axes.annotate(
        f"{block}, {responses[0]}–{responses[-1]}",
        (0, 1),
        (-58, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8,
        fontweight="bold",
    )


def _by_scale(rows: pd.DataFrame) -> pd.DataFrame:
    """The items in the order of their subscales, as the table has them; those on none come last."""
    items = rows.drop_duplicates("item")[["item", "scale", "reversed", "instrument"]]
    names = list(dict.fromkeys(items["scale"].dropna()))
    rank = items["scale"].map({name: place for place, name in enumerate(names)}).fillna(len(names))
    return items.assign(rank=rank).sort_values("rank", kind="stable").reset_index(drop=True)


def _name_scales(axes: Axes, order: pd.DataFrame) -> None:
    for rank, part in order.groupby("rank"):
        middle = (part.index.min() + part.index.max()) / 2
        name = part["scale"].iloc[0]
        label = "no subscale" if pd.isna(name) else scale_name(name, part["instrument"].iloc[0])
        axes.annotate(
            label,
            (0, middle),
            (-20, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=7,
        )
        if rank:
            axes.axhline(part.index.min() - 0.5, color=style.INK, linewidth=0.7, xmin=-0.05, clip_on=False)


def _caption(known: pd.DataFrame) -> str:
    n = span(known["n"])
    fractions = " Lines marked anywhere on a range are counted at the nearest whole number."
    return (
        f"First inventory of each person, n = {n} answers per item. Each bar is one item (its number; R: "
        "reversed, shown after turning it round), divided by the share of each response from the lowest "
        "(pale, left) to the highest (dark, right). Items stand by subscale."
        f"{fractions if (known['instrument'] == 'srs').any() else ''}"
    )


def _alt(known: pd.DataFrame) -> str:
    of_block = known.groupby(["rater", "instrument"], sort=False, dropna=False)
    ends = []
    for pick in ("min", "max"):
        at = known[known["response"] == of_block["response"].transform(pick)]
        top = at.loc[at["share"].idxmax()]
        named = block_name(top["rater"], top["instrument"])
        ends.append(f"item {top['item']} of {named} ({percent(top['share'], 0)})")
    items = of_block["item"].nunique()
    return alternative(
        f"Shares of each response to {whole(items.sum())} items of {whole(len(items))} inventories.",
        f"The lowest response is most frequent in {ends[0]}, the highest in {ends[1]}.",
    )


def _numbers(known: pd.DataFrame) -> DisplayTable:
    """Of each item the share of the lowest and of the highest response, and its most frequent one."""
    rows = []
    for _, block in known.groupby(["rater", "instrument"], sort=False, dropna=False):
        least, most = block["response"].min(), block["response"].max()
        for item, answers in block.groupby("item", sort=False):
            share = answers.set_index("response")["share"]
            named = block_name(block["rater"].iloc[0], block["instrument"].iloc[0])
            ends = (percent(share.get(least, 0.0), 0), percent(share.get(most, 0.0), 0))
            rows.append((named, str(item), whole(answers["n"].max()), *ends, f"{share.idxmax():g}"))
    headings = ("Inventory", "Item", "n", "Lowest response", "Highest response", "Most frequent")
    return display_table(f"{TITLE}, in numbers", headings, "lrrrrr", rows)
