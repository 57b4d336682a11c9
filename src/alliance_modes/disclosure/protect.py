"""Which counts of a release are withheld: those that are small, and those that would give them away.

The search goes to and fro between two problems. One chooses what to withhold besides the small counts, at
the least loss, so that some sets of counts each lose a member. The other attacks the choice: of every count
that is withheld, and of every small difference of two counts, it seeks the smallest and the largest value
that a reader cannot rule out. Where these are closer than the threshold, the published counts that hold
them there are a set of which one must go too. All tables of a population, and the releases before, are
attacked at once.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from alliance_modes.disclosure.counts import Where
from alliance_modes.disclosure.earlier import EarlierRelease, Population
from alliance_modes.disclosure.known import publishable
from alliance_modes.disclosure.rules import Disclosure, rounded
from alliance_modes.disclosure.search import Search
from alliance_modes.disclosure.system import System, linked, of_population

Reason = Literal["primary", "zero", "full", "secondary"]


@dataclass(frozen=True)
class Count:
    """``n`` units of a population that have, in every column of ``where``, one of its values."""

    population: str
    where: Where
    n: int


@dataclass(frozen=True)
class Protected:
    """What is withheld of one population, and the earlier releases with which all of it can be true.

    ``linked_to`` is empty where units were taken out since, or final values changed.
    """

    reasons: Mapping[Where, Reason]
    linked_to: tuple[int, ...]


def protected(
    population: Population,
    values: Mapping[str, Sequence[str]],
    counts: Mapping[Where, int],
    rules: Disclosure,
    earlier: Sequence[EarlierRelease],
) -> Protected:
    """Decide what is withheld of the counts of one population.

    Parameters
    ----------
    population : Population
    values : mapping
        The values of each column.
    counts : mapping
        How many units each condition holds for.
    rules : Disclosure
    earlier : sequence of EarlierRelease
        Those of the cohort, in order. Where they contradict the counts, data that were thought to be final
        have changed: a reader supposes that as few units as possible were taken out, or put right.

    Raises
    ------
    ValueError
        The counts cannot all be true of one population.
    """
    for before, trusted, leaving in _suppositions(earlier):
        system, used = linked(population, values, before, tuple(counts), leaving)
        search = _search(system, counts, rules, used, population.name, trusted)
        withheld = search.run()
        if withheld is not None:
            true_together = () if search.gone else used
            return Protected(_reasons(search, counts, withheld), tuple(one.order for one in true_together))
    raise ValueError(f"the counts of {population.name} contradict each other")


def _suppositions(
    earlier: Sequence[EarlierRelease],
) -> Iterator[tuple[Sequence[EarlierRelease], int, bool]]:
    """What a reader may suppose, until all can be true: which releases before, how many of the latest keep
    their promise, and whether units were taken out."""
    for trusted, leaving in itertools.product((len(earlier) + 1, 1), (False, True)):
        yield earlier, trusted, leaving
    yield (), 1, False


def _search(
    system: System,
    counts: Mapping[Where, int],
    rules: Disclosure,
    earlier: Sequence[EarlierRelease],
    name: str,
    trusted: int,
) -> Search:
    """The rows of a system with their values, and all that is guarded."""
    last = len(earlier)
    numbers = np.full(system.size, -1)
    values: list[int | None] = [None] * system.size
    for release, one in enumerate(earlier):
        for where, value in of_population(one, name).items():
            row = system.at[release][where]
            if row is not None:
                values[row] = value
    for where, n in counts.items():
        row = system.at[last][where]
        if (n and row is None) or (row is not None and numbers[row] not in (-1, n)):
            raise ValueError(f"{name}: {n} with {where}, which another count contradicts")
        if row is not None:
            numbers[row] = n
            values[row] = rounded(n, rules.base) if n >= rules.threshold else None
    known = publishable(system, values, [*(one.rules for one in earlier), rules]).trusting(trusted)
    return Search(known, numbers, rules.threshold)


def _reasons(search: Search, counts: Mapping[Where, int], withheld: np.ndarray) -> dict[Where, Reason]:
    full = {
        one
        for pair in search.small_pairs
        for one, other in (pair, pair[::-1])
        if withheld[one] and not withheld[other]
    }
    found: dict[Where, Reason] = {}
    for where, n in counts.items():
        row = search.counts.system.at[-1][where]
        if row is None or n == 0:
            found[where] = "zero"
        elif withheld[row]:
            found[where] = "primary" if n < search.threshold else "full" if row in full else "secondary"
    return found
