"""Chance of completion over the range of each mode: the model's, and what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, not_run
from alliance_modes.figures.thirds import THIRDS, practitioner_thirds
from alliance_modes.models.result import Curve, FitResult, ModelResult
from alliance_modes.tables.intervals import Interval, wilson_interval
from alliance_modes.tables.names import MODES, listed, mode_name, mode_of
from alliance_modes.tables.rounding import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Completion over mode use"


def completion_over_mode_use(model: ModelResult | None, enrolments: pd.DataFrame) -> Picture:
    """Model curves with their interval, and observed completion by third of practitioners.

    Parameters
    ----------
    model : ModelResult or None
        The completion model, with a curve per mode; None where the plan has none.
    enrolments : DataFrame
        One row per enrolment: ``denominator``, ``completed``, ``practitioner_id`` and the modes.
    """
    if model is None:
        return not_run(TITLE, "the analysis plan has no completion model")
    fit = next((fit for fit in model.fits if fit.curves), None)
    if fit is None:
        reason = model.reason or next((fit.reason for fit in model.fits if fit.reason), "")
        return not_run(TITLE, reason.rstrip(". ") or "the completion model gave no curves")
    curves = {mode_of(curve.term): curve for curve in fit.curves if mode_of(curve.term)}
    shown = [mode for mode in MODES if mode in curves]
    counted = enrolments[enrolments["denominator"].fillna(False) & enrolments["completed"].notna()]
    observed = {mode: observed_by_third(counted, mode) for mode in shown}
    with style.drawing():
        figure = style.new_figure(height=3.3)
        panels = figure.subplots(1, len(shown), sharey=True, squeeze=False)[0]
        for axes, mode in zip(panels, shown, strict=True):
            _draw(axes, curves[mode], observed[mode])
            axes.set_title(mode_name(mode).capitalize())
        panels[0].set_ylabel("Completed, of those who started")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return Picture(figure, TITLE, _caption(fit), _alt(curves, observed, shown))


def observed_by_third(counted: pd.DataFrame, mode: str) -> list[tuple[str, float, Interval]]:
    """Per third of practitioners: its name, the mean mode use of its clients, completion (Wilson)."""
    thirds = practitioner_thirds(counted, mode)
    found = []
    for third in THIRDS:
        here = counted[thirds == third]
        if len(here):
            found.append(
                (third, float(here[mode].mean()), wilson_interval(int(here["completed"].sum()), len(here)))
            )
    return found


def _draw(axes: Axes, curve: Curve, observed: list[tuple[str, float, Interval]]) -> None:
    x = [point.x for point in curve.points]
    if all(point.ci_low is not None and point.ci_high is not None for point in curve.points):
        axes.fill_between(
            x,
            [point.ci_low for point in curve.points],
            [point.ci_high for point in curve.points],
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
            label="Observed, by third of practitioners (95 % Wilson)" if place == 0 else None,
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


def _caption(fit: FitResult) -> str:
    groups = listed([f"{count} {name.removesuffix('_id')}s" for name, count in fit.clusters.items()])
    used = f"{fit.n} enrolments"
    return (
        f"Line and band: chance of completion averaged over the cohort, other columns as observed, from the "
        f"mixed logistic model with its 95 % interval (n = {'; '.join(filter(None, (used, groups)))}). "
        "Circles: observed completion among the clients of the third of practitioners who use the mode "
        "least, in between, and most (n of each at the foot), with 95 % Wilson intervals, which take no "
        "account of other columns or of shared practitioners. An association, not the effect of "
        "changing a practitioner's mode."
    )


def _alt(
    curves: dict[str, Curve], observed: dict[str, list[tuple[str, float, Interval]]], shown: list[str]
) -> str:
    parts = []
    for mode in shown:
        first, last = curves[mode].points[0], curves[mode].points[-1]
        text = (
            f"{mode_name(mode).capitalize()}: the model's chance of completion goes from "
            f"{percent(first.estimate, 0)} at {number(first.x, 1)} to {percent(last.estimate, 0)} at "
            f"{number(last.x, 1)}"
        )
        rates = [
            f"{percent(share.estimate, 0)} of {share.n} in the {third} third"
            for third, _, share in observed[mode]
            if not np.isnan(share.estimate)
        ]
        parts.append(f"{text}; observed: {listed(rates)}." if rates else f"{text}.")
    return " ".join(parts)
