"""All that a report of a cohort, a programme or a site says, as one edition may say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from alliance_modes.disclosure.counts import SUPPRESSED, Shown, ShownTable
from alliance_modes.reports.facts.course import LABELS
from alliance_modes.reports.facts.effects import OutcomeEffects, gated, outcome_effects
from alliance_modes.reports.facts.rates import Spread, spreads
from alliance_modes.reports.facts.requests import ALL, IN_MODELS, WITH_MODES, course_name, practitioners_name
from alliance_modes.reports.facts.scope import COHORT, Scope, parts_of
from alliance_modes.reports.inputs import DrawnPicture, Provenance, ReportInputs
from alliance_modes.tables.people import surveyed

Edition = Literal["internal", "release"]


@dataclass(frozen=True)
class About:
    """The cohort itself, as its declaration describes it."""

    name: str
    title: str
    description: str
    data_lock: str
    demonstration: bool


@dataclass(frozen=True)
class Facts:
    """What the sections of a report read, and all that they read: nothing here is about one person.

    ``counts`` are the tables of ``requests`` as the edition shows them, those of the whole cohort, of its
    programmes and of its sites; ``spreads`` how far rates vary between practitioners and sites like these;
    ``outcomes`` are of the whole cohort, whatever the scope; ``parts`` every programme and site.
    """

    edition: Edition
    scope: Scope
    about: About
    counts: Mapping[str, ShownTable]
    spreads: Mapping[tuple[str, str, str], Spread]
    outcomes: tuple[OutcomeEffects, ...]
    gated: bool
    surveyed: bool
    parts: tuple[Scope, ...]
    pictures: Mapping[str, DrawnPicture]
    provenance: Provenance

    def course(self, column: str, scope: Scope | None = None) -> Shown | None:
        """One count of the course of enrolments, of this scope unless another is named.

        None where the cohort has no such column: nobody of it came to that.
        """
        where = self.scope if scope is None else scope
        return self._cell(course_name(where.kind), where.value or ALL, LABELS.get(column, column))

    @property
    def practitioners(self) -> Shown:
        """Practitioners of this scope."""
        return self._practitioners(ALL)

    @property
    def practitioners_with_modes(self) -> Shown:
        """Practitioners of this scope whose way of working is known."""
        return self._practitioners(WITH_MODES)

    @property
    def fitted(self) -> Shown:
        """Practitioners in the largest model of the ways of working, in the whole cohort."""
        return self._cell("fitted", ALL, IN_MODELS) or SUPPRESSED

    @property
    def beside(self) -> Scope:
        """The whole cohort, which a part is set beside."""
        return COHORT

    def _practitioners(self, what: str) -> Shown:
        if self.scope == COHORT:
            return self._cell(practitioners_name("cohort"), what, ALL) or SUPPRESSED
        return self._cell(practitioners_name(self.scope.kind), self.scope.value, what) or SUPPRESSED

    def _cell(self, table: str, row: str, column: str) -> Shown | None:
        found = self.counts.get(table)
        if found is None or row not in found.rows or column not in found.columns:
            return None
        return found.of(row, column)


def cohort_parts(inputs: ReportInputs, fewest: int) -> tuple[Scope, ...]:
    """Every programme and site of the cohort; ``reason`` says why one has no report of its own."""
    return parts_of(inputs.analysis["enrolment"], fewest)


def facts(
    inputs: ReportInputs,
    counts: Mapping[str, ShownTable],
    edition: Edition,
    fewest: int,
    pictures: Mapping[str, DrawnPicture] | None = None,
) -> Facts:
    """The facts of the whole cohort, from which those of a part follow by ``of_part``.

    Parameters
    ----------
    inputs : ReportInputs
    counts : mapping of ShownTable
        The tables of ``requests(inputs)``, as the edition shows them.
    edition : str
    fewest : int
        People who must have started in a programme or site for a report of its own.
    pictures : mapping, optional
        Those of the edition; the internal ones unless given.
    """
    cohort = inputs.cohort
    about = About(
        cohort.cohort, cohort.title, cohort.description, str(cohort.data_lock), cohort.demonstration
    )
    return Facts(
        edition=edition,
        scope=COHORT,
        about=about,
        counts=counts,
        spreads=spreads(inputs.analysis["enrolment"]),
        outcomes=outcome_effects(inputs),
        gated=gated(inputs),
        surveyed=surveyed(inputs.analysis["practitioner"]) > 0,
        parts=cohort_parts(inputs, fewest),
        pictures=inputs.pictures if pictures is None else pictures,
        provenance=inputs.provenance,
    )
