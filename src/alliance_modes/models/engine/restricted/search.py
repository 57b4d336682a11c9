"""The minimum of a restricted deviance along its gradient, intercepts at zero among what can be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from alliance_modes.models.engine.layout import Layout
from alliance_modes.models.engine.restricted.profiled import Profiled
from alliance_modes.models.engine.restricted.satterthwaite import CovarianceMoved

LEAST, RAISED, FARTHEST = 1e-3, 0.1, 0.2
"""In residual SDs: SD of a random intercept that counts as zero, one from which it is searched again, and how
far a step goes."""

STEPS, HALVINGS, ROUNDS = 40, 6, 4
EXACT, ROUNDING, DIGITS = 1e-11, 1e-8, 1e-12
"""Fall of the deviance that a step still promises where the search ends; rise that is only rounding, of any
deviance and as a share of it: it is a sum over rows."""

DIFFERENCE, FLATTEST = 1e-5, 1e-2


class Deviance(Protocol):
    """Of the lower factors of the covariances, in residual SDs, one for each grouping."""

    @property
    def free(self) -> float:
        """Rows less fixed-effect columns."""

    def __call__(self, factors: Sequence[np.ndarray]) -> tuple[Profiled, list[np.ndarray]]:
        """The fit there, and the slope of its deviance in each factor (the lower triangle of each matrix)."""


@dataclass(frozen=True)
class Look:
    """One point, the gradient there, and the fit."""

    point: np.ndarray
    gradient: np.ndarray
    fit: Profiled

    @property
    def rounding(self) -> float:
        """By how much the deviance here may be higher without being so."""
        return max(ROUNDING, DIGITS * abs(self.fit.deviance))


class RestrictedSearch:
    """The minima of deviances of much the same rows, from one start.

    Parameters
    ----------
    deviance : Deviance
        Of the first of them: its Hessian at the start is where each search begins.
    layout : Layout
        Of the factors.
    start : array
        Parameters, in residual SDs.
    hessian : array, optional
        There; default: found by differences of the gradient.
    held : array of bool, optional
        Parameters that stay at zero.

    Notes
    -----
    The deviance is profiled over coefficients and residual SD. The search is by BFGS. A random intercept
    below .001 residual SDs is held at zero where the deviance rises from there. Nocedal & Wright (2006),
    Numerical optimization, ch. 6.
    """

    def __init__(
        self,
        deviance: Deviance,
        layout: Layout,
        start: np.ndarray,
        hessian: np.ndarray | None = None,
        held: np.ndarray | None = None,
    ) -> None:
        self.layout = layout
        lengths = np.array([width * (width + 1) // 2 for width in layout.terms])
        self.alone = np.repeat(lengths == 1, lengths)
        self.held = np.zeros(len(start), dtype=bool) if held is None else held
        self._start = np.where(self.held | (self.alone & (start < LEAST)), 0.0, start)
        self._hessian = self._curvature(deviance) if hessian is None else hessian

    def minimum(self, deviance: Deviance) -> Look | None:
        """The fit at the minimum, also of intercepts that were held at zero on the way; None without one.

        Raises
        ------
        LinAlgError
            A column is determined by others.
        """
        look = self._at(deviance, self._start)
        for _ in range(ROUNDS):
            ended = self._descended(deviance, look)
            if ended is None:
                return None
            look, settled = ended
            held = look.point == 0.0
            if settled and not held[self.alone].any():
                return look
            if settled:
                beside = self._at(deviance, np.where(held, LEAST, look.point))
                falling = held & self.alone & (beside.gradient < 0.0)
                if not falling.any():
                    return look
                look = self._at(deviance, np.where(falling, RAISED, look.point))
        return None

    def moved(self, deviance: Deviance, look: Look) -> CovarianceMoved:
        """The covariance of the coefficients beside a minimum, for Satterthwaite's df."""
        free = np.flatnonzero(self._free(look))
        steps = np.eye(len(look.point))[free] * DIFFERENCE
        ends = [
            (self._at(deviance, look.point + step), self._at(deviance, look.point - step)) for step in steps
        ]
        size = len(look.fit.beta)
        hessian = np.array([above.gradient - below.gradient for above, below in ends])
        hessian = hessian.reshape(len(free), -1)[:, free] if len(free) else np.zeros((0, 0))
        return CovarianceMoved(
            above=np.array([above.fit.vcov for above, _ in ends]).reshape(-1, size, size),
            below=np.array([below.fit.vcov for _, below in ends]).reshape(-1, size, size),
            difference=DIFFERENCE,
            curvature=(hessian + hessian.T) / (4.0 * DIFFERENCE),
            free=deviance.free,
        )

    def beside(self, deviance: Deviance, look: Look) -> np.ndarray:
        """The gradient where what is held at zero is at ``LEAST``: above 0 where zero is the minimum."""
        return self._at(deviance, np.where(self.held, LEAST, look.point)).gradient

    def _free(self, look: Look) -> np.ndarray:
        return ~(self.held | (self.alone & (look.point == 0.0)))

    def _at(self, deviance: Deviance, point: np.ndarray) -> Look:
        fit, gradient = deviance(self.layout.factors(point))
        return Look(point, self.layout.values(gradient), fit)

    def _curvature(self, deviance: Deviance) -> np.ndarray:
        """The Hessian at the start, by differences of the gradient."""
        point = np.where(self.layout.diagonal(), np.maximum(self._start, RAISED), self._start)
        steps = np.eye(len(point)) * DIFFERENCE
        ends = [
            self._at(deviance, point + step).gradient - self._at(deviance, point - step).gradient
            for step in steps
        ]
        hessian = np.array(ends) / (2.0 * DIFFERENCE)
        return (hessian + hessian.T) / 2.0

    def _descended(self, deviance: Deviance, look: Look) -> tuple[Look, bool] | None:
        """Down from one look, and whether to a minimum: False where an intercept came to be held at zero."""
        free = self._free(look)
        inverse = np.zeros_like(self._hessian)
        inverse[np.ix_(free, free)] = _inverse(self._hessian[np.ix_(free, free)])
        for _ in range(STEPS):
            step = -inverse @ look.gradient
            if -step @ look.gradient < EXACT:
                return look, True
            there = self._lower(deviance, look, step)
            if there is None:
                return (look, True) if -step @ look.gradient < look.rounding else None
            if np.any(there.point[free & self.alone] == 0.0):
                return there, False
            inverse = _updated(inverse, there.point - look.point, there.gradient - look.gradient)
            look = there
        return None

    def _lower(self, deviance: Deviance, look: Look, step: np.ndarray) -> Look | None:
        """A look at the end of a step, halved until the deviance does not rise; None where it does."""
        step = step * min(1.0, FARTHEST / float(np.abs(step).max()))
        for _ in range(HALVINGS):
            point = look.point + step
            point = np.where(self.alone & (point < LEAST), 0.0, point)
            if np.all(point[self.layout.diagonal() & ~self.alone & ~self.held] > LEAST):
                there = self._at(deviance, point)
                if there.fit.deviance <= look.fit.deviance + look.rounding:
                    return there
            step = step / 2.0
        return None


def _inverse(hessian: np.ndarray) -> np.ndarray:
    """The inverse, where no direction is taken to be all but flat."""
    values, vectors = np.linalg.eigh(hessian)
    return np.asarray((vectors / np.maximum(values, FLATTEST)) @ vectors.T)


def _updated(inverse: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The inverse Hessian by BFGS after one step, and a change of the gradient over it."""
    bend = float(step @ change)
    if bend <= 0.0:
        return inverse
    left = np.eye(len(step)) - np.outer(step, change) / bend
    return np.asarray(left @ inverse @ left.T + np.outer(step, step) / bend)
