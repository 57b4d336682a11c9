"""Flexibility between modes, from mode use recorded by session."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.derive.person_period import previous, ruptured
from alliance_modes.dictionary.named import PRACTITIONER_ID

USE = ("use_educative", "use_engagement", "use_therapeutic")
FEWEST_SESSIONS = 10
FEWEST_RUPTURES = 10


def flexibility(periods: pd.DataFrame) -> pd.DataFrame:
    """How much, and in answer to what, each practitioner's mode use changes.

    Parameters
    ----------
    periods : DataFrame
        ``person_period``: one row per enrolment x session, mode use rated 0-4.

    Returns
    -------
    DataFrame
        Index practitioner_id; ``flexibility_variation`` (points of 0-4) and ``flexibility_match``
        (a correlation).

    Notes
    -----
    ``flexibility_variation``: SD, over all of a practitioner's sessions, of each mode's use, then
    the mean of the three; missing with fewer than 10 sessions.

    ``flexibility_match``: within a practitioner, r between a rupture at one session and the change
    of use_engagement + use_therapeutic from that session to the next one of the same enrolment.
    Positive: after ruptures the practitioner moves towards the person and the relationship.
    Missing with fewer than 10 ruptures that have a next session.
    """
    by = periods[PRACTITIONER_ID]
    use = pd.DataFrame({column: as_number(periods[column]) for column in USE})
    grouped = use.groupby(by)
    spread = grouped.std().where(grouped.count() >= FEWEST_SESSIONS)
    variation = spread.mean(axis=1, skipna=False).rename("flexibility_variation")
    towards = use["use_engagement"] + use["use_therapeutic"]
    change, rupture = towards - previous(towards, periods), previous(ruptured(periods), periods)
    return pd.concat([variation, _match(change, rupture, by)], axis=1)


def _match(change: pd.Series, rupture: pd.Series, by: pd.Series) -> pd.Series:
    known = change.notna() & rupture.notna()
    pairs = pd.DataFrame({"x": rupture[known], "y": change[known]})
    sums = pairs.assign(n=1.0, xx=pairs["x"] ** 2, yy=pairs["y"] ** 2, xy=pairs["x"] * pairs["y"])
    sums = sums.groupby(by[known]).sum()
    covariance = sums["xy"] - sums["x"] * sums["y"] / sums["n"]
    spread = (sums["xx"] - sums["x"] ** 2 / sums["n"]) * (sums["yy"] - sums["y"] ** 2 / sums["n"])
    r = covariance / np.sqrt(spread.where(spread > 1e-12))
    return r.where(sums["x"] >= FEWEST_RUPTURES).rename("flexibility_match")
