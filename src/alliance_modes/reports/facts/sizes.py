"""How many rows and people the models and scales of a cohort rest on, as its release shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from alliance_modes.disclosure.counts import CountTable, ShownTable
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.disclosure.sizes import PEOPLE, ShownCount, Size, Sizes, sizes
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.reports.facts.asked.course import BEGUN, DUE, ENROLLED
from alliance_modes.reports.facts.asked.requests import (
    ALL,
    FITTED,
    IN_MODELS,
    WITH_MODES,
    course_name,
    practitioners_name,
)
from alliance_modes.reports.inputs import ReportInputs

ENROLMENT = "enrolment"
ANSWERED = "inventories"
"""Whoever answered a scale."""

SIZED = {"n": ANSWERED, "clusters": PRACTITIONER, "practitioners": PRACTITIONER}
"""The columns of tables of scales that say how many they rest on, and what of."""

TOTALS = {
    course_name("cohort"): (ENROLMENT, ((ALL, ENROLLED), (ALL, BEGUN), (ALL, DUE))),
    practitioners_name("cohort"): (PRACTITIONER, ((ALL, ALL), (WITH_MODES, ALL))),
    FITTED: (PRACTITIONER, ((ALL, IN_MODELS),)),
}
"""Of each table of counts, whom it counts and the cells that count everybody who came as far."""


def sizes_told(
    inputs: ReportInputs, counted: Iterable[CountTable], tables: Mapping[str, ShownTable], rules: Disclosure
) -> Sizes:
    """What a release shows of the size of every model, scale and structure of a cohort.

    Parameters
    ----------
    inputs : ReportInputs
        As they are.
    counted : iterable of CountTable
        ``requests(inputs)``.
    tables : mapping of ShownTable
        The same, as the gate shows them.
    rules : Disclosure
    """
    return sizes(_found(inputs), _totals({table.name: table for table in counted}, tables), rules)


def _found(inputs: ReportInputs) -> Iterator[Size]:
    for name, model in inputs.models.items():
        for fit in model.fits:
            yield rows_of(inputs, name), fit.n
            yield from ((of, n) for of, n in fit.clusters.items() if of in PEOPLE)
    for table in (inputs.reliability, *inputs.structure.values()):
        for column, units in SIZED.items():
            if column in table:
                yield from ((units, int(n)) for n in table[column].dropna())


def rows_of(inputs: ReportInputs, model: str) -> str:
    """What the rows of a model are."""
    return inputs.plan.models[model].table


def _totals(counted: Mapping[str, CountTable], tables: Mapping[str, ShownTable]) -> Iterator[ShownCount]:
    for name, (units, cells) in TOTALS.items():
        if name not in counted or name not in tables:
            continue
        table = counted[name]
        for row, column in cells:
            if row in table.rows and column in table.columns:
                n = table.cells[table.rows.index(row)][table.columns.index(column)].n
                shown = tables[name].cell(row, column)
                if shown is not None and shown.value is not None:
                    yield ShownCount(units, n, shown.value, of_models=name == FITTED)
