"""One row per alliance inventory, its scales side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.derive.instrument_scores import RECORD, scored_inventories
from alliance_modes.derive.session import carried, session_time
from alliance_modes.derive.tables import places_of
from alliance_modes.dictionary.named import COMPLETED_ON, ENROLMENT_ID, SESSION_NO
from alliance_modes.scoring.stored import Scores, of_table

SCALES = ("goal", "task", "bond", "total")


def inventories(scores: Scores) -> pd.DataFrame:
    """One row per scored inventory of the alliance table, in the order scored.

    Returns
    -------
    DataFrame
        enrolment_id, session_no, completed_on, rater, instrument, goal, task, bond, total (item
        means, on the instrument's response range), careless, of_alliance (the instrument has one of
        these four scales) and, for every scale of every instrument, ``<instrument>_<scale>`` (in its
        own metric).
    """
    rated = of_table(scores, "alliance")
    table = rated.drop_duplicates(list(RECORD), ignore_index=True)
    number = rated.groupby(list(RECORD), dropna=False, sort=False).ngroup().to_numpy()
    means = rated["item_mean"].to_numpy(dtype="float64", na_value=np.nan)
    for scale in SCALES:
        of_scale = (rated["scale"] == scale).to_numpy(dtype=bool, na_value=False)
        values = np.full(len(table), np.nan)
        values[number[of_scale]] = means[of_scale]
        table[scale] = values
    measuring = rated.loc[rated["scale"].isin(SCALES), "instrument"].unique()
    table["of_alliance"] = table["instrument"].isin(measuring)
    columns = [ENROLMENT_ID, SESSION_NO, COMPLETED_ON, "rater", "instrument", *SCALES, "careless"]
    return pd.concat([table[[*columns, "of_alliance"]], scored_inventories(rated, RECORD)], axis=1)


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
        without a session number), the enrolment's columns, and the scores of every instrument.
    """
    table = rated.drop(columns=[COMPLETED_ON, "of_alliance"]).reset_index(drop=True)
    table.insert(2, "time", session_time(table[SESSION_NO]))
    place = places_of(table[ENROLMENT_ID], enrolments[ENROLMENT_ID])
    first = table.columns.get_loc("careless") + 1
    own = table.iloc[:, first:]
    theirs = carried(enrolments, place).drop(columns=list(own.columns), errors="ignore")
    return pd.concat([table.iloc[:, :first], theirs, own], axis=1)
