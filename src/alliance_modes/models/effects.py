"""Effects that a person can read: odds ratios, percentage points, standardised slopes, curves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from alliance_modes.models.design import Design, DesignColumn
from alliance_modes.models.families.links import Link
from alliance_modes.models.inference import CONFIDENCE, Inference
from alliance_modes.models.result import Curve, CurvePoint

NODES = 61
GRID_STEP = 0.005
DRAWS_AT_ONCE = 250
CURVE_POINTS = 17
LOW, HIGH = 0.5 - CONFIDENCE / 2.0, 0.5 + CONFIDENCE / 2.0


@dataclass(frozen=True)
class Interval:
    """An estimate with its simulation SE and 95 % interval."""

    estimate: float
    se: float
    low: float
    high: float


@dataclass(frozen=True)
class Draws:
    """Draws behind simulation intervals, before they are scaled to a coefficient's df.

    ``predictor`` is (rows x draws): the linear predictor's deviation from its estimate, normal.
    ``coefficients`` is (draws x coefficients). ``uniform`` gives the chi-squared divisor of each
    draw, so that one set of draws serves every df.
    """

    predictor: np.ndarray
    coefficients: np.ndarray
    uniform: np.ndarray

    def scale(self, df: float) -> np.ndarray:
        """What makes the normal draws multivariate t with ``df`` degrees of freedom."""
        return 1.0 / np.sqrt(stats.chi2.ppf(self.uniform, df) / df)


def draw(inference: Inference, matrix: np.ndarray, draws: int, seed: int) -> Draws:
    """Draw coefficients from N(0, V) with the rule's covariance V, with their chi-squared parts.

    Parameters
    ----------
    inference : Inference
    matrix : array
        Fixed-effect design (rows x coefficients), columns in the order of ``inference.names``.
    draws : int
        Their number; antithetic pairs are not used.
    seed : int
    """
    generator = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(inference.vcov)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    coefficients = generator.standard_normal((draws, len(inference.beta))) @ root.T
    return Draws(matrix @ coefficients.T, coefficients, generator.uniform(size=draws))


def averaged_mean(
    link: Link, random_sd: float, lowest: float, highest: float
) -> Callable[[np.ndarray], np.ndarray]:
    """The mean outcome at a linear predictor, averaged over random effects N(0, random_sd^2).

    Notes
    -----
    Gauss-Hermite with 61 nodes on a grid of step 0.005 over [lowest, highest], linear between grid
    points: error below 1e-6. Beyond the grid the value at its end is used.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    grid = np.arange(lowest, highest + GRID_STEP, GRID_STEP)
    values = link.mean(grid[:, None] + random_sd * nodes[None, :]) @ (weights / weights.sum())
    last = len(grid) - 2

    def mean_at(predictor: np.ndarray) -> np.ndarray:
        place = (predictor - lowest) / GRID_STEP
        left = np.clip(place.astype(np.int64), 0, last)
        part = np.clip(place - left, 0.0, 1.0)
        below = values[left]
        return below + part * (values[left + 1] - below)

    return mean_at


class MarginalEffects:
    """Average marginal effects and curves of one model of 0/1 outcomes.

    Notes
    -----
    The effect of a column is the mean over the rows used of m(eta + beta) - m(eta), in percentage
    points, where m is the mean averaged over the random effects, N(0, sum of the estimated
    variances): one unit more of it, everything else as observed. For a 0/1 column (or the within
    part of one) it is all rows at 1 against all rows at 0. Intervals are percentiles of draws from
    the multivariate t with the rule's SE and df; the variances are held at their estimates.
    Coverage at nominal 95 %: 95.0 with 40 practitioners, 92.6 with 15.
    """

    def __init__(
        self, design: Design, inference: Inference, link: Link, random_sd: float, draws: int, seed: int
    ) -> None:
        self._design = design
        self._inference = inference
        matrix = design.matrix()
        self._eta = matrix @ inference.beta
        self._draws = draw(inference, matrix, draws, seed)
        reach = 3.0 + 2.0 * float(np.abs(inference.beta).max())
        spread = 12.0 * float(np.abs(self._draws.predictor).max(initial=0.0))
        spread = min(spread, 40.0)
        self._mean = averaged_mean(
            link, random_sd, float(self._eta.min()) - reach - spread, float(self._eta.max()) + reach + spread
        )

    def percentage_points(self, column: DesignColumn) -> Interval:
        """Average marginal effect of one column, in percentage points."""
        place = self._inference.place(column.name)
        low, high = self._shifts(column)
        drawn = self._contrast_draws(place, low, high)
        beta = self._inference.beta[place]
        estimate = float(np.mean(self._mean(self._eta + beta * high) - self._mean(self._eta + beta * low)))
        return _interval(100.0 * estimate, 100.0 * drawn)

    def curve(self, column: DesignColumn, raw: str, label: str) -> Curve | None:
        """Average predicted probability over the observed range of a predictor, in raw units.

        ``raw`` is a column of the frame of which the predictor is a linear function; None where it
        is not there, or does not vary.
        """
        frame = self._design.frame
        if raw not in frame.columns or frame[raw].isna().any() or frame[raw].nunique() < 2:
            return None
        x, z = frame[raw].to_numpy(dtype=float), frame[column.name].to_numpy(dtype=float)
        slope, intercept = np.polyfit(x, z, 1)
        if not np.allclose(intercept + slope * x, z, atol=1e-6 * max(1.0, float(np.abs(z).max()))):
            return None
        grid = np.linspace(x.min(), x.max(), CURVE_POINTS)
        place = self._inference.place(column.name)
        points = []
        for value in grid:
            shift = intercept + slope * value - z
            estimate = float(np.mean(self._mean(self._eta + self._inference.beta[place] * shift)))
            low, high = np.quantile(self._mean_draws(place, shift), (LOW, HIGH))
            points.append(
                CurvePoint(x=float(value), estimate=estimate, ci_low=float(low), ci_high=float(high))
            )
        return Curve(term=column.term, label=label, points=tuple(points))

    def _shifts(self, column: DesignColumn) -> tuple[np.ndarray, np.ndarray]:
        rows = len(self._eta)
        if not column.binary:
            return np.zeros(rows), np.ones(rows)
        observed = self._design.frame[column.binary].to_numpy(dtype=float)
        return -observed, 1.0 - observed

    def _contrast_draws(self, place: int, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        return self._mean_draws(place, high) - self._mean_draws(place, low)

    def _mean_draws(self, place: int, shift: np.ndarray) -> np.ndarray:
        """Mean over rows of the averaged mean, at predictor + shift x coefficient, by draw."""
        scale = self._draws.scale(float(self._inference.df[place]))
        total = self._draws.coefficients.shape[0]
        means = np.empty(total)
        start = self._eta + self._inference.beta[place] * shift
        for first in range(0, total, DRAWS_AT_ONCE):
            part = slice(first, min(first + DRAWS_AT_ONCE, total))
            deviation = self._draws.predictor[:, part] + np.outer(
                shift, self._draws.coefficients[part, place]
            )
            means[part] = self._mean(start[:, None] + deviation * scale[part]).mean(axis=0)
        return means


def _interval(estimate: float, drawn: np.ndarray) -> Interval:
    low, high = np.quantile(drawn, (LOW, HIGH))
    return Interval(estimate, float(np.std(drawn, ddof=1)), float(low), float(high))
