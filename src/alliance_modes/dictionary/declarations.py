"""The tables that the stages of the line declare, each stage in a file of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from alliance_modes.dictionary.canonical import TABLES, Table, dictionary, scaled
from alliance_modes.dictionary.columns import Column
from alliance_modes.dictionary.result_table import ResultTable, Rows
from alliance_modes.ground.yaml_models import Closed, load_model


class Carried(Closed):
    """Columns taken over from another table, or made of its columns.

    Of the table ``of`` all but ``but``, or ``only`` some; without its dates where ``dates`` says so.
    ``made`` takes in their place: ``means`` over waves of those that describe a practitioner, those
    that are ``standardised`` in that form, the ``levels`` (between, within) of those that are split.
    """

    of: str
    but: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    dates: bool = True
    made: Literal["", "means", "standardised", "levels"] = ""


class _Entry(Closed):
    """One table as its stage's file declares it; a column without a value is one of ``shared``."""

    rule: str
    title: str
    meaning: str
    grain: str
    key: tuple[str, ...]
    file: str = ""
    rows: Rows = "none or more"
    of_people: bool = False
    columns: dict[str, Column | Carried | None]


SAID = ("rule", "title", "meaning", "grain", "key", "rows", "of_people")
"""What a table takes over from its entry as it stands."""


class _Stage(Closed):
    """The tables of one stage: the folder and section they share, and columns that several have."""

    folder: str
    section: str = ""
    shared: dict[str, Column] = Field(default_factory=dict)
    tables: dict[str, _Entry]


def load_tables(package: str) -> Mapping[str, ResultTable]:
    """The tables that ``tables.yaml`` beside the file ``package`` declares, by name.

    Raises
    ------
    ConfigurationError
        The file cannot be used as it is.
    """
    path = Path(package).with_name("tables.yaml")
    stage = load_model(path, _Stage)
    found: dict[str, ResultTable] = {}
    for name, entry in stage.tables.items():
        found[name] = ResultTable(
            name=name,
            file=entry.file or f"{stage.folder}/{name}.csv",
            section=stage.section,
            columns=dict(_columns(entry, stage.shared, found)),
            **{key: getattr(entry, key) for key in SAID},
        )
    return found


def _columns(
    entry: _Entry, shared: Mapping[str, Column], before: Mapping[str, ResultTable]
) -> Iterator[tuple[str, Column]]:
    for name, column in entry.columns.items():
        if column is None:
            yield name, shared[name]
        elif isinstance(column, Carried):
            yield from _carried(column, before)
        else:
            yield name, column


def _carried(carried: Carried, before: Mapping[str, ResultTable]) -> Iterator[tuple[str, Column]]:
    """Columns of a table before it in the file, or of a canonical one; rows need not have their values."""
    if carried.made:
        yield from _made(carried.made, dictionary().table(carried.of))
        return
    canonical: Mapping[str, Column] = dictionary().table(carried.of).columns if carried.of in TABLES else {}
    columns = before[carried.of].columns if carried.of in before else canonical
    for name, column in columns.items():
        wanted = name not in carried.but and (name in carried.only or not carried.only)
        if wanted and (carried.dates or column.type != "date"):
            yield name, column.model_copy(update={"filled": False})


def _made(made: str, table: Table) -> Iterator[tuple[str, Column]]:
    """What derive makes of the columns of a canonical table, by their traits."""
    for name, column in table.columns.items():
        told = column.told_by
        if made == "means" and column.describes:
            meaning = f"{column.meaning}, mean over the waves used"
            yield name, column.model_copy(update={"type": "number", "meaning": meaning})
        if made == "standardised" and column.standardised:
            meaning = f"{name}, with mean 0 and SD 1 over the denominator"
            yield scaled(name), Column(type="number", unit="SD", meaning=meaning, told_by=told)
        if made == "levels" and column.split:
            value = scaled(name) if column.standardised else name
            between = f"mean of {value} over those of the lead practitioner"
            yield f"{value}_between", Column(type="number", meaning=between, told_by=told)
            within = f"{value} less its between part"
            yield f"{value}_within", Column(type="number", meaning=within, told_by=told)
