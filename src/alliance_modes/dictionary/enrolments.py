"""Values of the enrolments for the records of other tables."""

from __future__ import annotations

import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID


def of_enrolments(enrolments: pd.DataFrame, column: str) -> pd.Series:
    """One value per enrolment.

    Parameters
    ----------
    enrolments : DataFrame
        One row per enrolment; where an id stands more than once, its first row counts.
    column : str
        A column of the enrolments.

    Returns
    -------
    Series
        ``column`` by ``enrolment_id``, missing values included, its dtype kept. Nothing where the cohort
        does not have the column.
    """
    if column not in enrolments:
        return pd.Series(dtype="str", index=pd.Index([], dtype="str", name=ENROLMENT_ID), name=column)
    known = enrolments[enrolments[ENROLMENT_ID].notna()].drop_duplicates(ENROLMENT_ID)
    return known.set_index(ENROLMENT_ID)[column]


def for_each_row(table: pd.DataFrame, enrolments: pd.DataFrame, column: str) -> pd.Series:
    """``column`` of the enrolment to which each row of ``table`` belongs; missing where it is not there."""
    return of_enrolments(enrolments, column).reindex(table[ENROLMENT_ID]).set_axis(table.index)
