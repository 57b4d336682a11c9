"""Practitioners in thirds by how much they use a mode, each practitioner counted once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import PRACTITIONER_ID

THIRDS = ("lowest", "middle", "highest")
FEWEST_PRACTITIONERS = 6


def practitioner_thirds(enrolments: pd.DataFrame, mode: str) -> pd.Series:
    """The third of practitioners, by use of ``mode``, that each enrolment's practitioner is in.

    Parameters
    ----------
    enrolments : DataFrame
        One row per enrolment: ``practitioner_id`` and the mode's column.
    mode : str
        Column of the practitioner's mean frequency.

    Returns
    -------
    Series
        ``lowest``, ``middle`` or ``highest``; missing where the mode is missing, and everywhere
        with fewer than six practitioners or too few different values. Practitioners with the
        same value are in the same third, that of their middle rank; so thirds may differ in size.
    """
    missing = pd.Series(pd.NA, index=enrolments.index, dtype="str")
    known = enrolments.dropna(subset=[PRACTITIONER_ID, mode])
    values = known.drop_duplicates(PRACTITIONER_ID).set_index(PRACTITIONER_ID)[mode]
    if len(values) < FEWEST_PRACTITIONERS:
        return missing
    middle = values.rank(method="average") - 0.5
    places = np.floor(len(THIRDS) * middle / len(values)).astype(int)
    if places.nunique() < len(THIRDS):
        return missing
    missing.loc[known.index] = [THIRDS[place] for place in known[PRACTITIONER_ID].map(places)]
    return missing
