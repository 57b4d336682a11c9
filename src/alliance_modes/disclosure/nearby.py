"""Points of a polytope that differ from a known one in a few parts alone, where it has many.

Sites hardly hang together: most of what is known is about one of them, and only the counts of all join them.
How far the counts of one can be from what they are at a point is then asked of its atoms and those of some
others, which may make up for them, the rest as it is there: a small programme in place of one of all atoms.
What is found is as true of the whole; that nothing is found says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from alliance_modes.disclosure.polytope import Polytope

JOINING = 300
"""Atoms of a row that joins parts: one about fewer is of a part."""
OTHERS = 12
"""Parts that may make up for what is moved in one."""


class Nearby:
    """Points beside ``atoms``, which agree with all that ``polytope`` knows."""

    def __init__(self, polytope: Polytope, atoms: np.ndarray) -> None:
        self._all, self._atoms = polytope, atoms
        self._by_atom = sparse.csc_array(polytope.matrix)
        self._values = polytope.matrix @ atoms
        inside = polytope.matrix[np.diff(polytope.matrix.indptr) <= JOINING]
        joined = sparse.block_array([[None, inside], [inside.T, None]], format="csr")
        _, found = sparse.csgraph.connected_components(joined, directed=False)
        _, self._part = np.unique(found[inside.shape[0] :], return_inverse=True)
        self.parts = int(self._part.max()) + 1
        order = np.argsort(self._part, kind="stable")
        self._of_part = np.split(order, np.cumsum(np.bincount(self._part))[:-1])

    def ends(self, atoms: np.ndarray, of: np.ndarray) -> Iterator[np.ndarray]:
        """Points where the sum of ``atoms`` times ``of`` is as small and as large as it comes to nearby."""
        own = np.unique(self._part[atoms])
        others = (own[0] + 1 + np.arange(OTHERS * len(own))) % self.parts
        moved = np.concatenate([self._of_part[one] for one in np.union1d(own, others)])
        rows = np.unique(self._by_atom[:, moved].indices)
        part = sparse.csr_array(self._by_atom[:, moved])[rows]
        rest = self._values[rows] - part @ self._atoms[moved]
        none = sparse.csr_array((0, len(moved)))
        small = Polytope(part, self._all.low[rows] - rest, self._all.high[rows] - rest, none, self._all.most)
        if not small.possible():
            return
        wanted = np.zeros(len(self._atoms))
        wanted[atoms] = of
        for largest in (False, True):
            point = self._atoms.copy()
            point[moved] = small.end(wanted[moved], largest).atoms
            if self._all.holds(point):
                yield point
