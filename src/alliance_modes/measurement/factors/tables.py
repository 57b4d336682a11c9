"""Factor structure and invariance of every instrument that a cohort used, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from alliance_modes.dictionary.factors import TABLES
from alliance_modes.instruments.model import Instrument
from alliance_modes.measurement.answers.respondents import (
    Pairs,
    Respondents,
    pairs_of_raters,
    pairs_over_time,
    respondents,
)
from alliance_modes.measurement.factors.confirmatory import FactorFit, compare, fit_structure
from alliance_modes.measurement.factors.incomplete import IncompleteAnswers, fit_incomplete
from alliance_modes.measurement.factors.invariance import (
    InvarianceStep,
    invariance_between_groups,
    invariance_between_raters,
)
from alliance_modes.measurement.factors.ordinal.fit import OrderedAnswers, fit_ordinal
from alliance_modes.measurement.factors.structures import INVARIANCE_LEVELS, FactorStructure, structures_of

COHORT = "cohort"
RATER = "rater"
TIME = "time"
OTHER_ITEMS = "the two answered different inventories, whose items cannot be compared"


@dataclass(frozen=True)
class StructureTables:
    """``factor_fit.csv``, ``loadings.csv`` and ``invariance.csv`` of one cohort."""

    fit: pd.DataFrame
    loadings: pd.DataFrame
    invariance: pd.DataFrame


def structure_of_cohort(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]
) -> StructureTables:
    """Fit the competing structures of every instrument and test its invariance.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name (``docs/pipeline.md``); tables may be absent or without rows.
    instruments : mapping of str to Instrument
        By id.

    Returns
    -------
    StructureTables
        ``fit``: one row per rater, instrument, structure and estimator; ``loadings``: one per loading,
        correlation of factors and threshold; ``invariance``: one per comparison and step.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.

    Notes
    -----
    One administration per person, the first; clients are clustered by their practitioner. Every
    structure is fitted to answers taken as continuous (``ml``) and as ordered categories (``dwls``), and
    where somebody left items unanswered with everybody who answered one (``fiml``).
    Invariance is tested between settings, between mandated and voluntary people, between client
    and practitioner where both answered one inventory, and between the first and the last
    administration of the same people, with one factor per subscale, or one
    factor where that could not be fitted.
    """
    fits, loadings, steps, chosen = [], [], [], {}
    for people in respondents(tables, instruments):
        who = {"rater": people.rater, "instrument": people.instrument.id}
        found = {
            structure.name: fit_structure(people.items, structure, people.clusters)
            for structure in structures_of(people.instrument)
        }
        others = _other_estimators(people, [fit.structure for fit in found.values()])
        fits += [{**who, **_fit_row(fit, found)} for fit in found.values()]
        fits += [{**who, **_fit_row(fit, {})} for fit in others]
        loadings += [{**who, **row} for fit in (*found.values(), *others) for row in _loading_rows(fit)]
        structure = chosen[people.rater, people.instrument.id] = structure_to_compare(found)
        for column, groups in people.groups.items():
            series = invariance_between_groups(people.items, structure, groups, people.clusters)
            steps += [{"comparison": column, **who, **_step_row(step, structure)} for step in series]
    steps += [*_between_raters(tables, instruments), *_over_time(tables, instruments, chosen)]
    return StructureTables(
        TABLES["factor_fit"].from_rows(fits),
        TABLES["loadings"].from_rows(loadings),
        TABLES["invariance"].from_rows(steps),
    )


def invariance_of_cohorts(
    cohorts: Mapping[str, Mapping[str, pd.DataFrame]], instruments: Mapping[str, Instrument]
) -> pd.DataFrame:
    """Test the invariance of every instrument between cohorts.

    Parameters
    ----------
    cohorts : mapping of str to mapping
        The clean tables of each cohort, by its name.
    instruments : mapping of str to Instrument
        By id.

    Returns
    -------
    DataFrame
        As ``invariance.csv``, with ``comparison`` ``cohort``; an instrument and rater that a
        single cohort has is left out.

    Notes
    -----
    Ids of different cohorts are not compared, since they may be running numbers: a person or a
    practitioner who is in several cohorts counts as several.
    """
    gathered: dict[tuple[str, str], list[tuple[str, Respondents]]] = {}
    for cohort, tables in cohorts.items():
        for people in respondents(tables, instruments):
            gathered.setdefault((people.rater, people.instrument.id), []).append((cohort, people))
    steps = []
    for (rater, instrument), found in gathered.items():
        if len(found) < 2:
            continue
        items = pd.concat([people.items for _, people in found], ignore_index=True)
        names = pd.Series([cohort for cohort, people in found for _ in range(len(people.items))])
        clusters = names + " " + pd.concat([people.clusters for _, people in found], ignore_index=True)
        fits = {
            each.name: fit_structure(items, each, clusters) for each in structures_of(instruments[instrument])
        }
        chosen = structure_to_compare(fits)
        who = {"comparison": COHORT, "rater": rater, "instrument": instrument}
        series = invariance_between_groups(items, chosen, names, clusters)
        steps += [{**who, **_step_row(step, chosen)} for step in series]
    return TABLES["invariance"].from_rows(steps)


def structure_to_compare(found: Mapping[str, FactorFit]) -> FactorStructure:
    """One factor per subscale, or one factor where that could not be fitted and this could."""
    one, more = found["one"], found.get("subscales")
    return one.structure if more is None or (one.ok and not more.ok) else more.structure


def _between_raters(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]
) -> Iterator[dict[str, object]]:
    for pairs in pairs_of_raters(tables, instruments):
        who = {"comparison": RATER, "rater": " and ".join(pairs.raters), "instrument": pairs.named}
        if pairs.instrument is None:
            for level in INVARIANCE_LEVELS:
                step = InvarianceStep(level, pairs.raters, (), status="not_estimated", reason=OTHER_ITEMS)
                yield {**who, **_step_row(step, None)}
            continue
        structure = _paired_structure(pairs, pairs.instrument)
        series = invariance_between_raters(pairs.one, pairs.other, structure, pairs.raters, pairs.clusters)
        for step in series:
            yield {**who, **_step_row(step, structure)}


def _over_time(
    tables: Mapping[str, pd.DataFrame],
    instruments: Mapping[str, Instrument],
    chosen: Mapping[tuple[str, str], FactorStructure],
) -> Iterator[dict[str, object]]:
    """First against last administration, by the structure that was chosen for the first."""
    for rater, pairs in pairs_over_time(tables, instruments):
        who = {"comparison": TIME, "rater": rater, "instrument": pairs.named}
        structure = chosen[rater, pairs.named]
        series = invariance_between_raters(pairs.one, pairs.other, structure, pairs.raters, pairs.clusters)
        for step in series:
            yield {**who, **_step_row(step, structure)}


def _paired_structure(pairs: Pairs, instrument: Instrument) -> FactorStructure:
    """The structure that can be fitted to both raters' answers."""
    structures = structures_of(instrument)
    chosen = [
        structure_to_compare({each.name: fit_structure(items, each, pairs.clusters) for each in structures})
        for items in (pairs.one, pairs.other)
    ]
    return min(chosen, key=lambda structure: len(structure.factors))


def _other_estimators(people: Respondents, structures: Sequence[FactorStructure]) -> list[FactorFit]:
    """Every structure with answers as ordered categories, and, where there are gaps, with everybody."""
    items = people.items[list(structures[0].items)]
    ordered = OrderedAnswers(items, people.clusters)
    fits = [fit_ordinal(ordered, structure) for structure in structures]
    given = IncompleteAnswers(items, people.clusters)
    return fits + ([fit_incomplete(given, structure) for structure in structures] if given.gaps else [])


def _fit_row(fit: FactorFit, found: Mapping[str, FactorFit]) -> dict[str, object]:
    larger = found.get(fit.structure.within)
    against = compare(fit, larger) if larger else None
    row = {name: value for name, value in vars(fit).items() if name not in ("structure", "loadings", "found")}
    row |= {
        "structure": fit.structure.name,
        "factors": "; ".join(fit.structure.factors),
        "items": len(fit.structure.items),
    }
    if against:
        row |= {
            "against": fit.structure.within,
            "chi2_difference": against.chi2,
            "df_difference": against.df,
            "p_difference": against.p,
            "difference_robust": against.robust,
        }
    return row


def _loading_rows(fit: FactorFit) -> Iterator[dict[str, object]]:
    factors, items = list(fit.structure.factors), fit.structure.items
    for entry in fit.loadings:
        related = entry.kind == "correlation"
        yield {
            "structure": fit.structure.name,
            "estimator": fit.estimator,
            "kind": entry.kind,
            "factor": "" if entry.kind == "threshold" else factors[entry.factor],
            "item": pd.NA if related else items[entry.of],
            "with_factor": factors[entry.of] if related else "",
            "response": pd.NA if pd.isna(entry.response) else entry.response,
            "estimate": entry.estimate,
            "se": entry.se,
            "ci_low": entry.ci_low,
            "ci_high": entry.ci_high,
            "n": fit.n,
        }


def _step_row(step: InvarianceStep, structure: FactorStructure | None) -> dict[str, object]:
    listed = ("freed", "groups", "sizes", "left_out")
    row = vars(step) | {name: "; ".join(str(each) for each in vars(step)[name]) for name in listed}
    return row | {"structure": structure.name if structure else ""}
