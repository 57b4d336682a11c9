"""Reliability and item statistics of every instrument that a cohort used."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.instruments.administrations import Administrations, administrations
from alliance_modes.instruments.model import Instrument
from alliance_modes.instruments.responses import item_values, keyed_values
from alliance_modes.measurement.items import describe_items
from alliance_modes.measurement.reliability import cronbach_alpha

RELIABILITY_COLUMNS: Mapping[str, str] = {
    "rater": "str",
    "instrument": "str",
    "scale": "str",
    "items": "Int64",
    "n": "Int64",
    "alpha": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "status": "str",
    "reason": "str",
}
"""Columns of ``reliability.csv`` in order, with their dtypes."""

ITEM_COLUMNS: Mapping[str, str] = {
    "rater": "str",
    "instrument": "str",
    "scale": "str",
    "item": "Int64",
    "reversed": "boolean",
    "n": "Int64",
    "missing": "Int64",
    "mean": "float64",
    "sd": "float64",
    "item_rest": "float64",
    "floor": "float64",
    "ceiling": "float64",
    "alpha_if_dropped": "float64",
    "flag": "str",
}
"""Columns of ``items.csv`` in order, with their dtypes."""


def measure_cohort(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reliability and item statistics per rater, instrument and scale.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name (``docs/pipeline.md``); tables may be absent or without rows.
    instruments : mapping of str to Instrument
        By id.

    Returns
    -------
    reliability : DataFrame
        One row per rater, instrument and scale, columns as ``RELIABILITY_COLUMNS``.
    items : DataFrame
        One row per rater, instrument, scale and item, columns as ``ITEM_COLUMNS``. Means, floor
        and ceiling are those of the keyed answers.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.

    Notes
    -----
    One administration per person, the first answered one, so that rows are independent: the first
    by session (or wave), then by day, then as the table lists them. The person is the practitioner
    in the practitioner survey, otherwise the client (the enrolment where the client is not known,
    the group where neither is). Where practitioners rate several clients, their ratings share a
    rater, and the intervals are too narrow for that. Facets of a single item are left out.
    """
    reliability, items = [], []
    people = _people(tables)
    for block in administrations(tables, instruments):
        instrument = block.instrument
        first = _first_per_person(block, people)
        values = keyed_values(item_values(first, instrument, block.prefix), instrument)
        keyed = pd.DataFrame(values, columns=range(1, instrument.items + 1))
        for scale, members in instrument.scales().items():
            if len(members) == 1 and instrument.kind(scale) == "facet":
                continue
            who = {"rater": block.rater, "instrument": instrument.id, "scale": scale}
            alpha = cronbach_alpha(keyed[list(members)])
            reliability.append({**who, **vars(alpha)})
            described = describe_items(keyed[list(members)], instrument.range)
            described = described.assign(**who, item=members)
            items.append(described.assign(reversed=described["item"].isin(instrument.reversed)))
    return _typed(pd.DataFrame(reliability), RELIABILITY_COLUMNS), _typed(
        pd.concat(items, ignore_index=True) if items else pd.DataFrame(), ITEM_COLUMNS
    )


def _typed(table: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    return table.reindex(columns=list(columns)).astype(dict(columns))


def _people(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """The client of each enrolment, where the cohort says so."""
    enrolments = tables.get("enrolments")
    if enrolments is None or "client_id" not in enrolments:
        return pd.Series(dtype="str")
    known = enrolments.dropna(subset=["client_id"]).drop_duplicates("enrolment_id")
    return known.set_index("enrolment_id")["client_id"]


def _first_per_person(block: Administrations, people: pd.Series) -> pd.DataFrame:
    rows = block.rows
    order = [name for name in ("wave", "session_no", "completed_on", "held_on") if name in rows]
    if order:
        rows = rows.sort_values(order, kind="stable", na_position="last")
    return rows[~_person(rows, people).duplicated()]


def _person(rows: pd.DataFrame, people: pd.Series) -> pd.Series:
    """Who each row is about, prefixed by the kind of id; a row that names nobody counts as its own."""
    ids = {"practitioner": rows.get("practitioner_id")}
    enrolment = rows.get("enrolment_id")
    if enrolment is not None:
        ids |= {"client": enrolment.map(people), "enrolment": enrolment}
    ids["group"] = rows.get("group_id")
    person = pd.Series(pd.NA, index=rows.index, dtype="str")
    for kind, values in ids.items():
        if values is not None:
            person = person.fillna(f"{kind} " + values.astype("str"))
    return person.fillna(pd.Series([f"row {number}" for number in range(len(rows))], index=rows.index))
