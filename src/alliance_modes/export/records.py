"""Clean records with their scores beside them: one row per record, one variable per score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.dictionary.canonical import ITEM, TABLES, dictionary
from alliance_modes.export.variables import PARTS, ExportedScale, Variable, scale_names, table_variables
from alliance_modes.instruments.administrations import administrations
from alliance_modes.instruments.model import Instrument
from alliance_modes.scoring.scores import careless_flags, score

SCORE_PARTS = {"": "", "_mean": "_item_mean", "_valid": "_items_valid", "_prorated": "_prorated"}
DTYPES = {"": "float64", "_mean": "float64", "_valid": "Int64", "_prorated": "boolean"}


@dataclass(frozen=True)
class Counted:
    """Of one clean table with scores: how many records it has, and how many with a value of each variable."""

    name: str
    variables: tuple[Variable, ...]
    records: int
    present: Mapping[str, int]


@dataclass(frozen=True)
class ScoredTable:
    """One clean table with scores: its records, and what each variable is."""

    name: str
    records: pd.DataFrame
    variables: tuple[Variable, ...]

    def counted(self) -> Counted:
        """The same without the records."""
        present = {name: int(count) for name, count in self.records.notna().sum().items()}
        return Counted(self.name, self.variables, len(self.records), present)


def scored_tables(
    tables: Mapping[str, pd.DataFrame],
    instruments: Mapping[str, Instrument],
    flags: pd.DataFrame | None = None,
) -> Iterator[ScoredTable]:
    """Every clean table with the scores of its inventories, one after the other.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name; ids are keyed hashes there, and raw columns that are not mapped are
        not in them.
    instruments : mapping of str to Instrument
        By id.
    flags : DataFrame, optional
        ``flags.csv`` of cleaning.

    Returns
    -------
    iterator of ScoredTable
        In the order of ``canonical.TABLES``; one of ``tables`` is looked at at a time. One row per record of
        the clean table, in its order: an inventory in ``alliance``, a session, a survey wave. Items that
        nobody answered are left out. Scores are those of ``scores.parquet``.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.
    """
    return (_scored(name, tables[name], instruments, flags) for name in TABLES if name in tables)


def _scored(
    name: str, table: pd.DataFrame, instruments: Mapping[str, Instrument], flags: pd.DataFrame | None
) -> ScoredTable:
    blocks = list(administrations({name: table}, instruments))
    used = [instruments[key] for key in sorted({block.instrument.id for block in blocks})]
    scales = scale_names(name, used)
    scores = {
        scale.name + suffix: pd.Series(None, index=table.index, dtype=DTYPES[suffix])
        for scale in scales
        for suffix in PARTS
    }
    careless = pd.Series(pd.NA, index=table.index, dtype="boolean")
    for block in blocks:
        found = score(block.rows, block.instrument, block.prefix)
        for scale in _of(block.instrument, scales):
            for suffix, ending in SCORE_PARTS.items():
                values = found[scale.scale + ending].astype(DTYPES[suffix])
                scores[scale.name + suffix].loc[values.index] = values
        flagged = careless_flags(block, flags)
        careless.loc[flagged.index] = careless.loc[flagged.index].fillna(False) | flagged
    kept = [column for column in table.columns if not _is_unanswered_item(name, table, column)]
    records = table[kept].assign(careless=careless, **scores)
    variables = table_variables(name, kept, used)
    return ScoredTable(name, records[[variable.name for variable in variables]], variables)


def _of(instrument: Instrument, scales: tuple[ExportedScale, ...]) -> list[ExportedScale]:
    return [scale for scale in scales if instrument in scale.instruments]


def _is_unanswered_item(name: str, table: pd.DataFrame, column: str) -> bool:
    is_item = column not in dictionary().table(name).columns and ITEM.fullmatch(column) is not None
    return is_item and not table[column].notna().any()
