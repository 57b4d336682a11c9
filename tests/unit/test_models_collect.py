"""The tidy tables: columns, order, families of hypotheses, p adjusted over the right tests."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from alliance_modes.models.collect import Collected, collect, hypothesis_families
from alliance_modes.models.result import Estimate, FitResult, ModelResult, Refit, RefitTerm
from alliance_modes.plan.parts import estimates_part
from alliance_modes.plan.plan import Multiplicity, Plan

PLAN = Plan()
AS_COMPUTED = Plan(multiplicity=Multiplicity(not_computed="left_out"))
COLUMNS = [
    *(
        "model",
        "outcome",
        "term",
        "level",
        "estimand",
        "estimate",
        "se",
        "df",
        "statistic",
        "p",
        "p_closed",
        "p_adjusted",
    ),
    *("family", "ci_low", "ci_high", "n", "clusters", "engine", "status"),
]


def fit_of(outcome: str, joint_p: float, single_p: float, practitioners: int = 40, **fields) -> FitResult:
    shared: dict[str, Any] = {"df": 30.0, "statistic": 2.0}
    estimates = (
        Estimate(term="time", level="", estimand="coefficient", estimate=1.0, p=0.001, **shared),
        Estimate(
            term="engagement", level="between", estimand="coefficient", estimate=0.2, p=single_p, **shared
        ),
        Estimate(
            term="modes (joint)", level="between", estimand="joint_test", estimate=None, p=joint_p, **shared
        ),
    )
    return FitResult(
        outcome=outcome,
        label=outcome,
        family="linear",
        formula="y ~ x",
        engine="glmm",
        status="ok",
        n=100,
        clusters={"practitioner": practitioners, "group": 90, "site": 6},
        estimates=estimates,
        **fields,
    )


def result_of(name: str, *fits: FitResult) -> ModelResult:
    return ModelResult(model=name, hypothesis="H", title="T", status="ok", fits=fits)


@pytest.fixture
def collected() -> Collected:
    alliance = result_of(
        "alliance",
        fit_of("client_goal", 0.01, 0.002),
        fit_of("client_task", 0.03, 0.2),
        fit_of("client_total", 0.02, 0.001),
        fit_of("practitioner_bond", 0.04, 0.03),
    )
    completion = result_of("completion", fit_of("completed", 0.02, 0.04))
    return collect([completion, alliance], estimates_part(AS_COMPUTED))


def p_adjusted(table: pd.DataFrame, outcome: str, term: str) -> float:
    row = table[(table["outcome"] == outcome) & (table["term"] == term)]
    return float(row["p_adjusted"].iloc[0])


def test_columns_and_order(collected: Collected) -> None:
    assert list(collected.estimates.columns) == COLUMNS
    assert list(dict.fromkeys(collected.estimates["model"])) == ["alliance", "completion"]
    assert collected.estimates["clusters"].iloc[0] == "practitioner=40; group=90; site=6"


def test_holm_over_the_primary_joint_tests_of_all_models(collected: Collected) -> None:
    """.01, .02, .03 over client_goal, completed, client_task: Holm gives .03, .04, .04."""
    table = collected.estimates
    assert p_adjusted(table, "client_goal", "modes (joint)") == pytest.approx(0.03)
    assert p_adjusted(table, "completed", "modes (joint)") == pytest.approx(0.04)
    assert p_adjusted(table, "client_task", "modes (joint)") == pytest.approx(0.04)


def test_benjamini_hochberg_in_the_secondary_family(collected: Collected) -> None:
    """.02 and .04 over client_total and practitioner_bond: both .04."""
    table = collected.estimates
    assert p_adjusted(table, "client_total", "modes (joint)") == pytest.approx(0.04)
    assert p_adjusted(table, "practitioner_bond", "modes (joint)") == pytest.approx(0.04)


def test_single_modes_come_after_their_joint_test(collected: Collected) -> None:
    table = collected.estimates
    assert p_adjusted(table, "client_goal", "engagement") == pytest.approx(0.03)
    assert p_adjusted(table, "client_task", "engagement") == pytest.approx(0.2)


@pytest.mark.slow
def test_a_planned_test_that_was_not_made_still_counts() -> None:
    """With two of k planned tests made, Holm's factors are k and k - 1, and not 2 and 1."""
    results = [result_of("alliance", fit_of("client_goal", 0.002, 0.001), fit_of("client_task", 0.004, 0.2))]
    family = hypothesis_families(results, estimates_part(PLAN))["primary"]
    assert len(family.tests) == 2 and ("completion", "completed") in family.lacking
    planned = family.planned
    assert planned == sum(
        model.joint_tests(PLAN.predictors)
        for model in PLAN.models.values()
        for _ in model.outcomes_with("primary")
    )
    table = collect(results, estimates_part(PLAN)).estimates
    assert p_adjusted(table, "client_goal", "modes (joint)") == pytest.approx(0.002 * planned)
    assert p_adjusted(table, "client_task", "modes (joint)") == pytest.approx(0.004 * (planned - 1))
    fewer = collect(results, estimates_part(AS_COMPUTED)).estimates
    assert p_adjusted(fewer, "client_goal", "modes (joint)") == pytest.approx(0.004)


@pytest.mark.slow
def test_a_reduced_fit_is_explored_only_unless_the_plan_said_otherwise() -> None:
    lacking = fit_of("client_goal", 0.002, 0.001).model_copy(update={"reduced": ("readiness",)})
    results = [result_of("alliance", lacking, fit_of("client_task", 0.03, 0.2))]
    found = collect(results, estimates_part(AS_COMPUTED))
    assert found.fits["reduced"].tolist() == ["readiness", ""]
    assert found.fits["family"].tolist() == ["exploratory", "primary"]
    assert p_adjusted(found.estimates, "client_task", "modes (joint)") == pytest.approx(0.03)
    kept = PLAN.models["alliance"].model_copy(update={"reduced_keeps_claim": True})
    plan = AS_COMPUTED.model_copy(update={"models": {**PLAN.models, "alliance": kept}})
    assert collect(results, estimates_part(plan)).fits["family"].tolist() == ["primary", "primary"]


def test_a_fit_with_pooled_covariates_names_them_and_keeps_its_claim() -> None:
    pooled = fit_of("client_goal", 0.002, 0.001).model_copy(update={"pooled": ("readiness", "needs")})
    results = [result_of("alliance", pooled, fit_of("client_task", 0.03, 0.2))]
    fits = collect(results, estimates_part(AS_COMPUTED)).fits
    assert fits["pooled"].tolist() == ["readiness; needs", ""]
    assert fits["family"].tolist() == ["primary", "primary"]


def test_covariates_are_not_adjusted(collected: Collected) -> None:
    rows = collected.estimates[collected.estimates["term"] == "time"]
    assert rows["p_adjusted"].isna().all() and set(rows["family"]) == {"covariate"}


def test_few_practitioners_leave_the_family_and_are_not_adjusted() -> None:
    few = fit_of("client_goal", 0.01, 0.002, practitioners=24)
    table = collect(
        [result_of("alliance", few, fit_of("client_task", 0.03, 0.2))], estimates_part(AS_COMPUTED)
    ).estimates
    rows = table[(table["outcome"] == "client_goal") & (table["term"] != "time")]
    assert set(rows["family"]) == {"descriptive"} and rows["p_adjusted"].isna().all()
    assert rows["p"].notna().all()
    assert p_adjusted(table, "client_task", "modes (joint)") == pytest.approx(0.03)


def test_a_fit_without_estimates_has_one_row_with_its_status() -> None:
    fit = FitResult(
        outcome="completed",
        label="",
        family="logistic",
        formula="",
        engine="glmm",
        status="not_run",
        reason="no rows",
    )
    found = collect([result_of("completion", fit)], estimates_part(PLAN))
    assert found.estimates[["model", "outcome", "status"]].to_numpy().tolist() == [
        ["completion", "completed", "not_run"]
    ]
    assert found.estimates["estimate"].isna().all()
    assert found.fits["reason"].tolist() == ["no rows"]
    assert len(found.variances) == len(found.agreement) == 0


@pytest.mark.slow
def test_agreement_is_relative_to_the_first_engines_se() -> None:
    term = RefitTerm(
        term="engagement", level="between", estimate=0.21, se=0.1, reference_estimate=0.2, reference_se=0.1
    )
    refit = Refit(
        engine="statsmodels MixedLM",
        model="(1 | practitioner)",
        status="ok",
        terms=(term,),
        largest_difference_in_se=0.1,
    )
    averaged = refit.model_copy(update={"engine": "statsmodels GEE", "same_estimand": False})
    failed = Refit(engine="statsmodels MixedLM", status="not_converged", reason="no optimiser converged")
    fit = fit_of("client_goal", 0.01, 0.002, refits=(refit, averaged, failed))
    table = collect([result_of("alliance", fit)], estimates_part(PLAN)).agreement
    assert table["status"].tolist() == ["differs", "other_estimand", "not_converged"]
    assert table["difference_in_se"].iloc[0] == pytest.approx(0.1)
    close = refit.model_copy(update={"largest_difference_in_se": 0.001})
    fit = fit_of("client_goal", 0.01, 0.002, refits=(close,))
    assert collect([result_of("alliance", fit)], estimates_part(PLAN)).agreement["status"].tolist() == [
        "agrees"
    ]
