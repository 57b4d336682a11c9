"""What is known of every practitioner's true mean rating, and of every client beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.ground.errors import ModelError
from alliance_modes.models.design.design import PRACTITIONER, Refusal
from alliance_modes.models.effects.cluster_means import bayes_means
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.inference import too_few_practitioners

RATING = "rating"
USUAL, SQUARE, OWN = "usual_alliance", "usual_alliance_squared", "own_rating"
RAW, RAW_SQUARE = "raw_alliance", "raw_alliance_squared"
ADDED = (USUAL, SQUARE, OWN)
NAIVE = (RAW, RAW_SQUARE)


@dataclass(frozen=True)
class Usual:
    """Practitioners' mean ratings: one row per practitioner with the columns of ``ADDED`` and ``NAIVE``.

    ``clients`` are the ratings by enrolment. All but the raw mean are in SDs of true means (``spread``
    points of the rating) about ``centre``.
    """

    practitioners: pd.DataFrame
    clients: pd.Series
    centre: float
    spread: float
    reliability: float

    def points(self, place: float) -> float:
        """So many SDs as a rating."""
        return self.centre + self.spread * place

    def beside(self, table: pd.DataFrame) -> pd.DataFrame:
        """An analysis table with these columns; ``own_rating`` is 0 of a client who gave none by then."""
        added = self.of(table[PRACTITIONER_ID])
        theirs = (table[ENROLMENT_ID].astype("str").map(self.clients) - self.centre) / self.spread
        own = (theirs - added[USUAL]).astype("float64").fillna(0.0).where(added[USUAL].notna())
        return pd.concat([table, added.assign(**{OWN: own})], axis=1)

    def of(self, lead: pd.Series) -> pd.DataFrame:
        """The columns of the practitioners of some rows."""
        names = lead.astype("str")
        known = {column: names.map(values) for column, values in self.practitioners.items()}
        return pd.DataFrame(known, index=lead.index).astype("float64")


def usual_alliance(enrolments: pd.DataFrame, ratings: pd.Series, shared: Sequence[str]) -> Usual | Refusal:
    """Every practitioner's mean rating, shrunk for how few clients it is the mean of.

    Parameters
    ----------
    enrolments : DataFrame
        The analysis table ``enrolment``.
    ratings : Series
        The rating of each client who gave one, by enrolment.
    shared : sequence of str
        Practitioner-level predictors of the outcome's model.

    Returns
    -------
    Usual or Refusal

    Notes
    -----
    Given all ratings the true mean of practitioner j is about m_j with variance v_j (``bayes_means``). An
    outcome that is quadratic in the true mean, and linear in a client's own difference from it, is then
    expected at b0 + b1 m + b2 (m^2 + v) + w (own rating - m): v is what the square of a shrunken
    mean lacks. The client's own rating stands beside the mean, and is not taken out of it: a mean of
    the others is lower exactly where the own rating is higher, so that what goes with the own rating would
    come back with the other sign. Without a rating the own difference is 0, what is expected of it.
    """
    rated = enrolments[[ENROLMENT_ID, PRACTITIONER_ID, *shared]].copy()
    rated[RATING] = rated[ENROLMENT_ID].map(ratings).astype("float64")
    rated = rated.dropna().reset_index(drop=True).astype(dict.fromkeys(shared, "float64"))
    lead = rated[PRACTITIONER_ID].astype("str")
    why = too_few_practitioners(int(lead.nunique()), len(shared) + 2)
    if why:
        return Refusal(
            "not_estimated", f"with clients who rated the alliance by the landmark, {why}", few=True
        )
    try:
        found = bayes_means(rated, RATING, Grouping(PRACTITIONER, (PRACTITIONER_ID,)), shared)
    except ModelError as failure:
        return Refusal("not_estimated", str(failure))
    rows = pd.DataFrame({"mean": found.means, "variance": found.variances, RATING: rated[RATING]})
    known = rows.groupby(lead.to_numpy()).mean()
    spread = float(np.sqrt(known["mean"].var(ddof=1) + known["variance"].mean()))
    centre = float(known["mean"].mean())
    place = (known["mean"] - centre) / spread
    raw = (known[RATING] - known[RATING].mean()) / known[RATING].std(ddof=1)
    columns = {USUAL: place, SQUARE: place**2 + known["variance"] / spread**2, RAW: raw, RAW_SQUARE: raw**2}
    clients = pd.Series(as_number(rated[RATING]).to_numpy(), index=rated[ENROLMENT_ID].astype("str"))
    return Usual(pd.DataFrame(columns), clients, centre, spread, found.reliability)
