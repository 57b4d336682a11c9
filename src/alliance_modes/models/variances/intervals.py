"""95 % intervals of a fit's variances and shares of variance, by profile likelihood."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alliance_modes.models.engine.fit import RESIDUAL, EngineFit
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping
from alliance_modes.models.engine.start import lower_factor
from alliance_modes.models.inference.explained import level1_variance
from alliance_modes.models.inference.random_effects import fixed_matrix, random_matrix
from alliance_modes.models.variances.deviances import Deviance, LaplaceDeviance, LinearDeviance
from alliance_modes.models.variances.effects_given import CrossProducts
from alliance_modes.models.variances.profile import AT_ZERO, Interval, Profile, Quantity

MOST_ROWS, MOST_LEFT = 20_000, 700
"""Rows, and effects besides those of the largest grouping, above which intervals would take too long."""
SCALE_OF_FURTHER = 0.1
"""In which further parameters of a likelihood are searched: the logs of distances between thresholds."""

Key = tuple[str, str]
"""A grouping and a term of it."""


@dataclass(frozen=True)
class VarianceIntervals:
    """Limits of variances (squared units of the linear predictor) and of shares (0-1)."""

    variances: dict[Key, Interval] = field(default_factory=dict)
    shares: dict[Key, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class _Place:
    """Where the row of a factor that makes one variance stands among the parameters."""

    key: Key
    first: int
    length: int

    @property
    def row(self) -> slice:
        """The parameters of the row."""
        return slice(self.first, self.first + self.length)


def profile_intervals(
    fit: EngineFit,
    groupings: tuple[Grouping, ...],
    data: pd.DataFrame,
    trials: np.ndarray | None = None,
    *,
    shares: Collection[str] | None = None,
) -> VarianceIntervals:
    """Profile-likelihood intervals of the variances of one linear, logistic or ordinal fit.

    Parameters
    ----------
    fit : EngineFit
        A converged fit; the search starts from it.
    groupings : tuple of Grouping
        As fitted.
    data : DataFrame
        The rows of the fit, in its order.
    trials : array, optional
        Out of how many each outcome is, by row.
    shares : collection of str, optional
        In place of the variances, the share of these groupings' intercepts in the variance of all
        intercepts and level 1.

    Returns
    -------
    VarianceIntervals
        Empty for other families, where there are more than 20,000 rows, or more than 700 levels
        besides those of the largest grouping. A limit that was not found is None; a lower limit is 0 where
        the likelihood at zero is within the interval, so that the interval is one-sided.

    Notes
    -----
    By maximum likelihood, of linear models too, as lme4 does it: its ``confint`` refits a REML fit
    by ML. The others by Laplace's approximation, also where the fit itself is by quadrature.
    The limits of an SD are the roots of those of its variance. Validated against lme4 1.1-31
    ``confint(, method = "profile")`` within 1e-3; those of a share against the same profile of lme4's
    deviance functions along a fixed share.
    """
    possible = fit.distribution.normal or fit.distribution.likelihood is not None
    if not (fit.covariances and possible) or fit.nobs > MOST_ROWS:
        return VarianceIntervals()
    names, cross = _cross_products(fit, groupings, data)
    if sum(cross.sizes[1:]) > MOST_LEFT:
        return VarianceIntervals()
    profile, places = _profile(fit, names, cross, data, trials)
    if not profile.found:
        return VarianceIntervals()
    normal, size = fit.distribution.normal, len(profile.values)
    within = [*places, _Place((RESIDUAL, INTERCEPT), size - 1, 1)] if normal else places
    if shares is None:
        zero = 10.0 * AT_ZERO * np.sqrt(fit.dispersion)
        limits = {place.key: _squared(profile.interval(_sd(place), place.row), zero) for place in within}
        return VarianceIntervals(variances=limits)
    known = None if normal else level1_variance(fit)
    wanted = [place for place in places if place.key[0] in shares and place.key[1] == INTERCEPT]
    roots = {place.key: profile.interval(_root_share(place, within, known), place.row) for place in wanted}
    return VarianceIntervals(shares={key: _squared(one, 10.0 * AT_ZERO) for key, one in roots.items()})


def _cross_products(
    fit: EngineFit, groupings: tuple[Grouping, ...], data: pd.DataFrame
) -> tuple[list[str], CrossProducts]:
    """Groupings by the number of their effects, most first, and their designs."""
    whole = random_matrix(fit, groupings, data).tocsc()
    found, start = [], 0
    for block in fit.effects:
        columns = whole[:, start : start + block.values.size]
        found.append((block.grouping, columns, len(block.terms)))
        start += block.values.size
    found.sort(key=lambda one: -int(one[1].shape[1]))
    names, designs, terms = zip(*found, strict=True)
    return list(names), CrossProducts(designs, terms)


def _profile(
    fit: EngineFit, names: list[str], cross: CrossProducts, data: pd.DataFrame, trials: np.ndarray | None
) -> tuple[Profile, list[_Place]]:
    groups = {group.grouping: group for group in fit.covariances}
    fixed = fixed_matrix(fit, data)
    deviance: Deviance
    if fit.distribution.likelihood is None:
        deviance = LinearDeviance(cross, fixed, fit.response)
        others, scales = [np.sqrt(fit.dispersion)], [np.sqrt(fit.dispersion)]
    else:
        further = fit.distribution.further
        deviance = LaplaceDeviance(cross, fixed, fit.distribution.likelihood(fit.response, trials))
        others, scales = [*fit.beta, *further], [*fit.se, *np.full(len(further), SCALE_OF_FURTHER)]
    layout = deviance.layout
    factors = layout.values([lower_factor(groups[name].covariance) for name in names])
    length = np.sqrt(fit.dispersion)
    scale = np.concatenate([np.full(layout.size, length), scales])
    places, place = [], 0
    for name in names:
        for row, term in enumerate(groups[name].terms):
            places.append(_Place((name, term), place, row + 1))
            place += row + 1
    return Profile(deviance, np.concatenate([factors, others]), scale, fit.distribution.normal), places


def _sd(place: _Place) -> Quantity:
    """The SD of a random effect: the length of its row of the factor."""

    def quantity(values: np.ndarray) -> tuple[float, np.ndarray]:
        part = place.row
        gradient = np.zeros(len(values))
        sd = float(np.linalg.norm(values[part]))
        gradient[part] = values[part] / sd
        return sd, gradient

    return quantity


def _root_share(place: _Place, within: list[_Place], known: float | None) -> Quantity:
    """The root of a variance's share in the sum of those of ``within`` and what is known."""

    def quantity(values: np.ndarray) -> tuple[float, np.ndarray]:
        every = [one.first for one in within if one.key[1] == INTERCEPT]
        total = float(np.sum(values[every] ** 2)) + (known or 0.0)
        share = float(values[place.first] ** 2) / total
        gradient = np.zeros(len(values))
        gradient[every] = -2.0 * values[every] * share / total
        gradient[place.first] += 2.0 * values[place.first] / total
        return np.sqrt(share), gradient / (2.0 * np.sqrt(share))

    return quantity


def _squared(found: Interval, zero: float) -> Interval:
    low = None if found.low is None else 0.0 if found.low <= zero else found.low**2
    return Interval(low, None if found.high is None else found.high**2)
