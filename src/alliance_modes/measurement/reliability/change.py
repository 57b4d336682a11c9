"""Reliable change: whose score changed by more than the error of two scores, and how many would by chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.dictionary.enrolments import of_enrolments
from alliance_modes.dictionary.named import COMPLETED_ON, ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO, SITE_ID
from alliance_modes.measurement.intervals import clustered_share, groupings_of, shared
from alliance_modes.measurement.reliability.standard_error import Z_95

ROSE, FELL, WITHIN = "rose", "fell", "within error"
EXPECTED = 0.025
"""Share that rises, and share that falls, beyond the limit where no true score changes."""
FEWEST = 10
SCALE = ["rater", "instrument", "scale"]


@dataclass(frozen=True)
class ReliableChange:
    """Change of each enrolment, and how many changed by rater, instrument and scale."""

    clients: pd.DataFrame
    rates: pd.DataFrame


def reliable_change(scores: pd.DataFrame, scales: pd.DataFrame, enrolments: pd.DataFrame) -> ReliableChange:
    """Jacobson and Truax's reliable change from the first to the last inventory of each enrolment.

    Parameters
    ----------
    scores : DataFrame
        ``scores.parquet`` of the inventories of alliance: one row per administration and scale.
    scales : DataFrame
        ``scales.csv``: the standard error of a score (``sem_score``), from the project's reliability.
    enrolments : DataFrame
        Clean enrolments; practitioner and site are what people share.

    Returns
    -------
    ReliableChange
        ``clients``: one row per rater, instrument, scale and enrolment with two complete scores;
        ``rates``: one per rater, instrument and scale that somebody answered twice, columns as in
        ``dictionary/measurement``.

    Notes
    -----
    Index = (last - first) / (sqrt(2) SEM), in the instrument's own metric; a change is reliable beyond 1.96.
    Without any true change .025 rise and .025 fall by normal errors of that size alone. The error is that
    of one occasion, so that what a client was like on the day counts as true, and more than .025 can be
    had without lasting change. First and last by session, or by day where no session is known;
    inventories without it, and scores with an item missing (whose error is larger), are left out. Not
    estimated without an SEM above zero and below 10 enrolments. Intervals: ``clustered_share``.

    References
    ----------
    Jacobson & Truax (1991) doi 10.1037/0022-006X.59.1.12.
    """
    clients, rates = [], []
    sems = scales.fillna({"rater": ""}).set_index(SCALE)["sem_score"].astype(float)
    for names, rows in scores.groupby(SCALE, sort=False, dropna=False):
        who = dict(zip(SCALE, ("" if pd.isna(name) else name for name in names), strict=True))
        ends = _first_and_last(rows)
        if ends.empty:
            continue
        sem = float(sems.get(tuple(who.values()), np.nan))
        found = _indices(ends, sem)
        clients.append(found.assign(**who))
        rates.append({**who, "enrolments": rows[ENROLMENT_ID].nunique(), **_rates(found, sem, enrolments)})
    whole = pd.concat(clients, ignore_index=True) if clients else pd.DataFrame()
    return ReliableChange(whole, pd.DataFrame(rates))


def _first_and_last(rows: pd.DataFrame) -> pd.DataFrame:
    """First and last complete score of each enrolment that has two."""
    occasion = SESSION_NO if rows[SESSION_NO].notna().any() else COMPLETED_ON
    complete = rows["score"].notna() & (rows["items_valid"] == rows["items"])
    kept = rows[complete & rows[ENROLMENT_ID].notna() & rows[occasion].notna()]
    kept = kept.sort_values([ENROLMENT_ID, occasion, COMPLETED_ON], kind="stable")
    kept = kept.drop_duplicates([ENROLMENT_ID, occasion])
    by_enrolment = kept.groupby(ENROLMENT_ID)
    found = pd.DataFrame(
        {
            "first": by_enrolment["score"].first(),
            "last": by_enrolment["score"].last(),
            "first_session": by_enrolment[SESSION_NO].first(),
            "last_session": by_enrolment[SESSION_NO].last(),
        }
    )
    return found[by_enrolment.size() > 1].reset_index()


def _indices(ends: pd.DataFrame, sem: float) -> pd.DataFrame:
    change = ends["last"] - ends["first"]
    index = change / (math.sqrt(2.0) * sem) if sem > 0 else change * np.nan
    verdict = np.select([index > Z_95, index < -Z_95, index.notna()], [ROSE, FELL, WITHIN], default="")
    return ends.assign(change=change, index=index, verdict=verdict)


def _rates(found: pd.DataFrame, sem: float, enrolments: pd.DataFrame) -> dict[str, object]:
    said: dict[str, object] = {"n": len(found), "sem": sem, "expected": EXPECTED}
    if not sem > 0:
        return said | {"status": "not_estimated", "reason": "no error of a score is known that is above zero"}
    said |= {"limit": Z_95 * math.sqrt(2.0) * sem, "mean_change": float(found["change"].mean())}
    if len(found) < FEWEST:
        few = f"{len(found)} enrolments with two complete inventories; at least {FEWEST} are needed"
        return said | {"status": "not_estimated", "reason": few}
    people = _with_shared(found, enrolments)
    for name, verdict in (("rose", ROSE), ("fell", FELL)):
        hits = found["verdict"] == verdict
        share = clustered_share(hits, groupings_of(people))
        said |= {name: int(hits.sum()), f"share_{name}": share.estimate}
        said |= {f"share_{name}_low": share.low, f"share_{name}_high": share.high}
    return said | {"shared": "; ".join(shared(people)), "status": "ok", "reason": ""}


def _with_shared(found: pd.DataFrame, enrolments: pd.DataFrame) -> pd.DataFrame:
    """The enrolments with their practitioner and site, as far as the cohort has them."""
    known = {name: of_enrolments(enrolments, name) for name in (PRACTITIONER_ID, SITE_ID)}
    return found.assign(**{name: found[ENROLMENT_ID].map(values) for name, values in known.items()})
