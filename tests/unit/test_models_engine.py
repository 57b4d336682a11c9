"""The adapter: what the engine passes over in silence is said in the fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.engine.distributions import BINOMIAL, LOGISTIC
from alliance_modes.models.engine.glmm import contrast_test, fit_mixed
from alliance_modes.models.engine.prepared import Grouping, prepare
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.inference import working_refit

GROUP = Grouping("group", ("group",))


@pytest.fixture
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(20), 12)
    x = rng.normal(size=240)
    y = 1.0 + 0.5 * x + 0.6 * rng.normal(size=20)[group] + rng.normal(size=240)
    return pd.DataFrame({"y": y, "x": x, "event": (y > 1).astype(int), "group": [f"g{i:02d}" for i in group]})


def test_aliased_column_is_named(data: pd.DataFrame) -> None:
    fit = fit_mixed(data.assign(again=data["x"] * 2), "y", ["x", "again"], [GROUP])
    assert fit.converged and fit.aliased == ("again",)


def test_separation_does_not_converge_and_says_so(data: pd.DataFrame) -> None:
    fit = fit_mixed(data.assign(event=(data["x"] > 0).astype(int)), "event", ["x"], [GROUP], LOGISTIC)
    assert not fit.converged
    assert any(text.startswith("glm_diverged") for text in fit.warnings)


def test_rows_with_missing_values_are_counted(data: pd.DataFrame) -> None:
    data.loc[[3, 50, 51], "x"] = np.nan
    data.loc[[7], "group"] = None
    fit = fit_mixed(data, "y", ["x"], [GROUP])
    assert (fit.nobs, fit.rows_dropped) == (236, 4)


def test_unused_categories_are_no_levels(data: pd.DataFrame) -> None:
    coded = data.assign(
        group=pd.Categorical(data["group"], categories=["a", *sorted(data["group"].unique()), "z"]),
        kind=pd.Categorical(np.where(data["x"] > 0, "high", "low"), categories=["low", "mid", "high"]),
    )
    fit = fit_mixed(coded, "y", ["kind"], [GROUP])
    assert fit.names == ("(Intercept)", "kindhigh") and not fit.aliased
    assert len(fit.effects[0].levels) == 20
    assert not any("unused" in text for text in fit.warnings)


def test_nested_levels_are_combinations(data: pd.DataFrame) -> None:
    nested = data.assign(room=np.tile(["a", "b"], 120))
    fit = fit_mixed(nested, "y", ["x"], [Grouping("room", ("group", "room"))])
    assert len(fit.effects[0].levels) == 40


def test_quadrature_that_ran_is_recorded(data: pd.DataFrame) -> None:
    other = Grouping("half", ("half",))
    halves = data.assign(half=np.tile(list("abcd"), 60))
    assert fit_mixed(data, "event", ["x"], [GROUP], LOGISTIC, nagq=9).nagq == 9
    fallen_back = fit_mixed(halves, "event", ["x"], [GROUP, other], LOGISTIC, nagq=9)
    assert fallen_back.nagq == 1
    assert any(text.startswith("agq_fallback") for text in fallen_back.warnings)


def test_singular_fit_names_the_variance_at_zero(data: pd.DataFrame) -> None:
    rng = np.random.default_rng(8)
    noise = data.assign(idle=np.tile(np.arange(6), 40).astype(str))
    idle_means = noise.groupby("idle")["y"].transform("mean")
    noise["y"] = noise["y"] - idle_means + 1e-3 * rng.normal(size=240)
    fit = fit_mixed(noise, "y", ["x"], [GROUP, Grouping("idle", ("idle",))])
    assert fit.converged and fit.singular and fit.pinned() == ("idle",)


def test_result_does_not_depend_on_the_order_of_rows(data: pd.DataFrame) -> None:
    first = fit_mixed(data, "y", ["x"], [GROUP])
    second = fit_mixed(data.sample(frac=1.0, random_state=1), "y", ["x"], [GROUP])
    np.testing.assert_allclose(first.beta, second.beta, rtol=1e-7)
    assert first.effects[0].levels == second.effects[0].levels


def test_counts_equal_the_same_trials_one_by_one(data: pd.DataFrame) -> None:
    """Grouped and ungrouped binomial data have one likelihood up to a constant."""
    counts = data.groupby("group", as_index=False).agg(events=("event", "sum"), trials=("event", "size"))
    grouped = fit_mixed(counts, ("events", "trials"), [], [GROUP], BINOMIAL)
    single = fit_mixed(data, "event", [], [GROUP], LOGISTIC)
    np.testing.assert_allclose(grouped.beta, single.beta, rtol=1e-4)
    np.testing.assert_allclose(grouped.covariances[0].covariance, single.covariances[0].covariance, rtol=1e-3)


def test_an_offset_is_taken_as_it_is(data: pd.DataFrame) -> None:
    known = data.assign(known=np.linspace(-1.0, 1.0, len(data)))
    fit = fit_mixed(known, "y", ["x"], [GROUP], offset="known")
    without = fit_mixed(known.assign(y=known["y"] - known["known"]), "y", ["x"], [GROUP])
    np.testing.assert_allclose(fit.beta, without.beta, rtol=1e-6)
    np.testing.assert_allclose(fit.offset, known["known"])
    assert without.offset is None
    family = sm.families.Binomial()
    theirs = sm.GLM(known["event"], sm.add_constant(known["x"]), family=family, offset=known["known"]).fit()
    ours = fit_mixed(known, "event", ["x"], [], LOGISTIC, offset="known")
    np.testing.assert_allclose(ours.beta, theirs.params, rtol=1e-5)
    np.testing.assert_allclose(ours.se, theirs.bse, rtol=1e-3)


def test_the_working_response_leaves_an_offset_out(data: pd.DataFrame) -> None:
    """A shift of every linear predictor that is known changes the intercept of the working fit alone."""
    fit = fit_mixed(data, "event", ["x"], [GROUP], LOGISTIC)
    shifted = fit_mixed(data.assign(known=0.7), "event", ["x"], [GROUP], LOGISTIC, offset="known")
    working = working_refit(fit, data, ["x"], [GROUP])
    again = working_refit(shifted, data, ["x"], [GROUP])
    np.testing.assert_allclose(again.beta, working.beta - [0.7, 0.0], atol=2e-4)
    np.testing.assert_allclose(again.se, working.se, rtol=1e-3)


def test_contrast_of_one_coefficient_is_its_t_squared(data: pd.DataFrame) -> None:
    fit = fit_mixed(data, "y", ["x"], [GROUP])
    found = contrast_test(fit, ["x"])
    assert found.statistic == pytest.approx((fit.beta[1] / fit.se[1]) ** 2)
    assert found.numerator_df == 1.0
    assert found.denominator_df == pytest.approx(fit.df[1])


def test_arrays_of_a_fit_are_read_only(data: pd.DataFrame) -> None:
    fit = fit_mixed(data, "y", ["x"], [GROUP])
    with pytest.raises(ValueError, match="read-only"):
        fit.beta[0] = 1.0


def test_missing_columns_and_impossible_names_are_refused(data: pd.DataFrame) -> None:
    with pytest.raises(ModelError, match="no column z"):
        fit_mixed(data, "y", ["z"], [GROUP])
    with pytest.raises(ModelError, match="cannot stand in a formula"):
        fit_mixed(data.assign(**{"x + 1": 1.0}), "y", ["x + 1"], [GROUP])
    with pytest.raises(ModelError, match="unknown family"):
        family_of("no_such_family")


@pytest.mark.parametrize("family", ["logistic", "cloglog"])
def test_links_are_their_own_inverse_and_slope(family: str) -> None:
    link = family_of(family).distribution.link
    eta = np.linspace(-4.0, 2.0, 13)
    mean = link.mean(eta)
    np.testing.assert_allclose(link.predictor(mean), eta, rtol=1e-9)
    numeric = (link.mean(eta + 1e-6) - link.mean(eta - 1e-6)) / 2e-6
    np.testing.assert_allclose(link.slope(mean), numeric, rtol=1e-7)


def test_the_engine_is_given_its_quickest_order_and_answers_in_the_order_asked(data: pd.DataFrame) -> None:
    rng = np.random.default_rng(3)
    half = np.tile(list("abcd"), 60)
    both = data.assign(half=half, y=data["y"] + rng.normal(size=4)[np.tile(np.arange(4), 60)])
    few, many = Grouping("half", ("half",)), Grouping("group", ("group",), ("x",))
    fit, other = (fit_mixed(both, "y", ["x"], order) for order in ((few, many), (many, few)))
    asked = prepare(both, "y", ["x"], (few, many))
    assert asked.quickest_order(linear=True) == ("half", "group")
    assert asked.quickest_order(linear=False) == ("group", "half")
    assert asked.in_order(("group", "half")) == "y ~ 1 + x + (1 + x | level_group) + (1 | level_half)"
    assert fit.formula == "y ~ 1 + x + (1 | half) + (1 + x | group)"
    assert [one.grouping for one in fit.covariances] == ["half", "group"]
    assert [one.grouping for one in fit.effects] == ["half", "group"]
    assert [one.grouping for one in other.effects] == ["group", "half"]
    assert [len(one.levels) for one in fit.effects] == [4, 20]
    assert fit.covariances[1].terms == ("(Intercept)", "x")
    np.testing.assert_array_equal(fit.covariances[0].covariance, other.covariances[1].covariance)
    again = fit_mixed(both, "y", ["x"], (few, many), start=fit)
    assert again.loglik == pytest.approx(fit.loglik, abs=1e-6)
    assert again.raw.n_eval < fit.raw.n_eval

    events = (many, few)
    logistic = fit_mixed(both, "event", ["x"], events, LOGISTIC)
    again = fit_mixed(both, "event", ["x"], events, LOGISTIC, start=logistic)
    assert again.loglik == pytest.approx(logistic.loglik, abs=1e-6)
