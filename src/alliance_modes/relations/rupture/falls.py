"""Falls of a rating from one session to the next, beside those that noise alone gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO
from alliance_modes.instruments.model import score_column
from alliance_modes.measurement.intervals import clustered_share, groupings_of
from alliance_modes.plan.relations.rupture import Rupture
from alliance_modes.relations.result import RelationCheck, RelationEstimate, RelationPoint, Status

REACH = 1.96 * math.sqrt(2.0)
"""Times the standard error of one score: what the difference of two passes in 5 % by error alone."""

FALL, ONE_SD = "fall", "fall_by_one_sd"
BY_NOISE = "_by_noise"
NOISE = 200
"""Cohorts of pure noise behind each expected number."""

FEWEST_PEOPLE = 20
FOLLOWED = "ratings_followed"
"""Series of points: how many ratings at a session follow another."""

NAMES = ("share_of_clients", "per_hundred_ratings", "size", "sessions_until_back", "share_repaired")


@dataclass(frozen=True)
class Ratings:
    """One row per person, ratings in their order; missing behind the last. ``session`` says which each is."""

    values: np.ndarray
    session: np.ndarray
    people: pd.DataFrame

    @cached_property
    def session_after(self) -> np.ndarray:
        """The session of each rating that follows another; 0 where there is none."""
        return np.nan_to_num(self.session[:, 1:]).astype(int)

    @property
    def followed(self) -> np.ndarray:
        """How many ratings follow another."""
        return np.isfinite(self.values).sum(axis=1) - 1


def ratings_of(sessions: pd.DataFrame, column: str, fewest: int) -> Ratings:
    """Ratings of everyone with ``fewest`` or more of them.

    Parameters
    ----------
    sessions : DataFrame
        The analysis table of sessions, in the order of enrolment and session.
    column : str
        The rating.
    fewest : int
    """
    rows = sessions[[ENROLMENT_ID, SESSION_NO]].assign(value=as_number(sessions[column]))
    rows = rows[rows["value"].notna()]
    rows = rows[rows.groupby(ENROLMENT_ID)["value"].transform("size") >= fewest]
    person, names = pd.factorize(rows[ENROLMENT_ID])
    place = rows.groupby(ENROLMENT_ID, sort=False).cumcount().to_numpy()
    shape = (len(names), int(place.max(initial=-1)) + 1)
    values, session = np.full(shape, np.nan), np.full(shape, np.nan)
    values[person, place] = rows["value"]
    session[person, place] = as_number(rows[SESSION_NO])
    people = sessions.drop_duplicates(ENROLMENT_ID).set_index(ENROLMENT_ID).loc[names]
    return Ratings(values, session, people)


def fallen(values: np.ndarray, limit: float | np.ndarray) -> np.ndarray:
    """Where a rating is lower than the one before by more than ``limit`` (persons x ratings less one)."""
    return values[:, :-1] - values[:, 1:] > limit


def by_one_sd(values: np.ndarray) -> np.ndarray:
    """Who falls from one rating to the next by their own SD (divisor n - 1) or more: the usual rule."""
    counts = np.isfinite(values).sum(axis=1, keepdims=True)
    apart = np.nan_to_num(values - np.nansum(values, axis=1, keepdims=True) / counts)
    sd = np.sqrt((apart**2).sum(axis=1, keepdims=True) / (counts - 1))
    fall = values[:, :-1] - values[:, 1:]
    return ((fall >= sd) & (fall > 0.0)).any(axis=1)


def what_falls(ratings: Ratings, values: np.ndarray, limit: float) -> dict[str, float]:
    """Numbers of the falls of ``values``, which stand where those of ``ratings`` do.

    Parameters
    ----------
    ratings : Ratings
    values : array (persons x ratings)
    limit : float
        A fall is larger than this.

    Returns
    -------
    dict
        Share of people with a fall, falls per 100 ratings that follow another, mean size, mean sessions until
        the rating is back, and the share that comes back of those with a rating after the fall; not a
        number where there is nothing to count.

    Notes
    -----
    Back is the first later rating that is no longer lower than before the fall by more than the limit.
    """
    falls = fallen(values, limit)
    person, place = np.nonzero(falls)
    before, at = values[person, place], ratings.session[person, place + 1]
    later = np.arange(values.shape[1])[None, :] > place[:, None] + 1
    after = later & np.isfinite(values[person])
    back = after & (before[:, None] - values[person] <= limit)
    returned, seen = back.any(axis=1), after.any(axis=1)
    when = ratings.session[person, np.where(returned, back.argmax(axis=1), 0)]
    drop = before - values[person, place + 1]
    return {
        "share_of_clients": float(falls.any(axis=1).mean()),
        "per_hundred_ratings": 100.0 * len(person) / float(ratings.followed.sum()),
        "size": float(drop.mean()) if len(drop) else math.nan,
        "sessions_until_back": float((when - at)[returned].mean()) if returned.any() else math.nan,
        "share_repaired": float(returned[seen].mean()) if seen.any() else math.nan,
    }


@dataclass(frozen=True)
class ByNoise:
    """What cohorts come to in which nothing changes.

    ``numbers`` has one row per cohort: those of ``what_falls``, and the share of ``by_one_sd``;
    ``at_session`` (cohorts x sessions) says how many fell at each.
    """

    numbers: pd.DataFrame
    at_session: np.ndarray


def by_noise(ratings: Ratings, sem: float, limit: float, seed: int) -> ByNoise:
    """The falls of cohorts in which nothing changes.

    Parameters
    ----------
    ratings : Ratings
        Who has how many ratings at which sessions.
    sem : float
        Standard error of measurement of one rating.
    limit : float
    seed : int

    Returns
    -------
    ByNoise
        Errors are independent and normal: a person at the end of the response range has less.
    """
    rng = np.random.default_rng([seed, 15])
    there = np.isfinite(ratings.values)
    numbers, at_session = [], []
    for _ in range(NOISE):
        values = np.where(there, sem * rng.standard_normal(there.shape), np.nan)
        numbers.append({**what_falls(ratings, values, limit), ONE_SD: float(by_one_sd(values).mean())})
        at_session.append(_at_each(ratings, fallen(values, limit)))
    return ByNoise(pd.DataFrame(numbers), np.array(at_session))


def _at_each(ratings: Ratings, which: np.ndarray) -> np.ndarray:
    """How many of some ratings that follow another are of each session."""
    session = ratings.session_after
    return np.bincount(session[which], minlength=int(session.max(initial=0)) + 1)


def by_session(part: str, ratings: Ratings, at_session: np.ndarray, limit: float) -> Iterator[RelationPoint]:
    """Of those with a rating at a session that follows another, how many fell, beside pure noise.

    Parameters
    ----------
    part : str
        Its name in every table.
    ratings : Ratings
    at_session : array (cohorts x sessions)
        As of ``ByNoise``.
    limit : float
        A fall is larger than this.

    Returns
    -------
    iterator of RelationPoint
        Series ``fall``, ``fall_by_noise`` (mean, and range of 95 %) and ``ratings_followed``: how many
        ratings at that session follow another. Sessions with fewer than 20 are left out.
    """
    followed = _at_each(ratings, np.isfinite(ratings.values[:, 1:]))
    kept = np.flatnonzero(followed >= FEWEST_PEOPLE)
    shares = _at_each(ratings, fallen(ratings.values, limit))[kept] / followed[kept]
    noise = at_session[:, kept] / followed[kept]
    low, high = np.quantile(noise, (0.025, 0.975), axis=0)
    for place, at in enumerate(kept.tolist()):
        x, share, mean = float(at), float(shares[place]), float(noise[:, place].mean())
        limits = {"ci_low": float(low[place]), "ci_high": float(high[place])}
        yield RelationPoint(part=part, series=FALL, x=x, estimate=share)
        yield RelationPoint(part=part, series=FALL + BY_NOISE, x=x, estimate=mean, **limits)
        yield RelationPoint(part=part, series=FOLLOWED, x=x, estimate=float(followed[at]))


@dataclass(frozen=True)
class Falls:
    """The falls of one rating: rows, checks and points of the result."""

    estimates: tuple[RelationEstimate, ...]
    checks: tuple[RelationCheck, ...] = ()
    points: tuple[RelationPoint, ...] = ()


def falls_of(sessions: pd.DataFrame, scales: pd.DataFrame, settings: Rupture, seed: int) -> Falls:
    """Falls beyond reliable change, the usual rule of one SD, and both in pure noise.

    Parameters
    ----------
    sessions : DataFrame
        The analysis table of sessions.
    scales : DataFrame
        ``scales.csv``: the standard error of measurement of the rating.
    settings : Rupture
    seed : int

    Notes
    -----
    A fall is a drop from one rating to the next by more than 1.96 x sqrt(2) x SEM (Jacobson & Truax 1991).
    Noise passes that in 2.5 % of pairs, so that somebody with many ratings has one by chance: the number
    beside it is that of the same people at the same sessions without any change. ``<estimand>_by_noise``
    has the range of 95 % of such cohorts in place of an interval.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance. Journal of Consulting and Clinical
    Psychology, 59(1), 12-19.
    """
    part, column = f"falls.{settings.scale}", score_column(settings.instrument, settings.scale)
    where = (scales["rater"] == settings.rater) & (scales["instrument"] == settings.instrument)
    errors = scales.loc[where & (scales["scale"] == settings.scale), "sem_score"].dropna()
    if column not in sessions or sessions[column].isna().all():
        return _none(part, "not_run", f"no session has {settings.scale} of {settings.instrument}")
    if errors.empty or not float(errors.iloc[0]) > 0.0:
        return _none(part, "not_run", f"{settings.scale} has no standard error of measurement")
    ratings = ratings_of(sessions, column, settings.ratings)
    if len(ratings.values) < FEWEST_PEOPLE:
        people, needed = len(ratings.values), f"{FEWEST_PEOPLE} are needed"
        few = f"{people} people with {settings.ratings} ratings or more; {needed}"
        return _none(part, "not_run", few)
    sem = float(errors.iloc[0])
    observed = what_falls(ratings, ratings.values, REACH * sem)
    noise = by_noise(ratings, sem, REACH * sem, seed)
    rows = tuple(_rows(part, ratings, observed, noise.numbers, REACH * sem))
    high = float(noise.numbers["share_of_clients"].quantile(0.975))
    check = RelationCheck(
        part=part,
        check="beyond_noise",
        result="pass" if observed["share_of_clients"] > high else "fail",
        detail=f"fall by more than {REACH * sem:.2f}; {100 * observed['share_of_clients']:.0f} % of people "
        f"have one, in pure noise up to {100 * high:.0f} %",
    )
    return Falls(rows, (check,), tuple(by_session(part, ratings, noise.at_session, REACH * sem)))


def _rows(
    part: str, ratings: Ratings, observed: dict[str, float], noise: pd.DataFrame, limit: float
) -> Iterator[RelationEstimate]:
    flags = {
        FALL: fallen(ratings.values, limit).any(axis=1),
        ONE_SD: by_one_sd(ratings.values),
    }
    groupings = groupings_of(ratings.people)
    for term, flagged in flags.items():
        hits = pd.Series(flagged.astype(float), index=ratings.people.index)
        share = clustered_share(hits, groupings)
        one = _row(part, term, "share_of_clients", share.estimate, len(hits))
        yield one.model_copy(update={"ci_low": share.low, "ci_high": share.high})
    for name in NAMES[1:]:
        yield _row(part, FALL, name, observed[name], len(ratings.values))
    expected = [*((FALL, name, name) for name in NAMES), (ONE_SD, NAMES[0], ONE_SD)]
    for term, estimand, column in expected:
        drawn = noise[column].dropna()
        if drawn.empty:
            continue
        one = _row(part, term, estimand + BY_NOISE, float(drawn.mean()), len(ratings.values))
        low, high = float(drawn.quantile(0.025)), float(drawn.quantile(0.975))
        yield one.model_copy(update={"ci_low": low, "ci_high": high})


def _row(part: str, term: str, estimand: str, estimate: float, n: int) -> RelationEstimate:
    units = {
        "share_of_clients": "share of clients with one or more",
        "per_hundred_ratings": "falls per 100 ratings that follow another",
        "size": "points of the score",
        "sessions_until_back": "sessions",
        "share_repaired": "share of falls with a later rating",
    }
    if not math.isfinite(estimate):
        return RelationEstimate(
            part=part, term=term, estimand=estimand, status="not_estimated", reason="there is no such fall"
        )
    unit = units[estimand.removesuffix(BY_NOISE)]
    return RelationEstimate(part=part, term=term, estimand=estimand, unit=unit, estimate=estimate, n=n)


def _none(part: str, status: Status, reason: str) -> Falls:
    row = RelationEstimate(part=part, term=FALL, estimand="share_of_clients", status=status, reason=reason)
    return Falls((row,))
