"""The expected outcome over both ratings of a pair, where pairs are seen, in the outcome's own units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.models.design.design import TRIALS
from alliance_modes.models.effects.marginal import averaged_mean, averaged_mean_surface
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.inference.explained import random_variance
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.relations.dyad.surface import COLUMNS, polynomial
from alliance_modes.relations.result import RelationPoint

SURFACE, AGREE, DIFFER, PAIRS = "expected", "expected_agree", "expected_differ", "pairs"
"""Series of points: the surface, its height where both ratings are the same and where one is the other's
mirror image about the middle, and how many pairs lie in each cell of a tenth by a tenth."""

STEP = 0.5
FEWEST_PAIRS = Disclosure().threshold
"""Of a cell that is told."""
SEEN = (1.0, 99.0)
NUDGE = 0.01
ALIKE = 1e-12
"""Standard deviations that differ by less are the same for every row."""


@dataclass(frozen=True)
class Region:
    """Where pairs are seen: the middle 98 % of either rating and of their difference."""

    own: tuple[float, float]
    other: tuple[float, float]
    apart: tuple[float, float]

    def holds(self, own: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Which points lie in it."""
        inside = np.ones(np.broadcast(own, other).shape, dtype=bool)
        for values, (low, high) in ((own, self.own), (other, self.other), (own - other, self.apart)):
            inside &= (values >= low) & (values <= high)
        return inside

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Points half a tenth apart, all those in it."""
        ends = (self.own, self.other)
        axes = [np.arange(np.ceil(low / STEP), np.floor(high / STEP) + 1.0) * STEP for low, high in ends]
        own, other = (axis.ravel() for axis in np.meshgrid(*axes))
        inside = self.holds(own, other)
        return own[inside], other[inside]


def region(own: np.ndarray, other: np.ndarray) -> Region:
    """Where these pairs lie."""
    ends = [np.percentile(values, SEEN).tolist() for values in (own, other, own - other)]
    return Region(*((low, high) for low, high in ends))


class Expected:
    """The mean outcome over the rows of a fit with the five columns, both ratings put at one point.

    Notes
    -----
    Averaged over rows and over the random effects, everything but the ratings as observed. Limits by the
    delta method on the scale of the link (exact where that is the identity), with the smallest df of the five
    coefficients and the intercept: they are those of the height itself, its level too.
    """

    def __init__(self, found: Estimated, reach: float) -> None:
        design, fit = found.design, found.structure.fit
        self._inference, self._link = found.inference, fit.distribution.link
        self._places = [self._inference.place(name) for name in COLUMNS]
        self._matrix = design.matrix()
        self._matrix[:, self._places] = 0.0
        offsets = 0.0 if design.offsets is None else design.offsets
        self._rest = self._matrix @ self._inference.beta + offsets
        rows = design.frame[TRIALS].to_numpy(dtype=float) if design.together else np.ones(len(self._rest))
        self._weights = rows / rows.sum()
        variances = [random_variance(group, design.frame) for group in fit.covariances]
        spread = np.sqrt(np.sum([np.zeros(len(self._rest)), *variances], axis=0))
        ends = (float(self._rest.min()) - reach, float(self._rest.max()) + reach)
        if np.ptp(spread) < ALIKE:
            self._mean = averaged_mean(self._link, float(spread[0]), *ends)
        else:
            over = averaged_mean_surface(self._link, float(spread.min()), float(spread.max()), *ends)
            self._mean = lambda predictor: over(predictor[:, None], spread)[:, 0]

    def heights(self, terms: np.ndarray) -> np.ndarray:
        """The mean outcome at each point of the five columns (points x 5)."""
        return np.array([self._weights @ self._mean(self._rest + move) for move in self._moves(terms)])

    def limits(self, terms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The 95 % limits of the mean outcome at each point."""
        inference, heights = self._inference, self.heights(terms)
        gradient = np.array([self._gradient(*one) for one in zip(self._moves(terms), terms, strict=True)])
        variance = np.einsum("pi,ij,pj->p", gradient, inference.vcov, gradient)
        df = float(np.min(inference.df[[*self._places, inference.place(INTERCEPT)]]))
        half = stats.t.ppf(0.5 + CONFIDENCE / 2.0, df) * np.sqrt(variance) / self._link.slope(heights)
        middle = self._link.predictor(heights)
        return self._link.mean(middle - half), self._link.mean(middle + half)

    def _moves(self, terms: np.ndarray) -> list[float]:
        return (terms @ self._inference.beta[self._places]).tolist()

    def _gradient(self, move: float, terms: np.ndarray) -> np.ndarray:
        """Slope of the mean outcome at one point in every coefficient."""
        above, below = (self._mean(self._rest + move + side * NUDGE) for side in (1.0, -1.0))
        slopes = self._weights * (above - below) / (2.0 * NUDGE)
        gradient = slopes @ self._matrix
        gradient[self._places] = slopes.sum() * terms
        return gradient


def expected_points(found: Estimated, part: str, pairs: pd.DataFrame) -> Iterator[RelationPoint]:
    """The surface, its height along agreement and across it, and where pairs lie.

    Parameters
    ----------
    found : Estimated
        A fit with the five columns.
    part : str
        Its name in every table.
    pairs : DataFrame
        One row per enrolment, ``own`` and ``other`` about the middle of the range.

    Returns
    -------
    iterator of RelationPoint
        Series ``expected`` (x and y half a tenth apart, where pairs are seen), ``expected_agree`` and
        ``expected_differ`` (both at x; one at x and the other at -x) and ``pairs``: how many pairs lie in the
        cell of a tenth by a tenth whose middle is x, y; cells with fewer than ten are left out.
    """
    own, other = (pairs[name].to_numpy(dtype=float) for name in ("own", "other"))
    x, y = region(own, other).grid()
    surface = _columns(x, y)
    places = [found.inference.place(name) for name in COLUMNS]
    reach = 1.0 + float(np.abs(surface @ found.inference.beta[places]).max(initial=0.0))
    expected = Expected(found, reach)
    for place, height in enumerate(expected.heights(surface).tolist()):
        yield RelationPoint(part=part, series=SURFACE, x=float(x[place]), y=float(y[place]), estimate=height)
    for series, side in ((AGREE, 1.0), (DIFFER, -1.0)):
        along = np.sort(x[y == side * x])
        if not len(along):
            continue
        terms = _columns(along, side * along)
        drawn = (along, expected.heights(terms), *expected.limits(terms))
        for at, height, low, high in zip(*(values.tolist() for values in drawn), strict=True):
            yield RelationPoint(part=part, series=series, x=at, estimate=height, ci_low=low, ci_high=high)
    yield from _cells(part, own, other)


def _columns(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.column_stack(list(polynomial(own, other).values()))


def _cells(part: str, own: np.ndarray, other: np.ndarray) -> Iterator[RelationPoint]:
    """Pairs by cell, of those cells that have enough."""
    cells = pd.DataFrame({"x": np.floor(own) + 0.5, "y": np.floor(other) + 0.5})
    for (x, y), count in cells.value_counts(sort=False).items():
        if count >= FEWEST_PAIRS:
            yield RelationPoint(part=part, series=PAIRS, x=x, y=y, estimate=float(count))
