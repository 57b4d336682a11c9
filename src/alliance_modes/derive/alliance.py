"""One row per alliance inventory, its scales side by side."""

from __future__ import annotations

import pandas as pd

from alliance_modes.derive.session import carried, session_time
from alliance_modes.derive.tables import places_of, wide_scores

SCALES = ("goal", "task", "bond", "total")
RECORD = ("source_file", "source_row", "enrolment_id", "session_no", "rater", "instrument", "completed_on")


def inventories(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per scored inventory of the alliance table, in the order scored.

    Returns
    -------
    DataFrame
        enrolment_id, session_no, completed_on, rater, instrument, goal, task, bond, total (item
        means, on the instrument's response range) and careless.
    """
    of_table = scores[(scores["table"] == "alliance").to_numpy(dtype=bool, na_value=False)]
    wide = wide_scores(of_table, RECORD, SCALES)
    careless = of_table.drop_duplicates(list(RECORD))[[*RECORD, "careless"]]
    wide = wide.merge(careless, on=list(RECORD), how="left", validate="one_to_one")
    columns = ["enrolment_id", "session_no", "completed_on", "rater", "instrument", *SCALES, "careless"]
    return wide[columns]


def alliance_table(rated: pd.DataFrame, enrolments: pd.DataFrame) -> pd.DataFrame:
    """The analysis table of inventories.

    Parameters
    ----------
    rated : DataFrame
        ``inventories``.
    enrolments : DataFrame
        ``enrolment_table``.

    Returns
    -------
    DataFrame
        One row per inventory: what it says, ``time`` (per 10 sessions, 0 at session 1; missing
        without a session number), and the enrolment's columns.
    """
    table = rated.drop(columns="completed_on").reset_index(drop=True)
    table.insert(2, "time", session_time(table["session_no"]))
    place = places_of(table["enrolment_id"], enrolments["enrolment_id"])
    return pd.concat([table, carried(enrolments, place)], axis=1)
