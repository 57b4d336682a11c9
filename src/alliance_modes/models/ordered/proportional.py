"""Whether one coefficient holds at every threshold: the score test of proportional odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from alliance_modes.models.design.design import Design
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.prepared import Grouping, prepare
from alliance_modes.models.engine.start import lower_factor
from alliance_modes.models.ordered.rows import Levels, Rows
from alliance_modes.models.ordered.search import SMALLEST_SD, curvature
from alliance_modes.models.result import Check, Diagnostic

CHECK = "proportional odds"
CONCERN = 0.01
MOST_COEFFICIENTS = 150


def proportional_odds(design: Design, fit: EngineFit, groupings: Sequence[Grouping]) -> Diagnostic:
    """Whether the coefficients differ from threshold to threshold more than chance would have it.

    Parameters
    ----------
    design : Design
        The rows of the fit, with its ``at_least``.
    fit : EngineFit
        A converged fit of ordered levels.
    groupings : sequence of Grouping
        Its random effects.

    Returns
    -------
    Diagnostic
        ``fail`` where p < .01, with the column that differs most; ``not_checked`` where there is
        nothing to compare, or where the rows do not tell the coefficients of each threshold apart.

    Notes
    -----
    A score test on (levels - 2) x columns df in the model with its random effects (whose intercepts are the
    same at every threshold): no other model is fitted. Without groupings it is that of SAS's LOGISTIC;
    R's ``ordinal::nominal_test`` has the likelihood-ratio tests of its columns.

    References
    ----------
    Peterson & Harrell (1990) doi 10.2307/2347760; Brant (1990) doi 10.2307/2532457.
    """
    rows = Rows.of(prepare(design.frame, design.response, design.fixed, groupings))
    levels = Levels.of(rows.outcome, float(design.at_least or 0.0))
    thresholds = len(levels.values) - 1
    if not design.fixed or thresholds < 2:
        return _not_checked("there is one threshold alone, or no predictor")
    if len(design.fixed) * thresholds > MOST_COEFFICIENTS:
        return _not_checked(f"that would be more than {MOST_COEFFICIENTS} coefficients")
    scores = ThresholdScores(rows, levels, fit)
    overall = scores.of(range(len(design.fixed)))
    if overall is None:
        return _not_checked("the rows do not tell the coefficients of each threshold apart")
    each = {name: scores.of([place]) for place, name in enumerate(design.fixed)}
    most = min(each, key=lambda name: one.p if (one := each[name]) is not None else 1.0)
    detail = (
        f"score test over {thresholds} thresholds: chi2({overall.df}) = {overall.statistic:.1f}, "
        f"p = {overall.p:.3g}; most apart {most}"
    )
    result: Check = "fail" if overall.p < CONCERN else "pass"
    return Diagnostic(check=CHECK, result=result, detail=detail)


def _not_checked(detail: str) -> Diagnostic:
    return Diagnostic(check=CHECK, result="not_checked", detail=detail)


@dataclass(frozen=True)
class Score:
    """A score statistic, chi-squared on ``df``."""

    statistic: float
    df: int

    @property
    def p(self) -> float:
        """Its p."""
        return float(stats.chi2.sf(self.statistic, self.df))


class ThresholdScores:
    """Gradient and curvature at the fit, with a coefficient of every column at every threshold."""

    def __init__(self, rows: Rows, levels: Levels, fit: EngineFit) -> None:
        matrix = rows.fixed[:, 1:]
        self._columns, self._further = matrix.shape[1], len(levels.values) - 2
        deviance = rows.deviance(levels.likelihood(rows.outcome, matrix))
        known = _known(rows, fit)
        apart = 0.3 / np.maximum(matrix.std(axis=0), 1e-6)
        lengths = np.concatenate([rows.lengths(self._further), np.tile(apart, self._further)])
        values = np.concatenate([known, np.zeros(self._columns * self._further)])
        held = np.arange(len(values)) < deviance.layout.size
        held &= values == SMALLEST_SD
        self._free = np.flatnonzero(~held)
        self._first = len(known)
        gradient = deviance(values)[1]
        self._gradient = gradient[self._free]
        self._hessian = curvature(deviance, values, gradient, lengths, self._free)

    def of(self, columns: Sequence[int]) -> Score | None:
        """The test of some columns, the others with one coefficient each; None where it has none."""
        tested = self._free >= self._first
        asked = tested & np.isin((self._free - self._first) % self._columns, columns)
        kept = asked | ~tested
        hessian, gradient = self._hessian[np.ix_(kept, kept)], np.where(asked, self._gradient, 0.0)[kept]
        if not np.all(np.isfinite(hessian)) or np.linalg.eigvalsh(hessian)[0] <= 0.0:
            return None
        statistic = float(gradient @ np.linalg.solve(hessian, gradient)) / 2.0
        return Score(statistic, int(asked.sum()))


def _known(rows: Rows, fit: EngineFit) -> np.ndarray:
    """The parameters of the fit, standard deviations at zero a little above it."""
    covariances = {group.grouping: group.covariance for group in fit.covariances}
    triangles = []
    for grouping in rows.groupings:
        factor = lower_factor(covariances[grouping.name])
        np.fill_diagonal(factor, np.maximum(np.diag(factor), SMALLEST_SD))
        triangles.append(factor[np.tril_indices(len(factor))])
    return np.concatenate([*triangles, fit.beta, fit.distribution.further])
