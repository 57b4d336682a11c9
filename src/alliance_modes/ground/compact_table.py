"""A table of many rows in little memory: of each column the distinct values, and one small number per row.

Three million sessions take a tenth of what they take as a DataFrame, since a rating is one byte and an id is
four. A column is made whole when it is asked for, so that never more than a few of them are whole at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray

_PLACES = "int32"
"""Numbers of rows: a table has fewer than two thousand million."""


@dataclass(frozen=True)
class CompactColumn:
    """One column.

    Parameters
    ----------
    values : ExtensionArray
        Of the column's dtype. Two places may hold the same value, and some may stand in no row.
    codes : ndarray of int, optional
        For each row the place in ``values`` of its value; None where ``values`` has one value per row.
    """

    values: ExtensionArray
    codes: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values) if self.codes is None else len(self.codes)

    def whole(self) -> ExtensionArray:
        """One value per row."""
        return self.values if self.codes is None else self.values.take(self.codes)

    def take(self, places: np.ndarray) -> CompactColumn:
        """The rows at ``places`` (numbers, or one truth value per row)."""
        if self.codes is not None:
            return CompactColumn(self.values, self.codes[places])
        return CompactColumn(self.values[places])

    def spread(self, of_values: np.ndarray) -> np.ndarray:
        """What is known of each of ``values``, row by row."""
        return of_values if self.codes is None else of_values[self.codes]

    def present(self) -> ExtensionArray:
        """The values that stand in some row, a missing one included; some perhaps twice."""
        if self.codes is None:
            return pd.Series(self.values).drop_duplicates().array
        return self.values[np.bincount(self.codes, minlength=len(self.values)) > 0]

    def numbered(self) -> np.ndarray:
        """A number per row, the same for the same value; -1 where it is missing."""
        numbers, distinct = pd.factorize(self.values)
        return self.spread(numbers.astype(smallest(len(distinct))))

    def blanked(self, rows: np.ndarray) -> CompactColumn:
        """The column, missing in ``rows`` (boolean)."""
        if self.codes is None:
            return CompactColumn(pd.Series(self.values).mask(rows).array)
        values = pd.concat([pd.Series(self.values), _missing(self.values.dtype)]).array
        codes = self.codes.astype(smallest(len(values)))
        codes[rows] = len(self.values)
        return CompactColumn(values, codes)


@dataclass(frozen=True)
class CompactTable:
    """A table held by column.

    Parameters
    ----------
    held : mapping of str to CompactColumn
        The columns in order, all of one length.
    index : Index
        One label per row.
    places : ndarray of int, optional
        For each row its place in the columns held, where some of these rows are no longer in the table;
        so a table and what is kept of it share their columns.
    """

    held: Mapping[str, CompactColumn]
    index: pd.Index
    places: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.index)

    def __contains__(self, column: str) -> bool:
        return column in self.held

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(self.held)

    def __getitem__(self, column: str) -> pd.Series:
        """One column, whole, with the index of the table."""
        return pd.Series(self.column(column).whole(), index=self.index, name=column, copy=False)

    def column(self, name: str) -> CompactColumn:
        """One column of the rows of the table."""
        return self.held[name] if self.places is None else self.held[name].take(self.places)

    def frame(self, columns: Sequence[str] | None = None, rows: np.ndarray | None = None) -> pd.DataFrame:
        """Some columns of some rows (boolean, or places), whole; default: all of them."""
        table = self if rows is None else self.rows(rows)
        names = list(self.columns if columns is None else columns)
        whole: dict[str, Any] = {name: table.column(name).whole() for name in names}
        return pd.DataFrame(whole, index=table.index, columns=names, copy=False)

    def numbers(self, columns: Sequence[str], rows: np.ndarray | None = None) -> np.ndarray:
        """Columns of numbers as an array; NaN where a number is missing, or the column absent."""
        table = self if rows is None else self.rows(rows)
        numbers = np.full((len(table), len(columns)), np.nan)
        for place, name in enumerate(columns):
            if name in table:
                numbers[:, place] = table[name].to_numpy(dtype="float64", na_value=np.nan)
        return numbers

    def distinct(self, column: str) -> pd.Series:
        """The values that stand in some row of ``column``, a missing one included; some perhaps twice."""
        return pd.Series(self.column(column).present())

    def dtype(self, column: str) -> str:
        """The dtype of a column."""
        return str(pd.Series(self.held[column].values).dtype)

    def given(self, column: str) -> np.ndarray:
        """For each row, whether ``column`` holds a value."""
        one = self.column(column)
        return one.spread(~np.asarray(one.values.isna(), dtype=bool))

    def among(self, column: str, known: CompactColumn) -> np.ndarray:
        """For each row, whether its value in ``column`` stands in ``known``; False where it is missing."""
        one = self.column(column)
        # as objects, since isin of Arrow's texts makes a list of what is known each time
        held = pd.Series(one.values.to_numpy(dtype=object), dtype=object)
        there = held.isin(known.present().to_numpy(dtype=object)).to_numpy(dtype=bool)
        return one.spread(there & ~np.asarray(one.values.isna(), dtype=bool))

    def looked_up(self, column: str, known: pd.Series) -> pd.Series:
        """For each row, the value of ``known`` whose label stands in ``column``; missing where none does."""
        one = self.column(column)
        found = CompactColumn(known.reindex(pd.Index(pd.Series(one.values))).array, one.codes)
        return pd.Series(found.whole(), index=self.index, name=known.name, copy=False)

    def numbered(self, columns: Sequence[str]) -> pd.DataFrame:
        """A number in place of each value of ``columns``, the same for the same; -1 where it is missing."""
        return pd.DataFrame({name: self.column(name).numbered() for name in columns}, self.index, copy=False)

    def rows(self, which: np.ndarray) -> CompactTable:
        """The table of some rows (boolean, or places), which keep their labels."""
        if which.dtype == bool:
            which = np.flatnonzero(which)
        places = which if self.places is None else self.places[which]
        return CompactTable(self.held, self.index[which], places.astype(_PLACES))

    def counted_anew(self) -> CompactTable:
        """The table with rows labelled from 0 on."""
        return CompactTable(self.held, pd.RangeIndex(len(self)), self.places)

    def blanked(self, column: str, rows: np.ndarray) -> CompactTable:
        """The table with ``column`` missing in ``rows`` (boolean)."""
        there = rows
        if self.places is not None:
            there = np.zeros(len(self.held[column]), dtype=bool)
            there[self.places[rows]] = True
        return CompactTable({**self.held, column: self.held[column].blanked(there)}, self.index, self.places)


def compact(table: pd.DataFrame | CompactTable) -> CompactTable:
    """A table held by column; its values are not copied, and not looked at for equal ones."""
    if isinstance(table, CompactTable):
        return table
    return CompactTable({str(name): CompactColumn(table[name].array) for name in table.columns}, table.index)


def nothing_held(rows: int, dtype: str) -> CompactColumn:
    """A column that is missing in every row."""
    return CompactColumn(_missing(dtype).array, np.zeros(rows, dtype="int8"))


def stacked(pieces: Sequence[CompactTable]) -> CompactTable:
    """Tables of the same columns, one below the other, rows labelled from 0 on."""
    if len(pieces) == 1:
        return pieces[0].counted_anew()
    held = {name: _joined([piece.column(name) for piece in pieces]) for name in pieces[0].columns}
    return CompactTable(held, pd.RangeIndex(sum(map(len, pieces))))


def smallest(values: int) -> np.dtype:
    """The smallest signed type that numbers ``values`` places, -1 included."""
    return np.min_scalar_type(-1 - values)


def _joined(columns: Sequence[CompactColumn]) -> CompactColumn:
    if any(column.codes is None for column in columns):
        return CompactColumn(pd.concat([pd.Series(one.whole()) for one in columns], ignore_index=True).array)
    values = pd.concat([pd.Series(column.values) for column in columns], ignore_index=True).array
    codes, first, kind = [], 0, smallest(len(values))
    for column in columns:
        codes.append(np.asarray(column.codes).astype(kind) + kind.type(first))
        first += len(column.values)
    return CompactColumn(values, np.concatenate(codes))


def _missing(dtype: Any) -> pd.Series:
    return pd.Series(index=[0], dtype=dtype)
