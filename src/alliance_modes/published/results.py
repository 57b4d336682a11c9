"""The numbers of a run or a computation: single cells of its tables, and all that a paper would print."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_modes.dictionary.every import every_table
from alliance_modes.dictionary.result_table import ResultTable
from alliance_modes.published.expected import NEAR, Expected, Quantity

if TYPE_CHECKING:
    import pandas as pd

NUMBERS = ("integer", "number")
PRINTED = ("flow", "reliability", "scales", "estimates", "variances", "imputed")
"""Tables of which a paper prints numbers."""


LEAST = 0.01
"""A number nearer to zero is told again to within a millionth of this."""


@dataclass(frozen=True)
class Results:
    """The tables of results of one cohort, and those of a computation.

    Parameters
    ----------
    cohort : str
        Empty where there is none, and so no table of a run.
    root : Path
        The project.
    computed : mapping of DataFrame
        By name, what no rule writes.
    """

    cohort: str
    root: Path = Path()
    computed: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def value(self, quantity: Quantity) -> float:
        """The number of a quantity.

        Raises
        ------
        LookupError
            There is no such table, column or row, more than one row, or the cell is empty: in words.
        """
        table = self.table(quantity.table)
        for name in (quantity.column, *quantity.keys):
            if name not in table:
                raise LookupError(f"the table {quantity.table} has no column {name}")
        held = table
        for name, value in quantity.keys.items():
            held = held[held[name].fillna("").astype(str) == value]
        if len(held) != 1:
            raise LookupError("no row has these keys" if held.empty else f"{len(held)} rows have these keys")
        try:
            found = float(held[quantity.column].iloc[0])
        except (TypeError, ValueError):
            found = math.nan
        if not math.isfinite(found):
            raise LookupError(self._why_empty(held))
        return found

    def printed(self, tables: Sequence[str] = PRINTED) -> Iterator[Expected]:
        """Every number of some tables: counts exactly, others to within a millionth of themselves.

        Raises
        ------
        LookupError
            A name is none of a table of results.
        """
        for name in tables:
            table, declared = self.table(name), self._declared[name]
            columns = numbers_of(declared, table)
            for _, row in table.iterrows():
                keys = {key: text_of(row[key]) for key in declared.key}
                for column, kind in columns.items():
                    if text_of(row[column]) and math.isfinite(row[column]):
                        value = float(row[column])
                        near = None if kind == "integer" else NEAR * max(abs(value), LEAST)
                        yield Expected(Quantity(name, column, keys), value, None, near)

    def table(self, name: str) -> pd.DataFrame:
        """A table of results.

        Raises
        ------
        LookupError
            There is none of this name, or the run has not made it.
        """
        if name in self.computed:
            return self.computed[name]
        if name not in self._declared:
            raise LookupError(f"there is no table {name}")
        if name not in self._read:
            declared, (path,) = self._declared[name], self.files([name])
            if not path.is_file():
                raise LookupError(f"{path} is not there")
            self._read[name] = declared.read(path)
        return self._read[name]

    def files(self, tables: Iterable[str]) -> tuple[Path, ...]:
        """Where tables of a run are."""
        return tuple(self.root / self._declared[name].file.format(cohort=self.cohort) for name in tables)

    @cached_property
    def _declared(self) -> dict[str, ResultTable]:
        if not self.cohort:
            return {}
        return {
            one.name: one
            for one in every_table()
            if one.file.endswith(".csv") and one.key and not one.of_people and "{cohort}" in one.file
        }

    @cached_property
    def _read(self) -> dict[str, pd.DataFrame]:
        return {}

    @staticmethod
    def _why_empty(row: pd.DataFrame) -> str:
        for column in ("reason", "detail", "status", "result"):
            if column in row and isinstance(row[column].iloc[0], str) and row[column].iloc[0]:
                return f"not estimated: {row[column].iloc[0]}"
        return "the cell is empty"


def numbers_of(declared: ResultTable, table: pd.DataFrame) -> dict[str, str]:
    """The columns of a table that hold numbers and are no keys, each with its type."""
    expected, _ = declared.declared(list(table))
    return {
        name: one.type for name, one in expected.items() if one.type in NUMBERS and name not in declared.key
    }


def text_of(value: object) -> str:
    """A value of a key as text; empty where it is missing."""
    from pandas import isna

    return "" if isna(value) else str(value)
