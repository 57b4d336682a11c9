"""Contradictions between records that no rule can settle: flagged, and nothing changed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.cleaning.dates import first_day
from alliance_modes.cleaning.inventories import item_columns
from alliance_modes.cleaning.ledger import Ledger
from alliance_modes.dictionary.named import (
    ATTENDED,
    CLIENT_ID,
    ENDED_ON,
    ENROLMENT_ID,
    ENROLMENT_STATUS,
    GROUP_ID,
    PRACTITIONER_ID,
    PROGRAMME_ID,
    SESSION_NO,
    SESSIONS_PLANNED,
    SETTING,
    SITE_ID,
)

DAYS_PER_YEAR = 365.25
AGE_TOLERANCE = 1.01
"""Years by which two implied birth dates of one client may differ: ages are whole years."""


def flag_attendance(ledger: Ledger) -> None:
    """Flag where attendance contradicts the plan, the status or the ratings."""
    _flag_above_planned(ledger)
    _flag_absent_but_rated(ledger)
    _flag_status(ledger)
    _flag_attended(ledger)


def flag_links(ledger: Ledger) -> None:
    """Flag enrolments and surveys whose practitioner is not in the practitioners table."""
    known = ledger["practitioners"].column(PRACTITIONER_ID)
    for name in ("enrolments", "practitioner_survey"):
        named = ledger[name].given(PRACTITIONER_ID)
        if not len(known):
            ledger.not_checked(name, "practitioner_unknown", "there is no practitioners table")
            continue
        unknown = named & ~ledger[name].among(PRACTITIONER_ID, known)
        meaning = "the practitioner is not in the practitioners table"
        ledger.check_and_flag(name, "practitioner_unknown", named, unknown, meaning)


def flag_fixed_facts(ledger: Ledger) -> None:
    """Flag enrolments that disagree on what cannot differ between them.

    One client: ages that imply birth dates more than a year apart; prior convictions that fall
    from an earlier to a later enrolment. One group: two sites, settings or programmes.
    """
    table = ledger["enrolments"].frame()
    _flag_ages(ledger, table)
    _flag_convictions(ledger, table)
    for column in (SITE_ID, SETTING, PROGRAMME_ID):
        differ = _differing(table[GROUP_ID], table[column])
        check = f"group_{column.removesuffix('_id')}_conflict"
        known = table[GROUP_ID].notna() & table[column].notna()
        _report(ledger, check, known, differ, f"enrolments of one group differ in {column}")


def _flag_above_planned(ledger: Ledger) -> None:
    for name in ("sessions", "alliance"):
        planned = ledger.of_enrolment(name, SESSIONS_PLANNED)
        number = ledger[name][SESSION_NO]
        above = _true(number > planned)
        known = (number.notna() & planned.notna()).to_numpy()
        check = "session_above_planned"
        if not known.any():
            ledger.not_checked(name, check, "not recorded: sessions planned or session number")
            continue
        ledger.check_and_flag(name, check, known, above, "numbered above the sessions planned", number)


def _flag_absent_but_rated(ledger: Ledger) -> None:
    table = ledger["sessions"]
    columns = [column for block in item_columns("sessions", table).values() for column in block]
    if not columns or not table.given(ATTENDED).any():
        ledger.not_checked(
            "sessions", "absent_but_rated", "not recorded: attendance or ratings of the session"
        )
        return
    absent = _true(~table[ATTENDED])
    rated = np.zeros(len(table), dtype=bool)
    for column in columns:
        rated |= table.given(column)
    meaning = "recorded as absent, but the session is rated"
    ledger.check_and_flag("sessions", "absent_but_rated", absent, absent & rated, meaning)


def _flag_status(ledger: Ledger) -> None:
    table = ledger["enrolments"].frame([ENROLMENT_STATUS, ENDED_ON])
    status = table[ENROLMENT_STATUS]
    if not status.notna().any():
        for check in ("status_missing", "ongoing_but_ended"):
            ledger.not_checked("enrolments", check, "not recorded: status")
        return
    everyone = pd.Series(True, index=table.index)
    _report(
        ledger,
        "status_missing",
        everyone,
        status.isna().to_numpy(),
        "how the enrolment ended is not recorded",
    )
    ongoing = status == "ongoing"
    _report(
        ledger,
        "ongoing_but_ended",
        ongoing,
        _true(ongoing) & table[ENDED_ON].notna().to_numpy(),
        "ongoing, but with an end date",
    )


def _flag_attended(ledger: Ledger) -> None:
    table, sessions = ledger["enrolments"].frame(), ledger["sessions"]
    if not sessions.given(ATTENDED).any():
        for check in ("completed_never_attended", "not_started_but_attended", "attended_over_planned"):
            ledger.not_checked("enrolments", check, "not recorded: attendance")
        return
    there = _true(sessions[ATTENDED])
    counts = sessions.frame([ENROLMENT_ID], there)[ENROLMENT_ID].value_counts()
    attended = pd.Series(counts.reindex(table[ENROLMENT_ID]).fillna(0).to_numpy(), index=table.index)
    for check, known, contradiction, meaning in (
        (
            "completed_never_attended",
            table[ENROLMENT_STATUS] == "completed",
            attended == 0,
            "counted as completed, but no session was attended",
        ),
        (
            "not_started_but_attended",
            table[ENROLMENT_STATUS] == "not_started",
            attended > 0,
            "counted as not started, but sessions were attended (number)",
        ),
        (
            "attended_over_planned",
            table[SESSIONS_PLANNED].notna(),
            attended > table[SESSIONS_PLANNED],
            "more sessions attended than planned (number attended)",
        ),
    ):
        _report(ledger, check, known, _true(known) & _true(contradiction), meaning, attended)


def _flag_ages(ledger: Ledger, table: pd.DataFrame) -> None:
    on = first_day(table)
    dated = table["age_years"].notna() & on.notna()
    born = (on - pd.Timestamp(0)) / pd.Timedelta(days=DAYS_PER_YEAR) - table["age_years"]
    known_dates = dated.groupby(table[CLIENT_ID]).transform("all").fillna(False).to_numpy(dtype=bool)
    implied = born.where(known_dates, -table["age_years"])
    by_client = implied.groupby(table[CLIENT_ID])
    apart = (by_client.transform("max") - by_client.transform("min")).to_numpy(dtype="float64")
    _report(
        ledger,
        "client_age_conflict",
        table[CLIENT_ID].notna() & table["age_years"].notna(),
        np.nan_to_num(apart) > AGE_TOLERANCE,
        "enrolments of one client imply birth dates more than a year apart",
        table["age_years"],
    )


def _flag_convictions(ledger: Ledger, table: pd.DataFrame) -> None:
    on = first_day(table)
    known = table[CLIENT_ID].notna() & table["prior_convictions"].notna() & on.notna()
    ordered = table[known].assign(on=on[known]).sort_values("on", kind="stable")
    highest = ordered["prior_convictions"].groupby(ordered[CLIENT_ID]).cummax()
    fallen = pd.Series(_true(ordered["prior_convictions"] < highest), index=ordered.index)
    fallen = fallen.reindex(table.index, fill_value=False).to_numpy()
    _report(
        ledger,
        "client_convictions_fall",
        known,
        fallen,
        "fewer prior convictions than at an earlier enrolment",
        table["prior_convictions"],
    )


def _differing(group: pd.Series, value: pd.Series) -> np.ndarray:
    return (value.groupby(group).transform("nunique") > 1).fillna(False).to_numpy(dtype=bool)


def _report(
    ledger: Ledger, check: str, known: pd.Series, found: np.ndarray, meaning: str, values: object = ""
) -> None:
    applies = _true(known)
    if not applies.any():
        ledger.not_checked("enrolments", check, "no enrolment to which it applies")
        return
    ledger.check_and_flag("enrolments", check, applies, found, meaning, values)


def _true(values: pd.Series) -> np.ndarray:
    return values.fillna(False).to_numpy(dtype=bool)
