"""Who an administration is about, and the first one of each person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.dictionary.enrolments import of_enrolments
from alliance_modes.dictionary.named import (
    CLIENT_ID,
    COMPLETED_ON,
    ENROLMENT_ID,
    GROUP_ID,
    HELD_ON,
    PRACTITIONER_ID,
    SESSION_NO,
    WAVE,
)
from alliance_modes.instruments.administrations import Administrations, administrations
from alliance_modes.instruments.model import Instrument
from alliance_modes.instruments.responses import item_values, keyed_values


@dataclass(frozen=True)
class KeyedBlock:
    """Administrations of one instrument by one kind of rater, with their keyed answers.

    ``keyed`` has the index of ``rows`` and one column per item number, reversed items turned round;
    ``person`` says who each row is about.
    """

    rater: str
    instrument: Instrument
    rows: pd.DataFrame
    keyed: pd.DataFrame
    person: pd.Series

    def first(self) -> pd.DataFrame:
        """Keyed answers of the first administration of each person.

        The first by session (or wave), then by day, then as the table lists them.
        """
        return self.keyed.loc[self._first_rows()]

    def first_and_last(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Keyed answers of the first and of the last administration of each person who has several.

        Ordered as in ``first``; both have the index of the first ones.
        """
        rows = self._in_order()
        person = self.person.loc[rows]
        first, last = rows[~person.duplicated()], rows[~person.duplicated(keep="last")]
        ends = pd.Series(last, index=self.person.loc[last].to_numpy())[self.person.loc[first].to_numpy()]
        several = first.to_numpy() != ends.to_numpy()
        one, other = self.keyed.loc[first[several]], self.keyed.loc[ends.to_numpy()[several]]
        return one, other.set_axis(one.index)

    def _first_rows(self) -> pd.Index:
        rows = self._in_order()
        return rows[~self.person.loc[rows].duplicated()]

    def _in_order(self) -> pd.Index:
        order = [name for name in (WAVE, SESSION_NO, COMPLETED_ON, HELD_ON) if name in self.rows]
        rows = self.rows.sort_values(order, kind="stable", na_position="last") if order else self.rows
        return rows.index

    def who(self, scale: str) -> dict[str, str]:
        """Rater, instrument and scale, as in every table of measurement."""
        return {"rater": self.rater, "instrument": self.instrument.id, "scale": scale}

    def scales(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Every scale with its items, but facets of a single item."""
        for scale, members in self.instrument.scales().items():
            if len(members) > 1 or self.instrument.kind(scale) != "facet":
                yield scale, members


def keyed_blocks(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]
) -> Iterator[KeyedBlock]:
    """Every block of administrations of a cohort with its keyed answers.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name; tables may be absent or without rows.
    instruments : mapping of str to Instrument
        By id.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.
    """
    clients = _clients(tables)
    for block in administrations(tables, instruments):
        yield _keyed(block, clients)


def _keyed(block: Administrations, clients: pd.Series) -> KeyedBlock:
    values = keyed_values(item_values(block.rows, block.instrument, block.prefix), block.instrument)
    keyed = pd.DataFrame(values, columns=range(1, block.instrument.items + 1))
    items = block.instrument.item_columns(block.prefix)
    rows = block.rows.drop(columns=list(items), errors="ignore").reset_index(drop=True)
    return KeyedBlock(block.rater, block.instrument, rows, keyed, _person(rows, clients))


def _clients(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """The client of each enrolment, where the cohort says so."""
    enrolments = tables.get("enrolments")
    return pd.Series(dtype="str") if enrolments is None else of_enrolments(enrolments, CLIENT_ID).dropna()


def _person(rows: pd.DataFrame, clients: pd.Series) -> pd.Series:
    """Who each row is about, prefixed by the kind of id; a row that names nobody counts as its own."""
    ids = {"practitioner": rows.get(PRACTITIONER_ID)}
    enrolment = rows.get(ENROLMENT_ID)
    if enrolment is not None:
        ids |= {"client": enrolment.map(clients), "enrolment": enrolment}
    ids["group"] = rows.get(GROUP_ID)
    person = pd.Series(pd.NA, index=rows.index, dtype="str")
    for kind, values in ids.items():
        if values is not None:
            person = person.fillna(f"{kind} " + values.astype("str"))
    return person.fillna(pd.Series([f"row {number}" for number in range(len(rows))], index=rows.index))
