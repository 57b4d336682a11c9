"""The ratings of one practitioner's clients over sessions, each over what is expected of such a client."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from alliance_modes.figures import style
from alliance_modes.figures.picture import Picture, alternative
from alliance_modes.words.names import listed
from alliance_modes.words.rounding import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from alliance_modes.models.peers.own import OwnClient

TITLE = "Your clients' ratings over sessions"
COLUMNS = 6
ROW = 0.95
"""Inches of a row of clients."""


def courses_figure(clients: Sequence[OwnClient], ends: tuple[float, float]) -> Picture:
    """Draw one small panel per client.

    Parameters
    ----------
    clients : sequence of OwnClient
        Each with a rating at least.
    ends : (float, float)
        Least and largest rating of the scale.
    """
    rows = math.ceil(len(clients) / COLUMNS)
    sessions = sorted({one.session for client in clients for one in client.ratings})
    with style.drawing():
        figure = style.new_figure(height=ROW * rows + 0.45)
        panels = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, client in zip(panels, clients, strict=False):
            _draw(axes, client)
        for axes in panels[len(clients) :]:
            axes.set_visible(False)
        for axes in panels[max(len(clients) - COLUMNS, 0) : len(clients)]:
            axes.tick_params(labelbottom=True)
        panels[0].set_ylim(*ends)
        panels[0].set_yticks(range(math.ceil(ends[0]), math.floor(ends[1]) + 1))
        panels[0].set_xticks([sessions[0], sessions[-1]])
        panels[0].margins(x=0.12)
        figure.supxlabel("Session", fontsize=8.5)
        figure.supylabel("Rating", fontsize=8.5)
    return Picture(figure, TITLE, _caption(), _alt(clients))


def _draw(axes: Axes, client: OwnClient) -> None:
    course = [one for one in client.ratings if one.expected is not None]
    where = [one.session for one in course]
    axes.fill_between(
        where, _drawn(one.low for one in course), _drawn(one.high for one in course), color=style.PALE
    )
    axes.plot(where, _drawn(one.expected for one in course), color=style.QUIET, linestyle="--", linewidth=1.0)
    axes.plot(
        [one.session for one in client.rated],
        _drawn(one.value for one in client.rated),
        color=style.FIRST.colour,
        marker="o",
        markersize=3.5,
        linewidth=1.3,
    )
    for one in client.unrepaired:
        axes.plot(
            [one.session],
            [0.06],
            transform=axes.get_xaxis_transform(),
            color=style.INK,
            marker="x",
            markersize=5,
            markeredgewidth=1.5,
            linestyle="none",
        )
    axes.set_title(client.name, fontsize=7.5, pad=2.5, fontweight="normal")
    axes.tick_params(labelsize=7, length=2)


def _drawn(values: Iterable[float | None]) -> list[float]:
    """Numbers to draw; where there is none, nothing is drawn."""
    return [math.nan if one is None else one for one in values]


def _caption() -> str:
    return (
        "Dots: what the client rated. Dashed line: what is expected of a client like this with other "
        "practitioners; grey: where nine of ten single ratings of such clients lie. Cross: a session with a "
        "rupture that is recorded as not repaired."
    )


def _alt(clients: Sequence[OwnClient]) -> str:
    below = [client.name for client in clients if client.rated[-1].below]
    last = [client.rated[-1].value or 0.0 for client in clients]
    said = f"below their band: {listed(below)}" if below else "none below its band"
    return alternative(
        f"One panel for each of {len(clients)} clients; last ratings from {number(min(last), 1)} to "
        f"{number(max(last), 1)}, {said}."
    )
