"""A linear fit by restricted maximum likelihood where groupings nest, found along the gradient.

For many rows: glmm searches the factors of the covariances without a derivative, all effects at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize

from alliance_modes.models.engine.distributions import NORMAL
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.layout import Factors, Layout
from alliance_modes.models.engine.nested.assembled import (
    assembled,
    at_an_edge,
    layout_of,
    slope_scale,
    slopes_of,
    steepness,
    turned_up,
)
from alliance_modes.models.engine.nested.fit import held
from alliance_modes.models.engine.nested.linear.deviance import NestedDeviance
from alliance_modes.models.engine.nested.tree import Tree, tree_of
from alliance_modes.models.engine.prepared import INTERCEPT, Prepared, level_column
from alliance_modes.models.engine.restricted.search import Look, RestrictedSearch
from alliance_modes.models.engine.start import lower_factor

ENGINE = "restricted likelihood along its gradient"

START_SD = 0.3
"""Where the search for the SD of an effect begins, in residual SDs: of what it adds to a row where its column
is one SD (a slope) or 1 (an intercept)."""
NEAR, ITERATIONS = 1e-2, 100
"""The slope of the deviance at which the search from far away ends, and how many steps it takes."""


def fit_linear(
    asked: Prepared,
    *,
    weights: np.ndarray | None = None,
    start: EngineFit | None = None,
    quick: bool = False,
) -> EngineFit | None:
    """Fit random effects that nest by restricted maximum likelihood; None where the engine has to.

    Parameters
    ----------
    asked : Prepared
        What is fitted; its groupings nest (``why_crossing`` is blank), and it has no offset.
    weights : array, optional
        Prior weights of the rows, all above 0: the residual variance is divided by them.
    start : EngineFit, optional
        A fit of the same random effects from whose variances the search begins.
    quick : bool
        Without df.

    Returns
    -------
    EngineFit or None
        None where columns tell one another, a grouping has one level, a slope's column one value, no minimum
        was found, or rows with weights have missing values; or where a grouping with slopes is nearly at the
        edge of what it can be, and not at it.

    Notes
    -----
    The maximum is glmm's and lme4's; see ``NestedDeviance`` and ``RestrictedSearch``. Df are Satterthwaite's.
    Rows with a missing value are left out, as by the engine.
    """
    kept = asked.complete()
    if weights is not None and len(kept.frame) < len(weights):
        return None
    if any(len(kept.frame[level_column(one)].cat.categories) < 2 for one in kept.groupings):
        return None
    tree = tree_of(kept)
    slopes = slopes_of(kept)
    if any(np.any(of.std(axis=0) == 0.0) for of in slopes.values()):
        return None
    both = _both(kept)
    deviance = NestedDeviance(tree, both, slopes, weights)
    layout = layout_of(tree, slopes)
    try:
        search = _search(deviance, layout, tree, slopes, start)
        found = search.minimum(deviance)
        if found is None:
            return None
        if search.held.any() and np.any(search.beside(deviance, found)[search.held] < 0.0):
            return None
        if np.any(at_an_edge(layout, found.point, tree, slopes) & ~search.held):
            return None
        fit = _engine_fit(asked, kept, both, tree, layout.factors(found.point), found, deviance)
        if quick:
            return replace(fit, df=held(np.full(len(fit.beta), np.nan)))
        moved = search.moved(deviance, found)
    except np.linalg.LinAlgError:  # columns that all but tell one another
        return None
    return replace(fit, df=held(moved.df(np.eye(len(fit.beta)))), satterthwaite=moved)


def _both(kept: Prepared) -> np.ndarray:
    """The fixed-effect columns and, last, the outcome: rows x columns."""
    columns = [kept.frame[name].to_numpy(dtype=float) for name in (*kept.fixed, str(kept.response))]
    return np.column_stack([*([np.ones(len(kept.frame))] if kept.intercept else []), *columns])


def _search(
    deviance: NestedDeviance,
    layout: Layout,
    tree: Tree,
    slopes: Mapping[str, np.ndarray],
    known: EngineFit | None,
) -> RestrictedSearch:
    """From the variances of another fit of the same random effects; else from near the minimum."""
    there = {} if known is None else {one.grouping: one.covariance for one in known.covariances}
    if known is not None and layout.terms == tuple(len(there.get(name, ())) for name in tree.groupings):
        factors = [lower_factor(there[name]) / np.sqrt(known.dispersion) for name in tree.groupings]
        point = layout.values(factors)
        if not at_an_edge(layout, point, tree, slopes).any():
            return RestrictedSearch(deviance, layout, point)
    start = layout.values([START_SD * np.diag(1.0 / slope_scale(name, slopes)) for name in tree.groupings])
    near, hessian = _near(deviance, layout, start, steepness(tree, slopes))
    return RestrictedSearch(deviance, layout, near, hessian, at_an_edge(layout, near, tree, slopes))


def _near(
    deviance: NestedDeviance, layout: Layout, start: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters near the minimum, from far away, and the Hessian there, as the way to it shows it."""

    def downhill(place: np.ndarray) -> tuple[float, np.ndarray]:
        fit, gradient = deviance(layout.factors(place / scale))
        return fit.deviance, layout.values(gradient) / scale

    options = {"gtol": NEAR, "maxiter": ITERATIONS}
    found = minimize(downhill, start * scale, jac=True, method="BFGS", options=options)
    turned = turned_up(layout, found.x)
    hessian = np.linalg.inv(found.hess_inv) * np.outer(scale * turned, scale * turned)
    return turned * found.x / scale, hessian


def _engine_fit(
    asked: Prepared,
    kept: Prepared,
    both: np.ndarray,
    tree: Tree,
    factors: Factors,
    found: Look,
    deviance: NestedDeviance,
) -> EngineFit:
    fit = found.fit
    made = assembled(
        kept, tree, [np.sqrt(fit.dispersion) * one for one in factors], deviance.effects(factors)
    )
    return EngineFit(
        distribution=NORMAL,
        formula=asked.formula.replace("level_", ""),
        engine=ENGINE,
        names=(*((INTERCEPT,) if kept.intercept else ()), *kept.fixed),
        beta=held(fit.beta),
        se=held(np.sqrt(np.diag(fit.vcov))),
        vcov=held(fit.vcov),
        df=held(np.full(len(fit.beta), np.nan)),
        loglik=-fit.deviance / 2.0,
        parameters=len(fit.beta) + len(found.point) + 1,
        reml=True,
        dispersion=fit.dispersion,
        covariances=made.covariances,
        effects=made.effects,
        fitted=held(both[:, :-1] @ fit.beta + made.of_row),
        response=held(both[:, -1].copy()),
        offset=None,
        converged=True,
        singular=made.singular,
        aliased=(),
        nobs=len(kept.frame),
        rows_dropped=len(asked.frame) - len(kept.frame),
        nagq=1,
        warnings=made.warnings,
        raw=None,
    )
