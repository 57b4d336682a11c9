"""Separation of ordered levels: some combination of predictors leaves no row past its thresholds."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from alliance_modes.models.design.design import OUTCOME, Design

SMALLEST_PART = 1e-6


def columns_separating_levels(design: Design) -> tuple[str, ...]:
    """Columns that separate the levels, completely or in part; none where none do.

    Those that do it alone where there are any, else those of a combination that does.

    Notes
    -----
    A linear programme: are there a direction d of the coefficients and a move t of the thresholds with
    x'd >= t of the threshold below each row's level, x'd <= t of the one above it, and more or less than it
    somewhere? Along it the likelihood only grows, whatever the random effects. It is that of 0/1 outcomes
    (Konis 2007) at every threshold at once; a level's rows keep the moves in their order.

    References
    ----------
    Konis (2007) Linear programming algorithms for detecting separated data in binary logistic regression
    models, DPhil thesis, Oxford; Albert & Anderson (1984) doi 10.1093/biomet/71.1.1.
    """
    codes = np.unique(design.frame[OUTCOME].to_numpy(dtype=float), return_inverse=True)[1]
    matrix = design.frame[list(design.fixed)].to_numpy(dtype=float)
    alone = tuple(name for place, name in enumerate(design.fixed) if _in_order(matrix[:, place], codes))
    return alone or _together(design.fixed, matrix, codes)


def _in_order(values: np.ndarray, codes: np.ndarray) -> bool:
    """Whether one column is nowhere lower (or nowhere higher) in a level than in the one before it."""
    levels = [values[codes == level] for level in range(codes.max() + 1)]
    least, most = np.array([one.min() for one in levels]), np.array([one.max() for one in levels])
    return bool(np.all(least[1:] >= most[:-1]) or np.all(most[1:] <= least[:-1]))


def _together(names: tuple[str, ...], matrix: np.ndarray, codes: np.ndarray) -> tuple[str, ...]:
    scaled = matrix / np.maximum(np.abs(matrix).max(axis=0), SMALLEST_PART)
    rows, thresholds = np.arange(len(codes)), int(codes.max())
    parts = []
    for here, sign, moved in ((codes > 0, 1.0, codes - 1), (codes < thresholds, -1.0, codes)):
        count = int(here.sum())
        ones = (np.ones(count), (np.arange(count), moved[here]))
        moves = sparse.csr_matrix(ones, shape=(count, thresholds))
        parts.append(sign * sparse.hstack([sparse.csr_matrix(scaled[rows[here]]), -moves]))
    room = sparse.csr_matrix(sparse.vstack(parts))
    found = linprog(
        -np.asarray(room.sum(axis=0)).ravel(), A_ub=-room, b_ub=np.zeros(room.shape[0]), bounds=(-1.0, 1.0)
    )
    if found.status != 0 or -found.fun < SMALLEST_PART:
        return ()
    return tuple(name for name, part in zip(names, found.x, strict=False) if abs(part) > SMALLEST_PART)
