"""Which rows of which clean table hold an administration of which instrument, by whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.domain import RATERS
from alliance_modes.ground.errors import InstrumentError, Problem
from alliance_modes.instruments.model import Instrument, versions_that_fit

ALLIANCE = "alliance"
ITEM = "item"
"""Prefix of the item columns of the alliance table, where the instrument differs by row."""


@dataclass(frozen=True)
class Administrations:
    """Rows of one table that hold one instrument, rated by one kind of person.

    ``rater`` is blank where the instrument allows several and the table does not say which.
    ``rows`` keep the table's index and columns; a row without any answer is not among them.
    """

    table: str
    rater: str
    instrument: Instrument
    prefix: str
    rows: pd.DataFrame


def administrations(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]
) -> Iterator[Administrations]:
    """Every block of administrations, in the order of the tables, then rater, then instrument id.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name. Items are ``item_1 ...`` in ``alliance`` and ``<instrument>_1 ...``
        elsewhere; a table without rows or without items gives nothing.
    instruments : mapping of str to Instrument
        By id.

    Raises
    ------
    InstrumentError
        An alliance row names an unknown instrument, a rater whose form the instrument is not, or
        holds answers to more items than the instrument has; all are listed together.
    """
    for name in TABLES:
        table = tables.get(name)
        if table is None or table.empty:
            continue
        blocks = _by_row(table, instruments) if name == ALLIANCE else _by_column(name, table, instruments)
        yield from (block for block in blocks if len(block.rows))


def _by_column(
    name: str, table: pd.DataFrame, instruments: Mapping[str, Instrument]
) -> Iterator[Administrations]:
    for key in sorted(instruments):
        instrument = instruments[key]
        present = [column for column in instrument.item_columns() if column in table.columns]
        if present:
            rater = instrument.raters[0] if len(instrument.raters) == 1 else ""
            yield Administrations(name, rater, instrument, key, _answered(table, present))


def _by_row(table: pd.DataFrame, instruments: Mapping[str, Instrument]) -> Iterator[Administrations]:
    _require_fitting_rows(table, instruments)
    for rater in RATERS:
        for key in sorted(table.loc[table["rater"] == rater, "instrument"].unique()):
            rows = table[(table["rater"] == rater) & (table["instrument"] == key)]
            present = [column for column in instruments[key].item_columns(ITEM) if column in table.columns]
            yield Administrations(ALLIANCE, rater, instruments[key], ITEM, _answered(rows, present))


def _answered(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return rows[rows[columns].notna().any(axis=1)]


def _require_fitting_rows(table: pd.DataFrame, instruments: Mapping[str, Instrument]) -> None:
    problems: list[Problem] = []
    pairs = table[["instrument", "rater"]].fillna("").drop_duplicates()
    for key, rater in sorted(pairs.itertuples(index=False, name=None)):
        rows = table[(table["instrument"].fillna("") == key) & (table["rater"].fillna("") == rater)]
        if key not in instruments:
            known = ", ".join(sorted(instruments))
            hint = f"Known instruments: {known}; others are added in config/instruments/."
            problems.append(_row_problem(f'"{key}" is not a known instrument', hint, rows, "instrument", key))
        elif rater not in instruments[key].raters:
            forms = " and ".join(instruments[key].raters)
            hint = f"{key} is scored for: {forms}. Another form needs its own file in config/instruments/."
            message = f'{key} has no verified key for a form rated by "{rater}"'
            problems.append(_row_problem(message, hint, rows, "rater", rater))
        else:
            problems += _answers_beyond(rows, instruments[key])
    if problems:
        raise InstrumentError("the alliance table", problems)


def _answers_beyond(rows: pd.DataFrame, instrument: Instrument) -> Iterator[Problem]:
    known = set(instrument.item_columns(ITEM))
    numbers = {
        column: int(column.rpartition("_")[2])
        for column in rows.columns
        if column.startswith(f"{ITEM}_") and column not in known
    }
    extra = [column for column in sorted(numbers, key=numbers.__getitem__) if rows[column].notna().any()]
    if extra:
        likely = versions_that_fit(instrument, [], max(numbers[column] for column in extra))
        looks = f"This looks like {' or '.join(other.id for other in likely)}. " if likely else ""
        message = f"{instrument.id} has {instrument.items} items, but {', '.join(extra[:3])} hold answers"
        hint = f"{looks}Declare the version that was administered in cohort.yaml."
        found = rows[rows[extra].notna().any(axis=1)]
        yield _row_problem(message, hint, found, extra[0], "")


def _row_problem(message: str, hint: str, rows: pd.DataFrame, column: str, value: str) -> Problem:
    files = rows["source_file"].dropna().unique() if "source_file" in rows else []
    numbers = rows["source_row"].dropna() if "source_row" in rows else []
    return Problem(
        message,
        hint,
        file=", ".join(files),
        column=column,
        value=value,
        rows=tuple(int(number) for number in numbers),
    )
