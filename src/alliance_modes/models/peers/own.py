"""The clients of one practitioner: their ratings beside what is expected, and their ruptures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pandas as pd

from alliance_modes.derive.person_period import ruptured, unrepaired
from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID, HELD_ON, PRACTITIONER_ID, SESSION_NO
from alliance_modes.models.design.design import OUTCOME
from alliance_modes.models.peers.peers import Peers

SHORTEST = 6
"""Signs of a pseudonym that are shown, where no other of the cohort begins alike."""


@dataclass(frozen=True)
class Rating:
    """One rating at a session; no value where only others rated then. The band is of nine in ten ratings."""

    session: int
    value: float | None
    expected: float | None
    low: float | None
    high: float | None

    @property
    def below(self) -> bool:
        """Whether it is lower than the band."""
        return self.value is not None and self.low is not None and self.value < self.low


@dataclass(frozen=True)
class Rupture:
    """A rupture at a session; ``repaired`` is None where nobody recorded it."""

    session: int
    held_on: date | None
    repaired: bool | None


@dataclass(frozen=True)
class OwnClient:
    """One enrolment with a practitioner, by the first signs of the client's pseudonym."""

    name: str
    ratings: tuple[Rating, ...]
    ruptures: tuple[Rupture, ...]

    @property
    def rated(self) -> tuple[Rating, ...]:
        """The sessions at which the client rated."""
        return tuple(one for one in self.ratings if one.value is not None)

    @property
    def unrepaired(self) -> tuple[Rupture, ...]:
        """The ruptures that are recorded as not repaired."""
        return tuple(one for one in self.ruptures if one.repaired is False)

    @property
    def left_unrepaired(self) -> bool:
        """Whether the last rupture is recorded as not repaired."""
        return bool(self.ruptures) and self.ruptures[-1].repaired is False

    @property
    def below_twice(self) -> bool:
        """Whether each of the last two ratings is lower than its band."""
        return len(self.rated) > 1 and all(one.below for one in self.rated[-2:])


def short_names(ids: Iterable[str]) -> dict[str, str]:
    """The first signs of each pseudonym, as many as tell all of them apart."""
    every = sorted(set(ids))
    length = SHORTEST
    while len({one[:length] for one in every}) < len(every):
        length += 1
    return {one: one[:length] for one in every}


@dataclass(frozen=True)
class Caseload:
    """What the sheets know of all clients: enrolments and sessions (analysis tables), the model, and courses.

    ``peers`` is None where there is no model; ``courses`` are ``expected_courses``, with no rows then.
    """

    enrolments: pd.DataFrame
    sessions: pd.DataFrame
    peers: Peers | None
    courses: pd.DataFrame

    def names(self) -> dict[str, str]:
        """The short name of each client of the cohort, by pseudonym."""
        return short_names(self.enrolments[CLIENT_ID].fillna(self.enrolments[ENROLMENT_ID]))


def own_clients(caseload: Caseload, practitioner: str, started: str) -> tuple[OwnClient, ...]:
    """The clients whom a practitioner leads, in the order in which they ``started`` (a column of days)."""
    names = caseload.names()
    led = caseload.enrolments[caseload.enrolments[PRACTITIONER_ID] == practitioner]
    led = led.sort_values([started, ENROLMENT_ID], kind="stable", na_position="first")
    ids = list(led[ENROLMENT_ID])
    ratings, ruptures = _ratings(caseload, ids), _ruptures(caseload.sessions, ids)
    return tuple(
        OwnClient(names[client], ratings.get(enrolment, ()), ruptures.get(enrolment, ()))
        for enrolment, client in zip(ids, led[CLIENT_ID].fillna(led[ENROLMENT_ID]), strict=True)
    )


def _ratings(caseload: Caseload, ids: list[str]) -> dict[str, tuple[Rating, ...]]:
    """By enrolment; of enrolments without a rating, none, since nothing is expected of them."""
    if caseload.peers is None:
        return {}
    rows = caseload.peers.rows[[ENROLMENT_ID, SESSION_NO]].assign(
        value=caseload.peers.design.frame[OUTCOME].to_numpy()
    )
    rows = rows[rows[ENROLMENT_ID].isin(ids)].groupby([ENROLMENT_ID, SESSION_NO], as_index=False).mean()
    courses = caseload.courses[caseload.courses[ENROLMENT_ID].isin(rows[ENROLMENT_ID])]
    both = rows.merge(courses, on=[ENROLMENT_ID, SESSION_NO], how="outer", sort=True)
    columns = [SESSION_NO, "value", "expected", "low", "high"]
    return {
        str(enrolment): tuple(
            Rating(int(session), *(None if pd.isna(one) else float(one) for one in numbers))
            for session, *numbers in of_one[columns].itertuples(index=False)
        )
        for enrolment, of_one in both.groupby(ENROLMENT_ID)
    }


def _ruptures(sessions: pd.DataFrame, ids: list[str]) -> dict[str, tuple[Rupture, ...]]:
    own = sessions[sessions[ENROLMENT_ID].isin(ids) & ruptured(sessions).eq(1)]
    own = own.assign(left=unrepaired(own)).sort_values([ENROLMENT_ID, SESSION_NO], kind="stable")
    return {
        str(enrolment): tuple(
            Rupture(
                int(session),
                None if pd.isna(held_on) else held_on.date(),
                None if pd.isna(left) else not left,
            )
            for session, held_on, left in of_one[[SESSION_NO, HELD_ON, "left"]].itertuples(index=False)
        )
        for enrolment, of_one in own.groupby(ENROLMENT_ID)
    }
