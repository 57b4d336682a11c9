"""The counts that all reports of a cohort ask for at once, so that an edition protects them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from alliance_modes.dictionary.named import CLIENT_ID, SITE_ID
from alliance_modes.disclosure.counts import Cell, CountTable, count_table, values_of, where_of
from alliance_modes.reports.facts.asked.course import COURSE, columns
from alliance_modes.reports.facts.asked.units import (
    LEADS,
    NO,
    SURVEYED,
    YES,
    Rows,
    client_rows,
    enrolment_units,
    practitioner_rows,
    practitioner_units,
)
from alliance_modes.reports.facts.scope import COLUMNS, NOT_RECORDED, PARTS, Part
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.questions import practitioners_fitted

ALL = "All"
ENROLMENTS, PRACTITIONERS = "enrolments", "practitioners"
FIRST, FITTED = "first enrolment", "fitted"
WITH_MODES = "Said how they work"
IN_MODELS = "In the models of the ways of working"


def course_name(kind: str) -> str:
    """The table of courses of the whole cohort, or by programme or site."""
    return "course" if kind == "cohort" else f"course_by_{kind}"


def clients_name(kind: str) -> str:
    """The table of who the clients are: of the whole cohort, or by programme or site."""
    return "clients" if kind == "cohort" else f"clients_by_{kind}"


def practitioners_name(kind: str) -> str:
    """The table of the practitioners of the whole cohort, or by programme or site."""
    return "practitioners" if kind == "cohort" else f"practitioners_by_{kind}"


def requests(inputs: ReportInputs, of_nobody: bool = True) -> tuple[CountTable, ...]:
    """Every table of counts that the reports of a cohort, of its programmes and of its sites ask for.

    Asked once for all of them: what one report withholds, no other gives away. A cohort without programmes or
    sites, practitioners or models has no table about them; one with a single programme has none by programme.
    ``of_nobody`` says whether ends are counted that nobody came to, as a release does.
    """
    fitted = practitioners_fitted(inputs.questions)
    return counted(inputs.analysis["enrolment"], inputs.analysis["practitioner"], fitted, of_nobody)


def counted(
    enrolments: pd.DataFrame,
    practitioners: pd.DataFrame,
    fitted: int | None = None,
    of_nobody: bool = True,
) -> tuple[CountTable, ...]:
    """The same of two analysis tables, and of how many practitioners are in the models."""
    units = enrolment_units(enrolments)
    found = [*_courses(units, of_nobody), *_clients(units)]
    if len(practitioners):
        of_practitioners = practitioner_units(practitioners, enrolments)
        found += _practitioners(of_practitioners)
        if fitted is not None:
            found.append(_fitted(of_practitioners, fitted))
    found += _people(units, enrolments)
    return tuple(found)


def several(units: pd.DataFrame) -> Iterable[tuple[Part, Rows]]:
    """Programmes and sites of which there are several: the kind, and a row for each."""
    for kind in PARTS:
        column = COLUMNS[kind]
        if column in units and units[column].nunique() > 1:
            values = sorted(set(units[column]), key=lambda value: (value == NOT_RECORDED, value))
            yield kind, {value: {column: (value,)} for value in values}


def _courses(units: pd.DataFrame, of_nobody: bool) -> Iterable[CountTable]:
    across = columns(units[COURSE], of_nobody)
    yield count_table(
        units,
        course_name("cohort"),
        "What became of those enrolled",
        ENROLMENTS,
        {ALL: {}},
        across,
        [column for column in COLUMNS.values() if column in units],
    )
    for kind, rows in several(units):
        yield count_table(
            units,
            course_name(kind),
            f"What became of those enrolled, by {kind}",
            ENROLMENTS,
            rows,
            across,
        )


def _clients(units: pd.DataFrame) -> Iterable[CountTable]:
    down = client_rows(units)
    if not down:
        return
    yield count_table(units, clients_name("cohort"), "Who was enrolled", ENROLMENTS, down, {ALL: {}})
    for kind, across in several(units):
        varying = {
            label: where for label, where in down.items() if _varies_within(units, COLUMNS[kind], where)
        }
        if varying:
            yield count_table(
                units, clients_name(kind), f"Who was enrolled, by {kind}", ENROLMENTS, varying, across
            )


def _varies_within(units: pd.DataFrame, kind: str, where: Mapping[str, Sequence[str]]) -> bool:
    """Whether a programme or site has people of several kinds: that a prison is one is no count of people."""
    return any((units.groupby(kind)[column].nunique() > 1).any() for column in where)


def _practitioners(units: pd.DataFrame) -> Iterable[CountTable]:
    count: Mapping[str, Mapping] = {ALL: {}, WITH_MODES: {SURVEYED: (YES,)}}
    down: Rows = {**count, **practitioner_rows(units)}
    yield count_table(
        units,
        practitioners_name("cohort"),
        "The practitioners",
        PRACTITIONERS,
        down,
        {ALL: {}},
        [name for name in units if name == SITE_ID],
    )
    led = [str(name) for name in units if str(name).startswith(LEADS)]
    by_programme: Rows = {name.removeprefix(LEADS): {name: (YES,)} for name in led}
    rows: dict[str, Rows] = dict(several(units[[name for name in units if name == SITE_ID]]))
    rows |= {"programme": by_programme} if len(led) > 1 else {}
    for kind, here in rows.items():
        yield count_table(
            units, practitioners_name(kind), f"The practitioners, by {kind}", PRACTITIONERS, here, count
        )


def _fitted(units: pd.DataFrame, n: int) -> CountTable:
    """How many practitioners are in the models: some of those who said how they work, or all of them."""
    conditions = {SURVEYED: (YES,)}
    if n != (units[SURVEYED] == YES).sum():
        conditions |= {IN_MODELS: (YES,)}
    return CountTable(
        FITTED,
        IN_MODELS,
        PRACTITIONERS,
        (ALL,),
        (IN_MODELS,),
        ((Cell(where_of(conditions), n),),),
        ((IN_MODELS, (NO, YES)), *values_of(units, [SURVEYED])),
    )


def _people(units: pd.DataFrame, enrolments: pd.DataFrame) -> Iterable[CountTable]:
    """How many people the enrolments are of, where some enrolled more than once: their first ones."""
    if CLIENT_ID in enrolments and enrolments[CLIENT_ID].notna().all():
        again = enrolments[CLIENT_ID].duplicated()
        if again.any():
            first = units.assign(**{FIRST: again.map({True: NO, False: YES})})
            yield count_table(
                first, "people", "People enrolled", ENROLMENTS, {ALL: {FIRST: (YES,)}}, {ALL: {}}
            )
