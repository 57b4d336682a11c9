"""Rules of alert: the band of the next rating, the band of all clients, and the fixed rules in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from alliance_modes.dictionary.named import ENROLMENT_ID
from alliance_modes.models.peers.following import Following
from alliance_modes.plan.relations.course import Course

NEXT, OVERALL = "next_rating_band", "same_band_for_all"
"""The band given earlier ratings of the client, and that which knows none."""

FALL, CONCERN = "fall_since_last", "below_concern"
"""The rules in use: so many points lower than the last rating, and a total below a fixed one."""

Piece = tuple[slice, Following]
"""The places of some ratings of a cohort, and these ratings."""

ROUNDING = 1e-9
"""Sums of ratings to one decimal that are alike differ by less."""


@dataclass(frozen=True)
class Limits:
    """The band of each rating, in SDs about what is expected."""

    low: np.ndarray
    high: np.ndarray


def limits(errors: np.ndarray, part: np.ndarray, covered: float) -> Limits:
    """The band that holds a share ``covered`` of single ratings, from practitioners of other parts.

    Parameters
    ----------
    errors : array
        How far each rating is from what was expected of it, in SDs.
    part : array
        The part of the practitioners that each is from.
    covered : float

    Returns
    -------
    Limits
        As ``limits_of`` the errors of other parts.
    """
    low, high = np.full(len(errors), -np.inf), np.full(len(errors), np.inf)
    for number in np.unique(part):
        low[part == number], high[part == number] = limits_of(errors[part != number], covered)
    return Limits(low, high)


def limits_of(errors: np.ndarray, covered: float) -> tuple[float, float]:
    """The lower and the upper limit of the band for ratings that were not among these.

    Parameters
    ----------
    errors : array
        How far each rating is from what was expected of it, in SDs.
    covered : float

    Returns
    -------
    tuple of float
        Infinite where there are too few ratings for so wide a band.

    Notes
    -----
    With n ratings the limits are the k-th lowest and the k-th highest of their errors,
    k = (1 - covered) / 2 x (n + 1), rounded down: a rating from the same distribution, whatever it is, is
    lower with a chance of k / (n + 1) (conformal prediction). Normal limits would be passed too often
    from below, because ratings crowd at the upper end of the scale.

    References
    ----------
    Lei, J., G'Sell, M., Rinaldo, A., Tibshirani, R. J., & Wasserman, L. (2018). Distribution-free predictive
    inference for regression. Journal of the American Statistical Association, 113(523), 1094-1111.
    """
    ordered = np.sort(errors)
    place = int(np.floor((1.0 - covered) / 2.0 * (len(ordered) + 1) + ROUNDING))
    return (float(ordered[place - 1]), float(ordered[-place])) if place else (-np.inf, np.inf)


@dataclass(frozen=True)
class Rules:
    """Every rule of alert for one rated scale, for its ratings or for others in their place.

    ``before`` are the ratings of earlier cohorts, where the bands are from these.
    """

    found: Following
    settings: Course
    concern: float | None
    before: Following | None = None

    @cached_property
    def own(self) -> dict[str, np.ndarray]:
        """By band, how far each rating of the cohort is from what it expects, in SDs."""
        return _own(self.found)

    @cached_property
    def bands(self) -> Mapping[str, Limits]:
        """The limits of both bands, in SDs."""
        covered, part = self.settings.covered, self.found.rows["part"].to_numpy()
        if self.before is None:
            return {name: limits(errors, part, covered) for name, errors in self.own.items()}
        both = {name: limits_of(errors, covered) for name, errors in _own(self.before).items()}
        each = np.ones(len(part))
        return {name: Limits(low * each, high * each) for name, (low, high) in both.items()}

    @cached_property
    def expected(self) -> np.ndarray:
        """What was expected of each rating given the earlier ones."""
        return self.found.rows["value"].to_numpy() - self.own[NEXT] * self.found.own_sd

    def alerts(self, values: np.ndarray, piece: Piece | None = None) -> dict[str, np.ndarray]:
        """By rule, where an alert is given on ``values`` (rows x cohorts) in place of the ratings.

        Parameters
        ----------
        values : array (rows x cohorts)
        piece : tuple of slice and Following, optional
            The ratings that these are in place of; default all.
        """
        rows, found = piece or (slice(None), self.found)
        apart = _errors(found, values)
        said = {name: errors < self.bands[name].low[rows, None] for name, errors in apart.items()}
        if self.concern is not None:
            ids = found.rows[ENROLMENT_ID]
            follows = (ids == ids.shift()).to_numpy()[:, None]
            before = np.vstack([values[:1], values[:-1]])
            said[FALL] = (before - values >= self.settings.fall - ROUNDING) & follows
            said[CONCERN] = values < self.concern - ROUNDING
        return said

    def held(self) -> dict[str, np.ndarray]:
        """By band, which ratings lie in it."""
        return {
            name: (errors >= self.bands[name].low) & (errors <= self.bands[name].high)
            for name, errors in self.own.items()
        }


def _own(found: Following) -> dict[str, np.ndarray]:
    return {name: of[:, 0] for name, of in _errors(found, found.rows["value"].to_numpy()[:, None]).items()}


def _errors(found: Following, values: np.ndarray) -> dict[str, np.ndarray]:
    expected, sd = (found.rows[name].to_numpy()[:, None] for name in ("expected", "sd"))
    return {NEXT: found.errors(values), OVERALL: (values - expected) / sd}
