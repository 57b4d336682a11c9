"""From each mode through the alliance early on to what comes later, as paths with their numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.style import ROWS_OF
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, mode_name, uncapital
from alliance_modes.words.rounding import interval, number, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import DrawnModel, DrawnOutcome, FiguresPart

ANALYSIS, TITLE = "mediation", "Through the alliance"
MOST_OUTCOMES = 2
LANE, HEAD = 0.62, 0.28
"""Inches of one mode, and of what stands above the modes of an outcome."""
BOXES = {"mode": (0.0, 0.155), "alliance": (0.405, 0.555), "outcome": (0.815, 1.0)}
"""Left and right end of each box, as parts of the width."""
TALL, UP, DOWN = 0.42, 0.60, 0.16
"""Height of a box, and heights of the paths through it and beside it, as parts of a lane."""


@dataclass(frozen=True)
class _Path:
    """One number of a path; ``clear`` where its interval is on one side of none."""

    estimate: float
    low: float
    high: float
    decimals: int

    @property
    def clear(self) -> bool:
        """Whether zero lies outside of the interval."""
        return self.low > 0.0 or self.high < 0.0

    @property
    def told(self) -> str:
        """The number with its interval."""
        return f"{number(self.estimate, self.decimals)} {interval(self.low, self.high, self.decimals)}"


@dataclass(frozen=True)
class _Shown:
    """One outcome: the path from the rating; by mode that to the rating, the direct one, the product."""

    outcome: DrawnOutcome
    model: DrawnModel
    from_rating: _Path
    modes: dict[str, dict[str, _Path]]
    n: int
    practitioners: str

    @property
    def unit(self) -> str:
        """What the paths to the outcome are in, but the one from the rating."""
        return "percentage points" if self.shares else _scale(self.model)

    @property
    def shares(self) -> bool:
        """Whether the outcome is a chance, of which natural effects are told."""
        return "natural_indirect" in next(iter(self.modes.values()))


def mediation_paths(relations: pd.DataFrame, plan: FiguresPart) -> Picture:
    """Paths between practitioners of the first outcomes that have them, one lane for each mode.

    Parameters
    ----------
    relations : DataFrame
        ``relations.csv``.
    plan : FiguresPart
        What outcomes and the mediator are called.
    """
    outcomes = _outcomes(relations, plan)
    if not outcomes:
        return not_run(TITLE, "no outcome has paths through the alliance", section="relations")
    drawn = outcomes[:MOST_OUTCOMES]
    heights = [HEAD + LANE * len(one.modes) for one in drawn]
    with style.drawing():
        figure = style.new_figure(height=math.fsum(heights))
        panels = figure.subplots(len(drawn), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, one in zip(panels, drawn, strict=True):
            _draw(axes, one)
    return Picture(
        figure,
        TITLE,
        _caption(drawn, len(outcomes), plan),
        _alt(drawn),
        section="relations",
        numbers=_numbers(outcomes),
    )


def _outcomes(relations: pd.DataFrame, plan: FiguresPart) -> list[_Shown]:
    here = relations[(relations["analysis"] == ANALYSIS) & relations["estimate"].notna()]
    here = here[here["level"] == "between"]
    found = []
    for name, model in plan.models.items():
        for outcome in model.outcomes:
            rows = here[here["part"] == f"{name}.{outcome.name}"]
            from_rating = rows[rows["estimand"] == "path_b"]
            modes = _modes(rows, model)
            if len(from_rating) and modes:
                counts = rows["clusters"].str.extract(rf"\b{PRACTITIONER}=(\d+)", expand=False).dropna()
                people = str(counts.iloc[0]) if len(counts) else ""
                path = _path(from_rating.iloc[0])
                found.append(_Shown(outcome, model, path, modes, int(rows["n"].max()), people))
    return found


def _modes(rows: pd.DataFrame, model: DrawnModel) -> dict[str, dict[str, _Path]]:
    """By mode, its numbers: natural effects where the outcome is a chance that has them."""
    natural = bool((rows["estimand"] == "natural_indirect").any())
    wanted = ("path_a", "natural_direct", "natural_indirect") if natural else ("path_a", "direct", "indirect")
    found = {}
    for term, mode in model.modes.items():
        of_mode = rows[rows["term"] == term].set_index("estimand")
        if set(wanted) <= set(of_mode.index):
            found[mode] = {
                one: _path(of_mode.loc[one], 1 if one.startswith("natural") else 2) for one in wanted
            }
    return found


def _path(row: pd.Series, decimals: int = 2) -> _Path:
    return _Path(float(row["estimate"]), float(row["ci_low"]), float(row["ci_high"]), decimals)


def _scale(model: DrawnModel) -> str:
    return "points" if FAMILIES[model.family].link == "identity" else "log-odds"


def _draw(axes: Axes, shown: _Shown) -> None:
    axes.set_axis_off()
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(len(shown.modes), 0.0)
    axes.set_title(f"{capital(shown.outcome.label)}: beside and through the alliance in {shown.unit}")
    for lane, (mode, paths) in enumerate(shown.modes.items()):
        _draw_lane(axes, float(lane), mode, paths, shown)


def _draw_lane(axes: Axes, top: float, mode: str, paths: dict[str, _Path], shown: _Shown) -> None:
    to_rating, direct, through = paths.values()
    middle, below = top + 1.0 - UP, top + 1.0 - DOWN
    words = {"mode": capital(mode), "alliance": "Alliance", "outcome": shown.outcome.head}
    for name, (left, right) in BOXES.items():
        _box(axes, left, right, middle, words[name])
    _arrow(axes, (BOXES["mode"][1], middle), (BOXES["alliance"][0], middle), to_rating)
    _arrow(axes, (BOXES["alliance"][1], middle), (BOXES["outcome"][0], middle), shown.from_rating)
    _beside(axes, middle + TALL / 2.0, below, direct, through)


def _box(axes: Axes, left: float, right: float, middle: float, words: str) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle(
            (left, middle - TALL / 2.0), right - left, TALL, facecolor=style.FILL, edgecolor=style.INK,
            linewidth=0.8, clip_on=False,
        )
    )  # fmt: skip
    axes.text(
        (left + right) / 2.0, middle, "\n".join(wrap(words, 20)[:2]), ha="center", va="center", fontsize=7.5
    )


def _line(path: _Path) -> dict[str, Any]:
    return {
        "color": style.INK,
        "linewidth": 1.4 if path.clear else 0.9,
        "linestyle": "-" if path.clear else "--",
    }


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], path: _Path) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **_line(path)})
    axes.text((start[0] + end[0]) / 2.0, start[1] - 0.05, path.told, ha="center", va="bottom", fontsize=7.5)


def _beside(axes: Axes, under: float, below: float, direct: _Path, through: _Path) -> None:
    """The direct path under the boxes, with its number and that of the way through."""
    left, right = (math.fsum(BOXES[name]) / 2.0 for name in ("mode", "outcome"))
    axes.plot((left, left, right), (under, below, below), clip_on=False, **_line(direct))
    axes.annotate(
        "",
        (right, under),
        (right, below),
        arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **_line(direct)},
    )
    axes.text(
        (left + right) / 2.0, below, f"beside it {direct.told}; through it {through.told}", ha="center",
        va="center", fontsize=7.5, bbox={"facecolor": "white", "linewidth": 0, "pad": 1.5},
    )  # fmt: skip


def _caption(drawn: list[_Shown], outcomes: int, plan: FiguresPart) -> str:
    settings = plan.related
    counts = "; ".join(
        f"{one.outcome.head}: n = {whole(one.n)} {ROWS_OF[one.model.table]}"
        + (f", {one.practitioners} practitioners" if one.practitioners else "")
        for one in drawn
    )
    scales = list(dict.fromkeys(_scale(one.model) for one in drawn))
    more = "" if outcomes == len(drawn) else " Further outcomes stand in the numbers."
    return (
        f"Between practitioners, of clients still there at session {settings.landmark}. Mode to alliance: "
        f"points of {uncapital(settings.mediator)} by then, per SD of the mode. Alliance to outcome: "
        f"{' or '.join(scales)} per point of what is usual for a practitioner\u2019s clients, one number for "
        "every mode. Beside it: what goes with 1 SD of the mode otherwise; through it: the product, by Monte "
        f"Carlo. 95 % confidence intervals; dashed: none lies in them. {counts}.{more} Paths are "
        "associations: what is unmeasured and stands behind both ends is in them."
    )


def _alt(drawn: list[_Shown]) -> str:
    one = drawn[0]
    through = [f"{mode_name(mode)} {list(paths.values())[2].told}" for mode, paths in one.modes.items()]
    return alternative(f"{one.outcome.head}, through the alliance, {one.unit}: {'; '.join(through)}.")


def _numbers(outcomes: list[_Shown]) -> DisplayTable:
    rows = [
        (
            capital(one.outcome.label),
            capital(mode),
            to_rating.told,
            one.from_rating.told,
            direct.told,
            through.told,
            one.unit,
        )
        for one in outcomes
        for mode, (to_rating, direct, through) in (
            (mode, paths.values()) for mode, paths in one.modes.items()
        )
    ]
    headings = ("Outcome", "Mode", "Mode to alliance", "Alliance to outcome", "Beside it", "Through it", "In")
    return display_table(f"{TITLE}, in numbers", headings, "lllllll", rows)
