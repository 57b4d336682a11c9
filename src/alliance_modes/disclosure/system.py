"""All counts of one population, of every release of a cohort, as sums of the same atoms."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from alliance_modes.disclosure.atoms import Atoms, atoms_of
from alliance_modes.disclosure.classes import Column, Condition, columns_of, condition
from alliance_modes.disclosure.counts import Where
from alliance_modes.disclosure.earlier import EarlierRelease, Population

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
    """

    columns: Mapping[str, Column]
    conditions: tuple[Condition, ...]
    releases: tuple[int, ...]
    at: tuple[Mapping[Where, int | None], ...]
    atoms: Atoms
    rows: sparse.csr_array

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.conditions)


def system_of(
    population: Population, values: Mapping[str, Sequence[str]], wheres: Sequence[Sequence[Where]]
) -> System:
    """The counts of some releases of one population, the last one last."""
    columns = columns_of(population, values, wheres)
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
        condition(columns, release, where)
        for release in range(len(wheres))
        for where in population.impossible
        if all(column in columns for column, _ in where)
    ]
    conditions = tuple(meant for _, meant in rows)
    atoms = atoms_of(columns, conditions, impossible)
    return System(
        columns,
        conditions,
        tuple(release for release, _ in rows),
        tuple(at),
        atoms,
        sums(atoms, conditions),
    )


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
) -> tuple[System, Sequence[EarlierRelease]]:
    """The counts of this release with those of earlier ones, and which of these are linked.

    The oldest are left out while the atoms would be too many.
    """
    while True:
        of_earlier = [of_population(one, population.name) for one in earlier]
        every = [values, *(one.values.get(population.name, {}) for one in earlier)]
        names = {column for one in every for column in one}
        together = {name: sorted({value for one in every for value in one.get(name, ())}) for name in names}
        system = system_of(population, together, [*(tuple(one) for one in of_earlier), wheres])
        if system.atoms.size <= MOST_ATOMS or not earlier:
            return system, earlier
        earlier = earlier[1:]


def of_population(release: EarlierRelease, name: str) -> dict[Where, int | None]:
    """What a release published of one population."""
    return {one.where: one.value for one in release.counts if one.population == name}


def nested(
    conditions: Sequence[Condition], numbers: np.ndarray, closer_than: float
) -> Iterator[tuple[int, int]]:
    """Pairs of counts (whole, part) of which one holds all units of the other, and few more."""
    order = np.argsort(numbers, kind="stable")
    held = [dict(one) for one in conditions]
    for position, part in enumerate(order):
        for whole in itertools.chain(order[position + 1 :], _equal(order[:position], numbers, part)):
            if numbers[whole] - numbers[part] >= closer_than:
                break
            if all(
                name in held[part] and held[part][name] <= allowed for name, allowed in held[whole].items()
            ):
                yield int(whole), int(part)


def _equal(before: np.ndarray, numbers: np.ndarray, part: int) -> Iterable[int]:
    return (int(one) for one in before if numbers[one] == numbers[part])


def remainders(
    conditions: Sequence[Condition], columns: Mapping[str, Column]
) -> Iterator[tuple[Condition, int, tuple[int, ...]]]:
    """What several parts leave of a whole that differs from them in one column.

    Yields
    ------
    Condition, int, tuple of int
        What the rest means, the whole, and its parts.
    """
    lines: dict[tuple[str, Condition], list[tuple[frozenset[int], int]]] = {}
    for number, meant in enumerate(conditions):
        for name, column in columns.items():
            allowed = dict(meant).get(name, frozenset(range(len(column.histories))))
            rest = tuple(one for one in meant if one[0] != name)
            lines.setdefault((name, rest), []).append((allowed, number))
    for (name, rest), line in lines.items():
        for whole, number in line:
            inside = [one for one in line if one[0] < whole]
            parts = [one for one in inside if not any(other[0] < one[0] for other in inside)]
            left = whole - frozenset().union(*(one[0] for one in parts))
            disjoint = sum(len(one[0]) for one in parts) + len(left) == len(whole)
            if len(parts) > 1 and left and disjoint:
                meant = tuple(sorted((*rest, (name, left)), key=lambda one: one[0]))
                yield meant, number, tuple(one[1] for one in parts)
