"""Units that anybody knows not to exist: which programme runs where is no secret."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.dictionary.named import PROGRAMME_ID, SETTING, SITE_ID
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
        site; enrolments of a programme at a site that does not run it, of another setting at a site or in a
        programme that has one, and of whatever else is the same for everybody, or everybody of each site or
        programme;
        practitioners of a site who would lead a programme that does not run there, unless one of them does
        so at another site. What is not recorded is not known.

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
    if places:
        alike = [column for column in others if len({*units[column]} - _unsaid(column)) == 1]
        found[ENROLMENTS] += [where_of({column: (OTHER,)}) for column in alike]
    for place in places:
        found[ENROLMENTS] += [
            nobody
            for column in others
            for nobody in _never(_of_one_kind(units, place, column), place, column, *units[column], OTHER)
        ]
    if len(places) > 1:
        found[ENROLMENTS] += list(_never(units, SITE_ID, PROGRAMME_ID, *units[PROGRAMME_ID]))
        if len(practitioners) and SITE_ID in practitioners:
            found[PRACTITIONERS] += list(_leads_nowhere(units, practitioner_units(practitioners, enrolments)))
    return {name: tuple(wheres) for name, wheres in found.items()}


def _leads_nowhere(units: pd.DataFrame, practitioners: pd.DataFrame) -> Iterator[Where]:
    """Practitioners of a site who lead a programme that does not run there, where none of them does."""
    for nobody in _never(units, PROGRAMME_ID, SITE_ID, *units[SITE_ID]):
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


def _of_one_kind(units: pd.DataFrame, place: str, column: str) -> pd.DataFrame:
    """Units of the sites or programmes of which anybody knows what they have in a column.

    A setting is one of the place, and known of each that has a single one. Whatever else describes clients
    is taken for that where it tells no two of any place apart.
    """
    told = units[~units[column].isin(_unsaid(column))]
    kinds = told.groupby(place)[column].nunique()
    one = kinds.index[(kinds == 1) & (column == SETTING or (kinds == 1).all())]
    return units[units[place].isin(one)]


def _unsaid(column: str) -> set[str]:
    """Values that tell nothing of a place: a setting is that of the others where it is not recorded."""
    return {NOT_RECORDED} if column == SETTING else set()


def _never(units: pd.DataFrame, first: str, second: str, *every: str) -> Iterator[Where]:
    """Recorded values of two columns that nobody has together, of ``every`` one of the second.

    Values of the first that lack the same ones are named together.
    """
    recorded = units[(units[[first, second]] != NOT_RECORDED).all(axis=1)]
    values = {*every} - {NOT_RECORDED}
    lacking: dict[tuple[str, ...], list[str]] = {}
    for one, met in recorded.groupby(first, sort=True)[second].unique().items():
        lacking.setdefault(tuple(sorted(values.difference(met))), []).append(str(one))
    yield from (where_of({first: ones, second: lacked}) for lacked, ones in lacking.items() if lacked)
