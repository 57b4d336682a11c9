"""The first form of each person on each scale."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO, WAVE

ENROLMENTS, PRACTITIONERS = "enrolments", "practitioners"
READ = ("rater", "instrument", "scale", "kind", "score", ENROLMENT_ID, PRACTITIONER_ID, WAVE, SESSION_NO)
"""Columns of the scores that are looked at."""
OF_A_FORM = ["rater", "instrument", "scale"]


def first_forms(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The first score of each person on each scale by each rater, and who the person is.

    Parameters
    ----------
    parts : iterable of DataFrame
        Long scores with the columns ``READ``, one row per administration and scale; one after the other, so
        that those of millions of sessions are never held at once. What this gave can be given again.

    Returns
    -------
    DataFrame
        As given, with ``population`` (``enrolments`` or ``practitioners``) and ``person``, an id. The first
        is that of the earliest wave, then of the earliest session, then of the earliest row. Facets and
        missing scores are left out.
    """
    found = pd.DataFrame()
    for part in parts:
        found = _first(pd.concat([found, _told(part)], ignore_index=True) if len(found) else _told(part))
    return found


def _told(scores: pd.DataFrame) -> pd.DataFrame:
    """The rows with a score, each with whom it is about."""
    known = scores[scores["score"].notna() & (scores["kind"] != "facet")]
    of_enrolments = known[ENROLMENT_ID].notna()
    return known.assign(
        person=known[ENROLMENT_ID].where(of_enrolments, known[PRACTITIONER_ID]),
        population=of_enrolments.map({True: ENROLMENTS, False: PRACTITIONERS}),
    )


def _first(known: pd.DataFrame) -> pd.DataFrame:
    """The rows that come first, in the order of waves and sessions."""
    in_order = known.sort_values([WAVE, SESSION_NO], kind="stable")
    return in_order.drop_duplicates(["population", "person", *OF_A_FORM])
