"""How scores are distributed, in bars with enough people in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.release.about import SCORES
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.disclosure.counts import ShownTable
    from alliance_modes.figures.release.about import Abouts

TITLE = "Distribution of every score"
ROW, FRAME, TALLEST = 0.3, 0.7, 0.86


@dataclass(frozen=True)
class ReleasedBars:
    """The bars of one scale: their edges, and how many people lie in each; None where that is withheld."""

    block: str
    series: str
    edges: tuple[float, ...]
    labels: tuple[str, ...]
    counts: tuple[int | None, ...]

    @property
    def heights(self) -> tuple[float, ...]:
        """People per part of the range, so that wide bars are not taken for full ones."""
        return tuple(
            (n or 0) / (after - before)
            for n, before, after in zip(self.counts, self.edges, self.edges[1:], strict=False)
        )

    @property
    def n(self) -> int:
        """Sum of what is shown."""
        return sum(n or 0 for n in self.counts)


def released_scores(counts: Mapping[str, ShownTable], about: Abouts) -> Picture:
    """Bars of equal area per person, one line per scale."""
    found = [_bars(name, counts[name], about) for name in counts if name.startswith(SCORES)]
    shown = [one for one in found if any(n is not None for n in one.counts)]
    if not shown:
        return not_run(TITLE, "the counts of every scale are withheld, or there are none")
    lines = _lines(shown)
    with style.drawing():
        figure = style.new_figure(height=len(lines) * ROW + FRAME)
        axes = figure.add_subplot()
        for place, (_, one) in enumerate(lines):
            if one is not None:
                _draw(axes, one, place)
        _frame(axes, lines)
    caption = (
        "The first form of each person. Bars: people per part of the possible range, which stands in "
        "brackets; neighbouring scores are put together until a bar holds enough people. Counts are rounded; "
        "n is the sum of those shown. No intervals: this describes the forms at hand."
    )
    if any(None in one.counts for one in shown):
        caption += " Bars whose number is withheld are left out."
    return Picture(figure, TITLE, caption, _alt(shown), section="measurement", numbers=_numbers(shown))


def _bars(name: str, table: ShownTable, about: Abouts) -> ReleasedBars:
    of = about[name]
    return ReleasedBars(of.block, of.series, of.edges, table.rows, tuple(row[0].value for row in table.cells))


def _lines(shown: Sequence[ReleasedBars]) -> list[tuple[str, ReleasedBars | None]]:
    lines: list[tuple[str, ReleasedBars | None]] = []
    for block in dict.fromkeys(one.block for one in shown):
        lines.append((block, None))
        lines += [
            (f"{capital(one.series)} ({one.edges[0]:g}–{one.edges[-1]:g})", one)
            for one in shown
            if one.block == block
        ]
    return lines


def _draw(axes: Axes, one: ReleasedBars, place: int) -> None:
    foot, reach = place + 0.45, one.edges[-1] - one.edges[0]
    tallest = max(one.heights)
    for before, after, height, n in zip(one.edges, one.edges[1:], one.heights, one.counts, strict=False):
        if n is not None:
            axes.bar(
                (before - one.edges[0]) / reach,
                -height / tallest * TALLEST,
                width=(after - before) / reach,
                bottom=foot,
                align="edge",
                color=style.FIRST.colour,
                edgecolor="white",
                linewidth=0.6,
            )
    axes.plot([0, 1], [foot, foot], color=style.QUIET, linewidth=0.6)
    axes.text(1.13, place, whole(one.n), ha="right", va="center", fontsize=8, clip_on=False)


def _frame(axes: Axes, lines: Sequence[tuple[str, ReleasedBars | None]]) -> None:
    axes.set_xlim(-0.03, 1.13)
    axes.set_ylim(len(lines) - 0.4, -0.95)
    axes.set_yticks(range(len(lines)), ["" if one is None else text for text, one in lines])
    for place, (text, one) in enumerate(lines):
        if one is None:
            axes.text(0, place + 0.2, text, ha="left", va="center", weight="bold")
    axes.set_xticks([0, 0.5, 1], ["lowest possible", "middle", "highest possible"])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    axes.text(1.13, -0.75, "n", ha="right", va="center", fontsize=8, color=style.QUIET)


def _alt(shown: Sequence[ReleasedBars]) -> str:
    people = [one.n for one in shown]
    return alternative(
        f"Scores of {whole(len(shown))} scales, each of about {whole(min(people))} to {whole(max(people))} "
        "people.",
        f"On the first, {shown[0].series} of {shown[0].block}, most lie at {_fullest(shown[0])}.",
    )


def _fullest(one: ReleasedBars) -> str:
    return one.labels[one.heights.index(max(one.heights))]


def _numbers(shown: Sequence[ReleasedBars]) -> DisplayTable:
    rows = [
        (one.block, one.series, label, "withheld" if n is None else whole(n))
        for one in shown
        for label, n in zip(one.labels, one.counts, strict=True)
    ]
    return display_table(f"{TITLE}, in numbers", ("Form", "Scale", "Score", "People (rounded)"), "llcr", rows)
