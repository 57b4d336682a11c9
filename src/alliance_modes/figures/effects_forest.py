"""How each mode goes with every outcome: a forest of estimates with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.domain import MODES, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, not_run
from alliance_modes.tables.effects import mode_estimates
from alliance_modes.words.names import capital, listed, mode_name, outcome_name
from alliance_modes.words.rounding import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Mode use and every outcome"
ROW = 0.27
POINTS = "percentage_points"
SESSION_BY_SESSION = "dropped_out"


def effects_forest(estimates: pd.DataFrame, practitioners: int, labels: Mapping[str, str]) -> Picture:
    """Estimates of the modes on every outcome: standardised, and chances in a panel of their own.

    An outcome of several models is shown from the first of them in the plan.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates.csv``: one row per model, outcome, term and estimand.
    practitioners : int
        Practitioners with a survey; below 25 the caption says that no claim is made.
    labels : mapping
        What a reader is shown for each outcome.
    """
    modes = mode_estimates(estimates)
    modes = modes[modes["model"] == modes.groupby("outcome")["model"].transform("first")]
    modes = modes.assign(label=[labels.get(name, outcome_name(name)) for name in modes["outcome"]])
    linear = modes[modes["estimand"] == "standardised"]
    chance = chance_rows(modes)
    if linear.empty and chance.empty:
        return not_run(TITLE, "no model of mode use was estimated")
    outcomes = list(dict.fromkeys(linear["outcome"]))
    with style.drawing():
        chances = list(dict.fromkeys(chance["outcome"]))
        heights = [len(rows) * ROW + extra for rows, extra in ((outcomes, 0.35), (chances, 0.2)) if rows]
        figure = style.new_figure(height=sum(heights) + 1.1)
        grid = figure.subplots(len(heights), 3, squeeze=False, height_ratios=heights, sharex="row")
        if outcomes:
            _draw_panel(grid[0], linear, outcomes, "Standard deviations of the outcome")
        if not chance.empty:
            unit = "Percentage points" if _in_points(chance) else "Odds ratio"
            _draw_panel(
                grid[-1],
                chance,
                chances,
                unit,
                none=0.0 if _in_points(chance) else 1.0,
            )
        for place, mode in enumerate(MODES):
            grid[0][place].set_title(capital(mode_name(mode)))
    return Picture(figure, TITLE, _caption(linear, chance, practitioners), _alt(pd.concat([linear, chance])))


def chance_rows(modes: pd.DataFrame) -> pd.DataFrame:
    """Rows of outcomes that are chances: percentage points where there are any, else odds ratios."""
    points = modes[modes["estimand"] == POINTS]
    return points if len(points) else modes[modes["estimand"] == "odds_ratio"]


def _in_points(chance: pd.DataFrame) -> bool:
    return bool((chance["estimand"] == POINTS).all())


def _draw_panel(panels, rows: pd.DataFrame, outcomes: list[str], unit: str, none: float = 0.0) -> None:
    for place, (axes, mode) in enumerate(zip(panels, MODES, strict=True)):
        here = rows[rows["mode"] == mode].set_index("outcome")
        for row, outcome in enumerate(outcomes):
            if outcome in here.index:
                _draw_estimate(axes, here.loc[outcome], row)
        axes.axvline(none, color=style.INK, linewidth=0.9)
        if unit == "Odds ratio":
            axes.set_xscale("log")
        axes.set_ylim(len(outcomes) - 0.5, -0.5)
        names = rows.drop_duplicates("outcome").set_index("outcome")["label"]
        axes.set_yticks(
            range(len(outcomes)), [capital(names[each]) if place == 0 else "" for each in outcomes]
        )
        axes.spines["left"].set_visible(False)
        if unit != "Odds ratio":
            axes.locator_params(axis="x", nbins=5)
        style.light_grid(axes, "x")
        axes.tick_params(axis="y", length=0)
    panels[1].set_xlabel(unit)


def _draw_estimate(axes: Axes, estimate: pd.Series, row: int) -> None:
    practitioner_rated = str(estimate.name).startswith(("practitioner", "engagement", "session_engagement"))
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


def _caption(linear: pd.DataFrame, chance: pd.DataFrame, practitioners: int) -> str:
    parts = [
        "Per standard deviation of mode use between practitioners; the three modes stand together in each "
        "model, beside its covariates. Bars: 95 % intervals"
    ]
    if len(linear):
        parts.append(f" (t; n = {_span(linear['n'])} rows)")
    parts.append(
        f", n = {practitioners} practitioners. Filled circles: outcomes that the practitioner did not "
        "rate; open squares: outcomes rated by the practitioner who also rated the modes, where part of "
        "an association is one rater's habit."
    )
    if len(chance):
        named = listed([each.lower() for each in chance["label"].drop_duplicates()])
        parts.append(
            f" {capital(named)}: "
            + ("difference in percentage points" if _in_points(chance) else "odds ratio, log scale")
            + f" (n = {_rows_of(chance)})."
        )
    parts.append(
        " Intervals are for one estimate at a time; read single modes only where the joint test of "
        "the three, after Holm, is clear."
    )
    if practitioners < PRACTITIONERS_FOR_A_CLAIM:
        parts.append(
            f" With {practitioners} practitioners, fewer than {PRACTITIONERS_FOR_A_CLAIM}, no claim is made."
        )
    return "".join(parts)


def _rows_of(chance: pd.DataFrame) -> str:
    """How many rows the outcomes have: enrolments, and of drop-out their sessions."""
    by_session = chance["outcome"] == SESSION_BY_SESSION
    said = [f"{_span(chance.loc[~by_session, 'n'])} enrolments"] if (~by_session).any() else []
    if by_session.any():
        said.append(f"{_span(chance.loc[by_session, 'n'])} sessions for drop-out")
    return listed(said)


def _span(values: pd.Series) -> str:
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _alt(rows: pd.DataFrame) -> str:
    sentences = []
    for _, here in rows.groupby("outcome", sort=False):
        decimals = 1 if here["estimand"].iloc[0] == POINTS else 2
        shown = [
            f"{mode_name(row.mode)} {number(row.estimate, decimals)} "
            f"[{number(row.ci_low, decimals)}, {number(row.ci_high, decimals)}]"
            for row in here.itertuples()
        ]
        unit = {POINTS: " (percentage points)", "odds_ratio": " (odds ratio)"}.get(
            here["estimand"].iloc[0], ""
        )
        sentences.append(f"{capital(here['label'].iloc[0])}{unit}: {listed(shown)}.")
    return " ".join(sentences)
