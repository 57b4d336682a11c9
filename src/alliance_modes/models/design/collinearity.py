"""How far the predictors of a design determine each other, and whether one says anything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alliance_modes.models.design.design import Design

NOTHING_LEFT, DETERMINED = 1e-14, 1e12
"""Of the length of a column what counts as none, and the inflation from which it is taken as infinite."""

ROWS_AT_ONCE = 50_000
"""Rows that are standardised at once."""


def variance_inflation(design: Design) -> dict[str, float]:
    """Variance inflation factor of each fixed-effect column; infinite where others determine it.

    Notes
    -----
    The length of a column over that of what the others leave of it, squared: the diagonals of X'X and of its
    inverse. Of standardised columns it depends on their inner products alone, so the triangle R of X = QR
    stands in for the rows, of which there can be a million.
    """
    if len(design.fixed) < 2:
        return dict.fromkeys(design.fixed, 1.0)
    root = triangle(design)
    length = np.linalg.norm(root, axis=0)
    pivots = np.maximum(np.abs(np.diag(root)), NOTHING_LEFT * length)
    np.fill_diagonal(root, np.copysign(pivots, np.diag(root)))
    found = (length * np.linalg.norm(np.linalg.inv(root), axis=1)) ** 2
    found[found > DETERMINED] = np.inf
    return dict(zip(design.fixed, found.tolist(), strict=True))


def triangle(design: Design) -> np.ndarray:
    """R of X = QR, X the standardised columns: the inner products and the condition number are X's.

    That of some rows below each other has the same R as the triangles of these rows below each other, so
    that a million rows are not laid out again and again.
    """
    frame = design.frame[list(design.fixed)]
    columns = [frame[name].to_numpy(dtype=float) for name in design.fixed]
    middle, spread = (np.array([getattr(one, name)() for one in columns]) for name in ("mean", "std"))
    parts = []
    for first in range(0, len(frame), ROWS_AT_ONCE):
        part = frame.iloc[first : first + ROWS_AT_ONCE].to_numpy(dtype=float)
        parts.append(np.linalg.qr((part - middle) / spread, mode="r"))
    return np.asarray(parts[0] if len(parts) == 1 else np.linalg.qr(np.vstack(parts), mode="r"))


def says_nothing(columns: Sequence[str], rows: pd.DataFrame) -> bool:
    """Whether a column of a predictor is absent or empty, or each of them is the same in every row."""
    absent = any(column not in rows or rows[column].isna().all() for column in columns)
    return absent or (len(rows) > 1 and all(rows[column].nunique() < 2 for column in columns))
