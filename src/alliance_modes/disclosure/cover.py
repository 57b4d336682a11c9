"""The choice of what to withhold: at the least loss, one of each of some sets of counts."""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

MOST_NODES = 2_000
"""Where a search for the best choice ends with the best one found: a number of steps, not a time."""


class Cover:
    """Sets of counts of which one each must be withheld, some only while another count is.

    Parameters
    ----------
    losses : array
        What is lost with each count.
    """

    def __init__(self, losses: np.ndarray) -> None:
        self._losses = losses
        self._sets: dict[tuple[frozenset[int], int | None], None] = {}

    def add(self, members: frozenset[int], while_withheld: int | None) -> None:
        """One of ``members`` must be withheld, always or while another count is."""
        self._sets[members, while_withheld] = None

    def choose(self, always: np.ndarray) -> np.ndarray:
        """Which counts are withheld: those that always are, and the least loss besides."""
        open_sets = [
            (members, other) for members, other in self._sets if not any(always[one] for one in members)
        ]
        if not open_sets:
            return always.copy()
        conditions = {other for _, other in open_sets if other is not None}
        named = sorted(conditions.union(*(members for members, _ in open_sets)))
        place = {row: number for number, row in enumerate(named)}
        matrix, least = np.zeros((len(open_sets), len(named))), np.ones(len(open_sets))
        for number, (members, other) in enumerate(open_sets):
            matrix[number, [place[one] for one in members]] = 1
            if other is not None:
                matrix[number, place[other]] = -1
                least[number] = 0
        found = milp(
            self._losses[named],
            constraints=LinearConstraint(matrix, least, np.inf),
            integrality=np.ones(len(named)),
            bounds=Bounds(always[named].astype(float), 1.0),
            options={"node_limit": MOST_NODES},
        )
        chosen = always.copy()
        chosen[named] |= np.ones(len(named), bool) if found.x is None else found.x > 0.5
        return chosen
