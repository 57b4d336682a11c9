"""The flow of participants, from referral to the analysis sets, as a CONSORT-style figure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from textwrap import wrap
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative, not_run
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed
from alliance_modes.words.rounding import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TITLE = "Flow of participants"
CAPTION = (
    "Numbers are enrolments: a person who started twice is counted twice. Boxes on the right leave the line "
    "at that step."
)
WIDTH, LETTERS = 4.6, 9.0
"""Inches and points: narrow, so that the letters can be read on a telephone too."""

LINE = 0.165
PAD = 0.07
GAP = 0.22
MAIN_LEFT, MAIN_WIDTH, MAIN_SIGNS = 0.05, 2.1, 27
SIDE_LEFT, SIDE_WIDTH, SIDE_SIGNS = 2.4, 2.15, 26
ROW_SIGNS = 56
MOST_IN_A_ROW = 3
SPACE = 0.12
ROW_GAP = 0.32
NEAR = 0.09


@dataclass
class Step:
    """One box: ``n`` people, and the steps that follow it, by the ``split`` that they are parts of."""

    label: str
    n: int
    split: str = ""
    children: list[Step] = field(default_factory=list)

    def text(self) -> str:
        """What stands in the box."""
        return f"{capital(self.label)} (n\u00a0=\u00a0{whole(self.n)})"


def participant_flow(flow: pd.DataFrame) -> Picture:
    """Boxes for the steps that people pass through, with those who leave at each step beside them.

    Parameters
    ----------
    flow : DataFrame
        One row per step: ``step``, ``parent`` (missing at the start), ``label``, ``n`` (enrolments).
    """
    if flow.empty:
        return not_run(TITLE, "the cohort has no enrolments to count")
    return flow_picture(_tree(flow), CAPTION)


def flow_picture(root: Step, caption: str) -> Picture:
    """The flow that starts with ``root``."""
    with style.drawing():
        height = _height(root)
        figure = style.new_figure(WIDTH, height)
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        _draw(axes, root)
    return Picture(figure, TITLE, caption, _alt(root), numbers=_numbers(root))


def _tree(flow: pd.DataFrame) -> Step:
    splits = flow["split"].fillna("") if "split" in flow else [""] * len(flow)
    steps = {
        row.step: Step(str(row.label), int(row.n), split)
        for row, split in zip(flow.itertuples(), splits, strict=True)
    }
    roots: list[Step] = []
    for row in flow.itertuples():
        known = isinstance(row.parent, str) and row.parent in steps
        (steps[row.parent].children if known else roots).append(steps[row.step])
    for step in steps.values():
        if step.n == 0:
            step.children.clear()
    if len(roots) == 1:
        return roots[0]
    return Step("In this cohort", sum(step.n for step in roots), children=roots)


def _split(step: Step) -> tuple[Step | None, list[Step]]:
    """The step that the line goes on with (the largest that leads further), and the others."""
    leading = [child for child in step.children if child.children]
    onward = max(leading, key=lambda child: child.n) if leading else None
    return onward, [child for child in step.children if child is not onward]


def _lines(text: str, signs: int) -> list[str]:
    return wrap(text, signs, break_long_words=False)


def _side_lines(steps: list[Step], depth: int = 0) -> list[str]:
    lines = []
    for step in steps:
        prefix = "    " * depth + "• "
        lines += wrap(
            step.text(),
            SIDE_SIGNS - 4 * depth,
            initial_indent=prefix,
            subsequent_indent=" " * (len(prefix) + 1),
        )
        lines += _side_lines(step.children, depth + 1)
    return lines


def _box_height(lines: list[str]) -> float:
    return len(lines) * LINE + 2 * PAD


def _height(root: Step) -> float:
    total, step = 0.1, root
    while step is not None:
        onward, others = _split(step)
        total += _box_height(_lines(step.text(), MAIN_SIGNS)) + GAP
        if onward is None:
            return total + (_row_height(others) + 0.1 if others else 0)
        total += (_box_height(_side_lines(others)) + 2 * NEAR - GAP) if others else 0
        step = onward
    return total


def _groups(steps: list[Step]) -> list[list[Step]]:
    """The last step's parts: one group per way of splitting it, each group in rows of at most five."""
    by_split: dict[str, list[Step]] = {}
    for step in steps:
        by_split.setdefault(step.split, []).append(step)
    rows = []
    for group in by_split.values():
        size = -(-len(group) // -(-len(group) // MOST_IN_A_ROW))
        rows += [group[place : place + size] for place in range(0, len(group), size)]
    return rows


def _row_lines(step: Step, across: int) -> list[str]:
    return [*wrap(capital(step.label), int(ROW_SIGNS / across) - 2), f"n = {whole(step.n)}"]


def _tallest(row: list[Step]) -> int:
    return max(len(_row_lines(step, len(row))) for step in row)


def _row_height(steps: list[Step]) -> float:
    rows = _groups(steps)
    return math.fsum(_tallest(row) * LINE + 2 * PAD for row in rows) + math.fsum(
        _gap(*both) for both in pairwise(rows)
    )


def _gap(row: list[Step], following: list[Step]) -> float:
    """Less between rows of one split than above another, which is named."""
    return SPACE if row[0].split == following[0].split else ROW_GAP


def _draw(axes: Axes, root: Step) -> None:
    top, step, middle = 0.1, root, MAIN_LEFT + MAIN_WIDTH / 2
    while True:
        onward, others = _split(step)
        lines = _lines(step.text(), MAIN_SIGNS)
        bottom = top + _box_height(lines)
        _box(axes, MAIN_LEFT, top, MAIN_WIDTH, lines, centre=True)
        if onward is None:
            if others:
                _draw_row(axes, others, bottom + GAP, bottom, middle)
            return
        following = bottom + GAP
        if others:
            side = _side_lines(others)
            side_top = bottom + NEAR
            following = side_top + _box_height(side) + NEAR
            centre = side_top + _box_height(side) / 2
            _box(axes, SIDE_LEFT, side_top, SIDE_WIDTH, side, centre=False)
            _arrow(axes, (middle, centre), (SIDE_LEFT, centre))
        _arrow(axes, (middle, bottom), (middle, following))
        top, step = following, onward


def _draw_row(axes: Axes, steps: list[Step], top: float, above: float, middle: float) -> None:
    rows = _groups(steps)
    total = sum(step.n for step in steps if step.split == steps[0].split)
    for number, row in enumerate(rows):
        width = (WIDTH - 0.1 - SPACE * (len(row) - 1)) / len(row)
        centres = [0.05 + place * (width + SPACE) + width / 2 for place in range(len(row))]
        tallest = _tallest(row)
        if number == 0:
            _bracket(axes, above, top, middle, centres)
        elif row[0].split != rows[number - 1][0].split:
            axes.text(
                0.05,
                top - 0.09,
                f"The same {whole(total)}, by {row[0].split or 'another split'}:",
                fontsize=LETTERS - 0.5,
                color=style.QUIET,
                va="bottom",
            )
        for centre, step in zip(centres, row, strict=True):
            text = _row_lines(step, len(row))
            _box(axes, centre - width / 2, top, width, text, centre=True, lines_high=tallest)
        top += tallest * LINE + 2 * PAD
        if number + 1 < len(rows):
            top += _gap(row, rows[number + 1])


def _bracket(axes: Axes, above: float, top: float, middle: float, centres: list[float]) -> None:
    bar = above + GAP * 0.45
    axes.plot([middle, middle], [above, bar], color=style.QUIET, linewidth=1)
    axes.plot([min(middle, *centres), max(middle, *centres)], [bar, bar], color=style.QUIET, linewidth=1)
    for centre in centres:
        _arrow(axes, (centre, bar), (centre, top))


def _box(
    axes: Axes, left: float, top: float, width: float, lines: list[str], centre: bool, lines_high: int = 0
) -> None:
    from matplotlib.patches import Rectangle

    height = max(lines_high, len(lines)) * LINE + 2 * PAD
    above = top + (height - len(lines) * LINE) / 2
    axes.add_patch(
        Rectangle(
            (left, top),
            width,
            height,
            facecolor="white" if centre else style.FILL,
            edgecolor=style.QUIET,
            linewidth=0.9,
        )
    )
    for place, line in enumerate(lines):
        axes.text(
            left + (width / 2 if centre else PAD),
            above + (place + 0.5) * LINE,
            line if centre else line.replace(" ", "\u00a0"),
            ha="center" if centre else "left",
            va="center",
            fontsize=LETTERS,
        )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "color": style.QUIET, "linewidth": 1, "shrinkA": 0, "shrinkB": 0},
    )


def _alt(root: Step) -> str:
    last = root
    while (onward := _split(last)[0]) is not None:
        last = onward
    way = f"{capital(root.label)}, {whole(root.n)}"
    if last is not root:
        way = f"{way}; {last.label}, {whole(last.n)}"
    ends = [child for child in last.children if child.split == last.children[0].split]
    if not ends:
        return alternative(f"{way}.")
    return alternative(f"{way}. Of these {listed([f'{end.label} {whole(end.n)}' for end in ends])}.")


def _numbers(root: Step) -> DisplayTable:
    rows: list[tuple[str, str, str]] = []

    def tell(step: Step, of: str) -> None:
        rows.append((capital(step.label), of, whole(step.n)))
        for child in step.children:
            tell(child, capital(step.label))

    tell(root, "")
    return display_table(f"{TITLE}, in numbers", ("Step", "Part of", "Enrolments"), "llr", rows)
