"""All that a report of a cohort, a programme or a site says, as one edition may say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from alliance_modes.disclosure.counts import SUPPRESSED, Shown, ShownTable, exact
from alliance_modes.disclosure.means import ShownMean, ShownMeans, exact_means, reach
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.reports.facts.asked.course import BEGUN, LABELS
from alliance_modes.reports.facts.asked.means import Averaged, MeansAsked, means_asked
from alliance_modes.reports.facts.asked.requests import (
    ALL,
    FITTED,
    IN_MODELS,
    WITH_MODES,
    course_name,
    practitioners_name,
    requests,
)
from alliance_modes.reports.facts.effects import OutcomeEffects, gated, outcome_effects
from alliance_modes.reports.facts.rates import Spread, spreads
from alliance_modes.reports.facts.scope import COHORT, Scope, parts_of
from alliance_modes.reports.inputs import DrawnPicture, Provenance, ReportInputs
from alliance_modes.reports.registered import counted
from alliance_modes.tables.key_audit import key_findings
from alliance_modes.tables.people import surveyed

Edition = Literal["internal", "release"]
KEY_IN_DOUBT = "The answers to an inventory do not fit the key declared for it: do not rely on its scores."
STARTED_WITHHELD = "how many people started there is withheld"


@dataclass(frozen=True)
class About:
    """The cohort itself, as its declaration describes it."""

    name: str
    title: str
    description: str
    data_lock: str
    demonstration: bool


@dataclass(frozen=True)
class Average:
    """A table of means as the edition shows it, and what it is about."""

    averaged: Averaged
    shown: ShownMeans

    def of(self, label: str) -> ShownMean | None:
        """The mean of one group; None where there is no such group, or its mean is withheld."""
        found = self.shown.of(label) if label in self.shown.labels else None
        return None if found is None or found.mean is None else found

    def limits(self, label: str) -> tuple[float, float] | None:
        """The 95 % interval of a group whose mean is shown, within the limits of the scale."""
        found, half = self.of(label), self.averaged.halves.get(label)
        if found is None or found.mean is None or half is None:
            return None
        half = reach(half, found.decimals)
        least, largest = self.averaged.limits or (float("-inf"), float("inf"))
        return max(found.mean - half, least), min(found.mean + half, largest)


@dataclass(frozen=True)
class Facts:
    """What the sections of a report read, and all that they read: nothing here is about one person.

    ``counts`` are the tables of ``requests`` as the edition shows them, those of the whole cohort, of its
    programmes and of its sites, and ``means`` those of ``means_asked``; ``spreads`` how far rates vary
    between practitioners and sites like these;
    ``outcomes`` are of the whole cohort, whatever the scope; ``parts`` every programme and site;
    ``warnings`` what is to be known before anything is read, ``registration`` whether a protocol was
    registered and followed.
    """

    edition: Edition
    scope: Scope
    about: About
    counts: Mapping[str, ShownTable]
    spreads: Mapping[tuple[str, str, str], Spread]
    means: Mapping[str, Average]
    rules: Disclosure
    outcomes: tuple[OutcomeEffects, ...]
    gated: bool
    surveyed: bool
    parts: tuple[Scope, ...]
    warnings: tuple[str, ...]
    pictures: Mapping[str, DrawnPicture]
    provenance: Provenance
    registration: str = ""

    def course(self, column: str, scope: Scope | None = None) -> Shown | None:
        """One count of the course of enrolments, of this scope unless another is named.

        None where the cohort has no such column: nobody of it came to that.
        """
        where = self.scope if scope is None else scope
        return self._cell(course_name(where.kind), where.value or ALL, LABELS.get(column, column))

    @cached_property
    def with_report(self) -> tuple[Scope, ...]:
        """The programmes and sites with a report of their own: the edition may show who started there."""
        return tuple(
            one
            for one in self.parts
            if not one.reason and (begun := self.course(BEGUN, one)) is not None and begun.value is not None
        )

    @cached_property
    def without_report(self) -> tuple[Scope, ...]:
        """The other programmes and sites, each with the reason."""
        own = set(self.with_report)
        rest = [one for one in self.parts if one not in own]
        return tuple(one if one.reason else replace(one, reason=STARTED_WITHHELD) for one in rest)

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
        return self._cell(FITTED, ALL, IN_MODELS) or SUPPRESSED

    def _practitioners(self, what: str) -> Shown:
        if self.scope == COHORT:
            return self._cell(practitioners_name("cohort"), what, ALL) or SUPPRESSED
        return self._cell(practitioners_name(self.scope.kind), self.scope.value, what) or SUPPRESSED

    def _cell(self, table: str, row: str, column: str) -> Shown | None:
        found = self.counts.get(table)
        return found.cell(row, column) if found is not None else None


def internal_facts(inputs: ReportInputs) -> Facts:
    """The facts of the edition for the team that holds the data: every number as it is."""
    asked = means_asked(inputs)
    shown = exact_means(one.table for one in asked)
    return facts(inputs, exact(requests(inputs, of_nobody=False)), asked, shown, "internal")


def facts(
    inputs: ReportInputs,
    counts: Mapping[str, ShownTable],
    asked: Iterable[MeansAsked],
    means: Mapping[str, ShownMeans],
    edition: Edition,
    pictures: Mapping[str, DrawnPicture] | None = None,
    results: ReportInputs | None = None,
) -> Facts:
    """The facts of the whole cohort; those of a part are the same with its ``scope``.

    Parameters
    ----------
    inputs : ReportInputs
    counts : mapping of ShownTable
        The tables of ``requests(inputs)``, as the edition shows them.
    asked : iterable of MeansAsked
        ``means_asked(inputs)``.
    means : mapping of ShownMeans
        The same as the edition shows them.
    edition : str
    pictures : mapping, optional
        Those of the edition. Unless given, an internal report has those of ``inputs`` and a release none:
        they are drawn from people's rows.
    results : ReportInputs, optional
        The inputs with the results of models that the edition may show; all of them unless given.
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
        means={
            one.table.name: Average(one.averaged, means[one.table.name])
            for one in asked
            if one.table.name in means
        },
        rules=inputs.plan.disclosure,
        outcomes=outcome_effects(inputs, results),
        gated=gated(inputs),
        surveyed=surveyed(inputs.analysis["practitioner"]) > 0,
        parts=_parts(inputs, edition),
        warnings=_warnings(inputs, edition),
        pictures=_pictures(inputs, edition) if pictures is None else pictures,
        provenance=inputs.provenance,
        registration=counted(inputs.registered),
    )


def _parts(inputs: ReportInputs, edition: Edition) -> tuple[Scope, ...]:
    """Programmes and sites; a release does not say of which few people started: others protect these."""
    fewest = inputs.plan.disclosure.threshold if edition == "internal" else 0
    return parts_of(inputs.analysis["enrolment"], fewest)


def _warnings(inputs: ReportInputs, edition: Edition) -> tuple[str, ...]:
    """Answers that do not fit their key: known before anything is read. A release names no file."""
    found = tuple(one.headline for one in key_findings(inputs.key_audit))
    return (KEY_IN_DOUBT,) if found and edition == "release" else found


def _pictures(inputs: ReportInputs, edition: Edition) -> Mapping[str, DrawnPicture]:
    return inputs.pictures if edition == "internal" else {}
