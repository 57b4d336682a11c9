"""Drop-out over sessions by mode use, with the competing ends beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.domain import DROP_OUT, EARLY_ENDS, MODES, STARTED_ENDS
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.thirds import THIRDS, practitioner_thirds
from alliance_modes.measurement.incidence import CENSORED, IncidenceCurve, cumulative_incidence
from alliance_modes.measurement.intervals import groupings_of, shared
from alliance_modes.plan.families import FAMILIES
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import END_SHORT, capital, listed, mode_name, sampled_said
from alliance_modes.words.rounding import percent, percent_interval, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alliance_modes.models.result import ModelResult, PredictedIncidence
    from alliance_modes.plan.parts import FiguresPart

Modelled = dict[tuple[str, float | None], "PredictedIncidence"]
"""Of drop-out by mode and its value in SD, and of each end (without a value) in the cohort as it is."""

TITLE = "Drop-out over sessions, by mode use"
DRAWN_ENDS = STARTED_ENDS
THIRD_MARKS = dict(zip(THIRDS, (style.SECOND, style.FOURTH, style.FIRST), strict=True))
END_MARKS = dict(zip(EARLY_ENDS, (style.FIRST, style.SECOND, style.FOURTH), strict=True))
FEWEST = 10
LEVELS = ((-1.0, "mode use 1 SD below the mean"), (1.0, "1 SD above the mean"))
THIRD_ENDS = (THIRD_MARKS["lowest"], THIRD_MARKS["highest"])
EVERY = 3
"""Sessions from one mark of the model to the next."""


def dropout_survival(
    enrolments: pd.DataFrame, plan: FiguresPart | None = None, models: Mapping[str, ModelResult] | None = None
) -> Picture:
    """Cumulative incidence of drop-out by third of practitioners per mode, and of every early end.

    The model's own cumulative incidence stands beside the observed one where there is a model.

    Parameters
    ----------
    enrolments : DataFrame
        One row per enrolment: ``denominator``, ``last_session``, ``end_kind``, ``practitioner_id``
        and the modes. Only those in the denominator are used.
    plan, models : optional
        The plan and its results by model: the incidences of the first hazard model of drop-out that is
        about modes are drawn.
    """
    started = _counted(enrolments)
    counted = started.dropna(subset=["last_session"])
    if counted.empty:
        return not_run(TITLE, "no enrolment has both a last session and a kind of end")
    if not counted["end_kind"].isin(EARLY_ENDS).any():
        return not_run(TITLE, "no enrolment ended early")
    overall = _curves(counted)
    by_mode = {mode: found for mode in MODES if mode in counted and (found := _by_third(counted, mode))}
    horizon = float(counted["last_session"].max())
    modelled = modelled_incidences(plan, models or {}) if plan is not None else {}
    with style.drawing():
        figure = style.new_figure(height=4.9)
        panels = figure.subplots(2, 2, sharex=True).ravel() if by_mode else [figure.add_subplot()]
        for axes, mode in zip(panels[:-1], MODES, strict=False):
            _draw_thirds(axes, by_mode.get(mode), mode, horizon)
            if by_mode.get(mode):
                _draw_model(axes, [modelled.get((mode, value)) for value, _ in LEVELS], THIRD_ENDS)
        _draw_ends(panels[-1], overall, horizon, lettered=bool(by_mode))
        _draw_model(panels[-1], [modelled.get((end, None)) for end in EARLY_ENDS], END_MARKS.values())
        _frame(panels, by_mode, overall)
        _model_legend(figure, modelled, by_mode)
    return Picture(
        figure,
        TITLE,
        _caption(counted, len(started) - len(counted), by_mode, modelled),
        _alt(overall, by_mode),
        numbers=_numbers(overall, by_mode, modelled),
    )


def modelled_incidences(plan: FiguresPart, models: Mapping[str, ModelResult]) -> Modelled:
    """What the plan's first hazard model of drop-out that is about modes predicts."""
    for name, model in plan.models.items():
        ends = {one.name: end for one in model.outcomes for end in EARLY_ENDS if one.column == f"ended_{end}"}
        terms = model.modes
        if FAMILIES[model.family].hazard and terms and DROP_OUT in ends.values():
            fits = models[name].fits if name in models else ()
            found = [one for fit in fits for one in fit.incidences if one.end in ends]
            by_mode = {
                (terms[one.term], one.value): one
                for one in found
                if one.term in terms and ends[one.end] == DROP_OUT
            }
            return by_mode | {(ends[one.end], None): one for one in found if not one.term}
    return {}


def _draw_model(axes: Axes, curves: Sequence[PredictedIncidence | None], marks: Iterable[style.Mark]) -> None:
    for curve, mark in zip(curves, marks, strict=True):
        if curve is not None:
            shown = curve.points[EVERY::EVERY]
            axes.plot(
                [point.x for point in shown],
                [point.estimate for point in shown],
                linestyle="none",
                marker=mark.marker,
                color=mark.colour,
                markerfacecolor="white",
                markeredgewidth=1.2,
                markersize=4.5,
            )


def _model_legend(figure: Figure, modelled: Modelled, by_mode: dict) -> None:
    from matplotlib.lines import Line2D

    if not modelled:
        return

    def hollow(marker: str, colour: str, label: str) -> Line2D:
        line = Line2D([], [], linestyle="none", marker=marker, color=colour, label=label)
        line.set(markerfacecolor="white", markeredgewidth=1.2, markersize=4.5)
        return line

    handles = [
        hollow(mark.marker, mark.colour, f"Model, {said}")
        for mark, (value, said) in zip(THIRD_ENDS, LEVELS, strict=True)
        if any((mode, value) in modelled for mode in by_mode)
    ]
    if not handles:
        handles = [hollow("o", style.QUIET, "Model")]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _counted(enrolments: pd.DataFrame) -> pd.DataFrame:
    if not {"last_session", "end_kind", "denominator"} <= set(enrolments):
        return enrolments.iloc[:0]
    counted = enrolments[
        enrolments["denominator"].fillna(False) & enrolments["end_kind"].isin((*DRAWN_ENDS, "ongoing"))
    ]
    return counted


def _curves(enrolments: pd.DataFrame) -> dict[str, IncidenceCurve]:
    ends = enrolments["end_kind"].where(enrolments["end_kind"] != "ongoing", CENSORED)
    return cumulative_incidence(
        enrolments["last_session"].to_numpy(dtype=float),
        ends.to_numpy(dtype=object),
        DRAWN_ENDS,
        groupings_of(enrolments),
    )


def _by_third(counted: pd.DataFrame, mode: str) -> dict[str, IncidenceCurve]:
    thirds = practitioner_thirds(counted, mode)
    groups = {third: counted[thirds == third] for third in THIRDS}
    if min(len(group) for group in groups.values()) < FEWEST:
        return {}
    return {third: _curves(group)[DROP_OUT] for third, group in groups.items()}


def _draw_curve(
    axes: Axes, curve: IncidenceCurve, mark: style.Mark, label: str, horizon: float, band: bool
) -> None:
    time, share = [*curve.time, horizon], [*curve.incidence, curve.incidence[-1]]
    axes.step(time, share, where="post", color=mark.colour, linestyle=mark.line, label=label)
    if band:
        axes.fill_between(
            time,
            [*curve.ci_low, curve.ci_low[-1]],
            [*curve.ci_high, curve.ci_high[-1]],
            step="post",
            color=mark.colour,
            alpha=0.16,
            linewidth=0,
        )


def _draw_thirds(axes: Axes, curves: dict[str, IncidenceCurve] | None, mode: str, horizon: float) -> None:
    letter = "abc"[MODES.index(mode)]
    axes.set_title(f"{letter}  Drop-out by {mode_name(mode)}")
    if not curves:
        axes.text(
            0.5,
            0.5,
            "Not drawn: too few\npractitioners or clients\nin a third",
            ha="center",
            va="center",
            transform=axes.transAxes,
            color=style.QUIET,
        )
        return
    for third, curve in curves.items():
        _draw_curve(
            axes,
            curve,
            THIRD_MARKS[third],
            f"{capital(third)} third (n = {curve.n})",
            horizon,
            band=third != "middle",
        )
    axes.legend(loc="upper left", handlelength=2.6)


def _draw_ends(axes: Axes, overall: dict[str, IncidenceCurve], horizon: float, lettered: bool) -> None:
    for end in EARLY_ENDS:
        _draw_curve(
            axes,
            overall[end],
            END_MARKS[end],
            f"{capital(END_SHORT[end])} ({overall[end].events})",
            horizon,
            band=True,
        )
    axes.legend(loc="upper left", handlelength=2.6)
    axes.set_title(f"{'d  ' if lettered else ''}Every early end (n = {overall[DROP_OUT].n})")


def _frame(
    panels: Sequence[Axes], by_mode: dict[str, dict[str, IncidenceCurve]], overall: dict[str, IncidenceCurve]
) -> None:
    highest = max(
        [curve.ci_high[-1] for curves in by_mode.values() for curve in curves.values()]
        + [overall[end].ci_high[-1] for end in EARLY_ENDS]
    )
    top = min(1.0, max(0.2, -(-(highest + 0.12) // 0.1) * 0.1))
    for place, axes in enumerate(panels):
        axes.set_ylim(0, top)
        axes.set_xlim(left=0)
        style.percent_axis(axes)
        style.light_grid(axes)
        if place >= len(panels) - 2:
            axes.set_xlabel("Sessions since the start")
        if place % 2 == 0:
            axes.set_ylabel("Cumulative incidence")


def _caption(counted: pd.DataFrame, unseen: int, by_mode: dict, modelled: Modelled) -> str:
    thirds = (
        "a to c: drop-out among the clients of the third of practitioners who use the mode least, in "
        "between, and most (no band on the middle third). d: drop-out, removal and administrative end in "
        "the whole cohort, number of ends in brackets. "
        if by_mode
        else ""
    )
    without = f" ({unseen} more have no session on record)" if unseen else ""
    model = (
        " Hollow marks: the hazard model's cumulative incidence, other ends competing, averaged over clients "
        "and random effects; in a to c with everyone at 1 SD below or above the mean of the mode, which is "
        "near the mean of the outer thirds, and other columns as observed."
        if modelled
        else ""
    )
    return (
        f"n = {len(counted)} enrolments that started and whose planned end lies before data lock{without}. "
        f"{thirds}"
        "Aalen–Johansen estimates with removal, administrative end and completion competing; bands are "
        f"pointwise 95 % log(−log) intervals. {sampled_said(shared(counted))} "
        f"Lines are not adjusted for other columns.{model}"
    )


def _alt(overall: dict[str, IncidenceCurve], by_mode: dict[str, dict[str, IncidenceCurve]]) -> str:
    ends = [f"{END_SHORT[end]} {percent(overall[end].incidence[-1], 0)}" for end in EARLY_ENDS]
    outer = [
        f"{mode_name(mode)} {percent(curves[THIRDS[0]].incidence[-1], 0)} and "
        f"{percent(curves[THIRDS[-1]].incidence[-1], 0)}"
        for mode, curves in by_mode.items()
    ]
    return alternative(
        f"By the last session: {listed(ends)}.",
        f"Drop-out in the lowest and the highest third: {listed(outer)}." if outer else "",
    )


def _numbers(
    overall: dict[str, IncidenceCurve], by_mode: dict[str, dict[str, IncidenceCurve]], modelled: Modelled
) -> DisplayTable:
    """What was reached by the last session."""
    rows = [(capital(END_SHORT[end]), "everyone", *_reached(overall[end])) for end in EARLY_ENDS]
    for mode, curves in by_mode.items():
        named = f"Drop-out by {mode_name(mode)}"
        rows += [(named, f"{third} third", *_reached(curve)) for third, curve in curves.items()]
        for value, said in LEVELS:
            if (mode, value) in modelled:
                last = modelled[mode, value].points[-1]
                limits = percent_interval(last.ci_low, last.ci_high)
                rows.append((named, f"model, {said}", "", "", percent(last.estimate), limits))
    headings = ("End", "Whose", "n", "Ends", "By the last session", "95 % interval")
    return display_table(f"{TITLE}, in numbers", headings, "llrrrc", rows)


def _reached(curve: IncidenceCurve) -> tuple[str, str, str, str]:
    limits = percent_interval(curve.ci_low[-1], curve.ci_high[-1])
    return whole(curve.n), whole(curve.events), percent(curve.incidence[-1]), limits
