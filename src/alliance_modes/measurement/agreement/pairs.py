"""The client's and the practitioner's rating of one enrolment, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.dictionary.enrolments import for_each_row
from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO
from alliance_modes.instruments.model import Instrument
from alliance_modes.scoring.stored import Scores, of_table

FIRST, SECOND = "client", "practitioner"
ALLIANCE = "alliance"
PAIR_COLUMNS = (ENROLMENT_ID, SESSION_NO, "scale", "first", "second", "cluster")


def rater_pairs(
    scores: Scores, enrolments: pd.DataFrame, instruments: Mapping[str, Instrument]
) -> dict[tuple[str, str], pd.DataFrame]:
    """Both ratings of each enrolment in the first session that both rated.

    Parameters
    ----------
    scores : DataFrame or StoredScores
        ``scores.parquet``.
    enrolments : DataFrame
        Clean enrolments; ``practitioner_id`` is the cluster where it is known.
    instruments : mapping of str to Instrument
        By id; their ranges put both ratings on one metric.

    Returns
    -------
    dict
        By client's and practitioner's instrument: one row per enrolment and scale that both
        instruments have, with ``PAIR_COLUMNS``. ``first`` (client) and ``second`` (practitioner)
        are percent of the maximum possible: 100 x (item mean - low) / (high - low) of the
        instrument's range, 0-100.

    Notes
    -----
    The first session of an enrolment with any alliance score of both raters is used, for every scale,
    so that one dyad counts once; of several records of one rater and session, the first.
    """
    rated = of_table(scores, ALLIANCE)
    rated = rated[rated["item_mean"].notna()]
    rated = rated[rated[SESSION_NO].notna() & rated["kind"].isin(["subscale", "total"])]
    place = [ENROLMENT_ID, SESSION_NO, "scale"]
    found = {}
    for first in sorted(rated.loc[rated["rater"] == FIRST, "instrument"].unique()):
        for second in sorted(rated.loc[rated["rater"] == SECOND, "instrument"].unique()):
            ours = _of(rated, FIRST, instruments[first]).rename(columns={"percent": "first"})
            theirs = _of(rated, SECOND, instruments[second]).rename(columns={"percent": "second"})
            both = ours.merge(theirs, on=place, validate="one_to_one")
            earliest = both.groupby(ENROLMENT_ID)[SESSION_NO].transform("min")
            both = both[both[SESSION_NO] == earliest]
            if len(both):
                cluster = for_each_row(both, enrolments, PRACTITIONER_ID).astype("str")
                found[first, second] = both.assign(cluster=cluster)[list(PAIR_COLUMNS)]
    return found


def _of(rated: pd.DataFrame, rater: str, instrument: Instrument) -> pd.DataFrame:
    rows = rated[(rated["rater"] == rater) & (rated["instrument"] == instrument.id)]
    low, high = instrument.range.low, instrument.range.high
    rows = rows.assign(percent=100 * (rows["item_mean"] - low) / (high - low))
    place = [ENROLMENT_ID, SESSION_NO, "scale"]
    return rows[[*place, "percent"]].drop_duplicates(place)
