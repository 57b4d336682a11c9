"""What a study of one relational analysis is: kinds of cohorts, and what one cohort comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from alliance_modes.relations.result import Relation, RelationEstimate


@dataclass(frozen=True)
class Setting:
    """One kind of cohort: its practitioners, and ``values`` that the study itself reads."""

    practitioners: int
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Recovered:
    """One number of one cohort beside its truth; ``method`` says whose: the project's, or a naive one's.

    ``truth`` is None where only the test counts; ``estimate`` is None where it was not answered.
    """

    term: str
    method: str
    truth: float | None
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class Study:
    """Settings by name, and one cohort of a setting to its numbers, from a seeded generator."""

    settings: Mapping[str, Setting]
    once: Callable[[np.random.Generator, Setting], Iterable[Recovered]]


def of_row(row: RelationEstimate | None, method: str, truth: float | None, term: str = "") -> Recovered:
    """A row of a result beside its truth; without numbers where there is none, or none may be read."""
    if row is None or row.status not in ("ok", "singular"):
        return Recovered(term or (row.term if row else ""), method, truth)
    return Recovered(term or row.term, method, truth, row.estimate, row.ci_low, row.ci_high, row.p)


def row_of(found: Relation, part: str, term: str, estimand: str) -> RelationEstimate | None:
    """The row of a result by part, term and estimand."""
    rows = (one for one in found.estimates if (one.part, one.term, one.estimand) == (part, term, estimand))
    return next(rows, None)
