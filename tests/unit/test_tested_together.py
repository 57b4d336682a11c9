"""What a model tests, with its covariance, and how few people it tells of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from relation_tables import one_grouping, sessions_of_practitioners

from alliance_modes.domain import MODES
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.result import FitResult
from alliance_modes.plan.parts import model_task
from alliance_modes.plan.plan import Plan


def fitted(plan: Plan, model: str, table: pd.DataFrame) -> FitResult:
    kept = plan.models[model].model_copy(update={"outcomes": plan.models[model].outcomes[:1]})
    task = model_task(plan.model_copy(update={"models": {model: kept}, "draws": 200}), model)
    return fit_model(task, {kept.table: table}).fits[0]


def test_the_covariance_is_that_of_the_tests_and_is_of_what_is_tested_alone():
    plan = one_grouping(Plan(), "engagement", " + ".join(MODES), MODES)
    fit = fitted(plan, "engagement", sessions_of_practitioners(3, 40))
    assert fit.tested is not None and [term for term, _ in fit.tested.terms] == list(MODES)
    covariance = np.array(fit.tested.covariance)
    of_tests = {row.term: row for row in fit.estimates if row.estimand == "coefficient"}
    assert np.sqrt(np.diag(covariance)) == pytest.approx([of_tests[mode].se for mode in MODES])
    joint = next(row for row in fit.estimates if row.estimand == "joint_test")
    beta = np.array([of_tests[mode].estimate for mode in MODES])
    assert beta @ np.linalg.solve(covariance, beta) / 3 == pytest.approx(joint.statistic)
    assert fit.tested.fewest is None, "ratings and surveys tell of no group"


def completions(enrolments: int, mandated: int, completed: int) -> pd.DataFrame:
    """Enrolments of 20 practitioners: so many mandated, so many of them completed, and half of all others."""
    rng = np.random.default_rng(5)
    lead = np.arange(enrolments) % 20
    modes = rng.standard_normal((20, 3))
    table = pd.DataFrame(modes[lead], columns=[f"{mode}_z" for mode in MODES])
    is_mandated = rng.permutation(enrolments) < mandated
    first, second = np.arange(mandated) < completed, np.arange(enrolments - mandated) % 2 == 0
    done = np.empty(enrolments)
    done[is_mandated], done[~is_mandated] = first, second
    return table.assign(
        practitioner_id=[f"p{one:02d}" for one in lead],
        enrolment_id=[f"e{one:03d}" for one in range(enrolments)],
        mandated=is_mandated.astype(float),
        mandated_within=is_mandated.astype(float) - pd.Series(is_mandated).groupby(lead).transform("mean"),
        mandated_between=pd.Series(is_mandated).groupby(lead).transform("mean"),
        completed=done,
        denominator=True,
        status="completed",
    )


def completion_plan(formula: str, *tested: str) -> Plan:
    plan = one_grouping(Plan(), "completion", formula, tested)
    slopes = {"slopes": {"practitioner": ("mandated",)} if ":" in formula else {}}
    return plan.model_copy(
        update={"models": {"completion": plan.models["completion"].model_copy(update=slopes)}}
    )


def test_of_an_outcome_of_0_or_1_it_says_how_many_have_the_rarer_one():
    plan = completion_plan(" + ".join(MODES), *MODES)
    fit = fitted(plan, "completion", completions(240, 80, 60))
    assert fit.tested is not None and fit.tested.fewest == 240 - 60 - 80


def test_of_a_0_1_predictor_and_its_products_it_says_how_few_share_value_and_outcome():
    table = completions(240, 60, 53)
    for formula, tested in {
        "mandated": "mandated",
        f"{MODES[0]} + mandated + {MODES[0]}:mandated": f"{MODES[0]}:mandated",
    }.items():
        fit = fitted(completion_plan(formula, tested), "completion", table)
        assert fit.tested is not None and fit.tested.fewest == 7, (formula, fit.reason)


def test_of_categories_the_one_that_others_are_compared_with_is_a_group_too():
    table = completions(240, 60, 30).assign(setting=np.repeat(["a", "b", "c"], (24, 96, 120)))
    table["completed"] = np.where(
        table["setting"] == "a", np.arange(240) % 8 == 0, np.arange(240) % 2
    ).astype(float)
    plan = completion_plan("setting", "setting")
    setting = plan.predictors["mandated"].model_copy(
        update={"column": "setting", "split": False, "pooled_below": None, "reference": "a"}
    )
    plan = plan.model_copy(update={"predictors": {**plan.predictors, "setting": setting}})
    fit = fitted(plan, "completion", table)
    assert fit.tested is not None and len(fit.tested.terms) == 2
    assert fit.tested.fewest == 3, "three of the 24 of the reference completed"
