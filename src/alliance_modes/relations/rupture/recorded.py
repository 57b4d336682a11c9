"""Ruptures as they were recorded by session: how many, of which kind, repaired or not."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.derive.levels import as_number
from alliance_modes.derive.person_period import RUPTURES
from alliance_modes.dictionary.named import ENROLMENT_ID, RUPTURE, RUPTURE_RESOLVED, SESSION_NO
from alliance_modes.measurement.intervals import (
    Interval,
    clustered_mean,
    clustered_reach,
    clustered_share,
    groupings_of,
)
from alliance_modes.relations.result import RelationCheck, RelationEstimate, RelationPoint

PART = "recorded"
ANY = "any_kind"
HUNDRED = 100.0
SERIES = "recorded"
FEWEST_CLIENTS = 20
"""At a session, for a point of it."""


def recorded(sessions: pd.DataFrame) -> Iterator[RelationEstimate]:
    """Ruptures of any kind, of withdrawal and of confrontation, per client, per session and repaired.

    Parameters
    ----------
    sessions : DataFrame
        The analysis table of sessions. At risk are the sessions of which it is recorded whether there was a
        rupture.

    Returns
    -------
    iterator of RelationEstimate
        Per kind ``events_per_client`` (mean of those with a session at risk), ``per_hundred_sessions``,
        ``share_of_clients`` with any, and ``share_repaired`` of those of which that is recorded.

    Notes
    -----
    Intervals are for new practitioners and sites like these (``measurement.intervals``). That of the rate is
    of its log, by the influence of each client, (events - rate x sessions) / all sessions.
    """
    known = sessions[sessions[RUPTURE].notna()]
    if known.empty:
        yield RelationEstimate(
            part=PART,
            term=ANY,
            estimand="per_hundred_sessions",
            status="not_run",
            reason="no session says whether there was a rupture",
        )
        return
    clients = known.drop_duplicates(ENROLMENT_ID).set_index(ENROLMENT_ID)
    at_risk = known.groupby(ENROLMENT_ID, sort=False).size().astype(float)
    for kind, kinds in {ANY: RUPTURES, **{one: (one,) for one in RUPTURES}}.items():
        happened = known[RUPTURE].isin(kinds)
        events = happened.groupby(known[ENROLMENT_ID], sort=False).sum().astype(float)
        yield from _of_kind(kind, clients, events, at_risk)
        yield _repaired(kind, known[happened])


def _of_kind(
    kind: str, clients: pd.DataFrame, events: pd.Series, at_risk: pd.Series
) -> Iterator[RelationEstimate]:
    groupings = tuple(one.loc[events.index] for one in groupings_of(clients))
    each = clustered_mean(events, groupings, bounds=(0.0, math.inf))
    yield _row(kind, "events_per_client", each, "ruptures per client")
    yield _row(kind, "per_hundred_sessions", rate(events, at_risk, groupings), "ruptures per 100 sessions")
    any_of = clustered_share((events > 0).astype(float), groupings)
    yield _row(kind, "share_of_clients", any_of, "share of clients with one or more")


def rate(events: pd.Series, at_risk: pd.Series, groupings: tuple[pd.Series, ...]) -> Interval:
    """Events per 100 sessions at risk, with the interval of the log of the rate.

    Parameters
    ----------
    events, at_risk : Series
        Per client, same index: events, and sessions at risk (above 0).
    groupings : tuple of Series, same index
        See ``clustered_reach``.
    """
    total = float(at_risk.sum())
    found = float(events.sum()) / total
    parts = ((events - found * at_risk) / total).to_numpy()[:, None]
    reach = clustered_reach(parts, groupings)
    if found == 0.0 or not np.isfinite(reach.half[0]):
        return Interval(HUNDRED * found, np.nan, np.nan, len(events), reach.levels)
    factor = math.exp(float(reach.half[0]) / found)
    return Interval(
        HUNDRED * found, HUNDRED * found / factor, HUNDRED * found * factor, len(events), reach.levels
    )


def _repaired(kind: str, happened: pd.DataFrame) -> RelationEstimate:
    repaired = as_number(happened[RUPTURE_RESOLVED]).dropna()
    if repaired.empty:
        reason = "no rupture is recorded as repaired or not"
        return RelationEstimate(
            part=PART, term=kind, estimand="share_repaired", status="not_run", reason=reason
        )
    rows = happened.loc[repaired.index]
    found = clustered_share(repaired, (*groupings_of(rows), rows[ENROLMENT_ID]))
    return _row(kind, "share_repaired", found, "share of ruptures")


def _row(kind: str, estimand: str, found: Interval, unit: str) -> RelationEstimate:
    low, high = (value if math.isfinite(value) else None for value in (found.low, found.high))
    return RelationEstimate(
        part=PART,
        term=kind,
        estimand=estimand,
        unit=unit,
        estimate=found.estimate,
        ci_low=low,
        ci_high=high,
        n=found.n,
    )


def by_session(sessions: pd.DataFrame) -> Iterator[RelationPoint]:
    """By session, how often a rupture is recorded, and how often one that was repaired.

    Parameters
    ----------
    sessions : DataFrame
        The analysis table of sessions.

    Returns
    -------
    iterator of RelationPoint
        Series ``recorded`` and ``recorded_repaired``: shares of those of whom it is known whether there was a
        rupture at that session, how many of whom there are in ``sessions_recorded``; ``recorded_in_all`` is
        the share over all sessions, with the range in which that of 95 % of sessions would lie if the
        chance was the same in each (binomial). Sessions with fewer than 20 clients are left out.

    Notes
    -----
    A client is at most once at a session. Clients whose chances differ lie closer to the mean than
    the binomial says, those of one group who break together further from it.
    """
    known = sessions[sessions[RUPTURE].notna()]
    happened = known[RUPTURE].isin(RUPTURES)
    repaired = happened & (as_number(known[RUPTURE_RESOLVED]) == 1)
    rows = pd.DataFrame({"n": 1, "any": happened.astype(int), "repaired": repaired.astype(int)})
    counts = rows.groupby(as_number(known[SESSION_NO])).sum()
    overall = float(happened.mean()) if len(known) else math.nan
    for at, one in counts[counts["n"] >= FEWEST_CLIENTS].iterrows():
        x, n = float(str(at)), int(one["n"])
        low, high = (value / n for value in stats.binom.ppf((0.025, 0.975), n, overall).tolist())
        yield RelationPoint(part=PART, series=SERIES, x=x, estimate=one["any"] / n)
        yield RelationPoint(part=PART, series=f"{SERIES}_repaired", x=x, estimate=one["repaired"] / n)
        yield RelationPoint(
            part=PART, series=f"{SERIES}_in_all", x=x, estimate=overall, ci_low=low, ci_high=high
        )
        yield RelationPoint(part=PART, series="sessions_recorded", x=x, estimate=float(n))


def kinds_told(sessions: pd.DataFrame) -> tuple[RelationCheck, ...]:
    """Whether withdrawal and confrontation are told apart, and whether coders agree."""
    counts = {kind: int((sessions[RUPTURE] == kind).sum()) for kind in RUPTURES}
    told = all(counts.values())
    detail = "; ".join(f"{kind} {count}" for kind, count in counts.items())
    return (
        RelationCheck(
            part=PART,
            check="kinds_told_apart",
            result="pass" if told else "fail" if any(counts.values()) else "not_checked",
            detail=detail,
        ),
        RelationCheck(
            part=PART,
            check="agreement_of_coders",
            result="not_checked",
            detail="a session has one record of ruptures, so that no two coders can be compared",
        ),
    )
