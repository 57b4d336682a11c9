"""Who was still there at the landmark session, and how they had rated the alliance by then."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO
from alliance_modes.models.design.build import rows_about
from alliance_modes.plan.terms import Outcome

RATING = "rating_by_landmark"
LAST_SESSION = "last_session"


@dataclass(frozen=True)
class Landmark:
    """Enrolments with their rating (column ``rating_by_landmark``); outcomes count ``after`` a session.

    ``started`` had a first session, ``there`` were still enrolled at the landmark, ``rated`` had rated by
    then.
    """

    enrolments: pd.DataFrame
    after: int
    started: int
    there: int
    rated: int

    @property
    def nobody(self) -> str:
        """Why nothing is said where none of them had rated."""
        if not self.started:
            return "nobody is known to have had a session"
        return f"nobody who was still enrolled at session {self.after} had rated the alliance by then"

    def later(self, sessions: pd.DataFrame) -> pd.DataFrame:
        """The sessions after the landmark of those who had a rating, with it."""
        ratings = self.enrolments.set_index(ENROLMENT_ID)[RATING]
        rating = sessions[ENROLMENT_ID].map(ratings)
        keep = rating.notna() & (as_number(sessions[SESSION_NO]) > self.after)
        return sessions.assign(**{RATING: rating})[keep].reset_index(drop=True)


def landmark_cohort(
    enrolments: pd.DataFrame, inventories: pd.DataFrame, mediator: Outcome, session: int
) -> Landmark:
    """The enrolments still there at a session, with the last rating at or before it.

    Parameters
    ----------
    enrolments, inventories : DataFrame
        The analysis tables ``enrolment`` and ``alliance``.
    mediator : Outcome
        Which rating by whom.
    session : int
        The landmark.

    Notes
    -----
    Still there are those whose last session is the landmark or a later one. Of several inventories in
    the last rated session the mean is taken.
    """
    last = as_number(enrolments[LAST_SESSION])
    there = enrolments[last >= session]
    rated = there.assign(**{RATING: there[ENROLMENT_ID].map(rated_by(inventories, mediator, session))})
    rated = rated[rated[RATING].notna()].reset_index(drop=True)
    return Landmark(rated, session, int(last.notna().sum()), len(there), len(rated))


def rated_by(inventories: pd.DataFrame, mediator: Outcome, session: int) -> pd.Series:
    """The last rating at or before a session, by enrolment; see ``landmark_cohort``."""
    about = rows_about(inventories, mediator)
    by_then = about[(as_number(about[SESSION_NO]) <= session) & about[mediator.column].notna()]
    latest = by_then[by_then[SESSION_NO] == by_then.groupby(ENROLMENT_ID)[SESSION_NO].transform("max")]
    return _means(latest, mediator)


def whole_course(enrolments: pd.DataFrame, inventories: pd.DataFrame, mediator: Outcome) -> Landmark:
    """Everybody who started, with the mean of all their ratings: the usual way, conditional on staying."""
    last = as_number(enrolments[LAST_SESSION])
    about = rows_about(inventories, mediator)
    rated = enrolments.assign(**{RATING: enrolments[ENROLMENT_ID].map(_means(about, mediator))})
    rated = rated[rated[RATING].notna() & last.notna()].reset_index(drop=True)
    return Landmark(rated, 0, int(last.notna().sum()), int(last.notna().sum()), len(rated))


def _means(rows: pd.DataFrame, mediator: Outcome) -> pd.Series:
    return as_number(rows[mediator.column]).groupby(rows[ENROLMENT_ID]).mean()
