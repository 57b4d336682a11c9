"""Drop-out over stretches of sessions from rounded counts, and by mode use as the model has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from alliance_modes.domain import MODES
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.figures.release.about import AT_RISK, LEFT, SURVIVAL
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed, mode_name
from alliance_modes.words.rounding import percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.disclosure.counts import ShownTable
    from alliance_modes.figures.release.about import Abouts
    from alliance_modes.figures.release.models import ReleasedCourse, ReleasedModels

TITLE = "Drop-out over sessions"
LOW, HIGH = style.SECOND, style.FIRST


def released_dropout(counts: Mapping[str, ShownTable], about: Abouts, models: ReleasedModels) -> Picture:
    """What share had dropped out by the end of each stretch, and by mode use as the model has it."""
    observed = _observed(counts, about)
    courses = {
        mode: sorted((one for one in models.courses if one.mode == mode), key=lambda one: one.value)
        for mode in MODES
    }
    modes = [mode for mode in MODES if len(courses[mode]) > 1]
    if not observed and not modes:
        return not_run(TITLE, "neither counts nor a model of drop-out can be shown")
    with style.drawing():
        count = bool(observed) + len(modes)
        figure = style.new_figure(height=2.5 * -(-count // 2))
        panels = figure.subplots(-(-count // 2), 2 if count > 1 else 1, squeeze=False, sharey=True).ravel()
        for axes in panels[count:]:
            axes.set_axis_off()
        if observed:
            _draw_observed(panels[0], observed)
        for axes, mode in zip(panels[bool(observed) :], modes, strict=False):
            _draw_model(axes, mode, courses[mode])
        _frame(list(panels[:count]), observed, [one for mode in modes for one in courses[mode]])
    words = (_caption(observed, modes, courses), _alt(observed, modes, courses))
    return Picture(figure, TITLE, *words, numbers=_numbers(observed, modes, courses))


def _observed(counts: Mapping[str, ShownTable], about: Abouts) -> list[tuple[float, float, int, int]]:
    """End of each stretch, the share that had dropped out by then, how many were there, how many left.

    All drop-outs of a stretch are divided by those who were there at its start, times the share of all who
    were. What comes after a withheld count is not known.
    """
    table = counts.get(SURVIVAL)
    if table is None:
        return []
    found: list[tuple[float, float, int, int]] = []
    share = 0.0
    first = table.of(table.rows[0], AT_RISK).value
    for label, end in zip(table.rows, about[SURVIVAL].edges, strict=True):
        there, left = table.of(label, AT_RISK).value, table.of(label, LEFT).value
        if not first or not there or left is None:
            break
        share += there / first * left / there
        found.append((end, share, there, left))
    return found


def _draw_observed(axes: Axes, observed: Sequence[tuple[float, float, int, int]]) -> None:
    x, y = [0.0, *(one[0] for one in observed)], [0.0, *(one[1] for one in observed)]
    axes.plot(x, y, color=HIGH.colour, marker=HIGH.marker, markersize=4.5)
    axes.set_title(f"Observed (n = {whole(observed[0][2])})")


def _draw_model(axes: Axes, mode: str, courses: Sequence[ReleasedCourse]) -> None:
    for course, mark, said in ((courses[0], LOW, "below"), (courses[-1], HIGH, "above")):
        axes.plot(
            [point.x for point in course.points],
            [point.estimate for point in course.points],
            color=mark.colour,
            linestyle=mark.line,
            label=f"{abs(course.value):g} SD {said} the mean",
        )
    axes.set_title(f"By {mode_name(mode)} (model)")
    axes.legend(loc="upper left", handlelength=2.6)


def _frame(
    panels: Sequence[Axes],
    observed: Sequence[tuple[float, float, int, int]],
    courses: Sequence[ReleasedCourse],
) -> None:
    highest = max([one[1] for one in observed] + [course.points[-1].estimate for course in courses])
    for place, axes in enumerate(panels):
        axes.set_ylim(0, min(1.0, max(0.2, -(-(highest * 1.35) // 0.1) * 0.1)))
        axes.set_xlim(left=0)
        style.percent_axis(axes)
        style.light_grid(axes)
        axes.set_xlabel("Sessions since the start")
        if place % 2 == 0:
            axes.set_ylabel("Dropped out by then")


def _caption(observed: Sequence, modes: Sequence[str], courses: Mapping[str, Sequence]) -> str:
    parts = []
    if observed:
        parts.append(
            "Observed: drop-outs of a stretch of sessions divided by those who were there at its start, "
            "summed; counts are rounded, each dot ends a stretch, and there is no interval."
        )
    if modes:
        parts.append(
            "Model: cumulative incidence of drop-out, other ends competing, with everyone below or above the "
            f"mean of the mode (n = {courses[modes[0]][0].n.text} sessions, rounded)."
        )
    return " ".join(parts)


def _alt(observed: Sequence, modes: Sequence[str], courses: Mapping[str, Sequence[ReleasedCourse]]) -> str:
    first = (
        f"{percent(observed[-1][1], 0)} had dropped out by session {observed[-1][0]:g}." if observed else ""
    )
    moves = [
        f"{percent(courses[mode][0].points[-1].estimate, 0)} and "
        f"{percent(courses[mode][-1].points[-1].estimate, 0)} ({mode_name(mode)})"
        for mode in modes
    ]
    second = f"By the model with little and with much mode use: {listed(moves)}." if moves else ""
    return alternative(first, second) if first else alternative(second)


def _numbers(
    observed: Sequence, modes: Sequence[str], courses: Mapping[str, Sequence[ReleasedCourse]]
) -> DisplayTable:
    rows = [
        ("Observed", f"{end:g}", whole(there), whole(left), percent(share, 0))
        for end, share, there, left in observed
    ]
    rows += [
        (
            f"{capital(mode_name(mode))}, {course.value:+g} SD (model)",
            f"{course.points[-1].x:g}",
            "",
            "",
            percent(course.points[-1].estimate, 0),
        )
        for mode in modes
        for course in courses[mode]
    ]
    headings = ("What", "By session", "Here at the start", "Dropped out", "Dropped out by then")
    return display_table(f"{TITLE}, in numbers", headings, "lrrrr", rows)
