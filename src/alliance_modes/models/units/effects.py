"""Practitioners and sites beside what a model expects of them, as observed and shrunken."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.models.design.design import PRACTITIONER, SITE, Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.effects.marginal import averaged_mean
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping, level_text
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.models.inference.random_effects import ConditionalModes, conditional_modes
from alliance_modes.models.result import UnitEffect

UNITS = (PRACTITIONER, SITE)
NUDGE = 0.1
"""Step on the scale of the link by which its mean slope is found."""


def unit_effects(design: Design, structure: Structure) -> tuple[UnitEffect, ...]:
    """Every practitioner and site of a model of numbers or of 0/1 outcomes.

    Parameters
    ----------
    design : Design
        The rows of the fit: no counts, levels or hazards.
    structure : Structure
        A converged fit. Groupings with random slopes are left out: where such a unit stands depends on
        whom it works with.

    Returns
    -------
    tuple of UnitEffect
        In the order of the groupings and levels of the fit.

    Notes
    -----
    ``expected`` is the mean over the unit's rows of what the fixed effects predict, averaged over all random
    effects. ``shrunken`` is the mean outcome of the cohort, moved by the mean over these rows of how much the
    unit's conditional mode b changes that prediction; its limits are at b ± 1.96 SE(b), coefficients and
    variances taken as known (lme4's ``ranef(, condVar = TRUE)``, to which the tests hold b and its SE). With
    the variance at zero nothing is left of any difference, and the limits have no width. ``spread`` is the SD
    of true means of units like these: own variance, and that of each other grouping over how many of its
    levels a unit has, times the mean slope of the link.
    """
    fit, frame = structure.fit, design.frame
    kinds = [block for block in fit.effects if block.grouping in UNITS and block.terms == (INTERCEPT,)]
    if not kinds:
        return ()
    modes = {one.grouping: one for one in conditional_modes(fit, structure.groupings, frame)}
    groupings = {one.name: one for one in structure.groupings}
    codes = {name: _codes(modes[name], one, frame) for name, one in groupings.items() if name in modes}
    return tuple(
        row
        for block in kinds
        for row in _of_kind(design, fit, modes[block.grouping], codes[block.grouping], codes)
    )


def _codes(modes: ConditionalModes, grouping: Grouping, frame: pd.DataFrame) -> np.ndarray:
    return pd.Index(modes.levels).get_indexer(level_text(frame, grouping))


def _of_kind(
    design: Design,
    fit: EngineFit,
    modes: ConditionalModes,
    code: np.ndarray,
    codes: dict[str, np.ndarray],
) -> Iterator[UnitEffect]:
    eta = design.matrix() @ fit.beta
    outcome = design.mean_outcome.to_numpy(dtype=float)
    values, errors = modes.values[:, 0], np.sqrt(np.maximum(modes.covariance[:, 0, 0], 0.0))
    variances = {one.grouping: float(one.covariance[0, 0]) for one in fit.covariances}
    rows = np.bincount(code, minlength=len(values))

    def mean_of(each: np.ndarray) -> np.ndarray:
        return np.bincount(code, each, minlength=len(values)) / rows

    others = math.fsum(variances.values()) - variances[modes.grouping]
    reach = float(np.abs(eta).max() + np.abs(values).max() + 4.0 * errors.max() + 1.0)
    among = _mean_at(fit, others, reach)
    middle = among(eta)
    half = float(stats.norm.ppf(0.5 + CONFIDENCE / 2.0))
    moved = [
        mean_of(among(eta + by[code]) - middle)
        for by in (values, values - half * errors, values + half * errors)
    ]
    slope = float(np.mean(among(eta + NUDGE) - among(eta - NUDGE))) / (2.0 * NUDGE)
    spread = slope * np.sqrt(_between(variances, modes.grouping, code, codes))
    observed, expected = mean_of(outcome), mean_of(_mean_at(fit, math.fsum(variances.values()), reach)(eta))
    for place, level in enumerate(modes.levels):
        shrunken, low, high = (float(outcome.mean() + one[place]) for one in moved)
        yield UnitEffect(
            kind=modes.grouping,
            unit=level,
            n=int(rows[place]),
            observed=float(observed[place]),
            expected=float(expected[place]),
            shrunken=shrunken,
            ci_low=low,
            ci_high=high,
            mode=float(values[place]),
            se=float(errors[place]),
            spread=float(spread),
            overall=float(outcome.mean()),
            residual=float(fit.dispersion) if fit.distribution.normal else None,
        )


def _mean_at(fit: EngineFit, variance: float, reach: float) -> Callable[[np.ndarray], np.ndarray]:
    """The mean outcome at a linear predictor, averaged over random effects of this variance."""
    if fit.distribution.normal:
        return np.asarray
    return averaged_mean(fit.distribution.link, float(np.sqrt(max(variance, 0.0))), -reach, reach)


def _between(variances: dict[str, float], kind: str, code: np.ndarray, codes: dict[str, np.ndarray]) -> float:
    """Variance of the mean of a unit: its own, and that of other groupings over their levels per unit."""
    total = variances[kind]
    for name, other in codes.items():
        if name != kind:
            pairs = len(np.unique(np.column_stack([code, other]), axis=0))
            total += variances[name] * len(np.unique(code)) / pairs
    return total
