"""Residual checks of 0/1 outcomes and counts: what was observed among what the fit would draw.

A residual of a 0/1 outcome has no shape to look at. Here outcomes are drawn from the fit (new random
effects), and summaries of the observed outcomes are placed among those of the draws, as in DHARMa.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from alliance_modes.models.design.design import GROUPING_COLUMNS, OUTCOME, Design
from alliance_modes.models.effects.prediction import simulate
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.random_effects import fixed_matrix
from alliance_modes.models.result import Check, Diagnostic

SHAPE, SPREAD = "residual shape", "residual spread"
DRAWS = 499
DRAWS_OF_MANY_ROWS, MANY_ROWS = 199, 100_000
VALUES_AT_ONCE = 5_000_000
BINS = 10
FEWEST_CLUSTERS = 8
CONCERN = 0.01


def simulated_residuals(
    design: Design, fit: EngineFit, groupings: Sequence[Grouping], seed: Sequence[int]
) -> tuple[Diagnostic, Diagnostic]:
    """Residual shape and spread of a model of 0/1 outcomes, counts or ordered levels.

    Parameters
    ----------
    design : Design
        The rows of the fit.
    fit : EngineFit
        A converged fit.
    groupings : sequence of Grouping
        Its random effects.
    seed : sequence of int
        Where the draws start.

    Returns
    -------
    (Diagnostic, Diagnostic)
        ``fail`` where p < .01.

    Notes
    -----
    Shape: events (or the sum of the levels) in ten equal parts of the rows, by the fixed part of the linear
    predictor, less their mean over the draws, squared and over their variance, summed. Spread: the sum over
    clusters (of the first grouping with at least eight) of the squared distance of their events from the mean
    over the draws; too large is overdispersion, too small its opposite.
    p = (1 + draws at or beyond) / (1 + draws), two-sided for spread. Coefficients and variances are held, so
    that p errs on the large side.

    References
    ----------
    Dunn & Smyth (1996) doi 10.1080/10618600.1996.10474708; Hartig, DHARMa (R package).
    """
    parts = _parts(design, fit)
    cluster = _clusters(design, groupings)
    rng = np.random.default_rng(list(seed))
    drawn_parts, drawn_clusters = _totals(design, fit, groupings, rng, parts, cluster)
    observed = design.frame[OUTCOME].to_numpy(dtype=float)
    draws = drawn_parts.shape[0]
    p = _shape_p(np.bincount(parts, observed), drawn_parts)
    summed = fit.distribution.summed
    said = f"{summed} over {parts.max() + 1} parts of the predicted: p = {p:.3g}"
    shape = _diagnostic(SHAPE, p, said, draws)
    if drawn_clusters is None or cluster is None:
        return shape, Diagnostic(
            check=SPREAD, result="not_checked", detail=f"no grouping with {FEWEST_CLUSTERS} levels"
        )
    name, codes = cluster
    p, ratio = _spread_p(np.bincount(codes, observed), drawn_clusters)
    said = f"spread of {summed} over {name}s {ratio:.2f} times that of the draws: p = {p:.3g}"
    return shape, _diagnostic(SPREAD, p, said, draws)


def _parts(design: Design, fit: EngineFit) -> np.ndarray:
    fixed = fixed_matrix(fit, design.frame) @ fit.beta
    if design.offsets is not None:
        fixed = fixed + design.offsets
    order = np.argsort(np.argsort(fixed, kind="stable"), kind="stable")
    return (order * min(BINS, len(fixed)) // len(fixed)).astype(np.int64)


def _clusters(design: Design, groupings: Sequence[Grouping]) -> tuple[str, np.ndarray] | None:
    for grouping in groupings:
        column = GROUPING_COLUMNS.get(grouping.name)
        if column is not None and design.frame[column].nunique() >= FEWEST_CLUSTERS:
            codes = np.unique(design.frame[column].to_numpy(dtype=str), return_inverse=True)[1]
            return grouping.name, codes
    return None


def _totals(
    design: Design,
    fit: EngineFit,
    groupings: Sequence[Grouping],
    rng: np.random.Generator,
    parts: np.ndarray,
    cluster: tuple[str, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Events per part and per cluster, by draw; a few draws at once, so that many rows fit."""
    rows = len(design.frame)
    draws = DRAWS if rows <= MANY_ROWS else DRAWS_OF_MANY_ROWS
    step = max(VALUES_AT_ONCE // rows, 1)
    of_parts, of_clusters = [], []
    to_parts = _summing(parts)
    to_clusters = None if cluster is None else _summing(cluster[1])
    for first in range(0, draws, step):
        count = min(step, draws - first)
        outcome = simulate(
            fit, groupings, design.frame, rng, count, trials=design.trials, offset=design.offsets
        )
        of_parts.append((to_parts @ outcome).T)
        if to_clusters is not None:
            of_clusters.append((to_clusters @ outcome).T)
    return np.concatenate(of_parts), np.concatenate(of_clusters) if of_clusters else None


def _summing(codes: np.ndarray) -> sparse.csr_matrix:
    """What sums rows by their codes: codes x rows."""
    rows = len(codes)
    return sparse.csr_matrix((np.ones(rows), (codes, np.arange(rows))))


def _shape_p(observed: np.ndarray, drawn: np.ndarray) -> float:
    mean, variance = drawn.mean(axis=0), np.maximum(drawn.var(axis=0), 1e-12)
    distance = ((observed - mean) ** 2 / variance).sum()
    return _share(((drawn - mean) ** 2 / variance).sum(axis=1) >= distance)


def _spread_p(observed: np.ndarray, drawn: np.ndarray) -> tuple[float, float]:
    mean = drawn.mean(axis=0)
    distance, distances = ((observed - mean) ** 2).sum(), ((drawn - mean) ** 2).sum(axis=1)
    above, below = _share(distances >= distance), _share(distances <= distance)
    return min(2.0 * min(above, below), 1.0), float(distance / distances.mean())


def _share(reached: np.ndarray) -> float:
    return float((1 + reached.sum()) / (1 + len(reached)))


def _diagnostic(check: str, p: float, detail: str, draws: int) -> Diagnostic:
    result: Check = "fail" if p < CONCERN else "pass"
    return Diagnostic(check=check, result=result, detail=f"{detail} ({draws} draws)")
