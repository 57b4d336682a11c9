"""What difference the next cohort could show, by how many practitioners it has."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.effects_forest import POINTS, STANDARDISED, Shown, shown_outcomes
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.models.effects.detectable import POWER, detectable_difference, spread_of_draws_to_se
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital
from alliance_modes.words.rounding import number, percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import FiguresPart

TITLE = "What difference the next cohort could show"
MOST = 120
STEP = 5
SHOWN = (20, 40, 60, 80, 100)
PANELS = {
    POINTS: ("a  Chances", "Percentage points"),
    STANDARDISED: ("b  Ratings", "SDs of the outcome"),
}


@dataclass(frozen=True)
class Reach:
    """The median SE and df of the modes on one outcome, and of how many practitioners."""

    label: str
    kind: str
    se: float
    df: float
    practitioners: int

    def at(self, practitioners: float) -> float:
        """The difference that so many practitioners with caseloads like these could show; NaN without df."""
        df = self.df + practitioners - self.practitioners
        if df < 1:
            return math.nan
        return detectable_difference(self.se * math.sqrt(self.practitioners / practitioners), df)


def detectable_differences(estimates: pd.DataFrame, plan: FiguresPart) -> Picture:
    """Detectable difference per SD of mode use over the number of practitioners, from the models' own SEs.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates.csv``.
    plan : FiguresPart
        Which models are about modes, and how outcomes are shown. Of ratings those are drawn that the
        practitioner did not make.
    """
    found = [one for shown in shown_outcomes(estimates, plan) for one in _reach(shown, estimates)]
    kinds = [kind for kind in PANELS if any(one.kind == kind for one in found)]
    if not kinds:
        return not_run(TITLE, "no model of mode use has a standard error with its degrees of freedom")
    with style.drawing():
        figure = style.new_figure(height=3.4)
        panels = figure.subplots(1, len(kinds), squeeze=False)[0]
        for axes, kind in zip(panels, kinds, strict=True):
            _draw(axes, [one for one in found if one.kind == kind], kind)
    own = sorted({one.practitioners for one in found})
    span = whole(own[0]) if len(own) == 1 else f"{whole(own[0])} to {whole(own[-1])}"
    caption = (
        "Smallest true difference per standard deviation of mode use that a test at .05 finds with a "
        f"chance of {percent(POWER, 0)}: from the SE and df of each outcome's model (median over the "
        f"modes; n = {span} practitioners, vertical line), with SE going down as practitioners go up and "
        "caseloads like these. One test at a time: where several share the level, more is needed."
    )
    return Picture(figure, TITLE, caption, _alt(found), section="precision", numbers=_numbers(found))


def _reach(shown: Shown, estimates: pd.DataFrame) -> Iterator[Reach]:
    if shown.estimand not in PANELS or (
        shown.estimand == STANDARDISED and shown.outcome.rated_by == PRACTITIONER
    ):
        return
    entered = shown.clusters.str.extract(rf"\b{PRACTITIONER}=(\d+)", expand=False).dropna().astype(int)
    terms = estimates["term"].isin(list(shown.model.modes)) & (estimates["estimand"] == "coefficient")
    of_fit = estimates[
        terms
        & estimates["model"].isin(shown.rows["model"])
        & (estimates["outcome"] == shown.outcome.name)
        & (estimates["level"] != "within")
    ]
    df = float(of_fit["df"].median())
    se = float(shown.rows["se"].astype("float64").median())
    if shown.estimand == POINTS:
        se = spread_of_draws_to_se(se, df)
    if len(entered) and math.isfinite(se) and math.isfinite(df):
        yield Reach(capital(shown.outcome.label), shown.estimand, se, df, int(entered.max()))


def _draw(axes: Axes, found: Sequence[Reach], kind: str) -> None:
    marks = (style.FIRST, style.SECOND, style.THIRD, style.FOURTH)
    for one, mark in zip(found, marks, strict=False):
        grid = np.arange(STEP, max(MOST, 2 * one.practitioners) + 1, STEP)
        values = [one.at(float(practitioners)) for practitioners in grid]
        every = max(len(grid) // 6, 1)
        axes.plot(
            grid, values, color=mark.colour, linestyle=mark.line, marker=mark.marker, markevery=every,
            markersize=4, label=one.label,
        )  # fmt: skip
    own = found[0].practitioners
    title, unit = PANELS[kind]
    axes.axvline(own, color=style.QUIET, linewidth=0.9)
    axes.set_ylim(0, 2.2 * max(one.at(one.practitioners) for one in found))
    axes.set_xlim(left=0)
    axes.set_xlabel("Practitioners")
    axes.set_ylabel(unit)
    axes.set_title(title)
    axes.legend(loc="upper right", handlelength=2.8, fontsize=7.5)
    style.light_grid(axes)


def _alt(found: Sequence[Reach]) -> str:
    first = found[-1] if found[-1].kind == POINTS else found[0]
    unit = "points" if first.kind == POINTS else "SD"
    decimals = 1 if first.kind == POINTS else 2
    own = first.practitioners
    return alternative(
        f"{first.label}: {whole(own)} practitioners like these could show a difference of "
        f"{number(first.at(own), decimals)} {unit}, twice as many {number(first.at(2 * own), decimals)}."
    )


def _numbers(found: Sequence[Reach]) -> DisplayTable:
    rows = [
        (
            one.label,
            PANELS[one.kind][1],
            *(
                number(one.at(practitioners), 1 if one.kind == POINTS else 2)
                for practitioners in (one.practitioners, *SHOWN)
            ),
        )
        for one in found
    ]
    headings = ("Outcome", "Unit", "This cohort", *(f"{count} practitioners" for count in SHOWN))
    return display_table(f"{TITLE}, in numbers", headings, "ll" + "r" * (1 + len(SHOWN)), rows)
