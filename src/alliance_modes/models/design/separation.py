"""Separation of 0/1 outcomes: some combination of predictors leaves no row on the wrong side."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import linprog
from scipy.special import expit

from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.engine.prepared import INTERCEPT

SMALLEST_PART = 1e-6
STEPS = 12
"""Of a search for weights that cancel; where they can be found, five to eight are enough."""


def separating_columns(design: Design) -> tuple[str, ...]:
    """Columns that separate the outcomes, completely or in part; none where none do.

    Those that do it alone where there are any, else those of a combination that does.

    Notes
    -----
    A linear programme (Konis 2007): is there a direction d with x'd >= 0 for every row with outcome
    1, x'd <= 0 for every row with outcome 0, and more than zero somewhere? (A count stands for as many
    rows of each kind as it has events and non-events.) Along it the likelihood
    only grows, whatever the random effects, so that no finite estimate exists. It is not solved where
    positive weights of the rows cancel (``cancel``), which rules such a direction out in less time.

    References
    ----------
    Konis (2007) Linear programming algorithms for detecting separated data in binary logistic
    regression models, DPhil thesis, Oxford.
    """
    alone = tuple(name for name in design.fixed if _separates_alone(design, name))
    return alone or _separating_combination(design)


def _seen(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Rows in which the event was seen, and rows in which its absence was; a count can be both."""
    outcome = design.frame[OUTCOME].to_numpy(dtype=float)
    most = 1.0 if design.trials is None else design.trials
    return outcome > 0.0, outcome < most


def _separates_alone(design: Design, name: str) -> bool:
    values = design.frame[name].to_numpy(dtype=float)
    event, none = _seen(design)
    with_event, without = values[event], values[none]
    return bool(with_event.min() >= without.max() or with_event.max() <= without.min())


def _separating_combination(design: Design) -> tuple[str, ...]:
    matrix = design.matrix()
    scale = np.maximum(np.abs(matrix).max(axis=0), SMALLEST_PART)
    event, none = _seen(design)
    signed = np.vstack([matrix[event] / scale, -matrix[none] / scale])
    if cancel(signed):
        return ()
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1.0, 1.0))
    if found.status != 0 or -found.fun < SMALLEST_PART:
        return ()
    names = (INTERCEPT, *design.fixed)
    parts = [name for name, part in zip(names, found.x, strict=True) if abs(part) > SMALLEST_PART]
    return tuple(name for name in parts if name != INTERCEPT)


def cancel(signed: np.ndarray) -> bool:
    """Whether positive weights of the rows were found whose weighted sum is zero.

    Parameters
    ----------
    signed : array (rows x columns)
        Predictors of rows with the event, and minus those of rows without.

    Notes
    -----
    Then no direction d separates (Stiemke's theorem). The weights are those of the logistic regression,
    1 - chance of what was seen, at which its score w'S is zero. The sum need not be exactly so: a direction
    of length 1 that separates has w'Sd >= min(w) |Sd| >= min(w) s, s the least singular value of S, and
    w'Sd <= |w'S|, so that |w'S| < min(w) s shows that there is none. Not found says nothing.
    """
    least = float(np.linalg.eigvalsh(signed.T @ signed)[0])
    if least < SMALLEST_PART:
        return False
    place = np.zeros(signed.shape[1])
    for _ in range(STEPS):
        weights = expit(-(signed @ place))
        left = signed.T @ weights
        if float(np.linalg.norm(left)) < 0.5 * float(weights.min()) * math.sqrt(least):
            return True
        information = signed.T @ (signed * (weights * (1.0 - weights))[:, None])
        try:
            place = place + np.linalg.solve(information, left)
        except np.linalg.LinAlgError:
            return False
        if not np.isfinite(place).all():
            return False
    return False
