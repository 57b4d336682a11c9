"""What is imputed for one model: client and practitioner tables out, completed analysis tables back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number, split_levels
from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.imputation.chained import Completed
from alliance_modes.plan.terms import Outcome, PlannedModel, Predictor

CLIENT, PRACTITIONER = ENROLMENT_ID, PRACTITIONER_ID
OUTCOME = "outcome "
"""Prefix of the outcomes' columns in the client table: no column of an analysis table has a blank."""


@dataclass(frozen=True)
class Incomplete:
    """The tables that are imputed.

    ``clients`` has one row per enrolment (its covariates, and its mean of each outcome),
    ``practitioners`` one row per practitioner; ``split`` names client columns whose practitioner mean
    and deviation are computed again after each imputation, ``counted`` the enrolments that these
    means are taken over.
    ``left`` names predictors with missing values that are not imputed.
    """

    clients: pd.DataFrame
    practitioners: pd.DataFrame
    practitioner: pd.Series
    counted: pd.Series
    split: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def holes(self) -> dict[str, int]:
        """Missing values by predictor column: of clients, or of practitioners."""
        predictors = [name for name in self.clients if not name.startswith(OUTCOME)]
        counts = pd.concat([self.clients[predictors].isna().sum(), self.practitioners.isna().sum()])
        return {str(name): int(count) for name, count in counts.items() if count}


def incomplete_tables(
    model: PlannedModel,
    outcomes: Sequence[Outcome],
    predictors: Mapping[str, Predictor],
    tables: Mapping[str, pd.DataFrame],
) -> Incomplete:
    """Take apart what one model needs, by level.

    Parameters
    ----------
    model, outcomes, predictors
        As the plan says; each outcome enters as the enrolment's mean over the rows it is about (a
        share for counts), so that the imputation knows it.
    tables : mapping of DataFrame
        Analysis tables ``enrolment`` and the model's own.

    Notes
    -----
    Enrolments in the denominator, and those with a row that an outcome is about. A predictor that
    never differs among a practitioner's enrolments is a practitioner's; one that is not a column of
    the enrolments (time, mode use in a session), or of categories with missing values, is not imputed.
    Columns that do not vary are left out.
    """
    enrolment = tables["enrolment"].drop_duplicates(CLIENT).set_index(CLIENT)
    means = {f"{OUTCOME}{one.name}": enrolment_means(tables[model.table], one) for one in outcomes}
    rated = pd.DataFrame(means).reindex(enrolment.index)
    counted = enrolment["denominator"].fillna(False).astype(bool)
    pool = (counted | rated.notna().any(axis=1)) & enrolment[PRACTITIONER].notna()
    enrolment, rated = enrolment[pool], rated[pool]
    found, left = _columns(model, predictors, enrolment, tables[model.table])
    shared = [name for name in found if _of_practitioner(enrolment[PRACTITIONER], found[name])]
    own = {name: found[name] for name in found if name not in shared}
    of_people = pd.DataFrame({name: found[name] for name in shared}, index=enrolment.index)
    people = of_people.groupby(enrolment[PRACTITIONER]).first().sort_index()
    clients = pd.concat([pd.DataFrame(own, index=enrolment.index), rated], axis=1)
    varies = [name for name in clients if clients[name].nunique() > 1]
    split = tuple(
        predictors[name].column
        for name in model.predictors
        if predictors[name].split and predictors[name].column in own
    )
    people = people[[name for name in people if people[name].nunique() > 1]]
    return Incomplete(clients[varies], people, enrolment[PRACTITIONER], counted[pool], split, left)


def enrolment_means(table: pd.DataFrame, outcome: Outcome) -> pd.Series:
    """An enrolment's mean of one outcome over the rows it is about; index the enrolment."""
    keep = pd.Series(True, index=table.index)
    for column, value in outcome.where.items():
        keep &= (table[column] == value).fillna(False).astype(bool)
    rows = table[keep]
    values = as_number(rows[outcome.column])
    for out_of in (outcome.trials, outcome.exposure):
        if out_of is not None:
            total = as_number(rows[out_of])
            values = values / total.where(total > 0)
    return values.groupby(rows[CLIENT]).mean()


def completed_values(incomplete: Incomplete, done: Completed) -> pd.DataFrame:
    """The completed predictors by enrolment, practitioner means computed again from them."""
    parts = [done.clients[[name for name in done.clients if not name.startswith(OUTCOME)]]]
    for name in incomplete.split:
        if name in done.clients:
            own = pd.DataFrame({name: done.clients[name], PRACTITIONER: incomplete.practitioner})
            parts.append(split_levels(own, name, PRACTITIONER, incomplete.counted))
    people = done.practitioners.reindex(incomplete.practitioner).set_axis(done.clients.index)
    return pd.concat([*parts, people], axis=1)


def with_values(table: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """An analysis table with the columns of ``completed_values``.

    Rows of enrolments outside the imputed tables are left as they are.
    """
    rows = values.index.get_indexer(table[CLIENT])
    inside = rows >= 0
    columns = {}
    for name in values:
        if name in table:
            kept = as_number(table[name]).to_numpy(copy=True)
            kept[inside] = values[name].to_numpy()[rows[inside]]
            columns[name] = kept
    return table.assign(**columns)


def _columns(
    model: PlannedModel, predictors: Mapping[str, Predictor], enrolment: pd.DataFrame, table: pd.DataFrame
) -> tuple[dict[str, pd.Series], tuple[str, ...]]:
    """Numeric predictors of the enrolments by column, and what is missing and not imputed."""
    found: dict[str, pd.Series] = {}
    left = []
    for name in model.predictors:
        predictor = predictors[name]
        here = predictor.column in enrolment
        if here and predictor.reference is None:
            found[predictor.column] = as_number(enrolment[predictor.column])
        elif here and enrolment[predictor.column].notna().all():
            values = pd.get_dummies(enrolment[predictor.column].astype("str"), dtype=float).iloc[:, 1:]
            found |= {f"{predictor.column} {category}": values[category] for category in values}
        elif any(column in table and table[column].isna().any() for column in predictor.columns()):
            left.append(name)
    return found, tuple(left)


def _of_practitioner(practitioner: pd.Series, values: pd.Series) -> bool:
    """Whether a column is a practitioner's: one value each, known for all of their enrolments or none."""
    grouped = values.groupby(practitioner)
    known = grouped.count()
    if ((known > 0) & (known < grouped.size())).any() or grouped.size().max() < 2:
        return False
    spread = (grouped.max() - grouped.min()).to_numpy(dtype=float)
    return bool(np.nanmax(spread, initial=0.0) < 1e-9)
