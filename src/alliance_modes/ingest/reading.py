"""The outcome of reading one raw cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Value = str | int | float | bool | datetime


@dataclass(frozen=True)
class Reading:
    """One of: a value, missing for a reason, a problem with its hint, or (all blank) empty.

    ``rule`` says how a value came about where it is not what stands in the file.
    """

    value: Value | None = None
    missing: str = ""
    rule: str = ""
    problem: str = ""
    hint: str = ""


EMPTY = Reading()


def refused(problem: str, hint: str) -> Reading:
    """A cell that cannot be read."""
    return Reading(problem=problem, hint=hint)
