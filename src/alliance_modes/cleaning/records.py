"""Records that cannot be used: keys missing, duplicates, orphans, empty forms, conflicting repeats."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.cleaning.inventories import INVENTORY_TABLES, answers_given
from alliance_modes.cleaning.ledger import Ledger
from alliance_modes.dictionary.canonical import SOURCE_COLUMNS, dictionary
from alliance_modes.dictionary.named import (
    COMPLETED_ON,
    ENDED_ON,
    ENROLMENT_ID,
    GROUP_ID,
    HELD_ON,
    SESSION_NO,
)
from alliance_modes.ground.compact_table import CompactTable

MISSING_KEY = "missing key value"
DUPLICATE = "exact duplicate"
ORPHAN = "orphan (its enrolment is not in the data)"
NO_ANSWERS = "no item answered"
REPEAT = "conflicting repeat (another record is kept)"

REASON_NAMES = {
    MISSING_KEY: "missing_key",
    DUPLICATE: "duplicate",
    ORPHAN: "orphan",
    NO_ANSWERS: "unanswered",
    REPEAT: "repeat",
}
"""How ``accepted`` of ``cohort.yaml`` names the reasons for which cleaning leaves rows out."""

DATED_BY = {
    "practitioner_survey": COMPLETED_ON,
    "enrolments": ENDED_ON,
    "sessions": HELD_ON,
    "alliance": COMPLETED_ON,
    "group_climate": COMPLETED_ON,
}


def exclude_missing_keys(ledger: Ledger, name: str) -> None:
    """Leave out rows of ``name`` without a value in a required key column.

    A group climate form needs the group or the enrolment, either of them.
    """
    table, columns = ledger[name], dictionary().table(name)
    required = [key for key in columns.key if columns.columns[key].need == "required"]
    missing = np.zeros(len(table), dtype=bool)
    for key in required:
        missing |= ~table.given(key)
    if name == "group_climate":
        missing |= ~table.given(GROUP_ID) & ~table.given(ENROLMENT_ID)
    _exclude(ledger, name, "missing_key", missing, MISSING_KEY)


def exclude_duplicates(ledger: Ledger, name: str) -> None:
    """Leave out all but the first of rows that are equal in everything but their place in the file."""
    table = ledger[name]
    compared = [column for column in table.columns if column not in SOURCE_COLUMNS]
    key = list(dictionary().table(name).key)
    suspects = table.numbered(key).duplicated(keep=False).to_numpy()
    duplicate = np.zeros(len(table), dtype=bool)
    duplicate[suspects] = table.frame(compared, suspects).duplicated(keep="first").to_numpy()
    _exclude(ledger, name, "exact_duplicate", duplicate, DUPLICATE)


def exclude_orphans(ledger: Ledger, name: str) -> None:
    """Leave out sessions and inventories whose enrolment (or group) is not in the enrolments kept."""
    table, enrolments = ledger[name], ledger["enrolments"]
    named = table.given(ENROLMENT_ID)
    orphan = named & ~table.among(ENROLMENT_ID, enrolments.column(ENROLMENT_ID))
    if name == "group_climate":
        orphan |= ~named & ~table.among(GROUP_ID, enrolments.column(GROUP_ID))
    _exclude(ledger, name, "orphan", orphan, ORPHAN)


def exclude_unanswered(ledger: Ledger, name: str) -> None:
    """Leave out inventories of which no item was answered."""
    if name in INVENTORY_TABLES:
        _exclude(ledger, name, "no_answers", answers_given(name, ledger[name]) == 0, NO_ANSWERS)


def exclude_repeats(ledger: Ledger, name: str) -> None:
    """Of records that share a key, keep one.

    Kept is the record with most answers (most filled columns in a table without an inventory),
    then the latest date, then the last row. Inventories without a session number are told apart
    by their date.
    """
    table = ledger[name]
    key = table.numbered(dictionary().table(name).key)
    if SESSION_NO in key.columns and COMPLETED_ON in table.columns:
        days = table.numbered([COMPLETED_ON])[COMPLETED_ON]
        key = key.assign(undated_session=days.where(~table.given(SESSION_NO), -1))
    shared = key.duplicated(keep=False).to_numpy()
    repeat = np.zeros(len(table), dtype=bool)
    if shared.any():
        rivals, rival_keys = table.rows(shared), key[shared]
        order = pd.DataFrame(
            {
                "record": rival_keys.groupby(list(key.columns), sort=False).ngroup().to_numpy(),
                "filled": _filled(name, rivals),
                "date": _date(name, rivals),
            },
            index=np.flatnonzero(shared),
        )
        order = order.sort_values(["record", "filled", "date"], kind="stable", na_position="first")
        repeat[order.index[order["record"].duplicated(keep="last").to_numpy()]] = True
    _exclude(ledger, name, "conflicting_repeat", repeat, REPEAT)


def _filled(name: str, rows: CompactTable) -> np.ndarray:
    if name in INVENTORY_TABLES:
        return answers_given(name, rows)
    return rows.frame().notna().to_numpy().sum(axis=1)


def _date(name: str, rows: CompactTable) -> np.ndarray:
    column = DATED_BY.get(name)
    return rows[column].to_numpy() if column else np.full(len(rows), np.datetime64("NaT", "us"))


def _exclude(ledger: Ledger, name: str, check: str, rows: np.ndarray, reason: str) -> None:
    ledger.check(name, check, len(rows), int(rows.sum()))
    ledger.exclude(name, rows, reason)
