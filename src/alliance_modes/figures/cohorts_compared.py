"""Effects in each cohort of a run and over all of them: a forest for every outcome and predictor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.forest import Over, draw_forest
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.models.families.registry import family_of
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PRODUCT, Outcome, PlannedModel
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, uncapital
from alliance_modes.words.rounding import interval, number, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ONE_STAGE, TWO_STAGE = "one_stage", "two_stage"
TITLES = {
    ONE_STAGE: "Effects in each cohort and in one model of all (one stage)",
    TWO_STAGE: "Effects in each cohort and over cohorts like these (two stages)",
}
POOLED = (
    "On average (diamond): mean of the effects of cohorts like these, pooled from their own estimates (REML, "
    "Knapp and Hartung). Another cohort (dashed): 95 % prediction interval of the effect in one more of them."
)
FEW = "From fewer than five cohorts nothing is pooled."
TOGETHER, AVERAGE = "Together", "On average"
ROW, ABOVE = 0.2, 0.65
"""Inches of one line of a forest, and of what stands above and below its lines."""


OVER = (
    Over(TOGETHER, ONE_STAGE, "coefficient", style.SECOND._replace(line="-"), "white"),
    Over(AVERAGE, TWO_STAGE, "coefficient", style.FIRST._replace(marker="D"), style.FIRST.colour),
    Over("Another cohort", TWO_STAGE, "prediction_interval", style.FIRST._replace(line="--", marker=""), ""),
)


@dataclass(frozen=True)
class _Forest:
    """The effects of one predictor on one outcome: name of each line and its row."""

    outcome: Outcome
    model: PlannedModel
    predictor: str
    unit: str
    lines: dict[str, pd.Series]


def cohorts_compared(effects: pd.DataFrame, plan: Plan) -> Picture:
    """A forest per outcome and predictor: the cohorts, the model of all, and what is pooled.

    Parameters
    ----------
    effects : DataFrame
        ``effects.csv`` of all cohorts.
    plan : Plan
        With the labels of outcomes and predictors.
    """
    effects = effects[effects["estimate"].notna()]
    pooled = bool((effects["estimand"] == "prediction_interval").any())
    title = TITLES[TWO_STAGE if pooled else ONE_STAGE]
    forests = [found for one in _outcomes(effects, plan) if (found := list(_forests(*one, plan)))]
    if not forests:
        return not_run(title, "no cohort has an estimate of what is compared")
    cohorts = tuple(dict.fromkeys(effects.loc[effects["way"] == "cohort", "cohort"].dropna()))
    every = [one for row in forests for one in row]
    below = [over.name for over in OVER if any(over.name in one.lines for one in every)]
    names = (*cohorts, *below)
    with style.drawing():
        height = len(forests) * (ABOVE + ROW * len(names))
        figure = style.new_figure(height=height)
        grid = figure.subplots(len(forests), max(map(len, forests)), squeeze=False, sharex="row")
        for panels, row in zip(grid, forests, strict=True):
            for axes in panels[len(row) :]:
                axes.set_axis_off()
            for place, (axes, forest) in enumerate(zip(panels, row, strict=False)):
                _draw(axes, forest, names, first=place == 0)
    caption = _caption(every, pooled, len(cohorts))
    return Picture(figure, title, caption, _alt(every, pooled), numbers=_numbers(every, title))


def _outcomes(effects: pd.DataFrame, plan: Plan) -> Iterator[tuple[pd.DataFrame, PlannedModel, Outcome]]:
    for name, model in plan.models.items():
        for outcome in model.outcomes:
            here = effects[(effects["model"] == name) & (effects["outcome"] == outcome.name)]
            if len(here):
                yield here, model, outcome


def _forests(rows: pd.DataFrame, model: PlannedModel, outcome: Outcome, plan: Plan) -> Iterator[_Forest]:
    """Of everything that is tested alone, at each of its levels."""
    for name in model.tested:
        if PRODUCT in name:
            continue
        one = plan.predictors[name]
        of_term = rows[rows["term"] == (one.term or name)]
        for level, here in of_term.groupby(of_term["level"].astype("object").fillna(""), sort=False):
            own = here[(here["way"] == "cohort") & (here["estimand"] == "coefficient")]
            lines = {str(row["cohort"]): row for _, row in own.iterrows()}
            for over in OVER:
                found = here[(here["way"] == over.way) & (here["estimand"] == over.estimand)]
                if len(found):
                    lines[over.name] = found.iloc[0]
            if lines:
                within = ", within" if one.split and level == "within" else ""
                yield _Forest(outcome, model, f"{one.label}{within}", one.unit, lines)


def _draw(axes: Axes, forest: _Forest, names: tuple[str, ...], first: bool) -> None:
    draw_forest(axes, forest.lines, names, OVER, named=first)
    axes.set_title(capital(forest.predictor))
    axes.set_xlabel(capital(family_of(forest.model.family).scale.unit))
    if first:
        axes.set_ylabel("\n".join(wrap(forest.outcome.head, 15)), fontsize=8, fontweight="bold")


def _caption(forests: list[_Forest], pooled: bool, cohorts: int) -> str:
    together = {one.outcome.head: one.lines[TOGETHER]["n"] for one in forests if TOGETHER in one.lines}
    rows = listed([f"{whole(n)} for {uncapital(head)}" for head, n in together.items()])
    units = listed(list(dict.fromkeys(one.unit for one in forests)))
    n = f" (n = {rows})" if rows else ""
    return (
        f"Coefficients per {units} with 95 % confidence intervals: of each of {whole(cohorts)} cohorts "
        f"(circles), and together (square) of one model of all rows{n}, which takes the effect as the same "
        f"in all. {POOLED if pooled else FEW} Exploratory; not adjusted."
    )


def _alt(forests: list[_Forest], pooled: bool) -> str:
    name = AVERAGE if pooled else TOGETHER
    rows = [(one, one.lines[name]) for one in forests if name in one.lines]
    clear = sum(bool(row["ci_low"] > 0 or row["ci_high"] < 0) for _, row in rows)
    said: dict[str, list[str]] = {}
    for one, row in rows:
        said.setdefault(one.outcome.head, []).append(f"{uncapital(one.predictor)} {number(row['estimate'])}")
    each = "; ".join(f"{head}: {', '.join(numbers)}" for head, numbers in said.items())
    first = f"{whole(clear)} of {whole(len(rows))} effects are clear of zero {name.lower()}."
    return alternative(first, f"{each}.")


def _numbers(forests: list[_Forest], title: str) -> DisplayTable:
    rows = [
        (one.outcome.head, capital(one.predictor), name, number(row["estimate"]), _limits(row))
        for one in forests
        for name, row in one.lines.items()
    ]
    headings = ("Outcome", "Predictor", "Cohort", "Estimate", "95 % interval")
    return display_table(f"{title}, in numbers", headings, "lllrc", rows)


def _limits(row: pd.Series) -> str:
    return interval(row["ci_low"], row["ci_high"])
