"""The course of an enrolment, from being enrolled to its end, as reports count it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from alliance_modes.derive.denominator import STARTED
from alliance_modes.dictionary.named import ENROLMENT_STATUS
from alliance_modes.figures.release.about import RUNNING
from alliance_modes.figures.release.requests import OF_NOBODY

COURSE = "course"
FINISHED = "completed"
NOT_STARTED, UNKNOWN = "not_started", "unknown"
COURSES = (NOT_STARTED, UNKNOWN, RUNNING, *STARTED)
"""What became of an enrolment: each has one of these. Of those that started, one is ``running`` whose planned
end lies after data lock; the others have their end, or are ``ongoing`` beyond the planned one."""

ENROLLED, BEGUN, DUE = "Enrolled", "Started", "Could have finished"
LABELS = {
    NOT_STARTED: "Did not start",
    UNKNOWN: "Not known to have started",
    RUNNING: "Planned end after data lock",
    "completed": "Completed",
    "dropped_out": "Dropped out",
    "removed": "Removed by the programme",
    "administrative": "Administrative end",
    "ongoing": "Ongoing beyond the planned end",
}


def course(enrolments: pd.DataFrame) -> pd.Series:
    """What became of each enrolment of the analysis table: one of ``COURSES``."""
    status = enrolments[ENROLMENT_STATUS].astype("str").where(enrolments[ENROLMENT_STATUS].notna(), UNKNOWN)
    due = enrolments["denominator"].fillna(False).astype(bool)
    return status.where(~(status.isin(STARTED) & ~due), RUNNING).rename(COURSE)


def columns(found: pd.Series, of_nobody: bool = True) -> dict[str, Mapping[str, Sequence[str]]]:
    """The columns of a table of courses, by label: what a unit must have to be counted there.

    Parameters
    ----------
    found : Series
        The course of every enrolment of the cohort. A cohort without open ends has no column for them, in
        any of its tables.
    of_nobody : bool
        Whether an end that nobody came to has a column too, as in a release: where it has none, a reader
        knows of everybody that they did not come to it. Completion has one wherever an end is known.
    """
    always = OF_NOBODY if of_nobody else (FINISHED,) if found.isin(STARTED).any() else ()
    present = [name for name in COURSES if name in always or (found == name).any()]
    ends = [name for name in present if name in STARTED]
    begun = [name for name in present if name in (RUNNING, *STARTED)]
    before: dict[str, Mapping[str, Sequence[str]]] = {ENROLLED: {}}
    before |= {LABELS[name]: {COURSE: (name,)} for name in present if name in (NOT_STARTED, UNKNOWN)}
    if begun:
        before[BEGUN] = {COURSE: tuple(begun)}
    if RUNNING in present:
        before[LABELS[RUNNING]] = {COURSE: (RUNNING,)}
        before |= {DUE: {COURSE: tuple(ends)}} if ends else {}
    return before | {LABELS[name]: {COURSE: (name,)} for name in ends}
