"""One row per enrolment: who counts, how it ended, attendance, needs and the practitioner."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from alliance_modes.derive.denominator import (
    completed,
    days_between_sessions,
    denominator,
    planned_end,
    started,
)
from alliance_modes.derive.levels import as_number, split_levels, standardise
from alliance_modes.derive.person_period import ruptured, unrepaired
from alliance_modes.derive.tables import places_of, take_rows
from alliance_modes.dictionary.canonical import dictionary, scaled
from alliance_modes.dictionary.named import (
    ATTENDED,
    COMPLETED_ON,
    ENROLMENT_ID,
    ENROLMENT_STATUS,
    PRACTITIONER_ID,
    SESSION_NO,
    SITE_ID,
)
from alliance_modes.domain import NEED_COLUMNS, RATERS

SCALES = ("goal", "task", "bond", "total")


def enrolment_table(
    tables: Mapping[str, pd.DataFrame],
    practitioners: pd.DataFrame,
    periods: pd.DataFrame,
    inventories: pd.DataFrame,
    data_lock: pd.Timestamp,
) -> pd.DataFrame:
    """The analysis table of enrolments.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Complete clean tables.
    practitioners : DataFrame
        ``practitioner_table``.
    periods : DataFrame
        ``person_period``.
    inventories : DataFrame
        One row per alliance inventory with goal, task, bond and total.
    data_lock : Timestamp
        Last day that the data can speak of.

    Returns
    -------
    DataFrame
        One row per clean enrolment, in its order; columns as in ``docs/tables.md``.

    Notes
    -----
    Ages, risk scores and readiness are standardised over the denominator, and practitioner means
    are taken over it: the scale and the comparison are those of the people who count.
    """
    table = tables["enrolments"].copy()
    table["planned_end_on"] = planned_end(table, days_between_sessions(periods))
    table["denominator"] = denominator(table, table["planned_end_on"], data_lock)
    table["completed"] = completed(table, table["denominator"])
    table["end_kind"] = table[ENROLMENT_STATUS].where(started(table))
    counts = table["denominator"].to_numpy(dtype=bool)
    table["needs"] = count_needs(table)
    declared = dictionary().enrolments
    for column in declared.those(lambda column: column.standardised):
        table[scaled(column)] = standardise(table[column], counts)
    split = (*declared.split_columns(), "needs")
    parts = [split_levels(table, column, PRACTITIONER_ID, counts) for column in split]
    attended = _attendance(periods, len(table))
    first = first_inventories(inventories, table[ENROLMENT_ID])
    return pd.concat([table, *parts, attended, first, _lead(table, practitioners)], axis=1)


def count_needs(enrolments: pd.DataFrame) -> pd.Series:
    """Number of responsivity needs (0-6), float.

    Needs that the cohort did not record at all are left out of the count; missing where any of
    the others is missing.
    """
    recorded = [need for need in NEED_COLUMNS if enrolments[need].notna().any()]
    if not recorded:
        return pd.Series(np.nan, index=enrolments.index)
    return pd.DataFrame({need: as_number(enrolments[need]) for need in recorded}).sum(axis=1, skipna=False)


def first_inventories(inventories: pd.DataFrame, enrolment_ids: pd.Series) -> pd.DataFrame:
    """Item means of each rater's first inventory: ``<rater>_<scale>_first``, and its session.

    First by session number, then by date; one without a session number comes last.
    """
    ordered = inventories.sort_values([SESSION_NO, COMPLETED_ON], kind="stable", na_position="last")
    columns: dict[str, pd.Series] = {}
    for rater in RATERS:
        of_rater = ordered[(ordered["rater"] == rater).to_numpy(dtype=bool, na_value=False)]
        of_rater = of_rater.drop_duplicates(ENROLMENT_ID).reset_index(drop=True)
        taken = take_rows(of_rater, places_of(enrolment_ids, of_rater[ENROLMENT_ID]), [SESSION_NO, *SCALES])
        columns |= {f"{rater}_{scale}_first": taken[scale] for scale in SCALES}
        columns[f"{rater}_session_first"] = taken[SESSION_NO]
    return pd.DataFrame(columns).set_axis(enrolment_ids.index)


def _attendance(periods: pd.DataFrame, enrolments: int) -> pd.DataFrame:
    """Counts of the sessions while enrolled; missing where no session of the enrolment says so.

    Those after the first leave out the first session listed of each enrolment, whatever its number.
    """
    attended = as_number(periods[ATTENDED])
    offered = attended.where(attended.isna(), 1.0)
    later = periods["place"].duplicated().astype("float64")
    counted = pd.DataFrame(
        {
            "sessions_offered": offered,
            "sessions_attended": attended,
            "sessions_offered_after_first": offered * later,
            "sessions_attended_after_first": attended * later,
            "ruptures": ruptured(periods),
            "ruptures_unrepaired": unrepaired(periods),
        }
    ).groupby(periods["place"])
    totals = counted.sum(min_count=1).assign(last_session=periods.groupby("place")[SESSION_NO].max())
    return totals.reindex(range(enrolments)).astype("Int64").rename_axis(index=None)


def _lead(table: pd.DataFrame, practitioners: pd.DataFrame) -> pd.DataFrame:
    own = {PRACTITIONER_ID, SITE_ID}
    columns = [column for column in practitioners.columns if column not in own]
    place = places_of(table[PRACTITIONER_ID], practitioners[PRACTITIONER_ID])
    return take_rows(practitioners, place, columns).rename(columns={"enrolments": "practitioner_enrolments"})
