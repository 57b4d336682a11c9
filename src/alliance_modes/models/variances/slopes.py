"""Whether an effect varies between practitioners, groups, sites or enrolments: tests of random slopes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from scipy import stats

from alliance_modes.models.design.design import Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import EngineError, fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.engine.start import without_slope


@dataclass(frozen=True)
class SlopeTest:
    """Twice the (restricted) log-likelihood ratio of one random slope, and its p (0-1)."""

    statistic: float
    p: float


def slope_tests(design: Design, structure: Structure) -> dict[tuple[str, str], SlopeTest]:
    """Test each random slope that the plan has: the planned fit against that without the slope.

    Parameters
    ----------
    design : Design
        One row per observation, as fitted.
    structure : Structure
        The fit; where slopes were left out of it, the planned one is tested.

    Returns
    -------
    dict of SlopeTest
        By grouping and slope. A slope is absent where the planned fit, or that without the slope,
        did not converge.

    Notes
    -----
    Without the slope its variance (at the boundary) and its covariances with the other m effects of the
    grouping are zero: the statistic is half chi2(m) and half chi2(m + 1) if the slope does not vary. By
    restricted likelihood in linear models, by that of the fit (Laplace or quadrature) in others, in
    which the other effects' variances are taken to be above zero. Validated against lme4 1.1-31 by value.

    References
    ----------
    Self & Liang (1987) doi 10.2307/2289471; Stram & Lee (1994) doi 10.2307/2533455.
    """
    fit = structure.planned or structure.fit
    if not fit.converged:
        return {}
    groupings = design.groupings if structure.planned is not None else structure.groupings
    found = {}
    for name, slope, without in _without_each(groupings):
        null = structure.tried(without) or _fitted(design, without, without_slope(fit, name, slope))
        if null is not None and null.converged:
            others = len(next(one for one in groupings if one.name == name).slopes)
            found[name, slope] = mixture_test(max(2.0 * (fit.loglik - null.loglik), 0.0), others)
    return found


def mixture_test(statistic: float, others: int) -> SlopeTest:
    """p of a random slope beside ``others`` effects: half chi2(others), half chi2(others + 1)."""
    p = 0.5 * float(stats.chi2.sf(statistic, others) + stats.chi2.sf(statistic, others + 1))
    return SlopeTest(statistic, p)


def _without_each(groupings: Sequence[Grouping]) -> Iterator[tuple[str, str, tuple[Grouping, ...]]]:
    for grouping in groupings:
        for slope in grouping.slopes:
            fewer = replace(grouping, slopes=tuple(one for one in grouping.slopes if one != slope))
            yield grouping.name, slope, tuple(fewer if one is grouping else one for one in groupings)


def _fitted(design: Design, groupings: tuple[Grouping, ...], fit: EngineFit) -> EngineFit | None:
    try:
        found = fit_mixed(
            *(design.frame, design.response, design.fixed, groupings, fit.distribution),
            offset=design.offset,
            nagq=fit.nagq,
            start=fit,
            quick=True,
        )
    except EngineError:
        return None
    return found
