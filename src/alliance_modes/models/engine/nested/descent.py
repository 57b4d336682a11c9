"""Down along a gradient, also where what is minimised, a sum over very many rows, has no more digits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

Downhill = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""From a place to the value there and its slope."""

CLOSE = 1e-3
"""The slope in each direction with which a search may have ended: an estimate is then .001 SE off at most."""
ITERATIONS, STEPS = 200, 5


def descended(downhill: Downhill, start: np.ndarray, exact: float) -> tuple[np.ndarray, np.ndarray]:
    """A minimum by BFGS, and the slope there, which tells whether it is one.

    Parameters
    ----------
    downhill : function
        Of a place whose parts are about in standard errors.
    start : array
    exact : float
        The slope at which the search ends.

    Notes
    -----
    The search compares values, and ends where rounding is all by which they differ: of a deviance of 10^7
    that is at a slope of some 1e-3. From there on the slope alone is followed, by the curvature that was
    found.
    """
    options = {"gtol": exact, "maxiter": ITERATIONS}
    found = minimize(downhill, start, jac=True, method="BFGS", options=options)
    place, slope = found.x, found.jac
    for _ in range(STEPS):
        if np.max(np.abs(slope)) <= CLOSE:
            break
        ahead = place - found.hess_inv @ slope
        there = downhill(ahead)[1]
        if not np.max(np.abs(there)) < np.max(np.abs(slope)):
            break
        place, slope = ahead, there
    return place, slope
