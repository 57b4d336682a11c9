"""What a reader may know of the units that reports count, without any table of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from alliance_modes.disclosure.counts import OTHER, CountTable, Where, where_of
from alliance_modes.disclosure.earlier import Population
from alliance_modes.disclosure.means import KNOWN, MeanTable
from alliance_modes.figures.release.about import ELSEWHERE, RUNNING, SCORED, STRETCH
from alliance_modes.figures.release.requests import OF_NOBODY
from alliance_modes.reports.facts.asked.course import COURSE, COURSES, UNKNOWN
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, FIRST, IN_MODELS, PRACTITIONERS
from alliance_modes.reports.facts.asked.units import LEADS, NO, SURVEYED, YES, with_rows
from alliance_modes.reports.facts.scope import COLUMNS, NOT_RECORDED

OPEN = (UNKNOWN, RUNNING, "ongoing")
"""Courses that may still become another one; the others are final."""


FIXED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    ENROLMENTS: {COURSE: tuple(one for one in COURSES if one not in OPEN)},
    PRACTITIONERS: {SURVEYED: (YES,), IN_MODELS: ()},
}
"""Columns of which it does not hang on their values what is final."""


def populations(
    tables: Iterable[CountTable],
    means: Iterable[MeanTable] = (),
    nowhere: Mapping[str, tuple[Where, ...]] | None = None,
) -> tuple[Population, ...]:
    """The populations of the counts and means that reports and figures ask for, with what may still change.

    A course is final once it has ended. A practitioner who said how they work has said so, and who led a
    programme did; in the models they may be at one data lock and not at another. A value that is known stays
    known, and a first score is the first; in which stretch of sessions a course is said to have ended may
    change, since it is told of those due to finish alone. What has a row of its own where somebody is of it
    tells that somebody is. ``nowhere`` are, by population, units that cannot
    exist, from ``nowhere_known``.
    """
    tables, means = tuple(tables), tuple(means)
    settled = {population: dict(columns) for population, columns in FIXED.items()}
    every = [
        *((one.population, one.values) for one in tables),
        *((one.population, one.values) for one in means),
    ]
    for population, named in every:
        for column, values in named:
            of_population = settled.setdefault(population, {})
            if population not in FIXED or column not in FIXED[population]:
                before = of_population.get(column, ())
                of_population[column] = tuple(sorted({*before, *_final(column, values)}))
    return tuple(
        Population(
            name=name,
            settled=columns,
            impossible=(nowhere or {}).get(name, ()),
            somebody=tuple(
                sorted({where for one in tables if one.population == name for where in _somebody(one)})
            ),
        )
        for name, columns in settled.items()
    )


def _somebody(table: CountTable) -> Iterator[Where]:
    """Units that have a row or column of their own because there are some; those who came again."""
    asked = {cell.where for row in table.cells for cell in row}
    for column, values in table.values:
        if column == FIRST:
            yield where_of({column: (NO,)})
        elif column == COURSE or column in COLUMNS.values() or column in with_rows():
            always = OF_NOBODY if column == COURSE else ()
            each = (where_of({column: (value,)}) for value in values if value not in always)
            yield from (where for where in each if where in asked)


def _final(column: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """The values of a column that are final once a unit has them: those recorded, or what else is said."""
    if column.startswith(LEADS) or column.endswith(KNOWN):
        return (YES,)
    if column.startswith(SCORED):
        return tuple(one for one in values if one != ELSEWHERE)
    return () if column.startswith(STRETCH) else (OTHER, *(one for one in values if one != NOT_RECORDED))
