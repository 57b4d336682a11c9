"""Hazards of drop-out: known truth comes back, and cumulative incidence lets other ends compete."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hazard_tables import ENDS, MODES, Hazards, last_sessions, person_periods
from scipy import stats
from scipy.interpolate import CubicSpline
from scipy.special import gammaln

from alliance_modes.measurement.incidence import cumulative_incidence
from alliance_modes.models.collect import collect
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import OUTCOME, TRIALS, Design
from alliance_modes.models.design.periods import in_periods
from alliance_modes.models.design.smooth import smooth_of
from alliance_modes.models.effects.competing import EndHazard, People, Setting, incidence_of, people_of
from alliance_modes.models.effects.hazard import hazard_effects
from alliance_modes.models.engine.distributions import CLOGLOG
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.inference.explained import mean_random_variance
from alliance_modes.models.inference.inference import Counts, working_refit
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.result import Estimate, FitResult, ModelResult
from alliance_modes.plan.default import default_predictors
from alliance_modes.plan.parts import estimates_part, model_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PlannedModel

pytestmark = pytest.mark.slow

TRUTH = Hazards(removed=-4.6, administrative=-6.5)
SAME = Setting()
PREDICTORS = {
    **default_predictors(),
    "risk": default_predictors()["risk_score"].model_copy(update={"split": False, "pooled_below": None}),
}


def _plan(**changes) -> Plan:
    """The default models of drop-out, with risk as the only covariate."""
    plan = Plan(draws=200, predictors=PREDICTORS)
    models = {
        name: model.model_copy(
            update={
                "formula": model.formula.replace("mandated + risk_score + readiness + needs", "risk"),
                **changes,
            }
        )
        for name, model in plan.models.items()
        if name.startswith("dropout")
    }
    return plan.model_copy(update={"models": models})


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return person_periods(TRUTH, seed=4)


@pytest.fixture(scope="module")
def results(sessions: pd.DataFrame) -> dict[str, ModelResult]:
    plan = _plan()
    return {name: fit_model(model_task(plan, name), {"session": sessions}) for name in plan.models}


def row(fit: FitResult, term: str, estimand: str = "coefficient") -> Estimate:
    (found,) = (one for one in fit.estimates if (one.term, one.estimand) == (term, estimand))
    return found


def _design(table: pd.DataFrame, model: PlannedModel, end: int = 0) -> Design:
    design = build_design(table, model, model.outcomes[end], PREDICTORS)
    assert isinstance(design, Design)
    return design


def test_known_hazard_ratios_come_back(results: dict[str, ModelResult]) -> None:
    fit = results["dropout"].fits[0]
    for term, truth in (*zip(MODES, TRUTH.modes, strict=True), ("unrepaired_rupture", TRUTH.unrepaired)):
        found, ratio = row(fit, term), row(fit, term, "hazard_ratio")
        assert abs(found.estimate - truth) < 2.6 * found.se, term
        assert ratio.estimate == pytest.approx(np.exp(found.estimate))
        assert ratio.ci_low == pytest.approx(np.exp(found.ci_low))
    assert row(fit, "unrepaired_rupture").se < 0.15
    planned = {part.grouping: part for part in fit.variances if part.source == "fitted"}
    assert np.sqrt(planned["practitioner"].variance) == pytest.approx(TRUTH.practitioner_sd, abs=0.12)
    assert planned["residual"].variance == pytest.approx(np.pi**2 / 6)


def test_df_are_capped_and_no_ratio_is_given_for_a_spline(results: dict[str, ModelResult]) -> None:
    fit = results["dropout"].fits[0]
    cap = TRUTH.practitioners - 3 - 1
    assert all(one.df <= cap for one in fit.estimates if one.estimand == "coefficient")
    assert {one.term for one in fit.estimates if one.estimand == "hazard_ratio"} == {
        *MODES,
        "unrepaired_rupture",
        "risk",
    }


def test_a_lone_tested_predictor_is_the_test_of_its_outcome(results: dict[str, ModelResult]) -> None:
    estimates = collect(results.values(), estimates_part(_plan())).estimates
    estimates = estimates.set_index(["model", "outcome", "term", "estimand"])
    lone = estimates.loc[("dropout", "dropped_out", "unrepaired_rupture", "coefficient")]
    assert lone["family"] == "primary" and lone["p_adjusted"] == pytest.approx(lone["p"])
    joint = estimates.loc[("dropout_modes", "dropped_out", "modes (joint)", "joint_test")]
    assert joint["family"] == "secondary" and joint["p_adjusted"] == pytest.approx(joint["p"])
    covariate = estimates.loc[("dropout", "dropped_out", "engagement", "coefficient")]
    assert covariate["family"] == "covariate"


def test_ends_with_too_few_events_are_held_and_said(results: dict[str, ModelResult]) -> None:
    fits = {fit.outcome: fit for fit in results["dropout_modes"].fits}
    few = fits["administrative"]
    assert few.status == "not_estimated" and "events for 8 coefficients; at least 40" in few.reason
    assert fits["removed"].status in ("ok", "singular")
    check = next(one for one in fits["dropped_out"].diagnostics if one.check.startswith("each competing end"))
    assert check.result == "fail" and check.detail.startswith("administrative is held at")
    assert "removed" not in check.detail


def test_points_are_a_difference_of_curves_that_compete(results: dict[str, ModelResult]) -> None:
    fit = results["dropout_modes"].fits[0]
    curves = {(one.end, one.term, one.value): one.points for one in fit.incidences}
    for mode in MODES:
        points = row(fit, mode, "percentage_points")
        high, none = curves[("dropped_out", mode, 1.0)], curves[("dropped_out", mode, 0.0)]
        assert points.estimate == pytest.approx(100 * (high[-1].estimate - none[-1].estimate))
        assert points.ci_low < points.estimate < points.ci_high
        assert np.sign(points.estimate) == np.sign(row(fit, mode).estimate)
    ends = [curves[(end, "", None)] for end in ENDS]
    assert sum(course[-1].estimate for course in ends) < 1.0
    for course in ends:
        assert course[0].estimate == 0.0 and len(course) == TRUTH.sessions
        assert all(a.estimate <= b.estimate for a, b in pairwise(course))


def test_unrepaired_rupture_is_among_those_still_enrolled(results: dict[str, ModelResult]) -> None:
    fit = results["dropout"].fits[0]
    points = row(fit, "unrepaired_rupture", "percentage_points")
    curves = {one.value: one.points for one in fit.incidences if one.term == "unrepaired_rupture"}
    landmark = PlannedModel.model_fields["landmark"].default
    assert curves[1.0][landmark].estimate == pytest.approx(curves[0.0][landmark].estimate)
    difference = 100 * (curves[1.0][-1].estimate - curves[0.0][-1].estimate)
    assert points.estimate > difference > 0
    assert "still enrolled after session 6" in points.unit


def test_incidence_from_all_causes_is_that_of_aalen_and_johansen() -> None:
    """No covariates, three ends of their own course: the model's curves and the observed ones."""
    truth = Hazards(
        enrolments=6000, modes=(0.0, 0.0, 0.0), risk=0.0, unrepaired=0.0, practitioner_sd=0.0, early=0.5,
        removed=-4.0, administrative=-3.7,
    )  # fmt: skip
    table = person_periods(truth, seed=9)
    model = _plan(formula="session", tested=()).models["dropout_modes"]
    hazards = []
    for place, end in enumerate(ENDS):
        design = _design(table, model, place)
        fit = fit_mixed(design.frame, OUTCOME, design.fixed, (), CLOGLOG)
        hazards.append(EndHazard(end, design, fit.names, fit.beta, 0.0))
    people = people_of(hazards[0].design)
    assert isinstance(people, People)
    observed = cumulative_incidence(*last_sessions(table), (*ENDS, "completed"))
    for name in ENDS:
        (modelled,), _ = incidence_of(hazards, name, people, Setting())
        for session in (4, 8, 13):
            share, low, high = observed[name].at(session)
            assert modelled[session] == pytest.approx(share, abs=0.01)
            assert low - 0.004 < modelled[session] < high + 0.004
    alone = 1 - np.prod(1 - _life_table(table, "ended_dropped_out"))
    assert alone > observed["dropped_out"].at(13)[0] + 0.05


def _life_table(table: pd.DataFrame, column: str) -> np.ndarray:
    at_risk = table[table["at_risk"]]
    return at_risk.groupby("session_no")[column].mean().to_numpy()


def test_random_effects_are_averaged_over_and_not_set_to_zero() -> None:
    truth = Hazards(
        enrolments=5000, practitioners=250, groups=250, practitioner_sd=1.0, modes=(0.0, 0.0, 0.0), risk=0.0,
        unrepaired=0.0,
    )  # fmt: skip
    table = person_periods(truth, seed=2)
    model = _plan(formula="session", tested=(), random=("practitioner",)).models["dropout_modes"]
    design = _design(table, model)
    fit = fit_mixed(design.frame, OUTCOME, design.fixed, design.groupings, CLOGLOG)
    spread = float(np.sqrt(fit.covariances[0].covariance[0, 0]))
    people = people_of(design)
    assert isinstance(people, People)
    shares = [
        incidence_of(
            [EndHazard("dropped_out", design, fit.names, fit.beta, sd)], "dropped_out", people, SAME
        )[0]
        for sd in (0.0, spread)
    ]
    observed = cumulative_incidence(*last_sessions(table), (*ENDS, "completed"))
    left = 1 - observed["removed"].at(13)[0] - observed["administrative"].at(13)[0]
    share = observed["dropped_out"].at(13)[0]
    averaged, typical = shares[1][0, -1], shares[0][0, -1]
    assert share < averaged < share / left
    assert typical < averaged - 0.02


def test_counted_sessions_have_the_likelihood_of_single_ones(sessions: pd.DataFrame) -> None:
    """With the same baseline, constant within periods, nothing is lost."""
    design = _design(sessions, _plan().models["dropout"])
    counted = in_periods(design, largest=len(design.frame) * 6 // 10)
    (steps,) = counted.smooths
    assert len(counted.frame) <= len(design.frame) * 6 // 10
    assert counted.observations == len(design.frame)
    assert counted.frame[OUTCOME].sum() == design.frame[OUTCOME].sum()
    single = design.frame.copy()
    single[list(steps.names)] = steps.at(single["session_no"].to_numpy())
    one = fit_mixed(single, OUTCOME, design.fixed, design.groupings, CLOGLOG)
    many = fit_mixed(counted.frame, counted.response, counted.fixed, counted.groupings, CLOGLOG)
    np.testing.assert_allclose(many.beta, one.beta, atol=2e-6)
    np.testing.assert_allclose(many.se, one.se, rtol=1e-4)
    trials, events = counted.frame[TRIALS], counted.frame[OUTCOME]
    orders = gammaln(trials + 1) - gammaln(events + 1) - gammaln(trials - events + 1)
    assert many.loglik - orders.sum() == pytest.approx(one.loglik, abs=1e-3)

    by_session = working_refit(one, single, design.fixed, design.groupings)
    taken_apart = working_refit(
        many, counted.frame, counted.fixed, counted.groupings, Counts(counted.trials, sessions=True)
    )
    assert taken_apart.nobs == len(single)
    assert taken_apart.dispersion == pytest.approx(by_session.dispersion, rel=1e-4)
    np.testing.assert_allclose(taken_apart.se, by_session.se, rtol=1e-4)
    np.testing.assert_allclose(taken_apart.df, by_session.df, rtol=1e-2)


def test_counted_sessions_are_close_where_the_hazard_changes_within_periods(sessions: pd.DataFrame) -> None:
    design = _design(sessions, _plan().models["dropout"])
    counted = in_periods(design, largest=len(design.frame) * 6 // 10)
    one = fit_mixed(design.frame, OUTCOME, design.fixed, design.groupings, CLOGLOG)
    many = fit_mixed(counted.frame, counted.response, counted.fixed, counted.groupings, CLOGLOG)
    effects = np.array([not name.startswith(("session", "(")) for name in one.names])
    apart = np.abs(many.beta - one.beta) / one.se
    assert apart[effects].max() < 0.05
    np.testing.assert_allclose(many.se[effects], one.se[effects], rtol=0.03)


def test_sessions_counted_together_are_said(sessions: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = _plan()
    monkeypatch.setattr("alliance_modes.models.design.periods.LARGEST", 5_000)
    fit = fit_model(model_task(plan, "dropout"), {"session": sessions}).fits[0]
    assert "sessions counted together in" in fit.reason
    (rule,) = (one for one in fit.diagnostics if one.check == "standard errors for few practitioners")
    assert "take the variances as known" in rule.detail
    design = in_periods(_design(sessions, plan.models["dropout"]))
    known = fit_mixed(design.frame, design.response, design.fixed, design.groupings, CLOGLOG, quick=True)
    joint = fit_mixed(design.frame, design.response, design.fixed, design.groupings, CLOGLOG)
    np.testing.assert_allclose(known.se, joint.se, rtol=0.05)
    assert fit.n == int(sessions["at_risk"].sum())
    assert row(fit, "unrepaired_rupture", "percentage_points").estimate > 0


def test_a_state_that_changes_parts_a_period(sessions: pd.DataFrame) -> None:
    design = _design(sessions, _plan().models["dropout"])
    counted = in_periods(design, largest=len(design.frame) * 6 // 10)
    totals = counted.frame.groupby("unrepaired_before")[TRIALS].sum()
    assert totals.to_dict() == design.frame["unrepaired_before"].value_counts().to_dict()


def test_a_cohort_without_ruptures_is_not_run(sessions: pd.DataFrame) -> None:
    unknown = sessions.assign(unrepaired_before=pd.array([pd.NA] * len(sessions), dtype="Int64"))
    result = fit_model(model_task(_plan(), "dropout"), {"session": unknown})
    assert result.status == "not_run" and "unrepaired_before" in result.reason


def test_spline_is_natural_and_uncorrelated() -> None:
    values = np.repeat(np.arange(1.0, 25.0), np.arange(24, 0, -1))
    smooth = smooth_of(values, "session_no", "session", 3)
    columns = smooth.at(values)
    np.testing.assert_allclose(columns.T @ columns / len(values), np.eye(3), atol=1e-9)
    np.testing.assert_allclose(columns.mean(axis=0), 0.0, atol=1e-9)
    knots = np.array(smooth.knots)
    natural = CubicSpline(knots, np.sin(knots), bc_type="natural")
    inside = np.linspace(knots[0], knots[-1], 200)
    design = np.column_stack([np.ones(200), smooth.at(inside)])
    _, remainder, *_ = np.linalg.lstsq(design, natural(inside), rcond=None)
    assert remainder[0] < 1e-18
    beyond = smooth.at(np.array([30.0, 40.0, 50.0]))
    np.testing.assert_allclose(beyond[2] - beyond[1], beyond[1] - beyond[0], atol=1e-9)


def test_spline_of_two_values_is_a_straight_line() -> None:
    assert smooth_of(np.array([1.0, 2.0, 2.0]), "session_no", "session", 3).names == ("session_smooth_1",)


def test_the_interval_of_the_whole_cohort_is_that_of_the_delta_method(sessions: pd.DataFrame) -> None:
    """By hand: gradients of log(-log(1 - F)) in each coefficient of each end, with the rule's covariances."""
    model = _plan().models["dropout_modes"]
    found = {one.name: estimate_outcome(PREDICTORS, model, one, sessions) for one in model.outcomes[:2]}
    fits = {name: one for name, one in found.items() if isinstance(one, Estimated)}
    assert list(fits) == ["dropped_out", "removed"]
    hazards = []
    for name, one in fits.items():
        spread = sum(mean_random_variance(g, one.design.frame) for g in one.structure.fit.covariances)
        known = (one.inference.names, one.inference.beta, float(np.sqrt(spread)))
        hazards.append(EndHazard(name, one.design, *known))
    people = people_of(fits["dropped_out"].design)
    assert isinstance(people, People)

    def on_scale(place: int, k: int, step: float) -> float:
        betas = [hazard.beta[None, :].copy() for hazard in hazards]
        betas[place][0, k] += step
        return float(np.log(-np.log1p(-incidence_of(hazards, "dropped_out", people, SAME, betas)[0][0, -1])))

    variance = 0.0
    for place, one in enumerate(fits.values()):
        ks = range(len(one.inference.beta))
        gradient = np.array([(on_scale(place, k, 1e-4) - on_scale(place, k, -1e-4)) / 2e-4 for k in ks])
        variance += gradient @ one.inference.vcov @ gradient
    reach = stats.t.ppf(0.975, fits["dropped_out"].inference.df.max()) * np.sqrt(variance)
    centre = on_scale(0, 0, 0.0)
    expected = [float(-np.expm1(-np.exp(centre + side * reach))) for side in (-1, 1)]
    made = hazard_effects(found, "dropped_out", fits["dropped_out"], 6, 2000, [1])
    last = next(one for one in made.incidences if one.end == "dropped_out" and not one.term).points[-1]
    assert (last.ci_low, last.ci_high) == pytest.approx(expected, rel=0.03)
