"""The canonical tables: one dictionary of every column, and the schemas made from it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from alliance_modes.ground.errors import Problem, TableError
from alliance_modes.ground.yaml_models import Closed, load_model

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema

ColumnType = Literal["identifier", "label", "integer", "number", "boolean", "date", "category"]

TABLES = ("practitioners", "practitioner_survey", "enrolments", "sessions", "alliance", "group_climate")

SOURCE_COLUMNS = ("source_file", "source_row")
"""Provenance that every typed and clean table carries: file name, and 1-based row in the file."""

DTYPES: Mapping[str, str] = {
    "identifier": "str",
    "label": "str",
    "category": "str",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "datetime64[us]",
}
"""pandas dtype of each column type. Items are ``float64`` (missing = NaN)."""


SHOWN_VALUES = 5
"""Values that one broken rule lists at most."""


class Column(Closed):
    """One canonical column."""

    type: ColumnType
    need: Literal["required", "optional"]
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()


class Table(Closed):
    """One canonical table: its grain, its key and its columns in order."""

    grain: str
    key: tuple[str, ...]
    columns: dict[str, Column]

    def identifiers(self) -> tuple[str, ...]:
        """Names of the columns that are keyed before anything is written."""
        return tuple(name for name, column in self.columns.items() if column.type == "identifier")


class Dictionary(Closed):
    """Every canonical table."""

    practitioners: Table
    practitioner_survey: Table
    enrolments: Table
    sessions: Table
    alliance: Table
    group_climate: Table = Field()

    def table(self, name: str) -> Table:
        """The table called ``name`` (one of ``TABLES``)."""
        return getattr(self, name)


@cache
def dictionary() -> Dictionary:
    """The dictionary of canonical columns, read once from ``columns.yaml``."""
    return load_model(Path(__file__).with_name("canonical.yaml"), Dictionary)


ITEM_BLOCKS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "practitioner_survey": (("modes_of_practice", 18),),
    "sessions": (("session_engagement", 5), ("srs", 4)),
    "alliance": (("item", 36),),
    "group_climate": (("gcq_s", 12),),
}
"""Item columns that every typed and clean table has (prefix, number), whether used or not."""

ITEM = re.compile(r"(?P<prefix>[a-z][a-z0-9_]*)_(?P<number>[1-9][0-9]*)")


def item_columns(name: str) -> tuple[str, ...]:
    """Item columns that the table ``name`` always has, in order."""
    blocks = ITEM_BLOCKS.get(name, ())
    return tuple(f"{prefix}_{item}" for prefix, count in blocks for item in range(1, count + 1))


def table_columns(name: str, further_items: Iterable[str] = ()) -> dict[str, str]:
    """Every column of the typed table ``name``, in order, with its pandas dtype.

    Parameters
    ----------
    name : str
        One of ``TABLES``.
    further_items : iterable of str
        Item columns of a study's own instruments; they follow those of ``item_columns``.
    """
    columns = {key: DTYPES[column.type] for key, column in dictionary().table(name).columns.items()}
    columns |= dict.fromkeys((*item_columns(name), *further_items), "float64")
    return columns | {"source_file": "str", "source_row": "Int64"}


def empty_table(name: str) -> pd.DataFrame:
    """A table of no rows with every canonical and item column of ``name``, typed."""
    import pandas as pd

    return pd.DataFrame({key: pd.Series(dtype=dtype) for key, dtype in table_columns(name).items()})


def validate(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return ``table`` if it is a valid typed or clean table ``name``.

    Parameters
    ----------
    name : str
        One of ``TABLES``.
    table : DataFrame
        One row per what the dictionary's ``grain`` says.

    Raises
    ------
    TableError
        Every failure at once: a column absent, unknown or out of order; a dtype other than the
        dictionary's (nanoseconds are not microseconds); a value outside range or list; a
        negative or fractional row number; a missing source.

    Notes
    -----
    Missing values are valid in every column but the two source columns: what a row without an
    id is good for is decided by cleaning. Item ranges depend on the instrument, and are checked
    when items are read and again when they are scored.
    """
    from pandera.errors import SchemaErrors

    problems = list(_layout_problems(name, table))
    if not problems:
        try:
            _frame_schema(name, tuple(table.columns)).validate(table.reset_index(drop=True), lazy=True)
        except SchemaErrors as error:
            problems = _failure_problems(name, table, error.failure_cases)
    if problems:
        raise TableError(f"table {name}", problems)
    return table


def _layout_problems(name: str, table: pd.DataFrame) -> Iterator[Problem]:
    known = table_columns(name)
    present = [str(column) for column in table.columns]
    further = [column for column in present if column not in known]
    for column in known:
        if present.count(column) != 1:
            how = "is missing" if column not in present else "stands twice"
            yield Problem(f"the column {how}", "Write the table with all of its columns.", name, name, column)
    for column in further:
        if ITEM.fullmatch(column) is None:
            near = difflib.get_close_matches(column, known, n=1)
            hint = f'Did you mean "{near[0]}"?' if near else "Remove it."
            yield Problem("this is not a column of the table", hint, name, name, column)
    expected = table_columns(name, further)
    if sorted(present) == sorted(expected) and present != list(expected):
        yield Problem("the columns are out of order", f"Expected: {', '.join(expected)}.", name, name)
    for column, dtype in expected.items():
        if present.count(column) == 1 and str(table[column].dtype) != dtype:
            message = f"the dtype is {table[column].dtype}, not {dtype}"
            yield Problem(message, f"Convert the column to {dtype}.", name, name, column)


def _frame_schema(name: str, present: tuple[str, ...]) -> DataFrameSchema:
    import pandera.pandas as pa

    declared = dictionary().table(name).columns
    columns = {}
    for key in present:
        checks = []
        column = declared.get(key)
        if column and column.low is not None:
            checks.append(pa.Check.ge(column.low))
        if column and column.high is not None:
            checks.append(pa.Check.le(column.high))
        if column and column.values:
            checks.append(pa.Check.isin(column.values))
        if key == "source_row":
            checks.append(pa.Check.ge(1))
        columns[key] = pa.Column(checks=checks, nullable=key not in SOURCE_COLUMNS)
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


def _failure_problems(name: str, table: pd.DataFrame, failures: pd.DataFrame) -> list[Problem]:
    identifiers = dictionary().table(name).identifiers()
    problems = []
    for (column, check), cases in failures.groupby(["column", "check"], sort=True):
        positions = cases["index"].dropna().astype("int64")
        rows = tuple(int(row) for row in table["source_row"].iloc[positions].dropna())
        values = list(dict.fromkeys(str(value) for value in cases["failure_case"]))[:SHOWN_VALUES]
        shown = "" if column in identifiers else f" ({', '.join(values)})"
        problems.append(
            Problem(f"values break the rule {check}{shown}", "", name, name, str(column), rows=rows)
        )
    return problems
