"""Columns as an attacker sees them: values that no count tells apart are one, and what changes has a history.

Over several releases a unit has one value of a column that is final, and one at each release of a column that
may change; before it was enrolled it is ``ABSENT``, and ``GONE`` once it was taken out. A history is the
tuple of these. Counts of every release are then counts of one population: those whose history has, at that
release, one of the values named. A unit whose final values were corrected was taken out, and another came.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alliance_modes.disclosure.counts import Where
from alliance_modes.disclosure.earlier import Population

ABSENT = -1
GONE = -2
ENTERED = "entered"

Condition = tuple[tuple[str, frozenset[int]], ...]
"""Which units a count is of: per column the numbers of the values allowed; columns that allow all are out."""


@dataclass(frozen=True)
class Column:
    """One column of the population of all releases: how many values it has, and which numbers a count means.

    ``meant`` gives, for a release and the values that a count names, the numbers of the values of the column.
    """

    name: str
    histories: tuple[tuple[int, ...], ...]
    class_of: Mapping[str, int]

    def meant(self, release: int, values: Iterable[str]) -> frozenset[int]:
        """Numbers of the histories that have, at a release, one of the values."""
        classes = {self.class_of[value] for value in values if value in self.class_of}
        return frozenset(number for number, one in enumerate(self.histories) if one[release] in classes)

    @property
    def changes(self) -> bool:
        """Whether its histories tell when a unit was first counted."""
        return any(ABSENT in history for history in self.histories)

    @property
    def presence(self) -> tuple[tuple[int, int], ...]:
        """Of each history, at how many releases the unit was not there yet, and at how many not any more."""
        return tuple((history.count(ABSENT), history.count(GONE)) for history in self.histories)


def columns_of(
    population: Population,
    values: Mapping[str, Sequence[str]],
    wheres: Sequence[Sequence[Where]],
    leaving: bool = False,
) -> dict[str, Column]:
    """The columns that counts of a population name, by name, and when a unit was first counted.

    Parameters
    ----------
    population : Population
        Which columns may change.
    values : mapping
        The values of each column.
    wheres : sequence of sequence of Where
        Per release, what its counts name, and those who cannot exist.
    leaving : bool
        Whether units may have been taken out between releases.
    """
    releases = len(wheres)
    named = list(itertools.chain(*wheres))
    found = {}
    for name, held in sorted(values.items()):
        class_of = _classes(name, held, population, named)
        numbers = sorted(set(class_of.values()))
        told = sum(any(name == column for where in one for column, _ in where) for one in wheres)
        final = population.settled.get(name, held)
        if not set(held) <= set(final) and told != 1:  # one release tells of it: how it changes tells nothing
            settled = {class_of[value] for value in final if value in class_of}
            histories = tuple(_histories(numbers, settled, releases, leaving))
        else:
            histories = tuple((number,) * releases for number in numbers)
        found[name] = Column(name, histories, class_of)
    if releases > 1:
        entered = tuple(_histories((0,), {0}, releases, leaving))
        found[ENTERED] = Column(ENTERED, entered, {"": 0})
    return found


def _classes(
    name: str, values: Iterable[str], population: Population, wheres: Iterable[Where]
) -> dict[str, int]:
    """Values by number; those that every count names together, or none does, have the same."""
    sets = {held for where in wheres for column, held in where if column == name}
    sets |= {population.settled[name]} if name in population.settled else set()
    ordered = sorted(sets)
    signature = {value: tuple(value in held for held in ordered) for value in values}
    numbers = {one: number for number, one in enumerate(sorted(set(signature.values()), reverse=True))}
    return {value: numbers[one] for value, one in sorted(signature.items())}


def _histories(
    numbers: Sequence[int], settled: set[int], releases: int, leaving: bool
) -> Iterator[tuple[int, ...]]:
    """Every way through the values: absent at first, anything then, no change once settled, and gone."""

    def after(last: int) -> Sequence[int]:
        if last == ABSENT:
            return (ABSENT, *numbers)
        if last == GONE:
            return (GONE,)
        return (*((last,) if last in settled else numbers), *((GONE,) if leaving else ()))

    def onwards(so_far: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(so_far) == releases:
            if so_far[-1] != ABSENT:
                yield so_far
            return
        for value in after(so_far[-1] if so_far else ABSENT):
            yield from onwards((*so_far, value))

    yield from onwards(())


def condition(columns: Mapping[str, Column], release: int, where: Where) -> Condition:
    """What a count of a release means in the columns of all releases.

    That units were there at the release is said of every count of it, so that each is seen to hold others.
    """
    found = {name: columns[name].meant(release, held) for name, held in where}
    if ENTERED in columns:
        found[ENTERED] = columns[ENTERED].meant(release, [""])
    return tuple(
        (name, numbers)
        for name, numbers in sorted(found.items())
        if len(numbers) < len(columns[name].histories)
    )
