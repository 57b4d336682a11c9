"""From an analysis table and a planned model to the rows, columns and groupings that are fitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alliance_modes.derive.practitioner import of_surveys
from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.models.design.collinearity import says_nothing
from alliance_modes.models.design.design import (
    COURSE,
    GROUPING_COLUMNS,
    OBSERVATION,
    OBSERVATION_COLUMN,
    OFFSET,
    OUTCOME,
    PRACTITIONER,
    TRIALS,
    Design,
    DesignColumn,
    Refusal,
)
from alliance_modes.models.design.smooth import Smooth, smooth_of
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.result import Level
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.terms import PRODUCT, Outcome, PlannedModel, Predictor


def build_design(
    table: pd.DataFrame | None,
    model: PlannedModel,
    outcome: Outcome,
    predictors: Mapping[str, Predictor],
    like: Design | None = None,
) -> Design | Refusal:
    """Rows, fixed-effect columns and groupings of one outcome of one model.

    Parameters
    ----------
    table : DataFrame or None
        The analysis table that the model names; None where the cohort has none.
    model, outcome, predictors
        As the plan says.
    like : Design, optional
        Of other rows of the cohort: covariates enter as they do there, however many practitioners are here.

    Returns
    -------
    Design or Refusal
        A refusal with status ``not_run`` where the table, a column, or all values of a column are
        absent; ``not_estimated`` where rows are there but no row is complete.

    Notes
    -----
    The population is the rows that ``outcome.where`` selects; complete cases of it are used, and
    the others counted. A grouping is left out, with the reason, where it has no value or fewer than two
    levels, where it divides the rows as an earlier one does, or where every row is its own level.
    Predictors ``when_present`` of which the population has no value, or one for everybody, are left out, and
    named in ``reduced``. A part of a split predictor that is the same in every row (nobody differs within
    practitioners, say) is left out beside the other part, and named in ``alike``.
    Split predictors enter as one column where the rows have fewer practitioners than their ``pooled_below``,
    and are named in ``pooled``; which rows are complete does not hang on it. What the model tests, or
    multiplies, stays split.
    Counts out of no trials, or over no exposure, are outside the population, as they say nothing about the
    chance or the rate.
    """
    found = select_rows(table, model, outcome, predictors)
    if isinstance(found, Refusal):
        return found
    few, pooled = _pooled(found, model, predictors) if like is None else (like.few, like.pooled)
    entered = {**predictors, **{name: predictors[name].pooled() for name in pooled}}
    design = _design(found.rows, found.model, outcome, entered, found.rows_missing, found.missing)
    unknown = tuple((name, "the cohort does not say which there are") for name in found.unknown)
    dropped = (*design.dropped, *unknown)
    split = (entered[name] for name in found.model.predictors if entered[name].split)
    alike = tuple(column for one in split for column in one.columns() if column not in design.fixed)
    return replace(design, reduced=found.lacking, alike=alike, pooled=pooled, few=few, dropped=dropped)


@dataclass(frozen=True)
class Selected:
    """The complete rows of an analysis table that one outcome of one model is about.

    ``places`` are their places in the table, ``model`` is the model without what the cohort does not have:
    the predictors ``lacking`` and the groupings ``unknown``. The counts are those of ``Design``.
    """

    model: PlannedModel
    rows: pd.DataFrame
    places: np.ndarray
    rows_missing: int
    missing: tuple[tuple[str, int], ...]
    lacking: tuple[str, ...]
    unknown: tuple[str, ...]


def select_rows(
    table: pd.DataFrame | None, model: PlannedModel, outcome: Outcome, predictors: Mapping[str, Predictor]
) -> Selected | Refusal:
    """The rows of ``build_design``, which see: its parameters and what is refused are the same."""
    if table is None or not len(table):
        return Refusal("not_run", f"the analysis table {model.table} has no rows in this cohort")
    lacking = _lacking(model, predictors, table, outcome)
    unknown = _unknown_groupings(model, table)
    model = model.without(lacking, unknown)
    needed = _needed(model, outcome, predictors)
    absent = [column for column in needed if column not in table.columns]
    if absent:
        return Refusal("not_run", f"the analysis table {model.table} has no column {', '.join(absent)}")
    inside = _population(table, outcome)
    population = table.loc[inside, _wanted(table, needed, model, predictors)]
    if not len(population):
        return Refusal("not_run", f"no row of the analysis table {model.table} is about {outcome.label}")
    gone = {column: population[column].isna().to_numpy() for column in needed}
    empty = [column for column in needed if gone[column].all()]
    if empty:
        return Refusal("not_run", f"no values of {', '.join(empty)} in this cohort", of_surveys(empty))
    used = [column for column in needed if column not in outcome.where]
    complete = ~np.any([gone[column] for column in used], axis=0)
    rows = population[complete].reset_index(drop=True)
    if not len(rows):
        return Refusal("not_estimated", "no row has the outcome and every predictor", few=True)
    missing = tuple((column, int(gone[column].sum())) for column in used)
    places = np.flatnonzero(inside)[complete]
    return Selected(model, rows, places, int((~complete).sum()), missing, lacking, unknown)


def _unknown_groupings(model: PlannedModel, table: pd.DataFrame) -> tuple[str, ...]:
    """Groupings of which the cohort has no value, where others are left; practitioners are never let go."""
    columns = {name: GROUPING_COLUMNS[name] for name in model.random if name != PRACTITIONER}
    unknown = [name for name, one in columns.items() if one not in table or table[one].isna().all()]
    return tuple(unknown) if set(model.random) - set(unknown) else ()


def rows_about(table: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """The rows of the population; the whole table where it cannot tell which they are."""
    told_by = (*outcome.where, outcome.column, outcome.trials, outcome.exposure)
    known = all(name in table for name in told_by if name is not None)
    return table.loc[_population(table, outcome)] if known else table


def _lacking(
    model: PlannedModel, predictors: Mapping[str, Predictor], table: pd.DataFrame, outcome: Outcome
) -> tuple[str, ...]:
    """Predictors ``when_present`` without a value or with one for all, but for those that the model tests."""
    tested = model.tested_predictors
    asked = {
        name: predictors[name].columns()
        for name in model.predictors
        if predictors[name].when_present and name not in tested
    }
    told_by = {*outcome.where, outcome.column, outcome.trials, outcome.exposure}
    named = told_by.union(*asked.values())
    rows = rows_about(table[[name for name in table.columns if name in named]], outcome)
    lacking = tuple(name for name, columns in asked.items() if says_nothing(columns, rows))
    return lacking if set(model.predictors) - set(lacking) else ()


def _pooled(
    found: Selected, planned: PlannedModel, predictors: Mapping[str, Predictor]
) -> tuple[bool, tuple[str, ...]]:
    """Whether the rows have few practitioners by the plan, and the covariates that are pooled then."""
    if PRACTITIONER not in planned.random:
        return False, ()
    pooled = planned.pooled(predictors, found.rows[GROUPING_COLUMNS[PRACTITIONER]].nunique())
    here = (name for name in pooled if name not in found.lacking and predictors[name].column in found.rows)
    return bool(pooled), tuple(here)


def _needed(model: PlannedModel, outcome: Outcome, predictors: Mapping[str, Predictor]) -> list[str]:
    fixed = [column for name in model.predictors for column in predictors[name].columns()]
    levels = [GROUPING_COLUMNS[name] for name in model.random]
    counted = [name for name in (outcome.column, outcome.trials, outcome.exposure) if name is not None]
    return list(dict.fromkeys([*outcome.where, *counted, *fixed, *levels]))


def _wanted(
    table: pd.DataFrame, needed: list[str], model: PlannedModel, predictors: Mapping[str, Predictor]
) -> list[str]:
    """Columns of the table that a design is made of: a session table has many more, and many rows."""
    named = [predictors[name] for name in model.predictors]
    others = {*COURSE, *(one.column for one in named), *(one.raw_column for one in named)}
    return [column for column in table.columns if column in needed or column in others]


def _population(table: pd.DataFrame, outcome: Outcome) -> np.ndarray:
    """Which rows the outcome is about."""
    keep = pd.Series(True, index=table.index)
    for column, value in outcome.where.items():
        keep &= (table[column] == value).fillna(False).astype(bool)
    if outcome.population_has_outcome:
        keep &= table[outcome.column].notna()
    for out_of in (outcome.trials, outcome.exposure):
        if out_of is not None:
            keep &= (table[out_of] != 0).fillna(True).astype(bool)
    return keep.to_numpy(dtype=bool)


def _design(
    rows: pd.DataFrame,
    model: PlannedModel,
    outcome: Outcome,
    predictors: Mapping[str, Predictor],
    rows_missing: int,
    missing: tuple[tuple[str, int], ...],
) -> Design:
    values = _outcome_values(rows, model, outcome)
    columns, entered, smooths = _fixed_columns(rows, model, predictors)
    values |= {name: series for name, series in entered.items() if name not in values}
    for name in model.random:
        values[GROUPING_COLUMNS[name]] = rows[GROUPING_COLUMNS[name]].astype("str")
    if FAMILIES[model.family].hazard:
        values |= {name: rows[name] for name in COURSE if name in rows.columns}
    stands_for = {name for column in columns for name in (column.binary, column.bounded) if name}
    values |= {name: rows[name].astype("float64") for name in sorted(stands_for - set(values))}
    frame = pd.DataFrame(values, copy=False)
    groupings, dropped = _groupings(frame, model, predictors)
    clusters: dict[str, int] = {name: int(frame[GROUPING_COLUMNS[name]].nunique()) for name in model.random}
    return Design(
        frame,
        _mark_practitioner_level(frame, columns, model),
        groupings,
        dropped,
        clusters,
        rows_missing,
        missing,
        smooths,
        at_least=outcome.at_least,
    )


def _outcome_values(rows: pd.DataFrame, model: PlannedModel, outcome: Outcome) -> dict[str, pd.Series]:
    """The outcome, what it is out of or was counted over, and the level of each row where it has one."""
    values = {OUTCOME: rows[outcome.column].astype("float64")}
    if outcome.trials is not None:
        values[TRIALS] = rows[outcome.trials].astype("float64")
    if outcome.exposure is not None:
        values[OFFSET] = np.log(rows[outcome.exposure].astype("float64"))
    if FAMILIES[model.family].each_row:
        values[OBSERVATION_COLUMN] = pd.Series([f"{place:07d}" for place in range(len(rows))], dtype="str")
    return values


def _fixed_columns(
    rows: pd.DataFrame, model: PlannedModel, predictors: Mapping[str, Predictor]
) -> tuple[list[DesignColumn], dict[str, pd.Series], tuple[Smooth, ...]]:
    """The fixed-effect columns, their values (and raw ones, for curves), and the splines among them."""
    values: dict[str, pd.Series] = {}
    columns: list[DesignColumn] = []
    smooths: list[Smooth] = []
    for name in model.predictors:
        if predictors[name].smooth is not None:
            entered, found, smooth = _smooth(name, predictors[name], name in model.tested, rows)
            values |= found
            columns += entered
            smooths += [] if smooth is None else [smooth]
            continue
        bounds = _bounds(predictors[name].column, model, rows)
        asked_of = (*model.products, *model.slopes.values())
        parts = list(_predictor_columns(name, predictors[name], name in model.tested, rows))
        differ = [part for part in parts if part[1].nunique() > 1]
        whole = name in model.tested or not differ or any(name in each for each in asked_of)
        for column, series in parts if whole else differ:
            values[column.name] = series
            columns.append(_bounded(column, predictors[name].column, bounds))
        raw = predictors[name].raw_column
        if raw is not None and raw in rows.columns:
            values.setdefault(raw, rows[raw].astype("float64"))
    for pair in model.products:
        column = _product(pair, predictors, PRODUCT.join(pair) in model.tested)
        values[column.name] = values[column.parts[0]] * values[column.parts[1]]
        columns.append(column)
    return columns, values, tuple(smooths)


def _smooth(
    name: str, predictor: Predictor, tested: bool, rows: pd.DataFrame
) -> tuple[list[DesignColumn], dict[str, pd.Series], Smooth | None]:
    """The columns of a spline, and what it is a function of; a straight line of a single value."""
    source = rows[predictor.column].astype("float64")
    values = {predictor.column: source}
    if source.nunique() < 2:
        plain = DesignColumn(
            predictor.column, name, name, predictor.level, predictor.label, predictor.unit, tested
        )
        return [plain], values, None
    smooth = smooth_of(source.to_numpy(), predictor.column, name, predictor.smooth or 1)
    found = smooth.at(source.to_numpy())
    columns = []
    for place, column in enumerate(smooth.names):
        label = f"{predictor.label} (spline {place + 1})"
        unit = "1 SD of the spline's column"
        columns.append(DesignColumn(column, name, column, predictor.level, label, unit, tested, smooth=True))
        values[column] = pd.Series(found[:, place], index=rows.index)
    return columns, values, smooth


def _predictor_columns(
    name: str, predictor: Predictor, tested: bool, rows: pd.DataFrame
) -> Iterator[tuple[DesignColumn, pd.Series]]:
    term = predictor.term or name
    if predictor.reference is not None:
        yield from _categories(name, predictor, tested, rows[predictor.column].astype("str"))
        return
    source = predictor.column
    two_valued = _two_valued(source, rows)
    for column in predictor.columns():
        level: Level = predictor.level
        if predictor.split:
            level = "between" if column.endswith("_between") else "within"
        binary = source if two_valued and level != "between" else ""
        yield (
            DesignColumn(column, name, term, level, predictor.label, predictor.unit, tested, binary=binary),
            rows[column].astype("float64"),
        )


def _two_valued(source: str, rows: pd.DataFrame) -> bool:
    return source in rows.columns and set(rows[source].dropna().unique()) <= {0.0, 1.0}


def _bounds(source: str, model: PlannedModel, rows: pd.DataFrame) -> tuple[float, float] | None:
    """The least and the largest value that a column can have, by the analysis table; None where open."""
    if _two_valued(source, rows):
        return 0.0, 1.0
    declared = DERIVE[model.table].columns.get(source)
    if declared is None or declared.low is None or declared.high is None:
        return None
    return declared.low, declared.high


def _bounded(column: DesignColumn, source: str, bounds: tuple[float, float] | None) -> DesignColumn:
    """The column with its bounds: a practitioner's mean has those of what it is the mean of."""
    if column.binary or bounds is None:
        return column
    return replace(column, bounded=source if column.level == "within" else column.name, bounds=bounds)


def _product(pair: tuple[str, str], predictors: Mapping[str, Predictor], tested: bool) -> DesignColumn:
    """The product of two predictors; of a split one, of its within part.

    What varies within practitioners is the product's level; both parts stand beside it in the formula.
    """
    first, second = (predictors[name] for name in pair)
    levels = ["within" if one.split else one.level for one in (first, second)]
    level: Level = "within" if "within" in levels else "between" if levels == ["between"] * 2 else ""
    parts = (first.varying_column, second.varying_column)
    return DesignColumn(
        "_x_".join(parts),
        PRODUCT.join(pair),
        PRODUCT.join(pair),
        level,
        f"{first.label} by {second.label[:1].lower()}{second.label[1:]}",
        f"{first.unit}, {second.unit}",
        tested,
        parts=parts,
    )


def _categories(
    name: str, predictor: Predictor, tested: bool, values: pd.Series
) -> Iterator[tuple[DesignColumn, pd.Series]]:
    """One 0/1 column per category in use but the reference (the first in use, where that is not)."""
    used = sorted(values.unique())
    reference = predictor.reference if predictor.reference in used else used[0]
    for number, category in enumerate(category for category in used if category != reference):
        column = f"{name}_category_{number + 1}"
        yield (
            DesignColumn(
                column,
                name,
                f"{predictor.term or name}: {category}",
                predictor.level,
                predictor.label,
                f"{category} rather than {reference}",
                tested,
                binary=column,
            ),
            (values == category).astype("float64"),
        )


def _mark_practitioner_level(
    frame: pd.DataFrame, columns: list[DesignColumn], model: PlannedModel
) -> tuple[DesignColumn, ...]:
    if PRACTITIONER not in model.random:
        return tuple(columns)
    grouped = frame[[column.name for column in columns]].groupby(frame[GROUPING_COLUMNS[PRACTITIONER]])
    spread = (grouped.max() - grouped.min()).max()
    return tuple(replace(column, practitioner_level=bool(spread[column.name] < 1e-9)) for column in columns)


def _groupings(
    frame: pd.DataFrame, model: PlannedModel, predictors: Mapping[str, Predictor]
) -> tuple[tuple[Grouping, ...], tuple[tuple[str, str], ...]]:
    kept: list[Grouping] = []
    dropped: list[tuple[str, str]] = []
    codes: dict[str, np.ndarray] = {}
    for name in model.random:
        column = GROUPING_COLUMNS[name]
        codes[name] = pd.factorize(frame[column])[0].astype(np.int64)
        levels = int(codes[name].max(initial=-1)) + 1
        same = next((other.name for other in kept if _same_division(codes[other.name], codes[name])), None)
        if levels < 2:
            dropped.append((name, f"all rows are of one {name}, so there is no variance to estimate"))
        elif levels == len(frame):
            dropped.append((name, f"every row is its own {name}, so its variance is part of the residual"))
        elif same is not None:
            dropped.append((name, f"{name} divides the rows exactly as {same} does, so only {same} is kept"))
        else:
            slopes = tuple(predictors[slope].varying_column for slope in model.slopes.get(name, ()))
            kept.append(Grouping(name, (column,), slopes))
    if OBSERVATION_COLUMN in frame:
        kept.append(Grouping(OBSERVATION, (OBSERVATION_COLUMN,)))
    return tuple(kept), tuple(dropped)


def _same_division(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether levels, counted from 0, divide the rows alike."""
    pairs = len(np.unique(first * (second.max() + 1) + second))
    return pairs == first.max() + 1 == second.max() + 1
