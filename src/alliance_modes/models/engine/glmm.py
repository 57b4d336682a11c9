"""The one adapter between a model and glmm, the engine that fits it.

More than one quadrature node with several groupings, which glmm does not have, is ours (``nested``).
What glmm passes over in silence (aliased columns, a grouping of one level, rows dropped, a
quadrature that fell back to Laplace) stands in the returned value, to be acted on by the caller.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from typing import Any

import glmm
import numpy as np
import pandas as pd

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.engine.distributions import NORMAL, Distribution
from alliance_modes.models.engine.fit import (
    SMALLEST_VARIANCE,
    EngineFit,
    GroupCovariance,
    GroupEffects,
)
from alliance_modes.models.engine.nested.fit import NO_MAXIMUM, fit_nested
from alliance_modes.models.engine.nested.linear.fit import fit_linear
from alliance_modes.models.engine.nested.search import fit_along_gradient
from alliance_modes.models.engine.nested.sloped.fit import fit_sloped
from alliance_modes.models.engine.nested.tree import why_crossing, why_not_nested
from alliance_modes.models.engine.prepared import Grouping, Prepared, prepare
from alliance_modes.models.engine.restricted.satterthwaite import Contrast
from alliance_modes.models.engine.start import starting_values

MANY_ROWS = 5_000
"""Rows above which a model whose groupings nest is fitted along its gradient.

With 960 rows glmm is the quicker; with 48,000, 14 columns and 3 groupings it takes 17 to 28 s of processor
time and the search along the gradient .5 to .7 s, SEs included (``benchmarks/many_rows.csv``).
"""


class EngineError(ModelError):
    """The engine broke off instead of saying that it could not fit the model."""


@cache
def engine_name() -> str:
    """``glmm`` and its version."""
    return f"glmm {version('glmm')}"


def fit_mixed(
    data: pd.DataFrame,
    response: str | tuple[str, str],
    fixed: Sequence[str],
    groupings: Sequence[Grouping],
    distribution: Distribution = NORMAL,
    *,
    intercept: bool = True,
    offset: str | None = None,
    reml: bool = True,
    weights: np.ndarray | None = None,
    nagq: int = 1,
    start: EngineFit | None = None,
    quick: bool = False,
) -> EngineFit:
    """Fit one linear or generalised linear mixed model.

    Parameters
    ----------
    data : DataFrame
        One row per observation. Number and boolean columns enter as they are; a text or
        categorical column enters as treatment contrasts against its first category.
    response : str or (str, str)
        The outcome; of counts out of so many the columns of successes and of trials.
    fixed : sequence of str
        Columns with a fixed effect, besides the intercept.
    groupings : sequence of Grouping
        Random effects; none gives ordinary (logistic) regression.
    distribution : Distribution
        Of the outcome given its mean, with the link of the mean.
    intercept : bool
        Whether the model has one.
    offset : str, optional
        Column that enters the linear predictor as it is (the log of an exposure).
    reml : bool
        Restricted maximum likelihood, for a linear model.
    weights : array, optional
        Prior weights of the rows (the residual variance is divided by them).
    nagq : int
        Quadrature nodes. More than 1 works with one grouping and, at each level, with several random
        intercepts that nest; else Laplace is used, and ``no_quadrature`` says why.
    start : EngineFit, optional
        A fit of the same random effects from whose variances (and coefficients, where they are
        the same) the search starts: many refits of nearly the same data.
    quick : bool
        For refits of which the coefficients and the log-likelihood are wanted: SEs without the
        Hessian, no Satterthwaite df; quadrature is not compared with that of more nodes.

    Returns
    -------
    EngineFit

    Raises
    ------
    ModelError
        A column is missing or its name cannot stand in a formula.
    EngineError
        The engine broke off (on separated outcomes it can); a ``ModelError`` too.

    Notes
    -----
    Rows with a missing value are left out by the engine and counted in ``rows_dropped``. SEs of
    generalised models come from the joint Hessian of the Laplace (or quadrature) deviance.
    Validated against lme4 and lmerTest on the ``lmm_*``, ``glmm_*`` and ``discrete_hazard_cloglog``
    reference sets.
    """
    asked = prepare(data, response, fixed, groupings, intercept=intercept, offset=offset)
    return fit_prepared(asked, distribution, reml=reml, weights=weights, nagq=nagq, start=start, quick=quick)


def fit_prepared(
    asked: Prepared,
    distribution: Distribution,
    *,
    reml: bool = True,
    weights: np.ndarray | None = None,
    nagq: int = 1,
    start: EngineFit | None = None,
    quick: bool = False,
) -> EngineFit:
    """Fit rows that are prepared; see ``fit_mixed`` for the parameters.

    Notes
    -----
    More than 5,000 rows whose groupings nest are fitted by ``fit_along_gradient`` (a generalised model) and
    ``fit_linear`` (a linear one, by REML): the engine's maximum, in less time.
    """
    if distribution.own is not None:
        fitted: EngineFit = distribution.own(asked, distribution, start=start, quick=quick)
        return fitted
    more = nagq > 1 and not distribution.normal and len(asked.groupings) > 0
    obstacle = _obstacle(asked, weights) if more else ""
    nested = more and len(asked.groupings) > 1 and not obstacle
    nodes = 1 if nested else nagq
    options: dict = {"reml": reml} if distribution.normal else {"link": distribution.link.name, "nagq": nodes}
    if quick:
        options |= {"satterthwaite": False, "wald_se": "rx"}
    if start is not None:
        order = asked.quickest_order(distribution.normal)
        options["warm_start"] = starting_values(start, asked.fixed, order)
    fit = None
    if nodes == 1 and asked.groupings and len(asked.frame) > MANY_ROWS:
        if distribution.normal and reml and asked.offset is None and not why_crossing(asked):
            fit = fit_linear(asked, weights=weights, start=start, quick=quick)
        elif not distribution.normal and weights is None:
            fit = _of_many(asked, distribution, quick)
    fit = fit or _engine(asked, distribution, weights, options)
    if nested:
        return _with_nodes(fit, asked, nagq, quick)
    return replace(fit, no_quadrature=obstacle) if more and fit.nagq == 1 else fit


def _of_many(asked: Prepared, distribution: Distribution, quick: bool) -> EngineFit | None:
    """A fit to many rows along the gradient of Laplace's approximation; None where the engine has to."""
    density = distribution.density
    if density is None or why_crossing(asked):
        return None
    alone = replace(asked, groupings=(), formula=asked.in_order(()))
    without = _engine(alone.complete(), distribution, None, {"link": distribution.link.name})
    intercepts = replace(asked, groupings=tuple(replace(one, slopes=()) for one in asked.groupings))
    sloped = any(one.slopes for one in asked.groupings)
    plain = fit_along_gradient(intercepts, without, distribution, density, quick=quick or sloped)
    return plain if plain is None or not sloped else fit_sloped(asked, without, plain, density, quick=quick)


def _engine(
    asked: Prepared, distribution: Distribution, weights: np.ndarray | None, options: Mapping[str, Any]
) -> EngineFit:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", glmm.DiagnosticWarning)
            raw = glmm.fit(
                asked.columns(),
                asked.in_order(asked.quickest_order(distribution.normal)),
                distribution.name,
                weights=weights,
                anova_test="Wald",
                **options,
            )
    except (ValueError, TypeError) as error:
        said = asked.formula.replace("level_", "")
        raise EngineError(f"the engine broke off at {said}: {error}") from error
    return _engine_fit(raw, distribution, asked)


def _obstacle(asked: Prepared, weights: np.ndarray | None) -> str:
    """Why there cannot be more than one node with several groupings; blank where there can."""
    return "the rows have weights" if weights is not None else why_not_nested(asked)


def _with_nodes(fit: EngineFit, asked: Prepared, nodes: int, quick: bool) -> EngineFit:
    """A fit of groupings that nest by as many quadrature nodes, or as it is with the reason."""
    density = fit.distribution.density
    if density is None:
        return replace(fit, no_quadrature="the distribution says nothing of single outcomes")
    if fit.aliased or not fit.converged or not np.all(np.isfinite(fit.beta)):
        return replace(fit, no_quadrature="Laplace's approximation, from which it starts, has no estimates")
    found = fit_nested(asked, fit, density, nodes, quick=quick)
    return found if found.nagq > 1 else replace(found, no_quadrature=NO_MAXIMUM)


def contrast_test(fit: EngineFit, names: Sequence[str]) -> Contrast:
    """F test that the coefficients ``names`` of a linear model are all zero, Satterthwaite's df."""
    rows = np.zeros((len(names), len(fit.names)))
    for row, name in enumerate(names):
        rows[row, fit.names.index(name)] = 1.0
    return fit.contrast(rows)


def _engine_fit(raw: glmm.Fit, distribution: Distribution, asked: Prepared) -> EngineFit:
    groupings = asked.groupings
    names = tuple(str(name) for name in raw.names)
    kept = {f"level_{grouping.name}": grouping for grouping in groupings}
    order = [grouping.name for grouping in groupings]
    covariances = [
        _covariance(raw, place, kept[name], terms)
        for place, (name, terms) in enumerate(raw.re_groups)
        if len(raw.varcorr)  # a fit that diverged has none
    ]
    effects = [_effects(block, kept) for block in raw.ranef_blocks]
    return EngineFit(
        distribution=distribution,
        formula=asked.formula.replace("level_", ""),
        engine=engine_name(),
        names=names,
        beta=_fixed(raw.beta),
        se=_fixed(raw.se),
        vcov=_fixed(raw.vcov).reshape(len(names), len(names)),
        df=_fixed(raw.coef_df),
        loglik=float(raw.loglik),
        parameters=int(raw.df),
        reml=bool(raw.reml),
        dispersion=float(raw.dispersion),
        covariances=tuple(sorted(covariances, key=lambda one: order.index(one.grouping))),
        effects=tuple(sorted(effects, key=lambda one: order.index(one.grouping))),
        fitted=_fixed(raw.fitted),
        response=_fixed(raw.y),
        offset=None if asked.offset is None else _fixed(asked.frame[asked.offset]),
        converged=bool(raw.converged),
        singular=bool(raw.singular),
        aliased=tuple(name for name, gone in zip(names, raw.aliased, strict=True) if gone),
        nobs=int(raw.nobs),
        rows_dropped=len(asked.frame) - int(raw.nobs),
        nagq=int(raw.nagq),
        warnings=tuple(
            f"{found['kind']}: {found['message']}".replace("level_", "") for found in raw.warnings
        ),
        raw=raw,
    )


def _covariance(raw: glmm.Fit, place: int, grouping: Grouping, terms: Sequence[str]) -> GroupCovariance:
    size = len(terms)
    matrix = np.zeros((size, size))
    columns, rows = np.triu_indices(size)  # column-major lower triangle
    matrix[rows, columns] = matrix[columns, rows] = np.asarray(raw.varcorr[place], dtype=float)
    pinned = raw.diagnostics["pinned"]
    edge = np.array(pinned[place], dtype=bool) if len(pinned) else np.zeros(size, dtype=bool)
    held = edge & (np.diag(matrix) < SMALLEST_VARIANCE)  # the engine marks a correlation at 1 the same way
    matrix.setflags(write=False)
    return GroupCovariance(
        grouping.name, tuple(terms), matrix, tuple(map(bool, held)), bool(edge.any() and not held.any())
    )


def _effects(block: Mapping, kept: Mapping[str, Grouping]) -> GroupEffects:
    return GroupEffects(
        kept[block["group"]].name, tuple(block["levels"]), tuple(block["terms"]), _fixed(block["values"])
    )


def _fixed(values: object) -> np.ndarray:
    array = np.array(values, dtype=float)
    array.setflags(write=False)
    return array
