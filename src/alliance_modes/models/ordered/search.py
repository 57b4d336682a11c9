"""The search for the minimum of a deviance of random effects, with its curvature there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from alliance_modes.models.engine.glmm import EngineError
from alliance_modes.models.variances.deviances import Deviance

SMALLEST_SD, NOT_ZERO = 1e-4, 1e-3
"""Least standard deviation of the search, and the least that is above zero in it."""
ABOVE_ZERO = (0.3, 0.1, 0.05, 0.02)
"""Where the search looks for a lower deviance once a standard deviation has come near zero."""
DOUBTFUL, SAME = 0.1, 1e-7
"""Standard deviations that are compared with zero, and by how much the deviance may be higher there."""
FIRST_SD = 0.05
"""Least standard deviation that it starts from: at zero the likelihood is flat."""
STEPS, EXACT, DIFFERENCE = 400, 1e-6, 1e-3
FLAT = 1e-6
"""Least curvature, per length of a parameter, of a likelihood that has a maximum."""
POLISHING, ARRIVED = 6, 1e-3
"""Newton's steps after the search, and how far from the maximum, in standard errors, it may end."""


@dataclass(frozen=True)
class Found:
    """Where a search ended: parameters, deviance, their covariance, and which were held at zero."""

    deviance: Deviance
    values: np.ndarray
    smallest: float
    covariance: np.ndarray
    held: np.ndarray
    warnings: tuple[str, ...]


def coordinates(deviance: Deviance, begin: np.ndarray, lengths: np.ndarray, factors: int) -> np.ndarray:
    """Coordinates of a search: a root of the covariance of what are no factors.

    Parameters
    ----------
    deviance : Deviance
        Of the rows without random effects, so that it costs next to nothing.
    begin, lengths : array
        Parameters, the ``factors`` of covariances first, and a length for each.
    """
    begin, lengths = begin[factors:], lengths[factors:]
    hessian = curvature(deviance, begin, deviance(begin)[1], lengths, np.arange(len(begin)))
    values, vectors = np.linalg.eigh(hessian * np.outer(lengths, lengths))
    if not np.all(np.isfinite(values)) or values[0] <= FLAT:
        return np.diag(lengths)
    return np.asarray(lengths[:, None] * vectors * np.sqrt(2.0 / values))


def searched(
    deviance: Deviance, begin: np.ndarray, lengths: np.ndarray, root: np.ndarray, *, quick: bool
) -> Found:
    """The minimum of a deviance, standard deviations not below zero, and the covariance there.

    Parameters
    ----------
    deviance : Deviance
    begin, lengths : array
        Parameters to start from, and a length for each.
    root : array
        From ``coordinates``.
    quick : bool
        The covariance from differences to one side.

    Raises
    ------
    EngineError
        The search ran off to where nothing is a number.
    """
    diagonal = np.zeros(len(begin), dtype=bool)
    if deviance.layout.size:
        diagonal[: deviance.layout.size] = deviance.layout.diagonal()
    values = np.where(diagonal, np.maximum(begin, FIRST_SD), begin)
    values = _minimum(deviance, values, lengths, diagonal, root)
    better = _above_zero(deviance, values, diagonal)
    if better is not None:
        values = _minimum(deviance, better, lengths, diagonal, root)
    held = _at_zero(deviance, values, diagonal)
    values = np.where(held, SMALLEST_SD, values)
    return _polished(deviance, values, lengths, held, quick=quick)


def _minimum(
    deviance: Deviance, values: np.ndarray, lengths: np.ndarray, diagonal: np.ndarray, root: np.ndarray
) -> np.ndarray:
    """The search: factors by their lengths, what else there is in the coordinates of ``root``."""
    first = deviance.layout.size

    def at(scaled: np.ndarray) -> np.ndarray:
        return np.concatenate([scaled[:first] * lengths[:first], root @ scaled[first:]])

    def of(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = deviance(at(scaled))
        return value, np.concatenate([gradient[:first] * lengths[:first], root.T @ gradient[first:]])

    begin = np.concatenate([values[:first] / lengths[:first], np.linalg.solve(root, values[first:])])
    bounds = [
        (SMALLEST_SD / length, None) if held else (None, None)
        for held, length in zip(diagonal, lengths, strict=True)
    ]
    options = {"ftol": EXACT, "maxiter": STEPS}
    with np.errstate(all="ignore"):
        found = minimize(of, begin, jac=True, bounds=bounds, method="SLSQP", options=options)
    if not np.all(np.isfinite(found.x)):
        raise EngineError("the search for the maximum of the likelihood ended nowhere")
    return at(found.x)


def _above_zero(deviance: Deviance, values: np.ndarray, diagonal: np.ndarray) -> np.ndarray | None:
    """Where to search again: a standard deviation near zero, where the slope is next to none, moved to where
    the deviance is lower; None where none is."""
    best, smallest = values, deviance(values)[0]
    for place in np.flatnonzero(diagonal & (values < DOUBTFUL)):
        for above in ABOVE_ZERO:
            moved = best.copy()
            moved[place] = above
            value = deviance(moved)[0]
            if value < smallest - SAME:
                best, smallest = moved, value
    return None if best is values else best


def _at_zero(deviance: Deviance, values: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """Standard deviations at zero: the small ones without which the deviance is not higher."""
    held = diagonal & (values < NOT_ZERO)
    smallest = deviance(np.where(held, SMALLEST_SD, values))[0]
    for place in np.flatnonzero(diagonal & ~held & (values < DOUBTFUL)):
        tried = held.copy()
        tried[place] = True
        without = deviance(np.where(tried, SMALLEST_SD, values))[0]
        if without <= smallest + SAME:
            held, smallest = tried, without
    return held


def _polished(
    deviance: Deviance, values: np.ndarray, lengths: np.ndarray, held: np.ndarray, *, quick: bool
) -> Found:
    """Newton's last steps with the Hessian, whose inverse is the covariance."""
    free = np.flatnonzero(~held)
    smallest, gradient = deviance(values)
    covariance = _covariance(deviance, values, gradient, lengths, free, quick=quick)
    if covariance is None:
        unknown = np.full((len(values), len(values)), np.nan)
        flat = "the likelihood is flat or has no maximum where the search ended"
        return Found(deviance, values, smallest, unknown, held, (flat,))
    distance = np.inf
    for _ in range(POLISHING):
        distance = float(np.sqrt(gradient @ covariance @ gradient)) / 2.0
        if distance < ARRIVED / 100.0:
            break
        step = covariance @ gradient / 2.0
        for part in (1.0, 0.5, 0.25):
            there = values - part * step
            value, slopes = deviance(there)
            if value < smallest:
                break
        else:
            break
        values, smallest, gradient = there, value, slopes
    said = () if distance < ARRIVED else (f"the search ended {distance:.2g} SE from the maximum",)
    return Found(deviance, values, smallest, covariance, held, said)


def _covariance(
    deviance: Deviance,
    values: np.ndarray,
    gradient: np.ndarray,
    lengths: np.ndarray,
    free: np.ndarray,
    *,
    quick: bool,
) -> np.ndarray | None:
    """Twice the inverse Hessian in the free parameters, zeros elsewhere; None where there is none."""
    hessian = curvature(deviance, values, gradient, lengths, free, quick=quick)
    scaled = hessian * np.outer(lengths[free], lengths[free])
    if not np.all(np.isfinite(scaled)) or np.linalg.eigvalsh(scaled)[0] <= FLAT:
        return None
    found = np.zeros((len(values), len(values)))
    found[np.ix_(free, free)] = 2.0 * np.linalg.inv(hessian)
    return found


def curvature(
    deviance: Deviance,
    values: np.ndarray,
    gradient: np.ndarray,
    lengths: np.ndarray,
    free: np.ndarray,
    *,
    quick: bool = False,
) -> np.ndarray:
    """The Hessian of a deviance in its free parameters, from differences of its gradient.

    ``lengths`` are those of the parameters, ``free`` the places of those that are moved; ``quick`` takes
    differences to one side.
    """
    rows = []
    for place in free:
        step = np.zeros(len(values))
        step[place] = DIFFERENCE * lengths[place]
        after = deviance(values + step)[1]
        before = gradient if quick else deviance(values - step)[1]
        rows.append((after - before)[free] / (step[place] * (1.0 if quick else 2.0)))
    hessian = np.array(rows)
    return np.asarray(hessian + hessian.T) / 2.0
