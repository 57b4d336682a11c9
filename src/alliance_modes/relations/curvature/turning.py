"""What follows of a line and its square: where it turns, and whether it turns within a range at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from alliance_modes.models.inference.inference import CONFIDENCE


@dataclass(frozen=True)
class Quadratic:
    """b1 x + b2 x^2, with the covariance and df of its two coefficients."""

    beta: np.ndarray
    vcov: np.ndarray
    df: float

    @property
    def reach(self) -> float:
        """How many standard errors an interval reaches."""
        return float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, self.df))

    def height(self, x: float) -> tuple[float, float]:
        """Height at x above that at 0, and its standard error."""
        return self._at(np.array([x, x * x]))

    def slope(self, x: float) -> tuple[float, float]:
        """Slope at x, and its standard error."""
        return self._at(np.array([1.0, 2.0 * x]))

    def turning(self) -> tuple[float, float | None, float | None]:
        """Where the slope is zero, with Fieller's limits: None where those have no end.

        Notes
        -----
        The places whose slope a t test does not tell from zero:
        (b1 + 2 b2 x)^2 <= t^2 (v11 + 4 x v12 + 4 x^2 v22). They are an interval only where the square itself
        is told from zero.
        """
        (first, second), reach = self.beta, self.reach**2
        square = 4.0 * (second**2 - reach * self.vcov[1, 1])
        linear = 4.0 * (first * second - reach * self.vcov[0, 1])
        constant = first**2 - reach * self.vcov[0, 0]
        place = float(-first / (2.0 * second))
        inside = linear**2 - 4.0 * square * constant
        if square <= 0.0 or inside < 0.0:
            return place, None, None
        root = float(np.sqrt(inside))
        return place, float((-linear - root) / (2.0 * square)), float((-linear + root) / (2.0 * square))

    def turns(self, low: float, high: float) -> tuple[float, float]:
        """Statistic and p of the test that the slopes at both ends are not of opposite sign.

        Notes
        -----
        The larger of the two one-sided p of the slopes at the ends, of the pair of signs that the square
        has (Sasabuchi 1980; Lind & Mehlum 2010). A square alone tells no turn: what only flattens has one.
        """
        sign = float(np.sign(self.beta[1])) or 1.0
        left, right = (self.slope(x) for x in (low, high))
        least = min(-sign * left[0] / left[1], sign * right[0] / right[1])
        return least, float(stats.t.sf(least, self.df))

    def _at(self, row: np.ndarray) -> tuple[float, float]:
        return float(row @ self.beta), float(np.sqrt(row @ self.vcov @ row))
