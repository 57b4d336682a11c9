"""How every figure looks: sizes, type, and marks that stay apart in grey and for every reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 6.9
"""Inches: the text width of an A4 page."""
HALF_PAGE = 4.4
DPI = 300

INK = "#1a1a1a"
QUIET = "#6b6b6b"
PALE = "#d9d9d9"
FILL = "#f3f3f3"


class Mark(NamedTuple):
    """Colour, line and marker of one series; any one of the three tells it from the others."""

    colour: str
    line: str
    marker: str


FIRST = Mark("#08306b", "-", "o")
SECOND = Mark("#c4550a", "--", "s")
THIRD = Mark("#74b3de", "-.", "^")
FOURTH = Mark("#8c8c8c", ":", "D")
"""Dark, middle, light and grey: apart in lightness as well as in hue."""

MOST_MARKS = 2_000
"""Marks of one kind above which a PDF holds them as an image; a viewer would draw each by itself."""

ROWS_OF = {"alliance": "inventories", "session": "sessions", "enrolment": "enrolments"}
"""What a row of each analysis table is, in words."""

RC: Mapping[str, object] = MappingProxyType(
    {
        "font.family": "DejaVu Sans",
        "font.size": 8.5,
        "axes.titlesize": 9,
        "axes.labelsize": 8.5,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "legend.fontsize": 8,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": QUIET,
        "axes.linewidth": 0.8,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.grid": False,
        "grid.color": PALE,
        "grid.linewidth": 0.6,
        "axes.axisbelow": True,
        "lines.linewidth": 1.6,
        "figure.facecolor": "white",
        "pdf.fonttype": 42,
        "axes.unicode_minus": True,
        "svg.fonttype": "none",
    }
)


@contextmanager
def drawing() -> Iterator[None]:
    """Draw under the house style, whatever style the caller's matplotlib has."""
    from matplotlib import style

    with style.context(["default", dict(RC)]):
        yield


def new_figure(width: float = WIDTH, height: float = HALF_PAGE) -> Figure:
    """An empty figure that belongs to no window and no global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


def light_grid(axes: Axes, axis: Literal["x", "y"] = "y") -> None:
    """Thin lines behind the data along one axis."""
    axes.grid(True, axis=axis)
    axes.tick_params(length=3, color=QUIET)


def percent_axis(axes: Axes, which: str = "y") -> None:
    """Show shares (0-1) as percentages."""
    from matplotlib.ticker import PercentFormatter

    getattr(axes, f"{which}axis").set_major_formatter(PercentFormatter(1.0, decimals=0))


def as_image(marks: int) -> bool:
    """Whether so many marks of one kind are held as an image in a PDF, at the resolution of the PNG."""
    return marks > MOST_MARKS
