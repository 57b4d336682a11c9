"""Effects of several holders' cohorts and what they are pooled to: a forest for every outcome and term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.forest import Over, draw_forest
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.pooling.agreement import Agreed
from alliance_modes.pooling.pool import ENOUGH, Pool
from alliance_modes.words.display import display_table
from alliance_modes.words.names import capital, uncapital
from alliance_modes.words.rounding import interval, number, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW, ABOVE = 0.2, 0.75
"""Inches of one line of a forest, and of what stands above and below its lines."""

HIGHEST = 9.0
SIDE_BY_SIDE = 3
TITLE = "{}: each cohort, and what they are pooled to"


THESE, LIKE, ANOTHER = "These cohorts", "Cohorts like these", "Another cohort"
OVER = (
    Over(THESE, "these", "mean", style.SECOND._replace(line="-"), "white"),
    Over(LIKE, "together", "mean", style.FIRST._replace(marker="D"), style.FIRST.colour),
    Over(ANOTHER, "together", "prediction_interval", style.FIRST._replace(line="--", marker=""), ""),
)


@dataclass(frozen=True)
class _Forest:
    """The effects of one term on one outcome: name of each line and its row."""

    outcome: str
    term: str
    unit: str
    lines: Mapping[str, pd.Series]


def pooled_pictures(found: Pool) -> dict[str, dict[str, Picture]]:
    """The forests of every model of which something is pooled, by model and by the name of their file."""
    models = dict.fromkeys(one.model for one in found.agreed if not one.refused)
    return {model: dict(_named(model, pooled_effects(found, model))) for model in models}


def _named(model: str, pictures: list[Picture]) -> Iterator[tuple[str, Picture]]:
    for place, picture in enumerate(pictures, 1):
        yield f"forest_{model}{f'_{place}' if place > 1 else ''}", picture


def pooled_effects(found: Pool, model: str) -> list[Picture]:
    """The forests of one model, on as many pictures as they need; each holds whole rows of them.

    Parameters
    ----------
    found : Pool
    model : str
        A model of which something is pooled.
    """
    every = [one for one in found.agreed if one.model == model and not one.refused]
    title = TITLE.format(every[0].any_fit.title)
    rows = [row for one in every for row in _rows(_forests(found, one))]
    if not rows:
        return [not_run(title, "no effect is of two cohorts")]
    drawn: list[Picture] = []
    some: list[list[_Forest]] = []
    for row in rows:
        if some and _height([*some, row]) > HIGHEST:
            drawn.append(_picture(some, title))
            some = []
        some.append(row)
    return [*drawn, _picture(some, title)]


def _rows(forests: Iterator[_Forest]) -> Iterator[list[_Forest]]:
    every = list(forests)
    yield from (every[start : start + SIDE_BY_SIDE] for start in range(0, len(every), SIDE_BY_SIDE))


def _forests(found: Pool, one: Agreed) -> Iterator[_Forest]:
    """Of everything that a model tests of one outcome and that is pooled."""
    here = found.cohorts[_of(found.cohorts, one)]
    pooled = found.pooled[_of(found.pooled, one) & (found.pooled["status"] == "ok")]
    words = {term.key: term for fit in one.fits.values() for term in fit.terms}
    for key, term in words.items():
        own, over = here[_same(here, key)], pooled[_same(pooled, key)]
        if over.empty:
            continue
        lines = {str(row["cohort"]): row for _, row in own.iterrows()}
        for line in OVER:
            rows = over[(over["way"] == line.way) & (over["estimand"] == line.estimand)]
            if len(rows):
                lines[line.name] = rows.iloc[0]
        within = ", within" if term.level == "within" else ""
        yield _Forest(one.any_fit.label, f"{term.label}{within}", str(own["unit"].iloc[0]), lines)


def _of(table: pd.DataFrame, one: Agreed) -> pd.Series:
    return (table["model"] == one.model) & (table["outcome"] == one.outcome)


def _same(table: pd.DataFrame, key: tuple[str, str]) -> pd.Series:
    level = table["level"].astype("object").fillna("")
    return (table["term"] == key[0]) & (level == key[1])


def _names(row: list[_Forest]) -> list[str]:
    """The lines of a row of forests: cohorts first."""
    over = [one.name for one in OVER]
    every = list(dict.fromkeys(name for forest in row for name in forest.lines))
    return [*(name for name in every if name not in over), *(name for name in over if name in every)]


def _height(rows: list[list[_Forest]]) -> float:
    return sum(ABOVE + ROW * len(_names(row)) for row in rows)


def _picture(rows: list[list[_Forest]], title: str) -> Picture:
    every = [forest for row in rows for forest in row]
    with style.drawing():
        figure = style.new_figure(height=_height(rows))
        heights = [ABOVE + ROW * len(_names(row)) for row in rows]
        wide = max(map(len, rows))
        grid = figure.subplots(
            len(rows), wide, squeeze=False, sharex="row", gridspec_kw={"height_ratios": heights}
        )
        for panels, row in zip(grid, rows, strict=True):
            for axes in panels[len(row) :]:
                axes.set_axis_off()
            for place, (axes, forest) in enumerate(zip(panels, row, strict=False)):
                _draw(axes, forest, _names(row), first=place == 0)
    numbers = [
        (
            one.outcome,
            capital(one.term),
            name,
            number(row["estimate"]),
            interval(row["ci_low"], row["ci_high"]),
        )
        for one in every
        for name, row in one.lines.items()
    ]
    headings = ("Outcome", "Predictor", "Cohort", "Estimate", "95 % interval")
    table = display_table(f"{title}, in numbers", headings, "lllrc", numbers)
    return Picture(figure, title, _caption(every), _alt(every), numbers=table)


def _draw(axes: Axes, forest: _Forest, names: list[str], first: bool) -> None:
    draw_forest(axes, forest.lines, names, OVER, named=first)
    axes.set_title("\n".join(wrap(capital(forest.term), 30)), fontsize=9)
    axes.set_xlabel(capital(forest.unit.partition(" per ")[0]))
    if first:
        axes.set_ylabel("\n".join(wrap(forest.outcome, 18)), fontsize=8, fontweight="bold")


def _caption(forests: list[_Forest]) -> str:
    cohorts = [name for name in _names(forests) if name not in {one.name for one in OVER}]
    units = ", ".join(dict.fromkeys(one.unit for one in forests))
    there = {name for one in forests for name in one.lines}
    said = [
        f"Coefficients ({units}) with 95 % confidence intervals of {whole(len(cohorts))} cohorts (circles), "
        "and the mean of just these (square)."
    ]
    if LIKE in there:
        said.append(
            "Cohorts like these (diamond): mean over cohorts, by restricted maximum likelihood with the "
            "interval of Knapp and Hartung, never narrower than the usual one."
        )
    said.append(
        "Another cohort (dashed): 95 % prediction interval."
        if ANOTHER in there
        else f"Another cohort is predicted from {ENOUGH} on."
    )
    return " ".join([*said, "Not adjusted for how many effects there are."])


def _alt(forests: list[_Forest]) -> str:
    few = any(ANOTHER not in one.lines for one in forests)
    name = THESE if few else LIKE
    rows = [(one, one.lines[name]) for one in forests if name in one.lines]
    clear = sum(bool(row["ci_low"] > 0 or row["ci_high"] < 0) for _, row in rows)
    each = "; ".join(f"{one.outcome}, {uncapital(one.term)} {number(row['estimate'])}" for one, row in rows)
    of = "in the mean of these cohorts" if few else "on average over cohorts like these"
    return alternative(f"{whole(clear)} of {whole(len(rows))} effects are clear of zero {of}.", f"{each}.")
