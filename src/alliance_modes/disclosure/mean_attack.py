"""The attack on means: between which limits anybody can put a mean that is withheld.

The attacker has the counts and the means and SDs of one quantity as they are shown, knows how all are
rounded, that parts add up to their whole, and between which limits a value can lie. Per smallest group of
units there are three unknowns: how many they are, the sum of their values and that of the squares. What is
shown of a group holds two of these in proportion (the sum is its mean times how many they are), so that all
of it is linear; and a mean is the largest and the smallest ratio of two unknowns (Charnes & Cooper, 1962).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from alliance_modes.disclosure.counts import Where
from alliance_modes.disclosure.earlier import PublishedMean

TANGENTS = np.linspace(-4.0, 4.0, 17)
"""Where, in SDs from the mean, the square of a value is held from below."""
EXACT = 1e-7


@dataclass(frozen=True)
class BoundedMean:
    """What the attack says of one mean, and which published means hold it there."""

    where: Where
    low: float
    high: float
    used: tuple[Where, ...]

    @property
    def width(self) -> float:
        """How far its limits lie apart."""
        return self.high - self.low


@dataclass(frozen=True)
class MeanAttack:
    """The attack on one quantity of one population.

    Parameters
    ----------
    values : mapping
        The values of each column.
    counts : mapping
        Of every count that is shown, the smallest and the largest that it can stand for.
    means : sequence of PublishedMean
        Those that are shown, one or more.
    limits : (float, float), optional
        Between which a value lies.
    nobody : sequence of Where
        Units that cannot exist.
    """

    values: Mapping[str, Sequence[str]]
    counts: Mapping[Where, tuple[int, int]]
    means: Sequence[PublishedMean]
    limits: tuple[float, float] | None = None
    nobody: Sequence[Where] = ()

    @property
    def spread(self) -> float:
        """SD of the values, as shown of the largest group."""
        return self._largest.sd

    @property
    def _largest(self) -> PublishedMean:
        return max(self.means, key=lambda one: (one.n, one.where))

    def bounded(self, where: Where) -> BoundedMean | None:
        """Limits of the mean of one group; None where nothing limits it, or there can be no such group."""
        groups, rows = self._known(where)
        ends = [_end(rows, groups.held(where), sign) for sign in (1.0, -1.0)]
        if ends[0] is None or ends[1] is None:  # values beyond the limits, or nothing holds the mean
            return None if self.limits is None else replace(self, limits=None).bounded(where)
        low, high = (end[0] + self._largest.mean for end in ends if end is not None)
        marked = [of for end in ends if end is not None for of in end[1]]
        return BoundedMean(where, low, high, tuple(sorted(set(marked))))

    def possible(self, where: Where) -> bool:
        """Whether all that ``bounded`` goes by can be true at once: the limits of values may be wrong."""
        if _any(self._known(where)[1]):
            return True
        return self.limits is not None and replace(self, limits=None).possible(where)

    def _known(self, where: Where) -> tuple[_Groups, _Rows]:
        columns = sorted({name for one in (where, *(one.where for one in self.means)) for name, _ in one})
        groups = _Groups({name: self.values[name] for name in columns}, self.nobody)
        return groups, _Rows(self._rows(groups.held, set(columns), groups.size))

    def _rows(
        self, held: Callable[[Where], np.ndarray], columns: set[str], size: int
    ) -> Iterator[tuple[np.ndarray, Where | None]]:
        """What is known, each at most zero: of numbers, sums and squares of the atoms, and of one."""
        centre, spread = self._largest.mean, max(self.spread, EXACT)
        nothing, one = np.zeros(size), np.ones(1)
        for where, (fewest, most) in self.counts.items():
            if {name for name, _ in where} <= columns:
                of = held(where).astype(float)
                yield np.concatenate([of, nothing, nothing, -most * one]), None
                yield np.concatenate([-of, nothing, nothing, fewest * one]), None
        for mean in self.means:
            of = held(mean.where).astype(float)
            low, high = mean.mean - centre - mean.half, mean.mean - centre + mean.half
            yield np.concatenate([-high * of, of, nothing, 0 * one]), mean.where
            yield np.concatenate([low * of, -of, nothing, 0 * one]), mean.where
            wide, narrow = (mean.sd + mean.half) ** 2, max(mean.sd - mean.half, 0.0) ** 2
            largest = max(low**2, high**2)
            smallest = 0.0 if low <= 0 <= high else min(low**2, high**2)
            yield np.concatenate([-(largest + wide) * of, nothing, of, wide * one]), mean.where
            yield np.concatenate([(smallest + narrow) * of, nothing, -of, -narrow * one]), mean.where
        yield from self._of_values(size, centre, spread)

    def _of_values(
        self, size: int, centre: float, spread: float
    ) -> Iterator[tuple[np.ndarray, Where | None]]:
        for atom in range(size):
            number, total, square = (np.zeros(3 * size + 1) for _ in range(3))
            number[atom], total[size + atom], square[2 * size + atom] = 1.0, 1.0, 1.0
            for at in TANGENTS * spread:
                yield 2 * at * total - at**2 * number - square, None
            if self.limits is not None:
                low, high = (one - centre for one in self.limits)
                yield low * number - total, None
                yield total - high * number, None
                yield square - (low + high) * total + low * high * number, None


class _Groups:
    """The smallest groups of units: every combination of the values of some columns that can exist."""

    def __init__(self, values: Mapping[str, Sequence[str]], nobody: Sequence[Where]) -> None:
        sizes = [len(each) for each in values.values()]
        places = np.indices(sizes).reshape(len(sizes), -1)
        self.size = places.shape[1] if sizes else 1
        self._places = dict(zip(values, places, strict=True))
        self._numbers = {
            name: {value: number for number, value in enumerate(each)} for name, each in values.items()
        }
        known = [where for where in nobody if {name for name, _ in where} <= set(values)]
        if known:
            possible = ~np.any([self.held(where) for where in known], axis=0)
            self.size = int(possible.sum())
            self._places = {name: held[possible] for name, held in self._places.items()}

    def held(self, where: Where) -> np.ndarray:
        """Which of them a condition on some of the columns means."""
        found = np.ones(self.size, bool)
        for name, allowed in where:
            if name in self._numbers:
                numbers = self._numbers[name]
                meant = np.zeros(len(numbers), bool)
                meant[[numbers[value] for value in allowed if value in numbers]] = True
                found &= meant[self._places[name]]
        return found


class _Rows:
    """What is known, as one sparse matrix, and which published mean each row is of."""

    def __init__(self, rows: Iterable[tuple[np.ndarray, Where | None]]) -> None:
        places, numbers, starts = [], [], [0]
        self.of: list[Where | None] = []
        size = 0
        for row, where in rows:
            filled = np.flatnonzero(row)
            places.append(filled)
            numbers.append(row[filled])
            starts.append(starts[-1] + len(filled))
            self.of.append(where)
            size = len(row)
        shape = (len(self.of), size)
        self.matrix = sparse.csr_array((np.concatenate(numbers), np.concatenate(places), starts), shape=shape)


def _any(rows: _Rows) -> bool:
    """Whether any numbers, sums and squares of the atoms agree with what is known."""
    from scipy.optimize import linprog

    size = (rows.matrix.shape[1] - 1) // 3
    return bool(
        linprog(
            np.zeros(3 * size + 1),
            A_ub=rows.matrix,
            b_ub=np.zeros(len(rows.of)),
            bounds=[*_free(size), (1, 1)],
            method="highs",
        ).status
        == 0
    )


def _free(size: int) -> Iterator[tuple[int | None, None]]:
    """Numbers and squares are at least zero, sums anything."""
    yield from itertools.repeat((0, None), size)
    yield from itertools.repeat((None, None), size)
    yield from itertools.repeat((0, None), size)


def _end(rows: _Rows, of: np.ndarray, sign: float) -> tuple[float, list[Where]] | None:
    """The smallest (1) or largest (-1) mean of the atoms, less the centre, and the means that hold it."""
    from scipy.optimize import linprog

    size = len(of)
    cost = np.zeros(3 * size + 1)
    cost[size : 2 * size] = sign * of
    number = np.concatenate([of.astype(float), np.zeros(2 * size + 1)])
    found = linprog(
        cost,
        A_ub=rows.matrix,
        b_ub=np.zeros(len(rows.of)),
        A_eq=number[None, :],
        b_eq=np.ones(1),
        bounds=[*_free(size), (0, 1)],
        method="highs",
    )
    if found.status != 0:
        return None
    prices = found.ineqlin.marginals
    holding = [
        where
        for where, price in zip(rows.of, prices, strict=True)
        if where is not None and abs(price) > EXACT
    ]
    return sign * float(found.fun), holding
