"""Who counts: enrolments that started and whose planned end lies before data lock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import (
    ENROLMENT_STATUS,
    HELD_ON,
    SESSION_NO,
    SESSIONS_PLANNED,
    STARTED_ON,
)

STARTED = ("completed", "dropped_out", "removed", "administrative", "ongoing")
OUTCOME = {"completed": 1, "dropped_out": 0, "removed": 0}
"""What an ending counts as. Administrative ends and ongoing enrolments have no outcome."""

FEWEST_GAPS = 20
DAYS_PER_WEEK = 7.0


def days_between_sessions(periods: pd.DataFrame) -> float:
    """The cohort's usual number of days from one session to the next.

    Parameters
    ----------
    periods : DataFrame
        ``person_period``.

    Returns
    -------
    float
        Median over successive dated sessions of an enrolment of days / difference in session
        number; 7 where there are fewer than 20 such pairs.
    """
    dated = periods[periods[HELD_ON].notna() & periods[SESSION_NO].notna()]
    apart = dated.groupby("place")[[HELD_ON, SESSION_NO]].diff()
    days = apart[HELD_ON].dt.total_seconds() / 86_400
    steps = as_number(apart[SESSION_NO])
    gaps = (days / steps)[(days > 0) & (steps > 0)]
    return float(gaps.median()) if len(gaps) >= FEWEST_GAPS else DAYS_PER_WEEK


def started(enrolments: pd.DataFrame) -> pd.Series:
    """Whether the enrolment is known to have started, by its status (a date is no proof)."""
    return enrolments[ENROLMENT_STATUS].isin(STARTED)


def planned_end(enrolments: pd.DataFrame, days: float) -> pd.Series:
    """Day of the last planned session: start + (sessions planned - 1) x ``days``."""
    length = (as_number(enrolments[SESSIONS_PLANNED]) - 1) * days
    return (enrolments[STARTED_ON] + pd.to_timedelta(np.ceil(length), unit="D")).astype("datetime64[us]")


def denominator(enrolments: pd.DataFrame, ends: pd.Series, data_lock: pd.Timestamp) -> pd.Series:
    """Whether each enrolment counts in rates and models of completion.

    Parameters
    ----------
    enrolments : DataFrame
        Clean enrolments.
    ends : Series of datetime
        ``planned_end``.
    data_lock : Timestamp
        Last day that the data can speak of.

    Returns
    -------
    Series of boolean, never missing
        Started, and planned end on or before data lock. Where the planned end is not known, an
        enrolment counts once it has ended. Where the status is not known it does not count.

    Notes
    -----
    Leaving out ongoing enrolments by their status instead would keep the early drop-outs of a
    group whose later completers are still in it, and so over-represent drop-out.
    """
    ended = enrolments[ENROLMENT_STATUS] != "ongoing"
    due = (ends <= data_lock).where(ends.notna(), ended)
    return (started(enrolments) & due.astype(bool)).astype("boolean")


def completed(enrolments: pd.DataFrame, counts: pd.Series) -> pd.Series:
    """1 completed, 0 dropped out or removed; missing otherwise and outside the denominator."""
    outcome = enrolments[ENROLMENT_STATUS].map(OUTCOME).astype("float64")
    return outcome.where(counts.to_numpy(dtype=bool)).astype("Int64")
