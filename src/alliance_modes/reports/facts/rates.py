"""Rates in people of a hundred, from counts as an edition shows them, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.dictionary.named import PRACTITIONER_ID, SITE_ID
from alliance_modes.disclosure.counts import Shown
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.disclosure.said import proportion
from alliance_modes.domain import STARTED_ENDS
from alliance_modes.measurement.intervals import clustered_share, groupings_of
from alliance_modes.reports.facts.asked.course import COURSE, course
from alliance_modes.reports.facts.asked.requests import ALL
from alliance_modes.reports.facts.scope import COLUMNS
from alliance_modes.tables.outcomes import counted_enrolments

LEFT_EARLY = "left early"
EARLY = ("dropped_out", "removed")
"""Ends before the programme was finished, by the person or by the programme, that are not administrative."""


@dataclass(frozen=True)
class Spread:
    """How far a rate reaches to each side on the scale of log-odds: half of its 95 % interval.

    Rounded to hundredths: with it an edition gives an interval around the rate of the counts that it shows.
    ``shared`` says whether people who share a practitioner or a site were taken as such.
    """

    half: float
    shared: bool


@dataclass(frozen=True)
class Rate:
    """A rate (0 to 1) with its 95 % interval; the limits are None where none can be given."""

    share: float
    low: float | None
    high: float | None

    @property
    def of_hundred(self) -> int:
        """In whole people of a hundred."""
        return round(100 * self.share)


def spreads(enrolments: pd.DataFrame) -> dict[tuple[str, str, str], Spread]:
    """The spread of the rate of each end, among those who started and could have finished.

    Returns
    -------
    dict
        By kind of scope, its value (``All`` for the cohort) and the end. Nothing for an end that nobody or
        everybody came to.
    """
    counted = counted_enrolments(enrolments)
    if counted.empty:
        return {}
    kept = [one for one in (PRACTITIONER_ID, SITE_ID, *COLUMNS.values()) if one in counted]
    counted = counted[list(dict.fromkeys(kept))].assign(**{COURSE: course(counted)})
    found = dict(_of_group("cohort", ALL, counted))
    for kind, column in COLUMNS.items():
        if column in counted and counted[column].nunique() > 1:
            for value, here in counted.groupby(column, sort=True):
                found |= dict(_of_group(kind, str(value), here))
    return found


def _of_group(kind: str, value: str, here: pd.DataFrame) -> Iterator[tuple[tuple[str, str, str], Spread]]:
    groupings = groupings_of(here)
    for end, kinds in (*((one, (one,)) for one in STARTED_ENDS), (LEFT_EARLY, EARLY)):
        hits = here[COURSE].isin(kinds)
        found = clustered_share(hits, groupings)
        if 0 < found.low < found.high < 1 and 0 < found.estimate < 1:
            half = (_log_odds(found.high) - _log_odds(found.low)) / 2
            yield (kind, value, end), Spread(round(half, 2), bool(groupings))


def rate(
    numerator: Shown | None, denominator: Shown | None, rules: Disclosure, spread: Spread | None = None
) -> Rate | None:
    """A rate of two counts as they are shown; None where it may not be shown, or is of nobody."""
    share = None if numerator is None or denominator is None else proportion(numerator, denominator, rules)
    if share is None:
        return None
    if spread is None or not 0 < share < 1:
        return Rate(share, None, None)
    middle = _log_odds(share)
    return Rate(share, _share(middle - spread.half), _share(middle + spread.half))


def summed(parts: Mapping[str, Shown | None]) -> Shown | None:
    """The sum of counts as they are shown; None where one is withheld or there is none."""
    known = [one for one in parts.values() if one is not None]
    values = [one.value for one in known if one.value is not None]
    if not known or len(values) < len(known):
        return None
    total = sum(values)
    if all(one.status == "exact" for one in known):
        return Shown.exact(total)
    return Shown.rounded(total, near=any(one.near for one in known))


def _log_odds(share: float) -> float:
    return math.log(share / (1.0 - share))


def _share(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds))
