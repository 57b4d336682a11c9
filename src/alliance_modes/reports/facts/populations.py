"""What a reader may know of the units that reports count, without any table of them."""

from __future__ import annotations

from alliance_modes.disclosure.earlier import Population
from alliance_modes.reports.facts.course import COURSE, COURSES, RUNNING, UNKNOWN
from alliance_modes.reports.facts.requests import ENROLMENTS, PRACTITIONERS
from alliance_modes.reports.facts.units import SURVEYED, YES

OPEN = (UNKNOWN, RUNNING, "ongoing")
"""Courses that may still become another one; the others are final."""

POPULATIONS = (
    Population(name=ENROLMENTS, settled={COURSE: tuple(one for one in COURSES if one not in OPEN)}),
    Population(name=PRACTITIONERS, settled={SURVEYED: (YES,)}),
)
