"""The attack: how far anybody can bound what is withheld, from what releases publish and nothing else.

The attacker has every release of the cohort, knows the rules, that counts of zero or more add up, that each
unit is counted once, and which columns cannot change between releases. Of each count that is withheld they
compute the smallest and the largest value that contradicts none of this; of the tightest ones again among
whole numbers of units.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from scipy import sparse

from alliance_modes.disclosure.classes import Condition
from alliance_modes.disclosure.counts import Where
from alliance_modes.disclosure.earlier import EarlierRelease, Population
from alliance_modes.disclosure.known import Known, Publishable, known, publishable
from alliance_modes.disclosure.nearby import OTHERS, Nearby, Seen, many_parts
from alliance_modes.disclosure.polytope import EXACT, End, Limit, Polytope, objective
from alliance_modes.disclosure.system import (
    System,
    differences,
    linked,
    of_population,
    remainders,
    sums,
    whole_atoms,
)

T = TypeVar("T")

FEWER = 0.9
"""Share of the sums that are left open by a point for which another point is worth while."""

MANY_WITHHELD = 200
"""Counts of a population beyond which two linear programmes are solved at the same time."""


@dataclass(frozen=True)
class Bounded:
    """What the attack says of one count: it is one of the whole numbers from ``low`` to ``high``.

    Parameters
    ----------
    population : str
    release : int
        Its order.
    where : Where
        Which units; empty for a difference, which ``told`` describes.
    told : str
        ``count`` of a table that is withheld, or the ``rest`` of a count beside others.
    low, high : int
        ``high`` is None where nothing limits it.
    whole : bool
        Whether these are the limits among whole numbers of units; otherwise they may lie a little further
        apart. In a population of more than 1,000 atoms (some twenty sites), whole numbers of those that the
        count, and the published counts that hold its limits, are sums of.
    used : tuple of Where
        The published counts that hold these limits.
    """

    population: str
    release: int
    where: Where
    told: str
    low: int
    high: int | None
    whole: bool
    used: tuple[Where, ...]

    @property
    def width(self) -> float:
        """How many other values remain possible; infinite without an upper limit."""
        return float("inf") if self.high is None else self.high - self.low


@dataclass(frozen=True)
class Attack:
    """The attack on some releases of a cohort.

    Parameters
    ----------
    releases : tuple of int
        By order.
    thresholds : tuple of int
        How wide it had to be under the rules of each release: what one left open cannot be closed later.
    linked : tuple of (population, releases that were attacked together)
    gone : tuple of (population, number)
        Of how many units it was supposed that they were taken out between releases, or put right: the fewest
        with which all could be true at once.
    bounded : tuple of Bounded
        Every count that is withheld, the tightest first.
    rests : tuple of Bounded
        Of what counts leave of each other, those that can be told to be small.
    """

    releases: tuple[int, ...]
    thresholds: tuple[int, ...]
    linked: tuple[tuple[str, tuple[int, ...]], ...]
    gone: tuple[tuple[str, int], ...]
    bounded: tuple[Bounded, ...]
    rests: tuple[Bounded, ...]

    @property
    def threshold(self) -> int:
        """How wide an interval must be under the rules of the last release."""
        return self.thresholds[-1]

    @property
    def recovered(self) -> tuple[Bounded, ...]:
        """Counts and rests that are told exactly."""
        return tuple(one for one in (*self.bounded, *self.rests) if one.width == 0)

    @property
    def narrow(self) -> tuple[Bounded, ...]:
        """Those that are told to within less than the threshold of the release that they are of."""
        of = dict(zip(self.releases, self.thresholds, strict=True))
        return tuple(one for one in (*self.bounded, *self.rests) if one.width < of[one.release])


def attack(releases: Sequence[EarlierRelease], among_whole: int = 5) -> Attack:
    """Attack what some releases of a cohort publish, the last one with all before.

    Parameters
    ----------
    releases : sequence of EarlierRelease
        In order.
    among_whole : int
        How many of the tightest of each population are attacked again among whole numbers.
    """
    bounded: list[Bounded] = []
    rests: list[Bounded] = []
    together, gone = [], []
    last = releases[-1]
    for population in last.populations:
        attacker = _attacker(releases, population)
        together.append((population.name, tuple(one.order for one in attacker.releases)))
        gone.append((population.name, attacker.readers[0].gone))
        found = sorted(attacker.withheld(), key=_tightest)
        bounded += attacker.all_among_whole(found[:among_whole]) + found[among_whole:]
        rests += attacker.rests(last.rules.threshold)
    return Attack(
        tuple(one.order for one in releases),
        tuple(one.rules.threshold for one in releases),
        tuple(together),
        tuple(gone),
        tuple(sorted(bounded, key=_tightest)),
        tuple(sorted(rests, key=_tightest)),
    )


def _tightest(one: Bounded) -> tuple:
    return one.width, one.population, -one.release, one.where, one.low


@dataclass(frozen=True)
class _Attacker:
    population: str
    releases: Sequence[EarlierRelease]
    system: System
    readers: tuple[Known, ...]
    most: float
    values: tuple[int | None, ...]
    counts: Publishable
    nearby: Nearby | None

    def withheld(self) -> list[Bounded]:
        """Limits of every count that is withheld, but of those where there can be nobody anyway."""
        found = self._side_by_side(
            self._limits_of, [row for row, value in enumerate(self.values) if value is None]
        )
        rows = [self._row(one) for one in found]
        return [
            one
            for one, row in zip(found, rows, strict=True)
            if one.high != 0 or row is None or self._can_be(objective(self.system.rows, row))
        ]

    def _row(self, one: Bounded) -> int | None:
        release = next(number for number, other in enumerate(self.releases) if other.order == one.release)
        return self.system.at[release][one.where]

    def _can_be(self, held: np.ndarray) -> bool:
        """Whether anybody could be there, of all that is known without any count."""
        return self._without_counts.end(held, largest=True).value >= 1 - EXACT

    @cached_property
    def _without_counts(self) -> Polytope:
        return known(self.counts, np.ones(self.system.size, bool)).polytope

    def _side_by_side(
        self, find: Callable[[Sequence[T], Known], list[Bounded]], asked: Sequence[T]
    ) -> list[Bounded]:
        """What each reader finds of its share; HiGHS lets go of the lock of Python as it works."""
        parts = [asked[first :: len(self.readers)] for first in range(len(self.readers))]
        with ThreadPoolExecutor(len(parts)) as pool:
            return list(itertools.chain(*pool.map(find, parts, self.readers)))

    def _limits_of(self, rows: Sequence[int], reader: Known) -> list[Bounded]:
        probe, found = Probe(reader.polytope, self.system.rows[rows], self.nearby), []
        for number, row in enumerate(rows):
            low, high, used = probe.interval(number, None, reader)
            release = self.releases[self.system.releases[row]].order
            found.append(self._bounded(release, self._wheres[row], "count", low, high, used))
        return found

    def rests(self, threshold: int) -> list[Bounded]:
        """What counts leave of each other, where that can be told to be small and is not nobody anyway."""
        last = [row for row, one in enumerate(self.system.releases) if one == len(self.releases) - 1]
        asked = {self.system.conditions[row] for row in last}
        rests = [
            one
            for one in sorted(set(_rests(self.system, last)) - asked, key=str)
            if len(self.system.atoms.row(one))
        ]
        reader = self.readers[0]
        of_rests = sums(self.system.atoms, rests)
        probe = Probe(reader.polytope, of_rests, self.nearby)
        probe.scatter(threshold)
        found = []
        for number in range(len(rests)):
            low, high, used = probe.interval(number, threshold, reader)
            small = high < threshold and high - low < threshold
            if small and (high > 0 or self._can_be(objective(of_rests, number))):
                found.append(self._bounded(self.releases[-1].order, (), "rest", low, high, used))
        return found

    def all_among_whole(self, found: Sequence[Bounded]) -> list[Bounded]:
        """The same counts among whole numbers of units, in any order."""
        return self._side_by_side(self._among_whole_of, found)

    def _among_whole_of(self, found: Sequence[Bounded], reader: Known) -> list[Bounded]:
        return [self._among_whole(one, reader) for one in found]

    def _among_whole(self, one: Bounded, reader: Known) -> Bounded:
        row = self._row(one)
        if row is None:
            return one
        holders = {at[where] for at in self.system.at for where in one.used if where in at}
        atoms = whole_atoms(self.system, row, [one for one in holders if one is not None])
        if self.nearby:
            of = self.system.rows[[row]]
            ends = self.nearby.whole(of.indices, of.data, atoms)
        else:
            held = objective(self.system.rows, row)
            ends = reader.polytope.whole(held, False, atoms), reader.polytope.whole(held, True, atoms)
        low = max(int(_whole(ends[0], False)), one.low)
        high = int(min(_whole(ends[1], True), self.most if one.high is None else one.high))
        return replace(one, low=low, high=None if high >= self.most else high, whole=True)

    @cached_property
    def _wheres(self) -> dict[int, Where]:
        """Of each row the first count that it is of."""
        found: dict[int, Where] = {}
        for at in self.system.at:
            for where, row in at.items():
                if row is not None:
                    found.setdefault(row, where)
        return found

    def _bounded(self, release: int, where: Where, told: str, low: int, high: int, used: set[int]) -> Bounded:
        named = tuple(sorted({self._wheres[row] for row in used}))
        limit = None if high >= self.most else high
        return Bounded(self.population, release, where, told, low, limit, False, named)


def _attacker(releases: Sequence[EarlierRelease], population: Population) -> _Attacker:
    """What is known of one population from as many of the last releases as can all be true.

    Where not all can, as few units as possible were taken out between them. That published counts leave no
    small rest of each other is not taken for granted where it is not so: then of the last release alone, or
    of none.
    """
    tries = itertools.product(range(len(releases)), (len(releases), 1, 0), (False, True))
    for first, trusted, leaving in tries:
        last = releases[-1]
        counts = of_population(last, population.name)
        system, used = linked(
            population, last.values[population.name], releases[first:-1], tuple(counts), leaving
        )
        used = (*used, last)
        values: list[int | None] = [None] * system.size
        for release, one in enumerate(used):
            for where, value in of_population(one, population.name).items():
                row = system.at[release][where]
                if row is not None:
                    values[row] = value
        all_counts = publishable(system, values, [one.rules for one in used]).trusting(trusted)
        nothing = np.zeros(system.size, bool)
        reader = known(all_counts, nothing)
        if reader.polytope.possible():
            readers: tuple[Known, ...] = (reader,)
            if values.count(None) > MANY_WITHHELD:
                readers = (reader, known(all_counts, nothing))
                readers[1].polytope.possible()
            return _Attacker(
                population.name,
                used,
                system,
                readers,
                all_counts.most(),
                tuple(values),
                all_counts,
                many_parts(reader.polytope, values.count(None)),
            )
    raise ValueError(f"the last release contradicts itself about {population.name}")


def _rests(system: System, rows: Sequence[int]) -> Iterator[Condition]:
    """What a count leaves of another that differs from it in one column, and what several do."""
    conditions = [system.conditions[row] for row in rows]
    yield from (meant for meant, _, _ in remainders(conditions, system.columns))
    yield from (meant for meant, _, _ in differences(conditions, system.columns))


class Probe:
    """Intervals of several sums of atoms; each point found shows something of all of them."""

    def __init__(self, polytope: Polytope, rows: sparse.csr_array, nearby: Nearby | None = None) -> None:
        self._polytope, self._seen, self._nearby = polytope, Seen(rows), nearby

    def scatter(self, enough: int) -> None:
        """Points far apart in many directions at once, until they show no more that is large or wide.

        Of many sites each is nearly free of the others: a few points show of thousands of sums at once what
        linear programmes of their own would.
        """
        rng = np.random.default_rng(self._seen.rows.shape)
        open_ = ~self._settled(enough)
        while open_.any():
            rows = self._seen.rows[np.flatnonzero(open_)]
            self._see(self._polytope.end(rows.T @ rng.choice([-1.0, 1.0], rows.shape[0]), largest=True))
            before, open_ = open_.sum(), ~self._settled(enough)
            if open_.sum() > FEWER * before:
                return

    def _settled(self, enough: int) -> np.ndarray:
        """Which sums are known to be able to be as large as ``enough``, or so far apart."""
        return (self._seen.most >= enough) | (self._seen.most - self._seen.least >= enough)

    def interval(self, number: int, enough: int | None, reader: Known) -> tuple[int, int, set[int]]:
        """Limits in whole numbers, and the published counts that hold them.

        With ``enough`` an interval that is known to be this wide, or to reach so high, is followed no
        further.
        """
        used: set[int] = set()
        settled = enough is not None and self._settled(enough)[number]
        beyond = self._beyond(self._nearby, number, enough) if self._nearby and not settled else []
        for largest in (True, False):
            if enough is None or not self._settled(enough)[number]:
                limit: Limit
                if beyond and self._reached(number, beyond, largest):
                    limit = beyond[largest]
                else:
                    limit = end = self._polytope.end(objective(self._seen.rows, number), largest)
                    self._see(end)
                used |= reader.used(limit)
        low, high = _whole(self._seen.least[number], False), _whole(self._seen.most[number], True)
        return int(low), int(high), used

    def _beyond(self, nearby: Nearby, number: int, enough: int | None) -> list[Limit]:
        """What its own parts say of a sum, after a look at how close to it points nearby come."""
        beyond = self._seen.limits(nearby, number)
        for others in () if any(self._polytope.endless(one) for one in beyond) else OTHERS:
            if enough is not None and self._settled(enough)[number]:
                break
            if beyond and all(self._reached(number, beyond, largest) for largest in (False, True)):
                break
            self._seen.beside(nearby, number, others)
        return beyond

    def _reached(self, number: int, beyond: Sequence[Limit], largest: bool) -> bool:
        """Whether a point shows the last whole number before a limit."""
        seen = self._seen.most[number] if largest else self._seen.least[number]
        return _whole(seen, largest) == _whole(beyond[largest].value, largest)

    def _see(self, end: End) -> None:
        self._seen.values(self._seen.rows @ end.atoms)


def _whole(value: float, largest: bool) -> float:
    """The last whole number before an end of an interval."""
    return float(np.floor(value + EXACT) if largest else np.ceil(value - EXACT))
