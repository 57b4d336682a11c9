"""Very low ratings left out, or drawn in: whether they alone make what goes with the alliance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID

WAYS: Mapping[str, tuple[float, bool]] = {
    "left_out_three_sd": (3.0, False),
    "left_out_two_sd": (2.0, False),
    "drawn_in_three_sd": (3.0, True),
    "drawn_in_two_sd": (2.0, True),
}
"""How many SDs below the mean a client's rating is low, and whether it is put there or left out.

Beside keeping them as they are these are the five ways of Goldberg et al. (2023), Journal of Counseling
Psychology 70, 81-89.
"""


@dataclass(frozen=True)
class Treated:
    """Ratings by enrolment, the low ones treated; ``low`` are those enrolments, ``gone`` whether left out."""

    ratings: pd.Series
    low: pd.Index
    gone: bool

    def remaining(self, table: pd.DataFrame) -> pd.DataFrame:
        """An analysis table without those who are left out."""
        return table[~table[ENROLMENT_ID].isin(self.low)] if self.gone else table


def treated(ratings: pd.Series, way: str) -> Treated:
    """Treat the low ones among the ratings of all clients.

    Parameters
    ----------
    ratings : Series
        One rating per client, by enrolment.
    way : str
        One of ``WAYS``.
    """
    sds, kept = WAYS[way]
    cut = float(ratings.mean() - sds * ratings.std(ddof=1))
    low = ratings.index[ratings < cut]
    return Treated(ratings.clip(lower=cut) if kept else ratings.drop(low), low, not kept)
