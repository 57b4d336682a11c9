"""Outcomes drawn from a known truth, and what is counted of the fits to them: brute force and formulas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from relation_tables import one_grouping, sessions_of_practitioners
from scipy import stats
from scipy.special import expit
from simulated_tables import Truth, enrolment_table

from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.effects.detectable import chance_of_finding, detectable_difference
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.plan.plan import Plan
from alliance_modes.power.answers import Answer, Family, answers, in_turn
from alliance_modes.power.injected import Injected, Varying, effect_columns, injected_of, rows_of
from alliance_modes.power.rates import calculated_power, detectable, rates
from alliance_modes.power.told import told

ONE_MODE = one_grouping(Plan(), "engagement", "educative", ("educative",))
ALONE = Family("primary", 1)


def balanced(practitioners: int) -> tuple[Design, Injected]:
    """Ten sessions of each practitioner, a mode, and a truth with SDs of .3 between and .5 within them."""
    model = ONE_MODE.models["engagement"]
    table = sessions_of_practitioners(1, practitioners)
    found = estimate_outcome(ONE_MODE.predictors, model, model.outcomes[0], table)
    assert isinstance(found, Estimated)
    injected = injected_of(found.design, found.structure.fit)
    varying = {"practitioner": Varying(("(Intercept)",), np.array([[0.09]]))}
    return found.design, replace(injected, varying=varying, dispersion=0.25)


def test_drawn_outcomes_have_the_mean_and_the_covariance_of_their_truth():
    design, injected = balanced(12)
    injected = injected.with_effects({"(Intercept)": 3.0, "educative_z": 0.4})
    rng, rows = np.random.default_rng(7), rows_of(design)
    drawn = np.column_stack([injected.outcomes(rows, rng) for _ in range(2000)])
    expected = 3.0 + 0.4 * design.frame["educative_z"].to_numpy()
    assert drawn.mean(axis=1) == pytest.approx(expected, abs=0.05)
    covariance = np.cov(drawn[:20])  # two practitioners
    same = np.kron(np.eye(2), np.ones((10, 10)))
    assert covariance == pytest.approx(0.09 * same + 0.25 * np.eye(20), abs=0.05)


def test_a_slope_varies_over_the_levels_of_its_grouping_and_an_absent_grouping_adds_nothing():
    design, injected = balanced(12)
    frame = design.frame.assign(time=np.tile(np.arange(10.0), 12))
    design = replace(design, frame=frame)
    covariance = np.array([[0.04, -0.01], [-0.01, 0.02]])
    varying = {
        "practitioner": Varying(("(Intercept)", "time"), covariance),
        "site": Varying(("(Intercept)",), np.array([[5.0]])),
    }
    injected = replace(injected, varying=varying, dispersion=1e-12)
    rng, rows = np.random.default_rng(8), rows_of(design)
    drawn = np.column_stack([injected.outcomes(rows, rng)[:10] for _ in range(2000)])
    values = np.column_stack([np.ones(10), np.arange(10.0)])
    assert np.cov(drawn) == pytest.approx(values @ covariance @ values.T, abs=0.15)
    assert injected.random_variance(rows) == pytest.approx(np.diag(values @ covariance @ values.T).mean())
    wider = varying["practitioner"].with_intercept(0.16).covariance
    assert wider == pytest.approx(np.array([[0.16, -0.02], [-0.02, 0.02]]))
    assert Varying(("(Intercept)",), np.zeros((1, 1))).with_intercept(0.3).intercept == 0.3


def test_percentage_points_are_those_of_many_random_effects_and_lead_back_to_the_coefficient():
    plan = Plan()
    model = plan.models["completion"]
    table = enrolment_table(Truth(), 3)
    table = table.assign(completed=np.random.default_rng(3).random(len(table)) < 0.6)
    for name in ("mandated", "needs", "risk_score_z", "readiness_z"):
        mean = table[name].astype(float).groupby(table["practitioner_id"]).transform("mean")
        table = table.assign(**{f"{name}_between": mean, f"{name}_within": table[name].astype(float) - mean})
    design = build_design(table, model, model.outcomes[0], plan.predictors)
    assert isinstance(design, Design)
    family = family_of(model.family)
    varying = {name: Varying(("(Intercept)",), np.array([[0.3]])) for name in ("practitioner", "group")}
    injected = Injected({"(Intercept)": 0.4, "needs_within": -0.2}, varying, 1.0, family.distribution)
    telling = told(design, injected, family, model, model.outcomes[0], "engagement_z")
    rng = np.random.default_rng(4)
    eta = injected.fixed_part(rows_of(design)) + 0.5 * design.frame["engagement_z"].to_numpy()
    away = np.sqrt(0.6) * rng.standard_normal((len(eta), 3000))
    by_hand = 100.0 * (expit(eta[:, None] + 0.5 + away) - expit(eta[:, None] + away)).mean()
    assert telling.estimand == "percentage_points"
    assert telling.number(0.5) == pytest.approx(by_hand, abs=0.03)
    assert telling.coefficient(telling.number(0.5)) == pytest.approx(0.5, abs=1e-9)
    assert telling.coefficient(99.0) is None


def test_standardised_numbers_divide_by_the_sd_of_the_outcome():
    design, injected = balanced(12)
    model = ONE_MODE.models["engagement"]
    telling = told(design, injected, family_of("linear"), model, model.outcomes[0], "educative_z")
    spread = design.frame[OUTCOME].std(ddof=1)
    assert telling.number(0.3) == pytest.approx(0.3 / spread)
    assert telling.coefficient(0.2) == pytest.approx(0.2 * spread)
    assert telling.half_width(0.1, 0.3) == pytest.approx(0.3 / spread)


def test_the_chance_of_finding_is_the_level_of_the_test_without_an_effect_and_inverts_the_detectable_one():
    for df in (4.0, 12.0, 80.0):
        assert chance_of_finding(0.0, 2.0, df) == pytest.approx(0.05)
        at = detectable_difference(2.0, df)
        assert chance_of_finding(at, 2.0, df) == pytest.approx(0.8, abs=2e-3)
        assert chance_of_finding(-at, 2.0, df) == chance_of_finding(at, 2.0, df)


def an_answer(draw: int, truth: float, p: float, structure: int = 0, claimed: bool = False) -> Answer:
    return Answer(structure, draw, "a", truth, 0.5, 1.0, 10.0, p, 0.5 * p, -0.1, 0.6, claimed)


def test_shares_are_counted_where_they_are_asked_for_and_their_errors_allow_for_draws_of_the_same_people():
    there = [an_answer(draw, 0.5, p, claimed=p < 0.02) for draw, p in enumerate([0.01, 0.03, 0.2, 0.6])]
    absent = [an_answer(10 + draw, 0.0, p) for draw, p in enumerate([0.04, 0.3, 0.08, 0.5, 0.9])]
    found = rates([*there, *absent])
    assert (found.power.value, found.power.out_of) == (0.5, 4)
    assert found.claim.value == 0.25 and found.type_one.value == 0.2 and found.type_one_plain.value == 0.4
    assert found.coverage.value == 1.0 and found.bias.value == 0.0
    assert found.power.error == pytest.approx(np.sqrt(0.5 * 0.5 / 3))
    assert found.coverage.error == pytest.approx(np.sqrt((11 / 13) * (2 / 13) / 9))
    apart = rates(
        [an_answer(draw, 0.5, 0.01 if draw < 20 else 0.5, structure=draw // 10) for draw in range(40)]
    )
    assert apart.power.error == pytest.approx(np.sqrt(4 * 5.0**2 * 4 / 3) / 40)
    assert rates(absent).power is None and rates([]).coverage is None


def test_calculated_power_is_the_mean_over_answers_and_leads_back_to_the_detectable_effect():
    mixed = [
        replace(an_answer(0, 0.5, 0.1), se=se, df=df) for se, df in ((0.2, 8.0), (0.3, 20.0), (0.1, 40.0))
    ]
    by_hand = np.mean([chance_of_finding(0.5, one.se, one.df) for one in mixed])
    assert calculated_power(mixed, 0.5) == pytest.approx(by_hand)
    assert calculated_power(mixed, detectable(mixed)) == pytest.approx(0.8, abs=1e-6)


def test_each_draw_has_its_own_stream_and_effects_stand_in_turn():
    assert in_turn(["a", "b"], 5) == (None, "a", "b", None, "a")
    design, injected = balanced(12)
    model = ONE_MODE.models["engagement"]
    draws = [(0, None, 0.0), (1, "educative_z", 0.3), (2, "educative_z", 0.3)]
    every = list(answers(design, model, ALONE, injected, draws, [5]))
    last = list(answers(design, model, ALONE, injected, draws[2:], [5]))
    assert [one.truth for one in every] == [0.0, 0.3, 0.3]
    assert every[2] == last[0] and every[1] != replace(every[2], draw=1)
    assert not any(one.claimed for one in every)  # 12 practitioners


def test_a_draw_that_cannot_be_fitted_is_no_answer():
    design, injected = balanced(12)
    design = replace(design, clusters={"practitioner": 3})
    (one,) = answers(design, ONE_MODE.models["engagement"], ALONE, injected, [(0, None, 0.0)], [5])
    assert one is None


@pytest.mark.slow
def test_power_and_errors_of_one_cell_are_those_of_the_exact_t_test_and_z_errs_as_it_must():
    """Balanced: the test of a practitioner's column is that of the regression of the practitioners' means."""
    practitioners, effect, draws = 12, 0.25, 800
    design, injected = balanced(practitioners)
    turns = [
        (draw, name, effect if name else 0.0) for draw, name in enumerate(in_turn(["educative_z"], draws))
    ]
    found = [
        one for one in answers(design, ONE_MODE.models["engagement"], ALONE, injected, turns, [6]) if one
    ]
    values = design.frame.drop_duplicates("practitioner_id")["educative_z"].to_numpy()
    se = np.sqrt((0.09 + 0.25 / 10) / ((values - values.mean()) ** 2).sum())
    df = practitioners - 2
    needed = stats.t.ppf(0.975, df)
    exact = stats.nct.sf(needed, df, effect / se) + stats.nct.cdf(-needed, df, effect / se)
    by_z = 2.0 * stats.t.sf(stats.norm.ppf(0.975), df)
    counted = rates(found)
    assert len(found) == draws
    assert abs(counted.power.value - exact) < 3 * counted.power.error
    assert abs(counted.type_one.value - 0.05) < 3 * counted.type_one.error
    assert abs(counted.type_one_plain.value - by_z) < 3 * counted.type_one_plain.error
    assert counted.type_one_plain.value > counted.type_one.value
    assert abs(counted.coverage.value - 0.95) < 3 * counted.coverage.error
    assert abs(counted.bias.value) < 3 * counted.bias.error
    assert calculated_power(found, effect) == pytest.approx(exact, abs=0.05)


def test_what_effects_are_put_into_is_tested_and_the_same_for_all_clients_of_a_practitioner():
    design, _ = balanced(12)
    assert [one.name for one in effect_columns(design)] == ["educative_z"]
    within = tuple(replace(one, practitioner_level=False) for one in design.columns)
    assert effect_columns(replace(design, columns=within)) == ()
