"""Newton steps over a deviance: to its minimum, and to where a quantity is furthest within a rise of it.

A general optimiser starts each search from no curvature. Here each starts from that at the minimum, and
corrects it by the gradients that it meets (BFGS), so that a limit takes some 6 evaluations in place of 14.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MOST_STEPS, HALVINGS = 40, 8
CLOSE = 1e-5
"""Difference of a deviance from that of the quadratic approximation at which a step is the last: what is
left is smaller by as much again."""
ABOVE_ZERO = 0.1
"""Where a standard deviation starts that is at its bound and wanted above it: at zero there is no slope."""
LEAST_KEPT = 0.3
"""What is left of such a one, and of the one that is wanted small, after a step toward zero."""
LONGEST = 2.0
"""How far a parameter is moved in one step, beside its own length."""
LEAST_CURVATURE, LEAST_TURN = 2e-2, 0.2

Function = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""A number of the parameters, with its gradient."""


@dataclass(frozen=True)
class Point:
    """Parameters, and a function of them with its gradient."""

    at: np.ndarray
    value: float
    gradient: np.ndarray


@dataclass(frozen=True)
class Surface:
    """A deviance of parameters of similar length, of which some have a bound below (the others -inf)."""

    deviance: Function
    low: np.ndarray

    def point(self, at: np.ndarray) -> Point:
        """The deviance at parameters that are moved to their bounds where they are beyond."""
        inside = np.maximum(at, self.low)
        return Point(inside, *self.deviance(inside))

    @property
    def zero(self) -> np.ndarray:
        """All parameters at zero, or at their bounds."""
        return np.where(np.isfinite(self.low), self.low, 0.0)

    def on_bound(self, at: np.ndarray) -> np.ndarray:
        """Which parameters are on their bounds."""
        return at <= self.low * (1.0 + 1e-6)

    def curvature(self, here: Point, step: float) -> np.ndarray:
        """Second derivatives by differences of gradients; none below a least curvature."""
        steps = np.eye(len(here.at)) * step
        rows = [(self.deviance(here.at + one)[1] - here.gradient) / step for one in steps]
        hessian = np.array(rows)
        values, vectors = np.linalg.eigh((hessian + hessian.T) / 2.0)
        return (vectors * np.maximum(np.abs(values), LEAST_CURVATURE)) @ vectors.T

    def least(
        self, here: Point, hessian: np.ndarray, held: np.ndarray, enough: float | None = None
    ) -> tuple[Point, np.ndarray] | None:
        """Where the deviance is least (or at most ``enough``) without moving ``held``, and the curvature.

        None where it was not found, or will not be ``enough``.
        """
        lifted = np.zeros(len(here.at), dtype=bool)
        for _ in range(MOST_STEPS):
            if enough is not None and here.value <= enough:
                return here, hessian
            on_bound = self.on_bound(here.at)
            free = ~held & ~(on_bound & (here.gradient >= 0.0))
            step = -_inverse(hessian, free) @ here.gradient
            gain = float(step @ hessian @ step)
            lifting = on_bound & free & ~lifted
            if not lifting.any():
                if enough is not None and here.value - gain > enough + CLOSE:
                    return None
                if enough is None and gain < CLOSE**2:
                    return here, hessian
            lifted |= lifting
            there = self._no_higher(here, _lifted(step, lifting), lifted, here.value)
            if there is None:
                return None
            hessian = _turned(hessian, there.at - here.at, there.gradient - here.gradient)
            here = there
        return None

    def furthest(
        self, best: Point, hessian: np.ndarray, quantity: Function, rise: float, row: np.ndarray
    ) -> float | None:
        """The largest ``quantity`` where the deviance is ``rise`` above its least; None where not found.

        ``row`` are parameters that the search brings toward zero: where they are there, and the deviance has
        not risen as much, the quantity is as large as it can be.
        """
        target, here, of_here = best.value + rise, best, quantity(best.at)
        free, lifted = np.ones(len(best.at), dtype=bool), np.zeros(len(best.at), dtype=bool)
        for place in range(MOST_STEPS):
            found = _toward(here, of_here[1], (hessian, free), target - here.value, rise)
            if found is None:
                return None
            step, multiplier, last = found
            lifting = self.on_bound(here.at) & free & (step > 0.0) & ~lifted & ~row
            if place and last and not lifting.any():
                return quantity(np.maximum(here.at + step, self.low))[0]
            lifted |= lifting
            step = _lifted(step, lifting)
            if _through_zero(here.at[row], step[row]):
                zero = self.point(np.where(row, self.zero, here.at + step))
                if zero.value <= target:
                    return quantity(zero.at)[0]
                step[row] = (LEAST_KEPT - 1.0) * here.at[row]
            there = self._no_higher(here, step, lifted, target + 3.0 * rise)
            if there is None:
                return None
            of_there = quantity(there.at)
            change = there.gradient - here.gradient - multiplier * (of_there[1] - of_here[1])
            hessian = _turned(hessian, there.at - here.at, change)
            here, of_here = there, of_there
            free = ~(self.on_bound(here.at) & (here.gradient >= multiplier * of_here[1]))
        return None

    def _no_higher(self, here: Point, step: np.ndarray, lifted: np.ndarray, most: float) -> Point | None:
        """The end of a step, shortened where it is long, halved until the deviance is at most ``most``."""
        step = step / max(1.0, float(np.max(np.abs(step) / (LONGEST + np.abs(here.at)))))
        least = np.where(lifted, LEAST_KEPT * here.at, -np.inf)
        for halved in range(HALVINGS):
            there = self.point(np.maximum(here.at + step / 2.0**halved, least))
            if there.value <= most:
                return there
        return None


def _toward(
    here: Point, slope: np.ndarray, curved: tuple[np.ndarray, np.ndarray], room: float, rise: float
) -> tuple[np.ndarray, float, bool] | None:
    """The step to where the quadratic approximation has a limit, its multiplier, and whether it is the last.

    ``slope`` is that of the quantity, ``curved`` the curvature and which parameters are free, ``room`` what
    the deviance may rise from here.
    """
    hessian, free = curved
    inverse = _inverse(hessian, free)
    pulled = inverse @ slope
    along = float(slope @ pulled)
    if along <= 0.0:
        return None
    reach = 2.0 * room + float(here.gradient @ inverse @ here.gradient)
    multiplier = float(np.sqrt(max(reach, 0.1 * rise) / along))
    step = multiplier * pulled - inverse @ here.gradient
    left = max(abs(room), float(step @ hessian @ step))
    return step, multiplier, reach > 0.0 and left < CLOSE


def _lifted(step: np.ndarray, lifting: np.ndarray) -> np.ndarray:
    return np.where(lifting, np.maximum(step, ABOVE_ZERO), step)


def _through_zero(row: np.ndarray, step: np.ndarray) -> bool:
    """Whether a step would leave little of the length of a row, or turn it."""
    return float((row + step) @ row) < LEAST_KEPT * float(row @ row)


def _inverse(hessian: np.ndarray, free: np.ndarray) -> np.ndarray:
    """The inverse over the free parameters, zero elsewhere."""
    found, kept = np.zeros_like(hessian), np.ix_(free, free)
    found[kept] = np.linalg.inv(hessian[kept])
    return found


def _turned(hessian: np.ndarray, moved: np.ndarray, change: np.ndarray) -> np.ndarray:
    """BFGS with Powell's damping: the curvature along a step as seen, and above zero."""
    known = hessian @ moved
    before, seen = float(moved @ known), float(moved @ change)
    if before <= 0.0:
        return hessian
    if seen < LEAST_TURN * before:
        part = (1.0 - LEAST_TURN) * before / (before - seen)
        change = part * change + (1.0 - part) * known
        seen = float(moved @ change)
    return hessian + np.outer(change, change) / seen - np.outer(known, known) / before
