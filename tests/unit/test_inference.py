"""Inference with few practitioners: the rules, each on a known answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulated_tables import Truth, enrolment_table

from alliance_modes.models.engine.distributions import BINOMIAL, CLOGLOG, LOGISTIC
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import contrast_test, fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.inference import (
    Counts,
    Inference,
    df_cap,
    linear_inference,
    linear_joint_test,
    may_claim,
    too_few_practitioners,
    working_inference,
    working_joint_test,
    working_refit,
)
from alliance_modes.models.inference.small_sample import small_sample_covariance
from alliance_modes.models.multiplicity import adjusted, after_joint_test, closed

MODES = ("educative_z", "engagement_z", "therapeutic_z")
FIXED = (*MODES, "risk_score_z_within")
GROUPINGS = (Grouping("practitioner", ("practitioner_id",)), Grouping("group", ("group_id",)))


@pytest.fixture(scope="module")
def enrolments() -> pd.DataFrame:
    return enrolment_table(Truth(practitioners=30, groups=60, enrolments=600, practitioner_sd=0.6), seed=4)


@pytest.fixture(scope="module")
def logistic(enrolments: pd.DataFrame):
    return fit_mixed(enrolments, "completed", FIXED, GROUPINGS, LOGISTIC)


@pytest.fixture(scope="module")
def counts(enrolments: pd.DataFrame) -> pd.DataFrame:
    """Of 24 sessions each, how many an enrolment came to."""
    chance = 1 / (1 + np.exp(-1.0 - enrolments["linear"]))
    came = np.random.default_rng(2).binomial(24, chance).astype(float)
    return enrolments.assign(trials=24.0, came=came)


def test_cap_is_practitioners_less_predictors_less_one() -> None:
    assert df_cap(40, 7) == 32.0
    assert df_cap(5, 7) == 1.0
    assert df_cap(None, 7) == float("inf")


def test_linear_df_are_capped_for_practitioner_level_terms_only(enrolments: pd.DataFrame) -> None:
    fit = fit_mixed(enrolments, "linear", FIXED, GROUPINGS)
    found = linear_inference(fit, enrolments, GROUPINGS, MODES, 20.0)
    assert fit.df[1:4].min() > 20.0, "the cap would not be seen"
    np.testing.assert_array_equal(found.df[:4], 20.0)
    assert found.df[4] == fit.df[4]
    reach = stats.t.ppf(0.975, 20.0) * found.se[1]
    assert found.interval()[1][1] == pytest.approx(fit.beta[1] + reach)
    assert found.p[1] == pytest.approx(2 * stats.t.sf(abs(fit.beta[1] / found.se[1]), 20.0))


def test_linear_standard_errors_are_never_below_the_engines(enrolments: pd.DataFrame) -> None:
    fit = fit_mixed(enrolments, "linear", FIXED, GROUPINGS)
    found = linear_inference(fit, enrolments, GROUPINGS, MODES, 20.0)
    assert (found.se >= fit.se).all()
    assert (found.se[1:4] > fit.se[1:4]).all()
    assert found.se[4] == pytest.approx(fit.se[4], rel=2e-3)
    np.testing.assert_allclose(np.sqrt(np.diag(found.vcov)), found.se)


def test_linear_joint_test_is_an_f_test_with_capped_df(enrolments: pd.DataFrame) -> None:
    fit = fit_mixed(enrolments, "linear", FIXED, GROUPINGS)
    inference = linear_inference(fit, enrolments, GROUPINGS, MODES, 20.0)
    free, found = contrast_test(fit, MODES), linear_joint_test(fit, inference, MODES, MODES, 20.0)
    assert found.statistic < free.statistic and found.numerator_df == 3.0
    beta, vcov = fit.beta[1:4], inference.vcov[1:4, 1:4]
    assert found.statistic == pytest.approx(float(beta @ np.linalg.solve(vcov, beta)) / 3)
    assert free.denominator_df > found.denominator_df == 20.0
    assert found.p == pytest.approx(stats.f.sf(found.statistic, 3, 20))


def test_one_practitioner_level_term_caps_the_df_of_a_joint_test_which_are_at_least_one(
    enrolments: pd.DataFrame,
) -> None:
    fit = fit_mixed(enrolments, "linear", FIXED, GROUPINGS)
    inference = linear_inference(fit, enrolments, GROUPINGS, MODES, 20.0)
    mixed = ("educative_z", "risk_score_z_within")
    assert linear_joint_test(fit, inference, mixed, MODES, 20.0).denominator_df == 20.0
    assert linear_joint_test(fit, inference, mixed, MODES, 0.5).denominator_df == 1.0
    free = linear_joint_test(fit, inference, mixed, (), 20.0).denominator_df
    assert free == pytest.approx(contrast_test(fit, mixed).denominator_df) and free > 20.0


def test_working_response_reproduces_its_weights_and_mean(enrolments: pd.DataFrame, logistic) -> None:
    """y* and its weights, worked out here for the logit: eta + (y - p) / p(1 - p), and p(1 - p)."""
    working = working_refit(logistic, enrolments, FIXED, GROUPINGS)
    p = logistic.fitted
    eta = np.log(p / (1 - p))
    np.testing.assert_allclose(working.response, eta + (logistic.response - p) / (p * (1 - p)), rtol=1e-9)
    by_hand = fit_mixed(
        enrolments.assign(ystar=working.response), "ystar", FIXED, GROUPINGS, weights=p * (1 - p)
    )
    np.testing.assert_allclose(working.se, by_hand.se, rtol=1e-6)
    assert working.reml


def test_a_model_without_an_intercept_has_a_working_fit_without_one(enrolments: pd.DataFrame) -> None:
    fit = fit_mixed(enrolments, "completed", FIXED, GROUPINGS, LOGISTIC, intercept=False)
    assert working_refit(fit, enrolments, FIXED, GROUPINGS).names == fit.names == FIXED


def test_counts_with_an_observation_effect_get_its_weights(counts: pd.DataFrame) -> None:
    trials = counts["trials"].to_numpy()
    fit = fit_mixed(counts, ("came", "trials"), FIXED, GROUPINGS, BINOMIAL)
    working = working_refit(fit, counts, FIXED, GROUPINGS, Counts(trials, 0.3))
    p = fit.fitted
    weights = 1.0 / (1.0 / (trials * p * (1 - p)) + 0.3)
    by_hand = fit_mixed(counts.assign(ystar=working.response), "ystar", FIXED, GROUPINGS, weights=weights)
    np.testing.assert_allclose(working.se, by_hand.se, rtol=1e-6)
    without = working_refit(fit, counts, FIXED, GROUPINGS, Counts(trials))
    assert abs(without.se / by_hand.se - 1.0).max() > 1e-3


def test_counts_take_the_largest_of_three_standard_errors(counts: pd.DataFrame) -> None:
    trials = counts["trials"].to_numpy()
    fit = fit_mixed(counts, ("came", "trials"), FIXED, GROUPINGS, BINOMIAL)
    found = working_inference(fit, counts, FIXED, GROUPINGS, 26.0, Counts(trials, 0.3))
    working = working_refit(fit, counts, FIXED, GROUPINGS, Counts(trials, 0.3))
    p = fit.fitted
    weights = 1.0 / (1.0 / (trials * p * (1 - p)) + 0.3)
    small = small_sample_covariance(working, GROUPINGS, counts, weights=weights)
    np.testing.assert_allclose(found.se, np.max([fit.se, working.se, np.sqrt(np.diag(small.vcov))], axis=0))
    assert found.small_sample and (found.se[1:4] > np.maximum(fit.se, working.se)[1:4]).all()


def test_logistic_rule_takes_the_larger_se_and_the_smaller_df(enrolments: pd.DataFrame, logistic) -> None:
    found = working_inference(logistic, enrolments, FIXED, GROUPINGS, cap=26.0)
    working = working_refit(logistic, enrolments, FIXED, GROUPINGS)
    np.testing.assert_array_equal(found.beta, logistic.beta)
    np.testing.assert_allclose(found.se, np.maximum(logistic.se, working.se))
    np.testing.assert_allclose(found.df, np.minimum(working.df, 26.0))
    np.testing.assert_allclose(np.sqrt(np.diag(found.vcov)), found.se)
    assert (found.se >= logistic.se).all() and found.se[1] > logistic.se[1] * 1.001
    assert working_inference(logistic, enrolments, FIXED, GROUPINGS, cap=1.0).df.max() == 1.0


@pytest.fixture(scope="module")
def at_zero() -> tuple[pd.DataFrame, EngineFit]:
    """0/1 outcomes of practitioners who do not differ, whose variance is estimated at zero."""
    alike = Truth(practitioners=30, groups=60, enrolments=600, practitioner_sd=0.0)
    for seed in range(20):
        table = enrolment_table(alike, seed)
        fit = fit_mixed(table, "completed", FIXED, GROUPINGS, LOGISTIC)
        if "practitioner" in working_refit(fit, table, FIXED, GROUPINGS).pinned():
            return table, fit
    raise AssertionError("no cohort with the practitioner variance at zero")


def test_a_practitioner_variance_of_zero_is_kept_off_zero_for_0_1_outcomes(at_zero) -> None:
    table, fit = at_zero
    found = working_inference(fit, table, FIXED, GROUPINGS, cap=26.0)
    working = working_refit(fit, table, FIXED, GROUPINGS)
    weights = fit.fitted * (1 - fit.fitted)
    off = small_sample_covariance(working, GROUPINGS, table, weights=weights, widened=False)
    assert found.practitioner_variance == pytest.approx(off.practitioner_variance, rel=1e-12)
    np.testing.assert_allclose(found.se, np.max([fit.se, working.se, np.sqrt(np.diag(off.vcov))], axis=0))
    before = np.maximum(fit.se, working.se)
    assert (found.se[1:4] > 1.02 * before[1:4]).all() and found.se[4] < 1.02 * before[4]
    np.testing.assert_array_equal(found.beta, fit.beta)
    np.testing.assert_allclose(found.df, np.minimum(working.df, 26.0))
    np.testing.assert_allclose(np.sqrt(np.diag(found.vcov)), found.se)


def test_where_practitioners_are_few_zero_stays_for_0_1_outcomes(at_zero) -> None:
    table, fit = at_zero
    few = working_inference(fit, table, FIXED, GROUPINGS, cap=26.0, few=True)
    working = working_refit(fit, table, FIXED, GROUPINGS)
    np.testing.assert_allclose(few.se, np.maximum(fit.se, working.se), rtol=1e-12)
    assert few.practitioner_variance is None and not few.small_sample


def test_a_practitioner_variance_above_zero_stays_as_it_is(enrolments: pd.DataFrame, logistic) -> None:
    found = working_inference(logistic, enrolments, FIXED, GROUPINGS, cap=26.0)
    few = working_inference(logistic, enrolments, FIXED, GROUPINGS, cap=26.0, few=True)
    assert "practitioner" not in found.working.pinned() and found.practitioner_variance is None
    np.testing.assert_allclose(found.se, few.se, rtol=1e-12)
    np.testing.assert_allclose(found.vcov, few.vcov, rtol=1e-12)


def test_a_variance_that_laplace_alone_puts_at_zero_has_the_working_fits_in_the_standard_errors() -> None:
    for seed in range(20):
        table = enrolment_table(Truth(practitioners=30, groups=60, enrolments=600, practitioner_sd=0.2), seed)
        fit = fit_mixed(table, "completed", FIXED, GROUPINGS, LOGISTIC)
        working = working_refit(fit, table, FIXED, GROUPINGS)
        if "practitioner" in fit.pinned() and "practitioner" not in working.pinned():
            break
    assert "practitioner" in fit.pinned() and "practitioner" not in working.pinned()
    found = working_inference(fit, table, FIXED, GROUPINGS, cap=26.0)
    np.testing.assert_allclose(found.se, np.maximum(fit.se, working.se), rtol=1e-12)
    assert found.practitioner_variance is None and (found.se[1:4] > fit.se[1:4]).all()


def test_sessions_counted_together_keep_zero_off_as_sessions_one_by_one_do() -> None:
    """The same events, a row per enrolment with its sessions as trials or a row per session."""
    rng = np.random.default_rng(5)
    alike = enrolment_table(Truth(practitioners=30, groups=60, enrolments=600, practitioner_sd=0.0), 3)
    last = np.minimum(rng.geometric(1 - np.exp(-np.exp(-2.5 + 0.2 * alike["risk_score_z_within"]))), 12)
    ended = (last < 12).astype(float)
    table = alike.assign(trials=last.astype(float), ended=ended)
    apart = table.loc[np.repeat(table.index, last)].reset_index(drop=True)
    apart["event"] = 0.0
    apart.loc[np.cumsum(last) - 1, "event"] = ended
    counted = fit_mixed(table, ("ended", "trials"), FIXED, GROUPINGS, CLOGLOG)
    one_by_one = fit_mixed(apart, "event", FIXED, GROUPINGS, CLOGLOG)
    counts = Counts(last.astype(float), sessions=True)
    together = working_inference(counted, table, FIXED, GROUPINGS, 26.0, counts)
    separate = working_inference(one_by_one, apart, FIXED, GROUPINGS, 26.0)
    assert together.practitioner_variance == pytest.approx(separate.practitioner_variance, rel=1e-3)
    np.testing.assert_allclose(together.se, separate.se, rtol=1e-4)
    zero = working_inference(counted, table, FIXED, GROUPINGS, 26.0, counts, few=True)
    assert (together.se[1:4] > 1.02 * zero.se[1:4]).all() and zero.practitioner_variance is None


def test_logistic_joint_test_is_a_wald_f_with_the_rules_covariance() -> None:
    vcov = np.diag([0.04, 0.09, 0.25])
    inference = Inference(
        ("a", "b", "c"), np.array([0.4, 0.3, 1.0]), np.sqrt(np.diag(vcov)), np.array([30.0, 12.0, 20.0]), vcov
    )
    found = working_joint_test(inference, ("a", "b", "c"), cap=26.0)
    assert found.statistic == pytest.approx((4.0 + 1.0 + 4.0) / 3.0)
    assert (found.numerator_df, found.denominator_df) == (3.0, 12.0)


def test_joint_df_are_those_of_the_working_contrast(enrolments: pd.DataFrame, logistic) -> None:
    found = working_inference(logistic, enrolments, FIXED, GROUPINGS, cap=1000.0)
    test = working_joint_test(found, MODES, cap=1000.0)
    assert test.denominator_df == pytest.approx(contrast_test(found.working, MODES).denominator_df)
    assert working_joint_test(found, MODES, cap=9.0).denominator_df == 9.0


def test_gate_at_25_practitioners() -> None:
    assert (may_claim(24), may_claim(25), may_claim(None)) == (False, True, False)


def test_practitioners_must_exceed_their_predictors_by_eight() -> None:
    assert too_few_practitioners(15, 7) == ""
    assert "at least 15 are required" in too_few_practitioners(14, 7)
    assert too_few_practitioners(2, 0) == ""
    assert too_few_practitioners(None, 3) == ""


@pytest.mark.slow
def test_holm_and_benjamini_hochberg_by_hand() -> None:
    p = {"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.2}
    assert adjusted(p, "primary") == pytest.approx({"a": 0.04, "b": 0.09, "c": 0.09, "d": 0.2})
    assert adjusted(p, "secondary") == pytest.approx({"a": 0.04, "b": 0.16 / 3, "c": 0.16 / 3, "d": 0.2})
    assert adjusted(p, "exploratory") == dict.fromkeys(p)
    assert adjusted({}, "primary") == {}


def test_a_single_mode_has_the_largest_p_of_the_tests_that_hold_it() -> None:
    of_sets = {("a", "b"): 0.02, ("a", "c"): 0.001, ("b", "c"): 0.3, ("a", "b", "c"): 0.01}
    found = closed({"a": 0.004, "b": 0.03, "c": 0.2}, lambda names: of_sets[tuple(names)])
    assert found == {"a": 0.02, "b": 0.3, "c": 0.3}
    assert closed({"a": 0.03}, lambda names: 1.0) == {"a": 0.03}


def test_beyond_six_predictors_holm_stands_in_for_the_tests_of_sets() -> None:
    single = {name: 0.001 * place for place, name in enumerate("abcdefg", start=1)}
    found = closed(single, lambda names: 0.0075)
    assert found["a"] == 0.0075 and found["b"] == pytest.approx(0.012) and found["g"] == pytest.approx(0.016)


@pytest.mark.slow
def test_with_one_true_mode_false_claims_about_the_others_are_kept_to_alpha() -> None:
    z = np.random.default_rng(8).normal([6.0, 0.0, 0.0], size=(2000, 3))
    false = {"closed": 0, "after the joint test": 0}
    for cohort in z:
        single = {str(place): float(2 * stats.norm.sf(abs(one))) for place, one in enumerate(cohort)}

        def joint(names: Sequence[str], cohort: np.ndarray = cohort) -> float:
            return float(stats.chi2.sf((cohort[[int(name) for name in names]] ** 2).sum(), len(names)))

        found = closed(single, joint)
        false["closed"] += min(found["1"], found["2"]) < 0.05
        false["after the joint test"] += min(single["1"], single["2"]) < 0.05
    assert false["after the joint test"] / 2000 > 0.085
    assert false["closed"] / 2000 < 0.05 + 3 * (0.05 * 0.95 / 2000) ** 0.5


def test_a_single_mode_is_tested_only_after_its_joint_test() -> None:
    assert after_joint_test(0.001, joint_adjusted=0.2) == 0.2
    assert after_joint_test(0.04, joint_adjusted=0.01) == 0.04
