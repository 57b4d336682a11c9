"""Two people's ratings of the same session, side by side in tenths of their response ranges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import ENROLMENT_ID, SESSION_NO
from alliance_modes.instruments.model import score_column

TENTHS = 10.0
"""Ratings run from 0 (lowest possible score) to 10 (highest)."""

UNIT = "a tenth of the response range"


@dataclass(frozen=True)
class Pairs:
    """Sessions that both rated, of the pair of instruments that has most of them.

    ``rows`` are those of the truth's inventories in the analysis table, with ``truth`` and ``judged``
    (0 to 10); ``reason`` says why there is none.
    """

    rows: pd.DataFrame
    instruments: tuple[str, str] = ("", "")
    ranges: tuple[str, str] = ("", "")
    left: int = 0
    reason: str = ""


def pairs_of(alliance: pd.DataFrame, centiles: pd.DataFrame, raters: tuple[str, str], scale: str) -> Pairs:
    """Pairs of ratings of one scale at the same session of one enrolment.

    Parameters
    ----------
    alliance : DataFrame
        The analysis table of inventories.
    centiles : DataFrame
        ``centiles.csv``: the lowest and highest possible score of every scale, by rater and instrument.
    raters : pair of str
        Whose rating is the truth, and who judges it.
    scale : str
        A scale that both instruments have.

    Returns
    -------
    Pairs

    Notes
    -----
    10 x (score - lowest) / (highest - lowest), so that forms of different length and response range are on
    one range. Two instruments are commensurable where both have the scale. Of several records of one rater
    and session the first counts.
    """
    sides = [dict(_sides(alliance, centiles, rater, scale)) for rater in raters]
    for rater, side in zip(raters, sides, strict=True):
        if not side:
            return Pairs(alliance.iloc[:0], reason=_no_side(alliance, centiles, rater, scale))
    found = {
        (ours, theirs): _both(sides[0][ours][0], sides[1][theirs][0])
        for ours in sides[0]
        for theirs in sides[1]
    }
    best = max(found, key=lambda names: len(found[names]))
    rows = found[best]
    if rows.empty:
        return Pairs(rows, reason=f"no session of one enrolment has {scale} rated by both")
    ranges = (sides[0][best[0]][1], sides[1][best[1]][1])
    return Pairs(rows, best, ranges, sum(map(len, found.values())) - len(rows))


def _sides(
    alliance: pd.DataFrame, centiles: pd.DataFrame, rater: str, scale: str
) -> Iterator[tuple[str, tuple[pd.DataFrame, str]]]:
    """Each instrument of a rater that has the scale: its rows with ``value`` in tenths, and its range."""
    bounds = centiles[(centiles["rater"] == rater) & (centiles["scale"] == scale)]
    for one in bounds.sort_values("instrument").itertuples():
        column = score_column(str(one.instrument), scale)
        rows = alliance[(alliance["rater"] == rater) & (alliance["instrument"] == one.instrument)]
        if column not in rows or not float(one.highest) > float(one.lowest):
            continue
        width = float(one.highest) - float(one.lowest)
        rows = rows.assign(value=TENTHS * (as_number(rows[column]) - float(one.lowest)) / width)
        rows = rows[rows["value"].notna() & rows[SESSION_NO].notna()]
        if len(rows):
            once = rows.drop_duplicates([ENROLMENT_ID, SESSION_NO])
            yield str(one.instrument), (once, f"{one.lowest:g} to {one.highest:g}")


def _both(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    place = [ENROLMENT_ID, SESSION_NO]
    judged = theirs[[*place, "value"]].rename(columns={"value": "judged"})
    both = ours.rename(columns={"value": "truth"}).merge(judged, on=place, validate="one_to_one")
    return both.reset_index(drop=True)


def _no_side(alliance: pd.DataFrame, centiles: pd.DataFrame, rater: str, scale: str) -> str:
    """Why a rater has no rating of the scale."""
    own = alliance[alliance["rater"] == rater]
    used = sorted(own["instrument"].dropna().unique())
    if not used:
        return f"no inventory rated by the {rater}"
    if own[SESSION_NO].isna().all():
        return f"inventories rated by the {rater} do not say at which session"
    had = centiles[(centiles["rater"] == rater) & (centiles["scale"] == scale)]
    if set(used) & set(had["instrument"]):
        return f"no inventory rated by the {rater} has a score of {scale}"
    return (
        f"the ratings are not commensurable: {', '.join(used)}, rated by the {rater}, has no score of {scale}"
    )


def first_pairs(pairs: Pairs, landmark: int) -> pd.DataFrame:
    """The first pair of each enrolment at ``landmark`` or an earlier session."""
    early = pairs.rows[as_number(pairs.rows[SESSION_NO]) <= landmark]
    return early.sort_values([ENROLMENT_ID, SESSION_NO], kind="stable").drop_duplicates(ENROLMENT_ID)
