"""Percentage points and curves against brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm
from simulated_tables import Truth, enrolment_table

from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import Design
from alliance_modes.models.effects.marginal import MarginalEffects, averaged_mean
from alliance_modes.models.engine.fit import GroupCovariance
from alliance_modes.models.engine.links import COMPLEMENTARY_LOG_LOG, LOGIT, Link
from alliance_modes.models.inference.inference import Inference
from alliance_modes.plan.plan import Plan

RANDOM_SD = 0.8
DRAWS = 4000


@pytest.fixture(scope="module")
def design() -> Design:
    plan = Plan()
    model = plan.models["completion"]
    table = enrolment_table(Truth(practitioners=30, groups=60, enrolments=400), seed=3)
    found = build_design(table, model, model.outcomes[0], plan.predictors)
    assert isinstance(found, Design)
    return found


def inference_of(design: Design, df: float = 1e6) -> Inference:
    names = ("(Intercept)", *design.fixed)
    beta = np.zeros(len(names))
    beta[:4] = (0.4, -0.1, 0.5, 0.2)
    beta[names.index("mandated_within")] = -0.6
    se = np.full(len(names), 0.12)
    return Inference(names, beta, se, np.full(len(names), df), np.diag(se**2))


def column_of(design: Design, name: str):
    return next(column for column in design.columns if column.name == name)


@pytest.mark.parametrize("link", [LOGIT, COMPLEMENTARY_LOG_LOG])
def test_mean_over_random_effects_is_the_integral(link: Link) -> None:
    mean = averaged_mean(link, RANDOM_SD, -6.0, 6.0)
    for eta in (-3.3, -0.4, 0.0, 1.234, 4.0):
        exact = quad(lambda u, eta=eta: link.mean(np.asarray(eta + RANDOM_SD * u)) * norm.pdf(u), -9, 9)[0]
        assert mean(np.array([eta]))[0] == pytest.approx(exact, abs=2e-6)


def test_percentage_points_of_a_mode_by_brute_force(design: Design) -> None:
    inference = inference_of(design)
    found = MarginalEffects(design, inference, LOGIT, RANDOM_SD, DRAWS, 1).percentage_points(
        column_of(design, "engagement_z")
    )
    random = RANDOM_SD * np.random.default_rng(0).normal(size=20_000)
    eta = design.matrix() @ inference.beta
    by_hand = 100 * np.mean([np.mean(expit(one + 0.5 + random) - expit(one + random)) for one in eta])
    assert found.estimate == pytest.approx(by_hand, abs=0.1)
    assert found.low < found.estimate < found.high


@pytest.fixture(scope="module")
def moderated() -> Design:
    plan = Plan()
    model = plan.models["completion_moderation"]
    table = enrolment_table(Truth(practitioners=30, groups=60, enrolments=300), seed=3)
    found = build_design(table, model, model.outcomes[0], plan.predictors)
    assert isinstance(found, Design)
    return found


def chance(predictor: np.ndarray, spread: np.ndarray) -> float:
    """Mean chance over rows and over random effects of each row's own SD, by quadrature of 101 nodes."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(101)
    return float((expit(predictor[:, None] + spread[:, None] * nodes) @ (weights / weights.sum())).mean())


def test_a_product_is_a_difference_of_two_effects_with_slopes_row_by_row(moderated: Design) -> None:
    """By hand: a mode at + 1 SD less as observed, in all as mandated less in all as voluntary."""
    names = ("(Intercept)", *moderated.fixed)
    values = {
        "(Intercept)": 0.4,
        "engagement_z": 0.5,
        "mandated_within": -0.6,
        "engagement_z_x_mandated_within": 0.3,
        "engagement_z_x_risk_score_z_within": -0.2,
    }
    beta = np.array([values.get(name, 0.0) for name in names])
    inference = Inference(
        names, beta, np.full(len(names), 0.05), np.full(len(names), 30.0), np.eye(len(names)) / 400
    )
    sigma = np.array([[0.3, 0.1, 0.0], [0.1, 0.5, 0.0], [0.0, 0.0, 0.2]])
    slopes = ("mandated_within", "risk_score_z_within")
    group = GroupCovariance("practitioner", ("(Intercept)", *slopes), sigma, (False,) * 3)
    effects = MarginalEffects(moderated, inference, LOGIT, 0.4, 200, 1, varying=(group,))
    frame = moderated.frame

    def at(more: float, mandated: float) -> float:
        changed = frame.assign(engagement_z=frame["engagement_z"] + more)
        changed["mandated_within"] = mandated - frame["mandated_between"]
        for part in slopes:
            changed[f"engagement_z_x_{part}"] = changed["engagement_z"] * changed[part]
        eta = np.column_stack([np.ones(len(frame)), changed[list(moderated.fixed)].to_numpy()]) @ beta
        z = np.column_stack([np.ones(len(frame)), changed[list(slopes)].to_numpy()])
        return chance(eta, np.sqrt(0.16 + ((z @ sigma) * z).sum(axis=1)))

    by_hand = 100 * ((at(1, 1) - at(0, 1)) - (at(1, 0) - at(0, 0)))
    product = effects.percentage_points(column_of(moderated, "engagement_z_x_mandated_within"))
    assert product.estimate == pytest.approx(by_hand, abs=2e-3)
    assert product.low < product.estimate < product.high
    alone = effects.percentage_points(column_of(moderated, "mandated_within"))
    assert alone.estimate == pytest.approx(100 * (at(0, 1) - at(0, 0)), abs=2e-3)


def test_a_share_moves_from_none_to_all_and_a_count_stays_below_its_largest(moderated: Design) -> None:
    """By hand: nobody can be led by a practitioner with 135 % mandated clients, or have 7 needs of 6."""
    top = (moderated.frame["needs"] == 5).to_numpy()
    six = {name: moderated.frame[name] + top for name in ("needs", "needs_within")}
    moderated = replace(moderated, frame=moderated.frame.assign(**six))
    assert top.any()
    names = ("(Intercept)", *moderated.fixed)
    values = {"(Intercept)": 0.2, "mandated_between": 1.4, "needs_within": 0.3}
    beta = np.array([values.get(name, 0.0) for name in names])
    many = len(names)
    inference = Inference(names, beta, np.full(many, 0.05), np.full(many, 30.0), np.eye(many) / 400)
    effects = MarginalEffects(moderated, inference, LOGIT, 0.4, 200, 1)
    frame, spread = moderated.frame, np.full(len(moderated.frame), 0.4)
    at = moderated.matrix() @ beta
    share = frame["mandated_between"].to_numpy()
    none, all_of_them = (chance(at + 1.4 * (value - share), spread) for value in (0.0, 1.0))
    found = effects.percentage_points(column_of(moderated, "mandated_between"))
    assert found.estimate == pytest.approx(100 * (all_of_them - none), abs=2e-3)
    more = chance(at + 0.3 * ~top, spread) - chance(at - 0.3 * top, spread)
    found = effects.percentage_points(column_of(moderated, "needs_within"))
    assert found.estimate == pytest.approx(100 * more, abs=2e-3)


@pytest.mark.slow
def test_interval_is_that_of_the_coefficient_where_the_effect_is_steady(design: Design) -> None:
    """With one uncertain coefficient the effect is monotone in it: its limits map onto the interval's."""
    inference = inference_of(design)
    place = inference.place("engagement_z")
    se = np.zeros(len(inference.names))
    se[place] = 0.2
    for df in (1e6, 8.0):
        alone = Inference(inference.names, inference.beta, se, np.full(len(se), df), np.diag(se**2))
        found = MarginalEffects(design, alone, LOGIT, RANDOM_SD, 40_000, 2).percentage_points(
            column_of(design, "engagement_z")
        )
        for limit, got in zip(alone.interval(), (found.low, found.high), strict=True):
            beta = inference.beta.copy()
            beta[place] = limit[place]
            moved = Inference(inference.names, beta, se, alone.df, np.zeros((len(se), len(se))))
            at_limit = MarginalEffects(design, moved, LOGIT, RANDOM_SD, 10, 2).percentage_points(
                column_of(design, "engagement_z")
            )
            assert got == pytest.approx(at_limit.estimate, abs=0.35)


def test_few_df_widen_the_interval(design: Design) -> None:
    column = column_of(design, "engagement_z")
    wide, narrow = (
        MarginalEffects(design, inference_of(design, df), LOGIT, RANDOM_SD, DRAWS, 1).percentage_points(
            column
        )
        for df in (5.0, 1e6)
    )
    assert wide.high - wide.low > 1.15 * (narrow.high - narrow.low)


def test_a_binary_predictor_compares_all_with_none(design: Design) -> None:
    inference = inference_of(design)
    column = column_of(design, "mandated_within")
    assert column.binary == "mandated"
    found = MarginalEffects(design, inference, LOGIT, 0.0, 500, 1).percentage_points(column)
    eta = design.matrix() @ inference.beta
    mandated = design.frame["mandated"].to_numpy()
    by_hand = 100 * np.mean(expit(eta - 0.6 * (1 - mandated)) - expit(eta + 0.6 * mandated))
    assert found.estimate == pytest.approx(by_hand, abs=1e-3)


def test_curve_is_in_raw_units_and_passes_through_the_model(design: Design) -> None:
    inference = inference_of(design)
    effects = MarginalEffects(design, inference, LOGIT, RANDOM_SD, 1000, 1)
    curve = effects.curve(column_of(design, "engagement_z"), "engagement", "Engagement mode")
    raw = design.frame["engagement"].to_numpy()
    assert (curve.points[0].x, curve.points[-1].x) == (raw.min(), raw.max())
    assert curve.term == "engagement"
    middle = curve.points[8]
    slope = np.polyfit(raw, design.frame["engagement_z"].to_numpy(), 1)
    eta = design.matrix() @ inference.beta
    eta += 0.5 * (np.polyval(slope, middle.x) - design.frame["engagement_z"].to_numpy())
    mean = averaged_mean(LOGIT, RANDOM_SD, -12.0, 12.0)
    assert middle.estimate == pytest.approx(float(mean(eta).mean()), abs=1e-6)
    assert all(point.ci_low < point.estimate < point.ci_high for point in curve.points)
    estimates = [point.estimate for point in curve.points]
    assert estimates == sorted(estimates)


def test_same_seed_same_interval(design: Design) -> None:
    column = column_of(design, "engagement_z")
    first, second, other = (
        MarginalEffects(design, inference_of(design), LOGIT, RANDOM_SD, 500, seed).percentage_points(column)
        for seed in (1, 1, 2)
    )
    assert first == second and first != other


def test_draws_over_some_of_many_rows_have_the_width_of_draws_over_all(
    design: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the estimate is over all of them, also where those drawn on are unlike the others."""
    column, inference = column_of(design, "mandated_within"), inference_of(design)
    every = MarginalEffects(design, inference, LOGIT, RANDOM_SD, DRAWS, 1).percentage_points(column)
    monkeypatch.setattr("alliance_modes.models.effects.marginal.ROWS_PER_DRAW", 80)
    some = MarginalEffects(design, inference, LOGIT, RANDOM_SD, DRAWS, 1).percentage_points(column)
    assert some.estimate == every.estimate
    assert some.se == pytest.approx(every.se, rel=0.05)
    assert (some.low, some.high) == pytest.approx((every.low, every.high), rel=0.05)
    monkeypatch.setattr("alliance_modes.models.effects.marginal.ROWS_PER_DRAW", len(design.frame))
    same = MarginalEffects(design, inference, LOGIT, RANDOM_SD, DRAWS, 1).percentage_points(column)
    assert same == every
