"""Impossible dates and impossible shares of time: the cells are set missing and listed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.cleaning.inventories import INVENTORY_TABLES
from alliance_modes.cleaning.ledger import Ledger
from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import ATTENDED, COMPLETED_ON, ENDED_ON, HELD_ON, REFERRED_ON, STARTED_ON

TIME_SHARES = ("time_educative", "time_engagement", "time_therapeutic")
TOLERANCE = 1.0
"""Points by which shares of time may miss 100 %, for rounding."""


def mend_enrolment_dates(ledger: Ledger, data_lock: pd.Timestamp) -> None:
    """Set missing: any date after data lock, then an end that lies before the start."""
    for column in dictionary().enrolments.those(lambda column: column.type == "date"):
        _blank_after_lock(ledger, "enrolments", column, data_lock)
    table = ledger["enrolments"].frame([STARTED_ON, ENDED_ON])
    before = (table[ENDED_ON] < table[STARTED_ON]).to_numpy()
    known = table.notna().all(axis=1)
    _blank(
        ledger,
        "enrolments",
        ENDED_ON,
        before,
        known,
        "ended_before_started",
        "the end lies before the start",
    )


def mend_session_dates(ledger: Ledger, data_lock: pd.Timestamp) -> None:
    """Set missing: a session after data lock, before its enrolment's start, or after its end.

    A session after the end that the client is recorded not to have attended is possible (the
    group went on) and keeps its date; it does not count as a session while enrolled.
    """
    _blank_after_lock(ledger, "sessions", HELD_ON, data_lock)
    started, ended = (ledger.of_enrolment("sessions", day) for day in (STARTED_ON, ENDED_ON))
    held = ledger["sessions"][HELD_ON]
    before = (held < started).to_numpy()
    known = held.notna() & started.notna()
    rule = "the session lies before the start"
    _blank(ledger, "sessions", HELD_ON, before, known, "session_before_start", rule)
    held, attended = ledger["sessions"][HELD_ON], ledger["sessions"][ATTENDED]
    after = (held > ended).to_numpy() & attended.fillna(True).to_numpy(dtype=bool)
    ledger.flag(
        "sessions",
        after & attended.fillna(False).to_numpy(dtype=bool),
        "attended_after_end",
        "attended, but dated after the end of the enrolment; the date was set missing",
        held,
    )
    known = held.notna() & ended.notna()
    rule = "attended (or attendance not recorded), after the end"
    _blank(ledger, "sessions", HELD_ON, after, known, "session_after_end", rule)


def mend_completion_dates(ledger: Ledger, data_lock: pd.Timestamp) -> None:
    """Set missing: inventories completed after data lock."""
    for name in INVENTORY_TABLES:
        _blank_after_lock(ledger, name, COMPLETED_ON, data_lock)


def mend_time_shares(ledger: Ledger) -> None:
    """Set missing: shares of time per mode that do not sum to 100 % (within 1 point).

    Where a share is missing, the others are refused only if they exceed 100 %.
    """
    shares = ledger["practitioner_survey"].numbers(TIME_SHARES)
    answered = np.isfinite(shares).sum(axis=1)
    total = np.nansum(shares, axis=1)
    off = (total > 100 + TOLERANCE) | ((answered == len(TIME_SHARES)) & (total < 100 - TOLERANCE))
    _check(
        ledger,
        "practitioner_survey",
        "time_shares",
        int((answered > 0).sum()),
        int(off.sum()),
        "shares of time",
    )
    for column in TIME_SHARES:
        ledger.blank("practitioner_survey", off, column, "time_shares: the three shares do not sum to 100 %")


def first_day(enrolments: pd.DataFrame) -> pd.Series:
    """The day from which an enrolment is known: its start, or the referral where there was none."""
    return enrolments[STARTED_ON].fillna(enrolments[REFERRED_ON])


def _blank_after_lock(ledger: Ledger, name: str, column: str, data_lock: pd.Timestamp) -> None:
    dates = ledger[name][column]
    after = (dates > data_lock).to_numpy()
    _blank(
        ledger,
        name,
        column,
        after,
        dates.notna(),
        f"{column}_after_data_lock",
        "the date lies after data lock",
    )


def _blank(
    ledger: Ledger, name: str, column: str, rows: np.ndarray, known: pd.Series, check: str, rule: str
) -> None:
    _check(ledger, name, check, int(known.sum()), int(rows.sum()), f"{column} and what it is compared with")
    ledger.blank(name, rows, column, f"{check}: {rule}")


def _check(ledger: Ledger, name: str, check: str, records: int, found: int, needs: str) -> None:
    if records:
        ledger.check(name, check, records, found)
    else:
        ledger.not_checked(name, check, f"not recorded: {needs}")
