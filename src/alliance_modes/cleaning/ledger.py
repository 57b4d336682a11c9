"""The tables while they are being cleaned, and everything that was done to them.

Rows leave a table only through ``Ledger.exclude`` and cells change only through ``Ledger.blank``,
so nothing can happen to a table that the account does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import SOURCE_COLUMNS, TABLES, empty_table, table_columns
from alliance_modes.dictionary.cleaning import TABLES as RESULTS
from alliance_modes.dictionary.enrolments import of_enrolments
from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO
from alliance_modes.dictionary.result_table import ResultTable
from alliance_modes.ground.compact_table import CompactTable, compact, nothing_held

RECORD_COLUMNS = ("table", *SOURCE_COLUMNS, SESSION_NO, "rater", "instrument")
"""What names a record in the lists. One row of a wide file can hold several inventories of one
table, so session, rater and instrument are part of it."""

FlagKind = Literal["careless", "contradiction", "near_duplicate"]

CHANGE_COLUMNS = tuple(RESULTS["changes"].columns)


class Ledger:
    """The working state of one cleaning.

    Parameters
    ----------
    tables : mapping of str to DataFrame or CompactTable
        Typed tables by canonical name. An absent table becomes one of no rows, an absent
        canonical column one of missing values.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame] | Mapping[str, CompactTable]) -> None:
        self._tables = {name: with_canonical_columns(name, tables.get(name)) for name in TABLES}
        self.rows_read = {name: len(table) for name, table in self._tables.items()}
        self._excluded: dict[str, list[tuple[str, pd.DataFrame]]] = {name: [] for name in TABLES}
        self._changes: list[pd.DataFrame] = []
        self._flags: list[pd.DataFrame] = []
        self._checks: list[dict] = []

    def __getitem__(self, name: str) -> CompactTable:
        """The rows of table ``name`` still kept; the index is the row's place among those read."""
        return self._tables[name]

    def of_enrolment(self, name: str, column: str) -> pd.Series:
        """``column`` of the enrolment of each row of table ``name``; missing where that is not kept."""
        known = of_enrolments(self._tables["enrolments"].frame([ENROLMENT_ID, column]), column)
        return self._tables[name].looked_up(ENROLMENT_ID, known)

    def exclude(self, name: str, rows: np.ndarray, reason: str) -> None:
        """Leave out the rows of table ``name`` where ``rows`` (boolean, current length) is true."""
        if rows.any():
            table = self._tables[name]
            self._excluded[name].append((reason, _records(name, table, rows)))
            self._tables[name] = table.rows(~rows)

    def blank(self, name: str, rows: np.ndarray, column: str, rule: str) -> None:
        """Set ``column`` missing in ``rows`` of table ``name`` and list each cell."""
        table = self._tables[name]
        rows = rows & table.given(column)
        if not rows.any():
            return
        held = table.frame([*SOURCE_COLUMNS, column], rows)
        changed = held[list(SOURCE_COLUMNS)].assign(
            table=name, column=column, raw_value=as_text(held[column]), new_value="", rule=rule
        )
        self._changes.append(changed[list(CHANGE_COLUMNS)])
        self._tables[name] = table.blanked(column, rows)

    def flag(
        self,
        name: str,
        rows: np.ndarray,
        flag: str,
        meaning: str,
        values: object = "",
        kind: FlagKind = "contradiction",
    ) -> None:
        """List the rows of table ``name`` where ``rows`` is true; nothing in the table changes."""
        if not rows.any():
            return
        found = _records(name, self._tables[name], rows)
        if isinstance(values, np.ndarray | pd.Series):
            values = as_text(pd.Series(np.asarray(values)[rows])).to_numpy()
        self._flags.append(found.assign(kind=kind, flag=flag, value=values, meaning=meaning))

    def check(self, table: str, check: str, records: int, found: int, **where: str) -> None:
        """Note that ``check`` looked at ``records`` rows and found ``found``."""
        self._checks.append(
            {
                "table": table,
                "check": check,
                "result": "fail" if found else "pass",
                "records": records,
                "found": found,
            }
            | where
        )

    def check_and_flag(
        self,
        name: str,
        check: str,
        known: np.ndarray,
        found: np.ndarray,
        meaning: str,
        values: object = "",
        kind: FlagKind = "contradiction",
    ) -> None:
        """Note a check of the rows where ``known`` is true, and list those where ``found`` is."""
        self.check(name, check, int(known.sum()), int(found.sum()))
        self.flag(name, found, check, meaning, values, kind)

    def not_checked(self, table: str, check: str, detail: str, **where: str) -> None:
        """Note that ``check`` could not be made, and why."""
        self._checks.append(
            {"table": table, "check": check, "result": "not_checked", "detail": detail} | where
        )

    def kept(self) -> dict[str, CompactTable]:
        """The clean tables, rows in the order read."""
        return {name: table.counted_anew() for name, table in self._tables.items()}

    def excluded_rows(self, name: str) -> list[tuple[str, pd.DataFrame]]:
        """What names the excluded rows of table ``name``, by reason, in the order of the checks."""
        return self._excluded[name]

    def excluded(self) -> pd.DataFrame:
        """One row per excluded record, with its reason."""
        parts = [rows.assign(reason=reason) for name in TABLES for reason, rows in self._excluded[name]]
        return _stacked(parts, RESULTS["excluded"])

    def changes(self) -> pd.DataFrame:
        """One row per cell that cleaning changed."""
        return _stacked(self._changes, RESULTS["changes"])

    def flags(self) -> pd.DataFrame:
        """One row per flagged record and flag; flags of records that were then excluded included."""
        return _stacked(self._flags, RESULTS["flags"])

    def checks(self) -> pd.DataFrame:
        """One row per check made, or not made."""
        blank = {"instrument": "", "rater": "", "records": pd.NA, "found": pd.NA, "detail": ""}
        checks = RESULTS["checks"]
        return checks.typed(
            pd.DataFrame([blank | check for check in self._checks], columns=list(checks.columns))
        )


def with_canonical_columns(name: str, table: pd.DataFrame | CompactTable | None) -> CompactTable:
    """``table`` with every column of the typed table ``name`` in order, absent ones all missing.

    Items of a study's own instruments stay, after the others; the index becomes the row's position.
    """
    known = compact(empty_table(name) if table is None else table)
    further = [column for column in known.columns if column not in table_columns(name)]
    types = table_columns(name, further)
    held = {
        column: known.column(column) if column in known else nothing_held(len(known), dtype)
        for column, dtype in types.items()
    }
    return CompactTable(held, known.index).counted_anew()


def as_text(values: pd.Series) -> pd.Series:
    """Values as a person would write them: ISO dates, numbers without trailing zeros."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values.dt.strftime("%Y-%m-%d")
    if pd.api.types.is_float_dtype(values.dtype):
        return values.map(lambda value: "" if pd.isna(value) else format(value, ".6g")).astype("str")
    return values.astype("str")


def _records(name: str, table: CompactTable, which: np.ndarray) -> pd.DataFrame:
    rows = table.frame([column for column in RECORD_COLUMNS[1:] if column in table], which)
    named = pd.DataFrame({"table": name}, index=rows.index).astype("str")
    for column in RECORD_COLUMNS[1:]:
        absent = pd.NA if column in (SESSION_NO, "source_row") else ""
        named[column] = rows[column] if column in rows.columns else absent
    named[SESSION_NO] = named[SESSION_NO].astype("Int64")
    return named


def _stacked(parts: list[pd.DataFrame], declared: ResultTable) -> pd.DataFrame:
    return declared.typed(pd.concat(parts, ignore_index=True)) if parts else declared.empty()
