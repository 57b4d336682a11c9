"""What is missing and why: by column and item, by occasion, and by practitioner."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.tables.missing import SMALL, UNKNOWN, source_name, totals, variable_name, with_blanks
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import listed
from alliance_modes.words.rounding import percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "What is missing, and why"
MOST_BARS = 12
MOST_REASONS = 3
OTHER = "other reasons"
LONGEST_REASON = 40
KEY = ["table", "instrument", "rater", "variable"]
FILLS = (
    (style.FIRST.colour, ""),
    (style.THIRD.colour, "////"),
    (style.SECOND.colour, "...."),
    (style.PALE, ""),
)
"""Dark, light hatched, middle dotted and pale: apart without colour."""
MARKS = (style.FIRST, style.SECOND, style.THIRD, style.FOURTH)


def missing_data(missing_map: pd.DataFrame | None) -> Picture:
    """The variables with most missing, by reason; forms and answers missing by occasion; practitioners.

    Parameters
    ----------
    missing_map : DataFrame or None
        ``missing_map.csv``.
    """
    if missing_map is None or not (missing_map["result"] == "counted").any():
        return not_run(TITLE, "the cohort has no records to look at")
    found = with_blanks(missing_map[missing_map["result"] == "counted"])
    bars, reasons = _bars(found)
    lines, forms = _occasions(found)
    people = _people(found)
    with style.drawing():
        figure = style.new_figure(height=4.3)
        grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.1), height_ratios=(1.25, 1))
        _draw_bars(figure.add_subplot(grid[:, 0]), bars, reasons)
        _draw_occasions(figure.add_subplot(grid[0, 1]), lines, forms)
        _draw_people(figure.add_subplot(grid[1, 1]), people)
    words = (_caption(found, forms), _alt(found, bars, reasons, people))
    return Picture(figure, TITLE, *words, numbers=_numbers(bars, reasons, lines, forms, people))


def _bars(found: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Per instrument (its items together) and per column with something missing: share by reason.

    Largest first; ``least`` and ``most`` are the shares of the single items of an instrument.
    """
    pooled = found[(found["view"] == "table") & (found["instrument"] != "")]
    single = found[(found["view"] == "item") & (found["instrument"] == "")]
    both = pd.concat([pooled, single])
    sums = both[(both["reason"] == "") & (both["count"] > 0)]
    sums = sums.sort_values("share", ascending=False, kind="stable").head(MOST_BARS)
    named = both[both["reason"] != ""].merge(sums[KEY], on=KEY)
    order = named.groupby("reason")["share"].sum().sort_values(ascending=False, kind="stable").index.tolist()
    shown = order if len(order) <= MOST_REASONS + 1 else order[:MOST_REASONS]
    reasons = [*shown, *([OTHER] if len(order) > len(shown) else [])]
    items = found[(found["view"] == "item") & (found["reason"] == "") & (found["instrument"] != "")]
    rows = {}
    for row in sums.itertuples():
        same = (named[KEY] == [getattr(row, column) for column in KEY]).all(axis=1)
        shares = named[same].set_index("reason")["share"]
        parts = {reason: float(shares.get(reason, 0.0)) for reason in shown}
        if len(reasons) > len(shown):
            parts[OTHER] = float(shares.drop(shown, errors="ignore").sum())
        of_block = (items[KEY[:3]] == [getattr(row, column) for column in KEY[:3]]).all(axis=1)
        of_items = items.loc[of_block, "share"]
        name = variable_name(row.table, row.instrument, row.rater, row.variable)
        rows[name] = parts | {"least": of_items.min(), "most": of_items.max()}
    columns = [*reasons, "least", "most"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="float64"), reasons


def _occasions(found: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], bool]:
    """Per form: share not received by session number; of answers where nothing else is known."""
    forms = not found[(found["view"] == "planned") & (found["table"] != "practitioner_survey")].empty
    rows = totals(found, "planned" if forms else "occasion")
    rows = rows[(rows["instrument"] != "") & (rows["table"] != "practitioner_survey") & (rows["of"] > 0)]
    rows = rows.assign(number=pd.to_numeric(rows["level"], errors="coerce")).dropna(subset=["number"])
    lines = {}
    raters = rows.groupby("instrument")["rater"].nunique()
    for (instrument, rater), here in rows.groupby(["instrument", "rater"], sort=False):
        name = source_name("", instrument, rater if raters[instrument] > 1 else "")
        lines[name] = here.sort_values("number", kind="stable")
    return dict(list(lines.items())[: len(MARKS)]), forms


def _people(found: pd.DataFrame) -> pd.DataFrame:
    """Share of all cells missing per practitioner, in order."""
    rows = totals(found, "practitioner")
    rows = rows[rows["level"] != UNKNOWN]
    sums = rows.groupby("level", sort=True)[["of", "count"]].sum()
    sums = sums[sums["of"] > 0]
    return sums.assign(share=sums["count"] / sums["of"]).sort_values("share", kind="stable")


def _draw_bars(axes: Axes, bars: pd.DataFrame, reasons: list[str]) -> None:
    axes.set_title("a  Where most is missing")
    if bars.empty:
        _nothing(axes)
        return
    places = np.arange(len(bars))[::-1]
    left = np.zeros(len(bars))
    for reason, (colour, hatch) in zip(reasons, FILLS, strict=False):
        widths = bars[reason].to_numpy()
        label = reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 1]}…"
        axes.barh(
            places, widths, left=left, height=0.72, color=colour, hatch=hatch, edgecolor="white",
            linewidth=0.4, label=label,
        )  # fmt: skip
        left += widths
    axes.hlines(places + 0.43, bars["least"], bars["most"], color=style.INK, linewidth=1.8)
    ends = np.fmax(left, bars["most"].to_numpy())
    for place, share, end in zip(places, left, ends, strict=True):
        axes.annotate(
            _percent(share), (end, place), (3, 0), textcoords="offset points", va="center", fontsize=7
        )
    names = [name.replace(", ", ",\n", 1).replace(": ", ":\n", 1) for name in bars.index]
    axes.set_yticks(places, names, fontsize=7, linespacing=0.95)
    axes.set_xlim(0, max(ends) * 1.25)
    _shares(axes, "x")
    axes.set_xlabel("Share missing")
    style.light_grid(axes, "x")
    axes.legend(loc="lower right", ncols=1, fontsize=7, handlelength=1.6)


def _draw_occasions(axes: Axes, lines: Mapping[str, pd.DataFrame], forms: bool) -> None:
    axes.set_title(f"b  {'Forms not received' if forms else 'Answers missing'}, by session")
    if not lines:
        _nothing(axes)
        return
    for mark, (name, rows) in zip(MARKS, lines.items(), strict=False):
        axes.plot(
            rows["number"], rows["share"], color=mark.colour, linestyle=mark.line, marker=mark.marker,
            markersize=3.5, linewidth=1.2, label=name,
        )  # fmt: skip
    top = max(float(rows["share"].max()) for rows in lines.values())
    axes.set_ylim(0, max(top * 1.6, 0.05))
    _shares(axes, "y")
    axes.set_xlabel("Session")
    axes.set_ylabel(f"Share of {'forms due' if forms else 'answers'}")
    style.light_grid(axes)
    axes.legend(loc="upper right", ncols=1 if len(lines) < 3 else 2, fontsize=7, handlelength=2.4)


def _draw_people(axes: Axes, people: pd.DataFrame) -> None:
    axes.set_title("c  Cells missing, by practitioner")
    if people.empty:
        _nothing(axes)
        return
    places = np.arange(1, len(people) + 1)
    image = style.as_image(len(people))
    axes.vlines(places, 0, people["share"], color=style.PALE, linewidth=1, rasterized=image)
    axes.plot(places, people["share"], "o", color=style.FIRST.colour, markersize=3, rasterized=image)
    middle = float(people["share"].median())
    axes.axhline(middle, color=style.QUIET, linestyle="--", linewidth=0.9)
    axes.annotate(f"median {percent(middle)}", (1, middle), (0, 3), textcoords="offset points", fontsize=7)
    axes.set_ylim(0, max(float(people["share"].max()) * 1.15, 0.02))
    _shares(axes, "y")
    axes.set_xlabel("Practitioners, from least to most")
    axes.set_ylabel("Share of cells")
    style.light_grid(axes)


def _percent(share: float) -> str:
    return "< 0.1 %" if 0 < share < SMALL else percent(share)


def _shares(axes: Axes, which: str) -> None:
    """Shares as percentages, with as many decimals as they need."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = getattr(axes, f"{which}axis")
    axis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))


def _nothing(axes: Axes) -> None:
    axes.set_axis_off()
    axes.text(
        0.5, 0.5, "nothing to show", ha="center", va="center", color=style.QUIET, transform=axes.transAxes
    )


def _caption(found: pd.DataFrame, forms: bool) -> str:
    cells = totals(found, "table")
    due = (
        "forms that were due and did not come, of people with a record of that session while enrolled"
        if forms
        else "answers missing in the forms received"
    )
    share = cells["count"].sum() / cells["of"].sum()
    return (
        f"{whole(cells['of'].sum())} cells of clean records could hold a value; {percent(share)} are missing"
        ". Left out are ids and cells to which a column does not apply (ratings of a missed session, the end "
        "of who is still on the programme). a: bars pool the items of an instrument; the line above a bar "
        "reaches from its item with least to that with most missing. "
        f"b: {due}. Counts of this cohort, so without intervals."
    )


def _alt(found: pd.DataFrame, bars: pd.DataFrame, reasons: list[str], people: pd.DataFrame) -> str:
    cells = totals(found, "table")
    share = percent(cells["count"].sum() / cells["of"].sum())
    if bars.empty:
        return alternative(f"{share} of cells are missing: no column or item has a missing value.")
    most = bars[reasons].sum(axis=1)
    named = [f"{name} {percent(of_it)}" for name, of_it in most.head(2).items()]
    spread = (
        f"By practitioner {percent(people['share'].min())} to {percent(people['share'].max())} of cells."
        if len(people)
        else ""
    )
    return alternative(f"{share} of cells are missing, most in {listed(named)}.", spread)


def _numbers(
    bars: pd.DataFrame,
    reasons: list[str],
    lines: Mapping[str, pd.DataFrame],
    forms: bool,
    people: pd.DataFrame,
) -> DisplayTable:
    """Shares of every bar by reason, and from the least to the most of every line."""
    blank = [""] * len(reasons)
    rows = [
        (name, *(_percent(row[reason]) for reason in reasons), _percent(math.fsum(row[reasons])))
        for name, row in bars.iterrows()
    ]
    spreads = {
        f"{name}, {'forms not received' if forms else 'answers missing'}, by session": rows["share"]
        for name, rows in lines.items()
    }
    if len(people):
        spreads[f"All cells, by practitioner (n = {whole(len(people))})"] = people["share"]
    rows += [
        (name, *blank, f"{_percent(share.min())} to {_percent(share.max())}")
        for name, share in spreads.items()
    ]
    headings = ("What", *reasons, "Missing")
    return display_table(f"{TITLE}, in numbers", headings, "l" + "r" * (len(reasons) + 1), rows)
