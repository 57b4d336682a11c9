"""The rules of inference on fits made by hand, so that each number can be worked out beside it."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alliance_modes.imputation.pooling import pool
from alliance_modes.models.engine.distributions import (
    BINOMIAL,
    CLOGLOG,
    LOGISTIC,
    NORMAL,
    Distribution,
)
from alliance_modes.models.engine.fit import EngineFit, GroupCovariance
from alliance_modes.models.engine.glmm import EngineError
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.inference import inference as rules
from alliance_modes.models.inference.explained import (
    explained_variance,
    latent_sd,
    level1_variance,
    mean_random_variance,
    observation_variance,
    random_variance,
)
from alliance_modes.models.inference.inference import (
    Counts,
    Inference,
    crossing_rule,
    df_cap,
    linear_inference,
    wald_joint_test,
    working_inference,
    working_joint_test,
)
from alliance_modes.models.inference.small_sample import SmallSample

NAMES = (INTERCEPT, "mode", "risk")
EMPTY = pd.DataFrame(index=range(50))


def fit(**changes: Any) -> EngineFit:
    """A linear fit without groupings: SEs .2, .3, .5 and df of 40."""
    vcov = np.array([[0.04, 0.012, 0.0], [0.012, 0.09, 0.03], [0.0, 0.03, 0.25]])
    made: dict[str, Any] = {
        "distribution": NORMAL, "formula": "", "engine": "", "names": NAMES,
        "beta": np.array([1.0, 0.6, -1.0]), "se": np.sqrt(np.diag(vcov)), "vcov": vcov,
        "df": np.full(3, 40.0),
        "loglik": -10.0, "parameters": 4, "reml": True, "dispersion": 2.0, "covariances": (), "effects": (),
        "fitted": np.full(50, 0.5), "response": np.zeros(50), "offset": None, "converged": True,
        "singular": False,
        "aliased": (), "nobs": 50, "rows_dropped": 0, "nagq": 1, "warnings": (), "raw": cast(Any, None),
    }  # fmt: skip
    return EngineFit(**(made | changes))


def inferred(**changes: Any) -> Inference:
    one = fit()
    made: dict[str, Any] = {"names": NAMES, "beta": one.beta, "se": one.se, "df": one.df, "vcov": one.vcov}
    return Inference(**(made | changes))


# --- tests and intervals -----------------------------------------------------------------------


def test_t_p_and_limits_by_hand() -> None:
    """Mode: .6 / .3 = 2 on 40 df, p .0523; limits .6 -/+ 2.0211 x .3."""
    found = inferred()
    low, high = found.interval()
    assert found.statistic.tolist() == pytest.approx([5.0, 2.0, -2.0])
    assert found.p[1] == pytest.approx(0.05232, abs=1e-5) and found.p[2] == found.p[1]
    assert (low[1], high[1]) == pytest.approx((0.6 - 2.021075 * 0.3, 0.6 + 2.021075 * 0.3), abs=1e-6)
    assert (low[2], high[2]) == pytest.approx((-1.0 - 2.021075 * 0.5, -1.0 + 2.021075 * 0.5), abs=1e-6)
    assert found.place("risk") == 2


def test_df_are_those_above_the_predictors_of_practitioners_and_at_least_one() -> None:
    assert [df_cap(j, 3) for j in (4, 5, 6, 40)] == [1.0, 1.0, 2.0, 36.0]


def test_the_wald_test_of_two_coefficients_by_hand() -> None:
    """[.6 -1] [[.09 .03] [.03 .25]]^-1 [.6 -1]' = (.09 + .036 + .09) / .0216 = 10; over two: 5."""
    found = wald_joint_test(inferred(df=np.array([90.0, 30.0, 20.0])), ("mode", "risk"))
    assert (found.statistic, found.numerator_df, found.denominator_df) == pytest.approx((5.0, 2.0, 20.0))
    assert found.p == pytest.approx(stats.f.sf(5.0, 2, 20))
    assert found.p == pytest.approx(0.0174, abs=1e-4)
    assert wald_joint_test(inferred(df=np.full(3, 0.2)), ("mode",)).denominator_df == 1.0


def test_a_joint_test_without_a_working_fit_takes_the_smallest_df() -> None:
    found = working_joint_test(inferred(df=np.array([3.0, 30.0, 20.0])), ("mode", "risk"), cap=5.0)
    assert found.denominator_df == 20.0 and found.statistic == pytest.approx(5.0)
    assert working_joint_test(inferred(df=np.full(3, 0.2)), ("mode",), cap=5.0).denominator_df == 1.0


# --- products across levels --------------------------------------------------------------------


def test_a_product_whose_slope_was_left_out_takes_the_wider_se_and_the_capped_df() -> None:
    planned = fit(se=np.array([9.0, 0.6, 0.1]))
    found = crossing_rule(inferred(), planned, ("mode",), cap=12.0)
    assert found.se.tolist() == pytest.approx([0.2, 0.6, 0.5])
    assert found.df.tolist() == [40.0, 12.0, 40.0]
    np.testing.assert_allclose(found.vcov, [[0.04, 0.024, 0.0], [0.024, 0.36, 0.06], [0.0, 0.06, 0.25]])
    assert crossing_rule(inferred(), planned, ("risk",), cap=12.0).se.tolist() == pytest.approx(
        [0.2, 0.3, 0.5]
    )


def test_df_of_a_product_are_never_raised_and_at_least_one() -> None:
    own = inferred(df=np.array([40.0, 7.0, 40.0]))
    assert crossing_rule(own, fit(), ("mode",), cap=12.0).df.tolist() == [40.0, 7.0, 40.0]
    assert crossing_rule(own, fit(), ("mode",), cap=0.0).df.tolist() == [40.0, 1.0, 40.0]


@pytest.mark.parametrize(
    "planned",
    [fit(se=np.full(3, 9.0), converged=False), fit(se=np.full(2, 9.0))],
    ids=["not converged", "of another model"],
)
def test_a_planned_fit_that_says_nothing_changes_df_alone(planned: EngineFit) -> None:
    found = crossing_rule(inferred(), planned, ("mode",), cap=12.0)
    assert found.se.tolist() == pytest.approx([0.2, 0.3, 0.5])
    assert found.df.tolist() == [40.0, 12.0, 40.0]


def test_without_a_planned_fit_or_a_product_nothing_changes() -> None:
    own = inferred()
    assert crossing_rule(own, None, ("mode",), cap=1.0) is own
    assert crossing_rule(own, fit(se=np.full(3, 9.0)), (), cap=1.0) is own


# --- linear models -----------------------------------------------------------------------------


def test_df_are_capped_for_the_intercept_and_for_what_is_constant_within_practitioners() -> None:
    found = linear_inference(fit(), EMPTY, (), ("mode",), 9.0)
    assert found.df.tolist() == [9.0, 9.0, 40.0]
    assert not found.small_sample and found.practitioner_variance is None
    np.testing.assert_allclose(found.vcov, fit().vcov)
    low = fit(df=np.array([0.3, 5.0, 0.3]))
    assert linear_inference(low, EMPTY, (), ("mode",), 9.0).df.tolist() == [1.0, 5.0, 1.0]


def test_the_larger_standard_error_scales_its_row_and_column() -> None:
    """An engine's SE of .6 for the mode in place of .3: variance x 4, covariances x 2."""
    found = linear_inference(fit(se=np.array([0.1, 0.6, 0.5])), EMPTY, (), (), math.inf)
    assert found.se.tolist() == pytest.approx([0.2, 0.6, 0.5])
    np.testing.assert_allclose(found.vcov, [[0.04, 0.024, 0.0], [0.024, 0.36, 0.06], [0.0, 0.06, 0.25]])


# --- 0/1 outcomes ------------------------------------------------------------------------------


def logistic(**changes: Any) -> EngineFit:
    return fit(distribution=LOGISTIC, dispersion=1.0, df=np.full(3, np.nan), **changes)


def with_working(monkeypatch: pytest.MonkeyPatch, working: EngineFit | None) -> None:
    def refit(*_: object) -> EngineFit:
        if working is None:
            raise EngineError("the engine stopped")
        return working

    monkeypatch.setattr(rules, "working_refit", refit)


@pytest.mark.parametrize(
    "working",
    [None, fit(converged=False), fit(se=np.array([0.2, np.nan, 0.5]))],
    ids=["stopped", "not converged", "without an SE"],
)
def test_without_a_working_fit_laplaces_errors_stay_on_capped_df(
    working: EngineFit | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_working(monkeypatch, working)
    found = working_inference(logistic(), EMPTY, (), (), 26.0)
    assert found.working is None and found.df.tolist() == [26.0] * 3
    assert found.se.tolist() == pytest.approx([0.2, 0.3, 0.5])
    np.testing.assert_array_equal(found.vcov, fit().vcov)
    assert working_inference(logistic(), EMPTY, (), (), math.inf).df.tolist() == [50.0] * 3
    assert working_inference(logistic(), EMPTY, (), (), 0.0).df.tolist() == [1.0] * 3


def test_the_larger_of_two_errors_and_the_smaller_of_two_df_by_coefficient(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    working = fit(
        se=np.array([0.1, 0.6, 0.5]), vcov=np.diag([0.01, 0.36, 0.25]), df=np.array([9.0, 60.0, 0.5])
    )
    with_working(monkeypatch, working)
    found = working_inference(logistic(), EMPTY, (), (), 26.0)
    assert found.se.tolist() == pytest.approx([0.2, 0.6, 0.5])
    assert found.df.tolist() == [9.0, 26.0, 1.0]
    assert found.working is working and not found.small_sample
    np.testing.assert_allclose(found.vcov, [[0.04, 0.024, 0.0], [0.024, 0.36, 0.06], [0.0, 0.06, 0.25]])


def test_working_df_that_are_not_known_are_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    with_working(monkeypatch, fit(df=np.full(3, np.nan)))
    assert working_inference(logistic(), EMPTY, (), (), 26.0).df.tolist() == [26.0] * 3


def test_counts_take_the_largest_of_three_errors_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with_working(monkeypatch, fit(se=np.array([0.1, 0.6, 0.5]), df=np.array([9.0, 60.0, 12.0])))
    adjusted = SmallSample(np.diag([0.01, 0.09, 1.0]), practitioner_variance=0.123)
    monkeypatch.setattr(rules, "small_sample_covariance", lambda *_, **__: adjusted)
    counted = fit(distribution=BINOMIAL, dispersion=1.0)
    found = working_inference(counted, EMPTY, (), (), 26.0, Counts(np.full(50, 8.0)))
    assert found.se.tolist() == pytest.approx([0.2, 0.6, 1.0])
    assert found.small_sample and found.practitioner_variance == 0.123
    of_sessions = working_inference(counted, EMPTY, (), (), 26.0, Counts(np.full(50, 8.0), sessions=True))
    assert of_sessions.se.tolist() == pytest.approx([0.2, 0.6, 0.5]) and not of_sessions.small_sample


# --- explained variance ------------------------------------------------------------------------

TIME = pd.DataFrame({"time": [0.0, 1.0, 2.0]})
SLOPE = GroupCovariance("enrolment", (INTERCEPT, "time"), np.array([[1.0, 0.5], [0.5, 2.0]]), (False, False))
GROUP = GroupCovariance("group", (INTERCEPT,), np.array([[3.0]]), (False,))
OBSERVATION = GroupCovariance("observation", (INTERCEPT,), np.array([[0.7]]), (False,))


def test_a_random_slope_adds_by_the_square_of_its_predictor() -> None:
    """1 + 2 x .5 t + 2 t^2 at t = 0, 1, 2: 1, 4, 11; the mean is 16 / 3 and the median 4."""
    assert random_variance(SLOPE, TIME).tolist() == [1.0, 4.0, 11.0]
    assert mean_random_variance(SLOPE, TIME) == pytest.approx(16 / 3)


def test_shares_of_variance_of_a_linear_model_by_hand() -> None:
    """Fixed 4 (divisor n - 1), groups 3, residual 2: of 9."""
    one = fit(covariances=(GROUP,))
    found = explained_variance(one, np.array([0.0, 2.0, 4.0]), TIME)
    shares = (found.r2_marginal, found.r2_conditional, found.icc_adjusted, found.icc_unadjusted)
    assert shares == pytest.approx((4 / 9, 7 / 9, 3 / 5, 3 / 9))
    assert latent_sd(one, np.array([0.0, 2.0, 4.0]), TIME) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("distribution", "level1"),
    [(NORMAL, 2.0), (LOGISTIC, np.pi**2 / 3), (BINOMIAL, np.pi**2 / 3), (CLOGLOG, np.pi**2 / 6)],
)
def test_level_1_is_the_residual_or_that_of_the_link(distribution: Distribution, level1: float) -> None:
    assert level1_variance(fit(distribution=distribution)) == pytest.approx(level1)


def test_the_effect_of_each_observation_is_level_1_and_no_grouping() -> None:
    one = fit(distribution=BINOMIAL, dispersion=1.0, covariances=(GROUP, OBSERVATION, SLOPE))
    assert observation_variance(one) == 0.7 and observation_variance(fit()) == 0.0
    found = explained_variance(one, np.array([0.0, 2.0, 4.0]), TIME)
    random, level1 = 3.0 + 16 / 3, np.pi**2 / 3 + 0.7
    assert found.icc_adjusted == pytest.approx(random / (random + level1))
    assert found.r2_conditional == pytest.approx((4.0 + random) / (4.0 + random + level1))


# --- pooling -----------------------------------------------------------------------------------


def test_barnard_and_rubins_df_by_hand() -> None:
    """As by hand in the test of imputation, l = .4, with 30 complete df: 12.5 and 31 / 33 x 30 x .6."""
    found = pool(np.array([1.0, 2.0, 3.0]), np.full(3, 2.0), 30.0)
    observed = 31 / 33 * 30 * 0.6
    assert found.df == pytest.approx(12.5 * observed / (12.5 + observed))
    assert found.statistic == pytest.approx(2.0 / math.sqrt(10 / 3))
    assert found.p == pytest.approx(2 * stats.t.sf(2.0 / math.sqrt(10 / 3), found.df))
    reach = stats.t.ppf(0.975, found.df) * math.sqrt(10 / 3)
    assert (found.ci_low, found.ci_high) == pytest.approx((2.0 - reach, 2.0 + reach))
    assert found.fmi == pytest.approx((2 / 3 + 2 / (found.df + 3)) / (5 / 3))


def test_pooling_takes_means_and_p_is_two_sided_for_a_negative_estimate() -> None:
    """Means -2 and 3 of skewed values: B = 3, l = 4 / 7, df = 2 / l^2 = 6.125."""
    found = pool(np.array([-1.0, -1.0, -4.0]), np.array([1.0, 1.0, 7.0]), math.inf)
    assert (found.estimate, found.se) == pytest.approx((-2.0, math.sqrt(7.0)))
    assert found.df == pytest.approx(6.125)
    assert found.increase == pytest.approx(4 / 3)
    assert found.p == pytest.approx(2 * stats.t.sf(2.0 / math.sqrt(7.0), 6.125))


def test_pooling_equal_data_sets_with_infinite_df_is_normal() -> None:
    found = pool(np.full(4, 1.0), np.full(4, 0.25), math.inf)
    assert found.df == math.inf and found.fmi == 0.0 and found.increase == 0.0
    assert found.ci_high == pytest.approx(1.0 + 1.959964 * 0.5)
    assert found.p == pytest.approx(0.0455003, abs=1e-7)


def test_pooling_estimates_without_variance_of_their_own_misses_all_information() -> None:
    found = pool(np.array([1.0, 2.0]), np.zeros(2), math.inf)
    assert found.increase == math.inf
    assert found.df == 1.0 and found.se == pytest.approx(math.sqrt(0.75))
    assert found.fmi == 1.0
    finite = pool(np.array([1.0, 2.0]), np.zeros(2), 30.0)
    assert (finite.fmi, finite.df) == (1.0, 0.0)
    assert math.isnan(finite.p) and math.isnan(finite.ci_low)


def test_pooling_the_same_number_without_any_variance_tests_nothing() -> None:
    found = pool(np.full(3, 0.5), np.zeros(3), 30.0)
    assert (found.se, found.fmi, found.increase) == (0.0, 0.0, 0.0)
    assert math.isnan(found.statistic) and math.isnan(found.p)
    assert (found.ci_low, found.ci_high) == (0.5, 0.5)
