"""Units that anybody knows not to exist: which programme runs where is no secret."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.dictionary.named import PROGRAMME_ID, SITE_ID
from alliance_modes.disclosure.counts import OTHER, Where, where_of
from alliance_modes.reports.facts.asked.course import COURSE
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, PRACTITIONERS
from alliance_modes.reports.facts.asked.units import LEADS, YES, enrolment_units, practitioner_units
from alliance_modes.reports.facts.scope import COLUMNS, NOT_RECORDED


def nowhere_known(enrolments: pd.DataFrame, practitioners: pd.DataFrame) -> dict[str, tuple[Where, ...]]:
    """Units that cannot exist, by population.

    Parameters
    ----------
    enrolments, practitioners : DataFrame
        The analysis tables.

    Returns
    -------
    mapping
        Enrolments of a programme that is none of those there are, and enrolments and practitioners of such a
        site; enrolments of a programme at a site that does not run it, and of a setting, or whatever else is
        the same for everybody of each site or programme, where it is another one; practitioners of a site
        who would lead a programme that does not run there, unless one of them does so at another site.
        What is not recorded is not known.

    Notes
    -----
    Where each site runs one programme, those of the programme are those of its sites together: a count that
    is withheld in the table by site is worked out of the one by programme by whoever knows that. Where a
    site is added later, it was none of those that an earlier release counted.
    """
    units = enrolment_units(enrolments)
    places = [column for column in COLUMNS.values() if column in units]
    others = sorted(units.columns.difference([*places, COURSE]))
    found = {ENROLMENTS: [where_of({place: (OTHER,)}) for place in places], PRACTITIONERS: []}
    if SITE_ID in places:
        found[PRACTITIONERS].append(where_of({SITE_ID: (OTHER,)}))
    for place in places:
        found[ENROLMENTS] += [
            nobody
            for column in others
            if not (units.groupby(place)[column].nunique() > 1).any()
            for nobody in _never(units, place, column, OTHER)
        ]
    if len(places) > 1:
        found[ENROLMENTS] += list(_never(units, SITE_ID, PROGRAMME_ID))
        if len(practitioners) and SITE_ID in practitioners:
            found[PRACTITIONERS] += list(_leads_nowhere(units, practitioner_units(practitioners, enrolments)))
    return {name: tuple(wheres) for name, wheres in found.items()}


def _leads_nowhere(units: pd.DataFrame, practitioners: pd.DataFrame) -> Iterator[Where]:
    """Practitioners of a site who lead a programme that does not run there, where none of them does."""
    for nobody in _never(units, PROGRAMME_ID, SITE_ID):
        for programme in dict(nobody)[PROGRAMME_ID]:
            leads = f"{LEADS}{programme}"
            elsewhere = (
                set()
                if leads not in practitioners
                else set(practitioners.loc[practitioners[leads] == YES, SITE_ID])
            )
            sites = [one for one in dict(nobody)[SITE_ID] if one not in elsewhere]
            if sites:
                yield where_of({leads: (YES,), SITE_ID: sites})


def _never(units: pd.DataFrame, first: str, second: str, *besides: str) -> Iterator[Where]:
    """Recorded values of two columns that nobody has together: those of the first that lack the same ones."""
    recorded = units[(units[[first, second]] != NOT_RECORDED).all(axis=1)]
    every = set(recorded[second])
    lacking: dict[tuple[str, ...], list[str]] = {}
    for one, met in recorded.groupby(first, sort=True)[second].unique().items():
        lacking.setdefault((*sorted(every.difference(met)), *besides), []).append(str(one))
    yield from (where_of({first: ones, second: lacked}) for lacked, ones in lacking.items() if lacked)
