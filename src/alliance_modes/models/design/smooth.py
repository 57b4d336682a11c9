"""A smooth function of one number as columns of a model: a natural cubic spline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Smooth:
    """A natural cubic spline of one column, ready to be evaluated at any value.

    ``column`` is what it is a function of, ``names`` are its columns in the model. The basis of
    ``knots`` is centred and made orthogonal over the rows it was made from, so that its columns
    are uncorrelated and have SD 1 there.
    """

    column: str
    names: tuple[str, ...]
    knots: tuple[float, ...]
    centre: np.ndarray
    transform: np.ndarray

    def at(self, values: np.ndarray) -> np.ndarray:
        """The columns at ``values`` (rows x columns)."""
        return (_basis(np.asarray(values, dtype=float), self.knots) - self.centre) @ self.transform


def smooth_of(values: np.ndarray, column: str, name: str, df: int) -> Smooth:
    """A natural cubic spline with ``df`` columns over the distribution of ``values``.

    Parameters
    ----------
    values : array
        One per row; at least two different ones.
    column, name : str
        What ``values`` are, and what the columns are named after.
    df : int
        Number of columns; fewer where ``values`` has not enough different ones.

    Notes
    -----
    df + 1 knots at equally spaced quantiles from the smallest to the largest value, those that
    coincide counted once; linear beyond the outer ones (Harrell's restricted cubic spline; two knots
    are a straight line). Columns are orthonormalised over the rows by a QR decomposition, which
    changes no fitted value; signs are fixed. Checked against a cubic interpolating spline with
    natural ends.

    References
    ----------
    Harrell (2015) Regression modeling strategies, 2nd ed., section 2.4.5.
    """
    knots = tuple(np.unique(np.quantile(values, np.linspace(0.0, 1.0, df + 1), method="nearest")).tolist())
    distinct, counts = np.unique(values, return_counts=True)
    basis = _basis(distinct, knots)
    weights = counts / counts.sum()
    centre = weights @ basis
    _, upper = np.linalg.qr((basis - centre) * np.sqrt(weights)[:, None])
    upper = upper * np.where(np.diag(upper) < 0, -1.0, 1.0)[:, None]
    names = tuple(f"{name}_smooth_{number + 1}" for number in range(basis.shape[1]))
    return Smooth(column, names, knots, centre, np.linalg.inv(upper))


def _basis(values: np.ndarray, knots: tuple[float, ...]) -> np.ndarray:
    """The value itself, and a cubic per inner knot that is linear beyond the outer knots."""
    last, before = knots[-1], knots[-2]
    width = (last - knots[0]) ** 2

    def cubic(knot: float) -> np.ndarray:
        return np.maximum(values - knot, 0.0) ** 3

    columns = [values]
    for knot in knots[:-2]:
        left = (last - knot) / (last - before)
        right = (before - knot) / (last - before)
        columns.append((cubic(knot) - left * cubic(before) + right * cubic(last)) / width)
    return np.column_stack(columns)
