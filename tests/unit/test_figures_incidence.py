"""Cumulative incidence: by hand, against binomial proportions, and against Kaplan-Meier."""

import numpy as np
import pytest

from alliance_modes.ground.errors import ModelError
from alliance_modes.measurement.incidence import CENSORED, cumulative_incidence

HAND_TIME = [1, 2, 2, 3, 4]
HAND_END = ["left", "removed", CENSORED, "left", CENSORED]


def test_by_hand_with_a_competing_end_and_censoring():
    curves = cumulative_incidence(HAND_TIME, HAND_END, ["left", "removed"])
    left, removed = curves["left"], curves["removed"]
    assert left.time == (0.0, 1.0, 2.0, 3.0)
    assert left.at_risk == (5, 5, 4, 2)
    assert left.incidence == pytest.approx((0, 0.2, 0.2, 0.5))
    assert removed.incidence == pytest.approx((0, 0, 0.2, 0.2))
    # .0045 + .032 - .024 (first step), .0075 (second), .045 (third)
    assert left.se[-1] ** 2 == pytest.approx(0.065)
    assert (left.ci_low[-1], left.ci_high[-1]) == pytest.approx((0.05335, 0.84880), abs=1e-5)


def test_without_censoring_it_is_the_proportion_with_its_binomial_variance():
    rng = np.random.default_rng(4)
    time, end = rng.integers(1, 20, 300), rng.choice(["left", "removed", "moved"], 300, p=[0.6, 0.3, 0.1])
    curves = cumulative_incidence(time, end, ["left", "removed", "moved"])
    for kind, curve in curves.items():
        share = np.mean(end == kind)
        assert curve.incidence[-1] == pytest.approx(share)
        assert curve.se[-1] == pytest.approx(np.sqrt(share * (1 - share) / 300))
        early = np.mean((end == kind) & (time <= 7))
        assert curve.at(7.5)[0] == pytest.approx(early)
        assert curve.se[curve.time.index(7.0)] == pytest.approx(np.sqrt(early * (1 - early) / 300))
    assert sum(curve.incidence[-1] for curve in curves.values()) == pytest.approx(1)


def test_one_kind_of_end_is_one_minus_kaplan_meier_with_greenwood():
    from statsmodels.duration.survfunc import SurvfuncRight

    rng = np.random.default_rng(5)
    time, seen = rng.integers(1, 25, 200), rng.random(200) < 0.6
    curve = cumulative_incidence(time, np.where(seen, "left", CENSORED), ["left"])["left"]
    reference = SurvfuncRight(time, seen.astype(int))
    assert curve.time[1:] == tuple(reference.surv_times)
    assert curve.incidence[1:] == pytest.approx(1 - reference.surv_prob)
    within = reference.surv_prob > 0
    assert np.array(curve.se[1:])[within] == pytest.approx(np.asarray(reference.surv_prob_se)[within])


def test_competing_ends_are_below_one_minus_kaplan_meier():
    alone = cumulative_incidence(HAND_TIME, ["left", CENSORED, CENSORED, "left", CENSORED], ["left"])["left"]
    beside = cumulative_incidence(HAND_TIME, HAND_END, ["left", "removed"])["left"]
    assert beside.incidence[-1] < alone.incidence[-1]


def test_intervals_stay_inside_zero_and_one_and_hold_the_estimate():
    curve = cumulative_incidence([1, 1, 2, 3], ["left", "left", "left", CENSORED], ["left"])["left"]
    for estimate, low, high in zip(curve.incidence, curve.ci_low, curve.ci_high, strict=True):
        assert 0 <= low <= estimate <= high <= 1


def test_nobody_ended():
    curve = cumulative_incidence([5, 6], [CENSORED, CENSORED], ["left"])["left"]
    assert (curve.events, curve.incidence, curve.at(9)) == (0, (0.0,), (0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("time", "end", "said"),
    [
        ([], [], "at least one enrolment"),
        ([-1], ["left"], "0 or more"),
        ([np.nan], ["left"], "0 or more"),
        ([2], ["vanished"], "vanished"),
    ],
)
def test_input_that_cannot_be_used_is_refused(time, end, said):
    with pytest.raises(ModelError, match=said):
        cumulative_incidence(time, end, ["left"])
