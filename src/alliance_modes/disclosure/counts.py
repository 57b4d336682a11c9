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
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["exact", "rounded", "suppressed"]

Where = tuple[tuple[str, tuple[str, ...]], ...]
"""Which units a cell counts: for each column named, the values that it may have; others are free."""


OTHER = "any other"
"""A value that nobody may have: that of those who are not what a count names, should there be any."""

WITHHELD = "withheld"
"""The one word for every count that is not shown, whatever the reason."""


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
    values : tuple
        Of each column that a cell names, the values that units of the population have: a reader may know
        whether those that are named are all there are. Without it they are taken to be. Other columns whose
        values are no secret may stand here too.
    """

    name: str
    caption: str
    population: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    values: Where = ()


@dataclass(frozen=True)
class Shown:
    """A count as an edition shows it: ``value`` is None where it is suppressed.

    ``text`` is that of a table (``240``, ``withheld``); sentences take ``disclosure.said``. ``near`` says
    that it may be another number nearby: where a release rounds to the nearest 1, none is.
    """

    value: int | None
    status: Status
    text: str
    near: bool = False

    @classmethod
    def exact(cls, n: int) -> Shown:
        """A count as it is."""
        return cls(n, "exact", f"{n:,}")

    @classmethod
    def rounded(cls, value: int, near: bool = True) -> Shown:
        """A count of a release, rounded."""
        return cls(value, "rounded", f"{value:,}", near)


SUPPRESSED = Shown(None, "suppressed", WITHHELD)


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
        found = self.cell(row, self.columns[0] if column is None else column)
        if found is None:
            raise KeyError(f"the table {self.name} has no cell {row}, {column}")
        return found

    def cell(self, row: str, column: str) -> Shown | None:
        """One cell by its labels; None where the table has none such."""
        return self._places.get((row, column))

    @cached_property
    def _places(self) -> dict[tuple[str, str], Shown]:
        return {
            (row, column): cell
            for row, cells in zip(self.rows, self.cells, strict=True)
            for column, cell in zip(self.columns, cells, strict=True)
        }


def count_table(
    units: pd.DataFrame,
    name: str,
    caption: str,
    population: str,
    rows: Mapping[str, Mapping[str, Sequence[str]]],
    columns: Mapping[str, Mapping[str, Sequence[str]]],
    besides: Iterable[str] = (),
) -> CountTable:
    """Count units by rows and columns that overlap as they may.

    Parameters
    ----------
    units : DataFrame
        One row per unit of the population; columns of text, none missing in what is named here.
    rows, columns : mapping
        By label, what a unit must have: column name to the values allowed. An empty mapping is everybody.
    besides : iterable of str
        More columns whose values a reader knows, though no cell names them: the one site that there is.

    Raises
    ------
    ValueError
        A column that is named has missing values: who has none belongs to a value of its own.
    """
    of = Units(units)
    down = {label: of.places(allowed) for label, allowed in rows.items()}
    across = {label: np.zeros(len(units), bool) for label in columns}
    for label, allowed in columns.items():
        across[label][of.places(allowed)] = True
    named = {column for conditions in (*rows.values(), *columns.values()) for column in conditions}
    named.update(besides)
    return CountTable(
        name,
        caption,
        population,
        tuple(rows),
        tuple(columns),
        tuple(
            tuple(
                Cell(where_of(_both(of_row, of_column)), int(across[column][down[row]].sum()))
                for column, of_column in columns.items()
            )
            for row, of_row in rows.items()
        ),
        values_of(units, named),
    )


def values_of(units: pd.DataFrame, columns: Iterable[str]) -> Where:
    """The values that units have in each of the columns."""
    return tuple((column, tuple(sorted(set(units[column])))) for column in sorted(columns))


def _both(
    of_row: Mapping[str, Sequence[str]], of_column: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    found = {column: tuple(values) for column, values in of_row.items()}
    for column, values in of_column.items():
        found[column] = tuple(one for one in found.get(column, tuple(values)) if one in set(values))
    return found


def where_of(allowed: Mapping[str, Sequence[str]]) -> Where:
    """The condition in its one form: columns and values sorted, each once."""
    return tuple(sorted((column, tuple(sorted(set(values)))) for column, values in allowed.items()))


class Units:
    """Units of a population, asked again and again which of them have some values.

    Parameters
    ----------
    units : DataFrame
        One row per unit; columns of text.
    """

    def __init__(self, units: pd.DataFrame) -> None:
        self._units = units
        self._columns: dict[str, tuple[npt.NDArray[np.intp], dict[str, npt.NDArray[np.intp]]]] = {}

    def places(self, allowed: Mapping[str, Sequence[str]]) -> npt.NDArray[np.intp]:
        """Places of the units that have, in every column named, one of the values allowed, in order.

        The work is that of the column that fewest units have such a value of, not of all units.

        Raises
        ------
        ValueError
            A column that is named has missing values: who has none belongs to a value of its own.
        """
        having = {column: self._having(column, values) for column, values in allowed.items()}
        if not having:
            return np.arange(len(self._units))
        fewest = min(having, key=lambda column: sum(map(len, having[column])))
        found = np.sort(np.concatenate([np.zeros(0, np.intp), *having[fewest]]))
        for column in having:
            if column != fewest:
                codes = self._of(column)[0]
                wanted = np.unique([codes[places[0]] for places in having[column]])
                found = found[np.isin(codes[found], wanted)]
        return found

    def _having(self, column: str, values: Sequence[str]) -> list[npt.NDArray[np.intp]]:
        """The places of the units that have each of these values, of those that any has."""
        places = self._of(column)[1]
        return [places[value] for value in dict.fromkeys(values) if value in places]

    def _of(self, column: str) -> tuple[npt.NDArray[np.intp], dict[str, npt.NDArray[np.intp]]]:
        """A number for each unit by its value, and the places of the units that have each value."""
        if column not in self._columns:
            import pandas as pd

            codes, values = pd.factorize(self._units[column])
            if (codes < 0).any():
                raise ValueError(f"{column} is missing for some units: give them a value of their own")
            order = np.argsort(codes, kind="stable")
            parts = np.split(order, np.cumsum(np.bincount(codes, minlength=len(values)))[:-1])
            self._columns[column] = codes, dict(zip(values, parts, strict=True)) if len(values) else {}
        return self._columns[column]


def exact(tables: Iterable[CountTable]) -> dict[str, ShownTable]:
    """The tables as the internal edition shows them, by name: every count as it is."""
    return {
        table.name: ShownTable(
            table.name,
            table.caption,
            table.rows,
            table.columns,
            tuple(tuple(Shown.exact(cell.n) for cell in row) for row in table.cells),
        )
        for table in tables
    }
