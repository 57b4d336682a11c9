"""Where the ratings of one practitioner's clients stand beside what is expected of such clients."""

from __future__ import annotations

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative
from alliance_modes.words.rounding import number

TITLE = "Your clients' ratings beside those of similar clients of others"
PEERS_WITHIN = 1.96
"""SDs around what is expected within which 95 % of practitioners lie."""


def position_figure(estimate: float, low: float, high: float, spread: float) -> Picture:
    """Draw one shrunken estimate with its 95 % limits, over how much practitioners differ.

    Parameters
    ----------
    estimate, low, high : float
        Difference from what is expected, in points of the rating.
    spread : float
        SD of practitioners.
    """
    reach = PEERS_WITHIN * spread
    end = 1.15 * max(abs(low), abs(high), reach)
    with style.drawing():
        figure = style.new_figure(height=1.25)
        axes = figure.add_subplot()
        axes.axvspan(-reach, reach, color=style.PALE, zorder=0)
        axes.axvline(0.0, color=style.INK, linewidth=1.0)
        axes.plot([low, high], [0.0, 0.0], color=style.FIRST.colour, linewidth=2.2)
        axes.plot([estimate], [0.0], color=style.FIRST.colour, marker="o", markersize=8)
        axes.annotate(
            "you", (estimate, 0.0), xytext=(0, 8), textcoords="offset points", ha="center", va="bottom"
        )
        axes.set_xlim(-end, end)
        axes.set_ylim(-1.0, 1.6)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("Points of the rating, from what is expected (0)")
    caption = (
        "Dot: your position, drawn towards 0 as far as little is known. Line: its 95 % interval. Grey: where "
        "95 of 100 practitioners of the cohort are estimated to lie; no other person is shown."
    )
    alt = alternative(
        f"Estimate {number(estimate)} points from what is expected, 95 % interval {number(low)} to "
        f"{number(high)}.",
        f"95 of 100 practitioners are estimated to lie between {number(-reach)} and {number(reach)}.",
    )
    return Picture(figure, TITLE, caption, alt)
