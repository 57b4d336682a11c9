"""Counts as a report asks for them, and as an edition shows them.

A report asks for tables of counts of one population (``CountTable``). Each of its cells says which units it
counts, in terms of columns of that population, so that all cells of all tables of a release are linked:
what adds up, adds up whichever table it stands in. An edition answers with tables of the same shape
(``ShownTable``): the internal one exactly, the release one through the gate. Sections of a report read
``ShownTable`` alone, so that one text serves both editions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["exact", "rounded", "suppressed"]

Where = tuple[tuple[str, tuple[str, ...]], ...]
"""Which units a cell counts: for each column named, the values that it may have; others are free."""


@dataclass(frozen=True)
class Cell:
    """One count: ``n`` units of the population that have, in every column of ``where``, one of its values."""

    where: Where
    n: int


@dataclass(frozen=True)
class CountTable:
    """Counts of one population, rows by columns.

    Parameters
    ----------
    name : str
        Unique in a release; that of its CSV file.
    caption : str
        What it counts, in words.
    population : str
        What a unit is: ``enrolments``, ``clients``, ``practitioners``. Tables of one population are linked.
    rows, columns : tuple of str
        Labels, as a reader sees them.
    cells : tuple of tuple of Cell
        One tuple per row, one cell per column.
    """

    name: str
    caption: str
    population: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Shown:
    """A count as an edition shows it: ``value`` is None where it is suppressed."""

    value: int | None
    status: Status
    text: str


@dataclass(frozen=True)
class ShownTable:
    """A ``CountTable`` as an edition shows it."""

    name: str
    caption: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Shown, ...], ...]

    def of(self, row: str, column: str | None = None) -> Shown:
        """One cell by its labels; without ``column`` that of the first column."""
        place = 0 if column is None else self.columns.index(column)
        return self.cells[self.rows.index(row)][place]


def count_table(
    units: pd.DataFrame,
    name: str,
    caption: str,
    population: str,
    rows: Mapping[str, Mapping[str, Sequence[str]]],
    columns: Mapping[str, Mapping[str, Sequence[str]]],
) -> CountTable:
    """Count units by rows and columns that overlap as they may.

    Parameters
    ----------
    units : DataFrame
        One row per unit of the population; columns of text, none missing in what is named here.
    rows, columns : mapping
        By label, what a unit must have: column name to the values allowed. An empty mapping is everybody.

    Raises
    ------
    ValueError
        A column that is named has missing values: who has none belongs to a value of its own.
    """
    return CountTable(
        name,
        caption,
        population,
        tuple(rows),
        tuple(columns),
        tuple(
            tuple(_cell(units, _both(of_row, of_column)) for of_column in columns.values())
            for of_row in rows.values()
        ),
    )


def _both(
    of_row: Mapping[str, Sequence[str]], of_column: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    found = {column: tuple(values) for column, values in of_row.items()}
    for column, values in of_column.items():
        found[column] = tuple(one for one in found.get(column, tuple(values)) if one in set(values))
    return found


def _cell(units: pd.DataFrame, allowed: Mapping[str, tuple[str, ...]]) -> Cell:
    import numpy as np

    held = np.ones(len(units), bool)
    for column, values in allowed.items():
        if units[column].isna().any():
            raise ValueError(f"{column} is missing for some units: give them a value of their own")
        held &= units[column].isin(values).to_numpy()
    return Cell(
        tuple(sorted((column, tuple(sorted(values))) for column, values in allowed.items())), int(held.sum())
    )


def exact(tables: Iterable[CountTable]) -> dict[str, ShownTable]:
    """The tables as the internal edition shows them, by name: every count as it is."""
    return {
        table.name: ShownTable(
            table.name,
            table.caption,
            table.rows,
            table.columns,
            tuple(tuple(Shown(cell.n, "exact", f"{cell.n:,}") for cell in row) for row in table.cells),
        )
        for table in tables
    }
