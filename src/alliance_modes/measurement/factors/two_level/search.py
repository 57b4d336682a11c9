"""Maximum likelihood for models of two levels, with variances between clusters that cannot be negative."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alliance_modes.measurement.factors.likelihood.incomplete import sample_of
from alliance_modes.measurement.factors.likelihood.moment_fit import starting_values
from alliance_modes.measurement.factors.likelihood.moments import MeanCovarianceModel
from alliance_modes.measurement.factors.two_level.clustered import Clustered, deviance_of

STEPS = 5000
NEWTON_STEPS = 8
DECREMENT = 1e-9
"""The search ends where a Newton step would lower the deviance by less than this."""

TRIES = ((1e-13, 1e-7), (0.0, 1e-5))
"""A search ends at a step that gains less than the first share, and arrived where a Newton step would lower
the deviance by no more than the second number; where it did not, it goes on as the next one."""

DOWNHILL = 1e-5
"""Of the largest second derivative: how far the smallest may lie below zero, by rounding."""

FAR = 1e12
STEP = 1e-5
FLAT = 1e-9
LEAST_SHARE = 0.01
"""What the search starts with between clusters, at least, of each direction's variance within them."""


class Coordinates:
    """Parameters of a two-level model as a search moves them.

    A covariance matrix that is free as a whole is moved by its Cholesky root, so that it stays that of
    some variables; everything else as it is. ``floor`` holds the lower bounds: 0 for residual variances
    between clusters. ``nuisance`` says which belong to covariances of items that no factor explains.
    """

    def __init__(self, model: MeanCovarianceModel) -> None:
        self.model = model
        self.floor = np.full(len(model.names), -np.inf)
        self.nuisance = np.zeros(len(model.names), dtype=bool)
        self._whole = []
        for parts in model.groups:
            for name in ("residual_cov", "factor_cov"):
                place = parts[name].place
                if place.size and (place >= 0).all():
                    self._whole.append(place)
                    self.nuisance[place] = name == "residual_cov"
        own = np.diag(model.groups[1]["residual_cov"].place)
        own = own[own >= 0]
        self.floor[own[~self.nuisance[own]]] = 0.0

    def theta(self, at: np.ndarray) -> np.ndarray:
        """The parameters of the model."""
        theta = at.copy()
        for place in self._whole:
            root = np.tril(at[place])
            theta[place] = root @ root.T
        return theta

    def at(self, theta: np.ndarray) -> np.ndarray:
        """The coordinates of parameters whose free covariance matrices are positive definite."""
        found = theta.copy()
        for place in self._whole:
            rows = np.tril_indices(len(place))
            found[place[rows]] = np.linalg.cholesky(theta[place])[rows]
        return np.maximum(found, self.floor)

    def gradient(self, at: np.ndarray, by_theta: np.ndarray) -> np.ndarray:
        """Derivatives by the coordinates, from those by the parameters."""
        found = by_theta.copy()
        for place in self._whole:
            rows = np.tril_indices(len(place))
            slope = by_theta[place] * (1 + np.eye(len(place)))
            found[place[rows]] = (slope @ np.tril(at[place]))[rows]
        return found


@dataclass(frozen=True)
class TwoLevelSearch:
    """Where a search ended.

    ``free`` says which coordinates do not lie on their bound, ``information`` is half of the second
    derivatives of the deviance by these. ``problem`` says why the numbers must not be used; it is
    empty otherwise.
    """

    coordinates: Coordinates
    at: np.ndarray
    deviance: float
    free: np.ndarray
    information: np.ndarray
    problem: str = ""

    @property
    def model(self) -> MeanCovarianceModel:
        """What was fitted."""
        return self.coordinates.model

    @property
    def theta(self) -> np.ndarray:
        """The estimates."""
        return self.coordinates.theta(self.at)

    def covariance(self) -> np.ndarray:
        """Covariances of the coordinates, zero for those on their bound and for ``nuisance``; NaN where
        the data do not determine them."""
        loose = self.coordinates.nuisance[self.free]
        kept = self.information[np.ix_(~loose, ~loose)]
        if loose.any():
            across = self.information[np.ix_(~loose, loose)]
            inverse = np.linalg.pinv(self.information[np.ix_(loose, loose)], rcond=FLAT, hermitian=True)
            kept = kept - across @ inverse @ across.T
        found = np.zeros((len(self.at), len(self.at)))
        wanted = np.flatnonzero(self.free)[~loose]
        found[np.ix_(wanted, wanted)] = np.linalg.inv(kept) if _determined(kept) else np.nan
        return found


def maximise(model: MeanCovarianceModel, data: Clustered) -> TwoLevelSearch:
    """Fit a model of two levels by maximum likelihood.

    Parameters
    ----------
    model : MeanCovarianceModel
        Of two levels (``levels``).
    data : Clustered

    Returns
    -------
    TwoLevelSearch
        Variances within clusters may come out negative, and correlations of factors beyond 1.

    Notes
    -----
    L-BFGS-B with the exact gradient, finished by Newton steps with the observed information; a search that
    does not end at a maximum (a covariance matrix that nearly lacks a rank is a flat place) goes on. Residual
    variances between clusters, and covariance matrices that are free as a whole, are kept from being
    negative: otherwise the likelihood has no maximum where sizes differ, since the variance of the
    means of the largest clusters can be brought down to nothing. lavaan keeps the unrestricted
    model so (EM), and the others under ``bounds = "pos.ov.var"``.
    """
    from scipy.optimize import minimize

    coordinates = Coordinates(model)
    start = starting_values(model, [sample_of(np.zeros(data.items), cov) for cov in moments_to_start(data)])

    def value_and_slope(at: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = deviance_of(model, coordinates.theta(at), data)
        return min(value, FAR), coordinates.gradient(at, slope)

    at = coordinates.at(start)
    for gain, close in TRIES:
        ended = minimize(
            value_and_slope,
            at,
            jac=True,
            method="L-BFGS-B",
            bounds=[(floor, np.inf) for floor in coordinates.floor],
            options={"maxiter": STEPS, "maxfun": 4 * STEPS, "ftol": gain, "gtol": 1e-6, "maxcor": 30},
        )
        found = _finished(coordinates, value_and_slope, ended.x, close)
        if not found.problem:
            break
        at = ended.x
    return found


def _finished(
    coordinates: Coordinates,
    value_and_slope: Callable[[np.ndarray], tuple[float, np.ndarray]],
    at: np.ndarray,
    close: float,
) -> TwoLevelSearch:
    """Newton steps on the coordinates that do not lie on their bound, halved while they do not help."""
    for _ in range(NEWTON_STEPS):
        value, slope = value_and_slope(at)
        free = (at > coordinates.floor) | (slope < 0)
        information = _half_of_second_derivatives(value_and_slope, at, free)
        size, directions = np.linalg.eigh(information)
        downhill = size.min(initial=0) < -DOWNHILL * np.abs(size).max(initial=1)
        size = np.maximum(np.abs(size), FLAT * np.abs(size).max())
        along = directions.T @ slope[free] / 2
        promised = float((along**2 / size).sum())
        step = np.zeros(len(at))
        step[free] = -directions @ (along / size)
        share = 1.0
        moved = np.maximum(at + step, coordinates.floor)
        while value_and_slope(moved)[0] > value and share > STEP:
            share /= 2
            moved = np.maximum(at + share * step, coordinates.floor)
        if promised < DECREMENT or share <= STEP:
            break
        at = moved
    arrived = promised < close and not downhill
    problem = "" if arrived else "the search did not reach a maximum of the likelihood"
    return TwoLevelSearch(coordinates, at, value, free, information, problem)


def _half_of_second_derivatives(
    value_and_slope: Callable[[np.ndarray], tuple[float, np.ndarray]], at: np.ndarray, free: np.ndarray
) -> np.ndarray:
    """By central differences of the exact gradient, for the coordinates that are ``free``."""
    made = np.empty((int(free.sum()), int(free.sum())))
    for row, number in enumerate(np.flatnonzero(free)):
        step = np.zeros(len(at))
        step[number] = STEP
        made[row] = (value_and_slope(at + step)[1] - value_and_slope(at - step)[1])[free] / (2 * STEP)
    return (made + made.T) / 4


def _determined(information: np.ndarray) -> bool:
    scale = np.sqrt(np.diag(information).clip(min=1e-300))
    return bool(np.linalg.eigvalsh(information / np.outer(scale, scale)).min() > FLAT)


def moments_to_start(data: Clustered) -> tuple[np.ndarray, np.ndarray]:
    """Covariances within and between clusters by the analysis of variance, the latter made positive."""
    within = data.within / (data.n - data.clusters)
    size = (data.n - (data.sizes**2).sum() / data.n) / (data.clusters - 1)
    centred = data.means - (data.sizes @ data.means) / data.n
    total = (data.sizes[:, None] * centred).T @ centred / (data.clusters - 1)
    root = np.linalg.cholesky(within)
    whiten = np.linalg.inv(root)
    shares, turned = np.linalg.eigh(whiten @ (total - within) @ whiten.T / size)
    turned = root @ turned
    return within, (turned * shares.clip(min=LEAST_SHARE)) @ turned.T
