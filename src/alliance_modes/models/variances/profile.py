"""Intervals by profile likelihood: how far a quantity can go before the deviance has risen too much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import OptimizeResult, minimize

from alliance_modes.domain import ALPHA
from alliance_modes.models.variances.deviances import Deviance
from alliance_modes.models.variances.newton import Point, Surface

RISE = float(stats.chi2.ppf(1.0 - ALPHA, 1))
"""What the deviance may rise within an interval."""
AT_ZERO = 1e-4
"""Part of its scale that a standard deviation keeps, so that its factor can be inverted."""
UNLIKELY = 4.0
"""Up to how many times what it may rise the deviance is at zero, as approximated, for zero to be tried."""
EXACT = 1e-3
"""Difference of the deviance from what it may rise, above which a limit is not given: 0.0003 of a limit."""
STEPS, DIFFERENCE, NOT_THERE = 60, 1e-4, 1e300

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
    residual : bool
        The last parameter is a standard deviation.

    Notes
    -----
    A limit is the least (largest) value of the quantity where the deviance is at most ``RISE`` above its
    minimum, all other parameters being free: that is the limit of the profile likelihood, found as one
    constrained optimum in place of a root of optima, by ``newton``. A lower limit is at zero where any point
    with the standard deviation there is within the rise. Where Newton's steps do not arrive, a general
    optimiser (SLSQP) goes on. Validated against lme4's ``confint(, method = "profile")``.

    References
    ----------
    Venzon & Moolgavkar (1988) doi 10.2307/2347496.
    """

    def __init__(self, deviance: Deviance, start: np.ndarray, scale: np.ndarray, residual: bool) -> None:
        self._deviance, self.scale = deviance, scale
        bounded = np.zeros(len(start), dtype=bool)
        bounded[: deviance.layout.size] = deviance.layout.diagonal()
        bounded[-1] |= residual
        self._surface = Surface(self._at, np.where(bounded, AT_ZERO, -np.inf))
        begin = self._surface.point(np.maximum(start / scale, np.where(bounded, 0.05, -np.inf)))
        hessian = self._surface.curvature(begin, DIFFERENCE)
        least = self._surface.least(begin, hessian, np.zeros(len(start), dtype=bool))
        least = least or self._least_otherwise(begin)
        self.found = least is not None
        self._best, self._hessian = least or (begin, hessian)

    @property
    def values(self) -> np.ndarray:
        """The parameters at the maximum."""
        return self._best.at * self.scale

    def interval(self, quantity: Quantity, row: slice) -> Interval:
        """The 95 % limits of ``quantity``, None for one that was not found.

        ``row`` are the parameters of which it is the length, or of which its numerator is.
        """
        of_row = np.zeros(len(self._best.at), dtype=bool)
        of_row[row] = True
        return Interval(self._limit(quantity, -1.0, of_row), self._limit(quantity, 1.0, of_row))

    def _at(self, scaled: np.ndarray) -> tuple[float, np.ndarray]:
        """The deviance, which is as good as infinite where a variance leaves nothing to be computed."""
        try:
            value, gradient = self._deviance(scaled * self.scale)
        except np.linalg.LinAlgError:
            return NOT_THERE, np.zeros(len(scaled))
        return value, gradient * self.scale

    def _limit(self, quantity: Quantity, sign: float, row: np.ndarray) -> float | None:
        def wanted(scaled: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = quantity(scaled * self.scale)
            return sign * value, sign * gradient * self.scale

        if sign < 0.0 and (zero := self._at_zero(row)) is not None:
            return -wanted(zero.at)[0]
        found = self._surface.furthest(self._best, self._hessian, wanted, RISE, row & (sign < 0.0))
        return sign * found if found is not None else self._limit_otherwise(wanted, sign)

    def _least_otherwise(self, begin: Point) -> tuple[Point, np.ndarray] | None:
        """The minimum by a general optimiser, and the curvature there."""
        found = self._otherwise(self._at, begin.at, (), 1e-11)
        best = self._surface.point(found.x)
        return (best, self._surface.curvature(best, DIFFERENCE)) if found.success else None

    def _limit_otherwise(self, wanted: Quantity, sign: float) -> float | None:
        """The limit by a general optimiser, where Newton's steps did not come to it."""

        def against(scaled: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = wanted(scaled)
            return -value, -gradient

        most = self._best.value + RISE
        room = {
            "type": "ineq",
            "fun": lambda at: most - self._at(at)[0],
            "jac": lambda at: -self._at(at)[1],
        }
        slope = wanted(self._best.at)[1]
        move = np.linalg.solve(self._hessian, slope)
        begin = self._best.at + np.sqrt(2.0 * RISE / max(float(slope @ move), 1e-12)) * move
        found = self._otherwise(against, np.maximum(begin, self._surface.low), (room,), 1e-7)
        over = self._at(found.x)[0] - most
        one_sided = sign < 0 and found.success and over < 0.0
        return -sign * float(found.fun) if one_sided or abs(over) <= EXACT else None

    def _otherwise(self, of: Quantity, begin: np.ndarray, limits: tuple, exact: float) -> OptimizeResult:
        bounds = [(low if np.isfinite(low) else None, None) for low in self._surface.low]
        options = {"ftol": exact, "maxiter": STEPS}
        return minimize(
            of, begin, jac=True, bounds=bounds, constraints=limits, method="SLSQP", options=options
        )

    def _at_zero(self, row: np.ndarray) -> Point | None:
        """A point within the limits where the parameters of ``row`` are at zero; None where there is none."""
        surface, best = self._surface, self._best
        if not np.isfinite(surface.low[row]).any():
            return None
        covariance = np.linalg.inv(self._hessian)
        zero = np.where(np.isfinite(surface.low), surface.low, 0.0)
        pull = np.linalg.solve(covariance[np.ix_(row, row)], (zero - best.at)[row])
        if float(pull @ (zero - best.at)[row]) > UNLIKELY * RISE:
            return None
        begin = surface.point(np.where(row, zero, best.at + covariance[:, row] @ pull))
        found = surface.least(begin, self._hessian, row, best.value + RISE)
        return None if found is None else found[0]
