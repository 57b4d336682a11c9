"""Who answered which instrument: one administration per person, with cluster and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.enrolments import for_each_row
from alliance_modes.dictionary.named import ENROLMENT_ID, GROUP_ID, PRACTITIONER_ID, SESSION_NO
from alliance_modes.instruments.model import Instrument
from alliance_modes.measurement.answers.people import KeyedBlock, keyed_blocks

CLIENT, PRACTITIONER = "client", "practitioner"
OCCASIONS = ("first", "last")


@dataclass(frozen=True)
class Respondents:
    """The first administration of one instrument by each person, rated by one kind of person.

    All have one row per person and the same index: ``items`` the keyed answers by item number,
    ``clusters`` the practitioner (the group, where that is not known; missing in a survey of
    practitioners), ``groups`` the compared columns that the cohort has.
    """

    rater: str
    instrument: Instrument
    items: pd.DataFrame
    clusters: pd.Series
    groups: pd.DataFrame


@dataclass(frozen=True)
class Pairs:
    """Client's and practitioner's answers about one client in one session, one pair per client.

    Or one rater's first and last answers about one person. ``instrument`` is None where the two did
    not answer the same inventory; ``named`` says which.
    """

    raters: tuple[str, str]
    named: str
    instrument: Instrument | None = None
    one: pd.DataFrame | None = None
    other: pd.DataFrame | None = None
    clusters: pd.Series | None = None


def respondents(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]
) -> Iterator[Respondents]:
    """Every instrument and rater of a cohort with the first administration of each person.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.
    """
    for block in keyed_blocks(tables, instruments):
        items = block.first()
        rows = block.rows.loc[items.index]
        yield Respondents(
            block.rater, block.instrument, items, _clusters(rows, tables), _groups(rows, tables)
        )


def pairs_of_raters(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]
) -> Iterator[Pairs]:
    """Pairs of alliance inventories of client and practitioner, per instrument that both answered.

    Where both rated but never with one instrument, a single entry without one.
    """
    blocks: dict[str, dict[str, KeyedBlock]] = {CLIENT: {}, PRACTITIONER: {}}
    for block in keyed_blocks(tables, instruments):
        if "rater" in block.rows and block.rater in blocks:
            blocks[block.rater][block.instrument.id] = block
    shared = [name for name in blocks[CLIENT] if name in blocks[PRACTITIONER]]
    if not shared and all(blocks.values()):
        named = " and ".join(sorted({name for found in blocks.values() for name in found}))
        yield Pairs((CLIENT, PRACTITIONER), named)
    for name in shared:
        yield _pairs(blocks[CLIENT][name], blocks[PRACTITIONER][name], tables)


def pairs_over_time(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]
) -> Iterator[tuple[str, Pairs]]:
    """The first and the last administration of each person, per rater and instrument that was repeated.

    The rater comes with each; ``Pairs.raters`` holds the two occasions.
    """
    for block in keyed_blocks(tables, instruments):
        one, other = block.first_and_last()
        if len(one):
            clusters = _clusters(block.rows.loc[one.index], tables)
            yield block.rater, Pairs(OCCASIONS, block.instrument.id, block.instrument, one, other, clusters)


def _pairs(client: KeyedBlock, practitioner: KeyedBlock, tables: Mapping[str, pd.DataFrame]) -> Pairs:
    """Each client's first session that both rated."""
    key = [ENROLMENT_ID, SESSION_NO]
    own, other = (
        block.rows[key].dropna().drop_duplicates().assign(row=lambda rows: rows.index)
        for block in (client, practitioner)
    )
    both = own.merge(other, on=key).sort_values([SESSION_NO, ENROLMENT_ID], kind="stable")
    both = both[~client.person.loc[both["row_x"]].duplicated().to_numpy()]
    one, other = client.keyed.loc[both["row_x"]], practitioner.keyed.loc[both["row_y"]]
    other.index = one.index
    clusters = _clusters(client.rows.loc[one.index], tables)
    return Pairs((CLIENT, PRACTITIONER), client.instrument.id, client.instrument, one, other, clusters)


def _of_enrolments(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame], column: str) -> pd.Series | None:
    """A column of ``enrolments`` for the enrolment of each row; None where there is none."""
    enrolments = tables.get("enrolments")
    if enrolments is None or column not in enrolments or ENROLMENT_ID not in rows:
        return None
    return for_each_row(rows, enrolments, column)


def _clusters(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """What rows share: the practitioner, else the group, of their enrolment, else their own group."""
    clusters = pd.Series(pd.NA, index=rows.index, dtype="str")
    found = {
        "practitioner": _of_enrolments(rows, tables, PRACTITIONER_ID),
        "group": _of_enrolments(rows, tables, GROUP_ID),
        "own group": rows.get(GROUP_ID),
    }
    for kind, values in found.items():
        if values is not None:
            clusters = clusters.fillna(f"{kind} " + values.astype("str"))
    return clusters


def _groups(rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    found = {column: _of_enrolments(rows, tables, column) for column in dictionary().enrolments.compared()}
    known = {name: values for name, values in found.items() if values is not None and values.notna().any()}
    return pd.DataFrame({name: _named(name, values) for name, values in known.items()}, index=rows.index)


def _named(column: str, values: pd.Series) -> pd.Series:
    """Group names; true and false of a boolean column as what they say."""
    called = dictionary().enrolments.columns[column].called
    if not called:
        return values.astype("str").where(values.notna())
    return values.map({True: called["true"], False: called["false"]})
