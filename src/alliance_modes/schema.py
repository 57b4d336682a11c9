"""The canonical tables: one dictionary of every column, and the schemas made from it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from alliance_modes.configuration import Closed, load_model

if TYPE_CHECKING:
    import pandas as pd

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
    return load_model(Path(__file__).with_name("columns.yaml"), Dictionary)


def empty_table(name: str) -> pd.DataFrame:
    """A table of no rows with every canonical column of ``name`` and the source columns, typed."""
    import pandas as pd

    columns = {key: pd.Series(dtype=DTYPES[column.type]) for key, column in dictionary().table(name).columns.items()}
    columns["source_file"] = pd.Series(dtype="str")
    columns["source_row"] = pd.Series(dtype="Int64")
    return pd.DataFrame(columns)
