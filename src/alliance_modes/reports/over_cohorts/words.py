"""Effects over cohorts in words and one table per model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PRODUCT, Outcome, PlannedModel
from alliance_modes.reports.measures import coefficient_unit, measures_of
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed
from alliance_modes.words.rounding import MISSING, interval, number, p_value

ANSWERED = ("ok", "singular")
ONE_MODEL = (
    "Together: one model of the rows of all cohorts, each with a level of its own. It takes the effect as "
    "the same in all of them, and its interval is for these cohorts alone. Alike: p of the test that it is; "
    "a large p does not show that it is."
)
POOLED = (
    "On average: mean of the effects of cohorts like these, from their own estimates. Another cohort: where "
    "the effect in one more cohort like these lies, in 95 of 100 cases."
)
HEADINGS = ("Outcome", "Predictor", "In each cohort", "Together", "Alike", "On average", "Another cohort")
OF_FEW = 5
"""Headings that there are where nothing is pooled."""


@dataclass(frozen=True)
class Part:
    """What one model comes to over the cohorts: a table, and what has no number."""

    title: str
    table: DisplayTable | None
    not_done: tuple[str, ...]


def parts(effects: pd.DataFrame, plan: Plan) -> tuple[Part, ...]:
    """Every model of the table of effects that the plan has, in the order of the plan.

    Parameters
    ----------
    effects : DataFrame
        ``effects.csv`` of all cohorts.
    plan : Plan
        With the labels of models, outcomes and predictors.
    """
    there = set(effects["model"])
    return tuple(
        _part(effects[effects["model"] == name], model, plan)
        for name, model in plan.models.items()
        if name in there
    )


def cohorts_said(effects: pd.DataFrame) -> str:
    """Which cohorts have an estimate, and why no average of cohorts like these is given where none is."""
    names = list(dict.fromkeys(effects.loc[effects["way"] == "cohort", "cohort"].dropna()))
    few = effects[(effects["way"] == "two_stage") & (effects["status"] == "not_run")]["reason"].dropna()
    said = f"Cohorts: {listed(names)}." if names else "No cohort has an estimate."
    reasons = list(dict.fromkeys(few))
    why = "; ".join(reasons)
    return f"{said} No average over cohorts like these is given: {why}." if reasons else said


def _part(effects: pd.DataFrame, model: PlannedModel, plan: Plan) -> Part:
    pooled = bool((effects["estimand"] == "prediction_interval").any())
    headings = HEADINGS if pooled else HEADINGS[:OF_FEW]
    lines = [
        (capital(outcome.told), label, *cells[: len(headings) - 2])
        for outcome, label, cells in _lines(effects, model, plan)
        if set(cells) != {MISSING}
    ]
    unit = f"Unless it says otherwise: {coefficient_unit(model.family)} [95 % interval]."
    note = " ".join([unit, ONE_MODEL, *([POOLED] if pooled else [])])
    table = display_table(model.title, headings, "l" * len(headings), lines, note) if lines else None
    return Part(model.title, table, tuple(_not_done(effects, model)))


def _lines(
    effects: pd.DataFrame, model: PlannedModel, plan: Plan
) -> Iterator[tuple[Outcome, str, tuple[str, ...]]]:
    """Outcome, predictor with its unit, and the cells, of everything that is tested alone."""
    for outcome in model.outcomes:
        here = effects[effects["outcome"] == outcome.name]
        for name in model.tested:
            if PRODUCT in name or here.empty:
                continue
            one = plan.predictors[name]
            rows = here[here["term"] == (one.term or name)]
            cells = (
                "; ".join(_each(rows)) or MISSING,
                _together(rows, model),
                _cell(rows, "one_stage", "cohorts_differ", lambda row: f"p {p_value(row['p'])}"),
                _cell(rows, "two_stage", "coefficient", _amount),
                _cell(rows, "two_stage", "prediction_interval", _limits),
            )
            yield outcome, f"{one.label}, {one.unit}", cells


def _each(rows: pd.DataFrame) -> Iterator[str]:
    own = rows[(rows["way"] == "cohort") & rows["status"].isin(ANSWERED)]
    for _, row in own.iterrows():
        yield f"{row['cohort']} {_amount(row)}"


def _together(rows: pd.DataFrame, model: PlannedModel) -> str:
    """The coefficient, as in each cohort, and what a reader understands best beside it."""
    estimand, measure = next(iter(measures_of(model.family).items()))
    told = _cell(rows, "one_stage", estimand, lambda row: measure.amount(row.to_dict()))
    coefficient = _cell(rows, "one_stage", "coefficient", _amount)
    return coefficient if told == MISSING else f"{coefficient}, or {told}"


def _cell(rows: pd.DataFrame, way: str, estimand: str, write: Callable[[pd.Series], str]) -> str:
    found = rows[(rows["way"] == way) & (rows["estimand"] == estimand) & rows["status"].isin(ANSWERED)]
    return MISSING if found.empty else write(found.iloc[0])


def _amount(row: pd.Series) -> str:
    return f"{number(row['estimate'])} {_limits(row)}"


def _limits(row: pd.Series) -> str:
    return interval(row["ci_low"], row["ci_high"])


def _not_done(effects: pd.DataFrame, model: PlannedModel) -> Iterator[str]:
    """What has no number, and why; one sentence per reason. Why nothing is pooled stands above."""
    told = {one.name: one.told for one in model.outcomes}
    refused = effects[~effects["status"].isin(ANSWERED) & (effects["way"] != "two_stage")]
    for reason, rows in refused.dropna(subset=["reason"]).groupby("reason", sort=False):
        about = [f"{told.get(one, one)}" for one in dict.fromkeys(rows["outcome"])]
        where = [f" in {one}" for one in dict.fromkeys(rows["cohort"].dropna())]
        yield f"{capital(listed(about))}{listed(where)}: {reason}."
    without = effects[effects["status"].isin(ANSWERED) & effects["reason"].fillna("").ne("")]
    for reason in dict.fromkeys(without["reason"]):
        yield f"The model of all cohorts is {reason}."
