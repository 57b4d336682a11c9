"""Separation of 0/1 outcomes: some combination of predictors leaves no row on the wrong side."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from alliance_modes.models.design import OUTCOME, Design
from alliance_modes.models.engine import INTERCEPT

SMALLEST_PART = 1e-6


def separating_columns(design: Design) -> tuple[str, ...]:
    """Columns that separate the outcomes, completely or in part; none where none do.

    Those that do it alone where there are any, else those of a combination that does.

    Notes
    -----
    A linear programme (Konis 2007): is there a direction d with x'd >= 0 for every row with outcome
    1, x'd <= 0 for every row with outcome 0, and more than zero somewhere? Along it the likelihood
    only grows, whatever the random effects, so that no finite estimate exists.

    References
    ----------
    Konis (2007) Linear programming algorithms for detecting separated data in binary logistic
    regression models, DPhil thesis, Oxford.
    """
    alone = tuple(name for name in design.fixed if _separates_alone(design, name))
    return alone or _separating_combination(design)


def _separates_alone(design: Design, name: str) -> bool:
    values = design.frame[name].to_numpy(dtype=float)
    positive = design.frame[OUTCOME].to_numpy(dtype=float) > 0.5
    with_event, without = values[positive], values[~positive]
    return bool(with_event.min() >= without.max() or with_event.max() <= without.min())


def _separating_combination(design: Design) -> tuple[str, ...]:
    matrix = design.matrix()
    scale = np.maximum(np.abs(matrix).max(axis=0), SMALLEST_PART)
    sign = np.where(design.frame[OUTCOME].to_numpy(dtype=float) > 0.5, 1.0, -1.0)
    signed = matrix / scale * sign[:, None]
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1.0, 1.0))
    if found.status != 0 or -found.fun < SMALLEST_PART:
        return ()
    names = (INTERCEPT, *design.fixed)
    parts = [name for name, part in zip(names, found.x, strict=True) if abs(part) > SMALLEST_PART]
    return tuple(name for name in parts if name != INTERCEPT)
