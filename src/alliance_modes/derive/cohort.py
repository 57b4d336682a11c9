"""Deriving the analysis tables of one cohort."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from alliance_modes.derive.alliance import alliance_table, inventories
from alliance_modes.derive.enrolment import enrolment_table
from alliance_modes.derive.flow import flow_table
from alliance_modes.derive.instrument_scores import facet_columns, scored_sessions
from alliance_modes.derive.person_period import person_period
from alliance_modes.derive.practitioner import practitioner_table
from alliance_modes.derive.session import session_parts
from alliance_modes.derive.tables import complete_tables
from alliance_modes.dictionary.derive import TABLES
from alliance_modes.scoring.stored import Scores

if TYPE_CHECKING:
    from alliance_modes.plan.plan import Exposure


@dataclass(frozen=True)
class Derived:
    """The analysis tables; columns in ``dictionary/derive``.

    Parameters
    ----------
    practitioner, enrolment, session, alliance : DataFrame
        One row per practitioner, enrolment, enrolment x session while enrolled, and inventory.
    flow : DataFrame
        The flow of participants.
    """

    practitioner: pd.DataFrame
    enrolment: pd.DataFrame
    session: pd.DataFrame
    alliance: pd.DataFrame
    flow: pd.DataFrame


EVERY = tuple(one.name for one in fields(Derived))


def derive_cohort(
    tables: Mapping[str, pd.DataFrame],
    scores: Scores,
    account: pd.DataFrame,
    exposure: Exposure,
    data_lock: date,
) -> Derived:
    """Make the analysis tables from clean tables and scores.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by canonical name; absent tables and columns come out as missing values.
    scores : DataFrame or StoredScores
        Long scores of the cohort (``scores.parquet``).
    account : DataFrame
        ``account.csv`` of cleaning.
    exposure : Exposure
        From the plan: which survey waves count.
    data_lock : date
        Last day that the data can speak of.

    Returns
    -------
    Derived
    """
    return Derived(**derive_tables(Recorded(tables, scores), account, exposure, data_lock, EVERY))


@dataclass(frozen=True)
class Recorded:
    """Clean tables and long scores, with what is made of them once for every exposure.

    Without ``session`` among the tables that are wanted, scores of sessions and groups are not looked at.
    """

    tables: Mapping[str, pd.DataFrame]
    scores: Scores

    @cached_property
    def clean(self) -> Mapping[str, pd.DataFrame]:
        """The clean tables with every canonical column."""
        return complete_tables(self.tables)

    @cached_property
    def periods(self) -> pd.DataFrame:
        """Sessions while enrolled."""
        return person_period(self.clean["sessions"], self.clean["enrolments"])

    @cached_property
    def rated(self) -> pd.DataFrame:
        """One row per inventory of the alliance table."""
        return inventories(self.scores)


def derive_tables(
    recorded: Recorded,
    account: pd.DataFrame,
    exposure: Exposure,
    data_lock: date,
    names: Collection[str],
) -> dict[str, pd.DataFrame]:
    """Make some of the analysis tables: of sessions there are many, and not everyone wants them.

    Parameters
    ----------
    recorded : Recorded
    account, exposure, data_lock
        As ``derive_cohort`` takes them.
    names : collection of str
        Of the tables that are wanted, as ``Derived`` has them.

    Returns
    -------
    dict of DataFrame
        By name.
    """
    made = derived_in_turn(recorded, account, exposure, data_lock, names)
    return {name: _together(list(parts)) for name, parts in made}


def derived_in_turn(
    recorded: Recorded, account: pd.DataFrame, exposure: Exposure, data_lock: date, names: Collection[str]
) -> Iterator[tuple[str, Iterator[pd.DataFrame]]]:
    """The tables of ``derive_tables`` one after the other, each in parts that stand one below the other.

    Nothing is kept of a part: of millions of sessions the whole table is too much to hold.
    """
    clean, scores, periods, rated = recorded.clean, recorded.scores, recorded.periods, recorded.rated
    practitioners = practitioner_table(clean, scores, periods, exposure)
    lock = pd.Timestamp(data_lock).as_unit("us")
    alliance = rated[rated["of_alliance"]]
    enrolments = enrolment_table(clean, practitioners, periods, alliance, lock)
    carried = enrolments.drop(columns=facet_columns(scores), errors="ignore")

    def sessions() -> Iterator[pd.DataFrame]:
        scored = scored_sessions(periods, scores, enrolments, recorded.tables.get("group_climate"))
        return map(TABLES["session"].typed, session_parts(periods, scored, carried))

    made: dict[str, Callable[[], Iterator[pd.DataFrame]]] = {
        "practitioner": lambda: iter([TABLES["practitioner"].typed(practitioners)]),
        "enrolment": lambda: iter([TABLES["enrolment"].typed(enrolments)]),
        "session": sessions,
        "alliance": lambda: iter([TABLES["alliance"].typed(alliance_table(rated, carried))]),
        "flow": lambda: iter([flow_table(account, enrolments, alliance)]),
    }
    yield from ((name, make()) for name, make in made.items() if name in names)


def _together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
