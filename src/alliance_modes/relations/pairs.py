"""Ratings and the sessions that follow them: who has how many pairs, and what differs within a client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO
from alliance_modes.models.design.build import rows_about
from alliance_modes.plan.terms import Outcome


@dataclass(frozen=True)
class Courses:
    """One row per enrolment and one column per session number, from the first on; NaN where not known.

    ``people`` are the enrolments, ``rating`` and ``outcome`` their values, ``further`` those of others.
    """

    people: np.ndarray
    rating: np.ndarray
    outcome: np.ndarray
    further: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def pairs(self) -> np.ndarray:
        """Where a session has its rating, outcome and all else, and the next session number its outcome."""
        known = np.isfinite(self.outcome)
        following = np.zeros_like(known)
        following[:, :-1] = known[:, 1:]
        for one in (self.rating, *self.further.values()):
            following &= np.isfinite(one)
        return known & following

    @property
    def rated_before_a_gap(self) -> int:
        """How many rated sessions were followed by a later one, but not by the next."""
        known = np.isfinite(self.outcome)
        later = np.flip(np.logical_or.accumulate(np.flip(known, axis=1), axis=1), axis=1)
        after = np.zeros_like(known)
        after[:, :-1] = later[:, 1:]
        return int((known & np.isfinite(self.rating) & after & ~self.pairs).sum())

    def of(self, kept: np.ndarray) -> Courses:
        """Some of the enrolments (a boolean array)."""
        further = {name: values[kept] for name, values in self.further.items()}
        return Courses(self.people[kept], self.rating[kept], self.outcome[kept], further)

    def following(self) -> np.ndarray:
        """The outcome of the next session number; NaN where it has none."""
        found = np.full_like(self.outcome, np.nan)
        found[:, :-1] = self.outcome[:, 1:]
        return found


def courses(table: pd.DataFrame, outcome: Outcome, rating: str, further: Sequence[str] = ()) -> Courses:
    """The courses of all enrolments.

    Parameters
    ----------
    table : DataFrame
        The analysis table of sessions: one row per enrolment and session.
    outcome : Outcome
        With the rows that it is about (sessions attended).
    rating : str
        Column of the rating of the same session.
    further : sequence of str
        Other columns of the same session.

    Notes
    -----
    The session number is the clock. A session that was missed has no outcome, so that the one before it
    has no pair: what follows two sessions later is no lag of one.
    """
    rows = rows_about(table, outcome).dropna(subset=[ENROLMENT_ID, SESSION_NO])
    people, place = np.unique(rows[ENROLMENT_ID].astype("str").to_numpy(dtype=object), return_inverse=True)
    session = rows[SESSION_NO].to_numpy(dtype=int) - 1
    shape = (len(people), int(session.max(initial=0)) + 1)
    found: dict[str, np.ndarray] = {}
    for column in dict.fromkeys((rating, outcome.column, *further)):
        found[column] = np.full(shape, np.nan)
        found[column][place, session] = as_number(rows[column])
    others = {column: found[column] for column in further}
    return Courses(people, found[rating], found[outcome.column], others)


def with_enough(every: Courses, pairs: int, clients: int) -> Courses | str:
    """The enrolments with at least so many pairs; with fewer than ``clients``, why there is nothing."""
    enough = every.pairs.sum(axis=1) >= pairs
    if enough.sum() >= clients:
        return every.of(enough)
    return (
        f"{int(enough.sum())} clients have at least {pairs} ratings that the next session follows; "
        f"{clients} are required"
    )


def within(values: np.ndarray, mask: np.ndarray, *, lines: bool) -> np.ndarray:
    """What differs within a person: values less the person's mean, or less their own straight line.

    Parameters
    ----------
    values : array
        (any x people x sessions).
    mask : array of bool
        (people x sessions): what counts; elsewhere the result is 0.
    lines : bool
        Whether a line in the session number is taken out, and not the mean alone.
    """
    kept = np.where(mask, values, 0.0)
    count = np.maximum(mask.sum(axis=-1), 1)
    centred = np.where(mask, kept - (kept.sum(axis=-1) / count)[..., None], 0.0)
    if not lines:
        return centred
    clock = session_clock(mask)
    spread = np.maximum((clock**2).sum(axis=-1), 1e-12)
    slope = (centred * clock).sum(axis=-1) / spread
    return centred - slope[..., None] * clock


def session_clock(mask: np.ndarray) -> np.ndarray:
    """Session numbers about the mean of those of the person that count; 0 elsewhere."""
    session = np.where(mask, np.arange(mask.shape[1], dtype=float), 0.0)
    return np.where(mask, session - (session.sum(axis=1) / np.maximum(mask.sum(axis=1), 1))[:, None], 0.0)


@dataclass(frozen=True)
class WithinSlopes:
    """Least squares within people: slopes (draws x predictors) and the residual SD (draws)."""

    slopes: np.ndarray
    residual_sd: np.ndarray


def within_slopes(
    outcome: np.ndarray, predictors: Sequence[np.ndarray], mask: np.ndarray, *, lines: bool
) -> WithinSlopes:
    """Slopes of an outcome within people, each with their own mean (or line), for many draws at once.

    Parameters
    ----------
    outcome, predictors : array
        (draws x people x sessions).
    mask : array of bool
        (people x sessions).
    lines : bool
        Each person's own line in the session number is taken out of everything; else their mean is, and a
        line in the session number common to all stands beside the predictors.

    Notes
    -----
    The same as least squares with a column per person (and one for their sessions). The residual SD
    divides by rows less what was taken out.
    """
    left = within(outcome, mask, lines=lines)
    columns = [within(one, mask, lines=lines) for one in predictors]
    if not lines:
        columns.append(np.broadcast_to(session_clock(mask), left.shape))
    design = np.stack(columns)
    products = np.einsum("idps,jdps->dij", design, design, optimize=True)
    pulled = np.einsum("idps,dps->di", design, left, optimize=True)
    slopes = np.linalg.solve(products, pulled[..., None])[..., 0]
    squares = (left**2).sum(axis=(1, 2)) - np.einsum("di,di->d", slopes, pulled)
    people = int((mask.sum(axis=1) > 0).sum())
    rest = int(mask.sum()) - people * (2 if lines else 1) - len(columns)
    return WithinSlopes(slopes[:, : len(predictors)], np.sqrt(np.maximum(squares, 0.0) / max(rest, 1)))
