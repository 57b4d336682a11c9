"""Splitting a predictor into what differs between clusters and what differs within them."""

from __future__ import annotations

import numpy as np
import pandas as pd


def split_levels(
    table: pd.DataFrame, column: str, cluster: str, rows: pd.Series | np.ndarray | None = None
) -> pd.DataFrame:
    """Between part (the cluster's mean) and within part (the deviation from it) of one column.

    Parameters
    ----------
    table : DataFrame
        One row per observation.
    column : str
        A number or boolean column.
    cluster : str
        Column that names the cluster, e.g. ``practitioner_id``.
    rows : boolean Series or array, optional
        Rows over which the mean is taken; default all. Rows outside still get both parts.

    Returns
    -------
    DataFrame
        ``<column>_between`` and ``<column>_within``, index of ``table``. Between + within is the
        value wherever both are there.

    Notes
    -----
    The mean is over the rows with a value. Both parts are missing without a cluster, and where no
    row of the cluster counts; the within part also where the value is missing.
    """
    values = as_number(table[column])
    counted = values if rows is None else values.where(np.asarray(rows, dtype=bool))
    between = counted.groupby(table[cluster]).transform("mean").astype("float64")
    return pd.DataFrame({f"{column}_between": between, f"{column}_within": values - between})


def standardise(values: pd.Series, rows: pd.Series | np.ndarray | None = None) -> pd.Series:
    """Values with mean 0 and SD 1 (divisor n - 1) over ``rows`` (default all).

    Missing throughout where fewer than two rows have a value or the values do not vary.
    """
    values = as_number(values)
    counted = values if rows is None else values[np.asarray(rows, dtype=bool)]
    spread = counted.std()
    if not spread > 0:
        return pd.Series(np.nan, index=values.index)
    return (values - counted.mean()) / spread


def as_number(values: pd.Series) -> pd.Series:
    """Float64 with NaN for missing; true is 1."""
    return pd.Series(values.to_numpy(dtype="float64", na_value=np.nan), index=values.index)
