"""Evenness of the modes beyond a quadratic in their levels, and flexibility from session to session (H5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.domain import MODES
from alliance_modes.models.result import Check
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.terms import Predictor
from alliance_modes.relations.fitted import Asked, asked, fit, tested_modes
from alliance_modes.relations.practitioner_columns import alike, over_practitioners, practitioners_of
from alliance_modes.relations.result import Relation, RelationCheck, RelationEstimate, relation

BALANCE = "balance"
FLEXIBILITY = {
    "flexibility_variation": "how much mode use varies between sessions",
    "flexibility_match": "how far mode use follows ruptures",
}
"""Columns of the analysis tables that tell flexibility, from mode use recorded by session."""

NEEDED = {
    "flexibility_variation": "sessions with mode use recorded",
    "flexibility_match": "ruptures with mode use recorded after them",
}
"""What is needed of a practitioner to tell it."""

LINEAR = "coefficient_beside_levels"
"""What evenness has beside levels alone, without their quadratic: the usual way, printed as a warning."""

SD = "1 SD of practitioners"


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """Balance and flexibility of every outcome of the named models.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.

    Returns
    -------
    Relation
        Per outcome: evenness of the modes per SD of practitioners beyond a quadratic in their levels
        (term ``balance``), beside levels alone (estimand ``coefficient_beside_levels``), and each kind of
        flexibility. Check ``told_by_levels``: R2 of evenness on the quadratic, over practitioners.

    Notes
    -----
    Shannon's evenness of three means is nearly a quadratic in them (R2 of .90 where modes are answered on
    five points), so that any curvature of their effects shows itself as one of balance. Beside the squares
    and products of the modes only the rest of it is tested, with the standard error that such a rest has.
    Flexibility is measured in the sessions whose outcome it stands beside, not before them.
    """
    estimates: list[RelationEstimate] = []
    checks: list[RelationCheck] = []
    for one in asked(task):
        modes = one.model.mode_terms(task.predictors)
        if set(modes) != set(MODES) or one.table not in tables:
            continue
        columns = {name: task.predictors[name].column for name in tested_modes(one, task)}
        table = tables[one.table]
        estimates += _balance(one, task, table, columns)
        estimates += _flexibility(one, task, table)
        checks.append(_told_by_levels(one, table, tuple(columns.values())))
    return relation("balance", estimates, checks)


def quadratic(values: np.ndarray) -> np.ndarray:
    """Squares and products of the columns, in the order of ``combinations_with_replacement``."""
    pairs = combinations_with_replacement(range(values.shape[1]), 2)
    return np.column_stack([values[:, first] * values[:, second] for first, second in pairs])


def _balance(
    one: Asked, task: RelationTask, table: pd.DataFrame, columns: Mapping[str, str]
) -> Iterator[RelationEstimate]:
    why = alike(table, BALANCE)
    if why:
        yield _not_run(one, BALANCE, why)
        return
    names = [f"{first}_by_{second}" for first, second in combinations_with_replacement(columns, 2)]
    levels = np.column_stack([as_number(table[column]) for column in columns.values()])
    squares = pd.DataFrame(quadratic(levels), columns=names, index=table.index)
    evenness = over_practitioners(table, BALANCE).rename("balance_sd")
    wider = pd.concat([table, squares, evenness], axis=1)
    balance = {BALANCE: _between(evenness.name)}
    beyond = {**{name: _between(name) for name in names}, **balance}
    yield from fit(one, task, wider, beyond).rows({BALANCE: BALANCE}, task)
    for row in fit(one, task, wider, balance).coefficients({BALANCE: BALANCE}):
        yield row.model_copy(update={"estimand": LINEAR})


def _flexibility(one: Asked, task: RelationTask, table: pd.DataFrame) -> Iterator[RelationEstimate]:
    for column in FLEXIBILITY:
        absent = column not in table or table[column].isna().all()
        why = f"no practitioner has enough {NEEDED[column]}" if absent else alike(table, column)
        if why:
            yield _not_run(one, column, why)
            continue
        wider = table.assign(flexibility_sd=over_practitioners(table, column))
        yield from fit(one, task, wider, {column: _between("flexibility_sd")}).rows({column: column}, task)


def _not_run(one: Asked, term: str, why: str) -> RelationEstimate:
    return RelationEstimate(part=one.part, term=term, estimand="coefficient", status="not_run", reason=why)


def _between(column: str) -> Predictor:
    return Predictor(label=column, column=column, unit=SD, level="between")


def _told_by_levels(one: Asked, table: pd.DataFrame, columns: tuple[str, ...]) -> RelationCheck:
    share = told_by_levels(practitioners_of(table), columns)
    detail = "too few practitioners" if share is None else f"R2 = {share:.2f}"
    result: Check = "not_checked" if share is None else "pass"
    return RelationCheck(part=one.part, check="told_by_levels", result=result, detail=detail)


def told_by_levels(practitioners: pd.DataFrame, columns: tuple[str, ...]) -> float | None:
    """R2 of evenness on the quadratic in the levels of the modes, adjusted for its columns.

    Parameters
    ----------
    practitioners : DataFrame
        One row per practitioner, with ``balance`` and the columns of the modes.
    columns : tuple of str

    Returns
    -------
    float or None
        None with no more practitioners than twice the columns of the quadratic, or where evenness does
        not vary.
    """
    known = practitioners[[BALANCE, *columns]].apply(as_number).dropna()
    levels = known[list(columns)].to_numpy()
    design = np.column_stack([np.ones(len(known)), levels, quadratic(levels)])
    evenness = known[BALANCE].to_numpy()
    spread = float(((evenness - evenness.mean()) ** 2).sum()) if len(known) else 0.0
    if len(known) <= 2 * design.shape[1] or spread == 0.0:
        return None
    left = evenness - design @ np.linalg.lstsq(design, evenness, rcond=None)[0]
    rows, used = design.shape
    return float(1.0 - (left @ left / (rows - used)) / (spread / (rows - 1)))
