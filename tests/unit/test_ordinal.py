"""Ordered levels as an outcome: against known truth, sums by hand, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from drawn_numbers import lines
from scipy import sparse
from scipy.special import expit
from simulated_tables import MODES, Truth, enrolment_table

from alliance_modes.figures.chance_over_mode_use import chance_over_mode_use
from alliance_modes.figures.thirds import THIRDS, practitioner_thirds
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import OUTCOME, Design, DesignColumn
from alliance_modes.models.design.random_structure import Structure, fit_structure
from alliance_modes.models.effects.measurement_error import Reliability
from alliance_modes.models.effects.prediction import simulate
from alliance_modes.models.engine.glmm import EngineError, fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.families.ordinal import ORDINAL, levels_seen
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.ordered.fit import ordered_levels
from alliance_modes.models.ordered.likelihood import CumulativeLikelihood
from alliance_modes.models.ordered.proportional import proportional_odds
from alliance_modes.models.ordered.separation import columns_separating_levels
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.refitting.bootstrap import bootstrap_joint_test
from alliance_modes.models.refitting.influence import influence
from alliance_modes.models.refitting.through_lme4 import lme4_model
from alliance_modes.models.result import Estimate, FitResult, ModelResult
from alliance_modes.models.second_engines.rscript import Lme4
from alliance_modes.models.variances.deviances import LaplaceDeviance
from alliance_modes.models.variances.effects_given import CrossProducts
from alliance_modes.plan.check import disagreements
from alliance_modes.plan.parts import figures_part, model_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Outcome
from alliance_modes.words.rounding import percent

TRUTH = Truth(practitioners=40, groups=60, enrolments=600, practitioner_sd=0.5, group_sd=0.4, site_sd=0.4)
CUTS = (-1.8, -0.7, 0.6, 1.9)
RATING = Outcome(name="rating", label="Satisfaction", column="rating", at_least=4, rater="client")
BASE = Plan()
MODEL = BASE.models["completion"].model_copy(
    update={
        "family": "ordinal",
        "outcomes": (RATING,),
        "formula": "educative + engagement + therapeutic + mandated",
        "curves": ("engagement",),
    }
)
PLAN = BASE.model_copy(update={"models": {"satisfaction": MODEL}})


def rated_table(seed: int, truth: Truth = TRUTH) -> pd.DataFrame:
    """One rating of 1 to 5 per enrolment."""
    table = enrolment_table(truth, seed)
    rng = np.random.default_rng([seed, 13])
    beneath = table["linear"].to_numpy() + rng.logistic(size=len(table))
    return table.assign(rating=1.0 + np.searchsorted(CUTS, beneath))


def numbers(row: Estimate) -> tuple[float, float, float]:
    """Estimate and limits, which are there."""
    assert row.estimate is not None and row.ci_low is not None and row.ci_high is not None
    return row.estimate, row.ci_low, row.ci_high


def built(table: pd.DataFrame, at_least: float = 4) -> Design:
    outcome = RATING.model_copy(update={"at_least": at_least})
    design = build_design(table, MODEL, outcome, PLAN.predictors)
    assert isinstance(design, Design)
    return design


def fit_of(table: pd.DataFrame) -> FitResult:
    (fit,) = fit_model(model_task(PLAN, "satisfaction"), {"enrolment": table}).fits
    return fit


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return rated_table(2)


@pytest.fixture(scope="module")
def design(table: pd.DataFrame) -> Design:
    return built(table)


@pytest.fixture(scope="module")
def structure(design: Design) -> Structure:
    return fit_structure(design, ORDINAL.distribution_of(design))


@pytest.fixture(scope="module")
def result(table: pd.DataFrame) -> ModelResult:
    omega = {f"{mode}_z": Reliability(0.8, 0.05) for mode in MODES}
    found = fit_model(model_task(PLAN, "satisfaction"), {"enrolment": table}, omega)
    return found.in_words(PLAN.models["satisfaction"])


@pytest.fixture(scope="module")
def fitted(result: ModelResult) -> FitResult:
    (fit,) = result.fits
    return fit


def test_every_column_of_the_plan_is_estimated(fitted: FitResult) -> None:
    assert fitted.status in ("ok", "singular") and fitted.family == "ordinal"
    assert (fitted.label, fitted.criterion) == ("Satisfaction (4 or above)", "Laplace")
    rows = {(row.term, row.level, row.estimand): row for row in fitted.estimates}
    for mode in MODES:
        slope, ratio, points = (
            rows[mode, "between", kind] for kind in ("coefficient", "odds_ratio", "percentage_points")
        )
        assert slope.unit == "log-odds per 1 SD of practitioners"
        np.testing.assert_allclose(numbers(ratio), np.exp(numbers(slope)))
        assert points.unit == "percentage points of 4 or above per 1 SD of practitioners"
        assert (mode, "between", "latent_standardised") in rows
        assert (mode, "between", "odds_ratio_corrected") in rows
    joint = rows["modes (joint)", "between", "joint_test"]
    assert joint.p is not None and joint.p < 0.05
    assert joint.df is not None and joint.df <= 40 - 5
    assert rows["engagement", "between", "coefficient"].p_closed is not None
    thresholds = [rows[name, "", "threshold"] for name in ("1|2", "2|3", "3|4", "4|5")]
    assert np.all(np.diff([row.estimate for row in thresholds]) > 0.0)
    assert thresholds[2].estimate == -rows["(Intercept)", "", "coefficient"].estimate
    (second,) = fitted.refits
    assert (second.engine, second.status, second.same_estimand) == ("statsmodels GEE", "ok", False)
    (curve,) = fitted.curves
    assert all(0.0 < point.estimate < 1.0 for point in curve.points)


def test_every_check_is_made_or_says_why_not(fitted: FitResult) -> None:
    checks = {one.check: one for one in fitted.diagnostics}
    failed = {name for name, one in checks.items() if one.result == "fail"}
    assert failed <= {"singular fit", "random-effect normality"}, failed
    assert checks["residual shape"].detail.startswith("levels over 10 parts")
    assert checks["overdispersion"].detail == "ordered levels cannot show it"
    assert checks["levels of the outcome"].detail.startswith("rows by level: 1 (")
    assert checks["proportional odds"].result == "pass"


@pytest.mark.slow
def test_truth_is_within_the_intervals_at_their_rate() -> None:
    """25 cohorts, 4 slopes: 100 intervals. 95 % nominal; below 86 is 4 SE off. Bias within 4 SE of none."""
    truth = Truth(practitioners=30, groups=60, enrolments=360)
    hits, errors = 0, []
    for seed in range(25):
        found = estimate_outcome(PLAN.predictors, MODEL, RATING, rated_table(300 + seed, truth))
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
            estimate, low, high = limits[term, level]
            hits += low <= true <= high
            errors.append(estimate - true)
    assert 86 <= hits <= 100, hits
    by_slope = np.array(errors).reshape(25, 4)
    assert np.all(np.abs(by_slope.mean(axis=0)) < 4.0 * by_slope.std(axis=0) / 5.0)


def cross_of(rows: int, levels: int) -> CrossProducts:
    """Two crossed groupings, the second with a slope."""
    rng = np.random.default_rng(2)
    first, second = rng.integers(0, levels, rows), rng.integers(0, 5, rows)
    one = sparse.csr_matrix((np.ones(rows), (np.arange(rows), first)))
    values = np.column_stack([np.ones(rows), rng.normal(size=rows)]).ravel()
    columns = (second[:, None] * 2 + np.arange(2)).ravel()
    return CrossProducts([one, sparse.csr_matrix((values, (np.repeat(np.arange(rows), 2), columns)))], [1, 2])


@pytest.mark.parametrize("nominal", [False, True], ids=["proportional", "nominal"])
def test_the_deviance_has_its_gradient(nominal: bool) -> None:
    rng = np.random.default_rng(1)
    rows, codes = 300, rng.integers(0, 4, 300)
    fixed = np.column_stack([np.ones(rows), rng.normal(size=(rows, 2))])
    likelihood = CumulativeLikelihood(codes, 4, 2, fixed[:, 1:] if nominal else None)
    deviance = LaplaceDeviance(cross_of(rows, 30), fixed, likelihood)
    further = [0.1, -0.3, *([0.05, -0.1, 0.1, 0.05] if nominal else [])]
    values = np.array([0.6, 0.5, 0.1, 0.3, 0.2, -0.4, 0.3, *further])
    steps = 1e-5 * np.eye(len(values))
    slopes = [(deviance(values + step)[0] - deviance(values - step)[0]) / 2e-5 for step in steps]
    np.testing.assert_allclose(deviance(values)[1], slopes, atol=1e-4)


def test_two_levels_are_a_logistic_model(table: pd.DataFrame) -> None:
    from alliance_modes.models.engine.distributions import LOGISTIC

    data = table.assign(high=(table["rating"] >= 4).astype(float))
    groupings = (Grouping("practitioner", ("practitioner_id",)), Grouping("group", ("group_id",)))
    ours = fit_mixed(data, "high", ["engagement_z"], groupings, ordered_levels(1))
    glmm = fit_mixed(data, "high", ["engagement_z"], groupings, LOGISTIC)
    np.testing.assert_allclose(ours.beta, glmm.beta, atol=1e-3)
    np.testing.assert_allclose(ours.se, glmm.se, rtol=0.01)
    assert ours.loglik == pytest.approx(glmm.loglik, abs=1e-4)


def test_a_level_that_no_row_has_has_no_threshold(table: pd.DataFrame, structure: Structure) -> None:
    gap = built(table.assign(rating=table["rating"].where(table["rating"] < 5, 7.0)))
    assert "no row at 5, 6, which share the thresholds of their neighbours" in levels_seen(gap).detail
    fit = fit_structure(gap, ORDINAL.distribution_of(gap)).fit
    assert fit.loglik == pytest.approx(structure.fit.loglik, abs=1e-8)
    assert [(one.lower, one.upper) for one in fit.thresholds][-1] == (4.0, 7.0)


def test_without_groupings_it_is_fitted_at_one_level(table: pd.DataFrame) -> None:
    alone = table.assign(site_id="one")
    model = MODEL.model_copy(update={"random": ("site",), "curves": ()})
    plan = PLAN.model_copy(update={"models": {"satisfaction": model}})
    (fit,) = fit_model(model_task(plan, "satisfaction"), {"enrolment": alone}).fits
    assert fit.status == "ok" and "site left out" in fit.reason
    rows = {(row.term, row.estimand): row for row in fit.estimates}
    slope = rows["engagement", "coefficient"]
    assert slope.se is not None and slope.df is not None and slope.df > 500
    assert rows["engagement", "percentage_points"].ci_low is not None
    assert {one.check: one.result for one in fit.diagnostics}["proportional odds"] == "pass"


def test_a_variance_at_zero_is_named_and_leaves_the_model_without_it() -> None:
    rng = np.random.default_rng(8)
    person = np.repeat(np.arange(50), 6)
    x = rng.normal(size=300)
    level = 1.0 + (np.arange(300) + rng.integers(0, 2, 300)) % 4  # spread evenly within every person
    data = pd.DataFrame({"person": person, "x": x, "level": level})
    held = fit_mixed(data, "level", ["x"], (Grouping("person", ("person",)),), ordered_levels(3))
    plain = fit_mixed(data, "level", ["x"], (), ordered_levels(3))
    assert held.singular and held.pinned() == ("person",) and held.converged
    assert held.boundary() == "variance at zero: person"
    np.testing.assert_allclose(held.beta, plain.beta, atol=1e-5)
    np.testing.assert_allclose(held.se, plain.se, rtol=1e-4)
    assert held.loglik == pytest.approx(plain.loglik, abs=1e-5)
    assert np.all(held.effects[0].values == 0.0)


def test_points_are_those_of_the_chance_of_the_level_or_above(
    design: Design, structure: Structure, fitted: FitResult
) -> None:
    fit = structure.fit
    spread = np.sqrt(sum(float(group.covariance[0, 0]) for group in fit.covariances))
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    eta = design.matrix() @ fit.beta
    place = fit.names.index("engagement_z")

    def chance(predictor: np.ndarray) -> float:
        return float((expit(predictor[:, None] + spread * nodes) @ weights / weights.sum()).mean())

    expected = 100.0 * (chance(eta + fit.beta[place]) - chance(eta))
    (row,) = (
        row for row in fitted.estimates if row.term == "engagement" and row.estimand == "percentage_points"
    )
    assert row.estimate == pytest.approx(expected, abs=1e-3)
    assert fitted.outcome_mean == pytest.approx(float((design.frame[OUTCOME] >= 4).mean()))


def test_the_reference_level_changes_points_and_nothing_else(
    table: pd.DataFrame, structure: Structure
) -> None:
    low = built(table, at_least=2)
    other = fit_structure(low, ORDINAL.distribution_of(low)).fit
    np.testing.assert_allclose(other.beta[1:], structure.fit.beta[1:], atol=1e-5)
    assert [one.estimate for one in other.thresholds] == pytest.approx(
        [one.estimate for one in structure.fit.thresholds], abs=1e-4
    )


def test_the_rule_is_that_of_the_working_response(design: Design, structure: Structure) -> None:
    inference, _ = ORDINAL.estimates(design, structure, "ok")
    fit = structure.fit
    cuts = np.array([one.estimate for one in fit.thresholds]) + fit.beta[0]
    above = expit(np.log(fit.fitted / (1.0 - fit.fitted))[:, None] - cuts)
    reached = np.column_stack([np.ones(len(above)), above, np.zeros(len(above))])
    shares, each = reached[:, :-1] - reached[:, 1:], reached * (1.0 - reached)
    information = (shares * (each[:, :-1] + each[:, 1:])).sum(axis=1)
    codes, rows = fit.response.astype(int) - 1, np.arange(len(above))
    score = 1.0 - reached[rows, codes] - reached[rows, codes + 1]
    response = np.log(fit.fitted / (1.0 - fit.fitted)) + score / information
    by_hand = fit_mixed(
        design.frame.assign(working=response), "working", design.fixed, structure.groupings,
        weights=information,
    )  # fmt: skip
    assert inference.working is not None
    np.testing.assert_allclose(inference.working.beta, by_hand.beta, atol=1e-6)
    np.testing.assert_allclose(inference.se, np.fmax(fit.se, by_hand.se), rtol=1e-6)
    assert np.all(inference.df <= 40 - 4 - 1)


def test_draws_have_the_shares_of_the_fit(design: Design, structure: Structure) -> None:
    rng = np.random.default_rng(5)
    fit, groupings = structure.fit, structure.groupings
    drawn = simulate(fit, groupings, design.frame, rng, 2000, conditional=True)
    assert set(np.unique(drawn)) == {1.0, 2.0, 3.0, 4.0, 5.0}
    np.testing.assert_allclose((drawn >= 4).mean(axis=1), fit.fitted, atol=0.06)
    first = fit.thresholds[0].estimate + fit.beta[0]
    lowest = 1.0 - expit(np.log(fit.fitted / (1.0 - fit.fitted)) - first)
    assert (drawn == 1).mean() == pytest.approx(lowest.mean(), abs=0.003)


@pytest.mark.slow
def test_it_is_fitted_again_without_each_site_and_to_drawn_outcomes(
    design: Design, table: pd.DataFrame
) -> None:
    found = estimate_outcome(PLAN.predictors, MODEL, RATING, table)
    assert isinstance(found, Estimated)
    rows = influence(found, "site", "rating")
    assert {row.result for row in rows} <= {"pass", "fail"} and len(rows) == 4
    assert all(row.failures == 0 for row in rows)
    fit = found.structure.fit
    test = bootstrap_joint_test(
        design, fit.distribution, found.structure.groupings, 30, 0, np.random.default_rng(1)
    )
    assert (test.status, test.draws, test.failures, test.df) == ("ok", 30, 0, 3)
    assert test.p is not None and test.p < 0.2


def two_columns(levels: np.ndarray, first: np.ndarray, second: np.ndarray) -> Design:
    columns = tuple(DesignColumn(name, name, name, "", name, "unit", False) for name in ("first", "second"))
    frame = pd.DataFrame({OUTCOME: levels.astype(float), "first": first, "second": second})
    return Design(frame, columns, (), (), {}, 0, (), at_least=2.0)


def test_separation_is_found_alone_together_and_not_where_there_is_none() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=120), rng.normal(size=120)
    levels = np.searchsorted((-0.5, 0.5), x + y) + 1
    assert columns_separating_levels(two_columns(levels, x, y)) == ("first", "second")
    ordered = np.searchsorted((-0.5, 0.5), -x) + 1
    assert columns_separating_levels(two_columns(ordered, x, y)) == ("first",)
    mixed = rng.integers(1, 4, 120)
    assert columns_separating_levels(two_columns(mixed, x, y)) == ()
    top_only = (mixed == 3) & (np.arange(120) % 2 == 0)
    assert columns_separating_levels(two_columns(mixed, top_only.astype(float), y)) == ("first",)
    middle = (mixed == 2) & (np.arange(120) % 2 == 0)
    assert columns_separating_levels(two_columns(mixed, middle.astype(float), y)) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda rating: rating.clip(3, 4),
            "2 levels seen (3, 4), and an ordinal model needs 3: take the family",
        ),
        (lambda rating: rating * 0 + 3, "every row has the same outcome (3)"),
        (lambda rating: rating.clip(upper=3), "no row is at 4 or above (levels seen: 1, 2, 3): name another"),
        (lambda rating: rating + 3, "every row is at 4 or above (levels seen: 4, 5, 6, 7, 8)"),
        (lambda rating: rating + np.arange(len(rating)) / 1000, "take the family linear"),
    ],
    ids=["two levels", "one level", "none above", "none below", "a number"],
)
def test_what_is_no_ordinal_outcome_is_refused_with_what_to_do(
    table: pd.DataFrame, change, reason: str
) -> None:
    fit = fit_of(table.assign(rating=change(table["rating"])))
    assert fit.status == "not_estimated" and reason in fit.reason, fit.reason


def test_the_engine_says_what_it_cannot_fit(table: pd.DataFrame) -> None:
    with pytest.raises(EngineError, match="no row is at or above 9"):
        fit_mixed(table, "rating", ["engagement_z"], (), ordered_levels(9))
    twice = table.assign(again=2.0 * table["engagement_z"])
    with pytest.raises(EngineError, match="determine one another"):
        fit_mixed(twice, "rating", ["engagement_z", "again"], (), ordered_levels(4))


def test_a_coefficient_that_changes_from_threshold_to_threshold_is_found(structure: Structure) -> None:
    rng = np.random.default_rng(6)
    table = rated_table(7)
    moved = np.where(table["mandated"].astype(bool), 1.6, 0.4)  # spread, not place
    beneath = moved * rng.logistic(size=len(table))
    apart = built(table.assign(rating=1.0 + np.searchsorted(CUTS, beneath)))
    found = fit_structure(apart, ORDINAL.distribution_of(apart))
    check = proportional_odds(apart, found.fit, found.groupings)
    assert check.result == "fail" and "most apart mandated" in check.detail, check.detail


def test_lme4_is_not_asked(table: pd.DataFrame) -> None:
    refits = lme4_model(
        model_task(PLAN, "satisfaction"), {"enrolment": table}, Lme4("Rscript", "1.1-31"), 1.0
    ).refits
    assert refits["rating"].status == "not_run"
    assert refits["rating"].reason == "lme4 has no models of the family ordinal"


def test_the_figure_counts_those_at_the_level_or_above(table: pd.DataFrame, result: ModelResult) -> None:
    part = figures_part(PLAN)
    picture = chance_over_mode_use(part, "satisfaction", "rating", result, table)
    assert "chance of satisfaction (4 or above)" in picture.caption
    assert "mixed cumulative logit model" in picture.caption
    thirds = practitioner_thirds(table, "engagement")
    for third in THIRDS:
        reached = table.loc[thirds == third, "rating"] >= 4
        (line,) = [line for line in lines(picture) if f"observed, {third} third" in line]
        assert f"| {len(reached)} | {percent(reached.mean(), 0)} |" in line


def test_a_plan_names_the_level_and_only_for_ordered_levels() -> None:
    assert family_of("ordinal") is ORDINAL
    assert disagreements(PLAN.predictors, PLAN.models) == ()
    assert MODEL.shown(RATING) == "percentage_points" and MODEL.link == "cumulative logit"
    silent = MODEL.model_copy(update={"outcomes": (RATING.model_copy(update={"at_least": None}),)})
    (found,) = disagreements(PLAN.predictors, {"satisfaction": silent})
    assert found.message == "an outcome of the family ordinal needs at_least"
    assert "at_least: 4" in found.hint
    (found,) = disagreements(
        PLAN.predictors, {"satisfaction": MODEL.model_copy(update={"quadrature_nodes": 7})}
    )
    assert found.message == "ordered levels are fitted by Laplace's approximation, with 1 node"
    (found,) = disagreements(
        PLAN.predictors, {"satisfaction": MODEL.model_copy(update={"family": "logistic"})}
    )
    assert found.message == "an outcome of the family logistic has no at_least"
