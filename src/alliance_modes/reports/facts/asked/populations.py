"""What a reader may know of the units that reports count, without any table of them."""

from __future__ import annotations

from collections.abc import Iterable

from alliance_modes.disclosure.counts import CountTable
from alliance_modes.disclosure.earlier import Population
from alliance_modes.reports.facts.asked.course import COURSE, COURSES, RUNNING, UNKNOWN
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, IN_MODELS, PRACTITIONERS
from alliance_modes.reports.facts.asked.units import LEADS, SURVEYED, YES

OPEN = (UNKNOWN, RUNNING, "ongoing")
"""Courses that may still become another one; the others are final."""


def populations(tables: Iterable[CountTable]) -> tuple[Population, ...]:
    """The populations of the counts that reports ask for, with what of a unit may still change.

    A course is final once it has ended. A practitioner who said how they work has said so, and who led a
    programme did; in the models they may be at one data lock and not at another.
    """
    named = sorted({column for table in tables for column, _ in table.values})
    led = {column: (YES,) for column in named if column.startswith(LEADS)}
    return (
        Population(name=ENROLMENTS, settled={COURSE: tuple(one for one in COURSES if one not in OPEN)}),
        Population(name=PRACTITIONERS, settled={SURVEYED: (YES,), IN_MODELS: (), **led}),
    )
