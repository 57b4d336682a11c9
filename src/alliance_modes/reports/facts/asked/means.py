"""The means that all reports of a cohort ask for at once, and how far each of them reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import ATTENDED, ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO, SITE_ID
from alliance_modes.disclosure.counts import Units
from alliance_modes.disclosure.means import MeanTable, mean_table, side_by_side
from alliance_modes.domain import ENGAGEMENT, FREQUENCY, MODES
from alliance_modes.figures.release.requests import begun as begun_of
from alliance_modes.measurement.intervals import clustered_mean, groupings_of
from alliance_modes.reports.facts.asked.course import COURSE
from alliance_modes.reports.facts.asked.requests import ALL, ENROLMENTS, PRACTITIONERS, several
from alliance_modes.reports.facts.asked.units import enrolment_units
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.words.names import capital, instrument_name

THIRDS = ("First third", "Middle third", "Last third")
TAKING_PART = "session_engagement"
Topic = Literal["alliance", "taking part", "coming", "mode", "client"]
Across = Literal["cohort", "programme", "site", "time"]
Groups = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class Averaged:
    """What a table of means is about, apart from its numbers.

    ``across`` says what its groups are. ``halves`` is half of the 95 % interval of each group, rounded to
    hundredths; groups of which no interval can be given are not in it.
    """

    topic: Topic
    across: Across
    about: str
    halves: Mapping[str, float]
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class MeansAsked:
    """One table of means as it is asked for."""

    table: MeanTable
    averaged: Averaged


def means_asked(inputs: ReportInputs) -> tuple[MeansAsked, ...]:
    """Every table of means of the cohort, its programmes and its sites that has a value."""
    found = (
        *_ratings(inputs),
        *_taking_part(inputs),
        *_modes(inputs.analysis["practitioner"]),
        *_clients(inputs.analysis["enrolment"]),
    )
    return tuple(one for one in found if any(group.n for group in one.table.groups))


def _ratings(inputs: ReportInputs) -> Iterator[MeansAsked]:
    enrolments, alliance = inputs.analysis["enrolment"], inputs.analysis["alliance"]
    units = enrolment_units(enrolments)
    kinds: dict[Across, Groups] = {"cohort": {ALL: {}}}
    kinds |= {kind: rows for kind, rows in several(units)}
    for (rater, instrument), rated in alliance.groupby(["rater", "instrument"], sort=True):
        name, limits = f"alliance_{rater}_{instrument}", inputs.ranges.get(str(instrument))
        about = f"{capital(str(rater))}-rated, {instrument_name(str(instrument))}"
        known = rated[rated["total"].notna()].sort_values(SESSION_NO, kind="stable")
        first = known.drop_duplicates(ENROLMENT_ID).set_index(ENROLMENT_ID)["total"]
        column = f"{rater} {instrument}"
        here = units.assign(**{column: enrolments[ENROLMENT_ID].map(first)})
        for across, groups in kinds.items():
            which = name if across == "cohort" else f"{name}_by_{across}"
            averaged = Averaged("alliance", across, about, {}, limits)
            yield _asked(averaged, here, column, which, ENROLMENTS, groups, enrolments)
        if rated[SESSION_NO].notna().any():
            over_time = Averaged("alliance", "time", about, {}, limits)
            yield _over_time(enrolments, rated, "total", f"{name}_over_time", over_time)


def _taking_part(inputs: ReportInputs) -> Iterator[MeansAsked]:
    sessions, enrolments = inputs.analysis["session"], inputs.analysis["enrolment"]
    if sessions.empty or sessions[SESSION_NO].isna().all():
        return
    if TAKING_PART in sessions and sessions[TAKING_PART].notna().any():
        about = "Taking part in the sessions attended, rated by the practitioner"
        averaged = Averaged("taking part", "time", about, {}, ENGAGEMENT)
        yield _over_time(enrolments, sessions, TAKING_PART, "taking_part_over_time", averaged)
    if ATTENDED in sessions and sessions[ATTENDED].notna().any():
        kept = [one for one in (ENROLMENT_ID, PRACTITIONER_ID, SITE_ID, SESSION_NO) if one in sessions]
        present = sessions[kept].assign(present=100.0 * sessions[ATTENDED].astype("float64"))
        averaged = Averaged("coming", "time", "Sessions attended, of every 100 offered", {}, (0.0, 100.0))
        yield _over_time(enrolments, present, "present", "coming_over_time", averaged)


def _over_time(
    enrolments: pd.DataFrame, rows: pd.DataFrame, column: str, name: str, averaged: Averaged
) -> MeansAsked:
    """Means over people of their own means, in each third of the programme, of those who started."""
    kept = [one for one in (ENROLMENT_ID, PRACTITIONER_ID, SITE_ID, SESSION_NO, column) if one in rows]
    timed = rows.loc[rows[SESSION_NO].notna() & rows[column].notna(), kept]
    last, many = max(float(rows[SESSION_NO].max()), 1.0), len(THIRDS)
    place = np.ceil(timed[SESSION_NO].astype(float) * many / last).clip(1, many).astype(int)
    units = enrolment_units(enrolments)
    begun = {COURSE: begun_of(units[COURSE])}
    columns: dict[str, str] = {}
    halves: dict[str, float] = {}
    for number, third in enumerate(THIRDS, start=1):
        own = _own(timed[place == number], column)
        if len(own):
            columns[third] = f"{name} in {third.lower()}"
            units[columns[third]] = enrolments[ENROLMENT_ID].map(own[column]).astype("float64").to_numpy()
            halves |= _half(third, own[column], own)
    table = side_by_side(units, name, averaged.about, ENROLMENTS, columns, 2, begun)
    return MeansAsked(replace(table, limits=averaged.limits), replace(averaged, halves=halves))


def _own(timed: pd.DataFrame, column: str) -> pd.DataFrame:
    """The mean of each enrolment, with who led it and where."""
    first = {str(one.name): "first" for one in groupings_of(timed)}
    return timed.groupby(ENROLMENT_ID, sort=True).agg({column: "mean"} | first)


def _modes(practitioners: pd.DataFrame) -> Iterator[MeansAsked]:
    for mode in MODES:
        if mode in practitioners and practitioners[mode].notna().any():
            averaged = Averaged("mode", "cohort", capital(mode), {}, FREQUENCY)
            yield _asked(
                averaged, practitioners, mode, f"mode_{mode}", PRACTITIONERS, {ALL: {}}, practitioners
            )


def _clients(enrolments: pd.DataFrame) -> Iterator[MeansAsked]:
    for name, column in dictionary().enrolments.describing("client").items():
        if column.is_number and name in enrolments and enrolments[name].notna().any():
            numbers = enrolments[[one for one in (PRACTITIONER_ID, SITE_ID) if one in enrolments]].assign(
                **{name: enrolments[name].astype("float64")}
            )
            averaged = Averaged("client", "cohort", column.label, {})
            yield _asked(averaged, numbers, name, f"clients_{name}", ENROLMENTS, {ALL: {}}, numbers)


def _asked(
    averaged: Averaged,
    units: pd.DataFrame,
    column: str,
    name: str,
    population: str,
    groups: Groups,
    shared: pd.DataFrame,
) -> MeansAsked:
    """A table of means; ``shared`` has practitioner and site of each unit, in the same order."""
    halves: dict[str, float] = {}
    shared = shared[[name for name in (PRACTITIONER_ID, SITE_ID) if name in shared]]
    units = units[[*dict.fromkeys(name for allowed in groups.values() for name in allowed), column]]
    of, numbers, known = Units(units), units[column].to_numpy(dtype=float), units[column].notna().to_numpy()
    for label, allowed in groups.items():
        places = of.places(allowed)
        held = places[known[places]]
        halves |= _half(label, pd.Series(numbers[held]), shared.iloc[held])
    table = mean_table(units, column, name, averaged.about, population, groups, decimals=2)
    return MeansAsked(replace(table, limits=averaged.limits), replace(averaged, halves=halves))


def _half(label: str, values: pd.Series, shared: pd.DataFrame) -> dict[str, float]:
    """Half of the 95 % interval of a mean, by its label; nothing where none can be given."""
    found = clustered_mean(values.reset_index(drop=True), groupings_of(shared.reset_index(drop=True)))
    wide = np.isfinite(found.high) and found.high > found.low
    return {label: round((found.high - found.low) / 2, 2)} if wide else {}
