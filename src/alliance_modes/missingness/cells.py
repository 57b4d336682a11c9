"""The state of every cell of a clean table: there, not applicable, or missing and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import SOURCE_COLUMNS
from alliance_modes.dictionary.named import (
    ATTENDED,
    ENDED_ON,
    ENROLMENT_STATUS,
    RUPTURE,
    RUPTURE_RESOLVED,
    SESSION_NO,
    STARTED_ON,
    WAVE,
)

NO_REASON = "no reason recorded"
TELL_RECORDS = (SESSION_NO, WAVE, "rater", "instrument")
"""What tells apart the records that one row of a file holds."""

PRESENT, DOES_NOT_APPLY, UNEXPLAINED = 0, 1, 2

OF_THE_SESSION = (RUPTURE, RUPTURE_RESOLVED, "use_educative", "use_engagement", "use_therapeutic")


@dataclass(frozen=True)
class States:
    """States of the cells of one table.

    Parameters
    ----------
    codes : mapping of str to array
        Per column and row: 0 there, 1 not applicable, 2 missing without a reason, from 3 missing
        for ``reasons[code]``.
    reasons : tuple of str
        What the codes from 2 say; the first two are blank.
    """

    codes: Mapping[str, np.ndarray]
    reasons: tuple[str, ...]


def cell_states(
    name: str, table: pd.DataFrame, columns: Iterable[str], missing: pd.DataFrame, changes: pd.DataFrame
) -> States:
    """The states of ``columns`` of the clean table ``name``.

    Parameters
    ----------
    name : str
        The table.
    table : DataFrame
        Its clean rows.
    columns : iterable of str
        The columns looked at.
    missing : DataFrame
        ``missing.parquet`` of ingest: one row per cell that is missing for a stated reason.
    changes : DataFrame
        ``changes.csv`` of cleaning; cells with no new value were set missing by its rule.

    Notes
    -----
    A reason is found by file, row and column, and by what tells the records of one row apart (session,
    wave, rater, instrument): a register or a wide file has several in a row. Records that these do not tell
    apart share their reasons in the order of the records.
    """
    columns = list(columns)
    lists = _reasons_of(name, columns, missing, changes)
    found = {reason for stated in lists for reason in stated["reason"]}
    reasons = ("", "", NO_REASON, *sorted(found))
    number = {reason: code for code, reason in enumerate(reasons) if code >= UNEXPLAINED}
    by_column = [dict(tuple(stated.groupby("column", sort=False))) for stated in lists]
    codes = {}
    for column in columns:
        empty = table[column].isna().to_numpy()
        code = np.where(empty, UNEXPLAINED, PRESENT).astype("int16")
        for stated in by_column:
            if column in stated:
                _explain(code, table, stated[column], number)
        code[empty & ~_applies(name, table, column)] = DOES_NOT_APPLY
        codes[column] = code
    return States(codes, reasons)


def _reasons_of(
    name: str, columns: list[str], missing: pd.DataFrame, changes: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every explained cell of one table with its record and reason: of ingest, and of cleaning."""
    stated = missing.loc[(missing["table"] == name) & missing["column"].isin(columns)]
    blank = changes["new_value"].isna() | (changes["new_value"].astype("str") == "")
    mended = changes.loc[(changes["table"] == name) & changes["column"].isin(columns) & blank]
    mended = mended.assign(
        reason=[f"set missing by cleaning: {str(rule).partition(':')[0]}" for rule in mended["rule"]]
    )
    return stated, mended


def _explain(code: np.ndarray, table: pd.DataFrame, stated: pd.DataFrame, number: dict[str, int]) -> None:
    """Put the codes of ``stated`` reasons where ``code`` is missing."""
    places = np.flatnonzero(code == UNEXPLAINED)
    by = [*SOURCE_COLUMNS, *(key for key in TELL_RECORDS if key in table and key in stated)]
    cells = _keys(table.iloc[places], by).assign(place=places)
    given = _keys(stated, by).assign(reason=stated["reason"].to_numpy())
    cells["nth"], given["nth"] = (frame.groupby(by).cumcount() for frame in (cells, given))
    found = cells.merge(given, on=[*by, "nth"], how="inner")
    code[found["place"].to_numpy()] = found["reason"].map(number).to_numpy()


def _keys(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The columns ``by`` as text, missing ones blank, so that those of two tables compare."""
    return pd.DataFrame({name: rows[name].astype("str").fillna("").to_numpy() for name in by})


def _applies(name: str, table: pd.DataFrame, column: str) -> np.ndarray:
    """Rows in which ``column`` can have a value."""
    applies = np.ones(len(table), dtype=bool)
    if name == "alliance" and not column[-1].isdigit():
        asked = table[column].notna().groupby([table["instrument"], table["rater"]]).transform("any")
        return asked.to_numpy(dtype=bool)
    if name == "enrolments":
        without = {STARTED_ON: ("not_started",), ENDED_ON: ("not_started", "ongoing")}.get(column, ())
        return ~table[ENROLMENT_STATUS].isin(without).to_numpy()
    if name == "sessions" and (column in OF_THE_SESSION or column[-1].isdigit()):
        applies = table[ATTENDED].fillna(True).to_numpy(dtype=bool, copy=True)
    if name == "sessions" and column == RUPTURE_RESOLVED:
        applies = applies & table[RUPTURE].notna().to_numpy() & (table[RUPTURE] != "none").to_numpy()
    return applies
