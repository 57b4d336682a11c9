"""Factor structures of clients within practitioners, and between them, of a cohort, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.dictionary.factors import TABLES
from alliance_modes.instruments.model import Instrument
from alliance_modes.measurement.answers.respondents import PRACTITIONER, Respondents, respondents
from alliance_modes.measurement.factors.structures import FactorStructure, structures_of
from alliance_modes.measurement.factors.two_level.fit import (
    AnswersOfPractitioners,
    TwoLevelFit,
    fit_two_level,
)
from alliance_modes.measurement.factors.two_level.solution import LevelEstimate
from alliance_modes.plan.plan import Between, TwoLevel

UNRESTRICTED = "unrestricted"


@dataclass(frozen=True)
class TwoLevelTables:
    """``two_level_fit.csv`` and ``two_level_estimates.csv`` of one cohort."""

    fit: pd.DataFrame
    estimates: pd.DataFrame


def two_levels_of_cohort(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument], planned: TwoLevel
) -> TwoLevelTables:
    """Fit one factor per subscale within practitioners, and what the plan lists between them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name (``docs/pipeline.md``); tables may be absent or without rows.
    instruments : mapping of str to Instrument
        By id.
    planned : TwoLevel

    Returns
    -------
    TwoLevelTables
        ``fit``: one row per rater, instrument and model between practitioners; ``estimates``: one per
        loading, correlation, omega and intraclass correlation. Both without rows where the plan lists
        nothing.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.

    Notes
    -----
    One administration per person, the first. Inventories that practitioners fill in about themselves are
    left out: nobody answers them within a practitioner. Respondents of a group whose practitioner is not
    known are left out and counted.
    """
    fits, estimates = [], []
    for people in respondents(tables, instruments) if planned.between else ():
        if people.clusters.isna().all():
            continue
        who = {"rater": people.rater, "instrument": people.instrument.id}
        structure = _structure(people.instrument)
        given = AnswersOfPractitioners(people.items[list(structure.items)], _practitioners(people), planned)
        found = [fit_two_level(given, structure, between) for between in _models(planned, structure)]
        size = {"n": given.n, "practitioners": given.practitioners}
        fits += [{**who, **_fit_row(fit)} for fit in found]
        shown = [(UNRESTRICTED, given.iccs()), *((fit.between, fit.estimates) for fit in found)]
        for between, every in shown:
            estimates += [{**who, "between": between, **row, **size} for row in _estimate_rows(every)]
    return TwoLevelTables(
        TABLES["two_level_fit"].from_rows(fits), TABLES["two_level_estimates"].from_rows(estimates)
    )


def _structure(instrument: Instrument) -> FactorStructure:
    """One factor per subscale; one factor where there is a single scale."""
    known = {structure.name: structure for structure in structures_of(instrument)}
    return known.get("subscales", known["one"])


def _models(planned: TwoLevel, structure: FactorStructure) -> tuple[Between, ...]:
    """What is fitted between practitioners; a factor per subscale of a single scale is one factor."""
    single = len(structure.factors) == 1
    return tuple(dict.fromkeys("one" if single and it == "subscales" else it for it in planned.between))


def _practitioners(people: Respondents) -> pd.Series:
    """The practitioner of each respondent; missing where no more than a group is known."""
    return people.clusters.where(
        people.clusters.str.startswith(f"{PRACTITIONER} ").fillna(False).astype(bool)
    )


def _fit_row(fit: TwoLevelFit) -> dict[str, object]:
    row = {name: value for name, value in vars(fit).items() if name not in ("structure", "estimates")}
    return row | {
        "structure": fit.structure.name,
        "factors": "; ".join(fit.structure.factors),
        "items": len(fit.structure.items),
        "at_zero": "; ".join(map(str, fit.at_zero)),
    }


def _estimate_rows(estimates: tuple[LevelEstimate, ...]) -> Iterator[dict[str, object]]:
    for one in estimates:
        yield vars(one) | {"item": one.item or pd.NA}
