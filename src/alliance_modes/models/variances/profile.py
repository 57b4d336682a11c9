"""Intervals by profile likelihood: how far a quantity can go before the deviance has risen too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import minimize

from alliance_modes.domain import ALPHA
from alliance_modes.models.variances.deviances import Deviance

RISE = float(stats.chi2.ppf(1.0 - ALPHA, 1))
"""What the deviance may rise within an interval."""
AT_ZERO = 1e-4
"""Part of its scale that a standard deviation keeps, so that its factor can be inverted."""
EXACT = 1e-3
"""Difference of the deviance from what it may rise, above which a limit is not given: 0.0003 of a limit."""
STEPS, DIFFERENCE = 60, 1e-4

Quantity = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""A number of the parameters, with its gradient."""


@dataclass(frozen=True)
class Interval:
    """95 % limits; None where none was found."""

    low: float | None = None
    high: float | None = None


class Profile:
    """The likelihood around its maximum, from which intervals are taken.

    Parameters
    ----------
    deviance : Deviance
    start : array
        Parameters near the maximum: those of the engine's fit.
    scale : array
        A length for each parameter, in which it is searched.

    Notes
    -----
    A limit is the least (largest) value of the quantity where the deviance is at most ``RISE`` above its
    minimum, all other parameters being free: that is the limit of the profile likelihood, found as one
    constrained optimum in place of a root of optima. The start is where the quadratic approximation puts
    it. Validated against lme4's ``confint(, method = "profile")``.

    References
    ----------
    Venzon & Moolgavkar (1988) doi 10.2307/2347496.
    """

    def __init__(self, deviance: Deviance, start: np.ndarray, scale: np.ndarray) -> None:
        self._deviance, self.scale = deviance, scale
        not_below = np.zeros(len(start), dtype=bool)
        not_below[: deviance.layout.size] = deviance.layout.diagonal()
        self._bounds = [(AT_ZERO if held else None, None) for held in not_below]
        self._low = np.where(not_below, AT_ZERO, -np.inf)
        begin = np.maximum(start / scale, np.where(not_below, 0.05, -np.inf))
        found = minimize(
            self._at, begin, jac=True, bounds=self._bounds, method="SLSQP", options={"ftol": 1e-11}
        )
        self.best, self.smallest = found.x, float(found.fun)
        self.found = bool(found.success)
        self._covariance = self._curvature()

    @property
    def values(self) -> np.ndarray:
        """The parameters at the maximum."""
        return self.best * self.scale

    def interval(self, quantity: Quantity) -> Interval:
        """The 95 % limits of ``quantity``, None for one that was not found."""
        return Interval(self._limit(quantity, -1.0), self._limit(quantity, 1.0))

    def _at(self, scaled: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = self._deviance(scaled * self.scale)
        return value, gradient * self.scale

    def _curvature(self) -> np.ndarray:
        """The inverse of half the Hessian of the deviance at its minimum."""
        steps = np.eye(len(self.best)) * DIFFERENCE
        _, here = self._at(self.best)
        rows = [(self._at(self.best + step)[1] - here) / DIFFERENCE for step in steps]
        hessian = np.array(rows)
        values, vectors = np.linalg.eigh((hessian + hessian.T) / 4.0)
        return (vectors / np.maximum(values, 1e-2)) @ vectors.T

    def _limit(self, quantity: Quantity, sign: float) -> float | None:
        def wanted(scaled: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = quantity(scaled * self.scale)
            return -sign * value, -sign * gradient * self.scale

        memory: dict[bytes, tuple[float, np.ndarray]] = {}

        def risen(scaled: np.ndarray) -> tuple[float, np.ndarray]:
            key = scaled.tobytes()
            if key not in memory:
                memory.clear()
                memory[key] = self._at(scaled)
            return memory[key]

        room = {
            "type": "ineq",
            "fun": lambda at: self.smallest + RISE - risen(at)[0],
            "jac": lambda at: -risen(at)[1],
        }
        _, slope = wanted(self.best)
        move = -self._covariance @ slope
        length = np.sqrt(RISE / max(float(-slope @ move), 1e-12))
        begin = np.maximum(self.best + length * move, self._low)
        found = minimize(
            *(wanted, begin),
            jac=True,
            bounds=self._bounds,
            constraints=[room],
            method="SLSQP",
            options={"ftol": 1e-7, "maxiter": STEPS},
        )
        value = -sign * float(found.fun)
        risen_by = risen(found.x)[0] - self.smallest
        one_sided = sign < 0 and found.success and risen_by < RISE
        return value if one_sided or abs(risen_by - RISE) <= EXACT else None
