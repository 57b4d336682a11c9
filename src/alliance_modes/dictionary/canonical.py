"""The canonical tables: one dictionary of every column, and the schemas made from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from alliance_modes.dictionary.columns import (
    Column,
    Place,
    dtype_problems,
    keeps_rules,
    layout_problems,
    value_problems,
)
from alliance_modes.domain import Source
from alliance_modes.ground.errors import TableError
from alliance_modes.ground.yaml_models import Closed, load_model

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.ground.compact_table import CompactTable

TABLES = ("practitioners", "practitioner_survey", "enrolments", "sessions", "alliance", "group_climate")

SOURCE_COLUMNS = ("source_file", "source_row")
"""Provenance that every typed and clean table carries: file name, and 1-based row in the file."""

SOURCE: Mapping[str, Column] = {
    "source_file": Column(type="label", meaning="raw file that the row is from", filled=True),
    "source_row": Column(type="integer", meaning="row of that file, header rows counted", low=1, filled=True),
}


Described = Literal["practitioner", "client"]


class CanonicalColumn(Column):
    """One canonical column, and what the stages do with it by what it is.

    Without a ``required`` one the table cannot be used. The other traits are explained at the top of
    ``canonical.yaml``.
    """

    need: Literal["required", "optional"]
    told_by: Source | Literal["unknown"] | None = "records"
    person: bool = False
    describes: Described | None = None
    label: str = ""
    standardised: bool = False
    split: bool = False
    tells_table: bool = False
    names: tuple[str, ...] = ()
    contrary: tuple[str, ...] = ()
    compared: str = ""
    called: dict[Literal["true", "false"], str] = Field(default_factory=dict)
    spellings: dict[str, str] = Field(default_factory=dict)

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.type in ("integer", "number")


def scaled(column: str) -> str:
    """The name of a column in standard deviations from its mean."""
    return f"{column}_z"


class Table(Closed):
    """One canonical table: its grain, its key and its columns in order."""

    grain: str
    key: tuple[str, ...]
    columns: dict[str, CanonicalColumn]

    def those(self, are: Callable[[CanonicalColumn], object]) -> tuple[str, ...]:
        """Names of the columns for which ``are`` holds, in order."""
        return tuple(name for name, column in self.columns.items() if are(column))

    def split_columns(self) -> tuple[str, ...]:
        """Names of the columns that are split by practitioner, standardised where they are."""
        split = self.those(lambda column: column.split)
        return tuple(scaled(name) if self.columns[name].standardised else name for name in split)

    def compared(self) -> dict[str, CanonicalColumn]:
        """The columns over whose groups a measure is compared."""
        return {name: column for name, column in self.columns.items() if column.compared}

    def describing(self, who: Described) -> dict[str, CanonicalColumn]:
        """The columns that describe a practitioner or a client."""
        return {name: column for name, column in self.columns.items() if column.describes == who}


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
    """The dictionary of canonical columns, read once from ``canonical.yaml``."""
    return load_model(Path(__file__).with_name("canonical.yaml"), Dictionary)


@cache
def names_in_exports() -> Mapping[str, tuple[str, ...]]:
    """What exports call each canonical column, its own name in plain words first."""
    found: dict[str, tuple[str, ...]] = {}
    for table in TABLES:
        for name, column in dictionary().table(table).columns.items():
            found[name] = (*found.get(name, (name.replace("_", " "),)), *column.names)
    return MappingProxyType(found)


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


def declared_columns(name: str, further_items: Iterable[str] = ()) -> dict[str, Column]:
    """Every column of the typed table ``name`` in order: canonical ones, items, and the source of the row.

    Parameters
    ----------
    name : str
        One of ``TABLES``.
    further_items : iterable of str
        Item columns of a study's own instruments; they follow those of ``item_columns``.
    """
    answer = Column(type="number", meaning="answer to an item, as it was given")
    items = dict.fromkeys((*item_columns(name), *further_items), answer)
    return {**dictionary().table(name).columns, **items, **SOURCE}


def table_columns(name: str, further_items: Iterable[str] = ()) -> dict[str, str]:
    """The pandas dtype of every column of ``declared_columns``, in order."""
    return {key: column.dtype for key, column in declared_columns(name, further_items).items()}


def empty_table(name: str) -> pd.DataFrame:
    """A table of no rows with every canonical and item column of ``name``, typed."""
    import pandas as pd

    return pd.DataFrame({key: pd.Series(dtype=dtype) for key, dtype in table_columns(name).items()})


def validate_compact(name: str, table: CompactTable) -> CompactTable:
    """Return ``table`` if it is a valid typed or clean table ``name``: as ``validate``, in little memory.

    Looked at are the distinct values; the table is made whole only where they do not tell that all is well.
    """
    known = table_columns(name)
    further = [column for column in table.columns if column not in known and ITEM.fullmatch(column)]
    expected = declared_columns(name, further)
    if list(table.columns) != list(expected) or not all(
        table.dtype(key) == column.dtype and keeps_rules(table.distinct(key), column)
        for key, column in expected.items()
    ):
        validate(name, table.frame())
    return table


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
    known, present = table_columns(name), [str(column) for column in table.columns]
    further = [column for column in present if column not in known]
    unknown = [column for column in further if ITEM.fullmatch(column) is None]
    expected = declared_columns(name, [column for column in further if column not in unknown])
    source = table.get("source_row")
    place = Place(name, name, lambda rows: () if source is None else source.iloc[rows].dropna())
    problems = [*layout_problems(present, list(expected), unknown, place)]
    once = {key: column for key, column in expected.items() if present.count(key) == 1}
    problems += dtype_problems(table, once, place)
    problems = problems or [*value_problems(table, expected, place)]
    if problems:
        raise TableError(f"table {name}", problems)
    return table
