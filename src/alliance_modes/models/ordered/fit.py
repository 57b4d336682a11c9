"""The fit of a cumulative logit mixed model: Laplace's approximation, maximum likelihood.

glmm has no ordered outcomes. What is here finds the maximum of the deviance that the intervals of
variances rest on, with its exact gradient, and the covariance from its curvature.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.special import logit

from alliance_modes import __version__
from alliance_modes.models.engine.distributions import Distribution
from alliance_modes.models.engine.fit import EngineFit, GroupCovariance, GroupEffects, Threshold
from alliance_modes.models.engine.glmm import EngineError
from alliance_modes.models.engine.links import LOGIT
from alliance_modes.models.engine.prepared import INTERCEPT, Prepared
from alliance_modes.models.engine.start import lower_factor
from alliance_modes.models.ordered.distribution import as_fitted
from alliance_modes.models.ordered.rows import Levels, Rows, SingleLevelDeviance
from alliance_modes.models.ordered.search import NOT_ZERO, Found, coordinates, searched
from alliance_modes.models.variances.deviances import LaplaceDeviance

ENGINE = f"cumulative logit of alliance_modes {__version__}"
FIRST_SD = 0.5


def ordered_levels(at_least: float) -> Distribution:
    """Ordered levels, of which the mean is the chance of ``at_least`` or above; to be fitted by itself.

    Parameters
    ----------
    at_least : float
        A level. The first one seen there or above is the reference: its threshold is 0, so that the
        intercept is the log-odds of being there or above where every predictor is 0.
    """
    return Distribution(
        name="cumulative",
        link=LOGIT,
        variance=_not_yet,
        draw=_not_drawn,
        level1_variance=lambda _: float(np.pi**2 / 3.0),
        own=partial(fit_ordered, at_least=at_least),
        outcomes="ordered levels",
        summed="levels",
    )


def _not_yet(mean: np.ndarray) -> np.ndarray:
    raise EngineError("ordered levels have no variance before their thresholds are known")


def _not_drawn(
    rng: np.random.Generator, mean: np.ndarray, trials: np.ndarray | None, residual_sd: np.ndarray
) -> np.ndarray:
    raise EngineError("ordered levels cannot be drawn before their thresholds are known")


def fit_ordered(
    asked: Prepared,
    distribution: Distribution,
    *,
    at_least: float,
    start: EngineFit | None = None,
    quick: bool = False,
) -> EngineFit:
    """Fit a cumulative logit model with random effects.

    Parameters
    ----------
    asked : Prepared
        Rows with a numeric outcome of at least two values; without groupings the model has one level.
    distribution : Distribution
        From ``ordered_levels``.
    at_least : float
        See there.
    start : EngineFit, optional
        A fit of the same random effects to similar rows, from which the search starts.
    quick : bool
        The covariance from one-sided differences.

    Returns
    -------
    EngineFit
        ``fitted`` is the chance of the reference or above, ``response`` the levels as they were given.

    Raises
    ------
    EngineError
        No row on one side of ``at_least``, predictors that determine one another, or an offset.

    Notes
    -----
    P(level k or above) = expit(x'b + z'u - c_k), u normal, c of the reference 0: in the words of R's
    ``ordinal``, theta_k = c_k - intercept, and the same b. Laplace's approximation with the observed
    information, as ``clmm`` has it. Levels that no row has have no threshold. A standard deviation that
    ends below 0.001, or without which the likelihood is as high, is at zero; where the search came near zero
    it starts once more from where the likelihood is higher. SEs are of the joint Hessian of
    coefficients, thresholds and factors of variances, the ones at zero held.
    Validated against ``ordinal`` 2022.11-16 (``tests/reference/test_ordinal_models.py``).

    References
    ----------
    Christensen (2022) ordinal: regression models for ordinal data; Tutz & Hennevogl (1996)
    doi 10.1016/0167-9473(96)00004-7.
    """
    rows = Rows.of(asked)
    levels = Levels.of(rows.outcome, at_least)
    if np.linalg.matrix_rank(rows.fixed) < rows.fixed.shape[1]:
        raise EngineError("the predictors determine one another in these rows")
    likelihood = levels.likelihood(rows.outcome)
    begin, lengths = _beginning(rows, levels, start)
    deviance = rows.deviance(likelihood)
    root = coordinates(SingleLevelDeviance(rows.fixed, likelihood), begin, lengths, deviance.layout.size)
    found = searched(deviance, begin, lengths, root, quick=quick)
    return _as_fit(asked, distribution, rows, levels, found)


def _beginning(rows: Rows, levels: Levels, start: EngineFit | None) -> tuple[np.ndarray, np.ndarray]:
    """Parameters to start from, and a length for each."""
    above = np.cumsum(np.bincount(levels.codes(rows.outcome))[::-1])[::-1][1:] / len(rows.outcome)
    distances = np.log(-np.diff(logit(above)))
    beta = np.concatenate([[logit(above[levels.reference - 1])], np.zeros(len(rows.names) - 1)])
    factors = [FIRST_SD * np.eye(1 + len(grouping.slopes)) for grouping in rows.groupings]
    if start is not None:
        known = {group.grouping: lower_factor(group.covariance) for group in start.covariances}
        factors = [known.get(one.name, own) for one, own in zip(rows.groupings, factors, strict=True)]
        beta = start.beta if start.names == rows.names else beta
        same = len(start.distribution.further) == len(distances)
        distances = np.array(start.distribution.further) if same else distances
    triangles = [factor[np.tril_indices(len(factor))] for factor in factors]
    values = np.concatenate([*triangles, beta, distances])
    return values, rows.lengths(len(distances))


def _as_fit(
    asked: Prepared, distribution: Distribution, rows: Rows, levels: Levels, found: Found
) -> EngineFit:
    first = found.deviance.layout.size
    last = first + len(rows.names)
    beta, further = found.values[first:last], found.values[last:]
    covariances, effects = _random(asked, rows, found)
    predictor = rows.fixed @ beta
    if rows.cross is not None and isinstance(found.deviance, LaplaceDeviance):
        predictor = predictor + rows.cross.whole @ found.deviance.effects(found.values)
    vcov = found.covariance[first:last, first:last]
    return EngineFit(
        distribution=as_fitted(distribution, levels, further),
        formula=asked.formula.replace("level_", ""),
        engine=ENGINE,
        names=rows.names,
        beta=_fixed(beta),
        se=_fixed(np.sqrt(np.diag(vcov))),
        vcov=_fixed(vcov),
        df=_fixed(np.full(len(beta), np.nan)),
        loglik=-found.smallest / 2.0,
        parameters=len(found.values),
        reml=False,
        dispersion=1.0,
        covariances=covariances,
        effects=effects,
        fitted=_fixed(LOGIT.mean(predictor)),
        response=_fixed(rows.outcome),
        offset=None,
        converged=not found.warnings,
        singular=any(any(group.pinned) or group.dependent for group in covariances),
        aliased=(),
        nobs=len(rows.outcome),
        rows_dropped=rows.dropped,
        nagq=1,
        warnings=found.warnings,
        raw=None,
        no_quadrature="ordered levels are fitted by Laplace's approximation",
        thresholds=_thresholds(levels, found, first, last, rows),
    )


def _random(
    asked: Prepared, rows: Rows, found: Found
) -> tuple[tuple[GroupCovariance, ...], tuple[GroupEffects, ...]]:
    """Covariances and conditional modes by grouping, in the order that was asked for."""
    if not isinstance(found.deviance, LaplaceDeviance):
        return (), ()
    modes, layout = found.deviance.effects(found.values), found.deviance.layout
    held = layout.factors(found.held[: layout.size].astype(float))
    covariances, effects, place = {}, {}, 0
    for grouping, named, factor, at_zero in zip(
        rows.groupings, rows.named, layout.factors(found.values), held, strict=True
    ):
        terms, width = (INTERCEPT, *grouping.slopes), len(factor)
        exact = np.where(at_zero > 0.0, 0.0, factor)
        covariance = exact @ exact.T
        zero = np.diag(covariance) < NOT_ZERO**2
        covariance[zero] = covariance[:, zero] = 0.0
        dependent = bool((np.diag(at_zero) > 0.0).any() and not zero.any())
        covariances[grouping.name] = GroupCovariance(
            grouping.name, terms, _fixed(covariance), tuple(map(bool, zero)), dependent
        )
        values = modes[place : place + len(named) * width].reshape(-1, width)
        place += len(named) * width
        effects[grouping.name] = GroupEffects(
            grouping.name, named, terms, _fixed(np.where(zero, 0.0, values))
        )
    order = [grouping.name for grouping in asked.groupings]
    return tuple(covariances[name] for name in order), tuple(effects[name] for name in order)


def _thresholds(levels: Levels, found: Found, first: int, last: int, rows: Rows) -> tuple[Threshold, ...]:
    """c_k less the intercept, with the SE of that difference."""
    likelihood, further = levels.likelihood(rows.outcome), found.values[last:]
    slopes = np.zeros((len(levels.values) - 1, len(found.values)))
    slopes[:, first] = -1.0
    slopes[:, last:] = likelihood.of_cuts(further)
    estimates = likelihood.cuts(further) - found.values[first]
    errors = np.sqrt(np.einsum("ij,jk,ik->i", slopes, found.covariance, slopes))
    named = zip(levels.values[:-1], levels.values[1:], estimates, errors, strict=True)
    return tuple(Threshold(*map(float, each)) for each in named)


def _fixed(values: np.ndarray) -> np.ndarray:
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array
