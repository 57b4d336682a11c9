"""The course of the alliance: its mean at each session, by rater."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from alliance_modes.dictionary.named import SESSION_NO
from alliance_modes.domain import COMPONENTS, RATERS
from alliance_modes.measurement.intervals import clustered_mean, groupings_of

FEWEST = 2
Ranges = Mapping[str, tuple[float, float]]
"""Least and largest response of each instrument."""


def alliance_course(alliance: pd.DataFrame, ranges: Ranges = MappingProxyType({})) -> pd.DataFrame:
    """Mean and interval per rater, instrument, session and component.

    Parameters
    ----------
    alliance : DataFrame
        The analysis table, one row per inventory.
    ranges : mapping, optional
        Response range of each instrument, beyond which no interval of an item mean reaches.

    Returns
    -------
    DataFrame
        One row per rater x instrument x session x component: ``mean``, ``low``, ``high`` (95 %,
        for new practitioners and sites), ``sd``, ``n``. Sessions with fewer than two
        inventories are left out; no rows when no rater rated in more than one session.
    """
    columns = ["rater", "instrument", SESSION_NO, "component", "mean", "low", "high", "sd", "n"]
    rows = []
    timed = alliance.dropna(subset=[SESSION_NO])
    for (rater, instrument), rated in timed.groupby(["rater", "instrument"], sort=True):
        if rated[SESSION_NO].nunique() < 2:
            continue
        for session, here in rated.groupby(SESSION_NO, sort=True):
            groupings = groupings_of(here)
            for component in COMPONENTS:
                found = clustered_mean(here[component], groupings, bounds=ranges.get(str(instrument)))
                if found.n >= FEWEST:
                    place = (rater, instrument, int(session), component)
                    spread = float(here[component].std())
                    rows.append((*place, found.estimate, found.low, found.high, spread, found.n))
    table = pd.DataFrame(rows, columns=columns)
    order = table["rater"].map({rater: place for place, rater in enumerate(RATERS)})
    return table.iloc[order.argsort(kind="stable")].reset_index(drop=True) if rows else table
