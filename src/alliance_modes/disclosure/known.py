"""What a reader of some releases knows of the true counts, as limits of sums of atoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from alliance_modes.disclosure.polytope import EXACT, Limit, Polytope, objective
from alliance_modes.disclosure.rules import Disclosure, could_be
from alliance_modes.disclosure.system import System, nested


@dataclass(frozen=True)
class Publishable:
    """All counts of a system with the values that they have, or would have, in their release.

    Parameters
    ----------
    system : System
    low, high : array of float
        Per count, what its published value can stand for; NaN of counts that were never published.
    pairs : tuple of (int, int)
        A whole and its part, both publishable: that both are published tells a reader that the rest is not
        below the threshold, and that is more than their values tell. Not where nobody can be in the rest.
    thresholds : tuple of int
        Per release.
    """

    system: System
    low: np.ndarray
    high: np.ndarray
    pairs: tuple[tuple[int, int], ...]
    thresholds: tuple[int, ...]

    def most(self) -> float:
        """Far more than any count: the end of what has no end."""
        return 4 * float(np.nanmax(self.high, initial=0)) + 100 * max(self.thresholds)

    def trusting(self, latest: int) -> Publishable:
        """The same where only so many of the latest releases are taken to leave no small rest."""
        first = len(self.thresholds) - latest
        pairs = tuple(pair for pair in self.pairs if self.system.releases[pair[0]] >= first)
        return replace(self, pairs=pairs)


@dataclass(frozen=True)
class Known:
    """What is known with some counts withheld: the polytope, and on which published counts each row rests.

    ``gone`` is how many units are taken to have left between releases: as few as what is published allows.
    """

    polytope: Polytope
    rests_on: tuple[tuple[int, ...], ...]
    gone: int = 0

    def used(self, limit: Limit) -> set[int]:
        """The published counts that hold a limit where it is."""
        return {one for row in np.flatnonzero(np.abs(limit.prices) > EXACT) for one in self.rests_on[row]}


def publishable(system: System, values: Sequence[int | None], rules: Sequence[Disclosure]) -> Publishable:
    """Limits of every count and pairs that tell more than they do.

    Parameters
    ----------
    system : System
    values : sequence of int or None
        Per row, its published value, None where it was withheld.
    rules : sequence of Disclosure
        Per release.
    """
    limits = [
        (np.nan, np.nan) if value is None else could_be(value, rules[release])
        for value, release in zip(values, system.releases, strict=True)
    ]
    low, high = np.array(limits, float).reshape(-1, 2).T
    pairs: list[tuple[int, int]] = []
    for release, of_release in enumerate(rules):
        of = [row for row, one in enumerate(system.releases) if one == release and values[row] is not None]
        numbers = np.array([values[row] for row in of], float)
        reach = of_release.threshold + 2 * of_release.base
        conditions = [system.conditions[row] for row in of]
        for whole, part in nested(conditions, numbers, reach):
            if low[of[whole]] - high[of[part]] < of_release.threshold and system.atoms.leaves(
                conditions[whole], conditions[part]
            ):
                pairs.append((of[whole], of[part]))
    return Publishable(system, low, high, tuple(pairs), tuple(one.threshold for one in rules))


def known(counts: Publishable, withheld: np.ndarray) -> Known:
    """What a reader knows when some counts are withheld (those never published are, in any case).

    Notes
    -----
    Where units may have been taken out between releases, a reader supposes that they were as few as can be:
    whoever supposes more of them can tell less.
    """
    shown = ~withheld & ~np.isnan(counts.low)
    single = np.flatnonzero(shown)
    pairs = [pair for pair in counts.pairs if shown[pair[0]] and shown[pair[1]]]
    rows = counts.system.rows
    wholes, parts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    apart = np.array([counts.thresholds[counts.system.releases[one]] for one in wholes], float)
    somebody, gone = counts.system.somebody, counts.system.gone
    at_least = np.concatenate([apart, np.ones(somebody.shape[0])])
    told = sparse.csr_array(
        sparse.vstack([rows[single], rows[wholes] - rows[parts], somebody, gone], format="csr")
    )

    def of(most_gone: float) -> Polytope:
        return Polytope(
            told,
            np.concatenate([counts.low[single], at_least, np.zeros(gone.shape[0])]),
            np.concatenate(
                [counts.high[single], np.full(len(at_least), np.inf), np.full(gone.shape[0], most_gone)]
            ),
            counts.system.atoms.agreement,
            counts.most(),
        )

    rests_on: tuple[tuple[int, ...], ...] = (*((int(one),) for one in single), *pairs)
    rests_on += ((),) * somebody.shape[0]
    free = of(np.inf)
    if not gone.shape[0] or not free.possible():
        return Known(free, rests_on)
    fewest = free.end(objective(gone, 0), largest=False)
    left = int(np.ceil(fewest.value - EXACT))
    held = Known(free, (*rests_on, ())).used(fewest)
    return Known(of(left), (*rests_on, tuple(sorted(held))), left)
