"""Completion by programme and by site, from rounded counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alliance_modes.disclosure.said import proportion
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.release.about import BY, COMPLETED, COURSE, About
from alliance_modes.figures.release.flow import DUE, STARTED
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, sampled_said
from alliance_modes.words.rounding import percent, percent_interval, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.disclosure.counts import ShownTable
    from alliance_modes.disclosure.rules import Disclosure
    from alliance_modes.figures.release.about import Abouts

TITLE = "Completion by programme and by site"
ROW = 0.27
_NOTHING = About()


@dataclass(frozen=True)
class ReleasedRate:
    """A share of rounded counts, with limits where they are known."""

    kind: str
    label: str
    n: int
    share: float
    low: float | None
    high: float | None


def released_completion(counts: Mapping[str, ShownTable], about: Abouts, rules: Disclosure) -> Picture:
    """Share completed of those due to finish, in the order of the tables: it says nothing of merit."""
    rates = [rate for kind in ("programme", "site") for rate in _rates(kind, counts, about, rules)]
    if not rates:
        return not_run(TITLE, "the counts of no programme or site can be shown")
    kinds = list(dict.fromkeys(rate.kind for rate in rates))
    with style.drawing():
        heights = [sum(rate.kind == kind for rate in rates) + 0.9 for kind in kinds]
        figure = style.new_figure(height=math.fsum(heights) * ROW + 0.6)
        panels = figure.subplots(len(kinds), 1, squeeze=False, sharex=True, height_ratios=heights)[:, 0]
        for axes, kind in zip(panels, kinds, strict=True):
            _draw(axes, [rate for rate in rates if rate.kind == kind])
            axes.set_title(f"By {kind}")
        _whole(list(panels), counts, rules)
        panels[-1].set_xlabel("Completed, of those due to finish")
    units = sorted({unit for kind in kinds for unit in about.get(f"{BY}{kind}", _NOTHING).shared})
    words = (_caption(counts, units), _alt(rates))
    return Picture(figure, TITLE, *words, numbers=_numbers(rates))


def _rates(
    kind: str, counts: Mapping[str, ShownTable], about: Abouts, rules: Disclosure
) -> list[ReleasedRate]:
    table = counts.get(f"{BY}{kind}")
    if table is None or COMPLETED not in table.columns:
        return []
    of = DUE if DUE in table.columns else STARTED
    halves = about.get(f"{BY}{kind}", _NOTHING).halves
    found = []
    for label in table.rows:
        n = table.of(label, of)
        share = proportion(table.of(label, COMPLETED), n, rules)
        if share is not None and n.value is not None:
            low, high = _limits(share, halves.get(label))
            found.append(ReleasedRate(kind, label, n.value, share, low, high))
    return found


def _limits(share: float, half: float | None) -> tuple[float | None, float | None]:
    if half is None or not 0 < share < 1:
        return None, None
    middle = math.log(share / (1.0 - share))
    low, high = (1.0 / (1.0 + math.exp(-(middle + step))) for step in (-half, half))
    return low, high


def _draw(axes: Axes, rates: Sequence[ReleasedRate]) -> None:
    for place, rate in enumerate(rates):
        limits = None if rate.low is None or rate.high is None else (rate.low, rate.high)
        reach = None if limits is None else [[rate.share - limits[0]], [limits[1] - rate.share]]
        axes.errorbar(
            rate.share,
            place,
            xerr=reach,
            fmt=style.FIRST.marker,
            color=style.FIRST.colour,
            markersize=5,
            capsize=2.5,
            elinewidth=1.3,
        )
    axes.set_yticks(range(len(rates)), [f"{rate.label} (n = {whole(rate.n)})" for rate in rates])
    axes.set_ylim(len(rates) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    style.percent_axis(axes, "x")
    axes.spines["left"].set_visible(False)
    style.light_grid(axes, "x")
    axes.tick_params(axis="y", length=0)


def _whole(panels: Sequence[Axes], counts: Mapping[str, ShownTable], rules: Disclosure) -> None:
    """The share in the whole cohort, as a dashed line."""
    share = _of_all(counts, rules)
    if share is None:
        return
    for axes in panels:
        axes.axvline(share, color=style.QUIET, linestyle="--", linewidth=1.0, zorder=0)


def _of_all(counts: Mapping[str, ShownTable], rules: Disclosure) -> float | None:
    table = counts.get(COURSE)
    if table is None or COMPLETED not in table.columns:
        return None
    of = DUE if DUE in table.columns else STARTED
    row = table.rows[0]
    return proportion(table.of(row, COMPLETED), table.of(row, of), rules)


def _caption(counts: Mapping[str, ShownTable], units: Sequence[str]) -> str:
    withheld = any(
        cell.value is None
        for kind in ("programme", "site")
        if f"{BY}{kind}" in counts
        for row in counts[f"{BY}{kind}"].cells
        for cell in row
    )
    return (
        "Shares of rounded counts; n = enrolments due to finish, rounded. Bars: 95 % intervals. "
        f"{sampled_said(list(units))} Dashed line: the whole cohort. Not adjusted for who the clients are, "
        "and in no order: differences within the bars are what chance makes."
        f"{' Where a count is withheld, nothing is drawn.' if withheld else ''}"
    )


def _alt(rates: Sequence[ReleasedRate]) -> str:
    said = []
    for kind in dict.fromkeys(rate.kind for rate in rates):
        shares = [rate.share for rate in rates if rate.kind == kind]
        said.append(
            f"{capital(kind)}s: {whole(len(shares))} shown, completion from {percent(min(shares), 0)} to "
            f"{percent(max(shares), 0)}."
        )
    return alternative(*said)


def _numbers(rates: Sequence[ReleasedRate]) -> DisplayTable:
    rows = [
        (
            capital(rate.kind),
            rate.label,
            whole(rate.n),
            percent(rate.share, 0),
            percent_interval(rate.low, rate.high, 0),
        )
        for rate in rates
    ]
    headings = ("Kind", "Name", "n (rounded)", COMPLETED, "95 % interval")
    return display_table(f"{TITLE}, in numbers", headings, "llrrc", rows)
