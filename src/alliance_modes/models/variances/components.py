"""Variance components of a fit as rows of ``variances.csv``: estimates, shares, and their intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from alliance_modes.models.design.design import OBSERVATION, Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.engine.fit import RESIDUAL, EngineFit
from alliance_modes.models.engine.glmm import EngineError, fit_mixed
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.inference.explained import level1_variance
from alliance_modes.models.result import Source, Variance
from alliance_modes.models.variances.intervals import VarianceIntervals, profile_intervals
from alliance_modes.models.variances.profile import Interval
from alliance_modes.models.variances.slopes import SlopeTest, slope_tests


def variance_rows(design: Design, structure: Structure, *, primary: bool) -> tuple[Variance, ...]:
    """The components of the fit, of the planned fit where slopes were left out, and of the null model.

    Parameters
    ----------
    design : Design
        One row per observation, as fitted.
    structure : Structure
        The fit.
    primary : bool
        The outcome is one of the primary claim: the fit's own variances have intervals. Those of the
        null model, with its shares, always have them.

    Returns
    -------
    tuple of Variance
        Without those of the null model where it did not converge. See ``profile_intervals`` for where
        there are no limits.
    """
    fit, trials = structure.fit, design.trials
    of_fit = (
        profile_intervals(fit, structure.groupings, design.frame, trials) if primary else VarianceIntervals()
    )
    rows = _components(fit, "fitted", of_fit, shares=False)
    if structure.planned is not None and structure.planned.converged:
        rows += _components(structure.planned, "planned", VarianceIntervals(), shares=False)
    rows = _with_tests(rows, slope_tests(design, structure), "planned" if structure.planned else "fitted")
    intercepts = tuple(replace(grouping, slopes=()) for grouping in structure.groupings)
    try:
        null = fit_mixed(
            design.frame, design.response, (), intercepts, fit.distribution, offset=design.offset
        )
    except EngineError:
        return tuple(rows)
    if not null.converged:
        return tuple(rows)
    shared = [one.name for one in intercepts if one.name != OBSERVATION]
    of_null = profile_intervals(null, intercepts, design.frame, trials, shares=shared)
    return (*rows, *_components(null, "null", of_null, shares=True))


def _with_tests(
    rows: list[Variance], tests: Mapping[tuple[str, str], SlopeTest], source: Source
) -> list[Variance]:
    """The rows of the tested fit with the test of each slope."""
    return [
        row.model_copy(update={"slope_statistic": test.statistic, "slope_p": test.p})
        if (test := tests.get((row.grouping, row.term))) is not None and row.source == source
        else row
        for row in rows
    ]


def _components(fit: EngineFit, source: Source, found: VarianceIntervals, *, shares: bool) -> list[Variance]:
    level1 = level1_variance(fit)
    total = level1 + math.fsum(float(group.covariance[0, 0]) for group in fit.covariances)
    parts = [
        (group.grouping, term, float(group.covariance[place, place]), group.pinned[place])
        for group in fit.covariances
        for place, term in enumerate(group.terms)
    ]
    return [
        _row(source, (grouping, term), variance, variance / total if shares else None, held, found)
        for grouping, term, variance, held in (*parts, (RESIDUAL, INTERCEPT, level1, False))
    ]


def _row(
    source: Source,
    key: tuple[str, str],
    variance: float,
    share: float | None,
    at_zero: bool,
    found: VarianceIntervals,
) -> Variance:
    of_variance = found.variances.get(key, Interval())
    of_share = found.shares.get(key, Interval())
    return Variance(
        source=source,
        grouping=key[0],
        term=key[1],
        variance=variance,
        ci_low=of_variance.low,
        ci_high=of_variance.high,
        share=share,
        share_low=of_share.low,
        share_high=of_share.high,
        at_zero=at_zero,
    )
