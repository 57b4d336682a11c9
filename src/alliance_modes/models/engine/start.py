"""Where a search for variances starts: those of another fit, as the factors that the engine searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from alliance_modes.models.engine.fit import EngineFit, GroupCovariance


def lower_factor(covariance: np.ndarray) -> np.ndarray:
    """Lower triangular L with LL' = covariance, which may be singular (a variance at zero)."""
    size = len(covariance)
    factor = np.zeros((size, size))
    tiny = 1e-14 * max(float(np.max(np.diag(covariance), initial=0.0)), 1e-300)
    for column in range(size):
        left = covariance[column:, column] - factor[column:, :column] @ factor[column, :column]
        if left[0] > tiny:
            factor[column:, column] = left / np.sqrt(left[0])
    return factor


def without_slope(fit: EngineFit, grouping: str, slope: str) -> EngineFit:
    """A fit with its variances but for those of one slope, for a search without it to start from."""

    def kept(group: GroupCovariance) -> GroupCovariance:
        if group.grouping != grouping:
            return group
        places = [place for place, term in enumerate(group.terms) if term != slope]
        covariance = group.covariance[np.ix_(places, places)]
        return replace(group, terms=tuple(group.terms[place] for place in places), covariance=covariance)

    return replace(fit, covariances=tuple(kept(group) for group in fit.covariances))


def starting_values(fit: EngineFit, fixed: Sequence[str], order: Sequence[str]) -> dict[str, list[float]]:
    """The engine's ``warm_start`` from another fit of the same random effects.

    Parameters
    ----------
    fit : EngineFit
        A converged fit.
    fixed : sequence of str
        The fixed-effect columns to be fitted; where they are those of ``fit``, its coefficients are
        a start too (but for columns that others tell, which have none).
    order : sequence of str
        The groupings as the engine's formula has them.

    Notes
    -----
    Factors of the covariances relative to the residual SD, lower triangles column by column.
    """
    scale = np.sqrt(fit.dispersion)
    named = {group.grouping: lower_factor(group.covariance) / scale for group in fit.covariances}
    factors = [named[grouping] for grouping in order]
    theta = [
        float(factor[row, column])
        for factor in factors
        for column in range(len(factor))
        for row in range(column, len(factor))
    ]
    same = tuple(name for name in fit.names if name != "(Intercept)") == tuple(fixed) and not fit.aliased
    return {"theta": theta, **({"beta": list(map(float, fit.beta))} if same else {})}
