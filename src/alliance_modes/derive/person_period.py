"""Sessions while enrolled: which they are, in order, and the state of ruptures before each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.derive.tables import places_of, take_rows
from alliance_modes.dictionary.named import (
    ENDED_ON,
    ENROLMENT_ID,
    ENROLMENT_STATUS,
    HELD_ON,
    PRACTITIONER_ID,
    RUPTURE,
    RUPTURE_RESOLVED,
    SESSION_NO,
)

RUPTURES = ("withdrawal", "confrontation")


def person_period(sessions: pd.DataFrame, enrolments: pd.DataFrame) -> pd.DataFrame:
    """The sessions that took place while their enrolment lasted.

    Parameters
    ----------
    sessions : DataFrame
        Clean sessions, one row per enrolment x session.
    enrolments : DataFrame
        Clean enrolments.

    Returns
    -------
    DataFrame
        The columns of ``sessions`` and ``practitioner_id`` (the lead's), ``place`` (row of
        ``enrolments``), ordered by enrolment and session number.

    Notes
    -----
    Left out: sessions dated after the end of the enrolment (the group went on without the
    client), and all sessions of enrolments that did not start. Sessions without a row are not
    filled in.
    """
    place = places_of(sessions[ENROLMENT_ID], enrolments[ENROLMENT_ID])
    of = take_rows(enrolments, place, [ENDED_ON, ENROLMENT_STATUS, PRACTITIONER_ID])
    after_end = (sessions[HELD_ON].reset_index(drop=True) > of[ENDED_ON]).to_numpy(dtype=bool)
    never = (of[ENROLMENT_STATUS] == "not_started").to_numpy(dtype=bool, na_value=False)
    periods = sessions.reset_index(drop=True).assign(**{PRACTITIONER_ID: of[PRACTITIONER_ID]}, place=place)
    periods = periods[(place >= 0) & ~after_end & ~never]
    return periods.sort_values(["place", SESSION_NO], kind="stable", ignore_index=True)


def ruptured(periods: pd.DataFrame) -> pd.Series:
    """1 in a session with a rupture, 0 without, missing where it was not recorded."""
    happened = periods[RUPTURE].isin(RUPTURES).astype("float64")
    return happened.where(periods[RUPTURE].notna())


def unrepaired(periods: pd.DataFrame) -> pd.Series:
    """1 where a rupture was recorded as not repaired, 0 where as repaired or there was none.

    Missing where a rupture's repair, or whether there was a rupture, was not recorded.
    """
    repaired = periods[RUPTURE_RESOLVED].to_numpy(dtype="float64", na_value=np.nan)
    happened = ruptured(periods)
    return happened.where(happened != 1, 1 - repaired)


def unrepaired_before(periods: pd.DataFrame) -> pd.Series:
    """Whether, up to the session before, the last rupture was left unrepaired.

    Parameters
    ----------
    periods : DataFrame
        ``person_period``.

    Returns
    -------
    Series of Int64
        0 before any rupture. After one, 1 or 0 as that rupture was unrepaired or repaired, until
        the next rupture replaces it. Missing while it is not known whether the last rupture was
        repaired, and throughout where the cohort recorded no ruptures at all.
    """
    if not periods[RUPTURE].notna().any():
        return pd.Series(pd.NA, index=periods.index, dtype="Int64")
    unknown = -1.0
    state = unrepaired(periods).fillna(unknown).where(ruptured(periods) == 1)
    before = state.groupby(periods["place"]).ffill().groupby(periods["place"]).shift(1).fillna(0.0)
    return before.where(before != unknown).astype("Int64")


def previous(values: pd.Series, periods: pd.DataFrame) -> pd.Series:
    """Each session's value at the session numbered one less of the same enrolment."""
    number = periods[SESSION_NO].to_numpy(dtype="float64", na_value=np.nan)
    place = periods["place"].to_numpy()
    follows = np.zeros(len(periods), dtype=bool)
    follows[1:] = (place[1:] == place[:-1]) & (number[1:] == number[:-1] + 1)
    return values.shift(1).where(follows)
