"""The smallest groups of units that counts are sums of, and how they hang together.

The counts of a population are sums over the cross-classification of all columns that they name, which is
too large to write down. It is not needed: columns that no count names together are linked through those
beside them. Columns named together are joined, the graph is filled until it is chordal, and each of its
cliques has a cross-classification of its own (its atoms). Neighbouring cliques agree on the columns that
they share. Numbers of at least zero that agree in this way are always those of some full
cross-classification, whole numbers of whole ones: nothing is lost (Lauritzen, 1996, chapter 3; Dobra &
Fienberg, 2000).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from alliance_modes.disclosure.classes import ENTERED, Column, Condition


@dataclass(frozen=True)
class Clique:
    """Columns that are crossed, and which combinations of their values units can have, one row each."""

    names: tuple[str, ...]
    atoms: np.ndarray

    def __len__(self) -> int:
        return len(self.atoms)

    def held(self, where: Condition) -> np.ndarray:
        """Which atoms a condition on some of its columns means."""
        found = np.ones(len(self.atoms), bool)
        for name, numbers in where:
            values = self.atoms[:, self.names.index(name)]
            allowed = np.zeros(values.max(initial=-1) + 1, bool)
            allowed[[one for one in numbers if one < len(allowed)]] = True
            found &= allowed[values]
        return found


@dataclass(frozen=True)
class Atoms:
    """All cliques, and what of their atoms must be equal: ``agreement`` times the atoms is zero."""

    cliques: tuple[Clique, ...]
    starts: tuple[int, ...]
    agreement: sparse.csr_array
    size: int

    def row(self, where: Condition) -> np.ndarray:
        """Positions of the atoms that a condition means, in the smallest clique that has its columns."""
        number = self._smallest(where)
        return self.starts[number] + np.flatnonzero(self.cliques[number].held(where))

    def leaves(self, whole: Condition, part: Condition) -> bool:
        """Whether any unit can be in a count and not in another that holds some of its units only."""
        clique = self.cliques[self._smallest(part)]
        return bool((clique.held(whole) & ~clique.held(part)).any())

    def _smallest(self, where: Condition) -> int:
        names = {name for name, _ in where}
        fitting = [number for number, one in enumerate(self.cliques) if names <= set(one.names)]
        return min(fitting, key=lambda one: (len(self.cliques[one]), one))


def atoms_of(
    columns: Mapping[str, Column], conditions: Iterable[Condition], impossible: Sequence[Condition]
) -> Atoms:
    """The cliques behind some conditions.

    Parameters
    ----------
    columns : mapping
        By name.
    conditions : iterable of Condition
        What the counts mean.
    impossible : sequence of Condition
        Units that cannot exist.
    """
    together = {frozenset(name for name, _ in one) for one in (*conditions, *impossible)}
    if ENTERED in columns:
        together |= {frozenset((ENTERED, name)) for name, one in columns.items() if one.changes}
    cliques = [_clique(columns, names, impossible) for names in _cliques(columns, together)] or [
        Clique((), np.zeros((1, 0), int))
    ]
    tree = _tree([set(one.names) for one in cliques])
    _keep_possible(cliques, tree)
    starts = tuple(np.cumsum([0, *(len(one) for one in cliques)]).tolist())
    return Atoms(tuple(cliques), starts[:-1], _agreement(cliques, starts, tree), starts[-1])


def _cliques(columns: Mapping[str, Column], together: Iterable[frozenset[str]]) -> list[tuple[str, ...]]:
    """Maximal cliques after filling in, the last to be eliminated first."""
    beside: dict[str, set[str]] = {}
    for names in together:
        for name in names:
            beside.setdefault(name, set()).update(names - {name})
    found: list[frozenset[str]] = []
    while beside:
        name = min(beside, key=lambda one: (_size(columns, {one} | beside[one]), one))
        around = beside.pop(name)
        if not any({name, *around} <= one for one in found):
            found.append(frozenset({name, *around}))
        for one, other in itertools.permutations(sorted(around), 2):
            beside[one].add(other)
        for one in around:
            beside[one].discard(name)
    return [tuple(sorted(one)) for one in reversed(found)]


def _size(columns: Mapping[str, Column], names: Iterable[str]) -> int:
    return math.prod(len(columns[name].histories) for name in names)


def _clique(columns: Mapping[str, Column], names: tuple[str, ...], impossible: Sequence[Condition]) -> Clique:
    sizes = [len(columns[name].histories) for name in names]
    atoms = np.indices(sizes).reshape(len(names), -1).T
    presence = [
        np.array(columns[name].presence)[atoms[:, at]]
        for at, name in enumerate(names)
        if columns[name].changes
    ]
    atoms = atoms[np.all([one == presence[0] for one in presence], axis=(0, 2))] if presence else atoms
    clique = Clique(names, atoms)
    for where in impossible:
        if {name for name, _ in where} <= set(names):
            clique = Clique(names, clique.atoms[~clique.held(where)])
    return clique


def _keep_possible(cliques: list[Clique], tree: Sequence[tuple[int, int]]) -> None:
    """Take out the atoms that agree with none of another clique: along a tree twice, there and back."""
    back = [(number, before) for before, number in tree]
    for one, other in (*tree[::-1], *back):
        shared = [name for name in cliques[one].names if name in cliques[other].names]
        of_one, of_other = (
            cliques[which].atoms[:, [cliques[which].names.index(name) for name in shared]]
            for which in (one, other)
        )
        found, numbers = np.unique(np.concatenate([of_one, of_other]), axis=0, return_inverse=True)
        met = np.zeros(len(found), bool)
        met[numbers[len(of_one) :]] = True
        cliques[one] = Clique(cliques[one].names, cliques[one].atoms[met[numbers[: len(of_one)]]])


def _agreement(
    cliques: Sequence[Clique], starts: Sequence[int], tree: Sequence[tuple[int, int]]
) -> sparse.csr_array:
    """One row per combination of values that a clique shares with one before it: both sums are equal."""
    rows, places, signs, row = [], [], [], 0
    for before, number in tree:
        clique = cliques[number]
        shared = [name for name in clique.names if name in cliques[before].names]
        keys: dict[tuple[int, ...], int] = {}
        for which, sign in ((before, 1), (number, -1)):
            at = [cliques[which].names.index(name) for name in shared]
            for atom, values in enumerate(cliques[which].atoms[:, at].tolist()):
                rows.append(row + keys.setdefault(tuple(values), len(keys)))
                places.append(starts[which] + atom)
                signs.append(sign)
        row += len(keys)
    return sparse.csr_array((signs, (rows, places)), shape=(row, starts[-1]))


def _tree(cliques: Sequence[set[str]]) -> list[tuple[int, int]]:
    """Pairs of cliques that are linked: a tree in which neighbours share as many columns as they can."""
    linked, found = [0], []
    while len(linked) < len(cliques):
        pairs = [(one, other) for one in linked for other in range(len(cliques)) if other not in linked]
        best = max(pairs, key=lambda pair: (len(cliques[pair[0]] & cliques[pair[1]]), -pair[1], -pair[0]))
        linked.append(best[1])
        found.append(best)
    return found
