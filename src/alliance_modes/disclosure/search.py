"""To and fro between a choice of what to withhold and the attack on it, until nothing is found."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from alliance_modes.disclosure.classes import Condition
from alliance_modes.disclosure.cover import Cover
from alliance_modes.disclosure.known import Known, Publishable, known
from alliance_modes.disclosure.nearby import OTHERS, Nearby, Seen, many_parts
from alliance_modes.disclosure.polytope import EXACT, End, Limit, objective
from alliance_modes.disclosure.system import differences, nested, remainders, sums

FREE_ROUNDS = 12
"""Choices that may take back what an earlier one withheld; after them each adds to the one before."""

Held = tuple[frozenset[int], int | None]
"""Published counts that hold an interval, of which one must go, and while what is withheld (None: always)."""


class Search:
    """The counts of one population, what is guarded of them, and the points found so far.

    A point is an assignment of atoms that agreed with what was known under some choice, kept as what the
    counts and what is guarded come to there. Two of them, both still possible, show that an interval is wide
    without a linear programme.

    Parameters
    ----------
    counts : Publishable
        Of all releases; those of the last one are decided on.
    numbers : array of int
        The true counts of the last release, -1 for the others.
    threshold : int
        How wide an interval must be; of a count of an earlier release as wide as the rules of that one asked.
    """

    def __init__(self, counts: Publishable, numbers: np.ndarray, threshold: int) -> None:
        self.counts, self.numbers, self.threshold = counts, numbers, threshold
        self.gone = 0
        self.small = (numbers >= 0) & (numbers < threshold)
        self.small_pairs = tuple(self._small_pairs())
        self._rows, self._while, self._apart = self._guarded()
        self._beyond = {number for number in range(self._rows.shape[0]) if not self._rows[[number]].nnz}
        self._guarded_of: list[np.ndarray] = []
        self._counts_of: list[np.ndarray] = []
        self._gone_of: list[float] = []
        self._inside: np.ndarray | None = None

    def run(self) -> np.ndarray | None:
        """Which rows are withheld in the end: at worst all of the last release, which protects everything.

        Sets ``gone``: how many units were taken out between releases, at least, by what is published then.
        None where what is published under some choice cannot all be true.
        """
        cover = Cover(np.sqrt(np.maximum(self.numbers, 1)) + 1e-6 * np.arange(len(self.numbers)))
        for whole, part in self.small_pairs:
            if not self.small[part]:
                cover.add(frozenset((whole, part)), None)
        withheld = self.small
        for round_ in itertools.count():
            withheld = cover.choose(self.small if round_ < FREE_ROUNDS else withheld)
            found = self.narrow(withheld)
            if not found:
                return None if found is None else withheld
            for members, other in found:
                cover.add(members, other)
        raise AssertionError("a choice that withholds everything leaves nothing to find")

    def narrow(self, withheld: np.ndarray) -> list[Held] | None:
        """What holds each interval that is too narrow under a choice; None where the counts contradict it."""
        reader = known(self.counts, withheld)
        self.gone = reader.gone
        return list(self._narrow(reader, withheld)) if reader.polytope.possible() else None

    def _small_pairs(self) -> Iterator[tuple[int, int]]:
        """Counts of which one, large enough, holds all of the other and few more, if any can be."""
        of = np.flatnonzero(self.numbers >= 0)
        conditions = [self.counts.system.conditions[row] for row in of]
        for whole, part in nested(conditions, self.numbers[of], self.threshold):
            if self.numbers[of[whole]] >= self.threshold and self.counts.system.atoms.leaves(
                conditions[whole], conditions[part]
            ):
                yield int(of[whole]), int(of[part])

    def _guarded(self) -> tuple[sparse.csr_array, list[int | None], np.ndarray]:
        """Sums of atoms whose interval must be wide: always (None), or while a row is withheld; how wide."""
        system = self.counts.system
        of = np.flatnonzero(self.numbers >= 0)
        never = np.flatnonzero((self.numbers < 0) & np.isnan(self.counts.low))
        rests = self._small_rests(of)
        wholes = [pair[0] for pair in self.small_pairs]
        parts = [pair[1] for pair in self.small_pairs]
        rows = sparse.vstack(
            [
                system.rows[of],
                system.rows[never],
                system.rows[wholes] - system.rows[parts],
                sums(system.atoms, rests),
            ],
            format="csr",
        )
        always: list[int | None] = [None] * (len(never) + len(wholes) + len(rests))
        apart = np.full(rows.shape[0], self.threshold)
        apart[len(of) : len(of) + len(never)] = [
            self.counts.thresholds[system.releases[row]] for row in never
        ]
        return sparse.csr_array(rows), [None if self.small[row] else int(row) for row in of] + always, apart

    def _small_rests(self, of: np.ndarray) -> list[Condition]:
        """What some counts of the last release leave of another, where it is small and is no count itself."""
        system, numbers = self.counts.system, self.numbers[of]
        conditions = [system.conditions[row] for row in of]
        left = {
            meant: numbers[whole] - numbers[list(parts)].sum()
            for meant, whole, parts in remainders(conditions, system.columns)
        }
        left |= {
            meant: numbers[whole] - numbers[part]
            for meant, whole, part in differences(conditions, system.columns, numbers, self.threshold)
        }
        asked = set(conditions)
        small = [meant for meant, n in left.items() if n < self.threshold and meant not in asked]
        return [meant for meant in small if len(system.atoms.row(meant))]

    def _narrow(self, reader: Known, withheld: np.ndarray) -> Iterator[Held]:
        """Of each interval that is too narrow: what published counts hold it, and while what is withheld."""
        asked = [
            number
            for number, row in enumerate(self._while)
            if number not in self._beyond and (row is None or withheld[row])
        ]
        possible = self._possible(withheld, reader.gone)
        self._guarded_of = list(itertools.compress(self._guarded_of, possible))
        self._counts_of = list(itertools.compress(self._counts_of, possible))
        self._gone_of = list(itertools.compress(self._gone_of, possible))
        seen = Seen(self._rows)
        for values in self._guarded_of:
            seen.values(values)
        if not self._counts_of:
            for largest in (True, False):
                of_all = np.asarray(self._rows[asked].sum(axis=0)).ravel()
                self._keep(reader.polytope.end(of_all, largest), seen)
        left = [number for number in asked if not self._wide(number, seen)]
        nearby = many_parts(reader.polytope, len(left), self._inside)
        if nearby:
            self._inside = nearby.atoms
            self._look_beside(nearby, left, seen)
        for number in asked:
            if self._wide(number, seen):
                continue
            limits = self._held_by_parts(nearby, number, seen) if nearby else []
            for largest in () if limits else (True, False):
                if not self._wide(number, seen):
                    end = reader.polytope.end(objective(self._rows, number), largest)
                    self._keep(end, seen)
                    limits.append(end)
            if not self._wide(number, seen):
                members = self._holders(reader, limits)
                if members:
                    yield members, self._while[number]
                else:
                    self._beyond.add(number)

    def _look_beside(self, nearby: Nearby, left: list[int], seen: Seen) -> None:
        """How wide intervals of single sites are with the others much as they are."""
        for others, number in itertools.product(OTHERS, left):
            first = others == OTHERS[0]
            if not self._wide(number, seen) and (first or not self._held_by_parts(nearby, number, seen)):
                seen.beside(nearby, number, others)

    def _held_by_parts(self, nearby: Nearby, number: int, seen: Seen) -> list[Limit]:
        """The limits of an interval, where what is known of its own parts alone makes it too narrow."""
        limits = seen.limits(nearby, number)
        return limits if limits and not self._apart_enough(number, *(one.value for one in limits)) else []

    def _holders(self, reader: Known, limits: list[Limit]) -> frozenset[int]:
        used = set().union(*(reader.used(limit) for limit in limits))
        return frozenset(row for row in used if self.numbers[row] >= 0)

    def _wide(self, number: int, seen: Seen) -> bool:
        return self._apart_enough(number, seen.least[number], seen.most[number])

    def _apart_enough(self, number: int, least: float, most: float) -> bool:
        """Whether so many whole numbers lie between that an interval is as wide as it must be."""
        between = np.floor(most + EXACT) - np.ceil(least - EXACT)
        return bool(between >= self._apart[number])

    def _keep(self, end: End, seen: Seen) -> None:
        values = self._rows @ end.atoms
        self._guarded_of.append(values)
        self._counts_of.append(self.counts.system.rows @ end.atoms)
        self._gone_of.append(float((self.counts.system.gone @ end.atoms).sum()))
        seen.values(values)

    def _possible(self, withheld: np.ndarray, gone: int) -> np.ndarray:
        """Which of the points found so far agree with what is known under another choice."""
        shown = ~withheld & ~np.isnan(self.counts.low)
        values = np.array(self._counts_of).reshape(-1, len(shown))
        inside = (values >= self.counts.low - EXACT) & (values <= self.counts.high + EXACT)
        found = np.all(inside | ~shown, axis=1) & (np.array(self._gone_of) <= gone + EXACT)
        for whole, part in self.counts.pairs:
            if shown[whole] and shown[part]:
                apart = self.counts.thresholds[self.counts.system.releases[whole]]
                found &= values[:, whole] - values[:, part] >= apart - EXACT
        return found
