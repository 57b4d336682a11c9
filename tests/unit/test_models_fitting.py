"""Whole models on simulated cohorts: recovery, statuses, and what is said beside the numbers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from simulated_tables import Truth, analysis_tables

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.result import Estimate, FitResult, ModelResult
from alliance_modes.plan.parts import model_task
from alliance_modes.plan.plan import Plan

pytestmark = pytest.mark.slow

TRUTH = Truth(groups=80, enrolments=500, sessions=5)
MODES = ("educative", "engagement", "therapeutic")
KEPT = ("client_goal", "client_total", "practitioner_bond")


def _plan() -> Plan:
    """The default plan with fewer draws, three of the outcomes of the alliance model, and no hazards.

    Models of drop-out have cohorts and tests of their own (``test_models_dropout.py``).
    """
    plan = Plan(draws=400)
    alliance = plan.models["alliance"]
    kept = tuple(outcome for outcome in alliance.outcomes if outcome.name in KEPT)
    models = {name: model for name, model in plan.models.items() if model.family != "cloglog"}
    models |= {"alliance": alliance.model_copy(update={"outcomes": kept})}
    return plan.model_copy(update={"models": models})


PLAN = _plan()


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return analysis_tables(TRUTH, seed=1)


@pytest.fixture(scope="module")
def results(tables: dict[str, pd.DataFrame]) -> dict[str, ModelResult]:
    return {name: fit_model(model_task(PLAN, name), tables) for name in PLAN.models}


def estimate(fit: FitResult, term: str, level: str = "between", estimand: str = "coefficient") -> Estimate:
    (found,) = (
        row for row in fit.estimates if (row.term, row.level, row.estimand) == (term, level, estimand)
    )
    return found


def check(fit: FitResult, name: str):
    return next(one for one in fit.diagnostics if one.check == name)


def test_alliance_recovers_its_truth(results: dict[str, ModelResult]) -> None:
    for fit in results["alliance"].fits:
        for mode, truth in zip(MODES, TRUTH.modes, strict=True):
            found = estimate(fit, mode)
            assert abs(found.estimate - truth) < 3 * found.se, (fit.outcome, mode)
        assert abs(estimate(fit, "time", "").estimate - TRUTH.time) < 0.05
        assert abs(estimate(fit, "mandated", "within").estimate - TRUTH.mandated) < 0.15
        planned = {row.grouping: row.variance for row in fit.variances if row.source == "fitted"}
        assert planned["residual"] == pytest.approx(
            0.25 if not fit.outcome.endswith("total") else 0.25 / 3, rel=0.15
        )


def test_engagement_recovers_within_and_between(results: dict[str, ModelResult]) -> None:
    (fit,) = results["engagement"].fits
    for mode, between, within in zip(MODES, TRUTH.modes, TRUTH.use, strict=True):
        assert abs(estimate(fit, mode).estimate - between) < 3 * estimate(fit, mode).se
        assert estimate(fit, mode, "within").estimate == pytest.approx(within, abs=0.03)
        assert estimate(fit, mode, "within").df > 1000 > 32 >= estimate(fit, mode).df


def test_completion_gives_odds_ratios_and_percentage_points(results: dict[str, ModelResult]) -> None:
    (fit,) = results["completion"].fits
    for mode, truth in zip(MODES, TRUTH.modes, strict=True):
        log_odds, ratio = estimate(fit, mode), estimate(fit, mode, estimand="odds_ratio")
        points = estimate(fit, mode, estimand="percentage_points")
        assert abs(log_odds.estimate - truth) < 3 * log_odds.se
        assert ratio.estimate == pytest.approx(np.exp(log_odds.estimate))
        assert ratio.ci_low == pytest.approx(np.exp(log_odds.ci_low))
        assert np.sign(points.estimate) == np.sign(log_odds.estimate)
        assert 0 < abs(points.estimate) < 25 * abs(log_odds.estimate) + 1e-9
        assert points.ci_low < points.estimate < points.ci_high
    assert [curve.term for curve in fit.curves] == list(MODES)


def test_attendance_recovers_its_truth_and_leaves_out_counts_of_nothing(
    results: dict[str, ModelResult], tables: dict[str, pd.DataFrame]
) -> None:
    (fit,) = results["attendance"].fits
    offered = tables["enrolment"]["sessions_offered_after_first"]
    assert fit.status in ("ok", "singular") and fit.rows_missing == 0
    assert fit.n == (offered > 0).sum() < len(offered)
    for mode, truth in zip(MODES, TRUTH.modes, strict=True):
        log_odds = estimate(fit, mode)
        assert abs(log_odds.estimate - truth) < 3 * log_odds.se
        assert 0 < log_odds.se < 0.2 and log_odds.df <= 32
        points = estimate(fit, mode, estimand="percentage_points")
        assert points.ci_low < points.estimate < points.ci_high
    within = estimate(fit, "mandated", "within")
    assert abs(within.estimate - TRUTH.mandated) < 3 * within.se
    sd = {row.grouping: np.sqrt(row.variance) for row in fit.variances if row.source == "fitted"}
    assert sd["observation"] == pytest.approx(TRUTH.enrolment_sd, abs=0.1)
    assert sd["practitioner"] == pytest.approx(TRUTH.practitioner_sd, abs=0.15)
    shares = [row.share for row in fit.variances if row.source == "null"]
    assert sum(shares) == pytest.approx(1.0)
    assert check(fit, "overdispersion").result == "pass"
    (refit,) = fit.refits
    assert refit.status == "ok" and not refit.same_estimand


def test_explained_variance_of_counts_has_the_observation_at_level_1(
    results: dict[str, ModelResult],
) -> None:
    """Nakagawa's ICC by hand: groups over groups + pi^2/3 + the observation-level variance."""
    (fit,) = results["attendance"].fits
    variance = {row.grouping: row.variance for row in fit.variances if row.source == "fitted"}
    of_groups = sum(variance[name] for name in ("practitioner", "group", "site"))
    level1 = np.pi**2 / 3 + variance["observation"]
    assert variance["residual"] == pytest.approx(np.pi**2 / 3)
    assert fit.icc_adjusted == pytest.approx(of_groups / (of_groups + level1))


def test_percentage_points_of_attendance_average_over_every_random_effect(
    results: dict[str, ModelResult], tables: dict[str, pd.DataFrame]
) -> None:
    """The effect by brute force: the chance at draws of the random effects, one SD more of a mode."""
    (fit,) = results["attendance"].fits
    model = PLAN.models["attendance"]
    design = build_design(tables["enrolment"], model, model.outcomes[0], PLAN.predictors)
    assert isinstance(design, Design)
    beta = np.array([row.estimate for row in fit.estimates if row.estimand == "coefficient"])
    spread = sum(row.variance for row in fit.variances if row.source == "fitted") - np.pi**2 / 3
    drawn = np.sqrt(spread) * np.random.default_rng(3).normal(size=4000)
    eta = (design.matrix() @ beta)[:, None] + drawn
    shift = beta[1 + MODES.index("engagement")]
    by_hand = 100 * np.mean(expit(eta + shift) - expit(eta))
    assert estimate(fit, "engagement", estimand="percentage_points").estimate == pytest.approx(
        by_hand, abs=0.05
    )


def test_moderation_has_a_joint_test_per_moderator_and_percentage_points(
    results: dict[str, ModelResult],
) -> None:
    for name, estimand in (
        ("engagement_moderation", "standardised"),
        ("completion_moderation", "odds_ratio"),
    ):
        (fit,) = results[name].fits
        joint = [row for row in fit.estimates if row.estimand == "joint_test"]
        assert [(row.term, row.level) for row in joint] == [
            ("modes:mandated (joint)", "within"),
            ("modes:risk_score (joint)", "within"),
        ]
        for moderator in ("mandated", "risk_score"):
            for mode in MODES:
                found = estimate(fit, f"{mode}:{moderator}", "within")
                assert abs(found.estimate) < 3.5 * found.se, "the truth has no such product"
                assert estimate(fit, f"{mode}:{moderator}", "within", estimand).estimate is not None
    points = estimate(fit, "engagement:mandated", "within", "percentage_points")
    assert points.ci_low < points.estimate < points.ci_high


def test_a_product_across_levels_without_its_slope_is_tested_on_few_df(
    tables: dict[str, pd.DataFrame],
) -> None:
    """Practitioners do not differ in the slope here: it is left out, and the df stay below theirs."""
    (fit,) = fit_model(model_task(PLAN, "completion_moderation"), tables).fits
    found = estimate(fit, "engagement:risk_score", "within")
    assert "fitted without the random slope" in fit.reason
    assert found.df <= 32
    assert check(fit, "random effects as planned").result == "fail"


def test_joint_test_has_three_df_per_level(results: dict[str, ModelResult]) -> None:
    levels = {"engagement": ["between", "within"]}
    for name in ("alliance", "engagement", "attendance", "completion"):
        expected = levels.get(name, ["between"])
        for fit in results[name].fits:
            joint = [row for row in fit.estimates if row.estimand == "joint_test"]
            assert [row.level for row in joint] == expected
            for row in joint:
                assert row.unit.startswith("F on 3") and row.estimate is None and 0 <= row.p <= 1


def test_standardised_slopes_are_in_sds_of_the_outcome(
    results: dict[str, ModelResult], tables: dict[str, pd.DataFrame]
) -> None:
    fit = results["alliance"].fits[0]
    client = tables["alliance"].query("rater == 'client'")
    raw, standardised = estimate(fit, "engagement"), estimate(fit, "engagement", estimand="standardised")
    assert standardised.estimate == pytest.approx(raw.estimate / client["goal"].std())
    assert standardised.unit == "SD of the outcome per 1 SD of practitioners"


@pytest.mark.parametrize("name", ["completion", "attendance"])
def test_standardised_slopes_of_chances_are_in_sds_of_the_latent_response(
    results: dict[str, ModelResult], name: str
) -> None:
    fit = results[name].fits[0]
    raw, found = estimate(fit, "engagement"), estimate(fit, "engagement", estimand="latent_standardised")
    random = sum(row.variance for row in fit.variances if row.source == "fitted")  # level 1 among them
    latent = random / (1.0 - fit.r2_marginal)
    assert found.estimate == pytest.approx(raw.estimate / np.sqrt(latent))
    assert (found.ci_low, found.ci_high) == pytest.approx(
        (raw.ci_low / np.sqrt(latent), raw.ci_high / np.sqrt(latent))
    )
    assert found.unit == "SD of the latent response per 1 SD of practitioners"
    assert abs(found.estimate) < abs(raw.estimate) / np.sqrt(np.pi**2 / 3)


def test_variance_shares_of_the_null_model_sum_to_one(results: dict[str, ModelResult]) -> None:
    for result in results.values():
        for fit in result.fits:
            null = [row for row in fit.variances if row.source == "null"]
            assert sum(row.share for row in null) == pytest.approx(1.0)
            of_counts = {"observation"} if fit.family == "binomial_counts" else set()
            assert {row.grouping for row in null} == {*fit.clusters, *of_counts, "residual"}
    level1 = next(row for row in results["completion"].fits[0].variances if row.grouping == "residual")
    assert level1.variance == pytest.approx(np.pi**2 / 3)


def test_the_second_engine_agrees_on_every_linear_model(results: dict[str, ModelResult]) -> None:
    for name in ("alliance", "engagement"):
        for fit in results[name].fits:
            (refit,) = fit.refits
            assert refit.status == "ok" and refit.same_estimand and refit.model == "(1 | practitioner)"
            assert refit.largest_difference_in_se < 1e-3
            assert len(refit.terms) == sum(row.estimand == "coefficient" for row in fit.estimates) - 1


def test_population_averaged_odds_stand_beside_completion(results: dict[str, ModelResult]) -> None:
    (refit,) = results["completion"].fits[0].refits
    assert refit.status == "ok" and not refit.same_estimand
    assert refit.largest_difference_in_se < 1.5


def test_results_survive_json_and_are_the_same_again(
    results: dict[str, ModelResult], tables: dict[str, pd.DataFrame]
) -> None:
    first = results["completion"]
    text = json.dumps(first.model_dump(mode="json"), allow_nan=False)
    assert ModelResult.model_validate(json.loads(text)) == first
    assert fit_model(model_task(PLAN, "completion"), tables) == first


def test_order_of_rows_changes_nothing_of_note(
    results: dict[str, ModelResult], tables: dict[str, pd.DataFrame]
) -> None:
    shuffled = {"enrolment": tables["enrolment"].sample(frac=1.0, random_state=3)}
    again = fit_model(model_task(PLAN, "completion"), shuffled).fits[0]
    first = results["completion"].fits[0]
    for mode in MODES:
        assert estimate(again, mode).estimate == pytest.approx(estimate(first, mode).estimate, rel=1e-4)


def test_every_check_has_an_answer(results: dict[str, ModelResult]) -> None:
    for result in results.values():
        for fit in result.fits:
            names = [one.check for one in fit.diagnostics]
            assert len(names) == len(set(names)) and "influence" in names
            assert all(one.detail for one in fit.diagnostics if one.result != "pass")


def test_absent_tables_give_one_reasoned_row_per_outcome() -> None:
    for name, table in (("alliance", "alliance"), ("engagement", "session"), ("completion", "enrolment")):
        result = fit_model(model_task(PLAN, name), {table: None})
        assert result.status == "not_run" and table in result.reason
        assert [fit.outcome for fit in result.fits] == [one.name for one in PLAN.models[name].outcomes]
        assert all(fit.status == "not_run" and fit.reason and not fit.estimates for fit in result.fits)


def test_one_rater_may_be_absent(tables: dict[str, pd.DataFrame]) -> None:
    result = fit_model(
        model_task(PLAN, "alliance"), {"alliance": tables["alliance"].query("rater == 'client'")}
    )
    statuses = {fit.outcome: fit.status for fit in result.fits}
    assert statuses["client_total"] in ("ok", "singular") and result.status in ("ok", "singular")
    assert statuses["practitioner_bond"] == "not_run"


def test_separated_outcome_is_not_converged_and_says_why(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["enrolment"]
    separated = table.assign(completed=(table["risk_score_z_within"] < 0).astype(float))
    (fit,) = fit_model(model_task(PLAN, "completion"), {"enrolment": separated}).fits
    assert fit.status == "not_converged"
    assert fit.reason == "risk_score_z_within separates the outcomes: there is no finite log-odds"
    assert fit.estimates == () and fit.n == len(table)


def test_quasi_separation_is_not_reported_as_an_effect(tables: dict[str, pd.DataFrame]) -> None:
    """One rare category without a single failure: its log-odds has no finite estimate."""
    table = tables["enrolment"].copy()
    rare = np.zeros(len(table))
    rare[table.index[table["completed"] == 1][:12]] = 1.0
    table["needs_within"] = rare
    (fit,) = fit_model(model_task(PLAN, "completion"), {"enrolment": table}).fits
    assert fit.status == "not_converged"
    assert fit.reason == "needs_within separates the outcomes: there is no finite log-odds"


def test_singular_fit_has_estimates_and_names_the_variance() -> None:
    flat = Truth(site_sd=0.0, group_sd=0.0, practitioner_sd=0.4, sessions=1)
    table = analysis_tables(flat, seed=11)["enrolment"]
    (fit,) = fit_model(model_task(PLAN, "completion"), {"enrolment": table}).fits
    assert fit.status == "singular" and "variance at zero: " in fit.reason
    at_zero = {row.grouping for row in fit.variances if row.source == "fitted" and row.at_zero}
    assert at_zero and all(name in fit.reason for name in at_zero)
    assert check(fit, "singular fit").result == "fail"
    assert estimate(fit, "engagement").status == "singular"


def test_slopes_are_left_out_where_they_cannot_be_fitted() -> None:
    level = Truth(slope_sd=0.0, sessions=1, enrolments=300)
    table = analysis_tables(level, seed=3)["alliance"]
    found = [
        fit
        for fit in fit_model(model_task(PLAN, "alliance"), {"alliance": table}).fits
        if "random slope" in fit.reason
    ]
    assert found, "no outcome of this seed has its slope at zero"
    for fit in found:
        assert "(1 | enrolment)" in fit.formula and "time |" not in fit.formula
        assert check(fit, "random effects as planned").result == "fail"
        assert any(row.source == "planned" and row.term == "time" for row in fit.variances)


def test_left_out_grouping_is_in_the_reason(tables: dict[str, pd.DataFrame]) -> None:
    (fit,) = fit_model(
        model_task(PLAN, "completion"), {"enrolment": tables["enrolment"].assign(site_id="a")}
    ).fits
    assert "site left out: all rows are of one site" in fit.reason
    assert check(fit, "groupings as planned").result == "fail" and "site" not in fit.formula


def test_quadrature_where_there_is_one_grouping(tables: dict[str, pd.DataFrame]) -> None:
    model = PLAN.models["completion"].model_copy(update={"random": ("practitioner",)})
    plan = PLAN.model_copy(update={"models": {"completion": model}})
    (fit,) = fit_model(model_task(plan, "completion"), tables).fits
    assert fit.criterion == "quadrature, 11 nodes"
    assert "11 nodes" in check(fit, "quadrature").detail


def test_few_practitioners_are_descriptive() -> None:
    table = analysis_tables(Truth(practitioners=20, groups=40, enrolments=400, sessions=1), seed=5)
    (fit,) = fit_model(model_task(PLAN, "completion"), table).fits
    assert "descriptive: 20 practitioners" in fit.reason
    assert check(fit, "enough practitioners").result == "fail"
    assert estimate(fit, "engagement").p is not None


def test_few_practitioners_spend_no_column_on_means_of_covariates_and_the_fit_says_so() -> None:
    tables = analysis_tables(Truth(practitioners=15, groups=35, enrolments=300, sessions=1), seed=5)
    (fit,) = fit_model(model_task(PLAN, "attendance"), tables).fits
    assert fit.pooled == ("mandated", "risk_score", "readiness", "needs")
    said = (
        "pooled: one column each, not split, for mandated, risk_score, readiness, needs, as the plan has it"
    )
    assert f"{said} for 15 practitioners" in fit.reason
    assert "risk_score_z + readiness_z" in fit.formula and "_between" not in fit.formula
    mode = estimate(fit, "engagement")
    assert mode.df is not None and mode.df <= 15 - 3 - 1
    assert "no Kenward-Roger widening" in check(fit, "standard errors for few practitioners").detail
    split = {name: one.model_copy(update={"pooled_below": None}) for name, one in PLAN.predictors.items()}
    plan = PLAN.model_copy(update={"predictors": split})
    (whole,) = fit_model(model_task(plan, "attendance"), tables).fits
    wider = estimate(whole, "engagement")
    assert whole.pooled == () and "pooled" not in whole.reason and wider.df is not None and wider.df <= 7
    assert "Kenward-Roger SEs" in check(whole, "standard errors for few practitioners").detail
    assert mode.se is not None and wider.se is not None and mode.se < wider.se


def test_a_practitioner_variance_kept_off_zero_is_said_of_a_0_1_outcome() -> None:
    said, not_said = "the practitioner variance, estimated at zero, stands at", "Kenward-Roger"
    details = []
    for seed in (1, 2, 3, 4, 5):
        alike = analysis_tables(Truth(practitioner_sd=0.0, sessions=1), seed)
        (fit,) = fit_model(model_task(PLAN, "completion"), alike).fits
        details.append(check(fit, "standard errors for few practitioners").detail)
    assert any(said in detail for detail in details) and not any(not_said in detail for detail in details)


def test_unknown_model_and_broken_plan_are_refused(tables: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(ModelError, match="the plan has no model dropout"):
        fit_model(model_task(PLAN, "dropout"), tables)
    broken = PLAN.model_copy(update={"predictors": {"educative": PLAN.predictors["educative"]}})
    with pytest.raises(ModelError, match="unknown predictor engagement"):
        fit_model(model_task(broken, "completion"), tables)


def test_coverage_of_both_families_is_near_nominal() -> None:
    """30 small cohorts, 3 modes: 90 intervals per family. 95 % nominal; below 86 % is 4 SE off."""
    hits = {"completion": 0, "alliance": 0}
    truth = Truth(practitioners=30, groups=60, enrolments=300, sessions=1)
    for seed in range(30):
        tables = analysis_tables(truth, seed=100 + seed)
        for name in hits:
            for row, true in zip(_mode_rows(name, tables), truth.modes, strict=True):
                hits[name] += row.ci_low <= true <= row.ci_high
    assert all(78 <= count <= 90 for count in hits.values()), hits


def _mode_rows(name: str, tables: dict[str, pd.DataFrame]) -> list[Estimate]:
    formula = "educative + engagement + therapeutic + mandated"
    model = PLAN.models[name].model_copy(update={"formula": formula, "slopes": {}})
    design = build_design(tables[model.table], model, model.outcomes[0], PLAN.predictors)
    assert isinstance(design, Design)
    family = family_of(model.family)
    fit = fit_mixed(design.frame, OUTCOME, design.fixed, design.groupings, family.distribution)
    _, rows = family.estimates(design, Structure(fit, design.groupings), "ok")
    return [row for row in rows if row.term in MODES and row.estimand == "coefficient"]
