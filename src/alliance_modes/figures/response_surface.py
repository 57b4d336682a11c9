"""The expected outcome over both ratings of a session, and along agreement and difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.style import ROWS_OF
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.relations.dyad.expected import FEWEST_PAIRS
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, plain, uncapital
from alliance_modes.words.rounding import MISSING, interval, number, percent, percent_interval, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import DrawnModel, DrawnOutcome, FiguresPart

ANALYSIS, TITLE = "dyad", "Client and practitioner on the same session"
SURFACE, PAIRS = "expected", "pairs"
LINES = {
    "expected_agree": ("Both the same", style.FIRST),
    "expected_differ": ("Mirror images", style.SECOND),
}
LEVELS = 7
"""Lines of equal height, about."""
FINE, FEWEST_POINTS, MARGIN, ABOVE = 61, 4, 0.25, 5
NOTE = (
    "Ratings in tenths of the response range from its middle; 95 % confidence intervals. The whole surface: "
    "relation_points.csv."
)
SHADES = (0.06, 0.30)
"""How dark the cell with fewest and that with most pairs is."""


@dataclass(frozen=True)
class _Shown:
    """The outcome that is drawn: its points by series, what it is called, and what it rests on."""

    series: dict[str, pd.DataFrame]
    outcome: DrawnOutcome
    model: DrawnModel
    raters: tuple[str, str]
    rests_on: str

    @property
    def share(self) -> bool:
        """Whether the outcome is a chance."""
        return FAMILIES[self.model.family].probability

    @property
    def name(self) -> str:
        """What the outcome is called, in a sentence."""
        return uncapital(self.outcome.label)

    def told(self, value: float) -> str:
        """A height in words."""
        return percent(value, 0) if self.share else number(value, 2)


def response_surface(relation_points: pd.DataFrame, relations: pd.DataFrame, plan: FiguresPart) -> Picture:
    """The surface of the first outcome that has one, over where pairs of ratings lie.

    Parameters
    ----------
    relation_points : DataFrame
        ``relation_points.csv``.
    relations : DataFrame
        ``relations.csv``: how many rows and practitioners the surface rests on.
    plan : FiguresPart
        What outcomes are called, and who rated.
    """
    shown = _shown(relation_points, relations, plan)
    if shown is None:
        return not_run(TITLE, "no outcome has a surface over both ratings", section="relations")
    with style.drawing():
        figure = style.new_figure(height=3.4)
        panels = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
        _draw_surface(panels[0], shown)
        _draw_lines(panels[1], shown)
    title = f"Over both ratings of a session: {uncapital(shown.outcome.head)}"
    return Picture(
        figure, title, _caption(shown), _alt(shown), section="relations", numbers=_numbers(shown, title)
    )


def _shown(points: pd.DataFrame, relations: pd.DataFrame, plan: FiguresPart) -> _Shown | None:
    """The first outcome with a surface; one that neither of the two rated goes before one that they did."""
    of_dyads = points[points["analysis"] == ANALYSIS]
    with_surface = set(of_dyads.loc[of_dyads["series"] == SURFACE, "part"])
    found = [
        (f"{name}.{outcome.name}", model, outcome)
        for name, model in plan.models.items()
        for outcome in model.outcomes
        if f"{name}.{outcome.name}" in with_surface
    ]
    raters = plan.related.raters
    for part, model, outcome in sorted(found, key=lambda one: one[2].rated_by in raters):
        here = of_dyads[of_dyads["part"] == part]
        series = {str(one): rows.sort_values("x") for one, rows in here.groupby("series")}
        rows = relations[(relations["analysis"] == ANALYSIS) & (relations["part"] == part)]
        return _Shown(series, outcome, model, raters, _rests_on(rows, model))
    return None


def _rests_on(rows: pd.DataFrame, model: DrawnModel) -> str:
    counts = rows["clusters"].str.extract(rf"\b{PRACTITIONER}=(\d+)", expand=False).dropna()
    people = f", {whole(counts.iloc[0])} practitioners" if len(counts) else ""
    return f"n = {whole(rows['n'].max())} {ROWS_OF[model.table]}{people}"


def _draw_surface(axes: Axes, shown: _Shown) -> None:
    surface = shown.series[SURFACE]
    if PAIRS in shown.series:
        _draw_pairs(axes, shown.series[PAIRS])
    _draw_heights(axes, surface, shown.share)
    for (name, (_, mark)), side in zip(LINES.items(), (1.0, -1.0), strict=True):
        if name in shown.series:
            x = shown.series[name]["x"].to_numpy(dtype=float)
            axes.plot(x, side * x, color=mark.colour, linestyle=mark.line, linewidth=1.4)
    axes.set_xlim(surface["x"].min() - MARGIN, surface["x"].max() + MARGIN)
    axes.set_ylim(surface["y"].min() - MARGIN, surface["y"].max() + MARGIN)
    first, second = (capital(plain(rater)) for rater in shown.raters)
    axes.set_xlabel(f"{first}\u2019s rating, tenths of the range from its middle")
    axes.set_ylabel(f"{second}\u2019s rating, the same")
    axes.set_title("a  Over both ratings")


def _draw_heights(axes: Axes, surface: pd.DataFrame, share: bool) -> None:
    """Lines of equal height through a grid as fine as the eye needs, where there are points around."""
    from scipy.interpolate import griddata

    known = surface[["x", "y"]].to_numpy(dtype=float)
    if len(known) < FEWEST_POINTS or np.linalg.matrix_rank(known - known[0]) < 2:
        return
    axes_of = [np.linspace(ends.min(), ends.max(), FINE) for ends in known.T]
    x, y = np.meshgrid(*axes_of)
    heights = griddata(known, surface["estimate"].to_numpy(dtype=float), (x, y), method="cubic")
    lines = axes.contour(x, y, np.ma.masked_invalid(heights), levels=LEVELS, colors=style.INK, linewidths=0.8)
    for label in axes.clabel(lines, fmt=(lambda value: percent(value, 0)) if share else "%g", fontsize=7):
        label.set_bbox({"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.3})
        label.set_zorder(ABOVE)


def _draw_pairs(axes: Axes, pairs: pd.DataFrame) -> None:
    """Cells of a tenth by a tenth, the darker the more pairs."""
    from matplotlib.patches import Rectangle

    low, high = SHADES
    most = float(pairs["estimate"].max())
    for cell in pairs.itertuples():
        dark = low + (high - low) * float(cell.estimate) / most
        corner = (float(cell.x) - 0.5, float(cell.y) - 0.5)
        axes.add_patch(Rectangle(corner, 1.0, 1.0, color=str(1.0 - dark), linewidth=0))


def _draw_lines(axes: Axes, shown: _Shown) -> None:
    for name, (label, mark) in LINES.items():
        if name in shown.series:
            line = shown.series[name]
            x = line["x"].to_numpy(dtype=float)
            axes.fill_between(x, line["ci_low"], line["ci_high"], color=mark.colour, alpha=0.15, linewidth=0)
            for edge in ("ci_low", "ci_high"):
                axes.plot(x, line[edge], color=mark.colour, linestyle=mark.line, linewidth=0.5)
            axes.plot(x, line["estimate"], color=mark.colour, linestyle=mark.line, label=label)
    if shown.share:
        style.percent_axis(axes)
    axes.set_xlabel(f"{capital(plain(shown.raters[0]))}\u2019s rating, from the middle")
    axes.set_ylabel(shown.outcome.label)
    axes.set_title("b  Along both lines of a")
    axes.legend(loc="best", handlelength=2.8)
    style.light_grid(axes)


def _caption(shown: _Shown) -> str:
    first, second = (plain(rater) for rater in shown.raters)
    return (
        f"Expected: {shown.name}. a: by the ratings of the first session that {first} and {second} both "
        "rated: lines of equal height, drawn where the middle 98 % of ratings and of their differences lie. "
        f"Shaded: cells of a tenth by a tenth with {FEWEST_PAIRS} pairs or more, darker where more. "
        f"b: where both ratings are the same (solid), and where the {second}\u2019s lies as far on the other "
        f"side of the middle as the {first}\u2019s (dashed), with 95 % confidence intervals of the height. "
        f"{shown.rests_on}. Whether agreement goes with it is tested in the table: a ridge by eye is none."
    )


def _alt(shown: _Shown) -> str:
    said = []
    for name, where in (("expected_agree", "both at"), ("expected_differ", f"{plain(shown.raters[0])} at")):
        if name in shown.series:
            ends = shown.series[name].iloc[[0, -1]].itertuples()
            said.append(
                " and ".join(f"{shown.told(one.estimate)} ({where} {number(one.x, 1)})" for one in ends)
            )
    if not said:
        return alternative(f"{shown.outcome.head} over both ratings.")
    mirrored = f"On either side of the middle: {said[1]}." if len(said) > 1 else ""
    return alternative(f"{shown.outcome.head}, expected: {said[0]}.", mirrored)


def _numbers(shown: _Shown, title: str) -> DisplayTable:
    lines = {name: shown.series[name].set_index("x") for name in LINES if name in shown.series}
    places = sorted({x for line in lines.values() for x in line.index})
    rows = [
        (number(x, 1), *(_cell(lines[name], x, shown.share) if name in lines else MISSING for name in LINES))
        for x in places
    ]
    first, second = (capital(plain(rater)) for rater in shown.raters)
    headings = (f"{first}\u2019s rating", f"{second}\u2019s the same", f"{second}\u2019s the mirror image")
    return display_table(f"{title}, in numbers", headings, "rll", rows, NOTE)


def _cell(line: pd.DataFrame, x: float, share: bool) -> str:
    if x not in line.index:
        return MISSING
    row = line.loc[x]
    if share:
        return f"{percent(row['estimate'], 0)} {percent_interval(row['ci_low'], row['ci_high'], 0)}"
    return f"{number(row['estimate'])} {interval(row['ci_low'], row['ci_high'])}"
