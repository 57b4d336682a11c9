"""Cleaning one cohort: the checks in their order, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.cleaning import contradictions, dates, near_duplicates, records
from alliance_modes.cleaning.account import cleaning_account
from alliance_modes.cleaning.ledger import CHANGE_COLUMNS, Ledger
from alliance_modes.cleaning.screening import screen_careless
from alliance_modes.dictionary.canonical import validate_compact

if TYPE_CHECKING:
    from alliance_modes.ground.compact_table import CompactTable
    from alliance_modes.instruments.model import Instrument
    from alliance_modes.plan.plan import CleaningRules

OF_AN_ENROLMENT = ("sessions", "alliance", "group_climate")


@dataclass(frozen=True)
class Cleaned:
    """A cohort's clean tables and the account of how they came about.

    Parameters
    ----------
    held : mapping of str to CompactTable
        The six canonical tables, columns and order of rows as read.
    account : DataFrame
        table, step (``read``, ``excluded``, ``kept``), reason, rows.
    excluded : DataFrame
        One row per excluded record: table, source_file, source_row, session_no, rater,
        instrument, reason.
    changes : DataFrame
        One row per changed cell, those of ingest first.
    flags : DataFrame
        One row per record and flag: the columns that name the record as in ``excluded``, then
        kind (``careless``, ``contradiction``, ``near_duplicate``), flag, value, meaning.
    checks : DataFrame
        One row per check, instrument and rater: result (``pass``, ``fail``, ``not_checked``),
        records looked at, found, detail (why it was not checked).
    """

    held: Mapping[str, CompactTable]
    account: pd.DataFrame
    excluded: pd.DataFrame
    changes: pd.DataFrame
    flags: pd.DataFrame
    checks: pd.DataFrame

    @cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables, whole."""
        return {name: table.frame() for name, table in self.held.items()}


def clean_cohort(
    tables: Mapping[str, pd.DataFrame] | Mapping[str, CompactTable],
    changes: pd.DataFrame | None,
    rules: CleaningRules,
    data_lock: date,
    instruments: Mapping[str, Instrument],
) -> Cleaned:
    """Leave out what cannot be used, mend what is impossible, flag what contradicts.

    Parameters
    ----------
    tables : mapping of str to DataFrame or CompactTable
        Typed tables of ingest by canonical name; an absent one counts as one of no rows.
    changes : DataFrame or None
        The cells that ingest changed, listed before those of cleaning.
    rules : CleaningRules
        From the plan.
    data_lock : date
        Last day that the data can speak of.
    instruments : mapping of str to Instrument
        By id.

    Returns
    -------
    Cleaned

    Raises
    ------
    TableError
        The account does not balance, or a table breaks the schema.

    Notes
    -----
    ``docs/cleaning.md`` lists every check with its formula and what happens. Cleaning the result
    again gives the same tables.
    """
    ledger = Ledger(tables)
    lock = pd.Timestamp(data_lock).as_unit("us")
    for name in ("practitioners", "practitioner_survey", "enrolments"):
        records.exclude_missing_keys(ledger, name)
        records.exclude_duplicates(ledger, name)
        records.exclude_unanswered(ledger, name)
    dates.mend_enrolment_dates(ledger, lock)
    dates.mend_time_shares(ledger)
    records.exclude_repeats(ledger, "practitioners")
    records.exclude_repeats(ledger, "enrolments")
    for name in OF_AN_ENROLMENT:
        records.exclude_missing_keys(ledger, name)
        records.exclude_duplicates(ledger, name)
        records.exclude_orphans(ledger, name)
        records.exclude_unanswered(ledger, name)
    dates.mend_session_dates(ledger, lock)
    dates.mend_completion_dates(ledger, lock)
    for name in ("practitioner_survey", *OF_AN_ENROLMENT):
        records.exclude_repeats(ledger, name)
    contradictions.flag_links(ledger)
    contradictions.flag_attendance(ledger)
    contradictions.flag_fixed_facts(ledger)
    screen_careless(ledger, rules, instruments)
    near_duplicates.flag_near_duplicates(ledger)
    return Cleaned(
        held={name: validate_compact(name, table) for name, table in ledger.kept().items()},
        account=cleaning_account(ledger),
        excluded=ledger.excluded(),
        changes=_joined(changes, ledger.changes()),
        flags=ledger.flags(),
        checks=ledger.checks(),
    )


def _joined(ingested: pd.DataFrame | None, cleaned: pd.DataFrame) -> pd.DataFrame:
    if ingested is None or not len(ingested):
        return cleaned
    if not len(cleaned):
        return ingested[list(CHANGE_COLUMNS)].reset_index(drop=True)
    return pd.concat([ingested[list(CHANGE_COLUMNS)], cleaned], ignore_index=True)
