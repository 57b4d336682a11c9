"""Counts without an upper limit: against known truth, statsmodels' GLM, lme4 and sums by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from simulated_tables import MODES, Truth, enrolment_table

from alliance_modes.models.checks.diagnostics import diagnose
from alliance_modes.models.checks.sensitivity import e_value, ratio_bound
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.collinearity import variance_inflation
from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.design.random_structure import Structure, fit_structure
from alliance_modes.models.effects.measurement_error import Reliability
from alliance_modes.models.effects.prediction import simulate
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.families.poisson_counts import POISSON, POISSON_COUNTS, columns_without_counts
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.refitting.through_lme4 import lme4_model
from alliance_modes.models.result import Estimate, FitResult
from alliance_modes.models.second_engines.rscript import Lme4
from alliance_modes.models.second_engines.statsmodels import agrees
from alliance_modes.plan.check import disagreements
from alliance_modes.plan.parts import model_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Outcome, PlannedModel, Predictor

TRUTH = Truth(practitioners=40, groups=90, enrolments=600, modes=(0.0, 0.3, 0.2))
ROW_SD, LOG_RATE = 0.4, -1.0
RUPTURES = Outcome(
    name="ruptures", label="Ruptures", column="ruptures", exposure="sessions_offered_after_first"
)
BASE = Plan()
MODEL = BASE.models["completion"].model_copy(
    update={
        "family": "poisson_counts",
        "outcomes": (RUPTURES,),
        "formula": "educative + engagement + therapeutic + mandated",
        "curves": (),
    }
)
PLAN = BASE.model_copy(update={"models": {"ruptures": MODEL}})


def counts_table(seed: int, truth: Truth = TRUTH) -> pd.DataFrame:
    """Ruptures over the sessions offered, with more variation from enrolment to enrolment than Poisson's."""
    table = enrolment_table(truth, seed)
    rng = np.random.default_rng([seed, 11])
    offered = table["sessions_offered_after_first"]
    log_rate = LOG_RATE + table["linear"] + ROW_SD * rng.normal(size=len(table))
    return table.assign(ruptures=rng.poisson(offered * np.exp(log_rate)).astype(float))


def numbers(row: Estimate) -> tuple[float, float, float]:
    """Estimate and limits, which are there."""
    assert row.estimate is not None and row.ci_low is not None and row.ci_high is not None
    return row.estimate, row.ci_low, row.ci_high


def built(table: pd.DataFrame, model: PlannedModel = MODEL) -> Design:
    design = build_design(table, model, model.outcomes[0], PLAN.predictors)
    assert isinstance(design, Design)
    return design


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return counts_table(3)


@pytest.fixture(scope="module")
def design(table: pd.DataFrame) -> Design:
    return built(table)


@pytest.fixture(scope="module")
def structure(design: Design) -> Structure:
    return fit_structure(design, POISSON)


@pytest.fixture(scope="module")
def fitted(table: pd.DataFrame) -> FitResult:
    omega = {f"{mode}_z": Reliability(0.8, 0.05) for mode in MODES}
    (fit,) = fit_model(model_task(PLAN, "ruptures"), {"enrolment": table}, omega).fits
    return fit


def test_without_groups_it_is_a_poisson_regression(design: Design) -> None:
    ours = fit_mixed(design.frame, OUTCOME, design.fixed, (), POISSON, offset=design.offset)
    theirs = sm.GLM(
        design.frame[OUTCOME], design.matrix(), family=sm.families.Poisson(), offset=design.offsets
    ).fit()
    np.testing.assert_allclose(ours.beta, theirs.params, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(ours.se, theirs.bse, rtol=1e-4)
    assert ours.loglik == pytest.approx(theirs.llf, abs=1e-6)


def test_a_family_that_estimates_its_dispersion_is_not_called_one_of_0_1_outcomes(design: Design) -> None:
    fit = fit_mixed(design.frame, OUTCOME, design.fixed, (), POISSON, offset=design.offset)
    amounts = replace(fit, distribution=replace(POISSON, level1_variance=None))
    found = {
        one.check: one
        for one in diagnose(design, Structure(amounts, ()), variance_inflation(design), "log mean")
    }
    assert found["overdispersion"].result == "not_checked"
    assert found["overdispersion"].detail == "a model of this family estimates its residual variance"


LME4_BETA = np.array([-1.086498967, -0.011519223, 0.245389021, 0.275364014, -0.490702380, -0.295502275])
LME4_SE = np.array([0.233811613, 0.046569195, 0.050537923, 0.060091784, 0.349216895, 0.062240809])
LME4_VARIANCES = {
    "practitioner": 0.031964633, "group": 0.039906728, "site": 0.050100885, "observation": 0.185287951
}  # fmt: skip
LME4_LOGLIK = -1257.1844
"""Of the rows of ``design``, by lme4 1.1-31 in R 4.2.2:
glmer(outcome ~ educative_z + engagement_z + therapeutic_z + mandated_between + mandated_within +
      offset(log_exposure) + (1 | practitioner_id) + (1 | group_id) + (1 | site_id) + (1 | observation_id),
      d, poisson, control = glmerControl("bobyqa", optCtrl = list(maxfun = 2e5)))"""


def test_estimates_are_those_of_lme4(design: Design, structure: Structure) -> None:
    """lme4 stops its search a thousandth of a log-likelihood early, and its standard errors with it."""
    fit = structure.fit
    assert (len(design.frame), int(design.frame[OUTCOME].sum())) == (584, 2455)
    np.testing.assert_allclose(fit.beta, LME4_BETA, atol=0.01 * LME4_SE.min())
    np.testing.assert_allclose(fit.se, LME4_SE, rtol=0.02)
    variances = {group.grouping: float(group.covariance[0, 0]) for group in fit.covariances}
    assert variances == pytest.approx(LME4_VARIANCES, rel=1e-3)
    assert LME4_LOGLIK < fit.loglik < LME4_LOGLIK + 0.002


@pytest.mark.slow
def test_lme4_is_asked_for_the_same_model(table: pd.DataFrame, lme4: Lme4) -> None:
    refit = lme4_model(model_task(PLAN, "ruptures"), {"enrolment": table}, lme4, 300.0).refits["ruptures"]
    assert agrees(refit), (refit.largest_difference_in_se, refit.reason)


def test_the_link_is_the_log() -> None:
    link, eta = POISSON.link, np.linspace(-4.0, 4.0, 17)
    mean = link.mean(eta)
    np.testing.assert_allclose(mean, np.exp(eta))
    np.testing.assert_allclose(link.predictor(mean), eta, atol=1e-12)
    np.testing.assert_allclose(link.slope(mean), mean)
    np.testing.assert_allclose(POISSON.variance(mean), mean)


def test_every_column_of_the_plan_is_estimated_as_a_rate_ratio(fitted: FitResult) -> None:
    assert fitted.status == "ok" and fitted.family == "poisson_counts"
    assert "offset(log(sessions_offered_after_first))" in fitted.formula
    assert {row.grouping for row in fitted.variances} >= {"practitioner", "group", "observation"}
    rows = {(row.term, row.level, row.estimand): row for row in fitted.estimates}
    for mode in MODES:
        slope, ratio = (rows[mode, "between", kind] for kind in ("coefficient", "rate_ratio"))
        assert slope.unit == "log rate per 1 SD of practitioners"
        assert ratio.unit == "rate ratio per 1 SD of practitioners"
        np.testing.assert_allclose(numbers(ratio), np.exp(numbers(slope)))
        corrected, _, _ = numbers(rows[mode, "between", "rate_ratio_corrected"])
        assert abs(np.log(corrected)) > abs(numbers(slope)[0]) or mode == "educative"
    joint = rows["modes (joint)", "between", "joint_test"]
    assert joint.p is not None and joint.p < 0.001
    assert joint.df is not None and joint.df <= 40 - 5
    (second,) = fitted.refits
    assert (second.engine, second.status, second.same_estimand) == ("statsmodels GEE", "ok", False)
    failed = {one.check for one in fitted.diagnostics if one.result == "fail"}
    assert failed <= {"random-effect normality"}, failed


@pytest.mark.slow
def test_truth_is_within_the_intervals_at_their_rate() -> None:
    """30 cohorts, 4 slopes: 120 intervals. 95 % nominal; below 105 (87.5 %) is 3.8 SE off."""
    truth = Truth(practitioners=30, groups=60, enrolments=300)
    hits = 0
    for seed in range(30):
        found = estimate_outcome(PLAN.predictors, MODEL, RUPTURES, counts_table(100 + seed, truth))
        assert isinstance(found, Estimated)
        limits = {
            (row.term, str(row.level)): numbers(row)
            for row in found.estimates
            if row.estimand == "coefficient"
        }
        for term, level, true in (
            *zip(MODES, ("between",) * 3, truth.modes, strict=True),
            ("mandated", "within", truth.mandated),
        ):
            _, low, high = limits[term, level]
            hits += low <= true <= high
    assert 105 <= hits <= 120, hits


def test_expected_counts_are_the_closed_form(design: Design, structure: Structure, fitted: FitResult) -> None:
    """Averaged over normal effects, exp(eta) is exp(eta + variance / 2): exact for a log link."""
    fit = structure.fit
    variance = sum(float(group.covariance[0, 0]) for group in fit.covariances)
    mean = np.exp(design.matrix() @ fit.beta + design.offsets + variance / 2.0)
    place = fit.names.index("engagement_z")
    expected = float((mean * (np.exp(fit.beta[place]) - 1.0)).mean())
    (row,) = (
        row for row in fitted.estimates if row.term == "engagement" and row.estimand == "expected_count"
    )
    estimate, low, high = numbers(row)
    assert estimate == pytest.approx(expected, rel=1e-4)
    assert row.unit == "expected events per 1 SD of practitioners"
    assert low < estimate < high


def test_the_rule_weighs_rows_by_both_sources_of_variation(design: Design, structure: Structure) -> None:
    inference, _ = POISSON_COUNTS.estimates(design, structure, "ok")
    fit = structure.fit
    row_variance = next(float(g.covariance[0, 0]) for g in fit.covariances if g.grouping == "observation")
    mean = fit.fitted
    response = np.log(mean) + (fit.response - mean) / mean - design.offsets
    groupings = tuple(one for one in structure.groupings if one.name != "observation")
    by_hand = fit_mixed(
        design.frame.assign(working=response), "working", design.fixed, groupings,
        weights=1.0 / (1.0 / mean + row_variance),
    )  # fmt: skip
    assert inference.working is not None
    np.testing.assert_allclose(inference.working.beta, by_hand.beta, atol=1e-6)
    assert np.all(inference.se >= by_hand.se * (1 - 1e-6)) and np.all(inference.se >= fit.se)
    assert inference.small_sample and np.all(inference.df <= 40 - 4 - 1)


def test_draws_have_the_mean_and_the_variance_of_the_fit(design: Design, structure: Structure) -> None:
    rng = np.random.default_rng(5)
    fit, groupings = structure.fit, structure.groupings
    drawn = simulate(fit, groupings, design.frame, rng, 4000, conditional=True, offset=design.offsets)
    assert np.all(drawn == np.round(drawn)) and drawn.min() >= 0
    np.testing.assert_allclose(drawn.mean(axis=1), fit.fitted, atol=5 * np.sqrt(fit.fitted.max() / 4000))
    assert (drawn.var(axis=1) / fit.fitted).mean() == pytest.approx(1.0, abs=0.02)


def test_a_column_of_zeros_alone_is_refused_before_the_fit(table: pd.DataFrame) -> None:
    assert columns_without_counts(built(table)) == ()
    few = table.assign(need_literacy=(np.arange(len(table)) % 20 == 0).astype(float))
    few.loc[few["need_literacy"] == 1, "ruptures"] = 0.0
    literacy = Predictor(label="Need: literacy", column="need_literacy", unit="with the need")
    plan = PLAN.model_copy(update={"predictors": {**PLAN.predictors, "literacy": literacy}})
    model = MODEL.model_copy(update={"formula": "engagement + literacy", "tested": ("engagement",)})
    plan = plan.model_copy(update={"models": {"ruptures": model}})
    (fit,) = fit_model(model_task(plan, "ruptures"), {"enrolment": few}).fits
    assert fit.status == "not_converged"
    assert fit.reason == "need_literacy separates the outcomes: there is no finite log rate"


def test_a_rate_ratio_bounds_confounding_as_a_risk_ratio() -> None:
    risk = POISSON_COUNTS.risk
    assert risk is not None
    bound = ratio_bound(risk, 1.5, 1.2, 1.9, common=True)
    assert (bound.value, bound.value_interval) == (e_value(1.5), e_value(1.2))


def test_a_plan_may_name_an_exposure_and_no_curves() -> None:
    assert family_of("poisson_counts") is POISSON_COUNTS
    assert disagreements(PLAN.predictors, PLAN.models) == ()
    assert MODEL.shown(RUPTURES) == "expected_count" and MODEL.link == "log"
    by_ratio = RUPTURES.model_copy(update={"shown": "ratio"})
    assert MODEL.estimand_shown(by_ratio) == "rate_ratio"
    curved = MODEL.model_copy(update={"curves": ("engagement",)})
    (found,) = disagreements(PLAN.predictors, {"ruptures": curved})
    assert found.message == "curves are probabilities, and this model is poisson_counts"
