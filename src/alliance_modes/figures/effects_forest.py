"""How each mode goes with every outcome: a forest of estimates with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.domain import MODES, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.style import ROWS_OF
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import adjusted_said, capital, listed, mode_name, modes_said, plain
from alliance_modes.words.rounding import interval, number, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import DrawnModel, DrawnOutcome, FiguresPart

TITLE = "Mode use and every outcome"
ROW = 0.27
POINTS = "percentage_points"
STANDARDISED = "standardised"
UNITS = {
    STANDARDISED: "Standard deviations of the outcome",
    POINTS: "Percentage points",
    "coefficient": "Units of the outcome",
}
"""What stands below a panel; a ratio is named as it is."""

IN_WORDS = {POINTS: "difference in percentage points", "coefficient": "difference in its own units"}


@dataclass(frozen=True)
class Shown:
    """One outcome in the forest: by which estimand it is shown, of how many rows, one row per mode."""

    outcome: DrawnOutcome
    estimand: str
    model: DrawnModel
    rows: pd.DataFrame

    @property
    def rows_of(self) -> str:
        """What the rows of its table are: enrolments, sessions, inventories."""
        return ROWS_OF[self.model.table]

    @property
    def clusters(self) -> pd.Series:
        """How many units of each grouping entered the fit, as ``estimates.csv`` writes it."""
        return self.rows["clusters"]

    @property
    def n(self) -> pd.Series:
        """Rows behind the estimates."""
        return self.rows["n"]


def effects_forest(estimates: pd.DataFrame, plan: FiguresPart, few: bool | None = None) -> Picture:
    """Estimates of the modes on every outcome, in a panel for each kind of number.

    An outcome of several models (of the same column, rows and label) is shown from the first of them in
    the plan.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates.csv``: one row per model, outcome, term and estimand.
        Its ``clusters`` say how many practitioners entered each fit; where all have fewer than 25 the
        caption says that no claim is made.
    plan : FiguresPart
        Which models are about modes, how each outcome is called and shown, and who rates it.
    few : bool, optional
        Whether too few practitioners entered for a claim, where their number is not given as it is.
    """
    outcomes = shown_outcomes(estimates, plan)
    if not outcomes:
        return not_run(TITLE, "no model of mode use was estimated")
    panels = {kind: [one for one in outcomes if one.estimand == kind] for kind in _kinds(outcomes)}
    with style.drawing():
        heights = [len(rows) * ROW + (0.35 if kind == STANDARDISED else 0.2) for kind, rows in panels.items()]
        figure = style.new_figure(height=math.fsum(heights) + 1.1)
        grid = figure.subplots(len(heights), len(MODES), squeeze=False, height_ratios=heights, sharex="row")
        for axes, (kind, rows) in zip(grid, panels.items(), strict=True):
            _draw_panel(axes, rows, kind)
        for place, mode in enumerate(MODES):
            grid[0][place].set_title(capital(mode_name(mode)))
    entered = _practitioners(outcomes)
    few = entered.max() < PRACTITIONERS_FOR_A_CLAIM if few is None else few
    words = (_caption(panels, entered, few), _alt(outcomes))
    return Picture(figure, TITLE, *words, numbers=_numbers(outcomes))


def shown_outcomes(estimates: pd.DataFrame, plan: FiguresPart) -> list[Shown]:
    """Each outcome of the models about modes, once, by the number that the plan shows it by.

    Where a model has none of these numbers, its ratios or coefficients are taken.
    """
    found: list[Shown] = []
    for name, model in plan.models.items():
        rows = mode_rows(estimates, name, model)
        if rows.empty:
            continue
        wanted = {one.name: one.estimand for one in model.outcomes}
        if not any(_of(rows, outcome, kind) is not None for outcome, kind in wanted.items()):
            wanted = dict.fromkeys(wanted, FAMILIES[model.family].ratio or "coefficient")
        for outcome in model.outcomes:
            here = _of(rows, outcome.name, wanted[outcome.name])
            if here is not None and not any(one.outcome.same_as(outcome) for one in found):
                found.append(Shown(outcome, wanted[outcome.name], model, here))
    return found


def mode_rows(estimates: pd.DataFrame, name: str, model: DrawnModel) -> pd.DataFrame:
    """Estimates of the tested use of each mode by the practitioner, in one model, with the ``mode``."""
    between = estimates["level"].isna() | estimates["level"].isin(["", "between"])
    rows = estimates[(estimates["model"] == name) & between & estimates["estimate"].notna()]
    rows = rows.assign(mode=rows["term"].map(model.modes))
    return rows[rows["mode"].notna()]


def _of(rows: pd.DataFrame, outcome: str, estimand: str) -> pd.DataFrame | None:
    here = rows[(rows["outcome"] == outcome) & (rows["estimand"] == estimand)]
    return None if here.empty else here.set_index("mode")


def _kinds(outcomes: Sequence[Shown]) -> list[str]:
    """Kinds of number in the order of their panels: standardised first."""
    kinds = dict.fromkeys(one.estimand for one in outcomes)
    return sorted(kinds, key=lambda kind: kind != STANDARDISED)


def _is_ratio(estimand: str) -> bool:
    return estimand in {family.ratio for family in FAMILIES.values() if family.ratio}


def _unit(estimand: str) -> str:
    return UNITS.get(estimand) or capital(plain(estimand))


def _draw_panel(panels: Sequence[Axes], rows: Sequence[Shown], estimand: str) -> None:
    for place, (axes, mode) in enumerate(zip(panels, MODES, strict=True)):
        for row, shown in enumerate(rows):
            if mode in shown.rows.index:
                _draw_estimate(axes, shown.rows.loc[mode], row, shown.outcome.rated_by == PRACTITIONER)
        axes.axvline(1.0 if _is_ratio(estimand) else 0.0, color=style.INK, linewidth=0.9)
        if _is_ratio(estimand):
            axes.set_xscale("log")
        axes.set_ylim(len(rows) - 0.5, -0.5)
        labels = [capital(shown.outcome.label) if place == 0 else "" for shown in rows]
        axes.set_yticks(range(len(rows)), labels)
        axes.spines["left"].set_visible(False)
        if not _is_ratio(estimand):
            axes.locator_params(axis="x", nbins=5)
        style.light_grid(axes, "x")
        axes.tick_params(axis="y", length=0)
    panels[1].set_xlabel(_unit(estimand))


def _draw_estimate(axes: Axes, estimate: pd.Series, row: int, practitioner_rated: bool) -> None:
    mark = style.SECOND if practitioner_rated else style.FIRST
    known = pd.notna(estimate["ci_low"]) and pd.notna(estimate["ci_high"])
    error = (
        [[estimate["estimate"] - estimate["ci_low"]], [estimate["ci_high"] - estimate["estimate"]]]
        if known
        else None
    )
    axes.errorbar(
        estimate["estimate"],
        row,
        xerr=error,
        fmt=mark.marker,
        color=mark.colour,
        markersize=5,
        capsize=2.5,
        elinewidth=1.3,
        markerfacecolor="white" if practitioner_rated else mark.colour,
        markeredgewidth=1.3,
    )


def _practitioners(outcomes: Sequence[Shown]) -> pd.Series:
    """How many practitioners entered the fit of each outcome."""
    counts = [one.clusters.str.extract(rf"\b{PRACTITIONER}=(\d+)", expand=False) for one in outcomes]
    return pd.concat(counts).dropna().astype(int)


def _caption(panels: dict[str, list[Shown]], practitioners: pd.Series, few: bool) -> str:
    models = [shown.model for rows in panels.values() for shown in rows]
    modes = {mode for model in models for mode in model.modes.values()}
    told = modes_said([mode for mode in MODES if mode in modes])
    together = "stand together in each model" if _in_each(models) else "stand in the models"
    together = together if len(modes) > 1 else "stands in each model"
    beside = ", beside its covariates" if all(model.covariates for model in models) else ""
    parts = [
        f"Per standard deviation of mode use between practitioners; {told} {together}{beside}. "
        "Bars: 95 % intervals"
    ]
    if STANDARDISED in panels:
        parts.append(f" (t; n = {_span(pd.concat([one.n for one in panels[STANDARDISED]]))} rows)")
    parts.append(
        f", n = {_span(practitioners)} practitioners. Filled circles: outcomes that the practitioner did not "
        "rate; open squares: outcomes rated by the practitioner who also rated the modes, where part of "
        "an association is one rater's habit."
    )
    for estimand, rows in panels.items():
        if estimand != STANDARDISED:
            named = listed([shown.outcome.label.lower() for shown in rows])
            what = IN_WORDS.get(estimand) or f"{plain(estimand)}, log scale"
            parts.append(f" {capital(named)}: {what} (n = {_rows_of(rows)}).")
    adjusted = adjusted_said({claim for model in models for claim in model.claims})
    parts.append(" Intervals are for one estimate at a time")
    if len(modes) > 1:
        parts.append(f"; read single modes only where their joint test is clear ({adjusted})")
    parts.append(".")
    if few:
        fewest = PRACTITIONERS_FOR_A_CLAIM
        parts.append(f" With {_span(practitioners)} practitioners, fewer than {fewest}, no claim is made.")
    return "".join(parts)


def _in_each(models: Sequence[DrawnModel]) -> bool:
    """Whether every model has the same modes."""
    return len({frozenset(model.modes.values()) for model in models}) == 1


def _rows_of(rows: Sequence[Shown]) -> str:
    """How many rows the outcomes have: enrolments, and of others what they are and of which outcome."""
    said = []
    for kind in sorted({one.rows_of for one in rows}, key=lambda kind: kind != ROWS_OF["enrolment"]):
        here = [one for one in rows if one.rows_of == kind]
        whose = (
            "" if kind == ROWS_OF["enrolment"] else f" for {listed([o.outcome.label.lower() for o in here])}"
        )
        said.append(f"{_span(pd.concat([one.n for one in here]))} {kind}{whose}")
    return listed(said)


def _span(values: pd.Series) -> str:
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _alt(outcomes: Sequence[Shown]) -> str:
    clear = dict.fromkeys((str(mode) for shown in outcomes for mode in shown.rows.index), 0)
    for shown in outcomes:
        none = 1.0 if _is_ratio(shown.estimand) else 0.0
        for row in shown.rows.itertuples():
            clear[str(row.Index)] += bool(row.ci_low > none or row.ci_high < none)
    said = [f"{whole(count)} ({mode_name(mode)})" for mode, count in clear.items()]
    return alternative(
        f"Estimates of {whole(len(clear))} modes on {whole(len(outcomes))} outcomes, with 95 % intervals.",
        f"Intervals without \u201cno difference\u201d in them: {listed(said)}.",
    )


def _numbers(outcomes: Sequence[Shown]) -> DisplayTable:
    rows = []
    for shown in sorted(outcomes, key=lambda one: one.estimand != STANDARDISED):
        decimals = 1 if shown.estimand == POINTS else 2
        rows += [
            (
                capital(shown.outcome.label),
                _unit(shown.estimand),
                capital(mode_name(str(row.Index))),
                whole(row.n),
                number(row.estimate, decimals),
                interval(row.ci_low, row.ci_high, decimals),
            )
            for row in shown.rows.itertuples()
        ]
    headings = ("Outcome", "Unit", "Mode", "n", "Estimate", "95 % interval")
    return display_table(f"{TITLE}, in numbers", headings, "lllrrc", rows)
