"""Chances of completion and attendance over the range of each mode: the model's, and what was observed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.domain import MODES
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, not_run
from alliance_modes.figures.thirds import THIRDS, practitioner_thirds
from alliance_modes.measurement.intervals import Interval, clustered_mean, wilson_interval
from alliance_modes.models.result import Curve, FitResult, ModelResult
from alliance_modes.words.names import listed, mode_name, mode_of
from alliance_modes.words.rounding import number, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Shown:
    """Which chance is shown, and how it is observed in the enrolments of a third of practitioners.

    ``counted`` says which enrolments are looked at, ``observed`` gives their share with its interval.
    """

    title: str
    model: str
    chance: str
    axis: str
    method: str
    counted: Callable[[pd.DataFrame], pd.Series]
    observed: Callable[[pd.DataFrame], Interval]
    caveat: str


def _completed(rows: pd.DataFrame) -> Interval:
    return wilson_interval(int(rows["completed"].sum()), len(rows))


def _attended(rows: pd.DataFrame) -> Interval:
    share = rows["sessions_attended_after_first"] / rows["sessions_offered_after_first"]
    return clustered_mean(share.astype("float64"), rows["practitioner_id"])


COMPLETION = Shown(
    title="Completion over mode use",
    model="completion",
    chance="chance of completion",
    axis="Completed, of those who started",
    method="95 % Wilson",
    counted=lambda rows: rows["denominator"].fillna(False) & rows["completed"].notna(),
    observed=_completed,
    caveat="which take no account of other columns or of shared practitioners",
)
ATTENDANCE = Shown(
    title="Attendance over mode use",
    model="attendance",
    chance="chance of attending a session",
    axis="Attended, of sessions offered after the first",
    method="95 % t, clustered by practitioner",
    counted=lambda rows: (
        rows["denominator"].fillna(False) & (rows["sessions_offered_after_first"] > 0).fillna(False)
    ),
    observed=_attended,
    caveat="which take no account of other columns; each person counts once, however many sessions they were "
    "offered",
)


def completion_over_mode_use(model: ModelResult | None, enrolments: pd.DataFrame) -> Picture:
    """Model curves of completion with their interval, and observed completion by third of practitioners.

    Parameters
    ----------
    model : ModelResult or None
        The completion model, with a curve per mode; None where the plan has none.
    enrolments : DataFrame
        One row per enrolment: ``denominator``, ``completed``, ``practitioner_id`` and the modes.
    """
    return _picture(COMPLETION, model, enrolments)


def attendance_over_mode_use(model: ModelResult | None, enrolments: pd.DataFrame) -> Picture:
    """Model curves of attendance with their interval, and mean attendance by third of practitioners.

    Parameters
    ----------
    model : ModelResult or None
        The attendance model, with a curve per mode; None where the plan has none.
    enrolments : DataFrame
        One row per enrolment: ``denominator``, ``sessions_attended_after_first``,
        ``sessions_offered_after_first``, ``practitioner_id`` and the modes.
    """
    return _picture(ATTENDANCE, model, enrolments)


def _picture(shown: Shown, model: ModelResult | None, enrolments: pd.DataFrame) -> Picture:
    if model is None:
        return not_run(shown.title, f"the analysis plan has no {shown.model} model")
    fit = next((fit for fit in model.fits if fit.curves), None)
    if fit is None:
        reason = model.reason or next((fit.reason for fit in model.fits if fit.reason), "")
        return not_run(shown.title, reason.rstrip(". ") or f"the {shown.model} model gave no curves")
    curves = {mode_of(curve.term): curve for curve in fit.curves if mode_of(curve.term)}
    modes = [mode for mode in MODES if mode in curves]
    counted = enrolments[shown.counted(enrolments)]
    observed = {mode: observed_by_third(counted, mode, shown.observed) for mode in modes}
    with style.drawing():
        figure = style.new_figure(height=3.3)
        panels = figure.subplots(1, len(modes), sharey=True, squeeze=False)[0]
        for axes, mode in zip(panels, modes, strict=True):
            _draw(axes, curves[mode], observed[mode])
            axes.set_title(mode_name(mode).capitalize())
        panels[0].set_ylabel(shown.axis)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return Picture(figure, shown.title, _caption(shown, fit), _alt(shown, curves, observed, modes))


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


def _caption(shown: Shown, fit: FitResult) -> str:
    groups = listed([f"{count} {name.removesuffix('_id')}s" for name, count in fit.clusters.items()])
    used = f"{fit.n} enrolments"
    return (
        f"Line and band: {shown.chance} averaged over the cohort, other columns as observed, from the "
        f"mixed logistic model with its 95 % interval (n = {'; '.join(filter(None, (used, groups)))}). "
        "Circles: observed among the clients of the third of practitioners who use the mode "
        "least, in between, and most (n of each at the foot), with intervals "
        f"({shown.method}), {shown.caveat}. "
        "An association, not the effect of changing a practitioner's mode."
    )


def _alt(
    shown: Shown,
    curves: dict[str, Curve],
    observed: dict[str, list[tuple[str, float, Interval]]],
    modes: list[str],
) -> str:
    parts = []
    for mode in modes:
        first, last = curves[mode].points[0], curves[mode].points[-1]
        text = (
            f"{mode_name(mode).capitalize()}: the model's {shown.chance} goes from "
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
