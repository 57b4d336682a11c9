"""One specification as it is fitted: a model, an outcome and a table, with its choices made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import (
    CO_PRACTITIONER_ID,
    COMPLETED_ON,
    ENROLMENT_ID,
    PRACTITIONER_ID,
    SESSION_NO,
)
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.specifications import PLANNED
from alliance_modes.plan.terms import Outcome, PlannedModel, Predictor
from alliance_modes.relations.fitted import Asked
from alliance_modes.relations.practitioner_columns import practitioners_of
from alliance_modes.relations.specifications.data import Tables
from alliance_modes.relations.specifications.listed import COMPLETED, NEEDLESS, looked_at, of_clients
from alliance_modes.relations.specifications.outlying import outlying

SQUARED = "_squared"


@dataclass(frozen=True)
class Varied:
    """What is fitted; ``focal`` are the predictors looked at, ``squares`` those of their squares."""

    model: PlannedModel
    outcome: Outcome
    predictors: Mapping[str, Predictor]
    table: pd.DataFrame
    focal: tuple[str, ...]
    squares: tuple[str, ...] = ()


def varied(one: Asked, options: Mapping[str, str], task: RelationTask, tables: Tables) -> Varied:
    """Make the choices of one specification.

    Parameters
    ----------
    one : Asked
        The outcome as planned.
    options : mapping of str
        By choice; one that is not named is made as planned.
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables under the specification's rules of cleaning, scoring and exposure.
    """
    focal = looked_at(one, task.predictors)
    outcome = _outcome(one, options.get("rater", PLANNED))
    table = tables[one.table]
    if options.get("exposure", PLANNED) != PLANNED:
        columns = [task.predictors[name].column for name in focal]
        table = with_pair(table, tables.get("practitioner", table), columns)
    if options.get("administrative_end", PLANNED) != PLANNED:
        table = with_administrative_ends(table, options["administrative_end"] == COMPLETED)
    model = _model(one, options, task)
    if options.get("inventories", PLANNED) != PLANNED:
        table = first_of_each(table, outcome)
        model = model.without(_all_alike(model, task.predictors, table))
    plain = Varied(model, outcome, task.predictors, table, focal)
    if options.get("practitioners", PLANNED) != PLANNED:
        gone = outlying(plain.table, outcome, [task.predictors[name].column for name in focal])
        plain = replace(plain, table=table[~table[PRACTITIONER_ID].isin(gone.left_out)])
    return plain if options.get("form", PLANNED) == PLANNED else _with_squares(plain)


def _outcome(one: Asked, rater: str) -> Outcome:
    if rater == PLANNED:
        return one.outcome
    same = (other for other in one.model.outcomes if other.column == one.outcome.column)
    return next(other for other in same if other.told_by == rater)


def _model(one: Asked, options: Mapping[str, str], task: RelationTask) -> PlannedModel:
    """The model of one outcome; of its groupings that of clients stays, where they have several rows."""
    model = one.model
    if options.get("covariates", PLANNED) != PLANNED:
        model = model.without(of_clients(one, task.predictors))
    random = options.get("random", PLANNED)
    if random != PLANNED:
        model = model.model_copy(update={"slopes": {}})
    if random == "practitioners_alone":
        model = model.without((), NEEDLESS)
    return model


def _all_alike(
    model: PlannedModel, predictors: Mapping[str, Predictor], table: pd.DataFrame
) -> tuple[str, ...]:
    """Covariates with one value throughout, as the session where every first inventory is of the same one."""
    columns = {name: predictors[name].columns() for name in model.covariates}
    return tuple(name for name, own in columns.items() if all(table[one].nunique() < 2 for one in own))


def with_pair(table: pd.DataFrame, practitioners: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Mean of the lead's and the second practitioner's value, where a second one is recorded and measured."""
    if CO_PRACTITIONER_ID not in table:
        return table
    known = practitioners_of(practitioners).set_index(PRACTITIONER_ID)
    second = table[CO_PRACTITIONER_ID].astype("str")
    changed = {}
    for column in columns:
        lead = as_number(table[column])
        theirs = second.map(as_number(known[column]).rename(index=str)).astype("float64")
        changed[column] = ((lead + theirs) / 2.0).where(theirs.notna(), lead)
    return table.assign(**changed)


def first_of_each(table: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """The first row of each client among those that the outcome is about, by session."""
    inside = pd.Series(True, index=table.index)
    for column, value in outcome.where.items():
        inside &= (table[column] == value).fillna(False).astype(bool)
    order = [name for name in (SESSION_NO, COMPLETED_ON) if name in table]
    of_outcome = table[inside & table[outcome.column].notna()]
    first = of_outcome.sort_values(order, kind="stable").drop_duplicates(ENROLMENT_ID)
    return table.loc[first.index.sort_values()]


def with_administrative_ends(table: pd.DataFrame, completed: bool) -> pd.DataFrame:
    """Administrative ends within the denominator with this outcome."""
    ended = (table["end_kind"] == "administrative").fillna(False).astype(bool)
    counted = ended & table["denominator"].fillna(False).astype(bool)
    return table.assign(**{COMPLETED: table[COMPLETED].mask(counted, int(completed))})


def _with_squares(plain: Varied) -> Varied:
    """With the square of each predictor looked at; slopes are then those at its mean."""
    names, predictors, columns = [], dict(plain.predictors), {}
    for name in plain.focal:
        column = plain.predictors[name].column
        squared = f"{column}{SQUARED}"
        columns[squared] = as_number(plain.table[column]) ** 2
        predictors[f"{name}{SQUARED}"] = Predictor(
            label=f"{name}{SQUARED}", column=squared, unit=plain.predictors[name].unit, level="between"
        )
        names.append(f"{name}{SQUARED}")
    formula = " + ".join([*plain.model.terms, *names])
    return replace(
        plain,
        model=plain.model.model_copy(update={"formula": formula}),
        predictors=predictors,
        table=plain.table.assign(**columns),
        squares=tuple(names),
    )
