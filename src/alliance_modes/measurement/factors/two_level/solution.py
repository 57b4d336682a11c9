"""Standardised loadings, correlations, reliabilities and intraclass correlations of a two-level model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alliance_modes.measurement.factors.likelihood.moments import Implied
from alliance_modes.measurement.factors.structures import FactorStructure
from alliance_modes.measurement.factors.two_level.clustered import Clustered
from alliance_modes.measurement.factors.two_level.search import TwoLevelSearch

WITHIN, BETWEEN = "within", "between"
LEVELS = (WITHIN, BETWEEN)


@dataclass(frozen=True)
class LevelEstimate:
    """One estimate of a level: ``loading``, ``correlation`` of factors, ``omega`` of a factor, or ``icc``.

    ``factor`` and ``with_factor`` are names, ``item`` a number; blank and 0 where the kind has none. An
    ``icc`` of an item is that of the unrestricted model. That has no ``se``, nor have loadings and omega
    that are 1 because a residual variance is held at zero.
    """

    level: str
    kind: str
    factor: str = ""
    item: int = 0
    with_factor: str = ""
    estimate: float = np.nan
    se: float = np.nan
    ci_low: float = np.nan
    ci_high: float = np.nan


@dataclass(frozen=True)
class _Wanted:
    """An estimate without its numbers, and how it follows from the matrices of both levels."""

    blank: LevelEstimate
    of: Callable[[tuple[Implied, ...]], float]


def level_estimates(
    found: TwoLevelSearch,
    within: FactorStructure,
    between: FactorStructure | None,
    data: Clustered,
    alike: bool,
    confidence: float = 0.95,
) -> tuple[LevelEstimate, ...]:
    """Standardised estimates of both levels with intervals.

    Parameters
    ----------
    found : TwoLevelSearch
    within, between : FactorStructure
        Of the two levels; None between where every covariance is free.
    data : Clustered
    alike : bool
        The factors are the same on both levels: then ICCs of factors take the place of loadings and
        omega between, which are 1.
    confidence : float
        Level of the intervals, between 0 and 1.

    Notes
    -----
    Loadings are in standard deviations of their own level. Omega of a level is (sum of loadings)^2 /
    [(sum of loadings)^2 + sum of residual variances] of the items of a factor in their own units
    (Geldhof et al. 2014): between, the reliability of true means of practitioners, as if each had
    countless clients. ICC of a factor: its variance between over that between and within. SEs by the
    delta method from the observed information, coordinates on their bound held (what rests on these
    alone has none); intervals are
    estimate +- t SE with practitioners - 1 degrees of freedom.

    References
    ----------
    Geldhof, G. J., Preacher, K. J., & Zyphur, M. J. (2014). Reliability estimation in a multilevel
    confirmatory factor analysis framework. Psychological Methods, 19(1), 72-91.
    """
    from scipy.special import stdtrit

    wanted = _of_level(0, within, data)
    if alike:
        wanted += _correlations(1, within) + [_factor_icc(place, name) for place, name in _named(within)]
    elif between:
        wanted += _of_level(1, between, data)

    def values(at: np.ndarray) -> np.ndarray:
        implied = found.model.implied(found.coordinates.theta(at))
        return np.array([each.of(implied) for each in wanted])

    estimates = values(found.at)
    jacobian = np.empty((len(wanted), len(found.at)))
    for number in range(len(found.at)):
        step = np.zeros(len(found.at))
        step[number] = 1e-6
        jacobian[:, number] = (values(found.at + step) - values(found.at - step)) / 2e-6
    variances = np.einsum("ij,jk,ik->i", jacobian, found.covariance(), jacobian)
    errors = np.sqrt(np.where(variances > 0, variances, np.nan))
    half = stdtrit(data.clusters - 1, 0.5 + confidence / 2) * errors
    return tuple(
        LevelEstimate(
            **{
                **vars(each.blank),
                "estimate": float(value),
                "se": float(se),
                "ci_low": float(value - wide),
                "ci_high": float(value + wide),
            }
        )
        for each, value, se, wide in zip(wanted, estimates, errors, half, strict=True)
    )


def _named(structure: FactorStructure) -> list[tuple[int, str]]:
    return list(enumerate(structure.factors))


def _of_level(level: int, structure: FactorStructure, data: Clustered) -> list[_Wanted]:
    loads, items = structure.loads(), structure.items
    wanted = [
        _loading(level, place, int(row), name, items[row])
        for place, name in _named(structure)
        for row in np.flatnonzero(loads[:, place])
    ]
    wanted += _correlations(level, structure)
    for place, name in _named(structure):
        wanted.append(_omega(level, place, name, np.where(loads[:, place], data.spread, 0.0)))
    return wanted


def _correlations(level: int, structure: FactorStructure) -> list[_Wanted]:
    return [
        _correlation(level, one, other, first, second)
        for one, first in _named(structure)
        for other, second in _named(structure)
        if one < other
    ]


def _loading(level: int, factor: int, row: int, name: str, item: int) -> _Wanted:
    def of(levels: tuple[Implied, ...]) -> float:
        at = levels[level]
        return at.loadings[row, factor] * np.sqrt(at.factor_cov[factor, factor] / at.cov[row, row])

    return _Wanted(LevelEstimate(LEVELS[level], "loading", name, item), of)


def _correlation(level: int, one: int, other: int, first: str, second: str) -> _Wanted:
    def of(levels: tuple[Implied, ...]) -> float:
        cov = levels[level].factor_cov
        return cov[one, other] / np.sqrt(cov[one, one] * cov[other, other])

    return _Wanted(LevelEstimate(LEVELS[level], "correlation", first, with_factor=second), of)


def _omega(level: int, factor: int, name: str, units: np.ndarray) -> _Wanted:
    def of(levels: tuple[Implied, ...]) -> float:
        at = levels[level]
        true = (units @ at.loadings[:, factor]) ** 2 * at.factor_cov[factor, factor]
        return true / (true + units @ at.residual_cov @ units)

    return _Wanted(LevelEstimate(LEVELS[level], "omega", name), of)


def _factor_icc(factor: int, name: str) -> _Wanted:
    def of(levels: tuple[Implied, ...]) -> float:
        within, between = (level.factor_cov[factor, factor] for level in levels)
        return between / (within + between)

    return _Wanted(LevelEstimate(BETWEEN, "icc", name), of)
