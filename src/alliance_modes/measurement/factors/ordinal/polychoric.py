"""Polychoric correlations of ordered answers, with what each respondent contributes to their error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from alliance_modes.measurement.factors.ordinal.normal_pair import FARTHEST, below, density

STEPS = 60
CLOSEST = 0.99
"""Correlations are sought within +-.99."""

SMALLEST = 1e-12


@dataclass(frozen=True)
class Polychoric:
    """Thresholds and correlations of the normal variables that are taken to lie beneath ordered answers.

    ``responses`` holds, per item, those that were given, in order; ``thresholds`` the points between
    them (one fewer). ``pairs`` are the positions of two items, one row per pair, the first item
    smaller; ``r`` their correlations. ``influence`` is respondents x (thresholds of all items, then
    pairs): what each adds to n times the error of the estimates.
    """

    responses: tuple[np.ndarray, ...]
    thresholds: tuple[np.ndarray, ...]
    pairs: np.ndarray
    r: np.ndarray
    influence: np.ndarray

    @property
    def n(self) -> int:
        """Respondents."""
        return len(self.influence)

    @cached_property
    def matrix(self) -> np.ndarray:
        """The correlations as a matrix."""
        made = np.eye(len(self.thresholds))
        made[self.pairs[:, 0], self.pairs[:, 1]] = made[self.pairs[:, 1], self.pairs[:, 0]] = self.r
        return made


def polychoric(values: np.ndarray) -> Polychoric:
    """Estimate thresholds from each item, then the correlation of every pair of items.

    Parameters
    ----------
    values : array, respondents x items
        Complete answers; at least two different ones to every item.

    Notes
    -----
    Two steps: thresholds are normal quantiles of cumulated shares, correlations maximise the
    likelihood of each cross-table with these thresholds (Fisher scoring, all pairs at once). A response
    that nobody gave has no threshold: those beside it are neighbours. An empty cell of a cross-table
    stays empty; in a table of two by two with one empty cell half a respondent is moved into it with
    margins kept, since the correlation would be +-1 otherwise. Influences are those of the two steps
    together (Muthen 1984). As lavaan does; thresholds and correlations were held to its (1e-6).

    References
    ----------
    Olsson, U. (1979). Maximum likelihood estimation of the polychoric correlation coefficient.
    Psychometrika, 44(4), 443-460.
    Muthen, B. (1984). A general structural equation model with dichotomous, ordered categorical, and
    continuous latent variable indicators. Psychometrika, 49(1), 115-132.
    """
    from scipy.special import ndtri

    found = [np.unique(column, return_inverse=True) for column in values.T]
    responses = tuple(given for given, _ in found)
    codes = np.column_stack([code for _, code in found])
    shares = [np.bincount(code) / len(values) for _, code in found]
    thresholds = tuple(ndtri(np.cumsum(share)[:-1]) for share in shares)
    pairs = np.column_stack(np.triu_indices(codes.shape[1], 1))
    tables = _Tables(thresholds, pairs, codes)
    r = tables.correlations()
    return Polychoric(responses, thresholds, pairs, r, _influence(tables, shares, r))


class _Tables:
    """The cross-tables of all pairs, padded to the largest number of responses."""

    def __init__(self, thresholds: tuple[np.ndarray, ...], pairs: np.ndarray, codes: np.ndarray) -> None:
        self.thresholds, self.pairs, self.codes = thresholds, pairs, codes
        size = max(len(each) for each in thresholds) + 1
        limits = np.full((len(thresholds), size + 1), FARTHEST)
        limits[:, 0] = -FARTHEST
        for item, own in enumerate(thresholds):
            limits[item, 1 : len(own) + 1] = own
        one, other = pairs.T
        self.rows, self.columns = limits[one][:, :, None], limits[other][:, None, :]
        cells = (codes[:, one_item] * size + codes[:, other_item] for one_item, other_item in pairs)
        counts = [np.bincount(cell, minlength=size**2) for cell in cells]
        self.counts = np.array(counts, dtype=int).reshape(-1, size, size)

    def cells(self, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities of the cells at correlations ``r``, and their derivatives by them."""
        wide = r[:, None, None]
        inside = (np.abs(self.rows) < FARTHEST) & (np.abs(self.columns) < FARTHEST)
        probability = _cut(below(self.rows, self.columns, wide)).clip(min=SMALLEST)
        return probability, _cut(np.where(inside, density(self.rows, self.columns, wide), 0.0))

    def correlations(self) -> np.ndarray:
        """Maximum-likelihood correlations."""
        counts = _without_single_gaps(self.counts, [len(own) for own in self.thresholds], self.pairs)
        total = counts.sum(axis=(1, 2))
        r = np.zeros(len(counts))
        lowest, highest = np.full(len(r), -CLOSEST), np.full(len(r), CLOSEST)
        for _ in range(STEPS):
            probability, slope = self.cells(r)
            score = (counts * slope / probability).sum(axis=(1, 2))
            lowest, highest = np.where(score > 0, r, lowest), np.where(score > 0, highest, r)
            information = total * (slope**2 / probability).sum(axis=(1, 2))
            step = r + score / information.clip(min=SMALLEST)
            outside = (step <= lowest) | (step >= highest)
            new = np.where(outside, (lowest + highest) / 2, step)
            if np.abs(new - r).max() < 1e-10:
                return new
            r = new
        return r

    def by_row_threshold(self, r: np.ndarray, flipped: bool) -> np.ndarray:
        """Derivative of P(threshold's row, column) by the row item's thresholds: pairs x limits x columns."""
        from scipy.special import ndtr

        wide = r[:, None, None]
        rows, columns = (
            (self.columns.transpose(0, 2, 1), self.rows.transpose(0, 2, 1))
            if flipped
            else (self.rows, self.columns)
        )
        normal = np.exp(-(rows**2) / 2) / np.sqrt(2 * np.pi)
        return normal * np.diff(ndtr((columns - wide * rows) / np.sqrt(1 - wide**2)), axis=2)


def _cut(corners: np.ndarray) -> np.ndarray:
    return np.diff(np.diff(corners, axis=1), axis=2)


def _without_single_gaps(counts: np.ndarray, cuts: list[int], pairs: np.ndarray) -> np.ndarray:
    """Tables of two by two with one empty cell get half a respondent there, margins kept."""
    binary = np.array(cuts) == 1
    made = counts.astype(float)
    small = made[:, :2, :2]
    alone = binary[pairs].all(axis=1) & ((small == 0).sum(axis=(1, 2)) == 1)
    on_diagonal = (small[:, 0, 0] == 0) | (small[:, 1, 1] == 0)
    move = np.where(alone, np.where(on_diagonal, 0.5, -0.5), 0.0)
    made[:, :2, :2] += move[:, None, None] * np.array([[1, -1], [-1, 1]])
    return made


def _influence(tables: _Tables, shares: list[np.ndarray], r: np.ndarray) -> np.ndarray:
    """Two-step influences of respondents on thresholds and correlations.

    Of many respondents to many items this is the largest there is; it is held once, and filled in place.
    """
    n, ends = len(tables.codes), np.cumsum([0, *map(len, tables.thresholds)])
    made = np.empty((n, ends[-1] + len(r)))
    on_thresholds, on_r = [made[:, first:last] for first, last in pairwise(ends)], made[:, ends[-1] :]
    for influence, own, share, code in zip(
        on_thresholds, tables.thresholds, shares, tables.codes.T, strict=True
    ):
        each = _threshold_scores(own, share)[code]
        influence[:] = n * np.linalg.solve(each.T @ each, each.T).T
    probability, slope = tables.cells(r)
    by_r = slope / probability
    for pair, (one, other) in enumerate(tables.pairs):
        on_r[:, pair] = by_r[pair][tables.codes[:, one], tables.codes[:, other]]
    curvature = np.einsum("ij,ij->j", on_r, on_r)
    for place, (counts, score, chance) in enumerate(
        ((tables.counts, by_r, probability), *[_turned(tables.counts, by_r, probability)])
    ):
        moved = tables.by_row_threshold(r, flipped=place == 1)[:, 1:-1]
        weighted = counts * score / chance
        crossed = (moved * (weighted[:, :-1] - weighted[:, 1:])).sum(axis=2)
        for pair, item in enumerate(tables.pairs[:, place]):
            cuts = len(tables.thresholds[item])
            on_r[:, pair] -= on_thresholds[item] @ crossed[pair, :cuts] / n
    on_r *= n / curvature
    return made


def _turned(*tables: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(table.transpose(0, 2, 1) for table in tables)


def _threshold_scores(thresholds: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Derivatives of the log-probability of each response by the thresholds: responses x thresholds."""
    normal = np.exp(-(thresholds**2) / 2) / np.sqrt(2 * np.pi)
    made = np.zeros((len(share), len(thresholds)))
    place = np.arange(len(thresholds))
    made[place, place] = normal / share[:-1]
    made[place + 1, place] = -normal / share[1:]
    return made
