"""Standardised loadings and factor correlations with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alliance_modes.measurement.factors.likelihood.moment_fit import MomentFit
from alliance_modes.measurement.factors.likelihood.moments import MeanCovarianceModel
from alliance_modes.measurement.factors.likelihood.robust import Sandwich


@dataclass(frozen=True)
class Loading:
    """One standardised estimate: ``loading`` of an item, ``correlation`` of factors, or ``threshold``.

    ``factor`` and ``of`` are positions: of the factor (-1 for a threshold), and of the item or the
    other factor. ``response`` is the lowest response above a threshold.
    """

    kind: str
    factor: int
    of: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    response: float = np.nan


def standardised_solution(fit: MomentFit, shaken: Sandwich, confidence: float = 0.95) -> tuple[Loading, ...]:
    """Loadings and factor correlations of a model in one group, in standard deviations.

    Parameters
    ----------
    fit : MomentFit
    shaken : Sandwich
        Covariance of the estimates, and the number of clusters behind it.
    confidence : float
        Level of the intervals, between 0 and 1.

    Notes
    -----
    loading x SD of the factor / SD of the item, both as the model implies them. SEs by the delta
    method; intervals are estimate +- t SE with clusters - 1 degrees of freedom (lavaan: normal).
    """
    from scipy.special import stdtrit

    places = standardised_places(fit.model)
    estimates = _standardised(fit.model, fit.theta, places)
    jacobian = np.empty((len(estimates), len(fit.theta)))
    for number in range(len(fit.theta)):
        step = np.zeros(len(fit.theta))
        step[number] = 1e-6 * max(1.0, abs(fit.theta[number]))
        ends = [_standardised(fit.model, fit.theta + side * step, places) for side in (1, -1)]
        jacobian[:, number] = (ends[0] - ends[1]) / (2 * step[number])
    errors = np.sqrt(np.einsum("ij,jk,ik->i", jacobian, shaken.covariance, jacobian).clip(min=0))
    half = stdtrit(shaken.clusters - 1, 0.5 + confidence / 2) * errors
    return tuple(
        Loading(kind, factor, of, float(value), float(se), float(value - wide), float(value + wide))
        for (kind, factor, of), value, se, wide in zip(places, estimates, errors, half, strict=True)
    )


def standardised_places(model: MeanCovarianceModel) -> list[tuple[str, int, int]]:
    """Free loadings by factor, then free correlations, with positions."""
    loads = model.groups[0]["loadings"].place >= 0
    related = np.triu(model.groups[0]["factor_cov"].place >= 0, 1)
    return [("loading", int(column), int(row)) for column, row in zip(*np.nonzero(loads.T), strict=True)] + [
        ("correlation", int(one), int(other)) for one, other in zip(*np.nonzero(related), strict=True)
    ]


def _standardised(
    model: MeanCovarianceModel, theta: np.ndarray, places: list[tuple[str, int, int]]
) -> np.ndarray:
    implied = model.implied(theta)[0]
    spread = np.sqrt(np.diag(implied.factor_cov))
    loadings = implied.loadings * spread / np.sqrt(np.diag(implied.cov))[:, None]
    correlations = implied.factor_cov / np.outer(spread, spread)
    return np.array(
        [
            loadings[of, factor] if kind == "loading" else correlations[factor, of]
            for kind, factor, of in places
        ]
    )
