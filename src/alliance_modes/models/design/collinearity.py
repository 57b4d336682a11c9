"""How far the predictors of a design determine each other, and whether one says anything."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from alliance_modes.models.design.design import Design


def variance_inflation(design: Design) -> dict[str, float]:
    """Variance inflation factor of each fixed-effect column; infinite where others determine it.

    Notes
    -----
    Of standardised columns it depends on their inner products alone, so the triangle R of X = QR stands
    in for the rows, of which there can be a million.
    """
    from statsmodels.stats.outliers_influence import variance_inflation_factor

    if len(design.fixed) < 2:
        return dict.fromkeys(design.fixed, 1.0)
    root = triangle(design)
    rows = np.vstack([root, -root])  # of mean zero, like the columns themselves
    with np.errstate(divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an ill-conditioned design is what is being looked for
        return {
            name: float(variance_inflation_factor(rows, place)) for place, name in enumerate(design.fixed)
        }


def triangle(design: Design) -> np.ndarray:
    """R of X = QR, X the standardised columns: the inner products and the condition number are X's."""
    matrix = design.frame[list(design.fixed)].to_numpy(dtype=float)
    standardised = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    return np.asarray(np.linalg.qr(standardised, mode="r"))


def says_nothing(columns: Sequence[str], rows: pd.DataFrame) -> bool:
    """Whether a column of a predictor is absent or empty, or each of them is the same in every row."""
    absent = any(column not in rows or rows[column].isna().all() for column in columns)
    return absent or (len(rows) > 1 and all(rows[column].nunique() < 2 for column in columns))
