"""The flow of participants from rounded counts; a step whose count is withheld is not drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alliance_modes.figures.participant_flow import TITLE, Step, flow_picture
from alliance_modes.figures.picture import Picture, not_run
from alliance_modes.figures.release.about import COMPLETED, COURSE

if TYPE_CHECKING:
    from alliance_modes.disclosure.counts import Shown, ShownTable

ENROLLED, STARTED, DUE = "Enrolled", "Started", "Could have finished"
BEFORE = {
    "Did not start": ENROLLED,
    "Not known to have started": ENROLLED,
    STARTED: ENROLLED,
    "Planned end after data lock": STARTED,
    DUE: STARTED,
    COMPLETED: DUE,
    "Dropped out": DUE,
    "Removed by the programme": DUE,
    "Administrative end": DUE,
    "Ongoing beyond the planned end": DUE,
}
"""What comes before each step, by the columns of the table of courses."""


def released_flow(counts: Mapping[str, ShownTable]) -> Picture:
    """The steps of the table of courses, as far as they are shown."""
    table = counts.get(COURSE)
    if table is None or ENROLLED not in table.columns:
        return not_run(TITLE, "the release has no counts of how enrolments went")
    shown = dict(zip(table.columns, table.cells[0], strict=True))
    if shown[ENROLLED].value is None:
        return not_run(TITLE, "the number of enrolments is withheld")
    return flow_picture(_tree(shown), _caption(shown))


def _tree(shown: Mapping[str, Shown]) -> Step:
    steps = {
        name: Step(name, count.value)
        for name, count in shown.items()
        if count.value is not None and (name == ENROLLED or name in BEFORE)
    }
    for name, step in steps.items():
        if name != ENROLLED:
            before = BEFORE[name]
            while before not in steps:
                before = BEFORE[before]
            steps[before].children.append(step)
    return steps[ENROLLED]


def _caption(shown: Mapping[str, Shown]) -> str:
    missing = any(count.value is None for count in shown.values())
    return (
        "Numbers are enrolments, rounded: parts need not add up, and a person who started twice is counted "
        "twice."
        f"{' Steps whose number is withheld are not drawn.' if missing else ''}"
    )
