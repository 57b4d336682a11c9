"""Units that anybody knows not to exist: which programme runs where is no secret."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.dictionary.named import PROGRAMME_ID, SITE_ID
from alliance_modes.disclosure.counts import Where, where_of
from alliance_modes.reports.facts.asked.course import COURSE
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, PRACTITIONERS
from alliance_modes.reports.facts.asked.units import LEADS, YES, enrolment_units
from alliance_modes.reports.facts.scope import COLUMNS, NOT_RECORDED


def nowhere_known(enrolments: pd.DataFrame) -> dict[str, tuple[Where, ...]]:
    """Units that cannot exist, by population.

    Parameters
    ----------
    enrolments : DataFrame
        The analysis table.

    Returns
    -------
    mapping
        Enrolments of a programme at a site that does not run it, and of a setting, or whatever else is the
        same for everybody of each site or programme, where it is another one; practitioners of a site who
        would lead a programme that does not run there. What is not recorded is not known.

    Notes
    -----
    Where each site runs one programme, those of the programme are those of its sites together: a count that
    is withheld in the table by site is worked out of the one by programme by whoever knows that.
    """
    units = enrolment_units(enrolments)
    places = [column for column in COLUMNS.values() if column in units]
    found = {
        ENROLMENTS: [
            where_of({place: (here,), column: (value,)})
            for place in places
            for column in sorted(units.columns.difference([*places, COURSE]))
            if units[column].nunique() > 1 and not (units.groupby(place)[column].nunique() > 1).any()
            for here, value in _never(units, place, column)
        ]
    }
    if len(places) > 1:
        apart = list(_never(units, PROGRAMME_ID, SITE_ID))
        found[ENROLMENTS] += [where_of({PROGRAMME_ID: (one,), SITE_ID: (site,)}) for one, site in apart]
        found[PRACTITIONERS] = [where_of({f"{LEADS}{one}": (YES,), SITE_ID: (site,)}) for one, site in apart]
    return {name: tuple(wheres) for name, wheres in found.items()}


def _never(units: pd.DataFrame, first: str, second: str) -> Iterator[tuple[str, str]]:
    """Recorded values of two columns that nobody has together."""
    recorded = units[(units[[first, second]] != NOT_RECORDED).all(axis=1)]
    met = set(zip(recorded[first], recorded[second], strict=True))
    for one in sorted(set(recorded[first])):
        yield from ((one, other) for other in sorted(set(recorded[second])) if (one, other) not in met)
