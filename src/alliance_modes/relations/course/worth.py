"""What alerts are worth: how many there are, how many drop-outs they come before, and how long before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO
from alliance_modes.domain import DROP_OUT, STARTED_ENDS
from alliance_modes.measurement.intervals import (
    Interval,
    clustered_mean,
    clustered_reach,
    clustered_share,
    groupings_of,
)

END, LAST = "end_kind", "last_session"
NEVER = -1.0
"""Sessions left after the first alert of a client who has none."""


@dataclass(frozen=True)
class Clients:
    """The rated clients and their ratings: ``rows`` of ratings, client by client, ``people`` one row each.

    Both are in the same order of clients.
    """

    rows: pd.DataFrame
    people: pd.DataFrame

    @cached_property
    def first(self) -> np.ndarray:
        """The place of each client's first rating."""
        return np.flatnonzero((self.rows[ENROLMENT_ID] != self.rows[ENROLMENT_ID].shift()).to_numpy())

    @cached_property
    def person(self) -> np.ndarray:
        """The place among ``people`` of each rating."""
        return np.repeat(np.arange(len(self.first)), np.diff([*self.first, len(self.rows)]))

    @cached_property
    def left(self) -> np.ndarray:
        """Sessions from each rating to the client's last one, missing where that is not known."""
        last = self.people[LAST].astype("float64").to_numpy()[self.person]
        return last - self.rows[SESSION_NO].astype("float64").to_numpy()

    @cached_property
    def dropped_out(self) -> np.ndarray:
        """Who dropped out; the others ended otherwise, or their end is not known."""
        return (self.people[END].astype("str") == DROP_OUT).to_numpy() & self.people[LAST].notna().to_numpy()

    @cached_property
    def stayed(self) -> np.ndarray:
        """Who completed."""
        return (self.people[END].astype("str") == STARTED_ENDS[0]).to_numpy()

    def lead(self, alerts: np.ndarray) -> np.ndarray:
        """Sessions left after each client's first alert (clients x cohorts); ``NEVER`` without one.

        Parameters
        ----------
        alerts : array of bool (ratings x cohorts)
        """
        left = np.where(alerts, np.nan_to_num(self.left, nan=NEVER)[:, None], NEVER)
        return np.maximum(np.maximum.reduceat(left, self.first, axis=0), NEVER)

    def alerted(self, alerts: np.ndarray) -> np.ndarray:
        """Which clients have an alert at all (clients x cohorts)."""
        return np.logical_or.reduceat(alerts, self.first, axis=0)

    def share(self, hits: np.ndarray, among: np.ndarray | None = None) -> Interval:
        """A share of clients, or of those ``among``, with an interval for new practitioners and sites."""
        people = self.people if among is None else self.people[among]
        values = pd.Series(hits if among is None else hits[among], index=people.index, dtype="float64")
        return clustered_share(values, groupings_of(people))

    def share_of_ratings(self, hits: np.ndarray) -> Interval:
        """A share of ratings, with an interval for new practitioners and sites."""
        values = pd.Series(hits.astype(float))
        return clustered_share(values, self._groupings())

    def mean_lead(self, lead: np.ndarray, hit: np.ndarray) -> Interval:
        """Mean sessions left after the first alert of those who were ``hit``."""
        people = self.people[hit]
        values = pd.Series(lead[hit], index=people.index)
        return clustered_mean(values, groupings_of(people), bounds=(0.0, np.inf))

    def more_before_drop_out(self, alerts: np.ndarray) -> Interval:
        """Alerts per rating of those who dropped out, less those of those who completed."""
        first, second = self.dropped_out[self.person], self.stayed[self.person]
        if not first.any() or not second.any():
            return Interval(np.nan, np.nan, np.nan, 0)
        means = [float(alerts[which].mean()) for which in (first, second)]
        parts = np.where(first, (alerts - means[0]) / first.sum(), 0.0)
        parts = parts - np.where(second, (alerts - means[1]) / second.sum(), 0.0)
        reach = clustered_reach(parts[:, None], self._groupings())
        half, difference = float(reach.half[0]), means[0] - means[1]
        return Interval(difference, difference - half, difference + half, int((first | second).sum()))

    def _groupings(self) -> Sequence[pd.Series]:
        return tuple(one.reset_index(drop=True) for one in groupings_of(self.people.iloc[self.person])) or (
            pd.Series(self.person),
        )
