"""How often one practitioner works in each mode, from survey to survey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alliance_modes.domain import FREQUENCY, MODES
from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative
from alliance_modes.words.names import capital, listed
from alliance_modes.words.rounding import number

TITLE = "Your own use of each mode"
MARKS = dict(zip(MODES, (style.FIRST, style.SECOND, style.THIRD), strict=True))
APART = 0.22
"""Least distance of two names at the end of their lines, in points of the scale."""


def mode_use_figure(surveys: Sequence[str], uses: Mapping[str, Sequence[float]]) -> Picture:
    """Draw the use of each mode at each survey.

    Parameters
    ----------
    surveys : sequence of str
        What each survey is called, in order.
    uses : mapping
        By mode, the mean frequency at each survey (NaN: not answered).
    """
    places = range(len(surveys))
    with style.drawing():
        figure = style.new_figure(height=2.1)
        axes = figure.add_subplot()
        for mode, values in uses.items():
            mark = MARKS[mode]
            axes.plot(
                places, values, color=mark.colour, linestyle=mark.line, marker=mark.marker, markersize=6
            )
        for mode, height in _heights({mode: values[-1] for mode, values in uses.items()}).items():
            axes.annotate(
                capital(mode),
                (len(surveys) - 1, height),
                xytext=(9, 0),
                textcoords="offset points",
                va="center",
                annotation_clip=False,
            )
        axes.set_xlim(-0.3, len(surveys) - 0.4)
        axes.set_xticks(places, surveys)
        axes.set_ylim(FREQUENCY[0] - 0.1, FREQUENCY[1] + 0.1)
        axes.set_yticks(range(int(FREQUENCY[0]), int(FREQUENCY[1]) + 1))
        axes.set_ylabel("How often\n(1 never, 5 always)")
        style.light_grid(axes)
    caption = "Mean of the items of each mode, as you answered them. Nobody else's answers are shown."
    return Picture(figure, TITLE, caption, _alt(surveys, uses))


def _heights(ends: Mapping[str, float]) -> dict[str, float]:
    """Where names stand, so that none lies over another; modes without an answer have none."""
    known = sorted((value, mode) for mode, value in ends.items() if value == value)
    heights: dict[str, float] = {}
    below = float("-inf")
    for value, mode in known:
        below = max(value, below + APART)
        heights[mode] = below
    return heights


def _alt(surveys: Sequence[str], uses: Mapping[str, Sequence[float]]) -> str:
    told = [
        f"{mode} mode {listed([number(one, 1) for one in values if one == one], 'then')}"
        for mode, values in uses.items()
        if any(one == one for one in values)
    ]
    counted = "one survey" if len(surveys) == 1 else f"{len(surveys)} surveys"
    return alternative(f"Mean frequency from 1 to 5 at {counted}: {'; '.join(told)}.")
