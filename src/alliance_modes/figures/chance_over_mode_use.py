"""The chance of an outcome over the range of each mode: the model's, and what was observed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.domain import MODES
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.style import ROWS_OF
from alliance_modes.figures.thirds import THIRDS, practitioner_thirds
from alliance_modes.measurement.intervals import (
    Interval,
    clustered_share,
    groupings_of,
    shared,
)
from alliance_modes.models.result import Curve, FitResult, ModelResult
from alliance_modes.plan.families import FAMILIES
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, mode_name, uncapital
from alliance_modes.words.rounding import number, percent, percent_interval, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.plan.parts import DrawnModel, DrawnOutcome, FiguresPart

Observed = dict[str, list[tuple[str, float, Interval]]]
"""Per mode and third of practitioners: its name, the mean mode use of its clients, the share among them."""


def chance_over_mode_use(
    plan: FiguresPart, name: str, outcome: str, result: ModelResult | None, rows: pd.DataFrame
) -> Picture:
    """Model curves of a chance with their interval, and the observed share by third of practitioners.

    Parameters
    ----------
    plan : FiguresPart
        Names the outcome, its population and the modes over which curves are drawn.
    name, outcome : str
        Model of the plan, and one of its outcomes: 0/1, or so many out of so many.
    result : ModelResult or None
        The model as it was fitted, with a curve per mode.
    rows : DataFrame
        The analysis table of the model: the outcome, ``practitioner_id`` and the modes.

    Notes
    -----
    Observed shares of a 0/1 outcome, and the means of the rows' shares of counts, have intervals for new
    practitioners and sites like these.
    """
    model = plan.models[name]
    planned = model.outcome(outcome)
    title = f"{capital(planned.head)} over mode use"
    fit = next((fit for fit in result.fits if fit.outcome == outcome), None) if result else None
    if fit is None or not fit.curves:
        return not_run(title, _why(name, result, fit), model.section)
    curves = {model.curves[curve.term]: curve for curve in fit.curves if curve.term in model.curves}
    modes = [mode for mode in MODES if mode in curves]
    counted = rows[counted_rows(rows, planned)]
    observed = {mode: observed_by_third(counted, mode, _share_of(planned)) for mode in modes}
    with style.drawing():
        figure = style.new_figure(height=3.3)
        panels = figure.subplots(1, len(modes), sharey=True, squeeze=False)[0]
        for axes, mode in zip(panels, modes, strict=True):
            _draw(axes, curves[mode], observed[mode])
            axes.set_title(mode_name(mode).capitalize())
        panels[0].set_ylabel(capital(planned.label))
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
    caption = _caption(model, planned, fit, shared(counted))
    caption += _not_in_both(model, planned, fit, rows, observed)
    words = (caption, _alt(planned, curves, observed, modes))
    numbers = _numbers(title, curves, observed, modes)
    return Picture(figure, title, *words, section=model.section, numbers=numbers)


def _why(name: str, result: ModelResult | None, fit: FitResult | None) -> str:
    if result is None:
        return f"the model {name} has no result"
    reasons = (result.reason, fit.reason if fit else "")
    return next((reason.rstrip(". ") for reason in reasons if reason), f"the model {name} gave no curves")


def counted_rows(rows: pd.DataFrame, outcome: DrawnOutcome) -> pd.Series:
    """Rows of the outcome's population that have it; of counts, those out of at least one."""
    counted = rows[outcome.column].notna() & population_rows(rows, outcome)
    if outcome.trials is not None:
        counted &= (rows[outcome.trials] > 0).fillna(False).astype(bool)
    return counted


def population_rows(rows: pd.DataFrame, outcome: DrawnOutcome) -> pd.Series:
    """Rows of the outcome's population, whether they have it or not."""
    found = pd.Series(True, index=rows.index)
    for column, value in outcome.where.items():
        found &= (rows[column] == value).fillna(False).astype(bool)
    return found


def _share_of(outcome: DrawnOutcome) -> Callable[[pd.DataFrame], Interval]:
    """How the share that has the outcome is observed among some rows."""

    def of_counts(rows: pd.DataFrame) -> Interval:
        share = rows[outcome.column] / rows[outcome.trials]
        return clustered_share(share.astype("float64"), groupings_of(rows))

    def of_rows(rows: pd.DataFrame) -> Interval:
        return clustered_share(rows[outcome.column], groupings_of(rows))

    def of_levels(rows: pd.DataFrame) -> Interval:
        reached = (rows[outcome.column].astype("float64") >= outcome.at_least).astype("float64")
        return clustered_share(reached, groupings_of(rows))

    if outcome.at_least is not None:
        return of_levels
    return of_rows if outcome.trials is None else of_counts


def observed_by_third(
    counted: pd.DataFrame, mode: str, share: Callable[[pd.DataFrame], Interval]
) -> list[tuple[str, float, Interval]]:
    """Per third of practitioners: its name, the mean mode use of its clients, the share among them."""
    thirds = practitioner_thirds(counted, mode)
    found = []
    for third in THIRDS:
        here = counted[thirds == third]
        if len(here):
            found.append((third, float(here[mode].mean()), share(here)))
    return found


def _draw(axes: Axes, curve: Curve, observed: list[tuple[str, float, Interval]]) -> None:
    x = [point.x for point in curve.points]
    low = [point.ci_low for point in curve.points if point.ci_low is not None]
    high = [point.ci_high for point in curve.points if point.ci_high is not None]
    if len(low) == len(high) == len(x):
        axes.fill_between(
            x,
            low,
            high,
            color=style.PALE,
            linewidth=0,
            label="95 % interval of the model",
        )
    axes.plot(x, [point.estimate for point in curve.points], color=style.FIRST.colour, label="Model")
    for place, (_, where, share) in enumerate(observed):
        axes.errorbar(
            where,
            share.estimate,
            yerr=[[share.estimate - share.low], [share.high - share.estimate]],
            fmt="o",
            color=style.SECOND.colour,
            markersize=5,
            capsize=2.5,
            elinewidth=1.2,
            markerfacecolor="white",
            markeredgewidth=1.4,
            label="Observed, by third of practitioners (95 %)" if place == 0 else None,
        )
    if observed:
        counts = ", ".join(str(share.n) for _, _, share in observed)
        axes.text(
            0.5,
            0.03,
            f"n = {counts}",
            transform=axes.transAxes,
            ha="center",
            va="bottom",
            fontsize=7.5,
            color=style.QUIET,
        )
    axes.set_ylim(0, 1)
    style.percent_axis(axes)
    axes.set_xlabel("How often (1 never, 5 always)")
    style.light_grid(axes)


def _chance(outcome: DrawnOutcome) -> str:
    return f"chance of {uncapital(outcome.head)}"


def _kind(model: DrawnModel) -> str:
    """What the model is called: of 0/1 outcomes and counts logistic, else by its link."""
    link = FAMILIES[model.family].link
    return "logistic" if link == "logit" else link


def _caption(model: DrawnModel, outcome: DrawnOutcome, fit: FitResult, units: Sequence[str]) -> str:
    groups = listed([f"{count} {name.removesuffix('_id')}s" for name, count in fit.clusters.items()])
    rows = ROWS_OF[model.table]
    of = f"95 %, for new {listed(list(units))}" if units else "95 %, people taken as independent"
    how = f"{of}), which take no account of other columns"
    if outcome.trials is not None:
        how = f"{how}; of the {rows} each counts once, however many it is out of"
    used = f"{fit.n} {rows}"
    return (
        f"Line and band: {_chance(outcome)} averaged over the cohort, other columns as observed, from the "
        f"mixed {_kind(model)} model with its 95 % interval (n = {'; '.join(filter(None, (used, groups)))}). "
        "Circles: observed among the clients of the third of practitioners who use the mode "
        f"least, in between, and most (n of each at the foot), with intervals ({how}. "
        "An association, not the effect of changing a practitioner's mode."
    )


def _not_in_both(
    model: DrawnModel, outcome: DrawnOutcome, fit: FitResult, rows: pd.DataFrame, observed: Observed
) -> str:
    """Why the circles, the model and a rate of everybody are of different numbers of people."""
    drawn = max((sum(share.n for _, _, share in found) for found in observed.values()), default=0)
    without = int((population_rows(rows, outcome) & ~counted_rows(rows, outcome)).sum())
    said = ""
    if drawn > fit.n:
        said += f" The circles also count {whole(drawn - fit.n)} of whom another column is not known."
    if without:
        units = ROWS_OF[model.table]
        said += f" {whole(without)} {units} have no such outcome by the plan: they count in neither."
    return said


def _alt(outcome: DrawnOutcome, curves: dict[str, Curve], observed: Observed, modes: list[str]) -> str:
    ends = {mode: (curves[mode].points[0], curves[mode].points[-1]) for mode in modes}
    moves = [
        f"{percent(first.estimate, 0)} to {percent(last.estimate, 0)} ({mode_name(mode)})"
        for mode, (first, last) in ends.items()
    ]
    shares = [share.estimate for mode in modes for _, _, share in observed[mode] if share.n]
    seen = (
        f"Observed by third of practitioners: {percent(min(shares), 0)} to {percent(max(shares), 0)}."
        if shares
        else ""
    )
    return alternative(
        f"From least to most mode use the model's {_chance(outcome)} goes from {listed(moves)}.",
        seen,
    )


def _numbers(title: str, curves: dict[str, Curve], observed: Observed, modes: list[str]) -> DisplayTable:
    rows = []
    for mode in modes:
        named = capital(mode_name(mode))
        for point in curves[mode].points[:: len(curves[mode].points) // 4]:
            limits = percent_interval(point.ci_low, point.ci_high, 0)
            rows.append((named, "model", number(point.x, 1), "", percent(point.estimate, 0), limits))
        for third, where, share in observed[mode]:
            limits = percent_interval(share.low, share.high, 0)
            n, estimate = whole(share.n), percent(share.estimate, 0)
            rows.append((named, f"observed, {third} third", number(where, 1), n, estimate, limits))
    headings = ("Mode", "What", "How often", "n", "Chance", "95 % interval")
    return display_table(f"{title}, in numbers", headings, "llrrrc", rows)
