"""All counts of one population, of every release of a cohort, as sums of the same atoms."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from alliance_modes.disclosure.atoms import Atoms, atoms_of
from alliance_modes.disclosure.classes import ENTERED, GONE, Column, Condition, columns_of, condition
from alliance_modes.disclosure.counts import OTHER, Where
from alliance_modes.disclosure.earlier import EarlierRelease, Population

MANY_ATOMS = 1_000
"""Above these not all atoms are taken as whole numbers, only those that a limit hangs on."""

MOST_ATOMS = 20_000
"""With more of them the oldest release is left out of what is linked."""


@dataclass(frozen=True)
class System:
    """Counts as rows of atoms.

    Parameters
    ----------
    columns : mapping
        The columns that they name.
    conditions : tuple of Condition
        What each row means; ``releases`` says of which release it is, from 0.
    at : tuple of mapping
        Per release, the row of each count; None where nobody can be in it by its conditions.
    atoms : Atoms
    rows : csr_array
    somebody : csr_array
        Rows of those of whom anybody knows that there is at least one.
    gone : csr_array
        One row, of those who were taken out between releases; none where nobody can have been.
    """

    columns: Mapping[str, Column]
    conditions: tuple[Condition, ...]
    releases: tuple[int, ...]
    at: tuple[Mapping[Where, int | None], ...]
    atoms: Atoms
    rows: sparse.csr_array
    somebody: sparse.csr_array
    gone: sparse.csr_array

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.conditions)


def system_of(
    populations: Sequence[Population],
    values: Sequence[Mapping[str, Sequence[str]]],
    wheres: Sequence[Sequence[Where]],
    leaving: bool = False,
) -> System:
    """The counts of some releases of one population, with the values that columns had; the last one last.

    ``populations``: what was known beforehand at each release; which columns may change, the last one says.
    ``leaving``: units may have been taken out between releases.
    """
    names = {column for one in values for column in one}
    every = {name: sorted({value for one in values for value in one.get(name, ())}) for name in names}
    nobody = [
        list(nobody_at(one.impossible, every, held)) for one, held in zip(populations, values, strict=True)
    ]
    some = [
        [where for where in one.somebody if all(set(held) & set(every.get(name, ())) for name, held in where)]
        for one in populations
    ]
    named = [(*asked, *none, *known) for asked, none, known in zip(wheres, nobody, some, strict=True)]
    columns = columns_of(populations[-1], every, named, leaving)
    rows: dict[tuple[int, Condition], int] = {}
    at: list[dict[Where, int | None]] = []
    for release, asked in enumerate(wheres):
        found: dict[Where, int | None] = {}
        for where in asked:
            meant = condition(columns, release, where)
            possible = all(numbers for _, numbers in meant)
            found[where] = rows.setdefault((release, meant), len(rows)) if possible else None
        at.append(found)
    impossible = [
        condition(columns, release, where) for release in range(len(wheres)) for where in nobody[release]
    ]
    conditions = tuple(meant for _, meant in rows)
    somebody = [condition(columns, release, where) for release, known in enumerate(some) for where in known]
    atoms = atoms_of(columns, (*conditions, *somebody), impossible)
    return System(
        columns,
        conditions,
        tuple(release for release, _ in rows),
        tuple(at),
        atoms,
        sums(atoms, conditions),
        sums(atoms, somebody),
        sums(atoms, _taken_out(columns)),
    )


def _taken_out(columns: Mapping[str, Column]) -> Sequence[Condition]:
    histories = columns[ENTERED].histories if ENTERED in columns else ()
    gone = frozenset(number for number, one in enumerate(histories) if GONE in one)
    return [((ENTERED, gone),)] if gone else []


def nobody_at(
    impossible: Iterable[Where], every: Mapping[str, Sequence[str]], values: Mapping[str, Sequence[str]]
) -> Iterator[Where]:
    """Units that cannot exist at a release, in the values that columns have in every one.

    Parameters
    ----------
    impossible : iterable of Where
        As the release knows them; any other value is every one that nobody had then.
    every, values : mapping
        The values of each column over all releases, and at this one. Of a column that it does not tell of,
        nobody knows what another value would be.
    """
    new = {
        name: tuple(value for value in held if value not in values[name])
        for name, held in every.items()
        if name in values
    }
    for where in impossible:
        if any(OTHER in held and name not in new for name, held in where):
            continue
        meant = tuple((name, (*held, *new[name]) if OTHER in held else held) for name, held in where)
        if all(set(held) & set(every.get(name, ())) for name, held in meant):
            yield meant
    for name, added in new.items():
        if added and OTHER not in values[name]:
            yield ((name, added),)


def sums(atoms: Atoms, conditions: Sequence[Condition]) -> sparse.csr_array:
    """The sums of atoms that counts are, one row each."""
    places = [atoms.row(one) for one in conditions]
    ends = np.cumsum([0, *(len(one) for one in places)])
    columns = np.concatenate(places) if places else np.zeros(0, int)
    return sparse.csr_array((np.ones(len(columns)), columns, ends), shape=(len(conditions), atoms.size))


def linked(
    population: Population,
    values: Mapping[str, Sequence[str]],
    earlier: Sequence[EarlierRelease],
    wheres: Sequence[Where],
    leaving: bool = False,
) -> tuple[System, Sequence[EarlierRelease]]:
    """The counts of this release with those of earlier ones, and which of these are linked.

    The oldest are left out while the atoms would be too many. ``leaving``: units may have been taken out.
    """
    while True:
        of_earlier = [of_population(one, population.name) for one in earlier]
        every = [*(one.values.get(population.name, {}) for one in earlier), values]
        known = [*(as_known(one, population.name) for one in earlier), population]
        system = system_of(known, every, [*(tuple(one) for one in of_earlier), wheres], leaving)
        if system.atoms.size <= MOST_ATOMS or not earlier:
            return system, earlier
        earlier = earlier[1:]


def as_known(release: EarlierRelease, name: str) -> Population:
    """What was known of one population beforehand at a release."""
    return next((one for one in release.populations if one.name == name), Population(name=name))


def of_population(release: EarlierRelease, name: str) -> dict[Where, int | None]:
    """What a release published of one population."""
    return {one.where: one.value for one in release.counts if one.population == name}


def nested(
    conditions: Sequence[Condition], numbers: np.ndarray, closer_than: float
) -> Iterator[tuple[int, int]]:
    """Pairs of counts (whole, part) of which one holds all units of the other, and few more."""
    order = np.argsort(numbers, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    named: dict[frozenset, list[int]] = {}
    broad: dict[str, dict[frozenset[int], None]] = {}
    for number, meant in enumerate(conditions):
        named.setdefault(frozenset(meant), []).append(number)
        for name, allowed in meant:
            if len(allowed) > 1:
                broad.setdefault(name, {})[allowed] = None
    for part in order:
        options = [
            [(), ((name, held),), *(((name, one),) for one in broad.get(name, ()) if held < one)]
            for name, held in conditions[part]
        ]
        there = (named.get(frozenset(itertools.chain(*chosen)), ()) for chosen in itertools.product(*options))
        wholes = sorted(itertools.chain(*there), key=lambda one: place[one])
        for whole in wholes:
            if whole != part and 0 <= numbers[whole] - numbers[part] < closer_than:
                yield int(whole), int(part)


Line = list[tuple[frozenset[int], int]]


def lines(
    conditions: Sequence[Condition], columns: Mapping[str, Column]
) -> Iterator[tuple[str, Condition, Line]]:
    """Counts that differ in one column only: the column, what they share, and the values of each.

    A count stands in a line for each column of the population.
    """
    found: dict[tuple[str, Condition], Line] = {}
    every = {name: frozenset(range(len(one.histories))) for name, one in columns.items()}
    for number, meant in enumerate(conditions):
        allowed = dict(meant)
        for name, all_values in every.items():
            rest = tuple(one for one in meant if one[0] != name)
            found.setdefault((name, rest), []).append((allowed.get(name, all_values), number))
    for (name, rest), line in found.items():
        if len(line) > 1:
            yield name, rest, line


def remainders(
    conditions: Sequence[Condition], columns: Mapping[str, Column]
) -> Iterator[tuple[Condition, int, tuple[int, ...]]]:
    """What several parts leave of a whole that differs from them in one column.

    Yields
    ------
    Condition, int, tuple of int
        What the rest means, the whole, and its parts.
    """
    for name, rest, line in lines(conditions, columns):
        for whole, number in line:
            inside = [one for one in line if one[0] < whole] if len(whole) > 1 else []
            parts = [
                one for one in inside if len(one[0]) < 2 or not any(other[0] < one[0] for other in inside)
            ]
            left = whole - frozenset().union(*(one[0] for one in parts))
            disjoint = sum(len(one[0]) for one in parts) + len(left) == len(whole)
            if len(parts) > 1 and left and disjoint:
                yield narrowed(rest, name, left), number, tuple(one[1] for one in parts)


def differences(
    conditions: Sequence[Condition],
    columns: Mapping[str, Column],
    numbers: np.ndarray | None = None,
    closer_than: float = math.inf,
) -> Iterator[tuple[Condition, int, int]]:
    """What a count leaves of another that differs from it in one column: its meaning, the whole, the part.

    With ``numbers`` where that is little.
    """
    for name, rest, line in lines(conditions, columns):
        wholes = [one for one in line if len(one[0]) > 1]
        for held, part in line:
            for values, whole in wholes:
                if held < values and (numbers is None or numbers[whole] - numbers[part] < closer_than):
                    yield narrowed(rest, name, values - held), whole, part


def narrowed(condition: Condition, name: str, values: frozenset[int]) -> Condition:
    """A condition that leaves a column free, with some values of that column alone."""
    return tuple(sorted((*condition, (name, values)), key=lambda one: one[0]))


def whole_atoms(system: System, row: int, holders: Iterable[int]) -> np.ndarray:
    """Atoms that are whole numbers in a search: all, or of many those of a count and of its holders."""
    if system.atoms.size <= MANY_ATOMS:
        return np.arange(system.atoms.size)
    found = np.unique(system.rows[sorted({row, *holders})].indices)
    return found if len(found) <= MANY_ATOMS else np.unique(system.rows[[row]].indices)
