"""One row per enrolment and session while enrolled: the person-period table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number, split_levels
from alliance_modes.derive.person_period import unrepaired_before
from alliance_modes.derive.practitioner import CELLS
from alliance_modes.derive.tables import take_rows
from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import (
    ATTENDED,
    ENROLMENT_ID,
    ENROLMENT_STATUS,
    HELD_ON,
    PRACTITIONER_ID,
    RUPTURE,
    RUPTURE_RESOLVED,
    SESSION_NO,
    SESSIONS_PLANNED,
)
from alliance_modes.domain import EARLY_ENDS

ENDED = tuple(f"ended_{event}" for event in EARLY_ENDS)
"""Endings that are events; completion and being ongoing are censoring."""

ALWAYS = ("session_engagement", "srs_total")
"""Scores that every cohort has a column of, used or not."""

SESSIONS_PER_UNIT = 10.0

ROWS_AT_ONCE = 200_000
"""With some hundred columns of the enrolment beside each session, the whole table is rarely to be held."""

NOT_CARRIED = ("planned_end_on", *CELLS)
"""Columns of the enrolment, beside its dates, that no row of a session or an inventory needs."""


def session_parts(
    periods: pd.DataFrame, scored: pd.DataFrame, enrolments: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """The analysis table of sessions, ``ROWS_AT_ONCE`` rows after the other.

    Parameters
    ----------
    periods : DataFrame
        ``person_period``.
    scored : DataFrame
        ``scored_sessions``: one row per period, a column per scale of every instrument.
    enrolments : DataFrame
        ``enrolment_table``.

    Yields
    ------
    DataFrame
        One row per enrolment x session while enrolled, in that order; columns as in
        ``docs/tables.md``. There is always one, be it without rows.

    Notes
    -----
    ``ended`` is 1 in the last session of an enrolment that was dropped, removed or ended
    administratively, and ``end_kind`` says which (``ended_dropped_out`` and its like are 1 for one
    kind alone); a completed or ongoing enrolment is censored after its last session. Where the
    status is missing, these are missing in the last session. ``at_risk`` is whether a session could
    still be the last before an early end: those before the last planned one, since who is there at
    the last has completed; all sessions, where the number planned is not known.
    """
    table = pd.DataFrame({ENROLMENT_ID: periods[ENROLMENT_ID], SESSION_NO: periods[SESSION_NO]})
    table["time"] = session_time(periods[SESSION_NO])
    for column in (HELD_ON, ATTENDED):
        table[column] = periods[column]
    for column in ALWAYS:
        table[column] = scored.get(column, np.nan)
    for column in (RUPTURE, RUPTURE_RESOLVED):
        table[column] = periods[column]
    table["unrepaired_before"] = unrepaired_before(periods)
    split = dictionary().sessions.split_columns()
    for column in split:
        table[column] = periods[column]
    parts = [split_levels(periods, column, PRACTITIONER_ID) for column in split]
    table = pd.concat([table, *parts, _ending(periods, enrolments)], axis=1)
    further = scored.drop(columns=list(ALWAYS), errors="ignore")
    places = periods["place"].to_numpy()
    for first in range(0, max(len(table), 1), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        own, others = (each.iloc[rows].reset_index(drop=True) for each in (table, further))
        yield _with_carried(own, others, enrolments, places[rows])


def _with_carried(
    table: pd.DataFrame, further: pd.DataFrame, enrolments: pd.DataFrame, places: np.ndarray
) -> pd.DataFrame:
    """Rows of the table with what the enrolment and further instruments say."""
    table = pd.concat([table, carried(enrolments, places, ("end_kind",))], axis=1)
    table = table.drop(columns=[column for column in further if column in table])
    return pd.concat([table.assign(at_risk=_at_risk(table)), further], axis=1)


def session_time(session_no: pd.Series) -> pd.Series:
    """Time on the programme in units of 10 sessions, 0 at session 1."""
    number = session_no.to_numpy(dtype="float64", na_value=np.nan)
    return pd.Series((number - 1) / SESSIONS_PER_UNIT, index=session_no.index)


def carried(enrolments: pd.DataFrame, places: np.ndarray, but: tuple[str, ...] = ()) -> pd.DataFrame:
    """The enrolment's columns for the rows at ``places``, less those no row needs."""
    dates = dictionary().enrolments.those(lambda column: column.type == "date")
    left = {ENROLMENT_ID, *dates, *NOT_CARRIED, *but}
    return take_rows(enrolments, places, [column for column in enrolments.columns if column not in left])


def _ending(periods: pd.DataFrame, enrolments: pd.DataFrame) -> pd.DataFrame:
    place = periods["place"].to_numpy()
    last = np.append(place[1:] != place[:-1], True)[: len(place)]
    status = take_rows(enrolments, place, [ENROLMENT_STATUS])[ENROLMENT_STATUS]
    event = status.isin(EARLY_ENDS)
    ended = pd.Series(np.where(last & event, 1.0, 0.0)).mask(last & status.isna().to_numpy())
    kind = status.where(last & event)
    each = {
        name: (ended * (kind == event).to_numpy(dtype="float64", na_value=0.0)).astype("Int64")
        for name, event in zip(ENDED, EARLY_ENDS, strict=True)
    }
    return pd.DataFrame({"ended": ended.astype("Int64"), "end_kind": kind, **each})


def _at_risk(table: pd.DataFrame) -> pd.Series:
    planned = as_number(table[SESSIONS_PLANNED])
    return (planned.isna() | (as_number(table[SESSION_NO]) < planned)).astype("boolean")
