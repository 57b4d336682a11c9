"""The missing data map of one cohort: one tidy table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from alliance_modes.cleaning.records import NO_ANSWERS
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.dictionary.cleaning import TABLES as TABLES_OF_CLEANING
from alliance_modes.dictionary.enrolments import for_each_row
from alliance_modes.dictionary.named import (
    COMPLETED_ON,
    HELD_ON,
    PRACTITIONER_ID,
    REFERRED_ON,
    SESSION_NO,
    STARTED_ON,
    WAVE,
)
from alliance_modes.missingness.blocks import Block, blocks_of, own_columns, unrecorded_columns
from alliance_modes.missingness.cells import DOES_NOT_APPLY, UNEXPLAINED, States, cell_states
from alliance_modes.missingness.planned import planned_lines

if TYPE_CHECKING:
    from alliance_modes.instruments.model import Instrument

MISSING_MAP = TABLES_OF_CLEANING["missing_map"]
UNKNOWN = "not known"
MOST_PATTERNS = 10
DATE = {
    "practitioner_survey": COMPLETED_ON,
    "enrolments": STARTED_ON,
    "sessions": HELD_ON,
    "alliance": COMPLETED_ON,
    "group_climate": COMPLETED_ON,
}
OCCASION = {
    "practitioner_survey": WAVE,
    "sessions": SESSION_NO,
    "alliance": SESSION_NO,
    "group_climate": SESSION_NO,
}


def missing_map(
    tables: Mapping[str, pd.DataFrame],
    missing: pd.DataFrame,
    changes: pd.DataFrame,
    excluded: pd.DataFrame,
    instruments: Mapping[str, Instrument],
) -> pd.DataFrame:
    """What is missing in the clean tables of one cohort.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The six clean tables.
    missing : DataFrame
        Of ingest, one row per cell that is missing for a stated reason.
    changes, excluded : DataFrame
        Of cleaning: cells set missing, and forms left out because no item was answered.
    instruments : mapping of str to Instrument
        By id.

    Returns
    -------
    DataFrame
        One row per view, table, instrument, rater, variable, level and reason. A blank reason is
        the sum over all reasons. ``count`` of ``of`` cells, records or forms (``unit``) are
        missing, or, in the view ``pattern``, have the pattern; ``share`` is count / of;
        ``not_applicable`` cells are in neither. ``docs/pipeline.md`` lists the views.
    """
    lines: list[Mapping[str, Any]] = []
    blocks: list[Block] = []
    for name in TABLES:
        table = tables[name].reset_index(drop=True)
        stated = set(missing.loc[missing["table"] == name, "column"])
        looked_at = [column for column in table.columns if column in {*own_columns(name), *_items(table)}]
        states = cell_states(name, table, looked_at, missing, changes)
        here = list(blocks_of(name, table, stated, instruments))
        practitioner = _practitioner(name, table, tables["enrolments"])
        for block in here:
            lines += _of_block(block, table, states, practitioner)
            if block.instrument:
                lines += _patterns(block, table, states, excluded)
        lines += _unrecorded(name, table, stated)
        blocks += here
    lines += planned_lines(tables, excluded, blocks)
    return _tidy(lines)


def _items(table: pd.DataFrame) -> list[str]:
    return [column for column in table.columns if column.rpartition("_")[2].isdigit()]


def _of_block(
    block: Block, table: pd.DataFrame, states: States, practitioner: pd.Series | None
) -> Iterator[Mapping[str, Any]]:
    codes = np.column_stack([states.codes[column][block.places] for column in block.columns])
    yield from _lines(block, "table", "cells", codes, states)
    for place, column in enumerate(block.columns):
        yield from _lines(block, "item", "records", codes[:, [place]], states, variable=column)
    levels = {
        "practitioner": practitioner,
        "occasion": _numbers(table, OCCASION.get(block.table)),
        "quarter": _quarters(block.table, table),
    }
    for view, level in levels.items():
        if level is not None:
            of_rows = level.iloc[block.places].reset_index(drop=True)
            for value, rows in _in_order(of_rows):
                yield from _lines(block, view, "cells", codes[rows], states, level=value)


def _in_order(level: pd.Series) -> list[tuple[str, np.ndarray]]:
    """Each value as text and the places where it stands; numbers in order, *not known* last."""
    found = [
        (UNKNOWN if pd.isna(value) else str(value), rows)
        for value, rows in level.groupby(level, sort=True, dropna=False).indices.items()
    ]
    unknown = np.flatnonzero(level.isna().to_numpy())
    found = [(value, rows) for value, rows in found if value != UNKNOWN]
    return [*found, (UNKNOWN, unknown)] if len(unknown) else found


def _lines(
    block: Block, view: str, unit: str, codes: np.ndarray, states: States, variable: str = "", level: str = ""
) -> Iterator[Mapping[str, Any]]:
    counts = np.bincount(codes.ravel(), minlength=len(states.reasons))
    applies = int(codes.size - counts[DOES_NOT_APPLY])
    common = {
        "view": view,
        "table": block.table,
        "instrument": block.instrument,
        "rater": block.rater,
        "variable": variable,
        "level": level,
        "unit": unit,
        "of": applies,
        "not_applicable": int(counts[DOES_NOT_APPLY]),
        "result": "counted",
    }
    yield common | {"reason": "", "count": int(counts[UNEXPLAINED:].sum())}
    for code in range(UNEXPLAINED, len(states.reasons)):
        if counts[code]:
            yield common | {"reason": states.reasons[code], "count": int(counts[code])}


def _patterns(
    block: Block, table: pd.DataFrame, states: States, excluded: pd.DataFrame
) -> Iterator[Mapping[str, Any]]:
    codes = np.column_stack([states.codes[column][block.places] for column in block.columns])
    due = ~(codes == DOES_NOT_APPLY).all(axis=1)
    gap = codes[due] >= UNEXPLAINED
    answered = (~gap).sum(axis=1)
    left_out = _left_out(block, excluded)
    of = len(gap) + left_out
    complete, none = int((answered == gap.shape[1]).sum()), int((answered == 0).sum()) + left_out
    counts = {"complete": complete, "partly": of - complete - none, "none": none}
    partly = gap[(answered > 0) & (answered < gap.shape[1])]
    seen = pd.Series([_named(row) for row in partly], dtype="str").value_counts(sort=False)
    seen = seen.sort_index().sort_values(ascending=False, kind="stable").head(MOST_PATTERNS)
    for level, count in (*counts.items(), *seen.items()):
        yield {
            "view": "pattern",
            "table": block.table,
            "instrument": block.instrument,
            "rater": block.rater,
            "level": level,
            "unit": "forms",
            "of": of,
            "count": int(count),
            "result": "counted",
        }


def _named(gap: np.ndarray) -> str:
    return f"missing: {', '.join(str(item) for item in np.flatnonzero(gap) + 1)}"


def _left_out(block: Block, excluded: pd.DataFrame) -> int:
    """Forms that cleaning left out since no item was answered."""
    if not len(excluded):
        return 0
    of_table = (excluded["table"] == block.table) & (excluded["reason"] == NO_ANSWERS)
    if block.table == "alliance":
        of_table &= (excluded["instrument"] == block.instrument) & (excluded["rater"] == block.rater)
    return int(of_table.sum())


def _unrecorded(name: str, table: pd.DataFrame, stated: set[str]) -> Iterator[Mapping[str, Any]]:
    for column in unrecorded_columns(name, table, stated):
        yield {
            "view": "item",
            "table": name,
            "variable": column,
            "unit": "records",
            "result": "not_recorded",
            "detail": "no value and no reason anywhere: the cohort does not record it",
        }


def _practitioner(name: str, table: pd.DataFrame, enrolments: pd.DataFrame) -> pd.Series | None:
    if name == "practitioners":
        return None
    if PRACTITIONER_ID in table.columns:
        return table[PRACTITIONER_ID]
    return for_each_row(table, enrolments, PRACTITIONER_ID)


def _numbers(table: pd.DataFrame, column: str | None) -> pd.Series | None:
    return table[column] if column else None


def _quarters(name: str, table: pd.DataFrame) -> pd.Series | None:
    if name not in DATE:
        return None
    day = table[DATE[name]]
    if name == "enrolments":
        day = day.fillna(table[REFERRED_ON])
    return day.dt.year.astype("Int64").astype("str") + "-Q" + day.dt.quarter.astype("Int64").astype("str")


def _tidy(lines: list[Mapping[str, Any]]) -> pd.DataFrame:
    blank = dict.fromkeys(("instrument", "rater", "variable", "level", "reason", "detail"), "")
    counted = dict.fromkeys(("of", "count", "not_applicable"), pd.NA)
    whole = pd.DataFrame([blank | counted | dict(line) for line in lines], columns=list(MISSING_MAP.columns))
    whole = whole.astype(dict.fromkeys(counted, "Int64"))
    of = whole["of"].astype("Float64")
    whole["share"] = whole["count"].astype("Float64") / of.where(of > 0)
    return MISSING_MAP.typed(whole)
