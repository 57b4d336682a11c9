"""Which columns of which rows are looked at together: the items of an instrument, or a table's columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import CLIENT_ID, CO_PRACTITIONER_ID, ENROLMENT_ID, GROUP_ID
from alliance_modes.instruments.administrations import ALLIANCE, administrations

if TYPE_CHECKING:
    from alliance_modes.instruments.model import Instrument

NOT_LOOKED_AT = (CO_PRACTITIONER_ID, ENROLMENT_ID, GROUP_ID, CLIENT_ID)
"""Who leads alone has no second practitioner; a group's form has no enrolment."""


@dataclass(frozen=True)
class Block:
    """Rows (places in the clean table) and columns that belong together; ``instrument`` blank for none."""

    table: str
    instrument: str
    rater: str
    places: np.ndarray
    columns: tuple[str, ...]


def blocks_of(
    name: str, table: pd.DataFrame, stated: set[str], instruments: Mapping[str, Instrument]
) -> Iterator[Block]:
    """The blocks of one clean table: first its own columns, then each instrument and rater.

    ``stated`` are the columns with a stated reason for a missing cell; columns with neither a
    value nor a reason are not recorded by the cohort and belong to no block.
    """
    if table.empty:
        return
    every = np.arange(len(table))
    own = [column for column in own_columns(name) if column in stated or table[column].notna().any()]
    if own:
        yield Block(name, "", "", every, tuple(own))
    if name == ALLIANCE:
        for form in administrations({name: table}, instruments):
            columns = form.instrument.item_columns(form.prefix)
            places = table.index.get_indexer(form.rows.index)
            yield Block(name, form.instrument.id, form.rater, places, columns)
        return
    for key in sorted(instruments):
        instrument = instruments[key]
        columns = tuple(column for column in instrument.item_columns() if column in table.columns)
        if columns and table[list(columns)].notna().to_numpy().any():
            rater = instrument.raters[0] if len(instrument.raters) == 1 else ""
            yield Block(name, key, rater, every, columns)


def own_columns(name: str) -> tuple[str, ...]:
    """Columns of the dictionary that are no key and can be missing for a reason."""
    declared = dictionary().table(name)
    return tuple(
        column for column in declared.columns if column not in declared.key and column not in NOT_LOOKED_AT
    )


def unrecorded_columns(name: str, table: pd.DataFrame, stated: set[str]) -> tuple[str, ...]:
    """Columns without a single value or reason: the cohort does not record them."""
    if table.empty:
        return ()
    return tuple(
        column for column in own_columns(name) if column not in stated and not table[column].notna().any()
    )
