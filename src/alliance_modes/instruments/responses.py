"""Item responses of one instrument: found by column, checked against its declared range."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alliance_modes.ground.errors import InstrumentError, Problem
from alliance_modes.instruments.model import Instrument, versions_that_fit

MOST_PROBLEMS = 100
"""Impossible values are grouped by file, column and value; at most this many groups are listed."""


def item_values(responses: pd.DataFrame, instrument: Instrument, prefix: str | None = None) -> np.ndarray:
    """Responses as a new array, one row per administration and one column per item, as answered.

    Parameters
    ----------
    responses : DataFrame
        One row per administration, with the columns ``instrument.item_columns(prefix)``, numeric;
        missing = NaN. ``source_file`` and ``source_row``, where present, locate a problem.
    instrument : Instrument
        The instrument and version that was administered.
    prefix : str, optional
        Prefix of the item columns (``item`` in the alliance table); default: the instrument's id.

    Raises
    ------
    InstrumentError
        Item columns are absent or not numeric, or values lie outside the declared range (or are
        not whole numbers where the instrument has only whole ones); all are listed together.
    """
    columns = list(instrument.item_columns(prefix))
    _require_columns(responses, columns, instrument)
    values = responses[columns].to_numpy(dtype="float64", na_value=np.nan, copy=True)
    impossible = (values < instrument.range.low) | (values > instrument.range.high)
    if instrument.range.whole:
        impossible |= np.isfinite(values) & (np.rint(values) != values)
    if impossible.any():
        raise InstrumentError(
            f"responses to {instrument.id}",
            _impossible_values(responses, values, impossible, columns, instrument),
        )
    return values


def keyed_values(values: np.ndarray, instrument: Instrument) -> np.ndarray:
    """``values`` with the reversed items turned round by the declared range (low + high - x)."""
    keyed = values.copy()
    turned = [item - 1 for item in instrument.reversed]
    keyed[:, turned] = instrument.range.low + instrument.range.high - keyed[:, turned]
    return keyed


def _require_columns(responses: pd.DataFrame, columns: Sequence[str], instrument: Instrument) -> None:
    absent = [column for column in columns if column not in responses.columns]
    if absent:
        present = [column for column in columns if column in responses.columns]
        known = f"{instrument.id} has {instrument.items} items"
        message = f"{known}, but these columns are absent: {_listed(absent)}"
        hint = f"Item columns that exist: {_listed(present)}." if present else "No item column exists."
        raise InstrumentError(f"responses to {instrument.id}", [Problem(message, hint)])
    numeric = pd.api.types.is_numeric_dtype
    problems = [
        Problem(
            f"the items of {instrument.id} must be numbers, this column holds {responses[column].dtype}",
            "Map its labels to values in cohort.yaml.",
            column=column,
        )
        for column in columns
        if not numeric(responses[column].dtype)
    ]
    if problems:
        raise InstrumentError(f"responses to {instrument.id}", problems)


def _impossible_values(
    responses: pd.DataFrame,
    values: np.ndarray,
    impossible: np.ndarray,
    columns: Sequence[str],
    instrument: Instrument,
) -> list[Problem]:
    rows, items = np.nonzero(impossible)
    cells = pd.DataFrame({"item": items, "value": values[rows, items]})
    cells["file"] = responses["source_file"].to_numpy()[rows] if "source_file" in responses else ""
    cells["row"] = responses["source_row"].to_numpy()[rows] if "source_row" in responses else rows + 1
    cells["file"] = cells["file"].fillna("")
    problems = []
    for (file, item, value), found in cells.groupby(["file", "item", "value"], sort=True):
        column = columns[item]
        problems.append(
            Problem(
                f"{value:g} is not a response of {instrument.id} ({_allowed(instrument)})",
                _advice(instrument, value),
                file=file,
                column=column,
                value=f"{value:g}",
                rows=tuple(int(row) for row in found["row"]),
            )
        )
    if len(problems) > MOST_PROBLEMS:
        more = len(problems) - MOST_PROBLEMS
        hint = "Check the declared instrument and version first."
        rest = Problem(f"and {more} more values like these", hint)
        problems = [*problems[:MOST_PROBLEMS], rest]
    return problems


def _allowed(instrument: Instrument) -> str:
    whole = "whole numbers " if instrument.range.whole else ""
    return f"{instrument.items} items, {whole}{instrument.range}"


def _advice(instrument: Instrument, value: float) -> str:
    inside = instrument.range.low <= value <= instrument.range.high
    likely = () if inside else versions_that_fit(instrument, [value])
    if not likely:
        return "Correct the value, or declare it as a missing code in cohort.yaml."
    versions = " or ".join(f"{other.id} ({other.items} items, {other.range})" for other in likely)
    return (
        f"This looks like {versions}: if so, declare that version in cohort.yaml (its key is another). "
        "Otherwise correct the value, or declare it as a missing code."
    )


def _listed(columns: Sequence[str], most: int = 8) -> str:
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return ", ".join(columns[:most]) + more
