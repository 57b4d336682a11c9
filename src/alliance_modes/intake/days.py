"""Days that tell of something else: those that programs fill in, one day for most, births for starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import pandas as pd

from alliance_modes.dictionary.canonical import TABLES, dictionary
from alliance_modes.dictionary.named import REFERRED_ON, STARTED_ON
from alliance_modes.ground.compact_table import CompactTable
from alliance_modes.intake.loss import Loss
from alliance_modes.words.date_forms import EPOCHS

Columns: TypeAlias = pd.DataFrame | CompactTable
"""What gives a column by its name."""

FEWEST_DAYS = 10
"""Cells below which one day in most of them says nothing."""

MOST = 0.5
FEWEST_FIRSTS, FIRSTS = 4, 0.08
"""Cells that hold 1 January, and their share above which they are hardly all days on which that was."""

ONLY_YEAR = "written where only the year is known"
LONG_AGO = pd.Timedelta(days=15 * 365)
"""How long before the newest day of a cohort a day is hardly one of it: births are, of adults."""


def day_losses(
    table: str, tables: Mapping[str, Columns], kept: Mapping[str, Columns] | None = None
) -> Iterator[Loss]:
    """Cells of the dates of ``table`` that tell that something else stands in the column.

    Parameters
    ----------
    table : str
        Canonical table.
    tables : mapping of DataFrame or CompactTable
        The typed tables of ingest, by canonical name.
    kept : mapping of DataFrame or CompactTable, optional
        The clean tables, in which days after the data lock are missing: the newest day is one of theirs, so
        that one mistyped year (2042) does not make every other day an old one. Default: ``tables``.

    Yields
    ------
    Loss
        Per column: ``filled_in_day`` (1 January 1970, day 0 of some program; 1 January of any year in many
        cells), ``one_day`` (in more than half of ten or more cells), ``long_ago`` (15 years and more before
        the newest day of the cohort); of enrolments ``before_referral`` (a start before the referral). The
        cells are kept as they are.
    """
    newest = _newest(tables if kept is None else kept)
    for column in _dates(table):
        days = tables[table][column].dropna().dt.normalize()
        filled_in = days.isin(_epochs_among(days)) | _many_firsts(days)
        if filled_in.any():
            yield Loss(
                table, "filled_in_day", int(filled_in.sum()), len(days), _filled_in(days[filled_in]), column
            )
        real = days[~filled_in]
        most = real.value_counts()
        if len(days) >= FEWEST_DAYS and len(real) and int(most.iloc[0]) > MOST * len(days):
            said = f"hold the same day, {most.index[0]:%Y-%m-%d}"
            yield Loss(table, "one_day", int(most.iloc[0]), len(days), said, column)
        old = int((real < newest - LONG_AGO).sum()) if newest is not None else 0
        if old:
            said = f"lie more than 15 years before the newest day of the cohort, {newest:%Y-%m-%d}"
            yield Loss(table, "long_ago", old, len(days), said, column)
    if table == "enrolments":
        yield from _before_referral(tables[table])


def _dates(table: str) -> tuple[str, ...]:
    return dictionary().table(table).those(lambda column: column.type == "date")


def _newest(tables: Mapping[str, Columns]) -> pd.Timestamp | None:
    days = [tables[table][column].dropna().drop_duplicates() for table in TABLES for column in _dates(table)]
    known = [some[~some.dt.date.isin(list(EPOCHS))].max() for some in days if len(some)]
    return max((day for day in known if not pd.isna(day)), default=None)


def _epochs_among(days: pd.Series) -> pd.Series:
    """Those of the days that programs fill in."""
    distinct = days.drop_duplicates()
    return distinct[distinct.dt.date.isin(list(EPOCHS))]


def _many_firsts(days: pd.Series) -> pd.Series:
    """Cells that hold 1 January of some year, where these are more than a few; else none.

    Days on which a group starts are shared too, so that 1 January must also be twice as frequent as any
    other day.
    """
    firsts = (days.dt.month == 1) & (days.dt.day == 1)
    others = int(days[~firsts].value_counts().max()) if (~firsts).any() else 0
    many = int(firsts.sum()) >= max(FEWEST_FIRSTS, 2 * others) and firsts.mean() > FIRSTS
    return firsts if many else firsts & False


def _filled_in(days: pd.Series) -> str:
    """``hold 1970-01-01 (day 0 of Unix and R)``."""
    counts = days.value_counts()
    said = (f"{day:%Y-%m-%d} ({EPOCHS.get(day.date(), ONLY_YEAR)})" for day in counts.index)
    return f"hold {', '.join(said)}"


def _before_referral(enrolments: Columns) -> Iterator[Loss]:
    both = pd.DataFrame({day: enrolments[day] for day in (REFERRED_ON, STARTED_ON)}).dropna()
    early = int((both[STARTED_ON] < both[REFERRED_ON]).sum())
    if early:
        said = "lie before the referral"
        yield Loss("enrolments", "before_referral", early, len(both), said, STARTED_ON)
