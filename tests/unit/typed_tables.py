"""Small typed tables as ingest writes them, and small scores, for the tests of cleaning and derivation."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from alliance_modes.dictionary.canonical import SOURCE_COLUMNS, dictionary
from alliance_modes.instruments.model import load_instruments

ITEMS = {
    "practitioner_survey": load_instruments()["modes_of_practice"].item_columns(),
    "alliance": tuple(f"item_{number}" for number in range(1, 37)),
    "sessions": (
        *load_instruments()["session_engagement"].item_columns(),
        *load_instruments()["srs"].item_columns(),
    ),
    "group_climate": load_instruments()["gcq_s"].item_columns(),
}
DATA_LOCK = date(2025, 6, 30)


def typed(name: str, rows: list[dict[str, Any]], without: tuple[str, ...] = ()) -> pd.DataFrame:
    """Table ``name`` from one dict per row; what a row leaves out is missing."""
    types = {key: column.dtype for key, column in dictionary().table(name).columns.items()}
    types |= dict.fromkeys(ITEMS.get(name, ()), "float64")
    types |= {"source_file": "str", "source_row": "Int64"}
    columns = {}
    for column, dtype in types.items():
        values = [row.get(column) for row in rows]
        if column == "source_file":
            values = [row.get(column, f"{name}.csv") for row in rows]
        if column == "source_row":
            values = [row.get(column, number) for number, row in enumerate(rows, 2)]
        if dtype.startswith("datetime"):
            columns[column] = pd.Series(pd.to_datetime(pd.Series(values, dtype="str")), dtype=dtype)
        else:
            columns[column] = pd.Series(values, dtype=dtype)
    return pd.DataFrame(columns).drop(columns=list(without))


def survey(practitioner: str, wave: int = 1, answers: tuple[float, ...] = (), **more: Any) -> dict[str, Any]:
    """One survey; ``answers`` default to a varied pattern."""
    given = answers or (4, 3, 5, 4, 2, 4, 3, 4, 3, 5, 4, 3, 2, 1, 3, 2, 2, 3)
    items = dict(zip(ITEMS["practitioner_survey"], given, strict=True))
    return {"practitioner_id": practitioner, "wave": wave, **items, **more}


def inventory(
    enrolment: str, answers: tuple[float, ...], instrument: str = "wai_s", rater: str = "client", **more: Any
) -> dict[str, Any]:
    """One alliance inventory."""
    items = dict(zip(ITEMS["alliance"], answers, strict=False))
    return {"enrolment_id": enrolment, "instrument": instrument, "rater": rater, **items, **more}


def session(enrolment: str, number: int, **more: Any) -> dict[str, Any]:
    """One session, attended unless said otherwise."""
    return {"enrolment_id": enrolment, "session_no": number, "attended": True, **more}


def enrolment(name: str, **more: Any) -> dict[str, Any]:
    """One completed enrolment of eight weekly sessions."""
    return {
        "enrolment_id": name,
        "client_id": f"client of {name}",
        "practitioner_id": "p1",
        "started_on": "2025-01-06",
        "ended_on": "2025-03-03",
        "sessions_planned": 8,
        "status": "completed",
        **more,
    }


def data_columns(table: pd.DataFrame) -> list[str]:
    """The columns of ``table`` other than its place in the file."""
    return [column for column in table.columns if column not in SOURCE_COLUMNS]
