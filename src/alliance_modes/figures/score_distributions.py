"""Where the scores of every scale lie between the lowest and the highest that are possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.instruments.model import Instrument
from alliance_modes.scoring.stored import Scores, of_table
from alliance_modes.tables.measurement import block_name
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import listed, scale_name, uncapital
from alliance_modes.words.rounding import number, percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Distribution of every score"
ROW, FRAME = 0.27, 0.75
"""Inches: of a line, and of what stands round all of them."""

TALLEST = 0.86
"""Height of the tallest bar, in lines."""

MOST_BARS = 21
MANY = 0.15
"""Share of forms at one end from which a scale is said to have a floor or a ceiling."""

COLUMNS = ((1.15, "n"), (1.29, "lowest"), (1.44, "highest"))
"""Where the numbers beside the bars stand, in parts of the axis."""


@dataclass(frozen=True)
class Distribution:
    """The scores of one scale: ``places`` between the lowest (0) and the highest (1) possible."""

    block: str
    scale: str
    low: float
    high: float
    steps: int
    places: np.ndarray

    @property
    def at_floor(self) -> float:
        """Share of forms with the lowest possible score."""
        return float(np.isclose(self.places, 0.0).mean())

    @property
    def at_ceiling(self) -> float:
        """Share of forms with the highest possible score."""
        return float(np.isclose(self.places, 1.0).mean())

    def quantile(self, share: float) -> float:
        """A quantile in the metric of the score."""
        return float(self.low + (self.high - self.low) * np.quantile(self.places, share))

    def bars(self) -> tuple[np.ndarray, np.ndarray]:
        """Edges, and forms per possible score between them: at most 21 bars.

        A bar holds the same number of possible scores as the others; the last can hold fewer, which
        its height makes up for.
        """
        if not self.steps:
            counts, edges = np.histogram(self.places, bins=MOST_BARS - 1, range=(0.0, 1.0))
            return edges, counts.astype(float)
        each = -(-(self.steps + 1) // MOST_BARS)
        first = np.arange(0, self.steps + 1, each)
        edges = np.append(first, self.steps + 1) - 0.5
        counts, _ = np.histogram(self.places * self.steps, bins=edges)
        return edges / self.steps, counts / np.diff(edges)


def score_distributions(scores: Scores, instruments: Mapping[str, Instrument]) -> Picture:
    """A histogram of each scale's scores over its possible range, by rater and instrument.

    Parameters
    ----------
    scores : DataFrame or StoredScores
        ``scores.parquet``: one row per form and scale. Facets are left out: most are single items.
    instruments : mapping of str to Instrument
        By id; their ranges and keys say what is possible.

    Notes
    -----
    Beside each stand n and the shares of forms with the lowest and the highest possible score. From
    15 % on at one end people there cannot be told apart (Terwee et al., 2007).

    References
    ----------
    Terwee, C. B., et al. (2007). Quality criteria were proposed for measurement properties of health
    status questionnaires. Journal of Clinical Epidemiology, 60(1), 34-42.
    """
    found = distributions(scores, instruments)
    if not found:
        return not_run(TITLE, "no form was scored")
    lines = _lines(found)
    with style.drawing():
        figure = style.new_figure(height=len(lines) * ROW + FRAME)
        axes = figure.add_subplot()
        for place, (_, one) in enumerate(lines):
            if one is not None:
                _draw(axes, one, place)
        _frame(axes, lines)
    return Picture(figure, TITLE, _caption(found), _alt(found), numbers=_numbers(found))


def distributions(scores: Scores, instruments: Mapping[str, Instrument]) -> list[Distribution]:
    """Every subscale and total that was scored at least once, in the order of the scores."""
    found: list[Distribution] = []
    for table in TABLES:
        found += _of_table(of_table(scores, table), instruments)
    return found


def _of_table(scores: pd.DataFrame, instruments: Mapping[str, Instrument]) -> list[Distribution]:
    known = scores[scores["score"].notna() & (scores["kind"] != "facet")]
    found = []
    for (rater, instrument, scale), rows in known.groupby(
        ["rater", "instrument", "scale"], sort=False, dropna=False
    ):
        low, high = instruments[instrument].score_range(scale)
        responses = instruments[instrument].range
        items = len(instruments[instrument].scales()[scale])
        steps = round(items * (responses.high - responses.low)) if responses.whole else 0
        places = (rows["score"].to_numpy(dtype="float64") - low) / (high - low)
        name = scale_name(scale, instrument)
        found.append(Distribution(block_name(rater, instrument), name, low, high, steps, places))
    return found


def _lines(found: Sequence[Distribution]) -> list[tuple[str, Distribution | None]]:
    """What stands on each line: a scale, or the name of the instrument that the next ones are of."""
    lines: list[tuple[str, Distribution | None]] = []
    for block in dict.fromkeys(one.block for one in found):
        scales = [one for one in found if one.block == block]
        lines.append((block, None))
        lines += [(f"{one.scale} ({_range(one)})", one) for one in scales]
    return lines


def _range(one: Distribution) -> str:
    return f"{one.low:g}–{one.high:g}"


def _draw(axes: Axes, one: Distribution, place: int) -> None:
    foot = place + 0.45
    edges, heights = one.bars()
    axes.bar(
        edges[:-1],
        -heights / heights.max() * TALLEST,
        width=np.diff(edges),
        bottom=foot,
        align="edge",
        color=style.FIRST.colour,
        edgecolor="white",
        linewidth=0.4,
    )
    axes.plot([0, 1], [foot, foot], color=style.QUIET, linewidth=0.6)
    middle = (one.quantile(0.5) - one.low) / (one.high - one.low)
    axes.plot(
        middle,
        foot,
        marker="^",
        color=style.SECOND.colour,
        markeredgecolor="white",
        markeredgewidth=0.7,
        markersize=6.5,
        clip_on=False,
        zorder=3,
    )
    for (where, _), text, bold in zip(
        COLUMNS,
        (whole(len(one.places)), percent(one.at_floor, 0), percent(one.at_ceiling, 0)),
        (False, one.at_floor >= MANY, one.at_ceiling >= MANY),
        strict=True,
    ):
        weight = "bold" if bold else "normal"
        axes.text(where, place, text, ha="right", va="center", fontsize=8, weight=weight, clip_on=False)


def _frame(axes: Axes, lines: Sequence[tuple[str, Distribution | None]]) -> None:
    axes.set_xlim(-0.03, COLUMNS[-1][0])
    axes.set_ylim(len(lines) - 0.4, -0.95)
    axes.set_yticks(range(len(lines)), ["" if one is None else text for text, one in lines])
    for place, (text, one) in enumerate(lines):
        if one is None:
            axes.text(0, place + 0.2, text, ha="left", va="center", weight="bold")
    axes.set_xticks([0, 0.5, 1], ["lowest possible", "middle", "highest possible"])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(length=0)
    for where, text in COLUMNS:
        axes.text(where, -0.75, text, ha="right", va="center", fontsize=8, color=style.QUIET)


def _caption(found: Sequence[Distribution]) -> str:
    forms = [len(one.places) for one in found]
    least, most = min(forms), max(forms)
    n = whole(least) if least == most else f"{whole(least)} to {whole(most)}"
    return (
        f"Every scored form counts once (n = {n} per scale), so that people with many forms weigh more. "
        "Bars: forms at each score, the tallest of a scale as high as that of the others; in brackets the "
        "lowest and the highest possible score. Triangle: the median. Right: share of forms with the lowest "
        f"and the highest possible score, in bold from {percent(MANY, 0)} on, where people at that end "
        "cannot be told apart. No intervals: this describes the forms at hand."
    )


def _alt(found: Sequence[Distribution]) -> str:
    at_end = [one for one in found if max(one.at_floor, one.at_ceiling) >= MANY]
    many = percent(MANY, 0)
    named = [f"{one.block}: {uncapital(one.scale)}" for one in at_end]
    forms = [len(one.places) for one in found]
    return alternative(
        f"Scores of {whole(len(found))} scales, {whole(min(forms))} to {whole(max(forms))} forms each.",
        f"At least {many} of forms are at one end in {listed(named)}."
        if named
        else f"None has {many} of forms or more at its lowest or highest score.",
    )


def _numbers(found: Sequence[Distribution]) -> DisplayTable:
    rows = [
        (
            one.block,
            one.scale,
            _range(one),
            whole(len(one.places)),
            _shown(one, 0.5),
            f"{_shown(one, 0.25)} to {_shown(one, 0.75)}",
            percent(one.at_floor, 0),
            percent(one.at_ceiling, 0),
        )
        for one in found
    ]
    headings = ("Form", "Scale", "Range", "n", "Median", "Middle half", "At lowest", "At highest")
    return display_table(f"{TITLE}, in numbers", headings, "llcrrcrr", rows)


def _shown(one: Distribution, share: float) -> str:
    return number(one.quantile(share), 0 if one.high - one.low > 12 else 1)
