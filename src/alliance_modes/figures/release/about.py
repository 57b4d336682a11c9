"""What a table that a released figure is drawn from is about, beside its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alliance_modes.domain import STARTED_ENDS

COURSE, BY = "course", "course_by_"
SURVIVAL = "drop_out_by_session"
SCORES, ALLIANCE, MODES_USED, CELLS = "scores_", "alliance_by_session_", "mode_use", "mode_cells"
"""Names of the tables, or how they begin."""

STRETCH, SCORED = "stretch of sessions ", "scored "
"""How the names of columns begin that say in which stretch a course ended, or in which bar a score lies.

What they are put together to follows from the data of a release: the name ends with it.
"""
ELSEWHERE = "not counted"
RUNNING = "running"
"""Of courses: started, and the planned end lies after data lock."""

FINISHED = STARTED_ENDS[0]
COMPLETED = FINISHED.capitalize()
AT_RISK, LEFT = "Here at its start", "Dropped out in it"


@dataclass(frozen=True)
class About:
    """What a reader is told of one table besides counts and means; nothing here is about one person.

    Parameters
    ----------
    block, series : str
        What the figure stands it under: form and rater, say; and which of several it is.
    edges : tuple of float
        Of counts by score or by session: where one ends and the next begins. Of means the lowest and the
        highest that are possible.
    halves : mapping
        By label of a row or group half of its 95 % interval, rounded to hundredths: of a mean in its unit, of
        a share on the log-odds. It is for new practitioners and sites where people share these.
    shared : tuple of str
        What people share: practitioners, sites.
    """

    block: str = ""
    series: str = ""
    edges: tuple[float, ...] = ()
    halves: Mapping[str, float] = field(default_factory=dict)
    shared: tuple[str, ...] = ()


Abouts = Mapping[str, About]
"""By the name of a table."""
