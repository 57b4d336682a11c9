"""The rows of one outcome of several cohorts in one table, in units that are the same in all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.models.design.build import Selected, rows_about, select_rows
from alliance_modes.models.design.design import COURSE, GROUPING_COLUMNS, Refusal
from alliance_modes.plan.terms import PlannedModel, Predictor
from alliance_modes.relations.fitted import Asked

INSTRUMENT = "instrument"


@dataclass(frozen=True)
class Together:
    """Rows of several cohorts, and what is fitted to them.

    ``cohorts`` are those that have the outcome, ``refused`` the others, each with why. ``predictors`` hold
    those of the plan, with the SD of all cohorts as unit where theirs was a cohort's own, and one 0/1 column
    for each cohort after the first (``others``); ``model`` has these beside its terms, and is without the
    predictors (``left_out``) and groupings that some cohort does not have. ``scale``, by cohort and
    predictor, is what a cohort's own coefficient is multiplied by, to be per the same unit.
    """

    table: pd.DataFrame
    model: PlannedModel
    predictors: Mapping[str, Predictor]
    cohorts: tuple[str, ...]
    refused: Mapping[str, Refusal]
    others: Mapping[str, str]
    left_out: tuple[str, ...]
    scale: Mapping[str, Mapping[str, float]]


def put_together(
    one: Asked, predictors: Mapping[str, Predictor], tables: Mapping[str, pd.DataFrame]
) -> Together | Refusal:
    """Put the rows of all cohorts into one table.

    Parameters
    ----------
    one : Asked
        The outcome, and the model that it stands in.
    predictors : mapping of Predictor
        As the plan says.
    tables : mapping of DataFrame
        By cohort, the analysis table of the model.

    Returns
    -------
    Together or Refusal
        A refusal where fewer than two cohorts have the outcome, or where it was told by different
        instruments.

    Notes
    -----
    Ids are of a cohort: whoever is in two of them counts as two. A tested predictor with a ``raw_column`` is
    standardised in each cohort; over all of them its unit is the SD within cohorts over practitioners,
    sqrt(sum (J_c - 1) s_c^2 / sum (J_c - 1)), and it stays centred in each: differences between cohorts are
    no part of its effect.
    """
    found = {name: select_rows(table, one.model, one.outcome, predictors) for name, table in tables.items()}
    refused = {name: what for name, what in found.items() if isinstance(what, Refusal)}
    here = {name: what for name, what in found.items() if isinstance(what, Selected)}
    if len(here) < 2:
        why = "; ".join(f"{name}: {what.reason}" for name, what in refused.items())
        return Refusal("not_run", f"{len(here)} of {len(tables)} cohorts have it: nothing to compare ({why})")
    about = {name: rows_about(tables[name], one.outcome) for name in here}
    told = {name: _instruments(rows) for name, rows in about.items()}
    if len(set(told.values())) > 1:
        which = "; ".join(f"{name}: {', '.join(kinds)}" for name, kinds in told.items())
        return Refusal("not_run", f"told by different instruments ({which}), whose points are not the same")
    lacking = [name for name in one.model.predictors if any(name in what.lacking for what in here.values())]
    unknown = [name for name in one.model.random if any(name in what.unknown for what in here.values())]
    model = one.model.without(lacking, unknown)
    scale, units = _units(model, predictors, {name: what.rows for name, what in here.items()})
    others = {f"over_cohort_{place + 2}": name for place, name in enumerate(list(here)[1:])}
    kept = _columns(one, model, predictors)
    rows = [_of_cohort(about[name], name, kept, scale[name], units, others) for name in here]
    added = {name: _cohort_column(name) for name in others}
    return Together(
        pd.concat(rows, ignore_index=True),
        model.model_copy(update={"formula": " + ".join([*model.terms, *added]), "curves": ()}),
        {**predictors, **units, **added},
        tuple(here),
        refused,
        others,
        tuple(lacking),
        scale,
    )


def _instruments(rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(sorted(rows[INSTRUMENT].dropna().unique())) if INSTRUMENT in rows else ()


def _cohort_column(name: str) -> Predictor:
    return Predictor(label="Cohort", column=name, unit="the cohort rather than the first", level="between")


def _units(
    model: PlannedModel, predictors: Mapping[str, Predictor], rows: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, dict[str, float]], dict[str, Predictor]]:
    """By cohort what brings a coefficient per own SD to that per SD of all; the predictors in that unit."""
    scale: dict[str, dict[str, float]] = {cohort: {} for cohort in rows}
    units = {}
    for name in model.tested:
        one = predictors.get(name)
        if one is None or one.split or one.raw_column is None or one.smooth or one.reference is not None:
            continue
        own = {cohort: _own_sd(one, table) for cohort, table in rows.items()}
        free = {cohort: table[PRACTITIONER_ID].nunique() - 1 for cohort, table in rows.items()}
        total = sum(free.values())
        common = float(np.sqrt(math.fsum(free[cohort] * own[cohort] ** 2 for cohort in rows) / total))
        for cohort in rows:
            scale[cohort][name] = common / own[cohort]
        units[name] = one.model_copy(update={"unit": f"{one.unit}, within cohorts"})
    return scale, units


def _own_sd(one: Predictor, rows: pd.DataFrame) -> float:
    """How many raw units are one unit of a predictor that was standardised in its cohort."""
    raw, standardised = as_number(rows[str(one.raw_column)]), as_number(rows[one.column])
    return float(raw.std() / standardised.std())


def _columns(one: Asked, model: PlannedModel, predictors: Mapping[str, Predictor]) -> list[str]:
    """Columns of an analysis table that the outcome, the predictors and the groupings are."""
    named = [predictors[name] for name in model.predictors]
    entered = [column for each in named for column in (*each.columns(), each.column)]
    outcome = [one.outcome.column, one.outcome.trials, one.outcome.exposure, *one.outcome.where]
    groupings = [GROUPING_COLUMNS[name] for name in model.random]
    every = [*(name for name in outcome if name), *entered, *groupings, *COURSE]
    return list(dict.fromkeys(every))


def _of_cohort(
    rows: pd.DataFrame,
    cohort: str,
    kept: list[str],
    scale: Mapping[str, float],
    units: Mapping[str, Predictor],
    others: Mapping[str, str],
) -> pd.DataFrame:
    """Rows of one cohort with ids of it alone, predictors per SD of all, and the columns of cohorts."""
    own = rows[[column for column in kept if column in rows]].copy()
    for column in set(GROUPING_COLUMNS.values()) & set(own.columns):
        known = own[column].notna()
        own[column] = (cohort + " " + own[column].astype("str")).where(known)
    for name, factor in scale.items():
        own[units[name].column] = as_number(own[units[name].column]) / factor
    return own.assign(**{column: float(name == cohort) for column, name in others.items()})
