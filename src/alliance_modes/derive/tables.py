"""Making clean tables complete, and long scores wide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import SOURCE_COLUMNS, TABLES, dictionary, empty_table


def complete_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Each canonical table with each canonical column; absent ones hold missing values.

    Item columns and the place in the source are left out: scores carry what is needed of them.
    """
    completed = {}
    for name in TABLES:
        table = tables.get(name)
        if table is None:
            completed[name] = empty_table(name).drop(columns=list(SOURCE_COLUMNS))
            continue
        columns = dictionary().table(name).columns
        given = table.reindex(columns=list(columns)).reset_index(drop=True)
        absent = {key: declared.dtype for key, declared in columns.items() if key not in table.columns}
        completed[name] = given.astype(absent)
    return completed


def wide_scores(
    scores: pd.DataFrame, record: Sequence[str], scales: Sequence[str], value: str = "item_mean"
) -> pd.DataFrame:
    """One row per record, one column per scale.

    Parameters
    ----------
    scores : DataFrame
        Long scores of one table.
    record : sequence of str
        Columns that together name a record; missing values count as equal.
    scales : sequence of str
        Scales that become columns; one that was not scored is missing.
    value : str
        ``item_mean`` or ``score``.
    """
    wanted = scores[scores["scale"].isin(list(scales))]
    number = wanted.groupby(list(record), dropna=False, sort=False).ngroup().to_numpy()
    wide = wanted[list(record)].drop_duplicates(ignore_index=True)
    for scale in scales:
        of_scale = (wanted["scale"] == scale).to_numpy(dtype=bool, na_value=False)
        values = np.full(len(wide), np.nan)
        values[number[of_scale]] = wanted.loc[of_scale, value].to_numpy(dtype="float64", na_value=np.nan)
        wide[scale] = values
    return wide


def take_rows(table: pd.DataFrame, places: np.ndarray, columns: Sequence[str]) -> pd.DataFrame:
    """``columns`` of the rows at ``places``; a place of -1 gives missing values."""
    taken = {column: table[column].array.take(places, allow_fill=True) for column in columns}
    return pd.DataFrame(taken, index=pd.RangeIndex(len(places)), copy=False)


def places_of(ids: pd.Series, among: pd.Series) -> np.ndarray:
    """Position of each id in ``among`` (unique); -1 where it is missing or not there."""
    places = pd.Index(among).get_indexer(pd.Index(ids))
    return np.where(ids.isna().to_numpy(), -1, places)
