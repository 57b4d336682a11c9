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
    STARTED_ON,
)

NO_REASON = "no reason recorded"
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
    A reason is found by file, row and column. Where one row of a wide file holds several records,
    its reasons go to the missing cells of that column in the order of the records; sums over the
    records are exact, and which of them has which reason is not known.
    """
    columns = list(columns)
    stated = _reasons_of(name, columns, missing, changes)
    reasons = ("", "", NO_REASON, *dict.fromkeys(sorted(stated["reason"])))
    number = {reason: code for code, reason in enumerate(reasons) if code >= UNEXPLAINED}
    by_column = dict(tuple(stated.groupby("column", sort=False)))
    codes = {}
    for column in columns:
        empty = table[column].isna().to_numpy()
        code = np.where(empty, UNEXPLAINED, PRESENT).astype("int16")
        if column in by_column:
            _explain(code, table, by_column[column], number)
        code[empty & ~_applies(name, table, column)] = DOES_NOT_APPLY
        codes[column] = code
    return States(codes, reasons)


def _reasons_of(name: str, columns: list[str], missing: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """source_file, source_row, column, reason of every explained cell of one table."""
    keep = [*SOURCE_COLUMNS, "column", "reason"]
    stated = missing.loc[(missing["table"] == name) & missing["column"].isin(columns), keep]
    blank = changes["new_value"].isna() | (changes["new_value"].astype("str") == "")
    mended = changes.loc[(changes["table"] == name) & changes["column"].isin(columns) & blank]
    mended = mended.assign(
        reason=[f"set missing by cleaning: {str(rule).partition(':')[0]}" for rule in mended["rule"]]
    )
    return pd.concat([stated, mended[keep]], ignore_index=True)


def _explain(code: np.ndarray, table: pd.DataFrame, stated: pd.DataFrame, number: dict[str, int]) -> None:
    """Put the codes of ``stated`` reasons where ``code`` is missing."""
    places = np.flatnonzero(code == UNEXPLAINED)
    cells = table.iloc[places][list(SOURCE_COLUMNS)].astype({"source_row": "int64"})
    cells = cells.assign(place=places)
    given = stated.astype({"source_row": "int64"})
    by = list(SOURCE_COLUMNS)
    cells["nth"], given = cells.groupby(by).cumcount(), given.assign(nth=given.groupby(by).cumcount())
    found = cells.merge(given, on=[*by, "nth"], how="inner")
    code[found["place"].to_numpy()] = found["reason"].map(number).to_numpy()


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
