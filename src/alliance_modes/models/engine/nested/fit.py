"""From a fit by Laplace's approximation to one by quadrature at each level, where groupings nest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from alliance_modes.models.engine.distributions import Density
from alliance_modes.models.engine.fit import EngineFit, GroupCovariance, GroupEffects
from alliance_modes.models.engine.nested.likelihood import NestedLikelihood, Point, Rows
from alliance_modes.models.engine.nested.tree import Tree, tree_of
from alliance_modes.models.engine.prepared import FAILURES, INTERCEPT, Prepared, level_column

STEPS, HALVINGS, EXACT = 40, 12, 1e-6
"""Newton steps, how often one is halved, and the step in standard errors at which they end."""
LONGEST_STEP = 5.0
FALLS = 0.01
"""A fall of the log-likelihood after which a step is halved; the gradient is the likelihood's to the error
of the quadrature, so that near the end a step may lower it by less."""
START_SD, SMALLEST_SD = 0.1, 1e-3
"""Where the search for a standard deviation starts that was at zero, and below which it is zero."""
MORE_NODES = 4
NO_MAXIMUM = "the quadrature found no maximum, which more nodes may"


@dataclass(frozen=True)
class Maximum:
    """Coefficients, SDs (outermost first), and the inverse of the information; an SD at zero has none."""

    beta: np.ndarray
    sds: np.ndarray
    loglik: float
    covariance: np.ndarray
    converged: bool


def fit_nested(
    asked: Prepared, laplace: EngineFit, density: Density, nodes: int, *, quick: bool = False
) -> EngineFit:
    """Fit random intercepts that nest by adaptive quadrature at each level.

    Parameters
    ----------
    asked : Prepared
        What ``laplace`` was fitted to; its groupings nest (``why_not_nested`` is blank).
    laplace : EngineFit
        A converged fit, from which the search starts.
    density : Density
        Of the outcome.
    nodes : int
        At each level, 5 or more.
    quick : bool
        Leave out how far the estimates would move with four more nodes.

    Returns
    -------
    EngineFit
        With ``laplace`` among its fields, and SEs from the Hessian of coefficients and SDs. Where no
        maximum was found: ``laplace`` itself, with a warning.

    Notes
    -----
    See ``NestedLikelihood``. Newton's method; the solution is where the gradient at the nodes as they
    stand is zero, with nodes placed anew after each step. Effects are conditional modes, as of a Laplace fit.
    Rows with a missing value are left out, as by the engine.
    """
    kept = asked.complete()
    tree = tree_of(kept)
    rows = rows_of(kept, laplace)
    likelihood = NestedLikelihood(tree, rows, density, nodes)
    variances = {group.grouping: float(group.covariance[0, 0]) for group in laplace.covariances}
    sds = np.sqrt([variances[name] for name in tree.groupings])
    found = maximum(likelihood, np.array(laplace.beta), sds)
    if not found.converged:
        return replace(laplace, warnings=(*laplace.warnings, NO_MAXIMUM))
    fit = _engine_fit(kept, laplace, tree, rows, found, likelihood, nodes)
    if quick:
        return fit
    more = NestedLikelihood(tree, rows, density, nodes + MORE_NODES)
    return replace(fit, unsettled=_unsettled(more, found))


def maximum(likelihood: NestedLikelihood, beta: np.ndarray, sds: np.ndarray) -> Maximum:
    """Newton's method from these coefficients and SDs."""
    size = len(beta)
    here = np.concatenate([beta, np.maximum(sds, START_SD)])
    point = likelihood.at(beta, here[size:])
    converged = False
    for _ in range(STEPS):
        step, errors = _step(point, here[size:])
        if np.max(np.abs(step) / errors) < EXACT:
            converged = True
            break
        for halving in range(HALVINGS):
            there = _moved(here, step * 0.5**halving, size)
            ahead = likelihood.at(there[:size], there[size:])
            if ahead.loglik >= point.loglik - FALLS:
                break
        else:
            break
        here, point = _off_zero(there, ahead, size), ahead
        if here is not there:
            point = likelihood.at(here[:size], here[size:])
    covariance, found = _covariance(point, here[size:])
    return Maximum(here[:size], here[size:], point.loglik, covariance, converged and found)


def _unsettled(more: NestedLikelihood, found: Maximum) -> float:
    """The Newton step of another likelihood from a maximum, in standard errors, where it is longest."""
    errors = np.sqrt(np.diag(found.covariance))
    step = found.covariance @ more.at(found.beta, found.sds).gradient
    return float(np.max(np.abs(step[errors > 0.0]) / errors[errors > 0.0], initial=0.0))


def _free(point: Point, sds: np.ndarray) -> np.ndarray:
    """Which parameters are searched: all but SDs at zero, where the gradient is zero too."""
    return np.append(np.full(len(point.gradient) - len(sds), True), sds > 0.0)


def _step(point: Point, sds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newton's step, turned uphill where the likelihood curves up, and the length of a standard error."""
    free = _free(point, sds)
    scale = np.sqrt(np.maximum(np.abs(np.diag(point.hessian))[free], 1e-12))
    values, vectors = np.linalg.eigh(-point.hessian[np.ix_(free, free)] / np.outer(scale, scale))
    along = vectors.T @ (point.gradient[free] / scale) / np.maximum(np.abs(values), 1e-6)
    scaled = vectors @ along
    scaled *= min(1.0, LONGEST_STEP / max(float(np.linalg.norm(scaled)), LONGEST_STEP))
    step, errors = np.zeros(len(free)), np.ones(len(free))
    step[free], errors[free] = scaled / scale, 1.0 / scale
    return step, errors


def _moved(here: np.ndarray, step: np.ndarray, size: int) -> np.ndarray:
    """The next point; the sign of an SD means nothing."""
    there = here + step
    there[size:] = np.abs(there[size:])
    there[size:][there[size:] < SMALLEST_SD] = 0.0
    return there


def _off_zero(here: np.ndarray, point: Point, size: int) -> np.ndarray:
    """The point with SDs taken off zero where the likelihood curves up in them; itself where none is."""
    stuck = (here[size:] == 0.0) & (np.diag(point.hessian)[size:] > 0.0)
    if not stuck.any():
        return here
    return np.append(here[:size], np.where(stuck, START_SD, here[size:]))


def _covariance(point: Point, sds: np.ndarray) -> tuple[np.ndarray, bool]:
    """Inverse of the information, zero for SDs at zero, and whether the point is a maximum."""
    free = _free(point, sds)
    values, vectors = np.linalg.eigh(-point.hessian[np.ix_(free, free)])
    found = np.zeros(point.hessian.shape)
    if values[0] <= 0.0:
        return found, False
    found[np.ix_(free, free)] = (vectors / values) @ vectors.T
    return found, True


def rows_of(kept: Prepared, laplace: EngineFit) -> Rows:
    """Complete rows with the coefficients' columns in the order of a fit."""
    frame = kept.frame
    columns = [
        np.ones(len(frame)) if name == INTERCEPT else frame[name].to_numpy(dtype=float)
        for name in laplace.names
    ]
    if isinstance(kept.response, str):
        outcome, trials = frame[kept.response], np.ones(len(frame))
    else:
        outcome = frame[kept.response[0]]
        trials = (outcome + frame[FAILURES]).to_numpy(dtype=float)
    offset = np.zeros(len(frame)) if kept.offset is None else frame[kept.offset].to_numpy(dtype=float)
    return Rows(
        outcome.to_numpy(dtype=float)[:, None],
        trials[:, None],
        offset[:, None],
        np.column_stack(columns) if columns else np.zeros((len(frame), 0)),
    )


def _engine_fit(
    kept: Prepared,
    laplace: EngineFit,
    tree: Tree,
    rows: Rows,
    found: Maximum,
    likelihood: NestedLikelihood,
    nodes: int,
) -> EngineFit:
    size = len(found.beta)
    vcov = found.covariance[:size, :size]
    sds = dict(zip(tree.groupings, map(float, found.sds), strict=True))
    effects, predictor = _effects(kept, laplace, tree, likelihood.modes(found.beta, found.sds))
    fixed = rows.offset[:, 0] + rows.fixed @ found.beta
    return replace(
        laplace,
        engine=f"{laplace.engine}, then nested quadrature",
        beta=held(found.beta),
        se=held(np.sqrt(np.diag(vcov))),
        vcov=held(vcov),
        loglik=found.loglik,
        covariances=tuple(
            GroupCovariance(
                one.grouping, one.terms, held(np.array([[sds[one.grouping] ** 2]])), (not sds[one.grouping],)
            )
            for one in laplace.covariances
        ),
        effects=effects,
        fitted=held(laplace.distribution.link.mean(fixed + predictor)),
        singular=bool(np.any(found.sds == 0.0)),
        nagq=nodes,
        laplace=laplace,
    )


def _effects(
    kept: Prepared, laplace: EngineFit, tree: Tree, modes: list[np.ndarray]
) -> tuple[tuple[GroupEffects, ...], np.ndarray]:
    """The modes as the engine has them, and their sum by row."""
    columns = {one.name: level_column(one) for one in kept.groupings}
    predictor, blocks = np.zeros(len(kept.frame)), {}
    for name, codes, values in zip(tree.groupings, tree.codes, modes, strict=True):
        level = kept.frame[columns[name]].cat
        by_code = np.zeros(len(level.categories))
        by_code[codes] = values
        predictor += by_code[level.codes]
        blocks[name] = dict(zip(map(str, level.categories), by_code, strict=True))
    effects = tuple(
        replace(one, values=held(np.array([[blocks[one.grouping][level]] for level in one.levels])))
        for one in laplace.effects
    )
    return effects, predictor


def held(values: np.ndarray) -> np.ndarray:
    """The array, which nobody can change any more."""
    values.setflags(write=False)
    return values
