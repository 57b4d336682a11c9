"""How far the counts of a few parts of a polytope can go, where it has many, from these parts alone.

Sites hardly hang together: most of what is known is about one of them, and only the counts of all join them.
What can be told of the counts of one is therefore asked twice, each time by a small programme in place of one
of all atoms. With the rest as it is at a known point, whatever is found is as true of the whole; the point
lies well inside, since from a corner, where most rows are at a limit, little can be moved. With the rest left
out, what holds a count cannot be passed in the whole either. That the first finds nothing says nothing, nor
that the second holds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from alliance_modes.disclosure.polytope import EXACT, Limit, Polytope

JOINING = 300
"""Atoms of a row that joins parts: one about fewer is of a part."""

OTHERS = (12, 60, 240)
"""Parts that may make up for what is moved in one: a few first, then more."""


OWN = 4
"""Parts that a sum may be of: what is of more is a matter of the whole."""

MANY, MANY_PARTS = 150, 100
"""Sums of atoms and parts of what is known, from which on a part is looked at before the whole."""


@dataclass(frozen=True)
class Moved:
    """A point that differs from the known one in some ``atoms`` alone: by how much."""

    atoms: np.ndarray
    by: np.ndarray


class Nearby:
    """Points beside ``atoms``, which agree with all that ``polytope`` knows, and limits of its parts."""

    def __init__(self, polytope: Polytope, atoms: np.ndarray) -> None:
        self._all, self.atoms = polytope, atoms
        self._by_atom = sparse.csc_array(polytope.matrix)
        self._values = polytope.matrix @ atoms
        inside = polytope.matrix[np.diff(polytope.matrix.indptr) <= JOINING]
        joined = sparse.block_array([[None, inside], [inside.T, None]], format="csr")
        _, found = sparse.csgraph.connected_components(joined, directed=False)
        _, self._part = np.unique(found[inside.shape[0] :], return_inverse=True)
        self.parts = int(self._part.max()) + 1
        order = np.argsort(self._part, kind="stable")
        self._of_part = np.split(order, np.cumsum(np.bincount(self._part))[:-1])

    def ends(self, atoms: np.ndarray, of: np.ndarray, others: int) -> Iterator[Moved]:
        """Points where the sum of ``atoms`` times ``of`` is as small and as large as it comes to nearby.

        So many ``others`` of the parts move with those that the atoms are of.
        """
        own = np.unique(self._part[atoms])
        if not 0 < len(own) <= OWN:
            return
        besides = (own[0] + 1 + np.arange(others * len(own))) % self.parts
        moved = self._atoms_of(np.union1d(own, besides))
        rows, part = self._rows_of(moved)
        low, high = self._all.low[rows], self._all.high[rows]
        rest = self._values[rows] - part @ self.atoms[moved]
        small = self._small(part, low - rest, high - rest)
        if not small.possible():
            return
        wanted = _spread(atoms, of, moved)
        for largest in (False, True):
            found = small.end(wanted, largest).atoms
            values = part @ found + rest
            if np.all(values >= low - EXACT) and np.all(values <= high + EXACT):
                yield Moved(moved, found - self.atoms[moved])

    def limits(self, atoms: np.ndarray, of: np.ndarray) -> Iterator[Limit]:
        """What the sum of ``atoms`` times ``of`` cannot pass below and above, whatever the other parts are.

        ``prices`` are of the rows of the whole polytope. None of a sum that is of many parts, or of no atoms.
        """
        if not 0 < len(np.unique(self._part[atoms])) <= OWN:
            return
        moved, rows, small = self._alone(atoms)
        if not small.possible():
            return
        told = rows < self._all.known
        for largest in (False, True):
            found = small.end(_spread(atoms, of, moved), largest)
            prices = np.zeros(self._all.known)
            prices[rows[told]] = found.prices[told]
            yield Limit(found.value, prices)

    def whole(self, atoms: np.ndarray, of: np.ndarray, whole: np.ndarray) -> tuple[float, float]:
        """What it cannot pass where the atoms ``whole`` of its parts are whole numbers; 0 of no atoms."""
        if not len(atoms):
            return 0.0, 0.0
        moved, _, small = self._alone(atoms)
        places = np.searchsorted(moved, np.intersect1d(whole, moved))
        wanted = _spread(atoms, of, moved)
        return small.whole(wanted, False, places), small.whole(wanted, True, places)

    def _alone(self, atoms: np.ndarray) -> tuple[np.ndarray, np.ndarray, Polytope]:
        """The atoms of the parts of some, and what is known of these alone: by which rows."""
        moved = self._atoms_of(np.unique(self._part[atoms]))
        rows, part = self._rows_of(moved)
        alone = np.diff(self._all.matrix.indptr)[rows] == np.diff(part.indptr)
        rows, part = rows[alone], part[alone]
        return moved, rows, self._small(part, self._all.low[rows], self._all.high[rows])

    def _atoms_of(self, parts: np.ndarray) -> np.ndarray:
        return np.sort(np.concatenate([self._of_part[one] for one in parts]))

    def _rows_of(self, atoms: np.ndarray) -> tuple[np.ndarray, sparse.csr_array]:
        """The rows that name some of these atoms, and what they have of them."""
        columns = self._by_atom[:, atoms]
        rows, of_row = np.unique(columns.indices, return_inverse=True)
        shape = len(rows), len(atoms)
        return rows, sparse.csr_array(sparse.csc_array((columns.data, of_row, columns.indptr), shape))

    def _small(self, rows: sparse.csr_array, low: np.ndarray, high: np.ndarray) -> Polytope:
        return Polytope(rows, low, high, sparse.csr_array((0, rows.shape[1])), self._all.most)


class Seen:
    """The smallest and the largest value that points have shown of each of some sums of atoms, ``rows``."""

    def __init__(self, rows: sparse.csr_array) -> None:
        self.rows = rows
        self.least, self.most = np.full(rows.shape[0], np.inf), np.full(rows.shape[0], -np.inf)
        self._nearby: Nearby | None = None

    def values(self, values: np.ndarray) -> None:
        """What one more point shows."""
        np.minimum(self.least, values, out=self.least)
        np.maximum(self.most, values, out=self.most)

    def beside(self, nearby: Nearby, number: int, others: int) -> None:
        """What the points show where one sum is as small and as large as it comes to nearby."""
        if self._nearby is not nearby:
            self._nearby, self._by_atom = nearby, sparse.csc_array(self.rows)
            self._there = self.rows @ nearby.atoms
            self.values(self._there)
        of = self.rows[[number]]
        for point in nearby.ends(of.indices, of.data, others):
            changes = self._by_atom[:, point.atoms] @ point.by
            rows = np.flatnonzero(changes)
            values = self._there[rows] + changes[rows]
            self.least[rows] = np.minimum(self.least[rows], values)
            self.most[rows] = np.maximum(self.most[rows], values)

    def limits(self, nearby: Nearby, number: int) -> list[Limit]:
        """What one sum cannot pass below and above, as far as its own parts say."""
        of = self.rows[[number]]
        return list(nearby.limits(of.indices, of.data))


def many_parts(polytope: Polytope, asked: int, atoms: np.ndarray | None = None) -> Nearby | None:
    """The parts of a polytope where there are so many, and so many sums are ``asked`` of, that it pays.

    ``atoms``: a point well inside of it, where one is known that may still be one.
    """
    if asked < MANY:
        return None
    if atoms is None or not polytope.holds(atoms):
        atoms = polytope.inside()
    nearby = None if atoms is None else Nearby(polytope, atoms)
    return nearby if nearby and nearby.parts >= MANY_PARTS else None


def _spread(atoms: np.ndarray, of: np.ndarray, among: np.ndarray) -> np.ndarray:
    found = np.zeros(len(among))
    found[np.searchsorted(among, atoms)] = of
    return found
